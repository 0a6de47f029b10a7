//! What passed between one call and the world outside, in order. Neither secrets nor what headers say are
//! in it.

use std::{
    io::{self, ErrorKind, Write},
    sync::Arc,
};

use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest as _, Sha256};

use super::{Exchanged, Fault, FaultKind};
use crate::state::Stop;

/// The most bytes that are kept of one call; of one with more, nothing is.
const MAX_KEPT: usize = 256 << 10;
/// The most characters that say what an exchange was about.
const MAX_ABOUT: usize = 200;
/// Bytes of an exchange beside its words and its answer.
const OVERHEAD: usize = 128;

/// Something that was asked outside, and the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Such as `transaction.execute`.
    pub call: String,
    /// What it was about, for people, such as the beginning of a statement.
    pub about: String,
    /// The SHA-256 of all that it was asked with, in hexadecimal.
    pub asked: String,
    /// None where none came before the time was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Given>,
}

/// An answer from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// What was asked for.
    Value(Kept),
    /// Why there is none.
    Fault(Fault),
}

/// JSON, as its text: parsed it would be many times as large.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kept(Box<RawValue>);

impl Kept {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Kept {}

/// What was exchanged in one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recording {
    pub(crate) exchanges: Vec<Exchange>,
    /// There was too much: nothing is kept.
    pub(crate) cut: bool,
}

/// How a call deals with the world outside.
pub(crate) enum Journal {
    /// Nothing is kept.
    Off,
    /// Everything is kept, while there is room.
    Kept {
        /// So far.
        recording: Recording,
        /// Bytes that are left.
        room: usize,
    },
    /// The world is not reached: what was kept is given again.
    Dry {
        /// The first time.
        recording: Arc<Recording>,
        /// How many were given again.
        given: usize,
    },
}

/// Whose turn it is.
enum Turn {
    /// That of the world; where its answer is kept.
    Live(Option<usize>),
    /// It had its turn the first time.
    Dry(Given),
}

impl Journal {
    pub(crate) fn kept() -> Self {
        Self::Kept { recording: Recording::default(), room: MAX_KEPT }
    }

    pub(crate) fn dry(recording: Arc<Recording>) -> Self {
        Self::Dry { recording, given: 0 }
    }

    pub(super) fn into_recording(self) -> Recording {
        match self {
            Self::Off => Recording::default(),
            Self::Kept { recording, .. } => recording,
            Self::Dry { recording, given } => Recording {
                exchanges: recording.exchanges.iter().take(given).cloned().collect(),
                cut: recording.cut,
            },
        }
    }

    /// Asks outside, or gives again what was answered the first time; then `real` is not run, and what it
    /// would have opened is not there.
    ///
    /// # Errors
    /// [`Stop`] where something else was asked the first time.
    pub(super) async fn ask<T: Serialize + DeserializeOwned, R>(
        &mut self,
        what: (&'static str, &str),
        with: &(impl Serialize + Sync),
        real: impl Future<Output = Result<(T, R), Fault>>,
    ) -> Exchanged<(T, Option<R>)> {
        match self.begin(what, with)? {
            Turn::Live(place) => Ok(self.end(place, real.await)),
            Turn::Dry(given) => Ok(again(what.0, given)),
        }
    }

    /// The same for what does not wait.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(super) fn ask_now<T: Serialize + DeserializeOwned, R>(
        &mut self,
        what: (&'static str, &str),
        with: &impl Serialize,
        real: impl FnOnce() -> Result<(T, R), Fault>,
    ) -> Exchanged<(T, Option<R>)> {
        match self.begin(what, with)? {
            Turn::Live(place) => Ok(self.end(place, real())),
            Turn::Dry(given) => Ok(again(what.0, given)),
        }
    }

    fn begin(
        &mut self,
        (call, about): (&'static str, &str),
        with: &impl Serialize,
    ) -> Result<Turn, Stop> {
        match self {
            Self::Off | Self::Kept { recording: Recording { cut: true, .. }, .. } => {
                Ok(Turn::Live(None))
            }
            Self::Kept { recording, room } => {
                let exchange = Exchange::new(call, about, with);
                let bytes = OVERHEAD + exchange.call.len() + exchange.about.len();
                let Some(left) = room.checked_sub(bytes) else {
                    recording.cut();
                    return Ok(Turn::Live(None));
                };
                *room = left;
                recording.exchanges.push(exchange);
                Ok(Turn::Live(Some(recording.exchanges.len() - 1)))
            }
            Self::Dry { recording, given } => {
                let found = recording.answer(*given, &Exchange::new(call, about, with));
                // What was not answered was asked all the same.
                *given += usize::from(matches!(found, Ok(_) | Err(Stop::Unanswered)));
                found.map(Turn::Dry)
            }
        }
    }

    /// Keeps an answer.
    fn end<T: Serialize, R>(
        &mut self,
        place: Option<usize>,
        answer: Result<(T, R), Fault>,
    ) -> Result<(T, Option<R>), Fault> {
        if let (Self::Kept { recording, room }, Some(place)) = (self, place) {
            let given = match &answer {
                Ok((value, _)) => given(value, room),
                Err(fault) => given(fault, room).map(|_| Given::Fault(fault.clone())),
            };
            match (given, recording.exchanges.get_mut(place)) {
                (Some(given), Some(exchange)) => exchange.answer = Some(given),
                _ => recording.cut(),
            }
        }
        answer.map(|(value, real)| (value, Some(real)))
    }
}

impl Recording {
    /// What cannot be repeated is not worth keeping.
    fn cut(&mut self) {
        *self = Self { exchanges: Vec::new(), cut: true };
    }

    fn answer(&self, place: usize, now: &Exchange) -> Result<Given, Stop> {
        if self.cut {
            return Err(Stop::NotKept);
        }
        let then = self.exchanges.get(place);
        match then.filter(|then| (&then.call, &then.asked) == (&now.call, &now.asked)) {
            Some(then) => then.answer.clone().ok_or(Stop::Unanswered),
            None => Err(now.instead_of(then)),
        }
    }
}

impl Exchange {
    fn new(call: &str, about: &str, with: &impl Serialize) -> Self {
        Self {
            call: call.to_owned(),
            about: about.chars().take(MAX_ABOUT).collect(),
            asked: digest(with),
            answer: None,
        }
    }

    fn instead_of(&self, then: Option<&Self>) -> Stop {
        let (mut now, then) = (self.told(), then.map_or("nothing more".to_owned(), Self::told));
        if now == then {
            now.push_str(" with something else");
        }
        Stop::Differs { now, then }
    }

    /// About how many bytes it holds.
    pub(crate) fn size(&self) -> usize {
        let Self { call, about, asked, answer } = self;
        let answer = match answer {
            None => 0,
            Some(Given::Value(kept)) => kept.text().len(),
            Some(Given::Fault(fault)) => fault.message.len(),
        };
        OVERHEAD + call.len() + about.len() + asked.len() + answer
    }

    /// Such as `` `steps.begin` (charge) ``.
    pub(crate) fn told(&self) -> String {
        let Self { call, about, .. } = self;
        if about.is_empty() { format!("`{call}`") } else { format!("`{call}` ({about})") }
    }
}

/// The SHA-256 of what something is asked with, in hexadecimal.
pub(super) fn digest(with: &impl Serialize) -> String {
    let mut hash = Hash(Sha256::new());
    // Nothing that is asked with fails to be JSON.
    let _ = serde_json::to_writer(&mut hash, with);
    hex::encode(hash.0.finalize())
}

/// A value as it is kept; none where there is no room for it.
fn given(value: &impl Serialize, room: &mut usize) -> Option<Given> {
    serde_json::to_writer(Room(room), value).ok()?;
    to_raw_value(value).ok().map(|text| Given::Value(Kept(text)))
}

/// What was kept.
fn again<T: DeserializeOwned, R>(call: &str, given: Given) -> Result<(T, Option<R>), Fault> {
    match given {
        Given::Fault(fault) => Err(fault),
        Given::Value(value) => {
            let read = serde_json::from_str(value.text()).map(|value| (value, None));
            read.map_err(|error| {
                let message = format!("what was kept of `{call}` cannot be read: {error}");
                Fault::new(FaultKind::Internal, message)
            })
        }
    }
}

/// Takes as many bytes as there is room for, and none of them.
struct Room<'a>(&'a mut usize);

impl Write for Room<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.0 = self.0.checked_sub(bytes.len()).ok_or(ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Hash(Sha256);

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes that are asked with: their hash stands for them.
pub(super) fn hashed<S: Serializer>(
    bytes: &impl AsRef<[u8]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(Sha256::digest(bytes)))
}

/// The same as a part of something larger.
#[derive(Serialize)]
pub(super) struct Bytes<'a>(#[serde(serialize_with = "hashed")] pub(super) &'a [u8]);

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(journal: &mut Journal, with: &str, real: Option<&str>) -> Exchanged<String> {
        let real = || match real {
            Some(answer) => Ok((answer.to_owned(), ())),
            None => Err(Fault::new(FaultKind::Busy, "not now")),
        };
        let asked = journal.ask_now(("steps.begin", "charge"), &with, real);
        asked.map(|answer| answer.map(|(value, _)| value))
    }

    fn recorded() -> Arc<Recording> {
        let mut journal = Journal::kept();
        assert_eq!(ask(&mut journal, "k1", Some("yes")), Ok(Ok("yes".to_owned())));
        assert!(ask(&mut journal, "k2", None).unwrap().is_err());
        Arc::new(journal.into_recording())
    }

    #[test]
    fn answers_are_given_again_in_order_and_nothing_is_run() {
        let recording = recorded();
        let kept = serde_json::to_string(&recording.exchanges).unwrap();
        let read: Vec<Exchange> = serde_json::from_str(&kept).unwrap();
        assert_eq!(read, recording.exchanges);
        let mut dry = Journal::dry(Arc::clone(&recording));
        assert_eq!(ask(&mut dry, "k1", None), Ok(Ok("yes".to_owned())));
        let fault = ask(&mut dry, "k2", Some("yes")).unwrap().unwrap_err();
        assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Busy, "not now"));
        assert_eq!(dry.into_recording(), *recording);
    }

    #[test]
    fn something_else_is_named() {
        let mut dry = Journal::dry(recorded());
        let told = |asked: Exchanged<String>| asked.unwrap_err().to_string();
        assert_eq!(
            told(ask(&mut dry, "k2", None)),
            "it asks `steps.begin` (charge) with something else, where it asked `steps.begin` (charge) the first time"
        );
        let other = dry.ask_now(("steps.look", ""), &"k1", || Ok((true, ())));
        assert_eq!(
            other.unwrap_err().to_string(),
            "it asks `steps.look`, where it asked `steps.begin` (charge) the first time"
        );
        assert!(ask(&mut dry, "k1", None).is_ok() && ask(&mut dry, "k2", None).is_ok());
        assert_eq!(
            told(ask(&mut dry, "k3", None)),
            "it asks `steps.begin` (charge), where it asked nothing more the first time"
        );
    }

    #[test]
    fn of_too_much_nothing_is_kept() {
        let mut journal = Journal::kept();
        let half = "x".repeat(MAX_KEPT / 2);
        for _ in 0..3 {
            assert_eq!(ask(&mut journal, "k1", Some(&half)), Ok(Ok(half.clone())));
        }
        let recording = Arc::new(journal.into_recording());
        assert_eq!(*recording, Recording { exchanges: Vec::new(), cut: true });
        assert_eq!(ask(&mut Journal::dry(recording), "k1", None), Err(Stop::NotKept));
        // Many small ones are as much.
        let mut journal = Journal::kept();
        for _ in 0..MAX_KEPT / OVERHEAD {
            ask(&mut journal, "k1", Some("")).unwrap().unwrap();
        }
        assert!(journal.into_recording().cut);
    }

    #[tokio::test]
    async fn what_was_never_answered_is_not_answered_again() {
        let mut journal = Journal::kept();
        let never = std::future::pending::<Result<((), ()), Fault>>();
        let asking = journal.ask(("transaction.commit", ""), &1, never);
        tokio::time::timeout(std::time::Duration::from_millis(1), asking).await.unwrap_err();
        let recording = Arc::new(journal.into_recording());
        assert_eq!(recording.exchanges[0].answer, None);
        let mut dry = Journal::dry(Arc::clone(&recording));
        let answer = dry.ask_now(("transaction.commit", ""), &1, || Ok(((), ())));
        assert_eq!(answer, Err(Stop::Unanswered));
        assert_eq!(dry.into_recording(), *recording);
    }
}
