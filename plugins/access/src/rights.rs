//! Rights as statements of PostgreSQL and MariaDB: how to see, give and take each.

use sdk_plugin::{Connection, Database, Parameter, Transaction, prelude::*};

use crate::Config;

const POSTGRES_ROLE: &str = "SELECT 1 FROM pg_auth_members m \
     JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member \
     WHERE r.rolname = $1::text AND u.rolname = $2::text";

// The table's own list of grants: what the account has through a role or as owner does not count.
const POSTGRES_TABLE: &str = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles u ON u.oid = a.grantee \
     WHERE n.nspname = $1::text AND c.relname = $2::text AND u.rolname = $3::text \
     AND a.privilege_type = $4::text";

const MARIADB_ROLE: &str =
    "SELECT 1 FROM mysql.roles_mapping WHERE Role = ? AND User = ? AND Host = ?";

const MARIADB_TABLE: &str = "SELECT 1 FROM mysql.tables_priv \
     WHERE Db = ? AND Table_name = ? AND User = ? AND Host = ? AND FIND_IN_SET(?, Table_priv) > 0";

const PRIVILEGES: [&str; 7] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

/// A right of an account.
pub(crate) struct Right {
    connection: String,
    account: String,
    /// `role reporting` or `SELECT on sales.orders`.
    pub(crate) what: String,
    see: &'static str,
    parameters: Vec<Parameter>,
    /// The statement that gives it.
    pub(crate) grant: String,
    /// The statement that takes it.
    pub(crate) revoke: String,
}

impl Right {
    /// What plans and receipts know it by: the same wherever it is given.
    pub(crate) fn label(&self) -> String {
        format!("{}: {}: {}", self.connection, self.account, self.what)
    }

    /// What is sent to see it, to give it and, at the end, to take it.
    pub(crate) fn planned(&self, connection: &Connection) -> [Planned; 4] {
        let see = Planned::text(connection, self.see);
        [
            see.clone(),
            Planned::exact(connection, &self.grant, &[]),
            see.on_revert(),
            Planned::exact(connection, &self.revoke, &[]).on_revert(),
        ]
    }

    /// Whether the account has it now.
    pub(crate) fn is_there(&self, transaction: &Transaction) -> Result<bool> {
        let cursor = transaction.query(self.see, &self.parameters)?;
        let mut there = false;
        while cursor.next_batch(100)?.is_some() {
            there = true;
        }
        Ok(there)
    }
}

/// Every right that the settings name, for every account.
pub(crate) fn rights<A: AsRef<str>>(
    connection: &Connection,
    config: &Config,
    accounts: &[A],
) -> Result<Vec<Right>> {
    let mut rights = Vec::new();
    for account in accounts {
        let account = Account::new(connection, account.as_ref())?;
        if let Some(role) = &config.role {
            rights.push(account.role(connection, role)?);
        }
        for table in &config.tables {
            for privilege in &config.privileges {
                rights.push(account.table(connection, table, privilege)?);
            }
        }
    }
    if rights.is_empty() {
        let text = "neither a role nor privileges on tables are configured";
        return Err(Error::permanent("nothing_to_grant", text));
    }
    Ok(rights)
}

/// An account as its database knows it.
struct Account {
    /// As labels have it: one account has one, however it was written.
    name: String,
    /// As it stands in a GRANT.
    quoted: String,
    /// As it stands in the catalogue.
    parameters: Vec<Parameter>,
    mariadb: bool,
}

impl Account {
    fn new(connection: &Connection, name: &str) -> Result<Self> {
        Ok(match connection.database() {
            Database::PostgreSql => Self {
                name: name.to_owned(),
                quoted: connection.quote(name)?,
                parameters: vec![Some(name.into())],
                mariadb: false,
            },
            Database::MariaDb => {
                let (user, host) = name.rsplit_once('@').unwrap_or((name, "%"));
                Self {
                    name: format!("{user}@{host}"),
                    quoted: format!("{}@{}", connection.quote(user)?, connection.quote(host)?),
                    parameters: vec![Some(user.into()), Some(host.into())],
                    mariadb: true,
                }
            }
            other @ (Database::MySql | Database::Sqlite | Database::Other(_)) => {
                let text = format!("accounts of {other:?} cannot be granted anything here");
                return Err(Error::permanent("unsupported_database", text));
            }
        })
    }

    fn role(&self, connection: &Connection, role: &str) -> Result<Right> {
        let mut parameters = vec![Some(role.into())];
        parameters.extend(self.parameters.clone());
        let (quoted, account) = (connection.quote(role)?, &self.quoted);
        Ok(Right {
            connection: connection.name().to_owned(),
            account: self.name.clone(),
            what: format!("role {role}"),
            see: if self.mariadb { MARIADB_ROLE } else { POSTGRES_ROLE },
            parameters,
            grant: format!("GRANT {quoted} TO {account}"),
            revoke: format!("REVOKE {quoted} FROM {account}"),
        })
    }

    fn table(&self, connection: &Connection, table: &str, privilege: &str) -> Result<Right> {
        let Some((schema, name)) = table.split_once('.') else {
            let text = format!("`{table}` is not a table: expected `schema.table`");
            return Err(Error::permanent("bad_config", text));
        };
        if !PRIVILEGES.contains(&privilege) {
            let text = format!("`{privilege}` is not one of {}", PRIVILEGES.join(", "));
            return Err(Error::permanent("bad_config", text));
        }
        let mut parameters = vec![Some(schema.into()), Some(name.into())];
        parameters.extend(self.parameters.clone());
        parameters.push(Some(privilege.into()));
        let quoted = format!("{}.{}", connection.quote(schema)?, connection.quote(name)?);
        let (on, account) = (if self.mariadb { "" } else { "TABLE " }, &self.quoted);
        Ok(Right {
            connection: connection.name().to_owned(),
            account: self.name.clone(),
            what: format!("{privilege} on {table}"),
            see: if self.mariadb { MARIADB_TABLE } else { POSTGRES_TABLE },
            parameters,
            grant: format!("GRANT {privilege} ON {on}{quoted} TO {account}"),
            revoke: format!("REVOKE {privilege} ON {on}{quoted} FROM {account}"),
        })
    }
}
