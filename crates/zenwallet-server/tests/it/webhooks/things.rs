//! One thing of every kind, for the cases that walk all routes.

use super::{attempt_due, text};
use crate::support::{Tenant, TestApp, many_payments};
use zenwallet_core::delivery::Next;
use zenwallet_core::endpoint::{Endpoint, EventSet};
use zenwallet_core::id::{AppKind, DeliveryId, DeliveryKind, EndpointKind, EventKind, Id, PaymentId, PaymentKind};
use zenwallet_store::{Command, DeliveryFilter, Outcome, PaymentFilter};

const URL: &str = "https://hooks.example/things";

/// What the paths and the bodies of requests name.
#[derive(Debug)]
pub(crate) struct Things {
    pub(crate) payment_id: String,
    endpoint_id: String,
    delivery_id: String,
    app_id: String,
    event_id: String,
    /// Key, user, session and invitation: of people, and of nobody where a case is about payments.
    people: [String; 4],
}

/// Ids of people that nobody has.
fn nobody() -> [String; 4] {
    ["key_", "usr_", "ses_", "lnk_"].map(|prefix| format!("{prefix}0000000000000000000001"))
}

impl Things {
    /// These with an app, its key, a user, a session and an invitation.
    pub(crate) fn of_people(self, [app_id, key, user, session, invitation]: [String; 5]) -> Self {
        Self { app_id, people: [key, user, session, invitation], ..self }
    }

    /// A new payment, a new pending delivery and an endpoint of this app, made past its keys.
    pub(crate) async fn of(app: &TestApp, owner: &Tenant) -> Self {
        Self {
            payment_id: many_payments(app, owner, 1).await[0].to_string(),
            endpoint_id: endpoint(app, owner).await.to_string(),
            delivery_id: pending_delivery(app, owner).await.to_string(),
            app_id: owner.app_id.to_string(),
            event_id: app.store.list_events(owner.app_id, 0, 1).await.unwrap()[0].id.to_string(),
            people: nobody(),
        }
    }

    /// Ids of nothing.
    pub(crate) fn nobodys(app: &TestApp) -> Self {
        let now = app.clock.now();
        Self {
            payment_id: app.ids.next::<PaymentKind>(now).to_string(),
            endpoint_id: app.ids.next::<EndpointKind>(now).to_string(),
            delivery_id: app.ids.next::<DeliveryKind>(now).to_string(),
            app_id: app.ids.next::<AppKind>(now).to_string(),
            event_id: app.ids.next::<EventKind>(now).to_string(),
            people: nobody(),
        }
    }

    /// What is no id.
    pub(crate) fn malformed() -> Self {
        let ids = ["pay_x", "whe_-", "dlv_", "app", "evt_"].map(str::to_owned);
        let [payment_id, endpoint_id, delivery_id, app_id, event_id] = ids;
        Self { payment_id, endpoint_id, delivery_id, app_id, event_id, people: nobody() }
    }

    pub(crate) fn ids(&self) -> [&str; 9] {
        let [key, user, session, invitation] = &self.people;
        let (payment, endpoint, delivery) = (&self.payment_id, &self.endpoint_id, &self.delivery_id);
        [payment, endpoint, delivery, &self.app_id, &self.event_id, key, user, session, invitation]
    }

    /// A text with these ids in their places.
    pub(crate) fn name_in(&self, text: &str) -> String {
        let names = [
            "{payment_id}",
            "{endpoint_id}",
            "{delivery_id}",
            "{app_id}",
            "{event_id}",
            "{key_id}",
            "{user_id}",
            "{session_id}",
            "{invitation_id}",
        ];
        let named = names.into_iter().zip(self.ids());
        named.fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    /// Everything that a request could change of them, and of what else their app has.
    pub(crate) async fn state(&self, app: &TestApp, owner: &Tenant) -> String {
        let (id, store) = (owner.app_id, &app.store);
        let payment = store.find_payment(id, PaymentId::parse(&self.payment_id).unwrap()).await.unwrap();
        let payments = store.count_payments(&PaymentFilter::all(id, app.clock.now()), 1_000).await.unwrap();
        let delivery = store.find_delivery(id, DeliveryId::parse(&self.delivery_id).unwrap()).await.unwrap();
        let deliveries = store.count_deliveries(&DeliveryFilter::all(id), 1_000).await.unwrap();
        let endpoints = store.list_endpoints(id).await.unwrap();
        let secrets = store.live_webhook_secrets(id, app.clock.now()).await.unwrap();
        format!("{payment:?} {payments} {delivery:?} {deliveries} {endpoints:?} {secrets:?}")
    }
}

/// The app's first endpoint; one is made when it has none.
async fn endpoint(app: &TestApp, owner: &Tenant) -> Id<EndpointKind> {
    if let Some(known) = app.store.list_endpoints(owner.app_id).await.unwrap().first() {
        return known.id;
    }
    let endpoint = Endpoint {
        id: app.ids.next(app.clock.now()),
        app_id: owner.app_id,
        url: URL.to_owned(),
        events: EventSet::FINAL,
        headers_sealed: None,
        description: None,
        is_default: false,
        is_enabled: true,
        disabled_reason: None,
        failing_since: None,
        created_at: app.clock.now(),
    };
    assert!(app.store.create_endpoint(&endpoint).await.unwrap());
    endpoint.id
}

/// A delivery that waits.
async fn pending_delivery(app: &TestApp, owner: &Tenant) -> DeliveryId {
    delivery_to(app, owner, URL).await
}

/// A new test delivery.
async fn delivery_to(app: &TestApp, owner: &Tenant, url: &str) -> DeliveryId {
    let now = app.clock.now();
    let command = Command::TestWebhook {
        app_id: owner.app_id,
        endpoint_id: None,
        url: url.to_owned(),
        headers_sealed: None,
        event_id: app.ids.next(now),
        payment_id: app.ids.next(now),
        content: "{\"type\":\"webhook.test\"}".to_owned(),
    };
    match app.store.commit(command).await.unwrap().outcome {
        Outcome::Tested(id) => id,
        other => panic!("{other:?}"),
    }
}

/// A delivery that has arrived.
pub(crate) async fn finished_delivery(app: &TestApp, owner: &Tenant) -> String {
    let id = pending_delivery(app, owner).await.to_string();
    attempt_due(app, |_| Some(Next::Delivered)).await;
    let found = super::delivery(app, owner, &id).await;
    assert_eq!(text(&found["status"]), "DELIVERED");
    id
}
