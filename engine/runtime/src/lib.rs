//! The Engine handle: load, decide, commit; outbox and timers.
//!
//! [`Engine`] is what a server, a test or a program that embeds the engine holds. A command is
//! decided by the pure core; its questions are put to [`Extensions`]; what it comes to is one commit
//! of the store; then its effects run, and their outcomes come back as commands on the same road.

mod ask;
mod attachments;
mod caller;
mod clock;
mod closure;
mod codec;
mod directory;
mod dispatch;
mod dispatcher;
mod engine;
mod error;
mod explain;
mod extensions;
mod files;
mod library;
mod load;
mod notices;
mod offboard;
mod organization;
mod organize;
mod plugin;
mod read;
mod recent;
mod recount;
mod rights;
mod route;
mod rules;
mod timers;
mod tokens;
mod write;

pub use caller::Caller;
pub use clock::{Clock, Ids};
pub use closure::{Incident, PageOf};
pub use engine::{Engine, EngineOptions};
pub use error::EngineError;
pub use explain::{Explained, PersonExplained, StepExplained};
pub use extensions::{ExtensionCall, Extensions};
pub use files::NewLink;
pub use library::{
    CapsulePage, CapsulePlace, CapsuleQuery, Library, Pause, PluginActivity, PluginLine,
    RecordedCapsule,
};
pub use load::COLLECTIONS;
pub use notices::{NoticePage, NoticeRecord, NoticeTold};
pub use organization::{OrganizationEvent, OrganizationState, RuleEnd, RuleVersion, TokenRecord};
pub use organize::{Change, Changed, Differences, PluginChange};
pub use plugin::{Disabled, InstalledPlugin, Origin, PluginFile, Signer, Tier};
pub use read::{ListQuery, RequestPage, Seen, Summary};
pub use tokens::NewToken;
