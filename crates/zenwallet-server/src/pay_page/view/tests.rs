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
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("\"'>"), "{page}");
        assert_eq!(page.matches("</title>").count(), 1);
    }
}

#[test]
fn a_pending_payment_can_be_paid_or_canceled_by_post_only() {
    let page = page(&payment(Status::Pending));
    let want =
        ["app-name", "amount", "description", "qr", "status", "expires", "pay-button", "cancel-button", "reference"];
    assert_eq!(test_ids(&page), [&want[..], &["payment-id"]].concat());
    assert!(page.contains("<title>Waiting: 12.5 COINS to Acme Events</title>"));
    assert!(page.contains("<data value=\"12.5\" data-testid=\"amount\">12.5 COINS</data>"));
    assert_eq!(said(&page, "pay-button"), "Pay 12.5 COINS");
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
        (Status::Success, "Payment complete", &["transaction-id", "completed-at"][..]),
        (Status::Failed, "Payment declined", &["completed-at", "failure-code"]),
        (Status::Expired, "Payment expired", &["expires"]),
    ] {
        let payment = payment(status);
        let page = page(&payment);
        let want =
            [&["status", "app-name", "amount", "description"], facts, &["reference", "return-link", "payment-id"]];
        assert_eq!(test_ids(&page), want.concat());
        assert_eq!(said(&page, "status"), headline);
        assert!(page.contains(&format!("data-status=\"{}\"", status.as_str())));
        assert_eq!(page.contains("Nothing was paid") || page.contains("nothing was paid"), status != Status::Success);
        for absent in ["<form", "<button", "<input", QR, "refresh", "a-token", "not for the payer"] {
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
        (450, "Expires in 7\u{a0}min 30\u{a0}s 26 Jan 2026, 10:35:00 UTC"),
        (59, "Expires in 59\u{a0}s 26 Jan 2026, 10:35:00 UTC"),
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
        for absent in ["<script", "<style", " style=", "http://", "@import", "//cdn"] {
            let own = page.replace("xmlns='http://www.w3.org/2000/svg'", "");
            assert!(!own.contains(absent), "{absent}");
        }
        let handlers = page.split([' ', '"', '\n']).filter(|word| word.starts_with("on") && word.contains('='));
        assert_eq!(handlers.count(), 0);
        for once in
            ["<!doctype html><html lang=\"en\">", "<h1", "<main", "<footer", "name=\"viewport\"", "content=\"noindex\""]
        {
            assert_eq!(page.matches(once).count(), 1, "{once}");
        }
        assert!(page.contains(&format!("<link rel=\"stylesheet\" href=\"{}\">", stylesheet_href())));
        assert!(page.len() + STYLESHEET.len() < 14_000, "{} and {}", page.len(), STYLESHEET.len());
    }
    assert!(!STYLESHEET.contains("url(") && !STYLESHEET.contains("@import"));
}

#[test]
fn the_stylesheet_has_a_name_of_its_content() {
    let (path, hash) = stylesheet_href().split_once("?v=").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(path, "/pay/assets/page.css");
    assert!(hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
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
        (999_950, "9999.5"),
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
