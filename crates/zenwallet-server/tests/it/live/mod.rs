//! The log as it is read and followed: the feed, single events, the stream.

mod feed;
mod stream;

use crate::support::{Answer, Tenant, TestApp};
use serde_json::Value;

/// A page of the feed.
async fn page(app: &TestApp, tenant: &Tenant, query: &str) -> Answer {
    app.get(format!("/api/events?{query}")).key(tenant).send().await
}

/// The whole feed behind a number, page by page; each page's end is the next one's beginning.
async fn feed(app: &TestApp, tenant: &Tenant, mut after: i64, limit: usize) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let answer = page(app, tenant, &format!("after_seq={after}&limit={limit}")).await.expect(200).json();
        let events = answer["data"].as_array().unwrap();
        assert!(events.len() <= limit);
        all.extend(events.iter().cloned());
        let next = answer["next_after_seq"].as_i64().unwrap();
        assert_eq!(next, after + i64::try_from(events.len()).unwrap());
        if answer["has_more"] == false {
            return all;
        }
        assert_eq!(events.len(), limit);
        after = next;
    }
}

fn seqs(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["seq"].as_i64().unwrap()).collect()
}
