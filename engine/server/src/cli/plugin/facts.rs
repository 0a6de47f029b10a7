//! What a component is, in lines.

use engine_api::organization::{AccessWord, ComponentView, NameView, ReadsView, WantView};

use super::super::output::say;

/// Its name and what it does; which contract it serves; its file.
pub(super) fn say_head(component: &ComponentView) {
    let ComponentView { name, version, about, bytes, sha256, .. } = component;
    say(&format!("{name} {version}: {about}"));
    say_worlds(component);
    say(&format!("  {bytes} bytes{}, SHA-256 {sha256}", weight(component)));
}

pub(super) fn say_worlds(component: &ComponentView) {
    let worlds: Vec<&str> = component.worlds.iter().map(|world| world.as_str()).collect();
    say(&format!("  serves {} (contract {})", worlds.join(", "), component.contract));
}

/// Whether it is an interpreter.
pub(super) fn weight(component: &ComponentView) -> &'static str {
    if component.interpreter { ", an interpreter" } else { "" }
}

pub(super) fn say_imports(component: &ComponentView) {
    say(&format!("  imports {}", listed(&component.imports)));
}

/// What crosses its border, and what it reads.
pub(super) fn say_borders(component: &ComponentView) {
    say(&format!("  exports {}", listed(&component.exports)));
    say_imports(component);
    let ReadsView { request, items, users } = &component.reads;
    for (whose, names) in [("request", request), ("items", items), ("users", users)] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(named).collect();
            say(&format!("  reads of {whose}: {}", names.join(", ")));
        }
    }
    if component.pure {
        say("  answers the same to the same");
    }
}

pub(super) fn say_wants(component: &ComponentView) {
    if component.wants.is_empty() {
        say("  asks to be granted nothing");
    }
    for want in &component.wants {
        say(&format!("  asks for {}", wanted(want)));
    }
}

fn wanted(want: &WantView) -> String {
    let WantView { capability, target, access, methods, why } = want;
    let target = target.as_ref().map(|target| format!(" {}", named(target))).unwrap_or_default();
    let access = match access {
        Some(AccessWord::Write) => ", to change",
        Some(AccessWord::Read) | None => "",
    };
    let methods: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
    let methods =
        if methods.is_empty() { String::new() } else { format!(" ({})", methods.join(", ")) };
    format!("{capability}{target}{access}{methods}: {why}")
}

fn named(name: &NameView) -> String {
    match name {
        NameView::Fixed(name) => format!("`{name}`"),
        NameView::Setting { config } => format!("named by the setting `{config}`"),
    }
}

fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
