use std::{future::Future, sync::Arc};

use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::*;

const PATIENT: HttpTerms =
    HttpTerms { timeout: Duration::from_secs(20), max_reply: 1_000, private_addresses: true };
const SHORT: HttpTerms = HttpTerms { timeout: Duration::from_millis(1_500), ..PATIENT };

/// A server that does this with its first connection, and its port.
async fn server<F>(
    serve: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (u16, JoinHandle<F::Output>)
where
    F: Future<Output: Send + 'static> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
    (port, served)
}

/// Reads a call without a body to its empty line.
async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

fn get(url: &str) -> HttpCall {
    HttpCall::new(Method::Get, url).unwrap()
}

#[tokio::test]
async fn a_call_and_its_reply() {
    let (port, served) = server(async |mut stream| {
        let asked = head(&mut stream).await;
        let mut body = [0; 5];
        stream.read_exact(&mut body).await.unwrap();
        let reply =
            b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nX-A: 1\r\n\r\nmoved";
        stream.write_all(reply).await.unwrap();
        (asked, body)
    })
    .await;
    let mut call =
        HttpCall::new(Method::Post, &format!("http://127.0.0.1:{port}/a b?c=d e")).unwrap();
    call.header("Accept", "text/plain").unwrap();
    call.secret_header("Authorization", "Bearer ", &Secret::new("s3cret"), "").unwrap();
    call.body(b"hello".to_vec());
    assert!(!format!("{call:?}").contains("s3cret"));
    let reply = Http::default().send(call, PATIENT).await.unwrap();
    let (asked, body) = served.await.unwrap();
    assert!(asked.starts_with("POST /a%20b?c=d%20e HTTP/1.1\r\n"), "{asked}");
    for line in
        [&format!("host: 127.0.0.1:{port}"), "authorization: Bearer s3cret", "content-length: 5"]
    {
        assert!(asked.contains(line), "{asked}");
    }
    assert_eq!(&body, b"hello");
    assert_eq!((reply.status, reply.body.as_slice()), (302, b"moved".as_slice()));
    assert!(reply.headers.contains(&("location".into(), "http://elsewhere.example/".into())));
}

#[tokio::test]
async fn a_failure_says_whether_the_call_was_sent() {
    let http = Http::default();
    let url = |port: u16| format!("http://127.0.0.1:{port}/");
    let (silent, hold) = server(async |mut stream| {
        head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let late = http.send(get(&url(silent)), SHORT).await.unwrap_err();
    assert_eq!((late.code(), late.was_sent()), ("timeout-after-send", true));
    hold.abort();
    let (deaf, hold) = server(async |_stream| std::future::pending::<()>().await).await;
    let call = get(&format!("https://127.0.0.1:{deaf}/"));
    let late = http.send(call, SHORT).await.unwrap_err();
    assert_eq!((late.code(), late.was_sent()), ("timeout-before-send", false));
    hold.abort();
    let (rude, _served) = server(async |mut stream| {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
    })
    .await;
    let broken = http.send(get(&url(rude)), PATIENT).await.unwrap_err();
    assert_eq!((broken.code(), broken.was_sent()), ("broken", true));
    let (long, _served) = server(async |mut stream| {
        head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let large = http.send(get(&url(long)), PATIENT).await.unwrap_err();
    assert_eq!((large.code(), large.was_sent()), ("too-large", true));
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let refused = http.send(get(&url(unused)), PATIENT).await.unwrap_err();
    assert_eq!((refused.code(), refused.was_sent()), ("connect", false));
    let nowhere = http.send(get("http://nowhere.invalid/"), PATIENT).await.unwrap_err();
    assert_eq!((nowhere.code(), nowhere.was_sent()), ("dns", false));
}

#[tokio::test]
async fn private_addresses_need_a_grant() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let terms = HttpTerms { private_addresses: false, ..PATIENT };
    for host in
        ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"]
    {
        let call = get(&format!("http://{host}:{port}/"));
        let error = Http::default().send(call, terms).await.unwrap_err();
        assert_eq!(error.code(), "private-address", "{host}: {error}");
    }
    let accepting = tokio::time::timeout(Duration::from_millis(50), listener.accept());
    assert!(accepting.await.is_err(), "somebody connected");
}

#[tokio::test]
async fn certificates_are_checked() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let trusting = Http::with_authorities(made.cert.pem().as_bytes()).unwrap();
    for (http, host, fails) in [
        (&trusting, "localhost", None),
        (&trusting, "127.0.0.1", Some("tls")),
        (&Http::default(), "localhost", Some("tls")),
    ] {
        let acceptor = acceptor.clone();
        let (port, _served) = server(async move |stream| {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            head(&mut stream).await;
            let reply = b"HTTP/1.1 204 No Content\r\n\r\n";
            stream.write_all(reply).await.unwrap();
            stream.shutdown().await.unwrap();
        })
        .await;
        let answer = http.send(get(&format!("https://{host}:{port}/")), PATIENT).await;
        assert_eq!(answer.as_ref().err().map(HttpError::code), fails, "{host}: {answer:?}");
    }
    assert!(Http::with_authorities(b"no certificate").is_err());
}

#[test]
fn what_cannot_be_sent_is_refused() {
    for url in
        ["", "/a", "ftp://a.example/", "https://u:p@a.example/", "https://a.example/#x", "data:x"]
    {
        let error = HttpCall::new(Method::Get, url).unwrap_err();
        assert_eq!(error.code(), "invalid", "{url}");
    }
    let mut call = get("https://a.example/");
    for (name, value) in [
        ("x\r\ny", "1"),
        ("x", "1\r\nhost: b.example"),
        ("Host", "b.example"),
        ("content-length", "9"),
        ("", "1"),
        ("x", &"y".repeat(MAX_HEADER_BYTES)),
    ] {
        assert!(call.header(name, value).is_err(), "{name}");
    }
}

#[test]
fn origins_have_one_spelling() {
    for (text, spelling) in [
        ("https://HR.example.org", Some("https://hr.example.org")),
        ("https://hr.example.org:443/", Some("https://hr.example.org")),
        ("http://10.0.0.5:8080", Some("http://10.0.0.5:8080")),
        ("http://[::1]:80", Some("http://[::1]")),
        ("https://hr.example.org/api", None),
        ("https://u@hr.example.org", None),
        ("hr.example.org", None),
        ("ftp://hr.example.org", None),
    ] {
        let origin = text.parse::<Origin>().ok().map(|origin| origin.to_string());
        assert_eq!(origin.as_deref(), spelling, "{text}");
    }
}
