//! Who is told when a step opens, as written (DUE-4).

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
};

use super::WhoDoc;

/// Who is told when a step opens (DUE-4): `approvers`, `none`, or a list of who.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum NotifyDoc {
    /// Those who can decide.
    #[default]
    Approvers,
    /// Nobody.
    None,
    /// These.
    People(Vec<WhoDoc>),
}

impl<'de> Deserialize<'de> for NotifyDoc {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = NotifyDoc;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`approvers`, `none`, or a list such as `[{group: finance}]`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<NotifyDoc, E> {
                match text {
                    "approvers" => Ok(NotifyDoc::Approvers),
                    "none" => Ok(NotifyDoc::None),
                    _ => Err(E::unknown_variant(text, &["approvers", "none"])),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<NotifyDoc, A::Error> {
                let mut whos = Vec::new();
                while let Some(who) = list.next_element()? {
                    whos.push(who);
                }
                Ok(NotifyDoc::People(whos))
            }
        }
        from.deserialize_any(Reader)
    }
}

impl Serialize for NotifyDoc {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Approvers => to.serialize_str("approvers"),
            Self::None => to.serialize_str("none"),
            Self::People(whos) => whos.serialize(to),
        }
    }
}
