//! Dates and lengths of time as people say them.

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use engine_core::value::Span;

use super::{Names, counted};

/// The units that a length is told in, the largest first, with their seconds.
const UNITS: [(&str, u64); 5] =
    [("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

impl Names<'_> {
    /// In the reader's time zone: `31 March 2026, 10:00 UTC`.
    #[must_use]
    pub fn time(&self, at: DateTime<Utc>) -> String {
        let clock = if at.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        at.with_timezone(&self.zone).format(&format!("%-d %B %Y, {clock} %Z")).to_string()
    }
}

/// `31 March 2026`.
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// `3 days`, `90 minutes`, `5 working days`.
pub(super) fn length(span: Span) -> String {
    match span {
        Span::BusinessDays(days) => counted(days.into(), "working day"),
        Span::Seconds(0) => "no time".to_owned(),
        Span::Seconds(seconds) => {
            let whole = UNITS.iter().find(|(_, size)| seconds.is_multiple_of(*size));
            let (unit, size) = whole.unwrap_or(&("second", 1));
            counted(seconds / size, unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use engine_core::directory::Directory;

    use super::*;

    #[test]
    fn lengths_are_told_in_the_largest_unit_that_fits() {
        for (written, told) in [
            ("1d", "1 day"),
            ("3d", "3 days"),
            ("14d", "2 weeks"),
            ("90m", "90 minutes"),
            ("36h", "36 hours"),
            ("59s", "59 seconds"),
            ("0m", "no time"),
            ("5bd", "5 working days"),
            ("1bd", "1 working day"),
        ] {
            assert_eq!(length(written.parse().unwrap()), told, "{written}");
        }
    }

    /// FIN-24
    #[test]
    fn times_are_told_in_the_readers_zone() {
        let directory = Directory::default();
        let names = Names::of_directory(&directory);
        let at: DateTime<Utc> = "2026-03-31T22:30:00Z".parse().unwrap();
        for (zone, told) in [
            ("UTC", "31 March 2026, 22:30 UTC"),
            ("Europe/Riga", "1 April 2026, 01:30 EEST"),
            ("America/New_York", "31 March 2026, 18:30 EDT"),
        ] {
            assert_eq!(names.in_zone(zone.parse().unwrap()).time(at), told);
        }
        let exact: DateTime<Utc> = "2026-03-31T22:30:05Z".parse().unwrap();
        assert_eq!(names.time(exact), "31 March 2026, 22:30:05 UTC");
    }
}
