//! The resource `connection`.

use engine_connect::{Begin, Dialect, Mode, Probe};
use engine_core::ids::ResourceId;
use wasmtime::component::Resource;

use super::{Answer, Connection, Transaction, classify, cover::Use};
use crate::{
    call::Read,
    component::manifest::{Access, Capability},
    state::State,
    v1::{
        bindings::{
            condition::countersign::plugin::{sql_types, types as wit},
            executor::countersign::plugin::statements,
        },
        request::invalid,
        results,
        secrets::{self, Secret},
        sql,
    },
};

const WHAT: &str = "statements";

impl State {
    fn connection(&self, connection: &Resource<Connection>) -> wasmtime::Result<Connection> {
        Ok(self.table.get(connection)?.clone())
    }

    fn open_connection(&mut self, name: &str) -> Result<Connection, wit::HostError> {
        let access = self.allowed(Capability::Statements, Some(name))?;
        let name = ResourceId::parse(name).map_err(|error| invalid(error.to_string()))?;
        let dialect = self.services.connections.dialect(&name);
        let dialect = dialect.map_err(|error| self.connection_error(name.as_str(), &error))?;
        self.read(Read::Other(format!("connection.{name}")));
        Ok(Connection { name, access, dialect, through: self.services.connections.clone() })
    }

    /// The same with a secret in place of the operator's password.
    fn open_connection_as(
        &mut self,
        name: &str,
        secret: &str,
    ) -> Result<Connection, wit::HostError> {
        let opened = self.open_connection(name)?;
        let Some(password) = self.services.secrets.get(secret).cloned() else {
            return Err(secrets::unknown(secret));
        };
        let through = opened.through.with_password(&opened.name, password);
        let through = through.map_err(|error| self.connection_error(name, &error))?;
        Ok(Connection { through, ..opened })
    }

    async fn begin_on(
        &mut self,
        on: &Connection,
        mode: Mode,
    ) -> Result<engine_connect::Transaction, wit::HostError> {
        let timeout = Some(self.deadline.saturating_duration_since(std::time::Instant::now()));
        let begun = on.through.begin(&on.name, Begin { mode, timeout }).await;
        begun.map_err(|error| self.connection_error(on.name.as_str(), &error))
    }

    /// Refuses writing where the grant allows none.
    fn granted_to_write(&mut self, on: &Connection) -> Result<(), wit::HostError> {
        match on.access {
            Access::ReadOnly => {
                Err(self.denied(WHAT, on.name.as_str(), "it was granted for reading only"))
            }
            Access::ReadWrite => Ok(()),
        }
    }

    async fn begin_transaction(
        &mut self,
        on: Connection,
        mode: statements::Mode,
    ) -> Result<Transaction, wit::HostError> {
        let mode = match mode {
            statements::Mode::ReadOnly => Mode::ReadOnly,
            statements::Mode::Atomic => Mode::Atomic,
            statements::Mode::Steps => Mode::Steps,
        };
        if mode != Mode::ReadOnly {
            self.granted_to_write(&on)?;
            self.must_be_effect(WHAT)?;
        }
        let open = self.begin_on(&on, mode).await?;
        Ok(Transaction { connection: on.name, mode, open: Some(open) })
    }

    /// Asks about a statement in a transaction of this mode, which is never committed.
    async fn look_at(
        &mut self,
        on: &Connection,
        text: &str,
        mode: Mode,
    ) -> Result<engine_connect::Transaction, wit::HostError> {
        // A change may be looked at: it is not run.
        self.may_send(&on.name, on.dialect, text, None, Use::LookedAt)?;
        self.begin_on(on, mode).await
    }

    async fn columns_of(
        &mut self,
        on: &Connection,
        text: &str,
    ) -> Result<Vec<sql_types::Column>, wit::HostError> {
        let mut transaction = self.look_at(on, text, Mode::ReadOnly).await?;
        let columns = transaction.describe(text).await;
        columns
            .map(|columns| sql::columns(&columns))
            .map_err(|error| self.connection_error(on.name.as_str(), &error))
    }

    async fn rows_of(
        &mut self,
        on: &Connection,
        text: &str,
        parameters: Vec<sql_types::Parameter>,
    ) -> Result<Option<u64>, wit::HostError> {
        let parameters = sql::parameters(parameters)?;
        // It makes no estimates, and refuses to look at a change where it may not write.
        if on.dialect == Dialect::Sqlite {
            self.may_send(&on.name, on.dialect, text, None, Use::LookedAt)?;
            return Ok(None);
        }
        // MariaDB explains a change only where the change could be made.
        let could = on.dialect == Dialect::Mariadb && on.access == Access::ReadWrite;
        let mode = if could { Mode::Atomic } else { Mode::ReadOnly };
        let mut transaction = self.look_at(on, text, mode).await?;
        let rows = transaction.estimate(text, &parameters).await;
        rows.map_err(|error| self.connection_error(on.name.as_str(), &error))
    }

    async fn marker(
        &mut self,
        on: &Connection,
        once_key: &str,
    ) -> Result<statements::Marker, wit::HostError> {
        // It is a row that is written: the probe's own, by which a try that comes late is stopped.
        self.granted_to_write(on)?;
        self.may_look_for(WHAT, once_key)?;
        let found = on.through.probe(&on.name, once_key).await;
        match found.map_err(|error| self.connection_error(on.name.as_str(), &error))? {
            Probe::DidNotHappen => Ok(statements::Marker::Absent),
            Probe::Begun(stored) => results::stored_receipt(stored).map(statements::Marker::Begun),
            Probe::Happened(stored) => {
                results::stored_receipt(stored).map(statements::Marker::Done)
            }
        }
        .map_err(invalid)
    }
}

impl statements::HostConnection for State {
    async fn open(&mut self, name: String) -> Answer<Resource<Connection>> {
        self.enter()?;
        match self.open_connection(&name) {
            Ok(connection) => Ok(Ok(self.table.push(connection)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn open_as(
        &mut self,
        name: String,
        password: Resource<Secret>,
    ) -> Answer<Resource<Connection>> {
        self.enter()?;
        let secret = self.table.get(&password)?.name.clone();
        match self.open_connection_as(&name, &secret) {
            Ok(connection) => Ok(Ok(self.table.push(connection)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn kind(&mut self, on: Resource<Connection>) -> wasmtime::Result<String> {
        self.enter()?;
        Ok(match self.connection(&on)?.dialect {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgresql",
            Dialect::Mariadb => "mariadb",
        }
        .to_owned())
    }

    async fn classify(
        &mut self,
        on: Resource<Connection>,
        text: String,
    ) -> Answer<Vec<statements::Statement>> {
        self.enter()?;
        let dialect = self.connection(&on)?.dialect;
        Ok(classify::classify(dialect, &text))
    }

    async fn quote_identifier(&mut self, on: Resource<Connection>, name: String) -> Answer<String> {
        self.enter()?;
        let quoted = self.connection(&on)?.dialect.quote_identifier(&name);
        Ok(quoted.map_err(|error| invalid(error.to_string())))
    }

    async fn estimate(
        &mut self,
        on: Resource<Connection>,
        text: String,
        parameters: Vec<sql_types::Parameter>,
    ) -> Answer<Option<u64>> {
        self.enter()?;
        let on = self.connection(&on)?;
        Ok(self.rows_of(&on, &text, parameters).await)
    }

    async fn describe(
        &mut self,
        on: Resource<Connection>,
        text: String,
    ) -> Answer<Vec<sql_types::Column>> {
        self.enter()?;
        let on = self.connection(&on)?;
        Ok(self.columns_of(&on, &text).await)
    }

    async fn begin(
        &mut self,
        on: Resource<Connection>,
        mode: statements::Mode,
    ) -> Answer<Resource<Transaction>> {
        self.enter()?;
        let on = self.connection(&on)?;
        match self.begin_transaction(on, mode).await {
            Ok(transaction) => Ok(Ok(self.table.push(transaction)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn marker_of(
        &mut self,
        on: Resource<Connection>,
        once_key: String,
    ) -> Answer<statements::Marker> {
        self.enter()?;
        let on = self.connection(&on)?;
        Ok(self.marker(&on, &once_key).await)
    }

    async fn drop(&mut self, on: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(on)?;
        Ok(())
    }
}
