//! The door: a second JSON-RPC listener, for auditors and applications. The operator's own stays on loopback.
//!
//! | module | what it holds |
//! |---|---|
//! | [`methods`] | what is served: a list, and nothing else |
//! | [`token`] | the tokens and their file |
//! | [`keyring`] | the tokens as the running node knows them |
//! | [`rate_limiter`] | how fast one may go on |
//! | [`unread`] | what a connection still has to read |
//! | [`auth`] | who may come in, and make which call |
//! | [`refusal`] | how the door refuses |
//! | [`tls`] | its certificate |
//! | [`metrics`] | what Prometheus sees of it |
//!
//! Nobody gets an answer without a token, and nobody can call what is not listed, whatever the token. It has threads of its own: nothing of the
//! node waits for it.

pub mod auth;
pub mod keyring;
pub mod methods;
pub mod metrics;
pub mod rate_limiter;
pub mod refusal;
pub mod tls;
pub mod token;
pub mod unread;

use crate::listeners::http1;
use auth::{Admission, Gate, Guarded};
use futures::future::{select, Either};
use hyper::{
	body::Incoming,
	service::{service_fn, Service as _},
};
use hyper_util::service::TowerToHyperService;
use jsonrpsee::{
	server::{
		middleware::rpc::RpcServiceBuilder, stop_channel, ws, BatchRequestConfig, HttpRequest, PingConfig,
		RandomStringIdProvider, Server, ServerHandle,
	},
	Methods,
};
use keyring::Keyring;
use metrics::Metrics;
use refusal::Refusal;
use sc_rpc::DenyUnsafe;
use sc_service::error::Error;
use std::{
	convert::Infallible,
	future::Future,
	net::{SocketAddr, TcpListener},
	num::NonZeroU32,
	path::PathBuf,
	pin::pin,
	sync::Arc,
	time::Duration,
};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use unread::{Counted, Owed};

const MEBIBYTE: u32 = 1024 * 1024;
/// What an answer may take: as much as the operator's listener gives.
const MAX_ANSWER: u32 = 15 * MEBIBYTE;
/// Calls in one request at the most. Each is counted.
const MAX_BATCH: u32 = 50;
/// Answers and notifications that wait for a reader before it gets no more.
const BUFFER: u32 = 64;
/// Connections without a token, or between two requests, besides those that were let in.
const WAITING: u32 = 128;
/// How long the encryption of a connection may take to be agreed on.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a request over HTTP may take, from its headers to its answer.
const REQUEST: Duration = Duration::from_secs(60);
/// Calls of the door that block a thread, at a time.
const THREADS: u32 = 16;

/// The options of the door.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Door for auditors and applications")]
pub struct DoorParams {
	/// Listen for auditors and applications on this address: JSON-RPC for those who have a token of `kexin-node token`, and safe methods
	/// alone.
	#[arg(long, value_name = "ADDR:PORT")]
	pub door: Option<SocketAddr>,
	/// The PEM file with the door's certificate and those that lead to it.
	#[arg(long, value_name = "FILE", requires_all = ["door", "door_tls_key"])]
	pub door_tls_cert: Option<PathBuf>,
	/// The PEM file with the key of the certificate.
	#[arg(long, value_name = "FILE", requires_all = ["door", "door_tls_cert"])]
	pub door_tls_key: Option<PathBuf>,
	/// Listen beyond loopback without a certificate: a proxy on the way encrypts, and nobody listens between it and this node.
	#[arg(long, requires = "door", conflicts_with = "door_tls_cert")]
	pub door_behind_proxy: bool,
	#[allow(missing_docs)]
	#[command(flatten)]
	pub limits: Limits,
}

impl DoorParams {
	/// How the door encrypts, if it does.
	///
	/// # Errors
	/// When the certificate can't be used, or tokens would travel in the clear.
	pub fn encryption(&self) -> Result<Option<TlsAcceptor>, Error> {
		match (self.door, &self.door_tls_cert, &self.door_tls_key) {
			(_, Some(certificate), Some(key)) => tls::acceptor(certificate, key).map(Some).map_err(refused),
			(Some(address), ..) if !address.ip().is_loopback() && !self.door_behind_proxy => Err(refused(format!(
				"{address} can be reached from outside, and tokens would travel in the clear: give --door-tls-cert and \
				 --door-tls-key, or --door-behind-proxy if a proxy encrypts"
			))),
			_ => Ok(None),
		}
	}
}

fn refused(what: String) -> Error {
	Error::Other(format!("--door: {what}"))
}

/// How much the door gives.
#[derive(Clone, Debug, clap::Args)]
pub struct Limits {
	/// Connections of all tokens at a time; a request over HTTP is one while it is answered.
	#[arg(
		id = "door_max_connections",
		long = "door-max-connections",
		value_name = "COUNT",
		default_value_t = 100,
		value_parser = clap::value_parser!(u32).range(1..)
	)]
	pub connections: u32,
	/// Connections of one token at a time.
	#[arg(
		id = "door_max_token_connections",
		long = "door-max-token-connections",
		value_name = "COUNT",
		default_value_t = 10,
		value_parser = clap::value_parser!(u32).range(1..)
	)]
	pub token_connections: u32,
	/// Subscriptions of one connection at a time.
	#[arg(
		id = "door_max_subscriptions",
		long = "door-max-subscriptions",
		value_name = "COUNT",
		default_value_t = 64,
		value_parser = clap::value_parser!(u32).range(1..)
	)]
	pub subscriptions: u32,
	/// What a request may take, in MiB.
	#[arg(
		id = "door_max_request_size",
		long = "door-max-request-size",
		value_name = "MIB",
		default_value_t = 2,
		value_parser = clap::value_parser!(u32).range(1..=64)
	)]
	pub request: u32,
	/// Calls of one token at once, and then in each minute, unless the token says otherwise.
	#[arg(
		id = "door_requests_per_minute",
		long = "door-requests-per-minute",
		value_name = "COUNT",
		default_value = "600"
	)]
	pub requests_per_minute: NonZeroU32,
}

impl Default for Limits {
	fn default() -> Self {
		#[derive(clap::Parser)]
		struct Defaults {
			#[command(flatten)]
			limits: Limits,
		}
		<Defaults as clap::Parser>::parse_from([""]).limits
	}
}

/// The running door; it is shut when this is dropped.
pub struct Door(Option<tokio::runtime::Runtime>);

impl Drop for Door {
	fn drop(&mut self) {
		if let Some(runtime) = self.0.take() {
			// To wait for its threads is not allowed where the node is dropped.
			runtime.shutdown_background();
		}
	}
}

/// Opens the door to the listed ones of these methods.
///
/// # Errors
/// When the address can't be listened on or would not be encrypted, or the certificate can't be used.
pub fn open(
	params: &DoorParams,
	address: SocketAddr,
	all: &Methods,
	keyring: Arc<Keyring>,
	metrics: Metrics,
) -> Result<Door, Error> {
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
	let gate = Arc::new(Gate::new(keyring, params.limits.clone(), metrics));
	let scheme = if tls.is_some() { "https and wss" } else { "http and ws" };
	log::info!(target: "door", "the door is at {address}, for {scheme}, with {} methods", methods.method_names().count());
	runtime.spawn(listen(listener, tls, gate, params.limits.clone(), methods));
	Ok(Door(Some(runtime)))
}

async fn listen(
	listener: tokio::net::TcpListener,
	tls: Option<TlsAcceptor>,
	gate: Arc<Gate>,
	limits: Limits,
	methods: Methods,
) {
	// The gate counts; the server needs a number, too.
	let server = Server::builder()
		.max_connections(u32::MAX)
		.max_request_body_size(limits.request.saturating_mul(MEBIBYTE))
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
	let sockets = Arc::new(Semaphore::new(limits.connections.saturating_add(WAITING) as usize));
	http1::accept(listener, sockets, move |stream, socket| {
		let (server, gate, methods, tls) = (server.clone(), gate.clone(), methods.clone(), tls.clone());
		let (socket, owed) = (Arc::new(socket), Owed::default());
		let counted = owed.clone();
		let service = service_fn(move |mut request: HttpRequest<Incoming>| {
			let (server, gate, methods) = (server.clone(), gate.clone(), methods.clone());
			let (socket, owed) = (socket.clone(), owed.clone());
			async move {
				let admission = match gate.enter(request.headers()) {
					Ok(admission) => admission,
					Err(refusal) => return Ok(refusal.response()),
				};
				// Over HTTP there is no next answer before the last was read.
				let socketed = ws::is_upgrade_request(&request);
				let extensions = request.extensions_mut();
				extensions.insert(DenyUnsafe::Yes);
				extensions.insert(admission.clone());
				extensions.insert(if socketed { owed } else { Owed::default() });
				// A WebSocket outlives the connection that it was asked for on.
				extensions.insert(socket);
				let (stop, running) = stop_channel();
				let guarded = gate.clone();
				let rpc = RpcServiceBuilder::new().layer_fn(move |service| Guarded::new(guarded.clone(), service));
				let mut service = server.set_rpc_middleware(rpc).build(methods, stop);
				if socketed {
					let closed = service.on_session_closed();
					tokio::spawn(watch(gate, admission, closed, running));
				}
				let answer = TowerToHyperService::new(service).call(request);
				let answer = tokio::time::timeout(REQUEST, answer).await;
				Ok::<_, Infallible>(match answer {
					Ok(Ok(response)) => response,
					_ => Refusal::Late.response(),
				})
			}
		});
		async move {
			match tls {
				None => http1::serve(Counted::new(stream, counted), service).await,
				Some(tls) => {
					if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
						http1::serve(Counted::new(stream, counted), service).await;
					}
				},
			}
		}
	})
	.await;
}

/// Ends a WebSocket when its token does not hold any more: what it subscribed to would go on otherwise.
async fn watch(gate: Arc<Gate>, admission: Arc<Admission>, closed: impl Future, running: ServerHandle) {
	let (closed, over) = (pin!(closed), pin!(gate.over(&admission)));
	if let Either::Right((_, closed)) = select(closed, over).await {
		// It may have closed itself at the same time.
		let _ = running.stop();
		closed.await;
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::MaxEncodedLen as _;
	use kexin_primitives::access::AccessEvent;

	#[test]
	fn a_request_holds_the_largest_batch_of_accesses() {
		// A transaction travels as hex, with a signature and an envelope.
		let batch = 2 * (AccessEvent::max_encoded_len() * pallet_access::MAX_BATCH as usize + 1_024);
		assert!(batch < (Limits::default().request * MEBIBYTE) as usize, "{batch}");
	}

	#[test]
	fn tokens_do_not_travel_in_the_clear() {
		let at = |address: &str| DoorParams {
			door: Some(address.parse().unwrap()),
			..DoorParams::default()
		};
		assert!(at("127.0.0.1:1").encryption().is_ok());
		assert!(at("[::1]:1").encryption().is_ok());
		for open in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1"] {
			assert!(at(open).encryption().is_err(), "{open}");
			let behind = DoorParams {
				door_behind_proxy: true,
				..at(open)
			};
			assert!(behind.encryption().is_ok(), "{open}");
		}
	}
}
