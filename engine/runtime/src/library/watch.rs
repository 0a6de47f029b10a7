//! What plugins have done since the engine started: numbers, the last lines of their logs, and which are
//! not asked at present. Kept in memory alone.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use engine_core::{
    extension::Failure,
    ids::{OrgId, PluginId, RequestId, RuleId, StepId},
};
use engine_host::{Answer, LogLevel, Trace};
use hdrhistogram::Histogram;

use super::breaker::{Breaker, Pause};
use crate::extensions::ExtensionCall;

/// Lines that are kept of a plugin.
const LINES: usize = 200;
/// Uses whose failures are counted; further ones are never paused.
const USES: usize = 1_000;

/// Plugins by organization and id.
#[derive(Debug, Default)]
pub(super) struct Watch {
    plugins: Mutex<BTreeMap<Whose, Arc<Mutex<Watched>>>>,
}

type Whose = (OrgId, PluginId);

/// One plugin.
#[derive(Debug)]
struct Watched {
    since: DateTime<Utc>,
    calls: u64,
    failures: BTreeMap<&'static str, u64>,
    times: Histogram<u32>,
    fuel: u64,
    memory: usize,
    log: VecDeque<PluginLine>,
    /// Of the present version alone.
    breakers: BTreeMap<Use, Breaker>,
    digest: String,
}

/// Where a plugin is used: in this rule, in this step.
type Use = (RuleId, Option<StepId>);

/// A line of a plugin's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginLine {
    /// When.
    pub at: DateTime<Utc>,
    /// How important; none of what the host refused.
    pub level: Option<LogLevel>,
    /// In the plugin's words.
    pub message: String,
    /// By name, as text.
    pub fields: Vec<(String, String)>,
    /// What it was called for.
    pub request: RequestId,
}

/// What a plugin has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginActivity {
    /// Since when is counted.
    pub since: DateTime<Utc>,
    /// Calls that ended.
    pub calls: u64,
    /// How many of them failed, by the class of the failure.
    pub failures: BTreeMap<&'static str, u64>,
    /// Half of the calls took at most so long.
    pub median: Duration,
    /// 19 of 20 calls took at most so long.
    pub p95: Duration,
    /// The longest.
    pub longest: Duration,
    /// The most fuel of a call.
    pub fuel: u64,
    /// The most memory of a call, in bytes.
    pub memory: usize,
    /// The last lines of its log, the oldest first.
    pub log: Vec<PluginLine>,
    /// Where it is not asked.
    pub pauses: Vec<(RuleId, Option<StepId>, Pause)>,
}

impl Watched {
    fn new(since: DateTime<Utc>) -> Option<Self> {
        // Microseconds up to an hour, with two digits that hold.
        let times = Histogram::new_with_bounds(1, 3_600_000_000, 2).ok()?;
        Some(Self {
            since,
            calls: 0,
            failures: BTreeMap::new(),
            times,
            fuel: 0,
            memory: 0,
            log: VecDeque::new(),
            breakers: BTreeMap::new(),
            digest: String::new(),
        })
    }

    fn breaker(&mut self, digest: &str, call: &ExtensionCall) -> Option<&mut Breaker> {
        if self.digest != digest {
            self.breakers.clear();
            digest.clone_into(&mut self.digest);
        }
        let used = (call.facts.rule.clone(), call.facts.step.clone());
        let is_known = self.breakers.contains_key(&used);
        (is_known || self.breakers.len() < USES).then(|| self.breakers.entry(used).or_default())
    }

    fn note(&mut self, trace: &Trace, request: &RequestId, at: DateTime<Utc>) {
        let micros = u64::try_from(trace.elapsed.as_micros()).unwrap_or(u64::MAX);
        self.times.saturating_record(micros.max(1));
        self.fuel = self.fuel.max(trace.fuel);
        self.memory = self.memory.max(trace.memory);
        let request = || request.clone();
        let said = trace.log.iter().map(|line| PluginLine {
            at,
            level: Some(line.level),
            message: line.message.clone(),
            fields: line.fields.clone(),
            request: request(),
        });
        let refused = trace.denials.iter().map(|denial| PluginLine {
            at,
            level: None,
            message: format!("{} `{}`: {}", denial.capability, denial.name, denial.why),
            fields: Vec::new(),
            request: request(),
        });
        self.log.extend(said.chain(refused));
        let over = self.log.len().saturating_sub(LINES);
        self.log.drain(..over);
    }

    fn activity(&self) -> PluginActivity {
        let quantile = |quantile| Duration::from_micros(self.times.value_at_quantile(quantile));
        let pauses = self.breakers.iter().filter_map(|((rule, step), breaker)| {
            Some((rule.clone(), step.clone(), breaker.pause()?.clone()))
        });
        PluginActivity {
            since: self.since,
            calls: self.calls,
            failures: self.failures.clone(),
            median: quantile(0.5),
            p95: quantile(0.95),
            longest: Duration::from_micros(self.times.max()),
            fuel: self.fuel,
            memory: self.memory,
            log: self.log.iter().cloned().collect(),
            pauses: pauses.collect(),
        }
    }
}

impl Watch {
    /// Whether a plugin may be asked.
    ///
    /// # Errors
    /// `unavailable` during a pause.
    pub(super) fn admit(
        &self,
        plugin: &PluginId,
        digest: &str,
        call: &ExtensionCall,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let Some(watched) = self.of(&call.org, plugin, now) else { return Ok(()) };
        let mut watched = held(&watched);
        match watched.breaker(digest, call) {
            Some(breaker) => breaker.admit(plugin.as_str(), &call.facts.request, now),
            None => Ok(()),
        }
    }

    /// Counts a call that ended, and says so where the plugin is not asked from now on, or is again.
    pub(super) fn ended<T>(
        &self,
        plugin: &PluginId,
        digest: &str,
        call: &ExtensionCall,
        answer: &Answer<T>,
        now: DateTime<Utc>,
    ) {
        let Some(watched) = self.of(&call.org, plugin, now) else { return };
        let mut watched = held(&watched);
        watched.calls = watched.calls.saturating_add(1);
        watched.note(&answer.trace, &call.facts.request, now);
        let failure = answer.result.as_ref().err();
        if let Some(failure) = failure {
            let count = watched.failures.entry(failure.class.as_str()).or_default();
            *count = count.saturating_add(1);
        }
        let requester = &call.facts.requester;
        let turned = watched
            .breaker(digest, call)
            .and_then(|breaker| breaker.ended(requester, failure, now));
        let (org, rule) = (&call.org, &call.facts.rule);
        match turned {
            Some(true) => {
                let last = failure.map(|failure| failure.message.as_str()).unwrap_or_default();
                tracing::warn!(%org, %plugin, %rule, last, "the plugin fails and is not asked for a while");
            }
            Some(false) => tracing::info!(%org, %plugin, %rule, "the plugin answers again"),
            None => {}
        }
    }

    /// What a plugin has done; none where it was never called.
    pub(super) fn activity(&self, org: &OrgId, plugin: &PluginId) -> Option<PluginActivity> {
        let plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        let watched = plugins.get(&(org.clone(), plugin.clone())).cloned();
        drop(plugins);
        watched.map(|watched| held(&watched).activity())
    }

    fn of(
        &self,
        org: &OrgId,
        plugin: &PluginId,
        now: DateTime<Utc>,
    ) -> Option<Arc<Mutex<Watched>>> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (org.clone(), plugin.clone());
        if let Some(watched) = plugins.get(&key) {
            return Some(Arc::clone(watched));
        }
        let watched = Arc::new(Mutex::new(Watched::new(now)?));
        plugins.insert(key, Arc::clone(&watched));
        Some(watched)
    }
}

fn held(watched: &Mutex<Watched>) -> MutexGuard<'_, Watched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}
