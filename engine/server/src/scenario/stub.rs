//! Plugins that answer what the file says, and the count of every call.

mod answers;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use engine_core::{
    extension::{
        Failure, FailureClass, Message, Nominee, NomineeKind, Plan, Presence, Problem, Receipt,
        Verdict,
    },
    ids::{Login, PluginId},
    question::Source,
    request::MadeFile,
};
use engine_runtime::{Engine, ExtensionCall, Extensions, Library};
use serde_json::Value as Json;

pub(super) use self::answers::StubDoc;
use self::answers::{ApproversAnswer, ConditionAnswer, EffectAnswer, ProbeAnswer};
use super::crash::{CrashPoint, Fuse};

/// A call that stubs can be asked to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Method {
    Condition,
    Approvers,
    Plan,
    Execute,
    Probe,
    Revert,
}

impl Method {
    /// The word of a file, the first where there are two.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Approvers => "approvers",
            Self::Plan => "plan",
            Self::Execute => "execute",
            Self::Probe => "probe",
            Self::Revert => "revert",
        }
    }

    /// Reads the word of a file; some have two.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "condition" => Self::Condition,
            "approvers" => Self::Approvers,
            "plan" => Self::Plan,
            "execute" => Self::Execute,
            "probe" | "status" => Self::Probe,
            "revert" | "revoke" => Self::Revert,
            _ => return None,
        })
    }
}

/// What the stubs of a case have been through; it outlives crashes, as the world outside does.
#[derive(Debug)]
pub(super) struct Stubs {
    plugins: BTreeMap<PluginId, StubDoc>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    calls: BTreeMap<(String, Method), u32>,
    /// Whether the runner itself is looking: then answers repeat and nothing counts.
    is_peeking: bool,
    effects: BTreeMap<(PluginId, String), Presence>,
}

impl Stubs {
    /// Stubs that nobody has called yet.
    pub(super) fn new(plugins: BTreeMap<PluginId, StubDoc>) -> Arc<Self> {
        Arc::new(Self { plugins, seen: Mutex::default() })
    }

    /// How often a script or plugin was called so.
    pub(super) fn calls(&self, name: &str, method: Method) -> u32 {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.calls.get(&(name.to_owned(), method)).copied().unwrap_or(0)
    }

    /// Every count, by the first of the words for a call.
    pub(super) fn all(&self) -> BTreeMap<String, BTreeMap<String, u32>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
        for ((name, method), count) in &seen.calls {
            all.entry(name.clone()).or_default().insert(method.as_str().to_owned(), *count);
        }
        all
    }

    /// Lets calls repeat the answer before and count for nothing, or no longer.
    pub(super) fn peek(&self, is_peeking: bool) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_peeking = is_peeking;
    }

    /// Counts a call; says how many there were before.
    fn count(&self, name: &str, method: Method) -> u32 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_peeking = seen.is_peeking;
        let calls = seen.calls.entry((name.to_owned(), method)).or_default();
        if is_peeking {
            return calls.saturating_sub(1);
        }
        *calls += 1;
        *calls - 1
    }

    fn remember(&self, plugin: &PluginId, once_key: &str, presence: Presence) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.effects.insert((plugin.clone(), once_key.to_owned()), presence);
    }

    fn presence(&self, plugin: &PluginId, once_key: &str) -> Presence {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.effects.get(&(plugin.clone(), once_key.to_owned()));
        known.cloned().unwrap_or(Presence::DidNotHappen)
    }
}

/// The extensions of one engine: stubs first, then the real host.
#[derive(Debug)]
pub(super) struct ScenarioExtensions {
    /// Answers and counts.
    pub(super) stubs: Arc<Stubs>,
    /// Scripts and component files; none where the file has neither.
    pub(super) library: Option<Arc<Library>>,
    /// When the engine dies.
    pub(super) fuse: Arc<Fuse>,
}

impl ScenarioExtensions {
    fn stub(&self, source: &Source) -> Option<&StubDoc> {
        match source {
            Source::Plugin(id) => self.stubs.plugins.get(id),
            Source::Script(_) => None,
        }
    }

    fn library(&self) -> Result<&Library, Failure> {
        let missing = || Failure::new(FailureClass::Bug, "the scenario has no such extension");
        self.library.as_deref().ok_or_else(missing)
    }

    /// What a stub's effect comes to, remembered for whoever asks later.
    fn effect(&self, plugin: &PluginId, stub: &StubDoc, once_key: &str, call: u32) -> Effected {
        let receipt = Receipt { reference: once_key.to_owned(), fields: BTreeMap::new() };
        match stub.execute.to(call) {
            Some(EffectAnswer::Fail(class)) => {
                if class.may_have_happened() {
                    let message = "the stub does not know".to_owned();
                    self.stubs.remember(plugin, once_key, Presence::CannotTell(message));
                }
                Err(failure(class))
            }
            answer => {
                let fields = match answer {
                    Some(EffectAnswer::Ok(Json::Object(fields))) => fields.into_iter().collect(),
                    Some(EffectAnswer::Ok(_) | EffectAnswer::Fail(_)) | None => BTreeMap::new(),
                };
                let receipt = Receipt { fields, ..receipt };
                self.stubs.remember(plugin, once_key, Presence::Happened(receipt.clone()));
                Ok(receipt)
            }
        }
    }
}

type Effected = Result<Receipt, Failure>;

fn failure(class: FailureClass) -> Failure {
    Failure::new(class, "the stub fails as the scenario says")
}

#[async_trait]
impl Extensions for ScenarioExtensions {
    fn attach(&self, engine: &Engine) {
        if let Some(library) = &self.library {
            library.attach(engine);
        }
    }

    async fn condition(&self, source: &Source, call: &ExtensionCall) -> Result<Verdict, Failure> {
        let number = self.stubs.count(source.name(), Method::Condition);
        let Some(stub) = self.stub(source) else {
            return self.library()?.condition(source, call).await;
        };
        let unmet = |text: String| {
            let (code, arguments) = ("stub".to_owned(), BTreeMap::new());
            Ok(Verdict::Unmet(Message { code, arguments, text }))
        };
        match stub.condition.to(number) {
            None | Some(ConditionAnswer::Met(true)) => Ok(Verdict::Met),
            Some(ConditionAnswer::Met(false)) => unmet("the stub says no".to_owned()),
            Some(ConditionAnswer::Unmet(text)) => unmet(text),
            Some(ConditionAnswer::Fail(class)) => Err(failure(class)),
        }
    }

    async fn approvers(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Nominee>, Failure> {
        let number = self.stubs.count(source.name(), Method::Approvers);
        let Some(stub) = self.stub(source) else {
            return self.library()?.approvers(source, call).await;
        };
        let logins = match stub.approvers.to(number) {
            None => Vec::new(),
            Some(ApproversAnswer::Fail(class)) => return Err(failure(class)),
            Some(ApproversAnswer::Names(logins)) => logins,
            Some(ApproversAnswer::Bare(login)) => vec![login],
        };
        let nominee = |login: &Login| {
            let user = call.directory.by_login(login).ok_or_else(|| {
                Failure::new(FailureClass::BadOutput, format!("there is no user `{login}`"))
            })?;
            Ok(Nominee { who: NomineeKind::User(user.id.clone()), reason: None })
        };
        logins.iter().map(nominee).collect()
    }

    async fn problems(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Problem>, Failure> {
        match self.stub(source) {
            Some(_) => Ok(Vec::new()),
            None => self.library()?.problems(source, call).await,
        }
    }

    async fn plan(&self, plugin: &PluginId, call: &ExtensionCall) -> Result<Plan, Failure> {
        let number = self.stubs.count(plugin.as_str(), Method::Plan);
        let Some(stub) = self.stubs.plugins.get(plugin) else {
            return self.library()?.plan(plugin, call).await;
        };
        match stub.plan.to(number) {
            None => Ok(Plan::default()),
            Some(EffectAnswer::Ok(json)) => plan(json),
            Some(EffectAnswer::Fail(class)) => Err(failure(class)),
        }
    }

    async fn execute(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        once_key: &str,
    ) -> Result<Receipt, Failure> {
        let number = self.stubs.count(plugin.as_str(), Method::Execute);
        let effected = match self.stubs.plugins.get(plugin) {
            None => self.library()?.execute(plugin, call, once_key).await,
            Some(stub) => self.effect(plugin, stub, once_key, number),
        };
        if effected.is_ok() {
            self.fuse.reached(CrashPoint::AfterEffect).await;
        }
        effected
    }

    async fn probe(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        once_key: &str,
    ) -> Result<Presence, Failure> {
        let number = self.stubs.count(plugin.as_str(), Method::Probe);
        let Some(stub) = self.stubs.plugins.get(plugin) else {
            return self.library()?.probe(plugin, call, once_key).await;
        };
        match stub.probe.to(number) {
            None => Ok(self.stubs.presence(plugin, once_key)),
            Some(ProbeAnswer::Happened) => {
                let (reference, fields) = (once_key.to_owned(), BTreeMap::new());
                Ok(Presence::Happened(Receipt { reference, fields }))
            }
            Some(ProbeAnswer::DidNotHappen) => Ok(Presence::DidNotHappen),
            Some(ProbeAnswer::CannotTell) => {
                Ok(Presence::CannotTell("the stub cannot tell".to_owned()))
            }
            Some(ProbeAnswer::Fail(class)) => Err(failure(class)),
        }
    }

    async fn files(&self, once_key: &str) -> Result<Vec<MadeFile>, Failure> {
        match &self.library {
            Some(library) => library.files(once_key).await,
            None => Ok(Vec::new()),
        }
    }

    async fn delete_files(&self, once_key: &str) -> Result<(), Failure> {
        match &self.library {
            Some(library) => library.delete_files(once_key).await,
            None => Ok(()),
        }
    }

    async fn revert(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        receipt: &Receipt,
        once_key: &str,
    ) -> Result<(), Failure> {
        let number = self.stubs.count(plugin.as_str(), Method::Revert);
        let Some(stub) = self.stubs.plugins.get(plugin) else {
            return self.library()?.revert(plugin, call, receipt, once_key).await;
        };
        match stub.revert.to(number) {
            None | Some(EffectAnswer::Ok(_)) => Ok(()),
            Some(EffectAnswer::Fail(class)) => Err(failure(class)),
        }
    }
}

/// `{binding: …, estimates: {…}, statements: […]}`; anything else is what the approval binds.
fn plan(json: Json) -> Result<Plan, Failure> {
    let Some(binding) = json.get("binding").cloned() else {
        return Ok(Plan { binding: json, ..Plan::default() });
    };
    let statements = json.get("statements").cloned().unwrap_or_else(|| Json::Array(Vec::new()));
    let statements = serde_json::from_value(statements).map_err(|error| {
        Failure::new(FailureClass::BadOutput, format!("the stub's `statements`: {error}"))
    })?;
    let estimates = json.get("estimates").and_then(Json::as_object).into_iter().flatten();
    let estimates = estimates.map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), text)
    });
    Ok(Plan { effects: Vec::new(), binding, estimates: estimates.collect(), statements })
}
