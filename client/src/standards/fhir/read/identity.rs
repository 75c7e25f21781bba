//! Who and what a reference names.
//!
//! A reference is resolved against the resource's contained resources, its Bundle and its server before it becomes a
//! name, so that every way to write it has one name, and two people never share one.

use super::{
	bundle::{identifiers_within, references, unversioned, Entry, Fields, CLAIMS},
	element::{identifier, list, text, text_if_any},
};
use crate::config::{address, Config};
use serde_json::Value;
use std::collections::BTreeMap;

/// What references are resolved against.
#[derive(Clone, Copy)]
pub struct Context<'a> {
	/// The hospital's settings.
	pub config: &'a Config,
	/// The resource that has the references.
	pub resource: &'a Value,
	/// Its place in a Bundle.
	pub entry: Option<&'a Entry>,
}

/// A reference by address: `Patient/1`, or with a server's base before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
	/// The address of the server, if it is stated: see [`address`].
	pub server: Option<String>,
	/// The type.
	pub kind: String,
	/// The id.
	pub id: String,
}

/// A resource that a reference points to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
	kind: String,
	name: Result<String, String>,
}

/// Why an address names nobody as long as it is not known which servers are the hospital's.
pub(super) const UNKNOWN_SERVER: &str =
	"is on a server, and it is not known which servers are the hospital's: list them under `servers` in kexin.toml";

/// Reads a reference by address. The version does not count.
pub fn literal(reference: &str) -> Option<Literal> {
	let whole = unversioned(reference);
	let (before, id) = whole.strip_suffix('/').unwrap_or(whole).rsplit_once('/')?;
	let (server, kind) = before
		.rsplit_once('/')
		.map_or((None, before), |(server, kind)| (Some(server), kind));
	let server = match server {
		None | Some("") => None,
		// A bar is no part of an address, but parts the system of an identifier from its value. What follows a question
		// mark is a search.
		Some(server) => Some(address(server).filter(|server| !server.contains(['|', '?']))?),
	};
	let is_kind = kind.starts_with(|letter: char| letter.is_ascii_uppercase())
		&& kind.chars().all(|letter| letter.is_ascii_alphanumeric());
	let is_id = !id.is_empty()
		&& id
			.chars()
			.all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter));
	(is_kind && is_id).then(|| Literal {
		server,
		kind: kind.into(),
		id: id.into(),
	})
}

/// The name of a patient by a reference (`Patient/1`) or an identifier (`system|value`) that a user states.
///
/// # Errors
/// When it is neither.
pub fn patient(config: &Config, text: &str) -> anyhow::Result<String> {
	let context = Context {
		config,
		resource: &Value::Null,
		entry: None,
	};
	match literal(text) {
		Some(literal) if literal.kind == "Patient" => context
			.known(&literal)
			.map_err(|reason| anyhow::anyhow!("{text:?} {reason}")),
		None if text.contains('|') && !text.trim().starts_with('|') && !text.trim().ends_with('|') => {
			Ok(text.trim().to_owned())
		},
		_ => anyhow::bail!(
			"{text:?} is no patient: give a reference such as Patient/1, or an identifier as system|value"
		),
	}
}

/// The name of what a setting lists, by a reference or an identifier.
pub fn listed(config: &Config, text: &str) -> String {
	let context = Context {
		config,
		resource: &Value::Null,
		entry: None,
	};
	literal(text).map_or_else(|| text.to_owned(), |literal| context.name(&literal))
}

/// The identifier by which a person without an address is known, whatever the order of the list. Without its system, it
/// may be that of another person as well.
fn known_by(identifiers: Option<&Value>) -> Result<String, String> {
	let identifiers = list(identifiers);
	let is_old = |identifier: &&Value| {
		text(identifier, "use") == Some("old")
			|| identifier
				.get("period")
				.is_some_and(|period| period.get("end").is_some())
	};
	if identifiers.iter().any(|identifier| is_old(&identifier)) {
		return Err("has an identifier that is old: leave it out, so that it is known who this is".into());
	}
	let rank = |known: &Value| match text(known, "use") {
		Some("official") => Some(0),
		Some("usual") => Some(1),
		Some("temp") => None,
		Some("secondary") => Some(3),
		_ => Some(2),
	};
	let with_system = identifiers.iter().filter(|known| text(known, "system").is_some());
	let known = with_system.filter_map(|known| Some((rank(known)?, identifier(known)?)));
	let first = known.min();
	first
		.map(|(_, name)| name)
		.ok_or_else(|| "has no identifier with a system, so it is not known who this is".into())
}

impl Context<'_> {
	/// The name of the patient that a reference points to. With `anywhere`, a `urn:` that the file does not resolve is
	/// a name of its own.
	///
	/// # Errors
	/// Why it names no patient, or not one alone.
	pub fn patient(&self, reference: &Value, anywhere: bool) -> Result<String, String> {
		let unclear = |_| "is not a reference".to_owned();
		let stated = text_if_any(reference, "type").map_err(unclear)?;
		let name = match text_if_any(reference, "reference").map_err(unclear)? {
			None => {
				let name = known_by(reference.get("identifier")).map_err(|_| {
					"names nobody: give a reference, or a present identifier with its system, so that it is known who this is"
						.to_owned()
				})?;
				self.person(reference.get("identifier"))?.unwrap_or(name)
			},
			Some(target) => match self.target(target) {
				Some(Target { kind, name }) if kind == "Patient" => name?,
				Some(Target { kind, .. }) => return Err(format!("points to a {kind}, not a Patient")),
				None if target.starts_with('#') => {
					return Err(format!(
						"points to {target:?}, which the resource does not contain, or more than once"
					))
				},
				None if target.trim().starts_with("urn:") && !target.contains('|') => match anywhere {
					true => target.trim().to_ascii_lowercase(),
					false => {
						return Err(format!(
							"points to {target:?}, which is no entry of the Bundle, or several"
						))
					},
				},
				None => {
					return Err(format!(
						"is {target:?}, which names nobody: expected a reference such as Patient/1"
					))
				},
			},
		};
		match stated.map(|kind| kind.rsplit_once('/').map_or(kind, |(_, kind)| kind)) {
			None | Some("Patient") if !anywhere && self.is_replaced(reference, &name) => Err(
				"is a patient whom the Bundle links to another record: let the consent refer to the record that is in use"
					.into(),
			),
			None | Some("Patient") => Ok(name),
			Some(other) => Err(format!("is of the type {other}, not Patient")),
		}
	}

	/// The name of the one patient of the Bundle who has one of these identifiers and an id.
	///
	/// # Errors
	/// When several patients have them.
	fn person(&self, identifiers: Option<&Value>) -> Result<Option<String>, String> {
		let Some(entry) = self.entry else { return Ok(None) };
		let names = list(identifiers).iter().filter(|known| text(known, "system").is_some());
		let mut found = None::<String>;
		for name in names.filter_map(identifier) {
			let patients = entry.bundle.with_identifier(&name).take(CLAIMS.saturating_add(1));
			for target in patients.filter(|fields| self.is_addressed(fields)) {
				let Some(Target { name, .. }) = self.entry_target(target) else {
					continue;
				};
				let name = name?;
				let held = target.resource.as_ref().and_then(|patient| patient.get("identifier"));
				known_by(held).map_err(|reason| format!("is an identifier of a patient of the Bundle who {reason}"))?;
				if found.as_ref().is_some_and(|found| *found != name) {
					return Err("is an identifier that several patients of the Bundle have".into());
				}
				found = Some(name);
			}
		}
		Ok(found)
	}

	/// Whether the resource of an entry has an id that lasts.
	fn is_addressed(&self, fields: &Fields) -> bool {
		let is_created = self.entry.is_some_and(|entry| entry.is_created(fields));
		let id = || fields.resource.as_ref().and_then(|resource| text(resource, "id"));
		match is_created {
			true => fields.location().is_some(),
			false => id().is_some() || fields.full_url.as_deref().and_then(literal).is_some(),
		}
	}

	/// Whether the Bundle says that the patient of this name, whom a reference points to, is known by another record.
	fn is_replaced(&self, reference: &Value, name: &str) -> bool {
		let Some(entry) = self.entry else { return false };
		let is_they = |fields: &&Fields| match self.entry_target(fields) {
			Some(Target { name: Ok(other), .. }) => other == name,
			_ => true,
		};
		let stated = text(reference, "reference");
		let target = stated.unwrap_or_default();
		let id = literal(target).map(|literal| literal.id).unwrap_or_default();
		let identifiers = list(reference.get("identifier")).iter().filter(|_| stated.is_none());
		let by_identifier = identifiers
			.filter_map(identifier)
			.flat_map(|name| entry.bundle.with_identifier(&name).take(CLAIMS).collect::<Vec<_>>());
		let mut named = entry.bundle.at(unversioned(target)).take(CLAIMS).chain(by_identifier);
		named.any(Fields::is_replaced) || entry.bundle.replaced(&id).any(|fields| is_they(&fields))
	}

	/// The type of what a reference points to, if it can be told.
	pub fn kind(&self, reference: &Value) -> Option<String> {
		let stated =
			text(reference, "type").map(|kind| kind.rsplit_once('/').map_or(kind, |(_, kind)| kind).to_owned());
		stated.or_else(|| Some(self.target(text(reference, "reference")?)?.kind))
	}

	/// The names of what a reference points to, best first: an address (`Practitioner/1`), then `system|value` of
	/// identifiers.
	pub fn names(&self, reference: &Value) -> Vec<String> {
		let mut names = Vec::new();
		if let Some(target) = text(reference, "reference") {
			let whole = target.trim();
			match self.target(target) {
				Some(Target { name, .. }) => names.extend(name),
				// What is no address may be a name all the same.
				None if whole.starts_with('#') || whole.ends_with('/') => (),
				None => names.push(whole.to_owned()),
			}
		}
		let mut others = list(reference.get("identifier"))
			.iter()
			.filter_map(|identifier| self.identifier(identifier))
			.collect::<Vec<_>>();
		others.sort();
		names.extend(others);
		names
	}

	/// The name that an identifier gives: without a system, it is one of the server that states it.
	pub(super) fn identifier(&self, value: &Value) -> Option<String> {
		let name = identifier(value)?;
		let foreign = self.foreign_server().filter(|_| text(value, "system").is_none());
		Some(match foreign {
			Some(server) => format!("{server}/{name}"),
			None => name,
		})
	}

	/// What the Bundle resolves references of the resource to that do not tell it by themselves.
	pub(super) fn resolved(&self) -> BTreeMap<String, String> {
		let Some(entry) = self.entry else {
			return BTreeMap::new();
		};
		let found = references(self.resource).into_iter().filter_map(|reference| {
			let is_person = |fields: &Fields| !fields.is_record();
			entry.bundle.at(reference).find(|fields| is_person(fields))?;
			let name = self.target(reference)?.name.ok()?;
			let by_itself = literal(reference).map(|literal| self.name(&literal));
			(by_itself.as_ref() != Some(&name)).then(|| (reference.to_owned(), name))
		});
		let persons = identifiers_within(self.resource).into_iter().filter_map(|known| {
			let mut patients = entry
				.bundle
				.with_identifier(&known)
				.filter(|fields| self.is_addressed(fields));
			let name = self.entry_target(patients.next()?)?.name.ok()?;
			Some((known, name))
		});
		found.chain(persons).collect()
	}

	/// The name of the resource itself, if it has an id that lasts.
	pub fn own_name(&self, kind: &str) -> Option<String> {
		if self.is_created() {
			return None;
		}
		let named = self
			.entry
			.and_then(Entry::literal)
			.filter(|literal| literal.kind == kind);
		let id = text(self.resource, "id").map(str::to_owned);
		let id = id.or_else(|| named.map(|literal| literal.id))?;
		Some(self.name(&Literal {
			server: None,
			kind: kind.into(),
			id,
		}))
	}

	/// Whether a server is asked to create the resource.
	pub fn is_created(&self) -> bool {
		let asked = self.entry.and_then(|entry| Some((entry, entry.fields()?)));
		asked.is_some_and(|(entry, fields)| entry.is_created(fields))
	}

	/// The address of the server that the resource is from, if it is none of the hospital's.
	pub fn foreign_server(&self) -> Option<String> {
		let server = self.entry.and_then(Entry::server)?;
		(!self.config.is_own(&server)).then_some(server)
	}

	/// Whether the resource may be from several servers that do not share their ids.
	pub fn is_of_unclear_server(&self) -> bool {
		let servers = self.entry.map(Entry::servers).unwrap_or_default();
		servers.len() > 1 && servers.iter().any(|server| !self.config.is_own(server))
	}

	/// The name of a reference by address. Those on the hospital's own servers have none of the server.
	pub(super) fn name(&self, literal: &Literal) -> String {
		let stated = literal.server.clone().filter(|server| !self.config.is_own(server));
		let server = match literal.server {
			Some(_) => stated,
			None => self.foreign_server(),
		};
		match server {
			Some(server) => format!("{server}/{}/{}", literal.kind, literal.id),
			None => format!("{}/{}", literal.kind, literal.id),
		}
	}

	/// The name of a reference by address, if it can be told which servers are the hospital's.
	fn known(&self, literal: &Literal) -> Result<String, String> {
		match self.is_of_unknown_server(literal) {
			true => Err(UNKNOWN_SERVER.into()),
			false => Ok(self.name(literal)),
		}
	}

	/// Whether it can't be told whether a reference by address is to one of the hospital's servers.
	fn is_of_unknown_server(&self, literal: &Literal) -> bool {
		!self.config.knows_servers() && (literal.server.is_some() || self.foreign_server().is_some())
	}

	/// Whether a reference names something by an address of which it can't be told whether it is on one of the
	/// hospital's servers.
	pub(super) fn names_unknown_server(&self, reference: &Value) -> bool {
		let literal = text(reference, "reference").and_then(literal);
		literal.is_some_and(|literal| self.is_of_unknown_server(&literal))
	}

	/// What a reference points to: a contained resource, an entry of the Bundle, or an address. Nothing if it can't be
	/// told.
	fn target(&self, reference: &str) -> Option<Target> {
		let reference = reference.trim();
		if let Some(id) = reference.strip_prefix('#') {
			let contained = list(self.resource.get("contained")).iter();
			let mut found = contained.filter(|other| text(other, "id") == Some(id));
			let contained = found.next().filter(|_| found.next().is_none())?;
			return Some(Target {
				kind: text(contained, "resourceType")
					.unwrap_or("resource without a type")
					.into(),
				name: match self.person(contained.get("identifier")) {
					Ok(Some(name)) => Ok(name),
					Ok(None) => known_by(contained.get("identifier")),
					Err(reason) => Err(reason),
				},
			});
		}
		let bundle = self.entry.map(|entry| &entry.bundle);
		let entries = bundle.into_iter().flat_map(|bundle| bundle.at(unversioned(reference)));
		// As many claims as these are not read again with the record.
		if bundle.is_some_and(|bundle| bundle.at(unversioned(reference)).nth(CLAIMS).is_some()) {
			return None;
		}
		let mut found = entries.filter_map(|fields| self.entry_target(fields));
		match (found.next(), literal(reference)) {
			(Some(first), _) => found.all(|other| other == first).then_some(first),
			(None, Some(literal)) => Some(Target {
				name: self.known(&literal),
				kind: literal.kind,
			}),
			(None, None) => None,
		}
	}

	/// Who the resource of another entry is.
	fn entry_target(&self, fields: &Fields) -> Option<Target> {
		let resource = fields.resource.as_ref();
		let is_created = self.entry.is_some_and(|entry| entry.is_created(fields));
		// The address of what is created is not known before.
		let address = fields.full_url.as_deref().and_then(literal).filter(|_| !is_created);
		let kind = resource.and_then(|resource| text(resource, "resourceType"));
		let id = resource.and_then(|resource| text(resource, "id"));
		let kind = kind
			.or_else(|| address.as_ref().map(|address| &address.kind[..]))?
			.to_owned();
		let name = match (address, id) {
			(Some(address), _) if address.kind != kind => {
				Err(format!("points to an entry of the Bundle that is a {kind}"))
			},
			(Some(address), Some(id)) if address.id != id => {
				Err("points to an entry of the Bundle that has another id".into())
			},
			(Some(address), _) => self.known(&address),
			(None, id) => {
				// A server gives what it creates an id of its own, and tells which.
				let id = if is_created { fields.location() } else { None }
					.map(|location| location.id)
					.or_else(|| id.filter(|_| !is_created).map(str::to_owned));
				match id {
					Some(id) => self.known(&Literal {
						server: None,
						kind: kind.clone(),
						id,
					}),
					None => known_by(resource.and_then(|resource| resource.get("identifier")))
						.map_err(|reason| format!("points to an entry of the Bundle that has no id yet, and {reason}")),
				}
			},
		};
		Some(Target { kind, name })
	}
}
