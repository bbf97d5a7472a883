//! What the pages are made of. Every function answers with finished HTML. What is of class `js` does nothing without the
//! script, and is not seen without it.

use super::icons::{COPY, Look};
use super::text::{clock, escape_html, moment};
use super::words::{self, FAILURE_CODES};
use super::{Notice, PageView, SCRIPT, STYLESHEET, State, Theme};
use crate::wire::payment::remaining_s;
use zenwallet_core::id::PaymentId;
use zenwallet_core::payment::{CANCELED, Payment, Status};

/// How often a page that waits asks again without the script, in seconds.
const REFRESH_S: i64 = 5;
/// With less than this left, in seconds, the time left is coloured.
const URGENT_S: i64 = 60;
/// How long the last screen stays before it goes back to the app, in seconds.
const RETURN_AFTER_S: u32 = 5;

/// A whole page.
pub(super) struct Document {
    /// In HTML, as are all texts here.
    pub(super) title: String,
    pub(super) look: Look,
    pub(super) theme: Option<Theme>,
    pub(super) head: String,
    pub(super) is_test: bool,
    pub(super) main: String,
    pub(super) payment_id: Option<PaymentId>,
}

pub(super) fn document(page: &Document) -> String {
    let theme = page.theme.map(|theme| format!(" data-theme=\"{}\"", theme.as_str())).unwrap_or_default();
    let scheme = page.theme.map_or("light dark", Theme::as_str);
    let ribbon =
        format!("<header class=\"ribbon\" data-testid=\"test-ribbon\"><p>{}</p></header>", escape_html(words::RIBBON));
    let (script, live, id) = page.payment_id.map(live_parts).unwrap_or_default();
    format!(
        "<!doctype html><html lang=\"{lang}\" dir=\"{dir}\"{theme}><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"{scheme}\">\
         {head}<link rel=\"icon\" href=\"{favicon}\"><link rel=\"stylesheet\" href=\"{stylesheet}\">{script}</head>\
         <body>{ribbon}{live}<main class=\"card\">{main}</main>\
         <footer>{id}<p>{footer}</p></footer></body></html>",
        lang = words::LANG,
        dir = words::DIR,
        title = page.title,
        head = page.head,
        favicon = page.look.favicon(),
        stylesheet = STYLESHEET.address,
        ribbon = if page.is_test { &ribbon } else { "" },
        main = page.main,
        footer = words::FOOTER,
    )
}

/// The script of a payment's page, what it needs beside `main`, and the id in the footer.
fn live_parts(id: PaymentId) -> (String, String, String) {
    let left = words::LEFT.map(|(seconds, words)| format!(" data-left-{seconds}=\"{words}\"")).concat();
    (
        format!("<script src=\"{}\" defer></script>", SCRIPT.address),
        format!(
            "<p class=\"offline\" id=\"offline\" role=\"status\" data-testid=\"offline-banner\" hidden>{}</p>\
             <p class=\"aloud\" id=\"said\" role=\"status\" aria-live=\"polite\" data-page=\"/pay/{id}\"{left}></p>",
            words::OFFLINE
        ),
        format!("<p><code data-testid=\"payment-id\">{id}</code></p>"),
    )
}

/// A page of a headline and a sentence.
pub(super) fn message(test_id: &str, [headline, sentence]: [&str; 2]) -> String {
    document(&Document {
        title: headline.to_owned(),
        look: Look::Expired,
        theme: None,
        head: String::new(),
        is_test: false,
        main: format!(
            "<h1 class=\"headline\" data-testid=\"{test_id}\">{headline}</h1><p class=\"next\">{sentence}</p>"
        ),
        payment_id: None,
    })
}

/// What makes a waiting page ask again where no script does.
pub(super) fn refresh(view: &PageView) -> String {
    // The address is named because this may be the answer to a POST, and those addresses answer no GET.
    format!(
        "<noscript><meta http-equiv=\"refresh\" content=\"{};url=/pay/{}\"></noscript>\
         <link rel=\"canonical\" href=\"{}\">",
        remaining_s(view.payment, view.now).clamp(1, REFRESH_S),
        view.payment.id,
        escape_html(view.payment_url)
    )
}

/// The screen of a payment that waits.
pub(super) fn pending(view: &PageView, state: &State, amount: &str) -> String {
    let url = escape_html(view.payment_url);
    let more = facts(&reference(view.payment));
    format!(
        "{notice}{subject}<figure class=\"qr\">\
         <div class=\"tile\" role=\"img\" aria-label=\"{qr_of} {url}\" data-testid=\"qr\">{svg}</div>\
         <figcaption><span>{scan}</span>{copy}</figcaption></figure>\
         {expires}{status}<div class=\"actions{long}\">{pay}{cancel}</div>{simulate}{more}",
        notice = notice(view.notice),
        subject = subject(view, amount),
        qr_of = words::QR_OF,
        svg = view.qr_svg,
        scan = words::SCAN,
        copy = copy("copy-link", &url, words::COPY_LINK, words::COPY_LINK),
        status = status(state, view.payment.status),
        expires = expires(view),
        long = long(amount, 14),
        pay = form(view, "pay", " primary", &format!("{} {amount}", words::PAY)),
        cancel = form(view, "cancel", "", words::CANCEL),
        simulate = if view.is_test { simulate(view) } else { String::new() },
    )
}

/// The screen of a payment that has ended.
pub(super) fn ended(view: &PageView, state: &State, amount: &str) -> String {
    let payment = view.payment;
    let next = if state.next.is_empty() { String::new() } else { format!("<p class=\"next\">{}</p>", state.next) };
    let mut rows = String::new();
    if let Some(id) = payment.transaction_id {
        let copy = copy("copy-transaction", &id.to_string(), words::COPY_TRANSACTION, "");
        rows += &row(words::TRANSACTION, &format!("<code data-testid=\"transaction-id\">{id}</code>{copy}"));
    }
    let (test_id, at) = match payment.status {
        Status::Expired => ("expires", Some(payment.expires_at)),
        _ => ("completed-at", payment.completed_at),
    };
    if let Some(at) = at {
        rows += &row(state.title, &format!("<span data-testid=\"{test_id}\">{}</span>", moment(at)));
    }
    if let Some(code) = payment.failure_code.as_deref().filter(|code| *code != CANCELED) {
        let known = FAILURE_CODES.iter().find(|(known, _)| *known == code);
        let words = known.map(|(_, words)| format!("<span>{words}</span> ")).unwrap_or_default();
        let code = escape_html(code);
        rows += &row(words::REASON, &format!("{words}<code data-testid=\"failure-code\">{code}</code>"));
    }
    rows += &reference(payment);
    let print = match payment.status {
        Status::Success => format!(
            "<button class=\"button js\" type=\"button\" data-print data-testid=\"print-button\">{}</button>",
            words::PRINT
        ),
        _ => String::new(),
    };
    let (notice, status, subject) = (notice(view.notice), status(state, payment.status), subject(view, amount));
    let (facts, back) = (facts(&rows), return_link(view));
    format!("{notice}{status}{subject}{next}{facts}<div class=\"actions ways\">{back}{print}</div>")
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
    let exact = view.payment.amount;
    format!(
        "<p class=\"app\" data-testid=\"app-name\"><bdi>{app}</bdi></p>\
         <div class=\"money{long}\"><h1 class=\"amount\"><data value=\"{exact}\" data-testid=\"amount\">{amount}</data></h1>\
         {copy}</div>{description}",
        app = escape_html(view.app_name),
        long = long(amount, 14),
        copy = copy("copy-amount", &exact.to_string(), words::COPY_AMOUNT, ""),
        description = description.unwrap_or_default()
    )
}

/// A button that copies a text; without a label it is its picture alone. All is HTML.
fn copy(test_id: &str, text: &str, name: &str, label: &str) -> String {
    format!(
        "<button class=\"copy js\" type=\"button\" data-copy=\"{text}\" data-done=\"{done}\" aria-label=\"{name}\" \
         data-testid=\"{test_id}\">{COPY}{label}</button>",
        done = words::COPIED,
    )
}

fn status(state: &State, status: Status) -> String {
    format!(
        "<p class=\"status {class}\" role=\"status\" aria-live=\"polite\" tabindex=\"-1\" data-testid=\"status\" \
         data-status=\"{name}\">{icon}<span>{headline}</span></p>",
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

/// The end of the payment's time; in its last quarter also what is left of it. The script counts from what is left by
/// the server's clock.
fn expires(view: &PageView) -> String {
    let payment = view.payment;
    let quarter_ms = (payment.expires_at.as_ms() - payment.created_at.as_ms()) / 4;
    let left_ms = payment.expires_at.as_ms() - view.now.as_ms();
    let at = moment(payment.expires_at);
    if left_ms > quarter_ms {
        return format!(
            "<p class=\"expires\" data-testid=\"expires\" data-left=\"{left_ms}\" data-calm=\"{quarter_ms}\">{} {at}</p>",
            words::EXPIRES_AT
        );
    }
    let left_s = remaining_s(payment, view.now);
    format!(
        "<p class=\"expires\" data-testid=\"expires\" data-left=\"{left_ms}\">\
         <strong{class} role=\"timer\">{} <b data-clock>{left}</b></strong> {at}</p>",
        words::EXPIRES_IN,
        class = if left_s < URGENT_S { " class=\"urgent\"" } else { "" },
        left = clock(left_s),
    )
}

/// Without autocomplete=off a browser may bring an older page's token back after a reload.
fn token(view: &PageView) -> String {
    format!("<input type=\"hidden\" name=\"token\" value=\"{}\" autocomplete=\"off\">", escape_html(view.token))
}

fn form(view: &PageView, action: &str, class: &str, label: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/pay/{id}/{action}\">{token}\
         <button class=\"button{class}\" type=\"submit\" data-testid=\"{action}-button\">{label}</button></form>",
        id = view.payment.id,
        token = token(view),
    )
}

/// What only a test payment has: every end, at will.
fn simulate(view: &PageView) -> String {
    let codes = FAILURE_CODES.map(|(code, words)| format!("<option value=\"{code}\">{words}</option>")).concat();
    let button = |outcome: &str, test_id: &str, label: &str| {
        format!(
            "<button class=\"button\" name=\"outcome\" value=\"{outcome}\" data-testid=\"simulate-{test_id}\">{label}</button>"
        )
    };
    format!(
        "<form class=\"simulate\" method=\"post\" action=\"/pay/{id}/simulate\" data-testid=\"simulate-panel\">{token}\
         <h2>{title}</h2><p>{sentence}</p>{success}{expiry}\
         <select class=\"button\" name=\"failure_code\" aria-label=\"{code}\" data-testid=\"simulate-code\">{codes}</select>\
         {failure}</form>",
        id = view.payment.id,
        token = token(view),
        title = words::SIMULATE,
        sentence = words::SIMULATED,
        success = button("success", "success", words::SIMULATE_SUCCESS),
        expiry = button("expired", "expire", words::SIMULATE_EXPIRY),
        code = words::SIMULATE_CODE,
        failure = button("failed", "failure", words::SIMULATE_FAILURE),
    )
}

fn return_link(view: &PageView) -> String {
    let followed = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
    view.return_url.filter(followed).map_or_else(String::new, |url| {
        let [before, after] = words::RETURNING;
        format!(
            "<a class=\"button primary\" href=\"{}\" data-testid=\"return-link\"><span>{} <bdi>{}</bdi></span></a>\
             <p class=\"returning\" data-testid=\"auto-return\" hidden>{before} <b data-returns>{RETURN_AFTER_S}</b> {after} \
             <button class=\"link\" type=\"button\" data-stay data-testid=\"stay-button\">{stay}</button></p>",
            escape_html(url),
            words::RETURN_TO,
            escape_html(view.app_name),
            stay = words::STAY,
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
        row(words::REFERENCE, &format!("<bdi data-testid=\"reference\">{}</bdi>", escape_html(text)))
    })
}
