//! Why the ledger did not do what it was asked to.
//!
//! Errors are told apart by JSON-RPC code, by variant and by the names in the runtime's metadata, never by their text.

use crate::call::Function;
use kexin_primitives::H256;
use subxt::{
	error::{BackendError, DispatchError, EventsError, RpcError, TransactionEventsError},
	rpcs::UserError,
};

/// Why the ledger refuses new session keys.
const KEYS_CHANGED: &str =
	"the validator changed its session keys too recently: wait until `members.keyInterval` blocks have passed since \
                            block `members.keysChanged`, or have the council remove the validator and admit it again";

/// Why the ledger filters a call.
const FILTERED: &str =
	"the ledger takes this call from nobody, or not now: propose it again if the number of seats has just changed; a \
                        motion that restarts finality can be closed once more validators are known as silent than \
                        finality survives, so close it again later";

/// Why the ledger did not do what it was asked to.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum LedgerError {
	/// The node can't be reached, or the connection broke. The ledger may have taken the call or not.
	#[error("the node is not reachable: {0}")]
	Unreachable(String),
	/// The member has used up its allowance for now.
	#[error("the member's allowance is used up; it refills with every block")]
	Allowance,
	/// The key belongs to no active member.
	#[error("the key {0} belongs to no active member: have its administrator add it, or the council admit the member")]
	Stranger(String),
	/// The transaction pool does not take the transaction now: it is full, or an earlier transaction of the same key is
	/// pending.
	#[error("the node does not take the transaction now: {0}")]
	Busy(String),
	/// The node does not take transactions with this token.
	#[error("the node refused the token: {0}")]
	Token(String),
	/// The node will never take the transaction.
	#[error("the node refused the transaction: {0}")]
	Refused(String),
	/// The key lacks the power that the call needs.
	#[error("the ledger refused the call: the key lacks the power for it")]
	BadOrigin,
	/// A pallet refused the call.
	#[error("the ledger refused the call: {pallet}.{error}: {explanation}")]
	Dispatch {
		/// The pallet.
		pallet: String,
		/// The name of the error.
		error: String,
		/// The pallet's documentation of the error.
		explanation: String,
	},
	/// The runtime refused the call with an error that belongs to no pallet.
	#[error("the ledger refused the call: {0}")]
	Failed(String),
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
	/// The node gives a call another number than this client knows. Nothing was signed.
	#[error(
		"the node says that {0} has the numbers {1:?}, and this kexin knows it as {ours:?}. Nothing was signed. If the council has applied \
		 a new runtime, update kexin to its release; otherwise the node lies: use another one",
		ours = .0.indices()
	)]
	Renumbered(Function, [u8; 2]),
	/// The node shows a call as a motion of the council, and the motion's hash is that of another call.
	#[error("the node lies about the council's motion {hash:?}: the call that it shows has the hash {found:?}. Use another node")]
	OtherMotion {
		/// The motion's hash.
		hash: H256,
		/// The hash of the call that the node shows.
		found: H256,
	},
	/// The transaction took effect, but the client can't read what came of it.
	#[error(
		"the transaction is in block {block:?}, but its event {event} could not be read ({cause}), probably because the node's runtime \
		 is newer than this client. Don't send the transaction again: update kexin to the release of the node, then look up the result"
	)]
	UnreadableEvent {
		/// The block that the transaction is in.
		block: H256,
		/// The event, as in `Annotation.Created`.
		event: String,
		/// Why it could not be read.
		cause: String,
	},
}

impl LedgerError {
	/// Whether every record of an import would meet the error, because its cause is the key, the token, the dataset,
	/// the node or the client.
	pub fn concerns_every_record(&self) -> bool {
		match self {
			Self::Stranger(_)
			| Self::Token(_)
			| Self::BadOrigin
			| Self::Incompatible(_)
			| Self::Renumbered(..)
			| Self::OtherMotion { .. }
			| Self::UnreadableEvent { .. } => true,
			Self::Dispatch { error, .. } => matches!(&error[..], "UnknownDataset" | "NotAuthorized"),
			_ => false,
		}
	}

	/// Whether the ledger wants other positions for these accesses.
	pub fn is_out_of_order(&self) -> bool {
		matches!(self.of_access(), Some("Gap" | "Superseded"))
	}

	/// Whether the ledger executed the call and refused it, so that it will never take effect.
	pub fn is_verdict(&self) -> bool {
		matches!(self, Self::Dispatch { .. } | Self::Failed(_))
	}

	/// Whether an access occurred too long ago, or has not occurred yet.
	pub fn is_untimely(&self) -> bool {
		matches!(self.of_access(), Some("TooLate" | "InFuture"))
	}

	/// The name of the error, if the pallet that records accesses refused the call.
	pub fn of_access(&self) -> Option<&str> {
		match self {
			Self::Dispatch { pallet, error, .. } if pallet == "Access" => Some(error),
			_ => None,
		}
	}

	/// Whether the same call may succeed later without any change.
	pub fn is_transient(&self) -> bool {
		matches!(self, Self::Unreachable(_) | Self::Allowance | Self::Busy(_))
	}
}

/// The node's answer is not what this client expects.
pub(super) fn incompatible(error: impl std::fmt::Display) -> LedgerError {
	LedgerError::Incompatible(error.to_string())
}

/// The node did not answer.
pub(super) fn unreachable(error: impl std::fmt::Display) -> LedgerError {
	LedgerError::Unreachable(error.to_string())
}

/// The JSON-RPC error with which the node answered, when it did answer.
pub(super) fn answered(error: &BackendError) -> Option<&UserError> {
	match error {
		BackendError::Rpc(RpcError::ClientError(subxt::rpcs::Error::User(error))) => Some(error),
		_ => None,
	}
}

/// Why the runtime refused a call, by the names in its metadata.
pub(super) fn dispatch(error: &DispatchError) -> LedgerError {
	match error {
		DispatchError::BadOrigin => LedgerError::BadOrigin,
		DispatchError::Module(module) => match module.details() {
			Ok(details) => LedgerError::Dispatch {
				pallet: details.pallet.name().into(),
				error: details.variant.name.clone(),
				explanation: match (details.pallet.name(), details.variant.name.as_str()) {
					// The pallet of the Polkadot SDK does not know why.
					("Session", "NoAssociatedValidatorId") => KEYS_CHANGED.into(),
					("System", "CallFiltered") => FILTERED.into(),
					_ => details.variant.docs.join(" ").trim().into(),
				},
			},
			Err(unnamed) => LedgerError::Failed(unnamed.to_string()),
		},
		error => LedgerError::Failed(error.to_string()),
	}
}

/// Why the events of a transaction in a block say that it failed, or can't be read.
pub(super) fn unsuccessful(error: TransactionEventsError, block: H256) -> LedgerError {
	let unreadable = |event: &str, cause: &dyn std::fmt::Display| LedgerError::UnreadableEvent {
		block,
		event: event.into(),
		cause: cause.to_string(),
	};
	match error {
		TransactionEventsError::ExtrinsicFailed(error) => dispatch(&error),
		TransactionEventsError::CannotFetchEventsForTransaction {
			error: EventsError::CannotFetchEventBytes(error),
			..
		} => unreachable(error),
		TransactionEventsError::CannotDecodeEventInBlock { event_index, error, .. } => {
			unreadable(&format!("number {event_index} in the block"), &error)
		},
		TransactionEventsError::CannotFetchEventsForTransaction { error, .. } => unreadable("list", &error),
		TransactionEventsError::CannotDecodeDispatchError { error, .. } => unreadable("System.ExtrinsicFailed", &error),
		error => unreachable(error),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_call_without_the_power_for_it_is_told_from_a_runtime_error() {
		assert_eq!(dispatch(&DispatchError::BadOrigin), LedgerError::BadOrigin);
		assert!(matches!(dispatch(&DispatchError::Exhausted), LedgerError::Failed(_)));
	}

	#[test]
	fn a_transaction_whose_events_are_unreadable_is_not_sent_again() {
		let error = TransactionEventsError::CannotDecodeEventInBlock {
			event_index: 3,
			block_hash: [1; 32].into(),
			error: EventsError::CannotFindPalletWithIndex(99),
		};
		let error = unsuccessful(error, H256::repeat_byte(1));
		assert!(matches!(error, LedgerError::UnreadableEvent { .. }), "{error}");
		assert!(!error.is_transient() && error.concerns_every_record());
	}

	#[test]
	fn events_that_the_node_did_not_send_can_be_asked_for_again() {
		let error = TransactionEventsError::CannotFetchEventsForTransaction {
			block_hash: [1; 32].into(),
			transaction_hash: [2; 32].into(),
			error: EventsError::CannotFetchEventBytes(BackendError::other("gone")),
		};
		assert!(unsuccessful(error, H256::zero()).is_transient());
	}
}
