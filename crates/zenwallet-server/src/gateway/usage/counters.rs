//! Counts of what apps use on this node: an atomic addition for each request, written down now and then.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zenwallet_core::id::AppId;
use zenwallet_core::time::Timestamp;
use zenwallet_core::usage::Day;
use zenwallet_store::Used;

/// What one app uses.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    day: AtomicI64,
    requests: AtomicI64,
    deliveries: AtomicI64,
    /// What it used in days before.
    past: Mutex<Vec<(Day, Used)>>,
}

impl Counter {
    /// Counts a request that was let in.
    pub(crate) fn count_request(&self, now: Timestamp) {
        self.turn_to(Day::of(now));
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an attempt to deliver.
    pub(crate) fn count_delivery(&self, now: Timestamp) {
        self.turn_to(Day::of(now));
        self.deliveries.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts the counts of another day aside. Whoever counts at this very moment may count for the day after.
    fn turn_to(&self, day: Day) {
        if self.day.load(Ordering::Relaxed) == day.0 {
            return;
        }
        let mut past = self.past();
        let before = self.day.swap(day.0, Ordering::Relaxed);
        if before != day.0 {
            push(&mut past, Day(before), self.take_present());
        }
    }

    fn take_present(&self) -> Used {
        let (requests, deliveries) =
            (self.requests.swap(0, Ordering::Relaxed), self.deliveries.swap(0, Ordering::Relaxed));
        Used { requests, deliveries, payments: 0 }
    }

    fn past(&self) -> MutexGuard<'_, Vec<(Day, Used)>> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<(Day, Used)> {
        let mut past = self.past();
        push(&mut past, Day(self.day.load(Ordering::Relaxed)), self.take_present());
        std::mem::take(&mut past)
    }

    fn peek(&self) -> Vec<(Day, Used)> {
        let mut all = self.past().clone();
        let (requests, deliveries) = (self.requests.load(Ordering::Relaxed), self.deliveries.load(Ordering::Relaxed));
        push(&mut all, Day(self.day.load(Ordering::Relaxed)), Used { requests, deliveries, payments: 0 });
        all
    }
}

fn push(all: &mut Vec<(Day, Used)>, day: Day, used: Used) {
    if used != Used::default() {
        all.push((day, used));
    }
}

/// The counters of the apps that are used here.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<HashMap<AppId, Arc<Counter>>>);

impl Counters {
    fn all(&self) -> MutexGuard<'_, HashMap<AppId, Arc<Counter>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn of(&self, app_id: AppId) -> Arc<Counter> {
        Arc::clone(self.all().entry(app_id).or_default())
    }

    /// Everything that was counted, which begins at nothing again. Counters that nobody holds are forgotten.
    pub(super) fn take(&self) -> Vec<(AppId, Day, Used)> {
        let mut taken = Vec::new();
        self.all().retain(|app_id, counter| {
            // Asked first: whoever lets go of it in between may have counted.
            let is_held = Arc::get_mut(counter).is_none();
            taken.extend(counter.take().into_iter().map(|(day, used)| (*app_id, day, used)));
            is_held
        });
        taken
    }

    /// Counts again what could not be written down.
    pub(super) fn give_back(&self, taken: &[(AppId, Day, Used)]) {
        for (app_id, day, used) in taken {
            self.of(*app_id).past().push((*day, *used));
        }
    }

    /// What is counted of an app and not yet taken.
    pub(super) fn peek(&self, app_id: AppId) -> Vec<(Day, Used)> {
        self.all().get(&app_id).map(|counter| counter.peek()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use zenwallet_core::usage::DAY_MS;

    const APP: AppId = AppId::from_bytes([1; 16]);

    fn at(day: i64) -> Timestamp {
        Timestamp::from_ms(day * DAY_MS + 5)
    }

    fn requests(taken: &[(AppId, Day, Used)], day: i64) -> i64 {
        taken.iter().filter(|(_, of, _)| of.0 == day).map(|(_, _, used)| used.requests).sum()
    }

    #[test]
    fn each_day_is_counted_for_itself_whenever_it_is_written_down() {
        let counters = Counters::default();
        let counter = counters.of(APP);
        for (day, times) in [(3, 2), (4, 5), (3, 1), (9, 4)] {
            (0..times).for_each(|_| counter.count_request(at(day)));
        }
        counter.count_delivery(at(9));
        let peeked: i64 = counters.peek(APP).iter().map(|(_, used)| used.requests).sum();
        let taken = counters.take();
        assert_eq!([3, 4, 9].map(|day| requests(&taken, day)), [3, 5, 4]);
        assert_eq!((peeked, counters.take()), (12, vec![]));
        counters.give_back(&taken);
        assert_eq!(counters.take(), taken);
    }

    #[test]
    fn nothing_is_lost_while_it_is_written_down_and_the_day_turns() {
        let counters = Counters::default();
        let mut taken = Vec::new();
        thread::scope(|scope| {
            let counting: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        // As the keys do: a counter is held for a while, then asked for anew.
                        for round in 0..200 {
                            let counter = counters.of(APP);
                            (0..100).for_each(|_| counter.count_request(at(round / 50)));
                        }
                    })
                })
                .collect();
            while counting.iter().any(|thread| !thread.is_finished()) {
                taken.extend(counters.take());
            }
        });
        taken.extend(counters.take());
        assert_eq!((0..4).map(|day| requests(&taken, day)).sum::<i64>(), 80_000);
        counters.take();
        assert!(counters.all().is_empty(), "a counter that nobody holds is kept");
    }

    /// A figure, not a verdict on a busy machine: `cargo nextest run -p zenwallet-server --release --run-ignored only
    /// counting_costs --no-capture`.
    #[test]
    #[ignore = "it measures"]
    #[expect(clippy::print_stdout, reason = "a figure is there to be read")]
    fn counting_costs_little() {
        let (counter, times) = (Counters::default().of(APP), 10_000_000_u32);
        let begun = std::time::Instant::now();
        (0..times).for_each(|_| std::hint::black_box(&counter).count_request(std::hint::black_box(at(3))));
        println!("one request is counted in {:?}", begun.elapsed() / times);
    }
}
