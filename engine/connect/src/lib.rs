//! Named connections to target databases, SQL classification, sinks, and calls by HTTP.
//!
//! An effect on a database and its marker stand in one transaction ([`marker`]), so that an engine
//! that crashed can find out what happened. What a statement may do is bounded by the database itself:
//! the role of the connection, read-only transactions, one statement for each call to the server, row
//! caps inside the transaction. [`classify`](mod@classify) is for display and for refusing early;
//! it is never the boundary.
//!
//! To add a kind of database: a variant of [`config::Target`], a module under `driver` with the same
//! methods as the others, and a dialect of [`dialect::Dialect`].

pub mod blob;
pub mod cell;
pub mod classify;
pub mod config;
pub mod connections;
pub mod dialect;
mod driver;
pub mod error;
pub mod export;
pub mod http;
pub mod marker;
mod pool;
pub mod stream;
pub mod transaction;

pub use blob::{BlobRef, Blobs, Pin, WaitingBlob};
pub use cell::{Batch, Cell, Column, Rows};
pub use classify::classify;
pub use config::{ConnectionConfig, Limits, Secret, Target};
pub use connections::Connections;
pub use dialect::Dialect;
pub use driver::make_sqlite;
pub use error::Error;
pub use export::{CsvOptions, CsvReport, export_csv};
pub use http::{Http, HttpCall, HttpError, HttpReply, HttpTerms, Method, Origin};
pub use marker::Probe;
pub use stream::RowStream;
pub use transaction::{Begin, Mode, Transaction};
