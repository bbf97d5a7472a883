//! How the description tells of the parameters that say for which apps a user asks.

use super::failures;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi as Document, Required};

/// What may be asked of several apps at once.
const OF_MANY: [&str; 7] = [
    "/api/payments",
    "/api/payments/export",
    "/api/webhooks/deliveries",
    "/api/webhooks/queue",
    "/api/analytics/overview",
    "/api/analytics/volume",
    "/api/analytics/status",
];

/// Adds the parameters to every operation that both keys and users may call, unless its path names the app.
pub(super) fn describe(document: &mut Document) {
    for (path, item) in &mut document.paths.paths {
        for operation in [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten() {
            // Those of users alone say so themselves.
            if operation.security.is_none() && !path.contains("{app_id}") {
                let parameters = operation.parameters.get_or_insert_default();
                match OF_MANY.contains(&path.as_str()) {
                    true => parameters.extend([apps(), environment()].map(Into::into)),
                    false => parameters.push(app().into()),
                }
                add_unknown_app(operation);
            }
        }
    }
}

fn add_unknown_app(operation: &mut Operation) {
    if !operation.responses.responses.contains_key("404") {
        failures::add(operation, &[("404", "No app that you may see has this id")]);
    }
}

fn parameter(name: &str, pattern: &str, description: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn app() -> Parameter {
    let description = "For users, who must send it: the app that is meant. A key does not send it, it is of one app.";
    parameter("app_id", "^app_[0-9A-Za-z]{22}$", description)
}

fn apps() -> Parameter {
    let description = "For users, who send this or `environment`: the apps that are meant, 1 to 100 ids with commas \
        between. A key does not send it, it is of one app.";
    parameter("app_id", "^app_[0-9A-Za-z]{22}(,app_[0-9A-Za-z]{22}){0,99}$", description)
}

fn environment() -> Parameter {
    let description = "For users, instead of `app_id`: all apps of this environment that you see, at most 1000. A key \
        does not send it.";
    parameter("environment", "^(test|production)$", description)
}
