use super::text::{duration, grouped, moment};
use super::*;
use zenwallet_core::id::{AppId, PaymentId, TransactionId};
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency};

const CREATED: Timestamp = Timestamp::from_ms(1_769_421_900_000);
const EXPIRES: Timestamp = CREATED.plus_s(1_800);
const QR: &str = "<svg data-qr></svg>";

fn payment(status: Status) -> Payment {
    let is_paid = status == Status::Success;
    Payment {
        id: PaymentId::from_bytes([1; 16]),
        app_id: AppId::from_bytes([2; 16]),
        amount: Amount::from_minor(1_250).unwrap(),
        currency: Currency::parse("COINS").unwrap(),
        status,
        reference_id: Some("ORD-1".into()),
        description: Some("Two tickets".into()),
        metadata: Metadata::default(),
        webhook_url: None,
        return_url: None,
        created_at: CREATED,
        expires_at: EXPIRES,
        completed_at: matches!(status, Status::Success | Status::Failed).then_some(CREATED.plus_s(95)),
        transaction_id: is_paid.then_some(TransactionId::from_bytes([3; 16])),
        failure_code: (status == Status::Failed).then(|| "insufficient_funds".into()),
        notes: Some("not for the payer".into()),
    }
}

fn view(payment: &Payment) -> PageView<'_> {
    PageView {
        app_name: "Acme Events",
        is_test: false,
        theme: None,
        payment,
        now: CREATED.plus_s(60),
        token: "a-token",
        qr_svg: QR,
        payment_url: "https://pay.example.org/pay/pay_x",
        return_url: payment.status.is_final().then_some("https://acme.example/done?a=1&b=2"),
        notice: None,
    }
}

fn page(payment: &Payment) -> String {
    render_payment(&view(payment))
}

/// The one script of a page.
fn script_tag() -> String {
    format!("<script src=\"{}\" defer></script>", SCRIPT.address)
}

/// Every `data-testid` of a page, in order.
fn test_ids(page: &str) -> Vec<&str> {
    page.split("data-testid=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// What an element of this test id says, without tags.
fn said(page: &str, test_id: &str) -> String {
    let at = page.find(&format!("data-testid=\"{test_id}\"")).unwrap();
    let rest = &page[at..];
    let inside = &rest[rest.find('>').unwrap() + 1..];
    let end = inside.find("</p>").into_iter().chain(inside.find("</h1>")).chain(inside.find("</button>"));
    let end = end.chain(inside.find("</div>")).chain(inside.find("</a>")).min().unwrap();
    inside[..end].split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect()
}

fn refresh(page: &str) -> Option<&str> {
    page.split("http-equiv=\"refresh\" content=\"").nth(1)?.split(';').next()
}

#[test]
fn html_is_escaped() {
    for (raw, escaped) in [
        ("plain, é and 票", "plain, é and 票"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\" onclick=\"x", "&quot; onclick=&quot;x"),
        ("it's", "it&#39;s"),
        ("a && b", "a &amp;&amp; b"),
        ("&lt;", "&amp;lt;"),
    ] {
        assert_eq!(escape_html(raw), escaped);
    }
}

#[test]
fn no_text_from_outside_can_break_out() {
    const EVIL: &str = "</title></p>\"'><script>alert(1)</script><img src=x onerror=alert(1) style=color:red>&";
    for status in Status::ALL {
        let mut payment = payment(status);
        (payment.reference_id, payment.description) = (Some(EVIL.into()), Some(EVIL.into()));
        payment.failure_code = Some(EVIL.into());
        let url = format!("https://acme.example/{EVIL}");
        let mut view = view(&payment);
        (view.app_name, view.token, view.payment_url, view.is_test) = (EVIL, EVIL, EVIL, true);
        view.return_url = Some(&url);
        let page = render_payment(&view);
        assert!(
            !page.replace(&script_tag(), "").contains("<script") && !page.contains("<img") && !page.contains("\"'>"),
            "{page}"
        );
        assert_eq!(page.matches("</title>").count(), 1);
    }
}

#[test]
fn a_pending_payment_can_be_paid_or_canceled_by_post_only() {
    let page = page(&payment(Status::Pending));
    let want = "offline-banner app-name amount copy-amount description qr copy-link expires status pay-button \
        cancel-button reference payment-id";
    assert_eq!(test_ids(&page).join(" "), want);
    assert!(page.contains("<title>Waiting: 12.50 COINS to Acme Events</title>"));
    assert!(page.contains("<data value=\"12.5\" data-testid=\"amount\">12.50 COINS</data>"));
    assert!(page.contains("data-copy=\"12.5\"") && page.contains("data-copy=\"https://pay.example.org/pay/pay_x\""));
    assert_eq!(said(&page, "pay-button"), "Pay 12.50 COINS");
    assert_eq!(said(&page, "cancel-button"), "Cancel");
    assert_eq!(said(&page, "status"), "Waiting for payment");
    assert_eq!(said(&page, "expires"), "Expires 26 Jan 2026, 10:35:00 UTC");
    assert!(page.contains("<time datetime=\"2026-01-26T10:35:00Z\">"));
    assert!(page.contains(QR) && page.contains("Scan to open on another device"));
    let id = PaymentId::from_bytes([1; 16]);
    for action in ["pay", "cancel"] {
        assert!(page.contains(&format!("<form method=\"post\" action=\"/pay/{id}/{action}\">")));
    }
    assert_eq!(page.matches("<input type=\"hidden\" name=\"token\" value=\"a-token\"").count(), 2);
}

#[test]
fn a_final_payment_shows_its_end_and_nothing_to_press_but_the_way_back() {
    for (status, headline, facts) in [
        (Status::Success, "Payment complete", &["transaction-id", "copy-transaction", "completed-at"][..]),
        (Status::Failed, "Payment declined", &["completed-at", "failure-code"]),
        (Status::Expired, "Payment expired", &["expires"]),
    ] {
        let payment = payment(status);
        let page = page(&payment);
        let subject = ["offline-banner", "status", "app-name", "amount", "copy-amount", "description"];
        let print = if status == Status::Success { &["print-button"][..] } else { &[] };
        let ways = ["reference", "return-link", "auto-return", "stay-button"];
        assert_eq!(test_ids(&page), [&subject[..], facts, &ways, print, &["payment-id"]].concat());
        assert_eq!(said(&page, "status"), headline);
        assert!(page.contains(&format!("data-status=\"{}\"", status.as_str())));
        assert_eq!(page.contains("Nothing was paid") || page.contains("nothing was paid"), status != Status::Success);
        assert_eq!(page.matches("<button").count(), page.matches(" type=\"button\" data-").count());
        for absent in ["<form", "<input", QR, "refresh", "a-token", "not for the payer"] {
            assert!(!page.contains(absent), "{status:?} {absent}");
        }
        assert_eq!(said(&page, "return-link"), "Return to Acme Events");
        assert!(page.contains("href=\"https://acme.example/done?a=1&amp;b=2\""));
        let without = render_payment(&PageView { return_url: None, ..view(&payment) });
        assert!(!without.contains("return-link"));
        let unsafe_link = render_payment(&PageView { return_url: Some("javascript:alert(1)"), ..view(&payment) });
        assert!(!unsafe_link.contains("javascript"));
    }
}

#[test]
fn a_canceled_payment_is_not_called_declined() {
    let canceled = Payment { failure_code: Some(CANCELED.into()), ..payment(Status::Failed) };
    let page = page(&canceled);
    assert_eq!(said(&page, "status"), "Payment canceled");
    assert!(!page.contains("failure-code") && page.contains("<dt>Canceled</dt>"));
}

#[test]
fn a_waiting_page_asks_again_and_at_the_latest_when_it_ends() {
    for (left_ms, want) in [(1_740_000, "5"), (5_001, "5"), (5_000, "5"), (4_000, "4"), (3_001, "4"), (400, "1")] {
        let payment = payment(Status::Pending);
        let page = render_payment(&PageView { now: EXPIRES.plus_ms(-left_ms), ..view(&payment) });
        assert_eq!(refresh(&page), Some(want), "{left_ms} ms left");
    }
    let ended = payment(Status::Pending).seen_at(EXPIRES);
    assert_eq!(refresh(&page(&ended)), None);
}

#[test]
fn the_time_left_shows_in_the_last_quarter_only() {
    for (left_s, want) in [
        (451, "Expires 26 Jan 2026, 10:35:00 UTC"),
        (450, "Expires in 7:30 26 Jan 2026, 10:35:00 UTC"),
        (59, "Expires in 0:59 26 Jan 2026, 10:35:00 UTC"),
    ] {
        let payment = payment(Status::Pending);
        let page = render_payment(&PageView { now: EXPIRES.plus_s(-left_s), ..view(&payment) });
        assert_eq!(said(&page, "expires"), want);
        assert_eq!(page.contains("class=\"urgent\""), left_s < 60);
    }
}

#[test]
fn every_page_says_that_no_real_money_moves_and_a_test_says_more() {
    for status in Status::ALL {
        let payment = payment(status);
        assert!(page(&payment).contains("No real money moves.") && !page(&payment).contains("Test payment"));
        let test = render_payment(&PageView { is_test: true, ..view(&payment) });
        assert_eq!(said(&test, "test-ribbon"), "Test payment. Simulated, no real money moves.");
    }
}

#[test]
fn a_post_that_did_nothing_is_explained() {
    let payment = payment(Status::Success);
    let page = render_payment(&PageView { notice: Some(Notice::AlreadyFinal), ..view(&payment) });
    assert!(said(&page, "notice").contains("already ended"));
}

#[test]
fn no_page_needs_more_than_a_strict_content_security_policy_allows() {
    let mut pages: Vec<String> = Status::ALL.map(|status| page(&payment(status))).into();
    pages.extend([render_not_found(), render_unavailable()]);
    for page in pages {
        let scripts = usize::from(page.contains("data-status"));
        assert_eq!((page.matches("<script").count(), page.matches(&script_tag()).count()), (scripts, scripts));
        for absent in ["<style", " style=", "http://", "@import", "//cdn"] {
            let own = page.replace("xmlns='http://www.w3.org/2000/svg'", "");
            assert!(!own.contains(absent), "{absent}");
        }
        assert_eq!(handlers(&page), 0);
        for once in [
            "<!doctype html><html lang=\"en\" dir=\"ltr\">",
            "<h1",
            "<main",
            "<footer",
            "name=\"viewport\"",
            "content=\"noindex\"",
        ] {
            assert_eq!(page.matches(once).count(), 1, "{once}");
        }
        assert!(page.contains(&format!("<link rel=\"stylesheet\" href=\"{}\">", STYLESHEET.address)));
    }
    let (sheet, script) = (&STYLESHEET.content, &SCRIPT.content);
    assert!(!sheet.contains("url(") && !sheet.contains("@import") && !sheet.contains("/*"));
    for absent in ["eval(", "innerHTML", "http:", "https:", "postMessage", ".style", "localStorage", "document.cookie"]
    {
        assert!(!script.contains(absent), "{absent}");
    }
}

/// Attributes that would be scripts.
fn handlers(page: &str) -> usize {
    page.split([' ', '"', '\n']).filter(|word| word.starts_with("on") && word.contains('=')).count()
}

#[test]
fn the_whole_page_fits_into_25_kilobytes() {
    let qr = crate::qr::QrCodes::new("https://pay.example.org/pay/pay_").unwrap();
    for is_test in [false, true] {
        let payment = payment(Status::Pending);
        let page = render_payment(&PageView { is_test, qr_svg: &qr.svg(payment.id, 5), ..view(&payment) });
        let (sheet, script) = (STYLESHEET.content.len(), SCRIPT.content.len());
        let whole = page.len() + sheet + script;
        assert!(whole <= 25_000, "{} + {sheet} + {script} = {whole} bytes", page.len());
        // Text of this kind compresses to less than two thirds of its size: under 5 kB.
        assert!(script <= 7_500, "{script} bytes of script");
    }
}

#[test]
fn assets_have_a_name_of_their_content() {
    for (asset, name) in [(&STYLESHEET, "/pay/assets/page.css"), (&SCRIPT, "/pay/assets/page.js")] {
        let (path, hash) = asset.address.split_once("?v=").unwrap();
        assert_eq!(path, name);
        assert!(hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}

#[test]
fn every_state_in_every_environment_at_every_length_is_a_whole_page() {
    let long = "\u{645}\u{631}\u{62d}\u{628}\u{627} & <b>票</b> ".repeat(40);
    for status in Status::ALL {
        for is_test in [false, true] {
            for text in [None, Some(String::new()), Some("x".to_owned()), Some(long.clone())] {
                for minor in [1, 50_000, 999_999_999_999_999] {
                    let amount = Amount::from_minor(minor).unwrap();
                    let payment = Payment {
                        amount,
                        description: text.clone(),
                        reference_id: text.clone(),
                        failure_code: text.clone().filter(|_| status == Status::Failed),
                        ..payment(status)
                    };
                    let app_name = text.as_deref().unwrap_or("A");
                    let page = render_payment(&PageView { app_name, is_test, ..view(&payment) });
                    assert!(page.ends_with("</footer></body></html>") && !page.contains("<b>票"));
                    assert_eq!(page.contains("data-testid=\"simulate-panel\""), is_test && status == Status::Pending);
                    assert_eq!(page.contains("data-testid=\"test-ribbon\""), is_test);
                    assert_eq!(page.contains("http-equiv"), status == Status::Pending);
                    for tag in ["main", "form", "button", "p", "div", "dl", "dd", "bdi", "span", "figure", "select"] {
                        let opened =
                            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
                        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag} in {page}");
                    }
                    assert_eq!(handlers(&page), 0);
                }
            }
        }
    }
}

#[test]
fn a_test_payment_offers_every_end() {
    let payment = payment(Status::Pending);
    let page = render_payment(&PageView { is_test: true, ..view(&payment) });
    let panel = "simulate-panel simulate-success simulate-expire simulate-code simulate-failure";
    assert!(test_ids(&page).join(" ").contains(panel));
    assert!(page.contains(&format!("action=\"/pay/{}/simulate\"", payment.id)));
    assert!(page.contains("<p>Simulated, no real money moves</p>"));
    for (code, words) in FAILURE_CODES {
        assert!(page.contains(&format!("<option value=\"{code}\">{words}</option>")));
        assert!(zenwallet_core::text::check_failure_code(code).is_ok(), "{code}");
    }
    assert_eq!(page.matches("value=\"a-token\"").count(), 3);
}

#[test]
fn a_known_reason_is_told_in_words_and_an_unknown_one_as_it_is() {
    let failed = |code: &str| page(&Payment { failure_code: Some(code.into()), ..payment(Status::Failed) });
    assert!(failed("insufficient_funds").contains("<span>Not enough funds</span> <code"));
    assert!(failed("shop_closed").contains("<dd><code data-testid=\"failure-code\">shop_closed</code></dd>"));
}

#[test]
fn the_theme_is_the_system_s_until_the_payer_chooses() {
    let payment = payment(Status::Pending);
    assert!(!page(&payment).contains("data-theme") && page(&payment).contains("content=\"light dark\""));
    for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let page = render_payment(&PageView { theme: Some(theme), ..view(&payment) });
        assert!(page.contains(&format!("<html lang=\"en\" dir=\"ltr\" data-theme=\"{name}\">")));
        assert!(page.contains(&format!("<meta name=\"color-scheme\" content=\"{name}\">")));
    }
}

#[test]
fn the_script_is_told_what_is_left_by_the_server_s_clock() {
    for (left_ms, want) in
        [(1_740_000, "data-left=\"1740000\" data-calm=\"450000\">"), (450_000, "data-left=\"450000\">")]
    {
        let payment = payment(Status::Pending);
        let page = render_payment(&PageView { now: EXPIRES.plus_ms(-left_ms), ..view(&payment) });
        assert!(page.contains(want), "{want}");
    }
}

#[test]
fn absent_texts_leave_no_trace() {
    let bare = Payment { reference_id: None, description: Some("  ".into()), ..payment(Status::Pending) };
    let page = page(&bare);
    for absent in ["<dl>", "data-testid=\"reference\"", "data-testid=\"description\""] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[test]
fn texts_read_well() {
    for (minor, want) in [
        (1, "0.01"),
        (99_999, "999.99"),
        (999_950, "9999.50"),
        (50_000, "500"),
        (1_000_050, "10\u{202f}000.50"),
        (1_000_000, "10\u{202f}000"),
        (999_999_999_999_999, "9\u{202f}999\u{202f}999\u{202f}999\u{202f}999.99"),
    ] {
        assert_eq!(grouped(Amount::from_minor(minor).unwrap()), want);
    }
    for (seconds, want) in
        [(0, "0 s"), (45, "45 s"), (60, "1 min"), (250, "4 min 10 s"), (3_661, "1 h 1 min"), (648_000, "7 d 12 h")]
    {
        assert_eq!(duration(seconds).replace('\u{a0}', " "), want);
    }
    let at = Timestamp::from_ms(1_767_225_600_250);
    assert_eq!(moment(at), "<time datetime=\"2026-01-01T00:00:00.25Z\">1 Jan 2026, 00:00:00 UTC</time>");
}
