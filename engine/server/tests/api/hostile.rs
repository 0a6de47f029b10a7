//! What must be refused before it comes near the engine. Never a 500.

use axum::http::StatusCode;
use engine_server::http::MAX_COMPONENT;
use serde_json::json;

use crate::place::{Place, submission};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_calls_without_a_valid_token() {
    let place = Place::new().await;
    for authorization in [None, Some("Bearer"), Some("Bearer x"), Some("Basic eDp5"), Some("")] {
        for path in ["/api/v1/requests", "/api/v1/me", "/api/v1/directory", "/api/v1/tokens"] {
            let mut asked = place.ask("GET", path);
            if let Some(value) = authorization {
                asked = asked.header("authorization", value);
            }
            let refused = asked.send().await;
            refused.is_refused(401, "unauthenticated");
            assert_eq!(refused.headers["www-authenticate"], "Bearer");
        }
    }
    let long = format!("Bearer {}", "a".repeat(4_000));
    let refused = place.ask("GET", "/api/v1/me").header("authorization", &long).send().await;
    refused.is_refused(401, "unauthenticated");
}

/// DIR-8, FIN-13: the tokens of somebody who is deactivated stop working at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_deactivated_user_is_not_authenticated() {
    let place = Place::new().await;
    place.get("bob", "/api/v1/me").await.is(StatusCode::OK);
    let user = json!({"login": "bob", "active": false, "groups": ["staff", "directors"]});
    place.put("ada", "/api/v1/users/bob", &user).await.is(StatusCode::OK);
    place.get("bob", "/api/v1/me").await.is_refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_are_problems_too() {
    let place = Place::new().await;
    for path in ["/", "/api", "/api/v1/nothing", "/api/v1/requests/a/b/c/d/e", "/..%2f..%2fetc"] {
        place.get("ann", path).await.is_refused(404, "not_found");
    }
    place
        .ask("DELETE", "/api/v1/requests")
        .by("ann")
        .send()
        .await
        .is_refused(405, "method_not_allowed");
    place.ask("PUT", "/healthz").send().await.is_refused(405, "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_and_strict() {
    let place = Place::new().await;
    let large = vec![b' '; (1 << 20) + 1];
    let path = "/api/v1/requests";
    place.ask("POST", path).by("ann").text(large).send().await.is_refused(413, "too_large");
    for (path, most) in [("/api/v1/plugins/big", MAX_COMPONENT), ("/api/v1/rules/big", 1 << 20)] {
        let asked = place.ask("PUT", path).by("olga").text(vec![0; most + 1]);
        asked.send().await.is_refused(413, "too_large");
    }
    let deep = "[".repeat(100_000);
    for bad in ["", "{", "[]", "null", "\u{0}", "{\"rule\":1}", "{\"rule\":\"capex\"} x", &deep] {
        place.ask("POST", path).by("ann").text(bad).send().await.is_refused(422, "invalid");
    }
    place
        .ask("POST", path)
        .by("ann")
        .text(vec![0xff, 0xfe])
        .send()
        .await
        .is_refused(422, "invalid");
    let mut unknown = submission("900 EUR");
    unknown["colour"] = json!("red");
    let refused = place.post("ann", path, &unknown).await;
    refused.is_refused(422, "invalid");
    assert!(refused.body["message"].as_str().unwrap().contains("`colour`"), "{:#}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_ids_are_refused_everywhere() {
    let place = Place::new().await;
    let long = "a".repeat(5_000);
    for id in ["%00", "%ff", "%2e%2e%2f", "A", "a%20b", "%C3%A4", "'%3B--", long.as_str()] {
        for (method, path) in [
            ("GET", format!("/api/v1/requests/{id}")),
            ("POST", format!("/api/v1/requests/r-1/executions/{id}/run")),
            ("POST", format!("/api/v1/requests/r-1/executions/fix/{id}/run")),
            ("GET", format!("/api/v1/users/{id}")),
            ("PUT", format!("/api/v1/users/{id}")),
            ("GET", format!("/api/v1/rules/{id}")),
            ("PUT", format!("/api/v1/rules/{id}")),
            ("PUT", format!("/api/v1/scripts/{id}")),
            ("PUT", format!("/api/v1/plugins/{id}/grant")),
            ("GET", format!("/api/v1/requests/r-1/executions/{id}/files/{id}")),
            ("GET", format!("/api/v1/requests/r-1/executions/fix/{id}/files/{id}")),
            ("DELETE", format!("/api/v1/tokens/{id}")),
        ] {
            let answer = place.ask(method, &path).by("olga").text("{}").send().await;
            assert!(answer.status.is_client_error(), "{method} {path}: {:#}", answer.body);
            assert!(answer.body["code"].is_string(), "{method} {path}: {:#}", answer.body);
        }
    }
}

/// The id of a call is the caller's where it is one.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_keeps_the_id_that_it_came_with() {
    let place = Place::new().await;
    let answered = async |id: &str| {
        let answer = place.ask("GET", "/healthz").header("x-request-id", id).send().await;
        answer.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    for id in ["a", "8f14e45f-ceea.4_Z", &"x".repeat(64)] {
        assert_eq!(answered(id).await, id);
    }
    for id in ["", "a b", "a\tb", "a=\"b\"", "é", &"x".repeat(65)] {
        let made = answered(id).await;
        assert!(made != id && !made.is_empty(), "`{id}` is kept");
    }
    assert_ne!(answered("").await, answered("").await);
}
