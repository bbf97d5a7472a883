//! What users do with their apps and keys.

use super::audit::{app_facts, key_facts};
use super::{Login, PeopleError};
use crate::gateway::apps::{AppError, check_overlap, check_rate};
use crate::gateway::{CreatedApp, Gateway, NewApp};
use crate::mail::Facts;
use crate::wire::app::{AppChange, KeyChange, NewKey};
use serde_json::json;
use zenwallet_core::app::{ApiKey, App, Environment, SecretKey, check_name};
use zenwallet_core::audit::{Action, AuditEntry};
use zenwallet_core::id::{AppId, KeyId};
use zenwallet_core::{Code, Rejection};
use zenwallet_store::{AuditFilter, Deleted, Outgoing};

impl Gateway {
    /// The apps that a user sees.
    pub(crate) async fn list_apps_of(&self, login: &Login) -> Result<Vec<App>, PeopleError> {
        if !login.user.is_admin() {
            return Ok(self.store.list_apps_of(login.user.id).await?);
        }
        let all = self.store.list_apps().await?;
        Ok(all.into_iter().filter(|app| app.deleted_at.is_none()).collect())
    }

    /// Makes an app that is the user's own.
    pub(crate) async fn create_app_of(&self, login: &Login, new: NewApp) -> Result<CreatedApp, PeopleError> {
        if new.rate_limit_per_s.is_some() {
            login.require_admin()?;
        }
        let made = self.make_app(new, Some(login.user.id), |app, key| {
            vec![
                self.act_of(login, Action::AppCreated).on(app.id).of_app(app.id).making(&app_facts(app)).entry(),
                self.key_act(login, Action::KeyCreated, key).making(&key_facts(key)).entry(),
            ]
        });
        Ok(made.await?)
    }

    /// Changes an app.
    pub(crate) async fn change_app(&self, login: &Login, id: AppId, wanted: AppChange) -> Result<App, PeopleError> {
        self.app_of(&login.user, id).await?;
        if wanted.limits.is_any() || wanted.owner_user_id.is_some() {
            login.require_admin()?;
        }
        wanted.name.as_deref().map_or(Ok(()), check_name)?;
        check_rate(wanted.limits.rate_limit_per_s.flatten())?;
        if let Some(Some(owner)) = wanted.owner_user_id {
            self.find_user(login, owner).await?;
        }
        let act = self.act_of(login, Action::AppChanged).on(id).of_app(id);
        let change = move |app: &mut App| {
            let before = app_facts(app);
            wanted.apply(app);
            vec![act.changing(&before, &app_facts(app)).entry()]
        };
        self.store.change_app(id, change).await?.ok_or(PeopleError::Refused(Code::AppNotFound))
    }

    /// Deletes an app: nobody sees it any more, its payments stay.
    pub(crate) async fn delete_app(&self, login: &Login, id: AppId) -> Result<(), PeopleError> {
        let app = self.app_of(&login.user, id).await?;
        login.require_confirmed(self.now())?;
        let entry =
            self.act_of(login, Action::AppDeleted).on(id).of_app(id).changing(&app_facts(&app), &json!({})).entry();
        match self.store.delete_app(id, self.now(), &[entry]).await? {
            Deleted::Yes => Ok(()),
            Deleted::HasPending => Err(PeopleError::Refused(Code::AppHasPendingPayments)),
            Deleted::NoApp => Err(PeopleError::Refused(Code::AppNotFound)),
        }
    }

    /// Every key of an app, those that no longer work too.
    pub(crate) async fn list_keys(&self, app: &App) -> Result<Vec<ApiKey>, PeopleError> {
        Ok(self.store.list_keys(app.id).await?)
    }

    /// Makes a key beside the others.
    pub(crate) async fn create_key(
        &self,
        login: &Login,
        id: AppId,
        new: NewKey,
    ) -> Result<(ApiKey, SecretKey), PeopleError> {
        let app = self.app_for_keys(login, id).await?;
        let (secret, stored) = self.new_key(&app);
        let stored = ApiKey { name: new.name, expires_at: new.expires_at, ..stored };
        let entry = self.key_act(login, Action::KeyCreated, &stored).making(&key_facts(&stored)).entry();
        self.keep_key(&stored, Outgoing::None, 0, entry).await?;
        self.tell_of_key(login, &stored, Facts::KeyCreated).await;
        Ok((stored, secret))
    }

    /// Makes a key in the place of another, which goes on working for `overlap_s` seconds.
    pub(crate) async fn replace_key(
        &self,
        login: &Login,
        id: AppId,
        old: KeyId,
        overlap_s: i64,
    ) -> Result<(ApiKey, SecretKey), PeopleError> {
        check_overlap(overlap_s)?;
        let app = self.app_for_keys(login, id).await?;
        let old = self.find_key(&app, old).await?;
        let (secret, stored) = self.new_key(&app);
        let stored = ApiKey { name: old.name.clone(), ..stored };
        let act = self.key_act(login, Action::KeyRotated, &old);
        let entry = act.making(&json!({"successor": stored.hint, "overlap_s": overlap_s})).entry();
        self.keep_key(&stored, Outgoing::One(old.id), overlap_s, entry).await?;
        self.tell_of_key(login, &stored, Facts::KeyRotated).await;
        Ok((stored, secret))
    }

    async fn keep_key(
        &self,
        key: &ApiKey,
        out: Outgoing,
        overlap_s: i64,
        entry: AuditEntry,
    ) -> Result<(), PeopleError> {
        match self.store.add_key(key, out, self.now().plus_s(overlap_s), &[entry]).await? {
            true => Ok(()),
            false => Err(PeopleError::Refused(Code::KeyLimit)),
        }
    }

    /// Gives a key another name or end.
    pub(crate) async fn change_key(
        &self,
        login: &Login,
        id: AppId,
        key_id: KeyId,
        wanted: KeyChange,
    ) -> Result<ApiKey, PeopleError> {
        let app = self.app_for_keys(login, id).await?;
        let key = self.find_key(&app, key_id).await?;
        if wanted.expires_at.is_some() && key.expires_at.is_some_and(|at| at <= self.now()) {
            let message = "the key has come to its end, which is final; make another";
            return Err(Rejection::new(Code::ParameterOutOfRange, "expires_at", message).into());
        }
        let act = self.key_act(login, Action::KeyChanged, &key);
        let change = move |key: &mut ApiKey| {
            let before = key_facts(key);
            wanted.apply(key);
            vec![act.changing(&before, &key_facts(key)).entry()]
        };
        let changed = self.store.change_key(id, key_id, change).await?;
        self.callers.forget(key.hash).await;
        changed.ok_or(PeopleError::Refused(Code::KeyNotFound))
    }

    /// Ends a key at once.
    pub(crate) async fn revoke_key(&self, login: &Login, id: AppId, key_id: KeyId) -> Result<ApiKey, PeopleError> {
        let app = self.app_for_keys(login, id).await?;
        let key = self.find_key(&app, key_id).await?;
        let entry = self.key_act(login, Action::KeyRevoked, &key).making(&key_facts(&key)).entry();
        let now = self.now();
        self.store.revoke_key(id, key_id, now, &[entry]).await?;
        self.callers.forget(key.hash).await;
        self.tell_of_key(login, &key, Facts::KeyRevoked).await;
        Ok(ApiKey { revoked_at: key.revoked_at.or(Some(now)), ..key })
    }

    /// An app whose keys are to change: in production only by a user who has just proved who he is.
    async fn app_for_keys(&self, login: &Login, id: AppId) -> Result<App, PeopleError> {
        let app = self.app_of(&login.user, id).await?;
        if app.environment == Environment::Production {
            login.require_confirmed(self.now())?;
        }
        Ok(app)
    }

    async fn find_key(&self, app: &App, id: KeyId) -> Result<ApiKey, PeopleError> {
        let keys = self.store.list_keys(app.id).await?;
        keys.into_iter().find(|key| key.id == id).ok_or(PeopleError::Refused(Code::KeyNotFound))
    }

    fn key_act(&self, login: &Login, action: Action, key: &ApiKey) -> super::audit::Act {
        self.act_of(login, action).on(key.id).of_app(key.app_id)
    }

    /// The audit log as a user may read it: admins all of it, others what is about their apps or was done by them.
    pub(crate) async fn list_audit(
        &self,
        login: &Login,
        mut filter: AuditFilter,
        below: Option<zenwallet_core::id::AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, PeopleError> {
        if !login.user.is_admin() {
            match filter.app_id {
                Some(app_id) => drop(self.app_of(&login.user, app_id).await?),
                None => filter.user_id = Some(login.user.id),
            }
        }
        Ok(self.store.list_audit(&filter, below, limit).await?)
    }

    /// Writes down that the audit log was exported.
    pub(crate) async fn note_audit_export(&self, login: &Login) -> Result<(), PeopleError> {
        Ok(self.store.append_audit(&[self.act_of(login, Action::AuditExported).entry()]).await?)
    }
}

impl From<AppError> for PeopleError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Rejected(rejection) => Self::Rejected(rejection),
            AppError::NoApp(_) => Self::Refused(Code::AppNotFound),
            AppError::TooMany => Self::Refused(Code::AppLimit),
            AppError::TooManyKeys => Self::Refused(Code::KeyLimit),
            AppError::Store(error) => Self::Store(error),
        }
    }
}
