//! Analytics: what can be asked, and how what was counted is shown.

mod request;

pub(crate) use request::{VolumeRequest, parse_overview, parse_status};

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use zenwallet_core::analytics::{Counts, Tally};
use zenwallet_core::money::{Currency, Volume};
use zenwallet_core::time::Timestamp;

/// How many payments, and how much.
#[derive(Serialize, ToSchema)]
pub(crate) struct TallyObject {
    /// How many.
    #[schema(example = 42)]
    payments: i64,
    /// The sum of their amounts: a number of any length with at most 2 decimals. Read it as a decimal, a double may not
    /// hold it.
    #[schema(value_type = f64, example = 12500.5)]
    volume: Box<RawValue>,
}

impl TallyObject {
    fn new(tally: Tally) -> Self {
        Self { payments: tally.payments, volume: number(tally.volume) }
    }
}

/// The exact number, as amounts of payments are printed.
fn number(volume: Volume) -> Box<RawValue> {
    // Digits with at most one point always parse.
    RawValue::from_string(volume.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// How many payments were created, and how many came to each end.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountsObject {
    /// Created then, whatever became of them.
    #[schema(example = 1842)]
    created: i64,
    /// Paid then.
    #[schema(example = 1742)]
    success: i64,
    /// Declined or canceled then.
    #[schema(example = 60)]
    failed: i64,
    /// Whose time ran out then.
    #[schema(example = 21)]
    expired: i64,
    /// `success` as a share of all that ended then; null when none did.
    #[schema(required = true, example = 0.9555677454744926)]
    success_rate: Option<f64>,
}

impl CountsObject {
    fn new(counts: &Counts) -> Self {
        Self {
            created: counts.created.payments,
            success: counts.success.payments,
            failed: counts.failed.payments,
            expired: counts.expired.payments,
            success_rate: counts.success_rate(),
        }
    }
}

/// How many payments of one currency, and how much.
#[derive(Serialize, ToSchema)]
pub(crate) struct VolumesObject {
    /// Created then, whatever became of them.
    created: TallyObject,
    /// Paid then.
    success: TallyObject,
    /// Declined or canceled then.
    failed: TallyObject,
    /// Whose time ran out then.
    expired: TallyObject,
}

impl VolumesObject {
    fn new(counts: &Counts) -> Self {
        Self {
            created: TallyObject::new(counts.created),
            success: TallyObject::new(counts.success),
            failed: TallyObject::new(counts.failed),
            expired: TallyObject::new(counts.expired),
        }
    }
}

/// What one currency's payments came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct CurrencyObject {
    /// Which.
    #[schema(example = "COINS")]
    currency: String,
    /// All that were ever created.
    total: TallyObject,
    /// Of them, those that wait for their payer.
    pending: TallyObject,
    /// Of them, those that were paid.
    success: TallyObject,
    /// Of them, those that were declined or canceled.
    failed: TallyObject,
    /// Of them, those whose time ran out.
    expired: TallyObject,
    /// `success` as a share of all that have ended; null when none has.
    #[schema(required = true, example = 0.9555677454744926)]
    success_rate: Option<f64>,
    /// In the window of the overview's `last_24h`.
    last_24h: VolumesObject,
    /// In the window of the overview's `previous_24h`.
    previous_24h: VolumesObject,
}

impl CurrencyObject {
    /// What became of all of them, and what happened in both windows.
    pub(crate) fn new(currency: Currency, ever: &Counts, last: &Counts, previous: &Counts) -> Self {
        Self {
            currency: currency.to_string(),
            total: TallyObject::new(ever.created),
            pending: TallyObject::new(ever.pending()),
            success: TallyObject::new(ever.success),
            failed: TallyObject::new(ever.failed),
            expired: TallyObject::new(ever.expired),
            success_rate: ever.success_rate(),
            last_24h: VolumesObject::new(last),
            previous_24h: VolumesObject::new(previous),
        }
    }
}

/// A stretch of time and what happened in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct WindowObject {
    /// Its first moment.
    #[schema(format = DateTime, example = "2026-01-25T10:45:00Z")]
    from: String,
    /// The first moment after it.
    #[schema(format = DateTime, example = "2026-01-26T10:45:00Z")]
    to: String,
    #[serde(flatten)]
    counts: CountsObject,
}

impl WindowObject {
    pub(crate) fn new(from: Timestamp, to: Timestamp, counts: &Counts) -> Self {
        Self { from: from.to_string(), to: to.to_string(), counts: CountsObject::new(counts) }
    }
}

/// An app's payments at a glance, by the status that counts at `as_of`: a payment whose time is over is expired.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnalyticsOverview {
    /// Always `analytics_overview`.
    #[schema(example = "analytics_overview")]
    pub(crate) object: &'static str,
    /// The moment of the counting.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    pub(crate) as_of: String,
    /// The one currency that was asked for; null is all.
    #[schema(required = true, example = json!(null))]
    pub(crate) currency: Option<String>,
    /// All payments that were ever created.
    #[schema(example = 1842)]
    pub(crate) total: i64,
    /// Of them, those that wait for their payer.
    #[schema(example = 19)]
    pub(crate) pending: i64,
    /// Of them, those that were paid.
    #[schema(example = 1742)]
    pub(crate) success: i64,
    /// Of them, those that were declined or canceled.
    #[schema(example = 60)]
    pub(crate) failed: i64,
    /// Of them, those whose time ran out.
    #[schema(example = 21)]
    pub(crate) expired: i64,
    /// `success` as a share of all that have ended; null when none has.
    #[schema(required = true, example = 0.9555677454744926)]
    pub(crate) success_rate: Option<f64>,
    /// What happened in 96 quarters of an hour, of which the present one, not yet over, is the last.
    pub(crate) last_24h: WindowObject,
    /// What happened in the 96 quarters before them.
    pub(crate) previous_24h: WindowObject,
    /// `last_24h` in 24 hours of four quarters each.
    #[schema(min_items = 24, max_items = 24)]
    pub(crate) sparkline: Vec<WindowObject>,
    /// Each currency by itself, the one with the most payments first; at most 100.
    pub(crate) currencies: Vec<CurrencyObject>,
    /// Whether there are more currencies than `currencies` shows; of an app with more than 100 the others are missing
    /// in the sums of `currencies`, not in the counts.
    pub(crate) currencies_capped: bool,
    /// How many of the apps are in use: told to users.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub(crate) apps: Option<AppsObject>,
}

/// How many apps are in use.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppsObject {
    /// Enabled apps in which a payment was created in the window of `last_24h`; of the `currency` alone if one was
    /// asked for.
    #[schema(example = 3)]
    pub(crate) active: usize,
    /// Enabled apps.
    #[schema(example = 5)]
    pub(crate) enabled: usize,
}

/// What a volume can be asked by.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the wire in OpenAPI")]
pub(crate) enum BucketName {
    /// Hours of the zone's clock.
    Hour,
    /// Days of the zone's calendar: 23, 24 or 25 hours.
    Day,
}

/// One bucket.
#[derive(Serialize, ToSchema)]
pub(crate) struct VolumeBucket {
    /// Its first moment.
    #[schema(format = DateTime, example = "2026-01-25T18:30:00Z")]
    start: String,
    /// The first moment after it.
    #[schema(format = DateTime, example = "2026-01-26T18:30:00Z")]
    end: String,
    #[serde(flatten)]
    volumes: VolumesObject,
}

impl VolumeBucket {
    pub(crate) fn new(start: Timestamp, end: Timestamp, counts: &Counts) -> Self {
        Self { start: start.to_string(), end: end.to_string(), volumes: VolumesObject::new(counts) }
    }
}

/// One currency's payments over time.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnalyticsVolume {
    /// Always `analytics_volume`.
    #[schema(example = "analytics_volume")]
    pub(crate) object: &'static str,
    /// The moment of the counting.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    pub(crate) as_of: String,
    /// The currency: the one that was asked for, or the one with the most payments; null when there are none at all.
    #[schema(required = true, example = "COINS")]
    pub(crate) currency: Option<String>,
    /// What time is cut into.
    #[schema(value_type = BucketName, example = "day")]
    pub(crate) bucket: &'static str,
    /// Whose clock and calendar.
    #[schema(example = "Asia/Kolkata")]
    pub(crate) time_zone: String,
    /// Every bucket from the one that holds `from` to the one that reaches `to`, in order, also the empty ones.
    #[schema(max_items = 1000)]
    pub(crate) data: Vec<VolumeBucket>,
}

/// What became of payments in a stretch of time.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnalyticsStatus {
    /// Always `analytics_status`.
    #[schema(example = "analytics_status")]
    pub(crate) object: &'static str,
    /// The moment of the counting.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    pub(crate) as_of: String,
    /// The first moment counted; null is since ever.
    #[schema(required = true, format = DateTime, example = "2026-01-26T10:30:00Z")]
    pub(crate) from: Option<String>,
    /// The first moment not counted; null is as of now.
    #[schema(required = true, format = DateTime, example = "2026-01-26T10:45:00Z")]
    pub(crate) to: Option<String>,
    #[serde(flatten)]
    pub(crate) counts: CountsObject,
    /// Those that wait for their payer; null when a stretch was asked for, since nobody waits for one.
    #[schema(required = true, example = 19)]
    pub(crate) pending: Option<i64>,
}

impl AnalyticsStatus {
    pub(crate) fn new(as_of: Timestamp, range: Option<(Timestamp, Timestamp)>, counts: &Counts) -> Self {
        Self {
            object: "analytics_status",
            as_of: as_of.to_string(),
            from: range.map(|(from, _)| from.to_string()),
            to: range.map(|(_, to)| to.to_string()),
            counts: CountsObject::new(counts),
            pending: range.is_none().then(|| counts.pending().payments),
        }
    }
}
