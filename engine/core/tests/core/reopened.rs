//! Steps that are asked again: nothing of them counts, and nobody loses sight (DEC-3, FIN-20, REQ-10).

use engine_core::{
    directory::OrganizationRole, event::Event, evolve::evolve, ids::UserId, request::Status,
    visibility::sees,
};
use serde_json::{Value as Json, json};

use crate::office::{Office, approve, id, organization, submit, user};

fn office(rule: &Json) -> Office {
    let plain = OrganizationRole::User;
    let mut office = Office::new(
        organization([
            user("ann", plain, &[]),
            user("bob", plain, &["leads"]),
            user("cleo", plain, &[]),
            user("eve", plain, &[]),
        ]),
        rule,
    );
    office.by("ann", &submit(json!({}), false));
    office.by("bob", &approve());
    office
}

fn rule() -> Json {
    json!({
        "rule": "repair",
        "kind": "sql",
        "steps": [
            {"id": "first", "approvers": [{"id": "leads", "who": {"group": "leads"}}]},
            {"id": "second", "approvers": [{"id": "cleo", "who": {"user": "cleo"}}]},
        ],
    })
}

fn reopened(mut office: Office) -> Office {
    let steps = vec![id("first"), id("second")];
    let event = Event::StepsReopened { steps, revision: 2 };
    let at = office.at;
    evolve(office.request.as_mut().unwrap(), &event, at);
    office
}

#[test]
fn nothing_of_a_reopened_step_counts() {
    let office = office(&rule());
    assert_eq!(office.request().status(), Status::InProgress);
    let office = reopened(office);
    let request = office.request();
    assert_eq!(request.status(), Status::Pending);
    assert_eq!(request.revision, 2);
    assert_eq!(request.live_decisions().count() + request.opened().count(), 0);
}

#[test]
fn who_had_a_seat_still_sees_the_request() {
    let office = reopened(office(&rule()));
    let sight = |login: &str| {
        let person = office.organization.directory.user(&id::<UserId>(login)).unwrap();
        sees(&office.organization.directory, &office.rule, office.request(), person, office.at)
    };
    assert!(sight("bob"), "decided in a step that is asked again");
    assert!(sight("cleo"), "was asked in the other one");
    assert!(!sight("eve"));
}
