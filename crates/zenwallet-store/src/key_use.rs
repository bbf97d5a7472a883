//! What nodes tell each other of the keys that call them, so that a rate limit holds over all; and what is noted of them.

use std::net::IpAddr;
use zenwallet_core::id::KeyId;
use zenwallet_core::time::Timestamp;

/// How a key was used on one node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyUse {
    /// Which key.
    pub key_id: KeyId,
    /// Requests let in since the node began to count.
    pub used: i64,
    /// When its bucket there would be full again; `None`: the node has not heard of the others yet.
    pub full_at: Option<Timestamp>,
}

/// When a key last called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastUse {
    /// Which key.
    pub key_id: KeyId,
    /// When.
    pub at: Timestamp,
    /// From where; `None` where nobody called, but a socket of the key is still open.
    pub address: Option<IpAddr>,
}
