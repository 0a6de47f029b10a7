//! Plays about what executions do: grants that overlap, and files (EXE-6c, EXE-7). In any play few requests
//! come so far; in these, all do.

use proptest::{collection::vec, prelude::*};
use serde_json::{Value as Json, json};

use super::script::{Act, Form, Member, Move, Saw, Script, Who, scripts, who};

/// The number of that command among the odd ones.
const END_FILES: u8 = 15;

/// What every run of these comes across.
pub(crate) const WANTED: [&str; 26] = [
    "link_file: ok",
    "link_file: not_found",
    "link_file: gone",
    "download: ok",
    "download: not_found",
    "a link is over",
    "a link is used up",
    "a file is deleted",
    "files_made",
    "files_deleted",
    "a right is left to another",
    "taken back, still_held",
    "taken back, given_before",
    "a right is in doubt",
    "waits for a right",
    "grant_end_failed",
    "grant_ended",
    "use: ok",
    "use: not_found",
    "use: forbidden",
    "a use that begins nothing",
    "a second use",
    "a use too late",
    "revoke: ok",
    "revoke: forbidden",
    "end_grant: ok",
];

/// A play whose request is urgent: its executions need no decision.
pub(crate) fn plays_of_effects() -> impl Strategy<Value = Script> {
    let members = vec((0..8_u8).prop_map(member), super::script::PEOPLE);
    let moves = (0..8_u8, vec(any_move(), 40..120)).prop_map(|(items, moves)| {
        let mut all = vec![submission(items)];
        all.extend(moves);
        all
    });
    (scripts(), members, effects(), moves).prop_map(|(script, people, effects, moves)| {
        let mut rule = script.rule.clone();
        let fields = rule.as_object_mut().unwrap();
        for name in ["when", "auto_approve", "review_first", "approval_expires_after"] {
            fields.remove(name);
        }
        fields.extend(effects.as_object().unwrap().clone());
        Script { people, rule, moves, dollar: Some(90), ..script }
    })
}

/// One in eight is an administrator, one an auditor, and one a gateway that sees everything; everybody is
/// there.
fn member(number: u8) -> Member {
    let role = match number {
        0 => 1,
        6 | 7 => 2,
        _ => 0,
    };
    Member { role, groups: 1, manager: None, active: true, service: number == 7 }
}

fn submission(items: u8) -> Move {
    let amount = Some((10, false));
    let length = (!items.is_multiple_of(3)).then_some(items);
    let form = Form { amount, fee: None, unit: None, owner: None, db: None, code: false, length };
    Move::Submit {
        first: true,
        by: 1,
        form,
        urgent: true,
        expires: None,
        ends: None,
        draft: false,
        items,
        target: None,
        pick: None,
    }
}

/// What a rule says so that its executions are let run at once.
fn effects() -> impl Strategy<Value = Json> {
    let executor = |id: &'static str| {
        window().prop_map(move |window| {
            let mut executor =
                json!({"id": id, "plugin": "access", "run": "automatic", "config": {}});
            if !window.is_null() {
                executor["window"] = window;
            }
            executor
        })
    };
    let step = json!({
        "id": "s0", "approvers": [{
            "id": "a0", "who": {"user": "p0"}, "count": 1, "optional": false, "permissions": []
        }],
        "default_approvers": [], "editable_properties": [], "if_nobody": "refuse",
        "notify": "approvers", "quorum": "any", "reject_after": 1, "required_properties": [],
        "same_person": "separate", "separation": [],
    });
    (any::<bool>(), executor("e0"), executor("e1"), executor("e2")).prop_map(
        move |(access, one, two, three)| {
            json!({
                "kind": if access { "access" } else { "sql" }, "urgent": true, "access": "seat",
                "criteria": [], "receipt_reviewers": [], "steps": [step],
                "executors": [one, two, three],
            })
        },
    )
}

/// EXE-6b
fn window() -> impl Strategy<Value = Json> {
    let first_use = |length: &str| json!({"from": "first_use", "length": length});
    let soon = json!({"from": "first_use", "length": "4h", "unused": "3h"});
    let asked = json!({"from": "first_use", "length": "length", "unused": "length"});
    prop_oneof![
        2 => Just(Json::Null),
        2 => Just(json!({"length": "2h"})),
        2 => Just(json!({"length": "8h"})),
        1 => Just(first_use("2h")),
        2 => Just(soon),
        1 => Just(asked),
    ]
}

fn any_move() -> impl Strategy<Value = Move> {
    let on_execution = || (who(), any::<u8>());
    let act = prop_oneof![
        2 => any::<u8>().prop_map(Act::LinkFile),
        7 => any::<u8>().prop_map(Act::Download),
    ];
    prop_oneof![
        40 => (any::<u8>(), any::<u8>()).prop_map(|(execution, end)| Move::Work { execution, end }),
        24 => (who(), act).prop_map(|(by, act)| Move::Act {
            by,
            act,
            comment: true,
            seen: Saw::Nothing
        }),
        7 => on_execution().prop_map(|(by, execution)| Move::Use { by, execution }),
        7 => on_execution().prop_map(|(by, execution)| Move::Revoke { by, execution }),
        3 => on_execution().prop_map(|(by, execution)| Move::Retry { by, execution }),
        10 => prop::bool::weighted(0.5).prop_map(|jump| Move::Wake { jump }),
        4 => (0..300_u16).prop_map(Move::Wait),
        // Longer than files are kept.
        1 => Just(Move::Wait(50_000)),
        3 => any::<u8>().prop_map(|execution| {
            Move::Odd { command: END_FILES, execution, attempt: 0, end: 0, by: Who::Engine }
        }),
        4 => (0..17_u8, any::<u8>(), 0..4_u8, any::<u8>()).prop_map(
            |(command, execution, attempt, end)| {
                let by = Who::Engine;
                Move::Odd { command, execution, attempt, end, by }
            }
        ),
    ]
}
