//! Why a proof is refused.

pub use crate::{finality::justification::JustificationError, header::HeaderError, state::StateError};

use crate::{
	finality::types::{RestartBlock, TrustedBlock},
	text::brief,
};
use alloc::string::String;
use core::fmt;
use kexin_primitives::{access::Judgement, DatasetId, H256};

/// A part of a proof that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
	/// The header of the chain's first block.
	Genesis,
	/// The header of the block that you trust, at which the proof begins.
	Trusted,
	/// The trie nodes that prove the first voters.
	Authorities,
	/// The handover at this index.
	Handover(usize),
	/// The header at this index of `headers`.
	Header(usize),
	/// The justification.
	Justification,
	/// The trie nodes of the block's state.
	State,
}

impl fmt::Display for Place {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Genesis => formatter.write_str("finality.genesis"),
			Self::Trusted => formatter.write_str("finality.trusted"),
			Self::Authorities => formatter.write_str("finality.authorities"),
			Self::Handover(index) => write!(formatter, "finality.handovers[{index}]"),
			Self::Header(index) => write!(formatter, "finality.headers[{index}]"),
			Self::Justification => formatter.write_str("finality.justification"),
			Self::State => formatter.write_str("state"),
		}
	}
}

/// What the ledger's rules exclude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
	/// The entry at this index names another dataset.
	OtherDataset(u64),
	/// The entry at this index was not reported by the dataset's owner.
	OtherReporter(u64),
	/// The entry at this index has notices that don't fit its breaches or its event.
	Misjudged(u64),
	/// The entry at this index was recorded earlier than the entry before it.
	Earlier(u64),
	/// A runtime of an older version judged the entry at this index than the entry before it.
	OlderRules(u64),
	/// The last entry was recorded after the block.
	AfterBlock,
	/// The ledger counted breaches unlike the entries.
	Miscounted {
		/// How many permitted accesses with breaches the entries show.
		found: u64,
		/// How many the ledger counted in the whole log.
		counted: u64,
	},
	/// The activity that should have generated the artifact makes no artifacts of its kind.
	WrongKind,
	/// The activity that should have generated the artifact did not end when the artifact was registered.
	OtherTime,
	/// The activity that should have generated the artifact does not list it.
	NotAnOutput,
	/// The activity that should have generated the artifact has another agent than the artifact's owner.
	OtherAgent,
	/// The dataset has another owner than its artifact, or an activity generated it.
	NotFromOwner,
	/// The dataset has subjects, but nobody was ever enrolled.
	NeverEnrolled,
}

impl fmt::Display for Fault {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::OtherDataset(index) => write!(formatter, "entry {index} is about another dataset"),
			Self::OtherReporter(index) => write!(
				formatter,
				"entry {index} is not from the hospital that owns the dataset"
			),
			Self::Misjudged(index) => write!(
				formatter,
				"entry {index} has notices that do not fit its breaches or its event"
			),
			Self::Earlier(index) => write!(formatter, "entry {index} was recorded before the entry in front of it"),
			Self::OlderRules(index) => write!(
				formatter,
				"entry {index} was judged by an older version of the runtime than the entry in front of it"
			),
			Self::AfterBlock => formatter.write_str("the last entry was recorded after the block"),
			Self::Miscounted { found, counted } => {
				write!(
					formatter,
					"its entries show {found} breaches, and {counted} were counted"
				)
			},
			Self::OtherTime => {
				formatter.write_str("the activity that generated it did not end when the artifact was registered")
			},
			Self::NotAnOutput => formatter.write_str("it is not among the outputs of the activity that generated it"),
			Self::OtherAgent => formatter.write_str("another member did the activity that generated it"),
			Self::NotFromOwner => {
				formatter.write_str("the hospital that declared the dataset did not register it as an artifact")
			},
			Self::NeverEnrolled => formatter.write_str("the dataset has subjects, but nobody was ever enrolled"),
			Self::WrongKind => formatter.write_str("an activity generated it whose kind makes no such artifacts"),
		}
	}
}

/// Why a proof is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
	/// The file is not JSON, or not a proof: a field is missing, unknown or of another type.
	Json(String),
	/// The file has this format, which this verifier does not know.
	Format(String),

	/// The proof is about another chain.
	WrongGenesis {
		/// The genesis hash that you trust.
		expected: H256,
		/// The hash of the chain's first block, according to the proof.
		found: H256,
	},
	/// The proof has both or neither of the headers at which it can begin: that of the chain's first block, and that of
	/// a block that you trust.
	NotOneStart,
	/// The proof begins at this block, which you don't trust.
	UntrustedStart(TrustedBlock),
	/// The proof begins at the chain's first block, and not at this one, which you trust.
	StartLeftOut(TrustedBlock),
	/// The block that you trust, at which the proof begins, has another number than you named.
	WrongStartNumber {
		/// The number that you named.
		expected: u32,
		/// The number in its header.
		found: u32,
	},
	/// Finality was restarted around the block of this number, at which the proof begins: its state may not name the
	/// voters of the next block.
	UnsettledStart(u32),
	/// The proof is about a block before the one at which it begins, or beside it.
	BeforeStart {
		/// The number of the block that it is about.
		number: u32,
		/// The number of the block at which it begins.
		start: u32,
	},
	/// The first header has this number instead of 0.
	NotTheFirst(u32),
	/// A header can't be decoded, or contains what the chain never produces.
	Header {
		/// Where.
		at: Place,
		/// What is wrong with it.
		error: HeaderError,
	},
	/// The voter set that is announced here is empty, or its weights are too large.
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
	/// The council restarted finality with this block, which is not among those that you trust.
	UntrustedRestart {
		/// Its number.
		number: u32,
		/// Its hash, and the number of its voter set according to the proof.
		restart: RestartBlock,
	},
	/// A header does not come after the handover before it.
	OutOfTurn(Place),
	/// The header of the block that the proof is about is missing.
	NoHeaders,
	/// A header is not the child of the header before it.
	BrokenChain(Place),
	/// The block with this number announces other voters, and its handover is missing.
	HandoverLeftOut(u32),

	/// The trie nodes don't prove what they should.
	State {
		/// Where.
		at: Place,
		/// What is wrong with them.
		error: StateError,
	},

	/// The list of entries is shorter than the log: entries were removed.
	EntriesMissing {
		/// The dataset.
		dataset: DatasetId,
		/// How many entries the list has.
		found: u64,
		/// How many the log has.
		proved: u64,
	},
	/// The list of entries is longer than the log: entries were added.
	EntriesAdded {
		/// The dataset.
		dataset: DatasetId,
		/// The index at which the list ends.
		found: u64,
		/// How many entries the log has.
		proved: u64,
	},
	/// A breach was hidden or invented: the number of permitted accesses with breaches is not the one that the ledger
	/// counted.
	BreachHidden {
		/// The dataset.
		dataset: DatasetId,
		/// How many such entries the list has.
		found: u64,
		/// How many the ledger counted.
		proved: u64,
	},
	/// The entries are not in the order in which they were recorded.
	Reordered {
		/// The dataset.
		dataset: DatasetId,
		/// The index in the log of the first entry that was recorded earlier than the entry before it.
		index: u64,
	},
	/// An entry, or a hash beside the entries, is not the one in the log at that place.
	EntryAltered(DatasetId),
	/// There are too many or too few hashes beside the entries.
	WrongNumberOfHashes(DatasetId),
	/// No hospital declared a dataset with this id.
	NoDataset(DatasetId),
	/// Something is proved that the ledger's rules never make.
	AgainstRules {
		/// The dataset with its log, or the artifact.
		about: H256,
		/// What the rules exclude.
		fault: Fault,
	},
	/// The ledger did not judge an access by its rules, although everything by which it is judged is proved.
	JudgedOtherwise {
		/// The dataset.
		dataset: DatasetId,
		/// The index of the entry in the log.
		index: u64,
		/// How the ledger judged.
		ledger: Judgement,
		/// How the rules judge.
		rules: Judgement,
	},

	/// No artifact or activity of this name is registered on the ledger.
	NotRegistered(H256),
	/// The log of this dataset of the ancestry is missing or in the wrong place.
	LogMissing(DatasetId),
	/// The log of this dataset is there although the dataset is not in the ancestry, or it is there twice.
	ForeignLog(DatasetId),
	/// This field is not what is proved.
	Differs(String),
}

impl fmt::Display for Error {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Json(cause) => write!(formatter, "the file is not a proof: {cause}"),
			Self::Format(format) => write!(
				formatter,
				"the file has the format {:?}, which this verifier does not know: use a newer version of it",
				brief(format)
			),
			Self::WrongGenesis { expected, found } => write!(
				formatter,
				"the proof is about another chain: its genesis hash is {found:?}, and you trust {expected:?}"
			),
			Self::NotOneStart => formatter.write_str(
				"finality: a proof has either `genesis` or `trusted`, the header of the block at which it begins, and this \
				 one has both or neither",
			),
			Self::UntrustedStart(start) => write!(
				formatter,
				"the proof begins at block {}, which you don't trust: if you verified that block before, or ask somebody \
				 whom you trust, name it as trusted (--trusted {start}); or have the file made again without --trusted, so \
				 that the genesis hash proves it",
				start.number
			),
			Self::StartLeftOut(trusted) => write!(
				formatter,
				"the proof begins at the chain's first block, so it does not stand on block {}, which you trust: ask for one \
				 that begins there, or leave --trusted out to trust the genesis hash and the voters of all sets",
				trusted.number
			),
			Self::WrongStartNumber { expected, found } => write!(
				formatter,
				"the block that you trust has the number {found}, and you named {expected}: correct what you trust \
				 (--trusted), or ask for it where you have the hash from"
			),
			Self::UnsettledStart(number) => write!(
				formatter,
				"finality was restarted around block {number}, at which the proof begins, so the block may not name the voters \
				 of the next one: trust a later block, or have the file made again without --trusted"
			),
			Self::BeforeStart { number, start } => write!(
				formatter,
				"{}: the proof is about block {number}, but begins at block {start}, so it shows nothing about that: have \
				 the file made again with an older block as --trusted, or without it",
				Place::Header(0)
			),
			Self::NotTheFirst(number) => write!(
				formatter,
				"{}: the header is that of block {number} instead of block 0",
				Place::Genesis
			),
			Self::Header { at, error } => write!(formatter, "{at}: the header {error}"),
			Self::NoVoters(at) => write!(
				formatter,
				"{at}: the set of voters is empty or its weights are too large"
			),
			Self::Justification { at, error } => write!(formatter, "{at}: the block is not proved final: {error}"),
			Self::NothingAnnounced(at) => write!(formatter, "{at}: the header announces no voters"),
			Self::WrongHandover(at) => write!(
				formatter,
				"{at}: a handover needs a justification by the previous voters, and a restart of finality must have none"
			),
			Self::UntrustedRestart { number, restart } => write!(
				formatter,
				"the council restarted finality with block {number}, so the genesis hash alone does not prove what \
				 follows: ask a hospital that you trust whether {restart} is that restart, and if so, name it as trusted \
				 (--restart)"
			),
			Self::OutOfTurn(at) => write!(formatter, "{at}: the block does not come after the handover before it"),
			Self::NoHeaders => formatter.write_str("finality.headers: the header of the block is missing"),
			Self::BrokenChain(at) => write!(formatter, "{at}: the header is not the child of the header before it"),
			Self::HandoverLeftOut(number) => write!(
				formatter,
				"finality.handovers: block {number} announces other voters, and its handover is missing"
			),
			Self::State { at, error } => write!(formatter, "{at}: {error}"),
			Self::EntriesMissing { dataset, found, proved } => write!(
				formatter,
				"entries are missing: the log of dataset {dataset:?} has {proved} entries, and the file has {found}"
			),
			Self::EntriesAdded { dataset, found, proved } => write!(
				formatter,
				"entries were added: the log of dataset {dataset:?} has {proved} entries, and the entries in the file \
				 go up to {found}"
			),
			Self::BreachHidden { dataset, found, proved } => write!(
				formatter,
				"breaches were hidden or invented: the ledger counted {proved} in the log of dataset {dataset:?}, and \
				 the entries show {found}"
			),
			Self::Reordered { dataset, index } => write!(
				formatter,
				"the entries of dataset {dataset:?} are not in the order of the log: entry {index} was recorded before \
				 the entry in front of it"
			),
			Self::EntryAltered(dataset) => write!(
				formatter,
				"an entry of dataset {dataset:?} was altered: it is not the one in the log at its place"
			),
			Self::WrongNumberOfHashes(dataset) => write!(
				formatter,
				"there are too many or too few hashes beside the entries of dataset {dataset:?}"
			),
			Self::NoDataset(id) => write!(
				formatter,
				"no hospital has declared a dataset {id:?} at this block: check the id, or ask for a later block"
			),
			Self::AgainstRules { about, fault } => write!(
				formatter,
				"what the ledger holds about {about:?} is proved, but its rules never make that: {fault}. The validators that made the block final did not keep the rules, so nothing that they made final can be relied on"
			),
			Self::JudgedOtherwise {
				dataset,
				index,
				ledger,
				rules,
			} => write!(
				formatter,
				"the ledger did not judge entry {index} of dataset {dataset:?} by its rules: it found {}, and the rules find \
				 at least {}. The validators that made the block final did not keep the rules, so nothing that they made final can be \
				 relied on",
				Found(ledger),
				Found(rules)
			),
			Self::NotRegistered(id) => write!(
				formatter,
				"nothing is registered on the ledger as {id:?} at this block: check the id, or ask for a later block"
			),
			Self::LogMissing(dataset) => write!(
				formatter,
				"the log of dataset {dataset:?}, which is in the ancestry, is missing or in the wrong place"
			),
			Self::ForeignLog(dataset) => write!(
				formatter,
				"the log of dataset {dataset:?} does not belong here: the dataset is not in the ancestry, or its log is \
				 there twice"
			),
			Self::Differs(field) => write!(formatter, "the field `{field}` is not what is proved"),
		}
	}
}

/// A judgement in words.
struct Found<'a>(&'a Judgement);

impl fmt::Display for Found<'_> {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Judgement { breaches, notices } = self.0;
		let mut names = breaches.names().chain(notices.names());
		match names.next() {
			Some(first) => formatter.write_str(first)?,
			None => return formatter.write_str("no breach"),
		}
		names.try_for_each(|name| write!(formatter, ", {name}"))
	}
}

impl core::error::Error for Error {}

/// The error for the trie nodes of the block's state.
pub(crate) fn in_state(error: StateError) -> Error {
	Error::State {
		at: Place::State,
		error,
	}
}
