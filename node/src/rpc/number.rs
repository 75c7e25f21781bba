//! 64-bit numbers in parameters.

use serde::{
	de::{self, Unexpected, Visitor},
	Deserialize, Deserializer,
};
use std::fmt;

/// A `u64` in a parameter: a JSON number, or the same number as 0x-hex in a string. polkadot.js sends hex for numbers
/// above 2^52.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct U64(pub u64);

impl<'de> Deserialize<'de> for U64 {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		deserializer.deserialize_any(NumberOrHex)
	}
}

struct NumberOrHex;

impl Visitor<'_> for NumberOrHex {
	type Value = U64;

	fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			formatter,
			"a whole number from 0 to {}, or the same as 0x-hex",
			u64::MAX
		)
	}

	fn visit_u64<E: de::Error>(self, number: u64) -> Result<U64, E> {
		Ok(U64(number))
	}

	fn visit_str<E: de::Error>(self, text: &str) -> Result<U64, E> {
		parse_hex(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
	}
}

/// The number that 1 to 16 hex digits after "0x" stand for, most significant digit first.
fn parse_hex(text: &str) -> Option<U64> {
	let digits = text.strip_prefix("0x").filter(|digits| digits.len() <= 16)?;
	let all_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
	all_hex.then(|| u64::from_str_radix(digits, 16).ok()).flatten().map(U64)
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::{from_value, json};

	#[test]
	fn a_number_and_its_hex_are_the_same() {
		for (value, number) in [
			(json!(0), 0),
			(json!(u64::MAX), u64::MAX),
			(json!("0x0"), 0),
			(json!("0x00000000000003e8"), 1_000),
			(json!("0xFFFFFFFFFFFFFFFF"), u64::MAX),
		] {
			assert_eq!(from_value::<U64>(value.clone()).unwrap(), U64(number), "{value}");
		}
	}

	#[test]
	fn anything_else_is_refused_with_what_is_expected() {
		for value in [
			json!(-1),
			json!(1.5),
			json!(1e30),
			json!(true),
			json!([1]),
			json!("1000"),
			json!(""),
			json!("0x"),
			json!("0x+1"),
			json!("0X1"),
			json!("0xno"),
			json!("0x10000000000000000"),
		] {
			let error = from_value::<U64>(value.clone()).unwrap_err().to_string();
			assert!(
				error.contains("expected a whole number from 0 to 18446744073709551615, or the same as 0x-hex"),
				"{value}: {error}"
			);
		}
	}
}
