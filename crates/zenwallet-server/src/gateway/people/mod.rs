//! People: who logs in, from where, and what each may do.

mod account;
mod alerts;
mod apps;
mod audit;
mod login;
mod passwords;
mod throttle;
mod tokens;
mod totp;
mod users;

pub use audit::Visitor;
pub(super) use audit::{app_facts, key_facts};
pub(crate) use login::Granted;
pub(super) use throttle::Attempt;
pub(crate) use tokens::{AccessTokens, Token};
pub(crate) use totp::{authenticator, hash_of};
pub use users::OpenedLink;

use super::Gateway;
use moka::future::Cache;
use passwords::Passwords;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use zenwallet_core::app::App;
use zenwallet_core::id::{AppId, IdSource, SessionId};
use zenwallet_core::session::Session;
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{TotpRule, User};
use zenwallet_core::{Code, Rejection};
use zenwallet_store::StoreError;

/// How long a session is believed without asking the database: one that was ended is refused within this time.
const BELIEVED_FOR: Duration = Duration::from_millis(500);
/// Most sessions remembered.
const REMEMBERED_MAX: u64 = 100_000;

/// What is needed to tell people apart.
#[derive(Debug)]
pub(super) struct People {
    totp_rule: TotpRule,
    passwords: Passwords,
    tokens: AccessTokens,
    known: Cache<SessionId, Option<Arc<(Session, User)>>>,
    /// What links in messages start with.
    public_url: String,
}

impl People {
    pub(super) fn new(ids: &IdSource, public_url: &str) -> Self {
        Self {
            totp_rule: TotpRule::default(),
            passwords: Passwords::new(ids),
            tokens: AccessTokens::new(public_url),
            known: Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(BELIEVED_FOR).build(),
            public_url: public_url.to_owned(),
        }
    }

    pub(super) fn public_url(&self) -> &str {
        &self.public_url
    }
}

/// A user who is logged in, in the request that he makes.
#[derive(Clone, Debug)]
pub struct Login {
    /// Who.
    pub user: User,
    /// In which session.
    pub session: Session,
    /// From where.
    pub visitor: Visitor,
}

impl Login {
    /// Refuses whoever is no admin.
    pub(crate) fn require_admin(&self) -> Result<(), PeopleError> {
        if self.user.is_admin() { Ok(()) } else { Err(PeopleError::Refused(Code::AdminRequired)) }
    }

    /// Refuses whoever has not proved lately who he is.
    pub(crate) fn require_confirmed(&self, now: Timestamp) -> Result<(), PeopleError> {
        match self.session.is_confirmed(now) {
            true => Ok(()),
            false => Err(PeopleError::Refused(Code::ConfirmationRequired)),
        }
    }
}

/// Why something was not done for a user.
#[derive(Clone, Debug, Error)]
pub enum PeopleError {
    /// A value is not acceptable.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// For the reason of this code.
    #[error("{}", .0.meaning())]
    Refused(Code),
    /// Too many attempts: so many seconds to wait.
    #[error("too many attempts; try again in {0} s")]
    Throttled(u64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gateway {
    /// The gateway with its rule about who must have a second factor.
    #[must_use]
    pub fn with_totp_rule(mut self, rule: TotpRule) -> Self {
        self.people.totp_rule = rule;
        self
    }

    /// Refuses whoever must have a second factor and has none.
    pub(crate) fn require_totp(&self, user: &User) -> Result<(), PeopleError> {
        match self.people.totp_rule.asks(user) && !user.has_totp() {
            true => Err(PeopleError::Refused(Code::TotpEnrolmentRequired)),
            false => Ok(()),
        }
    }

    /// The user of an access token, or why there is none.
    pub(crate) async fn recognise_user(&self, token: &str, visitor: Visitor) -> Result<Login, PeopleError> {
        let now = self.now();
        let invalid = PeopleError::Refused(Code::SessionInvalid);
        let access = self.people.tokens.read(&self.key, token, now).ok_or(invalid)?;
        let load = async { Ok(self.store.find_session(access.session_id).await?.map(Arc::new)) };
        if let Some(Some(known)) = self.people.known.get(&access.session_id).await
            && known.0.last_used_at.max(known.0.tokens_since) < access.issued_at
        {
            // Another node has given the session new tokens since it was read: what it proves by now is not remembered here.
            self.forget_session(access.session_id).await;
        }
        let known = self.people.known.try_get_with(access.session_id, load).await;
        let known = known.map_err(|error: Arc<StoreError>| PeopleError::Store((*error).clone()))?;
        let ended = || PeopleError::Refused(Code::SessionEnded);
        let (session, user) = known.as_deref().ok_or_else(ended)?;
        if !session.is_live(now) || !user.is_active || user.id != access.user_id {
            return Err(ended());
        }
        // Who proved who he is, or changed what he proves it with, has new tokens: one from before, which somebody may have
        // copied, is worth nothing now. A token tells its moment in whole seconds.
        if access.issued_at.plus_ms(999) < session.tokens_since {
            return Err(PeopleError::Refused(Code::SessionInvalid));
        }
        Ok(Login { user: user.clone(), session: session.clone(), visitor })
    }

    /// Lets what a session is be read anew: something of it has just changed here.
    async fn forget_session(&self, id: SessionId) {
        self.people.known.invalidate(&id).await;
    }

    /// The same for all of them.
    fn forget_sessions(&self) {
        self.people.known.invalidate_all();
    }

    /// Whether a session still lets its user see an app, or why not.
    pub(crate) async fn recheck_session(&self, id: SessionId, app_id: AppId) -> Result<(), PeopleError> {
        let found = self.store.find_session(id).await?;
        match found.filter(|(session, user)| session.is_live(self.now()) && user.is_active) {
            Some((_, user)) => self.app_of(&user, app_id).await.map(drop),
            None => Err(PeopleError::Refused(Code::SessionEnded)),
        }
    }

    /// An app that this user may see.
    pub(crate) async fn app_of(&self, user: &User, id: AppId) -> Result<App, PeopleError> {
        let found = self.store.find_app(id).await?.filter(|app| app.deleted_at.is_none());
        let visible = found.filter(|app| user.is_admin() || app.owner_user_id == Some(user.id));
        visible.ok_or(PeopleError::Refused(Code::AppNotFound))
    }
}
