//! Texts about a file that repeat parts of it.

use alloc::string::String;

/// A value longer than this is cut.
const LONGEST: usize = 100;
/// What is left of a value that is cut, in characters.
const SHOWN: usize = 36;
/// The most parts of a message.
const PARTS: usize = 200;

/// The beginning of a value that a message repeats, without control characters: a file must neither fill a terminal nor
/// steer it.
pub fn brief(value: &str) -> String {
	let cut = value.chars().nth(LONGEST).is_some();
	let shown = value.chars().take(if cut { SHOWN } else { LONGEST });
	let shown = shown.map(|letter| match letter {
		letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
		letter => letter,
	});
	shown.chain(cut.then_some('…')).collect()
}

/// A message in which each part that may come from the file is [`brief`]. Such parts stand between quotation marks.
pub fn message(text: &str) -> String {
	let parts = text.split_inclusive(['"', '`']);
	parts.take(PARTS).map(brief).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn long_values_are_cut_and_control_characters_replaced() {
		assert_eq!(brief("0xab\u{1b}\n"), "0xab\u{fffd}\u{fffd}");
		assert_eq!(brief(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
		assert_eq!(brief(&"é".repeat(LONGEST + 1)), "é".repeat(SHOWN) + "…");
		let long = "x".repeat(1_000_000);
		assert_eq!(
			message(&alloc::format!("unknown field `{long}`, expected `a` at line 1")),
			alloc::format!("unknown field `{}…, expected `a` at line 1", &long[..SHOWN])
		);
		assert!(message(&"`".repeat(1_000_000)).len() < 1_000);
	}
}
