//! HTTP/1.1 as these listeners serve it, with bounds on the connections and on the time that a request's head may take.

use http::{header, HeaderValue, StatusCode};
use hyper::{body::Incoming, server::conn::http1, service::HttpService};
use hyper_util::rt::{TokioIo, TokioTimer};
use jsonrpsee::server::{HttpBody, HttpResponse};
use std::{error::Error, future::Future, io, sync::Arc, time::Duration};
use tokio::{
	io::{AsyncRead, AsyncWrite},
	net::{TcpListener, TcpStream, UnixListener, UnixStream},
	sync::{OwnedSemaphorePermit, Semaphore},
};

/// How long the head of a request may take, and how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted, most likely because too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// A source of connections.
pub trait Listener: Send + 'static {
	/// A connection.
	type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

	/// Waits for the next connection.
	fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
	type Stream = TcpStream;

	async fn next(&self) -> io::Result<TcpStream> {
		let (stream, _) = self.accept().await?;
		stream.set_nodelay(true)?;
		Ok(stream)
	}
}

impl Listener for UnixListener {
	type Stream = UnixStream;

	async fn next(&self) -> io::Result<UnixStream> {
		Ok(self.accept().await?.0)
	}
}

/// Accepts connections for ever, each in its own task, which holds a permit while it runs. Without a free permit, a
/// connection is closed at once.
pub async fn accept<L: Listener, F: Future<Output = ()> + Send + 'static>(
	listener: L,
	permits: Arc<Semaphore>,
	connection: impl Fn(L::Stream, OwnedSemaphorePermit) -> F,
) {
	loop {
		match listener.next().await {
			Ok(stream) => {
				if let Ok(permit) = permits.clone().try_acquire_owned() {
					tokio::spawn(connection(stream, permit));
				}
			},
			Err(error) => {
				log::debug!("a connection could not be accepted: {error}");
				tokio::time::sleep(PAUSE).await;
			},
		}
	}
}

/// Serves a connection until it ends.
pub async fn serve<I, S>(stream: I, service: S)
where
	I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
	S: HttpService<Incoming, ResBody = HttpBody>,
	S::Error: Into<Box<dyn Error + Send + Sync>>,
	S::Future: Send,
{
	let served = http1::Builder::new()
		.timer(TokioTimer::new())
		.header_read_timeout(HEAD_TIMEOUT)
		.serve_connection(TokioIo::new(stream), service)
		.with_upgrades()
		.await;
	if let Err(error) = served {
		log::debug!("a connection ended: {error}");
	}
}

/// An answer with a JSON body.
pub fn json(status: StatusCode, body: String) -> HttpResponse {
	let mut response = HttpResponse::new(HttpBody::from(body));
	*response.status_mut() = status;
	let json = HeaderValue::from_static("application/json; charset=utf-8");
	response.headers_mut().insert(header::CONTENT_TYPE, json);
	response
}
