//! The options of the authenticated RPC listener.

use super::tls;
use sc_service::error::Error;
use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};
use tokio_rustls::TlsAcceptor;

/// The options of the authenticated RPC listener.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Authenticated RPC listener for auditors and applications")]
pub struct RpcAuthParams {
	/// Serve JSON-RPC to auditors and applications on this address: safe methods, for callers with a token that
	/// `kexin-node token` made.
	#[arg(long, value_name = "ADDR:PORT")]
	pub rpc_auth: Option<SocketAddr>,
	/// The PEM file with the listener's certificate, followed by the certificates that lead to its root.
	#[arg(long, value_name = "FILE", requires_all = ["rpc_auth", "rpc_auth_tls_key"])]
	pub rpc_auth_tls_cert: Option<PathBuf>,
	/// The PEM file with the private key of the certificate.
	#[arg(long, value_name = "FILE", requires_all = ["rpc_auth", "rpc_auth_tls_cert"])]
	pub rpc_auth_tls_key: Option<PathBuf>,
	/// Listen beyond loopback without a certificate. Use this only if a proxy encrypts, and nobody can read the traffic
	/// between the proxy and this node.
	#[arg(long, requires = "rpc_auth", conflicts_with = "rpc_auth_tls_cert")]
	pub rpc_auth_behind_proxy: bool,
	#[allow(missing_docs)]
	#[command(flatten)]
	pub limits: Limits,
}

impl RpcAuthParams {
	/// The encryption of the listener; none when it listens without.
	///
	/// # Errors
	/// When the certificate can't be used, or tokens would travel unencrypted.
	pub fn encryption(&self) -> Result<Option<TlsAcceptor>, Error> {
		match (self.rpc_auth, &self.rpc_auth_tls_cert, &self.rpc_auth_tls_key) {
			(_, Some(certificate), Some(key)) => tls::acceptor(certificate, key).map(Some).map_err(refused),
			(Some(address), ..) if !address.ip().is_loopback() && !self.rpc_auth_behind_proxy => Err(refused(format!(
				"{address} can be reached from other machines, and tokens would travel unencrypted: give \
				 --rpc-auth-tls-cert and --rpc-auth-tls-key, or --rpc-auth-behind-proxy if a proxy encrypts"
			))),
			_ => Ok(None),
		}
	}
}

/// An error that names the option.
pub(super) fn refused(what: String) -> Error {
	Error::Other(format!("--rpc-auth: {what}"))
}

/// The limits of the listener.
#[derive(Clone, Debug, clap::Args)]
pub struct Limits {
	/// The most open connections of all tokens. A request over HTTP counts as one until it is answered.
	#[arg(
		id = "rpc_auth_max_connections",
		long = "rpc-auth-max-connections",
		value_name = "COUNT",
		default_value_t = 100,
		value_parser = clap::value_parser!(u32).range(1..)
	)]
	pub connections: u32,
	/// The most open connections of one token.
	#[arg(
		id = "rpc_auth_max_token_connections",
		long = "rpc-auth-max-token-connections",
		value_name = "COUNT",
		default_value_t = 10,
		value_parser = clap::value_parser!(u32).range(1..)
	)]
	pub token_connections: u32,
	/// The most subscriptions of one connection.
	#[arg(
		id = "rpc_auth_max_subscriptions",
		long = "rpc-auth-max-subscriptions",
		value_name = "COUNT",
		default_value_t = 64,
		value_parser = clap::value_parser!(u32).range(1..)
	)]
	pub subscriptions: u32,
	/// The largest request, in MiB.
	#[arg(
		id = "rpc_auth_max_request_size",
		long = "rpc-auth-max-request-size",
		value_name = "MIB",
		default_value_t = 2,
		value_parser = clap::value_parser!(u32).range(1..=64)
	)]
	pub request_size: u32,
	/// The calls that one token may make at once, and then in each minute. `kexin-node token add` can set another
	/// number for a token.
	#[arg(
		id = "rpc_auth_requests_per_minute",
		long = "rpc-auth-requests-per-minute",
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn tokens_never_travel_unencrypted() {
		let at = |address: &str| RpcAuthParams {
			rpc_auth: Some(address.parse().unwrap()),
			..RpcAuthParams::default()
		};
		assert!(at("127.0.0.1:1").encryption().is_ok());
		assert!(at("[::1]:1").encryption().is_ok());
		for open in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1"] {
			assert!(at(open).encryption().is_err(), "{open}");
			let behind_proxy = RpcAuthParams {
				rpc_auth_behind_proxy: true,
				..at(open)
			};
			assert!(behind_proxy.encryption().is_ok(), "{open}");
		}
	}
}
