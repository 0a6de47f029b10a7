//! The resource `connection`.

use engine_connect::{Dialect, Mode, Probe};
use engine_core::ids::ResourceId;
use wasmtime::component::Resource;

use super::{Answer, Connection, Transaction, classify, cover::Use};
use crate::{
    call::Read,
    component::manifest::{Access, Capability},
    outside::Database,
    state::State,
    v1::{
        bindings::{
            condition::countersign::plugin::{sql_types, types as wit},
            executor::countersign::plugin::statements,
        },
        refused::{Refused, told},
        request::invalid,
        results,
        secrets::Secret,
        sql,
    },
};

const WHAT: &str = "statements";

impl State {
    fn connection(&self, connection: &Resource<Connection>) -> Result<Connection, Refused> {
        Ok(self.table.get(connection)?.clone())
    }

    fn open_connection(&mut self, name: &str) -> Result<Connection, Refused> {
        let access = self.allowed(Capability::Statements, Some(name))?;
        let name = ResourceId::parse(name).map_err(|error| invalid(error.to_string()))?;
        let opened = self.outside.open(&name)?;
        let database = opened.map_err(|fault| self.faulty(name.as_str(), fault))?;
        self.read(Read::Other(format!("connection.{name}")));
        Ok(Connection { access, database })
    }

    /// The same with a secret in place of the operator's password.
    fn open_connection_as(
        &mut self,
        name: &str,
        password: &Resource<Secret>,
    ) -> Result<Connection, Refused> {
        let secret = self.table.get(password)?.name.clone();
        let Connection { access, database } = self.open_connection(name)?;
        let opened = self.outside.with_password(database, &secret)?;
        let database = opened.map_err(|fault| self.faulty(name, fault))?;
        Ok(Connection { access, database })
    }

    /// Refuses writing where the grant allows none.
    fn granted_to_write(&mut self, on: &Connection) -> Result<(), wit::HostError> {
        match on.access {
            Access::ReadOnly => {
                Err(self.denied(WHAT, on.database.name.as_str(), "it was granted for reading only"))
            }
            Access::ReadWrite => Ok(()),
        }
    }

    async fn begin_transaction(
        &mut self,
        on: &Resource<Connection>,
        mode: statements::Mode,
    ) -> Result<Resource<Transaction>, Refused> {
        let mut on = self.connection(on)?;
        let mode = match mode {
            statements::Mode::ReadOnly => Mode::ReadOnly,
            statements::Mode::Atomic => Mode::Atomic,
            statements::Mode::Steps => Mode::Steps,
        };
        if mode != Mode::ReadOnly {
            self.granted_to_write(&on)?;
            self.must_be_effect(WHAT)?;
        }
        let left = self.left();
        let begun = self.outside.begin(&mut on.database, mode, left).await?;
        let connection = on.database.name;
        let open = Some(begun.map_err(|fault| self.faulty(connection.as_str(), fault))?);
        Ok(self.table.push(Transaction { connection, mode, open })?)
    }

    /// Whether a statement may be asked about. A change may be: it is not run.
    fn may_look_at(&mut self, on: &Connection, text: &str) -> Result<(), wit::HostError> {
        let Database { name, dialect, .. } = &on.database;
        self.may_send(name, *dialect, text, None, Use::LookedAt)
    }

    async fn columns_of(
        &mut self,
        on: &Resource<Connection>,
        text: &str,
    ) -> Result<Vec<sql_types::Column>, Refused> {
        let mut on = self.connection(on)?;
        self.may_look_at(&on, text)?;
        let left = self.left();
        let columns = self.outside.columns(&mut on.database, text, left).await?;
        let columns = columns.map_err(|fault| self.faulty(on.database.name.as_str(), fault))?;
        Ok(sql::columns(&columns))
    }

    async fn rows_of(
        &mut self,
        on: &Resource<Connection>,
        text: &str,
        parameters: Vec<sql_types::Parameter>,
    ) -> Result<Option<u64>, Refused> {
        let mut on = self.connection(on)?;
        let parameters = sql::parameters(parameters)?;
        self.may_look_at(&on, text)?;
        let dialect = on.database.dialect;
        // It makes no estimates, and refuses to look at a change where it may not write.
        if dialect == Dialect::Sqlite {
            return Ok(None);
        }
        // MariaDB explains a change only where the change could be made.
        let could = dialect == Dialect::Mariadb && on.access == Access::ReadWrite;
        let mode = if could { Mode::Atomic } else { Mode::ReadOnly };
        let (asked, left) = ((text, parameters.as_slice()), self.left());
        let rows = self.outside.estimate(&mut on.database, asked, mode, left).await?;
        Ok(rows.map_err(|fault| self.faulty(on.database.name.as_str(), fault))?)
    }

    async fn marker(
        &mut self,
        on: &Resource<Connection>,
        once_key: &str,
    ) -> Result<statements::Marker, Refused> {
        let mut on = self.connection(on)?;
        // It is a row that is written: the probe's own, by which a try that comes late is stopped.
        self.granted_to_write(&on)?;
        self.may_look_for(WHAT, once_key)?;
        let found = self.outside.probe(&mut on.database, once_key).await?;
        let found = match found.map_err(|fault| self.faulty(on.database.name.as_str(), fault))? {
            Probe::DidNotHappen => Ok(statements::Marker::Absent),
            Probe::Begun(stored) => results::stored_receipt(stored).map(statements::Marker::Begun),
            Probe::Happened(stored) => {
                results::stored_receipt(stored).map(statements::Marker::Done)
            }
        };
        Ok(found.map_err(invalid)?)
    }
}

impl statements::HostConnection for State {
    async fn open(&mut self, name: String) -> Answer<Resource<Connection>> {
        self.enter()?;
        told(self.open_connection(&name).and_then(|opened| Ok(self.table.push(opened)?)))
    }

    async fn open_as(
        &mut self,
        name: String,
        password: Resource<Secret>,
    ) -> Answer<Resource<Connection>> {
        self.enter()?;
        let opened = self.open_connection_as(&name, &password);
        told(opened.and_then(|opened| Ok(self.table.push(opened)?)))
    }

    async fn kind(&mut self, on: Resource<Connection>) -> wasmtime::Result<String> {
        self.enter()?;
        Ok(match self.table.get(&on)?.database.dialect {
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
        Ok(classify::classify(self.table.get(&on)?.database.dialect, &text))
    }

    async fn quote_identifier(&mut self, on: Resource<Connection>, name: String) -> Answer<String> {
        self.enter()?;
        let quoted = self.table.get(&on)?.database.dialect.quote_identifier(&name);
        Ok(quoted.map_err(|error| invalid(error.to_string())))
    }

    async fn estimate(
        &mut self,
        on: Resource<Connection>,
        text: String,
        parameters: Vec<sql_types::Parameter>,
    ) -> Answer<Option<u64>> {
        self.enter()?;
        told(self.rows_of(&on, &text, parameters).await)
    }

    async fn describe(
        &mut self,
        on: Resource<Connection>,
        text: String,
    ) -> Answer<Vec<sql_types::Column>> {
        self.enter()?;
        told(self.columns_of(&on, &text).await)
    }

    async fn begin(
        &mut self,
        on: Resource<Connection>,
        mode: statements::Mode,
    ) -> Answer<Resource<Transaction>> {
        self.enter()?;
        told(self.begin_transaction(&on, mode).await)
    }

    async fn marker_of(
        &mut self,
        on: Resource<Connection>,
        once_key: String,
    ) -> Answer<statements::Marker> {
        self.enter()?;
        told(self.marker(&on, &once_key).await)
    }

    async fn drop(&mut self, on: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(on)?;
        Ok(())
    }
}
