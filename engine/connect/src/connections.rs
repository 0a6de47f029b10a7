//! The connections of an engine, by name.

use std::{collections::BTreeMap, sync::Arc};

use engine_core::ids::ResourceId;

use crate::{
    config::{ConnectionConfig, Secret},
    dialect::Dialect,
    error::Error,
    marker::{self, Probe},
    pool::Pool,
    transaction::{Begin, Transaction},
};

/// All named connections. Cheap to clone; nothing is opened before it is needed.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    pools: Arc<BTreeMap<ResourceId, Arc<Pool>>>,
}

impl Connections {
    /// Takes the operator's configuration. Nothing is opened yet.
    #[must_use]
    pub fn new(configs: BTreeMap<ResourceId, ConnectionConfig>) -> Self {
        let pool = |(name, config): (ResourceId, ConnectionConfig)| {
            (name.clone(), Arc::new(Pool::new(name, config)))
        };
        Self { pools: Arc::new(configs.into_iter().map(pool).collect()) }
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &ResourceId> {
        self.pools.keys()
    }

    /// The language of a connection.
    ///
    /// # Errors
    /// [`Error::UnknownConnection`].
    pub fn dialect(&self, name: &ResourceId) -> Result<Dialect, Error> {
        Ok(self.pool(name)?.config.target.dialect())
    }

    /// Whether the operator made the connection read-only.
    ///
    /// # Errors
    /// [`Error::UnknownConnection`].
    pub fn is_read_only(&self, name: &ResourceId) -> Result<bool, Error> {
        Ok(self.pool(name)?.config.read_only)
    }

    /// One of them alone, with another password than the configured one. Its sessions count with the
    /// others, and none of them is used again.
    ///
    /// # Errors
    /// [`Error::UnknownConnection`]; [`Error::NoPassword`].
    pub fn with_password(&self, name: &ResourceId, password: Secret) -> Result<Self, Error> {
        let pool = Arc::new(self.pool(name)?.with_password(password)?);
        Ok(Self { pools: Arc::new([(name.clone(), pool)].into()) })
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// Those of connecting; [`Error::ReadOnlyConnection`]; [`Error::Busy`].
    pub async fn begin(&self, name: &ResourceId, begin: Begin) -> Result<Transaction, Error> {
        Transaction::begin(self.pool(name)?, begin).await
    }

    /// Finds out whether the effect of `once_key` happened, and, where it did not, sees to it that no
    /// attempt that has begun can still have it ([`marker`]). It waits while such an attempt is open.
    ///
    /// # Errors
    /// [`Error::Statement`] with a conflict or [`Error::Timeout`] where the older attempt is still open:
    /// ask again later. Those of connecting; [`Error::ReadOnlyConnection`].
    pub async fn probe(&self, name: &ResourceId, once_key: &str) -> Result<Probe, Error> {
        let pool = self.pool(name)?;
        if pool.config.read_only {
            return Err(Error::ReadOnlyConnection(name.clone()));
        }
        marker::probe(pool, once_key).await
    }

    fn pool(&self, name: &ResourceId) -> Result<&Arc<Pool>, Error> {
        self.pools.get(name).ok_or_else(|| Error::UnknownConnection(name.clone()))
    }
}
