//! The client against a real gateway: the one that `ZENWALLET_URL`, `ZENWALLET_API_KEY` and `ZENWALLET_WEBHOOK_SECRET` name.
//! Left out unless it is asked for by `--run-ignored all`; then it fails without them.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![expect(clippy::disallowed_methods, reason = "a program of a user's, which reads its own environment and clock")]

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use zenwallet_sdk::{
    Amount, Client, CompletePayment, CompletionStatus, CreatePayment, Error, ErrorKind, Event, EventType,
};
use zenwallet_sdk::{ListEvents, ListPayments, PaymentStatus};

const PATIENCE: Duration = Duration::from_secs(30);

fn client() -> Client {
    Client::from_env().unwrap()
}

fn order(reference: &str) -> CreatePayment {
    let reference_id = Some(reference.to_owned());
    CreatePayment { reference_id, ..CreatePayment::new("12.50".parse().unwrap(), "COINS") }
}

/// Its own name for this run: the gateway may know earlier ones.
fn unique(name: &str) -> String {
    format!("{name}-{}-{:?}", std::process::id(), std::time::SystemTime::now())
}

async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
}

#[tokio::test]
#[ignore = "needs a gateway"]
async fn a_payment_is_made_paid_and_in_conflict() {
    let client = client();
    let made = client.payments().create(&order("ORDER_123")).await.unwrap();
    assert_eq!((&made.status, made.amount.minor(), made.currency.as_str()), (&PaymentStatus::Pending, 1_250, "COINS"));
    assert!(made.payment_url.contains(&made.payment_id) && made.qr_code.unwrap().starts_with("data:image/png;base64,"));
    let completion = CompletePayment::new(CompletionStatus::Success);
    let paid = client.payments().complete(&made.payment_id, &completion).await.unwrap();
    assert!(paid.status == PaymentStatus::Success && paid.transaction_id.is_some());
    assert_eq!(client.payments().get(&made.payment_id).await.unwrap().status, PaymentStatus::Success);
    let conflict = client.payments().cancel(&made.payment_id).await.unwrap_err();
    let conflict = conflict.as_api().unwrap();
    assert_eq!((conflict.kind, conflict.code.as_deref()), (ErrorKind::Conflict, Some("payment_already_final")));
    assert_eq!(conflict.payment.as_ref().unwrap().status, PaymentStatus::Success);
    let other = client.payments().create(&order("ORDER_124")).await.unwrap();
    let canceled = client.payments().cancel(&other.payment_id).await.unwrap();
    assert_eq!((canceled.status, canceled.failure_code.as_deref()), (PaymentStatus::Failed, Some("canceled")));
}

#[tokio::test]
#[ignore = "needs a gateway"]
async fn a_key_of_ones_own_makes_one_payment() {
    let (client, key) = (client(), unique("key").replace([' ', '{', '}', ':', ','], "-"));
    let first = client.payments().create_once(&order("ONCE"), &key).await.unwrap();
    let second = client.payments().create_once(&order("ONCE"), &key).await.unwrap();
    assert_eq!(first.payment_id, second.payment_id);
    let reused = client.payments().create_once(&order("TWICE"), &key).await.unwrap_err();
    assert_eq!(reused.as_api().unwrap().kind, ErrorKind::Idempotency);
}

#[tokio::test]
#[ignore = "needs a gateway"]
async fn errors_say_everything() {
    let wrong = CreatePayment { expires_in: Some(1), ..CreatePayment::new(Amount::default(), "coins") };
    let error = client().payments().create(&wrong).await.unwrap_err();
    let error = error.as_api().unwrap();
    let params: Vec<&str> = error.errors.iter().map(|one| one.param.as_str()).collect();
    assert_eq!(
        (error.kind, error.status, params),
        (ErrorKind::InvalidRequest, 400, vec!["amount", "currency", "expires_in"])
    );
    assert!(error.request_id.is_some());
    let url = std::env::var("ZENWALLET_URL").unwrap();
    let stranger = Client::builder().api_key("sk_test_nobody").base_url(url).build().unwrap();
    let refused = stranger.payments().list(&ListPayments::default()).await.unwrap_err();
    assert_eq!(refused.as_api().unwrap().kind, ErrorKind::Authentication);
    assert!(!format!("{refused} {refused:?}").contains("sk_test_nobody"));
    assert!(matches!(client().payments().get("..").await, Err(Error::Config(_))));
}

#[tokio::test]
#[ignore = "needs a gateway"]
async fn every_page_is_walked_once() {
    let (client, reference) = (client(), unique("walk"));
    let mut made = HashSet::new();
    for _ in 0..7 {
        made.insert(client.payments().create(&order(&reference)).await.unwrap().payment_id);
    }
    let wanted = ListPayments { reference_id: Some(reference), limit: Some(2), ..ListPayments::default() };
    let mut walk = client.payments().list_all(wanted);
    let mut walked = Vec::new();
    while let Some(payment) = walk.next().await.unwrap() {
        walked.push(payment.payment_id);
    }
    assert_eq!((walked.len(), walked.into_iter().collect::<HashSet<_>>()), (7, made));
}

/// A way to the gateway that breaks off after so many bytes.
async fn cut_after(bytes: usize) -> (String, Arc<AtomicUsize>) {
    let target = std::env::var("ZENWALLET_URL").unwrap().replace("http://", "");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, cuts) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&cuts);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = TcpStream::connect(&target).await.unwrap();
            let cuts = Arc::clone(&counted);
            tokio::spawn(async move {
                let (mut from_near, mut to_near) = near.split();
                let (from_far, mut to_far) = far.split();
                let mut limited = from_far.take(bytes as u64);
                tokio::select! {
                    _ = tokio::io::copy(&mut limited, &mut to_near) => cuts.fetch_add(1, Ordering::Relaxed),
                    _ = tokio::io::copy(&mut from_near, &mut to_far) => 0,
                };
            });
        }
    });
    (url, cuts)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a gateway"]
async fn a_stream_that_is_cut_misses_nothing_and_repeats_nothing() {
    let (url, cuts) = cut_after(2_500).await;
    let key = std::env::var("ZENWALLET_API_KEY").unwrap();
    let cut = Client::builder().api_key(key).base_url(url).backoff(Duration::from_millis(20)).build().unwrap();
    let client = client();
    let page = client.events().list_all(ListEvents { limit: Some(100), ..ListEvents::default() });
    let begin = last_seq(page).await;
    let mut stream = cut.events().stream(Some(begin), None);
    for number in 0..30 {
        client.payments().create(&order(&format!("CUT_{number}"))).await.unwrap();
    }
    let mut told = Vec::new();
    while told.len() < 30 {
        told.push(within("an event", stream.next()).await.unwrap().seq.unwrap());
    }
    // Others write to the same log: the places are without gaps all the same.
    assert_eq!(told, (begin + 1..=begin + 30).collect::<Vec<_>>());
    assert!(cuts.load(Ordering::Relaxed) >= 2, "{cuts:?}");
    let mut walk = client.events().list_all(ListEvents { after_seq: Some(begin), ..ListEvents::default() });
    for seq in told {
        assert_eq!(walk.next().await.unwrap().unwrap().seq, Some(seq));
    }
}

async fn last_seq(mut walk: zenwallet_sdk::EventWalk) -> i64 {
    let mut last = 0;
    while let Some(event) = walk.next().await.unwrap() {
        last = event.seq.unwrap();
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a gateway"]
async fn a_webhook_that_is_listened_to_verifies_and_can_be_signed_again() {
    let client = client();
    let mut listener = client.webhooks().listen(None);
    let secret = within("ready", listener.ready()).await.unwrap();
    let payment = client.payments().create(&order("LISTEN")).await.unwrap();
    let webhook = loop {
        let webhook = within("a webhook", listener.next()).await.unwrap();
        if webhook.body.contains(&payment.payment_id) {
            break webhook;
        }
    };
    let verifier = Client::builder().webhook_secret(secret).build().unwrap();
    let event = verifier
        .webhooks()
        .construct_event(webhook.body.as_bytes(), &webhook.headers["x-zenwallet-signature"])
        .unwrap();
    assert_eq!((event.r#type, event.payment_id), (EventType::PaymentCreated, payment.payment_id));
    assert!(
        !client.webhooks().verify(webhook.body.as_bytes(), &webhook.headers["x-zenwallet-signature"]),
        "another secret"
    );
    listener.sign_again(&webhook);
    let again = within("the same again", listener.next()).await.unwrap();
    assert_eq!((again.seq, &again.body), (webhook.seq, &webhook.body));
}

#[tokio::test]
#[ignore = "needs a gateway"]
async fn a_real_webhook_verifies_and_an_altered_one_does_not() {
    let client = client();
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook_url = Some(format!("http://{}/webhook", receiver.local_addr().unwrap()));
    let payment = client.payments().create(&CreatePayment { webhook_url, ..order("WEBHOOK") }).await.unwrap();
    let completion = CompletePayment::new(CompletionStatus::Success);
    client.payments().complete(&payment.payment_id, &completion).await.unwrap();
    let (headers, body) = within("the webhook", receive(receiver)).await;
    let event: Event = client.webhooks().construct_event_of(&body, &headers).unwrap();
    assert_eq!((event.payment_id, event.amount.unwrap().minor()), (payment.payment_id, 1_250));
    let signature = headers["x-zenwallet-signature"].to_str().unwrap();
    assert!(client.webhooks().verify(&body, signature));
    let mut altered = body.clone();
    altered[20] ^= 1;
    assert!(!client.webhooks().verify(&altered, signature));
}

/// Takes one request, and answers it with 200.
async fn receive(receiver: TcpListener) -> (reqwest::header::HeaderMap, Vec<u8>) {
    let (mut connection, _) = receiver.accept().await.unwrap();
    let mut bytes = Vec::new();
    loop {
        connection.read_buf(&mut bytes).await.unwrap();
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let mut headers = reqwest::header::HeaderMap::new();
        for line in String::from_utf8_lossy(&bytes[..end]).lines().skip(1) {
            let (name, value) = line.split_once(": ").unwrap();
            headers.insert(name.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap());
        }
        let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
        if bytes.len() >= end + 4 + length {
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            return (headers, bytes.split_off(end + 4));
        }
    }
}
