//! Signing and sending a call, and waiting until it is in a block.

use super::{
	account_text,
	connection::AtBlock,
	error::{answered, dispatch, unreachable, unsuccessful},
	EmittedEvent, Ledger, LedgerError,
};
use crate::call::Call;
use codec::{Decode, DecodeAll as _};
use kexin_primitives::H256;
use kexin_verifier::Bytes;
use serde_json::json;
use subxt::{
	client::OnlineClientAtBlockImpl,
	config::DefaultExtrinsicParamsBuilder,
	error::{DispatchError, ExtrinsicError},
	transactions::{
		SubmittableTransaction, TransactionInBlock, TransactionInvalid, TransactionProgress, TransactionStatus,
		TransactionUnknown, TransactionValid,
	},
	PolkadotConfig,
};
use subxt_signer::sr25519::Keypair;

type Transaction = SubmittableTransaction<PolkadotConfig, OnlineClientAtBlockImpl<PolkadotConfig>>;
type Progress = TransactionProgress<PolkadotConfig, OnlineClientAtBlockImpl<PolkadotConfig>>;
type Params = DefaultExtrinsicParamsBuilder<PolkadotConfig>;
type InBlock = TransactionInBlock<PolkadotConfig, OnlineClientAtBlockImpl<PolkadotConfig>>;

/// The codes with which a node's authenticated RPC listener refuses a token: it is missing or not valid, or it does not
/// give the right to send transactions.
const TOKEN_REFUSED: [i32; 2] = [8101, 8102];
/// The codes with which a node refuses a transaction (`sc_rpc_api::author::error`).
const TRANSACTION_REFUSED: std::ops::Range<i32> = 1_000..1_100;
/// The index of `External` in `sp_runtime::transaction_validity::TransactionSource`: where a transaction comes from
/// that was sent to a node.
const EXTERNAL: u8 = 2;

/// How far a call has to come until it counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
	/// It is in a final block.
	Final,
	/// It is in a block, which another block may still replace. While finality stands still, this is all that can be
	/// reached.
	InBlock,
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
	pub events: Vec<EmittedEvent>,
}

/// A transaction on its way.
struct Sent {
	transaction: Transaction,
	progress: Progress,
	/// Who signed it.
	account: String,
}

impl Ledger {
	/// Signs a call, sends it, and waits until it is final.
	///
	/// # Errors
	/// See [`LedgerError`]. After `Unreachable` the ledger may have taken the call all the same.
	pub async fn submit(&self, signer: &Keypair, call: &Call) -> Result<Done, LedgerError> {
		self.submit_until(Until::Final, signer, call).await
	}

	/// As [`Self::submit`], and waits until the call has come so far.
	///
	/// # Errors
	/// As [`Self::submit`].
	pub async fn submit_until(&self, until: Until, signer: &Keypair, call: &Call) -> Result<Done, LedgerError> {
		let at = self.at_final_block().await?;
		let params = Params::new();
		let params = match until {
			Until::Final => params,
			// The account's earlier transactions are not final either, so its nonce at the final block would be too
			// low.
			Until::InBlock => params.immortal().nonce(self.next_nonce(&signer.public_key().0).await?),
		};
		let sent = self.send(&at, params, signer, call).await?;
		self.done(&at, sent, until).await
	}

	/// Sends calls of which each needs the one before, without waiting in between, and then waits until they are final.
	/// Returns the results up to the first error, which are those of [`Self::submit`].
	pub async fn submit_all(&self, signer: &Keypair, calls: &[Call]) -> Vec<Result<Done, LedgerError>> {
		let (at, nonce) = match self.at_final_block().await {
			Ok(at) => match self.next_nonce(&signer.public_key().0).await {
				Ok(nonce) => (at, nonce),
				Err(error) => return vec![Err(unreachable(error))],
			},
			Err(error) => return vec![Err(error)],
		};
		let mut sent = Vec::new();
		for (nonce, call) in (nonce..).zip(calls) {
			sent.push(self.send(&at, Params::new().nonce(nonce), signer, call).await);
			if sent.last().is_some_and(Result::is_err) {
				break;
			}
		}
		let mut results = Vec::new();
		for sent in sent {
			let result = match sent {
				Ok(sent) => self.done(&at, sent, Until::Final).await,
				Err(error) => Err(error),
			};
			results.push(result);
			if results.last().is_some_and(Result::is_err) {
				break;
			}
		}
		results
	}

	/// Signs a call and sends it.
	async fn send(&self, at: &AtBlock, params: Params, signer: &Keypair, call: &Call) -> Result<Sent, LedgerError> {
		let bytes = call.encode(at.metadata_ref())?;
		let mut transactions = at.tx();
		let payload = transactions
			.from_call_data_bytes(&bytes)
			.map_err(|error| LedgerError::Incompatible(error.to_string()))?;
		let transaction = transactions
			.create_signed(&payload, signer, params.build())
			.await
			.map_err(|error| match error {
				ExtrinsicError::AccountNonceError { .. } => unreachable(error),
				error => LedgerError::Incompatible(error.to_string()),
			})?;
		let account = account_text(&signer.public_key().0);
		match transaction.submit_and_watch().await {
			Ok(progress) => Ok(Sent {
				transaction,
				progress,
				account,
			}),
			Err(ExtrinsicError::ErrorSubmittingTransaction(error)) => Err(match answered(&error) {
				Some(error) if TRANSACTION_REFUSED.contains(&error.code) => {
					self.refusal(transaction.encoded(), &account, error.message.clone())
						.await
				},
				Some(error) if TOKEN_REFUSED.contains(&error.code) => LedgerError::Token(error.message.clone()),
				Some(error) => LedgerError::Busy(error.to_string()),
				None => unreachable(error),
			}),
			Err(error) => Err(unreachable(error)),
		}
	}

	/// Waits until a transaction has come so far, and reads what came of it.
	async fn done(&self, at: &AtBlock, sent: Sent, until: Until) -> Result<Done, LedgerError> {
		let block = self.include(sent, until).await?;
		let hash = H256(block.block_hash().0);
		let events = block
			.wait_for_success()
			.await
			.map_err(|error| unsuccessful(error, hash))?;
		let events = events.iter().map(|event| {
			let event = event.map_err(|error| LedgerError::UnreadableEvent {
				block: hash,
				event: "list".into(),
				cause: error.to_string(),
			})?;
			Ok(EmittedEvent {
				pallet: event.pallet_name().into(),
				name: event.event_name().into(),
				fields: event.field_bytes().to_vec(),
			})
		});
		let done = Done {
			until,
			block: hash,
			transaction: H256(block.extrinsic_hash().0),
			events: events.collect::<Result<_, LedgerError>>()?,
		};
		executed(&done, at)?;
		Ok(done)
	}

	/// Waits until a transaction is in a block that is final, or any block.
	async fn include(&self, mut sent: Sent, until: Until) -> Result<InBlock, LedgerError> {
		loop {
			let status = sent.progress.next().await.transpose().map_err(unreachable)?;
			match (status, until) {
				(Some(TransactionStatus::InFinalizedBlock(block)), _)
				| (Some(TransactionStatus::InBestBlock(block)), Until::InBlock) => return Ok(block),
				(
					Some(
						TransactionStatus::Error { message }
						| TransactionStatus::Invalid { message }
						| TransactionStatus::Dropped { message },
					),
					_,
				) => return Err(self.refusal(sent.transaction.encoded(), &sent.account, message).await),
				(Some(_), _) => {},
				(None, _) => return Err(unreachable("it did not report what became of the transaction")),
			}
		}
	}

	/// Why the node refused a transaction. The node gives the reason as text alone, so the runtime is asked for it.
	async fn refusal(&self, transaction: &[u8], account: &str, message: String) -> LedgerError {
		match self.validity(transaction).await {
			Ok(Err(reason)) => invalid(reason, account, message),
			// It is valid, and still not taken: the pool is full, or had seen it before.
			Ok(Ok(_)) | Err(_) => LedgerError::Busy(message),
		}
	}

	/// What the runtime answers about a transaction after the newest block.
	async fn validity(&self, transaction: &[u8]) -> Result<Validity, LedgerError> {
		let block = self.newest_hash().await?;
		let arguments = Bytes([&[EXTERNAL], transaction, block.as_bytes()].concat());
		let params = [
			json!("TaggedTransactionQueue_validate_transaction"),
			json!(arguments),
			json!(block),
		];
		let answer: Bytes = self.query("state_call", &params).await?;
		Validity::decode_all(&mut answer.as_ref()).map_err(super::error::incompatible)
	}
}

/// `sp_runtime::transaction_validity::TransactionValidity`.
type Validity = Result<TransactionValid, Invalidity>;

/// `sp_runtime::transaction_validity::TransactionValidityError`.
#[derive(Debug, Decode)]
enum Invalidity {
	Invalid(TransactionInvalid),
	Unknown(TransactionUnknown),
}

/// The error for a transaction that is not valid. `message` is the node's own.
fn invalid(reason: Invalidity, account: &str, message: String) -> LedgerError {
	use TransactionInvalid as Reason;
	let refused = |reason: &str| LedgerError::Refused(reason.into());
	let reason = match reason {
		Invalidity::Invalid(reason) => reason,
		Invalidity::Unknown(reason) => return LedgerError::Busy(format!("{message} ({reason:?})")),
	};
	match reason {
		Reason::Payment => LedgerError::Allowance,
		Reason::BadSigner => LedgerError::Stranger(account.into()),
		Reason::Future | Reason::Stale => LedgerError::Busy("an earlier transaction of the same key is pending".into()),
		// It is signed again with a newer block.
		Reason::AncientBirthBlock => LedgerError::Busy("it was signed too long ago".into()),
		// While an upgrade is not final, the final block has the former runtime.
		Reason::BadProof => LedgerError::Busy("its signature is not valid for this chain and runtime".into()),
		Reason::ExhaustsResources => refused("it takes more than a block can hold"),
		Reason::Call => refused("the runtime does not take this call in a transaction"),
		Reason::Custom(code) => refused(&format!("the runtime gives the reason {code}")),
		Reason::BadMandatory | Reason::MandatoryValidation => refused("only the author of a block can make this call"),
	}
}

/// Fails when the call executed a motion and the motion failed: the call itself succeeds all the same.
fn executed(done: &Done, at: &AtBlock) -> Result<(), LedgerError> {
	let Some(event) = done.events.iter().find(|event| event.is("Council", "Executed")) else {
		return Ok(());
	};
	// The motion's hash, then the result.
	match event.fields.get(32..) {
		Some([0]) => Ok(()),
		Some([1, error @ ..]) => match DispatchError::decode_from(error, at.metadata()) {
			Ok(error) => Err(dispatch(&error)),
			Err(error) => Err(done.unreadable("Council", "Executed", &error.to_string())),
		},
		_ => Err(done.unreadable("Council", "Executed", "it has no result that this client knows")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode as _;

	fn error(reason: TransactionInvalid) -> LedgerError {
		invalid(Invalidity::Invalid(reason), "account", "any text at all".into())
	}

	#[test]
	fn a_refusal_is_told_by_the_runtimes_reason() {
		use TransactionInvalid as Reason;
		assert_eq!(error(Reason::Payment), LedgerError::Allowance);
		assert_eq!(error(Reason::BadSigner), LedgerError::Stranger("account".into()));
		for later in [
			Reason::Stale,
			Reason::Future,
			Reason::AncientBirthBlock,
			Reason::BadProof,
		] {
			assert!(matches!(error(later), LedgerError::Busy(_)));
		}
		for never in [Reason::Call, Reason::ExhaustsResources, Reason::Custom(1)] {
			assert!(matches!(error(never), LedgerError::Refused(_)));
		}
		let unknown = invalid(Invalidity::Unknown(TransactionUnknown::CannotLookup), "", "text".into());
		assert!(matches!(unknown, LedgerError::Busy(_)));
	}

	#[test]
	fn the_runtimes_reason_is_read_as_the_polkadot_sdk_encodes_it() {
		use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidity, ValidTransaction};
		for (encoded, reason) in [
			(InvalidTransaction::Payment, TransactionInvalid::Payment),
			(InvalidTransaction::BadSigner, TransactionInvalid::BadSigner),
			(InvalidTransaction::Stale, TransactionInvalid::Stale),
			(
				InvalidTransaction::ExhaustsResources,
				TransactionInvalid::ExhaustsResources,
			),
		] {
			let encoded = TransactionValidity::Err(encoded.into()).encode();
			match Validity::decode_all(&mut &encoded[..]).unwrap() {
				Err(Invalidity::Invalid(read)) => assert_eq!(read, reason),
				other => panic!("{other:?}"),
			}
		}
		let valid = TransactionValidity::Ok(ValidTransaction::default()).encode();
		assert!(Validity::decode_all(&mut &valid[..]).unwrap().is_ok());
	}
}
