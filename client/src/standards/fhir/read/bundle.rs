//! What a Bundle says about its entries: where each is from, what was done with it, and what the others are called.

use super::{
	element::text,
	identity::{literal, Literal},
	whole,
};
use crate::standards::record::{Place, Problem};
use kexin_primitives::H256;
use serde_json::{json, Map, Value};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// A Bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
	/// Its `type`, such as `history`.
	pub kind: Option<String>,
	/// blake2-256 of its bytes, if it is a history.
	pub history: Option<H256>,
	/// The problem with its `meta`, or with that of the Bundle around it.
	pub mark: Option<Problem>,
	/// Its `meta`.
	meta: Option<Value>,
	/// What it says about each entry.
	entries: Vec<Fields>,
	/// The entries with each `fullUrl`.
	by_url: BTreeMap<String, Vec<usize>>,
}

/// An entry of a Bundle.
#[derive(Clone, Debug)]
pub struct Entry {
	/// The Bundle.
	pub bundle: Arc<Bundle>,
	/// The number of the entry, from 0.
	pub position: usize,
}

/// What a Bundle says about an entry, and who the entry's resource is.
#[derive(Clone, Debug, Default)]
pub struct Fields {
	/// The address of the resource.
	pub full_url: Option<String>,
	/// What was asked for.
	pub request: Option<Value>,
	/// What the server answered.
	pub response: Option<Value>,
	/// The type, the id and the identifiers of the resource, if there is one.
	pub resource: Option<Value>,
}

impl Bundle {
	/// A Bundle with these elements and bytes, in another one or not.
	pub fn new(
		kind: Option<String>,
		meta: Option<Value>,
		outer: Option<&Entry>,
		entries: Vec<Fields>,
		bytes: &[u8],
	) -> Self {
		let mark = whole::mark("Bundle", meta.as_ref());
		let mut by_url = BTreeMap::<String, Vec<usize>>::new();
		for (position, fields) in entries.iter().enumerate() {
			if let Some(url) = &fields.full_url {
				by_url.entry(key(url)).or_default().push(position);
			}
		}
		let is_history = kind.as_deref() == Some("history");
		Self {
			kind,
			history: is_history.then(|| H256(sp_crypto_hashing::blake2_256(bytes))),
			mark: mark.or_else(|| outer?.bundle.mark.clone()),
			meta,
			entries,
			by_url,
		}
	}

	/// The entries with this `fullUrl`.
	pub fn at(&self, url: &str) -> impl Iterator<Item = &Fields> {
		let positions = self.by_url.get(&key(url)).into_iter().flatten();
		positions.filter_map(|position| self.entries.get(*position))
	}
}

impl Entry {
	/// What the Bundle says about it.
	pub fn fields(&self) -> Option<&Fields> {
		self.bundle.entries.get(self.position)
	}

	/// Its place, if the Bundle is a history.
	pub fn place(&self) -> Option<Place> {
		Some(Place {
			history: self.bundle.history?,
			number: u32::try_from(self.position).ok()?,
		})
	}

	/// The server that the resource is from, if it is a record.
	pub fn server_of_record(&self) -> Option<String> {
		let fields = self.fields()?;
		self.server().filter(|_| fields.is_record())
	}

	/// The server that the resource is from, by its address, by what was asked for, or by what was answered.
	pub fn server(&self) -> Option<String> {
		let fields = self.fields()?;
		let asked = || fields.request().and_then(|(_, url)| literal(url));
		let named = [self.literal(), asked(), fields.location()];
		named.into_iter().flatten().find_map(|literal| literal.server)
	}

	/// Whether a server is asked to create the resource. It gives what it creates an id of its own; a history has each
	/// record as it was then created.
	pub fn is_created(&self, fields: &Fields) -> bool {
		self.bundle.history.is_none()
			&& fields
				.request()
				.is_some_and(|(method, _)| method.eq_ignore_ascii_case("POST"))
	}

	/// The server and the name of the resource, if `fullUrl` states them.
	pub fn literal(&self) -> Option<Literal> {
		self.fields()?.full_url.as_deref().and_then(literal)
	}

	/// A Bundle of this entry alone, with what others say about those that it refers to. It is read as the entry is.
	/// The bytes are those of its resource, or of the entry itself.
	pub fn alone(&self, resource: &Value, bytes: &[u8], is_entry: bool) -> Option<Vec<u8>> {
		let fields = self.fields()?;
		let targets = references(resource);
		let tells_who = targets.iter().any(|url| self.bundle.at(url).next().is_some());
		if fields.says_nothing() && self.bundle.mark.is_none() && !tells_who {
			return None;
		}
		let mut entries = match is_entry {
			true => bytes.to_vec(),
			false => fields.with(bytes),
		};
		for url in targets
			.into_iter()
			.filter(|url| Some(*url) != fields.full_url.as_deref())
		{
			// Who a person is does not depend on records, and they must not be read a second time.
			for other in self.bundle.at(url).filter(|other| !other.is_record()) {
				let mut named = Map::new();
				named.insert("fullUrl".into(), url.into());
				let says = [
					("request", &other.request),
					("response", &other.response),
					("resource", &other.resource),
				];
				named.extend(
					says.into_iter()
						.filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))),
				);
				entries.extend(format!(",{}", Value::Object(named)).bytes());
			}
		}
		let mut head = json!({ "resourceType": "Bundle" });
		if let Some(kind) = &self.bundle.kind {
			head["type"] = kind.clone().into();
		}
		match (&self.bundle.meta, &self.bundle.mark) {
			(Some(meta), _) if whole::mark("Bundle", Some(meta)).is_some() => head["meta"] = meta.clone(),
			// The mark is that of a Bundle around this one.
			(_, Some(_)) => head["meta"] = json!({ "tag": [{ "code": "SUBSETTED" }] }),
			_ => (),
		}
		let head = head.to_string();
		let head = head.strip_suffix('}')?;
		Some([head.as_bytes(), b",\"entry\":[", &entries, b"]}"].concat())
	}
}

impl Fields {
	/// The JSON of an entry with these fields and the resource with these bytes.
	fn with(&self, bytes: &[u8]) -> Vec<u8> {
		let says = [
			("request", self.request.clone()),
			("response", self.response.clone()),
			("fullUrl", self.full_url.clone().map(Value::from)),
		];
		let says = says.into_iter().filter_map(|(name, value)| Some((name, value?)));
		let elements = says
			.map(|(name, value)| format!("\"{name}\":{value},"))
			.collect::<String>();
		[b"{", elements.as_bytes(), b"\"resource\":", bytes, b"}"].concat()
	}

	/// Whether nothing is said about the resource.
	pub fn says_nothing(&self) -> bool {
		self.full_url.is_none() && self.request.is_none() && self.response.is_none()
	}

	/// What was asked for: the method and the address.
	pub fn request(&self) -> Option<(&str, &str)> {
		let request = self.request.as_ref()?;
		Some((text(request, "method")?, text(request, "url").unwrap_or_default()))
	}

	/// The server's answer, if it is that it did not do what was asked for.
	pub fn refusal(&self) -> Option<&str> {
		let status = self.response.as_ref().and_then(|response| text(response, "status"))?;
		status.trim_start().starts_with(['4', '5']).then_some(status)
	}

	/// An address in the server's answer.
	pub fn location(&self) -> Option<Literal> {
		self.response
			.as_ref()
			.and_then(|response| text(response, "location"))
			.and_then(literal)
	}

	/// The type of the resource, or of the one that the entry is about.
	pub fn kind(&self) -> Option<String> {
		let held = self
			.resource
			.as_ref()
			.and_then(|resource| text(resource, "resourceType"));
		held.map(str::to_owned).or_else(|| self.target())
	}

	/// Whether the entry is about a record.
	pub fn is_record(&self) -> bool {
		matches!(self.kind().as_deref(), Some("AuditEvent" | "Consent"))
	}

	/// The type of the resource that the entry is about, by what was asked for or answered.
	pub fn target(&self) -> Option<String> {
		let searched = || {
			let path = self.request()?.1.split(['?', '#']).next()?;
			Some(path.trim_end_matches('/').rsplit('/').next()?.to_owned())
		};
		self.about().map(|about| about.kind).or_else(searched)
	}

	/// The resource that the entry is about, by what was asked for or answered.
	pub fn about(&self) -> Option<Literal> {
		let asked = self.request().and_then(|(_, url)| literal(url));
		let named = self.full_url.as_deref().and_then(literal);
		asked.or(named).or_else(|| self.location())
	}
}

/// A `fullUrl` as it is looked up: the letters of a UUID may be large or small.
fn key(url: &str) -> String {
	let url = url.trim();
	if url.starts_with("urn:") {
		url.to_ascii_lowercase()
	} else {
		url.to_owned()
	}
}

/// What a resource refers to.
pub fn references(resource: &Value) -> BTreeSet<&str> {
	fn find<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
		match value {
			Value::Object(elements) => {
				found.extend(elements.get("reference").and_then(Value::as_str).map(unversioned));
				elements.values().for_each(|element| find(element, found));
			},
			Value::Array(elements) => elements.iter().for_each(|element| find(element, found)),
			_ => (),
		}
	}
	let mut found = BTreeSet::new();
	find(resource, &mut found);
	found
}

/// A reference without its version.
pub fn unversioned(reference: &str) -> &str {
	let reference = reference.trim();
	reference
		.split_once("/_history/")
		.map_or(reference, |(target, _)| target)
}
