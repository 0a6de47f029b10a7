//! What the command line shows of a plugin: of a file by itself, of an installed one from its engine.

use std::fs;

use serde_json::Value as Json;

use crate::process::{Home, component, program, text};

/// What a command says that speaks to nobody.
fn alone(words: &[&str]) -> Result<String, String> {
    let output = program(words).output().unwrap();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[test]
fn a_file_is_shown_by_itself() {
    let sql = component("sql");
    let shown = alone(&["plugin", "inspect", sql.to_str().unwrap()]).unwrap();
    for says in [
        "sql 0.1.0: Runs the approved statements in one transaction, exactly once\n",
        "  serves executor (contract 1.0.0)\n",
        &format!("  {} bytes, SHA-256 ", fs::metadata(&sql).unwrap().len()),
        "  exports executor\n",
        "  imports config, ",
        "statements, types",
        "  asks for statements named by the setting `connection`, to change: To run what was approved\n",
        "  not signed\n",
    ] {
        assert!(shown.contains(says), "{says}: {shown}");
    }
    assert!(!shown.contains("an interpreter") && !shown.contains("reads of"), "{shown}");
    let shown = alone(&["plugin", "inspect", component("webhook").to_str().unwrap()]).unwrap();
    assert!(shown.contains("asks for http named by the setting `url` (POST): "), "{shown}");
    let chart = component("org-chart");
    let shown = alone(&["plugin", "inspect", chart.to_str().unwrap()]).unwrap();
    let reads =
        "  reads of request: named by the setting `amount_property`\n  reads of users: named by";
    assert!(shown.contains(reads) && shown.contains("answers the same to the same"), "{shown}");
}

#[test]
fn a_signature_is_shown_as_what_it_says() {
    let home = Home::new();
    let [file, key] = ["sql.wasm", "ops"].map(|name| home.path(name));
    fs::copy(component("sql"), &file).unwrap();
    let [file, out] = [&file, &key].map(|path| path.to_str().unwrap());
    let key = format!("{out}.key");
    alone(&["plugin", "keygen", "--no-password", "--out", out]).unwrap();
    alone(&["plugin", "sign", file, "--key", &key, "--comment", "the best of all"]).unwrap();
    let shown = alone(&["plugin", "inspect", file]).unwrap();
    assert!(shown.contains(": the best of all (`countersign plugin verify` says"), "{shown}");
    let told: Json =
        serde_json::from_str(&alone(&["plugin", "inspect", file, "--json"]).unwrap()).unwrap();
    assert_eq!(told["signature"]["comment"], "the best of all");
    assert!(shown.contains(told["signature"]["key"].as_str().unwrap()), "{shown}");
    assert!(shown.contains(told["sha256"].as_str().unwrap()), "{shown}");
    assert_eq!(told["exports"], serde_json::json!(["executor"]));
    assert_eq!(told["wants"][0]["target"], serde_json::json!({"config": "connection"}));
    assert_eq!(told["wants"][0]["access"], "write");

    // The same of it as `check` says.
    let checked: Json =
        serde_json::from_str(&alone(&["plugin", "check", file, "--json"]).unwrap()).unwrap();
    for (name, value) in checked.as_object().unwrap() {
        assert_eq!(&told[name], value, "{name}");
    }
    fs::write(file, "no component").unwrap();
    for command in ["inspect", "check"] {
        let refused = alone(&["plugin", command, file]).unwrap_err();
        assert!(refused.starts_with("error [plugin_is_not_a_component]: "), "{refused}");
    }
    let missing = alone(&["plugin", "inspect", "nowhere.wasm"]).unwrap_err();
    assert!(missing.contains("cannot read `nowhere.wasm`"), "no engine is asked: {missing}");
}

#[test]
fn an_installed_plugin_is_shown_with_its_life() {
    let home = Home::new();
    let server = home.serve();
    let olga = home.token.as_str();
    let calendar = component("calendar");
    let calendar = calendar.to_str().unwrap();
    server.done(olga, &["plugin", "install", calendar, "--id", "freeze"]);
    let file = alone(&["plugin", "inspect", calendar]).unwrap();
    let shown = server.done(olga, &["plugin", "inspect", "freeze"]);
    // Its name in rules, and then all that there is of the file.
    let (name, rest) = (file.lines().next().unwrap(), file.lines().skip(1));
    assert_eq!(shown.lines().next().unwrap(), name.replacen("calendar", "freeze", 1));
    for line in rest {
        assert!(shown.lines().any(|found| found == line), "{line}: {shown}");
    }
    for says in ["  installed on ", " by olga\n", "  may use nothing\n", "  not called since"] {
        assert!(shown.contains(says), "{says}: {shown}");
    }
    let told: Json =
        serde_json::from_str(&server.done(olga, &["plugin", "inspect", "freeze", "--json"]))
            .unwrap();
    assert_eq!((&told["id"], &told["component"]["name"]), (&"freeze".into(), &"calendar".into()));
    assert_eq!(told["digest"], told["component"]["sha256"]);
    server.stop();
}
