//! A small campaign, written by hand: every kind of call, answered as the contract says.

use crate::database::{AttemptRow, DeliveryRow, EventRow, PaymentRow, RollupRow, Snapshot};
use crate::journal::{Ack, Action, Call, digest};
use crate::oracle::{Evidence, Listing, Received, ToldEvent};
use crate::webhook;
use serde_json::json;

/// The first app.
pub(super) const APP_A: &str = "app_a";
/// The second app.
pub(super) const APP_B: &str = "app_b";
/// 2026-01-26T10:35:00Z, when every payment of the scene was created.
const START_MS: i64 = 1_769_423_700_000;
/// What the webhooks of both apps are signed with.
const SECRETS: [&str; 2] =
    ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="];
const PICTURE: &str = "data:image/png;base64,";

/// Builds evidence, one answered call after the other.
#[derive(Default)]
pub(super) struct Scene {
    evidence: Evidence,
    tick: u64,
}

/// A payment of the scene.
#[derive(Clone)]
struct Payment {
    id: &'static str,
    app: usize,
    status: &'static str,
    expires_at: &'static str,
    completed_at: Option<&'static str>,
}

impl Payment {
    fn pending(id: &'static str, app: usize) -> Self {
        Self { id, app, status: "PENDING", expires_at: "2026-01-26T11:05:00Z", completed_at: None }
    }

    fn ended(&self, status: &'static str) -> Self {
        let completed_at = (status != "EXPIRED").then_some("2026-01-26T10:35:10.5Z");
        Self { status, completed_at, ..self.clone() }
    }

    fn transaction(&self) -> Option<String> {
        (self.status == "SUCCESS").then(|| self.id.replace("pay", "txn"))
    }

    /// The answer that shows it.
    fn json(&self, with_picture: bool) -> String {
        let mut json = json!({
            "payment_id": self.id, "status": self.status, "amount": 12.5, "currency": "EUR",
            "reference_id": format!("ref {}", self.id), "description": null, "metadata": {"n": 1},
            "payment_url": format!("http://x/pay/{}", self.id), "created_at": "2026-01-26T10:35:00Z",
            "expires_at": self.expires_at, "completed_at": self.completed_at, "transaction_id": self.transaction(),
        });
        if with_picture {
            json["qr_code"] = PICTURE.into();
        }
        json.to_string()
    }

    fn row(&self) -> PaymentRow {
        PaymentRow {
            payment_id: self.id.into(),
            app_id: [APP_A, APP_B][self.app].into(),
            // As PostgreSQL spells both: a fixed scale, and no T.
            amount: "12.50".into(),
            currency: "EUR".into(),
            status: self.status.into(),
            reference_id: Some(format!("ref {}", self.id)),
            metadata: Some(r#"{"n":1}"#.into()),
            payment_url: Some(format!("http://x/pay/{}", self.id)),
            transaction_id: self.transaction(),
            created_at: "2026-01-26 10:35:00+00".into(),
            expires_at: self.expires_at.into(),
            completed_at: self.completed_at.map(str::to_owned),
            description: None,
        }
    }
}

impl Scene {
    /// The whole campaign: one paid, one canceled, one pending, one expired, one of another app.
    pub(super) fn good() -> Evidence {
        let mut scene = Self::default();
        scene.evidence.apps = vec![APP_A.into(), APP_B.into()];
        scene.evidence.secrets = SECRETS.map(str::to_owned).to_vec();
        scene.evidence.settled_ms = START_MS + 50_000;
        let short = Payment { expires_at: "2026-01-26T10:35:30Z", ..Payment::pending("pay_4", 0) };
        let made = [Payment::pending("pay_1", 0), Payment::pending("pay_2", 0), Payment::pending("pay_3", 0), short];
        for payment in made.iter().chain(&[Payment::pending("pay_5", 1)]) {
            scene.create(payment);
        }
        let [first, second, third, fourth] = made;
        let (paid, canceled, expired) = (first.ended("SUCCESS"), second.ended("FAILED"), fourth.ended("EXPIRED"));
        scene.call(0, Action::Complete, Some("pay_1"), "paid", r#"{"status":"SUCCESS"}"#, (200, paid.json(false)));
        let lost = Self::error("conflict_error", "payment_already_final")
            .replace("\"code\"", &format!("\"payment\":{},\"code\"", paid.json(false)));
        scene.call(0, Action::Complete, Some("pay_1"), "conflict", r#"{"status":"FAILED"}"#, (409, lost));
        scene.call(0, Action::Cancel, Some("pay_2"), "canceled", "", (200, canceled.json(false)));
        scene.call(0, Action::Read, Some("pay_3"), "read", "", (200, third.json(false)));
        scene.call(0, Action::Read, Some("pay_4"), "expired", "", (200, expired.json(false)));
        scene.repeat(&made_again(&first));
        scene.call(
            1,
            Action::Read,
            Some("pay_1"),
            "foreign",
            "",
            (404, Self::error("invalid_request_error", "payment_not_found")),
        );
        scene.last().call.foreign = true;
        Self::find(&mut scene.evidence, "expired").acked_ms = START_MS + 31_000;
        scene.end([paid, canceled, third, expired, Payment::pending("pay_5", 1)]);
        scene.evidence
    }

    fn last(&mut self) -> &mut Ack {
        self.evidence.acks.last_mut().expect("an ack")
    }

    fn create(&mut self, payment: &Payment) {
        let expires_in = if payment.id == "pay_4" { 30 } else { 1_800 };
        let body = json!({
            "amount": "12.50", "currency": "EUR", "reference_id": format!("ref {}", payment.id), "metadata": {"n": 1}, "expires_in": expires_in,
        });
        let name = format!("key {}", payment.id);
        self.call(payment.app, Action::Create, None, &name, &body.to_string(), (201, payment.json(true)));
        self.event(payment, "payment.created");
    }

    /// The first create again, with its body spelled otherwise; then its key with another body.
    fn repeat(&mut self, original: &str) {
        let mut replay = self.evidence.acks[0].clone();
        (replay.began, replay.ended, replay.replayed) = (500, 501, true);
        replay.call.body = replay.call.body.map(|body| body.replace(',', " , "));
        let mut reused = replay.clone();
        reused.call.body = Some(original.to_owned());
        (reused.status, reused.replayed) = (422, false);
        reused.body = Self::error("idempotency_error", "idempotency_key_reused");
        self.evidence.acks.extend([replay, reused]);
    }

    fn call(&mut self, app: usize, action: Action, target: Option<&str>, key: &str, body: &str, answer: (u16, String)) {
        self.tick += 10;
        let call = Call {
            app,
            action,
            target: target.map(str::to_owned),
            foreign: false,
            key: Some(key.to_owned()),
            body: (!body.is_empty()).then(|| body.to_owned()),
        };
        let (status, body) = answer;
        let (began, ended) = (self.tick, self.tick + 5);
        let digest = digest(body.as_bytes());
        let (sent_ms, acked_ms) = (START_MS - 1, START_MS + 1);
        self.evidence.acks.push(Ack { call, began, ended, sent_ms, acked_ms, status, replayed: false, digest, body });
    }

    fn event(&mut self, payment: &Payment, kind: &str) {
        Self::add_event(&mut self.evidence, [APP_A, APP_B][payment.app], kind, payment.id);
    }

    /// Fills the database and what the API tells of it.
    fn end(&mut self, payments: [Payment; 5]) {
        self.event(&payments[0], "payment.success");
        self.event(&payments[1], "payment.failed");
        self.event(&payments[3], "payment.expired");
        let evidence = &mut self.evidence;
        evidence.snapshot = Snapshot {
            taken_ms: START_MS + 60_000,
            finished_ms: START_MS + 61_000,
            payments: payments.iter().map(Payment::row).collect(),
            rollups: rollups(),
            ..std::mem::take(&mut evidence.snapshot)
        };
        let events = &evidence.snapshot.events;
        evidence.stored = events.iter().map(|e| (e.event_id.clone(), digest(e.body.as_bytes()))).collect();
        let feeds: Vec<ToldEvent> = events.iter().map(told).collect();
        evidence.told = feeds[..2].to_vec();
        evidence.feeds = feeds;
        let listed = |app: usize| {
            let own = payments.iter().rev().filter(move |p| p.app == app);
            own.map(|p| (p.id.to_owned(), p.status.to_owned())).collect::<Vec<_>>()
        };
        let sources = [(0, "list"), (0, "export"), (1, "list"), (1, "export")];
        evidence.listings = sources
            .map(|(app, source)| Listing { app, source, began_ms: START_MS + 40_000, payments: listed(app) })
            .into();
        self.deliver();
    }

    /// Delivers every event that ended a payment: the first at its second attempt, and then once more.
    fn deliver(&mut self) {
        let events = self.evidence.snapshot.events.clone();
        for (n, event) in events.iter().filter(|event| event.kind != "payment.created").enumerate() {
            let mut statuses = vec![200];
            if n == 0 {
                statuses.insert(0, 500);
            }
            self.evidence.snapshot.deliveries.push(DeliveryRow {
                delivery_id: format!("dlv_{n}"),
                app_id: event.app_id.clone(),
                event_id: event.event_id.clone(),
                kind: event.kind.clone(),
                payment_id: event.payment_id.clone(),
                cause: "event".into(),
                status: "DELIVERED".into(),
                attempts: statuses.len() as i64,
                next_attempt_at: None,
                created_at: event.created_at.clone(),
                finished_at: Some("2026-01-26T10:35:31Z".into()),
            });
            for (status, number) in statuses.iter().zip(1..) {
                let logged = AttemptRow {
                    delivery_id: format!("dlv_{n}"),
                    number,
                    response_status: Some((*status).into()),
                    is_delivered: *status == 200,
                    error: None,
                };
                self.evidence.snapshot.attempts.push(logged);
                self.evidence.received.push(received(event, *status, number));
            }
        }
        // The gateway died before it could write down that this one was delivered.
        let twin = self.evidence.received[1].clone();
        self.evidence.received.push(twin);
    }

    /// Appends an event to an app's log.
    pub(super) fn add_event(evidence: &mut Evidence, app_id: &str, kind: &str, payment_id: &str) {
        let events = &mut evidence.snapshot.events;
        let event_id = format!("evt_{}", events.len());
        let seq = events.iter().filter(|e| e.app_id == app_id).count() as i64 + 1;
        let status = kind.trim_start_matches("payment.").to_uppercase();
        let body = format!(
            r#"{{"event":"{kind}","event_id":"{event_id}","payment_id":"{payment_id}","status":"{status}","type":"{kind}"}}"#
        );
        events.push(EventRow {
            app_id: app_id.into(),
            seq,
            event_id,
            kind: kind.into(),
            payment_id: Some(payment_id.into()),
            created_at: "2026-01-26T10:35:30.2Z".into(),
            body,
        });
    }

    /// Adds a delivery of the event at this place, made when the faults were over and not yet tried.
    pub(super) fn add_young_delivery(evidence: &mut Evidence, cause: &str, event: usize) {
        let event = &evidence.snapshot.events[event];
        evidence.snapshot.deliveries.push(DeliveryRow {
            delivery_id: "dlv_young".into(),
            app_id: event.app_id.clone(),
            event_id: event.event_id.clone(),
            kind: event.kind.clone(),
            payment_id: event.payment_id.clone(),
            cause: cause.into(),
            status: "PENDING".into(),
            attempts: 0,
            next_attempt_at: Some("2026-01-26T10:36:00Z".into()),
            created_at: "2026-01-26T10:36:00Z".into(),
            finished_at: None,
        });
    }

    /// The delivery that was added last.
    pub(super) fn last_delivery(evidence: &mut Evidence) -> &mut DeliveryRow {
        evidence.snapshot.deliveries.last_mut().expect("a delivery")
    }

    /// The answered call of this name: its key, or what became of the first create's key.
    pub(super) fn find<'a>(evidence: &'a mut Evidence, name: &str) -> &'a mut Ack {
        let found = evidence.acks.iter_mut().find(|ack| match name {
            "replay" => ack.replayed,
            "reused" => ack.status == 422,
            _ => ack.call.key.as_deref() == Some(name),
        });
        found.expect("a call of this name")
    }

    /// A read of a payment.
    pub(super) fn read_of(payment_id: &str) -> Call {
        Call { app: 0, action: Action::Read, target: Some(payment_id.into()), foreign: false, key: None, body: None }
    }

    /// Changes every answer, and the first payment's row along with them.
    pub(super) fn replace_everywhere(evidence: &mut Evidence, from: &str, to: &str) {
        evidence.acks.iter_mut().for_each(|ack| ack.body = ack.body.replace(from, to));
        evidence.snapshot.payments.iter_mut().for_each(|row| row.amount = "12.05".into());
    }

    /// An error's body.
    pub(super) fn error(kind: &str, code: &str) -> String {
        json!({"error": {"type": kind, "code": code, "message": "why", "request_id": "req_1"}}).to_string()
    }
}

/// A create's body that differs from the one that made this payment.
fn made_again(payment: &Payment) -> String {
    json!({"amount": 1, "currency": "EUR", "reference_id": format!("other {}", payment.id)}).to_string()
}

/// An attempt as the receiver received it, some seconds after the event.
fn received(event: &EventRow, status: u16, number: i64) -> Received {
    let (app, at_s) = (usize::from(event.app_id == APP_B), START_MS / 1_000 + 30 + number);
    let (standard, own, body) = webhook::sign(SECRETS[app], &event.event_id, at_s, &event.body);
    Received {
        app,
        at_ms: at_s * 1_000 + 5,
        status,
        id: Some(event.event_id.clone()),
        timestamp: Some(at_s.to_string()),
        standard: Some(standard),
        own: Some(own),
        body,
    }
}

fn told(event: &EventRow) -> ToldEvent {
    let app = usize::from(event.app_id == APP_B);
    ToldEvent { app, seq: event.seq, event_id: event.event_id.clone(), digest: digest(event.body.as_bytes()) }
}

/// The five payments of 12.50 by hand: four of the first app, one of the second, all within a quarter.
fn rollups() -> Vec<RollupRow> {
    let rows = [
        (APP_A, "CREATED", 4, "50.00"),
        (APP_A, "SUCCESS", 1, "12.50"),
        (APP_A, "FAILED", 1, "12.50"),
        (APP_A, "EXPIRED", 1, "12.50"),
        (APP_B, "CREATED", 1, "12.50"),
    ];
    let starts = [None, Some("2026-01-26T10:30:00Z")];
    let of = |start_at: Option<&str>, (app_id, status, payments, volume): (&str, &str, i64, &str)| RollupRow {
        app_id: app_id.into(),
        start_at: start_at.map(str::to_owned),
        currency: "EUR".into(),
        status: status.into(),
        payments,
        volume: volume.into(),
    };
    starts.iter().flat_map(|start| rows.map(|row| of(*start, row))).collect()
}
