//! Attachments: the request keeps their names and the hashes of their contents (REQ-9).

use std::collections::BTreeSet;

use super::Draft;
use crate::{
    command::Attach,
    effect::Notice,
    event::Event,
    rejection::{FieldProblem, Rejection},
    request::Attachment,
};

/// The largest attachment, in bytes.
pub const MAX_ATTACHMENT: u64 = 25 << 20;
/// The most attachments of a request.
pub const MAX_ATTACHMENTS: usize = 20;
/// The longest name of one, in characters.
pub const MAX_ATTACHMENT_NAME: usize = 200;

impl Draft<'_> {
    /// REQ-9: by those who may comment. The content is there already.
    pub(super) fn attach(&mut self, attach: &Attach) -> Result<(), Rejection> {
        let person = self.person()?;
        self.may_talk(person)?;
        let refused = &self.context.organization.settings.attachments.refused;
        let mut problems = attach_problems(attach, refused);
        if self.request.attachments.len() >= MAX_ATTACHMENTS {
            let message = format!("{MAX_ATTACHMENTS} are the most of a request");
            problems.push(FieldProblem { field: "attachments".to_owned(), message });
        }
        if !problems.is_empty() {
            return Err(Rejection::Invalid(problems));
        }
        let attachment = Attachment {
            number: u32::try_from(self.request.attachments.len()).unwrap_or(u32::MAX) + 1,
            name: attach.name.trim().to_owned(),
            size: attach.size,
            sha256: attach.sha256.clone(),
            by: person.id.clone(),
            at: self.at(),
        };
        let mut others = self.view().participants();
        others.remove(&person.id);
        self.tell(Notice::Attached(person.id.clone()), others);
        self.record(Event::AttachmentAdded(attachment));
        Ok(())
    }
}

/// What is wrong with a file that is to be attached, but for how many there are.
#[must_use]
pub fn attach_problems(attach: &Attach, refused: &BTreeSet<String>) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut problem = |field: &str, message: String| {
        problems.push(FieldProblem { field: field.to_owned(), message });
    };
    let name = attach.name.trim();
    let length = name.chars().count();
    let is_odd = |c: char| c.is_control() || matches!(c, '/' | '\\');
    if length == 0 || length > MAX_ATTACHMENT_NAME || name.contains(is_odd) {
        let message =
            format!("expected 1 to {MAX_ATTACHMENT_NAME} characters, and none of `/` and `\\`");
        problem("name", message);
    }
    if let Some(extension) = extension(name).filter(|extension| refused.contains(extension)) {
        problem("name", format!("files that end in `.{extension}` are not taken here"));
    }
    if attach.size == 0 || attach.size > MAX_ATTACHMENT {
        let message = format!("expected 1 to {MAX_ATTACHMENT} bytes, found {}", attach.size);
        problem("size", message);
    }
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if attach.sha256.len() != 64 || !attach.sha256.bytes().all(is_digit) {
        problem("sha256", "expected 64 lower-case hexadecimal digits".to_owned());
    }
    problems
}

/// The extension, whatever its case, and whatever dots and spaces follow: systems that run files by it
/// leave those out.
fn extension(name: &str) -> Option<String> {
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let (_, extension) = name.rsplit_once('.')?;
    Some(extension.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::Settings;

    fn problems(name: &str, size: u64) -> Vec<String> {
        let (name, sha256) = (name.to_owned(), "0".repeat(64));
        let attach = Attach { name, size, sha256 };
        let found = attach_problems(&attach, &Settings::default().attachments.refused);
        found.into_iter().map(|problem| problem.field).collect()
    }

    /// REQ-9: whatever the case or trailing dots.
    #[test]
    fn programs_are_refused_however_their_names_are_written() {
        for bad in
            ["run.exe", "RUN.EXE", "run.eXe.", "run.exe...", "run.exe. . ", ".exe", "a.b.cmd"]
        {
            assert_eq!(problems(bad, 1), ["name"], "{bad}");
        }
        for good in ["exe", "run.exe.txt", "bill.pdf", "exe.", "run.exes"] {
            assert_eq!(problems(good, 1), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn a_name_is_no_path_and_a_file_has_a_size() {
        for bad in ["", "  ", "../a", "a\\b", "a\nb"] {
            assert_eq!(problems(bad, 1), ["name"], "{bad:?}");
        }
        assert_eq!(problems("a", MAX_ATTACHMENT), Vec::<String>::new());
        assert_eq!(problems("a", MAX_ATTACHMENT + 1), ["size"]);
        assert_eq!(problems("a", 0), ["size"]);
    }
}
