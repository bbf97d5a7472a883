//! The way in and out: log in, renew, prove it again, log out.

use super::audit::actor;
use super::throttle::Attempt;
use super::{Login, PeopleError, Token, Visitor, passwords};
use crate::gateway::Gateway;
use crate::wire::auth::{Confirmation, Credentials};
use serde_json::json;
use subtle::ConstantTimeEq;
use zenwallet_core::Code;
use zenwallet_core::app::KeyHash;
use zenwallet_core::audit::{Action, Actor};
use zenwallet_core::id::SessionId;
use zenwallet_core::limits::ACCESS_TOKEN_S;
use zenwallet_core::session::{EndReason, Session};
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{Email, User};
use zenwallet_store::{Renewal, Renewed, UserChange, UserOutcome};

/// What a refresh token starts with, so that a scanner of leaks knows one.
const REFRESH_PREFIX: &str = "zwr_";

/// What a user is let in with.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) user: User,
    pub(crate) session: Session,
    pub(crate) access_token: String,
    pub(crate) access_ends_at: Timestamp,
    pub(crate) refresh_token: Token,
    /// What the browser keeps: it is known from now on.
    pub(crate) device: Option<String>,
}

impl Gateway {
    /// Lets in whoever gives the right email, password and second factor. Whoever does not learns not which was wrong, nor
    /// whether there is such an account.
    pub(crate) async fn log_in(&self, given: Credentials, visitor: &Visitor) -> Result<Granted, PeopleError> {
        let found = self.store.find_user_by_email(&given.email).await?;
        let is_known = found.as_ref().is_some_and(|user| self.is_device_of(user, visitor));
        let attempt = Attempt::password(&given.email, visitor, is_known);
        self.take_attempt(&attempt).await?;
        let phc = found.as_ref().map(|user| user.password_hash.as_str());
        let is_right = self.people.passwords.verify(&given.password, phc).await?;
        let user = match found {
            Some(user) if is_right && user.is_active => user,
            _ => return Err(self.refuse_login(&given.email, visitor, Code::LoginFailed).await),
        };
        // A password that is right is no guess, whatever the second factor will say: that has a bucket of its own.
        self.give_attempt_back(&attempt).await?;
        if user.has_totp() {
            let Some(factor) = &given.second_factor else { return Err(PeopleError::Refused(Code::TotpRequired)) };
            if let Err(error) = self.check_second_factor(&user, factor, visitor).await {
                return Err(match error {
                    PeopleError::Refused(code) => self.refuse_login(&given.email, visitor, code).await,
                    other => other,
                });
            }
        }
        let user = self.with_new_hash(user, &given.password).await?;
        let granted = self.start_session(user, visitor).await?;
        if granted.device.is_some() {
            self.tell_of_sign_in(&granted.session).await;
        }
        Ok(granted)
    }

    /// Writes down a login that failed, and says so.
    async fn refuse_login(&self, email: &Email, visitor: &Visitor, code: Code) -> PeopleError {
        let act =
            self.act(Actor::Anonymous, visitor, Action::LoginFailed).on(email).making(&json!({"code": code.as_str()}));
        match self.store.append_audit(&[act.entry()]).await {
            Ok(()) => PeopleError::Refused(code),
            Err(error) => error.into(),
        }
    }

    /// The user with his password hashed as it is done today; if somebody else changes him meanwhile, at the next login.
    async fn with_new_hash(&self, mut user: User, password: &str) -> Result<User, PeopleError> {
        if !passwords::is_outdated(&user.password_hash) {
            return Ok(user);
        }
        user.password_hash = self.people.passwords.hash(&self.ids, password).await?;
        let done = self.store.update_user(&user, self.now(), UserChange::default()).await?;
        user.version += i64::from(done == UserOutcome::Done);
        Ok(user)
    }

    /// Lets a user in who has just proved who he is.
    pub(super) async fn start_session(&self, user: User, visitor: &Visitor) -> Result<Granted, PeopleError> {
        let now = self.now();
        let (address, agent) = (visitor.address(), visitor.user_agent.clone());
        let session = Session::begin(self.ids.next(now), user.id, address, agent, now);
        let token = Token::generate(&self.ids, REFRESH_PREFIX);
        let act = self.act(actor(&user), visitor, Action::SessionStarted).on(session.id);
        let entry = act.making(&json!({"user_agent": session.user_agent})).entry();
        self.store.start_session(&session, token.hash(), &[entry]).await?;
        let device = match self.is_device_of(&user, visitor) {
            true => None,
            false => Some(self.new_device(&user)),
        };
        Ok(Granted { device, ..self.grant(user, session, token) })
    }

    fn grant(&self, user: User, session: Session, refresh_token: Token) -> Granted {
        // The moment that the session has: whoever remembers an older one of it sees that by the token.
        let now = session.last_used_at.max(session.tokens_since);
        let access_token = self.people.tokens.sign(&self.key, session.id, user.id, now);
        let access_ends_at = now.plus_s(ACCESS_TOKEN_S);
        Granted { user, session, access_token, access_ends_at, refresh_token, device: None }
    }

    /// Gives a refresh token a successor, and a new access token.
    pub(crate) async fn renew_session(&self, token: &str, visitor: &Visitor) -> Result<Granted, PeopleError> {
        let attempt = Attempt::token(visitor);
        self.take_attempt(&attempt).await?;
        let (now, successor) = (self.now(), Token::generate(&self.ids, REFRESH_PREFIX));
        let renewal = Renewal {
            token: KeyHash::of(token),
            successor: successor.hash(),
            address: visitor.address(),
            user_agent: visitor.user_agent.clone(),
            now,
        };
        let act = self.act(Actor::System, visitor, Action::SessionReuse);
        let renewed = self.store.renew_session(renewal, move |session| act.on(session.id).entry()).await?;
        match renewed {
            Renewed::Yes(found) => {
                self.give_attempt_back(&attempt).await?;
                let (session, user) = *found;
                self.forget_session(session.id).await;
                Ok(self.grant(user, session, successor))
            }
            Renewed::Unknown => Err(PeopleError::Refused(Code::RefreshTokenInvalid)),
            Renewed::Reused(session) => {
                self.forget_session(session.id).await;
                Err(PeopleError::Refused(Code::RefreshTokenReused))
            }
        }
    }

    /// Takes a fresh proof of who the user is, for what is dangerous. He gets new tokens: those before prove nothing.
    pub(crate) async fn confirm_login(&self, login: &Login, given: Confirmation) -> Result<Granted, PeopleError> {
        self.check_password(login, &login.user, &given.password).await?;
        if login.user.has_totp() {
            let factor = given.second_factor.ok_or(PeopleError::Refused(Code::TotpRequired))?;
            self.check_second_factor(&login.user, &factor, &login.visitor).await?;
        }
        self.regrant(login, Action::Confirmed, self.now()).await
    }

    /// Gives a user new tokens in the place of his old ones; he proved who he is at `confirmed_at`.
    pub(super) async fn regrant(
        &self,
        login: &Login,
        action: Action,
        confirmed_at: Timestamp,
    ) -> Result<Granted, PeopleError> {
        let (now, token) = (self.now(), Token::generate(&self.ids, REFRESH_PREFIX));
        let entry = self.act_of(login, action).on(login.session.id).entry();
        if !self.store.renew_tokens(login.session.id, token.hash(), confirmed_at, now, &[entry]).await? {
            return Err(PeopleError::Refused(Code::SessionEnded));
        }
        self.forget_sessions();
        let session = Session { confirmed_at, tokens_since: now, ..login.session.clone() };
        let user = self.current(login).await?;
        Ok(self.grant(user, session, token))
    }

    /// Whether this is the password of the user who is logged in, as he is now. Guesses are slowed down as at the door, but
    /// his session has a place of its own: whoever guesses at the door does not keep him from proving who he is.
    pub(super) async fn check_password(&self, login: &Login, user: &User, password: &str) -> Result<(), PeopleError> {
        let attempt = Attempt::proof(login.session.id, &login.visitor);
        self.take_attempt(&attempt).await?;
        if !self.people.passwords.verify(password, Some(&user.password_hash)).await? {
            return Err(self.refuse_login(&user.email, &login.visitor, Code::LoginFailed).await);
        }
        self.give_attempt_back(&attempt).await
    }

    /// Ends the session that asks for it.
    pub(crate) async fn log_out(&self, login: &Login) -> Result<(), PeopleError> {
        self.end_session(login, login.session.id, EndReason::SignedOut).await
    }

    /// Ends one of the user's own sessions.
    pub(crate) async fn end_session(&self, login: &Login, id: SessionId, reason: EndReason) -> Result<(), PeopleError> {
        let entry = self.act_of(login, Action::SessionEnded).on(id).making(&json!({"reason": reason.as_str()})).entry();
        let ended = self.store.end_session(login.user.id, id, reason, self.now(), &[entry]).await?;
        self.forget_session(id).await;
        if ended { Ok(()) } else { Err(PeopleError::Refused(Code::SessionNotFound)) }
    }

    /// Ends every session of the user, this one too.
    pub(crate) async fn end_all_sessions(&self, login: &Login) -> Result<u64, PeopleError> {
        let act = self.act_of(login, Action::SessionEnded).on(login.user.id);
        let entry = act.making(&json!({"reason": EndReason::SignedOut.as_str(), "all": true})).entry();
        let ended = self.store.end_sessions(login.user.id, EndReason::SignedOut, self.now(), &[entry]).await?;
        self.forget_sessions();
        Ok(ended)
    }

    /// The user's sessions that go on.
    pub(crate) async fn list_sessions(&self, login: &Login) -> Result<Vec<Session>, PeopleError> {
        Ok(self.store.list_sessions(login.user.id, self.now()).await?)
    }

    /// Whether the browser has logged in as this user before.
    fn is_device_of(&self, user: &User, visitor: &Visitor) -> bool {
        let Some((name, tag)) = visitor.device.as_deref().and_then(|device| device.split_once('.')) else {
            return false;
        };
        self.key.device_tag(user.id, name).as_bytes().ct_eq(tag.as_bytes()).into()
    }

    fn new_device(&self, user: &User) -> String {
        let name = Token::generate(&self.ids, "");
        format!("{}.{}", name.reveal(), self.key.device_tag(user.id, name.reveal()))
    }

    /// Forgets sessions that have long been over, and who failed to log in long ago.
    pub async fn prune_people(&self) -> Result<u64, zenwallet_store::StoreError> {
        const KEPT_S: i64 = 30 * 24 * 3_600;
        const LIMIT: u32 = 500;
        let now = self.now();
        let sessions = self.store.prune_sessions(now.plus_s(-KEPT_S), LIMIT).await?;
        Ok(sessions + self.store.prune_throttle(now).await?)
    }
}
