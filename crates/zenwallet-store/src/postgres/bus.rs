//! Word between nodes: which logs have grown. It goes by LISTEN and NOTIFY on a connection of its own, after the
//! commits that it tells of and outside of them: a NOTIFY within a transaction makes all that do it commit one by one.
//! What is lost here (a connection that broke, a node that died before it could tell) is found by those who poll.

use super::connect::{Ear, Target, describe};
use crate::log::{Grown, News};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio_postgres::Client;
use tokio_postgres::types::Type;
use zenwallet_core::id::{AppId, Id, Kind};

/// What all nodes of a database listen to.
const CHANNEL: &str = "zenwallet_log";
/// A NOTIFY carries less than 8000 bytes: so many ids of 22 characters, with a separator each.
const APPS_PER_WORD: usize = 300;
/// Least time between two words of one node: more news goes into the next.
const PAUSE: Duration = Duration::from_millis(5);
/// How often a connection on which nothing is said is tried.
const TRY_AFTER: Duration = Duration::from_secs(10);
/// Waits between attempts to connect.
const BACKOFF: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];
const TELL: &str = "SELECT pg_notify($1, $2)";
/// Nothing here is worth a sync: the transaction of a NOTIFY is empty.
const LISTEN: &str = "SET synchronous_commit = off; LISTEN zenwallet_log";

/// The bus of one node.
pub(super) struct Bus {
    pub(super) target: Target,
    /// Distinguishes this node's words from others'.
    pub(super) origin: String,
    /// What grew here.
    pub(super) outgoing: News,
    /// What grew anywhere.
    pub(super) incoming: News,
    pub(super) is_listening: Arc<AtomicBool>,
    pub(super) timeout: Duration,
}

impl Bus {
    /// Tells and listens until asked to stop.
    pub(super) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut failures = 0;
        while !*stopping.borrow() {
            let ended = tokio::select! {
                ended = self.converse() => ended,
                _ = stopping.changed() => return,
            };
            let listened = self.is_listening.swap(false, Ordering::Relaxed);
            failures = if listened { 0 } else { failures + 1 };
            tracing::warn!(reason = ended, "no word from other nodes; asking the database instead");
            let wait = BACKOFF[failures.min(BACKOFF.len() - 1)];
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stopping.changed() => return,
            }
        }
    }

    /// One connection to its end; why it ended.
    async fn converse(&self) -> String {
        let (client, mut ear) = match self.target.connect_to_listen().await {
            Ok(connected) => connected,
            Err(error) => return error.to_string(),
        };
        if let Err(reason) = self.within(client.batch_execute(LISTEN)).await {
            return reason;
        }
        self.is_listening.store(true, Ordering::Relaxed);
        // What was said before this connection listened was not heard.
        self.incoming.tell_of_any();
        loop {
            let ended = tokio::select! {
                heard = ear.recv() => match heard {
                    Some(word) => {
                        self.incoming.tell(self.apps_of_others(&word));
                        Ok(())
                    }
                    None => Err("the connection ended".to_owned()),
                },
                grown = self.outgoing.heard() => self.tell(&client, grown, &mut ear).await,
                () = tokio::time::sleep(TRY_AFTER) => self.within(client.batch_execute("SELECT 1")).await,
            };
            if let Err(reason) = ended {
                return reason;
            }
        }
    }

    /// Tells the other nodes what grew here, and hears them meanwhile.
    async fn tell(&self, client: &Client, grown: Grown, ear: &mut Ear) -> Result<(), String> {
        let apps = match grown {
            Grown::These(apps) => apps.into_iter().collect::<Vec<_>>(),
            Grown::Any => return Ok(()),
        };
        for part in apps.chunks(APPS_PER_WORD) {
            let word = self.word(part);
            self.within(client.query_typed(TELL, &[(&CHANNEL, Type::TEXT), (&word, Type::TEXT)])).await?;
        }
        let pause = tokio::time::sleep(PAUSE);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return Ok(()),
                heard = ear.recv() => match heard {
                    Some(word) => self.incoming.tell(self.apps_of_others(&word)),
                    None => return Err("the connection ended".to_owned()),
                },
            }
        }
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<(), String> {
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(describe(&error)),
            Err(_) => Err("the database did not answer in time".to_owned()),
        }
    }

    fn word(&self, apps: &[AppId]) -> String {
        let mut word = self.origin.clone();
        for app_id in apps {
            word.push(' ');
            word.push_str(&String::from_utf8_lossy(&app_id.base62()));
        }
        word
    }

    /// The apps that a word of another node names; those of our own are known already.
    fn apps_of_others(&self, word: &str) -> BTreeSet<AppId> {
        let mut parts = word.split(' ');
        if parts.next() == Some(&self.origin) {
            return BTreeSet::new();
        }
        parts.filter_map(|id| Id::parse(&format!("{}{id}", zenwallet_core::id::AppKind::PREFIX))).collect()
    }
}
