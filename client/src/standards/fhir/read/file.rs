//! Splits a file into FHIR resources: a single one, an array, a Bundle, or NDJSON.

use super::{
	bundle::{self, is_replaced, Bundle, Entry, Fields},
	element::text,
	whole,
};
use crate::standards::record::Problem;
use serde::{
	de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
	Deserialize, Deserializer,
};
use serde_json::{json, value::RawValue, Map, Value};
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
	/// What can be read of a resource that can't be read whole: it tells whose it is, and which version.
	pub reading: Option<Value>,
	/// Its place in a Bundle.
	pub entry: Option<Entry>,
	/// Whether the bytes are those of the entry, not of its resource.
	pub is_entry: bool,
	/// Whether the bytes are those of the resource, all of it.
	pub is_whole: bool,
	/// Whether it is the part before it, read in another way.
	pub is_again: bool,
}

/// The byte order mark in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// The problem with bytes that are not UTF-8.
const NOT_UTF8: &str = "is not UTF-8";
/// How many times its length a file of lines is read in search of resources that span lines.
const VAIN: usize = 8;
/// In how many ways a record is read in which what names it is repeated. No system repeats it more often.
const READINGS: usize = 8;
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
			found.unreadable(0..bytes.len(), other_format(bytes).map_or(reason, str::to_owned));
			found.parts.iter_mut().for_each(|part| part.line = line);
		},
	}
	if found.parts.is_empty() {
		found.unreadable(0..bytes.len(), "has no record: was it written to its end?".into());
	}
	found.parts
}

/// What is wrong with a file of a format that is not read.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
	match bytes {
		[0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("is UTF-16: convert it to UTF-8"),
		[0x1f, 0x8b, ..] => Some("was packed with gzip twice: unpack it once"),
		_ if without_mark(bytes).trim_ascii_start().starts_with(b"<") => Some("is XML: export the records as JSON"),
		_ => None,
	}
}

/// Finds the resources of a file whose lines are resources. One may span lines; if it can't be read, it is reported
/// once, where it begins.
fn by_lines(bytes: &[u8], found: &mut Found<'_>) {
	let mut rest = lines(bytes).peekable();
	// How many bytes were read in vain.
	let mut spent = 0usize;
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
			// A file of lines that open what never ends must not take the square of its length.
			if spent <= bytes.len().saturating_mul(VAIN) {
				match Chunk::spanning(bytes, part.start) {
					Ok(chunk) => {
						let end = chunk.end();
						chunk.resources(chunk.whole(), None, found);
						while rest.next_if(|line| line.start < end).is_some() {}
						continue;
					},
					Err(lines) => spent = spent.saturating_add(found.span(part.start, lines)),
				}
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
	first.is_some_and(|line| Chunk::spanning(bytes, line.start).is_ok())
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
	/// How many bytes these many lines have, from that of this offset on.
	fn span(&self, start: usize, lines: usize) -> usize {
		let first = self.lines.partition_point(|line| *line <= start);
		let end = self.lines.get(first.saturating_add(lines).saturating_sub(1));
		end.copied().unwrap_or(self.bytes.len()).saturating_sub(start)
	}

	fn unreadable(&mut self, part: Range<usize>, reason: String) {
		self.part(part, Err(Problem::new("file", reason)), None);
	}

	fn unclear(
		&mut self,
		place: Range<usize>,
		problem: Problem,
		reading: Value,
		entry: Option<Entry>,
	) -> Option<&mut Part> {
		self.part(place, Err(problem), None);
		let part = self.parts.last_mut()?;
		(part.reading, part.entry) = (Some(reading), entry);
		Some(part)
	}

	fn part(&mut self, part: Range<usize>, resource: Result<Value, Problem>, entry: Option<Entry>) {
		self.parts.push(Part {
			line: self.lines.partition_point(|start| *start <= part.start).max(1),
			bytes: self.bytes.get(part).unwrap_or_default().to_vec(),
			reading: None,
			is_entry: entry.is_some() && matches!(resource, Ok(Value::Null)),
			is_whole: false,
			is_again: false,
			resource,
			entry,
		});
	}

	/// A resource that was read from all of these bytes.
	fn whole(&mut self, part: Range<usize>, resource: Value, entry: Option<Entry>) {
		self.part(part, Ok(resource), entry);
		if let Some(part) = self.parts.last_mut() {
			part.is_whole = true;
		}
	}
}

/// JSON in a file. Byte order marks and no-break spaces, which some systems put between tokens, are replaced by spaces
/// of the same length, so that every byte keeps its place, and bytes that are not UTF-8 by question marks.
struct Chunk {
	text: String,
	/// The offsets in the text of the bytes that are not UTF-8.
	damaged: Vec<usize>,
	/// The offset of the text in the file.
	start: usize,
}

impl Chunk {
	/// Reads bytes that begin at this offset, or reports what is wrong with them and on which of their lines.
	fn read(bytes: &[u8], start: usize) -> Result<Self, (String, usize)> {
		let (text, damaged) = replaced(bytes);
		let (text, levels) = relax(&text);
		if levels > LEVELS {
			return Err((format!("is nested more than {LEVELS} levels deep"), 1));
		}
		match serde_json::from_str::<&RawValue>(&text) {
			Ok(_) => Ok(Self { text, damaged, start }),
			Err(error) => Err(match damaged.first() {
				Some(first) => (NOT_UTF8.into(), lines(bytes.get(..*first).unwrap_or_default()).count()),
				None => (format!("is not JSON: {error}"), error.line().max(1)),
			}),
		}
	}

	/// Reads JSON that begins at this offset and ends with one of the lines that follow, or tells how many lines were
	/// read in vain.
	fn spanning(bytes: &[u8], start: usize) -> Result<Self, usize> {
		let rest = bytes.get(start..).unwrap_or_default();
		let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
		values.next().ok_or(0usize)?.map_err(|error| error.line())?;
		let (value, after) = rest.split_at_checked(values.byte_offset()).ok_or(0usize)?;
		let line = lines(after).next().and_then(|line| after.get(line)).unwrap_or_default();
		let is_whole = line.trim_ascii().is_empty();
		let read = is_whole.then(|| Self::read(value, start).ok()).flatten();
		read.ok_or_else(|| lines(value).count())
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
			_kind: Option<&'a RawValue>,
			#[serde(rename = "meta", borrow)]
			_meta: Option<&'a RawValue>,
			#[serde(borrow)]
			entry: Option<&'a RawValue>,
			#[serde(borrow)]
			link: Option<&'a RawValue>,
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
			match self.elements(part, "entry") {
				Ok(elements) => {
					let mut entries = Vec::new();
					if let Some(list) = head.entry {
						self.entries(list.get(), &mut entries);
					}
					let fields = entries.iter().map(|entry| entry.fields.clone()).collect();
					let bundle = Bundle::new(&elements, outer, fields, part.as_bytes());
					let before = found.parts.len();
					let mark = bundle.mark.clone();
					self.bundle(&Arc::new(bundle), entries, found);
					let is_empty = found.parts.len() == before;
					if let Some(link) = head.link {
						self.following(link.get(), found);
					}
					if is_empty && found.parts.len() == before {
						let total = elements.get("total").filter(|total| total.as_u64() != Some(0));
						let missing = total.map(|total| {
							Problem::new(
								"Bundle.entry",
								format!("has no resource, although the total is {total}"),
							)
						});
						let problem = mark.map(|mark| mark.problem).or(missing);
						let bundle = problem.map_or(Ok(Value::Object(elements)), Err);
						found.part(self.place(part), bundle, outer.cloned());
					}
				},
				Err(reason) => found.unreadable(self.place(part), reason),
			}
		} else {
			match serde_json::from_str::<Once>(part) {
				Ok(Once(value)) if self.damage(part) == 0 => found.whole(self.place(part), value, outer.cloned()),
				read => {
					let reason = read.map_or_else(|error| unreadable_reason(&error), |_| NOT_UTF8.into());
					let problem = Problem::new("file", reason);
					for (number, reading) in self.readings(part).into_iter().enumerate() {
						if let Some(part) = found.unclear(self.place(part), problem.clone(), reading, outer.cloned()) {
							part.is_again = number > 0;
						}
					}
				},
			}
		}
	}

	/// Names the page that follows a Bundle, which may be missing.
	fn following(&self, link: &str, found: &mut Found<'_>) {
		let read = serde_json::from_str(link).unwrap_or_default();
		if bundle::link(Some(&read), "next").is_some() {
			let page = json!({ "resourceType": "Bundle", "link": read });
			found.part(self.place(link), Ok(page), None);
		}
	}

	/// Finds the resources of a Bundle's entries. One without a resource may still say that something was done.
	fn bundle(&self, bundle: &Arc<Bundle>, entries: Vec<ReadEntry<'_>>, found: &mut Found<'_>) {
		for (position, read) in entries.into_iter().enumerate() {
			let bundle = bundle.clone();
			let entry = Entry { bundle, position };
			match (read.problem, read.resource) {
				(Some((problem, reading)), _) => {
					if let Some(part) = found.unclear(read.place, problem, reading, Some(entry)) {
						(part.is_entry, part.is_again) = (true, read.is_again);
					}
				},
				(None, Some(resource)) => self.resources(resource.get(), Some(&entry), found),
				(None, None) if read.fields.says_nothing() => (),
				(None, None) => found.part(read.place, Ok(Value::Null), Some(entry)),
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
		// An entry that can be read in several ways is taken for several.
		let unclear = |problem: Problem| {
			let ways = self.ways(
				part,
				&[
					("fullUrl", &[]),
					("request", &["method", "url"]),
					("response", &["location"]),
					("resource", &["resourceType", "id"]),
				],
			);
			let read = ways.into_iter().enumerate().map(|(number, mut read)| {
				// Whom and what the entry is about, as far as it can be read.
				let mut element = |name: &str| Some(read.get_mut(name)?.take()).filter(|value| !value.is_null());
				let resource = element("resource");
				ReadEntry {
					fields: Fields {
						full_url: element("fullUrl").and_then(|url| url.as_str().map(str::to_owned)),
						request: element("request"),
						response: element("response"),
						resource: resource.as_ref().and_then(only_kind),
						meta: Value::Null,
					},
					place: self.place(part),
					resource: None,
					problem: Some((problem.clone(), resource.unwrap_or_default())),
					is_again: number > 0,
				}
			});
			read.collect::<Vec<_>>()
		};
		let unreadable = |reason: String| unclear(Problem::new("file", reason));
		if part.starts_with('[') {
			match serde_json::from_str::<Vec<&RawValue>>(part) {
				Ok(list) => list.iter().for_each(|entry| self.entries(entry.get(), entries)),
				Err(error) => entries.extend(unreadable(format!("is not JSON: {error}"))),
			}
			return;
		}
		let elements = Some(part).filter(|part| part.starts_with('{'));
		entries.extend(match elements.map(serde_json::from_str::<Elements<'_>>) {
			Some(Ok(elements)) => {
				let within = elements.resource.map_or(0, |resource| self.damage(resource.get()));
				if self.damage(part) > within {
					entries.extend(unreadable(NOT_UTF8.into()));
					return;
				}
				let says = self.elements(part, "resource");
				let says = says.map_err(|reason| Problem::new("file", reason));
				if let Err(problem) = says.and_then(|says| whole::check_entry(&says)) {
					entries.extend(unclear(problem));
					return;
				}
				let full_url = elements.full_url.and_then(|Once(url)| url.as_str().map(str::to_owned));
				let fields = Fields {
					full_url,
					request: elements.request.map(|Once(request)| request),
					response: elements.response.map(|Once(response)| response),
					resource: elements.resource.and_then(|resource| self.who(resource.get())),
					meta: elements
						.resource
						.map(|resource| meta_of(resource.get()))
						.unwrap_or_default(),
				};
				vec![ReadEntry {
					fields,
					place: self.place(part),
					resource: elements.resource,
					problem: None,
					is_again: false,
				}]
			},
			Some(Err(error)) => unreadable(format!("is not an entry of a Bundle: {error}")),
			None => unreadable("is not an entry of a Bundle: an entry is an object".to_owned()),
		});
	}

	/// The elements of an object but one, or why they can't be read.
	fn elements(&self, part: &str, but: &str) -> Result<Map<String, Value>, String> {
		let ambiguous = |error: serde_json::Error| format!("is ambiguous JSON: {error}");
		let Members(members) = serde_json::from_str(part).map_err(ambiguous)?;
		let mut elements = Map::new();
		for (name, raw) in members.into_iter().filter(|(name, _)| name != but) {
			if elements.contains_key(&name) {
				return Err(format!("is ambiguous JSON: {name:?} is repeated"));
			}
			if self.damage(raw.get()) > 0 {
				return Err(NOT_UTF8.into());
			}
			let Once(value) = serde_json::from_str(raw.get()).map_err(ambiguous)?;
			elements.insert(name, value);
		}
		Ok(elements)
	}

	/// The type, the id and the identifiers of a resource, and what other person a patient is. What can't be read whole
	/// has only a type.
	fn who(&self, resource: &str) -> Option<Value> {
		#[derive(Deserialize)]
		#[serde(rename_all = "camelCase")]
		struct Who {
			resource_type: Option<Value>,
			id: Option<Value>,
			identifier: Option<Value>,
			active: Option<Value>,
			link: Option<Value>,
		}
		match serde_json::from_str(resource) {
			Ok(Who {
				resource_type,
				id,
				identifier,
				active,
				link,
			}) if self.damage(resource) == 0 => {
				let elements = [
					("resourceType", resource_type),
					("id", id),
					("identifier", identifier),
					("active", active),
					("link", link),
				];
				let elements = elements
					.into_iter()
					.filter_map(|(name, value)| Some((name.to_owned(), value?)));
				let mut who = Value::Object(elements.collect());
				if !is_replaced(&who) {
					for name in ["active", "link"] {
						who.as_object_mut().and_then(|elements| elements.remove(name));
					}
				}
				Some(who)
			},
			_ => only_kind(&self.lossy(resource)),
		}
	}

	/// How many bytes of a part of the text are not UTF-8.
	fn damage(&self, part: &str) -> usize {
		let place = self.place(part);
		let before = |end: usize| {
			let end = end.saturating_sub(self.start);
			self.damaged.partition_point(|offset| *offset < end)
		};
		before(place.end).saturating_sub(before(place.start))
	}

	/// What can be read of a value: null stands for what can't be, and for what is there more than once.
	fn lossy(&self, part: &str) -> Value {
		match part.as_bytes().first() {
			Some(b'{') => {
				let mut elements = Map::new();
				for (name, raw) in members(part) {
					let value = if elements.contains_key(&name) {
						Value::Null
					} else {
						self.lossy(raw.get())
					};
					elements.insert(name, value);
				}
				Value::Object(elements)
			},
			Some(b'[') => {
				let elements = serde_json::from_str::<Vec<&RawValue>>(part).unwrap_or_default();
				elements.iter().map(|raw| self.lossy(raw.get())).collect()
			},
			_ if self.damage(part) > 0 => Value::Null,
			_ => serde_json::from_str(part).unwrap_or_default(),
		}
	}

	/// What can be read of a resource: once for each document that it may be a version of. Whichever it is, what that
	/// permitted must not stay permitted.
	fn readings(&self, part: &str) -> Vec<Value> {
		let mut readings = self.ways(part, &[("resourceType", &[]), ("id", &[])]);
		let is_consent = |reading: &Value| text(reading, "resourceType") == Some("Consent");
		match readings.iter().any(is_consent) {
			true => readings.retain(is_consent),
			false => readings.truncate(1),
		}
		readings
	}

	/// What can be read of an object, in each way in which those of its elements can be taken that are named here, with
	/// the names of their own elements of which the same holds.
	fn ways(&self, part: &str, names: &[(&str, Names<'_>)]) -> Vec<Value> {
		let mut ways = vec![self.lossy(part)];
		for (name, within) in names {
			let within = within.iter().map(|name| (*name, &[][..])).collect::<Vec<_>>();
			let mut values = Vec::new();
			for (_, raw) in members(part).into_iter().filter(|(found, _)| found == name) {
				for value in self.ways(raw.get(), &within) {
					if values.len() < READINGS && !values.contains(&value) {
						values.push(value);
					}
				}
			}
			let taken = |way: &Value| {
				let with = |value: &Value| {
					let mut way = way.clone();
					way[*name] = value.clone();
					way
				};
				values.iter().map(with).collect::<Vec<_>>()
			};
			if !values.is_empty() {
				ways = ways.iter().flat_map(taken).take(READINGS).collect();
			}
		}
		ways
	}
}

/// Names of elements.
type Names<'a> = &'a [&'a str];

/// The members of an object in their order, also those of one name.
fn members(part: &str) -> Vec<(String, &RawValue)> {
	let members = serde_json::from_str::<Members<'_>>(part);
	members.map(|Members(members)| members).unwrap_or_default()
}

/// What the `meta` of a resource tells about its version.
fn meta_of(resource: &str) -> Value {
	#[derive(Deserialize)]
	struct Held {
		meta: Option<Meta>,
	}
	#[derive(Deserialize)]
	#[serde(rename_all = "camelCase")]
	struct Meta {
		version_id: Option<Value>,
		last_updated: Option<Value>,
	}
	let meta = serde_json::from_str::<Held>(resource).ok().and_then(|held| held.meta);
	meta.map(|meta| json!({ "versionId": meta.version_id, "lastUpdated": meta.last_updated }))
		.unwrap_or_default()
}

/// A resource with its type alone.
fn only_kind(resource: &Value) -> Option<Value> {
	let kind = resource.get("resourceType")?;
	Some(json!({ "resourceType": kind }))
}

/// An entry of a Bundle as it is read.
struct ReadEntry<'a> {
	/// What the Bundle says about it.
	fields: Fields,
	place: Range<usize>,
	resource: Option<&'a RawValue>,
	/// Why it can't be read, and what can be of its resource.
	problem: Option<(Problem, Value)>,
	/// Whether it is the entry before it, read in another way.
	is_again: bool,
}

/// A text of which half characters are replaced.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Visit;

		impl Visitor<'_> for Visit {
			type Value = Text;

			fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
				formatter.write_str("a text")
			}

			fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
				Ok(Text(String::from_utf8_lossy(bytes).into_owned()))
			}
		}

		deserializer.deserialize_bytes(Visit)
	}
}

/// What is wrong with a resource that is JSON and can't be read.
fn unreadable_reason(error: &serde_json::Error) -> String {
	let reason = error.to_string();
	if error.is_data() {
		format!("is ambiguous JSON: {error}")
	} else if reason.contains("hex escape") {
		format!("has half of a character, such as \"\\ud83d\" without its other half: export the record without it ({error})")
	} else {
		format!("has a value that can't be read: {error}")
	}
}

/// Bytes as text, with a question mark in the place of each byte that is not UTF-8, and the offsets of these.
fn replaced(bytes: &[u8]) -> (String, Vec<usize>) {
	let (mut text, mut damaged) = (String::with_capacity(bytes.len()), Vec::new());
	for chunk in bytes.utf8_chunks() {
		text.push_str(chunk.valid());
		for _ in chunk.invalid() {
			damaged.push(text.len());
			text.push('?');
		}
	}
	(text, damaged)
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

/// The members of an object in their order, also those of one name.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Visit;

		impl<'de> Visitor<'de> for Visit {
			type Value = Vec<(String, &'de RawValue)>;

			fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
				formatter.write_str("an object")
			}

			fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
				let mut found = Vec::new();
				while let Some((Text(name), value)) = members.next_entry()? {
					found.push((name, value));
				}
				Ok(found)
			}
		}

		deserializer.deserialize_map(Visit).map(Self)
	}
}

/// The name under which `serde_json` hands over a number that is none of Rust's, with its digits.
const NUMBER: &str = "$serde_json::private::Number";

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
				while let Some(name) = members.next_key::<String>()? {
					if name == NUMBER && object.is_empty() {
						let digits = members.next_value::<String>()?;
						return digits.parse().map(Value::Number).map_err(A::Error::custom);
					}
					if object.contains_key(&name) {
						return Err(A::Error::custom(format!("{name:?} is repeated")));
					}
					let Once(value) = members.next_value()?;
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
	fn what_can_be_read_of_a_damaged_resource_tells_whose_it_is() {
		for (damaged, reason) in [
			(&b"\"x\":\"M\xfcller\""[..], "not UTF-8"),
			(b"\"x\":\"\\ud83d\"", "half of a character"),
			(b"\"\\udc00\":1", "half of a character"),
			(b"\"x\":1,\"x\":2", "repeated"),
		] {
			let resource = [b"{\"resourceType\":\"Consent\",\"id\":\"c\",", damaged, b"}"].concat();
			let other = b"{\"resourceType\":\"A\"}";
			let bundle = [
				b"{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":",
				&resource[..],
				b"},{\"resource\":",
				other,
				b"}]}",
			];
			for (bytes, is_alone) in [(resource.clone(), true), (bundle.concat(), false)] {
				let parts = split(&bytes, false);
				assert_eq!(parts[0].bytes, resource);
				let problem = parts[0].resource.as_ref().unwrap_err();
				assert!(problem.reason.contains(reason), "{problem:?}");
				assert_eq!(parts[0].reading.as_ref().unwrap()["id"], "c", "{problem:?}");
				assert!(
					is_alone || (parts.len() == 2 && parts[1].resource.is_ok()),
					"{problem:?}"
				);
			}
		}
		let text = "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Consent\",\"id\":\"c\"},\"search\":1,\"fullUrl\":\"a\",\"fullUrl\":\"b\"}]}";
		let parts = split_text(text);
		assert!(parts[0].resource.is_err() && parts[0].is_entry && parts[0].entry.is_some());
		assert_eq!(parts[0].reading.as_ref().unwrap()["id"], "c");
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
	fn lines_that_open_what_never_ends_do_not_take_the_square_of_their_number() {
		let text = "[\n".repeat(200_000);
		let begun = std::time::Instant::now();
		assert_eq!(split(text.as_bytes(), true).len(), 200_000);
		assert!(begun.elapsed().as_secs() < 20);
	}

	#[test]
	fn a_resource_is_read_as_json_has_it() {
		let text = r#"{"a": [1, -2, 1.50, -0.0, 1e400, 123456789012345678901234567890], "b": {"c": null, "d": true}}"#;
		let parts = split_text(text);
		let read = parts[0].resource.as_ref().unwrap();
		assert_eq!(*read, serde_json::from_str::<Value>(text).unwrap());
		assert!(read.to_string().contains("1.50") && parts[0].is_whole);
	}

	#[test]
	fn a_record_that_repeats_its_id_without_end_takes_no_square() {
		let ids = (0..20_000)
			.map(|number| format!(r#","id":"{number}""#))
			.collect::<String>();
		let parts = split_text(&format!(r#"{{"resourceType":"Consent"{ids}}}"#));
		assert_eq!(parts.len(), READINGS);
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
