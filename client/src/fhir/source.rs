//! Reads files of FHIR records: single resources, arrays, Bundles, and NDJSON.

use super::Problem;
use kexin_primitives::H256;
use serde::{
	de::{Error as _, MapAccess, SeqAccess, Visitor},
	Deserialize, Deserializer,
};
use serde_json::{value::RawValue, Map, Value};
use std::{
	fmt, fs,
	ops::Range,
	path::{Path, PathBuf},
};

/// One resource of a file.
#[derive(Clone, Debug)]
pub struct Record {
	/// The file.
	pub file: PathBuf,
	/// The line that it begins on, counted from 1.
	pub line: usize,
	/// Its bytes as they stand in the file.
	pub raw: String,
	/// What they say.
	pub value: Value,
}

impl Record {
	/// The hash that names the record on the ledger: blake2-256 of its bytes.
	pub fn source(&self) -> H256 {
		H256(sp_crypto_hashing::blake2_256(self.raw.as_bytes()))
	}
}

/// Something in a file that could not be read.
#[derive(Clone, Debug)]
pub struct Unreadable {
	/// The file.
	pub file: PathBuf,
	/// The line, counted from 1.
	pub line: usize,
	/// Its bytes as they stand in the file.
	pub raw: Vec<u8>,
	/// What is wrong.
	pub problem: Problem,
}

/// The files under these paths, directories walked, in order of their names.
///
/// # Errors
/// When a path does not exist or can't be read.
pub fn files(paths: &[PathBuf]) -> std::io::Result<Vec<PathBuf>> {
	let mut found = Vec::new();
	for path in paths {
		if fs::metadata(path)?.is_dir() {
			let mut entries = fs::read_dir(path)?
				.map(|entry| entry.map(|entry| entry.path()))
				.collect::<Result<Vec<_>, _>>()?;
			entries.sort();
			let wanted =
				|path: &PathBuf| path.is_dir() || path.extension().is_some_and(|end| end == "json" || end == "ndjson");
			entries.retain(wanted);
			found.extend(files(&entries)?);
		} else {
			found.push(path.clone());
		}
	}
	Ok(found)
}

/// The byte order mark in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();
/// How deep arrays and objects may be nested in a file. FHIR's own are nested less than 30 deep.
const LEVELS: usize = 120;

/// Reads the records of one file. Nothing of it is passed over: what is no record is unreadable.
pub fn read(file: &Path) -> (Vec<Record>, Vec<Unreadable>) {
	let bytes = match fs::read(file) {
		Ok(bytes) => bytes,
		Err(error) => {
			let unreadable = Unreadable {
				file: file.to_owned(),
				line: 1,
				raw: Vec::new(),
				problem: Problem::new("file", format!("can't be read: {error}")),
			};
			return (Vec::new(), vec![unreadable]);
		},
	};
	let mut found = Found {
		file,
		bytes: &bytes,
		lines: lines(&bytes).map(|line| line.start).collect(),
		records: Vec::new(),
		unreadable: Vec::new(),
	};
	match Chunk::read(&bytes, 0) {
		Ok(chunk) => chunk.resources(chunk.whole(), &mut found),
		Err(_) if is_by_lines(file, &bytes) => {
			for line in lines(&bytes) {
				let part = trimmed(&bytes, line);
				if part.is_empty() {
					continue;
				}
				match Chunk::read(bytes.get(part.clone()).unwrap_or_default(), part.start) {
					Ok(chunk) => chunk.resources(chunk.whole(), &mut found),
					Err((reason, _)) => found.unreadable(part, reason),
				}
			}
		},
		Err((reason, line)) => {
			found.unreadable(0..bytes.len(), reason);
			found.unreadable.iter_mut().for_each(|bad| bad.line = line);
		},
	}
	(found.records, found.unreadable)
}

/// The lines, without what ends them.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
	let mut start = 0usize;
	bytes.split(|byte| *byte == b'\n').map(move |line| {
		let range = start..start.saturating_add(line.len());
		start = range.end.saturating_add(1);
		range
	})
}

/// A part without the white space around it, nor a byte order mark before it.
fn trimmed(bytes: &[u8], part: Range<usize>) -> Range<usize> {
	let line = bytes.get(part.clone()).unwrap_or_default();
	let begun = line.strip_prefix(MARK).unwrap_or(line).trim_ascii_start();
	let start = part.end.saturating_sub(begun.len());
	start..start.saturating_add(begun.trim_ascii_end().len())
}

/// Whether each line of what is no JSON as a whole is a record of its own, though some may be damaged.
fn is_by_lines(file: &Path, bytes: &[u8]) -> bool {
	let is_object = |line: Range<usize>| {
		let line = bytes.get(line).unwrap_or_default();
		// Inside of a record that goes over several lines, objects are indented.
		line.strip_prefix(MARK).unwrap_or(line).starts_with(b"{") && Chunk::read(line, 0).is_ok()
	};
	file.extension().is_some_and(|end| end == "ndjson") || lines(bytes).any(is_object)
}

/// What was found in a file.
struct Found<'a> {
	file: &'a Path,
	bytes: &'a [u8],
	/// Where each line begins.
	lines: Vec<usize>,
	records: Vec<Record>,
	unreadable: Vec<Unreadable>,
}

impl Found<'_> {
	fn line(&self, offset: usize) -> usize {
		self.lines.partition_point(|start| *start <= offset).max(1)
	}

	fn unreadable(&mut self, part: Range<usize>, reason: String) {
		self.unreadable.push(Unreadable {
			file: self.file.to_owned(),
			line: self.line(part.start),
			raw: self.bytes.get(part).unwrap_or_default().to_vec(),
			problem: Problem::new("file", reason),
		});
	}

	fn record(&mut self, part: Range<usize>, value: Value) {
		let line = self.line(part.start);
		let raw = String::from_utf8_lossy(self.bytes.get(part).unwrap_or_default());
		self.records.push(Record {
			file: self.file.to_owned(),
			line,
			raw: raw.into_owned(),
			value,
		});
	}
}

/// A part of a file that is JSON: what some systems put between its tokens, byte order marks and no-break spaces, is turned into
/// spaces, so that every byte keeps its place.
struct Chunk {
	text: String,
	/// Where it begins in the file.
	start: usize,
}

impl Chunk {
	/// What is wrong, and on which line of the part.
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
			Err(error) => Err((format!("is no JSON: {error}"), error.line().max(1))),
		}
	}

	fn whole(&self) -> &str {
		self.text.trim()
	}

	/// Where a part of the text stands in the file.
	fn place(&self, part: &str) -> Range<usize> {
		let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
		let start = self.start.saturating_add(offset);
		start..start.saturating_add(part.len())
	}

	/// Finds the resources in a value: itself, the elements of an array, or the entries of a Bundle.
	fn resources(&self, part: &str, found: &mut Found<'_>) {
		#[derive(Deserialize)]
		struct Head<'a> {
			#[serde(rename = "resourceType", borrow)]
			resource_type: Option<&'a RawValue>,
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
				Ok(elements) => elements.iter().for_each(|element| self.resources(element.get(), found)),
				Err(error) => found.unreadable(self.place(part), format!("is no JSON: {error}")),
			}
		} else if !part.starts_with('{') {
			found.unreadable(self.place(part), "is no JSON object: a FHIR resource is one".into());
		} else if let Some(head) = serde_json::from_str::<Head<'_>>(part).ok().filter(is_bundle) {
			if let Some(entries) = head.entry {
				self.entries(entries.get(), found);
			}
		} else {
			match serde_json::from_str::<Once>(part) {
				Ok(Once(value)) => found.record(self.place(part), value),
				Err(error) => found.unreadable(self.place(part), format!("is no JSON that says one thing: {error}")),
			}
		}
	}

	/// Finds the resources of a Bundle's entries. An entry may have none.
	fn entries(&self, part: &str, found: &mut Found<'_>) {
		#[derive(Deserialize)]
		struct Entry<'a> {
			#[serde(borrow)]
			resource: Option<&'a RawValue>,
		}
		if part.starts_with('[') {
			match serde_json::from_str::<Vec<&RawValue>>(part) {
				Ok(entries) => entries.iter().for_each(|entry| self.entries(entry.get(), found)),
				Err(error) => found.unreadable(self.place(part), format!("is no JSON: {error}")),
			}
			return;
		}
		let entry = Some(part).filter(|part| part.starts_with('{'));
		match entry.map(serde_json::from_str::<Entry<'_>>) {
			Some(Ok(entry)) => {
				if let Some(resource) = entry.resource {
					self.resources(resource.get(), found);
				}
			},
			Some(Err(error)) => found.unreadable(self.place(part), format!("is no entry of a Bundle: {error}")),
			None => found.unreadable(self.place(part), "is no entry of a Bundle: one is an object".into()),
		}
	}
}

/// The text with what some systems put between JSON's tokens turned into spaces, and how deep it is nested.
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

/// A value in which no name is there twice: readers of JSON differ in which of two they take, and a consent must not be read in two ways.
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
						return Err(A::Error::custom(format!("{name:?} is there twice")));
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

	fn read_text(text: &str) -> (Vec<Record>, Vec<Unreadable>) {
		let directory = tempfile::tempdir().unwrap();
		let file = directory.path().join("file.json");
		fs::write(&file, text).unwrap();
		read(&file)
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
			let (records, problems) = read_text(&text);
			assert!(problems.is_empty(), "{text}: {problems:?}");
			assert_eq!(
				records.iter().map(|record| &record.raw[..]).collect::<Vec<_>>(),
				[a, b],
				"{text}"
			);
			assert_eq!(records[0].line, 1);
			assert!(records[1].line > 1);
		}
	}

	#[test]
	fn what_is_no_record_is_reported_with_its_line() {
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
			let (_, problems) = read_text(text);
			assert_eq!(problems.len(), 1, "{text:?}");
			assert_eq!(problems[0].line, line, "{text:?}: {:?}", problems[0].problem);
		}
	}

	#[test]
	fn one_bad_line_does_not_take_the_others_with_it() {
		let (a, b) = ("{\"a\":\"\u{a0}\"}", "{\"b\":1}");
		let directory = tempfile::tempdir().unwrap();
		let file = directory.path().join("file.json");
		// A line that is torn in a string, and one that is not UTF-8.
		let bytes = [
			b"{\"x\":\"\n",
			a.as_bytes(),
			b"\r\n{\"x\":\"\xff\"}\r\n\xc2\xa0",
			b.as_bytes(),
		]
		.concat();
		fs::write(&file, bytes).unwrap();
		let (records, problems) = read(&file);
		let records = records.iter().map(|record| (record.line, &record.raw[..]));
		assert_eq!(records.collect::<Vec<_>>(), [(2, a), (4, b)]);
		let problems = problems.iter().map(|bad| (bad.line, &bad.raw[..]));
		assert_eq!(
			problems.collect::<Vec<_>>(),
			[(1, &b"{\"x\":\""[..]), (3, b"{\"x\":\"\xff\"}")]
		);
	}

	#[test]
	fn depth_is_reported_before_it_fills_the_stack() {
		for (open, close) in [
			("[", "]"),
			("{\"resourceType\":\"Bundle\",\"entry\":{\"resource\":", "}}"),
		] {
			let (records, problems) = read_text(&format!("{}{{}}{}", open.repeat(100_000), close.repeat(100_000)));
			assert_eq!((records.len(), problems.len()), (0, 1));
		}
		let (records, _) = read_text(&format!("{}{{}}{}", "[".repeat(100), "]".repeat(100)));
		assert_eq!(records.len(), 1);
	}
}
