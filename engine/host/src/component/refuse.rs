//! Imports that nobody offers: each function refuses and names itself.
//!
//! Toolchains import parts of `wasi` that a plugin never calls, so that such imports are no reason
//! to refuse the file.

use wasmtime::{
    Engine, StoreContextMut,
    component::{Linker, LinkerInstance, ResourceType, types::ComponentItem},
};

use crate::state::{State, Stop};

/// The interfaces of the system, all of which refuse.
pub(super) const SYSTEM: &str = "wasi:";

/// Stands for every resource of such an import; there is never one.
struct Refused;

/// Adds an import that refuses.
///
/// # Errors
/// Where it is something that cannot stand for itself, such as a module.
pub(super) fn add(
    linker: &mut Linker<State>,
    engine: &Engine,
    name: &str,
    import: &ComponentItem,
) -> wasmtime::Result<()> {
    match import {
        ComponentItem::ComponentInstance(instance) => {
            let mut refusing = linker.instance(name)?;
            for (member, item) in instance.exports(engine) {
                add_member(&mut refusing, name, member, &item.ty)?;
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
