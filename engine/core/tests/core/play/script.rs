//! What a play is made of, and how one is made up.

use proptest::{collection::vec, option, prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::rules::rule;

/// Everybody of a play is called `p0` to `p8`; `p0` is the owner.
pub(crate) const PEOPLE: usize = 9;
/// `g0` to `g2`.
pub(crate) const GROUPS: usize = 3;
/// `top`, and `north` and `south` below it.
pub(crate) const NODES: [&str; 3] = ["top", "north", "south"];
/// `db0` has an owner, `db1` has none.
pub(crate) const RESOURCES: [&str; 2] = ["db0", "db1"];
/// What can be asked for piece by piece.
pub(crate) const ITEMS: [&str; 3] = ["db0", "db1", "db2"];

/// A play: everything that happens in it follows from this value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) people: Vec<Member>,
    /// Who has which level at which node: node, level, and a group or a person.
    pub(crate) grants: Vec<(u8, u8, Result<u8, u8>)>,
    pub(crate) rule: Json,
    /// The further rules of a group, in their order (RUL-4).
    #[serde(default)]
    pub(crate) others: Vec<Json>,
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
        /// Written, and submitted later.
        #[serde(default)]
        draft: bool,
        /// A bit for each item.
        #[serde(default)]
        items: u8,
        /// For whom, if not for themself.
        #[serde(default)]
        target: Option<u8>,
        /// Who is picked for every assignment that lets the requester pick.
        #[serde(default)]
        pick: Option<u8>,
    },
    Decide {
        by: Who,
        reject: bool,
        comment: bool,
        step: Option<u8>,
        seen: Saw,
        /// What is granted: a bit for each item, and one for what nobody asked for.
        #[serde(default)]
        items: Option<u8>,
        /// How many words there are of a concern.
        #[serde(default)]
        concern: Option<u8>,
    },
    /// Another command of a person, with or without words.
    Act {
        by: Who,
        act: Act,
        comment: bool,
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
    Use {
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
    /// Somebody stands in for somebody, from and for so many hours; or nobody does any more.
    Delegate {
        of: u8,
        to: Option<u8>,
        from: u8,
        hours: u8,
    },
    /// Everybody is there and in every group, and somebody has the request looked at again.
    Mend,
    /// Scripts and plugins say something else from now on.
    Mood(u64),
    /// Cents of a euro.
    Dollar(Option<u32>),
}

/// What else a person can do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Act {
    SendBack { to: u8, step: Option<u8> },
    Withdraw { step: Option<u8> },
    Force { reject: bool },
    Hold,
    Release,
    Restart,
    AddApprover { step: Option<u8>, user: u8 },
    RemoveApprover { step: Option<u8>, user: u8 },
    Reassign { to: u8 },
    ReturnToReview { step: Option<u8> },
    PassReview,
    Edit(Box<Changed>),
    SubmitDraft(Box<Changed>),
    SaveDraft(Form),
    DeleteDraft,
    Resubmit,
    Comment { mention: Option<u8> },
    Watch(u8),
    Leave,
    Attach(u8),
    RemoveAttachment(u8),
    Confirm,
    LinkFile(u8),
    Download(u8),
}

/// What an edit says; nothing of it where there is nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Changed {
    /// The whole form, with what is not filled in emptied.
    pub(crate) form: Option<Form>,
    /// The code alone: there, or not.
    pub(crate) code: Option<bool>,
    pub(crate) title: Option<u8>,
    pub(crate) items: Option<u8>,
    pub(crate) target: Option<u8>,
    pub(crate) pick: Option<u8>,
    pub(crate) urgent: Option<bool>,
    pub(crate) expires: Option<u8>,
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
    let moves = (vec(submission(true), 8), vec(any_move(), 5..60)).prop_map(|(mut first, rest)| {
        first.extend(rest);
        first
    });
    (people, grants, rule(), any::<u64>(), dollar(), moves).prop_map(
        |(people, grants, rule, mood, dollar, moves)| Script {
            people,
            grants,
            rule,
            others: Vec::new(),
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
    let beside = (
        prop::bool::weighted(0.03),
        prop_oneof![2 => Just(0_u8), 2 => 0..8_u8],
        option::weighted(0.1, 0..9_u8),
        option::weighted(0.9, 0..9_u8),
    );
    (0..9_u8, form(), prop::bool::weighted(0.3), few(), few(), beside).prop_map(
        move |(by, form, urgent, expires, ends, (draft, items, target, pick))| Move::Submit {
            first,
            by,
            form,
            urgent,
            expires,
            ends,
            draft,
            items,
            target,
            pick,
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
    let cancel = (who(), prop::bool::weighted(0.8), saw())
        .prop_map(|(by, comment, seen)| Move::Cancel { by, comment, seen });
    let on_execution = || (who(), any::<u8>());
    let change = prop_oneof![
        prop::bool::weighted(0.7).prop_map(Change::Active),
        (0..8_u8).prop_map(Change::Groups),
        option::of(0..9_u8).prop_map(Change::Manager),
    ];
    let engine = prop_oneof![1 => who(), 2 => Just(Who::Engine)];
    let delegate = (0..9_u8, option::weighted(0.85, 0..9_u8), any::<u8>(), any::<u8>());
    prop_oneof![
        50 => decide(),
        64 => (who(), act(), prop::bool::weighted(0.9), saw())
            .prop_map(|(by, act, comment, seen)| Move::Act { by, act, comment, seen }),
        1 => cancel,
        4 => who().prop_map(|by| Move::Reevaluate { by }),
        5 => on_execution().prop_map(|(by, execution)| Move::Run { by, execution }),
        6 => on_execution().prop_map(|(by, execution)| Move::Retry { by, execution }),
        8 => on_execution().prop_map(|(by, execution)| Move::Revoke { by, execution }),
        26 => (any::<u8>(), any::<u8>()).prop_map(|(execution, end)| Move::Work { execution, end }),
        8 => (0..17_u8, any::<u8>(), 0..4_u8, any::<u8>(), engine).prop_map(
            |(command, execution, attempt, end, by)| Move::Odd { command, execution, attempt, end, by }
        ),
        14 => prop::bool::weighted(0.15).prop_map(|jump| Move::Wake { jump }),
        6 => prop_oneof![8 => 0..300_u16, 4 => 0..3_000_u16, 1 => 0..30_000_u16]
            .prop_map(Move::Wait),
        6 => (0..9_u8, change).prop_map(|(who, change)| Move::Person { who, change }),
        7 => delegate.prop_map(|(of, to, from, hours)| Move::Delegate { of, to, from, hours }),
        4 => any::<u64>().prop_map(Move::Mood),
        3 => Just(Move::Mend),
        1 => dollar().prop_map(Move::Dollar),
        1 => submission(false),
    ]
}

fn decide() -> impl Strategy<Value = Move> {
    (
        who(),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.9),
        option::weighted(0.08, any::<u8>()),
        saw(),
        option::weighted(0.2, prop_oneof![4 => 0..8_u8, 1 => 8..16_u8]),
        option::weighted(0.08, 0..6_u8),
    )
        .prop_map(|(by, reject, comment, step, seen, items, concern)| Move::Decide {
            by,
            reject,
            comment,
            step,
            seen,
            items,
            concern,
        })
}

fn act() -> impl Strategy<Value = Act> {
    let step = || option::weighted(0.15, any::<u8>());
    let user = || prop_oneof![15 => 0..9_u8, 1 => Just(255_u8)];
    let changed = |whole: u32| changed(whole).prop_map(Box::new);
    prop_oneof![
        18 => (any::<u8>(), step()).prop_map(|(to, step)| Act::SendBack { to, step }),
        16 => step().prop_map(|step| Act::Withdraw { step }),
        2 => any::<bool>().prop_map(|reject| Act::Force { reject }),
        2 => Just(Act::Hold),
        14 => Just(Act::Release),
        4 => Just(Act::Restart),
        6 => (step(), user()).prop_map(|(step, user)| Act::AddApprover { step, user }),
        4 => (step(), user()).prop_map(|(step, user)| Act::RemoveApprover { step, user }),
        8 => user().prop_map(|to| Act::Reassign { to }),
        14 => step().prop_map(|step| Act::ReturnToReview { step }),
        14 => Just(Act::PassReview),
        10 => changed(4).prop_map(Act::Edit),
        8 => changed(8).prop_map(Act::SubmitDraft),
        2 => form().prop_map(Act::SaveDraft),
        3 => Just(Act::DeleteDraft),
        5 => Just(Act::Resubmit),
        3 => option::of(user()).prop_map(|mention| Act::Comment { mention }),
        5 => user().prop_map(Act::Watch),
        6 => Just(Act::Leave),
        6 => prop_oneof![2 => Just(0_u8), 1 => 0..5_u8].prop_map(Act::Attach),
        6 => prop_oneof![3 => Just(1_u8), 1 => 0..4_u8].prop_map(Act::RemoveAttachment),
        6 => Just(Act::Confirm),
        8 => any::<u8>().prop_map(Act::LinkFile),
        8 => any::<u8>().prop_map(Act::Download),
    ]
}

/// With the whole form so often, of ten.
pub(super) fn changed(whole: u32) -> impl Strategy<Value = Changed> {
    let few = || option::weighted(0.15, any::<u8>());
    let code = option::weighted(0.4, any::<bool>());
    let urgent = option::weighted(0.04, any::<bool>());
    (
        prop_oneof![whole => form().prop_map(Some), 10 - whole => Just(None)],
        code,
        few(),
        few(),
        few(),
        few(),
        urgent,
        few(),
    )
        .prop_map(|(form, code, title, items, target, pick, urgent, expires)| Changed {
            form,
            code,
            title,
            items,
            target,
            pick,
            urgent,
            expires,
        })
}

pub(super) fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        22 => any::<u8>().prop_map(Who::Able),
        5 => (0..9_u8).prop_map(Who::Anyone),
        2 => Just(Who::Requester),
        1 => Just(Who::Stranger),
        1 => Just(Who::Engine),
    ]
}

fn saw() -> impl Strategy<Value = Saw> {
    prop_oneof![
        12 => Just(Saw::Nothing),
        8 => Just(Saw::Now),
        1 => Just(Saw::OldRevision),
        1 => Just(Saw::OtherStep),
    ]
}

pub(crate) fn currency(dollars: bool) -> &'static str {
    if dollars { "USD" } else { "EUR" }
}
