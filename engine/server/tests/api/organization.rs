//! Rules, scripts, plugins, tokens, bundles.

use axum::http::StatusCode;
use engine_server::first_party;
use serde_json::{Value as Json, json};

use crate::place::Place;

const OK: StatusCode = StatusCode::OK;

fn changes(answer: &Json) -> Vec<(String, String)> {
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let list = answer["changes"].as_array().unwrap();
    list.iter().map(|change| (text(&change["change"]), text(&change["what"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_a_rule_is_shown_with_its_line_and_corrected() {
    let place = Place::new().await;
    let rule = "rule: small\nkind: small\nsteps:\n  - id: unit\n    approvesr: []\n";
    let asked = place.ask("PUT", "/api/v1/rules/small?file=rules/small.yaml").by("olga");
    let refused = asked.text(rule).send().await;
    refused.is_refused(422, "rule_invalid");
    let mistake = &refused.body["diagnostics"][0];
    assert_eq!((&mistake["file"], &mistake["line"]), (&json!("rules/small.yaml"), &json!(5)));
    assert!(mistake["snippet"].as_str().unwrap().contains("^^^^^^^^^"));
    assert_eq!(mistake["nearest"], "approvers");
    assert!(mistake["corrected"].as_str().unwrap().contains("approvers: []"));

    let rule = "rule: small\nkind: small\nsteps:\n  - id: unit\n    approvers: [{id: a, who: {group: directers}}]\n";
    let refused = place.ask("PUT", "/api/v1/rules/small").by("olga").text(rule).send().await;
    refused.is_refused(422, "rule_invalid");
    assert_eq!(refused.body["diagnostics"][0]["line"], 5);
    place
        .ask("PUT", "/api/v1/rules/small")
        .by("ann")
        .text(rule.replace("directers", "directors"))
        .send()
        .await
        .is_refused(403, "forbidden");
    let refused = place.ask("PUT", "/api/v1/rules/other").by("olga").text(rule).send().await;
    refused.is_refused(422, "rule_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_one_transaction_and_the_same_again_changes_nothing() {
    let place = Place::new().await;
    let rule = |group: &str| {
        format!(
            "rule: small\nkind: small\nsteps:\n  - id: unit\n    approvers: [{{id: a, who: {{group: {group}}}}}]\n"
        )
    };
    let bundle = |group: &str| {
        json!({
            "organization": {
                "settings": {"urgent": true},
                "rates": {"base": "EUR", "USD": "0.92", "as_of": "2026-03-01"},
                "directory": {"groups": ["reviewers"], "users": [{"login": "rita", "groups": ["reviewers"]}]},
            },
            "scripts": {"always.rhai": "true"},
            "rules": [{"name": "small.yaml", "text": rule(group)}],
        })
    };
    let refused = place.post("olga", "/api/v1/apply", &bundle("revuers")).await;
    refused.is_refused(422, "rule_invalid");
    assert_eq!(refused.body["diagnostics"][0]["file"], "small.yaml");
    place.get("olga", "/api/v1/users/rita").await.is_refused(404, "not_found");

    let dry = place.post("olga", "/api/v1/apply?dry_run=true", &bundle("reviewers")).await;
    dry.is(OK);
    place.get("olga", "/api/v1/users/rita").await.is_refused(404, "not_found");
    let done = place.post("olga", "/api/v1/apply", &bundle("reviewers")).await;
    done.is(OK);
    assert_eq!(changes(&dry.body), changes(&done.body));
    assert!(changes(&done.body).contains(&("created".into(), "user rita".into())));
    let again = place.post("olga", "/api/v1/apply", &bundle("reviewers")).await;
    again.is(OK);
    assert!(changes(&again.body).iter().all(|(change, _)| change == "same"), "{:#}", again.body);

    place.post("ann", "/api/v1/apply", &bundle("reviewers")).await.is_refused(403, "forbidden");
    let other = json!({"organization": {"organization": "elsewhere"}});
    place.post("olga", "/api/v1/apply", &other).await.is_refused(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_that_is_read_can_be_put_back() {
    let place = Place::new().await;
    let read = place.get("olga", "/api/v1/directory").await;
    read.is(OK);
    let put = place.put("olga", "/api/v1/directory?prune=true", &read.body).await;
    put.is(OK);
    assert!(changes(&put.body).iter().all(|(change, _)| change == "same"), "{:#}", put.body);
    place.get("ann", "/api/v1/directory").await.is_refused(403, "forbidden");
    place.get("ann", "/api/v1/users/ann").await.is(OK);
    place.get("ann", "/api/v1/users/bob").await.is_refused(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_compiled_before_they_are_taken() {
    let place = Place::new().await;
    let put = |text: &'static str| {
        place.ask("PUT", "/api/v1/scripts/a.rhai").by("olga").text(text).send()
    };
    let refused = put("let x = ;").await;
    refused.is_refused(422, "script_invalid");
    assert_eq!(refused.body["diagnostics"][0]["line"], 1);
    put("true").await.is(OK);
    assert_eq!(place.get("olga", "/api/v1/scripts/a.rhai").await.body["text"], "true");
    let deleted = place.ask("DELETE", "/api/v1/scripts/a.rhai").by("olga").send().await;
    deleted.is(OK);
    place.get("olga", "/api/v1/scripts/a.rhai").await.is_refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_component_is_refused() {
    let place = Place::new().await;
    for bytes in [&b""[..], b"hello", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0"] {
        let asked = place.ask("PUT", "/api/v1/plugins/bad").by("olga").text(bytes);
        asked.send().await.is_refused(422, "plugin_invalid");
    }
    place
        .ask("PUT", "/api/v1/plugins/bad")
        .by("ann")
        .text("x")
        .send()
        .await
        .is_refused(403, "forbidden");
    let grant = json!({"connections": {"shop-db": "read"}});
    place.put("olga", "/api/v1/plugins/none/grant", &grant).await.is_refused(404, "not_found");
    assert_eq!(place.get("olga", "/api/v1/plugins").await.body["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_stops_when_it_is_removed() {
    let place = Place::new().await;
    let made = place.post("ada", "/api/v1/tokens", &json!({"user": "bob", "name": "laptop"})).await;
    made.is(OK);
    let bearer = format!("Bearer {}", made.body["token"].as_str().unwrap());
    let me = || place.ask("GET", "/api/v1/me").header("authorization", &bearer).send();
    assert_eq!(me().await.body["login"], "bob");
    let list = place.get("ada", "/api/v1/tokens").await;
    assert!(!list.body.to_string().contains(made.body["token"].as_str().unwrap()));
    let path = format!("/api/v1/tokens/{}", made.body["record"]["id"].as_str().unwrap());
    place.ask("DELETE", &path).by("ann").send().await.is_refused(403, "forbidden");
    place.ask("DELETE", &path).by("ada").send().await.is(OK);
    me().await.is_refused(401, "unauthenticated");
    place
        .post("ann", "/api/v1/tokens", &json!({"user": "bob", "name": "x"}))
        .await
        .is_refused(403, "forbidden");
    place
        .post("ann", "/api/v1/tokens", &json!({"user": "nobody", "name": "x"}))
        .await
        .is_refused(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_describes_itself() {
    let place = Place::new().await;
    let document = place.ask("GET", "/api/v1/openapi.json").send().await;
    document.is(OK);
    assert_eq!(document.body["openapi"], "3.1.0");
    let takes_key = |path: &str| {
        let parameters = document.body["paths"][path]["post"]["parameters"].as_array();
        parameters.is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key"))
    };
    for command in [
        "",
        "/{id}/decisions",
        "/{id}/cancel",
        "/{id}/send-back",
        "/{id}/withdraw",
        "/{id}/force",
        "/{id}/hold",
        "/{id}/release",
        "/{id}/reevaluate",
    ] {
        assert!(takes_key(&format!("/api/v1/requests{command}")), "REQ-11: {command}");
    }
    for deed in ["run", "retry", "use", "revoke"] {
        for item in ["", "/{item}"] {
            let path = format!("/api/v1/requests/{{id}}/executions/{{execution}}{item}/{deed}");
            assert!(takes_key(&path), "REQ-11: {path}");
        }
    }
    for path in ["/api/v1/apply", "/api/v1/tokens"] {
        assert!(!takes_key(path), "a repeat of {path} is carried out again");
    }
    place.ask("GET", "/healthz").send().await.is(OK);
    place.ask("GET", "/readyz").send().await.is(OK);
}

/// RUL-5: also with `dry_run`, and in a bundle.
#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_plugin_are_checked_when_a_rule_is_published() {
    let place = Place::new().await;
    first_party::install(&place.state, &"main".parse().unwrap()).await.unwrap();
    let rule = |config: &str| {
        format!(
            "rule: small\nkind: small\nwhen:\n  plugin: calendar\n  config: {config}\nsteps:\n  - id: unit\n    approvers: [{{id: a, who: {{group: directors}}}}]\n"
        )
    };
    let wrong = rule("{days: [mon, tues], frm: \"09:00\"}");
    let bundle = json!({"rules": [{"name": "small.yaml", "text": wrong}]});
    for refused in [
        place.ask("PUT", "/api/v1/rules/small").by("olga").text(wrong.clone()).send().await,
        place.ask("PUT", "/api/v1/rules/small?dry_run=true").by("olga").text(wrong).send().await,
        place.post("olga", "/api/v1/apply", &bundle).await,
        place.post("olga", "/api/v1/apply?dry_run=true", &bundle).await,
    ] {
        refused.is_refused(422, "rule_invalid");
        let told = refused.body["diagnostics"].as_array().unwrap();
        let told: Vec<_> = told.iter().map(|d| (&d["path"], &d["line"], &d["column"])).collect();
        assert_eq!(
            told,
            [
                (&json!("when.config.days[1]"), &json!(5), &json!(24)),
                (&json!("when.config.frm"), &json!(5), &json!(36)),
            ]
        );
        let says = refused.body["diagnostics"][1]["message"].as_str().unwrap();
        assert_eq!(says, "unknown setting `frm`; did you mean `from`?");
    }
    let right = rule("{days: [mon, tue], from: \"09:00\"}");
    place.ask("PUT", "/api/v1/rules/small").by("olga").text(right).send().await.is(OK);
}

/// What is asked for by its hash must have been sent, and is never a path.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_was_not_sent_is_refused() {
    let place = Place::new().await;
    for digest in ["0".repeat(64), "../secret".to_owned(), String::new(), "A".repeat(64)] {
        let bundle = json!({"components": {"freeze": digest}});
        let refused = place.post("olga", "/api/v1/apply", &bundle).await;
        refused.is_refused(422, "invalid");
        assert_eq!(refused.body["fields"][0]["field"], "components.freeze");
    }
}

/// DIR-9, DIR-8, FIN-8: asked for over HTTP, with a body; tokens stop at once.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_leaves_and_somebody_takes_over() {
    let place = Place::new().await;
    let rule = "rule: board\nkind: board\nsteps:\n  - id: board\n    approvers: [{id: bob, who: {user: bob}}]\n";
    place.ask("PUT", "/api/v1/rules/board").by("olga").text(rule).send().await.is(OK);
    let leave = "/api/v1/users/bob/deactivate";

    let refused = place.post("ada", leave, &json!({})).await;
    refused.is_refused(409, "replacement_needed");
    assert_eq!(refused.body["fields"][0]["field"], "board/board");
    assert!(refused.body["message"].as_str().unwrap().contains("Name somebody who takes over"));
    place
        .ask("DELETE", "/api/v1/users/bob")
        .by("ada")
        .send()
        .await
        .is_refused(409, "replacement_needed");
    let written = json!({"login": "bob", "groups": ["staff", "directors"], "active": false});
    place.put("ada", "/api/v1/users/bob", &written).await.is_refused(409, "replacement_needed");
    place.get("bob", "/api/v1/me").await.is(OK);

    place.post("bob", leave, &json!({"force": true})).await.is_refused(403, "forbidden");
    place.post("ada", leave, &json!({"replace_by": 7})).await.is_refused(422, "invalid");
    place.post("ada", leave, &json!({"replaced_by": "eve"})).await.is_refused(422, "invalid");
    place
        .post("ada", "/api/v1/users/nobody/deactivate", &json!({}))
        .await
        .is_refused(404, "not_found");
    let dry = format!("{leave}?dry_run=true");
    place.post("ada", &dry, &json!({"replace_by": "eve"})).await.is(OK);
    place.get("bob", "/api/v1/me").await.is(OK);

    place.post("ada", leave, &json!({"replace_by": {"board/board": "eve"}})).await.is(OK);
    place.get("bob", "/api/v1/me").await.is_refused(401, "unauthenticated");
    let left = place.get("ada", "/api/v1/users/bob").await;
    assert_eq!(left.body["replace_by"], json!({"board/board": "eve"}));
    let body = json!({"rule": "board", "title": "A board", "reason": "For a reason"});
    let submitted = place.post("ann", "/api/v1/requests", &body).await;
    submitted.is(OK);
    assert_eq!(submitted.body["steps"][0]["seats"][0]["people"], json!(["eve"]));
    let read = place.get("olga", "/api/v1/directory").await;
    let put = place.put("olga", "/api/v1/directory?prune=true", &read.body).await;
    put.is(OK);
    assert!(changes(&put.body).iter().all(|(change, _)| change == "same"), "{:#}", put.body);
}

/// DIR-3: exactly one owner, before and after.
#[tokio::test(flavor = "multi_thread")]
async fn the_owner_hands_their_role_over() {
    let place = Place::new().await;
    let to = |login: &str| json!({"to": login});
    place.post("ada", "/api/v1/owner", &to("ada")).await.is_refused(403, "forbidden");
    place.post("olga", "/api/v1/owner", &to("nobody")).await.is_refused(422, "invalid");
    place.post("olga", "/api/v1/owner?dry_run=true", &to("ada")).await.is(OK);
    assert_eq!(place.get("olga", "/api/v1/me").await.body["role"], "owner");
    place.post("olga", "/api/v1/owner", &to("ada")).await.is(OK);
    assert_eq!(place.get("ada", "/api/v1/me").await.body["role"], "owner");
    assert_eq!(place.get("olga", "/api/v1/me").await.body["role"], "administrator");
    let owner = json!({"login": "olga", "role": "owner"});
    place.put("olga", "/api/v1/users/olga", &owner).await.is_refused(403, "forbidden");
}

/// DIR-3: an administrator who applies files does not raise themself, by whatever way.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_does_not_raise_themself_by_a_file() {
    let place = Place::new().await;
    let directory = |directory: Json| json!({"organization": {"directory": directory}});
    let ada = |changed: Json| {
        let mut user = json!({"login": "ada", "role": "administrator"});
        user.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        directory(json!({"users": [user]}))
    };
    for raised in [
        ada(json!({"role": "owner"})),
        ada(json!({"groups": ["directors"]})),
        ada(json!({"properties": {"limit": "5 EUR"}})),
        ada(json!({"active": false})),
        directory(
            json!({"nodes": [{"id": "paris", "permissions": [{"user": "ada", "level": "read"}]}]}),
        ),
        directory(json!({"users": [{"login": "bob", "active": false, "replace_by": "ada"}]})),
    ] {
        place.post("ada", "/api/v1/apply", &raised).await.is_refused(403, "forbidden");
    }
    let nodes = json!({"nodes": [
        {"id": "paris", "permissions": [{"user": "ada", "level": "read"}]},
        {"id": "rome", "permissions": [{"user": "ada", "level": "create"}]},
        {"id": "lyon", "parent": "paris"},
    ]});
    place.post("olga", "/api/v1/apply", &directory(nodes)).await.is(OK);
    for moved in [
        json!({"nodes": [{"id": "lyon", "parent": "rome"}]}),
        json!({"nodes": [{"id": "new", "permissions": [{"user": "ada", "level": "edit"}]}]}),
        json!({"nodes": [{"id": "paris"}]}),
    ] {
        place.post("ada", "/api/v1/apply", &directory(moved)).await.is_refused(403, "forbidden");
    }
    let others = json!({"nodes": [
        {"id": "new", "parent": "lyon", "permissions": [{"user": "bob", "level": "edit"}]},
    ]});
    place.post("ada", "/api/v1/apply", &directory(others)).await.is(OK);
}

/// DEC-8: people say who stands in for them, and read it; nobody does so for another but administrators.
#[tokio::test(flavor = "multi_thread")]
async fn people_let_others_stand_in() {
    let place = Place::new().await;
    let path = "/api/v1/users/bob/delegation";
    place.get("bob", path).await.is_refused(404, "not_found");
    let doc =
        json!({"to": "eve", "from": "2026-01-01", "until": "2999-12-31", "reason": "a long walk"});
    let made = place.put("bob", path, &doc).await;
    made.is(OK);
    assert_eq!(made.body["changes"][0]["what"], "delegation of bob");
    for who in ["bob", "ada"] {
        let read = place.get(who, path).await;
        read.is(OK);
        assert_eq!(read.body, doc, "{who}");
    }
    place.get("eve", path).await.is_refused(403, "forbidden");
    place.put("eve", path, &doc).await.is_refused(403, "forbidden");
    place.put("bob", path, &json!({"to": "eve"})).await.is_refused(422, "invalid");
    let id = place.submitted().await;
    let listed = place.get("eve", "/api/v1/requests?list=to_decide").await;
    listed.is(OK);
    assert_eq!(listed.body["items"][0]["id"], json!(id));
    place.ask("DELETE", path).by("eve").send().await.is_refused(403, "forbidden");
    place.ask("DELETE", path).by("ada").send().await.is(OK);
    place.get("bob", path).await.is_refused(404, "not_found");
    place.get("eve", &format!("/api/v1/requests/{id}")).await.is_refused(404, "not_found");
}
