//! Justifications: the votes that made a block final.
//!
//! This checks what nodes check (`sc_consensus_grandpa::GrandpaJustification`), and also that no vote is there twice or
//! from an unknown voter. Nodes make no such justification, but take one from a peer: its proofs are refused then, and
//! other nodes have the same block's justification without these votes.

use super::types::{VoterId, VotingSet};
use crate::header::Header;
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use codec::{Decode, DecodeAll, Encode};
use core::{cmp::Reverse, fmt};
use ed25519_zebra::{Signature, VerificationKey};
use finality_grandpa::{Commit, Message, Precommit, SignedPrecommit};
use kexin_primitives::H256;

/// What is wrong with a justification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JustificationError {
	/// It is not the encoding of a justification, or something follows the encoding.
	Malformed,
	/// It is for this block rather than the header's.
	OtherBlock {
		/// The block's hash.
		hash: H256,
		/// The block's number.
		number: u32,
	},
	/// A vote is by a key that is not among the voters.
	UnknownVoter(H256),
	/// A voter's vote is there twice.
	DuplicateVote(H256),
	/// A vote was signed for another voter set.
	WrongSet {
		/// The number of the set whose votes are needed.
		expected: u64,
		/// The number of the set for which it was signed.
		signed: u64,
	},
	/// This voter's signature is not valid.
	Signature(H256),
	/// The headers in the justification don't connect the votes to one block.
	Ancestry,
	/// The justification carries a header that no vote needs.
	UnusedHeader(H256),
	/// The votes for the block are not from more than two thirds of the voters, or so many voters voted twice that
	/// their votes show nothing.
	TooFewVotes,
}

impl fmt::Display for JustificationError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Malformed => formatter.write_str("it is not a GRANDPA justification"),
			Self::OtherBlock { hash, number } => {
				write!(formatter, "the justification is for another block, {number} ({hash:?})")
			},
			Self::UnknownVoter(voter) => write!(formatter, "{voter:?} voted but was not among the voters at that time"),
			Self::DuplicateVote(voter) => write!(formatter, "the vote of {voter:?} is there twice"),
			Self::WrongSet { expected, signed } => write!(
				formatter,
				"a vote was signed for voter set {signed} instead of {expected}: a handover is missing, repeated or from \
				 another chain"
			),
			Self::Signature(voter) => write!(formatter, "the signature of {voter:?} is not valid"),
			Self::Ancestry => formatter.write_str("the votes are not for this block or its descendants"),
			Self::UnusedHeader(hash) => write!(formatter, "no vote needs the header {hash:?} in the justification"),
			Self::TooFewVotes => {
				formatter.write_str("the votes are not for this block by more than two thirds of the voters, or too many voters voted twice")
			},
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

/// Checks that `bytes` hold a justification of the block `target` (hash and number) by the set's votes.
pub(super) fn verify(bytes: &[u8], target: (H256, u32), set: &VotingSet) -> Result<(), JustificationError> {
	let justification = Justification::decode_all(&mut &bytes[..]).map_err(|_| JustificationError::Malformed)?;
	let commit = &justification.commit;
	if (commit.target_hash, commit.target_number) != target {
		return Err(JustificationError::OtherBlock {
			hash: commit.target_hash,
			number: commit.target_number,
		});
	}
	let by_voter = check_voters(&commit.precommits, set)?;
	check_signatures(&commit.precommits, justification.round, set.id)?;
	let ancestry = Ancestry::new(&commit.precommits, &justification.votes_ancestries)?;
	match ancestry.makes_final(target, &by_voter, set) {
		true => Ok(()),
		false => Err(JustificationError::TooFewVotes),
	}
}

/// The votes of each voter.
type ByVoter<'a> = BTreeMap<VoterId, Vec<&'a Precommit<H256, u32>>>;

/// Checks that every vote is from a voter, and that no vote is there twice.
///
/// Two votes of one voter for different blocks are an equivocation. Nodes store both, and GRANDPA counts them once.
fn check_voters<'a>(votes: &'a [Vote], set: &VotingSet) -> Result<ByVoter<'a>, JustificationError> {
	let mut seen = ByVoter::new();
	for vote in votes {
		if !set.voters.contains(&vote.id) {
			return Err(JustificationError::UnknownVoter(H256(vote.id)));
		}
		let earlier = seen.entry(vote.id).or_default();
		if earlier.len() > 1 || earlier.contains(&&vote.precommit) {
			return Err(JustificationError::DuplicateVote(H256(vote.id)));
		}
		earlier.push(&vote.precommit);
	}
	Ok(seen)
}

/// Checks every voter's signature.
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

/// The lowest block with a vote, and the headers between it and the others.
struct Ancestry<'a> {
	base: (H256, u32),
	headers: BTreeMap<H256, &'a Header>,
}

impl<'a> Ancestry<'a> {
	/// Checks that the block of every vote descends from the lowest block with a vote, that it has the number that the
	/// vote states, and that no header is left over. It follows each header once, however many votes need it.
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
			let (mut hash, mut number) = (vote.target_hash, vote.target_number);
			// Nodes add one to the number.
			number.checked_add(1).ok_or(JustificationError::Ancestry)?;
			while hash != base.target_hash {
				let header = by_hash.get(&hash).ok_or(JustificationError::Ancestry)?;
				if header.number != number {
					return Err(JustificationError::Ancestry);
				}
				if !passed.insert(hash) {
					// An earlier vote has been followed from here to the base.
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
			None => Ok(Self {
				base: (base.target_hash, base.target_number),
				headers: by_hash,
			}),
		}
	}

	/// Whether more than two thirds of the voters voted for this block or its descendants, and not so many for one of
	/// its children and their descendants.
	fn makes_final(&self, target: (H256, u32), votes: &ByVoter<'_>, set: &VotingSet) -> bool {
		let mut weights = BTreeMap::<H256, u64>::new();
		let mut add = |block: H256, weight: u64| {
			let all = weights.entry(block).or_default();
			*all = all.saturating_add(weight);
			*all
		};
		let mut everywhere = 0u64;
		for (voter, votes) in votes {
			let weight = set.voters.get(voter).map_or(0, |voter| voter.weight().get());
			match votes[..] {
				[vote] => {
					add(vote.target_hash, weight);
				},
				// An equivocation counts for every block.
				_ => everywhere = everywhere.saturating_add(weight),
			}
		}
		// With more equivocation than GRANDPA bears, the votes could make two blocks final.
		let threshold = set.voters.threshold().get();
		if everywhere > set.voters.total_weight().get().saturating_sub(threshold) {
			return false;
		}
		let is_enough = |weight: u64| weight.saturating_add(everywhere) >= threshold;
		// Children come before their parents.
		let mut headers = self.headers.iter().collect::<Vec<_>>();
		headers.sort_by_key(|(_, header)| Reverse(header.number));
		for (hash, header) in headers {
			let weight = add(*hash, 0);
			if header.parent_hash == target.0 && is_enough(weight) {
				return false;
			}
			add(header.parent_hash, weight);
		}
		let is_there = self.base == target || self.headers.contains_key(&target.0);
		is_there && is_enough(add(target.0, 0))
	}
}
