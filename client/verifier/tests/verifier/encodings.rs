//! The encodings of `docs/proofs.md`, byte by byte. They never change.

use codec::{Decode, DecodeAll, Encode};
use kexin_primitives::{
	access::{AccessEvent, Breaches, LogEntry, Notices, Outcome, Rules},
	dataset::Dataset,
	scope::{Dimension, Scope},
	storage_keys,
	vocabulary::{Operation, Purpose, Region},
	Versioned, H256,
};
use kexin_verifier::{
	access::leaves,
	header::{DigestItem, Header},
};
use proptest::prelude::*;
use sp_crypto_hashing::blake2_256;

fn hash(byte: u8) -> H256 {
	H256::repeat_byte(byte)
}

/// An entry with every field, each with a different value.
fn full() -> LogEntry {
	LogEntry {
		dataset: hash(1),
		reporter: 0x0403_0201,
		recorded: 0x0d0c_0b0a_0908_0706,
		rules: Rules {
			spec_version: 0x1413_1211,
			code: hash(2),
		},
		breaches: Breaches::PURPOSE | Breaches::SUPERSEDED,
		notices: Notices::RECORDED_AFTER,
		event: AccessEvent {
			source: hash(3),
			occurred: 0x1d1c_1b1a_1918_1716,
			actor: hash(4),
			subject: Some(hash(5)),
			purpose: Some(Purpose::ModelTraining),
			operation: Operation::Train,
			region: Some(Region(276)),
			recipient: Some(0x2423_2221),
			activity: Some(hash(6)),
			outcome: Outcome::Denied,
		},
	}
}

/// The same without the optional fields.
fn bare() -> LogEntry {
	let mut entry = full();
	entry.breaches = Breaches::empty();
	entry.notices = Notices::empty();
	entry.event = AccessEvent {
		subject: None,
		purpose: None,
		region: None,
		recipient: None,
		activity: None,
		outcome: Outcome::Permitted,
		..entry.event
	};
	entry
}

/// The table "Log entry, version 1", row by row.
fn by_hand(entry: &LogEntry) -> Vec<u8> {
	fn optional(bytes: &mut Vec<u8>, value: Option<Vec<u8>>) {
		bytes.push(u8::from(value.is_some()));
		bytes.extend(value.into_iter().flatten());
	}
	let event = &entry.event;
	let mut bytes = Vec::new();
	bytes.extend(entry.dataset.0);
	bytes.extend(entry.reporter.to_le_bytes());
	bytes.extend(entry.recorded.to_le_bytes());
	bytes.extend(entry.rules.spec_version.to_le_bytes());
	bytes.extend(entry.rules.code.0);
	bytes.extend(entry.breaches.bits().to_le_bytes());
	bytes.push(entry.notices.bits());
	bytes.extend(event.source.0);
	bytes.extend(event.occurred.to_le_bytes());
	bytes.extend(event.actor.0);
	optional(&mut bytes, event.subject.map(|subject| subject.0.to_vec()));
	let number = |purpose| Purpose::ALL.iter().position(|known| *known == purpose).unwrap() as u8;
	optional(&mut bytes, event.purpose.map(|purpose| vec![number(purpose)]));
	bytes.push(
		Operation::ALL
			.iter()
			.position(|known| *known == event.operation)
			.unwrap() as u8,
	);
	optional(&mut bytes, event.region.map(|region| region.0.to_le_bytes().to_vec()));
	optional(
		&mut bytes,
		event.recipient.map(|recipient| recipient.to_le_bytes().to_vec()),
	);
	optional(&mut bytes, event.activity.map(|activity| activity.0.to_vec()));
	bytes.push(match event.outcome {
		Outcome::Permitted => 0,
		Outcome::Denied => 1,
		Outcome::Failed => 2,
	});
	bytes
}

/// Hex without its 0x. The constants below were computed from the definitions, by another program.
fn hex(bytes: impl AsRef<[u8]>) -> String {
	kexin_verifier::Bytes(bytes.as_ref().to_vec()).to_string()[2..].into()
}

#[test]
fn a_log_entry_is_encoded_as_in_the_table() {
	for entry in [full(), bare()] {
		assert_eq!(entry.encode(), by_hand(&entry));
		let leaf = blake2_256(&[&[0, 1][..], &by_hand(&entry)].concat());
		assert_eq!(leaves(&[entry]), [H256(leaf)]);
		assert_eq!(entry.leaf(), H256(leaf));
	}
	let ones = "01".repeat(32);
	let (twos, threes, fours) = ("02".repeat(32), "03".repeat(32), "04".repeat(32));
	let (fives, sixes) = ("05".repeat(32), "06".repeat(32));
	let start = format!("{ones}01020304060708090a0b0c0d11121314{twos}");
	assert_eq!(
		hex(full().encode()),
		format!(
			"{start}820001{threes}161718191a1b1c1d{fours}01{fives}0116050114010121222324\
			 01{sixes}01"
		)
	);
	assert_eq!(
		hex(bare().encode()),
		format!("{start}000000{threes}161718191a1b1c1d{fours}00000500000000")
	);
}

#[test]
fn leaf_hashes_are_pinned() {
	let leaves = leaves(&[full(), bare()])
		.into_iter()
		.map(|leaf| hex(leaf.0))
		.collect::<Vec<_>>();
	assert_eq!(
		leaves,
		[
			"bf01d913c3bd8510b5ac223a6ad093ccd59c846033d3632dc061c1aedcf27236",
			"1d320e706d645ac33ed90fd16f990519906d1102d70bc56b0a6fc082a08ff1e2",
		]
	);
}

#[test]
fn the_json_of_a_log_entry_is_pinned() {
	let json = serde_json::to_value(full()).unwrap();
	let hash = |byte: u8| format!("{:?}", hash(byte));
	let expected = serde_json::json!({
		"dataset": hash(1),
		"reporter": 0x0403_0201,
		"recorded": 0x0d0c_0b0a_0908_0706_u64,
		"rules": { "specVersion": 0x1413_1211, "code": hash(2) },
		"breaches": ["purpose", "superseded"],
		"notices": ["recorded-after"],
		"event": {
			"source": hash(3),
			"occurred": 0x1d1c_1b1a_1918_1716_u64,
			"actor": hash(4),
			"subject": hash(5),
			"purpose": "MLTRAINING",
			"operation": "train",
			"region": 276,
			"recipient": 0x2423_2221,
			"activity": hash(6),
			"outcome": "denied",
		},
	});
	assert_eq!(json, expected);
	let text = serde_json::to_string(&full()).unwrap();
	let places = [
		"dataset", "reporter", "recorded", "rules", "breaches", "notices", "event",
	]
	.map(|field| text.find(&format!("\"{field}\":")).unwrap());
	assert!(places.is_sorted(), "{text}");
	for entry in [full(), bare()] {
		let json = serde_json::to_string(&entry).unwrap();
		assert_eq!(serde_json::from_str::<LogEntry>(&json).unwrap(), entry);
	}
}

#[test]
fn a_dataset_is_encoded_as_in_the_table() {
	let scope = |start: u64| {
		let mut scope = Scope::everything(start);
		scope.regions = Dimension::only([Region(0x0201)], 0x0605).unwrap();
		scope
	};
	// Of its dimensions, only the third names a value.
	let for_ever = format!("00{}", hex(((1u64 << 53) - 1).to_le_bytes()));
	let by_hand = |start: &str| {
		let regions = "0401020506000000000000".to_owned() + &"00".repeat(8);
		format!("01{start}{for_ever}{for_ever}{regions}{for_ever}{for_ever}")
	};
	let full = Dataset {
		owner: 0x0403_0201,
		label: Versioned::V1(scope(0x0007_0605_0403_0201)),
		cohort: Versioned::V1(scope(0x0017_1615_1413_1211)),
		subjects: 0x2423_2221,
		declared: 0x3837_3635_3433_3231,
		enrolled: Some(0x4847_4645_4443_4241),
		superseded: Some(0x5857_5655_5453_5251),
		superseded_by: Some(hash(1)),
		supersedes: Some(hash(2)),
	};
	let (label, cohort) = (by_hand("0102030405060700"), by_hand("1112131415161700"));
	let start = format!("01020304{label}{cohort}212223243132333435363738");
	let (ones, twos) = ("01".repeat(32), "02".repeat(32));
	assert_eq!(
		hex(full.encode()),
		format!("{start}01414243444546474801515253545556575801{ones}01{twos}")
	);
	let bare = Dataset {
		enrolled: None,
		superseded: None,
		superseded_by: None,
		supersedes: None,
		..full
	};
	assert_eq!(hex(bare.encode()), format!("{start}00000000"));
}

#[test]
fn the_keys_of_the_state_are_pinned() {
	let id = hash(0xab);
	let item = |bytes: Vec<u8>| hex(&bytes[..32]);
	assert_eq!(
		item(storage_keys::log(&id)),
		"383eb39b0e3f1086035a660b4b09f75086ba0544ab056f28c715ec6fc5eaf460"
	);
	assert_eq!(
		item(storage_keys::dataset(&id)),
		"fbcdb43f3563a717fdf267b00ad2caed543e3ac7f2670deb4e269c930abaf3bb"
	);
	assert_eq!(
		item(storage_keys::artifact(&id)),
		"f3e71f9d7a52f11f8e3c597b88c0a418fd41e211cf2e1a5f398d49858dd8f0fe"
	);
	assert_eq!(
		item(storage_keys::activity(&id)),
		"f3e71f9d7a52f11f8e3c597b88c0a4188587247aebe7da5f24683d0108da7457"
	);
	assert_eq!(
		item(storage_keys::evidence_of(&id)),
		"f3e71f9d7a52f11f8e3c597b88c0a4181ab61039b3bd701e4efcacfbe9f0b280"
	);
	assert_eq!(
		item(storage_keys::member(258)),
		"ba7fb8745735dc3be2a2c61a72c39e78ba7fb8745735dc3be2a2c61a72c39e78"
	);
	let under = format!("6bb3853c34cfcf3b081e5715f3c82748{}", "ab".repeat(32));
	for key in [
		storage_keys::log(&id),
		storage_keys::dataset(&id),
		storage_keys::artifact(&id),
		storage_keys::activity(&id),
		storage_keys::evidence_of(&id),
	] {
		assert_eq!(hex(&key[32..]), under);
	}
	let member = "9dca24a0edd7e2fe02010000";
	assert_eq!(hex(&storage_keys::member(258)[32..]), member);
	assert_eq!(hex(&storage_keys::evidence(&id, 258)[32..]), format!("{under}{member}"));
	// These are published constants of every Substrate chain.
	assert_eq!(
		hex(storage_keys::now()),
		"f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"
	);
	assert_eq!(
		hex(storage_keys::authorities()),
		"5f9cc45b7a00c5899361e1c6099678dc5e0621c4869aa60c02be9adcc98a0d1d"
	);
	assert_eq!(
		hex(storage_keys::set_id()),
		"5f9cc45b7a00c5899361e1c6099678dc8a2d09463effcc78a22d75b9cb87dffc"
	);
	assert_eq!(
		hex(storage_keys::genesis_hash()),
		"26aa394eea5630e07c48ae0c9558cef7a44704b568d21667356a5a050c118746b4def25cfda6ef3a00000000"
	);
}

#[test]
fn a_header_is_encoded_as_nodes_do() {
	let header = Header {
		parent_hash: hash(1),
		number: 300,
		state_root: hash(2),
		extrinsics_root: hash(3),
		digest: vec![
			DigestItem::PreRuntime(*b"BABE", vec![1, 2]),
			DigestItem::Consensus(*b"FRNK", vec![3]),
			DigestItem::Seal(*b"BABE", vec![]),
			DigestItem::Other(vec![4]),
			DigestItem::RuntimeEnvironmentUpdated,
		],
	};
	let bytes = header.encode();
	let digest = "1406424142450801020446524e4b040305424142450000040408";
	let expected = format!("{}b104{}{}{digest}", "01".repeat(32), "02".repeat(32), "03".repeat(32));
	assert_eq!(hex(&bytes), expected);
	assert_eq!(header.hash(), H256(blake2_256(&bytes)));
}

fn entries() -> impl Strategy<Value = LogEntry> {
	let hash = || any::<[u8; 32]>().prop_map(H256);
	let optional = |strategy| proptest::option::of(strategy);
	let event = (
		(hash(), any::<u64>(), hash(), optional(hash().boxed())),
		proptest::option::of(proptest::sample::select(Purpose::ALL)),
		proptest::sample::select(Operation::ALL),
		proptest::option::of(any::<u16>().prop_map(Region)),
		proptest::option::of(any::<u32>()),
		optional(hash().boxed()),
		proptest::sample::select(&[Outcome::Permitted, Outcome::Denied, Outcome::Failed][..]),
	)
		.prop_map(
			|((source, occurred, actor, subject), purpose, operation, region, recipient, activity, outcome)| {
				AccessEvent {
					source,
					occurred,
					actor,
					subject,
					purpose,
					operation,
					region,
					recipient,
					activity,
					outcome,
				}
			},
		);
	(
		hash(),
		any::<u32>(),
		any::<u64>(),
		any::<u32>(),
		hash(),
		0..512u16,
		0..4u8,
		event,
	)
		.prop_map(
			|(dataset, reporter, recorded, spec_version, code, breaches, notices, event)| LogEntry {
				dataset,
				reporter,
				recorded,
				rules: Rules { spec_version, code },
				breaches: Breaches::from_bits_truncate(breaches),
				notices: Notices::from_bits_truncate(notices),
				event,
			},
		)
}

proptest! {
	#[test]
	fn every_entry_is_encoded_as_the_table_says_and_comes_back(entry in entries()) {
		let bytes = by_hand(&entry);
		prop_assert_eq!(entry.encode(), &bytes[..]);
		prop_assert_eq!(LogEntry::decode_all(&mut &bytes[..]).unwrap(), entry);
		prop_assert_eq!(leaves(&[entry]), [entry.leaf()]);
		let json = serde_json::to_string(&entry).unwrap();
		prop_assert_eq!(serde_json::from_str::<LogEntry>(&json).unwrap(), entry);
	}

	#[test]
	fn every_header_comes_back(
		hashes in any::<[[u8; 32]; 3]>(),
		number in any::<u32>(),
		items in proptest::collection::vec((0..5u8, any::<[u8; 4]>(), any::<Vec<u8>>()), 0..5),
	) {
		let digest = items.into_iter().map(|(kind, engine, data)| match kind {
			0 => DigestItem::Other(data),
			1 => DigestItem::Consensus(engine, data),
			2 => DigestItem::Seal(engine, data),
			3 => DigestItem::PreRuntime(engine, data),
			_ => DigestItem::RuntimeEnvironmentUpdated,
		});
		let [parent_hash, state_root, extrinsics_root] = hashes.map(H256);
		let header = Header { parent_hash, number, state_root, extrinsics_root, digest: digest.collect() };
		prop_assert_eq!(Header::from_bytes(&header.encode()), Ok(header));
	}

	#[test]
	fn values_of_the_state_are_decoded_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
		fn decodes<T: Decode>(bytes: &[u8]) {
			let _ = Versioned::<T>::decode_all(&mut &bytes[..]);
		}
		for bytes in [bytes.clone(), [&[1], &bytes[..]].concat()] {
			decodes::<kexin_primitives::access::Log>(&bytes);
			decodes::<kexin_primitives::dataset::Dataset>(&bytes);
			decodes::<kexin_primitives::lineage::Artifact>(&bytes);
			decodes::<kexin_primitives::lineage::Activity>(&bytes);
			decodes::<kexin_primitives::lineage::AttachedEvidence>(&bytes);
			decodes::<kexin_primitives::members::Member>(&bytes);
		}
	}
}
