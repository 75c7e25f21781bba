//! Damage to JSON files. The same seed always makes the same damage.

use serde_json::{Map, Value};
use std::ops::Range;

/// Pseudo-random numbers (SplitMix64).
pub struct Numbers(u64);

impl Numbers {
	pub fn new(seed: u64) -> Self {
		Self(seed)
	}

	/// A number below this one, which is not 0.
	pub fn below(&mut self, bound: usize) -> usize {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut number = self.0;
		number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		((number ^ (number >> 31)) % bound as u64) as usize
	}

	pub fn one_in(&mut self, number: usize) -> bool {
		self.below(number) == 0
	}

	pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
		&of[self.below(of.len())]
	}

	/// A range within this length, more often short than long.
	fn part(&mut self, length: usize) -> Range<usize> {
		let start = self.below(length + 1);
		let most = if self.one_in(4) { length } else { 40 };
		start..start + self.below(most.min(length - start) + 1)
	}
}

/// The seeds of a run: `number`, or `KEXIN_FUZZ` times as many if that variable is set. Each seed makes another mutant.
pub fn seeds(number: u64) -> Range<u64> {
	let times = std::env::var("KEXIN_FUZZ").map_or(1, |times| times.parse().expect("KEXIN_FUZZ is a number"));
	0..number * times
}

/// The first bytes of long lists, of large numbers and of empty values, in SCALE and in general.
const BYTES: &[&[u8]] = &[
	&[0],
	&[0, 0, 0, 0],
	&[0xff],
	&[0xff, 0xff, 0xff, 0xff],
	&[0xfe, 0xff, 0xff, 0xff],
	&[0x03, 0xff, 0xff, 0xff, 0xff],
	&[0x13, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];

/// Damages bytes in one to four places, sometimes with parts of other bytes.
pub fn bytes(numbers: &mut Numbers, bytes: &mut Vec<u8>, other: &[u8]) {
	for _ in 0..=numbers.below(4) {
		let at = numbers.below(bytes.len() + 1);
		let part = numbers.part(bytes.len());
		match numbers.below(9) {
			0 | 1 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
			2 if at < bytes.len() => bytes[at] = numbers.below(256) as u8,
			3 => drop(bytes.drain(part)),
			4 => drop(
				bytes.splice(
					at..at,
					(0..numbers.below(9))
						.map(|_| numbers.below(256) as u8)
						.collect::<Vec<_>>(),
				),
			),
			5 => {
				let again = bytes[part].to_vec();
				drop(bytes.splice(at..at, again));
			},
			6 => {
				let foreign = &other[numbers.part(other.len())];
				drop(bytes.splice(part, foreign.iter().copied()));
			},
			7 => bytes.truncate(at),
			_ => {
				let special = *numbers.pick(BYTES);
				let end = bytes.len().min(at + special.len());
				drop(bytes.splice(at..end, special.iter().copied()));
			},
		}
	}
}

/// Marks what [`text`] writes literally: numbers that are too large for any type, and duplicate names.
const RAW: char = '\u{1}';

fn raw(token: &str) -> Value {
	format!("{RAW}{token}{RAW}").into()
}

/// The text of a mutant.
pub fn text(value: &Value) -> String {
	let text = value.to_string();
	text.replace("\"\\u0001", "")
		.replace("\\u0001\"", "")
		.replace("\\u0001", "\"")
}

/// Values to put where another is expected.
fn special(numbers: &mut Numbers) -> Value {
	match numbers.below(26) {
		0 => Value::Null,
		1 => true.into(),
		2 => 0.into(),
		3 => (-1).into(),
		4 => u64::MAX.into(),
		5 => i64::MIN.into(),
		6 => u32::MAX.into(),
		7 => 1.5.into(),
		8 => Value::from(Vec::<Value>::new()),
		9 => Map::new().into(),
		10 => vec![Value::Null].into(),
		11 => "".into(),
		12 => "0x".into(),
		13 => format!("0x{}", "00".repeat(32)).into(),
		14 => "\u{0}\u{202e}\u{feff}\u{a0}é😀".into(),
		15 => "x".repeat(20_000).into(),
		16 => vec![Value::from(0); 2_000].into(),
		17 => deep(numbers.below(120)),
		18 => deep(300),
		19 => raw("18446744073709551616"),
		20 => raw("1e999"),
		21 => raw("-0"),
		22 => raw("01"),
		23 => raw("\"\\ud800\""),
		24 => raw("\"a\nb\""),
		_ => raw("[1,]"),
	}
}

fn deep(levels: usize) -> Value {
	raw(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)))
}

/// The pointer to some place in a value.
fn place(numbers: &mut Numbers, value: &Value) -> String {
	let mut pointer = String::new();
	let mut at = value;
	while !numbers.one_in(6) {
		let (name, below) = match at {
			Value::Object(fields) if !fields.is_empty() => {
				let (name, below) = fields.iter().nth(numbers.below(fields.len())).expect("it is in range");
				(name.replace('~', "~0").replace('/', "~1"), below)
			},
			Value::Array(items) if !items.is_empty() => {
				let index = numbers.below(items.len());
				(index.to_string(), &items[index])
			},
			_ => break,
		};
		pointer = format!("{pointer}/{name}");
		at = below;
	}
	pointer
}

/// Changes the structure or single values in one to three places, with parts of another value, often from the same
/// place.
pub fn json(numbers: &mut Numbers, value: &mut Value, other: &Value) {
	for _ in 0..=numbers.below(3) {
		let pointer = place(numbers, value);
		let elsewhere = place(numbers, other);
		let same = other.pointer(&pointer).filter(|_| numbers.one_in(2));
		let foreign = same.or_else(|| other.pointer(&elsewhere)).unwrap_or(other).clone();
		let at = value.pointer_mut(&pointer).expect("the place is in the value");
		match numbers.below(4) {
			0 => *at = special(numbers),
			1 => *at = foreign,
			2 if numbers.one_in(8) => *at = vec![at.take()].into(),
			_ => inside(numbers, at, foreign),
		}
	}
}

/// Changes a value in a way that suits its type.
fn inside(numbers: &mut Numbers, at: &mut Value, foreign: Value) {
	match at {
		Value::Array(items) if !items.is_empty() => {
			let (one, two) = (numbers.below(items.len()), numbers.below(items.len()));
			match numbers.below(6) {
				0 => drop(items.remove(one)),
				1 => items.insert(two, items[one].clone()),
				2 => items.swap(one, two),
				3 => items.truncate(one),
				4 => items.insert(one, foreign),
				_ => items.reverse(),
			}
		},
		Value::Object(fields) if !fields.is_empty() => {
			let names = fields.keys().cloned().collect::<Vec<_>>();
			let (one, two) = (numbers.pick(&names), numbers.pick(&names));
			let special = special(numbers);
			match numbers.below(6) {
				0 => drop(fields.remove(one)),
				1 => {
					let (first, second) = (fields[one].clone(), fields[two].clone());
					fields.insert(one.clone(), second);
					fields.insert(two.clone(), first);
				},
				2 => drop(fields.insert(format!("{one}x"), foreign)),
				// The same name again, before or after the other.
				3 => drop(fields.insert(format!("{RAW}\"{one}{RAW}"), foreign)),
				4 => drop(fields.insert(format!("{one}{RAW}"), special)),
				_ => *at = fields.values().cloned().collect::<Vec<_>>().into(),
			}
		},
		Value::Number(number) => {
			let number = number.as_i64().unwrap_or_default();
			*at = number.wrapping_add(*numbers.pick(&[1, -1, 256, 1 << 32])).into();
		},
		Value::Bool(yes) => *yes = !*yes,
		Value::String(word) => *at = string(numbers, word, foreign.as_str().unwrap_or_default()),
		_ => *at = foreign,
	}
}

/// Other text. In hex, this damages the bytes that it encodes.
fn string(numbers: &mut Numbers, word: &str, other: &str) -> Value {
	match (from_hex(word), from_hex(other)) {
		(Some(mut damaged), other) => {
			bytes(numbers, &mut damaged, &other.unwrap_or_default());
			let digits = damaged.iter().map(|byte| format!("{byte:02x}"));
			format!("0x{}", digits.collect::<String>()).into()
		},
		_ => {
			let mut damaged = word.as_bytes().to_vec();
			bytes(numbers, &mut damaged, other.as_bytes());
			String::from_utf8_lossy(&damaged).replace(RAW, "").into()
		},
	}
}

pub fn from_hex(text: &str) -> Option<Vec<u8>> {
	let digits = text.strip_prefix("0x")?;
	let pairs = (0..digits.len())
		.step_by(2)
		.map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok());
	pairs.collect()
}
