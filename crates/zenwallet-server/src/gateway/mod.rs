//! The use-cases: one function each, named as the sentence you would say. HTTP, the payer's page, the command
//! line and the workers call the same ones.

mod analytics;
mod apps;
mod buckets;
mod delivery;
mod inbox;
mod keys;
mod listener;
mod live;
mod log;
mod payments;
mod people;
mod scope;
mod search;
mod secrets;
mod system;
mod timeline;
mod usage;
mod webhooks;

pub use crate::wire::app::NewApp;
pub use crate::wire::auth::NewAccount;
pub use apps::{AppError, CreatedApp};
pub(crate) use delivery::DressingError;
pub(crate) use inbox::Post;
pub use keys::{Caller, KeyRefusal};
pub(crate) use listener::Listener;
pub(crate) use live::{Farewell, FollowError, Follower, Told};
pub(crate) use log::LogError;
pub use log::LogRules;
pub use payments::Idempotency;
pub(crate) use payments::{Answer, Simulated};
pub(crate) use people::{AccessTokens, Granted, authenticator, hash_of};
pub use people::{Login, OpenedLink, PeopleError, Visitor};
pub(crate) use scope::WantedApps;
pub use secrets::{InstanceKey, SecretError};
pub(crate) use usage::CreateError;
pub use webhooks::WebhookRules;
pub(crate) use webhooks::{TestTarget, WebhookError};

use crate::mail::Mailer;
use crate::qr::{QrCodes, QrError};
use crate::wire::payment::PaymentView;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use zenwallet_core::id::IdSource;
use zenwallet_core::time::{Clock, Timestamp};
use zenwallet_store::{Command, Store, StoreError};

/// Longest wait of a readiness check, so that a stuck disk is told rather than waited for.
const READINESS_TIMEOUT: Duration = Duration::from_secs(2);

/// Everything that a use-case needs. Made once, shared by all.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) ids: Arc<IdSource>,
    pub(crate) view: PaymentView,
    pub(crate) webhooks: WebhookRules,
    mailer: Option<Mailer>,
    log: LogRules,
    live: live::Live,
    key: InstanceKey,
    callers: keys::Callers,
    people: people::People,
    signing_keys: delivery::SigningKeys,
    usage: usage::Usage,
    started_at: Timestamp,
}

/// Why a gateway cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The public URL cannot be put into a QR code.
    #[error("public_url: {0}")]
    Qr(#[from] QrError),
    /// The database's secrets were sealed with another key.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl Gateway {
    /// A gateway over a migrated store. `public_url` is what payment URLs start with.
    pub async fn new(
        store: Store,
        clock: Clock,
        ids: Arc<IdSource>,
        key: InstanceKey,
        webhooks: WebhookRules,
        log: LogRules,
        public_url: &str,
    ) -> Result<Self, StartError> {
        key.check_belongs_to(&store).await?;
        store.set_instance_value("public_url", public_url).await?;
        let page_prefix = format!("{public_url}/pay/pay_");
        let view = PaymentView { qr: QrCodes::new(&page_prefix)?, page_prefix };
        let (callers, signing_keys) = (keys::Callers::new(), delivery::SigningKeys::new());
        let people = people::People::new(&ids, public_url);
        let live = live::Live::new(log.max_followers_per_app);
        let (usage, mailer) = (usage::Usage::default(), None);
        let started_at = clock.now();
        Ok(Self {
            store,
            clock,
            ids,
            view,
            webhooks,
            mailer,
            log,
            live,
            key,
            callers,
            people,
            signing_keys,
            usage,
            started_at,
        })
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether a payment could be created and read at this moment: a real commit and a real read.
    pub async fn check_ready(&self) -> Result<(), StoreError> {
        let check = async { tokio::try_join!(self.store.commit(Command::Probe), self.store.check_read()) };
        match tokio::time::timeout(READINESS_TIMEOUT, check).await {
            Ok(result) => result.map(drop),
            Err(_) => Err(StoreError::Unavailable("the database did not answer in time".to_owned())),
        }
    }

    /// What addresses of this gateway start with.
    pub(crate) fn public_url(&self) -> &str {
        self.people.public_url()
    }

    /// Whether there is any app.
    pub async fn has_apps(&self) -> Result<bool, StoreError> {
        Ok(!self.store.list_apps().await?.is_empty())
    }

    /// Resolves with the reason when the store can no longer be trusted to write: then the process must end.
    pub async fn failed_for_good(&self) -> String {
        self.store.failed_for_good().await
    }

    /// Answers what was accepted, then stops writing.
    pub async fn close(&self) {
        self.store.close().await;
    }
}
