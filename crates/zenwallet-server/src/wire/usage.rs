//! What an app used: which days can be asked for, and how they are shown.

use super::query::Params;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zenwallet_core::app::App;
use zenwallet_core::limits::USAGE_DAYS_MAX;
use zenwallet_core::time::Timestamp;
use zenwallet_core::usage::{Day, Month};
use zenwallet_core::{Code, Rejection};
use zenwallet_store::Used;

/// Days from `from` to before `end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct UsageRequest {
    pub(crate) from: Day,
    pub(crate) end: Day,
}

impl UsageRequest {
    /// The days of the query; without any, those of the present month.
    pub(crate) fn parse(query: Option<&str>, now: Timestamp) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let (from, to) = (day(&mut params, "from"), day(&mut params, "to"));
        let month = Month::of(to.map_or(now, Day::start));
        let from = from.unwrap_or(month.first());
        let end = to.map_or(month.end().max(from.next()), Day::next);
        let days = end.0 - from.0;
        if !(1..=USAGE_DAYS_MAX).contains(&days) {
            let message = format!("from and to must be at most {USAGE_DAYS_MAX} days, the first one first");
            params.reject(Code::ParameterOutOfRange, "from", message);
        }
        params.finish(Self { from, end })
    }
}

fn day(params: &mut Params, name: &'static str) -> Option<Day> {
    let text = params.text(name)?;
    let day = Day::parse(&text);
    if day.is_none() {
        params.reject(Code::ParameterInvalid, name, format!("{name} must be a day such as 2026-11-01"));
    }
    day
}

/// What an app used, by the day in UTC, and of its monthly limit.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppUsage {
    /// Always `app_usage`.
    #[schema(example = "app_usage")]
    object: &'static str,
    #[schema(example = "app_0mV7S3fYxJ1bq2T8wDkA9c")]
    app_id: String,
    /// The present month in UTC.
    #[schema(example = "2026-11")]
    month: String,
    /// Payments that the app may create in a month; null: any number.
    #[schema(required = true, example = 10000)]
    monthly_payments_max: Option<u32>,
    /// Payments created in the present month.
    #[schema(example = 1842)]
    monthly_payments_used: i64,
    /// When the next month begins.
    #[schema(format = DateTime, example = "2026-12-01T00:00:00Z")]
    resets_at: String,
    /// Every day that was asked for, in order.
    days: Vec<DayObject>,
    /// All of these days together.
    totals: UsedObject,
}

/// What was used in one day.
#[derive(Serialize, ToSchema)]
pub(crate) struct DayObject {
    /// The day in UTC.
    #[schema(format = Date, example = "2026-11-01")]
    date: String,
    #[serde(flatten)]
    used: UsedObject,
}

/// What was used.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsedObject {
    /// Requests with a key of the app that its rate limit let in.
    #[schema(example = 5310)]
    requests: i64,
    /// Payments created.
    #[schema(example = 1842)]
    payments: i64,
    /// Attempts to deliver a webhook.
    #[schema(example = 1902)]
    deliveries: i64,
}

impl From<Used> for UsedObject {
    fn from(Used { requests, payments, deliveries }: Used) -> Self {
        Self { requests, payments, deliveries }
    }
}

impl AppUsage {
    pub(crate) fn new(app: &App, month: Month, used: i64, (from, end): (Day, Day), days: &BTreeMap<Day, Used>) -> Self {
        let mut totals = Used::default();
        let shown = (from.0..end.0).map(|number| {
            let used = days.get(&Day(number)).copied().unwrap_or_default();
            totals.requests += used.requests;
            totals.payments += used.payments;
            totals.deliveries += used.deliveries;
            DayObject { date: Day(number).to_string(), used: used.into() }
        });
        let days = shown.collect();
        Self {
            object: "app_usage",
            app_id: app.id.to_string(),
            month: month.to_string(),
            monthly_payments_max: app.monthly_payments_max,
            monthly_payments_used: used,
            resets_at: month.end().start().to_string(),
            days,
            totals: totals.into(),
        }
    }
}
