//! The talk around a request: comments with mentions, and watchers (REQ-9).

use std::collections::BTreeSet;

use super::{Draft, wrong_length};
use crate::{
    directory::{User, UserKind},
    effect::Notice,
    evaluate::View,
    event::Event,
    ids::{Login, UserId},
    notice::TOLD,
    rejection::{Forbidden, Rejection, Wrong, WrongPerson},
    visibility::{sees, takes_part},
};

/// The longest comment of a talk, in characters.
pub const MAX_COMMENT: u32 = 4_000;
/// The most comments of a request.
pub const MAX_COMMENTS: u32 = 2_000;
/// The most watchers of a request.
pub const MAX_WATCHERS: usize = 200;

impl Draft<'_> {
    /// REQ-9: those who took part are told, and those who are mentioned. Whoever may not see the request
    /// is not told of it behind the backs of those who decide who sees it: they are made watchers first.
    pub(super) fn say(&mut self, text: &str) -> Result<(), Rejection> {
        let person = self.person()?;
        self.view().may_talk(person)?;
        let text = self.said(text)?;
        let mentioned = self.mentioned(&text);
        let strangers = mentioned.iter().filter(|user| !self.is_seen_by(user));
        let people: Vec<UserId> = strangers.map(|user| user.id.clone()).collect();
        if !people.is_empty() {
            return Err(Rejection::invalid("text", WrongPerson::Strangers { people }));
        }
        let mentioned: BTreeSet<UserId> =
            mentioned.iter().map(|user| user.id.clone()).filter(|id| *id != person.id).collect();
        let mut others = self.view().participants();
        others.retain(|id| *id != person.id && !mentioned.contains(id));
        let (by, told) = (person.id.clone(), beginning(&text));
        self.tell(Notice::Mentioned { by: by.clone(), text: told.clone() }, mentioned);
        self.tell(Notice::Commented { by, text: told }, others);
        self.record(Event::CommentAdded { by: person.id.clone(), text });
        Ok(())
    }

    /// REQ-9: watchers see the request and comment on it.
    pub(super) fn watch(&mut self, user: &UserId) -> Result<(), Rejection> {
        let person = self.person()?;
        let directory = &self.context.organization.directory;
        if !takes_part(directory, self.context.rule, &self.request, person, self.at()) {
            let watches = self.request.talk.watchers.contains(&person.id);
            return Err(Rejection::Forbidden(Forbidden::TakesNoPart { watches }));
        }
        let found = directory.active(user).filter(|user| user.kind == UserKind::Person);
        if found.is_none() {
            return Err(Rejection::invalid(
                "user",
                WrongPerson::CannotWatch { account: user.clone() },
            ));
        }
        if self.request.talk.watchers.contains(user) {
            return Ok(());
        }
        if self.request.talk.watchers.len() >= MAX_WATCHERS {
            return Err(Rejection::invalid("user", Wrong::TooManyWatchers { most: MAX_WATCHERS }));
        }
        // A draft shows itself to nobody else: its watchers are told when it is submitted.
        if *user != person.id && !self.request.is_draft() {
            self.tell(Notice::Watching(person.id.clone()), BTreeSet::from([user.clone()]));
        }
        self.record(Event::WatcherAdded { user: user.clone(), by: person.id.clone() });
        Ok(())
    }

    /// The watchers of a draft see it from now on.
    pub(super) fn tell_watchers(&mut self) {
        let requester = self.request.requester.clone();
        let mut watchers = self.request.talk.watchers.clone();
        watchers.remove(&requester);
        self.tell(Notice::Watching(requester), watchers);
    }

    /// A watcher goes.
    pub(super) fn leave(&mut self) -> Result<(), Rejection> {
        let person = self.person()?;
        if !self.request.talk.watchers.contains(&person.id) {
            return Err(Rejection::Forbidden(Forbidden::NotAWatcher));
        }
        self.record(Event::WatcherLeft { user: person.id.clone() });
        Ok(())
    }

    fn said(&self, text: &str) -> Result<String, Rejection> {
        let text = text.trim();
        if let Some(wrong) = wrong_length(text, 1, MAX_COMMENT) {
            return Err(Rejection::invalid("text", wrong));
        }
        if self.request.talk.comments >= MAX_COMMENTS {
            return Err(Rejection::invalid("text", Wrong::TooManyComments { most: MAX_COMMENTS }));
        }
        Ok(text.to_owned())
    }

    fn is_seen_by(&self, user: &User) -> bool {
        let directory = &self.context.organization.directory;
        sees(directory, self.context.rule, &self.request, user, self.at())
    }

    /// Those of the organization whose login stands behind an `@`.
    fn mentioned(&self, text: &str) -> Vec<&User> {
        let directory = &self.context.organization.directory;
        let mut found: Vec<&User> = Vec::new();
        for word in mentions(text) {
            let user = Login::parse(&word.to_ascii_lowercase())
                .ok()
                .and_then(|login| directory.by_login(&login));
            if let Some(user) = user.filter(|user| user.active)
                && found.iter().all(|other| other.id != user.id)
            {
                found.push(user);
            }
        }
        found
    }
}

impl View<'_> {
    /// Those who take part and watchers; auditors only read.
    pub(super) fn may_talk(&self, person: &User) -> Result<(), Rejection> {
        let directory = &self.organization.directory;
        let may = self.request.talk.watchers.contains(&person.id)
            || takes_part(directory, self.rule, self.request, person, self.at);
        let why = Forbidden::TakesNoPart { watches: false };
        if may { Ok(()) } else { Err(Rejection::Forbidden(why)) }
    }
}

/// As much of a comment as a notice tells.
fn beginning(text: &str) -> String {
    if text.chars().count() <= TOLD {
        return text.to_owned();
    }
    let told: String = text.chars().take(TOLD - 1).collect();
    format!("{}…", told.trim_end())
}

/// What stands behind each `@` that no word leads up to: an address of mail mentions nobody.
fn mentions(text: &str) -> impl Iterator<Item = &str> {
    let is_of_login = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.match_indices('@').filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        if before.is_some_and(is_of_login) {
            return None;
        }
        let rest = text.get(at + 1..)?;
        let end = rest.find(|c: char| !is_of_login(c)).unwrap_or(rest.len());
        // The end of a sentence is not the end of a login.
        let word = rest.get(..end)?.trim_end_matches(['.', '-', '_']);
        (!word.is_empty()).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_mention_begins_after_an_at_that_no_word_leads_up_to() {
        let found = |text: &'static str| mentions(text).collect::<Vec<_>>();
        assert_eq!(found("@ann, and (@bob.smith). @cleo-1!"), ["ann", "bob.smith", "cleo-1"]);
        assert_eq!(found("ann@example.com"), Vec::<&str>::new());
        assert_eq!(found("@ @@ann @é. äö@x @"), ["ann", "é"]);
        assert_eq!(found("@bob: see\n@bob"), ["bob", "bob"]);
    }
}
