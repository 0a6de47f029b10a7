//! Custom sections of a component file.
//!
//! A toolchain that links a plugin leaves its custom sections in the core module inside the
//! component; one that annotates a finished file puts them beside it. Both places are searched.

/// What a file is, by its first eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A WebAssembly component.
    Component,
    /// A core WebAssembly module.
    CoreModule,
    /// Something else.
    Other,
}

const COMPONENT: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
const CORE_MODULE: [u8; 8] = [0, b'a', b's', b'm', 1, 0, 0, 0];
const CUSTOM: u8 = 0;
const EMBEDDED_CORE_MODULE: u8 = 1;

/// What `file` is.
pub(crate) fn kind(file: &[u8]) -> FileKind {
    match file.get(..8) {
        Some(start) if start == COMPONENT => FileKind::Component,
        Some(start) if start == CORE_MODULE => FileKind::CoreModule,
        _ => FileKind::Other,
    }
}

/// The contents of every custom section called `name`, at the top and in the core modules.
#[must_use]
pub fn custom_sections<'a>(component: &'a [u8], name: &str) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    for (id, content) in sections(component) {
        match id {
            CUSTOM => found.extend(named(content, name)),
            EMBEDDED_CORE_MODULE if kind(content) == FileKind::CoreModule => {
                let inner = sections(content).filter(|(id, _)| *id == CUSTOM);
                found.extend(inner.filter_map(|(_, content)| named(content, name)));
            }
            _ => {}
        }
    }
    found
}

/// The last section of a whole file: what is before it, and its content where it is a custom one.
pub(super) fn last(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = file.get(8..)?;
    let mut last = None;
    while let Some((id, after)) = rest.split_first() {
        let before = file.get(..file.len().saturating_sub(rest.len()))?;
        let (length, after) = leb128(after)?;
        let (content, after) = after.split_at_checked(length)?;
        last = (*id == CUSTOM).then_some((before, content));
        rest = after;
    }
    last
}

/// A custom section, such as that of the manifest, as it stands in a file: appended to a component, it
/// is a part of it.
#[must_use]
pub fn custom_section(name: &str, data: &[u8]) -> Vec<u8> {
    let content = [&number(name.len())[..], name.as_bytes(), data].concat();
    [&[CUSTOM][..], &number(content.len()), &content].concat()
}

/// An unsigned number, as it stands in a file.
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let seven = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        bytes.push(if value == 0 { seven } else { seven | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

pub(super) fn named<'a>(content: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (length, rest) = leb128(content)?;
    let (found, data) = rest.split_at_checked(length)?;
    (found == name.as_bytes()).then_some(data)
}

/// The sections after the header; ends at the first one that is cut short.
pub(super) fn sections(file: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = file.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (id, after) = rest.split_first()?;
        let (length, after) = leb128(after)?;
        let (content, after) = after.split_at_checked(length)?;
        rest = after;
        Some((*id, content))
    })
}

/// An unsigned number of at most 32 bits, and what follows it.
pub(super) fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_u64;
    for (place, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).ok()?;
            return Some((value as usize, bytes.get(place + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[id, length], content].concat()
    }

    #[test]
    fn sections_are_found_at_the_top_and_in_core_modules() {
        let module = [&CORE_MODULE[..], &custom_section("about", b"inner")].concat();
        let file = [
            &COMPONENT[..],
            &section(EMBEDDED_CORE_MODULE, &module),
            &custom_section("other", b"no"),
            &custom_section("about", b"outer"),
        ]
        .concat();
        assert_eq!(custom_sections(&file, "about"), [&b"inner"[..], b"outer"]);
        assert_eq!(kind(&file), FileKind::Component);
        assert_eq!(kind(&module), FileKind::CoreModule);
    }

    #[test]
    fn cut_and_nonsense_files_end_the_search() {
        let file = [&COMPONENT[..], &custom_section("about", b"text")].concat();
        for length in 0..file.len() {
            assert!(custom_sections(&file[..length], "about").is_empty());
        }
        assert_eq!(custom_sections(&file, "about"), [&b"text"[..]]);
        assert!(custom_sections(&[0xff; 64], "about").is_empty());
        assert_eq!(leb128(&[0xff, 0xff, 0xff, 0xff, 0x7f]), None);
        assert_eq!(kind(b"\x7fELF"), FileKind::Other);
    }
}
