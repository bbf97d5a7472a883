//! The payment: how it is asked for, and how it is shown.

use super::body::Fields;
use crate::egress::Receivers;
use crate::qr::QrCodes;
use serde_json::value::RawValue;
use std::fmt::Write;
use url::Url;
use utoipa::ToSchema;
use utoipa::openapi::Ref;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use zenwallet_core::app::Environment;
use zenwallet_core::json;
use zenwallet_core::limits as at_most;
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency};
use zenwallet_core::payment::Payment;
use zenwallet_core::time::Timestamp;
use zenwallet_core::{Code, Rejection, text};

/// A request for payment.
#[derive(ToSchema, Clone, Debug)]
#[schema(as = CreatePaymentRequest)]
pub(crate) struct CreatePayment {
    #[schema(schema_with = amount_schema)]
    pub(crate) amount: Amount,
    /// Any virtual currency: 2 to 10 capital letters and digits, a letter first.
    #[schema(value_type = String, example = "COINS", pattern = "^[A-Z][A-Z0-9]{1,9}$")]
    pub(crate) currency: Currency,
    /// Your own name for it; lists can be filtered by it.
    #[schema(value_type = Option<String>, max_length = 255, example = "ORDER_123")]
    pub(crate) reference_id: Option<String>,
    /// What the payer reads.
    #[schema(value_type = Option<String>, max_length = 1000, example = "Event Ticket Purchase")]
    pub(crate) description: Option<String>,
    /// Where this payment's webhooks go, instead of the app's endpoints.
    #[schema(value_type = Option<String>, max_length = 2048, format = "uri", pattern = "^https?://", example = "https://example.com/webhooks")]
    pub(crate) webhook_url: Option<String>,
    #[schema(schema_with = metadata_schema, required = false)]
    pub(crate) metadata: Metadata,
    /// Seconds until it can no longer be paid, from 30 to 2592000; 1800 when absent.
    #[schema(rename = "expires_in", value_type = Option<i64>, minimum = 30, maximum = 2_592_000, default = 1800)]
    pub(crate) expires_in_s: i64,
    /// Where the payer goes afterwards; comes back with `payment_id`, `status` and an HMAC.
    #[schema(value_type = Option<String>, max_length = 2048, format = "uri", pattern = "^https?://", example = "https://example.com/thanks")]
    pub(crate) return_url: Option<String>,
}

/// A number or a decimal string. Its two decimals are only told in words: `multipleOf` divides doubles, and would
/// refuse 0.29.
fn amount_schema() -> Schema {
    let number =
        ObjectBuilder::new().schema_type(Type::Number).exclusive_minimum(Some(0.0)).maximum(Some(9_999_999_999_999.99));
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^([1-9][0-9]{0,12}([.][0-9]{1,2})?|0[.](0[1-9]|[1-9][0-9]?))$"));
    let examples = [serde_json::json!(500), serde_json::json!("12.50")];
    let words = "More than 0, at most 2 decimals, at most 9999999999999.99: a JSON number, or a decimal string such \
        as \"12.50\".";
    OneOfBuilder::new().description(Some(words)).item(number).item(text).examples(examples).into()
}

fn metadata_schema() -> Schema {
    let name = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(40));
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .description(Some("Your own data: a flat object of strings, numbers and booleans, at most 50 keys and 16 KB."))
        .property_names(Some(name))
        .additional_properties(Some(Ref::from_schema_name("MetadataValue")))
        .max_properties(Some(at_most::METADATA_MAX_KEYS))
        .examples([serde_json::json!({"order_id": "123"})])
        .into()
}

/// A value of metadata.
#[derive(serde::Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the wire in OpenAPI")]
pub(crate) enum MetadataValue {
    /// At most 500 characters.
    Text(String),
    /// One that survives an IEEE-754 double.
    Number(f64),
    /// A boolean.
    Bool(bool),
}

impl CreatePayment {
    /// Reads a request's body for an app of this environment.
    pub(crate) fn parse(
        body: &[u8],
        environment: Environment,
        receivers: Receivers<'_>,
    ) -> Result<Self, Vec<Rejection>> {
        let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
        let amount = fields.amount();
        let amount = fields.require("amount", amount);
        let currency = fields.string("currency", at_most::REFERENCE_ID_MAX_CHARS);
        let currency = fields.require("currency", currency).and_then(|c| fields.keep(Currency::parse(&c)));
        let reference_id = fields.string("reference_id", at_most::REFERENCE_ID_MAX_CHARS);
        let description = fields.string("description", at_most::DESCRIPTION_MAX_CHARS);
        let webhook_url = fields.string("webhook_url", at_most::URL_MAX_CHARS);
        let webhook_url = webhook_url.and_then(|url| {
            let checked = receivers.check_url("webhook_url", &url, environment);
            fields.keep(checked.map(|()| url))
        });
        let metadata = fields.metadata().unwrap_or_default();
        let lifetime = at_most::EXPIRES_IN_MIN_S..=at_most::EXPIRES_IN_MAX_S;
        let expires_in_s = fields.integer("expires_in", lifetime).unwrap_or(at_most::EXPIRES_IN_DEFAULT_S);
        let return_url = url(&mut fields, "return_url", environment);
        let request = amount.zip(currency).map(|(amount, currency)| Self {
            amount,
            currency,
            reference_id,
            description,
            webhook_url,
            metadata,
            expires_in_s,
            return_url,
        });
        fields.finish(request)
    }
}

/// An absolute http(s) URL without credentials and fragment; https in production.
fn url(fields: &mut Fields<'_>, name: &'static str, environment: Environment) -> Option<String> {
    let value = fields.string(name, at_most::URL_MAX_CHARS)?;
    fields.keep(check_url(name, &value, environment).map(|()| value))
}

/// Checks a URL that the gateway will send a payer to.
fn check_url(name: &'static str, value: &str, environment: Environment) -> Result<(), Rejection> {
    let parsed = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(parsed) = parsed else {
        return Err(Rejection::new(Code::UrlInvalid, name, format!("{name} must be an absolute http or https URL")));
    };
    if !parsed.username().is_empty() || parsed.password().is_some() || parsed.fragment().is_some() {
        let message = format!("{name} may carry neither credentials nor a fragment");
        return Err(Rejection::new(Code::UrlInvalid, name, message));
    }
    if environment == Environment::Production && parsed.scheme() != "https" {
        return Err(Rejection::new(Code::UrlNotHttps, name, format!("{name} of a production app must use https")));
    }
    Ok(())
}

/// How a payment is to end.
#[derive(Clone, Debug, ToSchema)]
#[schema(as = CompletePaymentRequest)]
pub(crate) struct CompletePayment {
    /// `SUCCESS` or `FAILED`.
    #[schema(rename = "status", value_type = CompletionStatus)]
    pub(crate) succeeds: bool,
    /// Words to keep with it.
    #[schema(max_length = 1000)]
    pub(crate) notes: Option<String>,
    /// Why it failed, for machines; only with `FAILED`.
    #[schema(pattern = "^[a-z0-9_]{1,64}$", example = "insufficient_funds")]
    pub(crate) failure_code: Option<String>,
}

/// The two ends that a caller can give a payment.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE")]
#[expect(dead_code, reason = "describes the wire in OpenAPI")]
pub(crate) enum CompletionStatus {
    /// Paid.
    Success,
    /// Declined.
    Failed,
}

impl CompletePayment {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Vec<Rejection>> {
        let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
        let status = fields.string("status", 32);
        let succeeds = fields.require("status", status).and_then(|status| {
            let known = match status.as_str() {
                "SUCCESS" => Ok(true),
                "FAILED" => Ok(false),
                _ => Err(Rejection::new(Code::ParameterInvalid, "status", "status must be SUCCESS or FAILED")),
            };
            fields.keep(known)
        });
        let notes = fields.string("notes", at_most::NOTES_MAX_CHARS);
        let failure_code = fields.string("failure_code", at_most::REFERENCE_ID_MAX_CHARS);
        let failure_code = failure_code.and_then(|code| fields.keep(text::check_failure_code(&code).map(|()| code)));
        if succeeds == Some(true) && failure_code.is_some() {
            let message = "failure_code goes with status FAILED only";
            fields.keep::<()>(Err(Rejection::new(Code::ParameterInvalid, "failure_code", message)));
        }
        let request = succeeds.map(|succeeds| Self { succeeds, notes, failure_code });
        fields.finish(request)
    }
}

/// A payment as the API shows it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; push_payment writes it")]
pub(crate) struct PaymentObject {
    /// `pay_` and 22 characters.
    #[schema(example = "pay_01KEY5R8QK3M7N2P4T6V8W", pattern = "^pay_[0-9A-Za-z]{22}$")]
    payment_id: String,
    /// Whose it is: told to users who read it, not to apps.
    #[schema(required = false, example = "app_01KEY5R8QK3M7N2P4T6V8W")]
    app_id: Option<String>,
    /// The effective status: a pending payment is `EXPIRED` from `expires_at` on.
    status: PaymentStatus,
    /// The exact amount, at most 2 decimals.
    #[schema(example = 500)]
    amount: f64,
    /// The currency.
    #[schema(example = "COINS")]
    currency: String,
    /// Your own name for it.
    reference_id: Option<String>,
    /// What the payer reads.
    description: Option<String>,
    /// Your own data.
    metadata: std::collections::HashMap<String, MetadataValue>,
    /// The payer's page.
    #[schema(format = "uri")]
    payment_url: String,
    /// A QR code of `payment_url` as a PNG data URL: on create, and on a single read with `include=qr_code`.
    #[schema(required = false)]
    qr_code: Option<String>,
    /// From this moment on it can no longer be paid.
    #[schema(format = DateTime)]
    expires_at: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was paid, declined or canceled. Only on final payments, null on an expired one.
    #[schema(format = DateTime, required = false)]
    completed_at: Option<String>,
    /// The transaction of a success. Only on final payments.
    #[schema(required = false)]
    transaction_id: Option<String>,
    /// Why it failed; `canceled` when it was called off. Only on final payments.
    #[schema(required = false)]
    failure_code: Option<String>,
    /// The completer's words. Only on final payments.
    #[schema(required = false)]
    notes: Option<String>,
}

/// A payment as its payer's page shows it: nothing of it is the app's own business.
#[derive(serde::Serialize)]
pub(crate) struct PayerPayment {
    payment_id: String,
    status: &'static str,
    amount: Option<Box<RawValue>>,
    currency: String,
    expires_at: String,
    completed_at: Option<String>,
}

impl PayerPayment {
    /// Of a payment as seen now.
    pub(crate) fn new(payment: &Payment) -> Self {
        Self {
            payment_id: payment.id.to_string(),
            status: payment.status.as_str(),
            // An amount is spelled as a JSON number, exactly.
            amount: RawValue::from_string(payment.amount.to_string()).ok(),
            currency: payment.currency.to_string(),
            expires_at: payment.expires_at.to_string(),
            completed_at: payment.completed_at.map(|at| at.to_string()),
        }
    }
}

/// What a payer's page asks for while it hears of nothing: the payment, and what is left of its time.
#[derive(serde::Serialize)]
pub(crate) struct PayerStatus {
    #[serde(flatten)]
    payment: PayerPayment,
    /// Whole seconds, rounded up; 0 when it has ended.
    remaining_s: i64,
}

impl PayerStatus {
    /// Of a payment as seen `now`.
    pub(crate) fn new(payment: &Payment, now: Timestamp) -> Self {
        Self { payment: PayerPayment::new(payment), remaining_s: remaining_s(payment, now) }
    }
}

/// Whole seconds that a payment has left, rounded up: what comes at their end finds it over.
pub(crate) fn remaining_s(payment: &Payment, now: Timestamp) -> i64 {
    if payment.status.is_final() { 0 } else { (payment.expires_at.as_ms() - now.as_ms() + 999).max(0) / 1_000 }
}

/// Where a payment stands.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE")]
#[expect(dead_code, reason = "describes the wire in OpenAPI")]
pub(crate) enum PaymentStatus {
    /// Waiting for its payer.
    Pending,
    /// Paid.
    Success,
    /// Declined or canceled.
    Failed,
    /// Its time ran out.
    Expired,
}

/// How payments are shown: where their pages are, and their codes.
#[derive(Debug)]
pub(crate) struct PaymentView {
    pub(crate) page_prefix: String,
    pub(crate) qr: QrCodes,
}

impl PaymentView {
    /// Appends the JSON of a payment, which must be as seen now. Written by hand: this runs once per request,
    /// and a data URL needs no escaping.
    pub(crate) fn push_payment(&self, out: &mut String, payment: &Payment, with_qr: bool) {
        let status = payment.status.as_str();
        let (id, amount, currency) = (payment.id, payment.amount, payment.currency);
        // Writing to a String cannot fail.
        let _ = write!(out, "{{\"payment_id\":\"{id}\",\"status\":\"{status}\",\"amount\":{amount}");
        let _ = write!(out, ",\"currency\":\"{currency}\",\"reference_id\":");
        json::push_optional_string(out, payment.reference_id.as_deref());
        out.push_str(",\"description\":");
        json::push_optional_string(out, payment.description.as_deref());
        out.push_str(",\"metadata\":");
        out.push_str(payment.metadata.as_str());
        out.push_str(",\"payment_url\":");
        json::push_string(out, &self.page_url(payment));
        if with_qr {
            out.push_str(",\"qr_code\":\"");
            self.qr.push_data_url(payment.id, out);
            out.push('"');
        }
        let _ = write!(out, ",\"expires_at\":\"{}\",\"created_at\":\"{}\"", payment.expires_at, payment.created_at);
        if payment.status.is_final() {
            push_end(out, payment);
        }
        out.push('}');
    }

    /// The same in a list, with whose it is where that is to be told.
    pub(crate) fn push_listed(&self, out: &mut String, payment: &Payment, names_app: bool) {
        self.push_payment(out, payment, false);
        if names_app {
            self.name_app(out, payment);
        }
    }

    /// Adds to the JSON of a payment whose it is.
    pub(crate) fn name_app(&self, out: &mut String, payment: &Payment) {
        out.pop();
        let _ = write!(out, ",\"app_id\":\"{}\"}}", payment.app_id);
    }

    /// The payment alone.
    pub(crate) fn payment(&self, payment: &Payment, with_qr: bool) -> String {
        let mut out = String::with_capacity(if with_qr { 2_560 } else { 768 });
        self.push_payment(&mut out, payment, with_qr);
        out
    }

    /// The payer's page.
    pub(crate) fn page_url(&self, payment: &Payment) -> String {
        let mut url = String::with_capacity(self.page_prefix.len() + 22);
        url.push_str(&self.page_prefix);
        url.push_str(std::str::from_utf8(&payment.id.base62()).unwrap_or_default());
        url
    }
}

fn push_end(out: &mut String, payment: &Payment) {
    let _ = match payment.completed_at {
        Some(at) => write!(out, ",\"completed_at\":\"{at}\""),
        None => write!(out, ",\"completed_at\":null"),
    };
    let _ = match payment.transaction_id {
        Some(id) => write!(out, ",\"transaction_id\":\"{id}\""),
        None => write!(out, ",\"transaction_id\":null"),
    };
    out.push_str(",\"failure_code\":");
    json::push_optional_string(out, payment.failure_code.as_deref());
    out.push_str(",\"notes\":");
    json::push_optional_string(out, payment.notes.as_deref());
}
