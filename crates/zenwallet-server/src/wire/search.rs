//! Search: what was typed or pasted, and what was found.

use super::query::Params;
use serde::Serialize;
use utoipa::ToSchema;
use zenwallet_core::app::{App, Environment};
use zenwallet_core::limits::SEARCH_MAX_CHARS;
use zenwallet_core::payment::Payment;
use zenwallet_core::{Code, Rejection};

/// What is searched for.
#[derive(Debug)]
pub(crate) struct SearchRequest {
    /// Neither empty nor with blanks at its ends.
    pub(crate) text: String,
    /// Where names and references are searched; `None` is everywhere.
    pub(crate) environment: Option<Environment>,
}

impl SearchRequest {
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let text = params.text("q").map(|text| text.trim().to_owned()).unwrap_or_default();
        if text.chars().count() > SEARCH_MAX_CHARS {
            let message = format!("q may have at most {SEARCH_MAX_CHARS} characters");
            params.reject(Code::ParameterTooLong, "q", message);
        }
        let environment = params.text("environment").and_then(|name| {
            let environment = Environment::parse(&name);
            if environment.is_none() {
                params.reject(Code::ParameterInvalid, "environment", "environment must be test or production");
            }
            environment
        });
        let request = params.finish(Self { text, environment })?;
        if request.text.is_empty() {
            let message = format!("q is required: 1 to {SEARCH_MAX_CHARS} characters");
            return Err(vec![Rejection::new(Code::ParameterMissing, "q", message)]);
        }
        Ok(request)
    }
}

/// What kind of thing was found.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HitKind {
    /// A payment, by its id or the start of its reference.
    Payment,
    /// The transaction of a paid payment, by its id.
    Transaction,
    /// An event, by its id.
    Event,
    /// A webhook delivery, by its id.
    Delivery,
    /// A webhook endpoint, by its id.
    Endpoint,
    /// An app, by its id or a part of its name.
    App,
    /// An API key, by its id.
    Key,
}

/// One thing that was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct SearchHit {
    /// Always `search_hit`.
    #[schema(example = "search_hit")]
    object: &'static str,
    /// What it is.
    kind: HitKind,
    /// Its id.
    #[schema(example = "pay_01KEY5R8QK3M7N2P4T6V8W")]
    id: String,
    /// The app that it is of, or that it is.
    #[schema(example = "app_01KEY5R8QK3M7N2P4T6V8W")]
    app_id: String,
    /// The app's environment.
    #[schema(example = "test")]
    environment: &'static str,
    /// A line to show: reference and amount of a payment, the type of an event, the address of a webhook, a name.
    #[schema(example = "ORDER_123 · 500 COINS")]
    title: String,
    /// Where a payment, a transaction's payment or a delivery stands; null for what has no status.
    #[schema(required = true, example = "PENDING")]
    status: Option<&'static str>,
    /// The payment that it is, or that it is about; null for endpoints, apps and keys.
    #[schema(required = true, example = "pay_01KEY5R8QK3M7N2P4T6V8W")]
    payment_id: Option<String>,
}

impl SearchHit {
    pub(crate) fn new(kind: HitKind, id: impl ToString, app: &App, title: impl Into<String>) -> Self {
        Self {
            object: "search_hit",
            kind,
            id: id.to_string(),
            app_id: app.id.to_string(),
            environment: app.environment.as_str(),
            title: title.into(),
            status: None,
            payment_id: None,
        }
    }

    /// A payment as seen now, or its transaction.
    pub(crate) fn of_payment(kind: HitKind, id: impl ToString, app: &App, payment: &Payment) -> Self {
        let price = format!("{} {}", payment.amount, payment.currency);
        let title = payment.reference_id.as_ref().map(|reference| format!("{reference} · {price}"));
        let hit = Self::new(kind, id, app, title.unwrap_or(price));
        Self { status: Some(payment.status.as_str()), ..hit.about(payment.id) }
    }

    /// With the payment that it is about.
    pub(crate) fn about(self, payment_id: impl ToString) -> Self {
        Self { payment_id: Some(payment_id.to_string()), ..self }
    }

    /// With where it stands.
    pub(crate) fn standing(self, status: &'static str) -> Self {
        Self { status: Some(status), ..self }
    }
}

/// What was found, in the envelope of every list.
#[derive(Serialize, ToSchema)]
pub(crate) struct SearchResults {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// At most 10: apps by their names first, then payments, the newest first.
    #[schema(max_items = 10)]
    data: Vec<SearchHit>,
    /// Whether there are more than these.
    has_more: bool,
    /// Always null: a longer text finds less.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl SearchResults {
    pub(crate) fn new(data: Vec<SearchHit>, has_more: bool) -> Self {
        Self { object: "list", data, has_more, next_cursor: None }
    }
}
