//! Client of ZenWallet, a virtual payment gateway: create payments, follow their events, verify their webhooks.
//!
//! ```no_run
//! # async fn run() -> Result<(), zenwallet_sdk::Error> {
//! use zenwallet_sdk::{Amount, Client, CreatePayment};
//!
//! let client = Client::from_env()?; // ZENWALLET_API_KEY, ZENWALLET_URL
//! let order = CreatePayment { reference_id: Some("ORDER_123".into()), ..CreatePayment::new(Amount::from(500), "COINS") };
//! let payment = client.payments().create(&order).await?;
//! println!("pay at {}", payment.payment_url);
//! # Ok(())
//! # }
//! ```
//!
//! Every call has a deadline, is repeated where a repeat is safe and may help, and ends with an [`Error`] that says what to
//! do. Answers of a newer gateway, with fields and names that this version does not know, are read all the same.

#![expect(
    clippy::disallowed_methods,
    reason = "a library of its own: it reads the machine's clock, randomness and environment itself"
)]

mod amount;
mod answer;
mod apps;
mod builder;
mod client;
mod deliveries;
mod error;
mod events;
mod listener;
mod models;
mod payments;
mod retry;
mod secret;
mod sessions;
mod stream;
mod webhooks;

pub use amount::{Amount, AmountError};
pub use apps::{Apps, Keys};
pub use builder::Builder;
pub use client::Client;
pub use deliveries::Deliveries;
pub use error::{ApiError, Error, ErrorKind};
pub use events::{EventStream, EventWalk, Events};
pub use listener::{Listened, Listener};
pub use models::*;
pub use payments::{PaymentWalk, Payments};
pub use secret::Secret;
pub use sessions::Sessions;
pub use webhooks::{SignatureError, Webhooks};

/// What a call comes to.
pub type Result<T> = std::result::Result<T, Error>;
