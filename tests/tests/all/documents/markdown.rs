//! Fenced blocks of a document, and what they say they are.

use std::ops::Range;

/// A fenced block.
#[derive(Debug)]
pub(in crate::all) struct Block {
    /// Of its first fence, from 1.
    pub(in crate::all) line: usize,
    /// What stands behind the first fence.
    pub(in crate::all) info: String,
    /// Between the fences; ends with a line feed, unless it is empty.
    pub(in crate::all) text: String,
    /// The lines of `text` in the document, from 0.
    pub(in crate::all) lines: Range<usize>,
}

/// What a block says it is.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::all) enum Kind {
    /// A rule, or a document about the organization.
    Yaml(Given),
    /// Tests of rules.
    Scenario(Given),
    /// A script.
    Rhai(Given),
    /// The configuration of `countersign serve`.
    Toml(Given),
    /// Something for a command to read.
    Json(Given),
    /// A file of this checkout, word by word.
    Include(String),
    /// Commands and what they print.
    Console(Given),
    /// What the block before is refused with.
    Text,
}

/// What stands behind the language.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::all) struct Given {
    /// `file=…`: where commands below find it.
    pub(in crate::all) file: Option<String>,
    /// `refused`: wrong on purpose. The block below has the words; of commands, the last one fails.
    pub(in crate::all) refused: bool,
}

impl Kind {
    /// What the block is; an info string that nobody knows is an error.
    pub(in crate::all) fn of(info: &str) -> Result<Self, String> {
        let mut words = info.split_whitespace();
        let Some(language) = words.next() else {
            return Err("expected a language behind the fence".to_owned());
        };
        let (mut given, mut scenario, mut include) = (Given::default(), false, None);
        for word in words {
            match word.split_once('=') {
                Some(("file", name)) => given.file = Some(name.to_owned()),
                Some(("include", path)) => include = Some(path.to_owned()),
                None if word == "refused" => given.refused = true,
                None if word == "scenario" => scenario = true,
                Some(_) | None => return Err(format!("`{word}` says nothing about a block")),
            }
        }
        match (language, include, scenario) {
            (_, Some(path), false) => Ok(Self::Include(path)),
            ("yaml", None, true) => Ok(Self::Scenario(given)),
            ("yaml", None, false) => Ok(Self::Yaml(given)),
            ("rhai", None, false) => Ok(Self::Rhai(given)),
            ("toml", None, false) => Ok(Self::Toml(given)),
            ("json", None, false) => Ok(Self::Json(given)),
            ("console", None, false) => Ok(Self::Console(given)),
            ("text", None, false) => Ok(Self::Text),
            _ => Err(format!("`{info}` is no kind of block that is tested")),
        }
    }
}

/// Every fenced block.
///
/// # Panics
/// Where a block has no end, or a fence is not three backticks at the beginning of a line.
pub(in crate::all) fn blocks(document: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in document.lines().enumerate() {
        let fence = line.strip_prefix("```");
        let strange =
            line.trim_start().starts_with("```") && fence.is_none_or(|i| i.starts_with('`'));
        assert!(!strange, "line {}: a fence is three backticks at the left", number + 1);
        match (fence, open.take()) {
            (Some(info), None) => {
                let (info, lines) = (info.trim().to_owned(), number + 1..number + 1);
                open = Some(Block { line: number + 1, info, text: String::new(), lines });
            }
            (Some(_), Some(mut block)) => {
                block.lines.end = number;
                found.push(block);
            }
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block that begins on line {} has no end", open.unwrap().line);
    found
}

/// The document without its fenced blocks, with the number of each line from 1.
pub(in crate::all) fn prose(document: &str) -> Vec<(usize, &str)> {
    let blocks = blocks(document);
    let outside =
        |number: &usize| !blocks.iter().any(|b| (b.line..=b.lines.end + 1).contains(number));
    (1..).zip(document.lines()).filter(|(number, _)| outside(number)).collect()
}

#[test]
fn blocks_know_where_they_stand() {
    let document = "# a\n```yaml refused file=x.yaml\nrule: a\n```\nb\n```text\n```\n";
    let found = blocks(document);
    let lines: Vec<_> = found.iter().map(|b| (b.line, b.lines.clone(), b.text.as_str())).collect();
    assert_eq!(lines, [(2, 2..3, "rule: a\n"), (6, 6..6, "")]);
    let given = Given { file: Some("x.yaml".to_owned()), refused: true };
    assert_eq!(Kind::of(&found.first().unwrap().info), Ok(Kind::Yaml(given)));
    assert_eq!(prose(document), [(1, "# a"), (5, "b")]);
}

#[test]
fn what_nobody_tests_is_an_error() {
    for info in ["", "python", "yaml untested", "rust", "rhai scenario", "yaml shown=false"] {
        assert!(Kind::of(info).is_err(), "{info}");
    }
    let include = Kind::of("rust include=examples/frugal/src/lib.rs");
    assert_eq!(include, Ok(Kind::Include("examples/frugal/src/lib.rs".to_owned())));
}
