//! A user's own account: his name, his password, and the way back when he forgot it.

use super::throttle::Attempt;
use super::totp::done;
use super::{Granted, Login, OpenedLink, PeopleError, Visitor, passwords};
use crate::gateway::Gateway;
use crate::mail;
use crate::wire::auth::NewPassword;
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::app::KeyHash;
use zenwallet_core::audit::{Action, Actor};
use zenwallet_core::session::EndReason;
use zenwallet_core::user::{Email, Purpose, User, check_name};
use zenwallet_store::UserChange;

impl Gateway {
    /// Calls the user something else.
    pub(crate) async fn rename_user(&self, login: &Login, name: String) -> Result<User, PeopleError> {
        check_name(&name)?;
        let mut user = self.current(login).await?;
        let before = super::audit::user_facts(&user);
        user.name = name;
        let act = self.act_of(login, Action::UserChanged).on(user.id);
        let audit = vec![act.changing(&before, &super::audit::user_facts(&user)).entry()];
        done(self.store.update_user(&user, self.now(), UserChange { audit, ..UserChange::default() }).await?)?;
        self.forget_sessions();
        Ok(user)
    }

    /// Gives the user another password; his other sessions end, and this one has new tokens.
    pub(crate) async fn change_password(&self, login: &Login, given: NewPassword) -> Result<Granted, PeopleError> {
        let mut user = self.current(login).await?;
        self.check_password(login, &user, &given.present).await?;
        if user.has_totp() {
            login.require_confirmed(self.now())?;
        }
        passwords::check("new_password", &given.new, &user.email, &user.name)?;
        user.password_hash = self.people.passwords.hash(&self.ids, &given.new).await?;
        user.password_set_at = self.now();
        let change = UserChange {
            end_sessions: Some((EndReason::CredentialsChanged, Some(login.session.id))),
            audit: vec![self.act_of(login, Action::PasswordChanged).on(user.id).entry()],
            ..UserChange::default()
        };
        done(self.store.update_user(&user, self.now(), change).await?)?;
        // The password alone is no proof for whoever has a second factor.
        let confirmed_at = if user.has_totp() { login.session.confirmed_at } else { self.now() };
        self.regrant(login, Action::TokensRenewed, confirmed_at).await
    }

    /// Gives whoever has a link that was made for it another password. It logs nobody in, and the second factor stays.
    pub(crate) async fn reset_password(&self, token: &str, new: &str, visitor: &Visitor) -> Result<(), PeopleError> {
        let attempt = Attempt::token(visitor);
        self.take_attempt(&attempt).await?;
        let invalid = || PeopleError::Refused(Code::LinkInvalid);
        let link = self.store.find_link(KeyHash::of(token)).await?.filter(|link| link.is_open(self.now()));
        let link = link.ok_or_else(invalid)?;
        let Purpose::PasswordReset(user_id) = link.purpose else { return Err(invalid()) };
        self.give_attempt_back(&attempt).await?;
        // Whoever chose a password since then needs the link no more, and whoever finds it later gets nothing.
        let is_good = |user: &User| user.is_active && user.password_set_at <= link.created_at;
        let mut user = self.store.find_user(user_id).await?.filter(is_good).ok_or_else(invalid)?;
        passwords::check("new_password", new, &user.email, &user.name)?;
        user.password_hash = self.people.passwords.hash(&self.ids, new).await?;
        user.password_set_at = self.now();
        let act = self.act(super::audit::actor(&user), visitor, Action::PasswordChanged).on(user.id);
        let change = UserChange {
            end_sessions: Some((EndReason::CredentialsChanged, None)),
            link: Some(link.id),
            audit: vec![act.entry()],
            ..UserChange::default()
        };
        done(self.store.update_user(&user, self.now(), change).await?)?;
        self.forget_sessions();
        Ok(())
    }

    /// Has a link to a new password sent, if there is such an account. Whoever asks learns not whether there is.
    pub(crate) async fn request_password_reset(
        self: &Arc<Self>,
        email: Email,
        visitor: Visitor,
    ) -> Result<(), PeopleError> {
        if !self.sends_emails() {
            return Err(PeopleError::Refused(Code::EmailNotConfigured));
        }
        self.take_attempt(&Attempt::link(&email, &visitor)).await?;
        let gateway = Arc::clone(self);
        // Beside the answer, which comes as soon for nobody as for somebody.
        tokio::spawn(async move {
            if let Err(error) = gateway.send_password_link(&email, &visitor).await {
                tracing::warn!(%error, "a link to a new password was not sent");
            }
        });
        Ok(())
    }

    async fn send_password_link(&self, email: &Email, visitor: &Visitor) -> Result<(), PeopleError> {
        let found = self.store.find_user_by_email(email).await?.filter(|user| user.is_active);
        let Some(user) = found else { return Ok(()) };
        let entry = self.act(Actor::Anonymous, visitor, Action::PasswordResetRequested).on(user.id).entry();
        let opened = self.open_password_link(&user, entry).await?;
        self.send_link(&opened).await
    }

    /// Sends a link to whom it is for.
    pub(super) async fn send_link(&self, opened: &OpenedLink) -> Result<(), PeopleError> {
        self.send_email(&opened.link.email, |public_url| mail::of_link(&opened.link, &opened.url, public_url)).await
    }
}
