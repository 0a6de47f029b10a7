//! Single cases of requests that an edit brings under another rule, that random play found (RUL-4).

use std::collections::BTreeMap;

use engine_core::{
    command::{Command, Edit, Submit},
    directory::OrganizationRole,
    event::Event,
};
use serde_json::{Value as Json, json};

use crate::office::{Office, id, organization, submit, user};

/// Two rules: without a code somebody who is picked approves, with one bob does.
fn office() -> Office {
    let plain = OrganizationRole::User;
    let people = ["ann", "bob", "cleo"].map(|login| user(login, plain, &[]));
    let form = json!([{"name": "code", "type": "text"}, {"name": "shop", "type": "text"}]);
    let step = |who: Json| json!([{"id": "s", "approvers": [{"id": "a", "who": who}], "editable_properties": ["code"]}]);
    let picked = json!({
        "rule": "picked", "kind": "buy", "form": form,
        "when": {"property": "code", "is_set": false},
        "steps": step(json!({"pick": {"from": "everyone"}})),
    });
    let coded = json!({
        "rule": "coded", "kind": "buy", "form": [form[0]], "steps": step(json!({"user": "bob"})),
    });
    Office::new(organization(people), &picked).with_group(&[coded]).unwrap()
}

/// STP-12, RUL-4: what another rule does not ask for is nobody's change.
#[test]
fn an_edit_changes_what_it_names_and_no_more() {
    let mut office = office();
    let Command::Submit(submitted) = submit(json!({"shop": "corner"}), false) else { return };
    let picks = BTreeMap::from([("a".to_owned(), vec!["cleo".to_owned()])]);
    office.by("ann", &Command::Submit(Submit { picks, ..submitted }));
    let properties = [("code".to_owned(), json!("k-7"))].into();
    let edit = Edit { properties, ..Edit::default() };
    let changes = office.by("cleo", &Command::Edit(Box::new(edit)));
    let [Event::RequestEdited(edited), Event::RequestMoved(moved), ..] = &changes.events[..] else {
        panic!("{:?}", changes.events);
    };
    assert_eq!(edited.changed, ["properties.code"]);
    assert_eq!((&moved.rule, moved.picks.len()), (&id("coded"), 0));
    assert!(!moved.properties.contains_key("shop"));
}
