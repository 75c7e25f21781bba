//! An invented consortium: voters with keys, a chain of headers, and a ledger with a real state trie.

#![allow(dead_code)] // The tests and the benchmark each use a part of it.

pub mod chain;
pub mod ledger;
pub mod mutate;
pub mod sample;

use kexin_primitives::H256;
use kexin_verifier::{AccessProof, Document, ReadState as _};
use sp_crypto_hashing::blake2_256;

/// The hash of a word: names for datasets, artifacts and people.
pub fn named(word: &str) -> H256 {
	H256(blake2_256(word.as_bytes()))
}

/// The file that an auditor receives.
pub fn json(proof: &impl serde::Serialize) -> Vec<u8> {
	serde_json::to_vec_pretty(proof).expect("a proof is JSON")
}

/// A proof of `number` entries from `first` on in the log of a dataset, of the newest block.
pub fn access_proof(
	chain: &mut chain::Chain,
	ledger: &ledger::Ledger,
	dataset: H256,
	first: usize,
	number: usize,
) -> AccessProof {
	let header = chain.grow(ledger.root());
	let log = ledger.log(&dataset);
	AccessProof {
		format: AccessProof::FORMAT.into(),
		block: kexin_verifier::access::BlockId {
			hash: header.hash(),
			number: header.number,
		},
		finality: chain.prove(&header),
		state: ledger.prove(|state| {
			drop(state.log(&dataset).expect("every node is there"));
			drop(state.dataset(&dataset).expect("every node is there"));
		}),
		dataset,
		count: log.entries.len() as u64,
		first: first as u64,
		entries: log.entries[first..first + number].to_vec(),
		hashes: log.hashes(first, number),
	}
}

/// The text in the written form, if it is a proof in another form; otherwise as it is.
pub fn written(text: &str) -> Vec<u8> {
	let access = |text| serde_json::to_vec(&serde_json::from_str::<AccessProof>(text).ok()?).ok();
	let report = |text| serde_json::to_vec(&serde_json::from_str::<Document>(text).ok()?).ok();
	access(text).or_else(|| report(text)).unwrap_or_else(|| text.into())
}
