//! The runtime decodes every call that the client can make, with the arguments that the client means.
//!
//! The client encodes a call with numbers of its own and from types that it shares with the pallets, so only this test
//! ties its encodings to the pallets. [`example`] matches every [`Function`]: one that is added to the client and
//! not here doesn't compile.

// All of it is a test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use codec::{Decode as _, DecodeAll as _, Encode as _};
use frame_metadata::{v15::RuntimeMetadataV15, RuntimeMetadata, RuntimeMetadataPrefixed};
use frame_support::weights::Weight;
use kexin::{
	call::{self, Account, Call, Function},
	ledger::{Acceptance, LedgerError},
};
use kexin_primitives::{
	access::{AccessEvent, Outcome},
	batch::{Batch, Position},
	lineage::{ActivityKind, ArtifactKind, Evidence, EvidenceKind, Input, InputRole, Output},
	members::{MemberKind, Powers},
	scope::{Dimension, Scope},
	vocabulary::{Operation, Purpose, Region},
	Versioned, H256,
};
use kexin_runtime::{AccountId, Runtime, RuntimeCall, SessionKeys, Signature};
use pallet_members::Call as Members;
use sp_runtime::MultiAddress;

const ACCOUNT: Account = [7; 32];

fn hash(byte: u8) -> H256 {
	H256::repeat_byte(byte)
}

fn account() -> AccountId {
	ACCOUNT.into()
}

/// A signature, as the client reads it.
fn acceptance() -> Acceptance {
	format!("0x{}", "5a".repeat(64)).parse().unwrap()
}

/// The same signature, as the runtime reads it.
fn signature() -> Signature {
	Signature::Sr25519([0x5a; 64].into())
}

/// A scope that differs from the default in its start, its end and a named value.
fn scope() -> Scope {
	let mut scope = Scope::uniform(1_000, 2_000);
	scope.regions = Dimension::only([Region(276)], 1_500).unwrap();
	scope
}

const FIRST: Position = Position {
	stream: 7,
	event: 1 << 40,
};

fn access() -> AccessEvent {
	AccessEvent {
		source: hash(2),
		occurred: 1_700_000_000_000,
		actor: hash(3),
		subject: Some(hash(4)),
		purpose: Some(Purpose::ModelTraining),
		operation: Operation::Train,
		region: Some(Region(156)),
		recipient: Some(5),
		activity: Some(hash(6)),
		outcome: Outcome::Permitted,
	}
}

/// A call of a function, and what the runtime must decode from it. The pallets stand in the order of the runtime.
fn example(function: Function) -> (Call, RuntimeCall) {
	use pallet_access::Call as Access;
	use pallet_annotation::Call as Annotation;
	use pallet_balances::Call as Balances;
	use pallet_collective::Call as Council;
	use pallet_consent::Call as Consent;
	use pallet_governance::Call as Governance;
	use pallet_lineage::Call as Lineage;
	use pallet_session::Call as Session;
	use pallet_utility::Call as Utility;
	match function {
		Function::Transfer => (
			call::transfer(ACCOUNT, 1 << 100),
			RuntimeCall::Balances(Balances::transfer_allow_death {
				dest: MultiAddress::Id(account()),
				value: 1 << 100,
			}),
		),
		Function::Propose => (
			call::propose(3, call::suspend(9), 70_000),
			RuntimeCall::Council(Council::propose {
				threshold: 3,
				proposal: Box::new(RuntimeCall::Members(Members::suspend { member: 9 })),
				length_bound: 70_000,
			}),
		),
		Function::Vote => (
			call::vote(hash(1), 300, false),
			RuntimeCall::Council(Council::vote {
				proposal: hash(1),
				index: 300,
				approve: false,
			}),
		),
		Function::CloseMotion => (
			call::close_motion(hash(1), 300, 100_000_000_000, 10_000),
			RuntimeCall::Council(Council::close {
				proposal_hash: hash(1),
				index: 300,
				proposal_weight_bound: Weight::from_parts(100_000_000_000, 0),
				length_bound: 10_000,
			}),
		),
		Function::Admit => (
			call::admit(
				MemberKind::Company,
				"Gewebebank e. V.",
				Region(276),
				true,
				ACCOUNT,
				&acceptance(),
			),
			RuntimeCall::Members(Members::admit {
				kind: MemberKind::Company,
				name: b"Gewebebank e. V.".to_vec().try_into().unwrap(),
				region: Region(276),
				seat: true,
				key: account(),
				acceptance: signature(),
			}),
		),
		Function::Suspend => (call::suspend(2), RuntimeCall::Members(Members::suspend { member: 2 })),
		Function::Reinstate => (
			call::reinstate(3),
			RuntimeCall::Members(Members::reinstate { member: 3 }),
		),
		Function::Remove => (call::remove(4), RuntimeCall::Members(Members::remove { member: 4 })),
		Function::AdmitValidator => (
			call::admit_validator(ACCOUNT),
			RuntimeCall::Members(Members::admit_validator { account: account() }),
		),
		Function::RemoveValidator => (
			call::remove_validator(5),
			RuntimeCall::Members(Members::remove_validator { member: 5 }),
		),
		Function::ReinstateValidator => (
			call::reinstate_validator(6),
			RuntimeCall::Members(Members::reinstate_validator { member: 6 }),
		),
		Function::NameNodes => (
			call::name_nodes(&[[1; 32], [2; 32]]),
			RuntimeCall::Members(Members::name_nodes {
				nodes: vec![[1; 32], [2; 32]].try_into().unwrap(),
			}),
		),
		Function::CloseNetwork => (
			call::close_network(true),
			RuntimeCall::Members(Members::close_network { closed: true }),
		),
		Function::AddKey => (
			call::add_key(ACCOUNT, Powers::STEWARD | Powers::AUDITOR, &acceptance()),
			RuntimeCall::Members(Members::add_key {
				account: account(),
				powers: Powers::STEWARD | Powers::AUDITOR,
				acceptance: signature(),
			}),
		),
		Function::RevokeKey => (
			call::revoke_key(ACCOUNT),
			RuntimeCall::Members(Members::revoke_key { account: account() }),
		),
		Function::SetSessionKeys => (
			call::set_session_keys(&[[1; 32], [2; 32]].concat(), &[3; 128]),
			RuntimeCall::Session(Session::set_keys {
				keys: SessionKeys::decode_all(&mut &[[1; 32], [2; 32]].concat()[..]).unwrap(),
				proof: vec![3; 128],
			}),
		),
		Function::ApproveUpgrade => (
			call::approve_upgrade(hash(8)),
			RuntimeCall::Governance(Governance::approve_upgrade { code: hash(8) }),
		),
		Function::CancelUpgrade => (
			call::cancel_upgrade(),
			RuntimeCall::Governance(Governance::cancel_upgrade {}),
		),
		Function::ApplyUpgrade => (
			call::apply_upgrade(&[9; 20_000]),
			RuntimeCall::Governance(Governance::apply_upgrade { code: vec![9; 20_000] }),
		),
		Function::RestartFinality => (
			call::restart_finality(1_234),
			RuntimeCall::Governance(Governance::restart_finality { last_final: 1_234 }),
		),
		Function::BatchAll => (
			call::batch_all(vec![call::suspend(2), call::claim()]),
			RuntimeCall::Utility(Utility::batch_all {
				calls: vec![
					RuntimeCall::Members(Members::suspend { member: 2 }),
					RuntimeCall::Annotation(Annotation::claim {}),
				],
			}),
		),
		Function::Grant => (
			call::grant(hash(1), &scope(), hash(2)),
			RuntimeCall::Consent(Consent::grant {
				subject: hash(1),
				scope: Versioned::V1(scope()),
				document: hash(2),
			}),
		),
		Function::Narrow => (
			call::narrow(hash(1), Some(hash(2)), &scope(), hash(3)),
			RuntimeCall::Consent(Consent::narrow {
				subject: hash(1),
				consent: Some(hash(2)),
				limits: Versioned::V1(scope()),
				document: hash(3),
			}),
		),
		Function::Revoke => (
			call::revoke(hash(1), None, hash(3)),
			RuntimeCall::Consent(Consent::revoke {
				subject: hash(1),
				consent: None,
				document: hash(3),
			}),
		),
		Function::DeclareDataset => (
			call::declare_dataset(hash(1), &scope(), Some(hash(2))),
			RuntimeCall::Consent(Consent::declare_dataset {
				dataset: hash(1),
				label: Versioned::V1(scope()),
				supersedes: Some(hash(2)),
			}),
		),
		Function::Enrol => (
			call::enrol(hash(1), &[hash(2), hash(3)]),
			RuntimeCall::Consent(Consent::enrol {
				dataset: hash(1),
				subjects: vec![hash(2), hash(3)].try_into().unwrap(),
			}),
		),
		Function::Register => (
			call::register(hash(1), ArtifactKind::Model),
			RuntimeCall::Lineage(Lineage::register {
				artifact: hash(1),
				kind: ArtifactKind::Model,
			}),
		),
		Function::Start => (
			call::start(hash(1), ActivityKind::Synthesis),
			RuntimeCall::Lineage(Lineage::start {
				activity: hash(1),
				kind: ActivityKind::Synthesis,
			}),
		),
		Function::Derive => (
			call::derive(hash(1), inputs(), outputs()),
			RuntimeCall::Lineage(Lineage::derive {
				activity: hash(1),
				inputs: inputs().try_into().unwrap(),
				outputs: outputs().try_into().unwrap(),
			}),
		),
		Function::AttachEvidence => (
			call::attach_evidence(hash(1), evidence()),
			RuntimeCall::Lineage(Lineage::attach_evidence {
				artifact: hash(1),
				evidence: evidence(),
			}),
		),
		Function::Record => (
			call::record(hash(1), FIRST, &[access(), access()]).unwrap(),
			RuntimeCall::Access(Access::record {
				dataset: hash(1),
				first: FIRST,
				batch: Versioned::V1(Batch::of(&[access(), access()]).unwrap()),
			}),
		),
		Function::CreateCampaign => (
			call::create_campaign(hash(1), 1 << 90, 1_000, 4),
			RuntimeCall::Annotation(Annotation::create {
				dataset: hash(1),
				reward: 1 << 90,
				units: 1_000,
				reviewer: 4,
			}),
		),
		Function::Contribute => (
			call::contribute(5, hash(6), 7),
			RuntimeCall::Annotation(Annotation::contribute {
				campaign: 5,
				content: hash(6),
				units: 7,
			}),
		),
		Function::Review => (
			call::review(5, vec![(hash(6), true), (hash(7), false)]),
			RuntimeCall::Annotation(Annotation::review {
				campaign: 5,
				contributions: vec![(hash(6), true), (hash(7), false)].try_into().unwrap(),
			}),
		),
		Function::Claim => (call::claim(), RuntimeCall::Annotation(Annotation::claim {})),
		Function::CloseCampaign => (
			call::close_campaign(5),
			RuntimeCall::Annotation(Annotation::close { campaign: 5 }),
		),
	}
}

fn inputs() -> Vec<Input> {
	let input = |byte, role| Input {
		artifact: hash(byte),
		role,
	};
	vec![input(1, InputRole::Used), input(2, InputRole::Read)]
}

fn outputs() -> Vec<Output> {
	vec![Output {
		artifact: hash(3),
		kind: ArtifactKind::ModelUpdate,
	}]
}

fn evidence() -> Evidence {
	Evidence {
		kind: EvidenceKind::Privacy,
		document: hash(4),
		measure: -5,
		threshold: 6,
	}
}

/// The runtime's metadata in one of the versions in which a node serves them.
fn metadata(version: u32) -> subxt::Metadata {
	// Some constants in them are read from the state.
	let metadata = sp_io::TestExternalities::default().execute_with(|| Runtime::metadata_at_version(version));
	subxt::Metadata::decode_from(&metadata.unwrap()).unwrap()
}

#[test]
fn the_runtime_decodes_every_call_of_the_client() {
	for version in Runtime::metadata_versions() {
		let metadata = metadata(version);
		for function in Function::ALL {
			let (call, expected) = example(*function);
			assert_eq!(call.function, *function);
			let encoded = call.encode(&metadata).unwrap();
			let decoded =
				RuntimeCall::decode_all(&mut &encoded[..]).unwrap_or_else(|error| panic!("{function}: {error}"));
			assert_eq!(decoded, expected, "{function}");
			assert_eq!(encoded, expected.encode(), "{function}");
		}
	}
}

/// The runtime's metadata, with a lie in them: the reward is claimed under the numbers of giving a key up.
fn lie() -> subxt::Metadata {
	use scale_info::TypeDef;
	let resign = RuntimeCall::Members(Members::resign {}).encode()[1];
	let encoded = sp_io::TestExternalities::default().execute_with(|| Runtime::metadata_at_version(15));
	let mut told = RuntimeMetadataPrefixed::decode(&mut &encoded.unwrap()[..]).unwrap();
	let RuntimeMetadata::V15(metadata) = &mut told.1 else {
		panic!("these are version 15");
	};
	let number = |metadata: &RuntimeMetadataV15, name| {
		let mut pallets = metadata.pallets.iter();
		pallets.position(|pallet| pallet.name == name).unwrap()
	};
	let (annotation, members) = (number(metadata, "Annotation"), number(metadata, "Members"));
	let mine = metadata.pallets[annotation].index;
	metadata.pallets[annotation].index = metadata.pallets[members].index;
	metadata.pallets[members].index = mine;
	let calls = metadata.pallets[annotation].calls.as_ref().unwrap().ty.id;
	let calls = metadata.types.types.iter_mut().find(|known| known.id == calls).unwrap();
	let TypeDef::Variant(calls) = &mut calls.ty.type_def else {
		panic!("calls are variants");
	};
	calls.variants.retain(|call| call.name == "claim");
	calls.variants[0].index = resign;
	subxt::Metadata::decode_from(&told.encode()).unwrap()
}

#[test]
fn a_node_that_lies_about_the_numbers_of_calls_gets_no_signature() {
	let lie = lie();
	let claim = call::claim();
	let wrapped = [call::batch_all(vec![claim.clone()]), call::propose(1, claim.clone(), 2)];
	for call in [claim].iter().chain(&wrapped) {
		let told = call.encode(&lie);
		let Err(LedgerError::Renumbered(Function::Claim, theirs)) = told else {
			panic!("it would sign {told:?}");
		};
		assert_eq!(theirs.to_vec(), RuntimeCall::Members(Members::resign {}).encode());
	}
	// What it tells the truth about is still encoded.
	assert!(call::grant(hash(1), &scope(), hash(2)).encode(&lie).is_ok());
}
