//! What the pages are made of. Every function answers with finished HTML.

use super::icons::Look;
use super::text::{duration, escape_html, moment};
use super::{Notice, PageView, State, stylesheet_href};
use zenwallet_core::id::PaymentId;
use zenwallet_core::payment::{CANCELED, Payment, Status};

/// How often a page that waits asks again, in seconds.
const REFRESH_S: i64 = 5;
/// With less than this left, in seconds, the time left is coloured.
const URGENT_S: i64 = 60;

/// A whole page.
pub(super) struct Document {
    /// In HTML, as are all texts here.
    pub(super) title: String,
    pub(super) look: Look,
    pub(super) head: String,
    pub(super) is_test: bool,
    pub(super) main: String,
    pub(super) payment_id: Option<PaymentId>,
}

pub(super) fn document(page: &Document) -> String {
    let ribbon = "<header class=\"ribbon\" data-testid=\"test-ribbon\">\
                  <p>Test payment. Simulated, no real money moves.</p></header>";
    let id = page.payment_id.map(|id| format!("<p><code data-testid=\"payment-id\">{id}</code></p>"));
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\">\
         {head}<link rel=\"icon\" href=\"{favicon}\"><link rel=\"stylesheet\" href=\"{stylesheet}\"></head>\
         <body>{ribbon}<main class=\"card\">{main}</main>\
         <footer>{id}<p>Virtual currency. No real money moves.</p></footer></body></html>",
        title = page.title,
        head = page.head,
        favicon = page.look.favicon(),
        stylesheet = stylesheet_href(),
        ribbon = if page.is_test { ribbon } else { "" },
        main = page.main,
        id = id.unwrap_or_default(),
    )
}

/// A page of a headline and a sentence.
pub(super) fn message(test_id: &str, headline: &str, sentence: &str) -> String {
    document(&Document {
        title: headline.to_owned(),
        look: Look::Expired,
        head: String::new(),
        is_test: false,
        main: format!(
            "<h1 class=\"headline\" data-testid=\"{test_id}\">{headline}</h1><p class=\"next\">{sentence}</p>"
        ),
        payment_id: None,
    })
}

/// What makes a waiting page ask again.
pub(super) fn refresh(view: &PageView) -> String {
    // The address is named because this may be the answer to a POST, and those addresses answer no GET.
    format!(
        "<meta http-equiv=\"refresh\" content=\"{};url=/pay/{}\"><link rel=\"canonical\" href=\"{}\">",
        left_s(view).clamp(1, REFRESH_S),
        view.payment.id,
        escape_html(view.payment_url)
    )
}

/// Whole seconds left, rounded up: a page that comes at their end is the expired one, not one with a moment left.
fn left_s(view: &PageView) -> i64 {
    (view.payment.expires_at.as_ms() - view.now.as_ms() + 999) / 1_000
}

/// The screen of a payment that waits.
pub(super) fn pending(view: &PageView, state: &State, amount: &str) -> String {
    format!(
        "{notice}{subject}<figure class=\"qr\">\
         <div class=\"tile\" role=\"img\" aria-label=\"QR code of {url}\" data-testid=\"qr\">{svg}</div>\
         <figcaption>Scan to open on another device</figcaption></figure>\
         {status}{expires}<div class=\"actions{long}\">{pay}{cancel}</div>{facts}",
        notice = notice(view.notice),
        subject = subject(view, amount),
        url = escape_html(view.payment_url),
        svg = view.qr_svg,
        status = status(state, view.payment.status),
        expires = expires(view),
        long = long(amount, 14),
        pay = form(view, "pay", "primary", &format!("Pay {amount}")),
        cancel = form(view, "cancel", "", "Cancel"),
        facts = facts(&reference(view.payment)),
    )
}

/// The screen of a payment that has ended.
pub(super) fn ended(view: &PageView, state: &State, amount: &str) -> String {
    let payment = view.payment;
    let next = if state.next.is_empty() { String::new() } else { format!("<p class=\"next\">{}</p>", state.next) };
    let mut rows = String::new();
    if let Some(id) = payment.transaction_id {
        rows += &row("Transaction", &format!("<code data-testid=\"transaction-id\">{id}</code>"));
    }
    let (test_id, at) = match payment.status {
        Status::Expired => ("expires", Some(payment.expires_at)),
        _ => ("completed-at", payment.completed_at),
    };
    if let Some(at) = at {
        rows += &row(state.title, &format!("<span data-testid=\"{test_id}\">{}</span>", moment(at)));
    }
    if let Some(code) = payment.failure_code.as_deref().filter(|code| *code != CANCELED) {
        rows += &row("Reason", &format!("<code data-testid=\"failure-code\">{}</code>", escape_html(code)));
    }
    rows += &reference(payment);
    let (notice, status, subject) = (notice(view.notice), status(state, payment.status), subject(view, amount));
    format!("{notice}{status}{subject}{next}{facts}{back}", facts = facts(&rows), back = return_link(view))
}

/// The class of a text that needs another layout than the usual one.
fn long(text: &str, usual_chars: usize) -> &'static str {
    if text.chars().count() > usual_chars { " long" } else { "" }
}

/// Who is paid, how much, and for what.
fn subject(view: &PageView, amount: &str) -> String {
    let description = view.payment.description.as_deref().filter(|text| !text.trim().is_empty()).map(|text| {
        format!(
            "<p class=\"description{}\" dir=\"auto\" data-testid=\"description\">{}</p>",
            long(text, 120),
            escape_html(text)
        )
    });
    format!(
        "<p class=\"app\" data-testid=\"app-name\"><bdi>{app}</bdi></p>\
         <h1 class=\"amount{long}\"><data value=\"{exact}\" data-testid=\"amount\">{amount}</data></h1>{description}",
        app = escape_html(view.app_name),
        long = long(amount, 14),
        exact = view.payment.amount,
        description = description.unwrap_or_default()
    )
}

fn status(state: &State, status: Status) -> String {
    format!(
        "<p class=\"status {class}\" role=\"status\" aria-live=\"polite\" data-testid=\"status\" data-status=\"{name}\">\
         {icon}<span>{headline}</span></p>",
        class = state.look.class(),
        name = status.as_str(),
        icon = state.look.icon(),
        headline = state.headline,
    )
}

fn notice(notice: Option<Notice>) -> String {
    notice.map_or_else(String::new, |notice| {
        format!("<p class=\"notice\" role=\"alert\" data-testid=\"notice\">{}</p>", notice.sentence())
    })
}

/// The end of the payment's time; in its last quarter also what is left of it.
fn expires(view: &PageView) -> String {
    let payment = view.payment;
    let lifetime_ms = payment.expires_at.as_ms() - payment.created_at.as_ms();
    let left_ms = payment.expires_at.as_ms() - view.now.as_ms();
    let at = moment(payment.expires_at);
    if left_ms * 4 > lifetime_ms {
        return format!("<p class=\"expires\" data-testid=\"expires\">Expires {at}</p>");
    }
    let left = left_s(view);
    format!(
        "<p class=\"expires\" data-testid=\"expires\"><strong{class} role=\"timer\">Expires in {left}</strong> {at}</p>",
        class = if left < URGENT_S { " class=\"urgent\"" } else { "" },
        left = duration(left),
    )
}

fn form(view: &PageView, action: &str, class: &str, label: &str) -> String {
    // Without autocomplete=off a browser may bring an older page's token back after a reload.
    format!(
        "<form method=\"post\" action=\"/pay/{id}/{action}\">\
         <input type=\"hidden\" name=\"token\" value=\"{token}\" autocomplete=\"off\">\
         <button class=\"button {class}\" type=\"submit\" data-testid=\"{action}-button\">{label}</button></form>",
        id = view.payment.id,
        token = escape_html(view.token),
    )
}

fn return_link(view: &PageView) -> String {
    let followed = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
    view.return_url.filter(followed).map_or_else(String::new, |url| {
        format!(
            "<a class=\"button primary\" href=\"{}\" data-testid=\"return-link\"><span>Return to <bdi>{}</bdi></span></a>",
            escape_html(url),
            escape_html(view.app_name)
        )
    })
}

fn facts(rows: &str) -> String {
    if rows.is_empty() { String::new() } else { format!("<dl>{rows}</dl>") }
}

fn row(label: &str, value: &str) -> String {
    format!("<div><dt>{label}</dt><dd>{value}</dd></div>")
}

fn reference(payment: &Payment) -> String {
    payment.reference_id.as_deref().filter(|text| !text.trim().is_empty()).map_or_else(String::new, |text| {
        row("Reference", &format!("<bdi data-testid=\"reference\">{}</bdi>", escape_html(text)))
    })
}
