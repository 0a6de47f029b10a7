//! What plugins answer.

use serde_json::Value as Json;

use crate::{GroupId, Planned, ResourceId, Result, UserId, Value};

/// A sentence for a person, which a catalogue can translate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What the catalogue knows it by: lower case with underscores, such as `outside_hours`.
    pub code: String,
    /// What the sentence speaks of.
    pub arguments: Vec<(String, Value)>,
    /// The sentence in English, arguments included.
    pub text: String,
}

impl Message {
    /// A sentence without arguments.
    #[must_use]
    pub fn new(code: &str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), arguments: Vec::new(), text: text.into() }
    }

    /// The same with an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.arguments.push((name.to_owned(), value.into()));
        self
    }
}

/// What a condition answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Met,
    /// It does not, and why.
    Unmet(Message),
}

/// The condition holds.
///
/// # Errors
/// Never; it is a `Result` so that it can end an `evaluate`.
pub fn met() -> Result<Verdict> {
    Ok(Verdict::Met)
}

/// The condition does not hold, and why.
///
/// # Errors
/// Never; it is a `Result` so that it can end an `evaluate`.
pub fn unmet(code: &str, text: impl Into<String>) -> Result<Verdict> {
    Ok(Verdict::Unmet(Message::new(code, text)))
}

/// Something that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The property of the form, or the field of `item`; none is the whole.
    pub property: Option<String>,
    /// The item; none is the request.
    pub item: Option<ResourceId>,
    /// What is wrong and what to do about it, for the person.
    pub why: Message,
}

impl Problem {
    /// Something about a property of the request.
    #[must_use]
    pub fn of(property: &str, why: Message) -> Self {
        Self { property: Some(property.to_owned()), item: None, why }
    }

    /// Something about the request as a whole.
    #[must_use]
    pub fn whole(why: Message) -> Self {
        Self { property: None, item: None, why }
    }

    /// The same about an item, or its field.
    #[must_use]
    pub fn item(mut self, item: ResourceId) -> Self {
        self.item = Some(item);
        self
    }
}

/// Somebody who can approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// One person.
    User(UserId),
    /// Any member.
    Group(GroupId),
}

/// Somebody named, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nominee {
    /// Who.
    pub who: Principal,
    /// Why; shown in the explanation.
    pub reason: Message,
}

/// Who can approve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Nobody is an answer: the rule says what follows.
    pub nominees: Vec<Nominee>,
    /// What else people should know, such as whose profile lacks what.
    pub notes: Vec<Message>,
}

impl Resolution {
    /// One person.
    #[must_use]
    pub fn user(id: UserId, reason: Message) -> Self {
        Self { nominees: vec![Nominee { who: Principal::User(id), reason }], notes: Vec::new() }
    }

    /// Nobody, and why.
    #[must_use]
    pub fn nobody(note: Message) -> Self {
        Self { nominees: Vec::new(), notes: vec![note] }
    }

    /// The same, with notes that came before.
    #[must_use]
    pub fn after(mut self, mut notes: Vec<Message>) -> Self {
        notes.append(&mut self.notes);
        Self { notes, ..self }
    }
}

/// What an executor would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What approvers see, one effect a line.
    pub effects: Vec<Effect>,
    /// What the approval binds: the execution stops where this is another when the time has come.
    pub binding: Json,
    /// Shown, never bound.
    pub estimates: Vec<(String, Value)>,
    /// Every statement that will be sent, reading ones too; bound as well.
    pub statements: Vec<Planned>,
}

impl Plan {
    /// A plan that binds `binding` and has no effects yet.
    #[must_use]
    pub fn binding(binding: Json) -> Self {
        Self { effects: Vec::new(), binding, estimates: Vec::new(), statements: Vec::new() }
    }

    /// The same with one more effect.
    #[must_use]
    pub fn effect(mut self, kind: &str, target: impl Into<String>, summary: Message) -> Self {
        self.effects.push(Effect { kind: kind.to_owned(), target: target.into(), summary });
        self
    }

    /// The same with statements that `execute`, `probe` or `revert` may send; all others are denied.
    #[must_use]
    pub fn covers(mut self, statements: Planned) -> Self {
        self.statements.push(statements);
        self
    }

    /// The same with an estimate.
    #[must_use]
    pub fn estimate(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.estimates.push((name.to_owned(), value.into()));
        self
    }
}

/// One line of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Such as `update` or `grant`.
    pub kind: String,
    /// Such as `orders-db: orders`.
    pub target: String,
    /// For a person.
    pub summary: Message,
}

/// What an executor did. Shown to people and kept; never a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The plugin's own name for the effect; handed back to `revert`.
    pub reference: String,
    /// Affected rows, file name, size and the like.
    pub fields: Vec<(String, Value)>,
}

impl Receipt {
    /// A receipt without fields.
    #[must_use]
    pub fn new(reference: impl Into<String>) -> Self {
        Self { reference: reference.into(), fields: Vec::new() }
    }

    /// The same with a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// A field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// A field that is a list of texts; none of them where there is no such field.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        let Some(Value::List(values)) = self.field(name) else { return Vec::new() };
        let text = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        values.iter().filter_map(text).collect()
    }

    /// In `revert`: rights of the plan that `revert` leaves alone, since another grant gives them too.
    #[must_use]
    pub fn still_held(&self) -> Vec<String> {
        self.texts("still_held")
    }

    /// In `revert`: rights of the plan that an earlier grant gave, and that this one takes back in its place
    /// although it found them there.
    #[must_use]
    pub fn given_before(&self) -> Vec<String> {
        self.texts("given_before")
    }
}

/// Whether an effect is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It happened, and this was its receipt.
    Happened(Receipt),
    /// It did not, and will not unless it is run again.
    DidNotHappen,
    /// A person must look; the sentence says where.
    CannotTell(Message),
}
