//! Every shape that is promised: what requests may hold and what answers look like.

pub(crate) mod analytics;
pub(crate) mod app;
pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod cursor;
pub(crate) mod delivery;
pub(crate) mod docs;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod inbox;
pub(crate) mod levers;
pub(crate) mod list;
pub(crate) mod notification;
pub(crate) mod payment;
pub(crate) mod query;
pub(crate) mod scope;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod socket;
pub(crate) mod system;
pub(crate) mod timeline;
pub(crate) mod usage;
pub(crate) mod user;
