//! How long functions and files may be.

use std::collections::BTreeMap;

use super::{File, source::Source};

/// A length that is fine, and one that nothing may have.
struct Limits {
    fine: usize,
    wall: usize,
}

const FUNCTION: Limits = Limits { fine: 40, wall: 70 };
const FILE: Limits = Limits { fine: 400, wall: 700 };

/// Something that has a length.
pub(super) struct Measured {
    /// The path, and for a function a space and its name.
    name: String,
    lines: usize,
    limits: &'static Limits,
}

/// The lengths of a file and of its functions, tests aside.
pub(super) fn measure(file: &File, source: &Source) -> Vec<Measured> {
    let lines = file.text.lines().count().saturating_sub(source.test_lines);
    let mut measured = vec![Measured { name: file.path.clone(), lines, limits: &FILE }];
    measured.extend(source.functions.iter().map(|function| Measured {
        name: format!("{} {}", file.path, function.name),
        lines: function.lines,
        limits: &FUNCTION,
    }));
    measured
}

/// Compares what was measured with the limits and the exceptions.
pub(super) fn check(measured: &[Measured], exceptions: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut listed = listed(exceptions, &mut problems);
    for Measured { name, lines, limits } in measured {
        if lines > &limits.wall {
            let wall = limits.wall;
            problems.push(format!("{name}: {lines} lines, and {wall} are the most there may be"));
        } else if lines > &limits.fine {
            problems.extend(match listed.remove(name.as_str()) {
                Some(allowed) if allowed == *lines => None,
                Some(allowed) if allowed < *lines => {
                    Some(format!("{name}: grew from {allowed} to {lines} lines; split it"))
                }
                Some(allowed) => Some(format!(
                    "{name}: shrank from {allowed} to {lines} lines; write {lines} in the exceptions"
                )),
                None => Some(format!("{name}: {lines} lines, and {} are fine", limits.fine)),
            });
        }
    }
    problems.extend(
        listed.keys().map(|name| format!("{name}: no exception is needed; take it off the list")),
    );
    problems
}

/// The exceptions: a name, a space and a number of lines each.
fn listed<'a>(exceptions: &'a str, problems: &mut Vec<String>) -> BTreeMap<&'a str, usize> {
    let mut listed = BTreeMap::new();
    for line in exceptions.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let entry = line.rsplit_once(' ').and_then(|(name, n)| Some((name, n.parse().ok()?)));
        match entry {
            Some((name, lines)) => {
                listed.insert(name, lines);
            }
            None => problems.push(format!("exceptions: `{line}` has no number of lines")),
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> Vec<Measured> {
        vec![Measured { name: "a.rs f".to_owned(), lines, limits: &FUNCTION }]
    }

    #[test]
    fn a_function_may_have_forty_lines() {
        assert!(check(&function(40), "").is_empty());
        assert_eq!(check(&function(41), ""), ["a.rs f: 41 lines, and 40 are fine"]);
    }

    #[test]
    fn nothing_excuses_the_wall() {
        assert!(check(&function(70), "a.rs f 70").is_empty());
        assert_eq!(check(&function(71), "a.rs f 71").len(), 2);
    }

    #[test]
    fn exceptions_only_shrink() {
        assert_eq!(
            check(&function(51), "a.rs f 50"),
            ["a.rs f: grew from 50 to 51 lines; split it"]
        );
        assert_eq!(
            check(&function(49), "a.rs f 50"),
            ["a.rs f: shrank from 50 to 49 lines; write 49 in the exceptions"]
        );
        assert_eq!(
            check(&function(40), "# why\n\na.rs f 50"),
            ["a.rs f: no exception is needed; take it off the list"]
        );
        assert_eq!(check(&[], "nonsense"), ["exceptions: `nonsense` has no number of lines"]);
    }

    #[test]
    fn the_lines_of_tests_do_not_count() {
        let text = "//! Doc.\n".repeat(405);
        let file = File { path: "a.rs".to_owned(), text };
        let mut source = Source::default();
        source.test_lines = 5;
        assert!(check(&measure(&file, &source), "").is_empty());
        assert_eq!(
            check(&measure(&file, &Source::default()), ""),
            ["a.rs: 405 lines, and 400 are fine"]
        );
    }
}
