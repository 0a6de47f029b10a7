//! `countersign script check`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use engine_api::document::Document;
use engine_core::{ids::RuleId, rule::Definition};
use engine_host::{Host, Script, ScriptError, ScriptFindings, ScriptTypes};
use serde_json::{Value as Json, json};

use super::{
    super::{files::Gathered, output::say},
    Role, Workshop, complain, read,
};

const EXAMPLES: &str = "\
Examples:
  countersign script check office-hours.rhai
  countersign script check reviewers.rhai --as approvers --properties company
  countersign script check office-hours.rhai --properties rules/transfer.yaml --json

With --properties, the files that `countersign apply` takes, the types of properties are known: the
forms of the rules that use a script of this name, or of the only rule there is, and what is said
of users. Then comparisons that can never hold are told.

Exit status:
  0  the script compiles; there may be warnings
  1  it does not, it calls what there is not, or, with --strict, there are warnings
  2  wrong usage";

/// Compile a script, and say what can be said of it without running it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// The script
    file: PathBuf,
    /// What it is to be used as
    #[arg(long = "as", value_name = "ROLE", value_enum)]
    role: Option<Role>,
    /// Rules and organizations, as files or folders; can be given several times
    #[arg(long, value_name = "PATH")]
    properties: Vec<PathBuf>,
    /// Take warnings for errors
    #[arg(long)]
    strict: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What is known of a request, and the rule that it is known from.
#[derive(Debug, Default)]
struct Known {
    rule: Option<RuleId>,
    types: ScriptTypes,
}

impl Check {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let (text, workshop) = (read(&self.file)?, Workshop::bare()?);
        let known = known(&self.properties, &self.file)?;
        let rules: Vec<&RuleId> = known.iter().filter_map(|known| known.rule.as_ref()).collect();
        let (found, digest) = match workshop.host.compile_script(&text) {
            Ok(script) => (self.findings(&workshop.host, &script, &known), Some(script.digest())),
            Err(error) => {
                (ScriptFindings { errors: vec![error], ..ScriptFindings::default() }, None)
            }
        };
        let is_fine = found.errors.is_empty() && (!self.strict || found.warnings.is_empty());
        if self.json {
            say(&serde_json::to_string_pretty(&json!({
                "file": self.file,
                "sha256": digest,
                "rules": rules,
                "errors": found.errors.iter().map(listed).collect::<Vec<_>>(),
                "warnings": found.warnings.iter().map(listed).collect::<Vec<_>>(),
            }))?);
        } else {
            self.tell(&found, &rules);
        }
        Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// What is found for every rule, each once.
    fn findings(&self, host: &Host, script: &Script, known: &[Known]) -> ScriptFindings {
        let mut all = ScriptFindings::default();
        for Known { types, .. } in known {
            let ScriptFindings { errors, warnings } =
                host.check_script(script, self.role.map(Into::into), types);
            for (list, found) in [(&mut all.errors, errors), (&mut all.warnings, warnings)] {
                for error in found {
                    if !list.contains(&error) {
                        list.push(error);
                    }
                }
            }
        }
        all
    }

    fn tell(&self, found: &ScriptFindings, rules: &[&RuleId]) {
        found.errors.iter().for_each(|error| complain("error [script_invalid]", &self.file, error));
        found.warnings.iter().for_each(|warning| complain("warning", &self.file, warning));
        let of = |rule: &&RuleId| format!("`{rule}`");
        let rules = match rules {
            [] => String::new(),
            rules => format!(", for {}", rules.iter().map(of).collect::<Vec<_>>().join(", ")),
        };
        let count = |list: &[ScriptError], word: &str| match list.len() {
            1 => format!("1 {word}"),
            number => format!("{number} {word}s"),
        };
        say(&format!(
            "{}: {}, {}{rules}",
            self.file.display(),
            count(&found.errors, "error"),
            count(&found.warnings, "warning")
        ));
    }
}

fn listed(error: &ScriptError) -> Json {
    let ScriptError { line, column, message, snippet } = error;
    json!({ "line": line, "column": column, "message": message, "snippet": snippet })
}

/// What the files say of the requests that the script is asked about: one for each rule that uses it.
fn known(paths: &[PathBuf], file: &Path) -> anyhow::Result<Vec<Known>> {
    let Gathered { bundle, .. } = Gathered::read(paths)?;
    let directory = bundle.organization.directory.unwrap_or_default();
    let mut rules = Vec::new();
    for rule in &bundle.rules {
        rules.push(Document::parse(&rule.name, &rule.text)?.read::<Definition>()?);
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if rules.len() > 1 {
        rules.retain(|rule| serde_json::to_value(rule).is_ok_and(|rule| uses(&rule, &name)));
        anyhow::ensure!(
            !rules.is_empty(),
            "none of these rules uses the script `{name}`: name the file of the rule"
        );
    }
    let users = directory.user_properties;
    if rules.is_empty() {
        return Ok(vec![Known { rule: None, types: ScriptTypes { request: None, users } }]);
    }
    let of = |rule: Definition| {
        let fields = rule.form.into_iter().map(|field| (field.name, (field.of, field.required)));
        let types = ScriptTypes { request: Some(fields.collect()), users: users.clone() };
        Known { rule: Some(rule.rule), types }
    };
    Ok(rules.into_iter().map(of).collect())
}

/// Whether a document names the script somewhere.
fn uses(document: &Json, script: &str) -> bool {
    match document {
        Json::Object(fields) => fields
            .iter()
            .any(|(key, value)| (key == "script" && value == script) || uses(value, script)),
        Json::Array(values) => values.iter().any(|value| uses(value, script)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known_of(files: &[(&str, &str)], script: &str) -> anyhow::Result<Vec<Known>> {
        let folder = tempfile::tempdir()?;
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text)?;
        }
        known(&[folder.path().to_owned()], Path::new(script))
    }

    const TRANSFER: &str = "
rule: transfer
kind: transfer
form: [{name: amount, type: money, required: true}, {name: note, type: text}]
when: {all: [{script: a.rhai}]}
steps: [{id: one, approvers: [{id: a, who: {user: ann}}]}]
";
    const OTHER: &str = "
rule: other
kind: other
steps: [{id: one, approvers: [{id: a, who: {script: b.rhai}}]}]
";

    #[test]
    fn types_come_from_the_rules_that_use_the_script() {
        let people = "directory: {user_properties: {grade: number}}\n";
        let files = [("a.yaml", TRANSFER), ("b.yaml", OTHER), ("c.yaml", people)];
        let found = known_of(&files, "x/a.rhai").unwrap();
        let [Known { rule: Some(rule), types }] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(rule.as_str(), "transfer");
        assert!(types.users.contains_key("grade"));
        let form = types.request.as_ref().unwrap();
        assert!(form["amount"].1 && !form["note"].1);
        let other = known_of(&files, "b.rhai").unwrap();
        assert_eq!(other[0].rule.as_ref().unwrap().as_str(), "other");
        let nobody = known_of(&files, "c.rhai").unwrap_err().to_string();
        assert!(nobody.contains("none of these rules uses the script `c.rhai`"), "{nobody}");
    }

    #[test]
    fn the_only_rule_is_meant_and_none_is_fine() {
        assert!(known_of(&[("a.yaml", TRANSFER)], "c.rhai").unwrap()[0].types.request.is_some());
        let nothing = known(&[], Path::new("c.rhai")).unwrap();
        assert!(nothing[0].types.request.is_none() && nothing.len() == 1);
    }
}
