//! What is asked for several apps at once: which they are, their lists merged newest first, their counts added up.

use super::Gateway;
use super::people::{Login, PeopleError};
use crate::wire::scope::Scope;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use zenwallet_core::app::{App, Environment};
use zenwallet_core::delivery::Delivery;
use zenwallet_core::id::{AppId, DeliveryId, Id, Kind, PaymentId};
use zenwallet_core::limits::SCOPE_APPS_MAX;
use zenwallet_core::payment::Payment;
use zenwallet_core::time::Timestamp;
use zenwallet_core::{Code, Rejection};
use zenwallet_store::{DeliveryFilter, PaymentFilter, StoreError};

/// Apps that are read at once.
const AT_ONCE: usize = 8;
/// Longest time that all apps of a request may take together.
const DEADLINE: Duration = Duration::from_secs(15);

/// For which apps a user asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum WantedApps {
    /// For these.
    Named(BTreeSet<AppId>),
    /// For all that he sees in this environment.
    Environment(Environment),
}

impl Gateway {
    /// The apps that a user asks for, each of which he must see.
    pub(crate) async fn scope_of(&self, login: &Login, wanted: WantedApps) -> Result<Scope, PeopleError> {
        self.require_totp(&login.user)?;
        let is_users = true;
        match wanted {
            WantedApps::Named(ids) => {
                let name = ids.iter().map(|id| format!("{id:?}")).collect::<Vec<_>>().join(",");
                let mut apps = Vec::with_capacity(ids.len());
                for id in ids {
                    apps.push(Arc::new(self.app_of(&login.user, id).await?));
                }
                Ok(Scope { apps, name, is_users })
            }
            WantedApps::Environment(environment) => {
                let apps = self.apps_in(login, environment, SCOPE_APPS_MAX + 1).await?;
                if apps.len() > SCOPE_APPS_MAX as usize {
                    let message = format!("you see more than {SCOPE_APPS_MAX} apps there; name some with app_id");
                    return Err(Rejection::new(Code::ParameterOutOfRange, "environment", message).into());
                }
                let apps = apps.into_iter().map(Arc::new).collect();
                Ok(Scope { apps, name: environment.as_str().to_owned(), is_users })
            }
        }
    }

    /// At most `limit` apps of an environment that a user sees.
    pub(super) async fn apps_in(
        &self,
        login: &Login,
        environment: Environment,
        limit: u32,
    ) -> Result<Vec<App>, StoreError> {
        if login.user.is_admin() {
            return self.store.list_apps_in(environment, limit).await;
        }
        let own = self.store.list_apps_of(login.user.id).await?.into_iter();
        Ok(own.filter(|app| app.environment == environment).take(limit as usize).collect())
    }

    /// At most `limit` payments of all these filters, newest first.
    pub(crate) async fn merge_payments(
        &self,
        filters: &[PaymentFilter],
        below: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        if let [only] = filters {
            return self.list_payments(only, below, limit).await;
        }
        let read = |filter: PaymentFilter, floor| async move {
            let filter = PaymentFilter { created_after: filter.created_after.max(floor), ..filter };
            self.list_payments(&filter, below, limit).await
        };
        merge(filters.to_vec(), limit, read, |payment| payment.id).await
    }

    /// The same of deliveries.
    pub(crate) async fn merge_deliveries(
        &self,
        filters: &[DeliveryFilter],
        below: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        if let [only] = filters {
            return self.list_deliveries(only, below, limit).await;
        }
        let read = |filter: DeliveryFilter, floor| async move {
            let filter = DeliveryFilter { created_after: filter.created_after.max(floor), ..filter };
            self.list_deliveries(&filter, below, limit).await
        };
        merge(filters.to_vec(), limit, read, |delivery| delivery.id).await
    }

    /// How many payments there are in all up to `cap`, and whether there are more.
    pub(crate) async fn total_payments(&self, filters: &[PaymentFilter], cap: u32) -> Result<(u32, bool), StoreError> {
        let count = |filter: PaymentFilter| async move { self.store.count_payments(&filter, cap + 1).await };
        total(filters.to_vec(), cap, count).await
    }

    /// The same of deliveries.
    pub(crate) async fn total_deliveries(
        &self,
        filters: &[DeliveryFilter],
        cap: u32,
    ) -> Result<(u32, bool), StoreError> {
        let count = |filter: DeliveryFilter| async move { self.store.count_deliveries(&filter, cap + 1).await };
        total(filters.to_vec(), cap, count).await
    }
}

/// What comes of reading all of these, few at once, in the order in which they are read.
pub(super) async fn each<F, T, Reading>(
    all: Vec<F>,
    read: impl Fn(F) -> Reading,
    mut take: impl FnMut(T) -> bool,
) -> Result<(), StoreError>
where
    Reading: Future<Output = Result<T, StoreError>>,
{
    let all = async {
        let mut reading = stream::iter(all).map(read).buffer_unordered(AT_ONCE);
        while let Some(one) = reading.try_next().await? {
            if !take(one) {
                break;
            }
        }
        Ok(())
    };
    let late = |_| Err(StoreError::Unavailable("the apps were not read in time".to_owned()));
    tokio::time::timeout(DEADLINE, all).await.unwrap_or_else(late)
}

/// The newest `limit` of what all pages hold. A page is read from a moment on: once there are `limit`, no older one
/// counts, so most apps are asked for little.
async fn merge<F, T, K: Kind, Reading>(
    filters: Vec<F>,
    limit: u32,
    read: impl Fn(F, Option<Timestamp>) -> Reading,
    id: impl Fn(&T) -> Id<K>,
) -> Result<Vec<T>, StoreError>
where
    Reading: Future<Output = Result<Vec<T>, StoreError>>,
{
    let (floor, mut merged) = (AtomicI64::new(i64::MIN), Vec::new());
    let from = || Some(floor.load(Ordering::Relaxed)).filter(|ms| *ms > i64::MIN).map(Timestamp::from_ms);
    let limit = limit as usize;
    each(
        filters,
        |filter| read(filter, from()),
        |page: Vec<T>| {
            merged.extend(page);
            merged.sort_by_key(|item| std::cmp::Reverse(id(item)));
            merged.truncate(limit);
            if let Some(last) = merged.last().filter(|_| merged.len() == limit) {
                floor.store(id(last).created_at().as_ms(), Ordering::Relaxed);
            }
            true
        },
    )
    .await?;
    Ok(merged)
}

/// The sum of all counts up to `cap`, and whether there are more.
async fn total<F, Counting>(filters: Vec<F>, cap: u32, count: impl Fn(F) -> Counting) -> Result<(u32, bool), StoreError>
where
    Counting: Future<Output = Result<u32, StoreError>>,
{
    let mut sum = 0_u32;
    each(filters, count, |counted| {
        sum = sum.saturating_add(counted);
        sum <= cap
    })
    .await?;
    Ok((sum.min(cap), sum > cap))
}
