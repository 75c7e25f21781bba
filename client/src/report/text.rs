//! Writes single values for people.

use kexin_primitives::{
	members::{MemberId, Status},
	scope::DimensionView,
	vocabulary::Label,
	UnixMillis, FOREVER, H256,
};
use kexin_verifier::report::{ReportedMember, VerdictStatus};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A time in RFC 3339, in UTC and with milliseconds. There is none from the year 10000 on, which the format can't
/// express.
pub fn instant(time: UnixMillis) -> Option<String> {
	/// The last millisecond of the year 9999.
	const LAST: i64 = 253_402_300_799_999;
	let millis = i64::try_from(time).ok().filter(|millis| *millis <= LAST)?;
	let time = chrono::DateTime::from_timestamp_millis(millis)?;
	Some(time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

/// A time for people.
pub fn time(time: UnixMillis) -> String {
	match time {
		FOREVER.. => "for ever".into(),
		_ => instant(time).unwrap_or_else(|| format!("{time} ms after 1970")),
	}
}

/// Until when something is allowed.
pub fn until(time: UnixMillis) -> String {
	match time {
		0 => "never".into(),
		FOREVER.. => "for ever".into(),
		_ => format!("until {}", self::time(time)),
	}
}

/// The beginning of a hash.
pub fn short(hash: H256) -> String {
	let [a, b, c, d, ..] = hash.0;
	format!("0x{a:02x}{b:02x}{c:02x}{d:02x}…")
}

/// A number of millionths as a decimal number.
pub fn millionths(number: i64) -> String {
	let sign = if number < 0 { "-" } else { "" };
	let number = number.unsigned_abs();
	format!("{sign}{}.{:06}", number / 1_000_000, number % 1_000_000)
}

/// The name that JSON gives a value of the vocabulary.
pub fn name(value: &impl Serialize) -> String {
	match serde_json::to_value(value) {
		Ok(Value::String(name)) => name,
		Ok(other) => other.to_string(),
		Err(_) => String::new(),
	}
}

/// The status of a member.
pub fn standing(status: Status) -> &'static str {
	match status {
		Status::Active => "active",
		Status::Suspended => "suspended",
		Status::Removed => "removed",
	}
}

/// The name of a verdict.
pub fn verdict(status: VerdictStatus) -> &'static str {
	match status {
		VerdictStatus::Compliant => "compliant",
		VerdictStatus::Breached => "breached",
		VerdictStatus::CannotTell => "cannot tell",
	}
}

/// A noun with its number.
pub fn count(number: u64, one: &str, many: &str) -> String {
	format!("{number} {}", if number == 1 { one } else { many })
}

/// Text from others, without the characters that move a terminal's cursor, end a line or change the direction of
/// writing.
pub fn plain(text: &str) -> String {
	let harmful = |letter: char| {
		letter.is_control()
			|| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
			|| matches!(letter, '\u{fffe}' | '\u{ffff}')
	};
	let safe = |letter| if harmful(letter) { '\u{fffd}' } else { letter };
	text.chars().map(safe).collect()
}

/// A name in camel case as a heading: `recipientClasses` becomes "Recipient classes".
pub fn heading(name: &str) -> String {
	let mut heading = String::new();
	for character in name.chars() {
		if heading.is_empty() {
			heading.extend(character.to_uppercase());
		} else if character.is_uppercase() {
			heading.push(' ');
			heading.extend(character.to_lowercase());
		} else {
			heading.push(character);
		}
	}
	heading
}

/// Until when a dimension of a scope allows each value.
pub fn dimension(dimension: &DimensionView, names: &Names<'_>) -> String {
	let name = |label: &Label| match label {
		Label::Code(code) => (*code).to_owned(),
		Label::Country(code) => code.to_string(),
		Label::Member(id) => names.full(*id),
	};
	let named = dimension.named.iter();
	let mut parts = named
		.map(|(label, until)| format!("{} {}", name(label), self::until(*until)))
		.collect::<Vec<_>>();
	let others = if parts.is_empty() { "any" } else { "any other" };
	parts.push(format!("{others} {}", until(dimension.other)));
	parts.join("; ")
}

/// The members of a report by their numbers.
pub struct Names<'a>(BTreeMap<MemberId, &'a ReportedMember>);

impl<'a> Names<'a> {
	/// Those of a report.
	pub fn new(members: &'a [ReportedMember]) -> Self {
		Self(members.iter().map(|member| (member.id, member)).collect())
	}

	/// A member of the report.
	pub fn get(&self, id: MemberId) -> Option<&'a ReportedMember> {
		self.0.get(&id).copied()
	}

	/// A member's name, or its number if the name is not known.
	pub fn name(&self, id: MemberId) -> String {
		match self.get(id).map(|member| plain(&member.name)) {
			Some(name) if !name.trim().is_empty() => name,
			_ => format!("member {id}"),
		}
	}

	/// A member's name and number.
	pub fn full(&self, id: MemberId) -> String {
		let name = self.name(id);
		if self.get(id).is_some() {
			format!("{name} ({id})")
		} else {
			name
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn times_are_written_as_far_as_the_calendar_goes() {
		assert_eq!(instant(1_800_000_000_123).unwrap(), "2027-01-15T08:00:00.123Z");
		assert_eq!(instant(253_402_300_799_999).unwrap(), "9999-12-31T23:59:59.999Z");
		assert_eq!(instant(253_402_300_800_000), None);
		assert_eq!(time(253_402_300_800_000), "253402300800000 ms after 1970");
		assert_eq!((time(FOREVER), until(0)), ("for ever".into(), "never".into()));
		assert_eq!(until(1_800_000_000_000), "until 2027-01-15T08:00:00.000Z");
	}

	#[test]
	fn millionths_are_exact() {
		for (number, text) in [
			(0, "0.000000"),
			(-1, "-0.000001"),
			(900_000, "0.900000"),
			(i64::MIN, "-9223372036854.775808"),
		] {
			assert_eq!(millionths(number), text);
		}
	}

	#[test]
	fn a_name_can_not_act_on_the_terminal() {
		assert_eq!(
			plain("a\u{1b}[2Jb\r\n\u{202e}c"),
			"a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}c"
		);
		assert_eq!(plain("Charité 可信 \u{1f600}"), "Charité 可信 \u{1f600}");
	}

	proptest! {
		#[test]
		fn every_time_is_written(at in any::<u64>()) {
			prop_assert!(!time(at).is_empty() && !until(at).is_empty());
		}
	}
}
