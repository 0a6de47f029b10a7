//! Several plugins in Python as one component: an interpreter takes long to build and to compile, and
//! serves as many worlds as it is asked to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};

/// A project of them all. Each source is a module of its own, each case says which world it asks, and
/// the manifest says what all of them say.
pub(super) fn together(folder: &Path, projects: &[PathBuf]) -> PathBuf {
    let all = folder.join("together");
    fs::create_dir_all(all.join("cases")).unwrap();
    let (mut source, mut worlds, mut wants) = (String::new(), Vec::new(), Vec::new());
    let mut reads = json!({"request": [], "items": [], "users": []});
    for project in projects {
        let module = project.file_name().unwrap().to_str().unwrap().replace('-', "_");
        let text = fs::read_to_string(project.join("plugin.py")).unwrap();
        let manifest = fs::read_to_string(project.join("manifest.json")).unwrap();
        let manifest: Json = serde_json::from_str(&manifest).unwrap();
        let [Json::String(world)] = manifest["worlds"].as_array().unwrap().as_slice() else {
            panic!("{module} has several worlds");
        };
        source += &format!("from {module} import {}\n", functions(world, &text));
        fs::write(all.join(format!("{module}.py")), text).unwrap();
        cases(world, &project.join("cases"), &all.join(format!("cases/{module}.yaml")));
        worlds.push(world.clone());
        wants.extend(manifest["wants"].as_array().cloned().unwrap_or_default());
        for (of, names) in reads.as_object_mut().unwrap() {
            let more = manifest["reads"][of].as_array().cloned().unwrap_or_default();
            names.as_array_mut().unwrap().extend(more);
        }
    }
    let manifest = json!({
        "name": "together", "version": "1", "contract": "1.0.0", "about": "Several in one",
        "worlds": worlds, "wants": wants, "reads": reads,
    });
    fs::write(all.join("plugin.py"), source).unwrap();
    fs::write(all.join("manifest.json"), manifest.to_string()).unwrap();
    all
}

/// What a plugin of a world defines.
fn functions(world: &str, text: &str) -> String {
    let functions = match world {
        "condition" => "evaluate",
        "approvers" => "resolve",
        "validator" => "validate",
        "notifier" => "deliver",
        "executor" if text.contains("\ndef revert(") => "plan, execute, probe, revert",
        "executor" => "plan, execute, probe",
        other => panic!("no world is called `{other}`"),
    };
    functions.to_owned()
}

/// The cases of a plugin, which say the world that they ask.
fn cases(world: &str, from: &Path, to: &Path) {
    let files: Vec<PathBuf> =
        fs::read_dir(from).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{} has several files", from.display()) };
    let text = fs::read_to_string(file).unwrap();
    let given = "given:\n";
    assert!(text.starts_with(given) || text.contains(&format!("\n{given}")), "{}", file.display());
    fs::write(to, text.replacen(given, &format!("{given}  world: {world}\n"), 1)).unwrap();
}
