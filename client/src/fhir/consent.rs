//! `Consent`, R4 and R5, to scopes.
//!
//! What is unclear never becomes a permission: a consent with anything that the ledger can't express is not mapped at all.

use super::{
	purposes,
	source::Record,
	value::{codings, identifier, list, names, text, text_if_any},
	Document, Mapped, Mapper, Problem,
};
use kexin_primitives::{
	members::MemberId,
	scope::{Dimension, Scope, TooManyNamed},
	vocabulary::{Operation, Purpose},
	UnixMillis, FOREVER,
};
use serde_json::Value;

/// R4's kinds of consent (`http://terminology.hl7.org/CodeSystem/consentscope`) that are about data; the others are about being
/// treated.
const ABOUT_DATA: &[&str] = &["patient-privacy", "research"];

/// Maps the record.
pub(super) fn map(mapper: &Mapper<'_>, record: &Record) -> Result<Mapped, Problem> {
	let consent = &record.value;
	let patient = consent.get("patient").or_else(|| consent.get("subject"));
	let subject = patient
		.and_then(|patient| names(patient, consent).into_iter().next())
		.map(|name| mapper.pseudonyms.subject(&name))
		.ok_or_else(|| Problem::new("Consent.patient", "names nobody: whose consent is it?"))?;
	let document = document(mapper, consent)?;
	match text(consent, "status") {
		Some("active") => (),
		Some("inactive") => return Ok(Mapped::End { subject, document }),
		Some(status @ ("rejected" | "not-done")) => {
			return Ok(Mapped::NotApplicable(format!(
				"a consent that was never given: {status}"
			)))
		},
		Some("entered-in-error") => return Ok(Mapped::End { subject, document }),
		Some(other) => {
			return Err(Problem::new(
				"Consent.status",
				format!("{other:?} is no consent in force"),
			))
		},
		None => return Err(Problem::new("Consent.status", "missing: is the consent in force?")),
	}
	for (number, verification) in list(consent.get("verification")).iter().enumerate() {
		if verification.get("verified").and_then(Value::as_bool) != Some(true) {
			let element = format!("Consent.verification[{number}].verified");
			return Err(Problem::new(element, "the consent is not verified"));
		}
	}
	if let Some(other) = codings(consent.get("scope"))
		.map(|coding| text(coding, "code").unwrap_or_default())
		.find(|code| !ABOUT_DATA.contains(code))
	{
		return Err(Problem::new(
			"Consent.scope",
			format!("{other:?} is not about the use of data: expected patient-privacy or research"),
		));
	}

	let times = Times::of(mapper, consent)?;
	let provision = |value, element| Provision {
		mapper,
		record,
		value,
		element,
	};
	// R5 has the decision at the root and lists exceptions to it; R4 has both in one provision, with its own limits.
	let (decision, root, exceptions) = match (stated(consent, "Consent", "decision")?, consent.get("provision")) {
		(Some(decision), exceptions) => (
			decision,
			provision(&Value::Null, "Consent".to_owned()),
			list(exceptions),
		),
		(None, Some(root @ Value::Object(_))) => {
			let decision = stated(root, "Consent.provision", "type")?.ok_or_else(|| {
				Problem::new(
					"Consent.provision.type",
					"missing: neither permit nor deny is said, and a policy or a text alone permits nothing that the ledger can check",
				)
			})?;
			let exceptions = list(root.get("provision"));
			(decision, provision(root, "Consent.provision".to_owned()), exceptions)
		},
		_ => {
			return Err(Problem::new(
				"Consent.provision",
				"missing: a policy or a text alone permits nothing that the ledger can check",
			))
		},
	};
	let mut exceptions = exceptions
		.iter()
		.enumerate()
		.map(|(number, value)| provision(value, format!("{}.provision[{number}]", root.element)));
	let scopes = match decision {
		"permit" => {
			let permitted = root.permission(&times)?;
			let left = exceptions.try_fold(permitted, |scope, exception| exception.denied_in(scope))?;
			vec![left]
		},
		"deny" => {
			root.has_only(&["type", "provision"])?;
			exceptions
				.map(|exception| exception.permission(&times))
				.collect::<Result<Vec<_>, _>>()?
		},
		other => {
			let reason = format!("{other:?} is neither permit nor deny");
			return Err(Problem::new(root.element, reason));
		},
	};
	Ok(if scopes.is_empty() {
		Mapped::Revoke { subject }
	} else {
		Mapped::Grant {
			subject,
			document,
			scopes,
		}
	})
}

/// The text of an element that changes what is permitted, if it is there.
fn stated<'a>(value: &'a Value, element: &str, name: &str) -> Result<Option<&'a str>, Problem> {
	text_if_any(value, name).map_err(|_| Problem::new(format!("{element}.{name}"), "is no text"))
}

/// Which document it is, through all its versions: by its id, or else its first identifier.
fn document(mapper: &Mapper<'_>, consent: &Value) -> Result<Document, Problem> {
	let name = stated(consent, "Consent", "id")?.map(|id| format!("Consent/{id}"));
	let identifier = || list(consent.get("identifier")).iter().find_map(identifier);
	let meta = consent.get("meta").unwrap_or(&Value::Null);
	let changed = stated(meta, "Consent.meta", "lastUpdated")?;
	Ok(Document {
		name: name.or_else(identifier),
		changed: changed
			.map(|time| mapper.time("Consent.meta.lastUpdated", time, false))
			.transpose()?,
	})
}

/// From when until when.
#[derive(Clone, Copy)]
struct Times {
	start: Option<UnixMillis>,
	end: UnixMillis,
}

impl Times {
	/// Of a consent: from when it was signed, within its period if it has one (R5).
	fn of(mapper: &Mapper<'_>, consent: &Value) -> Result<Self, Problem> {
		let signed = match stated(consent, "Consent", "dateTime")? {
			None => stated(consent, "Consent", "date")?,
			signed => signed,
		};
		// A date alone leaves open at which hour the consent was signed: it starts when the day is over.
		let start = signed
			.map(|date| mapper.time("Consent.dateTime", date, true))
			.transpose()?;
		Self { start, end: FOREVER }.within(mapper, consent, "Consent")
	}

	/// Within the period of a value, if it has one. Both days that a period of dates names belong to it.
	fn within(self, mapper: &Mapper<'_>, value: &Value, element: &str) -> Result<Self, Problem> {
		let period = match value.get("period") {
			None | Some(Value::Null) => return Ok(self),
			Some(Value::Object(period)) => period,
			Some(_) => return Err(Problem::new(format!("{element}.period"), "is no Period")),
		};
		// The limit could stand in an element of another name: that it is not known, say, in an extension.
		if let Some(name) = period.keys().find(|name| !matches!(&name[..], "id" | "start" | "end")) {
			let reason = "limits the period in a way that the ledger does not know";
			return Err(Problem::new(format!("{element}.period.{name}"), reason));
		}
		if !period.contains_key("start") && !period.contains_key("end") {
			return Err(Problem::new(format!("{element}.period"), "has neither start nor end"));
		}
		let time = |name: &str, latest: bool| match period.get(name) {
			None => Ok(None),
			Some(Value::String(time)) => mapper.time(&format!("{element}.period.{name}"), time, latest).map(Some),
			Some(_) => Err(Problem::new(format!("{element}.period.{name}"), "is no dateTime")),
		};
		Ok(Self {
			start: self.start.max(time("start", false)?),
			end: time("end", true)?.map_or(self.end, |end| end.min(self.end)),
		})
	}
}

/// A provision and where it stands.
struct Provision<'a> {
	mapper: &'a Mapper<'a>,
	record: &'a Record,
	value: &'a Value,
	element: String,
}

impl Provision<'_> {
	/// A permission. It must name purposes; it may name actions, recipients and a period.
	fn permission(&self, consent: &Times) -> Result<Scope, Problem> {
		let root = self.element == "Consent.provision";
		match stated(self.value, &self.element, "type")? {
			None | Some("permit") => (),
			Some(_) => return Err(self.problem("type", "an exception to a denial must permit")),
		}
		self.has_only(if root {
			&["type", "period", "purpose", "action", "actor", "provision"]
		} else {
			&["type", "period", "purpose", "action", "actor"]
		})?;
		let times = consent.within(self.mapper, self.value, &self.element)?;
		let start = times.start.ok_or_else(|| {
			Problem::new(
				"Consent.dateTime",
				"missing, and so is the start of the period: from when does it hold?",
			)
		})?;
		let purposes = self.purposes()?;
		if purposes.is_empty() {
			return Err(self.problem("purpose", "missing: a permission must say for what"));
		}
		let actions = self.actions()?;
		let operations = if actions.is_empty() {
			within_the_hospital().to_vec()
		} else {
			actions.into_iter().flat_map(Action::permits).copied().collect()
		};
		let recipients = self.recipients()?;
		let mut scope = Scope::uniform(start, times.end);
		scope.purposes = Dimension::only(purposes, times.end).map_err(self.too_many())?;
		scope.operations = Dimension::only(operations, times.end).map_err(self.too_many())?;
		if !recipients.is_empty() {
			scope.recipients = Dimension::only(recipients, times.end).map_err(self.too_many())?;
		}
		Ok(scope)
	}

	/// What is left of a permission after this denial: exact where it denies one thing, and refused where it denies a
	/// combination.
	fn denied_in(&self, mut scope: Scope) -> Result<Scope, Problem> {
		match stated(self.value, &self.element, "type")? {
			None | Some("deny") => (),
			Some(_) => return Err(self.problem("type", "an exception to a permission must deny")),
		}
		self.has_only(&["type", "purpose", "action", "actor"])?;
		let (purposes, actions, recipients) = (self.purposes()?, self.actions()?, self.recipients()?);
		match (&purposes[..], &actions[..], &recipients[..]) {
			([_, ..], [], []) => {
				for purpose in purposes {
					scope.purposes = scope.purposes.with(purpose, 0).map_err(self.too_many())?;
				}
			},
			([], [_, ..], []) => {
				for operation in actions.into_iter().flat_map(Action::denies) {
					scope.operations = scope.operations.with(*operation, 0).map_err(self.too_many())?;
				}
			},
			([], [], [_, ..]) => {
				for recipient in recipients {
					scope.recipients = scope.recipients.with(recipient, 0).map_err(self.too_many())?;
				}
			},
			_ => {
				return Err(Problem::new(
					self.element.clone(),
					"denies a combination, or nothing: the ledger can deny purposes, actions or recipients",
				))
			},
		}
		Ok(scope)
	}

	/// Refuses what limits in a way that the ledger does not know, or in no way that can be told.
	fn has_only(&self, known: &[&str]) -> Result<(), Problem> {
		let limits = ["purpose", "action", "actor"].into_iter();
		let mut empty = limits.filter(|name| self.value.get(name).is_some_and(|limit| list(Some(limit)).is_empty()));
		if let Some(name) = empty.next() {
			return Err(self.problem(name, "is there and empty: leave it out where nothing is limited"));
		}
		let mut elements = self.value.as_object().into_iter().flat_map(|object| object.keys());
		match elements.find(|key| *key != "id" && !known.contains(&&key[..])) {
			None => Ok(()),
			Some(key) => Err(self.problem(
				key,
				"limits the consent in a way that the ledger can't express; it would permit more than was consented to",
			)),
		}
	}

	/// The purposes that are named, each with those that HL7 lists under it.
	fn purposes(&self) -> Result<Vec<Purpose>, Problem> {
		let named = self.value.get("purpose");
		let (known, unknown) = purposes(codings(named));
		if let Some(code) = unknown.first() {
			return Err(match &code[..] {
				"" => self.problem("purpose", "a purpose without a code can't be told"),
				code => self.problem(
					"purpose",
					format!("{code:?} is no purpose of use that the ledger knows"),
				),
			});
		}
		let covers = |purpose: &&Purpose| known.iter().any(|named| purpose.is_or_under(*named));
		Ok(Purpose::ALL.iter().filter(covers).copied().collect())
	}

	fn actions(&self) -> Result<Vec<Action>, Problem> {
		let named = list(self.value.get("action")).iter();
		named
			.map(|concept| {
				let mut codes = codings(Some(concept)).filter_map(|coding| {
					let of_hl7 = text(coding, "system").is_none_or(|system| system.ends_with("/consentaction"));
					text(coding, "code").filter(|_| of_hl7).and_then(Action::from_code)
				});
				// The codings of one concept are translations of each other; a text alone, or an extension, is none.
				codes
					.next()
					.filter(|_| concept.get("extension").is_none())
					.ok_or_else(|| {
						let reason = format!("{concept} is no consent action that the ledger knows");
						self.problem("action", reason)
					})
			})
			.collect()
	}

	/// The members that are named as actors. Somebody who is not a known member can't be told from anybody else.
	fn recipients(&self) -> Result<Vec<MemberId>, Problem> {
		let actors = list(self.value.get("actor")).iter().enumerate();
		let known = actors.map(|(number, actor)| {
			let member = actor
				.get("reference")
				.and_then(|reference| self.mapper.member(reference, self.record));
			member.ok_or_else(|| {
				let reason = "is no member that the configuration knows: name it under [recipients]";
				self.problem(&format!("actor[{number}]"), reason)
			})
		});
		known.collect()
	}

	fn problem(&self, name: &str, reason: impl AsRef<str>) -> Problem {
		Problem::new(format!("{}.{name}", self.element), reason)
	}

	fn too_many(&self) -> impl Fn(TooManyNamed) -> Problem + '_ {
		|_| {
			Problem::new(
				self.element.clone(),
				"names more values than a scope on the ledger holds",
			)
		}
	}
}

/// What a consent that names no actions allows: use within the hospital, and nothing that takes data out of it.
fn within_the_hospital() -> &'static [Operation] {
	use Operation::*;
	&[Read, Collect, Correct, Annotate, Train, Evaluate, Infer, Aggregate]
}

/// FHIR's consent actions (`http://terminology.hl7.org/CodeSystem/consentaction`).
#[derive(Clone, Copy)]
enum Action {
	Collect,
	Access,
	Use,
	Disclose,
	Correct,
}

impl Action {
	fn from_code(code: &str) -> Option<Self> {
		Some(match code {
			"collect" => Self::Collect,
			"access" => Self::Access,
			"use" => Self::Use,
			"disclose" => Self::Disclose,
			"correct" => Self::Correct,
			_ => return None,
		})
	}

	/// What a permission of the action allows.
	fn permits(self) -> &'static [Operation] {
		use Operation::*;
		match self {
			Self::Collect => &[Collect],
			Self::Access => &[Read],
			Self::Use => &[Read, Annotate, Train, Evaluate, Infer, Aggregate],
			Self::Disclose => &[Export, Share],
			Self::Correct => &[Correct],
		}
	}

	/// What a denial of the action takes away: with the sight of the data goes everything that needs it.
	fn denies(self) -> &'static [Operation] {
		use Operation::*;
		match self {
			Self::Access | Self::Use => &[
				Read, Annotate, Train, Evaluate, Infer, Aggregate, Synthesise, Link, Export, Share,
			],
			other => other.permits(),
		}
	}
}

#[cfg(test)]
mod tests;
