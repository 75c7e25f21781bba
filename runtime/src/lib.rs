//! The runtime of the Kexin audit ledger.
//!
//! | where | what |
//! |---|---|
//! | [`configs`] | the configuration of each pallet, by domain |
//! | `apis` | the runtime APIs |
//! | `events` | the events of a block, in the vocabulary of the ledger |
//! | `rehearsal` | the version after this one, with which upgrades are rehearsed |
//! | [`genesis_config_presets`] | the chains `development` and `local`, made from `chain-spec/` |
//!
//! There is no sudo and there are no fees. Whose transactions are taken, and how many, is decided by the members pallet
//! ([`configs::membership`]).

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]
#![recursion_limit = "256"]
// What the macros of FRAME generate has no documentation of its own.
#![allow(missing_docs)]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configs;
mod events;
pub mod genesis_config_presets;
#[cfg(feature = "rehearsal")]
mod rehearsal;
#[cfg(test)]
mod tests;
pub mod weights;

pub use apis::RuntimeApi;
pub use kexin_primitives::SS58_PREFIX;
pub use pallet_members::SILENT_TURNS;

#[cfg(not(feature = "rehearsal"))]
use alloc::borrow::Cow;
use alloc::vec::Vec;
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
#[cfg(not(feature = "rehearsal"))]
use sp_version::runtime_version;
use sp_version::RuntimeVersion;

#[cfg(feature = "rehearsal")]
pub use rehearsal::VERSION;

/// The version of the runtime. `CHANGELOG.md` says what each version changed.
#[cfg(not(feature = "rehearsal"))]
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("kexin"),
	impl_name: Cow::Borrowed("kexin-node"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

/// A block's number.
pub type BlockNumber = u32;
/// A transaction's signature.
pub type Signature = MultiSignature;
/// An account: the public key of the signer.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// An amount of tokens, in the smallest unit: 10^-12 KEX.
pub type Balance = u128;
/// How many transactions an account has sent.
pub type Nonce = u32;
/// A blake2-256 hash.
pub type Hash = sp_core::H256;
/// A block's header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// A transaction.
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<MultiAddress<AccountId, ()>, RuntimeCall, Signature, TxExtension>;

/// What a signed transaction carries besides its call.
#[cfg(not(feature = "rehearsal"))]
pub type TxExtension = Extensions;
#[cfg(feature = "rehearsal")]
pub type TxExtension = (Extensions, rehearsal::CheckNothing);

/// The extensions of this version.
type Extensions = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckMortality<Runtime>,
	// Before the nonce, so that a stranger is told that it is one, not that it can't pay.
	pallet_members::Charge<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// What a new version changes in the state that the one before left.
#[cfg(not(feature = "rehearsal"))]
pub type Migrations = ();
#[cfg(feature = "rehearsal")]
pub use rehearsal::Migrations;

/// What dispatches blocks to the pallets.
pub type Executive =
	frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// Types for those who pass blocks on without looking into them, such as the node.
pub mod opaque {
	use super::*;
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// A block whose transactions are bytes.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
}

impl_opaque_keys! {
	/// The keys with which a validator takes part in a session.
	pub struct SessionKeys {
		/// Authors blocks.
		pub babe: Babe,
		/// Votes on finality.
		pub grandpa: Grandpa,
	}
}

/// How long a slot is, in milliseconds. A block is authored in each.
pub const SLOT_MILLISECONDS: u64 = 2_000;
/// Blocks in a minute.
pub const MINUTES: BlockNumber = 30;
/// Blocks in a day.
pub const DAYS: BlockNumber = 24 * 60 * MINUTES;
/// Blocks in an epoch, which is also a session, where the genesis does not say: the shortest time in which the
/// validators can change.
pub const EPOCH_BLOCKS: BlockNumber = 10 * MINUTES;

/// The decimals of the token.
pub const TOKEN_DECIMALS: u8 = 12;
/// The symbol of the token.
pub const TOKEN_SYMBOL: &str = "KEX";
/// One token.
pub const KEX: Balance = 1_000_000_000_000;

/// The pallets, under the numbers by which calls and events name them. `Access` has a number that the rehearsal of an
/// upgrade changes, and with it the bytes of every call that records accesses.
macro_rules! runtime {
	($access:tt) => {
		#[frame_support::runtime]
		mod runtime {
			#[runtime::runtime]
			#[runtime::derive(
				RuntimeCall,
				RuntimeEvent,
				RuntimeError,
				RuntimeOrigin,
				RuntimeFreezeReason,
				RuntimeHoldReason,
				RuntimeSlashReason,
				RuntimeLockId,
				RuntimeTask,
				RuntimeViewFunction
			)]
			pub struct Runtime;

			#[runtime::pallet_index(0)]
			pub type System = frame_system;
			#[runtime::pallet_index(1)]
			pub type Timestamp = pallet_timestamp;
			#[runtime::pallet_index(2)]
			pub type Babe = pallet_babe;
			#[runtime::pallet_index(3)]
			pub type Authorship = pallet_authorship;
			#[runtime::pallet_index(4)]
			pub type Balances = pallet_balances;
			#[runtime::pallet_index(5)]
			pub type TransactionPayment = pallet_transaction_payment;
			#[runtime::pallet_index(6)]
			pub type Council = pallet_collective<Instance1>;
			// Genesis is built in this order: the session takes its first validators from the members.
			#[runtime::pallet_index(7)]
			pub type Members = pallet_members;
			#[runtime::pallet_index(8)]
			pub type Offences = pallet_offences;
			#[runtime::pallet_index(9)]
			pub type Historical = pallet_session::historical;
			#[runtime::pallet_index(10)]
			pub type Session = pallet_session;
			#[runtime::pallet_index(11)]
			pub type Grandpa = pallet_grandpa;
			#[runtime::pallet_index(12)]
			pub type Governance = pallet_governance;
			#[runtime::pallet_index(14)]
			pub type Utility = pallet_utility;
			#[runtime::pallet_index(20)]
			pub type Consent = pallet_consent;
			#[runtime::pallet_index(21)]
			pub type Lineage = pallet_lineage;
			#[runtime::pallet_index($access)]
			pub type Access = pallet_access;
			#[runtime::pallet_index(23)]
			pub type Annotation = pallet_annotation;
		}
	};
}

#[cfg(not(feature = "rehearsal"))]
runtime!(22);
#[cfg(feature = "rehearsal")]
runtime!(30);
