//! The payer's page as HTML: pure rendering, one screen per state of the payment.
//!
//! The pages hold no inline script and no inline style, so they work under a policy that allows neither. Every text from
//! outside goes through [`escape_html`]; ids, amounts and currencies cannot hold a special character by their types.

mod assets;
mod icons;
mod parts;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub(super) use assets::{SCRIPT, STYLESHEET};
use icons::Look;
use parts::Document;
use text::escape_html;
pub(super) use words::FAILURE_CODES;
use zenwallet_core::payment::{CANCELED, Payment, Status};
use zenwallet_core::time::Timestamp;

/// The payer's own choice of colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What the page of a payment shows.
#[derive(Clone, Debug)]
pub(super) struct PageView<'a> {
    /// Whom the payer pays.
    pub(super) app_name: &'a str,
    /// Whether the app is a test app.
    pub(super) is_test: bool,
    /// The payer's choice; without one his system's counts.
    pub(super) theme: Option<Theme>,
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
    /// Somebody wanted to simulate a payment that is none of a test app.
    NotATest,
    /// Somebody wanted to simulate what cannot be simulated.
    UnknownEnd,
}

impl Notice {
    const fn sentence(self) -> &'static str {
        match self {
            Self::AlreadyFinal => words::ALREADY_FINAL,
            Self::Outdated => words::OUTDATED,
            Self::NotATest => words::NOT_A_TEST,
            Self::UnknownEnd => words::UNKNOWN_END,
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
        theme: view.theme,
        head,
        is_test: view.is_test,
        main,
        payment_id: Some(view.payment.id),
    })
}

/// The page of an address that names no payment.
pub(super) fn render_not_found() -> String {
    parts::message("not-found", words::NOT_FOUND)
}

/// The page while the gateway cannot answer.
pub(super) fn render_unavailable() -> String {
    parts::message("unavailable", words::UNAVAILABLE)
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
        let (look, [title, headline, next]) = match (payment.status, payment.failure_code.as_deref()) {
            (Status::Pending, _) => (Look::Pending, words::PENDING),
            (Status::Success, _) => (Look::Success, words::SUCCESS),
            (Status::Failed, Some(CANCELED)) => (Look::Failed, words::CANCELED),
            (Status::Failed, _) => (Look::Failed, words::DECLINED),
            (Status::Expired, _) => (Look::Expired, words::EXPIRED),
        };
        Self { look, title, headline, next }
    }
}
