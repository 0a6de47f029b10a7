//! `countersign plugin replay`: what plugins and scripts were asked before, asked again offline.

mod count;
mod told;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, anyhow, bail};
use chrono::{DateTime, Utc};
use clap::Args;
use engine_api::organization::CapsuleView;
use engine_host::{Answer, Answered, Capsule, MAX_COMPONENT_BYTES, Plugin, Script};
use sdk_client::{CapsulesWanted, Client};
use serde::Serialize;

use self::count::{Count, Outcome};
use super::{
    super::{
        output::{say, warn},
        target::Target,
    },
    given::read_component,
    short,
};
use crate::workshop::Workshop;

const EXAMPLES: &str = "\
The engine keeps what every answer of a plugin or a script rested on for 30 days
(`capsules.keep_days` of its configuration). Nothing is reached here but the engine: what was looked
up then is taken from there.

Executors run dry: they get the answers that databases, files and other systems gave then, in order,
and nothing is done. One that asks for something else ends there, and what it asked is shown.

Without --against, the version that answered has to come to the same, with the same work. With it,
the decisions, plans and receipts are shown that the other version would have come to otherwise; what
a script answered is left out where the file is a component, and the other way round. Whatever
differs or is left out makes the exit code 1.

Two kinds of calls cannot be repeated, and are counted by themselves: those that were answered more
than 256 KiB, which is not kept, and those whose time ran out, which depends on the moment.

Examples:
  countersign plugin replay 7d0c1f20b5aa
  countersign plugin replay risk-score --request 019a2b3c
  countersign plugin replay risk-score --since 30d --against new.wasm
  countersign plugin replay office-hours.rhai --against company/office-hours.rhai";

/// Ask again what a plugin or a script was asked before, or ask another version of it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Replay {
    #[command(flatten)]
    target: Target,
    /// A plugin, a script, or the beginning of a capsule's id (12 letters and digits at least)
    what: String,
    /// Only what was asked about this request
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Only what was asked since: `30d`, `12h`, or a time such as `2026-03-02T09:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<DateTime<Utc>>,
    /// Another version, to be asked the same: a component, or the text of a script
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Print JSON, one line for each question that came out otherwise, and one for all
    #[arg(long)]
    json: bool,
}

/// A question that came out otherwise.
#[derive(Debug, Serialize)]
struct Difference<'a> {
    id: &'a str,
    at: DateTime<Utc>,
    request: &'a str,
    rule: &'a str,
    what: &'a str,
    before: String,
    after: String,
    fuel_before: u64,
    fuel_after: u64,
}

impl Replay {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let workshop = Workshop::patient()?;
        let against = self.against.as_deref().map(|file| version(&workshop, file)).transpose()?;
        let spoken = self.target.reach().await?;
        let (known, left_out) = (BTreeMap::new(), BTreeSet::new());
        let mut again = Again { workshop, client: &spoken.client, known, against, left_out };
        let counted = self.all(&mut again).await;
        spoken.close().await;
        self.report(&counted?)
    }

    /// Goes through everything that is wanted, page by page.
    async fn all(&self, again: &mut Again<'_>) -> anyhow::Result<Count> {
        let is_id = self.what.len() >= 12 && self.what.bytes().all(|b| b.is_ascii_hexdigit());
        let since = self.since.map(|since| since.to_rfc3339());
        let (mut count, mut cursor, mut seen) = (Count::default(), None, BTreeSet::new());
        loop {
            let wanted = CapsulesWanted {
                id: is_id.then_some(self.what.as_str()),
                plugin: (!is_id).then_some(self.what.as_str()),
                request: self.request.as_deref(),
                since: since.as_deref(),
                cursor: cursor.as_deref(),
            };
            let page = again.client.capsules(&wanted).await?;
            for found in &page.items {
                // The same question with the same answer is one.
                if seen.insert(found.id.clone()) {
                    count.add(self.ask(again, found).await?);
                }
            }
            let asked = count.all();
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(count),
            }
            warn(&format!("{asked} calls made again …"));
        }
    }

    async fn ask(&self, again: &mut Again<'_>, found: &CapsuleView) -> anyhow::Result<Outcome> {
        let capsule: Capsule = serde_json::from_value(found.capsule.clone())
            .with_context(|| format!("the capsule `{}` makes no sense", found.id))?;
        if again.leaves_out(&capsule) {
            return Ok(Outcome::LeftOut);
        }
        if capsule.is_cut() {
            return Ok(Outcome::TooLarge);
        }
        if capsule.ran_out_of_time() {
            return Ok(Outcome::OutOfTime);
        }
        let Some(version) = again.version(&capsule).await? else {
            warn(&format!(
                "{} needs the version {}, which the engine does not have any more",
                short(&found.id),
                short(&capsule.digest)
            ));
            return Ok(Outcome::Gone);
        };
        let host = &again.workshop.host;
        let answer = tokio::task::block_in_place(|| match &version {
            Version::Plugin(plugin) => host.replay(plugin, &capsule),
            Version::Script(script) => host.replay_script(script, &capsule),
        });
        let is_same = match self.against {
            Some(_) => capsule.gave(&answer),
            None => capsule.is_repeated_by(&answer),
        };
        if is_same {
            return Ok(Outcome::Same);
        }
        self.tell(found, &capsule, &answer)?;
        Ok(Outcome::Other)
    }

    fn tell(
        &self,
        found: &CapsuleView,
        capsule: &Capsule,
        answer: &Answer<Answered>,
    ) -> anyhow::Result<()> {
        let difference = Difference {
            id: &found.id,
            at: found.at,
            request: capsule.facts.request.as_str(),
            rule: capsule.facts.rule.as_str(),
            what: told::asked(capsule),
            before: told::answer(&capsule.answer),
            after: told::again(capsule, answer),
            fuel_before: capsule.trace.fuel,
            fuel_after: answer.trace.fuel,
        };
        if self.json {
            say(&serde_json::to_string(&difference)?);
            return Ok(());
        }
        let Difference { request, rule, what, before, after, fuel_before, fuel_after, .. } =
            &difference;
        let at = found.at.format("%-d %B %Y, %H:%M UTC");
        say(&format!("{}  {at}  request {request:?} under {rule}: {what}", short(&found.id)));
        say(&format!("  before: {before} (fuel {fuel_before})"));
        say(&format!("  now:    {after} (fuel {fuel_after})"));
        Ok(())
    }

    fn report(&self, count: &Count) -> anyhow::Result<ExitCode> {
        if count.all() == 0 {
            bail!("nothing of this was recorded: look at the name, --request and --since");
        }
        say(&if self.json { serde_json::to_string(count)? } else { count.told() });
        Ok(if count.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Who answers.
struct Again<'a> {
    workshop: Workshop,
    client: &'a Client,
    /// The versions that answered, by digest; none of those that are gone.
    known: BTreeMap<String, Option<Plugin>>,
    against: Option<Version>,
    /// Who answered what is left out, by name.
    left_out: BTreeSet<String>,
}

/// What answers.
#[derive(Clone)]
enum Version {
    Plugin(Plugin),
    Script(Script),
}

/// What a file holds.
fn version(workshop: &Workshop, file: &Path) -> anyhow::Result<Version> {
    let bytes = read_component(file)?;
    if bytes.starts_with(b"\0asm") {
        let (component, _) = engine_host::split_signature(&bytes);
        return Ok(Version::Plugin(workshop.load(component)?));
    }
    let name = file.display();
    let text = String::from_utf8(bytes)
        .with_context(|| format!("`{name}` is neither a component nor the text of a script"))?;
    let script = workshop.host.compile_script(&text);
    Ok(Version::Script(script.map_err(|error| anyhow!("{name}: {error}"))?))
}

impl Again<'_> {
    /// Whether the other version cannot be asked this, being of another kind; says so once for each name.
    fn leaves_out(&mut self, capsule: &Capsule) -> bool {
        let why = match (&self.against, &capsule.script) {
            (Some(Version::Plugin(_)), Some(_)) => "is a script: give its text",
            (Some(Version::Script(_)), None) => "is a plugin: give a component",
            (None, _) | (Some(Version::Plugin(_)), None) | (Some(Version::Script(_)), Some(_)) => {
                return false;
            }
        };
        let name = &capsule.plugin;
        if self.left_out.insert(name.clone()) {
            warn(&format!("`{name}` {why}; what it answered is left out"));
        }
        true
    }

    /// Who is asked; none where that version is gone.
    async fn version(&mut self, capsule: &Capsule) -> anyhow::Result<Option<Version>> {
        if let Some(against) = &self.against {
            return Ok(Some(against.clone()));
        }
        let Some(text) = &capsule.script else {
            return Ok(self.plugin(&capsule.digest).await?.map(Version::Plugin));
        };
        let script = self.workshop.host.compile_script(text);
        let script = script.map_err(|error| anyhow!("{}: {error}", capsule.plugin))?;
        Ok(Some(Version::Script(script)))
    }

    async fn plugin(&mut self, digest: &str) -> anyhow::Result<Option<Plugin>> {
        if let Some(known) = self.known.get(digest) {
            return Ok(known.clone());
        }
        let plugin = match self.client.component(digest, MAX_COMPONENT_BYTES).await {
            Ok(bytes) => Some(tokio::task::block_in_place(|| self.workshop.host.load(&bytes))?),
            Err(error) if error.code() == Some("not_found") => None,
            Err(error) => return Err(error.into()),
        };
        self.known.insert(digest.to_owned(), plugin.clone());
        Ok(plugin)
    }
}

/// `30d`, `12h`, or an instant.
fn since(text: &str) -> Result<DateTime<Utc>, String> {
    let expected = "expected such as `30d`, `12h` or `2026-03-02T09:00:00Z`";
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let number = |unit| text.strip_suffix(unit).and_then(|number: &str| number.parse::<i64>().ok());
    let back = match (number('d'), number('h')) {
        (Some(days), _) => chrono::TimeDelta::try_days(days),
        (None, Some(hours)) => chrono::TimeDelta::try_hours(hours),
        (None, None) => None,
    };
    back.and_then(|back| Utc::now().checked_sub_signed(back)).ok_or_else(|| expected.to_owned())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn since_is_a_time_or_a_while() {
        assert_eq!(
            since("2026-03-02T09:00:00Z").unwrap().to_rfc3339(),
            "2026-03-02T09:00:00+00:00"
        );
        let hours = |text| (Utc::now() - since(text).unwrap() + TimeDelta::minutes(1)).num_hours();
        assert_eq!((hours("1d"), hours("24h"), hours("30d")), (24, 24, 720));
        for wrong in ["", "d", "30", "yesterday", "99999999999999999999d", "9999999999999d"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
