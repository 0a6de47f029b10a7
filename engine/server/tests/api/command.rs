//! The command line against a running server.

use engine_server::http::MAX_COMPONENT;

use crate::process::{Home, Serving, component};

#[test]
fn plugins_and_tokens_are_kept_from_the_command_line() {
    let home = Home::new();
    let server = home.serve();
    let olga = home.token.as_str();
    install(&home, &server);

    let grant = ["plugin", "grant", "freeze", "--connection", "shop-db=read", "--blobs"];
    assert!(server.done(olga, &grant).contains("~ grant of plugin freeze\n"));
    assert!(server.done(olga, &grant).contains("0 changed, 1 as they were"));
    let listed = server.done(olga, &["plugin", "list"]);
    let line = listed.lines().find(|line| line.starts_with("freeze ")).unwrap();
    assert!(line.ends_with("may use shop-db=read, files"), "{line}");
    server.done(olga, &["plugin", "grant", "freeze"]);
    let listed = server.done(olga, &["plugin", "list"]);
    let line = listed.lines().find(|line| line.starts_with("freeze ")).unwrap();
    assert!(line.ends_with("may use nothing"), "what is not named is taken away: {line}");
    let refused = server.refused(olga, &["plugin", "grant", "thaw", "--blobs"]);
    assert!(refused.starts_with("error [not_found]"), "{refused}");

    let laptop = server.done(olga, &["token", "new", "--name", "laptop"]);
    let laptop = laptop.trim();
    let tokens = server.done(laptop, &["token", "list"]);
    let line = tokens.lines().find(|line| line.contains("  laptop  ")).unwrap();
    let id = line.split(' ').next().unwrap();
    assert!(!tokens.contains(laptop), "the text is shown once");
    assert!(server.done(olga, &["token", "remove", id]).contains(&format!("- token {id}\n")));
    let refused = server.refused(laptop, &["token", "list"]);
    assert!(refused.starts_with("error [unauthenticated]"), "{refused}");
    assert!(!server.done(olga, &["token", "list"]).contains("laptop"));
    server.stop();
}

fn install(home: &Home, server: &Serving) {
    let olga = home.token.as_str();
    let calendar = component("calendar");
    let calendar = calendar.to_str().unwrap();
    let dry = server.done(olga, &["plugin", "install", calendar, "--id", "freeze", "--dry-run"]);
    assert_eq!(dry, "+ plugin freeze\n1 would change, 0 as they were\n");
    assert!(!server.done(olga, &["plugin", "list"]).contains("freeze"));
    let install = ["plugin", "install", calendar, "--id", "freeze"];
    assert_eq!(server.done(olga, &install), "+ plugin freeze\n1 changed, 0 as they were\n");
    assert_eq!(server.done(olga, &install), "0 changed, 1 as they were\n");
    assert!(server.done(olga, &["plugin", "list"]).contains("freeze  0.1.0  condition  "));

    let bad = home.path("bad.wasm");
    for (content, says) in [
        (b"hello".to_vec(), "error [plugin_invalid]: The file is not a WebAssembly component."),
        (vec![0; MAX_COMPONENT + 1], "the most that a component may have are 20971520"),
    ] {
        std::fs::write(&bad, content).unwrap();
        let refused = server.refused(olga, &["plugin", "install", bad.to_str().unwrap()]);
        assert!(refused.contains(says), "{refused}");
    }
}
