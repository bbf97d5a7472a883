//! What an app does with its webhooks beside looking at them: tests, replays, new secrets.

use super::body::Fields;
use crate::egress::Receivers;
use serde::Serialize;
use utoipa::ToSchema;
use zenwallet_core::app::Environment;
use zenwallet_core::limits::{KEY_OVERLAP_DEFAULT_S, KEY_OVERLAP_MAX_S, URL_MAX_CHARS};
use zenwallet_core::time::Timestamp;
use zenwallet_core::{Code, Rejection};

/// Longest text that is looked at as an id.
const ID_MAX_CHARS: usize = 64;

/// What is to be tested: an endpoint or an address, exactly one of them.
#[derive(ToSchema, PartialEq, Eq, Debug)]
#[schema(as = TestWebhookRequest, min_properties = 1, max_properties = 1)]
pub(crate) struct TestWebhook {
    /// An endpoint of the app, enabled or not.
    #[schema(value_type = String, required = false)]
    pub(crate) endpoint_id: Option<String>,
    /// Any address that webhooks may go to.
    #[schema(value_type = String, required = false, max_length = 2048, format = "uri", pattern = "^https?://", example = "https://shop.example.com/webhooks")]
    pub(crate) url: Option<String>,
}

impl TestWebhook {
    pub(crate) fn parse(
        body: &[u8],
        environment: Environment,
        receivers: Receivers<'_>,
    ) -> Result<Self, Vec<Rejection>> {
        let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
        match ["endpoint_id", "url"].map(|name| fields.names(name)) {
            [true, true] => {
                let message = "url and endpoint_id cannot both be tested at once; send one of them";
                fields.keep::<()>(Err(Rejection::new(Code::ParameterInvalid, "url", message)));
            }
            [false, false] => {
                let message = "send the url or the endpoint_id that is to be tested";
                fields.keep::<()>(Err(Rejection::new(Code::ParameterMissing, "url", message)));
            }
            _ => {}
        }
        fields.refuse_null("endpoint_id");
        fields.refuse_null("url");
        let endpoint_id = fields.string("endpoint_id", ID_MAX_CHARS);
        let url = fields.string("url", URL_MAX_CHARS);
        let url = url.and_then(|url| {
            let checked = receivers.check_url("url", &url, environment);
            fields.keep(checked.map(|()| url))
        });
        fields.finish(Some(Self { endpoint_id, url }))
    }
}

/// What is to be sent again.
#[derive(ToSchema, Debug)]
#[schema(as = ReplayRequest)]
pub(crate) struct ReplayWebhooks {
    /// Deliveries made at or after this moment, which has passed.
    #[schema(value_type = String, format = DateTime, example = "2026-01-26T10:35:00Z")]
    pub(crate) since: Timestamp,
    /// To this endpoint alone.
    #[schema(example = "whe_01KEY5R8QK3M7N2P4T6V8W")]
    pub(crate) endpoint_id: Option<String>,
    /// Whether to count only, and send nothing.
    #[schema(value_type = Option<bool>, default = false)]
    pub(crate) dry_run: bool,
}

impl ReplayWebhooks {
    pub(crate) fn parse(body: &[u8], now: Timestamp) -> Result<Self, Vec<Rejection>> {
        let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
        let since = fields.time("since");
        let since = fields.require("since", since);
        if since.is_some_and(|since| since > now) {
            let message = "since may not be in the future";
            fields.keep::<()>(Err(Rejection::new(Code::ParameterInvalid, "since", message)));
        }
        let endpoint_id = fields.string("endpoint_id", ID_MAX_CHARS);
        let dry_run = fields.boolean("dry_run").unwrap_or(false);
        fields.finish(since.map(|since| Self { since, endpoint_id, dry_run }))
    }
}

/// What a replay came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplayObject {
    /// Always `replay`.
    #[schema(example = "replay")]
    pub(crate) object: &'static str,
    /// Deliveries that are sent again, or would be.
    #[schema(example = 17)]
    pub(crate) count: u32,
    /// Whether there are more than one replay takes, 100000: ask again for them.
    pub(crate) has_more: bool,
    /// Whether they were counted only.
    pub(crate) dry_run: bool,
}

/// How a webhook secret is to be replaced.
#[derive(ToSchema, Debug)]
#[schema(as = RotateSecretRequest)]
pub(crate) struct RotateSecret {
    /// Seconds for which the present secret signs beside the new one.
    #[schema(rename = "overlap", value_type = Option<i64>, minimum = 0, maximum = 604_800, default = 86_400)]
    pub(crate) overlap_s: i64,
}

impl RotateSecret {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Vec<Rejection>> {
        let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
        let overlap_s = fields.integer("overlap", 0..=KEY_OVERLAP_MAX_S).unwrap_or(KEY_OVERLAP_DEFAULT_S);
        fields.finish(Some(Self { overlap_s }))
    }
}

/// A new webhook secret, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RotatedSecret {
    /// Whose.
    #[schema(example = "app_01KEY5R8QK3M7N2P4T6V8W")]
    pub(crate) app_id: String,
    /// `whsec_` and 32 bytes in base64. Keep it: it is not shown again.
    #[schema(example = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    pub(crate) webhook_secret: String,
    /// Until when the secret before this one signs too, at the longest.
    #[schema(format = DateTime, example = "2026-01-27T10:35:00Z")]
    pub(crate) former_secrets_end_at: String,
}
