//! Writes mutants into a file of the core, each behind a question whether it is the one to be played.
//!
//! All of them are compiled at once, and chosen when the program starts: a build for each would take a
//! minute, a run of the scenarios takes seconds.

use anyhow::{Context, Result};
use proc_macro2::LineColumn;
use syn::{
    Arm, Expr, ExprBinary, ExprUnary,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::{Mutant, Place};

/// What stands before the number of a mutant.
const QUESTION: &str = "crate::mutant::is(";

/// A change of a file: these bytes become this text.
struct Edit {
    from: usize,
    to: usize,
    text: String,
}

/// The file with these mutants in it, and which of them found no place: a condition with a `let` in it
/// can be no part of another, and what overlaps comes one at a time.
///
/// # Errors
/// The file is no Rust.
pub(super) fn weave(text: &str, mutants: &[&Mutant]) -> Result<(String, Vec<usize>)> {
    let file = syn::parse_file(text).context("a file of the core cannot be read")?;
    let lines = Lines::new(text);
    let mut edits: Vec<Edit> = Vec::new();
    let mut left_out = Vec::new();
    for mutant in mutants {
        let mut seek = Seek { mutant, lines: &lines, text, edit: None };
        if mutant.genre == "FnValue" {
            let at = lines.byte(mutant.span.start.line, mutant.span.start.column - 1);
            let text = format!("if {} {{ return {}; }} ", chosen(mutant), mutant.replacement);
            seek.edit = Some(Edit { from: at, to: at, text });
        } else {
            seek.visit_file(&file);
        }
        match seek.edit {
            Some(edit) if edits.iter().all(|other| are_apart(other, &edit)) => edits.push(edit),
            Some(_) | None => left_out.push(mutant.number),
        }
    }
    edits.sort_by_key(|edit| edit.from);
    let mut woven = text.to_owned();
    for edit in edits.iter().rev() {
        woven.replace_range(edit.from..edit.to, &edit.text);
    }
    Ok((woven, left_out))
}

fn are_apart(a: &Edit, b: &Edit) -> bool {
    (a.to < b.from || b.to < a.from) && a.from != b.from
}

fn chosen(mutant: &Mutant) -> String {
    format!("{QUESTION}{})", mutant.number)
}

/// The mutant that is asked about last in a text.
pub(super) fn last_number(text: &str) -> Option<usize> {
    let (_, rest) = text.rsplit_once(QUESTION)?;
    rest.split(')').next()?.parse().ok()
}

/// Looks for the code that a mutant is about.
struct Seek<'a> {
    mutant: &'a Mutant,
    lines: &'a Lines,
    text: &'a str,
    edit: Option<Edit>,
}

impl Seek<'_> {
    fn is_here(&self, at: LineColumn) -> bool {
        let Place { line, column } = self.mutant.span.start;
        at.line == line && at.column + 1 == column
    }

    fn range(&self, of: &impl Spanned) -> (usize, usize) {
        let span = of.span();
        let byte = |at: LineColumn| self.lines.byte(at.line, at.column);
        (byte(span.start()), byte(span.end()))
    }

    fn source(&self, of: &impl Spanned) -> &str {
        let (from, to) = self.range(of);
        self.text.get(from..to).unwrap_or_default()
    }

    fn put(&mut self, whole: &impl Spanned, changed: &str) {
        let (from, to) = self.range(whole);
        let original = self.source(whole);
        let text = format!("(if {} {{ {changed} }} else {{ {original} }})", chosen(self.mutant));
        self.edit = Some(Edit { from, to, text });
    }
}

impl<'ast> Visit<'ast> for Seek<'_> {
    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        let is_it = self.mutant.genre == "BinaryOperator" && self.is_here(binary.op.span().start());
        if is_it && !has_let(&binary.left) && !has_let(&binary.right) {
            let (left, right) = (self.source(&binary.left), self.source(&binary.right));
            self.put(binary, &format!("{left} {} {right}", self.mutant.replacement));
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast ExprUnary) {
        if self.mutant.genre == "UnaryOperator" && self.is_here(unary.op.span().start()) {
            let inner = self.source(&unary.expr).to_owned();
            self.put(unary, &inner);
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        if let Some((_, guard)) = &arm.guard
            && self.mutant.genre == "MatchArmGuard"
            && self.is_here(guard.span().start())
            && !has_let(guard)
        {
            let (from, to) = self.range(&**guard);
            let (chosen, guard) = (chosen(self.mutant), self.source(&**guard));
            let text = match self.mutant.replacement.as_str() {
                "true" => format!("({chosen} || ({guard}))"),
                _ => format!("(!{chosen} && ({guard}))"),
            };
            self.edit = Some(Edit { from, to, text });
        }
        if self.mutant.genre == "MatchArm" && self.is_here(arm.pat.span().start()) {
            let (_, to) = self.range(&arm.pat);
            let chosen = chosen(self.mutant);
            // A guard that is there is part of the arm too.
            self.edit = match &arm.guard {
                None => Some(Edit { from: to, to, text: format!(" if !{chosen}") }),
                Some((_, guard)) if !has_let(guard) => {
                    let (from, to) = self.range(&**guard);
                    let text = format!("(!{chosen} && ({}))", self.source(&**guard));
                    Some(Edit { from, to, text })
                }
                Some(_) => None,
            };
        }
        visit::visit_arm(self, arm);
    }
}

fn has_let(of: &Expr) -> bool {
    struct Lets(bool);
    impl<'ast> Visit<'ast> for Lets {
        fn visit_expr_let(&mut self, _: &'ast syn::ExprLet) {
            self.0 = true;
        }
    }
    let mut lets = Lets(false);
    lets.visit_expr(of);
    lets.0
}

/// Where lines begin.
struct Lines {
    starts: Vec<usize>,
    text: String,
}

impl Lines {
    fn new(text: &str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect(), text: text.to_owned() }
    }

    /// Of a line from 1 and a column of characters from 0.
    fn byte(&self, line: usize, column: usize) -> usize {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.chars().take(column).map(char::len_utf8).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::Span;

    fn mutant(genre: &str, at: (usize, usize), replacement: &str) -> Mutant {
        let place = Place { line: at.0, column: at.1 };
        Mutant {
            name: String::new(),
            file: String::new(),
            genre: genre.to_owned(),
            replacement: replacement.to_owned(),
            span: Span { start: place, end: place },
            function: None,
            number: 7,
        }
    }

    fn woven(text: &str, mutant: &Mutant) -> (String, usize) {
        let (woven, left_out) = weave(text, &[mutant]).unwrap();
        (woven, left_out.len())
    }

    #[test]
    fn each_kind_of_mutant_is_woven_in() {
        let text = "fn f(a: bool, b: bool) -> bool {\n    a && !b\n}\n";
        let (and, _) = woven(text, &mutant("BinaryOperator", (2, 7), "||"));
        let wanted = "(if crate::mutant::is(7) { a || !b } else { a && !b })";
        assert!(and.contains(wanted), "{and}");
        let (not, _) = woven(text, &mutant("UnaryOperator", (2, 10), ""));
        assert!(not.contains("a && (if crate::mutant::is(7) { b } else { !b })"), "{not}");
        let (value, _) = woven(text, &mutant("FnValue", (2, 5), "true"));
        assert!(value.contains("    if crate::mutant::is(7) { return true; } a && !b"), "{value}");
        let text = "fn f(a: u8) -> u8 {\n    match a {\n        1 if a > 0 => 2,\n        3 => 4,\n        _ => 5,\n    }\n}\n";
        let (guard, _) = woven(text, &mutant("MatchArmGuard", (3, 14), "true"));
        assert!(guard.contains("1 if (crate::mutant::is(7) || (a > 0)) => 2"), "{guard}");
        let (arm, _) = woven(text, &mutant("MatchArm", (4, 9), ""));
        assert!(arm.contains("3 if !crate::mutant::is(7) => 4"), "{arm}");
        assert_eq!(last_number(&arm), Some(7));
        assert_eq!(last_number(text), None);
    }

    #[test]
    fn what_cannot_stand_inside_another_expression_is_left_out() {
        let text = "fn f(a: Option<u8>) {\n    if let Some(b) = a && b > 1 {}\n}\n";
        assert_eq!(woven(text, &mutant("BinaryOperator", (2, 24), "||")).1, 1);
        assert_eq!(woven(text, &mutant("BinaryOperator", (2, 29), "<")).1, 0);
        let text = "fn f(a: bool, b: bool) -> bool {\n    a && !b\n}\n";
        let both = [mutant("BinaryOperator", (2, 7), "||"), mutant("UnaryOperator", (2, 10), "")];
        assert_eq!(weave(text, &both.iter().collect::<Vec<_>>()).unwrap().1.len(), 1);
    }
}
