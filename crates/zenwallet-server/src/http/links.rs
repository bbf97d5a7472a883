//! Where an answer leads: which operation takes what it names. Generated clients and testers follow these.

use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi as Document, RefOr};

/// An operation, what of its answer or request is taken, the parameter that it becomes, and the operations that take it.
type Way = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const WAYS: [Way; 17] = [
    (
        "create_payment",
        &[("payment_id", "$response.body#/payment_id")],
        &["get_payment", "complete_payment", "cancel_payment", "get_timeline", "get_qr_png", "get_qr_svg"],
    ),
    ("list_payments", &[("payment_id", "$response.body#/data/0/payment_id")], &["get_payment", "get_timeline"]),
    ("list_payments", &[("cursor", "$response.body#/next_cursor")], &["list_payments"]),
    ("list_events", &[("event_id", "$response.body#/data/0/event_id")], &["get_event"]),
    (
        "create_endpoint",
        &[("endpoint_id", "$response.body#/endpoint_id")],
        &["get_endpoint", "update_endpoint", "delete_endpoint", "list_deliveries"],
    ),
    (
        "list_deliveries",
        &[("delivery_id", "$response.body#/data/0/delivery_id")],
        &["get_delivery", "retry_delivery", "cancel_delivery"],
    ),
    ("list_deliveries", &[("cursor", "$response.body#/next_cursor")], &["list_deliveries"]),
    ("list_queue", &[("cursor", "$response.body#/next_cursor")], &["list_queue"]),
    ("test_webhook", &[("delivery_id", "$response.body#/delivery_id")], &["get_delivery", "retry_delivery"]),
    (
        "create_app",
        &[("app_id", "$response.body#/app/app_id")],
        &["get_app", "update_app", "delete_app", "create_key", "list_keys", "get_app_usage", "get_inbox"],
    ),
    (
        "create_key",
        &[("app_id", "$request.path.app_id"), ("key_id", "$response.body#/key/key_id")],
        &["update_key", "rotate_key", "revoke_key"],
    ),
    (
        "list_messages",
        &[("app_id", "$request.path.app_id"), ("cursor", "$response.body#/next_cursor")],
        &["list_messages"],
    ),
    ("list_apps", &[("app_id", "$response.body#/data/0/app_id")], &["get_app"]),
    ("list_users", &[("user_id", "$response.body#/data/0/user_id")], &["get_user"]),
    ("invite_user", &[("invitation_id", "$response.body#/invitation_id")], &["revoke_invitation"]),
    ("list_audit", &[("cursor", "$response.body#/next_cursor")], &["list_audit"]),
    ("log_in", &[("session_id", "$response.body#/session_id")], &["end_session"]),
];

/// Adds the links to the answers that they start from.
pub(super) fn describe(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            add_links(operation);
        }
    }
}

fn add_links(operation: &mut Operation) {
    let from = operation.operation_id.clone().unwrap_or_default();
    let mut answers = operation.responses.responses.iter_mut().filter(|(status, _)| status.starts_with('2'));
    let Some((_, RefOr::T(answer))) = answers.next() else { return };
    for (_, parameters, targets) in WAYS.iter().filter(|(name, ..)| *name == from) {
        for target in *targets {
            let link = LinkBuilder::new().operation_id(*target);
            let link = parameters.iter().fold(link, |link, (name, value)| link.parameter(*name, *value));
            answer.links.insert((*target).to_owned(), RefOr::T(link.build()));
        }
    }
}
