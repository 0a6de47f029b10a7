//! The types of some source files, as serde's derived readers see them.

use std::fs;

use syn::{
    Attribute, Fields, GenericArgument, Item, LitStr, PathArguments, Token, Type,
    ext::IdentExt as _, parse::ParseStream,
};

use super::super::source::about as documentation;

/// The items of some files.
pub(super) struct Types {
    items: Vec<Item>,
}

/// What a type is to serde.
pub(super) enum Shape {
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
}

/// A type by its name, without the way there.
pub(super) struct Named {
    pub(super) name: String,
    /// Between the angles of `Option<…>`.
    pub(super) arguments: Vec<Named>,
}

/// A key of a map.
pub(super) struct Field {
    /// As it is written; more than one where it has aliases.
    pub(super) names: Vec<String>,
    pub(super) of: Named,
    pub(super) about: String,
    pub(super) is_required: bool,
}

/// A word of a closed list.
pub(super) struct Variant {
    pub(super) names: Vec<String>,
    /// What stands under it, where something does.
    pub(super) of: Option<Named>,
    pub(super) about: String,
}

/// A command of scenario files.
pub(super) struct Command {
    pub(super) name: String,
    pub(super) of: Named,
}

impl Types {
    /// Reads files, named from the root of the checkout. A name that stands in two is the first's.
    pub(super) fn read(paths: &[&str]) -> Self {
        let mut items = Vec::new();
        for path in paths {
            let file = super::super::source::root().join(path);
            let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{path}: {error}"));
            items.extend(syn::parse_file(&text).unwrap().items);
        }
        Self { items }
    }

    /// The words of a constant list.
    pub(super) fn words(&self, name: &str) -> Vec<String> {
        let list = self.items.iter().find_map(|item| match item {
            Item::Const(item) if item.ident == name => Some(&*item.expr),
            _ => None,
        });
        let Some(syn::Expr::Array(list)) = list else { panic!("no list `{name}`") };
        let word = |element: &syn::Expr| match element {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => text.value(),
            _ => panic!("`{name}` is no list of words"),
        };
        list.elems.iter().map(word).collect()
    }

    /// What `commands!` is called with.
    pub(super) fn commands(&self) -> Vec<Command> {
        let tokens = self.items.iter().find_map(|item| match item {
            Item::Macro(item) if item.ident.is_none() && item.mac.path.is_ident("commands") => {
                Some(item.mac.tokens.clone())
            }
            _ => None,
        });
        let tokens = tokens.unwrap_or_else(|| panic!("there is no `commands!`"));
        syn::parse::Parser::parse2(commands, tokens).unwrap()
    }

    pub(super) fn find(&self, name: &str) -> Shape {
        for item in &self.items {
            match item {
                Item::Struct(item) if item.ident == name => {
                    return Shape::Struct(fields(&item.attrs, &item.fields));
                }
                Item::Enum(item) if item.ident == name => {
                    let serde = Serde::read(&item.attrs);
                    assert!(serde.is_snake_case, "`{name}` needs `rename_all = \"snake_case\"`");
                    return Shape::Enum(self.variants(name));
                }
                _ => {}
            }
        }
        panic!("there is no type `{name}` in the files that are read for this schema")
    }

    /// The variants of an enum that reads itself; what named fields stand for is its reader's business.
    pub(super) fn variants(&self, name: &str) -> Vec<Variant> {
        let item = self.items.iter().find_map(|item| match item {
            Item::Enum(item) if item.ident == name => Some(item),
            _ => None,
        });
        let item = item.unwrap_or_else(|| panic!("there is no enum `{name}`"));
        item.variants.iter().map(variant).collect()
    }

    pub(super) fn about(&self, name: &str) -> String {
        let attributes = self.items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(&item.attrs),
            Item::Enum(item) if item.ident == name => Some(&item.attrs),
            _ => None,
        });
        attributes.map(|attributes| plain(attributes)).unwrap_or_default()
    }
}

impl Named {
    fn of(of: &Type) -> Self {
        let Type::Path(path) = of else { panic!("a type that is not known here") };
        let segment = path.path.segments.last().unwrap();
        let arguments = match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().map(argument).collect()
            }
            _ => Vec::new(),
        };
        Self { name: segment.ident.to_string(), arguments }
    }
}

fn argument(argument: &GenericArgument) -> Named {
    match argument {
        GenericArgument::Type(of) => Named::of(of),
        _ => panic!("an argument that is not known here"),
    }
}

/// `AtLeast` as serde's `snake_case` writes it.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

fn fields(of_struct: &[Attribute], fields: &Fields) -> Vec<Field> {
    let whole = Serde::read(of_struct);
    assert!(whole.denies_unknown, "what people write has `deny_unknown_fields`");
    let field = |field: &syn::Field| {
        let serde = Serde::read(&field.attrs);
        let name = field.ident.as_ref().unwrap().unraw().to_string();
        let mut names = vec![serde.rename.unwrap_or(name)];
        names.extend(serde.aliases);
        let may_be_absent = whole.has_default || serde.has_default || is_option(&field.ty);
        Field {
            names,
            of: Named::of(&field.ty),
            about: plain(&field.attrs),
            is_required: !may_be_absent,
        }
    };
    fields.iter().map(field).collect()
}

fn variant(variant: &syn::Variant) -> Variant {
    let serde = Serde::read(&variant.attrs);
    let mut names = vec![serde.rename.unwrap_or_else(|| snake(&variant.ident.to_string()))];
    names.extend(serde.aliases);
    let of = match &variant.fields {
        Fields::Unnamed(fields) => Some(Named::of(&fields.unnamed.first().unwrap().ty)),
        Fields::Unit | Fields::Named(_) => None,
    };
    Variant { names, of, about: plain(&variant.attrs) }
}

fn is_option(of: &Type) -> bool {
    matches!(of, Type::Path(path)
        if path.path.segments.last().is_some_and(|segment| segment.ident == "Option"))
}

/// The documentation in one line, as it is: `|` means nothing here.
fn plain(attributes: &[Attribute]) -> String {
    documentation(attributes).replace("\\|", "|")
}

/// What serde is told.
#[derive(Default)]
struct Serde {
    rename: Option<String>,
    aliases: Vec<String>,
    has_default: bool,
    denies_unknown: bool,
    is_snake_case: bool,
}

impl Serde {
    fn read(attributes: &[Attribute]) -> Self {
        let mut serde = Self::default();
        for attribute in attributes.iter().filter(|one| one.path().is_ident("serde")) {
            attribute.parse_nested_meta(|meta| serde.take(&meta)).unwrap();
        }
        serde
    }

    fn take(&mut self, meta: &syn::meta::ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.require_ident()?.to_string();
        let value = match meta.input.peek(Token![=]) {
            true => Some(meta.value()?.parse::<LitStr>()?.value()),
            false => None,
        };
        match (name.as_str(), value) {
            ("rename", Some(value)) => self.rename = Some(value),
            ("alias", Some(value)) => self.aliases.push(value),
            ("default", _) => self.has_default = true,
            ("deny_unknown_fields", None) => self.denies_unknown = true,
            ("rename_all", Some(value)) => self.is_snake_case = value == "snake_case",
            // About writing only.
            ("skip_serializing_if", Some(_)) => {}
            (other, _) => return Err(meta.error(format!("`{other}` is not known here"))),
        }
        Ok(())
    }
}

fn commands(input: ParseStream<'_>) -> syn::Result<Vec<Command>> {
    let mut all = Vec::new();
    while !input.is_empty() {
        let name = syn::Ident::parse_any(input)?.to_string();
        all.push(Command { name, of: command(input)? });
    }
    Ok(all)
}

/// `=> Variant(Type),`
fn command(content: ParseStream<'_>) -> syn::Result<Named> {
    content.parse::<Token![=>]>()?;
    content.parse::<syn::Ident>()?;
    let inner;
    syn::parenthesized!(inner in content);
    let of: Type = inner.parse()?;
    content.parse::<Token![,]>()?;
    Ok(Named::of(&of))
}
