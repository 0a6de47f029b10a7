//! Values of the contract's types, made of bytes: each byte decides one thing, and where the bytes are
//! at an end, everything is as little as it can be.

use sdk_plugin::internal::bindings::{
    approvers::exports::countersign::plugin::approvers::{Nominee, Resolution},
    condition::exports::countersign::plugin::condition::Verdict,
    executor::exports::countersign::plugin::executor::{
        Coverage, Effect, EffectPlan, ExactStatement, PlannedStatement, Stage, StatementShape,
    },
    plugin::types::{
        Failure, Field, Message, Money, OtherValue, Presence, Principal, Receipt, Retry, Scalar,
        Value,
    },
    validator::exports::countersign::plugin::validator::Problem,
};

/// Texts that mean something somewhere, and some that nearly do.
const TEXTS: &[&str] = &[
    "",
    "0",
    "-0",
    "1",
    "12.50",
    "-12.50",
    "01",
    "1e3",
    ".5",
    "5.",
    "+1",
    "NaN",
    "999999999999999999.123456789",
    "9999999999999999999999999999",
    "0.0000000001",
    "EUR",
    "eur",
    "XXXX",
    "2026-03-02",
    "2026-02-30",
    "9999-12-31",
    "-0001-01-01",
    "2026-03-02T09:00:00Z",
    "2026-03-02T09:00:00.1234567Z",
    "2026-03-02T09:00:00+02:00",
    "9999-12-31T23:59:60Z",
    "90m",
    "0s",
    "-1d",
    "5bd",
    "99999999999w",
    "u-ann",
    "u-nobody",
    "staff",
    "nogroup",
    "ann",
    "amount",
    "salary",
    "desk-1",
    "orders-db",
    "other-db",
    "open",
    "token",
    "k1",
    "k2",
    "unmet",
    "Not A Code",
    "a\u{0}b",
    "\u{202e}gnp.exe",
    "../../etc/passwd",
    "{}",
    "[]",
    "{\"a\":[{}]}",
    "{\"grants\":[\"a\"]}",
    "null",
    "\"",
    "select",
    "update",
    "select 1",
    "select id, state from orders",
    "update orders set state = 'x' where id = ?",
    "delete from orders; drop table orders",
    "commit",
    "create table t (a)",
    "pragma journal_mode = off",
    "Europe/Riga",
    "text/csv",
    "half.csv",
    "http://127.0.0.1:1/",
    "http://user@host/",
    "GET",
    "POST",
    "BREW",
    "content-type",
    "a: b\r\nc",
    "🪑",
    "ﬀ",
    "é",
];

/// What decides.
pub(crate) struct Bytes {
    rest: std::vec::IntoIter<u8>,
}

impl Bytes {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { rest: bytes.into_iter() }
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.rest.next().unwrap_or(0)
    }

    /// Once in so many times.
    pub(crate) fn chance(&mut self, times: u8) -> bool {
        self.byte() % times == times - 1
    }

    pub(crate) fn ended(&self) -> bool {
        self.rest.len() == 0
    }
}

/// Something that bytes can make.
pub(crate) trait Made: Sized {
    fn made(bytes: &mut Bytes) -> Self;
}

impl Made for bool {
    fn made(bytes: &mut Bytes) -> Self {
        bytes.byte() & 1 == 1
    }
}

impl Made for u32 {
    fn made(bytes: &mut Bytes) -> Self {
        match bytes.byte() {
            255 => Self::MAX,
            254 => 1 << 20,
            small => small.into(),
        }
    }
}

impl Made for u64 {
    fn made(bytes: &mut Bytes) -> Self {
        match bytes.byte() {
            255 => Self::MAX,
            254 => 1 << 53,
            253 => (1 << 53) - 1,
            small => small.into(),
        }
    }
}

impl Made for i64 {
    fn made(bytes: &mut Bytes) -> Self {
        match bytes.byte() {
            255 => Self::MIN,
            254 => Self::MAX,
            253 => (1 << 53) - 1,
            252 => -(1 << 53),
            small => i64::from(small) - 100,
        }
    }
}

impl Made for String {
    fn made(bytes: &mut Bytes) -> Self {
        match bytes.byte() {
            255 => "x".repeat(usize::from(bytes.byte()) * 300),
            254 => {
                let length = bytes.byte();
                let text: Vec<u8> = (0..length).map(|_| bytes.byte()).collect();
                Self::from_utf8_lossy(&text).into_owned()
            }
            known => {
                TEXTS.get(usize::from(known) % TEXTS.len()).copied().unwrap_or_default().to_owned()
            }
        }
    }
}

impl<T: Made> Made for Option<T> {
    fn made(bytes: &mut Bytes) -> Self {
        bool::made(bytes).then(|| T::made(bytes))
    }
}

impl<T: Made> Made for Vec<T> {
    fn made(bytes: &mut Bytes) -> Self {
        let length = match bytes.byte() {
            255 => 1_200,
            254 => 120,
            few => usize::from(few % 4),
        };
        (0..length).map(|_| T::made(bytes)).collect()
    }
}

impl Made for Money {
    fn made(bytes: &mut Bytes) -> Self {
        Self { amount: Made::made(bytes), currency: Made::made(bytes) }
    }
}

impl Made for Scalar {
    fn made(bytes: &mut Bytes) -> Self {
        match bytes.byte() % 14 {
            0 => Self::Text(Made::made(bytes)),
            1 => Self::Number(Made::made(bytes)),
            2 => Self::Decimal(Made::made(bytes)),
            3 => Self::Money(Made::made(bytes)),
            4 => Self::Boolean(Made::made(bytes)),
            5 => Self::Date(Made::made(bytes)),
            6 => Self::Timestamp(Made::made(bytes)),
            7 => Self::Duration(Made::made(bytes)),
            8 => Self::Choice(Made::made(bytes)),
            9 => Self::User(Made::made(bytes)),
            10 => Self::Group(Made::made(bytes)),
            11 => Self::Node(Made::made(bytes)),
            12 => Self::Resource(Made::made(bytes)),
            _ => Self::Attachment(Made::made(bytes)),
        }
    }
}

impl Made for Value {
    fn made(bytes: &mut Bytes) -> Self {
        match bytes.byte() % 8 {
            7 => Self::Other(OtherValue { kind: Made::made(bytes), json: Made::made(bytes) }),
            5 | 6 => Self::Many(Made::made(bytes)),
            _ => Self::One(Made::made(bytes)),
        }
    }
}

impl Made for Field {
    fn made(bytes: &mut Bytes) -> Self {
        Self { name: Made::made(bytes), value: Made::made(bytes) }
    }
}

impl Made for Message {
    fn made(bytes: &mut Bytes) -> Self {
        Self { code: Made::made(bytes), arguments: Made::made(bytes), text: Made::made(bytes) }
    }
}

impl Made for Failure {
    fn made(bytes: &mut Bytes) -> Self {
        match bytes.byte() % 4 {
            0 => Self::Permanent(Made::made(bytes)),
            1 => Self::Retryable(Retry { why: Made::made(bytes), after_ms: Made::made(bytes) }),
            2 => Self::Refused(Made::made(bytes)),
            _ => Self::UnknownOutcome(Made::made(bytes)),
        }
    }
}

impl Made for Verdict {
    fn made(bytes: &mut Bytes) -> Self {
        if bytes.chance(4) { Self::Met } else { Self::Unmet(Made::made(bytes)) }
    }
}

impl Made for Nominee {
    fn made(bytes: &mut Bytes) -> Self {
        let who = if bool::made(bytes) {
            Principal::Group(Made::made(bytes))
        } else {
            Principal::User(Made::made(bytes))
        };
        Self { who, reason: Made::made(bytes) }
    }
}

impl Made for Resolution {
    fn made(bytes: &mut Bytes) -> Self {
        Self { nominees: Made::made(bytes), notes: Made::made(bytes) }
    }
}

impl Made for Problem {
    fn made(bytes: &mut Bytes) -> Self {
        Self { property: Made::made(bytes), item: Made::made(bytes), why: Made::made(bytes) }
    }
}

impl Made for Effect {
    fn made(bytes: &mut Bytes) -> Self {
        Self { kind: Made::made(bytes), target: Made::made(bytes), summary: Made::made(bytes) }
    }
}

impl Made for PlannedStatement {
    fn made(bytes: &mut Bytes) -> Self {
        let during = if bool::made(bytes) { Stage::Revert } else { Stage::Execute };
        let connection = Made::made(bytes);
        let what = if bool::made(bytes) {
            let shape = StatementShape {
                kind: Made::made(bytes),
                reads: Made::made(bytes),
                writes: Made::made(bytes),
                functions: Made::made(bytes),
            };
            Coverage::Shape(shape)
        } else {
            Coverage::Exact(ExactStatement {
                text: Made::made(bytes),
                parameters: Made::made(bytes),
            })
        };
        Self { during, connection, what }
    }
}

impl Made for EffectPlan {
    fn made(bytes: &mut Bytes) -> Self {
        Self {
            effects: Made::made(bytes),
            binding: Made::made(bytes),
            estimates: Made::made(bytes),
            statements: Made::made(bytes),
        }
    }
}

impl Made for Receipt {
    fn made(bytes: &mut Bytes) -> Self {
        Self { reference: Made::made(bytes), fields: Made::made(bytes) }
    }
}

impl Made for Presence {
    fn made(bytes: &mut Bytes) -> Self {
        match bytes.byte() % 3 {
            0 => Self::Happened(Made::made(bytes)),
            1 => Self::DidNotHappen,
            _ => Self::CannotTell(Made::made(bytes)),
        }
    }
}
