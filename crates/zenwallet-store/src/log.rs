//! The logs as those who follow them need them: what is kept of one, and word that it may have grown. Word is left after
//! each commit and heard by one listener; what nobody hears is bounded by the number of apps.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;
use zenwallet_core::id::AppId;

/// What is kept of an app's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogSpan {
    /// The number of its first event; one more than `last` when none is kept.
    pub first: i64,
    /// The number of its last event, kept or not; 0 before the first.
    pub last: i64,
}

impl Default for LogSpan {
    fn default() -> Self {
        Self { first: 1, last: 0 }
    }
}

/// The logs that may have grown since the last time of asking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Grown {
    /// These.
    These(BTreeSet<AppId>),
    /// Any: for a while nobody was told.
    Any,
}

/// A place to leave news; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct News(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    grown: Mutex<Grown>,
    told: Notify,
}

impl News {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { grown: Mutex::new(Grown::These(BTreeSet::new())), told: Notify::new() }))
    }

    /// These logs may have grown.
    pub(crate) fn tell(&self, apps: impl IntoIterator<Item = AppId>) {
        let mut apps = apps.into_iter().peekable();
        if apps.peek().is_none() {
            return;
        }
        if let Grown::These(known) = &mut *self.0.grown.lock().unwrap_or_else(PoisonError::into_inner) {
            known.extend(apps);
        }
        self.0.told.notify_one();
    }

    /// Any log may have grown.
    pub(crate) fn tell_of_any(&self) {
        *self.0.grown.lock().unwrap_or_else(PoisonError::into_inner) = Grown::Any;
        self.0.told.notify_one();
    }

    /// Waits until there is something, and takes it. Nothing is lost when this is dropped.
    pub(crate) async fn heard(&self) -> Grown {
        loop {
            let told = self.0.told.notified();
            let nothing = Grown::These(BTreeSet::new());
            let grown = {
                let mut grown = self.0.grown.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::replace(&mut *grown, nothing.clone())
            };
            if grown != nothing {
                return grown;
            }
            told.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn app(n: u8) -> AppId {
        AppId::from_bytes([n; 16])
    }

    #[test]
    fn news_gathers_until_it_is_heard_and_is_heard_once() {
        let news = News::new();
        assert_eq!(news.heard().now_or_never(), None);
        news.tell([]);
        assert_eq!(news.heard().now_or_never(), None);
        news.tell([app(2), app(1)]);
        news.tell([app(2), app(3)]);
        assert_eq!(news.heard().now_or_never(), Some(Grown::These([app(1), app(2), app(3)].into())));
        assert_eq!(news.heard().now_or_never(), None);
        news.tell([app(1)]);
        news.tell_of_any();
        news.tell([app(2)]);
        assert_eq!(news.heard().now_or_never(), Some(Grown::Any));
        assert_eq!(news.heard().now_or_never(), None);
    }

    #[tokio::test]
    async fn a_listener_that_waits_is_woken() {
        let news = News::new();
        let listening = tokio::spawn({
            let news = news.clone();
            async move { news.heard().await }
        });
        tokio::task::yield_now().await;
        news.tell([app(1)]);
        assert_eq!(listening.await.unwrap(), Grown::These([app(1)].into()));
    }
}
