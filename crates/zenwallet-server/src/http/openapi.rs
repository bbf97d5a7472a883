//! The routes of the API and their description: one list makes both, so they cannot drift apart.

use super::{
    analytics, apps, audit, auth, deliveries, endpoints, events, export, failures, inbox, links, payments, qr, scope,
    search, settings, usage, users, webhooks,
};
use crate::gateway::Gateway;
use axum::Router;
use std::sync::Arc;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, RefOr, Required};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ZenWallet",
        description = "A virtual payment gateway: applications create payment requests in any virtual currency, a payer \
            pays or declines on a hosted page, and every application learns of it at once. No real money.\n\n\
            Every answer that is not a success has one shape, `ErrorBody`; `/docs/errors` explains every code.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "Payments", description = "Requests for payment, from create to their end"),
        (name = "Events", description = "What changed, in one log without gaps: read it, or follow it as it grows"),
        (name = "Webhooks", description = "Signed events on their way to you: where they go, and what became of each"),
        (name = "Analytics", description = "What payments come to, at a glance and over time"),
        (name = "Apps", description = "What you sell by, and the keys it calls with"),
        (name = "Account", description = "Logging in and out, and your own account"),
        (name = "Users", description = "Who may log in: for admins"),
        (name = "Search", description = "Finding things by their ids and names"),
        (name = "Audit", description = "Who did what"),
        (name = "Settings", description = "What a user is told of, and how")
    ),
    security(("api_key" = []), ("session" = [])),
    modifiers(&Credentials)
)]
struct Description;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("sk_test_… or sk_live_…")
            .description(Some("The API key of an app, as `Authorization: Bearer sk_…`"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
        let session = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "The access token of a user's session. Where a request is about apps, `app_id` or `environment` stands in \
                 the query. A browser sends the same in a cookie.",
            ))
            .build();
        components.add_security_scheme("session", SecurityScheme::Http(session));
    }
}

/// The routes, and the document that describes them.
pub(super) fn routes() -> (Router<Arc<Gateway>>, Document) {
    let (router, mut document) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(payments::create_payment))
        .routes(routes!(payments::list_payments))
        .routes(routes!(export::export_payments))
        .routes(routes!(payments::get_payment))
        .routes(routes!(payments::complete_payment))
        .routes(routes!(payments::cancel_payment))
        .routes(routes!(payments::get_timeline))
        .routes(routes!(qr::get_qr_png))
        .routes(routes!(qr::get_qr_svg))
        .routes(routes!(events::list_events))
        .routes(routes!(events::stream_events))
        .routes(routes!(events::get_event))
        .routes(routes!(events::listen_to_webhooks))
        .routes(routes!(endpoints::create_endpoint, endpoints::list_endpoints))
        .routes(routes!(endpoints::get_endpoint, endpoints::update_endpoint, endpoints::delete_endpoint))
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(deliveries::list_queue))
        .routes(routes!(deliveries::get_delivery))
        .routes(routes!(deliveries::retry_delivery))
        .routes(routes!(deliveries::cancel_delivery))
        .routes(routes!(webhooks::test_webhook))
        .routes(routes!(webhooks::replay_webhooks))
        .routes(routes!(webhooks::rotate_webhook_secret))
        .routes(routes!(analytics::get_overview))
        .routes(routes!(analytics::get_volume))
        .routes(routes!(analytics::get_status))
        .merge(people_routes())
        .split_for_parts();
    failures::describe(&mut document);
    scope::describe(&mut document);
    links::describe(&mut document);
    close_requests(&mut document);
    excuse_empty_bodies(&mut document);
    (router, document)
}

/// Those that users alone have, or share with the app's keys.
fn people_routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        .routes(routes!(apps::create_app, apps::list_apps))
        .routes(routes!(apps::get_app, apps::update_app, apps::delete_app))
        .routes(routes!(apps::create_key, apps::list_keys))
        .routes(routes!(apps::update_key, apps::revoke_key))
        .routes(routes!(apps::rotate_key))
        .routes(routes!(usage::get_app_usage))
        .routes(routes!(inbox::get_inbox))
        .routes(routes!(inbox::list_messages, inbox::empty_inbox))
        .routes(routes!(auth::set_up, auth::get_setup))
        .routes(routes!(auth::log_in))
        .routes(routes!(auth::refresh_session))
        .routes(routes!(auth::confirm_login))
        .routes(routes!(auth::log_out))
        .routes(routes!(auth::log_out_everywhere))
        .routes(routes!(auth::list_sessions))
        .routes(routes!(auth::end_session))
        .routes(routes!(auth::get_account, auth::update_account))
        .routes(routes!(auth::change_password))
        .routes(routes!(auth::request_password_reset))
        .routes(routes!(auth::reset_password))
        .routes(routes!(auth::accept_invitation))
        .routes(routes!(auth::start_totp))
        .routes(routes!(auth::confirm_totp))
        .routes(routes!(auth::disable_totp))
        .routes(routes!(auth::renew_recovery_codes))
        .routes(routes!(users::list_users))
        .routes(routes!(users::invite_user, users::list_invitations))
        .routes(routes!(users::revoke_invitation))
        .routes(routes!(users::get_user, users::update_user))
        .routes(routes!(users::reset_totp))
        .routes(routes!(users::help_with_password))
        .routes(routes!(users::log_out_user))
        .routes(routes!(audit::list_audit))
        .routes(routes!(audit::export_audit))
        .routes(routes!(search::search))
        .routes(routes!(settings::get_notifications, settings::update_notifications))
        .routes(routes!(settings::send_test_email))
        .routes(routes!(settings::get_system))
}

/// A member that no description names is refused; the schemas say so too.
fn close_requests(document: &mut Document) {
    let schemas = document.components.iter_mut().flat_map(|components| components.schemas.iter_mut());
    for (_, schema) in schemas.filter(|(name, _)| name.ends_with("Request")) {
        if let RefOr::T(Schema::Object(object)) = schema {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// A request of which nothing is required may come without a body.
fn excuse_empty_bodies(document: &mut Document) {
    let schemas = document.components.as_ref().map(|components| components.schemas.clone()).unwrap_or_default();
    let may_be_empty = |schema: &RefOr<Schema>| {
        let RefOr::Ref(named) = schema else { return false };
        let name = named.ref_location.rsplit('/').next().unwrap_or_default();
        matches!(schemas.get(name), Some(RefOr::T(Schema::Object(object)))
            if object.required.is_empty() && object.min_properties.is_none())
    };
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.post, &mut item.patch].into_iter().flatten() {
            let Some(RefOr::T(body)) = &mut operation.request_body else { continue };
            let mut contents = body.content.values();
            let is_excused = |content: &RefOr<Content>| match content {
                RefOr::T(content) => content.schema.as_ref().is_some_and(may_be_empty),
                RefOr::Ref(_) => false,
            };
            if contents.all(is_excused) {
                body.required = Some(Required::False);
            }
        }
    }
}

/// The OpenAPI 3.1 document.
pub fn document() -> Document {
    routes().1
}
