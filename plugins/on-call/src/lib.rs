//! Names whoever is on call.
//!
//! A schedule hands over from person to person, always at the same time on the clock: over a change to
//! summer time too. An override is somebody else for a while. Who left, or is not in the directory, is
//! passed over, and the explanation says so.

use chrono::{NaiveDateTime, TimeDelta};
use sdk_plugin::{Nominee, Principal, http, plugin, prelude::*};

/// The approvers.
struct OnCall;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    schedule: Option<Schedule>,
    url: Option<String>,
    #[serde(default = "one")]
    people: usize,
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    time_zone: Option<String>,
    start: At,
    #[serde(default)]
    every: Turn,
    people: Vec<String>,
    #[serde(default)]
    overrides: Vec<Override>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    from: At,
    until: At,
    who: String,
}

/// A time on the clock, written `2026-01-05T09:00`.
#[derive(Clone, Copy, PartialEq, PartialOrd, Deserialize)]
#[serde(try_from = "String")]
struct At(NaiveDateTime);

/// How long one turn is, written `1w`, `3d` or `12h`.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Turn(TimeDelta);

impl Default for Turn {
    fn default() -> Self {
        Self(TimeDelta::weeks(1))
    }
}

impl TryFrom<String> for At {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M")
            .map(Self)
            .map_err(|_| format!("`{text}` is no time: expected such as `2026-01-05T09:00`"))
    }
}

impl TryFrom<String> for Turn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bad = || format!("`{text}` is no turn: expected such as `1w`, `3d` or `12h`");
        let hours = match text.chars().last() {
            Some('h') => 1,
            Some('d') => 24,
            Some('w') => 168,
            _ => return Err(bad()),
        };
        let number = text.get(..text.len() - 1).and_then(|number| number.parse::<u16>().ok());
        let number = number.filter(|number| *number > 0).ok_or_else(bad)?;
        Ok(Self(TimeDelta::hours(i64::from(number) * hours)))
    }
}

impl Approvers for OnCall {
    type Config = Config;

    fn resolve(config: Config) -> Result<Resolution> {
        let schedule = match (config.schedule, &config.url) {
            (Some(schedule), None) => schedule,
            (None, Some(url)) => http::look_up(url).send()?.success()?.json()?,
            (Some(_), Some(_)) | (None, None) => {
                let text = "the settings need either a `schedule` or its `url`";
                return Err(Error::permanent("bad_config", text));
            }
        };
        let now = clock::local(clock::now()?, schedule.time_zone.as_deref())?;
        let mut resolution = Resolution::default();
        for login in schedule.in_turn(now)? {
            if resolution.nominees.len() >= config.people {
                break;
            }
            match nominee(login, resolution.nominees.is_empty())? {
                Ok(nominee) if resolution.nominees.iter().any(|one| one.who == nominee.who) => {}
                Ok(nominee) => resolution.nominees.push(nominee),
                Err(note) => resolution.notes.push(note),
            }
        }
        Ok(resolution)
    }
}

plugin!(approvers: OnCall);

impl Schedule {
    /// Whoever is on call now, and then those whose turn comes next.
    fn in_turn(&self, now: NaiveDateTime) -> Result<Vec<&str>> {
        if self.people.is_empty() {
            return Err(Error::permanent("bad_schedule", "nobody is in the schedule"));
        }
        if now < self.start.0 {
            let text =
                format!("the schedule begins on {}", self.start.0.format("%Y-%m-%d at %H:%M"));
            return Err(Error::retryable("not_begun", text));
        }
        let turns = (now - self.start.0).num_seconds() / self.every.0.num_seconds();
        let at = usize::try_from(turns).unwrap_or_default() % self.people.len();
        let (before, after) = self.people.split_at(at);
        let current = self.overrides.iter().find(|one| one.from.0 <= now && now < one.until.0);
        let instead = current.map(|one| one.who.as_str());
        Ok(instead.into_iter().chain(after.iter().chain(before).map(String::as_str)).collect())
    }
}

/// Somebody of the schedule, or why they are passed over.
fn nominee(login: &str, is_first: bool) -> Result<Result<Nominee, Message>> {
    let Some(user) = directory::by_login(login)? else {
        let text = format!("`{login}` is in the schedule and not in the directory");
        return Ok(Err(Message::new("unknown_user", text).with("login", login)));
    };
    let name = &user.name;
    if !user.active {
        let message = Message::new("inactive", format!("{name} is no longer active"));
        return Ok(Err(message.with("user", user.id)));
    }
    let (code, text) = match is_first {
        true => ("on_call", format!("{name} is on call")),
        false => ("next_on_call", format!("{name} is on call next")),
    };
    let reason = Message::new(code, text).with("user", user.id.clone());
    Ok(Ok(Nominee { who: Principal::User(user.id), reason }))
}

#[cfg(test)]
mod tests {
    use sdk_plugin::{
        Class,
        testing::{Host, person},
    };
    use serde_json::{Value as Json, json};

    use super::*;

    fn schedule() -> Json {
        json!({
            "time_zone": "Europe/Riga", "start": "2026-01-05T09:00", "every": "1w",
            "people": ["ann", "bob", "cleo"],
            "overrides": [{"from": "2026-01-07T00:00", "until": "2026-01-08T00:00", "who": "dan"}],
        })
    }

    fn host(config: Json, now: &str) -> Host {
        let people = ["ann", "bob", "dan"].into_iter();
        let host = Host::new(MANIFEST).config(config).now(now).time_zone("Europe/Riga", 120);
        let host = people.fold(host, |host, id| host.person(person(id)));
        host.person(person("cleo").inactive())
    }

    fn reasons(config: Json, now: &str) -> Vec<String> {
        let found = host(config, now).resolve::<OnCall>().unwrap();
        let reasons = found.nominees.into_iter().map(|one| one.reason.text);
        reasons.chain(found.notes.into_iter().map(|note| note.text)).collect()
    }

    #[test]
    fn it_is_handed_over_in_turn() {
        let on_call = |now| reasons(json!({"schedule": schedule()}), now);
        assert_eq!(on_call("2026-01-05T07:00:00Z"), ["ann is on call"]);
        assert_eq!(on_call("2026-01-12T06:59:59Z"), ["ann is on call"]);
        assert_eq!(on_call("2026-01-12T07:00:00Z"), ["bob is on call"]);
        assert_eq!(on_call("2026-01-26T07:00:00Z"), ["ann is on call"]);
        assert_eq!(on_call("2026-01-06T21:59:59Z"), ["ann is on call"]);
        assert_eq!(on_call("2026-01-06T22:00:00Z"), ["dan is on call"]);
        assert_eq!(on_call("2026-01-07T22:00:00Z"), ["ann is on call"]);
    }

    #[test]
    fn who_left_is_passed_over() {
        let now = "2026-01-19T07:00:00Z";
        let passed = ["ann is on call", "cleo is no longer active"];
        assert_eq!(reasons(json!({"schedule": schedule()}), now), passed);
        let two = reasons(json!({"schedule": schedule(), "people": 2}), now);
        assert_eq!(two, ["ann is on call", "bob is on call next", "cleo is no longer active"]);
        let mut unknown = schedule();
        unknown["people"] = json!(["eve"]);
        let nobody = ["`eve` is in the schedule and not in the directory"];
        assert_eq!(reasons(json!({"schedule": unknown}), now), nobody);
    }

    #[test]
    fn a_schedule_can_be_elsewhere() {
        let url = "https://ops.example.org/on-call.json";
        let host = host(json!({ "url": url }), "2026-01-12T07:00:00Z");
        let error = host.resolve::<OnCall>().unwrap_err();
        assert_eq!(error.class, Class::Retryable { after_ms: None });
        let host = host.reply(http::Method::Get, url, 200, &schedule().to_string());
        assert_eq!(host.resolve::<OnCall>().unwrap().nominees.len(), 1);
        let host = host.reply(http::Method::Get, url, 200, "{}");
        assert_eq!(host.resolve::<OnCall>().unwrap_err().class, Class::Permanent);
    }

    #[test]
    fn what_makes_no_sense_is_no_answer() {
        let now = "2026-01-12T07:00:00Z";
        for (field, value) in [
            ("start", json!("2026-01-05")),
            ("every", json!("0w")),
            ("every", json!("1y")),
            ("every", json!("é")),
            ("people", json!([])),
            ("time_zone", json!("Mars/Olympus")),
        ] {
            let mut bad = schedule();
            bad[field] = value.clone();
            let host = host(json!({ "schedule": bad }), now);
            assert!(host.resolve::<OnCall>().is_err(), "{field}: {value}");
        }
        for config in [json!({}), json!({"schedule": schedule(), "url": "https://a.example/"})] {
            assert!(host(config, now).resolve::<OnCall>().is_err());
        }
        let early = host(json!({"schedule": schedule()}), "2026-01-05T06:59:59Z");
        let error = early.resolve::<OnCall>().unwrap_err();
        assert_eq!(error.class, Class::Retryable { after_ms: None });
    }
}
