//! What is said and done: the HTTP API, the payer's page and the workers.
//!
//! `http`, `pay_page` and `worker` call `gateway`, the use-cases, and never each other; `gateway` calls the
//! store and the core. `wire` holds every JSON shape that is promised.

pub mod config;
pub mod gateway;
pub mod http;
pub mod metrics;
mod pay_page;
mod qr;
mod wire;
pub mod worker;

pub use http::openapi;
