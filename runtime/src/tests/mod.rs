//! What holds for the runtime as a whole.

mod consensus;
mod histories;

use crate::{configs::system::RuntimeBlockWeights, *};
use codec::Encode as _;
use frame_support::{
	dispatch::{DispatchClass, GetDispatchInfo},
	traits::{GetCallIndex, GetCallName, PalletInfoAccess as _},
	weights::Weight,
};
use kexin_primitives::{
	access::{AccessEvent, Outcome},
	batch::{Batch, Position},
	vocabulary::Operation,
	Versioned, H256,
};
use sp_runtime::{generic::Era, traits::TransactionExtension as _};

/// The state of a preset: the default genesis with the preset's JSON laid over it.
fn preset(name: &str) -> sp_io::TestExternalities {
	let mut genesis = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let patch = genesis_config_presets::get(&name.into()).unwrap();
	let patch: serde_json::Value = serde_json::from_slice(&patch).unwrap();
	for (pallet, values) in patch.as_object().unwrap() {
		for (key, value) in values.as_object().unwrap() {
			genesis[pallet][key] = value.clone();
		}
	}
	let mut externalities = sp_io::TestExternalities::default();
	externalities.execute_with(|| {
		let json = serde_json::to_vec(&genesis).unwrap();
		frame_support::genesis_builder_helper::build_state::<RuntimeGenesisConfig>(json).unwrap();
	});
	externalities
}

#[test]
fn every_preset_builds_a_council_and_its_validators() {
	for (name, hospitals) in [("development", 1), ("local_testnet", 4)] {
		preset(name).execute_with(|| {
			let council = pallet_collective::Members::<Runtime, pallet_collective::Instance1>::get();
			assert_eq!(council.len(), hospitals, "{name}");
			assert_eq!(Session::validators().len(), hospitals, "{name}");
			assert_eq!(Session::validators(), Members::validators(), "{name}");
			assert_eq!(Grandpa::grandpa_authorities().len(), hospitals, "{name}");
			assert!(
				pallet_session::historical::HistoricalSessions::<Runtime>::contains_key(0),
				"{name}"
			);
		});
	}
	let names = genesis_config_presets::names();
	assert_eq!(
		names.iter().map(|name| name.as_ref()).collect::<Vec<&str>>(),
		["development", "local_testnet"]
	);
}

/// The call that records so many accesses, each of another subject.
fn batch(number: u32) -> RuntimeCall {
	let event = |number: u32| AccessEvent {
		source: H256::from_low_u64_be(number.into()),
		occurred: u64::from(number) * 1_000,
		actor: H256::zero(),
		subject: Some(H256::from_low_u64_be(number.into())),
		purpose: None,
		operation: Operation::Read,
		region: None,
		recipient: None,
		activity: None,
		outcome: Outcome::Permitted,
	};
	let events = (0..number).map(event).collect::<Vec<_>>();
	RuntimeCall::Access(pallet_access::Call::record {
		dataset: H256::zero(),
		first: Position::default(),
		batch: Versioned::V1(Batch::of(&events).unwrap()),
	})
}

/// The weight of a transaction with this call.
fn weight(call: &RuntimeCall) -> Weight {
	let limits = RuntimeBlockWeights::get();
	let base = limits.get(DispatchClass::Normal).base_extrinsic;
	let mut info = call.get_dispatch_info();
	info.extension_weight = extension(Era::mortal(64, 0), 0).weight(call);
	base.saturating_add(info.total_weight())
}

/// What a transaction carries besides its call.
fn extension(era: Era, nonce: Nonce) -> TxExtension {
	(
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckMortality::from(era),
		pallet_members::Charge::with_tip(0),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		frame_system::WeightReclaim::new(),
	)
}

#[test]
fn the_largest_batches_fit_into_a_block() {
	let limits = RuntimeBlockWeights::get();
	let most = limits.get(DispatchClass::Normal).max_extrinsic.unwrap();
	let subjects = [H256::zero(); pallet_consent::MAX_ENROLLED as usize].to_vec();
	let enrolment = RuntimeCall::Consent(pallet_consent::Call::enrol {
		dataset: H256::zero(),
		subjects: subjects.try_into().unwrap(),
	});
	for call in [batch(pallet_access::MAX_BATCH), enrolment] {
		let weight = weight(&call);
		assert!(weight.all_lte(most), "{weight} is more than {most}");
	}
}

/// Bob is the first to register the hashes of Alice's data.
#[test]
fn a_registration_lapses_after_a_week_unless_something_rests_on_it() {
	use frame_support::{assert_noop, assert_ok};
	use kexin_primitives::{lineage::ArtifactKind, members::Powers, scope::Scope};
	use sp_keyring::Sr25519Keyring::{Alice, Bob};
	use sp_runtime::traits::Dispatchable as _;
	preset("local_testnet").execute_with(|| {
		System::set_block_number(1);
		for name in [Alice, Bob] {
			pallet_members::Keys::<Runtime>::mutate(name.to_account_id(), |key| {
				key.as_mut().unwrap().powers |= Powers::STEWARD | Powers::GATEWAY;
			});
		}
		let (alice, bob) = (0, 1);
		let signed = |member: usize| RuntimeOrigin::signed([Alice, Bob][member].to_account_id());
		let declare = |member, id| {
			let label = Versioned::V1(Scope::everything(0));
			Consent::declare_dataset(signed(member), id, label, None)
		};
		let register = |member, id| Lineage::register(signed(member), id, ArtifactKind::Report);
		let (logged, declared, registered) = (H256::zero(), H256::repeat_byte(1), H256::repeat_byte(2));
		pallet_timestamp::Now::<Runtime>::put(1_000);
		assert_ok!(declare(bob, logged));
		assert_ok!(declare(bob, declared));
		assert_ok!(register(bob, registered));
		assert_ok!(batch(1).dispatch(signed(bob)));

		let week = configs::audit::MAX_UNUSED;
		pallet_timestamp::Now::<Runtime>::put(999 + week);
		let taken = || pallet_lineage::Error::<Runtime>::AlreadyExists;
		assert_noop!(declare(alice, declared), taken());
		pallet_timestamp::Now::<Runtime>::put(1_000 + week);
		assert_noop!(register(alice, declared), taken());
		for id in [declared, registered] {
			assert_ok!(declare(alice, id));
			assert_eq!(Consent::dataset(id).map(|dataset| dataset.owner), Some(0));
			assert_eq!(Lineage::artifact(id).map(|artifact| artifact.owner), Some(0));
		}
		let declared = pallet_consent::Error::<Runtime>::AlreadyExists;
		assert_noop!(declare(alice, logged), declared);
		assert_noop!(register(alice, logged), taken());
		Consent::do_try_state().unwrap();
		Lineage::do_try_state().unwrap();
		Access::do_try_state().unwrap();
	});
}

/// The figures in `docs/capacity.md` are those of the weights.
#[test]
fn the_documents_tell_the_capacity_that_there_is() {
	use crate::configs::membership::{AllowancePerBlock, MaxAllowance, MaxReserve, ReservePerBlock, BLOCK_CAPACITY};
	let document = include_str!("../../../docs/capacity.md");
	let milliseconds = |picoseconds: u128| format!("{:.1} ms", picoseconds as f64 / 1e9);
	let mut rows = vec![
		format!("| signed transactions of a block | {} |", milliseconds(BLOCK_CAPACITY)),
		format!(
			"| a member, in each block | {} |",
			milliseconds(AllowancePerBlock::get())
		),
		format!(
			"| a member that was quiet, at once | {} |",
			milliseconds(MaxAllowance::get())
		),
		format!(
			"| its decisions besides, in each block | {} |",
			milliseconds(ReservePerBlock::get())
		),
		format!(
			"| its decisions besides, after a quiet time, at once | {} |",
			milliseconds(MaxReserve::get())
		),
	];
	for number in [1, 100, pallet_access::MAX_BATCH] {
		let call = batch(number);
		// A signature and the extension come to about 110 bytes.
		let length = u32::try_from(call.encoded_size()).unwrap() + 110;
		let weight = weight(&call).ref_time();
		let bytes = u128::from(length) * crate::configs::membership::BYTE_PRICE;
		let in_block = (BLOCK_CAPACITY / u128::from(weight)) * u128::from(number);
		let of_member = AllowancePerBlock::get() * u128::from(number) / (u128::from(weight) + bytes);
		let a_second = of_member * 1_000 / u128::from(SLOT_MILLISECONDS);
		rows.push(format!(
			"| {number} | {} | {} | {in_block} | {a_second} |",
			milliseconds(weight.into()),
			milliseconds(bytes),
		));
	}
	rows.retain(|row| !document.contains(row));
	assert!(rows.is_empty(), "not in docs/capacity.md:\n{}", rows.join("\n"));
}

/// The calls of a pallet, by their numbers.
fn calls<Call: GetCallName + GetCallIndex>() -> Vec<(u8, &'static str)> {
	let numbers = Call::get_call_indices().iter().copied();
	numbers.zip(Call::get_call_names().iter().copied()).collect()
}

/// Names with the numbers from 0 on.
fn numbered(names: &[&'static str]) -> Vec<(u8, &'static str)> {
	(0..).zip(names.iter().copied()).collect()
}

/// A thief takes all of the shared allowance in each block, and tries to take the room of operational calls. The
/// administrator revokes the key all the same.
#[test]
fn a_stolen_key_does_not_lock_its_hospital_out() {
	use frame_support::assert_ok;
	use kexin_primitives::members::{Place, Powers};
	use pallet_members::NO_SEAT;
	use sp_keyring::Sr25519Keyring::{Alice, Bob, Eve};
	use sp_runtime::{
		traits::DispatchTransaction as _,
		transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	};
	preset("local_testnet").execute_with(|| {
		System::set_block_number(1);
		let thief = Eve.to_account_id();
		let powers = Powers::all().difference(Powers::COUNCIL | Powers::ADMINISTRATOR);
		let statement = Members::statement(&thief, &Place::Key { member: 0, powers });
		assert_ok!(Members::add_key(
			RuntimeOrigin::signed(Alice.to_account_id()),
			thief.clone(),
			powers,
			Eve.sign(&statement).into()
		));
		let pool = |signer: &AccountId, call: &RuntimeCall| -> Result<u64, TransactionValidityError> {
			pallet_members::Charge::<Runtime>::with_tip(0)
				.validate_only(
					RuntimeOrigin::signed(signer.clone()),
					call,
					&call.get_dispatch_info(),
					call.encoded_size() + 110,
					TransactionSource::External,
					0,
				)
				.map(|(valid, ..)| valid.priority)
		};
		let large = batch(pallet_access::MAX_BATCH);
		let before = pool(&thief, &batch(1)).unwrap();
		assert_eq!(before, pool(&thief, &large).unwrap(), "the size does not count");
		let use_up = |updated| {
			let nothing = pallet_members::Allowance {
				available: 0,
				reserve: pallet_members::Pallet::<Runtime>::reserve(0),
				updated,
			};
			pallet_members::Allowances::<Runtime>::insert(0, nothing);
		};
		use_up(1);
		assert_eq!(pool(&thief, &batch(1)), Err(InvalidTransaction::Payment.into()));
		let close = RuntimeCall::Council(pallet_collective::Call::close {
			proposal_hash: Default::default(),
			index: 0,
			proposal_weight_bound: Weight::zero(),
			length_bound: 0,
		});
		let closes = RuntimeCall::Utility(pallet_utility::Call::batch {
			calls: vec![close.clone(); 3],
		});
		System::set_block_number(2);
		for operational in [&close, &closes] {
			assert_eq!(operational.get_dispatch_info().class, DispatchClass::Operational);
			assert_eq!(
				pool(&thief, operational),
				Err(InvalidTransaction::Custom(NO_SEAT).into())
			);
		}
		let administrator = Alice.to_account_id();
		let revoke = RuntimeCall::Members(pallet_members::Call::revoke_key { account: thief });
		let others = pool(&Bob.to_account_id(), &batch(1)).unwrap();
		for call in [
			revoke.clone(),
			RuntimeCall::Utility(pallet_utility::Call::batch_all { calls: vec![revoke] }),
			close,
		] {
			assert!(pool(&administrator, &call).unwrap() > others);
		}
		// What records accesses is no decision, alone or among decisions.
		use_up(2);
		for call in [
			large.clone(),
			RuntimeCall::Utility(pallet_utility::Call::batch { calls: vec![large] }),
		] {
			assert_eq!(pool(&administrator, &call), Err(InvalidTransaction::Payment.into()));
		}
	});
}

#[test]
fn pallets_and_calls_keep_their_numbers() {
	assert_eq!(Members::index(), 7);
	let members = [
		"admit",
		"suspend",
		"reinstate",
		"remove",
		"add_key",
		"revoke_key",
		"resign",
		"admit_validator",
		"remove_validator",
		"reinstate_validator",
		"name_nodes",
		"close_network",
	];
	assert_eq!(calls::<pallet_members::Call<Runtime>>(), numbered(&members));
	assert_eq!(Governance::index(), 12);
	let governance = ["approve_upgrade", "cancel_upgrade", "apply_upgrade", "restart_finality"];
	assert_eq!(calls::<pallet_governance::Call<Runtime>>(), numbered(&governance));
	assert_eq!(Consent::index(), 20);
	let consent = ["grant", "narrow", "revoke", "declare_dataset", "enrol"];
	assert_eq!(calls::<pallet_consent::Call<Runtime>>(), numbered(&consent));
	assert_eq!(Lineage::index(), 21);
	let lineage = ["register", "start", "derive", "attach_evidence"];
	assert_eq!(calls::<pallet_lineage::Call<Runtime>>(), numbered(&lineage));
	assert_eq!(Access::index(), 22);
	assert_eq!(calls::<pallet_access::Call<Runtime>>(), numbered(&["record"]));
	assert_eq!(Annotation::index(), 23);
	let annotation = ["create", "contribute", "review", "claim", "close", "prune"];
	assert_eq!(calls::<pallet_annotation::Call<Runtime>>(), numbered(&annotation));
}

#[test]
fn entries_that_this_runtime_judges_can_be_judged_again() {
	let known = kexin_primitives::hindsight::SPEC_VERSIONS;
	let version = VERSION.spec_version;
	assert!(
		known.contains(&version),
		"if version {version} judges as {known:?} do, add it to them; if not, keep their rules beside the new ones"
	);
}

/// What a file of this crate says.
fn source(path: &str) -> String {
	std::fs::read_to_string(format!("{}/src/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_weights_are_measured() {
	let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/weights")).unwrap();
	let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
	let measured = names.filter(|name| name != "mod.rs").collect::<Vec<_>>();
	assert!(measured.len() > 12);
	for name in measured {
		let file = source(&format!("weights/{name}"));
		assert!(file.contains("measured by `scripts/weights`"), "{name}");
		let functions = file.split("\n\t}").filter(|function| function.contains("fn "));
		for function in functions {
			let times = function.split("// At least ").nth(1);
			let time = times.and_then(|time| time.split(' ').next()?.replace('_', "").parse::<u64>().ok());
			assert!(time.is_some_and(|time| time > 0), "{name}: {function}");
			let weight = function.split("Weight::from_parts(").nth(1).unwrap();
			assert!(!weight.starts_with("0,"), "{name}: {function}");
		}
	}
}

#[test]
fn no_call_has_a_weight_that_was_not_measured_here() {
	for domain in ["audit", "consensus", "governance", "membership", "system"] {
		let configured = source(&format!("configs/{domain}.rs"));
		let mut weights = configured
			.lines()
			.filter(|line| line.contains("WeightInfo = "))
			.peekable();
		assert!(weights.peek().is_some(), "{domain}");
		for line in weights {
			assert!(line.contains("= weights::"), "{domain}: {line}");
		}
	}
	// A pallet whose configuration names no weights has those of another machine.
	let pallets = source("lib.rs").matches("#[runtime::pallet_index(").count();
	let without_calls = ["Authorship", "Offences", "Historical"].len();
	let configured = ["audit", "consensus", "governance", "membership", "system"].map(|domain| {
		source(&format!("configs/{domain}.rs"))
			.matches("WeightInfo = weights::")
			.count()
	});
	// The system's extensions have weights of their own.
	assert_eq!(configured.iter().sum::<usize>(), pallets - without_calls + 1);
}
