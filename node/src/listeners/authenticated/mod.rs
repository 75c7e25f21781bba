//! The authenticated RPC listener: JSON-RPC for auditors and applications. The stock listener stays on loopback.
//!
//! | module | what it holds |
//! |---|---|
//! | [`params`] | the options |
//! | [`methods`] | the methods that are served: a list, and nothing else |
//! | [`token`] | the tokens and their file |
//! | [`token_cache`] | the tokens as the running node knows them |
//! | [`auth`] | authenticates connections and authorizes calls |
//! | [`rate_limiter`] | the rate at which one token may call |
//! | [`unread`] | the answers that a client has not read yet |
//! | [`refusal`] | the refusals, for HTTP and for JSON-RPC |
//! | [`tls`] | the certificate |
//! | [`metrics`] | the Prometheus metrics |
//!
//! Every caller needs a token, and no token gives access to a method that is not on the list. The listener has its own
//! threads, so it never blocks the node.

pub mod auth;
pub mod methods;
pub mod metrics;
pub mod params;
pub mod rate_limiter;
pub mod refusal;
pub mod tls;
pub mod token;
pub mod token_cache;
pub mod unread;

use super::http1;
use auth::{AuthorizedService, Connection, TokenAuth};
use futures::future::{select, Either};
use hyper::{
	body::Incoming,
	service::{service_fn, HttpService, Service as _},
};
use hyper_util::service::TowerToHyperService;
use jsonrpsee::{
	server::{
		middleware::rpc::RpcServiceBuilder, stop_channel, ws, BatchRequestConfig, HttpBody, HttpRequest, PingConfig,
		RandomStringIdProvider, Server, ServerHandle,
	},
	Methods,
};
use metrics::Metrics;
use params::{refused, Limits, RpcAuthParams};
use refusal::Refusal;
use sc_rpc::DenyUnsafe;
use sc_service::error::Error;
use std::{
	convert::Infallible,
	future::Future,
	net::{SocketAddr, TcpListener},
	pin::pin,
	sync::Arc,
	time::Duration,
};
use token_cache::TokenCache;
use tokio::{net::TcpStream, sync::Semaphore};
use tokio_rustls::TlsAcceptor;
use unread::{MeteredStream, UnreadBytes};

const MEBIBYTE: u32 = 1024 * 1024;
/// The largest answer, in bytes: as large as on the stock listener.
const MAX_ANSWER: u32 = 15 * MEBIBYTE;
/// The most calls in one request. Each is counted.
const MAX_BATCH: u32 = 50;
/// The most answers and notifications that wait for a client. It gets no more until it reads them.
const BUFFER: u32 = 64;
/// The most connections that have not presented a token yet, or are between two requests, besides those that count.
const IDLE_CONNECTIONS: u32 = 128;
/// How long the TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a request over HTTP may take, from its headers to its answer.
const REQUEST: Duration = Duration::from_secs(60);
/// The most calls of this listener that block a thread at a time.
const THREADS: u32 = 16;

/// The running listener. Dropping it closes it.
pub struct RpcAuthListener(Option<tokio::runtime::Runtime>);

impl Drop for RpcAuthListener {
	fn drop(&mut self) {
		if let Some(runtime) = self.0.take() {
			// The node is dropped in an asynchronous context, where waiting for the threads is not allowed.
			runtime.shutdown_background();
		}
	}
}

/// Opens the listener at `address`. It serves those of `all` methods that are on the list.
///
/// # Errors
/// When the address can't be listened on or would not be encrypted, or the certificate can't be used.
pub fn open(
	params: &RpcAuthParams,
	address: SocketAddr,
	all: &Methods,
	tokens: Arc<TokenCache>,
	metrics: Metrics,
) -> Result<RpcAuthListener, Error> {
	let tls = params.encryption()?;
	let methods = methods::served(all).map_err(|error| refused(error.to_string()))?;
	let bound = TcpListener::bind(address).and_then(|listener| {
		listener.set_nonblocking(true)?;
		Ok((listener.local_addr()?, listener))
	});
	let (address, listener) = bound.map_err(|error| refused(format!("{address}: {error}")))?;
	let runtime = sc_service::create_rpc_runtime(THREADS)?;
	let listener = {
		let _entered = runtime.enter();
		tokio::net::TcpListener::from_std(listener)?
	};
	let auth = Arc::new(TokenAuth::new(tokens, params.limits.clone(), metrics));
	let scheme = if tls.is_some() { "https and wss" } else { "http and ws" };
	log::info!(
		target: "rpc-auth",
		"the authenticated RPC listener is open on {address} ({scheme}), with {} methods",
		methods.method_names().count()
	);
	runtime.spawn(listen(listener, tls, auth, params.limits.clone(), methods));
	Ok(RpcAuthListener(Some(runtime)))
}

async fn listen(
	listener: tokio::net::TcpListener,
	tls: Option<TlsAcceptor>,
	auth: Arc<TokenAuth>,
	limits: Limits,
	methods: Methods,
) {
	// `auth` limits the connections, but the server also needs a number.
	let server = Server::builder()
		.max_connections(u32::MAX)
		.max_request_body_size(limits.request_size.saturating_mul(MEBIBYTE))
		.max_response_body_size(MAX_ANSWER)
		.max_subscriptions_per_connection(limits.subscriptions)
		.set_batch_request_config(BatchRequestConfig::Limit(MAX_BATCH))
		.set_message_buffer_capacity(BUFFER)
		.set_id_provider(RandomStringIdProvider::new(16))
		.enable_ws_ping(
			PingConfig::new()
				.ping_interval(Duration::from_secs(30))
				.inactive_limit(REQUEST),
		)
		.to_service_builder();
	let sockets = Arc::new(Semaphore::new(
		limits.connections.saturating_add(IDLE_CONNECTIONS) as usize
	));
	http1::accept(listener, sockets, move |stream, socket| {
		let (server, auth, methods, tls) = (server.clone(), auth.clone(), methods.clone(), tls.clone());
		let (socket, unread) = (Arc::new(socket), UnreadBytes::default());
		let metered = unread.clone();
		let service = service_fn(move |mut request: HttpRequest<Incoming>| {
			let (server, auth, methods) = (server.clone(), auth.clone(), methods.clone());
			let (socket, unread) = (socket.clone(), unread.clone());
			async move {
				let connection = match auth.authenticate(request.headers()) {
					Ok(connection) => connection,
					Err(refusal) => return Ok(refusal.response()),
				};
				let is_websocket = ws::is_upgrade_request(&request);
				let extensions = request.extensions_mut();
				extensions.insert(DenyUnsafe::Yes);
				extensions.insert(connection.clone());
				// Over HTTP, the next answer is only made once the last was read.
				extensions.insert(if is_websocket { unread } else { UnreadBytes::default() });
				// A WebSocket outlives the task of the connection that it was requested on.
				extensions.insert(socket);
				let (stop, running) = stop_channel();
				let call_auth = auth.clone();
				let rpc = RpcServiceBuilder::new()
					.layer_fn(move |service| AuthorizedService::new(call_auth.clone(), service));
				let mut service = server.set_rpc_middleware(rpc).build(methods, stop);
				if is_websocket {
					let closed = service.on_session_closed();
					tokio::spawn(close_when_invalid(auth, connection, closed, running));
				}
				let answer = TowerToHyperService::new(service).call(request);
				let answer = tokio::time::timeout(REQUEST, answer).await;
				Ok::<_, Infallible>(match answer {
					Ok(Ok(response)) => response,
					_ => Refusal::Timeout.response(),
				})
			}
		});
		serve(stream, tls, metered, service)
	})
	.await;
}

/// Serves a connection until it ends, encrypted if there is a certificate.
async fn serve<S>(stream: TcpStream, tls: Option<TlsAcceptor>, unread: UnreadBytes, service: S)
where
	S: HttpService<Incoming, ResBody = HttpBody>,
	S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
	S::Future: Send,
{
	match tls {
		None => http1::serve(MeteredStream::new(stream, unread), service).await,
		Some(tls) => {
			if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
				http1::serve(MeteredStream::new(stream, unread), service).await;
			}
		},
	}
}

/// Closes a WebSocket when its token becomes invalid. Otherwise its subscriptions would go on.
async fn close_when_invalid(
	auth: Arc<TokenAuth>,
	connection: Arc<Connection>,
	closed: impl Future,
	running: ServerHandle,
) {
	let (closed, invalid) = (pin!(closed), pin!(auth.until_invalid(&connection)));
	if let Either::Right((_, closed)) = select(closed, invalid).await {
		// The client may have closed it at the same time, so an error is of no importance.
		let _ = running.stop();
		closed.await;
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::MaxEncodedLen as _;
	use kexin_primitives::batch::Batch;

	#[test]
	fn the_largest_batch_of_accesses_fits_into_a_request() {
		// A transaction travels as hex, with a signature and an envelope.
		let batch = 2 * (Batch::max_encoded_len() + 1_024);
		assert!(batch < (Limits::default().request_size * MEBIBYTE) as usize, "{batch}");
	}
}
