//! What each change comes to.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use engine_api::directory::RatesDoc;
use engine_core::{
    ids::PropertyName,
    money::Rates,
    organization::{FileSettings, Settings},
    value::PropertyType,
};

use super::{Change, Changed, Plan, difference, told};
use crate::{error::EngineError, offboard::Handover, organization::OrganizationEvent};

impl Plan<'_> {
    pub(super) fn change(&mut self, change: Change) -> Result<Option<Changed>, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let directory = &organization.directory;
        match change {
            change if change.is_of_rules() => self.change_rule(change),
            Change::PutUser(_)
            | Change::RemoveUser(_)
            | Change::Deactivate { .. }
            | Change::TransferOwnership(_)
            | Change::Delegate { .. }
            | Change::Undelegate { .. }
            | Change::MuteNotices { .. } => self.change_person(change),
            Change::PutGroup(doc) => self.put_group(doc).map(Some),
            Change::PutNode(doc) => self.put_node(doc),
            Change::PutResource(doc) => self.put_resource(doc),
            Change::RemoveGroup(id) => {
                let (what, there) = (format!("group {id}"), directory.group(&id).is_some());
                self.remove(what, there, OrganizationEvent::GroupRemoved(id)).map(Some)
            }
            Change::RemoveNode(id) => {
                let (what, there) = (format!("node {id}"), directory.node(&id).is_some());
                self.remove(what, there, OrganizationEvent::NodeRemoved(id)).map(Some)
            }
            Change::RemoveResource(id) => {
                let (what, there) = (format!("resource {id}"), directory.resource(&id).is_some());
                self.remove(what, there, OrganizationEvent::ResourceRemoved(id)).map(Some)
            }
            Change::SetUserProperties(types) => self.set_user_properties(&types).map(Some),
            Change::SetRates(rates) => self.set_rates(&rates).map(Some),
            Change::SetSettings(settings) => self.set_settings(&settings),
            Change::PutScript { .. }
            | Change::RemoveScript(_)
            | Change::PutPlugin { .. }
            | Change::ChangePlugin { .. }
            | Change::RemovePlugin(_)
            | Change::RemoveToken { .. } => self.change_extension(change),
            // Those of rules are above.
            _ => Ok(None),
        }
    }

    fn change_rule(&mut self, change: Change) -> Result<Option<Changed>, EngineError> {
        match change {
            Change::Publish { definition, comment } => self.publish(*definition, comment).map(Some),
            Change::RetireRule(rule) => self.retire(&rule).map(Some),
            Change::DeleteRule(rule) => self.delete_rule(&rule).map(Some),
            Change::RestartRequests { rule, comment } => {
                self.restart_requests(&rule, comment.as_deref().unwrap_or_default()).map(Some)
            }
            Change::PutRuleGroup(group) => self.put_rule_group(&group),
            Change::RemoveRuleGroup(id) => {
                let there = self.state.rule_groups.contains_key(&id);
                let what = format!("rule group {id}");
                self.remove(what, there, OrganizationEvent::RuleGroupRemoved(id)).map(Some)
            }
            // The rest is of no rule.
            _ => Ok(None),
        }
    }

    fn change_extension(&mut self, change: Change) -> Result<Option<Changed>, EngineError> {
        match change {
            Change::PutScript { name, text } => {
                let before = self.state.scripts.get(&name).map(ToString::to_string);
                let event = OrganizationEvent::ScriptPut { name: name.clone(), text: text.clone() };
                let what = format!("script {name}");
                self.put(what, before.as_ref(), &text, event, |text| difference::lines(text))
                    .map(Some)
            }
            Change::RemoveScript(name) => {
                let there = self.state.scripts.contains_key(&name);
                let what = format!("script {name}");
                self.remove(what, there, OrganizationEvent::ScriptRemoved(name)).map(Some)
            }
            Change::PutPlugin { plugin, file } => self.put_plugin(plugin, file).map(Some),
            Change::ChangePlugin { plugin, change } => self.change_plugin(&plugin, change),
            Change::RemovePlugin(id) => {
                let there = self.state.plugins.contains_key(&id);
                let what = format!("plugin {id}");
                self.remove(what, there, OrganizationEvent::PluginRemoved(id)).map(Some)
            }
            Change::RemoveToken { id } => {
                let found = self.state.tokens.iter().find(|(_, record)| record.id == id);
                let Some(hash) = found.map(|(hash, _)| hash.clone()) else {
                    return Ok(Some(Changed::Same(format!("token {id}"))));
                };
                let event = OrganizationEvent::TokenRemoved { hash };
                self.remove(format!("token {id}"), true, event).map(Some)
            }
            // The rest is of the organization itself.
            _ => Ok(None),
        }
    }

    fn set_rates(&mut self, rates: &Rates) -> Result<Changed, EngineError> {
        let before = self.state.organization.rates.clone();
        let event = OrganizationEvent::RatesSet(rates.clone());
        let told = |rates: &Rates| told(&RatesDoc(rates.clone()));
        self.put("rates".to_owned(), before.as_ref(), rates, event, told)
    }

    fn set_settings(&mut self, settings: &Settings) -> Result<Option<Changed>, EngineError> {
        if settings.time_zone.parse::<chrono_tz::Tz>().is_err() {
            let message = format!("`{}` is not a time zone", settings.time_zone);
            self.problem("time_zone", message);
        }
        if settings.comments.min > settings.comments.max
            || settings.reason.min > settings.reason.max
        {
            self.problem("settings", "a least length above the greatest");
        }
        if settings.approval_expiry_max.on_the_clock().is_none() {
            self.problem(
                "approval_expiry_max",
                "business days are not available yet: use `d` or `h`",
            );
        }
        self.check_file_settings(&settings.files);
        if let Some((field, message)) = settings.calendar.fault() {
            self.problem(field, message);
        }
        if settings.reminders.iter().any(|span| span.on_the_clock().is_none()) {
            self.problem("reminders", "expected `m`, `h`, `d` or `w`, not business days");
        }
        let is_extension = |text: &String| {
            let plain = text.strip_prefix('.').unwrap_or(text);
            !plain.is_empty() && plain.chars().all(|c| c.is_alphanumeric() || "._-+".contains(c))
        };
        if !settings.attachments.refused.iter().all(is_extension) {
            self.problem("attachments.refused", "expected extensions of files, such as `exe`");
        }
        let before = self.state.organization.settings.clone();
        let event = OrganizationEvent::SettingsSet(settings.clone());
        self.put("settings".to_owned(), Some(&before), settings, event, told).map(Some)
    }

    /// EXE-7
    fn check_file_settings(&mut self, files: &FileSettings) {
        for (field, span) in [
            ("files.link_expires_after", files.link_expires_after),
            ("files.retention", files.retention),
        ] {
            if span.on_the_clock().is_none_or(|time| time <= TimeDelta::zero()) {
                self.problem(field, "expected more than nothing in `m`, `h`, `d` or `w`");
            }
        }
        if files.link_downloads == 0 {
            self.problem("files.link_downloads", "expected at least 1");
        }
    }

    fn set_user_properties(
        &mut self,
        types: &BTreeMap<PropertyName, PropertyType>,
    ) -> Result<Changed, EngineError> {
        let event = OrganizationEvent::UserPropertiesSet(types.clone());
        let before = self.state.organization.user_properties.clone();
        self.put("property types".to_owned(), Some(&before), types, event, told)
    }

    fn change_person(&mut self, change: Change) -> Result<Option<Changed>, EngineError> {
        match change {
            Change::PutUser(doc) => self.put_user(&doc),
            Change::RemoveUser(login) => self.remove_user(&login),
            Change::Deactivate { login, replace_by, force } => {
                self.deactivate(&login, Handover { replace_by, force })
            }
            Change::TransferOwnership(to) => self.transfer(&to).map(Some),
            Change::Delegate { of, doc } => self.delegate(&of, &doc),
            Change::Undelegate { of } => self.undelegate(&of),
            Change::MuteNotices { about } => self.mute(about),
            // The rest is not of people.
            _ => Ok(None),
        }
    }
}
