//! What a Bundle says about its entries: where each is from, what was done with it, and what the others are called.

use super::{
	element::{identifier, list, text},
	identity::{literal, Literal},
	whole::{self, Mark},
};
use crate::standards::record::{Alone, Place};
use chrono::{DateTime, FixedOffset};
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
	/// Its own address, if it is a page that a server gave.
	pub address: Option<String>,
	/// What keeps its records from being read, or those of the Bundle around it.
	pub mark: Option<Mark>,
	/// The servers that its entries are from, and the one that the Bundle itself is from.
	servers: BTreeSet<String>,
	/// Whether nothing contradicts that its newest entry is the first.
	is_newest_first: bool,
	/// What it says about each entry.
	entries: Vec<Fields>,
	/// The entries with each `fullUrl`. Of those that say the same there is one.
	by_url: BTreeMap<String, Vec<usize>>,
	/// The patients with each identifier. Of those that say the same there is one.
	by_identifier: BTreeMap<String, Vec<usize>>,
	/// The patients with each id who are known by another record now.
	replaced: BTreeMap<String, Vec<usize>>,
}

/// How many entries with one name may say different things about it. More of them name nobody, and they must not be
/// copied for every record that refers to them.
pub const CLAIMS: usize = 8;

/// An entry of a Bundle.
#[derive(Clone, Debug)]
pub struct Entry {
	/// The Bundle.
	pub bundle: Arc<Bundle>,
	/// The number of the entry, from 0.
	pub position: usize,
}

/// Texts of which several records have the same.
#[derive(Default)]
pub struct Shared(BTreeSet<Arc<str>>);

impl Shared {
	/// The text, kept once.
	fn text(&mut self, text: String) -> Arc<str> {
		if let Some(kept) = self.0.get(&text[..]) {
			return kept.clone();
		}
		let kept = Arc::<str>::from(text);
		self.0.insert(kept.clone());
		kept
	}
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
	/// The type, the id and the identifiers of the resource, if there is one, and what other person a patient is.
	pub resource: Option<Value>,
	/// The `meta` of the resource, as far as it tells the version.
	pub meta: Value,
}

impl Bundle {
	/// A Bundle with these elements but its entries, and these bytes, in another one or not.
	pub fn new(elements: &Map<String, Value>, outer: Option<&Entry>, entries: Vec<Fields>, bytes: &[u8]) -> Self {
		let kind = elements.get("type").and_then(Value::as_str).map(str::to_owned);
		let (mut by_url, mut by_identifier) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
		let (mut replaced, mut said) = (BTreeMap::<_, Vec<_>>::new(), BTreeSet::new());
		for (position, fields) in entries.iter().enumerate() {
			let says = json!([fields.full_url, fields.request, fields.response, fields.resource]).to_string();
			if !said.insert(says) {
				continue;
			}
			if let Some(url) = &fields.full_url {
				by_url.entry(key(url)).or_default().push(position);
			}
			for name in fields.identifiers() {
				by_identifier.entry(name).or_default().push(position);
			}
			if let Some(id) = fields.resource.as_ref().and_then(|patient| text(patient, "id")) {
				if fields.is_replaced() {
					replaced.entry(id.to_owned()).or_default().push(position);
				}
			}
		}
		let is_history = kind.as_deref() == Some("history");
		let around = outer.map(Entry::servers).unwrap_or_default();
		Self {
			history: is_history.then(|| H256(sp_crypto_hashing::blake2_256(bytes))),
			address: link(elements.get("link"), "self").and_then(address),
			mark: whole::mark_of_bundle(elements).or_else(|| outer?.bundle.mark.clone()),
			servers: entries.iter().filter_map(Fields::server).chain(around).collect(),
			is_newest_first: !is_sorted(elements) && !grows(&entries),
			kind,
			entries,
			by_url,
			by_identifier,
			replaced,
		}
	}

	/// The entries with this `fullUrl`.
	pub fn at(&self, url: &str) -> impl Iterator<Item = &Fields> {
		let positions = self.by_url.get(&key(url)).into_iter().flatten();
		positions.filter_map(|position| self.entries.get(*position))
	}

	/// The patients with this identifier.
	pub fn with_identifier(&self, name: &str) -> impl Iterator<Item = &Fields> {
		let positions = self.by_identifier.get(name).into_iter().flatten();
		positions.filter_map(|position| self.entries.get(*position))
	}

	/// The patients with this id who are known by another record now.
	pub fn replaced(&self, id: &str) -> impl Iterator<Item = &Fields> {
		let positions = self.replaced.get(id).into_iter().flatten();
		positions.filter_map(|position| self.entries.get(*position))
	}
}

/// The first of these links of a Bundle that has this relation to it.
pub fn link<'a>(links: Option<&'a Value>, relation: &str) -> Option<&'a Value> {
	list(links).iter().find(|link| text(link, "relation") == Some(relation))
}

/// Where a link leads.
pub fn address(link: &Value) -> Option<String> {
	text(link, "url").map(|url| url.trim().to_owned())
}

/// Whether the server was asked for an order of its own.
fn is_sorted(elements: &Map<String, Value>) -> bool {
	let mut urls = list(elements.get("link")).iter().filter_map(|link| text(link, "url"));
	urls.any(|url| url.contains("_sort"))
}

/// Whether an entry is certainly newer than one before it.
fn grows(entries: &[Fields]) -> bool {
	let mut oldest = None;
	let mut lowest = BTreeMap::new();
	entries.iter().any(|fields| {
		let later = fields.changed().is_some_and(|changed| {
			let is_later = oldest.is_some_and(|oldest| changed > oldest);
			oldest = Some(changed);
			is_later
		});
		let higher = fields.about().zip(fields.number()).is_some_and(|(about, number)| {
			let before = lowest.insert((about.server, about.kind, about.id), number);
			before.is_some_and(|before| number > before)
		});
		later || higher
	})
}

impl Entry {
	/// What the Bundle says about it.
	pub fn fields(&self) -> Option<&Fields> {
		self.bundle.entries.get(self.position)
	}

	/// Its place, if the Bundle is a history from the newest entry to the oldest.
	pub fn place(&self) -> Option<Place> {
		Some(Place {
			history: self.bundle.history.filter(|_| self.bundle.is_newest_first)?,
			number: u32::try_from(self.position).ok()?,
		})
	}

	/// The server that the resource is from, if it is a record.
	pub fn server_of_record(&self) -> Option<String> {
		let fields = self.fields()?;
		self.server().filter(|_| fields.is_record())
	}

	/// The server that the resource is from, if there is only one that it can be.
	pub fn server(&self) -> Option<String> {
		let mut servers = self.servers();
		servers.pop_first().filter(|_| servers.is_empty())
	}

	/// The servers that the resource may be from: its own, else those that the Bundle and the one around it name.
	pub fn servers(&self) -> BTreeSet<String> {
		let own = self.fields().and_then(Fields::server);
		own.map_or_else(|| self.bundle.servers.clone(), |server| [server].into())
	}

	/// Whether the Bundle was asked of a server to change what the resource is, as it is not in a history. The server
	/// then gives the version an id and a time of its own.
	pub fn is_changed(&self) -> bool {
		let fields = self.fields();
		fields.is_some_and(|fields| self.is_asked(fields, &["PUT", "PATCH", "POST"]))
	}

	/// Whether a server is asked to create the resource. It gives what it creates an id of its own; a history has each
	/// record as it was then created.
	pub fn is_created(&self, fields: &Fields) -> bool {
		self.is_asked(fields, &["POST"])
	}

	/// Whether a server is asked for one of these, and not, as in a history, was asked before.
	fn is_asked(&self, fields: &Fields, methods: &[&str]) -> bool {
		let asked = |(method, _): (&str, &str)| methods.iter().any(|known| method.eq_ignore_ascii_case(known));
		self.bundle.history.is_none() && fields.request().is_some_and(asked)
	}

	/// The server and the name of the resource, if `fullUrl` states them.
	pub fn literal(&self) -> Option<Literal> {
		self.fields()?.full_url.as_deref().and_then(literal)
	}

	/// A Bundle of this entry alone, with what others say about those that it refers to. It is read as the entry is.
	/// The bytes are those of its resource, or of the entry itself.
	pub fn alone(&self, resource: &Value, bytes: &[u8], is_entry: bool, shared: &mut Shared) -> Option<Alone> {
		let fields = self.fields()?;
		let claims = self.claims(resource, shared);
		let servers = match fields.server() {
			Some(_) => None,
			None => Some(&self.bundle.servers),
		};
		let servers = servers.into_iter().flatten();
		let is_named = claims.is_empty() && servers.clone().next().is_none();
		if fields.says_nothing() && self.bundle.mark.is_none() && is_named {
			return None;
		}
		let entry = match is_entry {
			true => bytes.to_vec(),
			false => fields.with(bytes),
		};
		let around = servers.map(|server| {
			let around = json!({ "fullUrl": format!("https://{server}/Bundle/around") });
			format!(",{around}")
		});
		let mut head = json!({ "resourceType": "Bundle" });
		if let Some(kind) = &self.bundle.kind {
			head["type"] = kind.clone().into();
		}
		// It may be that of a Bundle around this one.
		if let Some(mark) = &self.bundle.mark {
			head[&mark.name] = mark.value.clone();
		}
		let head = head.to_string();
		let head = head.strip_suffix('}')?;
		Some(Alone {
			before: [head.as_bytes(), b",\"entry\":[", &entry].concat(),
			shared: claims.into_iter().collect(),
			after: (around.collect::<String>() + "]}").into_bytes(),
		})
	}

	/// What other entries say about those that a resource refers to, each once, as entries after another one.
	fn claims(&self, resource: &Value, shared: &mut Shared) -> BTreeSet<Arc<str>> {
		let mut found = BTreeSet::new();
		let mut claim = |other: &Fields, url: Option<&str>| {
			let says = [
				("fullUrl", url.map(Value::from)),
				("request", other.request.clone()),
				("response", other.response.clone()),
				("resource", other.resource.clone()),
			];
			let says = says
				.into_iter()
				.filter_map(|(name, value)| Some((name.to_owned(), value?)));
			found.insert(shared.text(format!(",{}", Value::Object(says.collect()))));
		};
		let targets = references(resource);
		let own = self.fields().and_then(|fields| fields.full_url.as_deref());
		for url in targets.iter().filter(|url| Some(**url) != own) {
			// Who a person is does not depend on records, and they must not be read a second time.
			let others = self
				.bundle
				.at(url)
				.take(CLAIMS.saturating_add(1))
				.filter(|other| !other.is_record());
			others.for_each(|other| claim(other, Some(url)));
		}
		for name in identifiers_within(resource) {
			let is_other = |other: &&Fields| self.fields().is_none_or(|own| !std::ptr::eq(own, *other));
			let others = self
				.bundle
				.with_identifier(&name)
				.take(CLAIMS.saturating_add(1))
				.filter(is_other);
			others.for_each(|other| claim(other, other.full_url.as_deref()));
		}
		for literal in targets.into_iter().filter_map(literal) {
			let replaced = self.bundle.replaced(&literal.id).take(CLAIMS);
			replaced.for_each(|other| claim(other, other.full_url.as_deref()));
		}
		found
	}
}

impl Fields {
	/// The server that the resource is from, by its address, by what was asked for, or by what was answered.
	pub fn server(&self) -> Option<String> {
		let asked = || self.request().and_then(|(_, url)| literal(url));
		let named = [self.full_url.as_deref().and_then(literal), asked(), self.location()];
		named.into_iter().flatten().find_map(|literal| literal.server)
	}

	/// The identifiers of the resource, if it is a patient.
	fn identifiers(&self) -> BTreeSet<String> {
		let patient = self
			.resource
			.as_ref()
			.filter(|resource| text(resource, "resourceType") == Some("Patient"));
		let identifiers = patient
			.map(|patient| list(patient.get("identifier")))
			.unwrap_or_default();
		identifiers.iter().filter_map(named).collect()
	}

	/// Whether the resource is a patient who is known by another record now.
	pub fn is_replaced(&self) -> bool {
		self.resource.as_ref().is_some_and(is_replaced)
	}

	/// When the resource changed, as the server answered, or as it states itself.
	fn changed(&self) -> Option<DateTime<FixedOffset>> {
		let answered = self
			.response
			.as_ref()
			.and_then(|response| text(response, "lastModified"));
		let time = answered.or_else(|| text(&self.meta, "lastUpdated"))?;
		DateTime::parse_from_rfc3339(time).ok()
	}

	/// The number of the version.
	fn number(&self) -> Option<u64> {
		let response = self.response.as_ref().unwrap_or(&Value::Null);
		version_id(&self.meta, response)?.parse().ok()
	}

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

/// Whether a resource is a patient who is known by another record now.
pub fn is_replaced(resource: &Value) -> bool {
	let links = list(resource.get("link")).iter().filter_map(|link| text(link, "type"));
	let is_away = |kind: &str| matches!(kind, "replaced-by" | "refer" | "replace");
	text(resource, "resourceType") == Some("Patient")
		&& (links.clone().any(is_away)
			|| (resource.get("active") == Some(&Value::Bool(false)) && links.clone().any(|kind| kind != "replaces")))
}

/// The id of a version, by what a server answered, else by the `meta` of the resource.
pub fn version_id(meta: &Value, response: &Value) -> Option<String> {
	let tag = text(response, "etag").map(|tag| tag.trim_start_matches("W/").trim_matches('"').to_owned());
	let located = || Some(text(response, "location")?.split_once("/_history/")?.1.to_owned());
	let stated = || match meta.get("versionId") {
		Some(Value::Number(number)) => Some(number.to_string()),
		_ => text(meta, "versionId").map(str::to_owned),
	};
	let is_there = |id: &String| !id.is_empty();
	let answered = tag.filter(is_there).or_else(|| located().filter(is_there));
	answered.or_else(stated)
}

/// The name that an identifier with a system gives.
fn named(known: &Value) -> Option<String> {
	identifier(known).filter(|_| text(known, "system").is_some())
}

/// The names of all identifiers with a system that alone tell who somebody within a resource is: those of references
/// without an address, and of contained patients.
pub fn identifiers_within(value: &Value) -> BTreeSet<String> {
	fn find(value: &Value, found: &mut BTreeSet<String>) {
		match value {
			Value::Object(elements) => {
				let kind = text(value, "resourceType");
				if text(value, "reference").is_none() && kind.is_none_or(|kind| kind == "Patient") {
					found.extend(list(elements.get("identifier")).iter().filter_map(named));
				}
				elements.values().for_each(|element| find(element, found));
			},
			Value::Array(elements) => elements.iter().for_each(|element| find(element, found)),
			_ => (),
		}
	}
	let mut found = BTreeSet::new();
	find(value, &mut found);
	found
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
