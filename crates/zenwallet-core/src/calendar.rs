//! Hours and days of a time zone.

use crate::time::Timestamp;
use jiff::tz::TimeZone;

/// A time zone by its IANA name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone(TimeZone);

/// What time is cut into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bucket {
    /// An hour of the clock on the wall.
    Hour,
    /// A day of the calendar.
    Day,
}

impl Bucket {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// The name in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// Moments that a calendar is asked for: from here on every zone's hours begin at a whole quarter of an hour in UTC.
pub const CALENDAR_FIRST: Timestamp = Timestamp::from_ms(946_684_800_000);
/// Before this moment, 2100-01-01T00:00:00Z.
pub const CALENDAR_END: Timestamp = Timestamp::from_ms(4_102_444_800_000);

const HOUR_S: i64 = 3_600;

impl Zone {
    /// The zone of an IANA name such as `Asia/Kolkata`, or `UTC`.
    pub fn parse(name: &str) -> Option<Self> {
        // Names alone: neither offsets nor POSIX strings, whose rules nobody keeps up to date.
        TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some()).map(Self)
    }

    /// Its IANA name, spelled as the database spells it.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Where the buckets begin that together cover `from` to `to`, and after them where the last one ends. `None` when
    /// there are more than `buckets_max`, or a moment is outside the calendar.
    pub fn bounds(&self, bucket: Bucket, from: Timestamp, to: Timestamp, buckets_max: usize) -> Option<Vec<Timestamp>> {
        let mut start = self.start(bucket, from)?;
        let mut next = self.next(bucket, start)?;
        while next <= from {
            (start, next) = (next, self.next(bucket, next)?);
        }
        let mut bounds = vec![start, next];
        while next < to {
            if bounds.len() > buckets_max {
                return None;
            }
            next = self.next(bucket, next)?;
            bounds.push(next);
        }
        Some(bounds)
    }

    /// A bucket's beginning at or before this moment: its own, or where a clock was put forward, one just before.
    fn start(&self, bucket: Bucket, at: Timestamp) -> Option<Timestamp> {
        match bucket {
            Bucket::Hour => {
                let start = at.plus_ms(-(self.past_hour_ms(at)?));
                Some(start.plus_ms(-(self.past_hour_ms(start)?)))
            }
            Bucket::Day => moment(self.local(at)?.start_of_day().ok()?),
        }
    }

    /// Where the bucket ends that begins here.
    fn next(&self, bucket: Bucket, start: Timestamp) -> Option<Timestamp> {
        match bucket {
            Bucket::Hour => Some(start.plus_ms(HOUR_S * 1_000 - self.past_hour_ms(start)?)),
            Bucket::Day => moment(self.local(start)?.date().tomorrow().ok()?.to_zoned(self.0.clone()).ok()?),
        }
    }

    fn local(&self, at: Timestamp) -> Option<jiff::Zoned> {
        Some(jiff::Timestamp::from_millisecond(at.as_ms()).ok()?.to_zoned(self.0.clone()))
    }

    /// Milliseconds since the last full hour on this zone's clock.
    fn past_hour_ms(&self, at: Timestamp) -> Option<i64> {
        let offset_s = i64::from(self.local(at)?.offset().seconds());
        Some((at.as_ms() + offset_s * 1_000).rem_euclid(HOUR_S * 1_000))
    }
}

fn moment(at: jiff::Zoned) -> Option<Timestamp> {
    Some(Timestamp::from_ms(at.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::QUARTER_MS;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn bounds(zone: &str, bucket: Bucket, from: &str, to: &str) -> Vec<String> {
        let bounds = Zone::parse(zone).unwrap().bounds(bucket, at(from), at(to), 1_000).unwrap();
        bounds.into_iter().map(|bound| bound.to_string()).collect()
    }

    #[test]
    fn buckets_are_those_of_the_clock_on_the_wall() {
        use Bucket::{Day, Hour};
        let table: &[(&str, Bucket, &str, &str, &[&str])] = &[
            (
                "UTC",
                Hour,
                "2026-01-26T10:35:00Z",
                "2026-01-26T11:00:00Z",
                &["2026-01-26T10:00:00Z", "2026-01-26T11:00:00Z"],
            ),
            (
                "UTC",
                Day,
                "2026-01-26T00:00:00Z",
                "2026-01-26T00:00:00.001Z",
                &["2026-01-26T00:00:00Z", "2026-01-27T00:00:00Z"],
            ),
            (
                "Asia/Kolkata",
                Hour,
                "2026-01-26T10:35:00Z",
                "2026-01-26T10:36:00Z",
                &["2026-01-26T10:30:00Z", "2026-01-26T11:30:00Z"],
            ),
            (
                "Asia/Kolkata",
                Day,
                "2026-01-26T10:35:00Z",
                "2026-01-26T18:30:00Z",
                &["2026-01-25T18:30:00Z", "2026-01-26T18:30:00Z"],
            ),
            (
                "Asia/Kathmandu",
                Hour,
                "2026-01-26T10:10:00Z",
                "2026-01-26T10:20:00Z",
                &["2026-01-26T09:15:00Z", "2026-01-26T10:15:00Z", "2026-01-26T11:15:00Z"],
            ),
            // 23 hours and 25 hours.
            (
                "America/New_York",
                Day,
                "2026-03-08T12:00:00Z",
                "2026-03-08T13:00:00Z",
                &["2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"],
            ),
            (
                "America/New_York",
                Day,
                "2026-11-01T12:00:00Z",
                "2026-11-01T13:00:00Z",
                &["2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"],
            ),
            // From 1:59 to 3:00; from 1:59 to 1:00, twice the same hour.
            (
                "America/New_York",
                Hour,
                "2026-03-08T06:30:00Z",
                "2026-03-08T07:30:00Z",
                &["2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"],
            ),
            (
                "America/New_York",
                Hour,
                "2026-11-01T05:30:00Z",
                "2026-11-01T06:30:00Z",
                &["2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"],
            ),
            // Half an hour forward at 2:00: the hour that begins at 2:30 is a half one.
            (
                "Australia/Lord_Howe",
                Hour,
                "2026-10-03T15:45:00Z",
                "2026-10-03T16:10:00Z",
                &["2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z", "2026-10-03T17:00:00Z"],
            ),
        ];
        for (zone, bucket, from, to, want) in table {
            assert_eq!(bounds(zone, *bucket, from, to), *want, "{zone} {bucket:?} {from}");
        }
    }

    /// What the sums of rollups rest on.
    #[test]
    fn every_bucket_of_every_zone_is_made_of_quarters() {
        let mut zones = 0;
        for name in jiff::tz::db().available() {
            let Some(zone) = Zone::parse(name.as_str()) else { continue };
            zones += 1;
            for year in [2000, 2007, 2011, 2018, 2026, 2027] {
                let (from, to) = (at(&format!("{year}-01-01T00:07:00Z")), at(&format!("{year}-12-31T00:00:00Z")));
                for (bucket, longest_ms) in [(Bucket::Day, 49 * 3_600_000), (Bucket::Hour, 3_600_000)] {
                    let bounds = zone.bounds(bucket, from, to, 10_000).unwrap();
                    assert!(bounds[0] <= from && from < bounds[1] && bounds[bounds.len() - 2] < to);
                    for pair in bounds.windows(2) {
                        let length = pair[1].as_ms() - pair[0].as_ms();
                        assert!(length > 0 && length <= longest_ms, "{name} {pair:?}");
                        assert_eq!(pair[1].as_ms() % QUARTER_MS, 0, "{name} {pair:?}");
                    }
                }
            }
        }
        assert!(zones > 400, "{zones}");
    }

    #[test]
    fn names_alone_are_zones_and_buckets_have_a_limit() {
        for wrong in ["", "Mars/Olympus", "+05:30", "EST5EDT,M3.2.0,M11.1.0", "../etc/passwd"] {
            assert_eq!(Zone::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Zone::parse("asia/kolkata").unwrap().name(), "Asia/Kolkata");
        let (zone, from) = (Zone::parse("UTC").unwrap(), at("2026-01-01T00:00:00Z"));
        let count =
            |hours: i64| zone.bounds(Bucket::Hour, from, from.plus_s(hours * 3_600), 1_000).map(|all| all.len());
        assert_eq!((count(1_000), count(1_001)), (Some(1_001), None));
    }
}
