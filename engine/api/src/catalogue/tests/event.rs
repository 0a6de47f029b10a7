use engine_core::event::{Actor, Event, FilesEvent, GrantEvent, Recorded};
use serde_json::{Value as Json, json};

use super::{at, check_keyed, decision, id, request, step, told, variants};

variants! { ALL, variant of Event:
    RequestSubmitted DraftSaved DraftDeleted RequestEdited RequestMoved RestartRefused ReviewStarted ReviewPassed ReturnedToReview
    StepSkipped StepActivated StepReminded StepOverdue UrgentReminded UrgentOverdue SeatsReplaced
    DecisionRecorded ItemsRejected ApproverAdded ApproverRemoved SeatReassigned StepCompleted
    RequestSentBack DecisionWithdrawn RejectionWithdrawn RequestHeld RequestReleased StepsReopened
    StepPaused StepResumed RequestApproved RequestRejected RequestCancelled RequestExpired CommentAdded
    WatcherAdded WatcherLeft AttachmentAdded AttachmentRemoved ReceiptConfirmed RequestBlocked
    RequestUnblocked ExecutionReleased ExecutionStarted ExecutionSucceeded ExecutionRetryScheduled
    ExecutionInDoubt ExecutionFailed ExecutionExpired ExecutionCancelled Grant Files
}
variants! { GRANT, of_grant of GrantEvent: UseAwaited Used Ending EndStarted EndFailed Ended }
variants! { FILES, of_files of FilesEvent: Made Linked Downloaded Deleted }

/// The engine's own word for what it found out about an attempt that was interrupted (EXE-3).
const PROBE: &str = "probe";

fn before_the_route() -> Vec<(&'static str, Json)> {
    let submitted = |with: Json| json!(request(with));
    let draft = json!({"submit": {
        "id": "r-2", "properties": {}, "items": [], "picks": {}, "target_users": [], "title": "New laptops",
        "reason": "Ours are old.", "urgent": false, "approval_expires": null, "ends": null
    }, "resubmits": "r-1", "dropped": []});
    let edited = json!({
        "by": "u-ann", "title": "New laptops", "reason": "Ours are old.", "properties": {}, "items": [],
        "changed": ["title", "properties.max_rows", "picks", "target_users", "items",
            "approval_expires", "ends"],
        "approval_expires": null, "ends": null, "executions": null, "reopens": false, "revision": 2
    });
    let moved = |from: &str, why: Json| {
        json!({"request_moved": {
            "why": why, "from": from, "from_version": 1, "from_title": "Small purchases", "rule": "capex",
            "version": 2, "title": "Capital expenditure", "kind": "capex",
            "properties": {}, "items": [], "steps": ["unit"], "executions": [], "revision": 2
        }})
    };
    let mut untitled = moved("small-purchases", json!("routed"));
    untitled["request_moved"]["from_title"] = json!("");
    untitled["request_moved"]["title"] = json!("");
    let restarted = json!({"restarted": {"by": "u-olga", "comment": "New limits."}});
    let refused = json!({"by": "u-olga", "order": 1, "why": "on_hold"});
    let review = json!({"reviewers": [{"group": "directors"}, {"person": "u-ann"}], "people": []});
    vec![
        ("", json!({"request_submitted": submitted(json!({}))})),
        ("urgent", json!({"request_submitted": submitted(json!({"urgent": true}))})),
        ("", json!({"draft_saved": submitted(json!({"phase": "draft"}))})),
        ("again", json!({"draft_saved": submitted(json!({"phase": "draft", "draft": draft}))})),
        ("", json!({"draft_deleted": {"by": "u-ann"}})),
        ("", json!({"request_edited": edited})),
        ("restarted", moved("capex", restarted)),
        ("routed", moved("small", json!("routed"))),
        ("same rule", moved("capex", json!("routed"))),
        ("without titles", untitled),
        ("", json!({"restart_refused": refused})),
        ("", json!({"review_started": {"review": review}})),
        ("", json!({"review_passed": {"by": "u-bob", "comment": ""}})),
        (
            "",
            json!({"returned_to_review": {"step": "unit", "by": "u-bob", "comment": "Too vague."}}),
        ),
    ]
}

fn of_steps() -> Vec<(&'static str, Json)> {
    let open = step(&json!([]))["state"]["active"].clone();
    let mut several = open.clone();
    let seat = |number: u16, who: Json| json!({"id": number, "assignment": "directors", "who": who, "people": []});
    let group = || json!({"group": "directors"});
    several["seats"] =
        json!([seat(0, group()), seat(1, group()), seat(2, json!({"person": "u-ann"}))]);
    let overdue = |then: Json| json!({"step_overdue": {"step": "unit", "then": then}});
    let seats = || open["seats"].clone();
    let skipped = json!({"nobody": {"nobody": {"empty": [], "unmet": []}}});
    vec![
        ("", json!({"step_skipped": {"step": "unit", "why": skipped}})),
        ("", json!({"step_activated": {"step": "unit", "open": open}})),
        ("several", json!({"step_activated": {"step": "unit", "open": several}})),
        ("told", json!({"step_reminded": {"step": "unit", "told": true}})),
        ("due", json!({"step_reminded": {"step": "unit", "told": false}})),
        ("shown", overdue(json!("shown"))),
        ("approved", overdue(json!("approved"))),
        ("rejected", overdue(json!("rejected"))),
        ("blocked", overdue(json!("blocked"))),
        ("reassigned", overdue(json!({"reassigned": {"seats": seats()}}))),
        ("escalated", overdue(json!({"escalated": {"seats": seats()}}))),
        ("nobody", overdue(json!("nobody_found"))),
        ("", json!("urgent_reminded")),
        ("", json!("urgent_overdue")),
        ("", json!({"step_completed": {"step": "unit", "filled": {}}})),
        ("", json!({"steps_reopened": {"steps": ["unit"], "revision": 2}})),
        ("several", json!({"steps_reopened": {"steps": ["unit", "final_check"], "revision": 2}})),
        ("", json!({"step_paused": {"step": "unit"}})),
        ("", json!({"step_resumed": {"step": "unit"}})),
    ]
}

fn of_people() -> Vec<(&'static str, Json)> {
    let decided = |decision: Json| json!({"decision_recorded": {"step": "final_check", "decision": decision}});
    let with = |field: &str, value: &str| {
        let mut decision = decision("u-bob", "approve", "Fine.");
        decision[field] = value.into();
        decision
    };
    let mut kept = decision("u-bob", "approve", "Fine.");
    kept["kept"] = true.into();
    let by_ann = |what: &str| json!({what: {"step": "unit", "user": "u-bob", "by": "u-ann"}});
    let mut removed = by_ann("approver_removed");
    removed["approver_removed"]["was_added"] = false.into();
    let held = |what: &str| json!({what: {"by": "u-ann", "comment": "Wait for the offer."}});
    let back =
        json!({"by": "u-ann", "from": "final_check", "to": "unit", "comment": "Look again."});
    vec![
        ("", json!({"seats_replaced": {"step": "unit", "from": "u-bob", "to": "u-ann"}})),
        ("", decided(decision("u-bob", "reject", ""))),
        ("comment", decided(decision("u-bob", "approve", "Fine."))),
        ("concern", decided(with("concern", "The price is odd."))),
        ("for somebody", decided(with("on_behalf_of", "u-ann"))),
        ("carried over", decided(with("carried_from", "unit"))),
        ("kept", decided(kept)),
        ("", json!({"items_rejected": {"step": "unit", "by": "u-bob", "items": ["orders-db"]}})),
        ("", by_ann("approver_added")),
        ("", removed),
        (
            "",
            json!({"seat_reassigned": {
                "step": "unit", "from": "u-bob", "to": "u-ann", "comment": "On leave.", "seats": []
            }}),
        ),
        ("", json!({"request_sent_back": back})),
        (
            "",
            json!({"decision_withdrawn": {
                "step": "unit", "by": "u-bob", "choice": "approve", "comment": ""
            }}),
        ),
        ("", json!("rejection_withdrawn")),
        ("", held("request_held")),
        ("", held("request_released")),
        ("", json!({"request_approved": {"by": "steps"}})),
        ("", json!({"request_rejected": {"by": {"decision": {"step": "unit"}}}})),
        ("", json!({"request_cancelled": {"by": "u-ann", "comment": "Not needed."}})),
        ("", json!("request_expired")),
        ("", json!({"comment_added": {"by": "u-bob", "text": "Why so many?"}})),
        ("own", json!({"watcher_added": {"user": "u-ann", "by": "u-ann"}})),
        ("", json!({"watcher_added": {"user": "u-bob", "by": "u-ann"}})),
        ("", json!({"watcher_left": {"user": "u-bob"}})),
        (
            "",
            json!({"attachment_added": {
                "number": 1, "name": "offer.pdf", "size": 2_048, "sha256": "00", "by": "u-ann",
                "at": "2026-03-02T09:00:00Z"
            }}),
        ),
        ("", json!({"attachment_removed": {"number": 1, "name": "offer.pdf", "by": "u-ann"}})),
        ("", json!({"receipt_confirmed": {"by": "u-bob", "comment": "As ordered."}})),
        ("", json!({"request_blocked": {"why": "nothing_to_approve"}})),
        ("", json!("request_unblocked")),
    ]
}

fn of_work() -> Vec<(&'static str, Json)> {
    let failure = || json!({"class": "busy", "message": "no free place"});
    let at = "2026-03-31T10:00:00Z";
    let of = |what: &str, with: Json| {
        let mut fields = json!({"execution": "grant/orders-db"});
        if let (Some(fields), Json::Object(with)) = (fields.as_object_mut(), with) {
            fields.extend(with);
        }
        json!({what: fields})
    };
    let started = |attempt: u32| {
        let plan = json!({"effects": [], "binding": null, "estimates": {}});
        of("execution_started", json!({"attempt": attempt, "plan": plan, "payload": "00"}))
    };
    let receipt = || json!({"reference": "1", "fields": {}});
    let succeeded =
        |until: Json| of("execution_succeeded", json!({"receipt": receipt(), "until": until}));
    let failed = |why: Json, doubt: bool| {
        of("execution_failed", json!({"why": why, "may_have_happened": doubt, "until": null}))
    };
    let changed = json!({"plan_changed": {"approved": "00", "now": "01"}});
    let again = json!({"attempt": 1, "failures": 1, "failure": failure(), "at": at});
    let doubt = json!({"failures": 1, "failure": failure(), "at": at});
    vec![
        ("", of("execution_released", json!({"start_before": null}))),
        ("", started(1)),
        ("again", started(2)),
        ("", succeeded(Json::Null)),
        ("until", succeeded(at.into())),
        ("", of("execution_retry_scheduled", again)),
        ("", of("execution_in_doubt", doubt)),
        ("", failed(json!({"plugin": failure()}), false)),
        ("in doubt", failed(json!({"plugin": failure()}), true)),
        ("plan changed", failed(changed, false)),
        ("", of("execution_expired", json!({}))),
        ("", of("execution_cancelled", json!({}))),
    ]
}

/// What became of grants and of files.
fn of_effects() -> Vec<(&'static str, Json)> {
    let at = "2026-03-31T10:00:00Z";
    let of =
        |family: &str, what: Json| json!({family: {"execution": "grant/orders-db", "what": what}});
    let grant = |what: Json| of("grant", what);
    let files = |what: Json| of("files", what);
    let revoked = |comment: &str| {
        grant(json!({"ending": {"cause": {"revoked": {"by": "u-ann", "comment": comment}}}}))
    };
    let failure = json!({"class": "busy", "message": "no free place"});
    let started = |passed_on: &[&str]| grant(json!({"end_started": {"passed_on": passed_on}}));
    let file = json!({"name": "orders.csv", "media_type": "text/csv", "size": 12, "sha256": "00", "rows": 1});
    let link = |downloads: u32| {
        files(json!({"linked": {"link": {
            "hash": "00", "file": "orders.csv", "of": "u-bob", "expires": at,
            "downloads": downloads, "used": 0
        }}}))
    };
    let used = |until: Json| grant(json!({"used": {"by": "u-ann", "until": until}}));
    vec![
        ("", grant(json!({"use_awaited": {"length": "2h"}}))),
        ("no length", grant(json!({"use_awaited": {"length": null}}))),
        ("", used(at.into())),
        ("no end", used(Json::Null)),
        ("lapsed", grant(json!({"ending": {"cause": "lapsed"}}))),
        ("revoked", revoked("No longer needed.")),
        ("revoked silently", revoked("")),
        ("all", started(&[])),
        ("but for one", started(&["orders-db: ann: role reader"])),
        ("but for some", started(&["orders-db: ann: role reader", "orders-db: ann: role writer"])),
        ("", grant(json!({"end_failed": {"failure": failure, "retry_at": at}}))),
        ("", grant(json!("ended"))),
        ("", files(json!({"made": {"files": [file], "until": at}}))),
        ("", link(3)),
        ("once", link(1)),
        ("twice", link(2)),
        ("", files(json!({"downloaded": {"file": "orders.csv", "by": "u-bob", "hash": "00"}}))),
        ("", files(json!("deleted"))),
    ]
}

#[test]
fn history_says_what_happened() {
    let (mut grants, mut files) = (GRANT.to_vec(), FILES.to_vec());
    let mut tell = |event: &Json, case: &str, via: &str| {
        let event: Event = serde_json::from_value(event.clone()).unwrap();
        match &event {
            Event::Grant { what, .. } => grants.retain(|left| *left != of_grant(what)),
            Event::Files { what, .. } => files.retain(|left| *left != of_files(what)),
            _ => {}
        }
        let (name, key) = (variant(&event), format!("{} {case}", event.name()));
        let (at, by) = (at("2026-03-03T09:00:00Z"), Actor::User(id("u-ann")));
        let recorded = Recorded { event, at, by, via: via.to_owned() };
        (name, key.trim_end().to_owned(), told(|names| names.event(&recorded)))
    };
    let groups = [before_the_route(), of_steps(), of_people(), of_work(), of_effects()];
    let examples = groups.into_iter().flatten();
    let mut all: Vec<_> = examples.map(|(case, event)| tell(&event, case, "api")).collect();
    for (case, event) in of_work() {
        let found_out = tell(&event, "found out", PROBE);
        let is_one = ["ExecutionSucceeded", "ExecutionRetryScheduled"].contains(&found_out.0);
        if case.is_empty() && is_one {
            all.push(found_out);
        }
    }
    check_keyed("event.txt", ALL, all);
    assert!(grants.is_empty() && files.is_empty(), "no example of {grants:?} {files:?}");
}
