//! Shares of monthly limits that were reached here, until they are told.

use std::sync::{Mutex, PoisonError};
use zenwallet_core::id::AppId;
use zenwallet_core::usage::Month;

/// Most that wait on one node. Each app has two a month; what is lost here is told by another node, or after a restart.
const WAITING_MAX: usize = 10_000;

/// A share of an app's monthly limit that was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::gateway) struct Share {
    pub(in crate::gateway) app_id: AppId,
    pub(in crate::gateway) percent: u32,
    pub(in crate::gateway) used: i64,
    pub(in crate::gateway) most: u32,
    pub(in crate::gateway) month: Month,
}

/// Those that are to be told.
#[derive(Debug, Default)]
pub(super) struct Shares(Mutex<Vec<Share>>);

impl Shares {
    /// Keeps one more. It can come more than once, from every node and after a restart.
    pub(super) fn add(&self, share: Share) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < WAITING_MAX {
            waiting.push(share);
        }
    }

    pub(super) fn take(&self) -> Vec<Share> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn give_back(&self, shares: Vec<Share>) {
        shares.into_iter().for_each(|share| self.add(share));
    }
}
