//! Plugins, as the API shows them.

use engine_api::organization::{
    DisabledView, PluginActivityView, PluginLineView, PluginPauseView, PluginVersionView,
    PluginView, SignerView, TierWord, WorldWord,
};
use engine_host::LogLevel;
use engine_runtime::{
    InstalledPlugin, Origin, PluginActivity, PluginFile, PluginLine, Signer, Tier,
};

use super::super::caller::Known;
use crate::grants;

pub(super) fn plugin(plugin: &InstalledPlugin, known: &Known) -> PluginView {
    let names = known.plain_names();
    PluginView {
        id: plugin.id.to_string(),
        current: version(&plugin.file, known),
        grant: grants::written(&plugin.grant),
        limits: grants::written_limits(plugin.limits),
        disabled: plugin.disabled.as_ref().map(|disabled| DisabledView {
            at: disabled.at,
            by: names.login(&disabled.by),
            comment: disabled.comment.clone(),
        }),
        earlier: plugin.earlier.iter().map(|file| version(file, known)).collect(),
    }
}

fn version(file: &PluginFile, known: &Known) -> PluginVersionView {
    PluginVersionView {
        name: file.name.clone(),
        version: file.version.clone(),
        worlds: file.worlds.iter().copied().map(WorldWord::from).collect(),
        digest: file.digest.clone(),
        installed_at: file.at,
        installed_by: known.plain_names().login(&file.by),
        first_party: file.origin == Origin::FirstParty,
        signer: file.signer.as_ref().map(signer),
    }
}

fn signer(signer: &Signer) -> SignerView {
    let tier = match signer.tier {
        Tier::Operator => TierWord::Operator,
        Tier::Publisher => TierWord::Publisher,
    };
    let Signer { name, key, comment, .. } = signer.clone();
    SignerView { tier, name, key, comment }
}

pub(super) fn activity(activity: PluginActivity) -> PluginActivityView {
    let micros = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let pauses = activity.pauses.into_iter().map(|(rule, step, pause)| PluginPauseView {
        rule: rule.to_string(),
        step: step.map(|step| step.to_string()),
        since: pause.since,
        until: pause.until,
        failures: pause.failures,
        last: pause.last,
        waiting: pause.waiting.iter().map(ToString::to_string).collect(),
    });
    PluginActivityView {
        since: activity.since,
        calls: activity.calls,
        failures: activity.failures.into_iter().map(|(class, n)| (class.to_owned(), n)).collect(),
        median_us: micros(activity.median),
        p95_us: micros(activity.p95),
        longest_us: micros(activity.longest),
        fuel: activity.fuel,
        memory: u64::try_from(activity.memory).unwrap_or(u64::MAX),
        pauses: pauses.collect(),
        log: activity.log.into_iter().map(line).collect(),
    }
}

fn line(line: PluginLine) -> PluginLineView {
    let level = match line.level {
        None => "denied",
        Some(LogLevel::Trace) => "trace",
        Some(LogLevel::Debug) => "debug",
        Some(LogLevel::Info) => "info",
        Some(LogLevel::Warn) => "warn",
        Some(LogLevel::Error) => "error",
    };
    PluginLineView {
        at: line.at,
        level: level.to_owned(),
        message: line.message,
        fields: line.fields.into_iter().collect(),
        request: line.request.to_string(),
    }
}
