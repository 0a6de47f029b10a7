//! The plugins `business-rules`, `http-approvers`, `on-call`, `risk-score` and `webhook`.

use std::{collections::BTreeSet, sync::Arc};

use engine_core::{
    directory::{Directory, OrganizationRole, User, UserKind},
    extension::{Facts, FailureClass, Message, Nominee, NomineeKind, Verdict},
    value::Value,
};
use engine_host::{
    Answer, Answered, Asked, Call, Capsule, Grant, Host, HostLimits, HttpOutcome, LimitChanges,
    Method, Notice, Plugin, RecordedBody, World,
};
use serde_json::{Value as Json, json};

use crate::{
    Place, build, call, config_of, id,
    out::{Other, granted, host},
};

pub(crate) fn user(login: &str) -> User {
    User {
        id: id(&format!("u-{login}")),
        login: id(login),
        name: login.to_owned(),
        email: None,
        time_zone: None,
        active: true,
        kind: UserKind::Person,
        role: OrganizationRole::User,
        groups: BTreeSet::new(),
        properties: [].into(),
        replacement: engine_core::directory::Replacement::default(),
    }
}

fn people() -> Arc<Directory> {
    let mut directory = Directory::default();
    ["ann", "bob"].map(user).into_iter().for_each(|user| directory.put_user(user));
    Arc::new(directory)
}

fn asked(properties: &[(&str, Value)], config: Json) -> Call {
    let properties = properties.iter().map(|(name, value)| (id(name), value.clone()));
    let facts = Facts { properties: properties.collect(), ..(*call().facts).clone() };
    Call { config: config_of(config), directory: people(), ..Call::new(Arc::new(facts), people()) }
}

#[test]
fn business_rules_name_what_is_wrong() {
    let place = Place::new();
    let plugin = place.load(&build("business-rules"));
    let schema = json!({
        "required": ["reason"],
        "properties": {"price": {
            "properties": {"amount": {"maximum": 1000, "x-message": "Ask the board."}},
        }},
    });
    let config = json!({"properties": ["price", "reason"], "schema": schema});
    let price = [("price", Value::Money(id("1000.01 EUR")))];
    let answer = place.host.validate(&plugin, &asked(&price, config.clone()));
    let mut problems: Vec<_> =
        answer.result.unwrap().into_iter().map(|problem| problem.property).collect();
    problems.sort();
    assert_eq!(problems, [Some(id("price")), Some(id("reason"))]);
    assert!(answer.trace.reads.contains("request.price"));
    let fine = [("price", Value::Money(id("1000 EUR"))), ("reason", Value::Text("a".into()))];
    assert_eq!(place.host.validate(&plugin, &asked(&fine, config)).result, Ok(vec![]));
}

/// The plugin that asks another system for the approvers, and a call of it.
async fn asking(folder: &tempfile::TempDir, hr: &Other) -> (Host, Plugin, Call) {
    let host = host(folder, HostLimits::default()).await;
    let plugin = host.load(&build("http-approvers")).unwrap();
    let config = json!({
        "url": format!("{}/approvers", hr.origin), "send": ["unit"], "secret": "token",
    });
    let call = asked(&[("unit", Value::Text("berlin".into()))], config);
    let call = Call { grant: Arc::new(granted(&hr.origin, &[Method::Get])), ..call };
    (host, plugin, call)
}

async fn resolved(host: &Host, plugin: &Plugin, call: &Call) -> Answer<Vec<Nominee>> {
    let (host, plugin, call) = (host.clone(), plugin.clone(), call.clone());
    tokio::task::spawn_blocking(move || host.approvers(&plugin, &call)).await.unwrap()
}

fn sealed(plugin: &Plugin, call: &Call, answer: &Answer<Vec<Nominee>>) -> Capsule {
    let asked = Asked {
        plugin: "hr",
        digest: plugin.digest(),
        world: World::Approvers,
        limits: LimitChanges::default(),
    };
    let result = answer.result.clone().map(Answered::Nominees);
    Capsule::of(&asked, call, Answer { result, trace: answer.trace.clone() })
}

async fn repeated(host: &Host, plugin: &Plugin, capsule: &Capsule) -> Answer<Answered> {
    let (host, plugin, capsule) = (host.clone(), plugin.clone(), capsule.clone());
    tokio::task::spawn_blocking(move || host.replay(&plugin, &capsule)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_system_names_the_approvers() {
    let folder = tempfile::tempdir().unwrap();
    let reply = concat!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
        r#"{"approvers": [{"user": "bob", "reason": "owns it"}, {"user": "eve"}]}"#
    );
    let hr = Other::new(Some(reply));
    let (host, plugin, call) = asking(&folder, &hr).await;
    let answer = resolved(&host, &plugin, &call).await;
    let [nominee] = answer.result.clone().unwrap().try_into().unwrap();
    assert_eq!(
        (nominee.who, nominee.reason.as_deref()),
        (NomineeKind::User(id("u-bob")), Some("owns it"))
    );
    assert_eq!(answer.trace.notes.len(), 1);
    let [record] = answer.trace.http.as_slice() else { panic!("one look-up") };
    let query = "requester=ann&rule=capex&unit=berlin";
    assert_eq!(record.url, format!("{}/approvers?{query}", hr.origin));
    let HttpOutcome::Reply { status: 200, body: RecordedBody::Text(body), .. } = &record.outcome
    else {
        panic!("{record:?}")
    };
    assert!(body.contains("owns it"));
    assert!(hr.heard()[0].contains("authorization: Bearer s3cret"));
    let capsule = sealed(&plugin, &call, &answer);
    let again = repeated(&host, &plugin, &capsule).await;
    assert!(capsule.is_repeated_by(&again), "{capsule:#?}\n{again:#?}");
    let mut without: Json = serde_json::to_value(&capsule).unwrap();
    without["config"].as_object_mut().unwrap().remove("secret").unwrap();
    let without = repeated(&host, &plugin, &serde_json::from_value(without).unwrap()).await;
    let failure = without.result.unwrap_err();
    assert!(failure.message.contains("was not recorded"), "{failure:?}");
    assert_eq!(hr.heard().len(), 1);
    let denied = resolved(&host, &plugin, &Call { grant: Arc::default(), ..call }).await;
    assert_eq!(denied.result.unwrap_err().class, FailureClass::Refused);
    assert_eq!(denied.trace.denials.len(), 1);
    assert_eq!(hr.heard().len(), 1);
}

/// A look-up that failed fails again, for the same reason and with the same work.
#[tokio::test(flavor = "multi_thread")]
async fn another_system_that_does_not_answer_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let hr = Other::new(None);
    let (host, plugin, call) = asking(&folder, &hr).await;
    let answer = resolved(&host, &plugin, &call).await;
    assert_eq!(answer.result.as_ref().unwrap_err().class, FailureClass::Retryable, "{answer:?}");
    let capsule = sealed(&plugin, &call, &answer);
    let again = repeated(&host, &plugin, &capsule).await;
    assert!(capsule.is_repeated_by(&again), "{capsule:#?}\n{again:#?}");
    assert_eq!(hr.heard().len(), 1);
}

#[test]
fn whoever_is_on_call_approves() {
    let place = Place::new();
    let plugin = place.load(&build("on-call"));
    let schedule = json!({"start": "2026-03-02T09:00", "every": "1d", "people": ["ann", "bob"]});
    // Friday, 6 March 2026, 22:30: the fifth turn.
    let answer = place.host.approvers(&plugin, &asked(&[], json!({ "schedule": schedule })));
    let [nominee] = answer.result.unwrap().try_into().unwrap();
    assert_eq!(nominee.who, NomineeKind::User(id("u-ann")));
}

/// CND-3
#[test]
fn a_statement_without_where_is_risky() {
    let place = Place::new();
    let plugin = place.load(&build("risk-score"));
    let risk = |text: &str| {
        let config = json!({"statement_property": "sql", "at_most": 30});
        let call = asked(&[("sql", Value::Text(text.into()))], config);
        place.host.condition(&plugin, &call).result.unwrap()
    };
    assert_eq!(risk("delete from orders where id = 7"), Verdict::Met);
    let Verdict::Unmet(why) = risk("delete from orders") else { panic!("met") };
    assert!(why.text.contains("it does not say which rows (40)"), "{}", why.text);
}

fn notice() -> Notice {
    Notice {
        id: "n-1".into(),
        organization: id("acme"),
        recipient: id("u-bob"),
        content: Message {
            code: "approval_needed".into(),
            arguments: [("amount".to_owned(), Value::Money(id("900 EUR")))].into(),
            text: "Ann asks for 900 EUR.".into(),
        },
        subject: "A request waits for you".into(),
        text: "Ann asks for 900 EUR.".into(),
        link: None,
        request: Some(id("r1")),
        at: id("2026-03-06T22:30:00Z"),
    }
}

#[tokio::test]
async fn a_notice_is_posted() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder, HostLimits::default()).await;
    let plugin = host.load(&build("webhook")).unwrap();
    let chat = Other::new(Some("HTTP/1.1 202 Accepted\r\nx-request-id: d-7\r\n\r\n"));
    let call = |origin: &str, grant: Grant| Call {
        config: config_of(json!({"url": format!("{origin}/hook"), "secret": "token"})),
        grant: Arc::new(grant),
        ..Call::of_notice(Arc::new(notice()), people()).unwrap()
    };
    let grant = granted(&chat.origin, &[Method::Post]);
    let answer = host.deliver(&plugin, &call(&chat.origin, grant), "k-1").await;
    assert_eq!(answer.result, Ok(Some("d-7".into())));
    let heard = chat.heard();
    for part in [
        "POST /hook",
        "idempotency-key: k-1",
        "Bearer s3cret",
        r#""name":"bob""#,
        r#""amount":"900 EUR""#,
    ] {
        assert!(heard[0].contains(part), "{part}: {}", heard[0]);
    }
    let denied = host.deliver(&plugin, &call(&chat.origin, Grant::default()), "k-1").await;
    assert_eq!(denied.result.unwrap_err().class, FailureClass::Refused);
    let silent = Other::new(None);
    let grant = granted(&silent.origin, &[Method::Post]);
    let lost = host.deliver(&plugin, &call(&silent.origin, grant), "k-1").await;
    assert_eq!(lost.result.unwrap_err().class, FailureClass::UnknownOutcome);
    assert_eq!((chat.heard().len(), silent.heard().len()), (1, 1));
}

/// Nothing was sent where nobody listens, so it can be tried again.
#[tokio::test]
async fn a_notice_that_was_never_sent_is_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder, HostLimits::default()).await;
    let plugin = host.load(&build("webhook")).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let origin = format!("http://{port}");
    let call = Call {
        config: config_of(json!({ "url": format!("{origin}/hook") })),
        grant: Arc::new(granted(&origin, &[Method::Post])),
        ..Call::of_notice(Arc::new(notice()), people()).unwrap()
    };
    let answer = host.deliver(&plugin, &call, "k-1").await;
    assert_eq!(answer.result.unwrap_err().class, FailureClass::Retryable);
}
