//! One thread writes: it takes the commits that wait, makes them durable by one transaction, and
//! only then answers them.

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
};

use redb::{Database, Durability};
use tokio::sync::{mpsc, oneshot};

use super::{
    RECORDS,
    apply::{self, Records},
    reads::Failure,
    room::Room,
    state::State,
};
use crate::{
    commit::{Commit, MAX_COMMIT, Outcome},
    error::StoreError,
    query::Limit,
    values::Millis,
};

/// What the writer does.
pub(super) enum Work {
    Commit(Box<Commit>),
    Prune {
        before: Millis,
        limit: Limit,
    },
    /// Finish what waits, and end.
    Close,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Done {
    Commit(Outcome),
    Pruned(u64),
    Closed,
}

/// Work, and who waits for it. Nobody may: it is done all the same.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Result<Done, StoreError>>,
}

pub(super) struct Writer {
    pub(super) database: Arc<Database>,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) state: Arc<State>,
    pub(super) room: Arc<Room>,
    /// How many commits become durable together at most.
    pub(super) group: usize,
}

pub(super) fn start(writer: Writer) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run())
}

/// Stops the store where the writer ends by a panic, so that nobody waits for ever.
struct Alarm(Arc<State>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop("the writer failed");
        }
    }
}

impl Writer {
    fn run(mut self) {
        let _alarm = Alarm(self.state.clone());
        self.room.look();
        while let Some(first) = self.jobs.blocking_recv() {
            let group = self.gather(first);
            self.finish(group);
        }
    }

    /// Takes what waits already, up to the bounds of a group; waits for nothing.
    fn gather(&mut self, first: Job) -> Vec<Job> {
        let mut weight = first.work.weight();
        let mut group = vec![first];
        while group.len() < self.group && weight < MAX_COMMIT {
            let Ok(job) = self.jobs.try_recv() else { break };
            weight += job.work.weight();
            group.push(job);
        }
        if group.iter().any(|job| matches!(job.work, Work::Close)) {
            self.jobs.close();
        }
        group
    }

    /// Writes a group and answers it.
    fn finish(&self, group: Vec<Job>) {
        let results = self.state.check().and_then(|()| {
            if !self.room.look() {
                return Err(StoreError::NoSpace);
            }
            self.transact(&group).map_err(|error| self.state.stop(&error.to_string()))
        });
        match results {
            Ok(results) => {
                for (job, result) in group.into_iter().zip(results) {
                    // Who no longer waits does not hear it.
                    let _ = job.reply.send(result);
                }
            }
            Err(error) => {
                for job in group {
                    let _ = job.reply.send(Err(error.clone()));
                }
            }
        }
    }

    /// One durable transaction for the whole group. An error is the disk's, and ends everything;
    /// what is wrong with one commit stands in its own result.
    fn transact(&self, group: &[Job]) -> Result<Vec<Result<Done, StoreError>>, redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        // People choose the bytes that are stored here, which one phase does not stand up to.
        transaction.set_two_phase_commit(true);
        let mut results = Vec::with_capacity(group.len());
        let mut written = false;
        {
            let mut records = transaction.open_table(RECORDS)?;
            for job in group {
                match job.work.apply(&mut records) {
                    Ok(done) => {
                        written |= done.wrote();
                        results.push(Ok(done));
                    }
                    Err(Failure::Record(error)) => results.push(Err(error)),
                    Err(Failure::Disk(error)) => return Err(error),
                }
            }
        }
        if written {
            transaction.commit()?;
            self.state.advance();
        } else {
            transaction.abort()?;
        }
        Ok(results)
    }
}

impl Work {
    /// In bytes of bodies.
    fn weight(&self) -> usize {
        match self {
            Self::Commit(commit) => commit.weight(),
            Self::Prune { .. } | Self::Close => 0,
        }
    }

    fn apply(&self, records: &mut Records<'_>) -> Result<Done, Failure> {
        match self {
            Self::Commit(commit) => apply::commit(records, commit).map(Done::Commit),
            Self::Prune { before, limit } => {
                apply::prune(records, *before, *limit).map(Done::Pruned)
            }
            Self::Close => Ok(Done::Closed),
        }
    }
}

impl Done {
    /// Whether there is anything to make durable.
    const fn wrote(&self) -> bool {
        match self {
            Self::Commit(Outcome::Committed { .. }) => true,
            Self::Pruned(count) => *count > 0,
            Self::Commit(Outcome::Conflict { .. } | Outcome::AlreadyAnswered(_)) | Self::Closed => {
                false
            }
        }
    }
}
