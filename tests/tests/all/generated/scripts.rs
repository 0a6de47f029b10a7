//! The functions of `docs/scripts.md`, from the library that the plugin host checks scripts by. Its tests hold
//! it to what is registered, and run each example.

use std::fmt::Write;

use engine_host::script_functions;

/// What stands around the part of the document that is written here.
const BEGIN: &str = "<!-- functions: written from the code -->\n";
const END: &str = "<!-- end of functions -->\n";

/// The document with its functions as the library has them.
pub(super) fn write(document: &str) -> String {
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    format!("{before}{BEGIN}{}{END}{after}", functions())
}

fn functions() -> String {
    let mut text = String::new();
    for chapter in script_functions() {
        write!(
            text,
            "\n### {}\n\n| function | what it does | true |\n|---|---|---|\n",
            chapter.title
        )
        .unwrap();
        for function in chapter.functions {
            let (signature, example) = (code(function.signature), code(function.example));
            let about = function.about.replace('|', "\\|");
            writeln!(text, "| {signature} | {about} | {example} |").unwrap();
        }
    }
    text.push('\n');
    text
}

/// Code in a cell of a table.
fn code(text: &str) -> String {
    assert!(!text.contains('`'), "a back-tick would end the code: {text}");
    format!("`{}`", text.replace('|', "\\|"))
}
