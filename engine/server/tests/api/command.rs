//! The command line against a running server.

use engine_server::http::MAX_COMPONENT;
use sdk_client::CapsulesWanted;

use crate::process::{Home, Serving, component, program, text};

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

const TEAM: &str = "\
settings: {comments: {min: 5}}
rates: {base: EUR, USD: \"0.92\", as_of: 2026-03-01}
directory:
  groups: [staff]
  users: [{login: ann, groups: [staff]}, {login: bob}]
  nodes: [{id: paris}]
  resources: [{id: db, owner: ann}]
";
const RULE: &str = "\
rule: note
kind: note
steps:
  - {id: one, approvers: [{id: a, who: {user: ann}}]}
";

/// Each field with what it was, as a dry run and as it is done; a rule's steps by their names.
#[test]
fn what_changes_is_shown_field_by_field() {
    let home = Home::new();
    let server = home.serve();
    let olga = home.token.as_str();
    let folder = home.path("files");
    std::fs::create_dir(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let (apply, dry) = (["apply", "-f", folder.to_str().unwrap()], "--dry-run");
    write("team.yaml", TEAM);
    write("note.yaml", RULE);
    write("day.rhai", "let a = 1;\na > 0\n");
    server.done(olga, &apply);

    let team = TEAM.replace("{comments: {min: 5}}", "{urgent: true, comments: {min: 7}}");
    let team = team
        .replace("0.92", "0.95")
        .replace("{login: bob}", "{login: bob, groups: [staff], email: b@example.org}");
    let team = team
        .replace("{login: ann, groups: [staff]}", "{login: ann, groups: [staff], role: auditor}");
    write(
        "team.yaml",
        &team
            .replace("{id: paris}", "{id: paris, name: Paris}")
            .replace("owner: ann", "owner: bob"),
    );
    write(
        "note.yaml",
        &format!(
            "{}  - {{id: two, approvers: [{{id: b, who: {{user: bob}}}}]}}\n",
            RULE.replace("user: ann", "group: staff")
        ),
    );
    write("day.rhai", "let a = 2;\na > 0\n");
    let expected = "\
~ settings
    comments.min: 5 → 7
    urgent: false → true
~ rates
    USD: 0.92 → 0.95
~ user ann
    role: user → auditor
~ user bob
    email: (none) → b@example.org
    groups: [] → [\"staff\"]
~ node paris
    name: (none) → Paris
~ resource db
    owner: ann → bob
~ script day.rhai
    line 1: let a = 1; → let a = 2;
^ rule note version 2
    steps[one].approvers[a].who.group: (none) → staff
    steps[one].approvers[a].who.user: ann → (none)
    steps[two]: (none) → {\"approvers\":[{\"id\":\"b\",\"who\":{\"user\":\"bob\"}}],\"id\":\"two\"}
";
    let shown = server.done(olga, &[&apply[..], &[dry]].concat());
    assert_eq!(shown, format!("{expected}8 would change, 1 as they were\n"));
    assert_eq!(server.done(olga, &apply), format!("{expected}8 changed, 1 as they were\n"));
    assert_eq!(server.done(olga, &apply), "0 changed, 9 as they were\n");
    server.stop();
}

/// A component and the rule that names it come together, or not at all.
#[test]
fn components_are_applied_with_all_the_rest_or_not_at_all() {
    let home = Home::new();
    let server = home.serve();
    let olga = home.token.as_str();
    let folder = home.path("files");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(component("calendar"), folder.join("freeze.wasm")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let rule = |days: &str| {
        format!("{RULE}    when: {{plugin: freeze, config: {{days: [{days}]}}}}\n").replace(
            "  - {id: one, approvers: [{id: a, who: {user: ann}}]}",
            "  - id: one\n    approvers: [{id: a, who: {user: olga}}]",
        )
    };
    let (apply, dry) = (["apply", "-f", folder.to_str().unwrap()], "--dry-run");
    let dry_run = [&apply[..], &[dry]].concat();
    write("grants.yaml", "plugins: {freeze: {blobs: true}}\n");

    write("note.yaml", &rule("someday"));
    for words in [&apply[..], &dry_run] {
        let refused = server.refused(olga, words);
        assert!(refused.contains("nothing was changed"), "{refused}");
        assert!(refused.contains("note.yaml:6:"), "by the settings of the component: {refused}");
        assert!(!server.done(olga, &["plugin", "list"]).contains("freeze"));
    }
    write("note.yaml", &rule("sat"));
    let changes = "\
+ plugin freeze
~ grant of plugin freeze
    blobs: false → true
^ rule note version 1
";
    assert_eq!(server.done(olga, &dry_run), format!("{changes}3 would change, 0 as they were\n"));
    assert!(!server.done(olga, &["plugin", "list"]).contains("freeze"));
    assert_eq!(server.done(olga, &apply), format!("{changes}3 changed, 0 as they were\n"));
    assert!(server.done(olga, &["plugin", "list"]).contains("freeze  0.1.0  condition  "));
    assert_eq!(server.done(olga, &apply), "0 changed, 3 as they were\n");
    server.stop();
}

/// Where only signed plugins are taken, a signature beside a component goes with it.
#[test]
fn what_is_applied_brings_its_signature() {
    let home = Home::new();
    let [files, keys, config] = ["files", "ops", "countersign.toml"].map(|name| home.path(name));
    std::fs::create_dir(&files).unwrap();
    let freeze = files.join("freeze.wasm");
    // Another file than the one that comes with the program, which needs no signature.
    let calendar = std::fs::read(component("calendar")).unwrap();
    std::fs::write(&freeze, [&calendar[..], &[0, 3, 1, b'n', 7]].concat()).unwrap();
    let [files, keys, freeze] = [&files, &keys, &freeze].map(|path| path.to_str().unwrap());
    let alone = |words: &[&str]| {
        let output = program(words).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    alone(&["plugin", "keygen", "--no-password", "--out", keys]);
    let public = std::fs::read_to_string(format!("{keys}.pub")).unwrap();
    let key = public.lines().nth(1).unwrap();
    let trusted = format!("[plugins.keys.ops]\nkey = {key:?}\ntier = \"operator\"\n");
    std::fs::write(&config, format!("[plugins]\nsigned_only = true\n{trusted}")).unwrap();
    let mut serve = program(&["serve", "--listen", "127.0.0.1:0", "--data"]);
    serve.arg(home.folder()).arg("--config").arg(config);
    let (server, olga) = (Serving::start(serve), home.token.as_str());

    let apply = ["apply", "-f", files];
    let refused = server.refused(olga, &apply);
    assert!(refused.contains("not signed"), "{refused}");
    alone(&["plugin", "sign", freeze, "--key", &format!("{keys}.key")]);
    let applied = server.done(olga, &apply);
    assert_eq!(applied, "+ plugin freeze\n1 changed, 0 as they were\n");
    let shown = server.done(olga, &["plugin", "inspect", "freeze"]);
    assert!(shown.contains("signed by ops (key "), "{shown}");
    assert_eq!(server.done(olga, &apply), "0 changed, 1 as they were\n");
    server.stop();
}

/// What a plugin was asked is asked again offline, and of another component.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_is_asked_again() {
    let home = Home::new();
    let server = home.serve();
    let olga = home.token.as_str();
    install(&home, &server);
    let rule = home.path("note.yaml");
    let when = "when: {plugin: freeze, config: {days: [mon, tue, wed, thu, fri, sat, sun]}}\n";
    let text = format!("{RULE}{when}").replace("user: ann", "user: olga");
    std::fs::write(&rule, text).unwrap();
    server.done(olga, &["apply", "-f", rule.to_str().unwrap()]);
    let request = serde_json::json!({"rule": "note", "title": "A note", "reason": "To be read"});
    let request = serde_json::from_value(request).unwrap();
    let refused = server.refused(olga, &["plugin", "replay", "freeze"]);
    assert!(refused.contains("nothing of this was recorded"), "{refused}");
    let _ = server.client(olga).submit(&request).await;
    server.done(olga, &["plugin", "inspect", "freeze"]);
    let mut again = String::new();
    for _ in 0..200 {
        let found = server.client(olga).capsules(&CapsulesWanted::default()).await.unwrap();
        if !found.items.is_empty() {
            again = server.done(olga, &["plugin", "replay", "freeze", "--since", "1d"]);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(again, "1 came out the same, 0 otherwise\n");
    let other = component("risk-score");
    let against = ["plugin", "replay", "freeze", "--json", "--against", other.to_str().unwrap()];
    assert_eq!(server.refused(olga, &against), "", "what differs makes the exit code 1");
    server.stop();
}
