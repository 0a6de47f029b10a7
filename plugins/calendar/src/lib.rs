//! Met in working hours and outside of freezes.
//!
//! Days and hours are those on the wall of the time zone. A freeze is a range of days, both included.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use sdk_plugin::{plugin, prelude::*};

/// The condition.
struct Calendar;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    time_zone: Option<String>,
    days: Vec<Day>,
    from: Option<Time>,
    until: Option<Time>,
    freezes: Vec<Freeze>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Day {
    #[serde(alias = "monday")]
    Mon,
    #[serde(alias = "tuesday")]
    Tue,
    #[serde(alias = "wednesday")]
    Wed,
    #[serde(alias = "thursday")]
    Thu,
    #[serde(alias = "friday")]
    Fri,
    #[serde(alias = "saturday")]
    Sat,
    #[serde(alias = "sunday")]
    Sun,
}

/// A time of day, written `09:30`.
#[derive(Clone, Copy, PartialEq, PartialOrd, Deserialize)]
#[serde(try_from = "String")]
struct Time(NaiveTime);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Freeze {
    from: NaiveDate,
    to: NaiveDate,
    reason: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        let days = vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];
        Self { time_zone: None, days, from: None, until: None, freezes: Vec::new() }
    }
}

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        NaiveTime::parse_from_str(&text, "%H:%M").map(Self).map_err(|_| {
            format!("`{text}` is not a time: expected hours and minutes such as `09:30`")
        })
    }
}

impl Condition for Calendar {
    type Config = Config;

    fn evaluate(config: Config) -> Result<Verdict> {
        config.check()?;
        let now = clock::local(clock::now()?, config.time_zone.as_deref())?;
        match config.closed(now) {
            Some(why) => Ok(Verdict::Unmet(why)),
            None => met(),
        }
    }
}

plugin!(condition: Calendar);

impl Config {
    fn check(&self) -> Result<()> {
        if self.until.is_some_and(|until| self.from.is_some_and(|from| from >= until)) {
            return Err(Error::permanent("bad_config", "`from` is not before `until`"));
        }
        if let Some(freeze) = self.freezes.iter().find(|freeze| freeze.from > freeze.to) {
            let text =
                format!("a freeze ends on {} before it begins on {}", freeze.to, freeze.from);
            return Err(Error::permanent("bad_config", text));
        }
        Ok(())
    }

    /// Why it is not the time; `None` where it is.
    fn closed(&self, now: NaiveDateTime) -> Option<Message> {
        let today = now.date();
        if let Some(freeze) = self.freezes.iter().find(|f| (f.from..=f.to).contains(&today)) {
            return Some(freeze.message());
        }
        if !self.days.iter().any(|day| day.weekday() == now.weekday()) {
            let text = format!("{} is not a working day", now.format("%A, %-d %B %Y"));
            return Some(Message::new("not_a_working_day", text).with("date", today));
        }
        let early = self.from.is_some_and(|from| now.time() < from.0);
        let late = self.until.is_some_and(|until| now.time() >= until.0);
        (early || late).then(|| self.outside(now))
    }

    fn outside(&self, now: NaiveDateTime) -> Message {
        let show = |time: Option<Time>, other: &str| {
            time.map_or_else(|| other.to_owned(), |time| time.0.format("%H:%M").to_string())
        };
        let (from, until) = (show(self.from, "00:00"), show(self.until, "24:00"));
        let time = now.format("%H:%M").to_string();
        let zone = self.time_zone.as_ref().map(|zone| format!(" in {zone}")).unwrap_or_default();
        let text = format!("it is {time}{zone}, and working hours are {from} to {until}");
        Message::new("outside_working_hours", text)
            .with("time", time)
            .with("from", from)
            .with("until", until)
    }
}

impl Freeze {
    fn message(&self) -> Message {
        let why = self.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let text = format!("there is a freeze from {} to {}{why}", self.from, self.to);
        Message::new("freeze", text).with("from", self.from).with("to", self.to)
    }
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Mon,
            Self::Tue => Weekday::Tue,
            Self::Wed => Weekday::Wed,
            Self::Thu => Weekday::Thu,
            Self::Fri => Weekday::Fri,
            Self::Sat => Weekday::Sat,
            Self::Sun => Weekday::Sun,
        }
    }
}

#[cfg(test)]
mod tests {
    use sdk_plugin::testing::Host;
    use serde_json::{Value as Json, json};

    use super::*;

    fn at(now: &str, config: Json) -> Result<Verdict> {
        let host = Host::new(MANIFEST).config(config).now(now);
        host.time_zone("Europe/Riga", 120).evaluate::<Calendar>()
    }

    fn why_not(now: &str, config: Json) -> String {
        match at(now, config) {
            Ok(Verdict::Unmet(message)) => message.text,
            other => panic!("{other:?}"),
        }
    }

    fn office() -> Json {
        json!({"time_zone": "Europe/Riga", "from": "09:00", "until": "17:00"})
    }

    #[test]
    fn hours_are_those_on_the_wall() {
        assert_eq!(at("2026-03-02T07:00:00Z", office()), met());
        assert_eq!(at("2026-03-02T14:59:59Z", office()), met());
        assert_eq!(
            why_not("2026-03-02T15:00:00Z", office()),
            "it is 17:00 in Europe/Riga, and working hours are 09:00 to 17:00"
        );
        assert_eq!(
            why_not("2026-03-02T06:59:59Z", json!({"from": "09:00"})),
            "it is 06:59, and working hours are 09:00 to 24:00"
        );
    }

    #[test]
    fn days_are_those_on_the_wall() {
        assert_eq!(at("2026-03-06T23:00:00Z", json!({})), met());
        let friday_night = json!({"time_zone": "Europe/Riga"});
        assert_eq!(
            why_not("2026-03-06T23:00:00Z", friday_night),
            "Saturday, 7 March 2026 is not a working day"
        );
        for days in [["sat"], ["saturday"]] {
            assert_eq!(at("2026-03-07T12:00:00Z", json!({"days": days})), met());
        }
        assert!(at("2026-03-08T12:00:00Z", json!({"days": ["saturday", "mon"]})) != met());
    }

    #[test]
    fn a_freeze_includes_both_ends() {
        let freeze = || json!({"freezes": [{"from": "2026-12-21", "to": "2026-12-31", "reason": "year end"}]});
        assert_eq!(at("2026-12-18T12:00:00Z", freeze()), met());
        for day in ["2026-12-21T00:00:00Z", "2026-12-31T23:59:59Z"] {
            let text = "there is a freeze from 2026-12-21 to 2026-12-31: year end";
            assert_eq!(why_not(day, freeze()), text);
        }
        assert_eq!(at("2027-01-01T00:00:00Z", freeze()), met());
    }

    #[test]
    fn settings_that_make_no_sense_are_no_answer() {
        let now = "2026-03-02T09:00:00Z";
        for config in [
            json!({"from": "17:00", "until": "09:00"}),
            json!({"from": "9"}),
            json!({"days": ["someday"]}),
            json!({"freezes": [{"from": "2026-02-02", "to": "2026-02-01"}]}),
            json!({"time_zone": "Mars/Olympus"}),
            json!({"holidays": []}),
        ] {
            assert!(at(now, config.clone()).is_err(), "{config}");
        }
    }
}
