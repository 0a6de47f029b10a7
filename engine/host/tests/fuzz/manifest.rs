//! The manifest, and what it stands in.

use engine_host::{MANIFEST_SECTION, Manifest, custom_section, read_manifest};

use super::run::{outline, run};

const COMPONENT: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
const WORDS: &[&str] = &[
    "\"name\"",
    "\"version\"",
    "\"contract\"",
    "\"1.0.0\"",
    "\"worlds\"",
    "\"about\"",
    "\"config\"",
    "\"reads\"",
    "\"wants\"",
    "\"pure\"",
    "\"capability\"",
    "\"target\"",
    "\"access\"",
    "\"methods\"",
    "\"why\"",
    "\"condition\"",
    "\"executor\"",
    "\"statements\"",
    "\"http\"",
    "\"$ref\"",
    "\"#/$defs/a\"",
    "\"pattern\"",
    "\"(a+)+$\"",
    "\"allOf\"",
    "\"properties\"",
    "\"type\"",
    "\"object\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "1e999",
    "-0",
    "\\ud800",
    "{\"config\": \"a\"}",
];

/// The first byte says what the rest is: the text of a manifest, or a whole file.
#[test]
fn manifests() {
    run("manifest", WORDS, |input| {
        let (kind, rest) = input.split_first().unwrap_or((&0, &[]));
        let file = if kind % 4 == 0 {
            [&COMPONENT, rest].concat()
        } else {
            [&COMPONENT[..], &custom_section(MANIFEST_SECTION, rest)].concat()
        };
        match read_manifest(&file) {
            Ok(manifest) => {
                // What was understood is written as it was meant.
                let written = serde_json::to_string(&manifest).unwrap();
                let again: Manifest = serde_json::from_str(&written).unwrap();
                assert_eq!(again, manifest);
                format!("{:?} {}", manifest.worlds, manifest.wants.len().min(3))
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                format!("{} {}", error.code(), outline(&error.to_string()))
            }
        }
    });
}
