//! `/api/events`: the app's log, read again or followed.

use crate::client::{Call, path};
use crate::stream::{LogStream, Lost, Message};
use crate::{Client, Error, Event, EventList, EventType, ListEvents, Result};
use std::collections::VecDeque;
use std::time::Duration;

/// The app's log of events.
#[derive(Debug)]
pub struct Events<'a>(pub(crate) &'a Client);

impl Events<'_> {
    /// One event.
    pub async fn get(&self, event_id: &str) -> Result<Event> {
        self.0.call(Call::get(path(&["api", "events", event_id])?)).await
    }

    /// A page of the log, the oldest first.
    pub async fn list(&self, wanted: &ListEvents) -> Result<EventList> {
        self.0.call(Call::get("/api/events").with_query(wanted.pairs())).await
    }

    /// The log to its present end, page after page as it is taken.
    pub fn list_all(&self, wanted: ListEvents) -> EventWalk {
        EventWalk { client: self.0.clone(), wanted: Some(wanted), page: VecDeque::new() }
    }

    /// Follows the log behind `after_seq`, else from now on. Connects again by itself: nothing is missed or told twice.
    pub fn stream(&self, after_seq: Option<i64>, of_type: Option<EventType>) -> EventStream {
        let query = of_type.map(|of_type| ("type", of_type.to_string()));
        let call = Call::get("/api/events/stream").with_query(query.into_iter().collect());
        EventStream { stream: LogStream::new(self.0.clone(), call, after_seq), early: None }
    }
}

/// Events, page after page.
#[derive(Debug)]
pub struct EventWalk {
    client: Client,
    wanted: Option<ListEvents>,
    page: VecDeque<Event>,
}

impl EventWalk {
    /// The next event; `None` at the end of the log. After an error the walk can go on where it was.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.page.pop_front() {
                return Ok(Some(event));
            }
            let Some(wanted) = &mut self.wanted else { return Ok(None) };
            let page = self.client.events().list(wanted).await?;
            if page.has_more && wanted.after_seq.is_some_and(|after| page.next_after_seq <= after) {
                self.wanted = None;
                return Err(Error::InvalidResponse("the log goes round: a place came twice".to_owned()));
            }
            wanted.after_seq = Some(page.next_after_seq);
            if !page.has_more {
                self.wanted = None;
            }
            self.page = page.data.into();
        }
    }
}

/// Events as they happen.
#[derive(Debug)]
pub struct EventStream {
    stream: LogStream,
    /// Came while only the beginning was waited for.
    early: Option<Event>,
}

impl EventStream {
    /// The `seq` to come back with: of the last event that was told, or passed over. None until the gateway has said
    /// where the stream begins.
    pub fn last_seq(&self) -> Option<i64> {
        self.stream.last_seq()
    }

    /// Is told whenever the connection was lost, and after what wait it is tried again.
    pub fn on_lost(mut self, told: impl Fn(&Error, Duration) + Send + Sync + 'static) -> Self {
        self.stream.on_lost(Lost::new(told));
        self
    }

    /// Waits until the stream has begun: what happens from then on is told.
    pub async fn ready(&mut self) -> Result<()> {
        if self.stream.last_seq().is_none() {
            self.early = event(&self.stream.next().await?)?;
        }
        Ok(())
    }

    /// Waits for the next event. An error is one that connecting again cannot mend. May be dropped at any time: what it
    /// has not given is given next.
    pub async fn next(&mut self) -> Result<Event> {
        loop {
            let next = match self.early.take() {
                Some(early) => Some(early),
                None => event(&self.stream.next().await?)?,
            };
            if let Some(event) = next {
                return Ok(event);
            }
        }
    }
}

/// The event of a message; `None`: it only moves the place on.
fn event(message: &Message) -> Result<Option<Event>> {
    if message.data.is_empty() {
        return Ok(None);
    }
    let invalid = |why| Error::InvalidResponse(format!("the stream told what is no event: {why}"));
    serde_json::from_str(&message.data).map(Some).map_err(invalid)
}
