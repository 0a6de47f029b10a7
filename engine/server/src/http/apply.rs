//! A folder of files in one transaction.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use engine_api::organization::{Bundle, ChangeList, OrganizationDoc};
use engine_core::{
    ids::{PluginId, ScriptId},
    rejection::Code,
};
use engine_runtime::{Change, EngineError, PluginChange};

use super::{
    AppState,
    caller::Known,
    directory::{self, How},
    extract::{Asked, Body, field},
    outcome::list,
    plugins,
    refusal::Refusal,
    rule_groups, rules, scripts,
};

pub(super) async fn apply(
    State(state): State<AppState>,
    known: Known,
    Asked(how): Asked<How>,
    Body(bundle): Body<Bundle>,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    let groups = bundle.organization.rule_groups.iter().map(rule_groups::read);
    let groups = groups.collect::<Result<Vec<_>, _>>()?;
    let mut basis = components(&state, &known, bundle.components).await?;
    basis.extend(organization(bundle.organization, &known, how.prune)?);
    for (name, text) in bundle.scripts {
        let name: ScriptId = field("scripts", &name)?;
        scripts::check(&state, &name, &text)?;
        basis.push(Change::PutScript { name, text });
    }
    let rules = bundle.rules.iter().map(|file| rules::parse(&file.name, &file.text));
    let rules = rules.collect::<Result<Vec<_>, _>>()?;
    let mut changes = basis.clone();
    changes.extend(rules.iter().map(|rule| rule.change(&bundle.comment)));
    changes.extend(groups);
    match known.organize(&state, changes, how.dry_run).await {
        Ok(changed) => Ok(list(changed, how.dry_run)),
        Err(error) if error.code() == Some(Code::RuleInvalid) => {
            Err(blame(&state, &known, basis, &rules, &error).await)
        }
        Err(error) => Err(known.refusal(&error)),
    }
}

/// Plugins of components that were sent before: first, so that grants and rules can name them.
async fn components(
    state: &AppState,
    known: &Known,
    wanted: BTreeMap<String, String>,
) -> Result<Vec<Change>, Refusal> {
    let mut changes = Vec::new();
    for (id, digest) in wanted {
        let plugin: PluginId = field("components", &id)?;
        let component = state.library.component(&digest).await;
        let Some(component) = component.map_err(|error| known.refusal(&error))? else {
            let message = format!(
                "there is no component `{digest}`: send it with `PUT /api/v1/plugins/{plugin}?dry_run=true`"
            );
            return Err(Refusal::invalid(&format!("components.{plugin}"), message));
        };
        changes.push(plugins::put(state, known, plugin, &component).await?);
    }
    Ok(changes)
}

/// Which of several rules is refused: each is tried alone, on top of everything else.
async fn blame(
    state: &AppState,
    known: &Known,
    basis: Vec<Change>,
    rules: &[rules::Read],
    error: &EngineError,
) -> Refusal {
    for rule in rules {
        let mut changes = basis.clone();
        changes.push(rule.change(""));
        if let Err(alone) = known.organize(state, changes, true).await {
            return rule.refusal(known, &alone);
        }
    }
    known.refusal(error)
}

fn organization(doc: OrganizationDoc, known: &Known, prune: bool) -> Result<Vec<Change>, Refusal> {
    if let Some(name) = &doc.organization
        && name != known.caller.org.as_str()
    {
        let message = format!("the files are for `{name}`, the token is of `{}`", known.caller.org);
        return Err(Refusal::invalid("organization", message));
    }
    let mut changes = Vec::new();
    changes.extend(doc.settings.map(Change::SetSettings));
    changes.extend(doc.rates.map(|rates| Change::SetRates(rates.0)));
    if let Some(doc) = doc.directory {
        changes.extend(directory::changes(doc, known, prune));
    }
    for (id, grant) in doc.plugins {
        let plugin: PluginId = field("plugins", &id)?;
        let change = PluginChange::Grant(plugins::granted(grant)?);
        changes.push(Change::ChangePlugin { plugin, change });
    }
    Ok(changes)
}
