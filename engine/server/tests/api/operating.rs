//! What an operator says to the program, and what it says to them.

use std::{fs, process::Command};

use serde_json::Value as Json;

use crate::process::{Home, Serving, program, text};

#[test]
fn a_second_init_is_refused_and_leaves_the_first() {
    let home = Home::new();
    let init = ["init", "--org", "main", "--owner", "mallory", "--data"];
    let again = program(&init).arg(home.folder()).output().unwrap();
    let says = text(&again.stderr);
    assert_eq!(again.status.code(), Some(1), "{says}");
    assert!(says.contains("error: the organization `main` exists already"), "{says}");
    assert!(again.stdout.is_empty(), "no token is made");
    let list = program(&["token", "list", "--data"]).arg(home.folder()).output().unwrap();
    let tokens = text(&list.stdout);
    assert!(tokens.contains("olga") && !tokens.contains("mallory"), "{tokens}");
}

/// Of the data folder, and of the address: nobody can listen on these, and the error names the one
/// that was taken.
#[test]
fn flags_go_before_the_environment_and_it_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let config = place("countersign.toml");
    let of_file = place("of-file");
    fs::write(&config, format!("listen = \"of-file\"\ndata = {of_file:?}\n")).unwrap();
    let taken = |has_flag: bool, has_variable: bool| {
        let mut serve = program(&["serve"]);
        serve.current_dir(folder.path()).arg("--config").arg(&config);
        if has_flag {
            serve.args(["--listen", "of-flag", "--data"]).arg(place("of-flag"));
        }
        if has_variable {
            let data = place("of-environment");
            serve.env("COUNTERSIGN_LISTEN", "of-environment").env("COUNTERSIGN_DATA", data);
        }
        let refused = serve.output().unwrap();
        assert_eq!(refused.status.code(), Some(1));
        let has_data = |name: &&str| place(name).join("store.redb").exists();
        let names = ["of-flag", "of-environment", "of-file", "countersign-data"];
        let made: Vec<&str> = names.into_iter().filter(has_data).collect();
        (text(&refused.stderr), made)
    };
    for (has_flag, has_variable, address, made) in [
        (true, true, "`of-flag`", &["of-flag"][..]),
        (false, true, "`of-environment`", &["of-flag", "of-environment"]),
        (true, false, "`of-flag`", &["of-flag", "of-environment"]),
        (false, false, "`of-file`", &["of-flag", "of-environment", "of-file"]),
    ] {
        let (says, found) = taken(has_flag, has_variable);
        assert!(says.contains(&format!("cannot listen on {address}")), "{says}");
        assert_eq!(found, made);
    }
}

/// By the flag, by the environment, or by the file, in this order.
#[test]
fn the_log_is_lines_of_json_where_that_is_said() {
    for (flag, variable, file, is_json) in [
        (None, None, None, false),
        (Some("json"), None, None, true),
        (None, Some("json"), None, true),
        (None, None, Some("json"), true),
        (None, Some("text"), Some("json"), false),
        (Some("json"), Some("text"), None, true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut serve = program(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        serve.arg(folder.path().join("data"));
        say(&mut serve, folder.path(), [flag, variable, file]);
        let log = Serving::start(serve).stop();
        assert!(log.contains("stopping"), "{log}");
        for line in log.lines() {
            let read: Option<Json> = serde_json::from_str(line).ok();
            assert_eq!(read.is_some(), is_json, "{flag:?} {variable:?} {file:?}: {line}");
            let Some(entry) = read else { continue };
            assert_eq!(entry["level"], "INFO", "{line}");
            assert!(entry["timestamp"].is_string(), "{line}");
            assert!(entry["fields"]["message"].is_string(), "{line}");
        }
    }
}

/// Says the format in these places.
fn say(serve: &mut Command, folder: &std::path::Path, [flag, variable, file]: [Option<&str>; 3]) {
    if let Some(format) = flag {
        serve.args(["--log", format]);
    }
    if let Some(format) = variable {
        serve.env("COUNTERSIGN_LOG_FORMAT", format);
    }
    if let Some(format) = file {
        let config = folder.join("countersign.toml");
        fs::write(&config, format!("log = \"{format}\"\n")).unwrap();
        serve.arg("--config").arg(config);
    }
}
