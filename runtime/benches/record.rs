//! What recording an access costs: the time that a block's execution of one batch takes, by the runtime's own
//! WebAssembly on a state that is in the node's cache, divided by the number of events. What is not in the cache costs
//! a database's read more. Beside it: what a node with an index pays once more for each event, because it executes the
//! block again to learn its ledger events.
//!
//! `scripts/bench` runs it. The figures of one run are to be compared with each other.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]

use codec::{Decode, Encode};
use kexin_primitives::{
	access::{AccessEvent, Outcome},
	batch::{Batch, Position},
	dataset::Dataset,
	scope::{Dimension, Scope},
	vocabulary::{Operation, Purpose, Region},
	UnixMillis, Versioned, FOREVER, H256,
};
use kexin_runtime::{
	AccountId, Block, Header, Runtime, RuntimeCall, TxExtension, UncheckedExtrinsic, SLOT_MILLISECONDS, WASM_BINARY,
};
use sc_chain_spec::GenesisConfigBuilderRuntimeCaller;
use sc_executor::WasmExecutor;
use sp_consensus_babe::digests::{CompatibleDigestItem as _, PreDigest, SecondaryPlainPreDigest};
use sp_core::{
	traits::{CallContext, CodeExecutor, Externalities, RuntimeCode, WrappedRuntimeCode},
	Pair as _,
};
use sp_io::hashing::blake2_256;
use sp_keyring::Sr25519Keyring::Alice;
use sp_runtime::{
	generic::SignedPayload,
	traits::{BlakeTwo256, Block as _, Header as _},
	ApplyExtrinsicResult, Digest, DigestItem,
};
use sp_state_machine::{Ext, OverlayedChanges, TestExternalities, TrieBackendBuilder};
use sp_trie::cache::{CacheSize, SharedTrieCache};
use std::{fmt, time::Instant};

const BATCH: u32 = 1_000;
const SAMPLES: usize = 15;
const NOW: UnixMillis = 1_800_000_000_000;
const DATASET: H256 = H256::repeat_byte(0xda);
const HOSPITAL: u32 = 0;
/// Room for the state of every shape.
const CACHE_BYTES: usize = 1 << 30;

/// What the batch looks like.
struct Shape {
	name: &'static str,
	/// How many different subjects; none for accesses to the dataset as a whole.
	subjects: u32,
	/// How many different seconds they occurred in.
	seconds: u32,
	/// How many subjects are enrolled in the dataset.
	enrolled: u32,
}

const SHAPES: [Shape; 6] = [
	Shape {
		name: "the dataset as a whole, in one second",
		subjects: 0,
		seconds: 1,
		enrolled: 1_000,
	},
	Shape {
		name: "the dataset as a whole, one in each of 1,000 seconds",
		subjects: 0,
		seconds: 1_000,
		enrolled: 1_000,
	},
	Shape {
		name: "1,000 subjects, in one second",
		subjects: 1_000,
		seconds: 1,
		enrolled: 1_000,
	},
	Shape {
		name: "1,000 subjects, one in each of 1,000 seconds",
		subjects: 1_000,
		seconds: 1_000,
		enrolled: 1_000,
	},
	Shape {
		name: "1,000 of 100,000 subjects, in one second",
		subjects: 1_000,
		seconds: 1,
		enrolled: 100_000,
	},
	Shape {
		name: "the dataset of 100,000 subjects as a whole, in one second",
		subjects: 0,
		seconds: 1,
		enrolled: 100_000,
	},
];

fn hash(tag: u8, number: u32) -> H256 {
	H256(blake2_256(&(tag, number).encode()))
}

/// A consent as they are: two purposes, one country, a year.
fn consent() -> Scope {
	let mut scope = Scope::uniform(NOW - 1_000_000_000, FOREVER);
	scope.purposes = Dimension::only([Purpose::Treatment, Purpose::ModelTraining], NOW + 31_536_000_000).expect("two");
	scope.regions = Dimension::only([Region(276)], FOREVER).expect("one");
	scope
}

/// The development chain with a dataset and its subjects.
fn state(wasm: &[u8], enrolled: u32) -> TestExternalities<BlakeTwo256> {
	let genesis = GenesisConfigBuilderRuntimeCaller::<sp_io::SubstrateHostFunctions>::new(wasm);
	let storage = genesis.get_storage_for_named_preset(Some(&"development".into()));
	let mut state = TestExternalities::new(storage.expect("a preset"));
	state.execute_with(|| {
		let account = AccountId::from(Alice.public());
		pallet_members::Keys::<Runtime>::mutate(account, |key| {
			key.as_mut().expect("a member").powers = kexin_primitives::members::Powers::all();
		});
		let dataset = Dataset {
			owner: HOSPITAL,
			label: Versioned::V1(Scope::everything(0)),
			cohort: Versioned::V1(consent()),
			subjects: enrolled,
			declared: 0,
			enrolled: Some(0),
			superseded: None,
			superseded_by: None,
			supersedes: None,
		};
		pallet_consent::Datasets::<Runtime>::insert(DATASET, Versioned::V1(dataset));
		for number in 0..enrolled {
			let under = hash(4, number);
			let consent = pallet_consent::SubjectConsent {
				document: under,
				scope: Versioned::V1(consent()),
				recorded: 0,
			};
			let enrolled = pallet_consent::Enrolled {
				dataset: DATASET,
				under,
				recorded: 0,
			};
			let subject = pallet_consent::Subject {
				consents: vec![consent].try_into().expect("one"),
				datasets: vec![enrolled].try_into().expect("one"),
				narrowed: None,
				dropped: None,
			};
			pallet_consent::Subjects::<Runtime>::insert(hash(2, number), HOSPITAL, Versioned::V1(subject));
		}
	});
	state.commit_all().expect("it commits");
	state
}

fn batch(shape: &Shape) -> Vec<AccessEvent> {
	(0..BATCH)
		.map(|number| AccessEvent {
			source: hash(0, number),
			occurred: NOW - u64::from(number % shape.seconds) * 1_000,
			actor: hash(1, number % 20),
			subject: number.checked_rem(shape.subjects).map(|subject| hash(2, subject)),
			purpose: Some(Purpose::ModelTraining),
			operation: Operation::Train,
			region: Some(Region(276)),
			recipient: Some(HOSPITAL),
			activity: None,
			outcome: Outcome::Permitted,
		})
		.collect()
}

fn signed(call: RuntimeCall) -> UncheckedExtrinsic {
	let extension: TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckMortality::from(sp_runtime::generic::Era::Immortal),
		pallet_members::Charge::with_tip(0),
		frame_system::CheckNonce::from(0),
		frame_system::CheckWeight::new(),
		frame_system::WeightReclaim::new(),
	);
	let payload = SignedPayload::new(call.clone(), extension.clone()).expect("it can be signed");
	let signature = payload.using_encoded(|bytes| Alice.pair().sign(bytes));
	UncheckedExtrinsic::new_signed(
		call,
		AccountId::from(Alice.public()).into(),
		signature.into(),
		extension,
	)
}

fn main() {
	// As in a node: where nobody subscribes to traces, each call into the host costs more.
	sp_tracing::try_init_simple();
	let wasm = WASM_BINARY.expect("build the runtime without SKIP_WASM_BUILD");
	let executor = WasmExecutor::<sp_io::SubstrateHostFunctions>::builder().build();
	let fetcher = WrappedRuntimeCode(wasm.into());
	let code = RuntimeCode {
		code_fetcher: &fetcher,
		heap_pages: None,
		hash: blake2_256(wasm).into(),
	};
	let slot = (NOW / SLOT_MILLISECONDS).into();
	let author = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
		authority_index: 0,
		slot,
	});
	let digest = Digest {
		logs: vec![DigestItem::babe_pre_digest(author)],
	};
	// The genesis names itself so, and the signature is about it.
	let genesis = H256::repeat_byte(69);
	let header = Header::new(1, H256::zero(), H256::zero(), genesis, digest);
	let timestamp = UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(pallet_timestamp::Call::set { now: NOW }));

	println!("us an event, with {BATCH} events a batch: median of {SAMPLES} runs (least to most), and the ratio to the first row");
	println!("{:>24}  ratio  {:>24}", "recording", "reading for the index");
	let mut first = None;
	for shape in &SHAPES {
		let mut state = state(wasm, shape.enrolled);
		let batch = Batch::of(&batch(shape)).expect("within the bound");
		let call = RuntimeCall::Access(pallet_access::Call::record {
			dataset: DATASET,
			first: Position::default(),
			batch: Versioned::V1(batch),
		});
		let record = state.execute_with(|| signed(call));
		let cache = SharedTrieCache::new(CacheSize::new(CACHE_BYTES), None);
		let backend = TrieBackendBuilder::wrap(&state.backend)
			.with_cache(cache.local_cache_trusted())
			.build();
		let mut overlay = OverlayedChanges::default();
		let mut ext = Ext::new(&mut overlay, &backend, None);
		let run = |ext: &mut Ext<_, _>, method: &str, data: &[u8]| {
			let context = CallContext::Onchain { import: false };
			let (result, _) = executor.call(ext, &code, method, data, context);
			result.expect("it runs")
		};
		let apply = |ext: &mut Ext<_, _>, extrinsic: &[u8]| {
			let result = run(ext, "BlockBuilder_apply_extrinsic", extrinsic);
			let result = ApplyExtrinsicResult::decode(&mut &result[..]).expect("a result");
			assert_eq!(result, Ok(Ok(())));
		};
		ext.storage_start_transaction();
		run(&mut ext, "Core_initialize_block", &header.encode());
		apply(&mut ext, &timestamp.encode());
		let data = record.encode();
		let recording = Sampled::of(&mut ext, |ext| apply(ext, &data));
		apply(&mut ext, &data);
		let finalized = run(&mut ext, "BlockBuilder_finalize_block", &[]);
		ext.storage_rollback_transaction().expect("it was started");

		let header = Header::decode(&mut &finalized[..]).expect("a header");
		let block = Block::new(header, vec![timestamp.clone(), record]).encode();
		let reading = Sampled::of(&mut ext, |ext| {
			let events = run(ext, "LedgerEventsApi_ledger_events", &block);
			assert!(events.len() > BATCH as usize * size_of::<H256>(), "the batch is in it");
		});
		let ratio = recording.median / *first.get_or_insert(recording.median);
		println!("{recording}  {ratio:4.2}x  {reading}  {}", shape.name);
	}
}

/// How long something takes, in microseconds an event.
struct Sampled {
	median: f64,
	least: f64,
	most: f64,
}

impl Sampled {
	/// Does it again and again on the same state.
	fn of<E: Externalities>(ext: &mut E, mut act: impl FnMut(&mut E)) -> Self {
		let mut samples = (0..=SAMPLES)
			.map(|_| {
				ext.storage_start_transaction();
				let start = Instant::now();
				act(ext);
				let elapsed = start.elapsed();
				ext.storage_rollback_transaction().expect("it was started");
				elapsed.as_secs_f64() * 1e6 / f64::from(BATCH)
			})
			.skip(1)
			.collect::<Vec<_>>();
		samples.sort_by(f64::total_cmp);
		Self {
			median: samples[SAMPLES / 2],
			least: samples[0],
			most: samples[SAMPLES - 1],
		}
	}
}

impl fmt::Display for Sampled {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			formatter,
			"{:8.2} ({:5.2} to {:5.2})",
			self.median, self.least, self.most
		)
	}
}
