//! What an app uses, by days and months of the calendar in UTC, and what it may create in a month.

use crate::time::Timestamp;
use jiff::civil::Date;
use std::fmt;

/// Milliseconds of a day; a day in UTC has no other length.
pub const DAY_MS: i64 = 24 * 3_600_000;
/// The shares of a monthly limit, in percent, at which its owner is told.
pub const TOLD_PERCENTS: [u32; 2] = [80, 100];

/// A day in UTC, by its number since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(pub i64);

impl Day {
    /// The day of a moment.
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_ms().div_euclid(DAY_MS))
    }

    /// Its first moment.
    pub const fn start(self) -> Timestamp {
        Timestamp::from_ms(self.0.saturating_mul(DAY_MS))
    }

    /// The day after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The day of this name, such as `2026-11-01`, from 1970 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        // Only this spelling: the parser would also take a day with a time behind it.
        let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date: Date = text.parse().ok().filter(|_| is_plain)?;
        (date.year() >= 1970).then(|| Self::from_date(date))
    }

    fn from_date(date: Date) -> Self {
        Self(i64::from((date - EPOCH).get_days()))
    }

    fn date(self) -> Date {
        let days = i32::try_from(self.0).unwrap_or(i32::MAX);
        EPOCH.checked_add(jiff::Span::new().try_days(days).unwrap_or_default()).unwrap_or(Date::MAX)
    }
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

/// A month of the calendar in UTC, by its first day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month(Day);

impl Month {
    /// The month of a moment.
    pub fn of(at: Timestamp) -> Self {
        Self(Day::from_date(Day::of(at).date().first_of_month()))
    }

    /// Its first day.
    pub const fn first(self) -> Day {
        self.0
    }

    /// The first day of the month after it.
    pub fn end(self) -> Day {
        Day::from_date(self.0.date().last_of_month()).next()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.0.date();
        write!(f, "{:04}-{:02}", date.year(), date.month())
    }
}

/// The greatest of [`TOLD_PERCENTS`] that so many of at most `max` have come to; 0 when it is none.
pub fn told_percent(used: i64, max: u32) -> u32 {
    let reached = |percent: &u32| i128::from(used) * 100 >= i128::from(max) * i128::from(*percent);
    TOLD_PERCENTS.into_iter().rev().find(reached).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn days_and_months_begin_and_end_at_midnight_in_utc() {
        for (moment, day, month, end) in [
            ("1970-01-01T00:00:00Z", "1970-01-01", "1970-01", "1970-02-01"),
            ("2026-11-23T13:00:00Z", "2026-11-23", "2026-11", "2026-12-01"),
            ("2026-12-31T23:59:59.999Z", "2026-12-31", "2026-12", "2027-01-01"),
            ("2027-01-01T00:00:00Z", "2027-01-01", "2027-01", "2027-02-01"),
            ("2028-02-29T12:00:00Z", "2028-02-29", "2028-02", "2028-03-01"),
            ("2100-02-28T23:00:00Z", "2100-02-28", "2100-02", "2100-03-01"),
            ("2026-11-01T00:30:00+01:00", "2026-10-31", "2026-10", "2026-11-01"),
        ] {
            let (of, in_month) = (Day::of(at(moment)), Month::of(at(moment)));
            assert_eq!((of.to_string(), in_month.to_string()), (day.to_owned(), month.to_owned()));
            assert_eq!((Day::parse(day), in_month.end().to_string()), (Some(of), end.to_owned()));
            assert_eq!(in_month.first().to_string(), format!("{month}-01"));
            assert!(of.start() <= at(moment) && at(moment) < of.next().start());
        }
    }

    #[test]
    fn only_a_day_is_a_day() {
        for text in ["", "2026-11", "2026-11-31", "2026-11-1", "26-11-01", "2026-11-01T00:00", "1969-12-31", "20261101"]
        {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_two_centuries_is_spelled_and_read_alike() {
        for number in 0..75_000 {
            let (day, month) = (Day(number), Month::of(Day(number).start()));
            assert_eq!(Day::parse(&day.to_string()), Some(day));
            assert!(month.first() <= day && day < month.end());
            assert_eq!(month.first() == day, day.to_string().ends_with("-01"));
        }
    }

    #[test]
    fn an_owner_is_told_at_whole_percents_and_not_before() {
        for (max, at_80, at_100) in
            [(1, 1, 1), (2, 2, 2), (5, 4, 5), (7, 6, 7), (100, 80, 100), (u32::MAX, 3_435_973_836, i64::from(u32::MAX))]
        {
            for used in [0, at_80 - 1, at_80, at_100 - 1, at_100, at_100 + 1] {
                let want = if used >= at_100 {
                    100
                } else if used >= at_80 {
                    80
                } else {
                    0
                };
                assert_eq!(told_percent(used, max), want, "{used} of {max}");
            }
        }
    }
}
