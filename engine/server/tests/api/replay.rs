//! `countersign plugin replay` of executors and scripts: dry, and against another version.

use std::{fs::OpenOptions, io::Write as _, path::PathBuf, time::Duration};

use engine_api::command::DecisionWord;
use engine_core::extension::{Failure, FailureClass};
use engine_host::{Answered, Capsule};
use sdk_client::CapsulesWanted;
use serde_json::{Value as Json, json};

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

/// Another plugin comes to nothing with these settings: each difference is a line, and all are one.
fn answered_otherwise_by_export(server: &Serving, token: &str, request: &str) {
    let other = component("export");
    let against = ["plugin", "replay", "sql", "--json", "--against", other.to_str().unwrap()];
    let (told, complaint) = server.failed(token, &against);
    assert_eq!(complaint, "", "what differs makes the exit code 1");
    let lines: Vec<Json> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (count, lines) = lines.split_last().unwrap();
    let otherwise = json!({
        "same": 0, "other": lines.len(), "gone": 0, "too_large": 0, "out_of_time": 0, "left_out": 0,
    });
    assert_eq!(*count, otherwise);
    let planned = lines.iter().find(|line| line["what"] == "plan").unwrap();
    assert_eq!((&planned["request"], &planned["rule"]), (&json!(request), &json!("change")));
    let said = |key: &str| planned[key].as_str().unwrap();
    assert!(said("before").ends_with("; statements: 1"), "{planned:#}");
    assert!(said("after").starts_with("failed ("), "{planned:#}");
    assert!(planned["fuel_before"].as_u64() > planned["fuel_after"].as_u64(), "{planned:#}");
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

    answered_otherwise_by_export(&server, olga, &request);

    let asked = kept(&home, &server, "office.rhai", 1).await;
    assert_eq!(asked[0]["script"], "request.title != \"\"\n");
    let again = server.done(olga, &["plugin", "replay", "office.rhai", "--since", "1d"]);
    assert!(again.ends_with(" came out the same, 0 otherwise\n"), "{again}");
    let file = home.path("strict.rhai");
    std::fs::write(&file, "\"never\"\n").unwrap();
    let against = ["plugin", "replay", "office.rhai", "--against", file.to_str().unwrap()];
    assert_eq!(server.refused(olga, &against), "");
    let other = component("export");
    let against = ["plugin", "replay", "office.rhai", "--against", other.to_str().unwrap()];
    assert!(server.refused(olga, &against).contains("`office.rhai` is a script"));
    let against = ["plugin", "replay", "sql", "--against", file.to_str().unwrap()];
    assert!(server.refused(olga, &against).contains("`sql` is a plugin"));
    server.stop();
}

/// Adds a capsule to those of the last day.
fn add(home: &Home, capsule: &Capsule) {
    let days = std::fs::read_dir(home.path("capsules")).unwrap().map(|day| day.unwrap().path());
    let is_of_capsules = |day: &PathBuf| {
        let name = day.file_name().unwrap().to_str().unwrap();
        name.ends_with(".jsonl") && !name.ends_with(".scripts.jsonl")
    };
    let last = days.filter(is_of_capsules).max();
    let (id, _) = capsule.sealed().unwrap();
    let line = json!({"id": id, "at": chrono::Utc::now(), "capsule": capsule});
    let mut file = OpenOptions::new().append(true).open(last.unwrap()).unwrap();
    writeln!(file, "{line}").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_again_is_counted_by_itself() {
    let home = Home::new();
    let (server, _database) = shop(&home, true);
    let olga = home.token.as_str();
    executed(&home, &server).await;
    kept(&home, &server, "office.rhai", 1).await;
    let plan = kept(&home, &server, "sql", 2).await.remove(0);
    let plan: Capsule = serde_json::from_value(plan).unwrap();

    let late = Answered::Failed(Failure::new(FailureClass::Deadline, "it used up its time"));
    add(&home, &Capsule { answer: late, ..plan.clone() });
    let again = server.done(olga, &["plugin", "replay", "sql"]);
    assert!(
        again
            .ends_with(" came out the same, 0 otherwise, 1 cannot be repeated: the time ran out\n"),
        "{again}"
    );

    // A plugin had the name that the script has now.
    add(&home, &Capsule { plugin: "office.rhai".to_owned(), ..plan });
    let file = home.path("lax.rhai");
    std::fs::write(&file, "true\n").unwrap();
    let against = ["plugin", "replay", "office.rhai", "--against", file.to_str().unwrap()];
    let (told, complaint) = server.failed(olga, &against);
    assert!(
        !told.starts_with("0 ") && told.contains(" came out the same, 0 otherwise, "),
        "{told}"
    );
    assert!(told.ends_with(", 1 left out: of another kind than the file\n"), "{told}");
    assert!(complaint.contains("`office.rhai` is a plugin: give a component"), "{complaint}");
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
