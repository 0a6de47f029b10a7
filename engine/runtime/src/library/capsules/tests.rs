//! Capsules are kept, found and removed.

use std::collections::BTreeMap;

use engine_connect::{Blobs, Connections, Http};
use engine_core::{directory::Directory, extension::Verdict};
use engine_host::{
    Answer, Answered, Call, Host, HostLimits, HostOptions, LogLevel, LogLine, Order, Trace, World,
};
use serde_json::json;

use super::*;
use crate::plugin::InstalledPlugin;

fn call(request: &str) -> Call {
    let facts = json!({
        "organization": "acme", "request": request, "rule": "capex", "rule_version": 3,
        "kind": "spend", "step": null, "requester": "u-ann", "target_users": [],
        "urgent": false, "title": "A desk", "reason": "Old", "properties": {}, "items": [],
        "now": "2026-03-02T09:00:00Z",
    });
    let facts = serde_json::from_value(facts).unwrap();
    Call::new(Arc::new(facts), Arc::new(Directory::default()))
}

fn any(limit: usize) -> CapsuleQuery {
    CapsuleQuery {
        org: "acme".parse().unwrap(),
        id: None,
        plugin: None,
        request: None,
        since: None,
        after: None,
        limit,
    }
}

fn keep(capsules: &Capsules, request: &str, at: &str) {
    capsules.keep(draft((World::Condition, None), call(request), Trace::default(), at));
}

fn draft(asked: (World, Option<Order>), call: Call, trace: Trace, at: &str) -> Draft {
    let by = Answerer::Plugin("limits".parse().unwrap(), installed());
    let answer = Answer { result: Ok(Answered::Verdict(Verdict::Met)), trace };
    Draft::new(by, asked, call, answer, at.parse().unwrap())
}

fn installed() -> Arc<InstalledPlugin> {
    let installed = json!({
        "id": "limits", "digest": "ab12", "name": "limits", "version": "1.0.0",
        "worlds": ["condition"], "at": "2026-03-01T09:00:00Z", "by": "u-olga", "grant": {},
    });
    Arc::new(serde_json::from_value(installed).unwrap())
}

/// Waits for the writer, which ends when it has written everything.
fn written(folder: &Path, capsules: Capsules, lines: usize) -> Capsules {
    let all = any(1_000);
    for _ in 0..2_000 {
        if capsules.find(&all).unwrap().items.len() >= lines {
            return capsules;
        }
        thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("{lines} capsules did not come: {:?}", days(folder));
}

fn requests(capsules: &Capsules, query: &CapsuleQuery) -> Vec<String> {
    let page = capsules.find(query).unwrap();
    page.items.iter().map(|found| found.capsule.facts.request.to_string()).collect()
}

#[test]
fn what_is_kept_is_found_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let capsules = Capsules::open(folder.path(), 30, true).unwrap();
    for (request, at) in [
        ("r1", "2026-03-02T09:00:00Z"),
        ("r2", "2026-03-02T10:00:00Z"),
        ("r3", "2026-03-03T00:00:00Z"),
    ] {
        keep(&capsules, request, at);
    }
    let capsules = written(folder.path(), capsules, 3);
    let query = any(2);
    let first = capsules.find(&query).unwrap();
    assert_eq!(first.items.len(), 2);
    let rest = CapsuleQuery { after: first.next, ..query.clone() };
    assert_eq!(requests(&capsules, &rest), ["r3"]);
    let since = Some("2026-03-02T09:30:00Z".parse().unwrap());
    assert_eq!(requests(&capsules, &CapsuleQuery { since, ..query.clone() }), ["r2", "r3"]);
    let request = Some("r1".parse().unwrap());
    assert_eq!(requests(&capsules, &CapsuleQuery { request, ..query.clone() }), ["r1"]);
    let id = first.items[1].id.get(..12).map(str::to_owned);
    assert_eq!(requests(&capsules, &CapsuleQuery { id, ..query.clone() }), ["r2"]);
    let plugin = Some("other".parse().unwrap());
    assert_eq!(requests(&capsules, &CapsuleQuery { plugin, ..query.clone() }), [""; 0]);
    let org = "neighbour".parse().unwrap();
    assert_eq!(requests(&capsules, &CapsuleQuery { org, ..query }), [""; 0]);
    let (id, _) = first.items[0].capsule.sealed().unwrap();
    assert_eq!(id, first.items[0].id, "named by its content");
}

/// What was kept before orders and scripts were is read, and keeps its name.
#[test]
fn a_question_of_a_plugin_has_nothing_of_orders_and_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let capsules = Capsules::open(folder.path(), 30, true).unwrap();
    keep(&capsules, "r1", "2026-03-02T09:00:00Z");
    written(folder.path(), capsules, 1);
    let text = fs::read_to_string(folder.path().join("2026-03-02.jsonl")).unwrap();
    for added in ["script", "order", "statements", "exchanges"] {
        assert!(!text.contains(&format!("\"{added}")), "{added}: {text}");
    }
    let kept: RecordedCapsule = serde_json::from_str(&text).unwrap();
    assert_eq!(kept.capsule.sealed().unwrap().0, kept.id);
}

#[tokio::test]
async fn the_text_of_a_script_is_kept_once() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let capsules = Capsules::open(folder.path(), 30, true).unwrap();
    let host = Host::open(HostOptions {
        folder: other.path().join("host"),
        compiled: None,
        limits: HostLimits::default(),
        connections: Connections::default(),
        blobs: Blobs::open(other.path().join("blobs")).await.unwrap(),
        http: Http::default(),
        secrets: BTreeMap::new(),
        lookups: BTreeMap::new(),
    })
    .unwrap();
    let text = "request.urgent // and nothing else";
    let script = Arc::new(host.compile_script(text).unwrap());
    let keep = |capsules: &Capsules, request: &str, at: &str| {
        let answer =
            Answer { result: Ok(Answered::Verdict(Verdict::Met)), trace: Trace::default() };
        let by = Answerer::Script("limits".parse().unwrap(), Arc::clone(&script));
        let (asked, at) = ((World::Condition, None), at.parse().unwrap());
        capsules.keep(Draft::new(by, asked, call(request), answer, at));
    };
    keep(&capsules, "r1", "2026-03-02T09:00:00Z");
    keep(&capsules, "r2", "2026-03-02T10:00:00Z");
    drop(written(folder.path(), capsules, 2));
    // After a start, and on the next day.
    let capsules = Capsules::open(folder.path(), 30, true).unwrap();
    keep(&capsules, "r3", "2026-03-02T11:00:00Z");
    keep(&capsules, "r4", "2026-03-03T09:00:00Z");
    let capsules = written(folder.path(), capsules, 4);
    let found = capsules.find(&any(9)).unwrap();
    assert_eq!(found.items.len(), 4);
    for found in found.items {
        assert_eq!(found.capsule.script.as_deref(), Some(text));
        assert_eq!(found.capsule.sealed().unwrap().0, found.id, "named by all of it");
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("2026-03-02.scripts.jsonl").lines().count(), 1);
    assert_eq!(read("2026-03-03.scripts.jsonl").lines().count(), 1);
    assert!(!read("2026-03-02.jsonl").contains("nothing else"));
}

#[test]
fn a_page_ends_where_it_is_large() {
    let folder = tempfile::tempdir().unwrap();
    let capsules = Capsules::open(folder.path(), 30, true).unwrap();
    for request in ["r1", "r2", "r3"] {
        let mut call = call(request);
        Arc::make_mut(&mut call.facts).reason = "x".repeat(MAX_PAGE / 2);
        let asked = (World::Executor, Some(Order::Plan));
        capsules.keep(draft(asked, call, Trace::default(), "2026-03-02T09:00:00Z"));
    }
    for _ in 0..2_000 {
        let first = capsules.find(&any(9)).unwrap();
        let rest = CapsuleQuery { after: first.next, ..any(9) };
        if first.next.is_some() && requests(&capsules, &rest) == ["r3"] {
            assert_eq!(first.items.len(), 2);
            assert_eq!(first.items[0].capsule.order, Some(Order::Plan));
            return;
        }
        thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the third did not come");
}

/// A disk that is slower than what comes costs capsules, and no memory without end.
#[test]
fn what_waits_is_bounded_by_its_size() {
    let (sender, receiver) = sync_channel(WAITING);
    let capsules = Capsules {
        folder: PathBuf::new(),
        sender,
        waiting: Arc::default(),
        lost: Arc::default(),
        of_executors: true,
    };
    let line =
        LogLine { level: LogLevel::Info, message: "x".repeat(MAX_WAITING / 3), fields: Vec::new() };
    let trace = Trace { log: vec![line], ..Trace::default() };
    let keep = || {
        let asked = (World::Condition, None);
        capsules.keep(draft(asked, call("r1"), trace.clone(), "2026-03-02T09:00:00Z"));
    };
    (0..4).for_each(|_| keep());
    assert_eq!((receiver.try_iter().count(), capsules.lost.load(Ordering::Relaxed)), (2, 2));
    // As the writer does with what it has taken.
    capsules.waiting.store(0, Ordering::Relaxed);
    keep();
    assert_eq!((receiver.try_iter().count(), capsules.lost.load(Ordering::Relaxed)), (1, 2));
}

#[test]
fn a_line_that_was_cut_off_costs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let day = folder.path().join("2026-03-02.jsonl");
    fs::write(&day, "{\"id\":\"ab\",\"at\":\"2026-0").unwrap();
    fs::write(folder.path().join("notes.txt"), "not ours").unwrap();
    let capsules = Capsules::open(folder.path(), 30, true).unwrap();
    keep(&capsules, "r1", "2026-03-02T09:00:00Z");
    let capsules = written(folder.path(), capsules, 1);
    assert_eq!(requests(&capsules, &any(9)), ["r1"]);
}

#[test]
fn old_ones_go() {
    let folder = tempfile::tempdir().unwrap();
    for day in ["2026-01-30", "2026-01-31", "2026-02-28"] {
        fs::write(folder.path().join(format!("{day}.jsonl")), "").unwrap();
        fs::write(folder.path().join(scripts::file_name(day.parse().unwrap())), "").unwrap();
    }
    let capsules = Capsules::open(folder.path(), 30, true).unwrap();
    keep(&capsules, "r1", "2026-03-02T09:00:00Z");
    written(folder.path(), capsules, 1);
    let left: Vec<String> = days(folder.path()).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(left, ["2026-01-31", "2026-02-28", "2026-03-02"]);
    assert!(!folder.path().join("2026-01-30.scripts.jsonl").exists());
}
