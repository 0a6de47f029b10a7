//! One call of an extension: what goes in, what comes out.

mod reads;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use engine_connect::{Cell, Column};
use engine_core::{
    calendar::CalendarSettings,
    directory::Directory,
    extension::{Facts, Failure, Message, PlannedStatement, ResolvedConfig},
    ids::{BadId, KindId, OrgId, RequestId, ResourceId, RuleId, UserId},
    money::Rates,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::reads::Read;
pub use self::reads::ReadSet;
use crate::{
    capsule::Recorded,
    grant::Grant,
    limits::Limits,
    outside::{Exchange, Fault},
};

/// What an extension is asked about, and what it may use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it may see of the request.
    pub facts: Arc<Facts>,
    /// The settings of this use of it.
    pub config: Arc<ResolvedConfig>,
    /// The people of the organization.
    pub directory: Arc<Directory>,
    /// The rates frozen with the request (DIR-7).
    pub rates: Option<Arc<Rates>>,
    /// The organization's time zone (FIN-24).
    pub zone: Tz,
    /// The organization's working days, holidays and hours (DUE-1).
    pub calendar: Arc<CalendarSettings>,
    /// What an administrator granted.
    pub grant: Arc<Grant>,
    /// What the approved plan covers: the only statements that an effect may send (EXE-6a).
    pub statements: Arc<[PlannedStatement]>,
    /// Other limits than the defaults of the world.
    pub limits: Option<Arc<Limits>>,
    /// What a notifier delivers.
    pub notice: Option<Arc<Notice>>,
    /// In a repetition, what was answered the first time: nothing else is reached then.
    pub recorded: Option<Arc<Recorded>>,
    /// Whether all that an executor is answered is kept in the trace, so that it can be repeated.
    pub recording: bool,
}

/// A notice to be delivered (REQ-10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of its own.
    pub id: String,
    /// The tenant.
    pub organization: OrgId,
    /// Whom it is for.
    pub recipient: UserId,
    /// What it says.
    pub content: Message,
    /// The same in one line.
    pub subject: String,
    /// The same at length.
    pub text: String,
    /// Where the person goes on.
    pub link: Option<String>,
    /// What it is about.
    pub request: Option<RequestId>,
    /// When it came up: the only clock of the call.
    pub at: DateTime<Utc>,
}

impl Call {
    /// A call with nothing granted, nothing planned, no rates, no settings, in UTC, with the usual working days.
    #[must_use]
    pub fn new(facts: Arc<Facts>, directory: Arc<Directory>) -> Self {
        Self {
            facts,
            config: Arc::default(),
            directory,
            rates: None,
            zone: Tz::UTC,
            calendar: Arc::default(),
            grant: Arc::default(),
            statements: Arc::default(),
            limits: None,
            notice: None,
            recorded: None,
            recording: false,
        }
    }

    /// A call about a notice, with nothing granted and no settings, in UTC.
    ///
    /// # Errors
    /// Never in fact: the ids of what a notifier cannot see are fixed.
    pub fn of_notice(notice: Arc<Notice>, directory: Arc<Directory>) -> Result<Self, BadId> {
        let mut facts = no_facts()?;
        facts.organization = notice.organization.clone();
        facts.now = notice.at;
        Ok(Self { notice: Some(notice), ..Self::new(Arc::new(facts), directory) })
    }
}

/// A call about nothing, to try a component with.
pub(crate) fn nothing() -> Result<Call, BadId> {
    Ok(Call::new(Arc::new(no_facts()?), Arc::default()))
}

/// What stands for a request where there is none.
fn no_facts() -> Result<Facts, BadId> {
    Ok(Facts {
        organization: OrgId::parse("trial")?,
        request: RequestId::parse("trial")?,
        rule: RuleId::parse("trial")?,
        rule_version: 0,
        kind: KindId::parse("trial")?,
        step: None,
        requester: UserId::parse("trial")?,
        target_users: Vec::new(),
        urgent: false,
        title: String::new(),
        reason: String::new(),
        properties: BTreeMap::new(),
        items: Vec::new(),
        now: DateTime::UNIX_EPOCH,
    })
}

/// What came of a call: never a value that is silently wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The value, or why there is none.
    pub result: Result<T, Failure>,
    /// What happened on the way.
    pub trace: Trace,
}

/// What happened during a call, for the record of the decision and for the administrator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// What was read, such as `request.amount`, `config` or `directory.u-ann.manager`.
    pub reads: ReadSet,
    /// Look-ups and what they found.
    pub lookups: Vec<LookupRecord>,
    /// Calls to other systems and their replies.
    #[serde(default)]
    pub http: Vec<HttpRecord>,
    /// Everything that an executor asked outside, where that is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
    /// Whether that was too much, so that nothing of it was kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exchanges_cut: bool,
    /// What was asked for and refused; each is an event for the audit log.
    pub denials: Vec<Denial>,
    /// Where a component was ended: its functions that were under way, the innermost first.
    #[serde(skip)]
    pub stack: Vec<String>,
    /// What the extension wrote to its log.
    pub log: Vec<LogLine>,
    /// Whether the log was longer than allowed.
    pub log_cut: bool,
    /// What else people should know, from a resolver of approvers.
    pub notes: Vec<Message>,
    /// Fuel of a component, operations of a script.
    pub fuel: u64,
    /// Calls to the host.
    pub host_calls: u32,
    /// The most bytes of memory that a component held.
    pub memory: usize,
    /// From start to answer.
    pub elapsed: Duration,
}

impl Trace {
    /// About how many bytes it holds of what came from outside and from the extension.
    #[must_use]
    pub fn size(&self) -> usize {
        let found = self.lookups.iter().map(|record| record.outcome.size());
        let bodies = self.http.iter().map(|record| record.url.len() + record.outcome.size());
        let lines = self.log.iter().map(|line| size_of::<LogLine>() + line.message.len());
        found.chain(bodies).chain(lines).sum::<usize>()
            + self.exchanges.iter().map(Exchange::size).sum::<usize>()
    }
}

/// Something that an extension asked for and was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// Such as `connection`, `secret` or `wasi:cli/environment@0.2.6`.
    pub capability: String,
    /// Which one, such as the connection's name.
    pub name: String,
    /// Why, for the administrator.
    pub why: String,
}

/// A look-up and what it found, so that a decision can be explained and repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupRecord {
    /// The connection.
    pub connection: ResourceId,
    /// The operator's name for the statement.
    pub statement: String,
    /// What was asked with.
    pub parameters: Vec<Cell>,
    /// What came of it.
    pub outcome: LookupOutcome,
}

/// What came of a look-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupOutcome {
    /// An answer.
    Found {
        /// Its columns.
        columns: Vec<Column>,
        /// Its rows, in their order.
        rows: Vec<Vec<Cell>>,
    },
    /// None, for this reason.
    Failed(Fault),
}

impl LookupOutcome {
    fn size(&self) -> usize {
        match self {
            Self::Found { rows, .. } => rows.iter().flatten().map(Cell::size).sum(),
            Self::Failed(fault) => fault.message.len(),
        }
    }
}

/// A call to another system and what came of it; without what its headers say, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRecord {
    /// Such as `GET`.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// The SHA-256 of all that went with it (headers, names of secrets, the body), in hexadecimal.
    pub sent: String,
    /// What came of it.
    pub outcome: HttpOutcome,
}

/// What came of a call to another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpOutcome {
    /// A reply.
    Reply {
        /// Such as 200.
        status: u16,
        /// Its headers, without their values.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        headers: Vec<HeaderRecord>,
        /// Its body.
        body: RecordedBody,
    },
    /// None, for this reason.
    Failed(Fault),
}

impl HttpOutcome {
    fn size(&self) -> usize {
        match self {
            Self::Reply { headers, body, .. } => {
                headers.iter().map(|header| header.name.len()).sum::<usize>() + body.size()
            }
            Self::Failed(fault) => fault.message.len(),
        }
    }
}

/// No header of a reply is longer.
const MAX_HEADER: usize = 1 << 20;

/// A header of a reply. Its value, which may be a secret, is not kept: another of its length stands for it
/// in a repetition, so that reading it is the same work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderRecord {
    /// In lower case.
    pub name: String,
    /// Bytes of its value.
    pub length: usize,
}

impl HeaderRecord {
    pub(crate) fn of(headers: &[(String, String)]) -> Vec<Self> {
        let record =
            |(name, value): &(String, String)| Self { name: name.clone(), length: value.len() };
        headers.iter().map(record).collect()
    }

    /// What stands for the header.
    pub(crate) fn blank(self) -> (String, String) {
        (self.name, "x".repeat(self.length.min(MAX_HEADER)))
    }
}

/// The body of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedBody {
    /// As it came.
    Text(String),
    /// What is no text.
    Hexadecimal(String),
    /// Of one that is too large to be kept, the SHA-256 in hexadecimal.
    Sha256(String),
}

impl RecordedBody {
    /// As it is kept, of whatever size.
    pub(crate) fn of(body: Vec<u8>) -> Self {
        match String::from_utf8(body) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Hexadecimal(hex::encode(error.as_bytes())),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Text(kept) | Self::Hexadecimal(kept) | Self::Sha256(kept) => kept.len(),
        }
    }

    /// What was kept.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.clone().into_bytes()),
            Self::Hexadecimal(digits) => hex::decode(digits).ok(),
            Self::Sha256(_) => None,
        }
    }
}

/// A line of an extension's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How important.
    pub level: LogLevel,
    /// In the extension's words.
    pub message: String,
    /// By name, as text.
    pub fields: Vec<(String, String)>,
}

/// How important a line of a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// For the author.
    Debug,
    /// For the administrator.
    Info,
    /// Something is odd.
    Warn,
    /// Something went wrong.
    Error,
}
