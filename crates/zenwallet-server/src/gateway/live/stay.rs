//! How long a follower may stay: as long as its key, or its user's session, lets it in.

use crate::gateway::keys::Credential;
use crate::gateway::log::LogError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use tokio_util::sync::CancellationToken;
use zenwallet_core::Code;

/// Why following ends.
#[derive(Debug)]
pub(crate) enum Farewell {
    /// The node stops; another one goes on from the same place.
    Shutdown,
    /// What let it in no longer does.
    Refused(Code),
    /// The log cannot be read from there.
    Log(LogError),
}

/// The stay of all followers with one key, or of one session.
#[derive(Debug)]
pub(super) struct Stay {
    credential: Option<Credential>,
    reason: OnceLock<Code>,
    over: CancellationToken,
}

impl Stay {
    /// One that nothing limits.
    pub(super) fn unlimited() -> Self {
        Self { credential: None, reason: OnceLock::new(), over: CancellationToken::new() }
    }

    pub(super) fn credential(&self) -> Option<Credential> {
        self.credential
    }

    /// Ends it for the reason of this code.
    pub(super) fn end(&self, code: Code) {
        let _ = self.reason.set(code);
        self.over.cancel();
    }

    /// Resolves when it is over.
    pub(super) async fn ended(&self) -> Farewell {
        self.over.cancelled().await;
        Farewell::Refused(self.reason.get().copied().unwrap_or(Code::ApiKeyInvalid))
    }
}

/// Every stay that something limits.
#[derive(Debug, Default)]
pub(super) struct Stays(Mutex<HashMap<Credential, Weak<Stay>>>);

impl Stays {
    /// The stay of this key or session, shared by all that come with it.
    pub(super) fn enter(&self, credential: Credential) -> Arc<Stay> {
        let mut stays = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stay) = stays.get(&credential).and_then(Weak::upgrade).filter(|stay| !stay.over.is_cancelled()) {
            return stay;
        }
        let stay = Arc::new(Stay { credential: Some(credential), ..Stay::unlimited() });
        stays.insert(credential, Arc::downgrade(&stay));
        stay
    }

    /// Those that somebody still has.
    pub(super) fn all(&self) -> Vec<Arc<Stay>> {
        let mut stays = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stays.retain(|_, stay| stay.strong_count() > 0);
        stays.values().filter_map(Weak::upgrade).collect()
    }
}
