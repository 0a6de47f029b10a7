//! What a component is, for those who look at it.

use engine_api::organization::{
    AccessWord, ComponentView, NameView, ReadsView, WantView, WorldWord,
};
use engine_host::{Access, Capability, Manifest, Name, Plugin, Reads, Want, Weight};

use crate::grants;

/// What a component says about itself, and what it is.
pub(crate) fn view(plugin: &Plugin) -> ComponentView {
    let Manifest { name, version, contract, worlds, about, reads, wants, pure, config: _ } =
        plugin.manifest();
    ComponentView {
        name: name.to_string(),
        version: version.clone(),
        contract: contract.clone(),
        worlds: worlds.iter().copied().map(WorldWord::from).collect(),
        about: about.clone(),
        pure: *pure,
        interpreter: plugin.weight() == Weight::Heavy,
        bytes: plugin.size() as u64,
        sha256: plugin.digest().to_owned(),
        exports: plugin.exports().map(short).collect(),
        imports: plugin.imports().map(short).collect(),
        reads: read(reads),
        wants: wants.iter().map(want).collect(),
    }
}

/// An interface of the contract by its short name; those of the system, which refuse, as one.
fn short(name: &str) -> String {
    let (package, interface) = name.split_once('/').unwrap_or(("", name));
    let interface = interface.split('@').next().unwrap_or(interface);
    let (space, _) = package.split_once(':').unwrap_or((package, ""));
    if space == "wasi" { "wasi (refused)".to_owned() } else { interface.to_owned() }
}

fn read(reads: &Reads) -> ReadsView {
    let names = |names: &[Name]| names.iter().map(named).collect();
    let Reads { request, items, users } = reads;
    ReadsView { request: names(request), items: names(items), users: names(users) }
}

fn want(want: &Want) -> WantView {
    let access = match want.access {
        Access::ReadOnly => AccessWord::Read,
        Access::ReadWrite => AccessWord::Write,
    };
    WantView {
        capability: want.capability.to_string(),
        target: want.target.as_ref().map(named),
        access: (want.capability == Capability::Statements).then_some(access),
        methods: want.methods.iter().copied().map(grants::word).collect(),
        why: want.why.clone(),
    }
}

fn named(name: &Name) -> NameView {
    match name {
        Name::Fixed(name) => NameView::Fixed(name.clone()),
        Name::Config(key) => NameView::Setting { config: key.clone() },
    }
}
