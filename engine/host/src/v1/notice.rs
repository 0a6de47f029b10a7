//! The interface `notice`: what is to be delivered.

use engine_core::extension::Message;

use super::{
    bindings::{
        condition::countersign::plugin::types as wit, notifier::countersign::plugin::notice,
    },
    values,
};
use crate::{
    call::{Notice, Read},
    state::State,
};

impl State {
    /// Reads something of the notice. There is one in every call of a notifier, which alone is offered
    /// this interface.
    fn of_notice<T: Default>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Notice) -> T,
    ) -> wasmtime::Result<T> {
        self.enter()?;
        self.read(Read::Other(format!("notice.{name}")));
        Ok(self.call.notice.as_deref().map(read).unwrap_or_default())
    }
}

impl notice::Host for State {
    fn id(&mut self) -> wasmtime::Result<String> {
        self.of_notice("id", |notice| notice.id.clone())
    }

    fn organization(&mut self) -> wasmtime::Result<String> {
        self.of_notice("organization", |notice| notice.organization.to_string())
    }

    fn recipient(&mut self) -> wasmtime::Result<String> {
        self.of_notice("recipient", |notice| notice.recipient.to_string())
    }

    fn content(&mut self) -> wasmtime::Result<wit::Message> {
        self.enter()?;
        self.read(Read::Fact("notice.content"));
        let content = self.call.notice.as_deref().map(|notice| message(&notice.content));
        Ok(content.unwrap_or_else(|| wit::Message {
            code: String::new(),
            arguments: Vec::new(),
            text: String::new(),
        }))
    }

    fn subject(&mut self) -> wasmtime::Result<String> {
        self.of_notice("subject", |notice| notice.subject.clone())
    }

    fn text(&mut self) -> wasmtime::Result<String> {
        self.of_notice("text", |notice| notice.text.clone())
    }

    fn link(&mut self) -> wasmtime::Result<Option<String>> {
        self.of_notice("link", |notice| notice.link.clone())
    }

    fn request(&mut self) -> wasmtime::Result<Option<String>> {
        self.of_notice("request", |notice| notice.request.as_ref().map(ToString::to_string))
    }

    fn at(&mut self) -> wasmtime::Result<String> {
        self.of_notice("at", |notice| values::timestamp(notice.at))
    }
}

fn message(message: &Message) -> wit::Message {
    let field = |(name, value): (&String, &engine_core::value::Value)| wit::Field {
        name: name.clone(),
        value: values::to_wit(value),
    };
    wit::Message {
        code: message.code.clone(),
        arguments: message.arguments.iter().map(field).collect(),
        text: message.text.clone(),
    }
}
