//! A component's signature, carried in the last section of its file: one file is all there is to send.
//!
//! The signature is of everything before that section, so that whoever takes the section off has what was
//! signed, byte by byte.

use super::section;

const SECTION: &str = "countersign:signature";

/// A component, and the signature that its file carries.
#[must_use]
pub fn split_signature(file: &[u8]) -> (&[u8], Option<&str>) {
    let last =
        section::last(file).filter(|(_, content)| section::named(content, SECTION).is_some());
    let Some((component, content)) = last else { return (file, None) };
    match section::named(content, SECTION).and_then(|text| std::str::from_utf8(text).ok()) {
        Some(signature) => (component, Some(signature)),
        None => (file, None),
    }
}

/// The file that carries a component and a signature of it.
#[must_use]
pub fn with_signature(component: &[u8], signature: &str) -> Vec<u8> {
    let (component, _) = split_signature(component);
    [component, &section::custom_section(SECTION, signature.as_bytes())].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &[u8] = &[0, b'a', b's', b'm', 0x0d, 0, 1, 0];

    #[test]
    fn what_was_put_on_comes_off_again() {
        let long = "x".repeat(300);
        for signature in ["untrusted comment: …\nRUR", "", &long] {
            let file = with_signature(EMPTY, signature);
            assert_eq!(split_signature(&file), (EMPTY, Some(signature)));
            assert_eq!(with_signature(&file, "other"), with_signature(EMPTY, "other"));
        }
        assert_eq!(split_signature(EMPTY), (EMPTY, None));
    }

    #[test]
    fn only_the_last_section_is_a_signature() {
        let file = with_signature(EMPTY, "signature");
        let more = [&file[..], &section::custom_section("note", b"later")].concat();
        assert_eq!(split_signature(&more), (&more[..], None));
        for length in 0..file.len() {
            assert_eq!(split_signature(&file[..length]).1, None);
        }
        let bad = [EMPTY, &section::custom_section(SECTION, &[0xff, 0xfe])].concat();
        assert_eq!(split_signature(&bad), (&bad[..], None));
    }
}
