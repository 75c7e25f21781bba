//! The node: signed calls, finality, JSON-RPC.

use crate::call::{Account, Arguments, Call};
use codec::Decode;
use jsonrpsee_client::ws_client::{HeaderMap, HeaderValue, WsClientBuilder};
use kexin_primitives::{
	access::{Breaches, Rules},
	members::MemberId,
	DatasetId, UnixMillis, H256,
};
use serde_json::Value;
use std::net::IpAddr;
use subxt::{
	config::DefaultExtrinsicParamsBuilder,
	dynamic::Value as Decoded,
	error::{DispatchError, ExtrinsicError, TransactionEventsError, TransactionStatusError},
	rpcs::{client::RpcParams, RpcClient},
	transactions::TransactionStatus,
	OnlineClient, OnlineClientAtBlock, PolkadotConfig,
};
use subxt_signer::sr25519::Keypair;

type Client = OnlineClient<PolkadotConfig>;
type AtBlock = OnlineClientAtBlock<PolkadotConfig>;

/// What a node answers whose token does not give the right to send transactions.
const NO_RIGHT: i32 = 8102;
/// Notifications of one subscription that may wait.
const SUBSCRIPTION: usize = 4096;

/// Why the ledger did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum LedgerError {
	/// The node can't be reached, or the connection broke. The call may or may not have been taken.
	#[error("the node is not reachable: {0}")]
	Unreachable(String),
	/// The member's allowance is used up for the moment.
	#[error("the member's allowance is used up; it refills with every block")]
	Allowance,
	/// The key belongs to no active member.
	#[error("the key {0} belongs to no active member: have its administrator add it, or the council admit the member")]
	Stranger(String),
	/// The pool did not take the transaction now: it is full, or an earlier one of the same key is still on its way.
	#[error("the node does not take the transaction now: {0}")]
	Busy(String),
	/// The pool will never take the transaction.
	#[error("the node refused the transaction: {0}")]
	Refused(String),
	/// The ledger refused the call.
	#[error("the ledger refused the call: {pallet}.{error}: {explanation}")]
	Dispatch {
		/// The pallet.
		pallet: String,
		/// The name of the error.
		error: String,
		/// What the pallet says about it.
		explanation: String,
	},
	/// A method of the node answered with an error.
	#[error("{message} (code {code})")]
	Method {
		/// The code.
		code: i32,
		/// The message.
		message: String,
	},
	/// The node's runtime does not have what this client needs.
	#[error("the node runs another version of the ledger: {0}")]
	Incompatible(String),
}

impl LedgerError {
	/// Whether the cause is not in a record but in the key, the data set or the node: every record of an import would meet it.
	pub fn concerns_every_record(&self) -> bool {
		match self {
			Self::Stranger(_) | Self::Incompatible(_) => true,
			Self::Dispatch { error, .. } => {
				matches!(&error[..], "BadOrigin" | "UnknownDataset" | "NotAuthorized")
			},
			_ => false,
		}
	}

	/// Whether the same call may succeed later without any change.
	pub fn is_transient(&self) -> bool {
		matches!(self, Self::Unreachable(_) | Self::Allowance | Self::Busy(_))
	}
}

/// An event that a final call emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEvent {
	/// The pallet.
	pub pallet: String,
	/// The event's name.
	pub name: String,
	/// Its encoded fields.
	pub fields: Vec<u8>,
}

/// How far a call has to come until it counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
	/// It is in a final block.
	Final,
	/// It is in a block, which may still be replaced by another: where finality stands still, nothing more can be had.
	InBlock,
}

impl std::fmt::Display for Until {
	fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
		formatter.write_str(match self {
			Self::Final => "final in",
			Self::InBlock => "in, and not final with,",
		})
	}
}

/// A call that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
	/// How far it has come.
	pub until: Until,
	/// The block that it is in.
	pub block: H256,
	/// The transaction's hash.
	pub transaction: H256,
	/// What it emitted.
	pub events: Vec<LedgerEvent>,
}

impl Done {
	/// The fields of the first event of this name.
	pub fn event<T: Decode>(&self, pallet: &str, name: &str) -> Option<T> {
		let event = self
			.events
			.iter()
			.find(|event| event.pallet == pallet && event.name == name)?;
		T::decode(&mut &event.fields[..]).ok()
	}
}

/// The event of a recorded batch.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct BatchRecorded {
	/// The data set.
	pub dataset: DatasetId,
	/// The member that reported it.
	pub reporter: MemberId,
	/// The index of its first new event in the log.
	pub first: u64,
	/// How many events were new.
	pub recorded: u32,
	/// Positions of events that were recorded earlier.
	pub replayed: Vec<u32>,
	/// Positions of new events that breach consent.
	pub breached: Vec<(u32, Breaches)>,
	/// The time of the block.
	pub recorded_at: UnixMillis,
	/// The rules that judged it.
	pub rules: Rules,
	/// The root of the log after it.
	pub root: H256,
}

/// When an access must have occurred for the ledger to take it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
	/// The first moment.
	pub earliest: UnixMillis,
	/// The last moment.
	pub latest: UnixMillis,
}

impl Window {
	/// Why the ledger would refuse an access that occurred at this moment, by the name of its error.
	pub fn refusal(&self, occurred: UnixMillis) -> Option<&'static str> {
		if occurred < self.earliest {
			Some(
				"Access.TooLate: it occurred longer ago than the ledger takes accesses; keep it with the hospital's own records \
				 and tell the auditor",
			)
		} else if occurred > self.latest {
			Some("Access.InFuture: it occurred later than now; check the clock of the reporting system")
		} else {
			None
		}
	}
}

/// A connection to a node.
pub struct Ledger {
	client: Client,
	rpc: RpcClient,
}

impl Ledger {
	/// Connects to the node at a WebSocket address, with the token that its operator gave where it takes one.
	///
	/// # Errors
	/// When it can't be reached or does not let the token in, or the token would travel in the clear.
	pub async fn connect(url: &str, token: Option<&str>) -> Result<Self, LedgerError> {
		let unreachable = |error: &dyn std::error::Error| LedgerError::Unreachable(format!("{url}: {error}"));
		let mut headers = HeaderMap::new();
		if let Some(token) = token {
			if !hides(url) {
				return Err(LedgerError::Refused(format!(
					"the token would travel to {url} in the clear: give a wss address"
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
			.map_err(|error| match error.to_string() {
				text if text.contains("status code: 401") => LedgerError::Refused(format!(
					"{url} lets in who has a token that holds: give --token with the file of one that its operator made"
				)),
				_ => unreachable(&error),
			})?;
		let client = Client::from_rpc_client(rpc.clone())
			.await
			.map_err(|error| unreachable(&error))?;
		Ok(Self { client, rpc })
	}

	/// Asks a JSON-RPC method.
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

	/// Signs a call, sends it, and waits until it is final.
	///
	/// # Errors
	/// See [`LedgerError`]. After `Unreachable` the call may have been taken all the same.
	pub async fn submit(&self, signer: &Keypair, call: &Call) -> Result<Done, LedgerError> {
		self.submit_until(Until::Final, signer, call).await
	}

	/// As [`Self::submit`], and says how far the call has to come.
	///
	/// # Errors
	/// As there.
	pub async fn submit_until(&self, until: Until, signer: &Keypair, call: &Call) -> Result<Done, LedgerError> {
		let account = account_text(&signer.public_key().0);
		let at = self.client.at_current_block().await.map_err(unreachable)?;
		let bytes = encode(at.metadata_ref(), call)?;
		let mut transactions = at.tx();
		let payload = transactions
			.from_call_data_bytes(&bytes)
			.map_err(|error| LedgerError::Incompatible(error.to_string()))?;
		let params = DefaultExtrinsicParamsBuilder::<PolkadotConfig>::new();
		let params = match until {
			Until::Final => params,
			// What the account sent is not final either.
			Until::InBlock => params.immortal().nonce(self.next_nonce(&account).await?),
		};
		let mut progress = transactions
			.sign_and_submit_then_watch(&payload, signer, params.build())
			.await
			.map_err(|error| submission(error, &account))?;
		let block = loop {
			let status = progress.next().await.transpose().map_err(unreachable)?;
			match (status, until) {
				(Some(TransactionStatus::InFinalizedBlock(block)), _)
				| (Some(TransactionStatus::InBestBlock(block)), Until::InBlock) => break block,
				(Some(TransactionStatus::Error { message }), _) => {
					return Err(refusal(&TransactionStatusError::Error(message), &account))
				},
				(Some(TransactionStatus::Invalid { message }), _) => {
					return Err(refusal(&TransactionStatusError::Invalid(message), &account))
				},
				(Some(TransactionStatus::Dropped { message }), _) => {
					return Err(refusal(&TransactionStatusError::Dropped(message), &account))
				},
				(Some(_), _) => {},
				(None, _) => return Err(unreachable("it does not tell what became of the call")),
			}
		};
		let events = block.wait_for_success().await.map_err(|error| match error {
			TransactionEventsError::ExtrinsicFailed(error) => dispatch(&error),
			error => unreachable(error),
		})?;
		let events = events
			.iter()
			.filter_map(Result::ok)
			.map(|event| LedgerEvent {
				pallet: event.pallet_name().into(),
				name: event.event_name().into(),
				fields: event.field_bytes().to_vec(),
			})
			.collect();
		let done = Done {
			until,
			block: H256(block.block_hash().0),
			transaction: H256(block.extrinsic_hash().0),
			events,
		};
		// A motion is carried out in the call of whoever closes it, which succeeds all the same. Its hash comes first, then the result.
		let executed = done
			.events
			.iter()
			.find(|event| event.pallet == "Council" && event.name == "Executed");
		if let Some([1, refused @ ..]) = executed.and_then(|event| event.fields.get(32..)) {
			let refused = DispatchError::decode_from(refused, at.metadata()).map_err(unreachable)?;
			return Err(dispatch(&refused));
		}
		Ok(done)
	}

	/// The encoded call, as motions are hashed and measured.
	///
	/// # Errors
	/// When the node's runtime has no such call.
	pub async fn encoded(&self, call: &Call) -> Result<Vec<u8>, LedgerError> {
		let at = self.client.at_current_block().await.map_err(unreachable)?;
		encode(at.metadata_ref(), call)
	}

	/// When an access must have occurred for the ledger to take it now.
	///
	/// # Errors
	/// When the node can't be reached, or its runtime has no such limits.
	pub async fn window(&self) -> Result<Window, LedgerError> {
		let at = self.client.at_current_block().await.map_err(unreachable)?;
		let constant = |name: &str| {
			let pallet = at.metadata_ref().pallet_by_name("Access");
			let value = pallet.and_then(|pallet| pallet.constant_by_name(name))?.value();
			UnixMillis::decode(&mut &value[..]).ok()
		};
		let missing = || LedgerError::Incompatible("it does not say how late an access may be reported".into());
		let lateness = constant("MaxLateness").ok_or_else(missing)?;
		let skew = constant("MaxClockSkew").ok_or_else(missing)?;
		let address = subxt::dynamic::storage::<(), UnixMillis>("Timestamp", "Now");
		let value = at.storage().fetch(address, ()).await.map_err(unreachable)?;
		let block =
			UnixMillis::decode(&mut value.bytes()).map_err(|error| LedgerError::Incompatible(error.to_string()))?;
		// The newest final block lies some seconds back.
		let clock = UnixMillis::try_from(chrono::Utc::now().timestamp_millis()).unwrap_or_default();
		Ok(Window {
			earliest: block.saturating_sub(lateness),
			latest: block.max(clock).saturating_add(skew),
		})
	}

	/// The accounts that sit on the council.
	///
	/// # Errors
	/// When the node can't be reached.
	pub async fn council(&self) -> Result<Vec<Account>, LedgerError> {
		council_value(&self.newest().await?, "Members").await
	}

	/// The council's open motions, as the newest block has them.
	///
	/// # Errors
	/// When the node can't be reached.
	pub async fn motions(&self) -> Result<Vec<Motion>, LedgerError> {
		let mut motions = Vec::new();
		let at = self.newest().await?;
		for hash in council_value::<Vec<[u8; 32]>>(&at, "Proposals").await? {
			let key = (subxt::utils::H256(hash),);
			let voting = subxt::dynamic::storage::<(subxt::utils::H256,), Decoded>("Council", "Voting");
			let voting = at.storage().fetch(voting, key).await.map_err(unreachable)?;
			let votes = Votes::decode(&mut voting.bytes()).map_err(incompatible)?;
			let proposal = subxt::dynamic::storage::<(subxt::utils::H256,), Decoded>("Council", "ProposalOf");
			let proposal = at.storage().fetch(proposal, key).await.map_err(unreachable)?;
			motions.push(Motion {
				hash: H256(hash),
				votes,
				call: readable(&proposal.decode().map_err(incompatible)?),
			});
		}
		Ok(motions)
	}

	/// The newest block, whether it is final or not: the council decides while finality stands still, too.
	async fn newest(&self) -> Result<AtBlock, LedgerError> {
		let hash = self.rpc("chain_getBlockHash", &[]).await?;
		let hash: H256 = serde_json::from_value(hash).map_err(incompatible)?;
		let block = subxt::utils::H256(hash.0);
		self.client.at_block(block).await.map_err(unreachable)
	}

	/// The number of the account's next transaction, those included that are not in a block yet.
	async fn next_nonce(&self, account: &str) -> Result<u64, LedgerError> {
		let nonce = self.rpc("system_accountNextIndex", &[account.into()]).await?;
		nonce
			.as_u64()
			.ok_or_else(|| incompatible(format!("{nonce} is no nonce")))
	}
}

/// A value of the council at a block.
async fn council_value<T: Decode>(at: &AtBlock, name: &str) -> Result<T, LedgerError> {
	let address = subxt::dynamic::storage::<(), Decoded>("Council", name);
	let value = at.storage().fetch(address, ()).await.map_err(unreachable)?;
	T::decode(&mut value.bytes()).map_err(incompatible)
}

/// A motion of the council.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
	/// Its hash.
	pub hash: H256,
	/// Who voted how.
	pub votes: Votes,
	/// What it would do.
	pub call: String,
}

/// The votes on a motion, as `pallet_collective` keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Votes {
	/// The motion's number.
	pub index: u32,
	/// How many have to agree.
	pub threshold: u32,
	/// Who agreed.
	pub ayes: Vec<Account>,
	/// Who did not.
	pub nays: Vec<Account>,
	/// The block at which the vote ends.
	pub end: u32,
}

/// A call as a person reads it: `Members.remove { member: 2 }`.
fn readable(call: &Decoded) -> String {
	use subxt::ext::scale_value::{Composite, ValueDef};
	let ValueDef::Variant(pallet) = &call.value else {
		return call.to_string();
	};
	match &pallet.values {
		Composite::Unnamed(values) if values.len() == 1 => format!("{}.{}", pallet.name, values[0]),
		_ => call.to_string(),
	}
}

/// Whether nobody on the way can read what goes to a WebSocket address: it is encrypted or stays on this machine.
fn hides(url: &str) -> bool {
	let Some(rest) = url.strip_prefix("ws://") else {
		return url.starts_with("wss://");
	};
	let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
	let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
	let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
	host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The SS58 text of an account, with the ledger's prefix.
pub fn account_text(account: &Account) -> String {
	/// The prefix of the ledger's accounts.
	const PREFIX: u16 = 7_391;
	let first = ((PREFIX & 0b1111_1100) as u8 >> 2) | 0b0100_0000;
	let second = (PREFIX >> 8) as u8 | ((PREFIX & 0b11) as u8) << 6;
	let mut bytes = vec![first, second];
	bytes.extend_from_slice(account);
	let hash = sp_crypto_hashing::blake2_512(&[b"SS58PRE", &bytes[..]].concat());
	bytes.extend_from_slice(&hash[..2]);
	bs58::encode(bytes).into_string()
}

fn incompatible(error: impl std::fmt::Display) -> LedgerError {
	LedgerError::Incompatible(error.to_string())
}

fn unreachable(error: impl std::fmt::Display) -> LedgerError {
	LedgerError::Unreachable(error.to_string())
}

fn encode(metadata: &subxt::Metadata, call: &Call) -> Result<Vec<u8>, LedgerError> {
	let missing = || LedgerError::Incompatible(format!("it has no call {}.{}", call.pallet, call.name));
	let pallet = metadata.pallet_by_name(call.pallet).ok_or_else(missing)?;
	let variant = pallet.call_variant_by_name(call.name).ok_or_else(missing)?;
	let mut bytes = vec![pallet.call_index(), variant.index];
	match &call.arguments {
		Arguments::Encoded(arguments) => bytes.extend_from_slice(arguments),
		Arguments::Calls { before, calls, after } => {
			bytes.extend_from_slice(before);
			for call in calls {
				bytes.extend(encode(metadata, call)?);
			}
			bytes.extend_from_slice(after);
		},
	}
	Ok(bytes)
}

fn submission(error: ExtrinsicError, account: &str) -> LedgerError {
	match error {
		ExtrinsicError::TransactionStatusError(status) => refusal(&status, account),
		ExtrinsicError::ErrorSubmittingTransaction(subxt::error::BackendError::Rpc(
			subxt::error::RpcError::ClientError(subxt::rpcs::Error::User(error)),
		)) if error.code == NO_RIGHT => LedgerError::Refused(error.message),
		ExtrinsicError::ErrorSubmittingTransaction(subxt::error::BackendError::Rpc(
			subxt::error::RpcError::ClientError(subxt::rpcs::Error::User(error)),
		)) => {
			let data = error
				.data
				.as_ref()
				.map(|data| data.get().trim_matches('"'))
				.unwrap_or_default();
			refusal(
				&TransactionStatusError::Invalid(format!("{}: {data}", error.message)),
				account,
			)
		},
		error => unreachable(error),
	}
}

/// What the pool says of a transaction that it does not take (`sp_runtime::transaction_validity`,
/// `sc_rpc_api::author::error`).
fn refusal(status: &TransactionStatusError, account: &str) -> LedgerError {
	const FOR_EVER: [&str; 4] = ["exhaust", "bad signature", "call is not expected", "Custom error"];
	let text = status.to_string();
	if text.contains("Inability to pay some fees") {
		LedgerError::Allowance
	} else if text.contains("Invalid signing address") || text.contains("BadSigner") {
		LedgerError::Stranger(account.into())
	} else if FOR_EVER.iter().any(|reason| text.contains(reason)) {
		LedgerError::Refused(text)
	} else {
		LedgerError::Busy(text)
	}
}

fn dispatch(error: &DispatchError) -> LedgerError {
	if let DispatchError::Module(module) = error {
		if let Ok(details) = module.details() {
			return LedgerError::Dispatch {
				pallet: details.pallet.name().into(),
				error: details.variant.name.clone(),
				explanation: details.variant.docs.join(" ").trim().into(),
			};
		}
	}
	let explanation = match error {
		DispatchError::BadOrigin => "the key lacks the power for this".into(),
		error => error.to_string(),
	};
	LedgerError::Dispatch {
		pallet: "Ledger".into(),
		error: format!("{error:?}"),
		explanation,
	}
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
			assert!(hides(hidden), "{hidden}");
		}
		for open in [
			"ws://ledger.example",
			"ws://localhost.example:1",
			"ws://192.0.2.1",
			"http://127.0.0.1",
			"ws://127.0.0.1@evil.example:1",
		] {
			assert!(!hides(open), "{open}");
		}
	}
}
