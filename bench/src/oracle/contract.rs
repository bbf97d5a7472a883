//! I0: every answer is one that the contract names, in the shape that it promises.

use super::Finding;
use super::answer::{error_in, payment_in};
use super::case::Case;
use crate::journal::{Ack, Action};

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I0", "every answer is one the contract names, in its shape");
    for ack in &case.evidence.acks {
        finding.expect(is_expected(ack), || format!("{:?} was answered {} {}", ack.call, ack.status, ack.body));
        if (200..300).contains(&ack.status) {
            finding.expect(payment_in(ack).is_some(), || format!("no payment in {}", ack.body));
        } else if ack.status != 0 {
            finding.expect(has_error_shape(ack), || format!("{} with no error in {}", ack.status, ack.body));
        }
        if ack.status == 201 {
            let pictured = ack.body.contains("\"qr_code\":\"data:image/png;base64,");
            finding.expect(pictured, || format!("no QR code in {}", ack.body));
        }
    }
    for damage in &case.evidence.snapshot.damage {
        finding.expect(false, || format!("the database is damaged: {damage}"));
    }
    finding
}

fn is_expected(ack: &Ack) -> bool {
    let call = &ack.call;
    if call.foreign {
        return ack.status == 404;
    }
    match (call.action, ack.status) {
        // Without a key nobody can ask again without paying twice, so a lost answer stays lost.
        (Action::Create, 0) => call.key.is_none(),
        (Action::Create, 201) | (Action::Read, 200) => true,
        (Action::Complete | Action::Cancel, 200 | 409) => true,
        (_, 422) => call.key.is_some(),
        _ => false,
    }
}

fn has_error_shape(ack: &Ack) -> bool {
    let expected = match ack.status {
        404 => "invalid_request_error",
        409 => "conflict_error",
        422 => "idempotency_error",
        _ => "api_error",
    };
    error_in(ack).is_some_and(|error| {
        let is_idempotency = ack.status == 409 && error.kind == "idempotency_error";
        let kind_fits = error.kind == expected || is_idempotency;
        kind_fits && !error.code.is_empty() && !error.message.is_empty() && error.request_id.starts_with("req_")
    })
}
