//! Makes pseudonyms of people.
//!
//! A pseudonym is a keyed blake2b-256 over a purpose and the person's name in the hospital's systems. The key stays at
//! the hospital. Without it, nobody can compute a pseudonym or test whom it stands for, so deleting the key makes all
//! pseudonyms anonymous.

use blake2::{
	digest::{consts::U32, KeyInit, Mac as _},
	Blake2bMac,
};
use kexin_primitives::{Pseudonym, H256};

/// Makes pseudonyms with one hospital's key.
#[derive(Clone)]
pub struct Pseudonymiser {
	key: [u8; 32],
}

impl Pseudonymiser {
	/// A pseudonymiser with this secret key.
	pub fn new(key: [u8; 32]) -> Self {
		Self { key }
	}

	/// The pseudonym of a data subject, from the canonical form of a reference (`Patient/1`) or identifier
	/// (`system|value`).
	pub fn subject(&self, name: &str) -> Pseudonym {
		self.pseudonym("kexin/subject/v1", name)
	}

	/// The pseudonym of a person or system that accessed data.
	pub fn actor(&self, name: &str) -> Pseudonym {
		self.pseudonym("kexin/actor/v1", name)
	}

	/// A value that only this key makes, and that names nobody: whoever has it can tell whether a key is this one.
	pub fn check_value(&self) -> H256 {
		self.pseudonym("kexin/check/v1", "")
	}

	fn pseudonym(&self, purpose: &str, name: &str) -> Pseudonym {
		let mut mac = <Blake2bMac<U32> as KeyInit>::new_from_slice(&self.key).expect("a key of 32 bytes, of up to 64");
		mac.update(purpose.as_bytes());
		mac.update(&[0]);
		mac.update(name.as_bytes());
		H256(mac.finalize().into_bytes().into())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_pseudonym_depends_on_key_purpose_and_name() {
		let hospital = Pseudonymiser::new([1; 32]);
		let alice = hospital.subject("Patient/alice");
		assert_eq!(alice, hospital.subject("Patient/alice"));
		assert_ne!(alice, hospital.subject("Patient/bob"));
		assert_ne!(alice, hospital.actor("Patient/alice"));
		let other = Pseudonymiser::new([2; 32]);
		assert_ne!(alice, other.subject("Patient/alice"));
		assert_ne!(hospital.check_value(), other.check_value());
	}
}
