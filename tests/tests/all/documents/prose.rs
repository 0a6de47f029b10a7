//! Numbers in prose go out of date in silence: what the program does stands in documents that are
//! generated, or in blocks that are run. Any other number is listed here with the words around it.

use super::{DOCUMENTS, markdown, read};

/// What may be said with a number, by document: not about the program, or checked where it says.
const SAID: &[(&str, &str)] = &[
    ("README.md", "Apache-2.0"),
    ("CONTRIBUTING.md", "Apache-2.0"),
    // `xtask/src/tidy/length.rs` holds the code to these.
    ("CONTRIBUTING.md", "over 40 lines or a file over 400"),
    // The table in `engine/api/src/code.rs`, of which errors.md is made.
    ("docs/integrators.md", "Answer 503 means"),
    ("docs/operators.md", "answers 200 while requests are served and 503 while"),
    // The exit codes of `engine/server/src/cli.rs`; the blocks show them fail.
    ("docs/operators.md", "ends with status 1, or with 2"),
    ("docs/commands.md", "Exit status: 0 done, 1 failed, 2 wrong usage"),
    ("docs/rules.md", "RFC 3339"),
];

/// The line without what is quoted, where links lead, ids of rules, and the number of an entry.
fn bare(line: &str) -> String {
    let outside = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let mut parts = outside.split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("] ");
        text.push_str(part.split_once(')').map_or("", |(_, rest)| rest));
    }
    let text = text.trim_start_matches('#').trim_start();
    let text = match text.split_once(". ") {
        Some((number, rest)) if number.parse::<u8>().is_ok() => rest,
        Some(_) | None => text,
    };
    text.split_whitespace().filter(|word| !is_rule(word)).collect::<Vec<_>>().join(" ")
}

/// Such as `STP-5` or `(FIN-23).`
fn is_rule(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    word.split_once('-').is_some_and(|(chapter, number)| {
        chapter.len() == 3
            && chapter.bytes().all(|byte| byte.is_ascii_uppercase())
            && number.starts_with(|c: char| c.is_ascii_digit())
    })
}

#[test]
fn prose_says_no_number_that_is_not_checked() {
    let mut wrong = Vec::new();
    let mut unused: Vec<_> = SAID.to_vec();
    for path in DOCUMENTS {
        let document = read(path);
        for (line, text) in markdown::prose(&document) {
            let mut rest = bare(text);
            for (of, words) in SAID.iter().filter(|(of, _)| of == path) {
                if rest.contains(words) {
                    rest = rest.replace(words, "");
                    unused.retain(|said| said != &(*of, *words));
                }
            }
            if rest.contains(|c: char| c.is_ascii_digit()) {
                wrong.push(format!("{path}:{line}: {text}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "numbers that nothing checks");
    assert_eq!(unused, [], "listed here, and said nowhere");
}

#[test]
fn only_what_is_said_in_words_counts() {
    assert_eq!(bare("see [limits](limits-2.md), `7 rows` and STP-5."), "see [limits] , and");
    assert_eq!(bare("## 3. Limits"), "Limits");
    assert_eq!(bare("at most 30 days"), "at most 30 days");
}
