//! `countersign plugin inspect`: what there is to know of a plugin.

use std::{path::Path, process::ExitCode};

use engine_api::organization::{
    ComponentView, PluginActivityView, PluginDetail, PluginLineView, PluginPauseView, SignerView,
};
use serde::Serialize;

use super::super::{
    super::output::{Form, say},
    facts,
    given::read_signed,
    short, told,
};
use crate::{component, trust::Claim, workshop::Workshop};

/// A component, and who says to have signed it.
#[derive(Serialize)]
struct FileView<'a> {
    #[serde(flatten)]
    component: &'a ComponentView,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a Claim>,
}

/// Whether a word means a file, be it there or not.
pub(super) fn is_file(word: &str) -> bool {
    let path = Path::new(word);
    path.is_file() || word.contains('/') || path.extension().is_some_and(|kind| kind == "wasm")
}

/// What a file is. Its signature is told, and not judged: for that, somebody has to say whom they trust.
pub(super) fn file(path: &Path, form: Form) -> anyhow::Result<ExitCode> {
    let carried = read_signed(path)?;
    let (bytes, signature) = engine_host::split_signature(&carried);
    let signature = signature.map(Claim::read).transpose()?;
    let component = &component::view(&Workshop::bare()?.load(bytes)?);
    form.tell(&FileView { component, signature: signature.as_ref() }, || {
        facts::say_head(component);
        facts::say_borders(component);
        facts::say_wants(component);
        match &signature {
            Some(Claim { key, comment }) => say(&format!(
                "  signed with the key {key}: {comment} (`countersign plugin verify` says whether so)"
            )),
            None => say("  not signed"),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What is known of a plugin, a line each.
pub(super) fn report(detail: &PluginDetail, lines: usize) {
    let plugin = &detail.plugin;
    let current = &plugin.current;
    match &detail.component {
        Some(component) => {
            // It may have another name in rules than in its manifest.
            facts::say_head(&ComponentView { name: plugin.id.clone(), ..component.clone() });
            facts::say_borders(component);
            facts::say_wants(component);
        }
        None => say(&format!("{} {}: its file is gone", plugin.id, current.version)),
    }
    match &current.signer {
        Some(SignerView { name, key, comment, .. }) => {
            say(&format!("  signed by {name} (key {key}): {comment}"));
        }
        None if current.first_party => {}
        None => say("  not signed"),
    }
    let (day, by) = (current.installed_at.format("%-d %B %Y, %H:%M UTC"), &current.installed_by);
    let came = if current.first_party { "came with the program" } else { "installed" };
    say(&format!("  {came} on {day} by {by}"));
    say(&format!("  may use {}", told(&plugin.grant)));
    if let Ok(serde_json::Value::Object(limits)) = serde_json::to_value(plugin.limits) {
        for (limit, value) in limits {
            say(&format!("  limit {limit}: {value}"));
        }
    }
    if let Some(disabled) = &plugin.disabled {
        let (at, by) = (disabled.at.format("%-d %B %Y, %H:%M UTC"), &disabled.by);
        say(&format!("  DISABLED since {at} by {by}: {}", disabled.comment));
    }
    for earlier in &plugin.earlier {
        say(&format!("  before: {} ({})", earlier.version, short(&earlier.digest)));
    }
    match &detail.activity {
        Some(activity) => say_activity(activity, lines),
        None => say("  not called since the engine started"),
    }
}

fn say_activity(activity: &PluginActivityView, lines: usize) {
    let failed: u64 = activity.failures.values().sum();
    let since = activity.since.format("%-d %B %Y, %H:%M UTC");
    say(&format!("  {} calls since {since}, {failed} failed", activity.calls));
    for (class, number) in &activity.failures {
        say(&format!("    {class}: {number}"));
    }
    let PluginActivityView { median_us, p95_us, longest_us, fuel, memory, .. } = activity;
    say(&format!("  took {median_us} µs (median), {p95_us} µs (p95), {longest_us} µs (longest)"));
    say(&format!("  used at most {fuel} fuel and {memory} bytes of memory"));
    activity.pauses.iter().for_each(say_pause);
    let skipped = activity.log.len().saturating_sub(lines);
    activity.log.iter().skip(skipped).for_each(say_line);
}

fn say_pause(pause: &PluginPauseView) {
    let step = pause.step.as_ref().map(|step| format!(", step {step}")).unwrap_or_default();
    let PluginPauseView { rule, failures, last, waiting, .. } = pause;
    say(&format!(
        "  NOT ASKED in rule {rule}{step} until {}: failed {failures} times in a row ({last:?})",
        pause.until.format("%H:%M:%S UTC")
    ));
    if !waiting.is_empty() {
        say(&format!("    waiting for it: {}", waiting.join(", ")));
    }
}

fn say_line(line: &PluginLineView) {
    let fields: String =
        line.fields.iter().map(|(name, value)| format!(" {name}={value:?}")).collect();
    let at = line.at.format("%H:%M:%S");
    say(&format!("  {at} {} {:?}{fields} ({})", line.level, line.message, line.request));
}
