//! Bytes in a proof's JSON.

use crate::text::brief;
use alloc::{string::String, vec::Vec};
use core::fmt;
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that are written in JSON as hex with the prefix `0x`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub Vec<u8>);

impl From<Vec<u8>> for Bytes {
	fn from(bytes: Vec<u8>) -> Self {
		Self(bytes)
	}
}

impl AsRef<[u8]> for Bytes {
	fn as_ref(&self) -> &[u8] {
		&self.0
	}
}

impl fmt::Display for Bytes {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str("0x")?;
		self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
	}
}

impl fmt::Debug for Bytes {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		fmt::Display::fmt(self, formatter)
	}
}

/// The value of a hex digit of either case.
fn digit(character: u8) -> Option<u8> {
	char::from(character)
		.to_digit(16)
		.and_then(|digit| u8::try_from(digit).ok())
}

/// Reads `0x` followed by pairs of hex digits, and nothing else.
fn from_hex(text: &str) -> Option<Vec<u8>> {
	let digits = text.strip_prefix("0x")?.as_bytes();
	let pairs = digits.chunks(2).map(|pair| match pair {
		[high, low] => Some(digit(*high)? << 4 | digit(*low)?),
		_ => None,
	});
	pairs.collect()
}

impl Serialize for Bytes {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		let digits = |byte: &u8| [byte >> 4, byte & 15];
		let text = "0x".chars().chain(
			self.0
				.iter()
				.flat_map(digits)
				.filter_map(|digit| char::from_digit(digit.into(), 16)),
		);
		serializer.serialize_str(&text.collect::<String>())
	}
}

impl<'de> Deserialize<'de> for Bytes {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Hex;

		impl de::Visitor<'_> for Hex {
			type Value = Bytes;

			fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
				formatter.write_str("bytes in hex with the prefix 0x")
			}

			fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
				from_hex(text)
					.map(Bytes)
					.ok_or_else(|| E::invalid_value(de::Unexpected::Str(&brief(text)), &self))
			}
		}

		deserializer.deserialize_str(Hex)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bytes_are_written_as_hex_and_read_back() {
		for bytes in [alloc::vec![], alloc::vec![0], (0..=255).collect::<Vec<u8>>()] {
			let bytes = Bytes(bytes);
			let json = serde_json::to_string(&bytes).unwrap();
			assert_eq!(json, alloc::format!("\"{bytes}\""));
			assert_eq!(serde_json::from_str::<Bytes>(&json).unwrap(), bytes);
		}
		assert_eq!(
			serde_json::from_str::<Bytes>("\"0xAbcD\"").unwrap(),
			Bytes(alloc::vec![0xab, 0xcd])
		);
	}

	#[test]
	fn anything_but_hex_is_refused() {
		for text in ["", "0", "00", "0x0", "0x0g", "0x+1", "0x 1", "0X00", "0x00 ", "0xé1"] {
			assert!(serde_json::from_value::<Bytes>(text.into()).is_err(), "{text:?}");
		}
		assert!(serde_json::from_str::<Bytes>("[1, 2]").is_err());
	}
}
