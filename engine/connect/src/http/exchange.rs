//! One connection, one call, one reply.

use std::net::SocketAddr;

use futures::future::{Either, select};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    Request,
    body::{Bytes, Incoming},
    client::conn::http1,
    header::{CONNECTION, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
};

use super::{HttpCall, HttpError, HttpReply, Method, Origin, address, tls::Tls};

/// The most bytes of a reply's head.
const MAX_HEAD: usize = 64 << 10;

/// What bytes go over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects; nothing is sent yet.
pub(super) async fn open(
    tls: &Tls,
    origin: &Origin,
    private_addresses: bool,
) -> Result<Box<dyn Stream>, HttpError> {
    let addresses = resolve(origin, private_addresses).await?;
    let stream = TcpStream::connect(&*addresses).await.map_err(|error| HttpError::Connect {
        origin: origin.clone(),
        reason: error.to_string(),
    })?;
    if origin.is_tls() {
        return Ok(Box::new(tls.connect(stream, origin).await?));
    }
    Ok(Box::new(stream))
}

/// The addresses of a host that may be called: what is connected to is what was looked at.
async fn resolve(origin: &Origin, private_addresses: bool) -> Result<Vec<SocketAddr>, HttpError> {
    let host = origin.host();
    let nowhere = |reason: String| HttpError::Name { host: host.to_owned(), reason };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found =
        lookup_host((bare, origin.port())).await.map_err(|error| nowhere(error.to_string()))?;
    let found: Vec<SocketAddr> = found.collect();
    let may = |found: &SocketAddr| private_addresses || address::is_public(found.ip());
    let allowed: Vec<SocketAddr> = found.iter().copied().filter(may).collect();
    match (allowed.is_empty(), found.first()) {
        (false, _) => Ok(allowed),
        (true, Some(first)) => {
            Err(HttpError::PrivateAddress { host: host.to_owned(), address: first.ip() })
        }
        (true, None) => Err(nowhere("it has no address".to_owned())),
    }
}

/// Sends a call and reads the whole reply.
pub(super) async fn exchange(
    stream: Box<dyn Stream>,
    call: HttpCall,
    origin: &Origin,
    max_reply: usize,
) -> Result<HttpReply, HttpError> {
    let broken = |reason: String| HttpError::Broken { origin: origin.clone(), reason };
    let request = request(call, origin)?;
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEAD);
    let (mut sender, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(|error| broken(error.to_string()))?;
    let talking = Box::pin(async move {
        let reply = sender.send_request(request).await.map_err(|error| broken(told(&error)))?;
        read(reply, origin, max_reply).await
    });
    match select(talking, Box::pin(connection)).await {
        Either::Left((reply, _)) => reply,
        // The connection is over; what it brought is still there to be read.
        Either::Right((_, talking)) => talking.await,
    }
}

fn request(call: HttpCall, origin: &Origin) -> Result<Request<Full<Bytes>>, HttpError> {
    let invalid = |error: &dyn std::error::Error| HttpError::Invalid(error.to_string());
    let target = match call.url.query() {
        Some(query) => format!("{}?{query}", call.url.path()),
        None => call.url.path().to_owned(),
    };
    let method = match call.method {
        Method::Get => hyper::Method::GET,
        Method::Head => hyper::Method::HEAD,
        Method::Post => hyper::Method::POST,
        Method::Put => hyper::Method::PUT,
        Method::Patch => hyper::Method::PATCH,
        Method::Delete => hyper::Method::DELETE,
    };
    let host = HeaderValue::from_str(&origin.authority()).map_err(|error| invalid(&error))?;
    let mut request = Request::new(Full::new(call.body));
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().map_err(|error| invalid(&error))?;
    *request.headers_mut() = call.headers;
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
}

async fn read(
    reply: hyper::Response<Incoming>,
    origin: &Origin,
    max_reply: usize,
) -> Result<HttpReply, HttpError> {
    let (head, body) = reply.into_parts();
    let too_large = || HttpError::TooLarge { origin: origin.clone(), most: max_reply };
    let body = match Limited::new(body, max_reply).collect().await {
        Ok(body) => body.to_bytes().into(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(error) => {
            return Err(HttpError::Broken { origin: origin.clone(), reason: error.to_string() });
        }
    };
    let header = |(name, value): (&hyper::header::HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok(HttpReply {
        status: head.status.as_u16(),
        headers: head.headers.iter().map(header).collect(),
        body,
    })
}

/// An error with its cause, which is where hyper tells what happened.
fn told(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
