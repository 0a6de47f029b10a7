//! Attachments: the request keeps their names and the hashes of their contents (REQ-9).

use super::{Draft, is_administrator};
use crate::{
    command::Attach,
    directory::User,
    evaluate::View,
    event::Event,
    ids::PropertyName,
    organization::AttachmentSettings,
    rejection::{FieldProblem, Forbidden, Rejection, WrongFile},
    request::Attachment,
    value::Value,
};

/// The largest attachment, in bytes.
pub const MAX_ATTACHMENT: u64 = 25 << 20;
/// The most attachments that a request has at a time.
pub const MAX_ATTACHMENTS: usize = 20;
/// The most that were ever attached to a request.
pub const MAX_ATTACHED: u32 = 1_000;
/// The longest name of one, in bytes.
pub const MAX_ATTACHMENT_NAME: usize = 255;

impl Draft<'_> {
    /// REQ-9: by those who may comment, at any time. The content is kept already.
    pub(super) fn attach(&mut self, attach: &Attach) -> Result<(), Rejection> {
        let person = self.person()?;
        self.view().check_attach(person, attach)?;
        self.record(Event::AttachmentAdded(Attachment {
            number: self.request.talk.attached.saturating_add(1),
            name: attach.name.trim().to_owned(),
            size: attach.size,
            sha256: attach.sha256.clone(),
            by: person.id.clone(),
            at: self.at(),
        }));
        Ok(())
    }

    /// REQ-9: by who attached it, the owner and administrators, until the request has ended. The record
    /// keeps that it was there.
    pub(super) fn remove_attachment(&mut self, number: u32) -> Result<(), Rejection> {
        let person = self.person()?;
        let found = self.request.talk.attachment(number).ok_or(Rejection::NotFound)?;
        if found.by != person.id && !is_administrator(person) {
            return Err(Rejection::Forbidden(Forbidden::NotYourAttachment));
        }
        if self.request.has_ended() {
            return Err(self.wrong_status(None));
        }
        let uses = self.uses(&found.sha256);
        let copies = self.request.talk.attachments.iter().filter(|a| a.sha256 == found.sha256);
        if !uses.is_empty() && copies.count() == 1 {
            return Err(Rejection::invalid("attachment", WrongFile::InUse { properties: uses }));
        }
        let name = found.name.clone();
        self.record(Event::AttachmentRemoved { number, name, by: person.id.clone() });
        Ok(())
    }
}

impl Draft<'_> {
    /// The properties whose value is this content, of the request and of its items.
    fn uses(&self, sha256: &str) -> Vec<PropertyName> {
        let is_it = |value: &Value| match value {
            Value::Attachment(hash) => hash == sha256,
            Value::List(values) => {
                values.iter().any(|value| *value == Value::Attachment(sha256.to_owned()))
            }
            _ => false,
        };
        let of_items = self.request.items.iter().flat_map(|item| &item.fields);
        let all = self.request.properties.iter().chain(of_items);
        all.filter(|(_, value)| is_it(value)).map(|(name, _)| name.clone()).collect()
    }
}

impl View<'_> {
    /// Whether a person who sees the request may attach this file to it (REQ-9).
    ///
    /// # Errors
    /// `forbidden` for those who only see it; `invalid` with all that is wrong with the file, or where the
    /// request has as many as it can.
    pub fn check_attach(&self, person: &User, attach: &Attach) -> Result<(), Rejection> {
        self.may_talk(person)?;
        let mut problems = problems(attach, &self.organization.settings.attachments);
        if self.request.talk.attachments.len() >= MAX_ATTACHMENTS {
            let wrong = WrongFile::TooMany { most: MAX_ATTACHMENTS };
            problems.push(problem("attachments", wrong));
        }
        if self.request.talk.attached >= MAX_ATTACHED {
            let wrong = WrongFile::TooManyEver { most: MAX_ATTACHED };
            problems.push(problem("attachments", wrong));
        }
        if problems.is_empty() { Ok(()) } else { Err(Rejection::Invalid(problems)) }
    }
}

/// What is wrong with a file that is to be attached.
fn problems(attach: &Attach, settings: &AttachmentSettings) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let name = attach.name.trim();
    if name.is_empty() || name.len() > MAX_ATTACHMENT_NAME {
        let wrong = WrongFile::NameLength { found: name.len(), most: MAX_ATTACHMENT_NAME };
        problems.push(problem("name", wrong));
    }
    let is_plain = !name.contains(is_hostile) && name.contains(|c: char| c != '.' && c != ' ');
    if !name.is_empty() && !is_plain {
        problems.push(problem("name", WrongFile::NotAName));
    }
    if let Some(extension) = settings.refusal(name) {
        problems.push(problem("name", WrongFile::Extension { extension }));
    }
    if attach.size == 0 {
        problems.push(problem("body", WrongFile::Empty));
    }
    if attach.size > MAX_ATTACHMENT {
        let wrong = WrongFile::TooLarge { found: attach.size, most: MAX_ATTACHMENT };
        problems.push(problem("body", wrong));
    }
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if attach.sha256.len() != 64 || !attach.sha256.bytes().all(is_digit) {
        problems.push(problem("sha256", WrongFile::NotAChecksum));
    }
    problems
}

fn problem(field: &str, wrong: WrongFile) -> FieldProblem {
    FieldProblem::new(field, wrong)
}

/// What leads to another folder, or shows a name as it is not: separators, control characters, marks of
/// direction, characters without width, and what stands for bytes that were no text.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '/' | '\\'
                | ':'
                | '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fffd}'
        )
}

impl AttachmentSettings {
    /// The extension by which a name is refused, whatever its case and whatever dots and spaces follow:
    /// systems that run files by it leave those out.
    #[must_use]
    pub fn refusal(&self, name: &str) -> Option<String> {
        let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).to_lowercase();
        let mut refused =
            self.refused.iter().map(|extension| extension.trim_matches('.').to_lowercase());
        refused.find(|extension| {
            let before = name.strip_suffix(extension.as_str());
            !extension.is_empty() && before.is_some_and(|before| before.ends_with('.'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(name: &str, size: u64) -> Vec<String> {
        let attach = Attach { name: name.to_owned(), size, sha256: "0".repeat(64) };
        problems(&attach, &AttachmentSettings::default()).into_iter().map(|p| p.field).collect()
    }

    /// REQ-9: whatever the case, and whatever dots and spaces follow.
    #[test]
    fn extensions_are_refused_however_they_are_written() {
        for extension in ["exe", "com", "iso", "dex", "crx", "dmg", "ps1", "msi", "cmd", "bat"] {
            let upper = extension.to_uppercase();
            for name in [
                format!("a.{extension}"),
                format!("a.{upper}"),
                format!("a.pdf.{extension}"),
                format!("a.{extension}..."),
                format!("a.{upper}. . "),
                format!(".{extension}"),
                format!("a.{extension}\u{a0}."),
            ] {
                assert_eq!(faults(&name, 1), ["name"], "{name}");
            }
            for name in
                [extension.to_owned(), format!("a{extension}"), format!("a.{extension}.pdf")]
            {
                assert_eq!(faults(&name, 1), [""; 0], "{name}");
            }
        }
        let settings = AttachmentSettings { refused: vec![".TAR.gz".to_owned(), String::new()] };
        assert_eq!(settings.refusal("A.tar.GZ."), Some("tar.gz".to_owned()));
        assert_eq!(settings.refusal("a.gz"), None);
        assert_eq!(settings.refusal("a.exe"), None);
    }

    #[test]
    fn a_name_is_that_of_a_file_and_shown_as_it_is() {
        let longest = format!("{}.pdf", "é".repeat(125));
        assert_eq!(longest.len(), 254);
        for name in ["a", "Angebot März.pdf", "a b.tar.gz", ".profile", " a ", &longest] {
            assert_eq!(faults(name, 1), [""; 0], "{name}");
        }
        for name in [
            "../a",
            "a/b",
            "..\\a",
            "c:a",
            "a.exe::$DATA",
            "a\n.pdf",
            "a\0",
            "..",
            ". .",
            "a\u{202e}fdp.sh",
            "a\u{200b}",
            "a\u{2066}",
        ] {
            assert_eq!(faults(name, 1), ["name"], "{name:?}");
        }
        let too_long = format!("{}.pdf", "é".repeat(126));
        assert_eq!(faults(&too_long, 1), ["name"]);
        assert_eq!(faults(" ", 1), ["name"]);
    }

    #[test]
    fn sizes_have_bounds() {
        assert_eq!(faults("a", MAX_ATTACHMENT), [""; 0]);
        assert_eq!(faults("a", 0), ["body"]);
        assert_eq!(faults("a", MAX_ATTACHMENT + 1), ["body"]);
    }
}
