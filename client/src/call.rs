//! The calls of the ledger's pallets, encoded from the types that the pallets decode.

use codec::Encode;
use kexin_primitives::{
	access::AccessEvent,
	lineage::{ActivityId, ActivityKind, ArtifactId, ArtifactKind, Evidence, Input, Output},
	members::{MemberId, MemberKind, Powers},
	scope::Scope,
	vocabulary::Region,
	DatasetId, Pseudonym, Versioned, H256,
};

/// An account: its public key.
pub type Account = [u8; 32];

/// A call by name, with its encoded arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
	/// The pallet's name.
	pub pallet: &'static str,
	/// The call's name.
	pub name: &'static str,
	/// The arguments.
	pub arguments: Arguments,
}

/// What a call carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arguments {
	/// Encoded values.
	Encoded(Vec<u8>),
	/// Other calls, between encoded values.
	Calls {
		/// What comes before the calls.
		before: Vec<u8>,
		/// The calls.
		calls: Vec<Call>,
		/// What comes after them.
		after: Vec<u8>,
	},
}

fn call(pallet: &'static str, name: &'static str, arguments: impl Encode) -> Call {
	Call {
		pallet,
		name,
		arguments: Arguments::Encoded(arguments.encode()),
	}
}

/// Records a batch of access events.
pub fn record(dataset: DatasetId, events: &[AccessEvent]) -> Call {
	call("Access", "record", (dataset, Versioned::V1(events.to_vec())))
}

/// Records a consent.
pub fn grant(subject: Pseudonym, scope: &Scope, document: H256) -> Call {
	call("Consent", "grant", (subject, Versioned::V1(scope.clone()), document))
}

/// Narrows a subject's consents.
pub fn narrow(subject: Pseudonym, consent: Option<H256>, limits: &Scope, document: H256) -> Call {
	call(
		"Consent",
		"narrow",
		(subject, consent, Versioned::V1(limits.clone()), document),
	)
}

/// Withdraws a subject's consents.
pub fn revoke(subject: Pseudonym, consent: Option<H256>, document: H256) -> Call {
	call("Consent", "revoke", (subject, consent, document))
}

/// Declares a version of a data set.
pub fn declare_dataset(dataset: DatasetId, label: &Scope, supersedes: Option<DatasetId>) -> Call {
	call(
		"Consent",
		"declare_dataset",
		(dataset, Versioned::V1(label.clone()), supersedes),
	)
}

/// Enrols subjects in a data set.
pub fn enrol(dataset: DatasetId, subjects: &[Pseudonym]) -> Call {
	call("Consent", "enrol", (dataset, subjects.to_vec()))
}

/// Admits a member.
pub fn admit(kind: MemberKind, name: &str, region: Region, seat: bool, key: Account) -> Call {
	call("Members", "admit", (kind, name.as_bytes().to_vec(), region, seat, key))
}

/// Makes a key the validator of its hospital.
pub fn admit_validator(account: Account) -> Call {
	call("Members", "admit_validator", account)
}

/// Names the nodes of the caller's member by their ed25519 public keys.
pub fn name_nodes(nodes: &[[u8; 32]]) -> Call {
	call("Members", "name_nodes", nodes)
}

/// Closes the network to all but the members' nodes, or opens it.
pub fn close_network(closed: bool) -> Call {
	call("Members", "close_network", closed)
}

/// Registers session keys, as the node that made them encodes them, with the proof that the caller has them.
pub fn set_session_keys(keys: &[u8], proof: &[u8]) -> Call {
	Call {
		pallet: "Session",
		name: "set_keys",
		arguments: Arguments::Encoded([keys, &proof.encode()].concat()),
	}
}

/// Suspends, reinstates or removes a member, or its validator.
pub fn member(name: &'static str, member: MemberId) -> Call {
	call("Members", name, member)
}

/// Adds a key to the caller's member.
pub fn add_key(account: Account, powers: Powers) -> Call {
	call("Members", "add_key", (account, powers))
}

/// Revokes a key of the caller's member.
pub fn revoke_key(account: Account) -> Call {
	call("Members", "revoke_key", account)
}

/// Registers an artifact from outside.
pub fn register(artifact: ArtifactId, kind: ArtifactKind) -> Call {
	call("Lineage", "register", (artifact, kind))
}

/// Starts an activity.
pub fn start(activity: ActivityId, kind: ActivityKind) -> Call {
	call("Lineage", "start", (activity, kind))
}

/// Ends an activity with what it used and generated.
pub fn derive(activity: ActivityId, inputs: Vec<Input>, outputs: Vec<Output>) -> Call {
	call("Lineage", "derive", (activity, inputs, outputs))
}

/// Attaches evidence to an artifact.
pub fn attach_evidence(artifact: ArtifactId, evidence: Evidence) -> Call {
	call("Lineage", "attach_evidence", (artifact, evidence))
}

/// Funds an annotation campaign.
pub fn create_campaign(dataset: DatasetId, reward: u128, units: u32, reviewer: MemberId) -> Call {
	call("Annotation", "create", (dataset, reward, units, reviewer))
}

/// Contributes to a campaign.
pub fn contribute(campaign: u32, content: H256, units: u32) -> Call {
	call("Annotation", "contribute", (campaign, content, units))
}

/// Judges contributions.
pub fn review(campaign: u32, decisions: Vec<(H256, bool)>) -> Call {
	call("Annotation", "review", (campaign, decisions))
}

/// Claims what the signer has earned.
pub fn claim() -> Call {
	call("Annotation", "claim", ())
}

/// Closes a campaign.
pub fn close_campaign(campaign: u32) -> Call {
	call("Annotation", "close", campaign)
}

/// Sends tokens, in the smallest unit.
pub fn transfer(to: Account, amount: u128) -> Call {
	// A MultiAddress of the variant Id, number 0.
	call("Balances", "transfer_allow_death", (0u8, to, codec::Compact(amount)))
}

/// Several calls in one transaction, all or none.
pub fn batch_all(calls: Vec<Call>) -> Call {
	let before = codec::Compact(u32::try_from(calls.len()).unwrap_or(u32::MAX)).encode();
	Call {
		pallet: "Utility",
		name: "batch_all",
		arguments: Arguments::Calls {
			before,
			calls,
			after: Vec::new(),
		},
	}
}

/// Proposes a call to the council; with a threshold of 1 it is carried out at once. `length` bounds the encoded call.
pub fn propose(threshold: u32, proposal: Call, length: u32) -> Call {
	let before = codec::Compact(threshold).encode();
	let after = codec::Compact(length).encode();
	Call {
		pallet: "Council",
		name: "propose",
		arguments: Arguments::Calls {
			before,
			calls: vec![proposal],
			after,
		},
	}
}

/// Votes on a motion.
pub fn vote(motion: H256, index: u32, approve: bool) -> Call {
	call("Council", "vote", (motion, codec::Compact(index), approve))
}

/// Approves a runtime of this hash.
pub fn approve_upgrade(code: H256) -> Call {
	call("Governance", "approve_upgrade", code)
}

/// Calls the approved upgrade off.
pub fn cancel_upgrade() -> Call {
	call("Governance", "cancel_upgrade", ())
}

/// Applies the approved upgrade.
pub fn apply_upgrade(code: &[u8]) -> Call {
	call("Governance", "apply_upgrade", code)
}

/// Starts finality anew after this block, without the validators that are silent.
pub fn restart_finality(last_final: u32) -> Call {
	call("Governance", "restart_finality", last_final)
}

/// Closes a motion whose vote is decided. The weight and length bound what it may cost.
pub fn close_motion(motion: H256, index: u32, ref_time: u64, length: u32) -> Call {
	let weight = (codec::Compact(ref_time), codec::Compact(0u64));
	call(
		"Council",
		"close",
		(motion, codec::Compact(index), weight, codec::Compact(length)),
	)
}
