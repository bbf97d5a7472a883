//! Following an app's log as it grows. A follower is a place in the log: what it has not yet taken waits in the database,
//! not in memory, so a slow one costs nothing and nobody misses or repeats an event. Followers of one app share what was
//! read last, so an event is read once a node, however many follow.

mod channel;
mod stay;

pub(crate) use channel::Told;
pub(crate) use stay::Farewell;

use super::log::LogError;
use super::{Caller, Gateway};
use channel::Channel;
use stay::{Stay, Stays};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use zenwallet_core::Code;
use zenwallet_core::id::AppId;
use zenwallet_store::{Grown, StoreError};

/// Most events taken at once.
const PAGE: u32 = 100;
/// Wait after a read that failed: the database may be back then.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Everybody who follows a log on this node.
#[derive(Debug)]
pub(super) struct Live {
    channels: Mutex<HashMap<AppId, Weak<Channel>>>,
    stays: Stays,
    ended: CancellationToken,
    max_per_app: usize,
}

impl Live {
    pub(super) fn new(max_per_app: usize) -> Self {
        Self { channels: Mutex::default(), stays: Stays::default(), ended: CancellationToken::new(), max_per_app }
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<AppId, Weak<Channel>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The app's channel with room for one more follower; the gateway's own always has room.
    fn enter(&self, app_id: AppId, is_own: bool) -> Result<Arc<Channel>, FollowError> {
        let mut channels = self.channels();
        let open = channels.get(&app_id).and_then(Weak::upgrade);
        let Some(channel) = open else {
            let channel = Arc::new(Channel::new(app_id));
            channels.insert(app_id, Arc::downgrade(&channel));
            return Ok(channel);
        };
        // Each follower holds the channel once; this is one more.
        if !is_own && Arc::strong_count(&channel) > self.max_per_app {
            return Err(FollowError::Refused(Code::LiveConnectionLimit));
        }
        Ok(channel)
    }

    fn leave(&self, app_id: AppId) {
        let mut channels = self.channels();
        if channels.get(&app_id).is_some_and(|channel| channel.strong_count() == 0) {
            channels.remove(&app_id);
        }
    }
}

/// Why a log cannot be followed.
#[derive(Debug)]
pub(crate) enum FollowError {
    /// For the reason of this code.
    Refused(Code),
    /// Not from that place.
    Log(LogError),
}

impl From<LogError> for FollowError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

/// Who follows, for how long they may, and where they are.
pub(crate) struct Follower {
    gateway: Arc<Gateway>,
    /// `None` only while it is dropped.
    channel: Option<Arc<Channel>>,
    woken: watch::Receiver<u64>,
    stay: Arc<Stay>,
    after: i64,
}

impl Follower {
    /// The number of the last event that was taken.
    pub(crate) fn after(&self) -> i64 {
        self.after
    }

    /// Waits for events behind those that were taken, and takes them in order. May be dropped at any time: what it has
    /// not given is given next.
    pub(crate) async fn next(&mut self) -> Result<Vec<Arc<Told>>, Farewell> {
        loop {
            let version = *self.woken.borrow_and_update();
            let ended = self.gateway.live.ended.clone();
            let stay = Arc::clone(&self.stay);
            let page = tokio::select! {
                biased;
                () = ended.cancelled() => return Err(Farewell::Shutdown),
                farewell = stay.ended() => return Err(farewell),
                // In a box of its own: a follower spends its time waiting, not reading, and holds no room for it.
                page = Box::pin(self.read(version)) => page,
            };
            let pause = match page {
                Ok(page) => {
                    if let Some(last) = page.last() {
                        self.after = last.seq;
                        return Ok(page);
                    }
                    None
                }
                Err(LogError::Store(error @ (StoreError::Unavailable(_) | StoreError::Overloaded))) => {
                    tracing::debug!(%error, "a log could not be read; trying again");
                    Some(RETRY_AFTER)
                }
                Err(error) => return Err(Farewell::Log(error)),
            };
            tokio::select! {
                biased;
                () = ended.cancelled() => return Err(Farewell::Shutdown),
                farewell = stay.ended() => return Err(farewell),
                () = wait(&mut self.woken, pause) => {}
            }
        }
    }

    async fn read(&self, version: u64) -> Result<Vec<Arc<Told>>, LogError> {
        match &self.channel {
            Some(channel) => channel.read(&self.gateway, self.after, version).await,
            None => Ok(Vec::new()),
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(channel) = self.channel.take() {
            let app_id = channel.app_id;
            drop(channel);
            self.gateway.live.leave(app_id);
        }
    }
}

/// Waits for the time given, or else until woken.
async fn wait(woken: &mut watch::Receiver<u64>, pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        // The sender lives in the channel, which the follower holds.
        None => drop(woken.changed().await),
    }
}

impl Gateway {
    /// Follows the log of a caller's app behind `after`, or from its present end.
    pub(crate) async fn follow(self: &Arc<Self>, caller: &Caller, after: Option<i64>) -> Result<Follower, FollowError> {
        let app_id = caller.app.id;
        let stay = self.live.stays.enter(caller.credential);
        let follower = self.take_place(app_id, stay)?;
        self.place(follower, app_id, after).await
    }

    /// Follows an app's log from its present end on the gateway's own behalf: for those who see a part of it.
    pub(crate) async fn follow_for_payers(self: &Arc<Self>, app_id: AppId) -> Result<Follower, FollowError> {
        let follower = self.take_place(app_id, Arc::new(Stay::unlimited()))?;
        self.place(follower, app_id, None).await
    }

    fn take_place(self: &Arc<Self>, app_id: AppId, stay: Arc<Stay>) -> Result<Follower, FollowError> {
        let channel = self.live.enter(app_id, stay.credential().is_none())?;
        let woken = channel.subscribe();
        Ok(Follower { gateway: Arc::clone(self), channel: Some(channel), woken, stay, after: 0 })
    }

    /// Finds the place in the log. The follower is woken already by what is appended from here on.
    async fn place(&self, mut follower: Follower, app_id: AppId, after: Option<i64>) -> Result<Follower, FollowError> {
        follower.after = self.find_place(app_id, after).await?;
        Ok(follower)
    }

    /// Wakes those who follow what has grown.
    pub(crate) fn wake_followers(&self, grown: &Grown) {
        let channels = self.live.channels();
        match grown {
            Grown::These(apps) => {
                for channel in apps.iter().filter_map(|app_id| channels.get(app_id)).filter_map(Weak::upgrade) {
                    channel.wake();
                }
            }
            Grown::Any => channels.values().filter_map(Weak::upgrade).for_each(|channel| channel.wake()),
        }
    }

    /// Waits until logs may have grown.
    pub(crate) async fn grown_logs(&self) -> Grown {
        self.store.grown_logs().await
    }

    /// Whether word comes of what other nodes append.
    pub(crate) fn hears_of_other_nodes(&self) -> bool {
        self.store.hears_of_other_nodes()
    }

    /// Asks the database how far the followed logs go, and wakes the followers of those that are not where `known` had
    /// them.
    pub(crate) async fn look_at_followed_logs(&self, known: &mut HashMap<AppId, i64>) -> Result<(), StoreError> {
        let followed: Vec<AppId> = self.live.channels().keys().copied().collect();
        if followed.is_empty() {
            known.clear();
            return Ok(());
        }
        let ends: HashMap<_, _> = self.store.log_ends(&followed).await?.into_iter().collect();
        let grown = ends.iter().filter(|(app_id, end)| known.get(app_id) != Some(end)).map(|(app_id, _)| *app_id);
        self.wake_followers(&Grown::These(grown.collect()));
        *known = ends;
        Ok(())
    }

    /// Shows out who follows with a key or a session that no longer lets them in.
    pub(crate) async fn show_out_refused_followers(&self) {
        for stay in self.live.stays.all() {
            let Some(credential) = stay.credential() else { continue };
            if let Err(Some(code)) = self.recheck(credential).await {
                stay.end(code);
            }
        }
    }

    /// How many follow, payers' own follower included.
    pub(crate) fn count_followers(&self) -> usize {
        self.live.channels().values().map(Weak::strong_count).sum()
    }

    /// Resolves when nobody may follow any more.
    pub(crate) async fn following_ended(&self) {
        self.live.ended.cancelled().await;
    }

    /// Ends what would never end by itself: nobody follows any more.
    pub fn end_following(&self) {
        self.live.ended.cancel();
    }
}
