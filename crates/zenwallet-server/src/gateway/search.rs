//! Finding what a user typed or pasted, among what he may see.

use super::Gateway;
use super::people::{Login, PeopleError};
use crate::wire::search::{HitKind, SearchHit, SearchRequest, SearchResults};
use std::collections::HashMap;
use zenwallet_core::Code;
use zenwallet_core::app::{App, Environment};
use zenwallet_core::id::{AppId, DeliveryId, EndpointId, EventId, KeyId, PaymentId, TransactionId};
use zenwallet_core::limits::{SCOPE_APPS_MAX, SEARCH_HITS_MAX};
use zenwallet_store::{PaymentFilter, Search};

/// Most apps among the hits, so that payments are seen too.
const APP_HITS_MAX: usize = 5;

type Found = Result<Option<SearchHit>, PeopleError>;

impl Gateway {
    /// What has this id; else the apps with this in their names, and the payments whose references start so.
    pub(crate) async fn search(&self, login: &Login, request: &SearchRequest) -> Result<SearchResults, PeopleError> {
        match self.find_by_id(login, &request.text).await? {
            Some(hit) => Ok(SearchResults::new(vec![hit], false)),
            None => self.find_by_text(login, request).await,
        }
    }

    /// What has this id, if it is of an app that the user sees.
    async fn find_by_id(&self, login: &Login, text: &str) -> Found {
        if let Some(id) = PaymentId::parse(text) {
            let found = self.store.find_payment_of_any_app(id).await?;
            return self.payment_hit(login, found.map(|payment| (payment.app_id, id)), None).await;
        }
        if let Some(id) = TransactionId::parse(text) {
            return self.payment_hit(login, self.store.place_transaction(id).await?, Some(id)).await;
        }
        if let Some(id) = AppId::parse(text) {
            let app = self.seen(login, Some(id)).await?;
            return Ok(app.map(|app| SearchHit::new(HitKind::App, id, &app, app.name.as_str())));
        }
        if let Some(id) = EventId::parse(text) {
            let Some(app) = self.seen(login, self.store.place_event(id).await?).await? else { return Ok(None) };
            let event = self.store.find_event(app.id, id).await?;
            let hit = |event: zenwallet_core::event::Event| {
                SearchHit::new(HitKind::Event, id, &app, event.kind.as_str()).about(event.payment_id)
            };
            return Ok(event.map(hit));
        }
        self.find_webhook_or_key(login, text).await
    }

    async fn find_webhook_or_key(&self, login: &Login, text: &str) -> Found {
        if let Some(id) = DeliveryId::parse(text) {
            let Some(app) = self.seen(login, self.store.place_delivery(id).await?).await? else { return Ok(None) };
            let delivery = self.store.find_delivery(app.id, id).await?;
            return Ok(delivery.map(|delivery| {
                let title = format!("{} → {}", delivery.kind.as_str(), delivery.url);
                let hit = SearchHit::new(HitKind::Delivery, id, &app, title);
                hit.about(delivery.payment_id).standing(delivery.status.as_str())
            }));
        }
        if let Some(id) = EndpointId::parse(text) {
            let Some(app) = self.seen(login, self.store.place_endpoint(id).await?).await? else { return Ok(None) };
            let endpoint = self.store.find_endpoint(app.id, id).await?;
            return Ok(endpoint.map(|endpoint| SearchHit::new(HitKind::Endpoint, id, &app, endpoint.url)));
        }
        if let Some(id) = KeyId::parse(text) {
            let Some(app) = self.seen(login, self.store.place_key(id).await?).await? else { return Ok(None) };
            let key = self.store.list_keys(app.id).await?.into_iter().find(|key| key.id == id);
            return Ok(key.map(|key| SearchHit::new(HitKind::Key, id, &app, key.name.unwrap_or(key.hint))));
        }
        Ok(None)
    }

    async fn payment_hit(
        &self,
        login: &Login,
        place: Option<(AppId, PaymentId)>,
        transaction: Option<TransactionId>,
    ) -> Found {
        let Some((app_id, id)) = place else { return Ok(None) };
        let Some(app) = self.seen(login, Some(app_id)).await? else { return Ok(None) };
        let payment = self.find_payment(app_id, id).await?;
        Ok(payment.map(|payment| match transaction {
            Some(transaction) => SearchHit::of_payment(HitKind::Transaction, transaction, &app, &payment),
            None => SearchHit::of_payment(HitKind::Payment, id, &app, &payment),
        }))
    }

    /// The app, if there is one that the user sees.
    async fn seen(&self, login: &Login, id: Option<AppId>) -> Result<Option<App>, PeopleError> {
        let Some(id) = id else { return Ok(None) };
        match self.app_of(&login.user, id).await {
            Err(PeopleError::Refused(Code::AppNotFound)) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Of each environment at most as many apps are searched as a list can be about.
    async fn find_by_text(&self, login: &Login, request: &SearchRequest) -> Result<SearchResults, PeopleError> {
        let (now, wanted) = (self.now(), request.text.to_lowercase());
        let mut apps = Vec::new();
        for environment in [Environment::Test, Environment::Production] {
            if request.environment.is_none_or(|only| only == environment) {
                apps.extend(self.apps_in(login, environment, SCOPE_APPS_MAX).await?);
            }
        }
        let mut named = apps.iter().filter(|app| app.name.to_lowercase().contains(&wanted));
        let hit = |app: &App| SearchHit::new(HitKind::App, app.id, app, app.name.as_str());
        let mut hits: Vec<_> = named.by_ref().take(APP_HITS_MAX).map(hit).collect();
        let more_apps = named.next().is_some();
        let search = Some(Search::ReferencePrefix(request.text.clone()));
        let of = |app: &App| PaymentFilter { search: search.clone(), ..PaymentFilter::all(app.id, now) };
        let filters: Vec<_> = apps.iter().map(of).collect();
        let payments = self.merge_payments(&filters, None, SEARCH_HITS_MAX + 1).await?;
        let apps: HashMap<AppId, &App> = apps.iter().map(|app| (app.id, app)).collect();
        let room = SEARCH_HITS_MAX as usize - hits.len();
        let has_more = more_apps || payments.len() > room;
        hits.extend(payments.into_iter().take(room).filter_map(|payment| {
            let app = apps.get(&payment.app_id)?;
            Some(SearchHit::of_payment(HitKind::Payment, payment.id, app, &payment.seen_at(now)))
        }));
        Ok(SearchResults::new(hits, has_more))
    }
}
