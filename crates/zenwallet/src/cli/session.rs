//! The session of the user who is logged in, renewed as it is used.

use super::credentials::{Credentials, CredentialsFile};
use super::failure::Failure;
use super::target::Target;
use zenwallet_core::time::{Clock, Timestamp};
use zenwallet_sdk::{Client, Refresh, Secret, SessionGrant};

/// A token that ends within this time is renewed first.
const SPARE_MS: i64 = 60_000;

/// A client of the user who is logged in.
pub(super) async fn user(target: &Target) -> Result<Client, Failure> {
    let file = target.file()?;
    let held = file.hold()?;
    let mut kept = kept(&file)?;
    let client = Client::builder().base_url(target.own_url(&kept)?).build()?;
    let ends = Timestamp::parse_rfc3339(&kept.access_token_expires_at);
    if ends.is_none_or(|ends| ends <= Clock::System.now().plus_ms(SPARE_MS)) {
        let refresh = Refresh { refresh_token: Some(kept.refresh_token.clone()) };
        let grant = client.sessions().refresh(&refresh).await.map_err(|error| match error.as_api() {
            Some(api) if api.status == 401 => {
                Failure::NotLoggedIn("the session has ended: run `zenwallet login`".to_owned())
            }
            _ => Failure::Gateway(error),
        })?;
        let tokens = tokens_of(grant)?;
        (kept.access_token, kept.refresh_token) = (tokens.access, tokens.refresh);
        kept.access_token_expires_at = tokens.expires_at;
        held.write(&kept)?;
    }
    client.set_access_token(&kept.access_token)?;
    Ok(client)
}

/// The login that is kept.
pub(super) fn kept(file: &CredentialsFile) -> Result<Credentials, Failure> {
    let missing = || Failure::NotLoggedIn("not logged in: run `zenwallet login`".to_owned());
    file.read()?.ok_or_else(missing)
}

/// What lets a user in, and in again.
pub(super) struct Tokens {
    pub(super) access: Secret,
    /// Of the access token, RFC 3339.
    pub(super) expires_at: String,
    pub(super) refresh: Secret,
}

pub(super) fn tokens_of(grant: SessionGrant) -> Result<Tokens, Failure> {
    let missing = || Failure::Local("the gateway let you in without tokens; is it older than this program?".to_owned());
    let (access, refresh) = grant.access_token.zip(grant.refresh_token).ok_or_else(missing)?;
    Ok(Tokens { access, expires_at: grant.access_token_expires_at, refresh })
}
