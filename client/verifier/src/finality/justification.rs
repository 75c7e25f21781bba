//! Justifications: the votes that made a block final.
//!
//! What nodes check of one is checked here, in the same sense (`sc_consensus_grandpa::GrandpaJustification`), and
//! besides that no vote is there twice or by a stranger: an honest node never writes that down.

use super::{VoterId, VotingSet};
use crate::header::Header;
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use codec::{Decode, DecodeAll, Encode};
use core::fmt;
use ed25519_zebra::{Signature, VerificationKey};
use finality_grandpa::{Chain, Commit, Message, Precommit, SignedPrecommit};
use kexin_primitives::H256;

/// What is wrong with a justification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JustificationError {
	/// It is not the encoding of a justification, or not only that.
	Malformed,
	/// It is for this block, and not for the one of the header.
	OtherBlock {
		/// The block's hash.
		hash: H256,
		/// The block's number.
		number: u32,
	},
	/// A vote is by a key that is not among the voters.
	UnknownVoter(H256),
	/// A voter is counted twice.
	DuplicateVote(H256),
	/// A vote was signed for another set of voters.
	WrongSet {
		/// The number of the set that votes here.
		expected: u64,
		/// The number of the set that it was signed for.
		signed: u64,
	},
	/// A signature is not that of the voter under the vote.
	Signature(H256),
	/// The votes don't lead back to one block by the headers that the justification carries.
	Ancestry,
	/// The justification carries a header that no vote needs.
	UnusedHeader(H256),
	/// The votes are not those of more than two thirds of the voters for the block.
	TooFewVotes,
}

impl fmt::Display for JustificationError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Malformed => formatter.write_str("it is not the encoding of a GRANDPA justification"),
			Self::OtherBlock { hash, number } => write!(formatter, "it is for another block, {number} ({hash:?})"),
			Self::UnknownVoter(voter) => write!(formatter, "{voter:?} voted and is not among the voters of that time"),
			Self::DuplicateVote(voter) => write!(formatter, "the vote of {voter:?} is counted twice"),
			Self::WrongSet { expected, signed } => write!(
				formatter,
				"a vote was signed for set {signed} of the voters, where set {expected} votes: a handover is missing, \
				 repeated or from another chain"
			),
			Self::Signature(voter) => write!(formatter, "the signature of {voter:?} is not valid"),
			Self::Ancestry => formatter.write_str("the votes are not for the block or blocks after it"),
			Self::UnusedHeader(hash) => write!(formatter, "it carries the header {hash:?}, which no vote needs"),
			Self::TooFewVotes => formatter.write_str("it has not the votes of more than two thirds of the voters"),
		}
	}
}

type Vote = SignedPrecommit<H256, u32, [u8; 64], VoterId>;

#[derive(Encode, Decode)]
struct Justification {
	round: u64,
	commit: Commit<H256, u32, [u8; 64], VoterId>,
	votes_ancestries: Vec<Header>,
}

/// Checks that `bytes` justify the block `target`, its hash and number, by the votes of the set.
pub(super) fn verify(bytes: &[u8], target: (H256, u32), set: &VotingSet) -> Result<(), JustificationError> {
	let justification = Justification::decode_all(&mut &bytes[..]).map_err(|_| JustificationError::Malformed)?;
	let commit = &justification.commit;
	if (commit.target_hash, commit.target_number) != target {
		return Err(JustificationError::OtherBlock {
			hash: commit.target_hash,
			number: commit.target_number,
		});
	}
	check_voters(&commit.precommits, set)?;
	check_signatures(&commit.precommits, justification.round, set.id)?;
	let ancestry = Ancestry::new(&commit.precommits, &justification.votes_ancestries)?;
	match finality_grandpa::validate_commit(commit, &set.voters, &ancestry) {
		Ok(result) if result.is_valid() => Ok(()),
		_ => Err(JustificationError::TooFewVotes),
	}
}

/// Every vote is by a voter, and none is counted twice.
///
/// Two votes of one voter for different blocks are an equivocation. Nodes write down both, and GRANDPA counts them
/// once.
fn check_voters(votes: &[Vote], set: &VotingSet) -> Result<(), JustificationError> {
	let mut seen = BTreeMap::<VoterId, Vec<&Precommit<H256, u32>>>::new();
	for vote in votes {
		if !set.voters.contains(&vote.id) {
			return Err(JustificationError::UnknownVoter(H256(vote.id)));
		}
		let before = seen.entry(vote.id).or_default();
		if before.len() > 1 || before.contains(&&vote.precommit) {
			return Err(JustificationError::DuplicateVote(H256(vote.id)));
		}
		before.push(&vote.precommit);
	}
	Ok(())
}

/// Every signature is that of its voter.
fn check_signatures(votes: &[Vote], round: u64, set_id: u64) -> Result<(), JustificationError> {
	let mut message = Vec::new();
	for vote in votes {
		let mut signed_for = |set_id: u64| {
			message.clear();
			(Message::Precommit(vote.precommit.clone()), round, set_id).encode_to(&mut message);
			VerificationKey::try_from(vote.id)
				.and_then(|key| key.verify(&Signature::from(vote.signature), &message))
				.is_ok()
		};
		if !signed_for(set_id) {
			let neighbours = [set_id.checked_sub(1), set_id.checked_add(1)];
			let other = neighbours.into_iter().flatten().find(|id| signed_for(*id));
			return Err(match other {
				Some(signed) => JustificationError::WrongSet {
					expected: set_id,
					signed,
				},
				None => JustificationError::Signature(H256(vote.id)),
			});
		}
	}
	Ok(())
}

/// The headers between the lowest block that was voted for and the others.
struct Ancestry<'a> {
	headers: BTreeMap<H256, &'a Header>,
}

impl<'a> Ancestry<'a> {
	/// Checks that every vote leads to the lowest of them, block by block, and that no header is left over.
	///
	/// The numbers are checked as well, since the vote graph of `finality_grandpa` relies on them.
	fn new(votes: &[Vote], headers: &'a [Header]) -> Result<Self, JustificationError> {
		let mut by_hash = BTreeMap::new();
		for header in headers {
			let hash = header.hash();
			if by_hash.insert(hash, header).is_some() {
				return Err(JustificationError::UnusedHeader(hash));
			}
		}
		let votes = votes.iter().map(|vote| &vote.precommit);
		let base = votes.clone().min_by_key(|vote| vote.target_number);
		let base = base.ok_or(JustificationError::TooFewVotes)?;
		let mut passed = BTreeSet::new();
		for vote in votes {
			// The vote graph looks at the number after a block's.
			let mut number = vote.target_number;
			number.checked_add(1).ok_or(JustificationError::Ancestry)?;
			let mut hash = vote.target_hash;
			while hash != base.target_hash {
				let header = by_hash.get(&hash).ok_or(JustificationError::Ancestry)?;
				if header.number != number {
					return Err(JustificationError::Ancestry);
				}
				if !passed.insert(hash) {
					// From here an earlier vote led to the base.
					number = base.target_number;
					break;
				}
				number = number.checked_sub(1).ok_or(JustificationError::Ancestry)?;
				hash = header.parent_hash;
			}
			if number != base.target_number {
				return Err(JustificationError::Ancestry);
			}
		}
		match by_hash.keys().find(|hash| !passed.contains(*hash)) {
			Some(unused) => Err(JustificationError::UnusedHeader(*unused)),
			None => Ok(Self { headers: by_hash }),
		}
	}
}

impl Chain<H256, u32> for Ancestry<'_> {
	fn ancestry(&self, base: H256, block: H256) -> Result<Vec<H256>, finality_grandpa::Error> {
		let mut route = Vec::new();
		let mut hash = block;
		while hash != base {
			let header = self.headers.get(&hash).ok_or(finality_grandpa::Error::NotDescendent)?;
			hash = header.parent_hash;
			route.push(hash);
		}
		route.pop();
		Ok(route)
	}
}
