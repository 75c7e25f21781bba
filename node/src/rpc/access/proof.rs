//! `access_proof`: entries of a log, and the proof that they stand in it. `docs/proofs.md` describes the fields.

use crate::rpc::{
	answer::bounded,
	error::RpcError,
	number::U64,
	proof::{prover::Prover, state::RecordedState},
};
use kexin_primitives::{DatasetId, H256};
use kexin_verifier::{access::leaves, AccessProof, ReadState as _};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most entries of a proof.
const MAX_ENTRIES: u64 = 5_000;

/// The entries that `access_proof` is asked for: one, or those from one index up to but without another, by default to
/// the end of the log.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeParameters {
	/// The index of the only entry.
	pub index: Option<U64>,
	/// The index of the first entry.
	pub from: Option<U64>,
	/// The index after that of the last entry.
	pub to: Option<U64>,
}

/// Proves that entries stand in a dataset's log.
///
/// # Errors
/// [`RpcError`].
pub async fn prove(
	prover: &Prover<'_>,
	dataset: DatasetId,
	range: RangeParameters,
	at: Option<H256>,
	trusted: Option<H256>,
) -> Result<Box<RawValue>, RpcError> {
	let look_up = move |block, state: RecordedState| {
		// Only says which entries to read: a state of its own is read for the proof.
		let declared = state.dataset(&dataset).map_err(|error| state.unreadable(error))?;
		declared.ok_or_else(|| RpcError::no_dataset(dataset))?;
		let log = state.log(&dataset).map_err(|error| state.unreadable(error))?;
		Ok((block, log.accumulator))
	};
	let (block, log) = prover.read(at, look_up).await?;
	let count = log.count();
	let (first, end) = bounds(range, count)?;
	let entries = prover.store.range(dataset, first, end).await?;
	let hashes = prover.store.prove(dataset, count, first, end - first).await?;
	if entries.len() as u64 != end - first || log.verify(first, &leaves(&entries), &hashes).is_err() {
		// Otherwise the auditor would only notice when the proof is verified.
		return Err(RpcError::damaged_index(format_args!(
			"entries of dataset {dataset:?} are not those of its log"
		)));
	}
	let finality = prover.finality.clone();
	let prove = move || {
		let state = RecordedState::new(finality.client.clone(), block.hash);
		state.dataset(&dataset).map_err(|error| state.unreadable(error))?;
		state.log(&dataset).map_err(|error| state.unreadable(error))?;
		let proof = AccessProof {
			format: AccessProof::FORMAT.into(),
			block: block.into(),
			finality: finality.prove(block, trusted)?,
			state: state.proof()?,
			dataset,
			count,
			first,
			entries,
			hashes,
		};
		bounded(
			&proof,
			"ask for fewer entries, or for a proof that begins at a later block that you trust",
		)
	};
	prover.workers.run(prove).await
}

/// The range as the index of its first entry and the one after its last, for a log of so many entries.
fn bounds(range: RangeParameters, count: u64) -> Result<(u64, u64), RpcError> {
	let (from, to) = match range {
		RangeParameters {
			index: Some(U64(index)),
			from: None,
			to: None,
		} => (index, index.saturating_add(1)),
		RangeParameters {
			index: None,
			from: Some(U64(from)),
			to,
		} => (from, to.map_or(count, |to| to.0)),
		_ => {
			return Err(RpcError::InvalidParameter(
				"expected either {\"index\"} or {\"from\", \"to\" (optional)}".into(),
			))
		},
	};
	if from > to {
		return Err(RpcError::InvalidParameter(format!(
			"`from` ({from}) must not be above `to` ({to})"
		)));
	}
	if to > count {
		return Err(RpcError::OutOfRange(count));
	}
	if to - from > MAX_ENTRIES {
		return Err(RpcError::TooMuch(format!(
			"a proof has at most {MAX_ENTRIES} entries, and this one would have {}: ask for several",
			to - from
		)));
	}
	Ok((from, to))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::{
		answer::golden::{block, hash, BLOCK},
		proof::golden::{finality, finality_json},
	};
	use kexin_primitives::{
		access::{AccessEvent, Breaches, LogEntry, Notices, Outcome, Rules},
		vocabulary::Operation,
	};
	use serde_json::{json, to_value};

	#[test]
	fn access_proof_is_pinned() {
		let answer = AccessProof {
			format: AccessProof::FORMAT.into(),
			block: BLOCK.into(),
			finality: finality(),
			state: vec![vec![6].into()],
			dataset: H256::repeat_byte(1),
			count: 3,
			first: 2,
			entries: vec![LogEntry {
				dataset: H256::repeat_byte(1),
				reporter: 3,
				recorded: 2_000,
				rules: Rules {
					spec_version: 4,
					code: H256::repeat_byte(2),
				},
				breaches: Breaches::REGION,
				notices: Notices::empty(),
				event: AccessEvent {
					source: H256::repeat_byte(3),
					occurred: 1_000,
					actor: H256::repeat_byte(4),
					subject: None,
					purpose: None,
					operation: Operation::Read,
					region: None,
					recipient: None,
					activity: Some(H256::repeat_byte(5)),
					outcome: Outcome::Denied,
				},
			}],
			hashes: vec![H256::repeat_byte(6)],
		};
		assert_eq!(
			to_value(answer).unwrap(),
			json!({
				"format": "kexin-access-proof/1", "block": block(), "finality": finality_json(), "state": ["0x06"],
				"dataset": hash(1), "count": 3, "first": 2,
				"entries": [{
					"dataset": hash(1), "reporter": 3, "recorded": 2000, "rules": { "specVersion": 4, "code": hash(2) },
					"breaches": ["region"], "notices": [],
					"event": {
						"source": hash(3), "occurred": 1000, "actor": hash(4), "subject": null, "purpose": null,
						"operation": "read", "region": null, "recipient": null, "activity": hash(5), "outcome": "denied",
					},
				}],
				"hashes": [hash(6)],
			})
		);
	}

	#[test]
	fn a_range_lies_in_the_log_and_is_not_too_long() {
		let range = |index: Option<u64>, from: Option<u64>, to: Option<u64>| {
			bounds(
				RangeParameters {
					index: index.map(U64),
					from: from.map(U64),
					to: to.map(U64),
				},
				10_000,
			)
		};
		assert_eq!(range(Some(9_999), None, None), Ok((9_999, 10_000)));
		assert_eq!(range(None, Some(5_000), None), Ok((5_000, 10_000)));
		assert_eq!(range(None, Some(7), Some(7)), Ok((7, 7)));
		assert_eq!(range(Some(10_000), None, None), Err(RpcError::OutOfRange(10_000)));
		assert_eq!(range(None, Some(0), Some(10_001)), Err(RpcError::OutOfRange(10_000)));
		assert!(matches!(range(None, Some(4_999), None), Err(RpcError::TooMuch(_))));
		for (index, from, to) in [
			(Some(0), Some(0), None),
			(None, None, Some(1)),
			(None, Some(2), Some(1)),
		] {
			assert!(matches!(range(index, from, to), Err(RpcError::InvalidParameter(_))));
		}
	}

	#[test]
	fn a_range_has_these_fields_and_no_others() {
		let range: RangeParameters = serde_json::from_value(json!({ "index": 1, "from": "0x02", "to": 3 })).unwrap();
		assert_eq!(
			(range.index, range.from, range.to),
			(Some(U64(1)), Some(U64(2)), Some(U64(3)))
		);
		assert!(serde_json::from_value::<RangeParameters>(json!({ "first": 1 })).is_err());
	}
}
