//! Plugins that are installed: replaced, gone back from, disabled, limited, signed, and watched.

use std::{
    fs::File,
    io::{Cursor, Read as _},
    path::Path,
};

use axum::http::StatusCode;
use chrono::TimeDelta;
use engine_core::extension::ConfigValue;
use engine_host::{Capsule, Compiler, digest, with_signature};
use engine_server::{config::Config, first_party};
use flate2::read::GzDecoder;
use minisign::KeyPair;
use serde_json::{Value as Json, json};

use crate::place::{Answer, Place, in_memory};

const OK: StatusCode = StatusCode::OK;
const CALENDAR: &str = "/api/v1/plugins/calendar";
const SMALL: &str = "\
rule: small
kind: small
when: {plugin: calendar, config: {days: [mon, tue, wed, thu, fri, sat, sun]}}
steps:
  - id: unit
    approvers: [{id: a, who: {group: directors}}]
";

/// With the plugin `calendar` and a rule that asks it.
async fn place() -> Place {
    let place = Place::new().await;
    first_party::install(&place.state, &"main".parse().unwrap()).await.unwrap();
    place.ask("PUT", "/api/v1/rules/small").by("olga").text(SMALL).send().await.is(OK);
    place
}

/// The same with a note at its end: another file, which does the same.
fn noted(component: &[u8], note: u8) -> Vec<u8> {
    [component, &[0, 3, 1, b'n', note]].concat()
}

async fn submit(place: &Place, who: &str) -> Answer {
    let body = json!({"rule": "small", "title": "A chair", "reason": "The old one broke"});
    place.post(who, "/api/v1/requests", &body).await
}

async fn install(place: &Place, component: &[u8]) -> Answer {
    place.ask("PUT", CALENDAR).by("olga").text(component).send().await
}

async fn detail(place: &Place) -> Json {
    let answer = place.get("olga", CALENDAR).await;
    answer.is(OK);
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_goes_back() {
    let place = place().await;
    let first = place.component("calendar");
    let roll_back = format!("{CALENDAR}/rollback");
    let refused = place.post("olga", &roll_back, &json!({})).await;
    refused.is_refused(422, "invalid");
    assert!(refused.body.to_string().contains("there is no earlier version"), "{:#}", refused.body);

    let (second, third) = (noted(&first, 2), noted(&first, 3));
    let grant = json!({"connections": {"shop-db": "read"}});
    place.put("olga", &format!("{CALENDAR}/grant"), &grant).await.is(OK);
    install(&place, &second).await.is(OK);
    install(&place, &third).await.is(OK);
    let now = detail(&place).await;
    assert_eq!(now["digest"], digest(&third));
    assert_eq!(now["earlier"][0]["digest"], digest(&second));
    assert_eq!(now["earlier"][1]["digest"], digest(&first));
    assert_eq!(now["first_party"], false);

    let refused = place.post("olga", &roll_back, &json!({"to": "ffff"})).await;
    refused.is_refused(422, "invalid");
    assert!(refused.body.to_string().contains(&digest(&second)[..12]), "{:#}", refused.body);
    place.post("ann", &roll_back, &json!({})).await.is_refused(403, "forbidden");
    let tried = place.post("olga", &format!("{roll_back}?dry_run=true"), &json!({})).await;
    tried.is(OK);
    assert_eq!(detail(&place).await["digest"], digest(&third));
    place.post("olga", &roll_back, &json!({})).await.is(OK);
    assert_eq!(detail(&place).await["digest"], digest(&second));
    place.post("olga", &roll_back, &json!({"to": &digest(&first)[..8]})).await.is(OK);
    let now = detail(&place).await;
    assert_eq!((&now["digest"], &now["earlier"]), (&json!(digest(&first)), &json!([])));
    assert_eq!(now["grant"]["connections"]["shop-db"], "read", "it is of the plugin, not its file");
    submit(&place, "ann").await.is(OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_disabled_is_not_called() {
    let place = place().await;
    let why = json!({"comment": "the calendar is being corrected"});
    place.post("ann", &format!("{CALENDAR}/disable"), &why).await.is_refused(403, "forbidden");
    place.post("olga", &format!("{CALENDAR}/disable"), &why).await.is(OK);
    let refused = submit(&place, "ann").await;
    refused.is_refused(422, "condition_failed");
    let told = refused.body["message"].as_str().unwrap();
    assert!(
        told.contains("disabled the plugin `calendar`: the calendar is being corrected"),
        "{told}"
    );
    let listed = place.get("olga", "/api/v1/plugins").await;
    let calendar = listed.body["items"].as_array().unwrap().iter().find(|p| p["id"] == "calendar");
    assert_eq!(calendar.unwrap()["disabled"]["by"], "olga");
    // A newer version changes nothing about that.
    install(&place, &noted(&place.component("calendar"), 2)).await.is(OK);
    submit(&place, "ann").await.is_refused(422, "condition_failed");
    place.post("olga", &format!("{CALENDAR}/enable"), &json!({})).await.is(OK);
    submit(&place, "ann").await.is(OK);
    for (method, deed) in
        [("POST", "disable"), ("POST", "enable"), ("POST", "rollback"), ("PUT", "limits")]
    {
        let path = format!("/api/v1/plugins/none/{deed}");
        let asked = place.ask(method, &path).by("olga").json(&json!({}));
        asked.send().await.is_refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_changed_within_bounds() {
    let place = place().await;
    let limits = format!("{CALENDAR}/limits");
    let refused = place.put("olga", &limits, &json!({"fuel": 1, "memory": 1_u64 << 40})).await;
    refused.is_refused(422, "invalid");
    let fields: Vec<&Json> =
        refused.body["fields"].as_array().unwrap().iter().map(|f| &f["field"]).collect();
    assert_eq!(fields, ["fuel", "memory"]);
    place.put("olga", &limits, &json!({"feul": 1_000})).await.is_refused(422, "invalid");
    place.put("olga", &limits, &json!({"fuel": 1_000})).await.is(OK);
    submit(&place, "ann").await.is_refused(422, "condition_failed");
    assert_eq!(detail(&place).await["limits"], json!({"fuel": 1_000}));
    place.put("olga", &limits, &json!({})).await.is(OK);
    submit(&place, "ann").await.is(OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_does_is_counted() {
    let place = place().await;
    assert_eq!(detail(&place).await.get("activity"), None);
    submit(&place, "ann").await.is(OK);
    let now = detail(&place).await;
    assert!(now["component"]["about"].as_str().is_some_and(|about| !about.is_empty()));
    let activity = &now["activity"];
    assert!(activity["calls"].as_u64().unwrap() > 0, "{activity:#}");
    assert!(activity["fuel"].as_u64().unwrap() > 0 && activity["memory"].as_u64().unwrap() > 0);
    assert!(activity["longest_us"].as_u64() >= activity["median_us"].as_u64());
    assert_eq!(activity["failures"], json!({}));
    // Its log tells of requests.
    place.get("ann", CALENDAR).await.is_refused(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_keeps_failing_is_given_a_rest() {
    let place = place().await;
    let limits = format!("{CALENDAR}/limits");
    place.put("olga", &limits, &json!({"fuel": 1_000})).await.is(OK);
    for who in ["ann", "eve", "ann", "eve", "ann"] {
        let refused = submit(&place, who).await;
        refused.is_refused(422, "condition_failed");
        assert!(!refused.body["message"].as_str().unwrap().contains("in a row"));
    }
    let calls = detail(&place).await["activity"]["calls"].clone();
    let refused = submit(&place, "ann").await;
    refused.is_refused(422, "condition_failed");
    let told = refused.body["message"].as_str().unwrap();
    assert!(told.contains("failed 5 times in a row and is asked again at 09:00:30 UTC"), "{told}");
    let now = detail(&place).await;
    assert_eq!(now["activity"]["calls"], calls, "it was not called");
    assert_eq!(now["activity"]["failures"], json!({"fuel": 5}));
    let pause = &now["activity"]["pauses"][0];
    assert_eq!((&pause["rule"], &pause["failures"]), (&json!("small"), &json!(5)));
    assert_eq!(pause["waiting"].as_array().unwrap().len(), 1);

    place.put("olga", &limits, &json!({})).await.is(OK);
    submit(&place, "ann").await.is_refused(422, "condition_failed");
    let later = place.state.engine.now() + TimeDelta::seconds(30);
    place.state.engine.advance_to(later).await.unwrap();
    submit(&place, "ann").await.is(OK);
    assert_eq!(detail(&place).await["activity"]["pauses"], json!([]));
}

/// An interpreter takes seconds and hundreds of megabytes to compile: another process does it.
#[tokio::test(flavor = "multi_thread")]
async fn an_interpreter_is_compiled_by_a_process_of_its_own() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/wit/released/1.0.0/js.wasm.gz");
    let mut component = Vec::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut component).unwrap();
    let ours = env!("CARGO_BIN_EXE_countersign");
    for (program, arguments, refused) in [
        (ours, &["compile"][..], None),
        // One that refuses, with its words and without.
        ("sh", &["-c", "echo it is cursed >&2; exit 3"], Some("it is cursed")),
        ("false", &[], Some("the compiler ended with exit status: 1")),
        // One that is gone, and one of another build: this process compiles.
        ("/no/such/program", &[], None),
        ("cat", &[], None),
    ] {
        let place = place().await;
        place.compile_alone();
        let arguments = arguments.iter().map(Into::into).collect();
        let compiler = Compiler { program: program.into(), arguments };
        place.state.library.host().compile_apart(compiler);
        let asked = place.ask("PUT", "/api/v1/plugins/released").by("olga").text(component.clone());
        let answer = asked.send().await;
        match refused {
            None => answer.is(OK),
            Some(why) => {
                answer.is_refused(422, "plugin_invalid");
                let message = answer.body["message"].as_str().unwrap();
                assert!(message.contains(why), "{program}: {message}");
            }
        }
        // Those in compiled languages are compiled here.
        install(&place, &noted(&place.component("calendar"), 5)).await.is(OK);
    }
}

/// Trust: what is not signed by a known key is not even compiled.
#[tokio::test(flavor = "multi_thread")]
async fn only_signed_plugins_are_taken_where_the_operator_says_so() {
    let (ops, stranger) = (pair(), pair());
    let (store, config) = (in_memory(), trusting("ops", &ops));
    let place = Place::with(store.clone(), config).await;
    first_party::install(&place.state, &"main".parse().unwrap()).await.unwrap();
    let ours = place.component("calendar");
    let theirs = noted(&ours, 7);
    let refused = install(&place, &theirs).await;
    refused.is_refused(422, "plugin_invalid");
    assert!(refused.body["message"].as_str().unwrap().contains("not signed"), "{:#}", refused.body);
    for (signed, told) in [
        (with_signature(&theirs, &signature(&stranger, &theirs)), "does not know"),
        (with_signature(&noted(&ours, 8), &signature(&ops, &theirs)), "not what was signed"),
        (with_signature(&theirs, "nonsense"), "makes no sense"),
    ] {
        let refused = install(&place, &signed).await;
        refused.is_refused(422, "plugin_invalid");
        assert!(refused.body["message"].as_str().unwrap().contains(told), "{:#}", refused.body);
    }
    let bundle = json!({"components": {"calendar": digest(&theirs)}});
    place.post("olga", "/api/v1/apply", &bundle).await.is_refused(422, "invalid");

    let signed = with_signature(&theirs, &signature(&ops, &theirs));
    let tried = place.ask("PUT", &format!("{CALENDAR}?dry_run=true")).by("olga").text(signed);
    tried.send().await.is(OK);
    place.post("olga", "/api/v1/apply", &bundle).await.is(OK);
    let now = detail(&place).await;
    assert_eq!(now["digest"], digest(&theirs), "the signature is no part of it");
    assert_eq!(now["signer"]["name"], "ops");
    assert_eq!(
        (&now["signer"]["tier"], &now["signer"]["comment"]),
        (&json!("operator"), &json!("calendar 9"))
    );
    // What comes with the program needs no signature.
    install(&place, &ours).await.is(OK);
    assert_eq!(detail(&place).await.get("signer"), None);

    // A key that is trusted no longer: going back is an installation too.
    let back = format!("{CALENDAR}/rollback");
    let place = place.again(store.clone(), trusting("stranger", &stranger)).await;
    let refused = place.post("olga", &back, &json!({})).await;
    refused.is_refused(422, "plugin_invalid");
    assert!(
        refused.body["message"].as_str().unwrap().contains("does not know"),
        "{:#}",
        refused.body
    );
    assert_eq!(detail(&place).await["digest"], digest(&ours));
    let place = place.again(store, trusting("ops", &ops)).await;
    place.post("olga", &back, &json!({})).await.is(OK);
    assert_eq!(detail(&place).await["digest"], digest(&theirs));
}

/// Signed plugins only, by this pair of keys.
fn trusting(name: &str, pair: &KeyPair) -> Config {
    toml::from_str(&format!(
        "[plugins]\nsigned_only = true\n[plugins.keys.{name}]\nkey = \"{}\"\ntier = \"operator\"\n",
        pair.pk.to_base64()
    ))
    .unwrap()
}

fn pair() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().unwrap()
}

fn signature(pair: &KeyPair, component: &[u8]) -> String {
    let data = Cursor::new(component);
    minisign::sign(None, &pair.sk, data, Some("calendar 9"), None).unwrap().to_string()
}

/// Everything of a plugin's answer is kept, and asked again it is the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_was_asked_can_be_asked_again() {
    let place = place().await.with_neighbour().await;
    submit(&place, "ann").await.is(OK);
    let kept = recorded(&place, "?plugin=calendar").await;
    let capsule: Capsule = serde_json::from_value(kept["capsule"].clone()).unwrap();
    assert_eq!(capsule.sealed().unwrap().0, kept["id"].as_str().unwrap());
    let host = place.state.library.host();
    let component = place.component("calendar");
    let plugin = host.load(&component).unwrap();
    assert!(capsule.is_repeated_by(&host.replay(&plugin, &capsule)));

    let on_no_day = Capsule {
        config: [("days".to_owned(), ConfigValue::Json(json!([])))].into(),
        ..capsule.clone()
    };
    let other = host.replay(&plugin, &on_no_day);
    assert!(!capsule.gave(&other), "{other:?}");

    let digest = digest(&component);
    let path = format!("/api/v1/components/{digest}");
    let (status, headers, bytes) = place.ask("GET", &path).by("olga").bytes().await;
    assert_eq!((status, bytes == component), (OK, true));
    assert!(headers["content-digest"].to_str().unwrap().starts_with("sha-256=:"));
    // What is kept tells of requests, and is of one organization.
    for path in [&path, "/api/v1/capsules"] {
        place.get("ann", path).await.is_refused(403, "forbidden");
    }
    place.get("oscar", &path).await.is_refused(404, "not_found");
    assert_eq!(place.get("oscar", "/api/v1/capsules").await.body["items"], json!([]));
    for path in ["/api/v1/capsules?cursor=x", "/api/v1/capsules?cursor=2026-03-02.-1"] {
        place.get("olga", path).await.is_refused(422, "invalid");
    }
    assert_eq!(place.get("olga", "/api/v1/capsules?plugin=sql").await.body["items"], json!([]));
}

/// The first capsule of these, which is written a moment after the answer.
async fn recorded(place: &Place, query: &str) -> Json {
    for _ in 0..500 {
        let found = place.get("olga", &format!("/api/v1/capsules{query}")).await;
        found.is(OK);
        if let Some(first) = found.body["items"].as_array().and_then(|items| items.first()) {
            return first.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no capsule came");
}
