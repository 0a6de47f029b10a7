//! The example organizations are documents of the format.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "what a test cannot go on without ends it"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use engine_api::{
    directory::{DirectoryDoc, RatesDoc},
    document::{Diagnostic, Diagnostics, Document},
};
use engine_core::{
    directory::{Group, Resource, User},
    ids::{PluginId, UserId},
    organization::{Organization as CoreOrganization, Settings},
    rule::{Names, World, compile, definition::Definition},
    schema::Schema,
};
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Organization {
    organization: String,
    settings: Settings,
    rates: RatesDoc,
    directory: DirectoryDoc,
}

fn shop() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop")
}

fn document(path: &PathBuf) -> Document {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy();
    Document::parse(&name, &text).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn the_shop_has_an_organization_whose_names_all_exist() {
    let document = document(&shop().join("organization.yaml"));
    let read: Organization = document.read().unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(read.organization, "shop");
    assert!(read.settings.urgent);
    assert_eq!(read.rates.0.rates.len(), 2);
    let directory = read.directory;
    for user in &directory.users {
        for group in &user.groups {
            assert!(directory.groups.iter().any(|known| known.id == *group), "{group}");
        }
        if let Some(manager) = user.properties.get("manager") {
            assert!(directory.users.iter().any(|other| other.login.as_str() == manager));
        }
    }
}

/// The organization as the engine holds it, names only.
fn organization() -> CoreOrganization {
    let read: Organization = document(&shop().join("organization.yaml")).read().unwrap();
    let mut organization = CoreOrganization::new("shop".parse().unwrap());
    organization.user_properties = read.directory.user_properties;
    let directory = Arc::make_mut(&mut organization.directory);
    for group in read.directory.groups {
        directory.put_group(Group { name: group.id.to_string(), id: group.id });
    }
    for user in read.directory.users {
        directory.put_user(User {
            id: UserId::parse(&format!("u-{}", user.login)).unwrap(),
            name: user.login.to_string(),
            login: user.login,
            email: None,
            time_zone: None,
            active: user.active,
            kind: user.kind,
            role: user.role,
            groups: user.groups.into_iter().collect(),
            properties: BTreeMap::new(),
            replacement: engine_core::directory::Replacement::default(),
        });
    }
    for resource in read.directory.resources {
        directory.put_resource(Resource {
            name: resource.id.to_string(),
            id: resource.id,
            owner: None,
        });
    }
    organization
}

/// What the first-party plugins say of their settings.
fn schemas() -> BTreeMap<PluginId, Arc<Schema>> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    let schema = |name: &str| {
        let text = fs::read_to_string(plugins.join(name).join("manifest.json")).unwrap();
        let manifest: Json = serde_json::from_str(&text).unwrap();
        let schema =
            Schema::read(manifest.get("config").and_then(serde_json::Value::as_object).unwrap())
                .unwrap();
        (name.parse().unwrap(), Arc::new(schema))
    };
    let names = [
        "access",
        "business-rules",
        "calendar",
        "export",
        "http-approvers",
        "on-call",
        "org-chart",
        "risk-score",
        "sql",
        "webhook",
    ];
    names.into_iter().map(schema).collect()
}

/// What publishing says about a document.
fn publish(document: &Document) -> Result<(), Diagnostics> {
    let organization = organization();
    let scripts = names(&shop().join("scripts"));
    let scripts = scripts.iter().map(|name| name.parse().unwrap()).collect();
    let plugins = [
        ("access", World::Executor),
        ("business-rules", World::Validator),
        ("calendar", World::Condition),
        ("export", World::Executor),
        ("http-approvers", World::Approvers),
        ("on-call", World::Approvers),
        ("org-chart", World::Approvers),
        ("risk-score", World::Condition),
        ("sql", World::Executor),
        ("webhook", World::Notifier),
    ];
    let plugins = plugins.map(|(id, world)| (id.parse().unwrap(), [world].into())).into();
    let schemas = schemas();
    let known = Names::of_today(&organization, &scripts, &plugins).with_schemas(&schemas);
    let definition: Definition = document.read()?;
    let problems = compile(&definition, 1, &known).err().unwrap_or_default();
    let told: Vec<_> = problems.into_iter().map(|p| document.problem(&p.path, p.message)).collect();
    if told.is_empty() { Ok(()) } else { Err(Diagnostics(told)) }
}

#[test]
fn the_rules_of_the_shop_are_rules() {
    let rules = names(&shop().join("rules"));
    assert_eq!(rules.len(), 4);
    for name in rules {
        let document = document(&shop().join("rules").join(&name));
        publish(&document).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(Some(name), document.field("rule").map(|rule| format!("{rule}.yaml")));
    }
}

/// What publishing says first about a rule in which a word was replaced.
fn refused(name: &str, right: &str, wrong: &str) -> Diagnostic {
    let text = fs::read_to_string(shop().join("rules").join(name)).unwrap();
    assert!(text.contains(right), "{right}");
    let document = Document::parse(name, &text.replacen(right, wrong, 1)).unwrap();
    publish(&document).expect_err("a mistake").0.remove(0)
}

#[test]
fn a_mistake_in_the_settings_of_a_plugin_shows_its_line() {
    let found = refused("customer-export.yaml", "days: [mon,", "days: [lundi,");
    assert_eq!(
        found.to_string(),
        "\
error: expected one of `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`, `monday`, `tuesday`, `wednesday`, `thursday`, `friday`, …, found `lundi`
  --> customer-export.yaml:15:12
   |
15 |     days: [lundi, tue, wed, thu, fri, sat, sun]
   |            ^^^^^
"
    );
    for (name, right, wrong, path, says) in [
        (
            "data-fix.yaml",
            "connection:",
            "conection:",
            "executors[0].config",
            "`connection` is missing",
        ),
        (
            "hotfix.yaml",
            "max_rows: {property: max_rows}",
            "max_rows: {property: database}",
            "executors[0].config.max_rows",
            "expected a whole number, found a property of type resource",
        ),
        (
            "data-fix.yaml",
            "amount_property: amount",
            "amount_property: [amount]",
            "steps[1].approvers[0].who.config.amount_property",
            "expected a text, found a list",
        ),
        (
            "customer-export.yaml",
            "max_rows: {property: max_rows}",
            "max_rows: 0",
            "executors[0].config.max_rows",
            "expected a number of at least 1, found `0`",
        ),
        (
            "database-access.yaml",
            "role: {property: role}",
            "privileges: [SELECT]",
            "executors[0].config",
            "fits none of the forms there are: `role` is missing; or `tables` is missing",
        ),
    ] {
        let found = refused(name, right, wrong);
        assert_eq!((found.path.as_str(), found.message.as_str()), (path, says));
    }
    let found = refused("data-fix.yaml", "connection:", "conection:");
    assert_eq!(found.line, 34, "{found}");
}

/// The names of the files of a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What is said about a rule in which a word was replaced.
fn mistake(name: &str, right: &str, wrong: &str) -> String {
    let text = fs::read_to_string(shop().join("rules").join(name)).unwrap();
    assert!(text.contains(right), "{right}");
    let document = Document::parse(name, &text.replacen(right, wrong, 1)).unwrap();
    document.read::<Definition>().expect_err("a mistake").to_string()
}

#[test]
fn a_mistake_in_a_rule_shows_its_line_and_the_correction() {
    let found = mistake("data-fix.yaml", "amount, greater: 500", "amount, graeter: 500");
    assert_eq!(
        found,
        "\
error: unknown field `graeter`
  --> data-fix.yaml:19:30
   |
19 |     when: {property: amount, graeter: 500 EUR}
   |                              ^^^^^^^ expected one of `property`, `all`, `any`, `not`, `script`, `plugin`, `config`, `half_open`, `equal`, `not_equal`, `less`, `less_or_equal`, `greater`, `greater_or_equal`, `between`, `in`, `not_in`, `contains`, `within`, `is_set`, `matches`
   |
help: perhaps `greater`?
   |
19 |     when: {property: amount, greater: 500 EUR}
   |                              ~~~~~~~
"
    );
    let found = mistake("data-fix.yaml", "type: resource", "type: resuorce");
    assert!(found.contains("data-fix.yaml:6:29"), "{found}");
    assert!(found.contains("`resuorce` is not a property type"), "{found}");
    let found = mistake("customer-export.yaml", "quorum: any", "quorum: anny");
    assert!(found.contains("help: perhaps `any`?"), "{found}");
    let found = mistake("hotfix.yaml", "who: {owner_of: database}", "who: database");
    assert!(found.contains("expected who, such as `{group: finance}`"), "{found}");
}
