//! What is said and done: the HTTP API, the payer's page and the workers.
//!
//! `listen` accepts connections for `app`, which puts `http`, `pay_page` and `realtime` behind one edge; they read
//! requests and tell errors through `edge`. They and `worker` call `gateway`, the use-cases, and never each other;
//! `gateway` calls the store and the core. `wire` holds every JSON shape that is promised.

mod app;
pub mod config;
mod dashboard;
mod docs;
mod edge;
pub mod egress;
#[doc(hidden)]
pub mod fuzz;
pub mod gateway;
mod http;
mod listen;
pub mod mail;
pub mod metrics;
mod pay_page;
mod qr;
mod realtime;
mod wire;
pub mod worker;

pub use app::{App, AppOptions, Peer};
pub use http::openapi;
pub use listen::{Limits, serve};
