use engine_core::{ids::UserId, notice::Notice, request::Request, rule::Notify};
use serde_json::{Value as Json, json};

use super::{
    Names, capex, check, decision, directory, export, grant, id, request, step, unit, variants,
};

variants! { ALL, variant of Notice:
    StepOpened DueSoon Overdue NobodyToEscalateTo UrgentWaits UrgentUnapproved UrgentOverdue Commented Mentioned Watching
    Concern ReviewStarted Edited Restarted RestartRefused Outcome ReadyToRun Blocked ExecutionTrouble
}

/// A notice, for whom, about which request.
type Example = (&'static str, Notice, &'static str, Request);

fn open() -> Request {
    request(json!({}))
}

fn decided() -> Request {
    request(json!({"steps": [step(&json!([decision("u-bob", "approve", "Fine.")]))]}))
}

fn by_stand_in() -> Request {
    let mut by = decision("u-ann", "approve", "Fine.");
    by["on_behalf_of"] = "u-bob".into();
    request(json!({"steps": [step(&json!([by]))]}))
}

fn cancelled() -> Request {
    let phase = json!({"at": "2026-03-03T09:00:00Z", "by": "u-ann", "comment": "Not needed."});
    request(json!({"phase": {"cancelled": phase}}))
}

fn urgent(with: Json) -> Request {
    let mut fields = json!({"urgent": true, "closure": {"due": "2026-03-04T09:00:00Z"}});
    if let (Some(fields), Json::Object(with)) = (fields.as_object_mut(), with) {
        fields.extend(with);
    }
    request(fields)
}

fn rejected(by: &Json) -> Request {
    let steps = [step(&json!([decision("u-bob", "reject", "Too expensive.")]))];
    request(json!({
        "steps": steps, "phase": {"rejected": {"at": "2026-03-03T09:00:00Z", "by": by}}
    }))
}

fn running(id: &str, state: &Json) -> Request {
    request(json!({
        "phase": {"approved": {"at": "2026-03-03T09:00:00Z", "by": "steps"}},
        "executions": [{
            "id": id, "plugin": "access", "config": {}, "plan": null, "payload": "00", "manual": true,
            "is_grant": true, "state": state, "attempts": 1, "failures": 0
        }]
    }))
}

fn of_steps() -> Vec<Example> {
    vec![
        ("", Notice::StepOpened(unit()), "u-bob", open()),
        ("urgent", Notice::StepOpened(unit()), "u-bob", urgent(json!({}))),
        ("decided", Notice::StepOpened(unit()), "u-bob", decided()),
        ("decided for them", Notice::StepOpened(unit()), "u-bob", by_stand_in()),
        ("over", Notice::StepOpened(unit()), "u-bob", cancelled()),
        ("", Notice::DueSoon(unit()), "u-bob", open()),
        ("decided", Notice::DueSoon(unit()), "u-bob", decided()),
        ("other step", Notice::DueSoon(id("final_check")), "u-bob", open()),
        ("", Notice::Overdue(unit()), "u-bob", open()),
        ("over", Notice::Overdue(unit()), "u-bob", cancelled()),
        ("", Notice::NobodyToEscalateTo(unit()), "u-olga", open()),
        ("over", Notice::NobodyToEscalateTo(unit()), "u-olga", cancelled()),
        ("", Notice::UrgentWaits, "u-bob", urgent(json!({}))),
        ("decided", Notice::UrgentWaits, "u-bob", decided()),
        ("over", Notice::UrgentWaits, "u-bob", urgent(json!({"steps": []}))),
        ("", Notice::UrgentUnapproved, "u-olga", urgent(json!({}))),
        ("over", Notice::UrgentUnapproved, "u-olga", cancelled()),
        ("approver", Notice::UrgentOverdue, "u-bob", urgent(json!({}))),
        ("administrator", Notice::UrgentOverdue, "u-olga", urgent(json!({}))),
        ("over", Notice::UrgentOverdue, "u-bob", cancelled()),
    ]
}

fn of_talk() -> Vec<Example> {
    let said = || "Why so many?".to_owned();
    let mut concerned = decision("u-bob", "approve", "Fine.");
    concerned["concern"] = "The price is odd.".into();
    let concerned = request(json!({"steps": [step(&json!([concerned]))]}));
    let edited = || Notice::Edited([id("u-bob")].into());
    vec![
        ("", Notice::Commented { by: id("u-bob"), text: said() }, "u-ann", open()),
        ("", Notice::Mentioned { by: id("u-bob"), text: said() }, "u-ann", open()),
        ("", Notice::Watching(id("u-ann")), "u-bob", open()),
        ("", Notice::Concern(id("u-bob")), "u-olga", concerned),
        ("withdrawn", Notice::Concern(id("u-bob")), "u-olga", open()),
        ("", Notice::ReviewStarted, "u-bob", request(json!({"phase": "in_review", "steps": []}))),
        ("over", Notice::ReviewStarted, "u-bob", open()),
        ("kept", edited(), "u-bob", decided()),
        ("cleared", edited(), "u-bob", open()),
        ("over", edited(), "u-bob", cancelled()),
        ("", Notice::Restarted([id("u-bob")].into()), "u-bob", open()),
        ("over", Notice::Restarted([id("u-bob")].into()), "u-bob", cancelled()),
        ("", Notice::RestartRefused, "u-olga", open()),
    ]
}

fn of_ends() -> Vec<Example> {
    let approved = json!({"approved": {"at": "2026-03-03T09:00:00Z", "by": "steps"}});
    let expired = json!({"expired": {"at": "2026-03-31T10:00:00Z"}});
    let until = json!({"phase": expired, "approval_expires": "2026-03-31T10:00:00Z"});
    let outcome = |case, request| (case, Notice::Outcome, "u-ann", request);
    vec![
        outcome("approved", request(json!({"phase": approved}))),
        outcome("rejected", rejected(&json!({"decision": {"step": "unit"}}))),
        outcome("out of reach", rejected(&json!({"quorum_out_of_reach": {"step": "unit"}}))),
        outcome("not in time", rejected(&json!({"overdue": {"step": "unit"}}))),
        outcome("cancelled", cancelled()),
        outcome("expired", request(until)),
        outcome("back", open()),
        ("", Notice::Blocked, "u-olga", request(json!({"blocked": "nothing_to_approve"}))),
        ("over", Notice::Blocked, "u-olga", open()),
    ]
}

fn of_work() -> Vec<Example> {
    let since = "2026-03-03T09:00:00Z";
    let granted = |state: Json| running("grant/orders-db", &state);
    let scheduled = |before: Json| json!({"scheduled": {"since": since, "start_before": before}});
    let failure = json!({"class": "busy", "message": "no free place"});
    let failed = |doubt: bool| {
        json!({"failed": {
            "at": since, "why": {"plugin": failure.clone()}, "may_have_happened": doubt,
            "start_before": null, "until": null
        }})
    };
    let revoking = json!({"revoking": {
        "since": since, "cause": "lapsed", "receipt": null, "failure": failure.clone(), "tries": 3
    }});
    let awaiting = |length: Json, until: Json| {
        granted(json!({"active": {
            "since": since, "until": until, "receipt": {"reference": "", "fields": {}},
            "awaits": {"length": length}
        }}))
    };
    let unused = || Json::from("2026-03-10T09:00:00Z");
    let done = || json!({"lapsed": {"at": since}});
    let (ready, trouble) = (Notice::ReadyToRun(export()), Notice::ExecutionTrouble(grant()));
    vec![
        ("awaits use", Notice::Outcome, "u-ann", awaiting("2h".into(), unused())),
        ("awaits use, no end", Notice::Outcome, "u-ann", awaiting("2h".into(), Json::Null)),
        ("awaits use, no length", Notice::Outcome, "u-ann", awaiting(Json::Null, unused())),
        ("awaits use, neither", Notice::Outcome, "u-ann", awaiting(Json::Null, Json::Null)),
        ("", ready.clone(), "u-bob", running("export", &scheduled(Json::Null))),
        (
            "until",
            ready.clone(),
            "u-bob",
            running("export", &scheduled("2026-04-01T09:00:00Z".into())),
        ),
        ("over", ready, "u-bob", running("export", &done())),
        ("failed", trouble.clone(), "u-olga", granted(failed(false))),
        ("in doubt", trouble.clone(), "u-olga", granted(failed(true))),
        ("not taken back", trouble.clone(), "u-olga", granted(revoking)),
        ("over", trouble, "u-olga", granted(done())),
    ]
}

/// DUE-4: what a notice tells, by the request as it now is.
#[test]
fn notices_say_what_is_asked_of_whom() {
    let directory = directory();
    let rule = capex(&directory);
    let names = Names::of_rule(&directory, &rule);
    let tell = |(case, notice, reader, request): &Example| {
        let reader: UserId = id(reader);
        (variant(notice), *case, names.notice(notice, request, &reader))
    };
    let examples: Vec<Example> =
        [of_steps(), of_talk(), of_ends(), of_work()].into_iter().flatten().collect();
    let mut all: Vec<_> = examples.iter().map(tell).collect();
    let mut tells_others = rule.clone();
    tells_others.steps[0].notify = Notify::People(vec![]);
    let names = Names::of_rule(&directory, &tells_others);
    let told = names.notice(&Notice::StepOpened(unit()), &open(), &id("u-olga"));
    all.push(("StepOpened", "only told", told));
    check("notice.txt", ALL, all);
}
