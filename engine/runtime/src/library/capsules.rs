//! Questions that plugins and scripts answered, and orders that executors were given, kept for a while so
//! that they can be asked again.
//!
//! One file a day, one line a capsule, in the order in which they were answered, and one of the texts of
//! the scripts that were asked. They are written beside
//! the decisions, not with them: a crash can lose the last ones, and so can a disk that cannot keep up.

mod draft;
mod scripts;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use chrono::{DateTime, Days, NaiveDate, Utc};
use engine_core::ids::{OrgId, PluginId, RequestId};
use engine_host::Capsule;
use serde::{Deserialize, Serialize};

pub(super) use self::draft::{Answerer, Draft};

/// Capsules that wait to be written; further ones are lost.
const WAITING: usize = 4_096;
/// About how many bytes may wait to be written; what would be more is lost.
const MAX_WAITING: usize = 64 << 20;
/// The most bytes of a line: longer ones are no capsules of ours.
const MAX_LINE: u64 = 64 << 20;
/// A page ends with the capsule with which it has so many bytes.
const MAX_PAGE: usize = 8 << 20;

/// A capsule, and when it was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedCapsule {
    /// The SHA-256 of the capsule's text, in hexadecimal.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub capsule: Capsule,
}

/// Which capsules are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapsuleQuery {
    /// Of this organization.
    pub org: OrgId,
    /// What the id begins with.
    pub id: Option<String>,
    /// Of this plugin, or of the script of this name.
    pub plugin: Option<PluginId>,
    /// About this request.
    pub request: Option<RequestId>,
    /// From then on.
    pub since: Option<DateTime<Utc>>,
    /// Where to go on: the `next` of the page before.
    pub after: Option<CapsulePlace>,
    /// How many at most.
    pub limit: usize,
}

/// Where in the files a page ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapsulePlace {
    /// The file.
    pub day: NaiveDate,
    /// The bytes before.
    pub offset: u64,
}

/// A page of capsules, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct CapsulePage {
    /// In order.
    pub items: Vec<RecordedCapsule>,
    /// Where the next page begins.
    pub next: Option<CapsulePlace>,
    bytes: usize,
}

/// The files of a folder, and who writes them.
#[derive(Clone, Debug)]
pub(super) struct Capsules {
    folder: PathBuf,
    sender: SyncSender<Draft>,
    /// Bytes that wait.
    waiting: Arc<AtomicUsize>,
    lost: Arc<AtomicU64>,
    /// Whether executors are recorded too.
    pub(super) of_executors: bool,
}

impl Capsules {
    /// Opens a folder whose files are kept for so many days.
    ///
    /// # Errors
    /// Where there can be no such folder, or nobody to write to it.
    pub(super) fn open(folder: &Path, keep: u32, of_executors: bool) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let (sender, receiver) = sync_channel(WAITING);
        let waiting = Arc::<AtomicUsize>::default();
        let writer = Writer {
            folder: folder.to_owned(),
            keep,
            waiting: Arc::clone(&waiting),
            file: None,
            texts: BTreeSet::new(),
        };
        thread::Builder::new().name("capsules".to_owned()).spawn(move || writer.run(&receiver))?;
        let lost = Arc::default();
        Ok(Self { folder: folder.to_owned(), sender, waiting, lost, of_executors })
    }

    /// Keeps what belongs to an answer.
    pub(super) fn keep(&self, draft: Draft) {
        let size = draft.size;
        let waiting = self.waiting.fetch_add(size, Ordering::Relaxed).saturating_add(size);
        let sent = if waiting > MAX_WAITING {
            Err(TrySendError::Full(draft))
        } else {
            self.sender.try_send(draft)
        };
        if let Err(TrySendError::Full(draft) | TrySendError::Disconnected(draft)) = sent {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
            let lost = self.lost.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            // Where many are lost, few lines say so.
            if lost.is_power_of_two() {
                let plugin = draft.by.name();
                tracing::warn!(plugin, lost, "too much is being recorded: capsules are lost");
            }
        }
    }

    /// Looks capsules up. Blocks.
    ///
    /// # Errors
    /// Where the files cannot be read.
    pub(super) fn find(&self, query: &CapsuleQuery) -> io::Result<CapsulePage> {
        let mut page = CapsulePage::default();
        let first = query.after.map(|place| place.day);
        let first = first.or_else(|| query.since.map(|since| since.date_naive()));
        for day in days(&self.folder)?.into_iter().filter(|day| first.is_none_or(|f| *day >= f)) {
            let start =
                query.after.filter(|place| place.day == day).map_or(0, |place| place.offset);
            if !read_day(&self.folder, day, start, query, &mut page)? {
                break;
            }
        }
        Ok(page)
    }
}

/// Adds what is wanted of a day; says whether to go on with the next one.
fn read_day(
    folder: &Path,
    day: NaiveDate,
    start: u64,
    query: &CapsuleQuery,
    page: &mut CapsulePage,
) -> io::Result<bool> {
    let mut file = fs::File::open(folder.join(file_name(day)))?;
    file.seek(SeekFrom::Start(start))?;
    let (mut lines, mut offset, mut line) = (BufReader::new(file), start, Vec::new());
    let mut texts = scripts::Texts::new();
    loop {
        line.clear();
        let length = lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok(true);
        }
        offset = offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        // A line that was cut off by a crash is none.
        let found = serde_json::from_slice(&line).ok();
        let Some(mut found) = found.filter(|found: &RecordedCapsule| query.wants(found)) else {
            continue;
        };
        if let (Some(""), digest) = (found.capsule.script.as_deref(), &found.capsule.digest) {
            // It is written before the capsules that need it: what is not there by now is lost.
            if !texts.contains_key(digest) {
                texts.extend(scripts::read(folder, day)?);
                texts.entry(digest.clone()).or_default();
            }
            found.capsule.script = texts.get(digest).cloned().or(found.capsule.script);
        }
        page.items.push(found);
        page.bytes = page.bytes.saturating_add(length);
        if page.items.len() >= query.limit || page.bytes >= MAX_PAGE {
            page.next = Some(CapsulePlace { day, offset });
            return Ok(false);
        }
    }
}

impl CapsuleQuery {
    fn wants(&self, found: &RecordedCapsule) -> bool {
        let RecordedCapsule { id, at, capsule } = found;
        self.org == capsule.facts.organization
            && self.id.as_ref().is_none_or(|begins| id.starts_with(begins))
            && self.plugin.as_ref().is_none_or(|plugin| plugin.as_str() == capsule.plugin)
            && self.request.as_ref().is_none_or(|request| *request == capsule.facts.request)
            && self.since.is_none_or(|since| *at >= since)
    }
}

fn file_name(day: NaiveDate) -> String {
    format!("{day}.jsonl")
}

/// The days that there are files of, in order.
fn days(folder: &Path) -> io::Result<Vec<NaiveDate>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let day = name.to_str().and_then(|name| name.strip_suffix(".jsonl"));
        days.extend(day.and_then(|day| day.parse::<NaiveDate>().ok()));
    }
    days.sort_unstable();
    Ok(days)
}

/// Writes capsules until nobody can send any more.
struct Writer {
    folder: PathBuf,
    keep: u32,
    file: Option<(NaiveDate, BufWriter<fs::File>)>,
    /// Of that day.
    texts: BTreeSet<String>,
    /// Bytes that wait.
    waiting: Arc<AtomicUsize>,
}

impl Writer {
    fn run(mut self, drafts: &Receiver<Draft>) {
        while let Ok(first) = drafts.recv() {
            let more = std::iter::from_fn(|| drafts.try_recv().ok());
            for draft in std::iter::once(first).chain(more) {
                self.waiting.fetch_sub(draft.size, Ordering::Relaxed);
                if let Err(error) = self.write(draft) {
                    tracing::warn!(%error, "a capsule cannot be written and is lost");
                    self.file = None;
                }
            }
            if let Some((_, file)) = &mut self.file
                && let Err(error) = file.flush()
            {
                tracing::warn!(%error, "capsules cannot be written and are lost");
                self.file = None;
            }
        }
    }

    fn write(&mut self, draft: Draft) -> io::Result<()> {
        let (at, mut capsule) = (draft.at, draft.capsule());
        let (id, mut text) = capsule.sealed()?;
        let day = at.date_naive();
        self.file(day)?;
        // In its place stands nothing, by which the capsule is known as that of a script.
        if let Some(script) = capsule.script.take() {
            capsule.script = Some(String::new());
            if !self.texts.contains(&capsule.digest) {
                scripts::keep(&self.folder, day, &capsule.digest, &script)?;
                self.texts.insert(capsule.digest.clone());
            }
            text = serde_json::to_vec(&capsule)?;
        }
        let file = self.file(day)?;
        write!(file, "{{\"id\":\"{id}\",\"at\":{},\"capsule\":", serde_json::to_string(&at)?)?;
        file.write_all(&text)?;
        file.write_all(b"}\n")
    }

    fn file(&mut self, day: NaiveDate) -> io::Result<&mut BufWriter<fs::File>> {
        let file = match self.file.take() {
            Some((open, file)) if open == day => file,
            Some(_) | None => self.open(day)?,
        };
        let (_, file) = self.file.insert((day, file));
        Ok(file)
    }

    fn open(&mut self, day: NaiveDate) -> io::Result<BufWriter<fs::File>> {
        let oldest = day.checked_sub_days(Days::new(self.keep.into()));
        for past in days(&self.folder)? {
            if oldest.is_some_and(|oldest| past < oldest) {
                let texts = fs::remove_file(self.folder.join(scripts::file_name(past)));
                if let Err(error) = texts
                    && error.kind() != io::ErrorKind::NotFound
                {
                    return Err(error);
                }
                fs::remove_file(self.folder.join(file_name(past)))?;
            }
        }
        self.texts = scripts::read(&self.folder, day)?.into_keys().collect();
        Ok(BufWriter::new(append(&self.folder.join(file_name(day)))?))
    }
}

/// Opens a file of lines to write more. There can be rows of databases in it: nobody else reads it.
fn append(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    // What was cut off stands on a line of its own.
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
