//! What a Rust file consists of.

use anyhow::{Context, Result};
use syn::{
    Attribute, ImplItemFn, Item, ItemFn, TraitItemFn,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::File;

/// What the rules look at in a Rust file.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Every function that is not a test or part of one.
    pub(super) functions: Vec<Function>,
    /// Lines that belong to tests.
    pub(super) test_lines: usize,
    /// Whether it begins with a module comment.
    documented: bool,
    /// The lines of `#[ignore]` attributes.
    ignored: Vec<usize>,
}

/// A function with its length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    /// With the type it belongs to, if any: `Engine::decide`.
    pub(super) name: String,
    /// Where it begins, from 1.
    pub(super) line: usize,
    /// From `fn` to the closing brace.
    pub(super) lines: usize,
}

/// Reads a Rust file.
///
/// # Errors
/// It is not Rust.
pub(super) fn read(file: &File) -> Result<Source> {
    let syntax =
        syn::parse_file(&file.text).with_context(|| format!("cannot read `{}`", file.path))?;
    let mut reader = Reader {
        source: Source {
            documented: syntax.attrs.iter().any(|a| a.path().is_ident("doc")),
            ..Source::default()
        },
        owner: None,
        in_test: is_test_file(&file.path),
    };
    reader.visit_file(&syntax);
    if is_test_file(&file.path) {
        reader.source.test_lines = file.text.lines().count();
    }
    Ok(reader.source)
}

/// What is wrong with a file whatever its length.
pub(super) fn check(file: &File, source: &Source) -> Vec<String> {
    let mut problems = Vec::new();
    if file.path.ends_with("/mod.rs") {
        problems.push(format!("{}: a module is `foo.rs` beside `foo/`, not `mod.rs`", file.path));
    }
    if !source.documented && !is_test_file(&file.path) {
        problems.push(format!("{}: no `//!` comment that says what it is for", file.path));
    }
    for line in &source.ignored {
        problems.push(format!("{}:{line}: an ignored test shows nothing", file.path));
    }
    problems
}

/// Whether the whole file is there for tests only.
fn is_test_file(path: &str) -> bool {
    let folders = ["tests", "benches", "examples", "fuzz"];
    path.split('/').any(|part| folders.contains(&part) || part == "tests.rs")
}

struct Reader {
    source: Source,
    /// The type whose functions are being read.
    owner: Option<String>,
    in_test: bool,
}

impl Reader {
    fn function(&mut self, name: &syn::Ident, attributes: &[Attribute], lines: (usize, usize)) {
        if self.in_test || attributes.iter().any(is_test) {
            return;
        }
        let name = self.owner.as_ref().map_or_else(|| name.to_string(), |o| format!("{o}::{name}"));
        let (line, last) = lines;
        self.source.functions.push(Function { name, line, lines: last - line + 1 });
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let test = !self.in_test && attributes(item).iter().any(is_test);
        if test {
            let span = item.span();
            self.source.test_lines += span.end().line - span.start().line + 1;
        }
        let (outer_test, outer_owner) = (self.in_test, self.owner.clone());
        self.in_test |= test;
        if let Item::Impl(block) = item {
            self.owner = type_name(&block.self_ty);
        }
        visit::visit_item(self, item);
        (self.in_test, self.owner) = (outer_test, outer_owner);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let lines = (item.sig.span().start().line, item.block.span().end().line);
        self.function(&item.sig.ident, &item.attrs, lines);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let lines = (item.sig.span().start().line, item.block.span().end().line);
        self.function(&item.sig.ident, &item.attrs, lines);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            let lines = (item.sig.span().start().line, block.span().end().line);
            self.function(&item.sig.ident, &item.attrs, lines);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("ignore") {
            self.source.ignored.push(attribute.span().start().line);
        }
    }
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`, `#[cfg(all(test, …))]`.
fn is_test(attribute: &Attribute) -> bool {
    let path = attribute.path();
    if path.segments.last().is_some_and(|last| last.ident == "test") {
        return true;
    }
    let syn::Meta::List(list) = &attribute.meta else { return false };
    path.is_ident("cfg")
        && list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
        && !list.tokens.to_string().contains("not")
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        // The other items have no function in them.
        _ => &[],
    }
}

fn type_name(of: &syn::Type) -> Option<String> {
    let syn::Type::Path(path) = of else { return None };
    path.path.segments.last().map(|last| last.ident.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    fn problems(path: &str, text: &str) -> Vec<String> {
        let file = file(path, text);
        check(&file, &read(&file).unwrap())
    }

    #[test]
    fn functions_are_measured_and_tests_are_not() {
        let text = "\
//! Doc.
struct Engine;
impl Engine {
    /// Doc.
    fn decide(&self) {
        work();
    }
}
trait Clock { fn now() {
} }
#[cfg(test)]
mod tests {
    fn help() {}
    #[test]
    fn it_works() {}
}
";
        let source = read(&file("engine/a/src/lib.rs", text)).unwrap();
        let found: Vec<_> =
            source.functions.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(found, [("Engine::decide", 5, 3), ("now", 9, 2)]);
        assert_eq!(source.test_lines, 6);
    }

    #[test]
    fn a_file_of_tests_has_no_functions_to_measure() {
        let source = read(&file("engine/a/src/decide/tests.rs", "fn a() {}\n")).unwrap();
        assert_eq!((source.functions.len(), source.test_lines), (0, 1));
    }

    #[test]
    fn code_for_builds_without_tests_is_code() {
        let source = read(&file("a.rs", "#[cfg(not(test))] fn a() {}")).unwrap();
        assert_eq!(source.functions.len(), 1);
    }

    #[test]
    fn mod_rs_a_missing_comment_and_an_ignored_test_are_found() {
        assert_eq!(problems("engine/a/src/b/mod.rs", "//! Doc.").len(), 1);
        assert_eq!(problems("engine/a/src/b.rs", "// Not a module comment.").len(), 1);
        let text = "//! Doc.\n#[cfg(test)] mod tests {\n#[test]\n#[ignore = \"slow\"]\nfn a() {} }";
        assert_eq!(
            problems("engine/a/src/b.rs", text),
            ["engine/a/src/b.rs:4: an ignored test shows nothing"]
        );
        assert_eq!(problems("engine/a/src/b.rs", "//! Doc."), [""; 0]);
    }
}
