//! What the product must hold for every input. Each module is a target: `run` takes any bytes and panics where a property
//! does not hold. The fuzzer looks for such bytes (`make fuzz`); the test `replay` runs what it has kept.

pub mod amount;
pub mod config;
pub mod create;
pub mod csv_export;
pub mod cursor;
mod draw;
pub mod idempotency_key;
pub mod list_filters;
pub mod signature;
pub mod socket_frame;
pub mod token;
pub mod totp;
pub mod webhook_url;

/// A target: any bytes may come.
pub type Target = fn(&[u8]);

/// Every target with its name, which is that of its corpus.
pub const TARGETS: [(&str, Target); 12] = [
    ("amount", amount::run),
    ("config", config::run),
    ("create", create::run),
    ("csv_export", csv_export::run),
    ("cursor", cursor::run),
    ("idempotency_key", idempotency_key::run),
    ("list_filters", list_filters::run),
    ("signature", signature::run),
    ("socket_frame", socket_frame::run),
    ("token", token::run),
    ("totp", totp::run),
    ("webhook_url", webhook_url::run),
];
