//! Who answers questions and carries out orders: the plugin host, or the stubs of a scenario.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use engine_core::{
    calendar::CalendarSettings,
    directory::Directory,
    extension::{
        Facts, Failure, Nominee, Plan, PlannedStatement, Presence, Problem, Receipt,
        ResolvedConfig, Verdict,
    },
    ids::{OrgId, PluginId},
    money::Rates,
    question::Source,
    request::MadeFile,
};

use crate::engine::Engine;

/// What an extension is called with.
#[derive(Clone, Debug)]
pub struct ExtensionCall {
    /// Whose it is.
    pub org: OrgId,
    /// What it may see of the request.
    pub facts: Arc<Facts>,
    /// Its configuration.
    pub config: Arc<ResolvedConfig>,
    /// The people of the organization.
    pub directory: Arc<Directory>,
    /// The request's frozen rates.
    pub rates: Option<Arc<Rates>>,
    /// The organization's time zone, an IANA name.
    pub time_zone: String,
    /// The organization's working days, holidays and hours (DUE-1).
    pub calendar: Arc<CalendarSettings>,
    /// What the plan of the execution covers: the only statements that its executor may send.
    pub statements: Arc<[PlannedStatement]>,
}

/// Scripts and plugins. Every failure is a value with a class, never a panic or a silent answer.
#[async_trait]
pub trait Extensions: fmt::Debug + Send + Sync {
    /// Tells whose organizations it serves, before anything is asked. By default it need not know.
    fn attach(&self, _engine: &Engine) {}

    /// Whether a condition holds.
    async fn condition(&self, source: &Source, call: &ExtensionCall) -> Result<Verdict, Failure>;

    /// Who approves.
    async fn approvers(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Nominee>, Failure>;

    /// What is wrong with a request.
    async fn problems(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Problem>, Failure>;

    /// What an execution would do.
    async fn plan(&self, plugin: &PluginId, call: &ExtensionCall) -> Result<Plan, Failure>;

    /// Does it. The same `once_key` for every attempt of one execution.
    async fn execute(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        once_key: &str,
    ) -> Result<Receipt, Failure>;

    /// Whether an earlier `execute` with this key had its effect (EXE-3).
    async fn probe(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        once_key: &str,
    ) -> Result<Presence, Failure>;

    /// The files that an `execute` with this key made, by name (EXE-7). By default there are none.
    async fn files(&self, _once_key: &str) -> Result<Vec<MadeFile>, Failure> {
        Ok(Vec::new())
    }

    /// Takes away the files that an `execute` with this key made (EXE-7); they may be gone already.
    async fn delete_files(&self, _once_key: &str) -> Result<(), Failure> {
        Ok(())
    }

    /// Takes back what an `execute` gave. The key is that of `execute`; taking back has one of its own,
    /// made from it.
    async fn revert(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        receipt: &Receipt,
        once_key: &str,
    ) -> Result<(), Failure>;
}
