//! A stub's answers, as they are written.

use std::{fmt, marker::PhantomData};

use engine_core::{extension::FailureClass, ids::Login, rule::World};
use engine_host::Name;
use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
};
use serde_json::Value as Json;

/// What a stub answers: each list in order, the last answer for ever. Without a list it does what
/// one would like best: conditions are met, nobody approves, effects happen and can be found. What it `reads` of a
/// request's form is declared as in a manifest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct StubDoc {
    pub(super) condition: Answers<ConditionAnswer>,
    pub(super) approvers: Answers<ApproversAnswer>,
    pub(super) plan: Answers<EffectAnswer>,
    pub(super) execute: Answers<EffectAnswer>,
    #[serde(alias = "status")]
    pub(super) probe: Answers<ProbeAnswer>,
    #[serde(alias = "revoke")]
    pub(super) revert: Answers<EffectAnswer>,
    reads: Vec<Name>,
}

impl StubDoc {
    /// What it reads of a request's form, as a manifest says it.
    pub(in crate::scenario) fn reads(&self) -> Vec<Name> {
        self.reads.clone()
    }

    /// What it can be used for.
    pub(in crate::scenario) fn world(&self) -> World {
        if !self.condition.0.is_empty() {
            World::Condition
        } else if !self.approvers.0.is_empty() {
            World::Approvers
        } else {
            World::Executor
        }
    }
}

/// One answer, or several in order.
#[derive(Clone, Debug)]
pub(super) struct Answers<T>(Vec<T>);

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Answers<T> {
    /// The answer to a call, counted from 0.
    pub(super) fn to(&self, call: u32) -> Option<T> {
        let last = self.0.len().checked_sub(1)?;
        self.0.get(last.min(call as usize)).cloned()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ConditionAnswer {
    Met(bool),
    Unmet(String),
    Fail(FailureClass),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EffectAnswer {
    Ok(Json),
    Fail(FailureClass),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ProbeAnswer {
    Happened,
    DidNotHappen,
    CannotTell,
    Fail(FailureClass),
}

#[derive(Clone, Debug)]
pub(super) enum ApproversAnswer {
    Names(Vec<Login>),
    /// A login that does not stand in a list of its own.
    Bare(Login),
    Fail(FailureClass),
}

impl<'de, T: Deserialize<'de> + Merge> Deserialize<'de> for Answers<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Merge> Visitor<'de> for Reader<T> {
            type Value = Answers<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("answers in order, such as `[{fail: retryable}, {ok: {}}]`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut answers = Vec::new();
                while let Some(answer) = list.next_element()? {
                    answers.push(answer);
                }
                Ok(Answers(T::merge(answers)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|only| Answers(vec![only]))
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
                T::deserialize(StrDeserializer::new(word)).map(|only| Answers(vec![only]))
            }
        }
        from.deserialize_any(Reader(PhantomData))
    }
}

/// What a list of answers means where its elements could also be parts of one answer.
trait Merge: Sized {
    fn merge(answers: Vec<Self>) -> Vec<Self> {
        answers
    }
}

impl Merge for ConditionAnswer {}
impl Merge for EffectAnswer {}
impl Merge for ProbeAnswer {}

impl Merge for ApproversAnswer {
    /// `[bob, cleo]` is one answer, `[[bob], [cleo]]` are two.
    fn merge(answers: Vec<Self>) -> Vec<Self> {
        let bare = |answer: &Self| match answer {
            Self::Bare(login) => Some(login.clone()),
            Self::Names(_) | Self::Fail(_) => None,
        };
        match answers.iter().map(bare).collect::<Option<Vec<Login>>>() {
            Some(logins) if !logins.is_empty() => vec![Self::Names(logins)],
            Some(_) | None => answers,
        }
    }
}

impl<'de> Deserialize<'de> for ApproversAnswer {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = ApproversAnswer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of logins, or `{fail: …}`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut logins = Vec::new();
                while let Some(login) = list.next_element()? {
                    logins.push(login);
                }
                Ok(ApproversAnswer::Names(logins))
            }

            fn visit_str<E: serde::de::Error>(self, login: &str) -> Result<Self::Value, E> {
                Login::parse(login).map(ApproversAnswer::Bare).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Failing {
                    fail: FailureClass,
                }
                let failing = Failing::deserialize(MapAccessDeserializer::new(map))?;
                Ok(ApproversAnswer::Fail(failing.fail))
            }
        }
        from.deserialize_any(Reader)
    }
}
