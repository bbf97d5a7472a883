//! What a payment is: pure, synchronous, no I/O.
//!
//! Everything that decides lives here, so that both databases, the HTTP API, the payer's page and the
//! workers cannot disagree. Nothing here reads a clock, a file or a socket: time and randomness come in as
//! [`time::Clock`] and [`id::IdSource`].

pub mod alert;
pub mod analytics;
pub mod app;
pub mod audit;
pub mod calendar;
pub mod delivery;
pub mod egress;
pub mod endpoint;
pub mod event;
pub mod id;
pub mod inbox;
pub mod json;
pub mod limits;
pub mod metadata;
pub mod money;
pub mod payment;
pub mod rate;
pub mod rejection;
pub mod session;
pub mod signature;
pub mod text;
pub mod time;
pub mod usage;
pub mod user;

pub use rejection::{Code, Rejection};
