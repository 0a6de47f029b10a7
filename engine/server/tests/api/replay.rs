//! `countersign plugin replay` of executors and scripts: dry, and against another version.

use std::time::Duration;

use engine_api::command::DecisionWord;
use sdk_client::CapsulesWanted;
use serde_json::json;

use crate::process::{Home, Serving, component, program};

const TEAM: &str = "\
settings: {comments: {min: 3}}
directory: {users: [{login: ann}]}
";
const RULE: &str = "\
rule: change
kind: sql
when: {script: office.rhai}
steps: [{id: one, approvers: [{id: a, who: {user: olga}}]}]
executors:
  - id: run
    plugin: sql
    config: {connection: shop, statement: insert into orders (state) values ('new'), max_rows: 1}
";

/// A server with a database of one order, and the rule.
fn shop(home: &Home, executors: bool) -> (Serving, rusqlite::Connection) {
    let path = home.path("shop.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let setup = "create table if not exists orders (id integer primary key, state text not null);
         insert into orders (state) values ('paid')";
    database.execute_batch(setup).unwrap();
    let config = home.path("countersign.toml");
    let text = format!(
        "[connections.shop]\nread_only = false\ntarget = {{ kind = \"sqlite\", path = \"{}\" }}\n\
         [capsules]\nexecutors = {executors}\n",
        path.display()
    );
    std::fs::write(&config, text).unwrap();
    let mut command = program(&["serve", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(home.folder()).arg("--config").arg(config);
    let (server, olga) = (Serving::start(command), home.token.as_str());
    let files = home.path("files");
    std::fs::create_dir_all(&files).unwrap();
    let write = |name: &str, text: &str| std::fs::write(files.join(name), text).unwrap();
    write("team.yaml", TEAM);
    write("change.yaml", RULE);
    write("office.rhai", "request.title != \"\"\n");
    server.done(olga, &["apply", "-f", files.to_str().unwrap()]);
    server.done(olga, &["plugin", "grant", "sql", "--connection", "shop=write"]);
    (server, database)
}

/// Ann asks, Olga approves, and it is done; the request's id.
async fn executed(home: &Home, server: &Serving) -> String {
    let olga = home.token.as_str();
    let ann = server.done(olga, &["token", "new", "--user", "ann", "--name", "laptop"]);
    let request = json!({"rule": "change", "title": "An order", "reason": "It is missing"});
    let request = serde_json::from_value(request).unwrap();
    let seen = server.client(ann.trim()).submit(&request).await.unwrap();
    let client = server.client(olga);
    let seen = client.request(&seen.id).await.unwrap();
    client.decide(&seen, DecisionWord::Approve, "fine").await.unwrap();
    for _ in 0..400 {
        let seen = serde_json::to_value(client.request(&seen.id).await.unwrap()).unwrap();
        if seen["executions"][0]["state"] == "succeeded" {
            return seen["id"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it was not executed");
}

/// The capsules of a plugin or a script, once there are so many.
async fn kept(home: &Home, server: &Serving, plugin: &str, least: usize) -> Vec<serde_json::Value> {
    let client = server.client(&home.token);
    let wanted = CapsulesWanted { plugin: Some(plugin), ..CapsulesWanted::default() };
    for _ in 0..400 {
        let found = client.capsules(&wanted).await.unwrap();
        if found.items.len() >= least {
            return found.items.into_iter().map(|found| found.capsule).collect();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{least} capsules of {plugin} did not come");
}

fn orders(database: &rusqlite::Connection) -> i64 {
    database.query_row("select count(*) from orders", [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_and_a_script_come_to_the_same_again() {
    let home = Home::new();
    let (server, database) = shop(&home, true);
    let olga = home.token.as_str();
    let request = executed(&home, &server).await;
    assert_eq!(orders(&database), 2);

    let capsules = kept(&home, &server, "sql", 2).await;
    let given: Vec<_> = capsules.iter().map(|capsule| &capsule["order"]).collect();
    assert!(given.contains(&&json!("plan")), "{given:?}");
    assert!(given.iter().any(|order| order["execute"].is_string()), "{given:?}");
    let again = server.done(olga, &["plugin", "replay", "sql", "--request", &request]);
    assert_eq!(again, format!("{} came out the same, 0 otherwise\n", capsules.len()));
    assert_eq!(orders(&database), 2, "nothing was done again");

    let other = component("export");
    let against = ["plugin", "replay", "sql", "--json", "--against", other.to_str().unwrap()];
    assert_eq!(server.refused(olga, &against), "", "what differs makes the exit code 1");

    let asked = kept(&home, &server, "office.rhai", 1).await;
    assert_eq!(asked[0]["script"], "request.title != \"\"\n");
    let again = server.done(olga, &["plugin", "replay", "office.rhai", "--since", "1d"]);
    assert!(again.ends_with(" came out the same, 0 otherwise\n"), "{again}");
    let file = home.path("strict.rhai");
    std::fs::write(&file, "\"never\"\n").unwrap();
    let against = ["plugin", "replay", "office.rhai", "--against", file.to_str().unwrap()];
    assert_eq!(server.refused(olga, &against), "");
    let against = ["plugin", "replay", "office.rhai", "--against", other.to_str().unwrap()];
    assert!(server.refused(olga, &against).contains("`office.rhai` is a script"));
    let against = ["plugin", "replay", "sql", "--against", file.to_str().unwrap()];
    assert!(server.refused(olga, &against).contains("`sql` is a plugin"));
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_executors_nothing_is_kept_where_the_operator_says_so() {
    let home = Home::new();
    let (server, database) = shop(&home, false);
    executed(&home, &server).await;
    assert_eq!(orders(&database), 2);
    kept(&home, &server, "office.rhai", 1).await;
    let client = server.client(&home.token);
    let wanted = CapsulesWanted { plugin: Some("sql"), ..CapsulesWanted::default() };
    assert_eq!(client.capsules(&wanted).await.unwrap().items, []);
    server.stop();
}
