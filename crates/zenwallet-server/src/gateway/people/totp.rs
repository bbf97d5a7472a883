//! The second factor: codes of an authenticator, and those for the day on which it is lost.

use super::audit::actor;
use super::throttle::Attempt;
use super::{Granted, Login, PeopleError, Visitor};
use crate::gateway::Gateway;
use crate::wire::auth::SecondFactor;
use totp_rs::{Builder, Secret};
use zenwallet_core::Code;
use zenwallet_core::app::KeyHash;
use zenwallet_core::audit::Action;
use zenwallet_core::id::UserId;
use zenwallet_core::limits::RECOVERY_CODES;
use zenwallet_core::session::EndReason;
use zenwallet_core::user::{Totp, User};
use zenwallet_store::{UserChange, UserOutcome};

/// 160 bits, as RFC 4226 asks for.
const SECRET_BYTES: usize = 20;
const ISSUER: &str = "ZenWallet";
/// 120 bits in 24 letters and digits.
const RECOVERY_BYTES: usize = 15;
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A second factor that is being set up, as its user's authenticator needs it.
#[derive(Debug)]
pub(crate) struct NewTotp {
    pub(crate) secret: String,
    pub(crate) url: String,
}

impl Gateway {
    /// Begins to set up a second factor; until a first code confirms it, nothing asks for it.
    pub(crate) async fn start_totp(&self, login: &Login) -> Result<NewTotp, PeopleError> {
        login.require_confirmed(self.now())?;
        let mut user = self.current(login).await?;
        if user.has_totp() {
            return Err(PeopleError::Refused(Code::TotpAlreadyEnabled));
        }
        let mut secret = zeroize::Zeroizing::new([0; SECRET_BYTES]);
        self.ids.fill(secret.as_mut());
        let authenticator = authenticator(secret.as_ref(), &user)?;
        user.totp = Some(Totp { sealed: self.key.seal(&self.ids, user.id, secret.as_ref()), confirmed_at: None });
        done(self.store.update_user(&user, self.now(), UserChange::default()).await?)?;
        self.forget_sessions();
        let internal = |_| PeopleError::Refused(Code::InternalError);
        Ok(NewTotp {
            secret: Secret::from(secret.to_vec()).to_base32(),
            url: authenticator.to_url().map_err(internal)?,
        })
    }

    /// Confirms the second factor with a first code; gives the recovery codes, this once.
    pub(crate) async fn confirm_totp(&self, login: &Login, code: &str) -> Result<(Vec<String>, Granted), PeopleError> {
        let mut user = self.current(login).await?;
        let Some(totp) = user.totp.clone() else { return Err(PeopleError::Refused(Code::TotpNotStarted)) };
        if totp.confirmed_at.is_some() {
            return Err(PeopleError::Refused(Code::TotpAlreadyEnabled));
        }
        self.check_second_factor(&user, &SecondFactor::Totp(code.to_owned()), &login.visitor).await?;
        let now = self.now();
        user.totp = Some(Totp { confirmed_at: Some(now), ..totp });
        let (codes, hashes) = self.new_recovery_codes();
        let change = UserChange {
            recovery_codes: Some(hashes),
            end_sessions: Some((EndReason::CredentialsChanged, Some(login.session.id))),
            link: None,
            audit: vec![self.act_of(login, Action::TotpEnabled).on(user.id).entry()],
        };
        done(self.store.update_user(&user, now, change).await?)?;
        // New tokens, and no new proof: who can set up and take away would prove himself for ever.
        Ok((codes, self.regrant(login, Action::TokensRenewed, login.session.confirmed_at).await?))
    }

    /// Takes the second factor away.
    pub(crate) async fn disable_totp(&self, login: &Login) -> Result<Granted, PeopleError> {
        login.require_confirmed(self.now())?;
        let mut user = self.current(login).await?;
        if user.totp.take().is_none() {
            return Err(PeopleError::Refused(Code::TotpNotStarted));
        }
        let entry = self.act_of(login, Action::TotpDisabled).on(user.id).entry();
        self.drop_totp(&user, Some(login), entry).await?;
        self.regrant(login, Action::TokensRenewed, login.session.confirmed_at).await
    }

    pub(super) async fn drop_totp(
        &self,
        user: &User,
        keeps: Option<&Login>,
        entry: zenwallet_core::audit::AuditEntry,
    ) -> Result<(), PeopleError> {
        let change = UserChange {
            recovery_codes: Some(Vec::new()),
            end_sessions: Some((EndReason::CredentialsChanged, keeps.map(|login| login.session.id))),
            link: None,
            audit: vec![entry],
        };
        done(self.store.update_user(user, self.now(), change).await?)?;
        self.forget_sessions();
        Ok(())
    }

    /// New recovery codes; those before are worth nothing.
    pub(crate) async fn renew_recovery_codes(&self, login: &Login) -> Result<Vec<String>, PeopleError> {
        login.require_confirmed(self.now())?;
        let user = self.current(login).await?;
        if !user.has_totp() {
            return Err(PeopleError::Refused(Code::TotpNotStarted));
        }
        let (codes, hashes) = self.new_recovery_codes();
        let audit = vec![self.act_of(login, Action::RecoveryCodesMade).on(user.id).entry()];
        let change = UserChange { recovery_codes: Some(hashes), audit, ..UserChange::default() };
        done(self.store.update_user(&user, self.now(), change).await?)?;
        Ok(codes)
    }

    /// How many recovery codes a user has left.
    pub(crate) async fn count_recovery_codes(&self, id: UserId) -> Result<i64, PeopleError> {
        Ok(self.store.count_recovery_codes(id).await?)
    }

    /// Uses up a code of a user's second factor, of either kind.
    pub(super) async fn check_second_factor(
        &self,
        user: &User,
        factor: &SecondFactor,
        visitor: &Visitor,
    ) -> Result<(), PeopleError> {
        let attempt = Attempt::second_factor(&user.email);
        self.take_attempt(&attempt).await?;
        let is_right = match factor {
            SecondFactor::Totp(code) => self.spend_totp(user, code).await?,
            SecondFactor::Recovery(code) => {
                let entry = self.act(actor(user), visitor, Action::RecoveryCodeUsed).on(user.id).entry();
                self.store.spend_recovery_code(user.id, hash_of(code), &[entry]).await?
            }
        };
        if !is_right {
            return Err(PeopleError::Refused(Code::TotpInvalid));
        }
        self.give_attempt_back(&attempt).await
    }

    async fn spend_totp(&self, user: &User, code: &str) -> Result<bool, PeopleError> {
        let Some(totp) = &user.totp else { return Ok(false) };
        let secret = self.key.open(user.id, &totp.sealed).map_err(|error| {
            tracing::error!(%error, user = %user.id, "a second factor cannot be read");
            PeopleError::Refused(Code::InternalError)
        })?;
        let now_s = u64::try_from(self.now().as_ms() / 1_000).unwrap_or(0);
        let Some(step) = authenticator(&secret, user)?.check(code, now_s) else { return Ok(false) };
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        Ok(self.store.spend_totp_step(user.id, step, &totp.sealed).await?)
    }

    fn new_recovery_codes(&self) -> (Vec<String>, Vec<KeyHash>) {
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| self.new_recovery_code()).collect();
        let hashes = codes.iter().map(|code| hash_of(code)).collect();
        (codes, hashes)
    }

    /// Four groups of six: `abcdef-ghijkl-mnopqr-stuvwx`.
    fn new_recovery_code(&self) -> String {
        let mut bytes = zeroize::Zeroizing::new([0; RECOVERY_BYTES]);
        self.ids.fill(bytes.as_mut());
        let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let letter = |at: usize| char::from(BASE32[(bits >> (5 * at)) as usize & 31]);
        let groups = (0..4).map(|group| (0..6).map(|at| letter(group * 6 + at)).collect::<String>());
        groups.collect::<Vec<_>>().join("-")
    }

    /// The user as he is now: what a session remembers of him may be half a second old.
    pub(super) async fn current(&self, login: &Login) -> Result<User, PeopleError> {
        let found = self.store.find_user(login.user.id).await?;
        found.ok_or(PeopleError::Refused(Code::SessionEnded))
    }
}

/// What became of a change, as the user is told.
pub(super) fn done(outcome: UserOutcome) -> Result<(), PeopleError> {
    Err(PeopleError::Refused(match outcome {
        UserOutcome::Done => return Ok(()),
        UserOutcome::EmailTaken => Code::EmailTaken,
        UserOutcome::NotAdmitted => Code::LinkInvalid,
        UserOutcome::Changed => Code::VersionConflict,
        UserOutcome::LastAdmin => Code::LastAdmin,
    }))
}

/// Six digits of SHA-1 every 30 seconds, which is what every authenticator understands; one step to either side is taken.
pub(crate) fn authenticator(secret: &[u8], user: &User) -> Result<totp_rs::Totp, PeopleError> {
    // A colon would end the name of the issuer.
    let account = user.email.as_str().replace(':', "_");
    let builder = Builder::new().with_secret(secret.to_vec()).with_issuer(Some(ISSUER)).with_account_name(account);
    builder.build().map_err(|error| {
        tracing::error!(%error, "a second factor cannot be made");
        PeopleError::Refused(Code::InternalError)
    })
}

/// However it was typed: groups and capitals are for people.
pub(crate) fn hash_of(code: &str) -> KeyHash {
    let plain: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    KeyHash::of(&format!("recovery\0{}", plain.to_lowercase()))
}
