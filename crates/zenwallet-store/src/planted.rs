//! Bugs planted on purpose, one at a time, to prove that the crash campaigns and the simulator would find them. They exist only
//! with the feature `planted-bugs`, which no release has.

/// A bug that the oracle must find.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// A caller is answered when its command is queued.
    AckBeforeCommit,
    /// A final payment can end again.
    UpdateWithoutStatusGuard,
    /// Events are written in a transaction of their own, after the payment's.
    EventOutsideTx,
    /// An idempotency key is kept in a transaction of its own, before the work.
    KeySavedBeforeWork,
    /// The sweeper's clock is an hour ahead.
    ClockAhead,
    /// A payment's second event has its first one's id.
    ReuseEventId,
    /// Rollups grow in a transaction of their own, after the payments'.
    RollupOutsideTx,
    /// Now and then the log skips a number.
    SeqGap,
    /// Any app can end any payment.
    MissingTenantFilter,
    /// A webhook counts as delivered when it is about to be sent.
    DeliveredBeforeSend,
    /// When a webhook is tried again is known to the process alone.
    RetryInMemory,
    /// Where a webhook goes is judged when its address is given, and never again.
    AddressJudgedOnce,
    /// A result counts whoever holds the lease by now.
    LeaseWithoutFence,
    /// No node hears what another one let in.
    LimitsApart,
}

/// Whether this bug was asked for: never, in this build.
#[cfg(not(feature = "planted-bugs"))]
pub const fn planted(_: Bug) -> bool {
    false
}

/// Whether this bug was asked for by `ZENWALLET_TEST_PLANTED_BUG`.
#[cfg(feature = "planted-bugs")]
#[expect(clippy::disallowed_methods, reason = "a campaign's switch, not a setting of the product")]
pub fn planted(bug: Bug) -> bool {
    static WANTED: std::sync::OnceLock<Option<Bug>> = std::sync::OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let name = std::env::var("ZENWALLET_TEST_PLANTED_BUG").ok()?;
        let bug = Some(match name.as_str() {
            "ack-before-commit" => Bug::AckBeforeCommit,
            "update-without-status-guard" => Bug::UpdateWithoutStatusGuard,
            "event-outside-tx" => Bug::EventOutsideTx,
            "key-saved-before-work" => Bug::KeySavedBeforeWork,
            "clock-ahead" => Bug::ClockAhead,
            "reuse-event-id" => Bug::ReuseEventId,
            "rollup-outside-tx" => Bug::RollupOutsideTx,
            "seq-gap" => Bug::SeqGap,
            "missing-tenant-filter" => Bug::MissingTenantFilter,
            "delivered-before-send" => Bug::DeliveredBeforeSend,
            "retry-in-memory" => Bug::RetryInMemory,
            "address-judged-once" => Bug::AddressJudgedOnce,
            "lease-without-fence" => Bug::LeaseWithoutFence,
            "limits-apart" => Bug::LimitsApart,
            _ => return None,
        });
        tracing::warn!(?bug, "this build carries a planted bug");
        bug
    });
    *wanted == Some(bug)
}
