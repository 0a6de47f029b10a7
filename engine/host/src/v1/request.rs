//! The interface `request`: what a component may see of the request it is asked about.

use engine_core::{
    extension::Item,
    money::{self, MissingRate, Money},
};

use super::{
    bindings::condition::countersign::plugin::{request, types as wit},
    values,
};
use crate::{
    call::Read,
    component::manifest::Manifest,
    state::{State, Stop},
};

/// The most properties that one call may ask for.
const MAX_NAMES: usize = 1_000;

impl State {
    fn property(&mut self, name: &str) -> Result<Option<wit::Value>, Stop> {
        if !Manifest::declares(&self.manifest.reads.request, name, &self.call.config) {
            let name = values::shown(name);
            return Err(Stop::Undeclared { what: "property", name });
        }
        let Some((known, value)) = self.call.facts.properties.get_key_value(name) else {
            self.read(Read::Other(format!("request.{name}")));
            return Ok(None);
        };
        let (known, value) = (known.clone(), values::to_wit(value));
        self.read(Read::Property(known));
        Ok(Some(value))
    }

    fn fact<T>(
        &mut self,
        name: &'static str,
        fact: impl FnOnce(&Self) -> T,
    ) -> wasmtime::Result<T> {
        self.enter()?;
        self.read(Read::Fact(name));
        Ok(fact(self))
    }
}

impl request::Host for State {
    fn id(&mut self) -> wasmtime::Result<String> {
        self.fact("request.id", |state| state.call.facts.request.to_string())
    }

    fn organization(&mut self) -> wasmtime::Result<String> {
        self.fact("request.organization", |state| state.call.facts.organization.to_string())
    }

    fn rule(&mut self) -> wasmtime::Result<String> {
        self.fact("request.rule", |state| state.call.facts.rule.to_string())
    }

    fn rule_version(&mut self) -> wasmtime::Result<u32> {
        self.fact("request.rule_version", |state| state.call.facts.rule_version)
    }

    fn kind(&mut self) -> wasmtime::Result<String> {
        self.fact("request.kind", |state| state.call.facts.kind.to_string())
    }

    fn step(&mut self) -> wasmtime::Result<Option<String>> {
        self.fact("request.step", |state| state.call.facts.step.as_ref().map(ToString::to_string))
    }

    fn requester(&mut self) -> wasmtime::Result<String> {
        self.fact("request.requester", |state| state.call.facts.requester.to_string())
    }

    fn target_users(&mut self) -> wasmtime::Result<Vec<String>> {
        self.fact("request.target_users", |state| {
            let facts = &state.call.facts;
            let itself = facts.target_users.is_empty().then_some(&facts.requester);
            facts.target_users.iter().chain(itself).map(ToString::to_string).collect()
        })
    }

    fn urgent(&mut self) -> wasmtime::Result<bool> {
        self.fact("request.urgent", |state| state.call.facts.urgent)
    }

    fn title(&mut self) -> wasmtime::Result<String> {
        self.fact("request.title", |state| state.call.facts.title.clone())
    }

    fn reason(&mut self) -> wasmtime::Result<String> {
        self.fact("request.reason", |state| state.call.facts.reason.clone())
    }

    fn get(&mut self, name: String) -> wasmtime::Result<Option<wit::Value>> {
        self.enter()?;
        Ok(self.property(&name)?)
    }

    fn get_many(&mut self, names: Vec<String>) -> wasmtime::Result<Vec<Option<wit::Value>>> {
        self.enter()?;
        if names.len() > MAX_NAMES {
            let why = format!("{} names, the most are {MAX_NAMES}", names.len());
            return Err(Stop::BadArgument { function: "request.get-many", why }.into());
        }
        Ok(names.iter().map(|name| self.property(name)).collect::<Result<_, _>>()?)
    }

    fn names(&mut self) -> wasmtime::Result<Vec<String>> {
        self.fact("request.names", |state| {
            let (declared, config) = (&state.manifest.reads.request, &state.call.config);
            let names = state.call.facts.properties.keys().map(ToString::to_string);
            names.filter(|name| Manifest::declares(declared, name, config)).collect()
        })
    }

    fn items(&mut self) -> wasmtime::Result<Vec<String>> {
        self.fact("request.items", |state| {
            state.call.facts.items.iter().map(|item| item.resource.to_string()).collect()
        })
    }

    fn item_field(&mut self, item: String, name: String) -> wasmtime::Result<Option<wit::Value>> {
        self.enter()?;
        if !Manifest::declares(&self.manifest.reads.items, &name, &self.call.config) {
            let name = values::shown(&name);
            return Err(Stop::Undeclared { what: "item field", name }.into());
        }
        self.read(Read::Other(format!("request.items.{}.{name}", values::shown(&item))));
        let asked = |found: &&Item| found.resource.as_str() == item;
        let found = self.call.facts.items.iter().find(asked);
        Ok(found.and_then(|item| item.fields.get(name.as_str())).map(values::to_wit))
    }

    fn compare(
        &mut self,
        left: wit::Money,
        right: wit::Money,
    ) -> wasmtime::Result<Result<request::Comparison, wit::HostError>> {
        self.enter()?;
        let amounts = money(&left).and_then(|left| Ok((left, money(&right)?)));
        let (left, right) = match amounts {
            Ok(amounts) => amounts,
            Err(why) => return Ok(Err(invalid(why))),
        };
        if left.currency != right.currency {
            self.read(Read::Fact("rates"));
        }
        Ok(match money::compare(&left, &right, self.call.rates.as_deref()) {
            Ok(std::cmp::Ordering::Less) => Ok(request::Comparison::Less),
            Ok(std::cmp::Ordering::Equal) => Ok(request::Comparison::Equal),
            Ok(std::cmp::Ordering::Greater) => Ok(request::Comparison::Greater),
            Err(MissingRate(currency)) => Err(wit::HostError {
                kind: wit::ErrorKind::NotFound,
                message: format!("there is no rate for {currency}"),
                code: None,
            }),
        })
    }
}

fn money(money: &wit::Money) -> Result<Money, String> {
    Ok(Money {
        amount: values::decimal(&money.amount)?,
        currency: money.currency.parse().map_err(|error: money::BadAmount| error.0)?,
    })
}

/// A call that makes no sense.
pub(super) fn invalid(message: String) -> wit::HostError {
    wit::HostError { kind: wit::ErrorKind::Invalid, message, code: None }
}
