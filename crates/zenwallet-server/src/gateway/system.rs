//! How this gateway is set up, for its admins.

use super::Gateway;
use crate::wire::system::{DatabaseObject, EmailObject, RangesObject, RetentionObject, SystemObject, WebhooksObject};
use std::time::Duration;
use zenwallet_core::app::Environment;
use zenwallet_core::limits::{IDEMPOTENCY_KEPT_MS, INBOX_KEEPS};
use zenwallet_core::{alert, egress::Cidr};
use zenwallet_store::StoreError;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

impl Gateway {
    /// How it is set up, without secrets and without paths of the machine.
    pub(crate) async fn describe_system(&self, metrics: bool) -> Result<SystemObject, StoreError> {
        let rules = &self.webhooks;
        let opened = |environment| rules.egress.opened(environment).iter().map(Cidr::to_string).collect();
        Ok(SystemObject {
            object: "system",
            version: env!("CARGO_PKG_VERSION"),
            started_at: self.started_at.to_string(),
            database: DatabaseObject { kind: self.store.kind(), size_bytes: self.store.size_bytes().await? },
            public_url: self.public_url().to_owned(),
            retention: RetentionObject {
                deliveries_days: days(rules.log_retention),
                events_days: days(self.log.retention),
                idempotency_keys_hours: IDEMPOTENCY_KEPT_MS / HOUR_MS,
                alerts_days: alert::KEPT_MS / DAY_MS,
                inbox_messages: INBOX_KEEPS,
            },
            webhooks: WebhooksObject {
                allowed_ranges: RangesObject {
                    test: opened(Environment::Test),
                    production: opened(Environment::Production),
                },
                timeout_ms: u64::try_from(rules.timeout.as_millis()).unwrap_or(u64::MAX),
                retry_delays_s: rules.schedule.delays_ms().iter().map(|delay_ms| delay_ms / 1_000).collect(),
                disable_after_s: rules.disable_after.as_secs(),
            },
            email: EmailObject {
                is_configured: self.mailer.is_some(),
                from: self.mailer.as_ref().map(|mailer| mailer.from()),
            },
            metrics,
        })
    }
}

fn days(kept: Duration) -> u64 {
    kept.as_secs() / 86_400
}
