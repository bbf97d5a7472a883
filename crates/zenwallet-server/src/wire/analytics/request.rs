//! What analytics can be asked.

use crate::wire::query::Params;
use zenwallet_core::calendar::{Bucket, CALENDAR_END, CALENDAR_FIRST, Zone};
use zenwallet_core::limits::{ANALYTICS_BUCKETS_MAX, ANALYTICS_RANGE_MAX_S};
use zenwallet_core::money::Currency;
use zenwallet_core::time::{QUARTER_MS, Timestamp};
use zenwallet_core::{Code, Rejection};

fn currency(params: &mut Params) -> Option<Currency> {
    let text = params.text("currency")?;
    params.keep(Currency::parse(&text))
}

/// The only thing that an overview can be asked for.
pub(crate) fn parse_overview(query: Option<&str>) -> Result<Option<Currency>, Vec<Rejection>> {
    let mut params = Params::parse(query);
    let currency = currency(&mut params);
    params.finish(currency)
}

/// A moment of the calendar.
fn calendar_time(params: &mut Params, name: &'static str) -> Option<Timestamp> {
    let at = params.time(name)?;
    if !(CALENDAR_FIRST..=CALENDAR_END).contains(&at) {
        let message = format!("{name} must be from {CALENDAR_FIRST} to {CALENDAR_END}");
        params.reject(Code::ParameterOutOfRange, name, message);
        return None;
    }
    Some(at)
}

/// What an app's volume is asked by.
#[derive(Debug)]
pub(crate) struct VolumeRequest {
    pub(crate) bucket: Bucket,
    pub(crate) zone: Zone,
    /// Where the buckets begin, and after them where the last one ends.
    pub(crate) bounds: Vec<Timestamp>,
    pub(crate) currency: Option<Currency>,
}

impl VolumeRequest {
    pub(crate) fn parse(query: Option<&str>, now: Timestamp) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let bucket = bucket(&mut params);
        let zone = zone(&mut params);
        let (from, to) = (calendar_time(&mut params, "from"), calendar_time(&mut params, "to"));
        let currency = currency(&mut params);
        let to = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| match bucket {
            Some(Bucket::Day) => to.plus_s(-29 * 24 * 3_600),
            _ => to.plus_s(-23 * 3_600),
        });
        check_order(&mut params, from, to);
        let bounds = zone.as_ref().zip(bucket).and_then(|(zone, bucket)| {
            let bounds = zone.bounds(bucket, from, to, ANALYTICS_BUCKETS_MAX);
            if bounds.is_none() {
                let message = format!("from and to must be at most {ANALYTICS_BUCKETS_MAX} buckets apart");
                params.reject(Code::ParameterOutOfRange, "from", message);
            }
            bounds
        });
        let asked = bucket.zip(zone).zip(bounds);
        let request = asked.map(|((bucket, zone), bounds)| Self { bucket, zone, bounds, currency });
        // Nothing is missing without a refusal that says so.
        params.finish(request)?.ok_or_else(Vec::new)
    }
}

fn bucket(params: &mut Params) -> Option<Bucket> {
    let Some(text) = params.text("bucket") else { return Some(Bucket::Hour) };
    let bucket = Bucket::ALL.into_iter().find(|bucket| bucket.as_str() == text);
    if bucket.is_none() {
        params.reject(Code::ParameterInvalid, "bucket", "bucket must be hour or day");
    }
    bucket
}

fn zone(params: &mut Params) -> Option<Zone> {
    let zone = Zone::parse(params.text("time_zone").as_deref().unwrap_or("UTC"));
    if zone.is_none() {
        let message = "time_zone must be an IANA name such as Asia/Kolkata";
        params.reject(Code::ParameterInvalid, "time_zone", message);
    }
    zone
}

fn check_order(params: &mut Params, from: Timestamp, to: Timestamp) {
    if from >= to {
        params.reject(Code::ParameterOutOfRange, "from", "from must be before to, which is now when absent");
    }
}

/// The stretch of time that statuses are asked for, in whole quarters; `None` is since ever.
pub(crate) fn parse_status(
    query: Option<&str>,
    now: Timestamp,
) -> Result<Option<(Timestamp, Timestamp)>, Vec<Rejection>> {
    let mut params = Params::parse(query);
    let (from, to) = (calendar_time(&mut params, "from"), calendar_time(&mut params, "to"));
    let range = match (from, to) {
        (Some(from), to) => {
            let to = to.unwrap_or(now);
            check_order(&mut params, from, to);
            if to > from.plus_s(ANALYTICS_RANGE_MAX_S) {
                params.reject(Code::ParameterOutOfRange, "from", "from and to must be at most 1000 days apart");
            }
            let down = |at: Timestamp| at.plus_ms(-at.as_ms().rem_euclid(QUARTER_MS));
            Some((down(from), down(to.plus_ms(QUARTER_MS - 1))))
        }
        (None, Some(_)) => {
            params.reject(Code::ParameterMissing, "from", "to needs a from");
            None
        }
        (None, None) => None,
    };
    params.finish(range)
}
