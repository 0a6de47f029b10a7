//! EXE-6c: one account is granted the same rights several times, by `plugins/access` on real servers. What
//! it has is asked of the server's own catalogue.

use std::time::{Duration, Instant};

use engine_api::{
    command::{DecisionWord, SubmitRequest},
    view::RequestView,
};

use super::{
    engine::Engine,
    place::{People, Place},
    target::{Kind, Target},
};

/// How long a grant may take to be made or taken back.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// A server with an account and a role, and the engine that grants it.
struct Court {
    target: Target,
    place: Place,
    engine: Option<Engine>,
    people: People,
}

impl Court {
    async fn new(kind: Kind) -> Self {
        let target = Target::new(kind).await;
        let (account, role) = (account(&target), role(&target));
        match kind {
            Kind::Postgres => target.run(&format!("CREATE ROLE {account} LOGIN")).await,
            Kind::Mariadb => target.run(&format!("CREATE USER {account}")).await,
        }
        target.run(&format!("CREATE ROLE {role}")).await;
        target.run("CREATE TABLE early (id INT)").await;
        let documents = [
            ("organization".to_owned(), organization(&target)),
            ("reader".to_owned(), rule(&target, "reader", &format!("role: {role}"))),
            ("early".to_owned(), rule(&target, "early", &reading(&target, &["early"]))),
            ("both".to_owned(), rule(&target, "both", &reading(&target, &["early", "late"]))),
        ];
        let targets = [target];
        let place = Place::of(&targets, &documents).await;
        let [target] = targets;
        let engine = place.start().await;
        let people = place.people(&engine);
        Self { target, place, engine: Some(engine), people }
    }

    /// What was acknowledged is there after a `kill -9`.
    async fn kill(&mut self) {
        self.engine.take().unwrap().kill().await;
        let engine = self.place.start().await;
        self.people = self.place.people(&engine);
        self.engine = Some(engine);
    }

    /// Ann asks and Bob approves.
    async fn approved(&self, rule: &str) -> String {
        let request = SubmitRequest {
            rule: Some(rule.to_owned()),
            title: "Reading".to_owned(),
            reason: "to read".to_owned(),
            ..SubmitRequest::default()
        };
        let seen = self.people.ann.submit(&request).await.unwrap();
        self.people.bob.decide(&seen, DecisionWord::Approve, "right").await.unwrap();
        seen.id
    }

    async fn granted(&self, rule: &str) -> String {
        let id = self.approved(rule).await;
        self.becomes(&id, "active").await;
        id
    }

    async fn revoke(&self, id: &str) {
        self.people.owner.revoke(id, "grant", "not needed any more").await.unwrap();
        self.becomes(id, "revoked").await;
    }

    async fn becomes(&self, id: &str, state: &str) -> RequestView {
        let until = Instant::now() + PATIENCE;
        loop {
            let view = self.people.owner.request(id).await.unwrap();
            if view.executions[0].state == state {
                return view;
            }
            let events = self.people.owner.history(id).await.unwrap().items;
            assert!(Instant::now() < until, "not `{state}`: {view:?}, {events:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until it was tried and is to be tried again.
    async fn tried(&self, id: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let view = self.people.owner.request(id).await.unwrap();
            let execution = &view.executions[0];
            if execution.attempts > 0 && execution.state == "scheduled" {
                return;
            }
            assert!(Instant::now() < until, "not tried: {view:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn has_role(&self) -> bool {
        let (account, role) = (account(&self.target), role(&self.target));
        let sql = match self.target.kind {
            Kind::Postgres => format!(
                "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid \
                 JOIN pg_roles u ON u.oid = m.member \
                 WHERE r.rolname = '{role}' AND u.rolname = '{account}'"
            ),
            Kind::Mariadb => format!(
                "SELECT count(*) FROM mysql.roles_mapping WHERE Role = '{role}' AND User = '{account}'"
            ),
        };
        self.target.number(&sql).await == 1
    }

    /// Which of the two tables it may read.
    async fn may_read(&self, table: &str) -> bool {
        let account = account(&self.target);
        let sql = match self.target.kind {
            Kind::Postgres => format!(
                "SELECT count(*) FROM information_schema.role_table_grants \
                 WHERE grantee = '{account}' AND table_name = '{table}'"
            ),
            Kind::Mariadb => format!(
                "SELECT count(*) FROM mysql.tables_priv WHERE User = '{account}' AND Table_name = '{table}'"
            ),
        };
        self.target.number(&sql).await == 1
    }

    async fn end(mut self) {
        self.engine.take().unwrap().stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_end_leaves_the_right_and_the_last_takes_it_back() {
    for kind in Kind::ALL {
        let mut court = Court::new(kind).await;
        let first = court.granted("reader").await;
        let second = court.granted("reader").await;
        assert!(court.has_role().await);
        court.revoke(&first).await;
        assert!(court.has_role().await, "{kind:?}: one end has cut the other grant short");
        let history = court.people.ann.history(&first).await.unwrap().items;
        let says =
            history.iter().any(|event| event.message.contains("another grant gives as well"));
        assert!(says, "{history:?}");

        court.kill().await;
        court.becomes(&second, "active").await;
        assert!(court.has_role().await);
        court.revoke(&second).await;
        assert!(!court.has_role().await, "{kind:?}: the last end has left the right behind");
        court.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_account_had_before_stays() {
    for kind in Kind::ALL {
        let court = Court::new(kind).await;
        let (account, role) = (account(&court.target), role(&court.target));
        court.target.run(&format!("GRANT {role} TO {account}")).await;
        for id in [court.granted("reader").await, court.granted("reader").await] {
            court.revoke(&id).await;
            assert!(court.has_role().await, "{kind:?}");
        }
        court.end().await;
    }
}

/// The first try finds the right there, which another grant gives, and fails for want of a table; when it is
/// tried again, the other grant has ended. On MariaDB, the first try has left a trace of what it found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_went_between_two_tries_is_given() {
    for kind in Kind::ALL {
        let court = Court::new(kind).await;
        let first = court.granted("early").await;
        let second = court.approved("both").await;
        court.tried(&second).await;
        court.revoke(&first).await;
        court.target.run("CREATE TABLE late (id INT)").await;
        court.becomes(&second, "active").await;
        assert!(court.may_read("early").await && court.may_read("late").await, "{kind:?}");
        court.revoke(&second).await;
        assert!(!court.may_read("early").await && !court.may_read("late").await, "{kind:?}");
        court.end().await;
    }
}

/// Of the server, not of its database: named after that.
fn account(target: &Target) -> String {
    format!("{}_ann", target.database)
}

fn role(target: &Target) -> String {
    format!("{}_reader", target.database)
}

/// On MariaDB, an account of any host.
fn organization(target: &Target) -> String {
    let (name, account) = (target.kind.name(), account(target));
    format!(
        "directory:\n  user_properties: {{account: text}}\n  users:\n    \
         - {{login: ann, properties: {{account: \"{account}\"}}}}\n    \
         - {{login: bob}}\n  resources: [{{id: {name}, owner: bob}}]\n\
         plugins:\n  access:\n    connections: {{{name}: write}}\n"
    )
}

fn rule(target: &Target, id: &str, gives: &str) -> String {
    let name = target.kind.name();
    format!(
        "rule: {id}\n\
         kind: access\n\
         steps: [{{id: owner, approvers: [{{id: bob, who: {{user: bob}}}}]}}]\n\
         executors:\n  - id: grant\n    plugin: access\n    config:\n      connection: {name}\n      \
         account_property: account\n      {gives}\n"
    )
}

/// What gives the right to read tables.
fn reading(target: &Target, tables: &[&str]) -> String {
    let schema = match target.kind {
        Kind::Postgres => "public",
        Kind::Mariadb => &target.database,
    };
    let tables: Vec<String> = tables.iter().map(|table| format!("{schema}.{table}")).collect();
    format!("privileges: [SELECT]\n      tables: [{}]", tables.join(", "))
}
