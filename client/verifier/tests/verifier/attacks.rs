//! What an attacker might do to an access proof. Each attack is refused for its own reason.

use crate::support::{
	access_proof,
	chain::Chain,
	json, named,
	sample::{entry, Sample},
	written,
};
use kexin_primitives::{
	access::{Breaches, Outcome},
	storage_keys,
	vocabulary::Operation,
	H256,
};
use kexin_verifier::{
	error::{Error, Place, StateError},
	AccessProof, Proof,
};

/// A log of seven entries, of which the third has breaches, and a proof of `number` of them from `first` on.
fn proof(first: usize, number: usize) -> (Chain, AccessProof) {
	let mut sample = Sample::new();
	for number in 5..7 {
		let mut breached = entry("scans", number, Operation::Train, Some("train"));
		if number == 5 {
			breached.breaches = Breaches::PURPOSE;
		}
		sample.ledger.record(breached);
	}
	let proof = access_proof(&mut sample.chain, &sample.ledger, named("scans"), first, number);
	(sample.chain, proof)
}

/// The result for a proof after a change.
#[track_caller]
fn changed(first: usize, number: usize, change: impl FnOnce(&mut AccessProof)) -> Error {
	let (chain, mut proof) = proof(first, number);
	assert!(proof.verify(chain.hash()).is_ok());
	change(&mut proof);
	proof.verify(chain.hash()).unwrap_err()
}

fn scans() -> H256 {
	named("scans")
}

#[test]
fn a_removed_event_is_refused() {
	for index in 0..6 {
		let error = changed(0, 7, |proof| {
			proof.entries.remove(index);
		});
		let missing = Error::EntriesMissing {
			dataset: scans(),
			found: 6,
			proved: 7,
		};
		assert_eq!(error, missing, "the entry at {index}");
	}
	assert_eq!(
		changed(2, 3, |proof| {
			proof.entries.pop();
		}),
		Error::WrongNumberOfHashes(scans())
	);
}

#[test]
fn a_log_that_was_cut_short_is_refused() {
	let error = changed(0, 7, |proof| {
		proof.entries.truncate(5);
		proof.count = 5;
	});
	assert_eq!(error, Error::Differs("count".into()));

	// The start of a log may be proved without hashes when its places need none. The result shows that it is not
	// complete.
	let (chain, mut proof) = proof(0, 7);
	proof.entries.truncate(6);
	let proved = proof.verify(chain.hash()).unwrap();
	assert_eq!((proved.complete, proved.count), (false, 7));
}

#[test]
fn an_added_event_is_refused() {
	for index in 0..=7 {
		let error = changed(0, 7, |proof| {
			proof.entries.insert(index, entry("scans", 9, Operation::Train, None))
		});
		let added = Error::EntriesAdded {
			dataset: scans(),
			found: 8,
			proved: 7,
		};
		assert_eq!(error, added, "before the entry at {index}");
	}
	let error = changed(2, 3, |proof| {
		proof.entries.push(entry("scans", 9, Operation::Train, None))
	});
	assert_eq!(error, Error::EntryAltered(scans()));
}

#[test]
fn reordered_events_are_refused() {
	assert_eq!(
		changed(0, 7, |proof| proof.entries.swap(1, 2)),
		Error::Reordered {
			dataset: scans(),
			index: 2,
		}
	);
	assert_eq!(
		changed(3, 2, |proof| proof.entries.swap(0, 1)),
		Error::Reordered {
			dataset: scans(),
			index: 4,
		}
	);
	// The events of one batch have the same time, but still an order.
	let mut sample = Sample::new();
	for number in 7..9 {
		let mut same_time = entry("scans", number, Operation::Train, None);
		same_time.recorded = entry("scans", 9, Operation::Train, None).recorded;
		sample.ledger.record(same_time);
	}
	let mut proof = access_proof(&mut sample.chain, &sample.ledger, scans(), 0, 7);
	proof.entries.swap(5, 6);
	assert_eq!(proof.verify(sample.chain.hash()), Err(Error::EntryAltered(scans())));
}

#[test]
fn an_edited_event_is_refused() {
	for (first, number) in [(0, 7), (5, 1), (2, 3)] {
		let edits: [fn(&mut kexin_primitives::access::LogEntry); 8] = [
			|entry| entry.event.purpose = None,
			|entry| entry.event.actor = H256::zero(),
			|entry| entry.event.subject = Some(H256::zero()),
			|entry| entry.event.recipient = None,
			|entry| entry.event.activity = None,
			|entry| entry.event.occurred += 1,
			|entry| entry.reporter += 1,
			|entry| entry.rules.spec_version += 1,
		];
		for edit in edits {
			let error = changed(first, number, |proof| edit(&mut proof.entries[0]));
			assert_eq!(error, Error::EntryAltered(scans()));
		}
	}
}

#[test]
fn an_event_of_another_dataset() {
	let error = changed(0, 7, |proof| {
		proof.entries[3] = entry("records", 0, Operation::Synthesise, Some("imitate"))
	});
	assert_eq!(
		error,
		Error::Reordered {
			dataset: scans(),
			index: 3
		}
	);
	let error = changed(0, 1, |proof| {
		proof.entries[0] = entry("records", 0, Operation::Synthesise, Some("imitate"))
	});
	assert_eq!(error, Error::EntryAltered(scans()));
}

#[test]
fn a_hidden_breach_is_refused() {
	let hidden = Error::BreachHidden {
		dataset: scans(),
		found: 0,
		proved: 1,
	};
	assert_eq!(
		changed(0, 7, |proof| proof.entries[5].breaches = Breaches::empty()),
		hidden
	);
	assert_eq!(
		changed(0, 7, |proof| proof.entries[5].event.outcome = Outcome::Denied),
		hidden
	);
	let other = changed(0, 7, |proof| proof.entries[5].breaches = Breaches::REGION);
	assert_eq!(other, Error::EntryAltered(scans()));
	let one = changed(5, 1, |proof| proof.entries[0].breaches = Breaches::empty());
	assert_eq!(one, Error::EntryAltered(scans()));
}

#[test]
fn events_moved_to_another_place_are_refused() {
	assert_eq!(changed(2, 3, |proof| proof.first = 3), Error::EntryAltered(scans()));
	assert_eq!(changed(1, 1, |proof| proof.first = 0), Error::EntryAltered(scans()));
	let beyond = Error::EntriesAdded {
		dataset: scans(),
		found: u64::MAX,
		proved: 7,
	};
	assert_eq!(changed(2, 3, |proof| proof.first = u64::MAX), beyond);
}

#[test]
fn forged_added_and_removed_hashes_are_refused() {
	assert_eq!(
		changed(2, 1, |proof| proof.hashes[0].0[0] ^= 1),
		Error::EntryAltered(scans())
	);
	assert_eq!(
		changed(2, 1, |proof| {
			proof.hashes.pop();
		}),
		Error::WrongNumberOfHashes(scans())
	);
	assert_eq!(
		changed(2, 1, |proof| proof.hashes.push(H256::zero())),
		Error::WrongNumberOfHashes(scans())
	);
	assert_eq!(
		changed(0, 7, |proof| proof.hashes.push(H256::zero())),
		Error::WrongNumberOfHashes(scans())
	);
}

#[test]
fn another_block_passed_off_as_this_one_is_refused() {
	assert_eq!(
		changed(0, 7, |proof| proof.block.number += 1),
		Error::Differs("block.number".into())
	);
	assert_eq!(
		changed(0, 7, |proof| proof.block.hash = H256::zero()),
		Error::Differs("block.hash".into())
	);
	assert_eq!(changed(0, 7, |proof| proof.count -= 1), Error::Differs("count".into()));

	// The old proof names the old block, even if the new block is final too.
	let mut sample = Sample::new();
	let yesterday = access_proof(&mut sample.chain, &sample.ledger, scans(), 0, 5);
	sample.ledger.record(entry("scans", 9, Operation::Train, None));
	let today = access_proof(&mut sample.chain, &sample.ledger, scans(), 0, 6);
	let mut mixed = today.clone();
	(mixed.state, mixed.entries, mixed.count) = (yesterday.state, yesterday.entries, yesterday.count);
	assert!(matches!(
		mixed.verify(sample.chain.hash()),
		Err(Error::State {
			at: Place::State,
			error: StateError::Incomplete(_),
		})
	));
}

#[test]
fn another_dataset_passed_off_as_this_one() {
	let error = changed(0, 7, |proof| proof.dataset = named("records"));
	assert!(matches!(error, Error::State { at: Place::State, .. }), "{error:?}");
}

#[test]
fn missing_damaged_and_foreign_nodes_are_refused() {
	let (chain, honest) = proof(0, 7);
	let state = |error| {
		Err(Error::State {
			at: Place::State,
			error,
		})
	};
	for index in 0..honest.state.len() {
		let mut damaged = honest.clone();
		damaged.state[index].0[0] ^= 1;
		let mut missing = honest.clone();
		missing.state.remove(index);
		for proof in [damaged, missing] {
			assert!(matches!(
				proof.verify(chain.hash()),
				Err(Error::State {
					error: StateError::Incomplete(_),
					..
				})
			));
		}
	}
	let mut foreign = honest.clone();
	foreign.state.push(vec![0].into());
	let hash = H256(sp_crypto_hashing::blake2_256(&[0]));
	assert_eq!(foreign.verify(chain.hash()), state(StateError::UnusedNode(hash)));
	let mut twice = honest.clone();
	twice.state.push(honest.state[0].clone());
	let hash = H256(sp_crypto_hashing::blake2_256(&honest.state[0].0));
	assert_eq!(twice.verify(chain.hash()), state(StateError::DuplicateNode(hash)));
	let mut reversed = honest.clone();
	reversed.state.reverse();
	assert!(
		reversed.verify(chain.hash()).is_ok(),
		"the order of the nodes means nothing"
	);
}

#[test]
fn another_genesis_is_refused() {
	let (chain, proof) = proof(0, 7);
	let expected = named("another chain");
	let wrong = Error::WrongGenesis {
		expected,
		found: chain.hash(),
	};
	assert_eq!(proof.verify(expected), Err(wrong));
}

#[test]
fn a_newer_format_asks_for_a_newer_verifier() {
	let (chain, mut proof) = proof(0, 7);
	proof.format = "kexin-access-proof/2".into();
	let unknown = Error::Format(proof.format.clone());
	assert_eq!(proof.verify(chain.hash()), Err(unknown.clone()));
	assert_eq!(Proof::from_json(&json(&proof)), Err(unknown.clone()));
	assert_eq!(
		Proof::from_json(br#"{"format": "kexin-access-proof/2", "new": {}}"#),
		Err(unknown.clone())
	);
	assert!(unknown.to_string().contains("newer"));
}

#[test]
fn a_value_with_a_newer_version_asks_for_a_newer_verifier() {
	let mut sample = Sample::new();
	let key = storage_keys::log(&scans());
	let mut refused = |value: Vec<u8>| {
		let log = sample.ledger.log(&scans());
		sample.ledger.put_raw(key.clone(), value);
		let header = sample.chain.grow(sample.ledger.root());
		let proof = AccessProof {
			format: AccessProof::FORMAT.into(),
			block: kexin_verifier::access::BlockId {
				hash: header.hash(),
				number: header.number,
			},
			finality: sample.chain.prove(&header),
			state: sample.ledger.prove(|state| {
				drop(kexin_verifier::ReadState::get(state, &key).unwrap());
			}),
			dataset: scans(),
			count: 5,
			first: 0,
			entries: log.entries,
			hashes: vec![],
		};
		match proof.verify(sample.chain.hash()) {
			Err(Error::State {
				at: Place::State,
				error,
			}) => error,
			other => panic!("{other:?}"),
		}
	};
	let unknown = |version| StateError::UnknownVersion {
		key: key.clone().into(),
		version,
	};
	assert_eq!(refused(vec![2, 0, 0]), unknown(2));
	assert_eq!(refused(vec![0]), unknown(0));
	assert_eq!(refused(vec![]), StateError::Value(key.clone().into()));
	assert_eq!(refused(vec![1, 0]), StateError::Value(key.clone().into()));
	let log = kexin_primitives::access::Log::default();
	let mut longer = codec::Encode::encode(&kexin_primitives::Versioned::V1(log));
	longer.push(0);
	assert_eq!(refused(longer), StateError::Value(key.clone().into()));
	// An accumulator of five entries with one peak or none would accept any entries.
	let with_peaks = |peaks: Vec<H256>| codec::Encode::encode(&(1u8, 5u64, peaks, 0u64));
	for number in [0, 1, 3] {
		let value = with_peaks(vec![H256::zero(); number]);
		assert_eq!(refused(value), StateError::Value(key.clone().into()));
	}
}

#[test]
fn anything_but_a_proof_is_refused() {
	let (_, proof) = proof(0, 1);
	let honest: serde_json::Value = serde_json::from_slice(&json(&proof)).unwrap();
	let refused = |change: &dyn Fn(&mut serde_json::Value)| {
		let mut changed = honest.clone();
		change(&mut changed);
		let error = Proof::from_json(&written(&changed.to_string()));
		assert!(matches!(error, Err(Error::Json(_))), "{error:?}");
	};
	refused(&|json| drop(json.as_object_mut().unwrap().remove("hashes")));
	refused(&|json| drop(json.as_object_mut().unwrap().insert("more".into(), 1.into())));
	refused(&|json| json["count"] = (-1).into());
	refused(&|json| json["finality"]["more"] = 1.into());
	refused(&|json| json["entries"][0]["event"]["more"] = 1.into());
	refused(&|json| json["entries"][0]["breaches"] = serde_json::json!(["unheard-of"]));
	refused(&|json| json["entries"][0]["event"]["purpose"] = "UNHEARD".into());
	refused(&|json| json["state"] = serde_json::json!(["0x0"]));
	for file in [
		"",
		"{}",
		"[]",
		"null",
		r#"{"format": 1}"#,
		r#"{"format": "kexin-report/1"}"#,
		"\u{feff}{}",
	] {
		assert!(
			matches!(Proof::from_json(file.as_bytes()), Err(Error::Json(_))),
			"{file:?}"
		);
	}
	let nested = "[".repeat(100_000);
	assert!(matches!(Proof::from_json(nested.as_bytes()), Err(Error::Json(_))));
}

#[test]
fn an_error_does_not_steer_the_terminal() {
	let file = br#"{"format": "kexin-report/1", "\u001b[2K\rverified\n": 1}"#;
	let error = Proof::from_json(file).unwrap_err().to_string();
	assert!(
		error.contains("verified") && !error.contains(char::is_control),
		"{error:?}"
	);
	let file = br#"{"format": "\u001b[2K\rverified\n"}"#;
	let error = Proof::from_json(file).unwrap_err().to_string();
	assert!(
		error.contains("verified") && !error.contains(char::is_control),
		"{error:?}"
	);
}
