//! Reads files of FHIR records: single resources, arrays, Bundles, and NDJSON.

use super::Problem;
use kexin_primitives::H256;
use serde::Deserialize;
use serde_json::{value::RawValue, Value};
use std::{
	fs,
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
	/// Its bytes, as far as they are text.
	pub raw: String,
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

/// Reads the records of one file. Nothing of it is passed over: what is no record is unreadable.
pub fn read(file: &Path) -> (Vec<Record>, Vec<Unreadable>) {
	let unreadable = |line, raw: &str, reason: String| Unreadable {
		file: file.to_owned(),
		line,
		raw: raw.to_owned(),
		problem: Problem::new("file", reason),
	};
	let bytes = match fs::read(file) {
		Ok(bytes) => bytes,
		Err(error) => return (Vec::new(), vec![unreadable(1, "", format!("can't be read: {error}"))]),
	};
	let original = match String::from_utf8(bytes) {
		Ok(text) => text,
		Err(error) => {
			let raw = String::from_utf8_lossy(error.as_bytes()).into_owned();
			return (Vec::new(), vec![unreadable(1, &raw, "is not UTF-8".into())]);
		},
	};
	let text = relax(&original);
	let reader = Reader {
		file,
		original: &original,
		text: &text,
	};

	let whole = match serde_json::from_str::<&RawValue>(&text) {
		Ok(raw) => return reader.resources(raw),
		Err(error) => error,
	};
	let lines = text.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>();
	let is_ndjson = lines.len() > 1
		&& lines
			.first()
			.is_some_and(|line| serde_json::from_str::<Value>(line).is_ok());
	if !is_ndjson {
		let reason = format!("is no JSON: {whole}");
		return (Vec::new(), vec![unreadable(whole.line().max(1), &original, reason)]);
	}
	let (mut records, mut problems) = (Vec::new(), Vec::new());
	for line in lines {
		match serde_json::from_str::<&RawValue>(line.trim()) {
			Ok(raw) => {
				let (more, bad) = reader.resources(raw);
				records.extend(more);
				problems.extend(bad);
			},
			Err(error) => problems.push(unreadable(reader.line(line), line, format!("is no JSON: {error}"))),
		}
	}
	(records, problems)
}

/// The text with what some systems put between JSON's tokens, byte order marks and no-break spaces, turned into spaces. Every
/// byte keeps its place.
fn relax(text: &str) -> String {
	let (mut in_string, mut escaped) = (false, false);
	let mut relaxed = String::with_capacity(text.len());
	for letter in text.chars() {
		match letter {
			'\u{a0}' | '\u{feff}' if !in_string => relaxed.extend(std::iter::repeat_n(' ', letter.len_utf8())),
			_ => relaxed.push(letter),
		}
		(in_string, escaped) = match letter {
			_ if escaped => (in_string, false),
			'\\' if in_string => (true, true),
			'"' => (!in_string, false),
			_ => (in_string, false),
		};
	}
	relaxed
}

/// A file's text, to find where a part of it stands.
struct Reader<'a> {
	file: &'a Path,
	original: &'a str,
	text: &'a str,
}

impl Reader<'_> {
	/// Where a part of the text begins.
	fn offset(&self, part: &str) -> usize {
		(part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
	}

	fn line(&self, part: &str) -> usize {
		self.text
			.as_bytes()
			.iter()
			.take(self.offset(part))
			.filter(|byte| **byte == b'\n')
			.count()
			.saturating_add(1)
	}

	/// The resources in a value: itself, the elements of an array, or the entries of a Bundle.
	fn resources(&self, raw: &RawValue) -> (Vec<Record>, Vec<Unreadable>) {
		#[derive(Deserialize)]
		struct Bundle<'a> {
			#[serde(rename = "resourceType")]
			resource_type: Option<String>,
			#[serde(borrow, default)]
			entry: Vec<Entry<'a>>,
		}
		#[derive(Deserialize)]
		struct Entry<'a> {
			#[serde(borrow)]
			resource: Option<&'a RawValue>,
		}

		let parts = if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
			elements
		} else {
			match serde_json::from_str::<Bundle>(raw.get()) {
				Ok(bundle) if bundle.resource_type.as_deref() == Some("Bundle") => {
					bundle.entry.into_iter().filter_map(|entry| entry.resource).collect()
				},
				_ => return self.one(raw),
			}
		};
		let (mut records, mut problems) = (Vec::new(), Vec::new());
		for part in parts {
			let (more, bad) = self.resources(part);
			records.extend(more);
			problems.extend(bad);
		}
		(records, problems)
	}

	fn one(&self, raw: &RawValue) -> (Vec<Record>, Vec<Unreadable>) {
		let (offset, line) = (self.offset(raw.get()), self.line(raw.get()));
		let original = self
			.original
			.get(offset..offset.saturating_add(raw.get().len()))
			.unwrap_or(raw.get());
		let (file, original) = (self.file.to_owned(), original.to_owned());
		let unreadable = |reason: &str| {
			let problem = Problem::new("file", reason);
			(
				Vec::new(),
				vec![Unreadable {
					file: file.clone(),
					line,
					raw: original.clone(),
					problem,
				}],
			)
		};
		match serde_json::from_str::<Value>(raw.get()) {
			Ok(value @ Value::Object(_)) => (
				vec![Record {
					file: file.clone(),
					line,
					raw: original.clone(),
					value,
				}],
				Vec::new(),
			),
			Ok(_) => unreadable("is no JSON object: a FHIR resource is one"),
			Err(error) => unreadable(&format!("is no JSON: {error}")),
		}
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
		] {
			let (_, problems) = read_text(text);
			assert_eq!(problems.len(), 1, "{text:?}");
			assert_eq!(problems[0].line, line, "{text:?}: {:?}", problems[0].problem);
		}
	}
}
