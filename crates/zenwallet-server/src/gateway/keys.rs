//! Who calls: keys to apps, remembered for a moment so that a request costs no query.

use super::Gateway;
use super::buckets::{Bucket, Buckets};
use super::people::{Login, PeopleError};
use super::usage::Counter;
use moka::future::Cache;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use zenwallet_core::Code;
use zenwallet_core::app::{ApiKey, App, KeyHash};
use zenwallet_core::id::{AppId, KeyId, SessionId};
use zenwallet_core::limits::USER_RATE_PER_S;
use zenwallet_core::rate::{Policy, Verdict};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{Bug, LastUse, StoreError, planted};

/// How long a key is believed without asking the database: a revoked one is refused within this time.
const BELIEVED_FOR: Duration = Duration::from_millis(500);
/// Most keys remembered, wrong ones too.
const REMEMBERED_MAX: u64 = 100_000;
/// Every key has its environment's prefix and 43 characters.
const KEY_BYTES: usize = 51;

/// What lets a caller in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Credential {
    /// A key of the app.
    Key(KeyHash),
    /// The session of a user who may see the app.
    Session(SessionId, AppId),
}

/// Who may come in, with what the requests need.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The app.
    pub app: Arc<App>,
    /// What it is let in by.
    pub(crate) credential: Credential,
    /// The user, where it is one.
    pub(crate) login: Option<Arc<Login>>,
    limit: Option<(Policy, Arc<Bucket>)>,
    /// Where the requests of an app are counted; what its users look at is not counted.
    counter: Option<Arc<Counter>>,
}

impl Caller {
    /// Takes one request out of the key's bucket, and counts it if it is let in; `None` where there is no limit.
    pub fn admit(&self, now: Timestamp) -> Option<(Policy, Verdict)> {
        let verdict = self.limit.as_ref().map(|(policy, bucket)| (*policy, bucket.admit(*policy, now)));
        if let Some(counter) = &self.counter
            && verdict.is_none_or(|(_, verdict)| verdict.allowed)
        {
            counter.count_request(now);
        }
        verdict
    }
}

/// Why a key is not let in.
#[derive(Clone, Debug)]
pub enum KeyRefusal {
    /// For the reason of this code.
    Refused(Code),
    /// The store failed.
    Store(StoreError),
}

#[derive(Clone, Debug)]
struct Known {
    key: ApiKey,
    caller: Caller,
}

/// The keys seen lately, their buckets and their last use.
#[derive(Debug)]
pub(super) struct Callers {
    known: Cache<KeyHash, Option<Arc<Known>>>,
    buckets: Buckets,
    used: Mutex<HashMap<KeyId, LastUse>>,
}

impl Callers {
    pub(super) fn new() -> Self {
        let known = Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(BELIEVED_FOR).build();
        Self { known, buckets: Buckets::default(), used: Mutex::default() }
    }

    /// Lets a key be read anew: something of it has just changed here.
    pub(super) async fn forget(&self, hash: KeyHash) {
        self.known.invalidate(&hash).await;
    }

    /// Remembers a use until it is written down.
    fn note_use(&self, used: LastUse) {
        let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(&used.key_id).and_then(|before| before.address);
        all.insert(used.key_id, LastUse { address: used.address.or(before), ..used });
    }

    /// The key of this hash, asked of the database by one request at a time.
    async fn find(
        &self,
        gateway: &Gateway,
        hash: KeyHash,
        (now, address): (Timestamp, Option<IpAddr>),
    ) -> Result<Option<Arc<Known>>, StoreError> {
        let load = async {
            let Some((key, app)) = gateway.store.find_key(hash).await? else { return Ok(None) };
            self.note_use(LastUse { key_id: key.id, at: now, address });
            let policy = app.rate_per_s().map(Policy::per_second);
            let limit = policy.map(|policy| (policy, self.buckets.of(key.id, policy)));
            let (credential, counter) = (Credential::Key(hash), Some(gateway.counter_of(app.id)));
            let caller = Caller { app: Arc::new(app), credential, login: None, limit, counter };
            Ok(Some(Arc::new(Known { caller, key })))
        };
        self.known.try_get_with(hash, load).await.map_err(|error: Arc<StoreError>| (*error).clone())
    }
}

impl Gateway {
    /// Lets a key in that calls from this address, or says why not.
    pub async fn recognise_caller(&self, key: &str, address: Option<IpAddr>) -> Result<Caller, KeyRefusal> {
        let shaped = key.len() == KEY_BYTES && (key.starts_with("sk_test_") || key.starts_with("sk_live_"));
        if !shaped {
            return Err(KeyRefusal::Refused(Code::ApiKeyInvalid));
        }
        self.recognise_key(KeyHash::of(key), address).await
    }

    /// Lets a user in as one of the apps that he may see.
    pub(crate) async fn recognise_user_of(&self, login: Login, app_id: AppId) -> Result<Caller, PeopleError> {
        self.require_totp(&login.user)?;
        let app = Arc::new(self.app_of(&login.user, app_id).await?);
        let credential = Credential::Session(login.session.id, app_id);
        let limit = Some(self.user_limit(&login));
        Ok(Caller { app, credential, login: Some(Arc::new(login)), limit, counter: None })
    }

    /// Takes one request out of a session's bucket.
    pub(crate) fn admit_user(&self, login: &Login) -> (Policy, Verdict) {
        let (policy, bucket) = self.user_limit(login);
        (policy, bucket.admit(policy, self.now()))
    }

    fn user_limit(&self, login: &Login) -> (Policy, Arc<Bucket>) {
        let policy = Policy::per_second(USER_RATE_PER_S);
        (policy, self.callers.buckets.of(KeyId::from_bytes(login.session.id.to_bytes()), policy))
    }

    /// Whether what let somebody in still would, or why not.
    pub(crate) async fn recheck(&self, credential: Credential) -> Result<(), Option<Code>> {
        match credential {
            Credential::Key(hash) => match self.recognise_key(hash, None).await {
                Ok(_) => Ok(()),
                Err(KeyRefusal::Refused(code)) => Err(Some(code)),
                Err(KeyRefusal::Store(_)) => Err(None),
            },
            Credential::Session(id, app_id) => match self.recheck_session(id, app_id).await {
                Ok(()) => Ok(()),
                Err(PeopleError::Refused(code)) => Err(Some(code)),
                Err(_) => Err(None),
            },
        }
    }

    /// Lets the key of this hash in, or says why not.
    pub(crate) async fn recognise_key(&self, hash: KeyHash, address: Option<IpAddr>) -> Result<Caller, KeyRefusal> {
        let now = self.now();
        let found = self.callers.find(self, hash, (now, address)).await.map_err(KeyRefusal::Store)?;
        let known = found.ok_or(KeyRefusal::Refused(Code::ApiKeyInvalid))?;
        // Whenever that was: a clock that is set back gives nobody his key back.
        if known.key.revoked_at.is_some() {
            return Err(KeyRefusal::Refused(Code::ApiKeyRevoked));
        }
        if known.key.expires_at.is_some_and(|at| at <= now) {
            return Err(KeyRefusal::Refused(Code::ApiKeyExpired));
        }
        if !known.caller.app.is_active {
            return Err(KeyRefusal::Refused(Code::AppDisabled));
        }
        Ok(known.caller.clone())
    }

    /// Writes down when and from where keys last called, and forgets what need not be remembered.
    pub async fn note_key_use(&self) -> Result<(), StoreError> {
        self.callers.buckets.forget_full(self.now());
        let used = std::mem::take(&mut *self.callers.used.lock().unwrap_or_else(PoisonError::into_inner));
        let used: Vec<_> = used.into_values().collect();
        if used.is_empty() {
            return Ok(());
        }
        self.store.touch_keys(&used).await
    }

    /// Tells the other nodes how keys were used here, and takes what they let in out of the buckets here.
    pub async fn share_key_use(&self) -> Result<(), StoreError> {
        let told = self.callers.buckets.to_tell(self.now());
        if told.is_empty() || planted(Bug::LimitsApart) {
            return Ok(());
        }
        let heard = self.store.exchange_key_use(&self.webhooks.node, &told).await?;
        self.callers.buckets.hear(&told, &heard, self.now());
        Ok(())
    }

    /// Forgets what nodes told of keys that nobody uses any more.
    pub async fn prune_key_use(&self) -> Result<u64, StoreError> {
        self.store.prune_key_use(self.now()).await
    }
}
