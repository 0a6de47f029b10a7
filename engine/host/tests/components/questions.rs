//! The plugins `calendar` and `org-chart`, and look-ups.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use engine_core::{
    directory::{Directory, OrganizationRole, User, UserKind},
    extension::{Facts, FailureClass, NomineeKind, Verdict},
    value::Value,
};
use engine_host::{Call, FaultKind, Grant, HostLimits, Limits, Lookup, LookupOutcome};
use serde_json::json;

use crate::{Place, build, call, config_of, guest, id, open_with, orders};

/// CND-3
#[test]
fn the_calendar_is_met_in_working_hours() {
    let place = Place::new();
    let plugin = place.load(&build("calendar"));
    let config = json!({"from": "09:00", "until": "17:00", "time_zone": "Europe/Riga"});
    let at = |now: &str| {
        let facts = Facts { now: id(now), ..(*call().facts).clone() };
        let call = Call { facts: Arc::new(facts), config: config_of(config.clone()), ..call() };
        place.host.condition(&plugin, &call)
    };
    // 15:30 and 17:30 of a Friday in Riga, and a Saturday.
    assert_eq!(at("2026-03-06T13:30:00Z").result, Ok(Verdict::Met));
    for outside in ["2026-03-06T15:30:00Z", "2026-03-07T10:00:00Z"] {
        let Ok(Verdict::Unmet(why)) = at(outside).result else { panic!("met at {outside}") };
        assert!(!why.text.is_empty());
    }
    let first = at("2026-03-06T13:30:00Z").trace;
    let again = at("2026-03-06T13:30:00Z").trace;
    assert_eq!(
        (first.fuel, &first.reads),
        (again.fuel, &again.reads),
        "the same in every repetition"
    );
    assert!(first.reads.contains("now") && first.reads.contains("config"));
}

fn user(login: &str, manager: Option<&str>, limit: &str) -> User {
    let mut properties = BTreeMap::from([(id("limit"), Value::Money(id(limit)))]);
    if let Some(manager) = manager {
        properties.insert(id("manager"), Value::User(id(&format!("u-{manager}"))));
    }
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
        properties,
        replacement: engine_core::directory::Replacement::default(),
    }
}

/// STP-2
#[test]
fn the_org_chart_walks_up_to_who_may() {
    let place = Place::new();
    let plugin = place.load(&build("org-chart"));
    let mut directory = Directory::default();
    directory.put_user(user("ann", Some("bob"), "0 EUR"));
    directory.put_user(user("bob", Some("cleo"), "100 EUR"));
    directory.put_user(user("cleo", None, "10000 EUR"));
    let directory = Arc::new(directory);
    let ask = |amount: &str, limit_property: &str| {
        let properties = [(id("amount"), Value::Money(id(amount)))].into();
        let facts = Facts { properties, ..(*call().facts).clone() };
        let config = json!({
            "amount_property": "amount", "manager_property": "manager",
            "limit_property": limit_property,
        });
        let call = Call {
            facts: Arc::new(facts),
            config: config_of(config),
            directory: Arc::clone(&directory),
            ..call()
        };
        place.host.approvers(&plugin, &call)
    };
    let answer = ask("900 EUR", "limit");
    let nominees = answer.result.unwrap();
    assert_eq!(nominees[0].who, NomineeKind::User(id("u-cleo")));
    assert!(nominees[0].reason.is_some());
    assert!(answer.trace.reads.contains("directory.u-bob.limit"), "{:?}", answer.trace.reads);
    assert_eq!(ask("90 EUR", "limit").result.unwrap()[0].who, NomineeKind::User(id("u-bob")));
    let nobody = ask("90000 EUR", "limit");
    assert_eq!(nobody.result, Ok(vec![]));
    assert!(!nobody.trace.notes.is_empty());
    // Rates are missing: the question stays open.
    let failure = ask("900 USD", "limit").result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Retryable, "{failure:?}");
}

/// The answer of a look-up is recorded; what was not granted is denied.
#[tokio::test(flavor = "multi_thread")]
async fn a_condition_looks_up_what_was_granted() {
    let folder = tempfile::tempdir().unwrap();
    let statement = "select count(*) from orders where state = 'open'".to_owned();
    let lookups = [("open".to_owned(), Lookup { statement, max_rows: 1 })].into();
    let lookups = [(id("orders-db"), lookups)].into();
    let connections = orders(&folder);
    let host = open_with(&folder, HostLimits::default(), connections, lookups);
    let body = "
        (call $look_up (i32.const 112) (i32.const 9) (i32.const 128) (i32.const 4)
            (i32.const 0) (i32.const 0) (i32.const 2048))
        (if (i32.load8_u (i32.const 2048)) (then unreachable))
        (i32.const 1024)";
    let mut manifest = guest::manifest("condition");
    manifest["wants"] =
        json!([{"capability": "named-statements", "target": "orders-db", "why": "to count"}]);
    let contract = guest::contract();
    let file = guest::condition_component(&contract, "condition-plugin", "1.0.0", body);
    let plugin = host.load(&guest::with_manifest(file, &manifest)).unwrap();
    let ask = async |lookups: BTreeMap<_, _>, rows: u64| {
        let (host, plugin) = (host.clone(), plugin.clone());
        let limits = Limits { deadline: Duration::from_secs(60), rows, ..Limits::condition() };
        let call = Call {
            grant: Arc::new(Grant { lookups, ..Grant::default() }),
            limits: Some(Arc::new(limits)),
            ..call()
        };
        tokio::task::spawn_blocking(move || host.condition(&plugin, &call)).await.unwrap()
    };
    let granted = BTreeMap::from([(id("orders-db"), ["open".to_owned()].into())]);
    let answer = ask(granted.clone(), 1).await;
    assert_eq!(answer.result, Ok(Verdict::Met));
    let LookupOutcome::Found { rows, .. } = &answer.trace.lookups[0].outcome else {
        panic!("{answer:?}")
    };
    assert_eq!(*rows, [[engine_connect::Cell::Integer(3)]]);
    let too_many = ask(granted, 0).await;
    assert_eq!(too_many.result.as_ref().unwrap_err().class, FailureClass::Trap);
    let LookupOutcome::Failed(fault) = &too_many.trace.lookups[0].outcome else {
        panic!("{too_many:?}")
    };
    assert_eq!(fault.kind, FaultKind::Limit);
    let denied = ask(BTreeMap::new(), 1).await;
    assert_eq!(denied.result.unwrap_err().class, FailureClass::Trap);
    assert_eq!(denied.trace.denials[0].capability, "named-statements");
}
