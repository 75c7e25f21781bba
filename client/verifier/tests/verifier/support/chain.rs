//! Headers, voters and their votes.

use super::ledger::Ledger;
use codec::{Decode, Encode};
use ed25519_zebra::{SigningKey, VerificationKeyBytes};
use finality_grandpa::{Commit, Message, Precommit, SignedPrecommit};
use kexin_primitives::{storage_keys, H256};
use kexin_verifier::{
	finality::{Handover, StartState, TrustedBlock, Voters},
	header::{DigestItem, Header},
	Bytes, Finality, ReadState,
};

pub type Vote = SignedPrecommit<H256, u32, [u8; 64], [u8; 32]>;

/// A justification, as nodes store it.
#[derive(Clone, Encode, Decode)]
pub struct Justification {
	pub round: u64,
	pub commit: Commit<H256, u32, [u8; 64], [u8; 32]>,
	pub votes_ancestries: Vec<Header>,
}

impl Justification {
	pub fn bytes(&self) -> Bytes {
		self.encode().into()
	}
}

/// Keys, of which no two ranges share any.
pub fn voters(range: std::ops::Range<u16>) -> Vec<SigningKey> {
	range
		.map(|number| {
			let mut seed = [7; 32];
			seed[..2].copy_from_slice(&number.to_le_bytes());
			SigningKey::from(seed)
		})
		.collect()
}

pub fn id(key: &SigningKey) -> [u8; 32] {
	VerificationKeyBytes::from(key).into()
}

/// A vote for a block.
pub fn vote(key: &SigningKey, target: &Header, round: u64, set_id: u64) -> Vote {
	vote_for(key, Precommit::new(target.hash(), target.number), round, set_id)
}

/// A vote, whether or not there is such a block.
pub fn vote_for(key: &SigningKey, precommit: Precommit<H256, u32>, round: u64, set_id: u64) -> Vote {
	let message = (Message::Precommit(precommit.clone()), round, set_id).encode();
	SignedPrecommit {
		precommit,
		signature: key.sign(&message).into(),
		id: id(key),
	}
}

/// The digest item with which a block announces voters.
pub fn announcement(keys: &[SigningKey], delay: u32) -> DigestItem {
	let voters: Voters = keys.iter().map(|key| (id(key), 1)).collect();
	let mut log = vec![1];
	(voters, delay).encode_to(&mut log);
	DigestItem::Consensus(*b"FRNK", log)
}

/// The digest item with which a block restarts finality after `last_final`.
pub fn restart(keys: &[SigningKey], last_final: u32) -> DigestItem {
	let voters: Voters = keys.iter().map(|key| (id(key), 1)).collect();
	let mut log = vec![2];
	(last_final, voters, 8u32).encode_to(&mut log);
	DigestItem::Consensus(*b"FRNK", log)
}

/// A chain whose voters finalize whatever a test asks for.
#[derive(Clone)]
pub struct Chain {
	pub keys: Vec<SigningKey>,
	pub set_id: u64,
	pub genesis: Header,
	/// The block at which proofs begin instead of the first.
	pub trusted: Option<Header>,
	pub authorities: Vec<Bytes>,
	pub handovers: Vec<Handover>,
	pub tip: Header,
}

impl Chain {
	pub fn new(keys: Vec<SigningKey>) -> Self {
		let mut ledger = Ledger::with_filler(50);
		let voters: Voters = keys.iter().map(|key| (id(key), 1)).collect();
		ledger.put_raw(storage_keys::authorities(), voters.encode());
		let genesis = Header {
			parent_hash: H256::zero(),
			number: 0,
			state_root: ledger.root(),
			extrinsics_root: H256::repeat_byte(3),
			digest: vec![],
		};
		Self {
			keys,
			set_id: 0,
			trusted: None,
			authorities: ledger
				.prove(|state| drop(state.get(&storage_keys::authorities()).expect("every node is there"))),
			handovers: vec![],
			tip: genesis.clone(),
			genesis,
		}
	}

	pub fn hash(&self) -> H256 {
		self.genesis.hash()
	}

	/// The next block.
	pub fn grow(&mut self, state_root: H256) -> Header {
		self.grow_with(state_root, vec![])
	}

	/// The next block, with these digest items between the author's.
	pub fn grow_with(&mut self, state_root: H256, items: Vec<DigestItem>) -> Header {
		// A secondary slot of BABE: its kind, the author's index and the slot.
		let slot = [&[2][..], &[0; 4], &[1; 8]].concat();
		let mut digest = vec![DigestItem::PreRuntime(*b"BABE", slot)];
		digest.extend(items);
		digest.push(DigestItem::Seal(*b"BABE", vec![2; 64]));
		self.tip = Header {
			parent_hash: self.tip.hash(),
			number: self.tip.number + 1,
			state_root,
			extrinsics_root: H256::repeat_byte(4),
			digest,
		};
		self.tip.clone()
	}

	/// Adds a block that announces voters, who take over.
	pub fn hand_over(&mut self, keys: Vec<SigningKey>) -> Header {
		let header = self.grow_with(H256::repeat_byte(5), vec![announcement(&keys, 0)]);
		self.handovers.push(Handover {
			header: header.encode().into(),
			justification: Some(self.justify(&header).bytes()),
		});
		self.keys = keys;
		self.set_id += 1;
		header
	}

	/// Adds a block that restarts finality after `last_final` with voters whom no previous set announced.
	pub fn restart(&mut self, keys: Vec<SigningKey>, last_final: u32) -> Header {
		let header = self.grow_with(H256::repeat_byte(5), vec![restart(&keys, last_final)]);
		self.handovers.push(Handover {
			header: header.encode().into(),
			justification: None,
		});
		self.keys = keys;
		self.set_id += 1;
		header
	}

	/// A state that names the present voters.
	pub fn state(&self) -> Ledger {
		let mut ledger = Ledger::with_filler(50);
		let voters: Voters = self.keys.iter().map(|key| (id(key), 1)).collect();
		ledger.put_raw(storage_keys::authorities(), voters.encode());
		ledger.put_raw(storage_keys::set_id(), self.set_id.encode());
		ledger.put_raw(storage_keys::genesis_hash(), self.hash().encode());
		ledger
	}

	/// Adds a block with this state, at which proofs begin from now on.
	pub fn begin_with(&mut self, state: &Ledger) -> TrustedBlock {
		let header = self.grow(state.root());
		self.begin_at(header, state)
	}

	/// Lets proofs begin at this block from now on.
	pub fn begin_at(&mut self, header: Header, state: &Ledger) -> TrustedBlock {
		self.authorities = state.prove(|state| drop(StartState::read(state).expect("every node is there")));
		self.handovers.clear();
		let trusted = TrustedBlock {
			hash: header.hash(),
			number: header.number,
		};
		self.trusted = Some(header);
		trusted
	}

	/// The justification of a block, with the votes of all voters.
	pub fn justify(&self, target: &Header) -> Justification {
		let votes = self.keys.iter().map(|key| vote(key, target, 9, self.set_id));
		self.justify_by(target, votes.collect(), vec![])
	}

	/// The justification of a block with these votes, and these headers between them.
	pub fn justify_by(&self, target: &Header, precommits: Vec<Vote>, votes_ancestries: Vec<Header>) -> Justification {
		Justification {
			round: 9,
			commit: Commit {
				target_hash: target.hash(),
				target_number: target.number,
				precommits,
			},
			votes_ancestries,
		}
	}

	/// The proof that the first of these headers is final, by a justification of the last.
	pub fn finality<'a>(
		&self,
		headers: impl IntoIterator<Item = &'a Header>,
		justification: &Justification,
	) -> Finality {
		Finality {
			genesis: self.trusted.is_none().then(|| self.genesis.encode().into()),
			trusted: self.trusted.as_ref().map(|header| header.encode().into()),
			authorities: self.authorities.clone(),
			handovers: self.handovers.clone(),
			headers: headers.into_iter().map(|header| header.encode().into()).collect(),
			justification: justification.bytes(),
		}
	}

	/// The proof that a block is final, with the votes of all voters.
	pub fn prove(&self, header: &Header) -> Finality {
		self.finality([header], &self.justify(header))
	}
}
