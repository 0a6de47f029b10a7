//! Another system, for cases: it answers every call as the case says, and remembers what it was sent.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value as Json, json};

use super::file::{CaseFiles, Reply};

/// The most bytes of a call that is read.
const MAX_CALL: u64 = 4 << 20;
/// Nobody waits longer for the rest of a call.
const PATIENCE: Duration = Duration::from_secs(10);

/// The other system. It is gone when this is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
    closed: Arc<AtomicBool>,
}

#[derive(Default)]
struct Desk {
    reply: Option<Reply>,
    heard: Vec<Json>,
}

impl Server {
    /// The one that these cases name; none where they name none.
    pub(crate) fn of(files: &CaseFiles) -> anyhow::Result<Option<Self>> {
        files.name_server().then(Self::start).transpose()
    }

    /// Listens on this machine.
    fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (desk, closed) = (Arc::<Mutex<Desk>>::default(), Arc::<AtomicBool>::default());
        let (answering, ending) = (Arc::clone(&desk), Arc::clone(&closed));
        thread::Builder::new().name("other-system".into()).spawn(move || {
            for stream in listener.incoming() {
                if ending.load(Ordering::Acquire) {
                    return;
                }
                // A caller that breaks off is the caller's business.
                let _ = stream.and_then(|stream| serve(&stream, &answering));
            }
        })?;
        Ok(Self { address, desk, closed })
    }

    /// Such as `http://127.0.0.1:41213`.
    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it answers from now on; it hangs up where there is nothing.
    pub(super) fn answer_with(&self, reply: Option<Reply>) {
        let desk = Desk { reply, heard: Vec::new() };
        *self.desk.lock().unwrap_or_else(PoisonError::into_inner) = desk;
    }

    /// What it was sent since.
    pub(super) fn heard(&self) -> Json {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner).heard.clone().into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
        // It waits for a call; where it cannot be called, it is gone already.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, desk: &Mutex<Desk>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.take(MAX_CALL));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            Some(_) => {}
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let body =
        serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
    let reply = {
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.heard.push(json!({ "method": method, "path": path, "body": body }));
        desk.reply.clone()
    };
    let Some(Reply { status, body }) = reply else { return Ok(()) };
    let length = body.len();
    write!(
        &mut &*stream,
        "HTTP/1.1 {status} Told\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_for_those_who_name_it() {
        let files = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("a.yaml"), text).unwrap();
            CaseFiles::of_folder(folder.path()).unwrap()
        };
        assert!(Server::of(&files("cases: [{case: a, expect: met}]")).unwrap().is_none());
        let named = files("cases: [{case: a, expect: met, config: {url: '{server}/a'}}]");
        let server = Server::of(&named).unwrap().unwrap();
        let address = server.address();
        assert!(TcpStream::connect(address.trim_start_matches("http://")).is_ok(), "{address}");
    }
}
