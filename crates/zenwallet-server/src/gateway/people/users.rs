//! Users as admins see them: made, invited, changed, helped.

use super::audit::{actor, user_facts};
use super::throttle::Attempt;
use super::totp::done;
use super::{Granted, Login, PeopleError, Token, Visitor, passwords};
use crate::gateway::Gateway;
use crate::wire::auth::NewAccount;
use serde_json::json;
use zenwallet_core::Code;
use zenwallet_core::app::KeyHash;
use zenwallet_core::audit::{Action, Actor, AuditEntry};
use zenwallet_core::id::{LinkId, UserId};
use zenwallet_core::limits::{INVITATION_S, PASSWORD_RESET_S};
use zenwallet_core::session::EndReason;
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{Alerts, Email, Link, Purpose, Role, User, check_name};
use zenwallet_store::{Admission, UserChange};

/// What a link's token starts with.
const LINK_PREFIX: &str = "zwl_";

/// A link that was just made, with its token in clear.
#[derive(Debug)]
pub struct OpenedLink {
    /// The link.
    pub link: Link,
    /// Its address: whoever has it can use it. The token stands behind `#`, which no server and no log sees.
    pub url: String,
}

impl Gateway {
    /// The token that makes the first user, while there is none.
    pub async fn setup_token(&self) -> Result<Option<String>, PeopleError> {
        Ok(self.store.is_setup_open().await?.then(|| self.key.setup_token()))
    }

    /// Whether the first user is still awaited.
    pub(crate) async fn is_setup_open(&self) -> Result<bool, PeopleError> {
        Ok(self.store.is_setup_open().await?)
    }

    /// Makes the first user, an admin, and lets him in.
    pub(crate) async fn set_up(&self, token: &str, new: NewAccount, visitor: &Visitor) -> Result<Granted, PeopleError> {
        let attempt = Attempt::token(visitor);
        self.take_attempt(&attempt).await?;
        if !self.store.is_setup_open().await? {
            return Err(PeopleError::Refused(Code::SetupClosed));
        }
        if !self.key.is_setup_token(token) {
            return Err(PeopleError::Refused(Code::LinkInvalid));
        }
        self.give_attempt_back(&attempt).await?;
        let user = self.new_user(new, Role::Admin).await?;
        match self.admit(&user, Admission::Setup, actor(&user), visitor).await {
            Err(PeopleError::Refused(Code::LinkInvalid)) => Err(PeopleError::Refused(Code::SetupClosed)),
            Err(error) => Err(error),
            Ok(()) => self.start_session(user, visitor).await,
        }
    }

    /// Makes a user at the console.
    pub async fn create_user(&self, new: NewAccount, role: Role) -> Result<User, PeopleError> {
        let user = self.new_user(new, role).await?;
        self.admit(&user, Admission::Console, Actor::Console, &Visitor::console()).await?;
        Ok(user)
    }

    /// Makes the user whom a link invited, and lets him in.
    pub(crate) async fn accept_invitation(
        &self,
        token: &str,
        name: String,
        password: zeroize::Zeroizing<String>,
        visitor: &Visitor,
    ) -> Result<Granted, PeopleError> {
        let attempt = Attempt::token(visitor);
        self.take_attempt(&attempt).await?;
        let link = self.store.find_link(KeyHash::of(token)).await?.filter(|link| link.is_open(self.now()));
        let invited = link.and_then(|link| match link.purpose {
            Purpose::Invitation(role) => Some((link.id, link.email, role)),
            Purpose::PasswordReset(_) => None,
        });
        let (id, email, role) = invited.ok_or(PeopleError::Refused(Code::LinkInvalid))?;
        self.give_attempt_back(&attempt).await?;
        let user = self.new_user(NewAccount { email, name, password }, role).await?;
        self.admit(&user, Admission::Invitation(id), actor(&user), visitor).await?;
        self.start_session(user, visitor).await
    }

    async fn new_user(&self, new: NewAccount, role: Role) -> Result<User, PeopleError> {
        check_name(&new.name)?;
        passwords::check("password", &new.password, &new.email, &new.name)?;
        let password_hash = self.people.passwords.hash(&self.ids, &new.password).await?;
        let now = self.now();
        Ok(User {
            id: self.ids.next(now),
            email: new.email,
            name: new.name,
            role,
            password_hash,
            password_set_at: now,
            totp: None,
            alerts: Alerts::ALL,
            is_active: true,
            created_at: now,
            version: 1,
        })
    }

    async fn admit(&self, user: &User, by: Admission, who: Actor, visitor: &Visitor) -> Result<(), PeopleError> {
        let entry = self.act(who, visitor, Action::UserCreated).on(user.id).making(&user_facts(user)).entry();
        done(self.store.create_user(user, by, &[entry]).await?)
    }

    /// Every user, for admins.
    pub(crate) async fn list_users(&self, login: &Login) -> Result<Vec<User>, PeopleError> {
        login.require_admin()?;
        Ok(self.store.list_users().await?)
    }

    /// A user, for admins.
    pub(crate) async fn find_user(&self, login: &Login, id: UserId) -> Result<User, PeopleError> {
        login.require_admin()?;
        self.store.find_user(id).await?.ok_or(PeopleError::Refused(Code::UserNotFound))
    }

    /// The user with this address, for the console.
    pub async fn find_user_by_email(&self, email: &Email) -> Result<User, PeopleError> {
        self.store.find_user_by_email(email).await?.ok_or(PeopleError::Refused(Code::UserNotFound))
    }

    /// Gives a user another role, or closes and opens his account. What he was let in with ends.
    pub(crate) async fn change_user(
        &self,
        login: &Login,
        id: UserId,
        role: Option<Role>,
        is_active: Option<bool>,
    ) -> Result<User, PeopleError> {
        let mut user = self.find_user(login, id).await?;
        login.require_confirmed(self.now())?;
        let before = user_facts(&user);
        user.role = role.unwrap_or(user.role);
        user.is_active = is_active.unwrap_or(user.is_active);
        let act = self.act_of(login, Action::UserChanged).on(id).changing(&before, &user_facts(&user));
        let change = UserChange {
            end_sessions: (!user.is_active).then_some((EndReason::AccountClosed, None)),
            audit: vec![act.entry()],
            ..UserChange::default()
        };
        done(self.store.update_user(&user, self.now(), change).await?)?;
        self.forget_sessions();
        Ok(user)
    }

    /// Invites somebody by a link, which is sent too where that can be done.
    pub(crate) async fn invite_user(&self, login: &Login, email: Email, role: Role) -> Result<OpenedLink, PeopleError> {
        login.require_admin()?;
        login.require_confirmed(self.now())?;
        if self.store.find_user_by_email(&email).await?.is_some() {
            return Err(PeopleError::Refused(Code::EmailTaken));
        }
        let (link, token) = self.new_link(Purpose::Invitation(role), email, INVITATION_S);
        let act = self.act_of(login, Action::UserInvited).on(link.id);
        let entry = act.making(&json!({"email": link.email.as_str(), "role": role.as_str()})).entry();
        self.store.create_link(&link, &[entry]).await?;
        let url = format!("{}/invitation#token={}", self.people.public_url, token.reveal());
        let opened = OpenedLink { link, url };
        // The admin has the link in any case, and hands it over where no email arrives.
        if self.sends_emails()
            && let Err(error) = self.send_link(&opened).await
        {
            tracing::warn!(%error, "an invitation was not sent");
        }
        Ok(opened)
    }

    /// The invitations that can still be used, for admins.
    pub(crate) async fn list_invitations(&self, login: &Login) -> Result<Vec<Link>, PeopleError> {
        login.require_admin()?;
        Ok(self.store.list_invitations(self.now()).await?)
    }

    /// Takes an invitation back.
    pub(crate) async fn revoke_invitation(&self, login: &Login, id: LinkId) -> Result<(), PeopleError> {
        login.require_admin()?;
        let entry = self.act_of(login, Action::InvitationRevoked).on(id).entry();
        match self.store.revoke_invitation(id, self.now(), &[entry]).await? {
            true => Ok(()),
            false => Err(PeopleError::Refused(Code::InvitationNotFound)),
        }
    }

    /// Takes away the second factor of a user who has lost it.
    pub(crate) async fn reset_totp(&self, login: &Login, id: UserId) -> Result<User, PeopleError> {
        let user = self.find_user(login, id).await?;
        login.require_confirmed(self.now())?;
        let entry = self.act_of(login, Action::TotpReset).on(id).entry();
        self.without_totp(user, entry).await
    }

    /// The same at the console.
    pub async fn reset_totp_at_console(&self, user: User) -> Result<User, PeopleError> {
        let entry = self.act(Actor::Console, &Visitor::console(), Action::TotpReset).on(user.id).entry();
        self.without_totp(user, entry).await
    }

    async fn without_totp(&self, mut user: User, entry: AuditEntry) -> Result<User, PeopleError> {
        user.totp = None;
        self.drop_totp(&user, None, entry).await?;
        Ok(user)
    }

    /// A link with which a user who forgot his password chooses another; an admin hands it over.
    pub(crate) async fn help_with_password(&self, login: &Login, id: UserId) -> Result<OpenedLink, PeopleError> {
        let user = self.find_user(login, id).await?;
        login.require_confirmed(self.now())?;
        let entry = self.act_of(login, Action::PasswordResetRequested).on(id).entry();
        self.open_password_link(&user, entry).await
    }

    /// Gives a user another password at the console; his sessions end.
    pub async fn set_password_at_console(&self, mut user: User, password: &str) -> Result<(), PeopleError> {
        passwords::check("password", password, &user.email, &user.name)?;
        user.password_hash = self.people.passwords.hash(&self.ids, password).await?;
        user.password_set_at = self.now();
        let act = self.act(Actor::Console, &Visitor::console(), Action::PasswordChanged).on(user.id);
        let change = UserChange {
            end_sessions: Some((EndReason::CredentialsChanged, None)),
            audit: vec![act.entry()],
            ..UserChange::default()
        };
        done(self.store.update_user(&user, self.now(), change).await?)
    }

    /// A password that nobody guesses, for whoever is given one.
    pub fn new_password(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(Token::generate(&self.ids, "").reveal().to_owned())
    }

    pub(super) async fn open_password_link(&self, user: &User, entry: AuditEntry) -> Result<OpenedLink, PeopleError> {
        let (link, token) = self.new_link(Purpose::PasswordReset(user.id), user.email.clone(), PASSWORD_RESET_S);
        self.store.create_link(&link, &[entry]).await?;
        let url = format!("{}/reset-password#token={}", self.people.public_url, token.reveal());
        Ok(OpenedLink { link, url })
    }

    /// Ends every session of a user.
    pub(crate) async fn end_sessions_of(&self, login: &Login, id: UserId) -> Result<u64, PeopleError> {
        let user = self.find_user(login, id).await?;
        login.require_confirmed(self.now())?;
        let entry =
            self.act_of(login, Action::SessionEnded).on(id).making(&json!({"reason": "revoked", "all": true})).entry();
        let ended = self.store.end_sessions(user.id, EndReason::Revoked, self.now(), &[entry]).await?;
        self.forget_sessions();
        Ok(ended)
    }

    /// Ends every session of these users at the console; says how many.
    pub async fn end_sessions_at_console(&self, users: &[User]) -> Result<u64, PeopleError> {
        let mut ended = 0;
        for user in users {
            let act = self.act(Actor::Console, &Visitor::console(), Action::SessionEnded).on(user.id);
            let entry = act.making(&json!({"reason": "revoked", "all": true})).entry();
            ended += self.store.end_sessions(user.id, EndReason::Revoked, self.now(), &[entry]).await?;
        }
        Ok(ended)
    }

    /// Every user, for the console.
    pub async fn list_users_at_console(&self) -> Result<Vec<User>, PeopleError> {
        Ok(self.store.list_users().await?)
    }

    fn new_link(&self, purpose: Purpose, email: Email, lasts_s: i64) -> (Link, Token) {
        let (now, token): (Timestamp, _) = (self.now(), Token::generate(&self.ids, LINK_PREFIX));
        let (id, hash, expires_at) = (self.ids.next(now), token.hash(), now.plus_s(lasts_s));
        (Link { id, hash, purpose, email, created_at: now, expires_at, used_at: None }, token)
    }
}
