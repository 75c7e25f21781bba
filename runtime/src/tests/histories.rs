//! Random histories: everybody calls whatever there is, sound or not, alone or wrapped, through signed transactions in
//! real blocks. After each block the invariants hold, and at the end the rules still give every judgement. A history is
//! made from its seed alone, so that one that fails can be looked at again.

use super::preset;
use crate::*;
use codec::{Decode as _, Encode as _};
use frame_support::{assert_ok, traits::Currency as _};
use kexin_primitives::{
	access::{AccessEvent, LogEntry, Outcome},
	batch::{Batch, Position},
	events::access::Batch as RecordedBatch,
	hindsight::{Again, Hindsight},
	lineage::{ActivityKind, ArtifactKind, Evidence, EvidenceKind, Input, InputRole, Output},
	members::{MemberKind, Name, Place, Powers},
	scope::Scope,
	vocabulary::{Operation, Purpose, Region},
	UnixMillis, Versioned, H256,
};
use pallet_collective::Instance1;
use sp_consensus_babe::digests::{CompatibleDigestItem as _, PreDigest, SecondaryPlainPreDigest};
use sp_core::{crypto::Pair as _, sr25519};
use sp_io::TestExternalities;
use sp_runtime::{
	generic::{Era, SignedPayload},
	traits::{BlakeTwo256, Dispatchable as _, Hash as _, Header as _},
	transaction_validity::TransactionValidityError,
	Digest, DigestItem, StateVersion,
};
use std::sync::{
	atomic::{AtomicU64, Ordering},
	OnceLock,
};

/// How many histories are played.
const HISTORIES: u64 = 10_000;
/// Blocks of each.
const BLOCKS: u32 = 6;
/// Transactions of a block at the most.
const TRANSACTIONS: u64 = 6;
/// The slot of the first block.
const FIRST_SLOT: u64 = 900_000_000;
/// Calls of a batch at the most, and batches in batches.
const NESTED: u32 = 2;

/// Numbers from a seed: SplitMix64 (Steele, Lea and Flood, 2014).
struct Dice {
	state: u64,
	/// The member whose key signs the transaction that they make.
	acting: u32,
}

impl Dice {
	fn next(&mut self) -> u64 {
		self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	fn below(&mut self, bound: u64) -> u64 {
		self.next() % bound
	}

	fn one_in(&mut self, bound: u64) -> bool {
		self.below(bound) == 0
	}

	fn of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
		&values[self.below(values.len() as u64) as usize]
	}

	/// One of a few names, so that calls meet.
	fn name(&mut self) -> H256 {
		H256::repeat_byte(self.below(4) as u8 + 1)
	}

	/// A value of a type whose values are numbered from 0.
	fn numbered<T: codec::Decode>(&mut self, values: u64) -> T {
		T::decode(&mut &[self.below(values) as u8][..]).expect("it is numbered")
	}

	fn several<T>(&mut self, most: u64, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
		(0..self.below(most + 1)).map(|_| one(self)).collect()
	}

	/// A moment around that one, or a far one.
	fn time(&mut self, around: UnixMillis) -> UnixMillis {
		match self.below(6) {
			0 => 0,
			1 => UnixMillis::MAX,
			_ => around.saturating_add(self.below(200_000)).saturating_sub(100_000),
		}
	}
}

/// Who signs. All but the last are keys of members.
fn signers() -> &'static [sr25519::Pair] {
	static SIGNERS: OnceLock<Vec<sr25519::Pair>> = OnceLock::new();
	SIGNERS.get_or_init(|| {
		let uris = [
			"//Alice",
			"//Bob",
			"//Charlie",
			"//Dave",
			"//Alice//all",
			"//Bob//all",
			"//Company",
			"//Person",
			"//Stranger",
		];
		let pair = |uri: &&str| sr25519::Pair::from_string(uri, None).expect("a path");
		uris.iter().map(pair).collect()
	})
}

fn account(signer: &sr25519::Pair) -> AccountId {
	signer.public().into()
}

fn number_of(index: usize) -> AccountId {
	account(&signers()[index])
}

/// The signature with which somebody agrees to become a key.
fn accepted(index: usize, place: &Place) -> Signature {
	let statement = Members::statement(&number_of(index), place);
	signers()[index].sign(&statement).into()
}

/// The state that each history begins with: four hospitals, two of them with a key that has every power but the
/// council's and with a dataset in which somebody is enrolled, a company and a person.
fn beginning() -> TestExternalities {
	type Raw = (Vec<(Vec<u8>, (Vec<u8>, i32))>, H256);
	static BEGINNING: OnceLock<Raw> = OnceLock::new();
	let (raw, root) = BEGINNING.get_or_init(|| {
		let mut externalities = preset("local_testnet");
		externalities.execute_with(|| {
			pallet_members::SessionBlocks::<Runtime>::put(4);
			pallet_governance::UpgradeDelay::<Runtime>::put(1);
			let council = || pallet_collective::RawOrigin::<AccountId, Instance1>::Members(4, 4).into();
			for (index, hospital) in [(4, 0), (5, 1)] {
				let powers = Powers::all().difference(Powers::COUNCIL);
				let administrator = RuntimeOrigin::signed(number_of(hospital));
				let place = Place::Key {
					member: hospital as u32,
					powers,
				};
				let acceptance = accepted(index, &place);
				Members::add_key(administrator, number_of(index), powers, acceptance).expect("a new key");
				let steward = || RuntimeOrigin::signed(number_of(index));
				let everything = || Versioned::V1(Scope::everything(0));
				let name = H256::repeat_byte(hospital as u8 + 1);
				assert_ok!(Consent::grant(steward(), name, everything(), name));
				assert_ok!(Consent::declare_dataset(steward(), name, everything(), None));
				let subjects = vec![name].try_into().expect("one");
				Consent::enrol(steward(), name, subjects).expect("has consented");
			}
			for (index, kind) in [(6, MemberKind::Company), (7, MemberKind::Person)] {
				let admitted = admission(
					kind,
					b"A member".to_vec().try_into().expect("it is short"),
					false,
					index,
				);
				let call = RuntimeCall::Members(admitted);
				assert_ok!(call.dispatch(council()));
				let _ = Balances::deposit_creating(&number_of(index), 1_000 * KEX);
			}
		});
		externalities.commit_all().expect("nothing is open");
		let (raw, root) = externalities.into_raw_snapshot();
		(raw, H256(root.0))
	});
	TestExternalities::from_raw_snapshot(raw.clone(), sp_core::H256(root.0), StateVersion::V1)
}

/// The call that admits a member, whose first key agrees.
fn admission(kind: MemberKind, name: Name, seat: bool, index: usize) -> pallet_members::Call<Runtime> {
	let region = Region(276);
	let place = Place::FirstKey {
		kind,
		name: &name,
		region,
		seat,
	};
	pallet_members::Call::admit {
		kind,
		region,
		seat,
		key: number_of(index),
		acceptance: accepted(index, &place),
		name,
	}
}

/// A scope with something in it that is not allowed, sometimes.
fn scope(dice: &mut Dice, now: UnixMillis) -> Versioned<Scope> {
	if dice.one_in(3) {
		return Versioned::V1(Scope::everything(0));
	}
	let (start, end) = (dice.time(now), dice.time(now));
	let mut scope = Scope::uniform(start, end);
	if dice.one_in(2) {
		let values = dice.several(2, |dice| *dice.of(Purpose::ALL));
		let until = dice.time(now);
		scope.purposes = kexin_primitives::scope::Dimension::only(values, until).expect("a few");
	}
	Versioned::V1(scope)
}

fn access(dice: &mut Dice, now: UnixMillis) -> AccessEvent {
	let some = |dice: &mut Dice| dice.one_in(2);
	AccessEvent {
		source: H256::from_low_u64_be(dice.below(40)),
		occurred: match dice.one_in(4) {
			true => dice.time(now),
			false => now.saturating_sub(dice.below(100_000)),
		},
		actor: dice.name(),
		subject: some(dice).then(|| dice.name()),
		purpose: some(dice).then(|| *dice.of(Purpose::ALL)),
		operation: *dice.of(Operation::ALL),
		region: some(dice).then_some(Region(276)),
		recipient: some(dice).then(|| dice.below(7) as u32),
		activity: dice.one_in(4).then(|| dice.name()),
		outcome: Outcome::Permitted,
	}
}

/// The next position of some gateway, one before or behind it, or one in a new stream.
fn position(dice: &mut Dice) -> Position {
	let streams = pallet_access::Streams::<Runtime>::iter_values().map(Versioned::into_latest);
	let last = streams.max().unwrap_or_default();
	match dice.below(3) {
		0 => Position {
			stream: last.stream.saturating_add(1),
			event: 0,
		},
		1 => last,
		_ => Position {
			event: last.event.saturating_add(1).saturating_sub(dice.below(4)),
			..last
		},
	}
}

/// Any call.
fn call(dice: &mut Dice, now: UnixMillis, depth: u32) -> RuntimeCall {
	let member = dice.below(7) as u32;
	let index = dice.below(signers().len() as u64) as usize;
	let someone = number_of(index);
	let (name, other) = (dice.name(), dice.name());
	match dice.below(34) {
		0..=2 => RuntimeCall::Consent(pallet_consent::Call::grant {
			subject: name,
			scope: scope(dice, now),
			document: other,
		}),
		3 => RuntimeCall::Consent(pallet_consent::Call::narrow {
			subject: name,
			consent: dice.one_in(2).then_some(other),
			limits: scope(dice, now),
			document: dice.name(),
		}),
		4 => RuntimeCall::Consent(pallet_consent::Call::revoke {
			subject: name,
			consent: dice.one_in(2).then_some(other),
			document: dice.name(),
		}),
		5..=6 => RuntimeCall::Consent(pallet_consent::Call::declare_dataset {
			dataset: name,
			label: scope(dice, now),
			supersedes: dice.one_in(3).then_some(other),
		}),
		7 => RuntimeCall::Consent(pallet_consent::Call::enrol {
			dataset: name,
			subjects: dice.several(4, Dice::name).try_into().expect("a few"),
		}),
		8..=11 => {
			let events = dice.several(5, |dice| access(dice, now));
			let first = position(dice);
			let owner = dice.acting;
			let is_own = |id: &H256| Consent::dataset(*id).is_some_and(|dataset| dataset.owner == owner);
			RuntimeCall::Access(pallet_access::Call::record {
				dataset: (1..=4).map(H256::repeat_byte).find(is_own).unwrap_or(name),
				first,
				batch: Versioned::V1(Batch::of(&events).expect("a few")),
			})
		},
		12 => RuntimeCall::Lineage(pallet_lineage::Call::register {
			artifact: name,
			kind: dice.numbered::<ArtifactKind>(6),
		}),
		13 => RuntimeCall::Lineage(pallet_lineage::Call::start {
			activity: name,
			kind: dice.numbered::<ActivityKind>(6),
		}),
		14..=15 => {
			let inputs = dice.several(3, |dice| Input {
				artifact: dice.name(),
				role: dice.numbered::<InputRole>(2),
			});
			let outputs = dice.several(2, |dice| Output {
				artifact: H256::repeat_byte(dice.below(12) as u8),
				kind: dice.numbered::<ArtifactKind>(6),
			});
			RuntimeCall::Lineage(pallet_lineage::Call::derive {
				activity: name,
				inputs: inputs.try_into().expect("a few"),
				outputs: outputs.try_into().expect("a few"),
			})
		},
		16 => RuntimeCall::Lineage(pallet_lineage::Call::attach_evidence {
			artifact: name,
			evidence: Evidence {
				kind: dice.numbered::<EvidenceKind>(5),
				document: other,
				measure: dice.next() as i64,
				threshold: dice.next() as i64,
			},
		}),
		17 => RuntimeCall::Annotation(pallet_annotation::Call::create {
			dataset: name,
			reward: *dice.of(&[0, 1, KEX, 7 * KEX, Balance::MAX]),
			units: *dice.of(&[0, 1, 3, 1_000, u32::MAX]),
			reviewer: member,
		}),
		18..=19 => RuntimeCall::Annotation(pallet_annotation::Call::contribute {
			campaign: dice.below(3) as u32,
			content: name,
			units: *dice.of(&[0, 1, 2, u32::MAX]),
		}),
		20..=21 => RuntimeCall::Annotation(pallet_annotation::Call::review {
			campaign: dice.below(3) as u32,
			contributions: dice
				.several(3, |dice| (dice.name(), dice.one_in(2)))
				.try_into()
				.expect("a few"),
		}),
		22 => RuntimeCall::Annotation(pallet_annotation::Call::claim {}),
		23 => RuntimeCall::Annotation(pallet_annotation::Call::close {
			campaign: dice.below(3) as u32,
		}),
		24 => RuntimeCall::Annotation(pallet_annotation::Call::prune {
			campaign: dice.below(3) as u32,
			limit: *dice.of(&[0, 1, 100, u32::MAX]),
		}),
		25 => {
			let (powers, member) = (dice.numbered::<Powers>(256), dice.acting);
			RuntimeCall::Members(pallet_members::Call::add_key {
				account: someone,
				powers,
				acceptance: accepted(index, &Place::Key { member, powers }),
			})
		},
		26 => RuntimeCall::Members(pallet_members::Call::revoke_key { account: someone }),
		27 => RuntimeCall::Members(pallet_members::Call::name_nodes {
			nodes: dice.several(4, |dice| dice.name().0).try_into().expect("four"),
		}),
		28 => RuntimeCall::Balances(pallet_balances::Call::transfer_allow_death {
			dest: someone.into(),
			value: *dice.of(&[0, 1, KEX, 1_000_000 * KEX, Balance::MAX]),
		}),
		29 => RuntimeCall::Council(pallet_collective::Call::propose {
			// Half of the seats, two thirds, and others.
			threshold: *dice.of(&[0, 1, 2, 3, 3, 3, 3]),
			proposal: Box::new(decision(dice, member, index, now, depth)),
			length_bound: 10_000,
		}),
		30 => RuntimeCall::Council(pallet_collective::Call::vote {
			proposal: open_motion(dice),
			index: dice.below(4) as u32,
			approve: !dice.one_in(4),
		}),
		31 => RuntimeCall::Council(pallet_collective::Call::close {
			proposal_hash: open_motion(dice),
			index: dice.below(4) as u32,
			proposal_weight_bound: frame_support::weights::Weight::from_parts(1_000_000_000_000, u64::MAX),
			length_bound: 10_000,
		}),
		32 if depth < NESTED => {
			let calls = dice.several(4, |dice| call(dice, now, depth + 1));
			RuntimeCall::Utility(if dice.one_in(2) {
				pallet_utility::Call::batch { calls }
			} else {
				pallet_utility::Call::batch_all { calls }
			})
		},
		// What the council alone may do, and what nobody may.
		_ => decision(dice, member, index, now, depth),
	}
}

/// The hash of an open motion, if there is one.
fn open_motion(dice: &mut Dice) -> Hash {
	let open = pallet_collective::Proposals::<Runtime, Instance1>::get();
	if open.is_empty() {
		return Hash::zero();
	}
	*dice.of(&open)
}

/// A call for the council, or for nobody.
fn decision(dice: &mut Dice, member: u32, index: usize, now: UnixMillis, depth: u32) -> RuntimeCall {
	use pallet_members::Call::*;
	RuntimeCall::Members(match dice.below(16) {
		0 => {
			let kind = dice.numbered::<MemberKind>(5);
			let name = dice.several(3, |dice| dice.next() as u8).try_into().expect("short");
			admission(kind, name, dice.one_in(2), index)
		},
		1 => suspend { member },
		2 => reinstate { member },
		3 => remove { member },
		4 => admit_validator {
			account: number_of(index),
		},
		5 => remove_validator { member },
		6 => reinstate_validator { member },
		7 => close_network { closed: dice.one_in(2) },
		8 => resign {},
		9 => {
			return RuntimeCall::Governance(pallet_governance::Call::approve_upgrade {
				code: dice.name().0.into(),
			});
		},
		10 => return RuntimeCall::Governance(pallet_governance::Call::cancel_upgrade {}),
		11 => return RuntimeCall::Governance(pallet_governance::Call::apply_upgrade { code: vec![1] }),
		12 => return RuntimeCall::Governance(pallet_governance::Call::restart_finality { last_final: member }),
		13 => return RuntimeCall::System(frame_system::Call::set_code { code: vec![1] }),
		14 => {
			let items = vec![(b"key".to_vec(), b"value".to_vec())];
			return RuntimeCall::System(frame_system::Call::set_storage { items });
		},
		_ if depth < NESTED => return call(dice, now, depth + 1),
		_ => resign {},
	})
}

fn sign(signer: &sr25519::Pair, call: RuntimeCall) -> UncheckedExtrinsic {
	let account = account(signer);
	let extension = super::extension(Era::Immortal, System::account_nonce(&account));
	let payload = SignedPayload::new(call.clone(), extension.clone()).expect("it can be signed");
	let signature = payload.using_encoded(|bytes| signer.sign(bytes));
	UncheckedExtrinsic::new_signed(call, account.into(), signature.into(), extension)
}

/// Begins the next block, authored by one who may.
fn begin(dice: &mut Dice, number: u32, parent: Hash) -> UnixMillis {
	let slot = FIRST_SLOT + u64::from(number);
	let disabled = Session::disabled_validators();
	let may = (0..Babe::authorities().len() as u32).filter(|index| !disabled.contains(index));
	let author = *dice.of(&may.collect::<Vec<_>>());
	let authored = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
		authority_index: author,
		slot: slot.into(),
	});
	let digest = Digest {
		logs: vec![DigestItem::babe_pre_digest(authored)],
	};
	Executive::initialize_block(&Header::new(
		number,
		Default::default(),
		Default::default(),
		parent,
		digest,
	));
	let now = slot * SLOT_MILLISECONDS;
	let time = UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(pallet_timestamp::Call::set { now }));
	assert_eq!(Executive::apply_extrinsic(time), Ok(Ok(())));
	now
}

/// What holds after each block, whatever happened.
fn check(issued: Balance, code: &Option<Vec<u8>>) {
	Members::do_try_state().unwrap();
	Governance::do_try_state().unwrap();
	Consent::do_try_state().unwrap();
	Lineage::do_try_state().unwrap();
	Access::do_try_state().unwrap();
	Annotation::do_try_state().unwrap();
	let held: Balance = frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(
		(held, Balances::total_issuance()),
		(issued, issued),
		"tokens came or went"
	);
	assert_eq!(&runtime(), code, "the code was set without the council");
	assert!(
		!frame_support::storage::unhashed::exists(b"key"),
		"the state was set past the rules"
	);
}

fn runtime() -> Option<Vec<u8>> {
	frame_support::storage::unhashed::get_raw(sp_core::storage::well_known_keys::CODE)
}

/// The entries of these batches, as far as they were not rolled back.
fn entries(batches: Vec<RecordedBatch>) -> Vec<LogEntry> {
	let events = System::read_events_no_consensus();
	let recorded = events.filter_map(|record| match record.event {
		RuntimeEvent::Access(pallet_access::Event::BatchRecorded { dataset, root, .. }) => Some((dataset, root)),
		_ => None,
	});
	let recorded = recorded.collect::<Vec<_>>();
	let mut batches = batches;
	batches.retain(|batch| recorded.contains(&(batch.dataset, batch.root)));
	batches.iter().flat_map(RecordedBatch::entries).collect()
}

/// Judges an entry again from the present state.
fn again(entry: &LogEntry) -> Again {
	let dataset = Consent::dataset(entry.dataset).expect("it is declared");
	let subject = entry
		.event
		.subject
		.and_then(|subject| Consent::subject(subject, dataset.owner));
	let activity = entry.event.activity.and_then(Lineage::activity);
	let kind = entry.event.recipient.and_then(Members::kind_of);
	let hindsight = Hindsight {
		id: entry.dataset,
		dataset: &dataset,
		subject: subject.as_ref(),
		activity: activity.as_ref(),
		class: kind.map(MemberKind::recipient_class),
	};
	hindsight.judge(entry)
}

/// Plays a history. How many of its calls succeeded, and how many of its accesses were judged again.
fn play(seed: u64) -> (u64, u64) {
	let mut dice = Dice { state: seed, acting: 0 };
	let (mut succeeded, mut judged) = (0, 0);
	beginning().execute_with(|| {
		let (issued, code) = (Balances::total_issuance(), runtime());
		let mut parent = System::block_hash(0);
		let mut recorded = Vec::new();
		for number in 1..=BLOCKS {
			let now = begin(&mut dice, number, parent);
			let transactions = || {
				for _ in 0..dice.below(TRANSACTIONS + 1) {
					let signer = dice.below(signers().len() as u64) as usize;
					let signer = &signers()[signer];
					let key = Members::active_key(&account(signer));
					dice.acting = key.as_ref().map_or(0, |key| key.member);
					let transaction = sign(signer, call(&mut dice, now, 0));
					let encoded = transaction.encode();
					let decoded = UncheckedExtrinsic::decode(&mut &encoded[..]);
					assert!(decoded.is_ok(), "what was signed can't be read");
					match Executive::apply_extrinsic(transaction) {
						Ok(result) => {
							assert!(key.is_some(), "a stranger's transaction was taken");
							succeeded += u64::from(result.is_ok());
						},
						Err(TransactionValidityError::Invalid(_)) => {},
						Err(error) => panic!("it is not known whether a transaction is valid: {error:?}"),
					}
				}
			};
			let batches = pallet_access::observe(transactions);
			recorded.extend(entries(batches));
			let header = Executive::finalize_block();
			parent = BlakeTwo256::hash_of(&header);
			check(issued, &code);
		}
		for entry in recorded {
			match again(&entry) {
				Again::Other(rules) => panic!("by the rules, {entry:?} is {rules:?}"),
				Again::Same => judged += 1,
				Again::Unsure(_) => {},
			}
		}
	});
	(succeeded, judged)
}

#[test]
fn whatever_is_called_the_invariants_hold() {
	let (next, succeeded, again) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
	let work = || loop {
		let seed = next.fetch_add(1, Ordering::Relaxed);
		if seed >= HISTORIES {
			return;
		}
		let played = std::panic::catch_unwind(|| play(seed));
		let Ok((calls, judged)) = played else {
			panic!("the history of seed {seed} breaks an invariant: see above");
		};
		succeeded.fetch_add(calls, Ordering::Relaxed);
		again.fetch_add(judged, Ordering::Relaxed);
	};
	let threads = std::thread::available_parallelism().map_or(1, usize::from);
	std::thread::scope(|scope| {
		for _ in 0..threads {
			scope.spawn(work);
		}
	});
	let succeeded = succeeded.into_inner();
	assert!(
		succeeded > HISTORIES,
		"the histories are empty: {succeeded} calls succeeded"
	);
	let again = again.into_inner();
	assert!(again > 100, "only {again} accesses were judged again");
}
