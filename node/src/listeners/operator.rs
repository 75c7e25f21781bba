//! JSON-RPC for the operator: the stock listener, which stays on loopback and serves safe methods only, and a socket in
//! the file system for the unsafe methods.
//!
//! A proxy on the same machine also connects from loopback, and most proxies add nothing to a request that would reveal
//! them. So no port serves a method that could harm the node. Such a method requires the permission to open a file.

use super::http1;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::service::TowerToHyperService;
use jsonrpsee::{
	server::{stop_channel, HttpRequest, RandomStringIdProvider, Server},
	Methods,
};
use sc_rpc::DenyUnsafe;
use sc_service::{
	config::{RpcConfiguration, RpcMethods},
	error::Error,
	SpawnTaskHandle,
};
use std::{
	fs,
	io::ErrorKind,
	os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
	path::{Path, PathBuf},
	sync::Arc,
};
use tokio::{net::UnixListener, sync::Semaphore};

/// The most open connections to the socket.
const CONNECTIONS: usize = 16;
/// The first id of the socket's connections. Their subscriptions share a table with those of the authenticated
/// listener, whose connection ids start at 0.
const FIRST_ID: u32 = 1 << 31;

/// The options of the socket.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct OperatorParams {
	/// Serve every JSON-RPC method, including the unsafe ones, over HTTP and WebSocket on this socket in the file
	/// system. Only the user who runs the node and root can open it. No port serves unsafe methods.
	#[arg(long, value_name = "FILE")]
	pub operator_socket: Option<PathBuf>,
}

/// Checks that the stock listener stays on loopback and serves safe methods only.
///
/// # Errors
/// Which option is wrong, and what to do instead.
pub fn check(rpc: &RpcConfiguration) -> Result<(), Error> {
	let refused = |what: String| Err(Error::Other(what));
	let endpoints = rpc.addr.iter().flatten();
	if let Some(endpoint) = endpoints
		.clone()
		.find(|endpoint| !endpoint.listen_addr.ip().is_loopback())
	{
		return refused(format!(
			"JSON-RPC without tokens stays on loopback, but {} can be reached from other machines: use --rpc-auth instead",
			endpoint.listen_addr
		));
	}
	let mut methods = endpoints.map(|endpoint| endpoint.rpc_methods).chain([rpc.methods]);
	if !methods.all(|methods| matches!(methods, RpcMethods::Safe)) {
		return refused(
			"a port serves safe methods only, because a proxy on this machine would open it to others: leave out \
			 --rpc-methods, give each --experimental-rpc-endpoint methods=safe, and use --operator-socket for unsafe methods"
				.into(),
		);
	}
	Ok(())
}

/// Serves every method on a socket in the file system.
///
/// # Errors
/// When another file is there, or the socket can't be made.
pub fn open(path: &Path, all: Methods, tasks: &SpawnTaskHandle) -> Result<(), Error> {
	let failed = |error: std::io::Error| Error::Other(format!("--operator-socket {}: {error}", path.display()));
	match fs::symlink_metadata(path) {
		// An earlier run left it. Two nodes of one chain can't run at the same time, as the database is locked.
		Ok(data) if data.file_type().is_socket() => fs::remove_file(path).map_err(failed)?,
		Ok(_) => return Err(failed(ErrorKind::AlreadyExists.into())),
		Err(_) => {},
	}
	let listener = UnixListener::bind(path).map_err(failed)?;
	fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
	let owner = fs::metadata(path).map_err(failed)?.uid();
	log::info!(target: "rpc", "every JSON-RPC method is served on {}", path.display());
	tasks.spawn("operator-socket", Some("rpc"), listen(listener, owner, all));
	Ok(())
}

async fn listen(listener: UnixListener, owner: u32, methods: Methods) {
	let server = Server::builder()
		.max_connections(u32::MAX)
		.set_id_provider(RandomStringIdProvider::new(16))
		.to_service_builder()
		.connection_id(FIRST_ID);
	let (stop, _running) = stop_channel();
	http1::accept(
		listener,
		Arc::new(Semaphore::new(CONNECTIONS)),
		move |stream, permit| {
			let (server, methods, stop) = (server.clone(), methods.clone(), stop.clone());
			let permit = Arc::new(permit);
			// Other users may have been able to open the file before its mode was set.
			let permitted = stream.peer_cred().is_ok_and(|peer| [owner, 0].contains(&peer.uid()));
			let service = service_fn(move |mut request: HttpRequest<Incoming>| {
				request.extensions_mut().insert(DenyUnsafe::No);
				request.extensions_mut().insert(permit.clone());
				let service = server.clone().build(methods.clone(), stop.clone());
				hyper::service::Service::call(&TowerToHyperService::new(service), request)
			});
			async move {
				if permitted {
					http1::serve(stream, service).await;
				}
			}
		},
	)
	.await;
}

#[cfg(test)]
mod tests {
	use super::*;
	use sc_service::config::{RpcBatchRequestConfig, RpcEndpoint};

	fn listening(address: &str, methods: RpcMethods) -> RpcConfiguration {
		let endpoint = RpcEndpoint {
			listen_addr: address.parse().unwrap(),
			batch_config: RpcBatchRequestConfig::Unlimited,
			max_connections: 1,
			max_payload_in_mb: 1,
			max_payload_out_mb: 1,
			max_subscriptions_per_connection: 1,
			max_buffer_capacity_per_connection: 1,
			rate_limit: None,
			rate_limit_trust_proxy_headers: false,
			rate_limit_whitelisted_ips: Vec::new(),
			cors: None,
			rpc_methods: methods,
			is_optional: false,
			retry_random_port: false,
		};
		RpcConfiguration {
			addr: Some(vec![endpoint]),
			max_connections: 1,
			cors: None,
			methods: RpcMethods::Safe,
			max_request_size: 1,
			max_response_size: 1,
			id_provider: None,
			max_subs_per_conn: 1,
			port: 9944,
			message_buffer_capacity: 1,
			batch_config: RpcBatchRequestConfig::Unlimited,
			rate_limit: None,
			rate_limit_whitelisted_ips: Vec::new(),
			rate_limit_trust_proxy_headers: false,
			request_logger_limit: 1,
		}
	}

	#[test]
	fn the_stock_listener_stays_on_loopback_and_serves_safe_methods_only() {
		assert!(check(&listening("127.0.0.1:1", RpcMethods::Safe)).is_ok());
		assert!(check(&listening("[::1]:1", RpcMethods::Safe)).is_ok());
		for (address, methods) in [
			("0.0.0.0:1", RpcMethods::Safe),
			("[::]:1", RpcMethods::Safe),
			("192.0.2.1:1", RpcMethods::Safe),
			("127.0.0.1:1", RpcMethods::Auto),
			("127.0.0.1:1", RpcMethods::Unsafe),
		] {
			assert!(check(&listening(address, methods)).is_err(), "{address} {methods:?}");
		}
		let none = RpcConfiguration {
			addr: None,
			methods: RpcMethods::Auto,
			..listening("127.0.0.1:1", RpcMethods::Safe)
		};
		assert!(check(&none).is_err());
	}
}
