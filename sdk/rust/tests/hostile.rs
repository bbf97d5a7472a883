//! The client against a gateway that misbehaves in every way we know: `../../hostile`.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use zenwallet_sdk::{Amount, Client, CompletePayment, CompletionStatus, CreatePayment, Error, ErrorKind, ListEvents};
use zenwallet_sdk::{ListPayments, PaymentStatus};

const KEY: &str = "sk_test_000000000000000000000000000000000000hostile";
const PAYMENT_ID: &str = "pay_0000000000000000000001";

/// The server, ended with the test.
struct Server {
    process: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../hostile/server.py");
        let mut process = Command::new("python3").args(["-B", script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening ").expect("the server says where it listens").to_owned();
        Self { process, url }
    }

    async fn requests(&self, method: &str, persona: &str) -> Value {
        let url = format!("{}/_requests/{persona}", self.url);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.request(method.parse().unwrap(), url).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }
}

/// What a call gave, beside its error.
#[derive(Default)]
struct Given {
    count: usize,
    events: Vec<i64>,
}

async fn call(client: &Client, row: &Value, given: &mut Given) -> Result<(), Error> {
    match row["call"].as_str().unwrap() {
        "create_payment" => {
            let reference_id = Some("ORDER_123".to_owned());
            let wanted = CreatePayment { reference_id, ..CreatePayment::new(Amount::from(500), "COINS") };
            client.payments().create(&wanted).await.map(drop)
        }
        "get_payment" => client.payments().get(PAYMENT_ID).await.map(drop),
        "complete_payment" => {
            let completion = CompletePayment::new(CompletionStatus::Success);
            client.payments().complete(PAYMENT_ID, &completion).await.map(drop)
        }
        "list_all_payments" => {
            let mut walk = client.payments().list_all(ListPayments::default());
            while walk.next().await?.is_some() {
                given.count += 1;
            }
            Ok(())
        }
        "list_all_events" => {
            let mut walk = client.events().list_all(ListEvents::default());
            while walk.next().await?.is_some() {
                given.count += 1;
            }
            Ok(())
        }
        "stream_events" => {
            let wanted = (row["outcome"] == "ok").then(|| row["events"].as_array().unwrap().len());
            let mut stream = client.events().stream(Some(0), None);
            while wanted.is_none_or(|wanted| given.events.len() < wanted) {
                given.events.push(stream.next().await?.seq.unwrap());
            }
            Ok(())
        }
        other => panic!("{other}: no such call"),
    }
}

fn class(error: &Error) -> &'static [&'static str] {
    match error {
        Error::Api(error) => match error.kind {
            ErrorKind::Authentication => &["AuthenticationError"],
            ErrorKind::PermissionDenied => &["PermissionDeniedError"],
            ErrorKind::Conflict => &["ConflictError"],
            ErrorKind::Idempotency => &["IdempotencyError"],
            ErrorKind::RateLimit => &["RateLimitError"],
            ErrorKind::Server => &["ServerError"],
            _ => &["InvalidRequestError"],
        },
        Error::Connection(_) => &["ConnectionError"],
        Error::Timeout(_) => &["TimeoutError", "ConnectionError"],
        Error::InvalidResponse(_) => &["InvalidResponseError"],
        other => panic!("{other:?}"),
    }
}

/// Everything that is wrong with what a persona led to.
fn judge(row: &Value, outcome: &Result<(), Error>, given: &Given, took: Duration, requests: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |what: &str, holds: bool| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    let expected = row["outcome"].as_str().unwrap();
    match outcome {
        Ok(()) => expect("it succeeded", expected == "ok"),
        Err(error) => {
            expect("the class of the error", class(error).contains(&expected));
            expect("the key is in the error", !format!("{error} {error:?}").contains(KEY));
        }
    }
    let api = outcome.as_ref().err().and_then(Error::as_api);
    if let Some(status) = row.get("status") {
        expect("status", api.is_some_and(|error| *status == error.status));
    }
    if let Some(code) = row.get("code") {
        expect("code", api.is_some_and(|error| json!(error.code) == *code));
    }
    if let Some(asked) = row.get("retry_after_s") {
        expect("retry after", api.is_some_and(|error| json!(error.retry_after.map(|wait| wait.as_secs())) == *asked));
    }
    if let Some(params) = row.get("params") {
        let told = api.map(|error| error.errors.iter().map(|one| one.param.clone()).collect::<Vec<_>>());
        expect("params", json!(told) == *params);
    }
    if let Some(status) = row.get("payment_status") {
        let told = api.and_then(|error| error.payment.as_ref()).map(|payment| payment.status.as_str().to_owned());
        expect("payment", json!(told) == *status);
    }
    if let Some(count) = row.get("count") {
        expect("count", *count == given.count);
    }
    if let Some(events) = row.get("events") {
        expect("events", *events == json!(given.events));
    }
    if let Some(ids) = row.get("last_event_ids") {
        let told: Vec<_> = requests.iter().map(|request| request["last_event_id"].clone()).collect();
        expect("last_event_ids", *ids == json!(told));
    }
    if let Some(attempts) = row["attempts"].as_u64() {
        expect("attempts", requests.len() as u64 == attempts);
    }
    // A machine under load is slower, never faster.
    expect("too slow", took.as_secs_f64() <= 2.0 * row["within_s"].as_f64().unwrap());
    expect("too fast", took.as_secs_f64() >= row.get("at_least_s").and_then(Value::as_f64).unwrap_or(0.0));
    // What was reset before it was read is a request without a method.
    for request in requests.iter().filter(|request| request["method"] != "") {
        expect("no authorization", request["authorization"] == true);
        if request["method"] == "POST" {
            let key = request["idempotency_key"].as_str().unwrap_or_default();
            expect("no idempotency key", (1..=255).contains(&key.len()));
            expect("another idempotency key", request["idempotency_key"] == requests[0]["idempotency_key"]);
        }
    }
    wrong
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// How many times each call reached the server under each persona.
async fn attempts(server: &Server, persona: &str) -> [usize; 6] {
    let base_url = server.requests("DELETE", persona).await["base_url"].as_str().unwrap().to_owned();
    let client = Client::builder().api_key(KEY).base_url(base_url).timeout(Duration::from_secs(1));
    let client = client.retries(2).backoff(Duration::from_millis(10)).build().unwrap();
    let (apps, webhooks) = (client.apps(), client.webhooks());
    let (app, key) =
        (serde_json::from_value(json!({"name": "shop", "environment": "test"})), serde_json::from_value(json!({})));
    let (app, key) = (app.unwrap(), key.unwrap());
    let (test, replay) =
        (serde_json::from_value(json!({"url": "http://127.0.0.1:1/"})), json!({"since": "2026-01-01"}));
    let (test, replay) = (test.unwrap(), serde_json::from_value(replay).unwrap());
    let mut counts = [0; 6];
    let mut before = 0;
    for (place, count) in counts.iter_mut().enumerate() {
        let failed = match place {
            0 => client.payments().cancel(PAYMENT_ID).await.is_err(),
            1 => apps.create(&app).await.is_err(),
            2 => apps.keys("app_1").create(&key).await.is_err(),
            3 => webhooks.test(&test).await.is_err(),
            4 => webhooks.replay(&replay).await.is_err(),
            _ => client.deliveries().retry("dlv_1").await.is_err(),
        };
        assert!(failed, "{persona}");
        let all = server.requests("GET", persona).await.as_array().unwrap().len();
        *count = all - before;
        before = all;
    }
    counts
}

/// The gateway keeps the idempotency keys of an app: what a user makes is not made twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_happened_is_repeated_only_under_a_key_that_is_kept() {
    let server = Server::start();
    assert_eq!(attempts(&server, "reset-before-answer").await, [3, 1, 1, 3, 3, 3]);
    assert_eq!(attempts(&server, "always-500").await, [3, 1, 1, 3, 3, 3]);
    // Refused before anything was done.
    assert_eq!(attempts(&server, "always-429").await, [3; 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_persona_ends_as_it_should() {
    let rows = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../hostile/personas.json")).unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&rows).unwrap();
    assert!(rows.len() > 50);
    let server = Server::start();
    let mut wrong = Vec::new();
    for row in &rows {
        let persona = row["persona"].as_str().unwrap();
        let base_url = server.requests("DELETE", persona).await["base_url"].as_str().unwrap().to_owned();
        let second = Duration::from_secs(1);
        let client = Client::builder().api_key(KEY).base_url(base_url).timeout(second).stream_timeout(second);
        let client = client.retries(2).backoff(Duration::from_millis(10)).build().unwrap();
        assert!(!format!("{client:?}").contains(KEY));
        let (began, before_kb, mut given) = (Instant::now(), resident_kb(), Given::default());
        let outcome = call(&client, row, &mut given).await;
        let took = began.elapsed();
        let requests = server.requests("GET", persona).await;
        let found = judge(row, &outcome, &given, took, requests.as_array().unwrap());
        if !found.is_empty() {
            wrong.push(format!("{persona}, {}: {found:?} after {took:?}: {outcome:?}, {requests}", row["call"]));
        }
        assert!(resident_kb() < before_kb + 64 * 1024, "{persona}: memory grew");
    }
    assert_eq!(server.requests("GET", "elsewhere").await, json!([]), "a redirect was followed");
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    // Nothing of the table is unknown here.
    assert!(rows.iter().any(|row| row["payment_status"] == PaymentStatus::Failed.as_str()));
}
