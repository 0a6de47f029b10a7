//! Answers that are too large for memory, part by part.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::{
    cell::{Batch, Cell, Column},
    error::Error,
};

/// A part is sent when it has so many rows …
const BATCH_ROWS: usize = 512;
/// … or so many bytes.
const BATCH_BYTES: usize = 256 << 10;
/// Parts that wait for the reader; the server waits when they are so many.
const BATCHES_WAITING: usize = 2;

/// The answer of a statement. The first batch comes even where there are no rows, with the columns.
///
/// It must be read to its end before the transaction is used again; dropped earlier, the transaction
/// can only be rolled back.
#[derive(Debug)]
pub struct RowStream {
    batches: mpsc::Receiver<Result<Batch, Error>>,
}

impl RowStream {
    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// What the statement failed with; nothing comes after it.
    pub async fn next(&mut self) -> Result<Option<Batch>, Error> {
        self.batches.recv().await.transpose()
    }
}

/// The driver's end of a [`RowStream`].
pub(crate) struct BatchSender {
    batches: mpsc::Sender<Result<Batch, Error>>,
    columns: Arc<[Column]>,
    rows: Vec<Vec<Cell>>,
    bytes: usize,
}

pub(crate) fn channel() -> (BatchSender, mpsc::Sender<Result<Batch, Error>>, RowStream) {
    let (sender, batches) = mpsc::channel(BATCHES_WAITING);
    let out =
        BatchSender { batches: sender.clone(), columns: Arc::new([]), rows: Vec::new(), bytes: 0 };
    (out, sender, RowStream { batches })
}

impl BatchSender {
    /// Says what the columns are; before the first row.
    pub(crate) fn start(&mut self, columns: Vec<Column>) {
        self.columns = columns.into();
    }

    /// Adds a row; a batch where one is full and must be sent.
    #[must_use]
    pub(crate) fn push(&mut self, row: Vec<Cell>) -> Option<Batch> {
        self.bytes += row.iter().map(Cell::size).sum::<usize>();
        self.rows.push(row);
        (self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES).then(|| self.rest())
    }

    /// What is not sent yet; sent even when empty, for its columns.
    pub(crate) fn rest(&mut self) -> Batch {
        self.bytes = 0;
        Batch { columns: Arc::clone(&self.columns), rows: std::mem::take(&mut self.rows) }
    }

    pub(crate) async fn send(&self, batch: Batch) -> Result<(), Error> {
        self.batches.send(Ok(batch)).await.map_err(|_| Error::Over("its stream was abandoned"))
    }

    pub(crate) fn send_blocking(&self, batch: Batch) -> Result<(), Error> {
        self.batches.blocking_send(Ok(batch)).map_err(|_| Error::Over("its stream was abandoned"))
    }
}
