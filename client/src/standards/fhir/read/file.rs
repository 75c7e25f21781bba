//! Splits a file into FHIR resources: a single one, an array, a Bundle, or NDJSON.

use super::bundle::{Bundle, Entry, Fields};
use crate::standards::record::Problem;
use serde::{
	de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
	Deserialize, Deserializer,
};
use serde_json::{value::RawValue, Map, Value};
use std::{fmt, ops::Range, sync::Arc};

/// A part of a file: a resource, or what should have been one.
#[derive(Clone, Debug)]
pub struct Part {
	/// The line that it begins on, counted from 1.
	pub line: usize,
	/// Its bytes, exactly as in the file.
	pub bytes: Vec<u8>,
	/// The resource, or why the bytes are none. It is null for an entry of a Bundle that has no resource.
	pub resource: Result<Value, Problem>,
	/// One of the readings of a resource that has several.
	pub ambiguous: Option<Value>,
	/// Its place in a Bundle.
	pub entry: Option<Entry>,
}

/// The byte order mark in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// The deepest nesting of arrays and objects in a file. FHIR's own resources stay below 30.
const LEVELS: usize = 120;

/// Bytes without the byte order mark that they may begin with.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
	bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// Splits a file. It skips nothing. With `ndjson`, each line is a resource of its own even where none of them can be
/// read. Resources that span lines follow each other as well.
pub fn split(bytes: &[u8], ndjson: bool) -> Vec<Part> {
	let mut found = Found {
		bytes,
		lines: lines(bytes).map(|line| line.start).collect(),
		parts: Vec::new(),
	};
	match Chunk::read(bytes, 0) {
		Ok(chunk) => chunk.resources(chunk.whole(), None, &mut found),
		Err(_) if ndjson || lines(bytes).any(|line| is_resource(bytes, line)) || is_sequence(bytes) => {
			by_lines(bytes, &mut found);
		},
		Err((reason, line)) => {
			found.unreadable(0..bytes.len(), reason);
			found.parts.iter_mut().for_each(|part| part.line = line);
		},
	}
	found.parts
}

/// Finds the resources of a file whose lines are resources. One may span lines; if it can't be read, it is reported
/// once, where it begins.
fn by_lines(bytes: &[u8], found: &mut Found<'_>) {
	let mut rest = lines(bytes).peekable();
	while let Some(whole_line) = rest.next() {
		let line = trimmed(bytes, whole_line.clone());
		if line.is_empty() {
			continue;
		}
		let text = bytes.get(line.clone()).unwrap_or_default();
		let reason = match Chunk::read(text, line.start) {
			Ok(chunk) => {
				chunk.resources(chunk.whole(), None, found);
				continue;
			},
			Err((reason, _)) => reason,
		};
		let mut part = line;
		if opens(bytes, whole_line) {
			if let Some(chunk) = Chunk::spanning(bytes, part.start) {
				let end = chunk.end();
				chunk.resources(chunk.whole(), None, found);
				while rest.next_if(|line| line.start < end).is_some() {}
				continue;
			}
			// What is inside of it is indented.
			let inside = |line: &Range<usize>| {
				let first = bytes.get(line.clone()).and_then(|line| line.first());
				first.is_none_or(|first| matches!(first, b' ' | b'\t' | b'\r' | b'}' | b']'))
			};
			while let Some(line) = rest.next_if(inside) {
				part.end = part.end.max(line.end);
			}
		}
		found.unreadable(trimmed(bytes, part), reason);
	}
}

/// Whether a file that is not JSON as a whole begins with a resource that spans lines.
fn is_sequence(bytes: &[u8]) -> bool {
	let first = lines(bytes)
		.map(|line| trimmed(bytes, line))
		.find(|line| !line.is_empty());
	first.is_some_and(|line| Chunk::spanning(bytes, line.start).is_some())
}

/// The lines, without their line feeds.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
	let mut start = 0usize;
	bytes.split(|byte| *byte == b'\n').map(move |line| {
		let range = start..start.saturating_add(line.len());
		start = range.end.saturating_add(1);
		range
	})
}

/// A part without the byte order mark and the white space around it.
fn trimmed(bytes: &[u8], part: Range<usize>) -> Range<usize> {
	let line = bytes.get(part.clone()).unwrap_or_default();
	let begun = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).trim_ascii_start();
	let start = part.end.saturating_sub(begun.len());
	start..start.saturating_add(begun.trim_ascii_end().len())
}

/// Whether a line of a file that is not JSON as a whole is a resource of its own.
fn is_resource(bytes: &[u8], line: Range<usize>) -> bool {
	let line = bytes.get(line).unwrap_or_default();
	// Inside of a resource that spans several lines, objects are indented.
	without_mark(line).starts_with(b"{") && Chunk::read(line, 0).is_ok()
}

/// Whether a line opens a resource that spans lines: inside of it, brackets are indented.
fn opens(bytes: &[u8], line: Range<usize>) -> bool {
	let line = bytes.get(line).unwrap_or_default();
	matches!(without_mark(line).trim_ascii_end(), b"{" | b"[")
}

/// The parts found in a file.
struct Found<'a> {
	bytes: &'a [u8],
	/// Where each line begins.
	lines: Vec<usize>,
	parts: Vec<Part>,
}

impl Found<'_> {
	fn unreadable(&mut self, part: Range<usize>, reason: String) {
		self.part(part, Err(Problem::new("file", reason)), None);
	}

	fn ambiguous(&mut self, part: Range<usize>, reason: String, reading: Option<Value>, entry: Option<Entry>) {
		self.unreadable(part, reason);
		if let Some(part) = self.parts.last_mut() {
			(part.ambiguous, part.entry) = (reading, entry);
		}
	}

	fn part(&mut self, part: Range<usize>, resource: Result<Value, Problem>, entry: Option<Entry>) {
		self.parts.push(Part {
			line: self.lines.partition_point(|start| *start <= part.start).max(1),
			bytes: self.bytes.get(part).unwrap_or_default().to_vec(),
			resource,
			ambiguous: None,
			entry,
		});
	}
}

/// JSON in a file. Byte order marks and no-break spaces, which some systems put between tokens, are replaced by spaces
/// of the same length, so that every byte keeps its place.
struct Chunk {
	text: String,
	/// The offset of the text in the file.
	start: usize,
}

impl Chunk {
	/// Reads bytes that begin at this offset, or reports what is wrong with them and on which of their lines.
	fn read(bytes: &[u8], start: usize) -> Result<Self, (String, usize)> {
		let text = std::str::from_utf8(bytes).map_err(|error| {
			let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
			("is not UTF-8".to_owned(), lines(before).count())
		})?;
		let (text, levels) = relax(text);
		if levels > LEVELS {
			return Err((format!("is nested more than {LEVELS} levels deep"), 1));
		}
		match serde_json::from_str::<&RawValue>(&text) {
			Ok(_) => Ok(Self { text, start }),
			Err(error) => Err((format!("is not JSON: {error}"), error.line().max(1))),
		}
	}

	/// Reads JSON that begins at this offset and ends with one of the lines that follow.
	fn spanning(bytes: &[u8], start: usize) -> Option<Self> {
		let rest = bytes.get(start..)?;
		let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
		values.next()?.ok()?;
		let (value, after) = rest.split_at_checked(values.byte_offset())?;
		let after = lines(after).next().unwrap_or_default();
		if !rest.get(value.len()..)?.get(after)?.trim_ascii().is_empty() {
			return None;
		}
		Self::read(value, start).ok()
	}

	/// The offset in the file at which the text ends.
	fn end(&self) -> usize {
		self.start.saturating_add(self.text.len())
	}

	fn whole(&self) -> &str {
		self.text.trim()
	}

	/// The place in the file of a part of the text.
	fn place(&self, part: &str) -> Range<usize> {
		let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
		let start = self.start.saturating_add(offset);
		start..start.saturating_add(part.len())
	}

	/// Finds the resources in a value, which may be in an entry: itself, the elements of an array, or the entries of a
	/// Bundle.
	fn resources(&self, part: &str, outer: Option<&Entry>, found: &mut Found<'_>) {
		#[derive(Deserialize)]
		struct Head<'a> {
			#[serde(rename = "resourceType", borrow)]
			resource_type: Option<&'a RawValue>,
			#[serde(rename = "type", borrow)]
			kind: Option<&'a RawValue>,
			#[serde(borrow)]
			meta: Option<&'a RawValue>,
			#[serde(borrow)]
			entry: Option<&'a RawValue>,
		}
		let is_bundle = |head: &Head<'_>| {
			let name = head
				.resource_type
				.map(|name| serde_json::from_str::<String>(name.get()));
			matches!(name, Some(Ok(name)) if name == "Bundle")
		};
		if part.starts_with('[') {
			match serde_json::from_str::<Vec<&RawValue>>(part) {
				Ok(elements) => elements
					.iter()
					.for_each(|element| self.resources(element.get(), outer, found)),
				Err(error) => found.unreadable(self.place(part), format!("is not JSON: {error}")),
			}
		} else if !part.starts_with('{') {
			found.unreadable(
				self.place(part),
				"is not a JSON object, as a FHIR resource must be".into(),
			);
		} else if let Some(head) = serde_json::from_str::<Head<'_>>(part).ok().filter(is_bundle) {
			let read = |raw: Option<&RawValue>| raw.map(|raw| serde_json::from_str::<Once>(raw.get())).transpose();
			match (read(head.kind), read(head.meta)) {
				(Ok(kind), Ok(meta)) => {
					let kind = kind.and_then(|Once(kind)| kind.as_str().map(str::to_owned));
					let meta = meta.map(|Once(meta)| meta);
					let mut entries = Vec::new();
					if let Some(list) = head.entry {
						self.entries(list.get(), &mut entries);
					}
					let fields = entries.iter().flatten().map(|(fields, ..)| fields.clone()).collect();
					let bundle = Bundle::new(kind, meta, outer, fields, part.as_bytes());
					self.bundle(&Arc::new(bundle), entries, found);
				},
				(Err(error), _) | (_, Err(error)) => {
					found.unreadable(self.place(part), format!("is ambiguous JSON: {error}"));
				},
			}
		} else {
			match serde_json::from_str::<Once>(part) {
				Ok(Once(value)) => found.part(self.place(part), Ok(value), outer.cloned()),
				Err(error) => {
					let reading = serde_json::from_str(part).ok();
					let reason = format!("is ambiguous JSON: {error}");
					found.ambiguous(self.place(part), reason, reading, outer.cloned());
				},
			}
		}
	}

	/// Finds the resources of a Bundle's entries. One without a resource may still say that something was done.
	fn bundle(&self, bundle: &Arc<Bundle>, entries: Vec<ReadEntry<'_>>, found: &mut Found<'_>) {
		let mut position = 0usize;
		for entry in entries {
			match entry {
				Ok((fields, place, resource)) => {
					let bundle = bundle.clone();
					let entry = Entry { bundle, position };
					position = position.saturating_add(1);
					match resource {
						Some(resource) => self.resources(resource.get(), Some(&entry), found),
						None if fields.says_nothing() => (),
						None => found.part(place, Ok(Value::Null), Some(entry)),
					}
				},
				Err((part, reason)) => found.unreadable(part, reason),
			}
		}
	}

	/// Reads the entries of a Bundle.
	fn entries<'a>(&self, part: &'a str, entries: &mut Vec<ReadEntry<'a>>) {
		#[derive(Deserialize)]
		#[serde(rename_all = "camelCase")]
		struct Elements<'a> {
			full_url: Option<Once>,
			request: Option<Once>,
			response: Option<Once>,
			#[serde(borrow)]
			resource: Option<&'a RawValue>,
		}
		if part.starts_with('[') {
			match serde_json::from_str::<Vec<&RawValue>>(part) {
				Ok(list) => list.iter().for_each(|entry| self.entries(entry.get(), entries)),
				Err(error) => entries.push(Err((self.place(part), format!("is not JSON: {error}")))),
			}
			return;
		}
		let elements = Some(part).filter(|part| part.starts_with('{'));
		entries.push(match elements.map(serde_json::from_str::<Elements<'_>>) {
			Some(Ok(elements)) => {
				let full_url = elements.full_url.and_then(|Once(url)| url.as_str().map(str::to_owned));
				let fields = Fields {
					full_url,
					request: elements.request.map(|Once(request)| request),
					response: elements.response.map(|Once(response)| response),
					resource: elements.resource.and_then(|resource| who(resource.get())),
				};
				Ok((fields, self.place(part), elements.resource))
			},
			Some(Err(error)) => Err((self.place(part), format!("is not an entry of a Bundle: {error}"))),
			None => Err((
				self.place(part),
				"is not an entry of a Bundle: an entry is an object".to_owned(),
			)),
		});
	}
}

/// What a Bundle says about an entry, its place, and its resource; or the place of one that can't be read, and why.
type ReadEntry<'a> = Result<(Fields, Range<usize>, Option<&'a RawValue>), (Range<usize>, String)>;

/// The type, the id and the identifiers of a resource.
fn who(resource: &str) -> Option<Value> {
	#[derive(Deserialize)]
	#[serde(rename_all = "camelCase")]
	struct Who {
		resource_type: Option<Value>,
		id: Option<Value>,
		identifier: Option<Value>,
	}
	let Who {
		resource_type,
		id,
		identifier,
	} = serde_json::from_str(resource).ok()?;
	let elements = [("resourceType", resource_type), ("id", id), ("identifier", identifier)];
	let elements = elements
		.into_iter()
		.filter_map(|(name, value)| Some((name.to_owned(), value?)));
	Some(Value::Object(elements.collect()))
}

/// The text with byte order marks and no-break spaces between tokens replaced, and how deeply it is nested.
fn relax(text: &str) -> (String, usize) {
	let (mut in_string, mut escaped) = (false, false);
	let (mut level, mut levels) = (0usize, 0usize);
	let mut relaxed = String::with_capacity(text.len());
	for letter in text.chars() {
		match letter {
			'\u{a0}' | '\u{feff}' if !in_string => relaxed.extend(std::iter::repeat_n(' ', letter.len_utf8())),
			_ => relaxed.push(letter),
		}
		match letter {
			'[' | '{' if !in_string => level = level.saturating_add(1),
			']' | '}' if !in_string => level = level.saturating_sub(1),
			_ => (),
		}
		levels = levels.max(level);
		(in_string, escaped) = match letter {
			_ if escaped => (in_string, false),
			'\\' if in_string => (true, true),
			'"' => (!in_string, false),
			_ => (in_string, false),
		};
	}
	(relaxed, levels)
}

/// A value in which no name of an object is repeated. Parsers differ in which of two values they take, and a consent
/// must not have two readings.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Visit;

		impl<'de> Visitor<'de> for Visit {
			type Value = Value;

			fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
				formatter.write_str("JSON")
			}

			fn visit_unit<E>(self) -> Result<Value, E> {
				Ok(Value::Null)
			}

			fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
				Ok(value.into())
			}

			fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
				Ok(value.into())
			}

			fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
				Ok(value.into())
			}

			fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
				Ok(value.into())
			}

			fn visit_str<E>(self, value: &str) -> Result<Value, E> {
				Ok(value.into())
			}

			fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
				let mut list = Vec::new();
				while let Some(Once(element)) = elements.next_element()? {
					list.push(element);
				}
				Ok(list.into())
			}

			fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
				let mut object = Map::new();
				while let Some((name, Once(value))) = members.next_entry::<String, _>()? {
					if object.contains_key(&name) {
						return Err(A::Error::custom(format!("{name:?} is repeated")));
					}
					object.insert(name, value);
				}
				Ok(object.into())
			}
		}

		deserializer.deserialize_any(Visit).map(Self)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn split_text(text: &str) -> Vec<Part> {
		split(text.as_bytes(), false)
	}

	#[test]
	fn every_form_is_read_with_its_own_bytes() {
		let (a, b) = (r#"{"resourceType":"A", "x" : 1}"#, r#"{"resourceType":"B"}"#);
		for text in [
			format!("[{a},\n{b}]"),
			format!("{a}\r\n{b}\r\n"),
			format!("\u{feff}{a}\n\n{b}"),
			format!(
				"{{\"resourceType\":\"Bundle\",\u{a0}\"entry\":[{{\"resource\":{a}}},\n{{}},{{\"resource\":{b}}}]}}"
			),
		] {
			let parts = split_text(&text);
			let bytes = parts.iter().map(|part| &part.bytes[..]);
			assert_eq!(bytes.collect::<Vec<_>>(), [a.as_bytes(), b.as_bytes()], "{text}");
			assert!(parts.iter().all(|part| part.resource.is_ok()), "{text}: {parts:?}");
			assert_eq!(parts[0].line, 1);
			assert!(parts[1].line > 1);
		}
	}

	#[test]
	fn what_is_not_a_resource_is_reported_with_its_line() {
		for (text, line) in [
			("", 1),
			("{", 1),
			("17", 1),
			("{}\n{\n", 2),
			("[{}, 3]", 1),
			("{\"a\": 1}\n\nnot json\n", 3),
			("not json\n{\"a\": 1}\n", 1),
			("{\"a\": {\"b\": 1, \"b\": 2}}", 1),
			("{\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {}},\n3]}", 2),
			(
				"{\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {}, \"resource\": {}}]}",
				1,
			),
			("{\"resourceType\": \"Bundle\",\n\"entry\": true}", 2),
		] {
			let parts = split_text(text);
			let unreadable = parts.iter().filter(|part| part.resource.is_err());
			assert_eq!(unreadable.map(|part| part.line).collect::<Vec<_>>(), [line], "{text:?}");
		}
	}

	#[test]
	fn one_bad_line_does_not_take_the_others_with_it() {
		let (a, b) = ("{\"a\":\"\u{a0}\"}", "{\"b\":1}");
		// A line that is torn in a string, and one that is not UTF-8.
		let bytes = [
			b"{\"x\":\"\n",
			a.as_bytes(),
			b"\r\n{\"x\":\"\xff\"}\r\n\xc2\xa0",
			b.as_bytes(),
		]
		.concat();
		let parts = split(&bytes, false);
		let found = parts
			.iter()
			.map(|part| (part.line, &part.bytes[..], part.resource.is_ok()));
		assert_eq!(
			found.collect::<Vec<_>>(),
			[
				(1, &b"{\"x\":\""[..], false),
				(2, a.as_bytes(), true),
				(3, b"{\"x\":\"\xff\"}", false),
				(4, b.as_bytes(), true)
			]
		);
	}

	#[test]
	fn resources_that_span_lines_follow_each_other() {
		let (a, b) = ("{\n \"a\": [\n  1\n ]\n}", "{\n \"b\": {}\n}");
		for ndjson in [false, true] {
			let parts = split(format!("{a}\n{b}\n{{\"c\":1}}\n").as_bytes(), ndjson);
			let found = parts
				.iter()
				.map(|part| (part.line, &part.bytes[..], part.resource.is_ok()));
			let expected = [
				(1, a.as_bytes(), true),
				(6, b.as_bytes(), true),
				(9, &b"{\"c\":1}"[..], true),
			];
			assert_eq!(found.collect::<Vec<_>>(), expected);
		}
	}

	#[test]
	fn a_resource_that_spans_lines_and_is_damaged_is_reported_once() {
		let (broken, whole) = ("{\n \"a\": [\n  1\n }\n}", "{\n \"b\": 1\n}");
		let text = format!("{whole}\n{broken}\n{whole}\n{{\"c\":1}}\n");
		let parts = split(text.as_bytes(), true);
		let found = parts
			.iter()
			.map(|part| (part.line, &part.bytes[..], part.resource.is_ok()));
		let expected = [
			(1, whole.as_bytes(), true),
			(4, broken.as_bytes(), false),
			(9, whole.as_bytes(), true),
			(12, &b"{\"c\":1}"[..], true),
		];
		assert_eq!(found.collect::<Vec<_>>(), expected);
	}

	#[test]
	fn depth_is_reported_before_it_fills_the_stack() {
		for (open, close) in [
			("[", "]"),
			("{\"resourceType\":\"Bundle\",\"entry\":{\"resource\":", "}}"),
		] {
			let parts = split_text(&format!("{}{{}}{}", open.repeat(100_000), close.repeat(100_000)));
			assert!(matches!(&parts[..], [part] if part.resource.is_err()));
		}
		let parts = split_text(&format!("{}{{}}{}", "[".repeat(100), "]".repeat(100)));
		assert!(matches!(&parts[..], [part] if part.resource.is_ok()));
	}
}
