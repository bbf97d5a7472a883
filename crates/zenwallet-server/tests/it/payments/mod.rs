//! `/api/payments`

mod create;
mod create_refused;
mod expiry;
mod export;
mod get;
mod list;
mod list_filters;
mod qr;
mod races;
mod settle;
mod settle_refused;
