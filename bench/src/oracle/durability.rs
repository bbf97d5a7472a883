//! I1: what was acknowledged is there, as it was acknowledged, wherever one looks.

use super::answer::{PaymentAnswer, same_metadata};
use super::case::{Account, Case};
use super::{Finding, Listing};
use crate::clock::parse_ms;
use crate::database::PaymentRow;
use crate::money::parse_minor;
use std::collections::HashMap;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I1", "every acked payment exists with the acked fields");
    for (id, account) in case.accounts.iter().filter(|(_, account)| !account.shown.is_empty()) {
        let Some(row) = case.rows.get(id.as_str()) else {
            finding.expect(false, || format!("{id} was acked and is not in the database"));
            continue;
        };
        for (_, shown) in &account.shown {
            let differing = difference(shown, row);
            finding.expect(differing.is_none(), || format!("{id}: {differing:?} differs: {shown:?} but {row:?}"));
        }
        let echoed = account.request.as_ref().and_then(|_| echo_difference(account));
        finding.expect(echoed.is_none(), || format!("{id}: {echoed:?} is not what was asked for"));
        judge_last_word(&mut finding, account, row);
    }
    let listed = case.evidence.listings.iter();
    listed.for_each(|listing| judge_listing(&mut finding, case, listing));
    finding
}

/// The first field that never changes and yet differs between an answer and the row.
fn difference(shown: &PaymentAnswer, row: &PaymentRow) -> Option<&'static str> {
    let metadata = row.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let fields = [
        ("amount", shown.minor().is_some() && shown.minor() == parse_minor(&row.amount)),
        ("currency", shown.currency == row.currency),
        ("reference_id", shown.reference_id == row.reference_id),
        ("description", shown.description == row.description),
        ("metadata", same_metadata(&shown.metadata, &metadata)),
        ("payment_url", shown.payment_url == row.payment_url),
        ("created_at", same_time(Some(&shown.created_at), Some(&row.created_at))),
        ("expires_at", same_time(Some(&shown.expires_at), Some(&row.expires_at))),
    ];
    fields.into_iter().find(|(_, same)| !same).map(|(name, _)| name)
}

/// The first field of the first create that its answer does not give back.
fn echo_difference(account: &Account<'_>) -> Option<&'static str> {
    let (request, (_, shown)) = (account.request.as_ref()?, account.shown.first()?);
    let fields = [
        ("amount", request.minor() == shown.minor()),
        ("currency", request.currency == shown.currency),
        ("reference_id", request.reference_id == shown.reference_id),
        ("description", request.description == shown.description),
        ("metadata", same_metadata(&request.metadata, &shown.metadata)),
    ];
    fields.into_iter().find(|(_, same)| !same).map(|(name, _)| name)
}

/// A final answer is the last word: the row says the same, and nobody was told "pending" later.
fn judge_last_word(finding: &mut Finding, account: &Account<'_>, row: &PaymentRow) {
    let Some((last, told)) = account.first_final() else { return };
    let same = told.status == row.status
        && told.transaction_id == row.transaction_id
        && same_time(told.completed_at.as_deref(), row.completed_at.as_deref());
    finding.expect(same, || format!("{} was acked {told:?} and is {row:?}", row.payment_id));
    // A replay tells the answer of long ago, which is its point.
    let back = account.shown.iter().find(|(ack, shown)| !ack.replayed && !shown.is_final() && ack.began > last.ended);
    finding.expect(back.is_none(), || format!("{} was {} and then pending again", row.payment_id, told.status));
}

/// Both absent, or the same moment.
fn same_time(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => parse_ms(a).is_some() && parse_ms(a) == parse_ms(b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// A listing is newest first, names nothing twice, and holds exactly the app's payments.
fn judge_listing(finding: &mut Finding, case: &Case<'_>, listing: &Listing) {
    let (source, app_id) = (listing.source, case.app_id(listing.app));
    let ordered = listing.payments.windows(2).all(|pair| pair[0].0 > pair[1].0);
    finding.expect(ordered || source == "export" && has_no_twins(listing), || {
        format!("{source} of {app_id} is out of order")
    });
    let listed: HashMap<&str, &str> =
        listing.payments.iter().map(|(id, status)| (id.as_str(), status.as_str())).collect();
    let own = case.evidence.snapshot.payments.iter().filter(|row| row.app_id == app_id);
    for row in own {
        let told = listed.get(row.payment_id.as_str());
        finding.expect(told.is_some_and(|told| listed_as(listing, told, row)), || {
            format!("{source} says {told:?} of {} {}, due {}", row.payment_id, row.status, row.expires_at)
        });
    }
    for (id, _) in &listing.payments {
        finding.expect(case.rows.contains_key(id.as_str()), || format!("{source} tells of {id}, which is nowhere"));
    }
}

fn has_no_twins(listing: &Listing) -> bool {
    let mut ids: Vec<&str> = listing.payments.iter().map(|(id, _)| id.as_str()).collect();
    ids.sort_unstable();
    ids.windows(2).all(|pair| pair[0] != pair[1])
}

/// The status now, or, if the payment's time has come since, the one before. A view may still tell the stored status.
fn listed_as(listing: &Listing, told: &str, row: &PaymentRow) -> bool {
    let due_since = parse_ms(&row.expires_at) >= Some(listing.began_ms);
    match (told, row.status.as_str()) {
        ("PENDING", "EXPIRED") => due_since,
        ("EXPIRED", "PENDING") => true,
        (told, now) => told == now,
    }
}
