//! A step as it is written: one command, and what is expected after it.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};

use super::{CommandDoc, StepDoc};

impl<'de> Deserialize<'de> for StepDoc {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = StepDoc;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a command such as `approve: {as: bob, request: r1}`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StepDoc, A::Error> {
                let (mut command, mut expect) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    if key == "expect" {
                        expect = Some(map.next_value()?);
                    } else if command.replace(CommandDoc::read(&key, &mut map)?).is_some() {
                        return Err(de::Error::custom("two commands in one step"));
                    }
                }
                let command = command.ok_or_else(|| de::Error::custom("no command"))?;
                Ok(StepDoc { command, expect })
            }
        }
        from.deserialize_map(Reader)
    }
}
