//! What a commit is, and where it is kept.
//!
//! The store knows ids, order and indexes; it does not know what a request or a rule *is*. Bodies
//! are opaque ([`Body`]): the runtime turns the domain's values into them and back. Everything that
//! must be there together is one [`Commit`]: events, snapshots, lists, documents, agenda, answer.
//!
//! * Write: build a [`Commit`], call [`Store::commit`], look at the [`Outcome`]. `Committed` is
//!   said only when the commit is on disk.
//! * Read: [`Store::load`] and its neighbours; each call sees one consistent snapshot.
//! * When [`Store::stopped`] resolves, the disk has refused a write or a sync: the process must
//!   end. A full disk is not that; see [`StoreError::NoSpace`].
//!
//! ```
//! # use engine_store::*;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = EmbeddedStore::in_memory(&Options::default())?;
//! let org = "acme".parse()?;
//! let body = Body { schema: 1, json: br#"{"title":"A new press"}"#.to_vec() };
//! let index = RequestIndex {
//!     time: Millis(1_700_000_000_000),
//!     state: "pending".parse()?,
//!     rule: "capex".parse()?,
//!     kind: "sql".parse()?,
//!     people: ["u-ann".parse()?].into(),
//!     resources: [].into(),
//!     seats: [Candidate::Group("finance".parse()?)].into(),
//! };
//! let change = RequestChange {
//!     request: "r-1".parse()?,
//!     expected: Sequence::NONE,
//!     events: vec![EventRecord { kind: "submitted".parse()?, body: body.clone() }],
//!     now: Some(Present { snapshot: body, index }),
//! };
//! let commit = Commit { requests: vec![change], ..Commit::new(org, Millis(1_700_000_000_000)) };
//! let outcome = store.commit(commit.clone()).await?;
//! assert_eq!(outcome, Outcome::Committed { position: Position(1) });
//! let again = store.commit(commit).await?;
//! assert!(matches!(again, Outcome::Conflict { current: Sequence(1), .. }));
//! # Ok(())
//! # }
//! ```
//!
//! [`Store`] is one trait with room for two implementors: [`EmbeddedStore`] (redb, one process)
//! today, a database server later. To store one more kind of thing: a document in a collection of
//! its own ([`DocumentChange`]) needs no change here; a new order to list requests by is a new
//! [`List`] and a new facet in `layout/list.rs`; a new key family is a new file in `layout` with a
//! number of its own.

mod commit;
mod embedded;
mod error;
mod layout;
mod query;
mod store;
mod values;

pub use commit::{
    AgendaChange, Answer, Candidate, Commit, DocumentChange, EventRecord, Lane, Outcome, Present,
    RequestChange, RequestIndex, Subject,
};
pub use commit::{MAX_BODY, MAX_COMMIT, MAX_EVENTS, MAX_LIST_ENTRIES, OrganizationChange};
pub use embedded::{EmbeddedStore, Options};
pub use error::{OpenError, StoreError};
pub use query::{
    AgendaEntry, Cursor, Document, DocumentQuery, DueAt, Limit, List, Loaded, Log, Order, Page,
    Paging, Row, StoredEvent,
};
pub use store::Store;
pub use values::{BadText, Body, Key, MAX_KEY_LENGTH, Millis, Name, Position, Sequence};
