//! The contract in its own words, item by item, without its comments.

use std::path::Path;

use wit_parser::{Function, Handle, Interface, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

/// Reads the contract from a folder.
pub(in crate::all) fn read(folder: &Path) -> Resolve {
    let mut resolve = Resolve::default();
    resolve.push_dir(folder).unwrap_or_else(|error| panic!("{}: {error:#}", folder.display()));
    resolve
}

/// The interfaces that have a name, with it.
pub(in crate::all) fn interfaces(resolve: &Resolve) -> impl Iterator<Item = (&str, &Interface)> {
    resolve.interfaces.iter().filter_map(|(_, all)| all.name.as_deref().map(|name| (name, all)))
}

/// What a function takes and gives, such as `(name: string) -> option<value>`; `static` where it is one.
pub(in crate::all) fn signature(resolve: &Resolve, function: &Function) -> String {
    let own = function.name.starts_with("[method]");
    let parameters: Vec<String> = function
        .params
        .iter()
        .skip(usize::from(own))
        .map(|parameter| format!("{}: {}", parameter.name, name(resolve, &parameter.ty)))
        .collect();
    let result = function.result.map_or(String::new(), |ty| format!(" -> {}", name(resolve, &ty)));
    let place = if function.name.starts_with("[static]") { "static " } else { "" };
    format!("{place}({}){result}", parameters.join(", "))
}

/// What a type is, such as `enum {less, equal, greater}`.
pub(in crate::all) fn definition(resolve: &Resolve, id: TypeId) -> String {
    match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            let fields =
                fields.map(|field| format!("{}: {}", field.name, name(resolve, &field.ty)));
            format!("record {{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| {
                let carries =
                    case.ty.map_or(String::new(), |ty| format!("({})", name(resolve, &ty)));
                format!("{}{carries}", case.name)
            });
            format!("variant {{{}}}", cases.collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Enum(all) => {
            let cases: Vec<&str> = all.cases.iter().map(|case| case.name.as_str()).collect();
            format!("enum {{{}}}", cases.join(", "))
        }
        TypeDefKind::Type(Type::Id(other)) => {
            let owner = match resolve.types[*other].owner {
                TypeOwner::Interface(id) => resolve.interfaces[id].name.clone().unwrap_or_default(),
                TypeOwner::World(_) | TypeOwner::None => String::new(),
            };
            format!("{owner}.{}", name(resolve, &Type::Id(*other)))
        }
        TypeDefKind::Type(other) => name(resolve, other),
        kind => structure(resolve, kind),
    }
}

/// A type as it is used: its name, or what it is made of where it has none.
pub(in crate::all) fn name(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else { return plain(ty).to_owned() };
    let found = &resolve.types[*id];
    found.name.clone().unwrap_or_else(|| structure(resolve, &found.kind))
}

fn structure(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let of = |ty: &Type| name(resolve, ty);
    match kind {
        TypeDefKind::Option(inner) => format!("option<{}>", of(inner)),
        TypeDefKind::List(inner) => format!("list<{}>", of(inner)),
        TypeDefKind::Result(result) => {
            let part = |ty: &Option<Type>| ty.as_ref().map_or("_".to_owned(), of);
            format!("result<{}, {}>", part(&result.ok), part(&result.err))
        }
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", tuple.types.iter().map(of).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", of(&Type::Id(*id))),
        TypeDefKind::Handle(Handle::Own(id)) | TypeDefKind::Type(Type::Id(id)) => {
            of(&Type::Id(*id))
        }
        TypeDefKind::Type(inner) => of(inner),
        TypeDefKind::Resource => "resource".to_owned(),
        other => panic!("the contract has no {}: teach this test the words", other.as_str()),
    }
}

fn plain(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::String => "string",
        other => panic!("the contract has no {other:?}: teach this test the words"),
    }
}
