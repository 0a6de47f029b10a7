//! Constants, structs and enums of the code with their documentation, read from the source: what is
//! private to a crate, and what a program cannot know about itself.

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, BinOp, Expr, Fields, Item, Lit, Meta};

/// The root of the checkout.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A source file.
pub(super) struct Source {
    path: String,
    file: syn::File,
}

/// A named thing with its documentation in one line.
pub(super) struct Documented {
    pub(super) name: String,
    pub(super) about: String,
    /// Of a field: whether it may be absent.
    pub(super) is_optional: bool,
}

impl Source {
    /// Reads a file, named from the root of the checkout.
    pub(super) fn read(path: &str) -> Self {
        let text =
            fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.to_owned(), file: syn::parse_file(&text).unwrap() }
    }

    /// What a constant is: a whole number, or a duration in milliseconds.
    pub(super) fn constant(&self, name: &str) -> u128 {
        let item = self.file.items.iter().find_map(|item| match item {
            Item::Const(item) if item.ident == name => Some(item),
            _ => None,
        });
        let item = item.unwrap_or_else(|| panic!("{} has no constant `{name}`", self.path));
        self.value(&item.expr)
    }

    /// The fields of a struct.
    pub(super) fn fields(&self, name: &str) -> Vec<Documented> {
        let item = self.file.items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(&item.fields),
            _ => None,
        });
        documented(item.unwrap_or_else(|| panic!("{} has no struct `{name}`", self.path)))
    }

    /// The variants of an enum.
    pub(super) fn variants(&self, name: &str) -> Vec<Documented> {
        let item = self.file.items.iter().find_map(|item| match item {
            Item::Enum(item) if item.ident == name => Some(&item.variants),
            _ => None,
        });
        let variants = item.unwrap_or_else(|| panic!("{} has no enum `{name}`", self.path));
        let variant = |v: &syn::Variant| Documented {
            name: v.ident.to_string(),
            about: about(&v.attrs),
            is_optional: false,
        };
        variants.iter().map(variant).collect()
    }

    /// The whole number that a constant expression is; of a duration, its milliseconds.
    fn value(&self, expression: &Expr) -> u128 {
        match expression {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) => number.base10_parse().unwrap(),
                _ => panic!("{}: not a whole number", self.path),
            },
            Expr::Paren(inner) => self.value(&inner.expr),
            Expr::Cast(inner) => self.value(&inner.expr),
            Expr::Path(path) => {
                let name = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
                self.constant(&name)
            }
            Expr::Binary(binary) => {
                let (left, right) = (self.value(&binary.left), self.value(&binary.right));
                match binary.op {
                    BinOp::Shl(_) => left << right,
                    BinOp::Mul(_) => left * right,
                    BinOp::Sub(_) => left - right,
                    _ => panic!("{}: an operator that is not known here", self.path),
                }
            }
            Expr::Call(call) => {
                let Expr::Path(function) = &*call.func else { panic!("{}: a call", self.path) };
                let function = function.path.segments.last().unwrap().ident.to_string();
                let argument = self.value(call.args.first().unwrap());
                match function.as_str() {
                    "from_secs" => argument * 1_000,
                    "from_millis" => argument,
                    other => panic!("{}: `{other}`", self.path),
                }
            }
            _ => panic!("{}: an expression that is not known here", self.path),
        }
    }
}

fn documented(fields: &Fields) -> Vec<Documented> {
    let field = |field: &syn::Field| Documented {
        name: field.ident.as_ref().unwrap().to_string(),
        about: about(&field.attrs),
        is_optional: matches!(&field.ty, syn::Type::Path(path)
            if path.path.segments.last().is_some_and(|segment| segment.ident == "Option")),
    };
    fields.iter().map(field).collect()
}

/// The documentation as one line.
pub(super) fn about(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> =
        attributes.iter().filter_map(line).map(|line| line.trim().to_owned()).collect();
    // Links lead into the documentation of the code, which is elsewhere.
    lines.join(" ").replace("[`", "`").replace("`]", "`").replace('|', "\\|")
}
