//! The judge: what may never be, checked after every step, and what must come to be in the end. It believes the rows
//! that the database saw change, what went over the wire, and what callers were told; it asks the product nothing.

mod deliveries;
mod payments;
mod watch;

use crate::receivers::Answer;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::Path;
use watch::{Change, DeliveryRow, EndpointRow, EventRow, PaymentRow, Watch};
use zenwallet_core::event::Event;
use zenwallet_core::id::{Id, Kind};
use zenwallet_store::{AttemptRecord, Command, Committed, Outcome, StoreError};

pub(crate) use watch::install;

/// A broken promise.
#[derive(Debug)]
pub(crate) struct Violation(pub(crate) String);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<rusqlite::Error> for Violation {
    fn from(error: rusqlite::Error) -> Self {
        Self(format!("the judge cannot read: {error}"))
    }
}

impl From<StoreError> for Violation {
    fn from(error: StoreError) -> Self {
        Self(format!("the store failed without a fault: {error}"))
    }
}

/// What was met, and how often.
pub(crate) type Seen = BTreeMap<&'static str, u64>;

/// What a check comes to.
pub(crate) type Verdict = Result<(), Violation>;

/// Breaks off with a sentence unless something holds.
macro_rules! hold {
    ($holds:expr, $($sentence:tt)+) => {
        if !$holds {
            return Err($crate::judge::Violation(format!($($sentence)+)));
        }
    };
}
pub(crate) use hold;

/// Who wrote to the database in a step, by whose clock.
pub(crate) struct Writing<'a> {
    /// The node, when it is a node's own name that counts.
    pub(crate) node: Option<&'a str>,
    pub(crate) now_ms: i64,
    /// The commands of a batch.
    pub(crate) commands: &'a [Command],
    /// Whether the node gave its leases back.
    pub(crate) releases: bool,
}

/// A lease as the database granted it.
struct Lease {
    node: String,
    /// What the receiver said to its one attempt.
    answer: Option<Answer>,
    is_used: bool,
}

/// Everything that is known of a run.
pub(crate) struct Judge {
    watch: Watch,
    payments: BTreeMap<String, PaymentRow>,
    /// The log of each app.
    logs: BTreeMap<String, Vec<EventRow>>,
    event_ids: BTreeSet<String>,
    deliveries: BTreeMap<String, DeliveryRow>,
    attempts: BTreeMap<String, i64>,
    leases: BTreeMap<(String, i64), Lease>,
    endpoints: BTreeMap<String, EndpointRow>,
    /// Payments that were announced to a caller under an idempotency key.
    keys: BTreeMap<String, String>,
    digest: DefaultHasher,
    /// How often what a campaign must meet was met.
    seen: Seen,
}

/// An id as the tables spell it.
pub(crate) fn spelled<K: Kind>(id: Id<K>) -> String {
    id.to_string()[K::PREFIX.len()..].to_owned()
}

impl Judge {
    pub(crate) fn open(path: &Path) -> Result<Self, Violation> {
        Ok(Self {
            watch: Watch::open(path)?,
            payments: BTreeMap::new(),
            logs: BTreeMap::new(),
            event_ids: BTreeSet::new(),
            deliveries: BTreeMap::new(),
            attempts: BTreeMap::new(),
            leases: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            keys: BTreeMap::new(),
            digest: DefaultHasher::new(),
            seen: Seen::new(),
        })
    }

    /// A number that two runs share only when the same rows changed in the same order.
    pub(crate) fn digest(&self) -> u64 {
        self.digest.finish()
    }

    pub(crate) fn see(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.clone()
    }

    /// Judges what a step has written, row by row and as a whole.
    pub(crate) fn after(&mut self, writing: &Writing<'_>) -> Verdict {
        self.see("steps");
        let changes = self.watch.changes()?;
        changes.hash(&mut self.digest);
        let mut ended = Ended::default();
        for change in changes {
            match change {
                Change::Payment { id, row } => self.payment_changed(writing, id, row, &mut ended)?,
                Change::Event(row) => self.event_appended(row, &mut ended)?,
                Change::Delivery { id, row } => self.delivery_changed(writing, id, row, &mut ended)?,
                Change::Attempt { delivery_id, number } => self.attempt_logged(&delivery_id, number)?,
                Change::Endpoint { id, row } => {
                    self.health_changed(writing, &id, &row, &ended)?;
                    self.endpoints.insert(id, row);
                }
                Change::EndpointGone(id) => drop(self.endpoints.remove(&id)),
                Change::Forbidden(what) => return Err(Violation(what)),
            }
        }
        ended.check()
    }

    /// Which results of a batch must count: those whose lease is the one. Asked before the batch is judged.
    pub(crate) fn expected_results(&self, commands: &[Command]) -> Vec<Option<bool>> {
        let mut used = BTreeSet::new();
        let mut expected = |record: &AttemptRecord| {
            let id = spelled(record.delivery_id);
            let known = self.deliveries.get(&id);
            let counts = known.is_some_and(|row| row.status == 0 && row.token == record.token);
            counts && used.insert(id)
        };
        commands
            .iter()
            .map(|command| match command {
                Command::RecordAttempt(record) => Some(expected(record)),
                _ => None,
            })
            .collect()
    }

    /// Judges what callers are told of results.
    pub(crate) fn results_told(
        &mut self,
        expected: &[Option<bool>],
        told: &[Result<Committed, StoreError>],
    ) -> Verdict {
        for (expected, told) in expected.iter().zip(told) {
            if let (Some(expected), Ok(Committed { outcome: Outcome::Recorded { applied }, .. })) = (expected, told) {
                hold!(expected == applied, "a result was told applied={applied} where its lease says {expected}");
                if !applied {
                    self.see("late results");
                }
            }
        }
        Ok(())
    }

    /// A reader of an app's log was given these events after the first `cursor`.
    pub(crate) fn log_read(&self, app_id: &str, cursor: i64, events: &[Event]) -> Verdict {
        let log = self.logs.get(app_id).map_or(&[][..], Vec::as_slice);
        for (event, seq) in events.iter().zip(cursor + 1..) {
            hold!(event.seq == seq, "a reader after event {} of an app's log was given {}", seq - 1, event.seq);
            let known = usize::try_from(seq - 1).ok().and_then(|at| log.get(at));
            let same = known.is_some_and(|row| row.id == spelled(event.id) && row.body == event.body);
            hold!(same, "a reader was given another event {seq} than the one that was committed");
        }
        Ok(())
    }

    /// How many events an app's log has.
    pub(crate) fn log_len(&self, app_id: &str) -> i64 {
        self.logs.get(app_id).map_or(0, |log| i64::try_from(log.len()).unwrap_or(i64::MAX))
    }

    /// Whether every delivery is over and every payment final.
    pub(crate) fn is_over(&self) -> bool {
        self.deliveries.values().all(|row| row.status != 0) && self.payments.values().all(|row| row.status != 0)
    }

    /// What is not over yet, in words.
    pub(crate) fn unfinished(&self) -> Option<String> {
        let waiting = self.deliveries.iter().find(|(_, row)| row.status == 0);
        if let Some((id, row)) = waiting {
            return Some(format!("delivery {id} is never over: {row:?}"));
        }
        let pending = self.payments.iter().find(|(_, row)| row.status == 0);
        pending.map(|(id, row)| format!("payment {id} never expires: {row:?}"))
    }

    /// The ids of all deliveries, of all endpoints of an app, and of all payments of an app.
    pub(crate) fn delivery_ids(&self) -> Vec<(String, String)> {
        self.deliveries.iter().map(|(id, row)| (row.app_id.clone(), id.clone())).collect()
    }

    pub(crate) fn endpoint_ids(&self, app_id: &str) -> Vec<String> {
        self.endpoints.iter().filter(|(_, row)| row.app_id == app_id).map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn payment_ids(&self, app_id: &str) -> Vec<String> {
        self.payments.iter().filter(|(_, row)| row.app_id == app_id).map(|(id, _)| id.clone()).collect()
    }

    /// Since when an endpoint has let deliveries fail, while it is enabled.
    pub(crate) fn failing_since_ms(&self, endpoint_id: &str) -> Option<i64> {
        self.endpoints.get(endpoint_id).filter(|row| row.is_enabled).and_then(|row| row.failing_since_ms)
    }

    /// Judges the whole once everything is over: what the tables hold is what was seen to happen.
    pub(crate) fn at_the_end(&self) -> Verdict {
        let sum = |status: i64| self.payments.values().filter(|p| p.status == status).map(|p| p.amount_minor).sum();
        for status in 0..4 {
            let sql = format!("SELECT coalesce(sum(amount_minor), 0) FROM payment WHERE status = {status}");
            let (kept, seen): (i64, i64) = (self.watch.number(&sql)?, sum(status));
            hold!(kept == seen, "payments in status {status} sum up to {kept}, those that were seen to {seen}");
            let sql = format!(
                "SELECT coalesce(sum(p.amount_minor), 0) FROM event e JOIN payment p ON p.id = e.payment_id \
                 WHERE e.kind = {status} AND e.kind BETWEEN 1 AND 3"
            );
            let announced = self.watch.number(&sql)?;
            hold!(status == 0 || announced == kept, "status {status}: {announced} announced, {kept} kept");
        }
        let seen: i64 = self.logs.keys().map(|app_id| self.log_len(app_id)).sum();
        let ends = self.watch.number("SELECT coalesce(sum(last_seq), 0) FROM app_log")?;
        hold!(seen == ends, "the logs hold {seen} events and end at {ends}");
        let logged = self.watch.number("SELECT count(*) FROM attempt")?;
        let counted = self.watch.number("SELECT coalesce(sum(attempts), 0) FROM delivery")?;
        hold!(logged == counted, "{counted} attempts were counted and {logged} logged");
        Ok(())
    }
}

/// What one transaction has to account for: each change with its event, each event with its deliveries.
#[derive(Default)]
struct Ended {
    /// Payments by id, with the kind of the event that their change asks for.
    owed: Vec<(String, i64)>,
    /// Targets that events ask for: the app, the event's place, and the endpoint's id or the address.
    targets: Vec<(String, i64, String)>,
    /// Endpoints of deliveries that a result has ended.
    concluded: Vec<String>,
}

impl Ended {
    fn check(&self) -> Verdict {
        let events =
            self.owed.first().map(|(id, kind)| format!("payment {id} changed without its event of kind {kind}"));
        let targets = self.targets.first().map(|(_, seq, to)| format!("event {seq} has no delivery to {to}"));
        events.or(targets).map_or(Ok(()), |sentence| Err(Violation(sentence)))
    }
}
