//! The connection to a node, JSON-RPC, and what the client reads from the state.

use super::{
	account_text,
	error::{incompatible, unreachable},
	LedgerError,
};
use crate::call::{Account, Call};
use codec::Decode;
use jsonrpsee_client::{
	client_transport::ws::WsHandshakeError,
	core::ClientError,
	ws_client::{HeaderMap, HeaderValue, WsClientBuilder},
};
use kexin_primitives::{
	batch::Position,
	members::{MemberId, Powers},
	UnixMillis, Versioned, H256,
};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::{json, Value};
use std::net::IpAddr;
use subxt::{
	dynamic,
	rpcs::{client::RpcParams, RpcClient},
	utils::AccountId32,
	OnlineClient, OnlineClientAtBlock, PolkadotConfig,
};

/// The ledger at one block.
pub(super) type AtBlock = OnlineClientAtBlock<PolkadotConfig>;

/// Notifications of one subscription that may wait to be read.
const SUBSCRIPTION: usize = 4_096;
/// The HTTP status with which a node refuses a connection without a valid token.
const UNAUTHORIZED: u16 = 401;

/// The period in which an access must have occurred for the ledger to take it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
	/// The earliest time.
	pub earliest: UnixMillis,
	/// The latest time.
	pub latest: UnixMillis,
	/// The time of the newest final block or of this machine's clock, whichever is later.
	pub now: UnixMillis,
}

impl Window {
	/// Why the ledger would refuse an access that occurred at this time: the name of its error, and what to do.
	pub fn refusal(&self, occurred: UnixMillis) -> Option<&'static str> {
		if occurred < self.earliest {
			Some(
				"Access.TooLate: it occurred so long ago that the ledger no longer takes it; keep it with the hospital's own records \
				 and inform the auditor",
			)
		} else if occurred > self.latest {
			Some("Access.InFuture: it lies in the future; check the clock of the reporting system")
		} else {
			None
		}
	}
}

/// Whose records an import brings, and to which chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
	/// The hash of the chain's first block.
	pub genesis: H256,
	/// The member for which the key acts.
	pub member: MemberId,
	/// The powers of the key.
	pub powers: Powers,
}

/// What the ledger knows of an account that reports accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gateway {
	/// The position of its next access; none when it has reported nothing.
	pub next: Option<Position>,
	/// Whether it is a key with the gateway power, so that what it has signed may still be taken.
	pub can_report: bool,
}

/// A connection to a node.
pub struct Ledger {
	client: OnlineClient<PolkadotConfig>,
	rpc: RpcClient,
}

/// How far a node's chain has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainHeads {
	/// The number of the newest block.
	pub best: u32,
	/// The number of the newest final block.
	pub finalized: u32,
	/// The hash of the newest final block.
	pub finalized_hash: H256,
}

impl Ledger {
	/// Connects to the node at a WebSocket address, with a token where the node requires one.
	///
	/// # Errors
	/// When the node can't be reached or refuses the token, or the token would travel unencrypted.
	pub async fn connect(url: &str, token: Option<&str>) -> Result<Self, LedgerError> {
		let unreachable = |error: &dyn std::error::Error| LedgerError::Unreachable(format!("{url}: {error}"));
		let mut headers = HeaderMap::new();
		if let Some(token) = token {
			if !is_confidential(url) {
				return Err(LedgerError::Refused(format!(
					"the token would travel to {url} unencrypted: give a wss address"
				)));
			}
			let bearer = HeaderValue::try_from(format!("Bearer {token}"));
			let mut bearer = bearer.map_err(|_| LedgerError::Refused("the token is malformed".into()))?;
			bearer.set_sensitive(true);
			headers.insert("authorization", bearer);
		}
		let rpc = WsClientBuilder::new()
			.max_buffer_capacity_per_subscription(SUBSCRIPTION)
			.set_headers(headers)
			.build(url)
			.await
			.map(RpcClient::new)
			.map_err(|error| {
				if is_unauthorized(&error) {
					LedgerError::Refused(format!(
						"{url} requires a valid token: ask its operator for one, and give its file with --token"
					))
				} else {
					unreachable(&error)
				}
			})?;
		let client = OnlineClient::from_rpc_client(rpc.clone())
			.await
			.map_err(|error| unreachable(&error))?;
		Ok(Self { client, rpc })
	}

	/// Calls a JSON-RPC method.
	///
	/// # Errors
	/// When the node can't be reached, or answers with an error.
	pub async fn rpc(&self, method: &str, params: &[Value]) -> Result<Value, LedgerError> {
		let mut parameters = RpcParams::new();
		for param in params {
			parameters
				.push(param)
				.map_err(|error| LedgerError::Refused(error.to_string()))?;
		}
		self.rpc.request(method, parameters).await.map_err(|error| match error {
			subxt::rpcs::Error::User(error) => LedgerError::Method {
				code: error.code,
				message: error.message,
			},
			error => LedgerError::Unreachable(error.to_string()),
		})
	}

	/// Calls a JSON-RPC method and decodes its answer.
	///
	/// # Errors
	/// As [`Self::rpc`], or when the answer is not a `T`.
	pub async fn query<T: DeserializeOwned>(&self, method: &str, params: &[Value]) -> Result<T, LedgerError> {
		let answer = self.rpc(method, params).await?;
		serde_json::from_value(answer)
			.map_err(|error| incompatible(format!("its answer to {method} can't be read: {error}")))
	}

	/// How far the node's chain has come.
	///
	/// # Errors
	/// When the node can't be reached, or answers something else.
	pub async fn heads(&self) -> Result<ChainHeads, LedgerError> {
		let finalized_hash: H256 = self.query("chain_getFinalizedHead", &[]).await?;
		let finalized: Header = self.query("chain_getHeader", &[json!(finalized_hash)]).await?;
		let best: Header = self.query("chain_getHeader", &[]).await?;
		Ok(ChainHeads {
			best: best.number()?,
			finalized: finalized.number()?,
			finalized_hash,
		})
	}

	/// The encoded call, whose hash and length a motion needs.
	///
	/// # Errors
	/// When the node's runtime has no such call.
	pub async fn encoded(&self, call: &Call) -> Result<Vec<u8>, LedgerError> {
		call.encode(self.at_final_block().await?.metadata_ref())
	}

	/// The chain, and the member for which an account acts there.
	///
	/// # Errors
	/// When the node can't be reached, or the account belongs to no member.
	pub async fn home(&self, account: &Account) -> Result<Home, LedgerError> {
		let genesis = self.query("chain_getBlockHash", &[json!(0)]).await?;
		let at = self.at_final_block().await?;
		let key = self.key(&at, account).await?;
		let (member, powers) = key.ok_or_else(|| LedgerError::Stranger(account_text(account)))?;
		Ok(Home {
			genesis,
			member,
			powers,
		})
	}

	/// The member for which a key acts, and its powers; none when no member has the key.
	async fn key(&self, at: &AtBlock, account: &Account) -> Result<Option<(MemberId, Powers)>, LedgerError> {
		let address = dynamic::storage::<(AccountId32,), dynamic::Value>("Members", "Keys");
		let key = (AccountId32(*account),);
		let key = at.storage().try_fetch(address, key).await.map_err(unreachable)?;
		let key = key.map(|key| Decode::decode(&mut key.bytes()).map_err(incompatible));
		key.transpose()
	}

	/// What the ledger knows of an account that reports accesses.
	///
	/// # Errors
	/// When the node can't be reached, or its runtime keeps no positions of accesses.
	pub async fn gateway(&self, account: &Account) -> Result<Gateway, LedgerError> {
		let at = self.at_final_block().await?;
		let pallet = at.metadata_ref().pallet_by_name("Access");
		let streams = pallet.and_then(|pallet| pallet.storage()?.entry_by_name("Streams"));
		if streams.is_none() {
			return Err(incompatible("its metadata have no positions of accesses"));
		}
		let address = dynamic::storage::<(AccountId32,), dynamic::Value>("Access", "Streams");
		let key = (AccountId32(*account),);
		let value = at.storage().try_fetch(address, key).await.map_err(unreachable)?;
		let next = value.map(|value| Versioned::<Position>::decode(&mut value.bytes()).map_err(incompatible));
		let key = self.key(&at, account).await?;
		Ok(Gateway {
			next: next.transpose()?.map(Versioned::into_latest),
			can_report: key.is_some_and(|(_, powers)| powers.contains(Powers::GATEWAY)),
		})
	}

	/// The period in which an access must have occurred for the ledger to take it now.
	///
	/// # Errors
	/// When the node can't be reached, or its runtime has no such limits.
	pub async fn window(&self) -> Result<Window, LedgerError> {
		let at = self.at_final_block().await?;
		let constant = |name: &str| {
			let pallet = at.metadata_ref().pallet_by_name("Access");
			let value = pallet.and_then(|pallet| pallet.constant_by_name(name))?.value();
			UnixMillis::decode(&mut &value[..]).ok()
		};
		let missing = || incompatible("its metadata don't state how late an access may be reported");
		let lateness = constant("MaxLateness").ok_or_else(missing)?;
		let skew = constant("MaxClockSkew").ok_or_else(missing)?;
		let address = dynamic::storage::<(), UnixMillis>("Timestamp", "Now");
		let value = at.storage().fetch(address, ()).await.map_err(unreachable)?;
		let block = UnixMillis::decode(&mut value.bytes()).map_err(incompatible)?;
		// The newest final block is some seconds old.
		let clock = UnixMillis::try_from(chrono::Utc::now().timestamp_millis()).unwrap_or_default();
		let now = block.max(clock);
		Ok(Window {
			earliest: block.saturating_sub(lateness),
			latest: now.saturating_add(skew),
			now,
		})
	}

	/// The ledger at the newest final block.
	pub(super) async fn at_final_block(&self) -> Result<AtBlock, LedgerError> {
		self.client.at_current_block().await.map_err(unreachable)
	}

	/// The ledger at the newest block, final or not: the council also decides while finality stands still.
	pub(super) async fn newest(&self) -> Result<AtBlock, LedgerError> {
		let block = subxt::utils::H256(self.newest_hash().await?.0);
		self.client.at_block(block).await.map_err(unreachable)
	}

	/// The hash of the newest block, final or not.
	pub(super) async fn newest_hash(&self) -> Result<H256, LedgerError> {
		self.query("chain_getBlockHash", &[]).await
	}

	/// The number of the account's next transaction, counting those that are not in a block yet.
	pub(super) async fn next_nonce(&self, account: &Account) -> Result<u64, LedgerError> {
		self.query("system_accountNextIndex", &[account_text(account).into()])
			.await
	}
}

/// What the client reads from a block's header.
#[derive(Deserialize)]
struct Header {
	number: String,
}

impl Header {
	fn number(&self) -> Result<u32, LedgerError> {
		let digits = self.number.strip_prefix("0x").unwrap_or(&self.number);
		u32::from_str_radix(digits, 16).map_err(|_| incompatible(format!("{:?} is no block number", self.number)))
	}
}

/// Whether the node refused the connection for want of a valid token.
fn is_unauthorized(error: &ClientError) -> bool {
	let ClientError::Transport(cause) = error else {
		return false;
	};
	matches!(
		cause.downcast_ref(),
		Some(WsHandshakeError::Rejected {
			status_code: UNAUTHORIZED
		})
	)
}

/// Whether nobody on the way can read what is sent to a WebSocket address: it is encrypted or stays on this machine.
fn is_confidential(url: &str) -> bool {
	let Some(rest) = url.strip_prefix("ws://") else {
		return url.starts_with("wss://");
	};
	let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
	let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
	let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
	host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_token_travels_encrypted_or_stays_on_this_machine() {
		for hidden in [
			"wss://ledger.example",
			"ws://127.0.0.1:9955",
			"ws://localhost:9955/path",
			"ws://[::1]:9955",
		] {
			assert!(is_confidential(hidden), "{hidden}");
		}
		for open in [
			"ws://ledger.example",
			"ws://localhost.example:1",
			"ws://192.0.2.1",
			"http://127.0.0.1",
			"ws://127.0.0.1@evil.example:1",
		] {
			assert!(!is_confidential(open), "{open}");
		}
	}

	/// Answers the first connection with an HTTP status.
	fn server(status: &'static str) -> String {
		use std::io::{Read as _, Write as _};
		let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
		let url = format!("ws://{}", listener.local_addr().unwrap());
		std::thread::spawn(move || {
			let (mut stream, _) = listener.accept().unwrap();
			let mut request = Vec::new();
			while !request.ends_with(b"\r\n\r\n") {
				let mut byte = [0];
				stream.read_exact(&mut byte).unwrap();
				request.extend(byte);
			}
			let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
			stream.write_all(answer.as_bytes()).unwrap();
		});
		url
	}

	#[tokio::test]
	async fn a_refused_token_is_told_from_a_node_that_is_not_reachable() {
		let connect = |status| async move { Ledger::connect(&server(status), Some("token")).await.err() };
		let refused = connect("401 Unauthorized").await;
		assert!(matches!(refused, Some(LedgerError::Refused(_))), "{refused:?}");
		let failed = connect("503 Service Unavailable").await;
		assert!(matches!(failed, Some(LedgerError::Unreachable(_))), "{failed:?}");
	}

	#[test]
	fn a_block_number_that_is_none_is_an_error() {
		let number = |number: &str| Header { number: number.into() }.number();
		assert_eq!(number("0x1f"), Ok(31));
		assert!(number("").is_err() && number("0x").is_err() && number("-1").is_err());
	}
}
