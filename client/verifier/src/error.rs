//! Why a proof is refused.

use crate::finality::Restart;
pub use crate::{finality::JustificationError, header::HeaderError, state::StateError};

use alloc::string::String;
use core::fmt;
use kexin_primitives::{DatasetId, H256};

/// A part of a proof that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
	/// The header of the chain's first block.
	Genesis,
	/// The nodes that lead to the first voters.
	Authorities,
	/// The handover at this place of the list, counted from 0.
	Handover(usize),
	/// The header at this place of `headers`, counted from 0.
	Header(usize),
	/// The justification.
	Justification,
	/// The nodes of the block's state.
	State,
}

impl fmt::Display for Place {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Genesis => formatter.write_str("finality.genesis"),
			Self::Authorities => formatter.write_str("finality.authorities"),
			Self::Handover(index) => write!(formatter, "finality.handovers[{index}]"),
			Self::Header(index) => write!(formatter, "finality.headers[{index}]"),
			Self::Justification => formatter.write_str("finality.justification"),
			Self::State => formatter.write_str("state"),
		}
	}
}

/// Why a proof is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
	/// The file is not JSON, or not a proof: a field is missing, unknown or of another type.
	Json(String),
	/// The file says that it is of this format, which is not known here.
	Format(String),

	/// The proof is about another chain.
	WrongGenesis {
		/// The hash of the first block of the chain that the proof should be about.
		expected: H256,
		/// The hash of the header that the proof carries as the first.
		found: H256,
	},
	/// The first block has this number instead of 0.
	NotTheFirst(u32),
	/// A header is not one, or does what the chain never does.
	Header {
		/// Where.
		at: Place,
		/// What is wrong with it.
		error: HeaderError,
	},
	/// Nobody has a vote in the set of voters that is announced here, or the weights are too large.
	NoVoters(Place),
	/// A justification does not make the block final.
	Justification {
		/// Where.
		at: Place,
		/// What is wrong with it.
		error: JustificationError,
	},
	/// The header of a handover announces no voters.
	NothingAnnounced(Place),
	/// A handover lacks a justification, or a restart of finality has one.
	WrongHandover(Place),
	/// The council started finality anew with this block, and it is not among those that are trusted.
	UntrustedRestart {
		/// Its number.
		number: u32,
		/// Its hash, and the number that its voters have according to the proof.
		restart: Restart,
	},
	/// A header is not after the handover before it.
	OutOfTurn(Place),
	/// There is no header of the block that the proof is about.
	NoHeaders,
	/// A header is not the child of the one before.
	BrokenChain(Place),
	/// The block with this number announces other voters, and there is no handover for it.
	HandoverLeftOut(u32),

	/// Trie nodes don't prove what they should.
	State {
		/// Where.
		at: Place,
		/// What is wrong with them.
		error: StateError,
	},

	/// The list of a log's entries is shorter than the log: entries were removed, or the log was cut short.
	EntriesMissing {
		/// The data set.
		dataset: DatasetId,
		/// How many entries the list has.
		found: u64,
		/// How many the log has.
		proved: u64,
	},
	/// The list of a log's entries is longer than the log: entries were added.
	EntriesAdded {
		/// The data set.
		dataset: DatasetId,
		/// Where the list ends.
		found: u64,
		/// How many entries the log has.
		proved: u64,
	},
	/// A breach is hidden, or made up: another number of entries are permitted accesses with breaches than the ledger
	/// counted.
	BreachHidden {
		/// The data set.
		dataset: DatasetId,
		/// How many such entries the list has.
		found: u64,
		/// How many the ledger counted.
		proved: u64,
	},
	/// Entries are in another order than that of their recording.
	Reordered {
		/// The data set.
		dataset: DatasetId,
		/// The index in the log of the entry that was recorded before the one that stands before it.
		index: u64,
	},
	/// An entry, or a hash beside the entries, is not what stands in the log at that place.
	EntryAltered(DatasetId),
	/// There are more or fewer hashes beside the entries than their places need.
	WrongNumberOfHashes(DatasetId),

	/// No artifact or activity of this name is registered on the ledger.
	NotRegistered(H256),
	/// The log of this data set of the ancestry is not there, or not at its place.
	LogMissing(DatasetId),
	/// A log is there that is of no data set of the ancestry, or that is there twice.
	ForeignLog(DatasetId),
	/// This field says something else than what is proved.
	Differs(String),
}

impl fmt::Display for Error {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Json(cause) => write!(formatter, "the file is not a proof: {cause}"),
			Self::Format(format) => write!(
				formatter,
				"the file is of the format {format:?}, which this verifier does not know: use a newer one"
			),
			Self::WrongGenesis { expected, found } => write!(
				formatter,
				"the proof is about the chain with the first block {found:?}, and not about the one with {expected:?}"
			),
			Self::NotTheFirst(number) => write!(formatter, "the first block has the number {number} instead of 0"),
			Self::Header { at, error } => write!(formatter, "{at}: the header {error}"),
			Self::NoVoters(at) => write!(
				formatter,
				"{at}: the set of voters is empty or their weights are too large"
			),
			Self::Justification { at, error } => write!(formatter, "{at}: the block is not shown to be final: {error}"),
			Self::NothingAnnounced(at) => write!(formatter, "{at}: the header announces no voters"),
			Self::WrongHandover(at) => write!(
				formatter,
				"{at}: a handover bears a justification by the voters before it, and a restart of finality bears none"
			),
			Self::UntrustedRestart { number, restart } => write!(
				formatter,
				"finality was started anew with block {number}, and the voters of then do not vouch for those that follow: ask somebody \
				 whom you trust whether the council did so with {restart}, and name it as trusted (--restart)"
			),
			Self::OutOfTurn(at) => write!(formatter, "{at}: the block is not after the handover before it"),
			Self::NoHeaders => formatter.write_str("finality.headers: there is no header of the block"),
			Self::BrokenChain(at) => write!(formatter, "{at}: the header is not the child of the one before it"),
			Self::HandoverLeftOut(number) => {
				write!(
					formatter,
					"block {number} announces other voters, and there is no handover for it"
				)
			},
			Self::State { at, error } => write!(formatter, "{at}: {error}"),
			Self::EntriesMissing { dataset, found, proved } => write!(
				formatter,
				"the log of data set {dataset:?} has {proved} entries, and only {found} are there: entries are missing"
			),
			Self::EntriesAdded { dataset, found, proved } => write!(
				formatter,
				"the log of data set {dataset:?} has {proved} entries, and those there go up to {found}: entries were \
				 added"
			),
			Self::BreachHidden { dataset, found, proved } => write!(
				formatter,
				"the ledger counted {proved} breaches in the log of data set {dataset:?}, and the entries show {found}"
			),
			Self::Reordered { dataset, index } => write!(
				formatter,
				"the entries of data set {dataset:?} are in another order than that of the log: the one at {index} was \
				 recorded before the one in front of it"
			),
			Self::EntryAltered(dataset) => write!(
				formatter,
				"an entry of data set {dataset:?} is not the one that stands in the log at its place"
			),
			Self::WrongNumberOfHashes(dataset) => write!(
				formatter,
				"the hashes beside the entries of data set {dataset:?} are more or fewer than their places need"
			),
			Self::NotRegistered(id) => write!(formatter, "nothing is registered on the ledger as {id:?} at this block"),
			Self::LogMissing(dataset) => write!(
				formatter,
				"the log of data set {dataset:?}, which is in the ancestry, is not there or not at its place"
			),
			Self::ForeignLog(dataset) => write!(
				formatter,
				"the log of data set {dataset:?} is there, which is not in the ancestry or is there twice"
			),
			Self::Differs(field) => write!(formatter, "`{field}` says something else than what is proved"),
		}
	}
}

impl core::error::Error for Error {}

/// Blames the nodes of the block's state for an error.
pub(crate) fn in_state(error: StateError) -> Error {
	Error::State {
		at: Place::State,
		error,
	}
}
