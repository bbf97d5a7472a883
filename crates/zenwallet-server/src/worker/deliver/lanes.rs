//! Which delivery begins next: lanes with their slots, and turns among apps and lanes. Pure: no clock, no tasks.

use std::collections::{HashMap, HashSet, VecDeque};
use zenwallet_core::delivery::Lane;
use zenwallet_core::id::AppId;
use zenwallet_core::time::Timestamp;
use zenwallet_store::{ClaimRequest, LeasedDelivery};

/// How much may go on at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slots {
    /// Attempts in all.
    pub total: usize,
    /// Attempts of one app.
    pub per_app: usize,
    /// Attempts in one lane.
    pub per_lane: usize,
}

/// After so many failures in a row a lane has a single slot, until one succeeds.
const FAILURES_MAX: u32 = 10;
/// Slots of a lane that has not shown yet that its receiver answers, and of every lane while most slots are taken: many
/// receivers that hang leave room for those that do not.
const CAUTIOUS_SLOTS: usize = 4;
/// Deliveries that may wait in memory for each slot of their lane.
const WAITING_PER_SLOT: usize = 16;
/// Deliveries that may wait in memory in all.
const WAITING_MAX: usize = 4_096;
/// Most deliveries of one claim: payments share its transaction, and wait for no more than that.
const CLAIM_MAX: usize = 512;

/// Most lanes remembered for nothing but their failures.
const FAILING_MAX: usize = 10_000;

#[derive(Default)]
struct LaneState {
    waiting: VecDeque<LeasedDelivery>,
    in_flight: usize,
    failures: u32,
    /// Whether its receiver has taken something.
    is_proven: bool,
    /// Whether it stands in its app's round.
    in_round: bool,
}

#[derive(Default)]
struct AppState {
    in_flight: usize,
    /// Its lanes that can begin something, in turn.
    round: VecDeque<Lane>,
    /// Whether it stands in the round of apps.
    in_round: bool,
}

/// The lanes that something happens in.
pub struct Lanes {
    slots: Slots,
    lanes: HashMap<Lane, LaneState>,
    apps: HashMap<AppId, AppState>,
    /// The apps that can begin something, in turn.
    round: VecDeque<AppId>,
    /// Lanes that may have more due in the database than is known here.
    backlog: HashSet<Lane>,
    in_flight: usize,
    waiting: usize,
}

impl Lanes {
    /// No lanes yet.
    pub fn new(slots: Slots) -> Self {
        Self {
            slots,
            lanes: HashMap::new(),
            apps: HashMap::new(),
            round: VecDeque::new(),
            backlog: HashSet::new(),
            in_flight: 0,
            waiting: 0,
        }
    }

    /// Attempts under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Deliveries that wait for their turn.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Lets a leased delivery wait for its turn. True when its lane has no room for more of this node's own.
    pub fn push(&mut self, delivery: LeasedDelivery) -> bool {
        let (lane, app_id) = (delivery.lane, delivery.app_id);
        let state = self.lanes.entry(lane).or_default();
        state.waiting.push_back(delivery);
        let is_full = state.waiting.len() >= self.slots.of(state) * WAITING_PER_SLOT;
        self.waiting += 1;
        if is_full {
            self.backlog.insert(lane);
        }
        self.enter_round(app_id, lane);
        is_full
    }

    /// The next delivery to attempt: apps take turns, and in each app its lanes do. A lease that could end during the
    /// attempt is given up: whoever claims the delivery then has it alone.
    pub fn next(&mut self, now: Timestamp, attempt_ms: i64) -> Option<LeasedDelivery> {
        while self.in_flight < self.slots.total {
            let app_id = self.round.pop_front()?;
            let app = self.apps.entry(app_id).or_default();
            app.in_round = false;
            let Some(lane) = app.round.pop_front() else { continue };
            let found = self.next_of_lane(lane, now, attempt_ms);
            if found.is_some() {
                self.in_flight += 1;
                self.apps.entry(app_id).or_default().in_flight += 1;
            }
            self.enter_round(app_id, lane);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn next_of_lane(&mut self, lane: Lane, now: Timestamp, attempt_ms: i64) -> Option<LeasedDelivery> {
        let state = self.lanes.get_mut(&lane)?;
        state.in_round = false;
        while state.in_flight < self.slots.at_once(state, self.in_flight) {
            let delivery = state.waiting.pop_front()?;
            self.waiting -= 1;
            if now.plus_ms(attempt_ms) <= delivery.leased_until {
                state.in_flight += 1;
                return Some(delivery);
            }
            self.backlog.insert(lane);
        }
        None
    }

    /// An attempt is over. True when the lane has room again for this node's own.
    pub fn finish(&mut self, app_id: AppId, lane: Lane, succeeded: bool) -> bool {
        self.in_flight = self.in_flight.saturating_sub(1);
        let app = self.apps.entry(app_id).or_default();
        app.in_flight = app.in_flight.saturating_sub(1);
        let state = self.lanes.entry(lane).or_default();
        state.in_flight = state.in_flight.saturating_sub(1);
        state.failures = if succeeded { 0 } else { state.failures.saturating_add(1) };
        state.is_proven |= succeeded;
        let has_room = state.waiting.len() * 2 < self.slots.of(state) * WAITING_PER_SLOT;
        self.enter_round(app_id, lane);
        self.forget_idle(app_id, lane);
        has_room
    }

    /// Whether a lane with a free slot may have more in the database than is known here.
    pub fn wants_claim(&self) -> bool {
        self.waiting < WAITING_MAX && self.backlog.iter().any(|lane| self.room_in(*lane) > 0)
    }

    /// What could begin, or wait a moment in memory; `None` when that is nothing.
    pub fn claim_request(&self) -> Option<ClaimRequest> {
        let limit = WAITING_MAX.saturating_sub(self.waiting).min(CLAIM_MAX);
        let usual = self.slots.of(&LaneState::default()) * WAITING_PER_SLOT;
        let rooms = self.lanes.keys().map(|lane| (*lane, self.room_in(*lane)));
        let busy = rooms.filter(|(_, room)| *room != usual).map(|(lane, room)| (lane, count(room))).collect();
        (limit > 0).then_some(ClaimRequest { busy, free_per_lane: count(usual), limit: count(limit) })
    }

    /// Notes what a claim brought: a lane that was given all it had room for may have more. True when the claim itself
    /// was full, so that there may be more in any lane.
    pub fn note_claimed(
        &mut self,
        request: &ClaimRequest,
        deliveries: Vec<LeasedDelivery>,
        called_off: &[Lane],
    ) -> bool {
        let cut_short = deliveries.len() >= request.limit as usize;
        let busy: HashMap<Lane, u32> = request.busy.iter().copied().collect();
        let room = |lane: &Lane| busy.get(lane).copied().unwrap_or(request.free_per_lane);
        self.backlog.retain(|_| cut_short);
        // A lane without room was not looked at: it is as soon as it has some.
        // What is called off takes no slot, so a lane that failed need not be spared: there may be many more of them.
        for lane in called_off {
            self.backlog.insert(*lane);
            if let Some(state) = self.lanes.get_mut(lane) {
                state.failures = 0;
            }
        }
        self.backlog.extend(request.busy.iter().filter(|(_, room)| *room == 0).map(|(lane, _)| *lane));
        let mut given: HashMap<Lane, u32> = HashMap::new();
        for delivery in deliveries {
            let lane = delivery.lane;
            let got = given.entry(lane).or_default();
            *got += 1;
            if *got >= room(&lane) {
                self.backlog.insert(lane);
            }
            self.push(delivery);
        }
        cut_short
    }

    fn room_in(&self, lane: Lane) -> usize {
        let unknown = LaneState::default();
        let state = self.lanes.get(&lane).unwrap_or(&unknown);
        // What waits for the single slot of a failing lane would outlive its lease.
        let most = match self.slots.of(state) {
            1 => 1,
            slots => slots * WAITING_PER_SLOT,
        };
        most.saturating_sub(state.in_flight + state.waiting.len())
    }

    /// Lets a lane and its app stand for a turn, if they can begin something and do not stand for one yet.
    fn enter_round(&mut self, app_id: AppId, lane: Lane) {
        let app = self.apps.entry(app_id).or_default();
        if let Some(state) = self.lanes.get_mut(&lane)
            && !state.in_round
            && !state.waiting.is_empty()
            && state.in_flight < self.slots.at_once(state, self.in_flight)
        {
            state.in_round = true;
            app.round.push_back(lane);
        }
        if !app.in_round && !app.round.is_empty() && app.in_flight < self.slots.per_app {
            app.in_round = true;
            self.round.push_back(app_id);
        }
    }

    /// A lane is remembered while it tells something: work, or a row of failures.
    fn forget_idle(&mut self, app_id: AppId, lane: Lane) {
        let idle = |state: &LaneState| state.in_flight == 0 && state.waiting.is_empty();
        if self.lanes.get(&lane).is_some_and(|state| idle(state) && state.failures == 0) {
            self.lanes.remove(&lane);
        }
        if self.lanes.len() > FAILING_MAX {
            self.lanes.retain(|_, state| !idle(state));
        }
        if self.apps.get(&app_id).is_some_and(|app| app.in_flight == 0 && app.round.is_empty() && !app.in_round) {
            self.apps.remove(&app_id);
        }
    }
}

impl Slots {
    /// Slots of a lane.
    fn of(self, state: &LaneState) -> usize {
        match state {
            LaneState { failures: FAILURES_MAX.., .. } => 1,
            LaneState { is_proven: true, .. } => self.per_lane,
            _ => self.per_lane.min(CAUTIOUS_SLOTS),
        }
    }

    /// Slots of a lane while so many attempts are under way in all.
    fn at_once(self, state: &LaneState, in_flight: usize) -> usize {
        let is_crowded = in_flight * 4 >= self.total * 3;
        if is_crowded { self.of(state).min(CAUTIOUS_SLOTS) } else { self.of(state) }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
