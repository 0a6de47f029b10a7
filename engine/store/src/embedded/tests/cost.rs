//! A page of a list costs the same whatever the number of requests.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use redb::{StorageBackend, backends::InMemoryBackend};

use super::{commit, org};
use crate::{
    Candidate, Commit, Lane, Limit, List, Millis, Order, Page, Paging, Row, Store,
    embedded::{EmbeddedStore, Options, open, room::Room},
};

/// A disk that counts what is read.
#[derive(Debug, Default)]
struct Counted {
    disk: InMemoryBackend,
    reads: Arc<AtomicU64>,
}

impl StorageBackend for Counted {
    fn len(&self) -> io::Result<u64> {
        self.disk.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.disk.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.disk.write(offset, data)
    }
}

/// A store without a cache and with so many requests, all with a seat of a group; what is read.
async fn with_requests(count: u64) -> (EmbeddedStore, Arc<AtomicU64>) {
    let counted = Counted::default();
    let reads = counted.reads.clone();
    let options = Options { cache: 0, ..Options::default() };
    let store = open::on(counted, Room::endless(), &options).unwrap();
    let numbers: Vec<u64> = (0..count).collect();
    for chunk in numbers.chunks(500) {
        let mut together = Commit::new(org(), Millis(1));
        for n in chunk {
            let mut one = commit(&format!("r-{n}"), 0);
            let index = &mut one.requests[0].now.as_mut().unwrap().index;
            index.time = Millis(*n as i64);
            index.seats.insert(Candidate::Group("finance".parse().unwrap()));
            together.requests.append(&mut one.requests);
        }
        store.commit(together).await.unwrap();
    }
    (store, reads)
}

async fn page(store: &EmbeddedStore, paging: &Paging) -> Page<Row> {
    let list = List::ToDecide {
        person: "u-1".parse().unwrap(),
        groups: ["finance".parse().unwrap(), "legal".parse().unwrap()].into(),
        role: engine_core::directory::OrganizationRole::User,
    };
    store.list(&org(), &list, paging).await.unwrap()
}

/// How many reads of the disk the first page, a later one, and a look for what is due take.
async fn reads_of_a_page(count: u64) -> u64 {
    let (store, reads) = with_requests(count).await;
    let before = reads.load(Ordering::Relaxed);
    let mut paging = Paging { order: Order::NewestFirst, after: None, limit: Limit::new(20) };
    for _ in 0..2 {
        let page = page(&store, &paging).await;
        assert_eq!(page.items.len(), 20);
        paging.after = page.next;
    }
    assert_eq!(store.next_due(Lane::Timer).await, Ok(None));
    reads.load(Ordering::Relaxed) - before
}

#[tokio::test]
async fn a_page_costs_the_same_with_two_hundred_requests_and_with_a_hundred_times_as_many() {
    let (few, many) = (reads_of_a_page(200).await, reads_of_a_page(20_000).await);
    // Each look-up goes down the tree, which is two levels higher at most.
    assert!(many <= few * 2, "{few} reads with 200 requests, {many} with 20,000");
}
