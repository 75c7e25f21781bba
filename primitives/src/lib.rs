//! Types and pure logic that every part of the ledger shares.
//!
//! | module | what it holds |
//! |---|---|
//! | [`vocabulary`] | the coded values of a request: purpose of use, operation, region, recipient class |
//! | [`scope`] | the consent scope, a lattice of times, and what it permits |
//! | [`access`] | access events, how they are judged, and the entry that is hashed into a log |
//! | [`batch`] | access events as a call carries them |
//! | [`dataset`] | datasets, and how an access to a whole dataset is judged |
//! | [`subject`] | data subjects, and how an access to the data of one is judged |
//! | [`hindsight`] | how an entry is judged again from a later state |
//! | [`log`] | the append-only accumulator that proves a log complete |
//! | [`lineage`] | artifacts, activities and evidence, after W3C PROV |
//! | [`events`] | the events of the ledger, in the envelopes in which they are handed to nodes |
//! | [`members`] | members of the consortium and the powers of their keys |
//! | [`storage_keys`] | where the values that a proof reads are in the state |
//!
//! Nothing here does I/O or touches storage, so the pallets, the node, the client and the offline verifier run the same
//! code. [`Versioned`] wraps everything that is hashed or proved.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

extern crate alloc;

pub mod access;
pub mod batch;
mod breaches;
pub mod dataset;
mod dimensions;
pub mod events;
pub mod hindsight;
pub mod lineage;
pub mod log;
pub mod members;
mod request;
pub mod scope;
pub mod storage_keys;
pub mod subject;
pub mod vocabulary;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

pub use primitive_types::H256;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, at most [`FOREVER`].
pub type UnixMillis = u64;

/// The time that never comes: 2^53 - 1, the largest integer that every JSON reader keeps exact.
pub const FOREVER: UnixMillis = 9_007_199_254_740_991;

/// The network prefix of the ledger's accounts in their SS58 text form. No other chain has registered it.
pub const SS58_PREFIX: u16 = 7_391;

/// A person, named by a keyed hash. Its key stays at the hospital; when the hospital deletes the key, nobody can tell
/// who the person is.
pub type Pseudonym = H256;

/// A version of a dataset, named by the hash of its content. The same hash names its artifact in the lineage.
pub type DatasetId = H256;

/// An encoding that outlives releases: the first byte is the version of what follows.
///
/// A new layout is a new variant; a published one never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Versioned<T> {
	/// Version 1.
	#[codec(index = 1)]
	V1(T),
}

impl<T> Versioned<T> {
	/// The content in the newest version.
	pub fn into_latest(self) -> T {
		let Self::V1(latest) = self;
		latest
	}

	/// A reference to the content in the newest version.
	pub fn latest(&self) -> &T {
		let Self::V1(latest) = self;
		latest
	}

	/// A mutable reference to the content in the newest version.
	pub fn latest_mut(&mut self) -> &mut T {
		let Self::V1(latest) = self;
		latest
	}
}
