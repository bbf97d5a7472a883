//! What payments come to, from rollups: it costs the same however many payments there are.

use super::Gateway;
use super::scope::each;
use crate::wire::analytics::{
    AnalyticsOverview, AnalyticsStatus, AnalyticsVolume, AppsObject, CurrencyObject, VolumeBucket, VolumeRequest,
    WindowObject,
};
use crate::wire::scope::Scope;
use std::collections::BTreeMap;
use std::sync::Arc;
use zenwallet_core::analytics::{Counts, Tally};
use zenwallet_core::app::App;
use zenwallet_core::limits::ANALYTICS_CURRENCIES_MAX;
use zenwallet_core::money::Currency;
use zenwallet_core::payment::Status;
use zenwallet_core::time::{QUARTER_MS, Timestamp};
use zenwallet_store::{Result, RollupQuery, RollupSum};

/// The hours of both windows of an overview.
const HOURS: usize = 48;
const HOUR_MS: i64 = 4 * QUARTER_MS;

/// What is asked of every app alike.
#[derive(Clone, Copy)]
struct Asked {
    currency: Option<Currency>,
    currencies_max: u32,
    now: Timestamp,
}

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
    /// The payments of apps at a glance, of one currency or of all.
    pub(crate) async fn read_overview(&self, scope: &Scope, currency: Option<Currency>) -> Result<AnalyticsOverview> {
        let now = self.now();
        // The present quarter is the last one of the present window.
        let end = now.as_ms() - now.as_ms().rem_euclid(QUARTER_MS) + QUARTER_MS;
        let bound = |hour: usize| Timestamp::from_ms(end - (HOURS as i64 - hour as i64) * HOUR_MS);
        let asked = Asked { currency, currencies_max: ANALYTICS_CURRENCIES_MAX, now };
        let mut apps = AppsObject { active: 0, enabled: 0 };
        let sums = self.sum_apps(scope, asked, (0..=HOURS).map(bound).collect(), |app, sums| {
            let is_active = sums.iter().any(|sum| sum.status == Status::Pending && is_in_last(sum));
            apps.active += usize::from(app.is_active && is_active);
            apps.enabled += usize::from(app.is_active);
        });
        let sums = sums.await?;
        let ever = counts(&sums, |sum| sum.slot.is_none());
        let window = |from, to, belongs: &dyn Fn(&RollupSum) -> bool| {
            WindowObject::new(bound(from), bound(to), &counts(&sums, belongs))
        };
        let sparkline = (HOURS / 2..HOURS).map(|hour| window(hour, hour + 1, &|sum| sum.slot == Some(hour)));
        let (currencies, shown_max) = (currencies(&sums), ANALYTICS_CURRENCIES_MAX as usize);
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
            currencies_capped: sums.iter().any(|sum| sum.currency.is_none()) || currencies.len() > shown_max,
            currencies: currencies.into_iter().take(shown_max).collect(),
            apps: scope.is_users.then_some(apps),
        })
    }

    /// One currency's payments over time.
    pub(crate) async fn read_volume(&self, scope: &Scope, request: VolumeRequest) -> Result<AnalyticsVolume> {
        let (now, VolumeRequest { bucket, zone, bounds, currency }) = (self.now(), request);
        // Without a name the one currency that is told apart is the busiest: of several apps, of all together.
        let currency = match scope.apps.len() {
            1 => currency,
            _ if currency.is_some() => currency,
            _ => self.busiest_currency(scope, now).await?,
        };
        let asked = Asked { currency, currencies_max: 1, now };
        let mut sums = self.sum_apps(scope, asked, bounds.clone(), |_, _| {}).await?;
        sums.retain(|sum| sum.currency.is_some());
        let mut buckets = vec![Counts::default(); bounds.len().saturating_sub(1)];
        for sum in &sums {
            if let Some(counts) = sum.slot.and_then(|slot| buckets.get_mut(slot)) {
                counts.add(sum.status, sum.tally);
            }
        }
        let slots = bounds.windows(2).zip(&buckets);
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
        scope: &Scope,
        range: Option<(Timestamp, Timestamp)>,
    ) -> Result<AnalyticsStatus> {
        let now = self.now();
        let bounds = range.map_or_else(Vec::new, |(from, to)| vec![from, to]);
        let asked = Asked { currency: None, currencies_max: 0, now };
        let sums = self.sum_apps(scope, asked, bounds, |_, _| {}).await?;
        let counts = counts(&sums, |sum| sum.slot.is_some() == range.is_some());
        Ok(AnalyticsStatus::new(now, range, &counts))
    }

    /// The currency with the most payments since ever.
    async fn busiest_currency(&self, scope: &Scope, now: Timestamp) -> Result<Option<Currency>> {
        let asked = Asked { currency: None, currencies_max: ANALYTICS_CURRENCIES_MAX, now };
        let sums = self.sum_apps(scope, asked, Vec::new(), |_, _| {}).await?;
        let created = sums.iter().filter(|sum| sum.status == Status::Pending);
        let created = created.filter_map(|sum| Some((sum.tally.payments, sum.currency?)));
        // Of those with as many payments the first by name, as in one app.
        Ok(created.min_by_key(|(payments, currency)| (std::cmp::Reverse(*payments), *currency)).map(|(_, name)| name))
    }

    /// What the rollups of all apps come to together; `look` sees those of each.
    async fn sum_apps(
        &self,
        scope: &Scope,
        asked: Asked,
        bounds: Vec<Timestamp>,
        mut look: impl FnMut(&App, &[RollupSum]),
    ) -> Result<Vec<RollupSum>> {
        let Asked { currency, currencies_max, now } = asked;
        let mut all: BTreeMap<(Option<usize>, Option<Currency>, i16), RollupSum> = BTreeMap::new();
        let read = |app: Arc<App>| {
            let query = RollupQuery { app_id: app.id, currency, currencies_max, bounds: bounds.clone(), now };
            async move { Ok((app, self.store.sum_rollup(&query).await?)) }
        };
        each(scope.apps.clone(), read, |(app, sums): (Arc<App>, Vec<RollupSum>)| {
            look(&app, &sums);
            for sum in sums {
                let key = (sum.slot, sum.currency, sum.status.code());
                let none = RollupSum { tally: Tally::default(), ..sum.clone() };
                all.entry(key).or_insert(none).tally += sum.tally;
            }
            true
        })
        .await?;
        Ok(all.into_values().collect())
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
