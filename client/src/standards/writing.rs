//! What the writers of several standards need.

use kexin_primitives::{access::LogEntry, H256};
use kexin_verifier::Document;
use serde::{ser::SerializeMap as _, Serialize, Serializer};
use std::io::{self, Write};

/// Writes a value as indented JSON.
pub fn json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
	serde_json::to_writer_pretty(&mut *out, value)?;
	out.write_all(b"\n")
}

/// A list whose elements are made one by one as they are written.
pub struct Each<F>(pub F);

impl<F: Fn() -> I, I: IntoIterator<Item: Serialize>> Serialize for Each<F> {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_seq((self.0)())
	}
}

/// A map whose entries are made one by one as they are written.
pub struct Pairs<F>(pub F);

impl<F: Fn() -> I, I: IntoIterator<Item = (String, V)>, V: Serialize> Serialize for Pairs<F> {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		let mut map = serializer.serialize_map(None)?;
		for (name, value) in (self.0)() {
			map.serialize_entry(&name, &value)?;
		}
		map.end()
	}
}

/// The entries of all logs, each with its index in its log.
pub fn entries(document: &Document) -> impl Iterator<Item = (u64, &LogEntry)> {
	document.logs.iter().flat_map(|log| (0u64..).zip(&log.entries))
}

/// A hash as hex digits alone.
pub fn hex(hash: H256) -> String {
	format!("{hash:x}").trim_start_matches("0x").to_owned()
}

/// The UUID of what has this name: version 8 of RFC 9562, of the name's blake2-256.
pub fn uuid(name: &str) -> String {
	let mut bytes = sp_crypto_hashing::blake2_128(name.as_bytes());
	bytes[6] = bytes[6] & 0x0f | 0x80;
	bytes[8] = bytes[8] & 0x3f | 0x80;
	let digits = bytes.map(|byte| format!("{byte:02x}")).concat();
	[
		&digits[..8],
		&digits[8..12],
		&digits[12..16],
		&digits[16..20],
		&digits[20..],
	]
	.join("-")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_name_has_one_uuid() {
		let id = uuid("activity 1");
		assert_eq!(id, uuid("activity 1"));
		assert_ne!(id, uuid("activity 2"));
		let shape = id.char_indices().all(|(at, letter)| match at {
			8 | 13 | 18 | 23 => letter == '-',
			14 => letter == '8',
			19 => matches!(letter, '8' | '9' | 'a' | 'b'),
			_ => letter.is_ascii_hexdigit(),
		});
		assert!(shape && id.len() == 36, "{id}");
	}

	#[test]
	fn hex_is_all_digits() {
		assert_eq!(hex(H256::zero()), "0".repeat(64));
		assert_eq!(hex(H256([0xab; 32])), "ab".repeat(32));
	}
}
