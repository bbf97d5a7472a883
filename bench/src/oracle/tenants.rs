//! I11: another app's payment is not there.

use super::Finding;
use super::answer::{error_in, payment_in};
use super::case::Case;
use std::collections::HashMap;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I11", "another app's payments are 404 and in no list, feed or hook");
    for ack in case.evidence.acks.iter().filter(|ack| ack.call.foreign && ack.status != 0) {
        let absent = ack.status == 404 && error_in(ack).is_some();
        finding.expect(absent, || format!("{:?} was answered {} {}", ack.call, ack.status, ack.body));
    }
    for ack in case.evidence.acks.iter().filter(|ack| !ack.call.foreign) {
        let Some(row) = payment_in(ack).and_then(|shown| case.rows.get(shown.payment_id.as_str()).copied()) else {
            continue;
        };
        let own = row.app_id == case.app_id(ack.call.app);
        finding.expect(own, || format!("{} of {} was shown to another app", row.payment_id, row.app_id));
    }
    for listing in &case.evidence.listings {
        let app_id = case.app_id(listing.app);
        for (id, _) in &listing.payments {
            let own = case.rows.get(id.as_str()).is_none_or(|row| row.app_id == app_id);
            finding.expect(own, || format!("{} of {app_id} tells of another app's {id}", listing.source));
        }
    }
    let owners: HashMap<&str, &str> =
        case.evidence.snapshot.events.iter().map(|e| (e.event_id.as_str(), e.app_id.as_str())).collect();
    for told in case.evidence.feeds.iter().chain(&case.evidence.told) {
        let own = owners.get(told.event_id.as_str()).is_none_or(|owner| *owner == case.app_id(told.app));
        finding.expect(own, || format!("{told:?} is another app's"));
    }
    for received in &case.evidence.received {
        let owner = case.event_rows.get(received.event_id()).map(|event| event.app_id.as_str());
        let own = owner.is_none_or(|owner| owner == case.app_id(received.app));
        finding.expect(own, || format!("{received:?} is another app's"));
    }
    finding
}
