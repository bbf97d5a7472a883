//! The routes of the API and their description: one list makes both, so they cannot drift apart.

use super::{export, payments, qr};
use crate::gateway::Gateway;
use axum::Router;
use std::sync::Arc;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder};
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
    tags((name = "Payments", description = "Requests for payment, from create to their end")),
    security(("api_key" = [])),
    modifiers(&ApiKey)
)]
struct Description;

struct ApiKey;

impl Modify for ApiKey {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("sk_test_… or sk_live_…")
            .description(Some("The API key of an app, as `Authorization: Bearer sk_…`"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
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
        .routes(routes!(qr::get_qr_png))
        .routes(routes!(qr::get_qr_svg))
        .split_for_parts();
    describe_failures(&mut document);
    close_requests(&mut document);
    (router, document)
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

/// What can befall every request of an app.
const ANY: [(&str, &str); 5] = [
    ("401", "No valid API key"),
    ("403", "The app is disabled"),
    ("429", "Over the rate limit; `Retry-After` says when to come again"),
    ("500", "The gateway failed; its log knows the request's id"),
    ("503", "Not now; a POST is safe to repeat with the same `Idempotency-Key`"),
];
/// What can befall every POST besides.
const POSTS: [(&str, &str); 4] = [
    ("408", "The body did not arrive whole in time"),
    ("413", "The body is over 64 KB"),
    ("415", "The body is not JSON"),
    ("422", "The `Idempotency-Key` was used with another request"),
];

/// Describes the failures that are not of one route: said once, so that no handler forgets them.
fn describe_failures(document: &mut Document) {
    let failure = |description: &str| {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
        ResponseBuilder::new().description(description).content("application/json", body).build().into()
    };
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            for (status, description) in ANY {
                operation.responses.responses.insert(status.to_owned(), failure(description));
            }
        }
        for (status, description) in POSTS {
            if let Some(operation) = &mut item.post {
                operation.responses.responses.insert(status.to_owned(), failure(description));
            }
        }
    }
}

/// The OpenAPI 3.1 document.
pub fn document() -> Document {
    routes().1
}
