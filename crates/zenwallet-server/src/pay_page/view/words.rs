//! Every word of the pages, in one place, so that another language is another file like this one. Names of units and
//! months are with their grammar in `text`.

/// The language of the words, and its direction.
pub(super) const LANG: &str = "en";
pub(super) const DIR: &str = "ltr";

/// Of each state: the word in the tab's title and beside the moment, the headline, what to do next.
pub(super) const PENDING: [&str; 3] = ["Waiting", "Waiting for payment", ""];
pub(super) const SUCCESS: [&str; 3] = ["Paid", "Payment complete", ""];
pub(super) const CANCELED: [&str; 3] =
    ["Canceled", "Payment canceled", "Nothing was paid. If you still want to pay, ask for a new payment link."];
pub(super) const DECLINED: [&str; 3] =
    ["Declined", "Payment declined", "Nothing was paid. To try again, ask for a new payment link."];
pub(super) const EXPIRED: [&str; 3] =
    ["Expired", "Payment expired", "Its time to be paid is over and nothing was paid. Ask for a new payment link."];

/// Why a test payment can be made to fail, for machines and for people. Apps may use other codes.
pub(in super::super) const FAILURE_CODES: [(&str, &str); 5] = [
    ("declined", "Not accepted"),
    ("insufficient_funds", "Not enough funds"),
    ("limit_exceeded", "Over the limit"),
    ("account_blocked", "Account blocked"),
    ("processing_error", "Processing error"),
];

/// Headline and sentence of pages that show no payment.
pub(super) const NOT_FOUND: [&str; 2] =
    ["Payment not found", "No payment has this address. Check the link, or ask whoever sent it for a new one."];
pub(super) const UNAVAILABLE: [&str; 2] = [
    "Not available right now",
    "The payment service cannot answer at the moment. Open the payment link again in a minute: \
     it shows where the payment stands before you pay.",
];

/// Why a POST did nothing.
pub(super) const ALREADY_FINAL: &str = "This payment had already ended, so nothing was changed. This is how it ended.";
pub(super) const OUTDATED: &str = "That page was out of date, so nothing was done. Please choose again.";
pub(super) const NOT_A_TEST: &str = "This is not a test payment, so nothing was simulated.";
pub(super) const UNKNOWN_END: &str = "There is no such end to simulate, so nothing was done. Please choose again.";

pub(super) const RIBBON: &str = "Test payment. Simulated, no real money moves.";
pub(super) const FOOTER: &str = "Virtual currency. No real money moves.";
pub(super) const QR_OF: &str = "QR code of";
pub(super) const SCAN: &str = "Scan to open on another device";
pub(super) const COPY_LINK: &str = "Copy link";
pub(super) const COPY_AMOUNT: &str = "Copy amount";
pub(super) const COPY_TRANSACTION: &str = "Copy transaction id";
pub(super) const COPIED: &str = "Copied";
pub(super) const PRINT: &str = "Print receipt";
pub(super) const PAY: &str = "Pay";
pub(super) const CANCEL: &str = "Cancel";
pub(super) const EXPIRES_AT: &str = "Expires";
pub(super) const EXPIRES_IN: &str = "Expires in";
pub(super) const TRANSACTION: &str = "Transaction";
pub(super) const REASON: &str = "Reason";
pub(super) const REFERENCE: &str = "Reference";
pub(super) const RETURN_TO: &str = "Return to";
/// Around the number of seconds.
pub(super) const RETURNING: [&str; 2] = ["Returning in", "s."];
pub(super) const STAY: &str = "Stay here";
pub(super) const OFFLINE: &str = "No connection. This page goes on by itself when it is back.";
/// What is said aloud with so many seconds left.
pub(super) const LEFT: [(i64, &str); 3] =
    [(300, "5 minutes left to pay"), (60, "1 minute left to pay"), (0, "The time to pay is over")];

pub(super) const SIMULATE: &str = "Simulate";
pub(super) const SIMULATED: &str = "Simulated, no real money moves";
pub(super) const SIMULATE_SUCCESS: &str = "Succeed";
pub(super) const SIMULATE_FAILURE: &str = "Fail";
pub(super) const SIMULATE_CODE: &str = "Why it fails";
pub(super) const SIMULATE_EXPIRY: &str = "Expire now";
