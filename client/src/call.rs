//! The calls that the client can make, each encoded as its pallet decodes it.
//!
//! [`Function`] lists every one of them. A test has the ledger's runtime decode a call of each, so that a call that is
//! added here and not there doesn't compile.

use crate::ledger::{Acceptance, LedgerError};
use codec::Encode;
use kexin_primitives::{
	access::AccessEvent,
	batch::{Batch, Malformed, Position},
	lineage::{ActivityId, ActivityKind, ArtifactId, ArtifactKind, Evidence, Input, Output},
	members::{MemberId, MemberKind, Powers},
	scope::Scope,
	vocabulary::Region,
	DatasetId, Pseudonym, Versioned, H256,
};
use std::fmt;

/// An account: its public key.
pub type Account = [u8; 32];

/// Defines [`Function`] and what follows from the list.
macro_rules! functions {
	($($function:ident = $pallet:literal $pallet_index:literal, $name:literal $index:literal;)*) => {
		/// A function of a pallet that the client calls.
		#[derive(Clone, Copy, Debug, PartialEq, Eq)]
		pub enum Function {
			$(
				#[doc = concat!("`", $pallet, ".", $name, "`")]
				$function,
			)*
		}

		impl Function {
			/// Every function that the client calls.
			pub const ALL: &[Self] = &[$(Self::$function),*];

			/// The pallet, as the runtime's metadata name it.
			pub fn pallet(self) -> &'static str {
				match self {
					$(Self::$function => $pallet,)*
				}
			}

			/// The call within the pallet, as the runtime's metadata name it.
			pub fn name(self) -> &'static str {
				match self {
					$(Self::$function => $name,)*
				}
			}

			/// The numbers of the pallet in the runtime, and of the call in the pallet. What is signed has nothing but
			/// these for a name.
			pub fn indices(self) -> [u8; 2] {
				match self {
					$(Self::$function => [$pallet_index, $index],)*
				}
			}
		}
	};
}

functions! {
	Record = "Access" 22, "record" 0;
	Grant = "Consent" 20, "grant" 0;
	Narrow = "Consent" 20, "narrow" 1;
	Revoke = "Consent" 20, "revoke" 2;
	DeclareDataset = "Consent" 20, "declare_dataset" 3;
	Enrol = "Consent" 20, "enrol" 4;
	Admit = "Members" 7, "admit" 0;
	Suspend = "Members" 7, "suspend" 1;
	Reinstate = "Members" 7, "reinstate" 2;
	Remove = "Members" 7, "remove" 3;
	AdmitValidator = "Members" 7, "admit_validator" 7;
	RemoveValidator = "Members" 7, "remove_validator" 8;
	ReinstateValidator = "Members" 7, "reinstate_validator" 9;
	NameNodes = "Members" 7, "name_nodes" 10;
	CloseNetwork = "Members" 7, "close_network" 11;
	AddKey = "Members" 7, "add_key" 4;
	RevokeKey = "Members" 7, "revoke_key" 5;
	SetSessionKeys = "Session" 10, "set_keys" 0;
	Register = "Lineage" 21, "register" 0;
	Start = "Lineage" 21, "start" 1;
	Derive = "Lineage" 21, "derive" 2;
	AttachEvidence = "Lineage" 21, "attach_evidence" 3;
	CreateCampaign = "Annotation" 23, "create" 0;
	Contribute = "Annotation" 23, "contribute" 1;
	Review = "Annotation" 23, "review" 2;
	Claim = "Annotation" 23, "claim" 3;
	CloseCampaign = "Annotation" 23, "close" 4;
	Transfer = "Balances" 4, "transfer_allow_death" 0;
	BatchAll = "Utility" 14, "batch_all" 2;
	Propose = "Council" 6, "propose" 2;
	Vote = "Council" 6, "vote" 3;
	CloseMotion = "Council" 6, "close" 6;
	ApproveUpgrade = "Governance" 12, "approve_upgrade" 0;
	CancelUpgrade = "Governance" 12, "cancel_upgrade" 1;
	ApplyUpgrade = "Governance" 12, "apply_upgrade" 2;
	RestartFinality = "Governance" 12, "restart_finality" 3;
}

impl fmt::Display for Function {
	/// As in `Consent.grant`.
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		write!(formatter, "{}.{}", self.pallet(), self.name())
	}
}

/// A call with its encoded arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
	/// What is called.
	pub function: Function,
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

impl Call {
	/// The encoded call. The node's metadata have to give the same numbers to the pallet and the call as this client,
	/// so that a node that lies about them gets no signature of another call.
	///
	/// # Errors
	/// [`LedgerError::Incompatible`] when the runtime has no such call, and [`LedgerError::Renumbered`] when it has it
	/// under other numbers.
	pub fn encode(&self, metadata: &subxt::Metadata) -> Result<Vec<u8>, LedgerError> {
		let missing = || LedgerError::Incompatible(format!("it has no call {}", self.function));
		let pallet = metadata.pallet_by_name(self.function.pallet()).ok_or_else(missing)?;
		let variant = pallet.call_variant_by_name(self.function.name()).ok_or_else(missing)?;
		let (mut bytes, theirs) = (self.function.indices().to_vec(), [pallet.call_index(), variant.index]);
		if bytes != theirs {
			return Err(LedgerError::Renumbered(self.function, theirs));
		}
		match &self.arguments {
			Arguments::Encoded(arguments) => bytes.extend_from_slice(arguments),
			Arguments::Calls { before, calls, after } => {
				bytes.extend_from_slice(before);
				for call in calls {
					bytes.extend(call.encode(metadata)?);
				}
				bytes.extend_from_slice(after);
			},
		}
		Ok(bytes)
	}
}

fn call(function: Function, arguments: impl Encode) -> Call {
	encoded(function, arguments.encode())
}

fn encoded(function: Function, arguments: Vec<u8>) -> Call {
	Call {
		function,
		arguments: Arguments::Encoded(arguments),
	}
}

/// Records access events, of which the first has this position.
///
/// # Errors
/// When they make no batch.
pub fn record(dataset: DatasetId, first: Position, events: &[AccessEvent]) -> Result<Call, Malformed> {
	let batch = Versioned::V1(Batch::of(events)?);
	Ok(call(Function::Record, (dataset, first, batch)))
}

/// Records a consent.
pub fn grant(subject: Pseudonym, scope: &Scope, document: H256) -> Call {
	call(Function::Grant, (subject, Versioned::V1(scope.clone()), document))
}

/// Narrows a subject's consents.
pub fn narrow(subject: Pseudonym, consent: Option<H256>, limits: &Scope, document: H256) -> Call {
	call(
		Function::Narrow,
		(subject, consent, Versioned::V1(limits.clone()), document),
	)
}

/// Withdraws a subject's consents.
pub fn revoke(subject: Pseudonym, consent: Option<H256>, document: H256) -> Call {
	call(Function::Revoke, (subject, consent, document))
}

/// Declares a version of a dataset.
pub fn declare_dataset(dataset: DatasetId, label: &Scope, supersedes: Option<DatasetId>) -> Call {
	call(
		Function::DeclareDataset,
		(dataset, Versioned::V1(label.clone()), supersedes),
	)
}

/// Enrols subjects in a dataset.
pub fn enrol(dataset: DatasetId, subjects: &[Pseudonym]) -> Call {
	call(Function::Enrol, (dataset, subjects.to_vec()))
}

/// Admits a member. Its first key has accepted.
pub fn admit(kind: MemberKind, name: &str, region: Region, seat: bool, key: Account, acceptance: &Acceptance) -> Call {
	let arguments = (kind, name.as_bytes().to_vec(), region, seat, key);
	encoded(Function::Admit, [&arguments.encode(), acceptance.as_ref()].concat())
}

/// Makes an account the validator of its hospital.
pub fn admit_validator(account: Account) -> Call {
	call(Function::AdmitValidator, account)
}

/// Names the nodes of the caller's member by their ed25519 public keys.
pub fn name_nodes(nodes: &[[u8; 32]]) -> Call {
	call(Function::NameNodes, nodes)
}

/// Closes the network to all nodes but those that the members named, or opens it.
pub fn close_network(closed: bool) -> Call {
	call(Function::CloseNetwork, closed)
}

/// Registers session keys in the encoding of the node that generated them, with the proof that the caller holds them.
pub fn set_session_keys(keys: &[u8], proof: &[u8]) -> Call {
	encoded(Function::SetSessionKeys, [keys, &proof.encode()].concat())
}

/// Suspends a member: its keys can do nothing until it is reinstated.
pub fn suspend(member: MemberId) -> Call {
	call(Function::Suspend, member)
}

/// Reinstates a suspended member.
pub fn reinstate(member: MemberId) -> Call {
	call(Function::Reinstate, member)
}

/// Removes a member for ever.
pub fn remove(member: MemberId) -> Call {
	call(Function::Remove, member)
}

/// Removes the validator of a hospital.
pub fn remove_validator(hospital: MemberId) -> Call {
	call(Function::RemoveValidator, hospital)
}

/// Reinstates the suspended validator of a hospital.
pub fn reinstate_validator(hospital: MemberId) -> Call {
	call(Function::ReinstateValidator, hospital)
}

/// Adds a key to the caller's member. The key has accepted.
pub fn add_key(account: Account, powers: Powers, acceptance: &Acceptance) -> Call {
	encoded(
		Function::AddKey,
		[&(account, powers).encode(), acceptance.as_ref()].concat(),
	)
}

/// Revokes a key of the caller's member.
pub fn revoke_key(account: Account) -> Call {
	call(Function::RevokeKey, account)
}

/// Registers an artifact that no activity on the ledger generated.
pub fn register(artifact: ArtifactId, kind: ArtifactKind) -> Call {
	call(Function::Register, (artifact, kind))
}

/// Starts an activity.
pub fn start(activity: ActivityId, kind: ActivityKind) -> Call {
	call(Function::Start, (activity, kind))
}

/// Ends an activity with what it used and generated.
pub fn derive(activity: ActivityId, inputs: Vec<Input>, outputs: Vec<Output>) -> Call {
	call(Function::Derive, (activity, inputs, outputs))
}

/// Attaches evidence to an artifact.
pub fn attach_evidence(artifact: ArtifactId, evidence: Evidence) -> Call {
	call(Function::AttachEvidence, (artifact, evidence))
}

/// Funds an annotation campaign.
pub fn create_campaign(dataset: DatasetId, reward: u128, units: u32, reviewer: MemberId) -> Call {
	call(Function::CreateCampaign, (dataset, reward, units, reviewer))
}

/// Contributes to a campaign.
pub fn contribute(campaign: u32, content: H256, units: u32) -> Call {
	call(Function::Contribute, (campaign, content, units))
}

/// Reviews contributions: `true` accepts one, `false` rejects it.
pub fn review(campaign: u32, decisions: Vec<(H256, bool)>) -> Call {
	call(Function::Review, (campaign, decisions))
}

/// Claims what the signer has earned.
pub fn claim() -> Call {
	call(Function::Claim, ())
}

/// Closes a campaign and returns the rest of its budget.
pub fn close_campaign(campaign: u32) -> Call {
	call(Function::CloseCampaign, campaign)
}

/// Sends tokens, in the smallest unit.
pub fn transfer(to: Account, amount: u128) -> Call {
	// A MultiAddress of the variant Id, number 0.
	call(Function::Transfer, (0u8, to, codec::Compact(amount)))
}

/// Makes several calls in one transaction: all take effect, or none.
pub fn batch_all(calls: Vec<Call>) -> Call {
	let before = codec::Compact(u32::try_from(calls.len()).unwrap_or(u32::MAX)).encode();
	Call {
		function: Function::BatchAll,
		arguments: Arguments::Calls {
			before,
			calls,
			after: Vec::new(),
		},
	}
}

/// Proposes a call to the council. With a threshold of 1 the call is executed at once. `length` is the size of the
/// encoded proposal, in bytes.
pub fn propose(threshold: u32, proposal: Call, length: u32) -> Call {
	let before = codec::Compact(threshold).encode();
	let after = codec::Compact(length).encode();
	Call {
		function: Function::Propose,
		arguments: Arguments::Calls {
			before,
			calls: vec![proposal],
			after,
		},
	}
}

/// Votes on a motion.
pub fn vote(motion: H256, index: u32, approve: bool) -> Call {
	call(Function::Vote, (motion, codec::Compact(index), approve))
}

/// Approves the runtime with this hash.
pub fn approve_upgrade(code: H256) -> Call {
	call(Function::ApproveUpgrade, code)
}

/// Cancels the approved upgrade.
pub fn cancel_upgrade() -> Call {
	call(Function::CancelUpgrade, ())
}

/// Applies the approved upgrade.
pub fn apply_upgrade(code: &[u8]) -> Call {
	call(Function::ApplyUpgrade, code)
}

/// Restarts finality after this block, without the validators that author no blocks.
pub fn restart_finality(last_final: u32) -> Call {
	call(Function::RestartFinality, last_final)
}

/// Closes a motion whose vote is decided. `ref_time` (in picoseconds) and `length` (in bytes) are upper bounds of what
/// the proposal may cost.
pub fn close_motion(motion: H256, index: u32, ref_time: u64, length: u32) -> Call {
	let weight = (codec::Compact(ref_time), codec::Compact(0u64));
	call(
		Function::CloseMotion,
		(motion, codec::Compact(index), weight, codec::Compact(length)),
	)
}
