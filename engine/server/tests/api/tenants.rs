//! Two organizations on one engine.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use crate::place::{Place, submission};

const OK: StatusCode = StatusCode::OK;

/// The ids, logins or names in a list.
fn named(list: &Json, key: &str) -> Vec<String> {
    let all = list.as_array().unwrap().iter();
    all.map(|one| one[key].as_str().unwrap().to_owned()).collect()
}

/// DIR-1: every organization has its own people, rules, scripts, requests and tokens under the same names.
#[tokio::test(flavor = "multi_thread")]
async fn organizations_keep_their_own_things() {
    let place = Place::new().await.with_neighbour().await;
    let ours = place.submitted().await;
    let users = json!({"users": [{"login": "ann"}, {"login": "bob"}]});
    place.put("oscar", "/api/v1/directory", &users).await.is(OK);
    let rule =
        "rule: capex\nkind: other\nsteps: [{id: s, approvers: [{id: b, who: {user: bob}}]}]\n";
    place.ask("PUT", "/api/v1/rules/capex").by("oscar").text(rule).send().await.is(OK);
    let asked = json!({"rule": "capex", "title": "A desk", "reason": "To write on"});
    let theirs = place.post("oscar", "/api/v1/requests", &asked).await;
    theirs.is(OK);
    let theirs = theirs.body["id"].as_str().unwrap().to_owned();
    for (who, id) in [("olga", ours), ("oscar", theirs)] {
        let listed = place.get(who, "/api/v1/requests?list=all").await;
        listed.is(OK);
        assert_eq!(named(&listed.body["items"], "id"), [id], "{who}");
    }
    let kind = |rules: Json| rules["items"][0]["kind"].clone();
    assert_eq!(kind(place.get("olga", "/api/v1/rules").await.body), "capex");
    assert_eq!(kind(place.get("oscar", "/api/v1/rules").await.body), "other");
    let people = place.get("olga", "/api/v1/directory").await.body;
    assert!(named(&people["users"], "login").contains(&"dora".to_owned()));
    let people = place.get("oscar", "/api/v1/directory").await.body;
    let mut logins = named(&people["users"], "login");
    logins.sort();
    assert_eq!(logins, ["ann", "bob", "oscar"]);
    assert_eq!(place.get("oscar", "/api/v1/scripts").await.body["items"], json!([]));
    let tokens = place.get("oscar", "/api/v1/tokens").await.body;
    assert_eq!(tokens["items"].as_array().unwrap().len(), 1);
}

/// DIR-1: what is another organization's is not there, for its owner either.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_crosses_from_one_organization_to_another() {
    let place = Place::new().await.with_neighbour().await;
    let id = place.submitted().await;
    let path = |rest: &str| format!("/api/v1/requests/{id}{rest}");
    let comment = json!({"comment": "no longer needed"});
    for rest in ["", "/explanation", "/events", "/comments"] {
        place.get("oscar", &path(rest)).await.is_refused(404, "not_found");
    }
    for rest in ["/cancel", "/hold", "/release", "/confirm"] {
        place.post("oscar", &path(rest), &comment).await.is_refused(404, "not_found");
    }
    let decision = json!({"decision": "approve", "comment": "fine"});
    let decided =
        place.ask("POST", &path("/decisions")).by("oscar").header("if-match", "\"1;unit\"");
    decided.json(&decision).send().await.is_refused(404, "not_found");
    let force = json!({"decision": "approve", "comment": "fine"});
    place.post("oscar", &path("/force"), &force).await.is_refused(404, "not_found");
    place
        .post("oscar", "/api/v1/requests", &submission("5 EUR"))
        .await
        .is_refused(404, "not_found");
    place.get("oscar", "/api/v1/rules/capex").await.is_refused(404, "not_found");
    place.get("oscar", "/api/v1/users/bob").await.is_refused(404, "not_found");
    let left = json!({"force": true});
    let deactivated = place.post("oscar", "/api/v1/users/bob/deactivate", &left).await;
    deactivated.is_refused(404, "not_found");
    let told = place.get("oscar", "/api/v1/notices").await;
    assert_eq!(told.body["items"], json!([]));
    let seen = place.get("ann", &path("")).await;
    seen.is(OK);
    assert_eq!(seen.body["status"], "pending");
}
