//! What a play is made of, and how one is made up.

use proptest::{collection::vec, option, prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// Everybody of a play is called `p0` to `p8`; `p0` is the owner.
pub(crate) const PEOPLE: usize = 9;
/// `g0` to `g2`.
pub(crate) const GROUPS: usize = 3;
/// `top`, and `north` and `south` below it.
pub(crate) const NODES: [&str; 3] = ["top", "north", "south"];
/// `db0` has an owner, `db1` has none.
pub(crate) const RESOURCES: [&str; 2] = ["db0", "db1"];

/// A play: everything that happens in it follows from this value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) people: Vec<Member>,
    /// Who has which level at which node: node, level, and a group or a person.
    pub(crate) grants: Vec<(u8, u8, Result<u8, u8>)>,
    pub(crate) rule: Json,
    /// What scripts and plugins say follows from this number.
    pub(crate) mood: u64,
    /// The value of a dollar in cents of a euro, if there is a rate.
    pub(crate) dollar: Option<u32>,
    pub(crate) moves: Vec<Move>,
}

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Member {
    /// 0: user, 1: administrator, 2: auditor, 3: workflow manager.
    pub(crate) role: u8,
    /// A bit for each group.
    pub(crate) groups: u8,
    pub(crate) manager: Option<u8>,
    pub(crate) active: bool,
    pub(crate) service: bool,
}

/// Something that happens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Move {
    Submit {
        /// Only while there is no request.
        first: bool,
        by: u8,
        form: Form,
        urgent: bool,
        expires: Option<u8>,
        ends: Option<u8>,
    },
    Decide {
        by: Who,
        reject: bool,
        comment: bool,
        step: Option<u8>,
        seen: Saw,
    },
    Cancel {
        by: Who,
        comment: bool,
        seen: Saw,
    },
    Reevaluate {
        by: Who,
    },
    Run {
        by: Who,
        execution: u8,
    },
    Retry {
        by: Who,
        execution: u8,
    },
    Revoke {
        by: Who,
        execution: u8,
    },
    /// What a worker of the outbox does next with this execution, and how it ends.
    Work {
        execution: u8,
        end: u8,
    },
    /// A command of the engine out of turn, or by somebody else.
    Odd {
        command: u8,
        execution: u8,
        attempt: u8,
        end: u8,
        by: Who,
    },
    /// The first timer that is due; if none is, the clock may jump to the next one.
    Wake {
        jump: bool,
    },
    /// Minutes.
    Wait(u16),
    Person {
        who: u8,
        change: Change,
    },
    /// Everybody is there and in every group, and somebody has the request looked at again.
    Mend,
    /// Scripts and plugins say something else from now on.
    Mood(u64),
    /// Cents of a euro.
    Dollar(Option<u32>),
}

/// A form as filled in; some of it may be wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Form {
    pub(crate) amount: Option<(u16, bool)>,
    pub(crate) fee: Option<(u16, bool)>,
    pub(crate) unit: Option<u8>,
    pub(crate) owner: Option<u8>,
    pub(crate) db: Option<u8>,
    pub(crate) code: bool,
    pub(crate) length: Option<u8>,
}

/// By whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Who {
    /// One of those who would succeed, if there are any.
    Able(u8),
    Anyone(u8),
    Requester,
    Stranger,
    Engine,
}

/// What a person saw before they decided.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Saw {
    Nothing,
    Now,
    OldRevision,
    OtherStep,
}

/// A change of a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Change {
    Active(bool),
    Groups(u8),
    Manager(Option<u8>),
}

/// Any play.
pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    let people = vec(member(), PEOPLE);
    let grants =
        vec((0..3_u8, 0..3_u8, prop_oneof![(0..3_u8).prop_map(Ok), (0..9_u8).prop_map(Err)]), 0..4);
    let moves = (vec(submission(true), 4), vec(any_move(), 5..50)).prop_map(|(mut first, rest)| {
        first.extend(rest);
        first
    });
    (people, grants, rule(), any::<u64>(), dollar(), moves).prop_map(
        |(people, grants, rule, mood, dollar, moves)| Script {
            people,
            grants,
            rule,
            mood,
            dollar,
            moves,
        },
    )
}

fn dollar() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![4 => Just(Some(90)), 1 => Just(Some(250)), 1 => Just(None)]
}

fn member() -> impl Strategy<Value = Member> {
    let role = prop_oneof![8 => Just(0_u8), 1 => Just(1), 1 => Just(2), 1 => Just(3)];
    let manager = option::weighted(0.8, 0..9_u8);
    (role, 0..8_u8, manager, prop::bool::weighted(0.93), prop::bool::weighted(0.06)).prop_map(
        |(role, groups, manager, active, service)| Member {
            role,
            groups,
            manager,
            active,
            service,
        },
    )
}

fn submission(first: bool) -> impl Strategy<Value = Move> {
    let few = || option::weighted(0.15, any::<u8>());
    (0..9_u8, form(), prop::bool::weighted(0.35), few(), few()).prop_map(
        move |(by, form, urgent, expires, ends)| Move::Submit {
            first,
            by,
            form,
            urgent,
            expires,
            ends,
        },
    )
}

fn form() -> impl Strategy<Value = Form> {
    let amount = || option::weighted(0.95, (0..2_000_u16, prop::bool::weighted(0.3)));
    let index = || option::weighted(0.7, any::<u8>());
    (amount(), amount(), index(), index(), index(), any::<bool>(), index()).prop_map(
        |(amount, fee, unit, owner, db, code, length)| Form {
            amount,
            fee,
            unit,
            owner,
            db,
            code,
            length,
        },
    )
}

fn any_move() -> impl Strategy<Value = Move> {
    let decide = (
        who(),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.9),
        option::weighted(0.2, any::<u8>()),
        saw(),
    )
        .prop_map(|(by, reject, comment, step, seen)| Move::Decide {
            by,
            reject,
            comment,
            step,
            seen,
        });
    let cancel = (who(), prop::bool::weighted(0.8), saw())
        .prop_map(|(by, comment, seen)| Move::Cancel { by, comment, seen });
    let on_execution = || (who(), any::<u8>());
    let change = prop_oneof![
        prop::bool::weighted(0.7).prop_map(Change::Active),
        (0..8_u8).prop_map(Change::Groups),
        option::of(0..9_u8).prop_map(Change::Manager),
    ];
    prop_oneof![
        30 => decide,
        1 => cancel,
        6 => who().prop_map(|by| Move::Reevaluate { by }),
        5 => on_execution().prop_map(|(by, execution)| Move::Run { by, execution }),
        3 => on_execution().prop_map(|(by, execution)| Move::Retry { by, execution }),
        3 => on_execution().prop_map(|(by, execution)| Move::Revoke { by, execution }),
        20 => (any::<u8>(), any::<u8>()).prop_map(|(execution, end)| Move::Work { execution, end }),
        4 => (0..9_u8, any::<u8>(), 0..4_u8, any::<u8>(), who()).prop_map(
            |(command, execution, attempt, end, by)| Move::Odd { command, execution, attempt, end, by }
        ),
        4 => prop::bool::weighted(0.25).prop_map(|jump| Move::Wake { jump }),
        3 => prop_oneof![8 => 0..300_u16, 1 => 0..30_000_u16].prop_map(Move::Wait),
        6 => (0..9_u8, change).prop_map(|(who, change)| Move::Person { who, change }),
        4 => any::<u64>().prop_map(Move::Mood),
        2 => Just(Move::Mend),
        1 => dollar().prop_map(Move::Dollar),
        1 => submission(false),
    ]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        12 => any::<u8>().prop_map(Who::Able),
        5 => (0..9_u8).prop_map(Who::Anyone),
        2 => Just(Who::Requester),
        1 => Just(Who::Stranger),
        1 => Just(Who::Engine),
    ]
}

fn saw() -> impl Strategy<Value = Saw> {
    prop_oneof![
        6 => Just(Saw::Nothing),
        4 => Just(Saw::Now),
        1 => Just(Saw::OldRevision),
        1 => Just(Saw::OtherStep),
    ]
}

/// A rule document; most of them can be published.
fn rule() -> impl Strategy<Value = Json> {
    let flags = (
        prop::bool::weighted(0.85),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.5),
    );
    let steps = vec(step(), 1..=4);
    let executors = vec(executor(), 0..=2);
    let criteria = vec(money_test("fee"), 0..=1);
    let entry = option::weighted(0.1, condition());
    let expiry = option::weighted(0.5, prop_oneof![Just("1d"), Just("20d")]);
    let auto = option::weighted(0.15, condition());
    (flags, steps, executors, criteria, entry, expiry, auto).prop_map(
        |(
            (urgent, self_approval, strict, approve, access),
            steps,
            executors,
            criteria,
            entry,
            expiry,
            auto,
        )| {
            let mut rule = json!({
                "rule": "any",
                "kind": if access { "access" } else { "sql" },
                "urgent": urgent,
                "self_approval": self_approval,
                "access": if strict { "strict" } else { "seat" },
                "safety_catch": if approve { "approve" } else { "reject" },
                "form": [
                    {"name": "amount", "type": "money", "required": true},
                    {"name": "fee", "type": "money"},
                    {"name": "unit", "type": "node"},
                    {"name": "owner", "type": "user"},
                    {"name": "db", "type": "resource"},
                    {"name": "code", "type": "text"},
                    {"name": "length", "type": "duration"},
                ],
                "criteria": criteria,
                "steps": numbered("s", steps),
                "executors": numbered("e", executors),
            });
            set(&mut rule, "when", entry);
            set(&mut rule, "approval_expires_after", expiry.map(Json::from));
            let named = |when| json!([{"name": "by itself", "when": when}]);
            set(&mut rule, "auto_approve", auto.map(named));
            rule
        },
    )
}

fn numbered(letter: &str, mut documents: Vec<Json>) -> Vec<Json> {
    for (index, document) in documents.iter_mut().enumerate() {
        document["id"] = json!(format!("{letter}{index}"));
        // Separation names earlier steps by number.
        if let Some(mask) = document.get("separation").and_then(Json::as_u64) {
            let earlier = (0..index).filter(|earlier| mask & (1 << earlier) != 0);
            document["separation"] = earlier.map(|earlier| json!(format!("s{earlier}"))).collect();
        }
    }
    documents
}

fn set(document: &mut Json, key: &str, value: Option<Json>) {
    if let Some(value) = value {
        document[key] = value;
    }
}

fn step() -> impl Strategy<Value = Json> {
    let assignments = vec(assignment(), 1..=3);
    let quorum = (0..4_u8, 1..=3_u32, vec(1..8_u8, 1..=2));
    let when = option::weighted(0.25, condition());
    let defaults = vec(plain_who(), 0..=1);
    let if_nobody = prop_oneof![2 => Just("refuse"), 1 => Just("skip"), 1 => Just("block")];
    let separation = prop_oneof![1 => Just(0_u8), 2 => 1..8_u8];
    let required = prop::bool::weighted(0.1);
    (assignments, quorum, when, defaults, if_nobody, separation, 1..=2_u32, required).prop_map(
        |(assignments, quorum, when, defaults, if_nobody, separation, reject_after, required)| {
            let assignments = numbered("a", assignments);
            let mut step = json!({
                "quorum": quorum_of(&quorum, assignments.len()),
                "approvers": assignments,
                "default_approvers": defaults,
                "if_nobody": if_nobody,
                "separation": separation,
                "reject_after": reject_after,
                "required_properties": if required { vec!["code"] } else { vec![] },
            });
            set(&mut step, "when", when);
            step
        },
    )
}

fn quorum_of((kind, wanted, masks): &(u8, u32, Vec<u8>), assignments: usize) -> Json {
    match kind {
        0 => json!("any"),
        1 => json!("all"),
        2 => json!({"at_least": (*wanted).min(assignments as u32)}),
        _ => {
            let path = |mask: &u8| -> Vec<String> {
                let on = (0..assignments).filter(|index| mask & (1 << index) != 0);
                let mut ids: Vec<String> = on.map(|index| format!("a{index}")).collect();
                if ids.is_empty() {
                    ids.push("a0".to_owned());
                }
                ids
            };
            json!({"paths": masks.iter().map(path).collect::<Vec<_>>()})
        }
    }
}

fn assignment() -> impl Strategy<Value = Json> {
    let shape = prop_oneof![
        5 => (any_who(), Just(1_u32), Just(None)),
        2 => (any_who(), Just(1_u32), Just(Some("each"))),
        1 => (any_who(), Just(1_u32), Just(Some("one"))),
        1 => (group(), Just(2_u32), Just(None)),
    ];
    let permissions = vec(vec(condition(), 1..=3), 0..=2);
    let permissions = prop_oneof![2 => Just(Vec::new()), 1 => permissions];
    (shape, permissions, prop::bool::weighted(0.15)).prop_map(
        |((who, count, seats), permissions, optional)| {
            let mut assignment = json!({
                "who": who,
                "count": count,
                "permissions": permissions,
                "optional": optional,
            });
            set(&mut assignment, "seats", seats.map(Json::from));
            assignment
        },
    )
}

fn group() -> BoxedStrategy<Json> {
    (0..GROUPS).prop_map(|group| json!({"group": format!("g{group}")})).boxed()
}

fn plain_who() -> BoxedStrategy<Json> {
    let user = (0..PEOPLE).prop_map(|user| json!({"user": format!("p{user}")}));
    prop_oneof![user, group()].boxed()
}

fn any_who() -> BoxedStrategy<Json> {
    prop_oneof![
        6 => plain_who(),
        1 => prop_oneof![Just("administrator"), Just("auditor")].prop_map(|role| json!({"role": role})),
        2 => prop_oneof![
            Just("requester.manager"),
            Just("requester.manager.manager"),
            Just("request.owner"),
            Just("request.owner.manager"),
        ]
        .prop_map(|path| json!({"property": path})),
        1 => prop_oneof![Just("read"), Just("edit")]
            .prop_map(|level| json!({"node": {"property": "unit", "level": level}})),
        1 => Just(json!({"owner_of": "db"})),
        1 => Just(json!({"script": "chain.rhai"})),
        1 => Just(json!({"plugin": "org-chart", "config": {"for": {"property": "amount"}}})),
    ]
    .boxed()
}

fn money_test(name: &'static str) -> impl Strategy<Value = Json> {
    let operator = prop_oneof![
        Just("less"),
        Just("less_or_equal"),
        Just("greater"),
        Just("greater_or_equal"),
        Just("between"),
    ];
    (operator, 0..2_000_u16, 0..2_000_u16, prop::bool::weighted(0.3)).prop_map(
        move |(operator, low, high, dollars)| {
            let money = |amount: u16| format!("{amount}.00 {}", currency(dollars));
            let operand = match operator {
                "between" => json!([money(low.min(high)), money(low.max(high))]),
                _ => json!(money(low)),
            };
            json!({"property": name, operator: operand})
        },
    )
}

pub(crate) fn currency(dollars: bool) -> &'static str {
    if dollars { "USD" } else { "EUR" }
}

fn condition() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        4 => money_test("amount"),
        2 => (0..NODES.len()).prop_map(|node| json!({"property": "unit", "within": NODES[node]})),
        1 => any::<bool>().prop_map(|set| json!({"property": "unit", "is_set": set})),
        1 => any::<bool>().prop_map(|urgent| json!({"property": "request.urgent", "equal": urgent})),
        1 => (0..GROUPS).prop_map(|group| {
            json!({"property": "requester.groups", "contains": format!("g{group}")})
        }),
        1 => Just(json!({"script": "freeze.rhai", "config": {"calendar": "de"}})),
        1 => Just(json!({"plugin": "calendar"})),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..=2).prop_map(|parts| json!({"all": parts})),
            vec(inner.clone(), 1..=2).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
    .boxed()
}

fn executor() -> impl Strategy<Value = Json> {
    let run = prop_oneof![
        2 => Just(json!("automatic")),
        1 => vec(plain_who(), 1..=2).prop_map(|whos| json!({"manual": whos})),
    ];
    let window = option::weighted(0.6, prop_oneof![Just("2h"), Just("length")]);
    let start_within = option::weighted(0.4, prop_oneof![Just("1h"), Just("1d")]);
    (run, window, start_within).prop_map(|(run, window, start_within)| {
        let mut executor = json!({
            "plugin": "sql",
            "run": run,
            "config": {"limit": {"property": "amount"}, "statement": "delete"},
        });
        set(&mut executor, "window", window.map(|length| json!({"length": length})));
        set(&mut executor, "start_within", start_within.map(Json::from));
        executor
    })
}
