//! I12: the rollups say what counting the payments says.

use super::Finding;
use super::case::Case;
use crate::clock::parse_ms;
use crate::database::PaymentRow;
use crate::money::parse_minor;
use std::collections::{BTreeMap, HashSet};

const QUARTER_MS: i64 = 900_000;

/// App, start of the quarter or none for ever, currency, status.
type Place<'a> = (&'a str, Option<i64>, &'a str, &'a str);

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I12", "the rollups are what the payments say");
    let snapshot = &case.evidence.snapshot;
    // The view calls a payment expired from its time on; it counts as such once that is stored, with its event.
    let expired: HashSet<&str> = snapshot
        .events
        .iter()
        .filter(|event| event.kind == "payment.expired")
        .filter_map(|event| event.payment_id.as_deref())
        .collect();
    let mut counted: BTreeMap<Place<'_>, (i64, i128)> = BTreeMap::new();
    for row in &snapshot.payments {
        for (status, at) in moments(row, expired.contains(row.payment_id.as_str())) {
            for start in [None, Some(parse_ms(at).unwrap_or(0).div_euclid(QUARTER_MS) * QUARTER_MS)] {
                let place = (row.app_id.as_str(), start, row.currency.as_str(), status);
                let (payments, minor) = counted.entry(place).or_default();
                *payments += 1;
                *minor += i128::from(parse_minor(&row.amount).unwrap_or(0));
            }
        }
    }
    for row in &snapshot.rollups {
        let start = row.start_at.as_deref().map(|at| parse_ms(at).unwrap_or(-1));
        let place = (row.app_id.as_str(), start, row.currency.as_str(), row.status.as_str());
        let want = counted.remove(&place);
        let got = (row.payments, minor_of(&row.volume));
        finding.expect(Some(got) == want.map(|(payments, minor)| (payments, Some(minor))), || {
            format!("{place:?} is {got:?}, the payments say {want:?}")
        });
    }
    for (place, want) in counted {
        finding.expect(false, || format!("{place:?} is missing, the payments say {want:?}"));
    }
    finding
}

/// What a payment is counted as, each with its moment.
fn moments(row: &PaymentRow, is_stored_expired: bool) -> Vec<(&'static str, &str)> {
    let mut moments = vec![("CREATED", row.created_at.as_str())];
    let completed_at = row.completed_at.as_deref().unwrap_or_default();
    match row.status.as_str() {
        "SUCCESS" => moments.push(("SUCCESS", completed_at)),
        "FAILED" => moments.push(("FAILED", completed_at)),
        "EXPIRED" if is_stored_expired => moments.push(("EXPIRED", &row.expires_at)),
        _ => {}
    }
    moments
}

/// Hundredths of a sum with two decimals, which may be longer than any one amount.
fn minor_of(volume: &str) -> Option<i128> {
    let (whole, cents) = volume.split_once('.')?;
    let whole: i128 = whole.parse().ok()?;
    (cents.len() == 2).then_some(whole * 100 + cents.parse::<i128>().ok()?)
}
