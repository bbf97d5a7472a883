//! What payments come to, from rollups: it costs the same however many payments there are.

use super::Gateway;
use crate::wire::analytics::{
    AnalyticsOverview, AnalyticsStatus, AnalyticsVolume, CurrencyObject, VolumeBucket, VolumeRequest, WindowObject,
};
use std::collections::BTreeMap;
use zenwallet_core::analytics::Counts;
use zenwallet_core::id::AppId;
use zenwallet_core::limits::ANALYTICS_CURRENCIES_MAX;
use zenwallet_core::money::Currency;
use zenwallet_core::time::{QUARTER_MS, Timestamp};
use zenwallet_store::{Result, RollupQuery, RollupSum};

/// The hours of both windows of an overview.
const HOURS: usize = 48;
const HOUR_MS: i64 = 4 * QUARTER_MS;

/// The sums that `belongs` picks, counted together.
fn counts<'a>(sums: impl IntoIterator<Item = &'a RollupSum>, belongs: impl Fn(&RollupSum) -> bool) -> Counts {
    let mut counts = Counts::default();
    for sum in sums.into_iter().filter(|sum| belongs(sum)) {
        counts.add(sum.status, sum.tally);
    }
    counts
}

fn is_in_last(sum: &RollupSum) -> bool {
    sum.slot.is_some_and(|hour| hour >= HOURS / 2)
}

fn is_in_previous(sum: &RollupSum) -> bool {
    sum.slot.is_some_and(|hour| hour < HOURS / 2)
}

impl Gateway {
    /// An app's payments at a glance, of one currency or of all.
    pub(crate) async fn read_overview(&self, app_id: AppId, currency: Option<Currency>) -> Result<AnalyticsOverview> {
        let now = self.now();
        // The present quarter is the last one of the present window.
        let end = now.as_ms() - now.as_ms().rem_euclid(QUARTER_MS) + QUARTER_MS;
        let bound = |hour: usize| Timestamp::from_ms(end - (HOURS as i64 - hour as i64) * HOUR_MS);
        let bounds = (0..=HOURS).map(bound).collect();
        let query = RollupQuery { app_id, currency, currencies_max: ANALYTICS_CURRENCIES_MAX, bounds, now };
        let sums = self.store.sum_rollup(&query).await?;
        let ever = counts(&sums, |sum| sum.slot.is_none());
        let window = |from, to, belongs: &dyn Fn(&RollupSum) -> bool| {
            WindowObject::new(bound(from), bound(to), &counts(&sums, belongs))
        };
        let sparkline = (HOURS / 2..HOURS).map(|hour| window(hour, hour + 1, &|sum| sum.slot == Some(hour)));
        Ok(AnalyticsOverview {
            object: "analytics_overview",
            as_of: now.to_string(),
            currency: currency.map(|currency| currency.to_string()),
            total: ever.created.payments,
            pending: ever.pending().payments,
            success: ever.success.payments,
            failed: ever.failed.payments,
            expired: ever.expired.payments,
            success_rate: ever.success_rate(),
            last_24h: window(HOURS / 2, HOURS, &is_in_last),
            previous_24h: window(0, HOURS / 2, &is_in_previous),
            sparkline: sparkline.collect(),
            currencies: currencies(&sums),
            currencies_capped: sums.iter().any(|sum| sum.currency.is_none()),
        })
    }

    /// One currency's payments over time.
    pub(crate) async fn read_volume(&self, app_id: AppId, request: VolumeRequest) -> Result<AnalyticsVolume> {
        let (now, VolumeRequest { bucket, zone, bounds, currency }) = (self.now(), request);
        // Without a name the one currency that is told apart is the busiest.
        let query = RollupQuery { app_id, currency, currencies_max: 1, bounds, now };
        let mut sums = self.store.sum_rollup(&query).await?;
        sums.retain(|sum| sum.currency.is_some());
        let mut buckets = vec![Counts::default(); query.bounds.len().saturating_sub(1)];
        for sum in &sums {
            if let Some(counts) = sum.slot.and_then(|slot| buckets.get_mut(slot)) {
                counts.add(sum.status, sum.tally);
            }
        }
        let slots = query.bounds.windows(2).zip(&buckets);
        let currency = currency.or(sums.first().and_then(|sum| sum.currency));
        Ok(AnalyticsVolume {
            object: "analytics_volume",
            as_of: now.to_string(),
            currency: currency.map(|currency| currency.to_string()),
            bucket: bucket.as_str(),
            time_zone: zone.name().to_owned(),
            data: slots.map(|(bounds, counts)| VolumeBucket::new(bounds[0], bounds[1], counts)).collect(),
        })
    }

    /// What was created and what ended in a stretch of time, or since ever.
    pub(crate) async fn read_status(
        &self,
        app_id: AppId,
        range: Option<(Timestamp, Timestamp)>,
    ) -> Result<AnalyticsStatus> {
        let now = self.now();
        let bounds = range.map_or_else(Vec::new, |(from, to)| vec![from, to]);
        let query = RollupQuery { app_id, currency: None, currencies_max: 0, bounds, now };
        let sums = self.store.sum_rollup(&query).await?;
        let counts = counts(&sums, |sum| sum.slot.is_some() == range.is_some());
        Ok(AnalyticsStatus::new(now, range, &counts))
    }
}

/// Each currency that is told apart, the busiest first.
fn currencies(sums: &[RollupSum]) -> Vec<CurrencyObject> {
    let mut of: BTreeMap<Currency, Vec<&RollupSum>> = BTreeMap::new();
    for sum in sums {
        if let Some(currency) = sum.currency {
            of.entry(currency).or_default().push(sum);
        }
    }
    let counted = of.into_iter().map(|(currency, sums)| {
        let ever = counts(sums.iter().copied(), |sum| sum.slot.is_none());
        let last = counts(sums.iter().copied(), is_in_last);
        let previous = counts(sums.iter().copied(), is_in_previous);
        (ever.created.payments, CurrencyObject::new(currency, &ever, &last, &previous))
    });
    let mut counted: Vec<_> = counted.collect();
    // Stable: those with as many payments stay in the order of their names.
    counted.sort_by_key(|(payments, _)| std::cmp::Reverse(*payments));
    counted.into_iter().map(|(_, object)| object).collect()
}
