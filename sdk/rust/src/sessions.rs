//! `/api/auth`: how a person gets in.

use crate::client::Call;
use crate::{Client, EndedSessions, Login, Refresh, Result, SessionGrant};

/// Logging in and out.
#[derive(Debug)]
pub struct Sessions<'a>(pub(crate) &'a Client);

impl Sessions<'_> {
    /// Lets a person in; the grant holds an access token and a refresh token. `totp_required` means that the second
    /// factor is missing.
    pub async fn log_in(&self, login: &Login) -> Result<SessionGrant> {
        self.0.call(Call::post("/api/auth/login", login).of_user()).await
    }

    /// Renews a session. A refresh token is good once: keep the one of the answer.
    pub async fn refresh(&self, refresh: &Refresh) -> Result<SessionGrant> {
        self.0.call(Call::post("/api/auth/refresh", refresh).of_user()).await
    }

    /// Ends the session of the access token.
    pub async fn log_out(&self) -> Result<EndedSessions> {
        self.0.call(Call::act("/api/auth/logout").of_user()).await
    }
}
