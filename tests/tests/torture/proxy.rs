//! A slow line between the engine and a database server.
//!
//! The moments in which a crash could lose or repeat an effect are short on one machine: the commit is
//! on its way, or its answer is. On this line both take long, so that kills at random moments
//! hit them. What was sent arrives even when the sender is dead, as on real lines.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The longest way of a commit, in milliseconds: longer than a start, so that a probe after a crash can
/// come before it.
const LONGEST_WAY: u64 = 900;
/// One commit of so many is slow on its way; the others are at the server at once.
const SLOW_ONE_OF: u32 = 4;
/// The longest way of the answer to a commit, in milliseconds.
const LONGEST_ANSWER: u64 = 60;

/// Forwards to a server.
pub(super) struct Proxy {
    pub(super) port: u16,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn start(server: (String, u16), seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let chance = Arc::new(Mutex::new(StdRng::seed_from_u64(seed)));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server.clone()).await.unwrap();
                tokio::spawn(forward(client, server, Arc::clone(&chance)));
            }
        });
        Self { port, task }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns, and so closes both, when one of them has.
async fn forward(mut client: TcpStream, mut server: TcpStream, chance: Arc<Mutex<StdRng>>) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut answer_takes = None;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                if is_commit(&asked[..length]) {
                    let (there, back) = lengths(&chance);
                    tokio::time::sleep(there).await;
                    answer_takes = Some(back);
                }
                if server.write_all(&asked[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if let Some(takes) = answer_takes.take() {
                    tokio::time::sleep(takes).await;
                }
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Isolation levels are no commit.
fn is_commit(bytes: &[u8]) -> bool {
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    has(b"COMMIT") && !has(b"COMMITTED")
}

/// How long a commit is under way, and its answer.
fn lengths(chance: &Mutex<StdRng>) -> (Duration, Duration) {
    let mut chance = chance.lock().unwrap();
    let slow = chance.random_ratio(1, SLOW_ONE_OF);
    let there = if slow { chance.random_range(0..=LONGEST_WAY) } else { 0 };
    let back = chance.random_range(0..=LONGEST_ANSWER);
    (Duration::from_millis(there), Duration::from_millis(back))
}
