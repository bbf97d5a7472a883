//! I10: the money adds up.

use super::Finding;
use super::case::{Account, Case};
use crate::money::parse_minor;
use std::collections::BTreeMap;

/// Hundredths by status and currency.
type Sums<'a> = BTreeMap<(&'a str, &'a str), i128>;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I10", "sums of amounts per status are the journal's");
    let (mut told, mut kept) = (Sums::new(), Sums::new());
    for (id, account) in &case.accounts {
        let Some(request) = &account.request else { continue };
        let status = last_told(account);
        // What was asked for, not what was answered: an amount that is wrong everywhere must not add up.
        *told.entry((status, &request.currency)).or_default() += i128::from(request.minor().unwrap_or(0));
        if let Some(row) = case.rows.get(id.as_str()) {
            let status = if status == "open" && is_open(&row.status) { "open" } else { &row.status };
            *kept.entry((status, &row.currency)).or_default() += i128::from(parse_minor(&row.amount).unwrap_or(0));
        }
    }
    let mut all: Vec<_> = told.keys().chain(kept.keys()).collect();
    all.sort();
    all.dedup();
    for bucket in all {
        let (told, kept) = (told.get(bucket).unwrap_or(&0), kept.get(bucket).unwrap_or(&0));
        finding.expect(told == kept, || format!("{bucket:?}: the journal says {told}, the database {kept}"));
    }
    finding
}

/// The end that clients were told, or "open": a payment may expire with nobody looking.
fn last_told<'a>(account: &'a Account<'_>) -> &'a str {
    account.first_final().map_or("open", |(_, shown)| shown.status.as_str())
}

fn is_open(status: &str) -> bool {
    matches!(status, "PENDING" | "EXPIRED")
}
