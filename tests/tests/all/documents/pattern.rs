//! Output as a document shows it: `…` stands for anything in a line, and alone for any lines.

/// Stands for what differs from run to run.
const ANYTHING: &str = "…";

/// Whether the lines that were printed are those that the document shows.
pub(super) fn is_shown(shown: &[String], printed: &[String]) -> bool {
    let Some((first, rest)) = shown.split_first() else { return printed.is_empty() };
    if first == ANYTHING {
        return (0..=printed.len())
            .any(|from| is_shown(rest, printed.get(from..).unwrap_or_default()));
    }
    printed.split_first().is_some_and(|(line, more)| is_line(first, line) && is_shown(rest, more))
}

fn is_line(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split(ANYTHING);
    let Some(mut rest) = parts.next().and_then(|begin| printed.strip_prefix(begin)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(end) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(end)
}

#[test]
fn only_what_differs_may_be_left_out() {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let is = |shown: &str, printed: &str| is_shown(&lines(shown), &lines(printed));
    assert!(is("a\nb", "a\nb") && is("ready in … ms", "ready in 12 ms"));
    assert!(is("a\n…\nz", "a\nz") && is("a\n…\nz", "a\nb\nc\nz") && is("…", ""));
    assert!(is(
        "{\"id\":\"…\",…,\"status\":\"pending\",…}",
        "{\"id\":\"7\",\"a\":1,\"status\":\"pending\",\"b\":2}"
    ));
    assert!(!is("a", "a\nb") && !is("a\nb", "a") && !is("a", "aa") && !is("…b", "ba"));
    assert!(!is("a … b", "a b") && !is("x…x", "x"));
}
