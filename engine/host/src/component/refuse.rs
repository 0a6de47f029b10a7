//! Imports that nobody offers: each function refuses and names itself.
//!
//! Toolchains import parts of `wasi` that a plugin never calls, so that such imports are no reason
//! to refuse the file. Two are answered, since guests ask for them before anything else. The dice are
//! those of the contract: the hash maps of some languages need them. The environment is empty: CPython
//! looks at it when it starts.

use wasmtime::{
    Engine, StoreContextMut,
    component::{Linker, LinkerInstance, ResourceType, Val, types::ComponentItem},
};

use crate::state::{State, Stop};

/// The interfaces of dice.
const RANDOM: &str = "wasi:random/";
/// The interface of variables and arguments.
const ENVIRONMENT: &str = "wasi:cli/environment@";

/// The interfaces of the system, all of which refuse.
pub(super) const SYSTEM: &str = "wasi:";

/// Stands for every resource of such an import; there is never one.
struct Refused;

/// Adds an import that refuses. Resources that an earlier import brought are `known`, and are what that
/// one says.
///
/// # Errors
/// Where it is something that cannot stand for itself, such as a module.
pub(super) fn add(
    linker: &mut Linker<State>,
    engine: &Engine,
    name: &str,
    import: &ComponentItem,
    known: &[ResourceType],
) -> wasmtime::Result<()> {
    match import {
        ComponentItem::ComponentInstance(instance) => {
            let mut refusing = linker.instance(name)?;
            for (member, item) in instance.exports(engine) {
                match &item.ty {
                    ComponentItem::Resource(resource) if known.contains(resource) => {}
                    item => add_member(&mut refusing, name, member, item)?,
                }
            }
            Ok(())
        }
        item => add_member(&mut linker.root(), "", name, item),
    }
}

fn add_member(
    linker: &mut LinkerInstance<'_, State>,
    interface: &str,
    name: &str,
    item: &ComponentItem,
) -> wasmtime::Result<()> {
    match item {
        ComponentItem::ComponentFunc(_) if interface.starts_with(RANDOM) => {
            let is_pair = name == "insecure-seed";
            linker.func_new(
                name,
                move |mut store: StoreContextMut<'_, State>, _, asked, answers| {
                    throw(store.data_mut(), is_pair, asked, answers)
                },
            )
        }
        ComponentItem::ComponentFunc(_) if interface.starts_with(ENVIRONMENT) => {
            add_nothing(linker, name)
        }
        ComponentItem::ComponentFunc(_) => {
            let function =
                if interface.is_empty() { name.to_owned() } else { format!("{interface}#{name}") };
            linker.func_new(name, move |mut store: StoreContextMut<'_, State>, _, _, _| {
                store.data_mut().deny(&function, "", "no plugin is offered it");
                Err(Stop::NotOffered(function.clone()).into())
            })
        }
        ComponentItem::Resource(_) => {
            linker.resource(name, ResourceType::host::<Refused>(), |_, _| Ok(()))
        }
        // Types need no stand-in, and what is left is refused when the component is linked.
        ComponentItem::Type(_)
        | ComponentItem::CoreFunc(_)
        | ComponentItem::Module(_)
        | ComponentItem::Component(_)
        | ComponentItem::ComponentInstance(_) => Ok(()),
    }
}

/// There are no variables, no arguments and no folder.
fn add_nothing(linker: &mut LinkerInstance<'_, State>, name: &str) -> wasmtime::Result<()> {
    let nothing = match name {
        "initial-cwd" => Val::Option(None),
        _ => Val::List(Vec::new()),
    };
    linker.func_new(name, move |mut store: StoreContextMut<'_, State>, _, _, answers| {
        store.data_mut().enter()?;
        answers.fill(nothing.clone());
        Ok(())
    })
}

/// Throws the dice as the answer's type wants them: bytes, as many as are asked for, or numbers.
fn throw(
    state: &mut State,
    is_pair: bool,
    asked: &[Val],
    answers: &mut [Val],
) -> wasmtime::Result<()> {
    state.enter()?;
    for answer in answers {
        *answer = match asked {
            _ if is_pair => Val::Tuple(vec![number(state)?, number(state)?]),
            [Val::U64(length)] => {
                Val::List(state.dice(*length)?.into_iter().map(Val::U8).collect())
            }
            _ => number(state)?,
        };
    }
    Ok(())
}

fn number(state: &mut State) -> wasmtime::Result<Val> {
    let bytes = state.dice(8)?;
    Ok(Val::U64(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))))
}
