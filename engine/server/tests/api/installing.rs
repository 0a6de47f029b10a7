//! Plugins on their way in: the cases that a component carries, and how far an installation is.

use std::{
    fs::File,
    io::Read as _,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::http::StatusCode;
use engine_host::{Compiler, custom_section, digest};
use engine_server::first_party;
use flate2::read::GzDecoder;
use serde_json::{Value as Json, json};

use crate::{
    place::{Answer, Place},
    process::{self, program, text},
};

const OK: StatusCode = StatusCode::OK;
const CALENDAR: &str = "/api/v1/plugins/calendar";

async fn place() -> Place {
    let place = Place::new().await;
    first_party::install(&place.state, &"main".parse().unwrap()).await.unwrap();
    place
}

async fn install(place: &Place, id: &str, component: Vec<u8>) -> Answer {
    let path = format!("/api/v1/plugins/{id}");
    place.ask("PUT", &path).by("olga").text(component).send().await
}

async fn listed(place: &Place) -> Json {
    let listed = place.get("olga", "/api/v1/plugins").await;
    listed.is(OK);
    listed.body
}

/// A component with these cases.
fn carrying(component: &[u8], cases: &str) -> Vec<u8> {
    let files = json!({ "week.yaml": cases }).to_string();
    [component, &custom_section("countersign:cases", files.as_bytes())].concat()
}

/// What came with a file is not asked with the network of whoever tries it.
#[test]
fn cases_that_came_with_a_file_call_no_other_system() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calendar.wasm");
    let monday = "now: 2026-03-02T09:00:00Z, expect: met";
    let calls = "grant: {http: {\"https://example.org\": {methods: [GET]}}}";
    let cases = format!("cases: [{{case: a, {monday}}}, {{case: b, {monday}, {calls}}}]");
    let calendar = std::fs::read(process::component("calendar")).unwrap();
    std::fs::write(&file, carrying(&calendar, &cases)).unwrap();
    let asked = program(&["plugin", "test", "--component", file.to_str().unwrap()]).output();
    let asked = asked.unwrap();
    let (told, said) = (text(&asked.stdout), text(&asked.stderr));
    assert!(asked.status.success(), "{told}{said}");
    assert!(told.contains("1 passed, 0 failed"), "{told}");
    assert!(said.contains("1 of the cases that it carries call other systems"), "{said}");
}

/// The lifecycle of plugins: its own test cases, before anybody else asks it anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_is_asked_the_cases_that_it_carries() {
    let place = place().await;
    let calendar = place.component("calendar");
    let monday = "{case: a monday, now: 2026-03-02T09:00:00Z, expect: met}";
    let sunday = "{case: a sunday, now: 2026-03-01T09:00:00Z, expect: met}";
    let good = carrying(&calendar, &format!("cases: [{monday}]"));
    install(&place, "calendar", good.clone()).await.is(OK);
    assert_eq!(place.get("olga", CALENDAR).await.body["digest"], digest(&good));

    for (cases, says) in [
        (format!("cases: [{monday}, {sunday}]"), "1 of the 2 cases that the component carries"),
        (format!("cases: [{sunday}]"), "week.yaml: `a sunday`: answer: expected \"met\", found"),
        ("cases: [{case: a, expect: met, config: {days: never}}]".to_owned(), "`a`: "),
        ("cases: [{case: a, expct: met}]".to_owned(), "`a`: expected `expect`"),
        ("cases: [".to_owned(), "week.yaml"),
        (
            format!("cases: [{{case: a, expect: {{unmet: {}}}}}]", "x".repeat(5_000)),
            "more characters)",
        ),
    ] {
        let refused = install(&place, "calendar", carrying(&calendar, &cases)).await;
        refused.is_refused(422, "plugin_invalid");
        let message = refused.body["message"].as_str().unwrap();
        assert!(message.contains(says) && message.len() < 1_000, "{message}");
        let now = place.get("olga", CALENDAR).await;
        assert_eq!(now.body["digest"], digest(&good), "the old version stays");
    }
}

/// Before an administrator grants something, nothing is reached: not by a case either.
#[tokio::test(flavor = "multi_thread")]
async fn cases_that_reach_further_are_not_asked() {
    let place = place().await;
    let calendar = place.component("calendar");
    for grant in [
        "connections: {shop-db: write}",
        "lookups: {shop-db: [owner]}",
        "secrets: [chat-token]",
        "http: {'http://169.254.169.254': {methods: [GET], private_addresses: true}}",
    ] {
        let cases = format!("cases: [{{case: a, expect: nonsense, grant: {{{grant}}}}}]");
        install(&place, "calendar", carrying(&calendar, &cases)).await.is(OK);
    }
    let own = "cases: [{case: a, expect: met, grant: {http: {'{server}': {methods: [GET]}}}, \
               now: 2026-03-01T09:00:00Z}]";
    let refused = install(&place, "calendar", carrying(&calendar, own)).await;
    refused.is_refused(422, "plugin_invalid");
}

/// Two installations, to whom the list of plugins is shown and to nobody else.
async fn seen_by_overseers_here(place: &Place) {
    for overseer in ["olga", "ada", "eve"] {
        let list = place.get(overseer, "/api/v1/plugins").await;
        list.is(OK);
        let installing = list.body["installing"].as_array().unwrap();
        let mut plugins: Vec<&str> =
            installing.iter().filter_map(|found| found["plugin"].as_str()).collect();
        plugins.sort_unstable();
        assert_eq!(plugins, ["another", "one"], "{overseer}");
        assert!(installing.iter().all(|found| found["by"] == "olga"), "{overseer}");
    }
    place.get("ann", "/api/v1/plugins").await.is_refused(403, "forbidden");
    let elsewhere = place.get("oscar", "/api/v1/plugins").await;
    elsewhere.is(OK);
    assert_eq!(elsewhere.body, json!({"items": []}), "the owner of another organization");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_tells_how_far_it_is() {
    let place = place().await.with_neighbour().await;
    place.compile_alone();
    let auditor = json!({"login": "eve", "role": "auditor"});
    place.put("olga", "/api/v1/users/eve", &auditor).await.is(OK);
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/wit/released/1.0.0/js.wasm.gz");
    let mut component = Vec::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut component).unwrap();
    let other = [&component[..], &custom_section("note", b"another file")].concat();
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    // It compiles nothing before the gate is there, and nothing then either.
    let wait = "cat > /dev/null; while ! test -e \"$0\"; do sleep 0.02; done; exit 3";
    let arguments = ["-c".into(), wait.into(), gate.clone().into()].into();
    place.state.library.host().compile_apart(Compiler { program: "sh".into(), arguments });

    let asked = AtomicUsize::new(0);
    let watch = async {
        loop {
            let list = listed(&place).await;
            let installing = list["installing"].as_array().cloned().unwrap_or_default();
            let mut stages: Vec<&str> =
                installing.iter().filter_map(|found| found["stage"].as_str()).collect();
            stages.sort_unstable();
            if stages == ["compiling", "waiting"] {
                assert_eq!(installing[0]["by"], "olga");
                assert!(installing[0]["since"].is_string() && installing[1]["plugin"].is_string());
                break;
            }
            assert!(asked.fetch_add(1, Ordering::Relaxed) < 3_000, "{list:#}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        seen_by_overseers_here(&place).await;
        // Others are served meanwhile.
        install(&place, "calendar", place.component("calendar")).await.is(OK);
        std::fs::write(&gate, "").unwrap();
    };
    let (one, another, ()) =
        tokio::join!(install(&place, "one", component), install(&place, "another", other), watch);
    one.is_refused(422, "plugin_invalid");
    another.is_refused(422, "plugin_invalid");
    assert_eq!(listed(&place).await.get("installing"), None);
}
