//! Events of a batch, and the deliveries that they are born with.

use crate::plan::{Context, NewEvent, Plan};
use crate::planted::{Bug, planted};
use crate::targets::{KnownTargets, NewDelivery, Target};
use zenwallet_core::app::Environment;
use zenwallet_core::delivery::Cause;
use zenwallet_core::event::{self, EventType};
use zenwallet_core::id::{AppId, DeliveryId, EndpointId, EventId, PaymentId};
use zenwallet_core::limits::METADATA_VALUE_MAX_CHARS;
use zenwallet_core::metadata::{Metadata, Value};
use zenwallet_core::payment::Payment;
use zenwallet_core::time::Timestamp;

/// Appends the event of the payment's arrival in its status, and a delivery for each of its targets.
pub(crate) fn announce(
    plan: &mut Plan<'_>,
    payment: &Payment,
    at: Timestamp,
    targets: &KnownTargets,
    context: Context<'_>,
) {
    let kind = EventType::of(payment.status);
    let id = if planted(Bug::ReuseEventId) { EventId::from_uuid(payment.id.uuid()) } else { context.ids.next(at) };
    let body = event::payment_body(payment, id, kind, at);
    let app_id = payment.app_id;
    plan.events.push(NewEvent { app_id, id, kind, payment_id: payment.id, at, body });
    fan_out(plan, app_id, kind, payment.webhook_url.as_deref(), targets, context);
}

/// Appends the event that the gateway disabled an endpoint.
pub(crate) fn announce_disabled(
    plan: &mut Plan<'_>,
    app_id: AppId,
    (endpoint_id, url, reason): (EndpointId, &str, &str),
    payment_id: PaymentId,
    targets: &KnownTargets,
    context: Context<'_>,
) {
    let (kind, at) = (EventType::WebhookDisabled, context.now);
    let text = |value: String| Value::Text(value.chars().take(METADATA_VALUE_MAX_CHARS).collect());
    let entries = vec![
        ("endpoint_id".to_owned(), text(endpoint_id.to_string())),
        ("reason".to_owned(), text(reason.to_owned())),
        ("url".to_owned(), text(url.to_owned())),
    ];
    // Three short texts are always metadata.
    let metadata = Metadata::from_entries(entries).unwrap_or_default();
    let id = context.ids.next(at);
    let body = event::operational_body(id, kind, payment_id, &metadata, at);
    plan.events.push(NewEvent { app_id, id, kind, payment_id, at, body });
    fan_out(plan, app_id, kind, None, targets, context);
}

/// Makes the deliveries of the event that was appended last.
fn fan_out(
    plan: &mut Plan<'_>,
    app_id: AppId,
    kind: EventType,
    own_url: Option<&str>,
    targets: &KnownTargets,
    context: Context<'_>,
) {
    let Some(known) = targets.get(&app_id) else { return };
    for target in known.of_event(app_id, kind, own_url) {
        deliver(plan, context.ids.next(context.now), target, known.environment, Cause::Event, context);
    }
}

/// Makes a delivery of the event that was appended last.
pub(crate) fn deliver(
    plan: &mut Plan<'_>,
    id: DeliveryId,
    target: Target,
    environment: Environment,
    cause: Cause,
    context: Context<'_>,
) {
    let event = plan.events.len() - 1;
    plan.deliveries.push(NewDelivery::born(id, event, target, environment, cause, context.leasing));
}
