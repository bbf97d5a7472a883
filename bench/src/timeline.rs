//! What the product's clock showed, when a campaign sets it: offsets from the machine's clock, and from when to when.

/// Reading the clock takes two looks, at the machine's clock and at the offset. A thread that is put aside between them puts
/// the time before a setting together with the offset after it, or the other way round.
const READING_MS: i64 = 200;

/// The offsets one after the other; without any, the product's clock is the machine's.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Timeline(Vec<Setting>);

/// A new offset. It holds from some moment between the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Setting {
    begun_ms: i64,
    done_ms: i64,
    offset_ms: i64,
}

/// While an offset may have held.
#[derive(Clone, Copy)]
struct Span {
    from_ms: i64,
    to_ms: i64,
    offset_ms: i64,
}

impl Timeline {
    /// Notes that the clock was set to this offset between these moments.
    pub(crate) fn set(&mut self, begun_ms: i64, done_ms: i64, offset_ms: i64) {
        self.0.push(Setting { begun_ms, done_ms, offset_ms });
    }

    /// Whether it was the machine's clock all along.
    pub(crate) fn is_true(&self) -> bool {
        self.0.is_empty()
    }

    /// How often it was set wrong.
    pub(crate) fn jumps(&self) -> usize {
        self.0.iter().filter(|setting| setting.offset_ms != 0).count()
    }

    fn spans(&self) -> impl Iterator<Item = Span> {
        let first = Setting { begun_ms: i64::MIN, done_ms: i64::MIN, offset_ms: 0 };
        let ends = self.0.iter().map(|next| next.done_ms + READING_MS).chain([i64::MAX]);
        let settings = std::iter::once(first).chain(self.0.iter().copied());
        settings.zip(ends).map(|(setting, to_ms)| Span {
            from_ms: setting.begun_ms.saturating_sub(READING_MS),
            to_ms,
            offset_ms: setting.offset_ms,
        })
    }

    /// Whether the clock may have shown this at some moment from one to another.
    pub(crate) fn may_show(&self, shown_ms: i64, from_ms: i64, to_ms: i64) -> bool {
        self.spans().any(|span| {
            let at_ms = shown_ms - span.offset_ms;
            (from_ms.max(span.from_ms)..=to_ms.min(span.to_ms)).contains(&at_ms)
        })
    }

    /// Whether the clock may have shown this moment, or a later one, at some moment from one to another.
    pub(crate) fn may_have_passed(&self, due_ms: i64, from_ms: i64, to_ms: i64) -> bool {
        self.spans().any(|span| {
            let last_ms = to_ms.min(span.to_ms);
            last_ms >= from_ms.max(span.from_ms) && last_ms.saturating_add(span.offset_ms) >= due_ms
        })
    }

    /// Of what the clock may have shown in the `within_ms` before `at_ms`, what is nearest to `told_ms`.
    pub(crate) fn nearest(&self, told_ms: i64, at_ms: i64, within_ms: i64) -> i64 {
        let near = self.spans().filter(|span| span.from_ms <= at_ms && span.to_ms >= at_ms - within_ms);
        near.map(|span| at_ms + span.offset_ms).min_by_key(|shown| (shown - told_ms).abs()).unwrap_or(at_ms)
    }

    /// How many of the wrong settings these readings, each with the moment after it, show to have taken effect.
    pub(crate) fn seen(&self, readings: &[(i64, i64)]) -> usize {
        const NEAR_MS: i64 = 60_000;
        let wrong = self.spans().filter(|span| span.offset_ms != 0);
        wrong
            .filter(|span| {
                readings.iter().any(|(shown_ms, at_ms)| {
                    (span.from_ms..=span.to_ms).contains(at_ms) && (shown_ms - at_ms - span.offset_ms).abs() < NEAR_MS
                })
            })
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour ahead from 1,000 or 1,010 to 2,000 or 2,010.
    fn an_hour_ahead() -> Timeline {
        let mut timeline = Timeline::default();
        timeline.set(1_000, 1_010, 3_600_000);
        timeline.set(2_000, 2_010, 0);
        timeline
    }

    #[test]
    fn a_clock_that_was_never_set_is_the_machines() {
        let clock = Timeline::default();
        assert!(clock.is_true() && clock.may_show(5, 5, 5) && !clock.may_show(5, 6, 9));
        assert!(clock.may_have_passed(5, 0, 5) && !clock.may_have_passed(6, 0, 5));
        assert_eq!(clock.nearest(900, 1_000, 50), 1_000);
    }

    #[test]
    fn a_clock_shows_what_it_was_set_to_and_may_show_both_while_it_is_set() {
        let clock = an_hour_ahead();
        assert_eq!((clock.is_true(), clock.jumps()), (false, 1));
        for (shown, at, may) in [
            (700, 700, true),
            (3_600_700, 700, false),
            (3_600_900, 900, true),
            (1_005, 1_005, true),
            (3_601_005, 1_005, true),
            (1_100, 1_100, true),
            (1_500, 1_500, false),
            (3_601_500, 1_500, true),
            (2_500, 2_500, true),
            (3_602_500, 2_500, false),
        ] {
            assert_eq!(clock.may_show(shown, at, at), may, "{shown} at {at}");
        }
    }

    #[test]
    fn a_moment_has_passed_for_whom_was_there_when_the_clock_said_so() {
        let clock = an_hour_ahead();
        assert!(clock.may_have_passed(3_000_000, 500, 1_500), "the clock was ahead");
        assert!(!clock.may_have_passed(3_000_000, 500, 700), "it was not yet");
        assert!(!clock.may_have_passed(3_000_000, 2_300, 9_000), "it was no more");
        assert!(clock.may_have_passed(9_000, 2_100, 9_000));
    }

    #[test]
    fn a_reading_is_held_to_the_offset_of_its_time() {
        let clock = an_hour_ahead();
        assert_eq!(clock.nearest(3_601_490, 1_500, 20), 3_601_500);
        assert_eq!(clock.nearest(1_490, 1_500, 20), 3_601_500);
        assert_eq!(clock.seen(&[(3_601_500, 1_500)]), 1);
        assert_eq!(clock.seen(&[(1_500, 1_500), (3_600_100, 100)]), 0);
    }
}
