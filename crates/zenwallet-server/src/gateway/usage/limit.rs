//! How many payments an app may create in a month. What the month's payments come to is read from the rollup at most once a
//! second, and what this node creates meanwhile is added to it: a create costs no query. One node alone is exact; several
//! can together create too much by what they create within that second.

use crate::gateway::{Gateway, Idempotency};
use moka::future::Cache;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};
use zenwallet_core::app::App;
use zenwallet_core::id::AppId;
use zenwallet_core::time::{QUARTER_MS, Timestamp};
use zenwallet_core::usage::{Month, told_percent};
use zenwallet_store::StoreError;

/// How long the number is believed that was read, in milliseconds.
const BELIEVED_MS: i64 = 1_000;
/// Most apps with a limit that are remembered.
const REMEMBERED_MAX: u64 = 100_000;

/// Why a payment is not created.
#[derive(Clone, Debug)]
pub(crate) enum CreateError {
    /// The app has created as many this month as it may, and may go on in so many seconds.
    MonthlyLimitReached { wait_s: u64 },
    /// The store failed.
    Store(StoreError),
}

/// The refusal of this moment.
fn full(at: Timestamp) -> CreateError {
    let left_ms = Month::of(at).end().start().as_ms() - at.as_ms();
    CreateError::MonthlyLimitReached { wait_s: u64::try_from(left_ms).unwrap_or_default().div_ceil(1_000) }
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A share of its month that an app has come to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    pub(super) app_id: AppId,
    pub(super) month: Month,
    pub(super) percent: u32,
    pub(super) used: i64,
    pub(super) max: u32,
}

/// The months of the apps that have a limit and create payments here.
#[derive(Debug)]
pub(super) struct Limits {
    months: Cache<AppId, Arc<AppMonth>>,
    /// What was reached and is not told yet: at most two words a month for each app.
    reached: Arc<Mutex<Vec<Reached>>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { months: Cache::new(REMEMBERED_MAX), reached: Arc::default() }
    }
}

impl Limits {
    /// What was reached since this was last asked.
    pub(super) fn take_reached(&self) -> Vec<Reached> {
        std::mem::take(&mut *self.reached.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what could not be told for the next time.
    pub(super) fn give_back(&self, reached: Vec<Reached>) {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).extend(reached);
    }
}

/// One app's month. Whoever creates holds the lock to read until his payment is there or not; whoever reads the number
/// holds it to write, so that no payment is counted twice or not at all.
#[derive(Debug, Default)]
struct AppMonth {
    read: Arc<RwLock<Option<Read>>>,
    /// Created here since then, or about to be.
    since: AtomicI64,
    /// Those of them that are about to be.
    in_flight: AtomicI64,
    /// What became of a payment is not known: the number is to be read again.
    is_doubtful: AtomicBool,
    /// The share that was told this month.
    told: AtomicU32,
    reached: Arc<Mutex<Vec<Reached>>>,
}

/// What was read.
#[derive(Debug)]
struct Read {
    month: Month,
    at: Timestamp,
    /// Created in the month.
    total: i64,
    /// Of these, created before `settled_until`: that does not change any more and need not be read again.
    settled: i64,
    settled_until: Timestamp,
}

impl AppMonth {
    fn is_fresh(&self, read: &Option<Read>, at: Timestamp) -> bool {
        let is_near = |read: &Read| (at.as_ms() - read.at.as_ms()).abs() < BELIEVED_MS;
        let is_meant = read.as_ref().is_some_and(|read| read.month == Month::of(at) && is_near(read));
        is_meant && !self.is_doubtful.load(Ordering::Acquire)
    }

    fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) > 0
    }

    /// Tells when a share has been reached that was not told this month.
    fn tell(&self, app: &App, used: i64, max: u32, month: Month) {
        let percent = told_percent(used, max);
        if percent > self.told.fetch_max(percent, Ordering::Relaxed) {
            tracing::info!(app_id = %app.id, percent, %month, "an app nears its monthly limit, or has come to it");
            let reached = Reached { app_id: app.id, month, percent, used, max };
            self.reached.lock().unwrap_or_else(PoisonError::into_inner).push(reached);
        }
    }
}

/// Room for one payment.
pub(in crate::gateway) struct Reserved {
    of: Arc<AppMonth>,
    read: OwnedRwLockReadGuard<Option<Read>>,
    max: u32,
    /// Which payment of the month it would be.
    number: i64,
    is_settled: bool,
}

impl Reserved {
    /// Notes whether the payment was created.
    pub(in crate::gateway) fn settle(mut self, app: &App, is_created: bool) {
        self.is_settled = true;
        match &*self.read {
            Some(read) if is_created => self.of.tell(app, self.number, self.max, read.month),
            _ => {
                self.of.since.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.is_settled {
            self.of.is_doubtful.store(true, Ordering::Release);
        }
        self.of.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Gateway {
    /// Takes room for a payment of this moment; `None` where there is no limit.
    pub(in crate::gateway) async fn reserve_payment(
        &self,
        app: &App,
        at: Timestamp,
    ) -> Result<Option<Reserved>, CreateError> {
        let Some(max) = app.monthly_payments_max else { return Ok(None) };
        let reached = || Arc::clone(&self.usage.limits.reached);
        let new = async { Arc::new(AppMonth { reached: reached(), ..AppMonth::default() }) };
        let of = self.usage.limits.months.get_with(app.id, new).await;
        loop {
            let read = Arc::clone(&of.read).read_owned().await;
            let Some(total) = read.as_ref().filter(|_| of.is_fresh(&read, at)).map(|read| read.total) else {
                drop(read);
                self.read_month(app, max, &of, at).await?;
                continue;
            };
            let next = |since: i64| (total.saturating_add(since) < i64::from(max)).then_some(since + 1);
            let was_busy = of.is_busy();
            of.in_flight.fetch_add(1, Ordering::AcqRel);
            if let Ok(since) = of.since.fetch_update(Ordering::AcqRel, Ordering::Acquire, next) {
                return Ok(Some(Reserved { of, read, max, number: total + since + 1, is_settled: false }));
            }
            of.in_flight.fetch_sub(1, Ordering::AcqRel);
            drop(read);
            if !was_busy && !of.is_busy() {
                return Err(full(at));
            }
            // Some of those that have taken room may leave it again: repeated requests do.
            drop(of.read.write().await);
        }
    }

    /// Reads what the month's payments come to, unless somebody else has just done so.
    async fn read_month(&self, app: &App, max: u32, of: &AppMonth, at: Timestamp) -> Result<(), StoreError> {
        let mut kept = of.read.write().await;
        if of.is_fresh(&kept, at) {
            return Ok(());
        }
        let month = Month::of(at);
        let (first, end) = (month.first().start(), month.end().start());
        let known = kept.as_ref().filter(|read| read.month == month);
        let (mut settled, mut until) = known.map_or((0, first), |read| (read.settled, read.settled_until));
        // No commit takes a quarter of an hour: in a quarter that ended one ago nothing is created any more.
        let mark = Timestamp::from_ms(at.as_ms() - at.as_ms().rem_euclid(QUARTER_MS) - QUARTER_MS);
        if mark > until {
            settled += self.store.count_created(app.id, until, mark).await?;
            until = mark;
        }
        let total = settled + self.store.count_created(app.id, until, end).await?;
        if known.is_none() {
            of.told.store(0, Ordering::Relaxed);
        }
        of.since.store(0, Ordering::Relaxed);
        of.is_doubtful.store(false, Ordering::Release);
        *kept = Some(Read { month, at, total, settled, settled_until: until });
        of.tell(app, total, max, month);
        Ok(())
    }

    /// Whether a request repeats one that was answered: it creates nothing, whatever the month has come to.
    pub(in crate::gateway) async fn is_repeated(
        &self,
        app: &App,
        idempotency: Option<&Idempotency>,
    ) -> Result<bool, StoreError> {
        match idempotency {
            Some(Idempotency { key, .. }) => self.store.has_claim(app.id, key).await,
            None => Ok(false),
        }
    }
}
