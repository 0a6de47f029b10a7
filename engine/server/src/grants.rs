//! Grants and limits of plugins, between documents and the host.

use std::str::FromStr;

use engine_api::organization::{AccessWord, GrantDoc, HttpGrantDoc, HttpMethodWord, LimitsDoc};
use engine_host::{ConnectionGrant, Grant, HttpGrant, LimitChanges, Method};

/// A grant that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{field}`: {why}")]
pub(crate) struct BadGrant {
    /// The field of the document.
    pub(crate) field: &'static str,
    /// What is wrong with it.
    pub(crate) why: String,
}

fn name<T: FromStr<Err: ToString>>(field: &'static str, text: &str) -> Result<T, BadGrant> {
    text.parse().map_err(|error: T::Err| BadGrant { field, why: error.to_string() })
}

/// The host's grant.
///
/// # Errors
/// [`BadGrant`].
pub(crate) fn read(doc: GrantDoc) -> Result<Grant, BadGrant> {
    let mut grant = Grant { blobs: doc.blobs, secrets: doc.secrets, ..Grant::default() };
    for (connection, access) in doc.connections {
        let access = match access {
            AccessWord::Read => ConnectionGrant::Read,
            AccessWord::Write => ConnectionGrant::Write,
        };
        grant.connections.insert(name("connections", &connection)?, access);
    }
    for (connection, statements) in doc.lookups {
        grant.lookups.insert(name("lookups", &connection)?, statements);
    }
    for (origin, granted) in doc.http {
        let granted = HttpGrant {
            methods: granted.methods.into_iter().map(method).collect(),
            private_addresses: granted.private_addresses,
        };
        grant.http.insert(name("http", &origin)?, granted);
    }
    Ok(grant)
}

/// The document of a grant.
pub(crate) fn written(grant: &Grant) -> GrantDoc {
    let access = |access: &ConnectionGrant| match access {
        ConnectionGrant::Read => AccessWord::Read,
        ConnectionGrant::Write => AccessWord::Write,
    };
    let connections = grant.connections.iter().map(|(id, a)| (id.to_string(), access(a)));
    let lookups = grant.lookups.iter().map(|(id, names)| (id.to_string(), names.clone()));
    let granted = |granted: &HttpGrant| HttpGrantDoc {
        methods: granted.methods.iter().copied().map(word).collect(),
        private_addresses: granted.private_addresses,
    };
    let http = grant.http.iter().map(|(origin, of)| (origin.to_string(), granted(of)));
    GrantDoc {
        connections: connections.collect(),
        lookups: lookups.collect(),
        blobs: grant.blobs,
        secrets: grant.secrets.clone(),
        http: http.collect(),
    }
}

/// The host's limits.
pub(crate) fn limits(doc: LimitsDoc) -> LimitChanges {
    let LimitsDoc { fuel, deadline_ms, memory, host_calls, output, rows, blob_bytes, http_calls } =
        doc;
    LimitChanges { fuel, deadline_ms, memory, host_calls, output, rows, blob_bytes, http_calls }
}

/// The document of limits.
pub(crate) fn written_limits(limits: LimitChanges) -> LimitsDoc {
    let LimitChanges {
        fuel,
        deadline_ms,
        memory,
        host_calls,
        output,
        rows,
        blob_bytes,
        http_calls,
    } = limits;
    LimitsDoc { fuel, deadline_ms, memory, host_calls, output, rows, blob_bytes, http_calls }
}

fn method(word: HttpMethodWord) -> Method {
    match word {
        HttpMethodWord::Get => Method::Get,
        HttpMethodWord::Head => Method::Head,
        HttpMethodWord::Post => Method::Post,
        HttpMethodWord::Put => Method::Put,
        HttpMethodWord::Patch => Method::Patch,
        HttpMethodWord::Delete => Method::Delete,
    }
}

pub(crate) fn word(method: Method) -> HttpMethodWord {
    match method {
        Method::Get => HttpMethodWord::Get,
        Method::Head => HttpMethodWord::Head,
        Method::Post => HttpMethodWord::Post,
        Method::Put => HttpMethodWord::Put,
        Method::Patch => HttpMethodWord::Patch,
        Method::Delete => HttpMethodWord::Delete,
    }
}
