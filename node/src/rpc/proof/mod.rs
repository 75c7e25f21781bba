//! What the proofs of [`access`](super::access) and [`audit`](super::audit) are made from.
//!
//! An auditor need not trust this node: the verifier refuses every proof that is wrong. `docs/proofs.md` describes the
//! proofs.

pub mod finality;
pub mod prover;
pub mod state;

/// What the golden tests of the proofs' JSON share.
#[cfg(test)]
pub mod golden {
	use kexin_verifier::{finality::Handover, Finality};
	use serde_json::{json, Value};

	/// A proof of finality.
	pub fn finality() -> Finality {
		Finality {
			genesis: Some(vec![1].into()),
			trusted: None,
			authorities: vec![vec![2].into()],
			handovers: vec![Handover {
				header: vec![3].into(),
				justification: Some(vec![4].into()),
			}],
			headers: vec![vec![5].into()],
			justification: vec![0xab, 0xcd].into(),
		}
	}

	/// The JSON of [`finality`].
	pub fn finality_json() -> Value {
		json!({
			"genesis": "0x01",
			"authorities": ["0x02"],
			"handovers": [{ "header": "0x03", "justification": "0x04" }],
			"headers": ["0x05"],
			"justification": "0xabcd",
		})
	}

	#[test]
	fn a_proof_names_the_block_at_which_it_begins() {
		let mut finality = finality();
		finality.trusted = finality.genesis.take();
		let mut expected = finality_json();
		expected["trusted"] = expected["genesis"].take();
		expected.as_object_mut().unwrap().remove("genesis");
		assert_eq!(serde_json::to_value(finality).unwrap(), expected);
	}
}
