//! Clients: one connection each, one call at a time.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Builder,
    task::JoinSet,
};

use super::ends::Ends;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 1 << 20;
/// How long one lifecycle may take before something must be broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is called.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// Whether the execution is a third call; else it comes by itself and is waited for.
    pub(crate) calls_execution: bool,
    pub(crate) requester: String,
    pub(crate) approver: String,
    pub(crate) ends: Arc<Ends>,
}

/// A run.
pub(crate) struct Load {
    pub(crate) clients: usize,
    pub(crate) time: Duration,
    /// Not counted.
    pub(crate) warm_up: Duration,
    pub(crate) target: Target,
}

/// One lifecycle.
#[derive(Clone, Copy)]
struct Sample {
    submit: Duration,
    decide: Duration,
    ended: Instant,
}

/// What came of a run.
pub(crate) struct Samples {
    /// Seconds for each submission and decision, in order of length.
    pub(crate) submit: Vec<f64>,
    pub(crate) decide: Vec<f64>,
    /// Lifecycles that ended while it was measured, and for how many seconds that was.
    pub(crate) counted: usize,
    pub(crate) seconds: f64,
    /// Durable transactions meanwhile.
    pub(crate) transactions: u64,
    /// Lifecycles in all, warm-up and run-out included.
    pub(crate) all: usize,
}

/// Runs all clients, in a runtime of their own.
pub(crate) fn load(load: &Load, transactions: &dyn Fn() -> u64) -> Result<Samples> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("clients")
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (from, to) = {
            let now = Instant::now();
            (now + load.warm_up, now + load.warm_up + load.time)
        };
        let mut clients = JoinSet::new();
        for number in 0..load.clients {
            clients.spawn(client(load.target.clone(), number, to));
        }
        tokio::time::sleep_until(from.into()).await;
        let before = transactions();
        tokio::time::sleep_until(to.into()).await;
        let transactions = transactions() - before;
        let mut samples = Vec::new();
        while let Some(ended) = clients.join_next().await {
            samples.extend(ended??);
        }
        Ok(summary(&samples, from, to, transactions))
    })
}

fn summary(samples: &[Sample], from: Instant, to: Instant, transactions: u64) -> Samples {
    let counted: Vec<&Sample> =
        samples.iter().filter(|sample| (from..to).contains(&sample.ended)).collect();
    let sorted = |of: fn(&Sample) -> Duration| {
        let mut all: Vec<f64> = counted.iter().map(|sample| of(sample).as_secs_f64()).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    Samples {
        submit: sorted(|sample| sample.submit),
        decide: sorted(|sample| sample.decide),
        counted: counted.len(),
        seconds: (to - from).as_secs_f64(),
        transactions,
        all: samples.len(),
    }
}

async fn client(target: Target, number: usize, until: Instant) -> Result<Vec<Sample>> {
    let mut connection = Connection::open(target.address).await?;
    let mut samples = Vec::new();
    while Instant::now() < until {
        let lifecycle = lifecycle(&mut connection, &target, number, samples.len());
        samples.push(tokio::time::timeout(PATIENCE, lifecycle).await??);
    }
    Ok(samples)
}

/// The keys of a client's calls, all of the same length.
pub(crate) fn key(client: usize, count: usize, call: char) -> String {
    format!("load-{client:04}-{count:09}-{call}")
}

async fn lifecycle(
    connection: &mut Connection,
    target: &Target,
    client: usize,
    count: usize,
) -> Result<Sample> {
    let began = Instant::now();
    let (id, tag) = submit(connection, &target.requester, &key(client, count, 's')).await?;
    let submitted = Instant::now();
    decide(connection, &target.approver, &key(client, count, 'd'), &id, &tag).await?;
    let decided = Instant::now();
    if target.calls_execution {
        let path = format!("/api/v1/requests/{id}/execution");
        let reply = connection.post(&path, &[("authorization", &target.approver)], b"{}").await?;
        ensure!(reply.status == 200, "the execution was answered {}", reply.status);
    } else {
        target.ends.of(&id).await;
    }
    let (submit, decide) = (submitted - began, decided - submitted);
    Ok(Sample { submit, decide, ended: Instant::now() })
}

/// The id of the request and its `ETag`.
pub(crate) async fn submit(
    connection: &mut Connection,
    requester: &str,
    key: &str,
) -> Result<(String, String)> {
    const BODY: &[u8] = br#"{"rule":"change","title":"A new press","reason":"The old one broke and cannot be repaired","properties":{"amount":"900.00 EUR"}}"#;
    let headers = [("authorization", requester), ("idempotency-key", key)];
    let reply = connection.post("/api/v1/requests", &headers, BODY).await?;
    ensure!(reply.status == 200, "a submission was answered {}: {}", reply.status, reply.text());
    let tag = reply.tag.clone().context("an answer without an `ETag`")?;
    let body = reply.text();
    let id = body.split_once(r#""id":""#).and_then(|(_, rest)| rest.split_once('"'));
    Ok((id.context("an answer without an id")?.0.to_owned(), tag))
}

pub(crate) async fn decide(
    connection: &mut Connection,
    approver: &str,
    key: &str,
    request: &str,
    tag: &str,
) -> Result<()> {
    let headers = [("authorization", approver), ("idempotency-key", key), ("if-match", tag)];
    let path = format!("/api/v1/requests/{request}/decisions");
    let body = br#"{"decision":"approve","comment":"within the budget"}"#;
    let reply = connection.post(&path, &headers, body).await?;
    ensure!(reply.status == 200, "a decision was answered {}: {}", reply.status, reply.text());
    Ok(())
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    buffer: Vec<u8>,
}

/// An answer; its body is in the connection's buffer.
struct Reply<'a> {
    status: u16,
    tag: Option<String>,
    body: &'a [u8],
}

impl Reply<'_> {
    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.body)
    }
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address, buffer: Vec::with_capacity(8 << 10) })
    }

    async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply<'_>> {
        let mut call = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            self.address,
            body.len(),
        );
        for (name, value) in headers {
            call.push_str(&format!("{name}: {value}\r\n"));
        }
        call.push_str("\r\n");
        let mut call = call.into_bytes();
        call.extend_from_slice(body);
        self.stream.write_all(&call).await?;
        self.buffer.clear();
        loop {
            if let Some(head) = head(&self.buffer)? {
                let end = head.length + head.body;
                while self.buffer.len() < end {
                    self.read().await?;
                }
                let body = &self.buffer[head.length..end];
                return Ok(Reply { status: head.status, tag: head.tag, body });
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the server closed the connection");
        ensure!(self.buffer.len() <= MAX_ANSWER, "the answer has no end");
        Ok(())
    }
}

/// The head of an answer.
struct Head {
    status: u16,
    tag: Option<String>,
    length: usize,
    body: usize,
}

/// None until all of it is there.
fn head(bytes: &[u8]) -> Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..end])?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?;
    let mut head = Head { status: status.parse()?, tag: None, length: end + 4, body: 0 };
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { bail!("`{line}` is no header") };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.body = value.trim().parse()?,
            "etag" => head.tag = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    Ok(Some(head))
}
