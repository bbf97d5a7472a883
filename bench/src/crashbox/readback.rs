//! Reads everything back through the API when the faults have stopped.

use super::Told;
use super::orders;
use super::world::{World, lock};
use crate::clock::now_ms;
use crate::http::careful::Client;
use crate::journal::digest;
use crate::oracle::{Listing, ToldEvent};
use crate::report::say;
use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What the API tells afterwards.
pub(super) struct ReadBack {
    /// Each app's feed, one after the other.
    pub(super) feeds: Told,
    /// Each app's list and export.
    pub(super) listings: Vec<Listing>,
}

/// Reads at most `reads` payments one by one, and all of each app's list, export and feed.
pub(super) async fn read(world: &World, reads: usize) -> anyhow::Result<ReadBack> {
    let mut client = world.client(0);
    let mut known = lock(&world.known).clone();
    // A replay makes a payment known again.
    known.sort_unstable();
    known.dedup();
    // Evenly over the campaign: the first payments have seen the most crashes.
    for (app, id) in known.iter().step_by(known.len().div_ceil(reads.max(1)).max(1)) {
        world.submit(&mut client, orders::read(*app, id)).await;
    }
    let mut listings = Vec::new();
    for app in 0..world.apps.len() {
        let began_ms = now_ms();
        let payments = list(&mut client, world, app).await?;
        listings.push(Listing { app, source: "list", began_ms, payments });
        let began_ms = now_ms();
        let payments = export(&mut client, world, app).await?;
        listings.push(Listing { app, source: "export", began_ms, payments });
    }
    let feeds = read_feeds(&mut client, world).await;
    Ok(ReadBack { feeds, listings })
}

/// A feed that breaks off is evidence like any other: what it did not tell is missed when it is held against the log.
async fn read_feeds(client: &mut Client, world: &World) -> Told {
    let mut feeds = Told::new();
    for app in 0..world.apps.len() {
        let mut after = 0;
        loop {
            match feed_page(client, world, app, after).await {
                Ok(page) => match page.last() {
                    Some(last) if last.seq > after => {
                        after = last.seq;
                        feeds.extend(page);
                    }
                    Some(last) => {
                        say(format!("the feed goes back from {after} to {}", last.seq));
                        break;
                    }
                    None => break,
                },
                Err(error) => {
                    say(format!("a feed ends at {after}: {error:#}"));
                    break;
                }
            }
        }
    }
    feeds
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Box<RawValue>>,
    next_cursor: Option<String>,
    #[serde(default)]
    has_more: bool,
}

/// A page of an app's feed, after this number.
pub(super) async fn feed_page(client: &mut Client, world: &World, app: usize, after: i64) -> anyhow::Result<Told> {
    let path = format!("/api/events?after_seq={after}&limit=100");
    let body = client.get(&path, &world.apps[app].api_key, None).await?;
    let page: Page = serde_json::from_slice(&body)?;
    page.data.iter().map(|event| told(app, event)).collect()
}

fn told(app: usize, event: &RawValue) -> anyhow::Result<ToldEvent> {
    let value: Value = serde_json::from_str(event.get())?;
    let id = value.get("event_id").or_else(|| value.get("id")).and_then(Value::as_str);
    Ok(ToldEvent {
        app,
        seq: value.get("seq").and_then(Value::as_i64).with_context(|| format!("an event without seq: {event}"))?,
        event_id: id.with_context(|| format!("an event without its id: {event}"))?.to_owned(),
        digest: digest(event.get().as_bytes()),
    })
}

async fn list(client: &mut Client, world: &World, app: usize) -> anyhow::Result<Vec<(String, String)>> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/payments?limit=100{cursor}");
        let body = client.get(&path, &world.apps[app].api_key, None).await?;
        let page: Page = serde_json::from_slice(&body).context("a page of the list")?;
        for payment in &page.data {
            all.push(id_and_status(payment.get())?);
        }
        match page.next_cursor {
            Some(next) if page.has_more => cursor = format!("&cursor={}", percent_encoded(&next)),
            _ => return Ok(all),
        }
    }
}

async fn export(client: &mut Client, world: &World, app: usize) -> anyhow::Result<Vec<(String, String)>> {
    let accept = Some("application/x-ndjson");
    let body = client.get("/api/payments/export", &world.apps[app].api_key, accept).await?;
    let text = std::str::from_utf8(&body)?;
    text.lines().filter(|line| !line.is_empty()).map(id_and_status).collect()
}

fn id_and_status(payment: &str) -> anyhow::Result<(String, String)> {
    #[derive(Deserialize)]
    struct Listed {
        payment_id: String,
        status: String,
    }
    let listed: Listed = serde_json::from_str(payment).with_context(|| payment.to_owned())?;
    Ok((listed.payment_id, listed.status))
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_query() {
        assert_eq!(percent_encoded("aZ9-._~"), "aZ9-._~");
        assert_eq!(percent_encoded("a+b/c="), "a%2Bb%2Fc%3D");
    }

    #[test]
    fn an_event_is_told_by_its_own_bytes() {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).expect("JSON");
        let first = told(0, &raw(r#"{"seq":1,"event_id":"evt_1"}"#)).expect("an event");
        assert_eq!((first.seq, first.event_id.as_str()), (1, "evt_1"));
        assert_ne!(first.digest, told(0, &raw(r#"{"seq":1, "event_id":"evt_1"}"#)).expect("an event").digest);
        assert!(told(0, &raw("{}")).is_err());
    }
}
