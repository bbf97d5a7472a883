//! The payer's page as HTML: pure rendering, one screen per state of the payment.
//!
//! The pages hold no script and no inline style, so they work under `default-src 'none'`. Every text from outside goes
//! through [`escape_html`]; ids, amounts and currencies cannot hold a special character by their types.

mod icons;
mod parts;
#[cfg(test)]
mod tests;
mod text;

use icons::Look;
use parts::Document;
use text::escape_html;
use zenwallet_core::payment::{CANCELED, Payment, Status};
use zenwallet_core::time::Timestamp;

/// The pages' style sheet, served under [`stylesheet_href`].
pub(super) const STYLESHEET: &str = include_str!("page.css");

/// The style sheet's address. It names the content, so that it can be cached for ever.
pub(super) fn stylesheet_href() -> String {
    format!("/pay/assets/page.css?v={:08x}", crc32fast::hash(STYLESHEET.as_bytes()))
}

/// What the page of a payment shows.
#[derive(Clone, Debug)]
pub(super) struct PageView<'a> {
    /// Whom the payer pays.
    pub(super) app_name: &'a str,
    /// Whether the app is a test app.
    pub(super) is_test: bool,
    /// The payment, already as [`Payment::seen_at`] `now`.
    pub(super) payment: &'a Payment,
    /// The present moment.
    pub(super) now: Timestamp,
    /// What a form must bring back for its POST to count.
    pub(super) token: &'a str,
    /// The QR code of `payment_url`: trusted markup, shown while the payment waits.
    pub(super) qr_svg: &'a str,
    /// This page's public address.
    pub(super) payment_url: &'a str,
    /// The complete link back to the app, on a final payment. Only `http` and `https` are followed.
    pub(super) return_url: Option<&'a str>,
    /// What the payer should know about a POST that did nothing.
    pub(super) notice: Option<Notice>,
}

/// Why a POST did nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Notice {
    /// The payment had ended before, otherwise than the payer asked for.
    AlreadyFinal,
    /// The form's token was not the payment's.
    Outdated,
}

impl Notice {
    const fn sentence(self) -> &'static str {
        match self {
            Self::AlreadyFinal => "This payment had already ended, so nothing was changed. This is how it ended.",
            Self::Outdated => "That page was out of date, so nothing was done. Please choose again.",
        }
    }
}

/// The page of a payment, in whatever state it is.
pub(super) fn render_payment(view: &PageView) -> String {
    let state = State::of(view.payment);
    let amount = format!("{} {}", text::grouped(view.payment.amount), view.payment.currency);
    let title = format!("{}: {amount} to {}", state.title, escape_html(view.app_name));
    let (head, main) = match view.payment.status {
        Status::Pending => (parts::refresh(view), parts::pending(view, &state, &amount)),
        _ => (String::new(), parts::ended(view, &state, &amount)),
    };
    parts::document(&Document {
        title,
        look: state.look,
        head,
        is_test: view.is_test,
        main,
        payment_id: Some(view.payment.id),
    })
}

/// The page of an address that names no payment.
pub(super) fn render_not_found() -> String {
    parts::message(
        "not-found",
        "Payment not found",
        "No payment has this address. Check the link, or ask whoever sent it for a new one.",
    )
}

/// The page while the gateway cannot answer.
pub(super) fn render_unavailable() -> String {
    parts::message(
        "unavailable",
        "Not available right now",
        "The payment service cannot answer at the moment. Open the payment link again in a minute: \
         it shows where the payment stands before you pay.",
    )
}

/// How a state is told.
struct State {
    look: Look,
    title: &'static str,
    headline: &'static str,
    next: &'static str,
}

impl State {
    fn of(payment: &Payment) -> Self {
        let (look, title, headline, next) = match (payment.status, payment.failure_code.as_deref()) {
            (Status::Pending, _) => (Look::Pending, "Waiting", "Waiting for payment", ""),
            (Status::Success, _) => (Look::Success, "Paid", "Payment complete", ""),
            (Status::Failed, Some(CANCELED)) => (
                Look::Failed,
                "Canceled",
                "Payment canceled",
                "Nothing was paid. If you still want to pay, ask for a new payment link.",
            ),
            (Status::Failed, _) => (
                Look::Failed,
                "Declined",
                "Payment declined",
                "Nothing was paid. To try again, ask for a new payment link.",
            ),
            (Status::Expired, _) => (
                Look::Expired,
                "Expired",
                "Payment expired",
                "Its time to be paid is over and nothing was paid. Ask for a new payment link.",
            ),
        };
        Self { look, title, headline, next }
    }
}
