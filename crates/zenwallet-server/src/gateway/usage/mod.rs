//! What apps use, and what they may create in a month.

mod counters;
mod limit;

pub(crate) use counters::Counter;
pub(crate) use limit::CreateError;

use super::Gateway;
use crate::mail::Facts;
use crate::wire::usage::{AppUsage, UsageRequest};
use counters::Counters;
use limit::Limits;
use std::collections::BTreeMap;
use std::sync::Arc;
use zenwallet_core::app::App;
use zenwallet_core::id::AppId;
use zenwallet_core::usage::{Day, Month};
use zenwallet_core::user::AlertType;
use zenwallet_store::{NewAlert, Recipient, StoreError, Used};

/// Days written down in one transaction: few enough that it is soon over.
const NOTED_AT_ONCE: usize = 500;

/// What is counted here and not yet written down, and what is known of monthly limits.
#[derive(Debug, Default)]
pub(super) struct Usage {
    counters: Counters,
    limits: Limits,
}

impl Gateway {
    /// Where an app's requests are counted.
    pub(super) fn counter_of(&self, app_id: AppId) -> Arc<Counter> {
        self.usage.counters.of(app_id)
    }

    /// Writes down what apps used on this node since this was last done. What cannot be written is kept for the next time.
    pub async fn note_usage(&self) -> Result<(), StoreError> {
        let used = self.usage.counters.take();
        for (index, part) in used.chunks(NOTED_AT_ONCE).enumerate() {
            if let Err(error) = self.store.add_usage(part).await {
                self.usage.counters.give_back(&used[index * NOTED_AT_ONCE..]);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Lets it be known which apps near their monthly limits. Every node tells of it, and it is told once.
    pub async fn tell_of_limits(&self) -> Result<(), StoreError> {
        let reached = self.usage.limits.take_reached();
        let told = reached.iter().map(|reached| NewAlert {
            kind: AlertType::UsageLimit,
            app_id: Some(reached.app_id),
            recipient: Recipient::Owner,
            facts: Facts::LimitReached { percent: reached.percent, used: reached.used, most: reached.max.into() }
                .to_json(),
            occasion: format!("limit:{}:{}:{}", reached.app_id, reached.month, reached.percent),
            at: self.now(),
        });
        let told: Vec<_> = told.collect();
        if told.is_empty() {
            return Ok(());
        }
        let raised = self.store.raise_alerts(&told).await;
        if raised.is_err() {
            self.usage.limits.give_back(reached);
        }
        raised
    }

    /// What an app used by the day, and of its monthly limit.
    pub(crate) async fn app_usage(&self, app: &App, request: UsageRequest) -> Result<AppUsage, StoreError> {
        let UsageRequest { from, end } = request;
        let month = Month::of(self.now());
        // Before the database is asked: what is written down meanwhile is not shown twice.
        let unwritten = self.usage.counters.peek(app.id);
        let mut days: BTreeMap<Day, Used> = self.store.app_usage(app.id, from, end).await?;
        for (day, used) in unwritten.into_iter().filter(|(day, _)| (from..end).contains(day)) {
            let shown = days.entry(day).or_default();
            shown.requests += used.requests;
            shown.deliveries += used.deliveries;
        }
        let used = self.store.count_created(app.id, month.first().start(), month.end().start()).await?;
        Ok(AppUsage::new(app, month, used, (from, end), &days))
    }
}
