//! How the description tells of what can befall any request.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder};

/// What can befall every request of an app.
const ANY: [(&str, &str); 5] = [
    ("401", "No valid API key"),
    ("403", "The app is disabled"),
    ("429", "Over the rate limit; `Retry-After` says when to come again"),
    ("500", "The gateway failed; its log knows the request's id"),
    ("503", "Not now; `Retry-After` says when to come again"),
];
/// What can befall every request with a body besides.
const WITH_BODY: [(&str, &str); 3] = [
    ("408", "The body did not arrive whole in time"),
    ("413", "The body is over 64 KB"),
    ("415", "The body is not JSON"),
];
/// What can befall a request that may carry an `Idempotency-Key`.
const WITH_KEY: [(&str, &str); 2] = [
    ("422", "The `Idempotency-Key` was used with another request"),
    ("503", "Not now; the request is safe to repeat with the same `Idempotency-Key`"),
];

/// Describes the failures that are not of one route: said once, so that no handler forgets them.
pub(super) fn describe(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.delete].into_iter().flatten() {
            add(operation, &ANY);
        }
        for operation in [&mut item.post, &mut item.patch].into_iter().flatten() {
            add(operation, &ANY);
            add(operation, &WITH_BODY);
            if may_carry_key(operation) {
                add(operation, &WITH_KEY);
            }
        }
    }
}

fn may_carry_key(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == "Idempotency-Key"))
}

/// Adds failures to an operation; one of the same status replaces what was said before.
pub(super) fn add(operation: &mut Operation, failures: &[(&str, &str)]) {
    for (status, description) in failures {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
        let failure = ResponseBuilder::new().description(*description).content("application/json", body).build();
        operation.responses.responses.insert((*status).to_owned(), failure.into());
    }
}
