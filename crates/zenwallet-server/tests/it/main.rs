//! The gateway from outside: every promise of the HTTP API, the payer's page and the documents, on both databases.
//!
//! Most cases call [`zenwallet_server::App`] in the process, with a clock moved by hand; where a real socket
//! matters there is `TestServer`. Nothing here sleeps to let something happen: it polls, with a deadline.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
mod support;

mod analytics;
mod codes;
mod dashboard;
mod docs;
mod docs_site;
mod errors;
mod idempotency;
mod idempotency_storm;
mod isolation;
mod keys;
mod live;
mod mail;
mod outage;
mod pay_page;
mod payments;
mod people;
mod rate_limits;
mod scopes;
mod search;
mod sockets;
mod system;
mod usage;
mod webhooks;
