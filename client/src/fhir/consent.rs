//! `Consent`, R4 and R5, to scopes.
//!
//! What is unclear never becomes a permission: a consent with anything that the ledger can't express is not mapped at all.

use super::{
	purposes,
	source::Record,
	value::{codes, codings, list, names, text},
	Mapped, Mapper, Problem,
};
use kexin_primitives::{
	members::MemberId,
	scope::{Dimension, Scope, TooManyNamed},
	vocabulary::{Operation, Purpose},
	Moment, FOREVER,
};
use serde_json::Value;

/// What may stand in a provision beside what is read. Everything else narrows in a way that the ledger does not know.
const KNOWN: &[&str] = &[
	"id",
	"type",
	"purpose",
	"action",
	"actor",
	"period",
	"provision",
	"extension",
];

/// Maps the record.
pub(super) fn map(mapper: &Mapper<'_>, record: &Record) -> Result<Mapped, Problem> {
	let consent = &record.value;
	let patient = consent.get("patient").or_else(|| consent.get("subject"));
	let subject = patient
		.and_then(|patient| names(patient, consent).into_iter().next())
		.map(|name| mapper.pseudonyms.subject(&name))
		.ok_or_else(|| Problem::new("Consent.patient", "names nobody: whose consent is it?"))?;
	match text(consent, "status") {
		Some("active") => (),
		Some("inactive" | "rejected" | "entered-in-error" | "not-done") => return Ok(Mapped::Revoke { subject }),
		Some(other) => {
			return Err(Problem::new(
				"Consent.status",
				format!("{other:?} is no consent in force"),
			))
		},
		None => return Err(Problem::new("Consent.status", "missing: is the consent in force?")),
	}

	// R5 has the decision at the root and a list of exceptions; R4 has both in one provision.
	let (root, element) = match consent.get("provision") {
		Some(provision @ Value::Object(_)) => (provision, "Consent.provision"),
		_ => (consent, "Consent"),
	};
	let decision = text(consent, "decision").or_else(|| text(root, "type"));
	let exceptions = list(root.get("provision"));
	let times = Times::of(mapper, consent, "Consent.period", None)?;
	let scopes = match decision {
		Some("permit") => {
			let mut scope = permission(mapper, record, root, element, element == "Consent", &times)?;
			for (number, exception) in exceptions.iter().enumerate() {
				let element = format!("{element}.provision[{number}]");
				scope = deny(mapper, record, exception, &element, scope)?;
			}
			vec![scope]
		},
		Some("deny") | None if exceptions.is_empty() && decision.is_some() => return Ok(Mapped::Revoke { subject }),
		Some("deny") => {
			let permit = |(number, exception): (usize, &Value)| {
				let element = format!("{element}.provision[{number}]");
				if text(exception, "type").is_some_and(|kind| kind != "permit") {
					return Err(Problem::new(element, "a denial within a denial can't be told"));
				}
				permission(mapper, record, exception, &element, false, &times)
			};
			exceptions
				.iter()
				.enumerate()
				.map(permit)
				.collect::<Result<Vec<_>, _>>()?
		},
		Some(other) => return Err(Problem::new(element, format!("{other:?} is neither permit nor deny"))),
		None => {
			return Err(Problem::new(
				element,
				"neither permit nor deny is said; a policy or a text alone permits nothing that the ledger can check",
			))
		},
	};
	Ok(Mapped::Grant { subject, scopes })
}

/// From when until when.
struct Times {
	start: Option<Moment>,
	end: Moment,
}

impl Times {
	/// The period of a consent or provision, within that of what it stands in.
	fn of(mapper: &Mapper<'_>, value: &Value, element: &str, within: Option<&Self>) -> Result<Self, Problem> {
		let time = |name: &str, latest: bool| {
			let time = value.get("period").and_then(|period| text(period, name));
			time.map(|time| mapper.moment(&format!("{element}.{name}"), time, latest))
				.transpose()
		};
		let dated = match within {
			Some(_) => None,
			None => ["dateTime", "date"].into_iter().find_map(|name| text(value, name)),
		};
		// A date alone leaves open at which hour the consent was signed: it starts when the day is over.
		let dated = dated
			.map(|date| mapper.moment("Consent.dateTime", date, true))
			.transpose()?;
		// Of the last day, the first moment in which it may be over counts.
		let (start, end) = (time("start", false)?.or(dated), time("end", true)?.unwrap_or(FOREVER));
		Ok(match within {
			Some(within) => Self {
				start: start.max(within.start),
				end: end.min(within.end),
			},
			None => Self { start, end },
		})
	}
}

fn too_many(element: &str) -> impl Fn(TooManyNamed) -> Problem + '_ {
	move |_| Problem::new(element, "names more values than a scope on the ledger holds")
}

/// Refuses what narrows in a way that the ledger does not know.
fn understood(value: &Value, element: &str) -> Result<(), Problem> {
	let unknown = value
		.as_object()
		.and_then(|object| object.keys().find(|key| !KNOWN.contains(&&key[..])));
	match unknown {
		Some(key) => Err(Problem::new(
			format!("{element}.{key}"),
			"limits the consent in a way that the ledger can't express; it would permit more than was consented to",
		)),
		None if value.get("extension").is_some() => Err(Problem::new(
			format!("{element}.extension"),
			"may limit the consent in a way that the ledger does not know",
		)),
		None => Ok(()),
	}
}

/// A permission: purposes it must name; actions and recipients it may.
fn permission(
	mapper: &Mapper<'_>,
	record: &Record,
	provision: &Value,
	element: &str,
	is_root: bool,
	within: &Times,
) -> Result<Scope, Problem> {
	// The root of an R5 consent has no limits of its own beside its provisions; it is the whole resource.
	if !is_root {
		understood(provision, element)?;
	}
	let times = if is_root {
		Times {
			..Times::of(mapper, provision, "Consent.period", None)?
		}
	} else {
		Times::of(mapper, provision, &format!("{element}.period"), Some(within))?
	};
	let start = times.start.ok_or_else(|| {
		Problem::new(
			"Consent.dateTime",
			"missing, and so is the start of the period: from when does it hold?",
		)
	})?;
	let mut scope = Scope::uniform(start, times.end);
	scope.purposes = Dimension::only(named_purposes(provision, element)?, times.end).map_err(too_many(element))?;
	let operations = named_operations(provision, element)?;
	let operations = operations.unwrap_or_else(|| within_the_hospital().to_vec());
	scope.operations = Dimension::only(operations, times.end).map_err(too_many(element))?;
	let recipients = named_recipients(mapper, record, provision, element)?;
	if !recipients.is_empty() {
		scope.recipients = Dimension::only(recipients, times.end).map_err(too_many(element))?;
	}
	if let Some(nested) = list(provision.get("provision"))
		.first()
		.filter(|_| !is_root && element != "Consent.provision")
	{
		return Err(Problem::new(
			element,
			format!("an exception within an exception can't be told: {nested}"),
		));
	}
	Ok(scope)
}

/// A denial within a permission: exact where it denies one thing, and refused where it denies a combination.
fn deny(
	mapper: &Mapper<'_>,
	record: &Record,
	exception: &Value,
	element: &str,
	mut scope: Scope,
) -> Result<Scope, Problem> {
	if text(exception, "type").is_some_and(|kind| kind != "deny") {
		return Err(Problem::new(element, "a permission within a permission can't be told"));
	}
	understood(exception, element)?;
	let limits = ["purpose", "action", "actor", "period", "provision"];
	let named = limits
		.into_iter()
		.filter(|name| !list(exception.get(name)).is_empty())
		.collect::<Vec<_>>();
	match named[..] {
		["purpose"] => {
			for purpose in named_purposes(exception, element)? {
				scope.purposes = scope.purposes.with(purpose, 0).map_err(too_many(element))?;
			}
		},
		["action"] => {
			for operation in named_operations(exception, element)?.unwrap_or_default() {
				scope.operations = scope.operations.with(operation, 0).map_err(too_many(element))?;
			}
		},
		["actor"] => {
			for recipient in named_recipients(mapper, record, exception, element)? {
				scope.recipients = scope.recipients.with(recipient, 0).map_err(too_many(element))?;
			}
		},
		_ => {
			return Err(Problem::new(
				element,
				"denies a combination, or nothing: the ledger can deny purposes, actions or recipients",
			))
		},
	}
	Ok(scope)
}

/// The purposes that a provision names, each with those that HL7 lists under it.
fn named_purposes(provision: &Value, element: &str) -> Result<Vec<Purpose>, Problem> {
	let element = format!("{element}.purpose");
	let (known, unknown) = purposes(codings(provision.get("purpose")));
	if let Some(code) = unknown.first() {
		return Err(Problem::new(
			element,
			format!("{code:?} is no purpose of use that the ledger knows"),
		));
	}
	if known.is_empty() {
		return Err(Problem::new(element, "missing: a permission must say for what"));
	}
	let covers = |purpose: &&Purpose| known.iter().any(|named| purpose.is_or_under(*named));
	Ok(Purpose::ALL.iter().filter(covers).copied().collect())
}

/// What a consent that names no actions allows: use within the hospital, and nothing that takes data out of it.
fn within_the_hospital() -> &'static [Operation] {
	use Operation::*;
	&[Read, Collect, Correct, Annotate, Train, Evaluate, Infer, Aggregate]
}

/// FHIR's consent actions (`http://terminology.hl7.org/CodeSystem/consentaction`) as operations.
fn named_operations(provision: &Value, element: &str) -> Result<Option<Vec<Operation>>, Problem> {
	use Operation::*;
	let mut operations = Vec::new();
	for code in codes(provision.get("action")) {
		let more: &[Operation] = match code {
			"collect" => &[Collect],
			"access" => &[Read],
			"use" => &[Read, Annotate, Train, Evaluate, Infer, Aggregate],
			"disclose" => &[Export, Share],
			"correct" => &[Correct],
			_ => {
				let element = format!("{element}.action");
				return Err(Problem::new(
					element,
					format!("{code:?} is no consent action that the ledger knows"),
				));
			},
		};
		operations.extend_from_slice(more);
	}
	Ok((!operations.is_empty()).then_some(operations))
}

/// The members that a provision names as actors. Somebody who is not a known member can't be told from anybody else.
fn named_recipients(
	mapper: &Mapper<'_>,
	record: &Record,
	provision: &Value,
	element: &str,
) -> Result<Vec<MemberId>, Problem> {
	let actors = list(provision.get("actor")).iter().enumerate();
	let known = actors.map(|(number, actor)| {
		let reference = actor.get("reference").ok_or(());
		reference
			.and_then(|reference| mapper.member(reference, record).ok_or(()))
			.map_err(|()| {
				let reason = "is no member that the configuration knows: name it under [recipients]";
				Problem::new(format!("{element}.actor[{number}]"), reason)
			})
	});
	known.collect()
}
