//! Maps a `Consent` of R4 or R5 to scopes.
//!
//! What is unclear never becomes a permission: a consent with anything that the ledger can't express is not mapped at
//! all.

use super::{
	element::{codings, list, text, text_if_any},
	identity::Context,
	purposes, version, FhirReader,
};
use crate::standards::record::{ConsentChange, Mapped, Problem};
use kexin_primitives::{
	members::MemberId,
	scope::{Dimension, Scope, TooManyNamed},
	vocabulary::{Operation, Purpose},
	Pseudonym, UnixMillis, FOREVER,
};
use serde_json::Value;

/// Codes of consents that are about the use of data: R4's scopes (`http://terminology.hl7.org/CodeSystem/consentscope`)
/// and the categories of both versions (`http://hl7.org/fhir/ValueSet/consent-category`) that are so. The others are
/// about treatments, living wills and orders.
const ABOUT_DATA: &[(&str, &[&str])] = &[
	(
		"terminology.hl7.org/CodeSystem/consentscope",
		&["patient-privacy", "research"],
	),
	(
		"terminology.hl7.org/CodeSystem/consentcategorycodes",
		&["npp", "research", "rsdid", "rsreid"],
	),
	(
		"terminology.hl7.org/CodeSystem/v3-ActCode",
		&[
			"ICOL", "IDSCL", "INFA", "INFAO", "INFASO", "IRDSCL", "RESEARCH", "RSDID", "RSREID",
		],
	),
	("loinc.org", &["57016-8", "57017-6", "59284-0", "64292-6"]),
];

/// A code system of categories that is known to everybody as those of [`ABOUT_DATA`] are: a code of theirs that is not
/// listed there is about something else.
const SNOMED: &str = "snomed.info/sct";

/// The code system of consent actions, by its names in R4 and R5, and in STU3.
const CONSENT_ACTION: &[&str] = &[
	"http://terminology.hl7.org/CodeSystem/consentaction",
	"https://terminology.hl7.org/CodeSystem/consentaction",
	"http://hl7.org/fhir/consentaction",
];

/// The code system of roles of actors, HL7's v3 ParticipationType, by its names in R4 and R5, in STU3, and in HL7
/// version 3.
const PARTICIPATION_TYPE: &[&str] = &[
	"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
	"https://terminology.hl7.org/CodeSystem/v3-ParticipationType",
	"http://hl7.org/fhir/v3/ParticipationType",
	"urn:oid:2.16.840.1.113883.5.90",
];

/// The information recipients (IRCP) of HL7's v3 ParticipationType, with those that it lists under them.
const RECIPIENTS: &[&str] = &["IRCP", "NOT", "PRCP", "REFB", "REFT", "TRC"];

/// Maps a consent.
pub(super) fn map(reader: &FhirReader<'_>, context: &Context<'_>) -> Result<Mapped, Problem> {
	let consent = context.resource;
	let subject = subject(reader, context)?;
	match text(consent, "status") {
		Some("active") => (),
		Some("inactive" | "entered-in-error") => {
			version::check(reader, consent)?;
			return Ok(Mapped::Consent(ConsentChange::End { subject }));
		},
		Some(status @ ("rejected" | "not-done")) => {
			version::check(reader, consent)?;
			return Ok(Mapped::NotApplicable(format!(
				"the consent was never given: its status is {status}"
			)));
		},
		Some(other) => {
			let reason = format!("is {other:?}, so the consent is not in force: import it once it is active");
			return Err(Problem::new("Consent.status", reason));
		},
		None => {
			return Err(Problem::new(
				"Consent.status",
				"is missing: state whether the consent is in force",
			))
		},
	}
	check_verified(consent)?;
	check_scope(consent)?;
	let scopes = scopes(reader, context)?;
	// A refusal counts whatever document it is, and whichever version.
	if scopes.is_empty() {
		return Ok(Mapped::Consent(ConsentChange::Revoke { subject }));
	}
	check_root(consent)?;
	version::check(reader, consent)?;
	version::check_lasts(context)?;
	Ok(Mapped::Consent(ConsentChange::Grant { subject, scopes }))
}

/// The elements of a Consent of R4 and R5 that don't limit it, or are read.
const ROOT: &[&str] = &[
	"category",
	"contained",
	"controller",
	"date",
	"dateTime",
	"decision",
	"extension",
	"fhir_comments",
	"grantee",
	"grantor",
	"id",
	"identifier",
	"language",
	"manager",
	"meta",
	"organization",
	"patient",
	"performer",
	"period",
	"policy",
	"policyBasis",
	"policyRule",
	"policyText",
	"provision",
	"regulatoryBasis",
	"resourceType",
	"scope",
	"sourceAttachment",
	"sourceReference",
	"status",
	"subject",
	"text",
	"verification",
];

/// Refuses a permission with an element that neither R4 nor R5 has: it may be a limit, as in STU3.
fn check_root(consent: &Value) -> Result<(), Problem> {
	let mut names = consent.as_object().into_iter().flat_map(|elements| elements.keys());
	let is_known = |name: &str| {
		let value = name.strip_prefix('_').unwrap_or(name);
		ROOT.contains(&value) || matches!(name, "implicitRules" | "modifierExtension")
	};
	match names.find(|name| !is_known(name)) {
		None => Ok(()),
		Some(name) => Err(Problem::new(
			format!("Consent.{name}"),
			"is no element of a Consent of R4 or R5, and may limit it: state the limits of the consent in its provision",
		)),
	}
}

/// Who consents.
pub(super) fn subject(reader: &FhirReader<'_>, context: &Context<'_>) -> Result<Pseudonym, Problem> {
	let problem = |reason: &str| Problem::new("Consent.patient", reason);
	let stated = ["patient", "subject"]
		.into_iter()
		.filter_map(|name| context.resource.get(name));
	let mut names = stated
		.filter(|reference| !reference.is_null())
		.map(|reference| context.patient(reference, false).map_err(|reason| problem(&reason)));
	let missing =
		|| problem("names nobody: give a reference or an identifier, so that it is known whose consent it is");
	let name = names.next().ok_or_else(missing)??;
	match names.next().transpose()? {
		Some(other) if other != name => Err(problem("names somebody else than the subject does")),
		_ => Ok(reader.pseudonyms.subject(&name)),
	}
}

/// Refuses a consent that has a verification which failed.
fn check_verified(consent: &Value) -> Result<(), Problem> {
	for (number, verification) in list(consent.get("verification")).iter().enumerate() {
		if verification.get("verified").and_then(Value::as_bool) != Some(true) {
			let element = format!("Consent.verification[{number}].verified");
			return Err(Problem::new(
				element,
				"is not true: import the consent once it is verified",
			));
		}
	}
	Ok(())
}

/// Refuses a consent that is not about the use of data, by its scope (R4) and its categories. Neither says anything if
/// it is not there.
fn check_scope(consent: &Value) -> Result<(), Problem> {
	let mut is_said = false;
	for name in ["scope", "category"] {
		for concept in list(consent.get(name)) {
			for coding in codings(Some(concept)) {
				let code = text(coding, "code").unwrap_or_default();
				let about_data = is_about_data(coding);
				if !about_data && (name == "scope" || is_of_everybody(coding)) {
					let reason = format!(
						"is {code:?}, which is not about the use of data: expected patient-privacy or research"
					);
					return Err(Problem::new(format!("Consent.{name}"), reason));
				}
				is_said |= about_data;
			}
		}
	}
	let is_stated = |name: &&str| consent.get(name).is_some_and(|value| !value.is_null());
	match ["scope", "category"].iter().find(|name| is_stated(name)) {
		Some(name) if !is_said => Err(Problem::new(
			format!("Consent.{name}"),
			"has no code that is known to be about the use of data: expected patient-privacy or research",
		)),
		_ => Ok(()),
	}
}

/// The code system of a coding, whatever its scheme.
fn system(coding: &Value) -> Option<&str> {
	let system = text(coding, "system")?;
	Some(system.split_once("://").map_or(system, |(_, address)| address))
}

/// Whether a scope or category is about the use of data. A coding without a system may be of any.
fn is_about_data(coding: &Value) -> bool {
	let (system, code) = (system(coding), text(coding, "code").unwrap_or_default());
	let mut known = ABOUT_DATA.iter();
	known.any(|(known, codes)| system.is_none_or(|system| system == *known) && codes.contains(&code))
}

/// Whether a category is of a code system that everybody knows, or of no system.
fn is_of_everybody(coding: &Value) -> bool {
	system(coding).is_none_or(|system| system == SNOMED || ABOUT_DATA.iter().any(|(known, _)| *known == system))
}

/// What the consent permits, each alternative by itself; nothing if it denies everything.
fn scopes(reader: &FhirReader<'_>, context: &Context<'_>) -> Result<Vec<Scope>, Problem> {
	let consent = context.resource;
	// A denial needs no times.
	let times = || Times::of(reader, consent);
	let provision = |value, element| Provision {
		reader,
		context,
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
					"is missing: state permit or deny. A policy or a text alone permits nothing that the ledger can check",
				)
			})?;
			let exceptions = list(root.get("provision"));
			(decision, provision(root, "Consent.provision".to_owned()), exceptions)
		},
		_ => return Err(Problem::new(
			"Consent.provision",
			"is missing: state what is permitted. A policy or a text alone permits nothing that the ledger can check",
		)),
	};
	let mut exceptions = exceptions
		.iter()
		.enumerate()
		.map(|(number, value)| provision(value, format!("{}.provision[{number}]", root.element)));
	match decision {
		"permit" => {
			let permitted = root.permission(&times()?)?;
			let left = exceptions.try_fold(permitted, |scope, exception| exception.denied_in(scope))?;
			Ok(vec![left])
		},
		"deny" => {
			// Without its limits, a denial takes away more.
			if exceptions.len() == 0 {
				return Ok(Vec::new());
			}
			root.has_only(&["type", "provision"])?;
			exceptions.map(|exception| exception.permission(&times()?)).collect()
		},
		other => {
			let reason = format!("decides {other:?}: expected permit or deny");
			Err(Problem::new(root.element, reason))
		},
	}
}

/// The text of an element that changes what is permitted, if the element is there.
pub(super) fn stated<'a>(value: &'a Value, element: &str, name: &str) -> Result<Option<&'a str>, Problem> {
	text_if_any(value, name).map_err(|_| Problem::new(format!("{element}.{name}"), "is not a text, or an empty one"))
}

/// From when until when.
#[derive(Clone, Copy)]
struct Times {
	start: Option<UnixMillis>,
	end: UnixMillis,
}

impl Times {
	/// The times of a consent: from its signature on, within its period if it has one (R5).
	fn of(reader: &FhirReader<'_>, consent: &Value) -> Result<Self, Problem> {
		let signed = match stated(consent, "Consent", "dateTime")? {
			None => stated(consent, "Consent", "date")?,
			signed => signed,
		};
		// A date alone leaves the hour open: the consent starts at the end of the day.
		let start = signed
			.map(|date| start(reader, "Consent.dateTime", date, true))
			.transpose()?;
		Self { start, end: FOREVER }.within(reader, consent, "Consent")
	}

	/// These times within the period of a value, if it has one. A period includes the days of its start and end.
	fn within(self, reader: &FhirReader<'_>, value: &Value, element: &str) -> Result<Self, Problem> {
		let period = match value.get("period") {
			None | Some(Value::Null) => return Ok(self),
			Some(Value::Object(period)) => period,
			Some(_) => return Err(Problem::new(format!("{element}.period"), "is not a Period")),
		};
		// An element of another name could be a limit too: an extension, for example, that states it is unknown.
		if let Some(name) = period.keys().find(|name| !matches!(&name[..], "id" | "start" | "end")) {
			let reason = "limits the period in a way that the ledger can't express";
			return Err(Problem::new(format!("{element}.period.{name}"), reason));
		}
		if !period.contains_key("start") && !period.contains_key("end") {
			return Err(Problem::new(
				format!("{element}.period"),
				"has neither start nor end: leave it out or complete it",
			));
		}
		let text = |name: &str| match period.get(name) {
			None => Ok(None),
			Some(Value::String(time)) => Ok(Some((format!("{element}.period.{name}"), &time[..]))),
			Some(_) => Err(Problem::new(format!("{element}.period.{name}"), "is not a dateTime")),
		};
		let begun = text("start")?.map(|(element, time)| start(reader, &element, time, false));
		let ended = text("end")?.map(|(element, time)| reader.time(&element, time, true));
		Ok(Self {
			start: self.start.max(begun.transpose()?),
			end: ended.transpose()?.map_or(self.end, |end| end.min(self.end)),
		})
	}
}

/// The time of a start. One before 1970 is the same as 1970: nothing is recorded before that.
fn start(reader: &FhirReader<'_>, element: &str, text: &str, latest: bool) -> Result<UnixMillis, Problem> {
	let time = reader.moment(element, text, latest)?;
	Ok(UnixMillis::try_from(time).unwrap_or_default())
}

/// A provision and the path to it.
struct Provision<'a> {
	reader: &'a FhirReader<'a>,
	context: &'a Context<'a>,
	value: &'a Value,
	element: String,
}

impl Provision<'_> {
	/// What the provision permits. It must name purposes, and may name actions, recipients and a period.
	fn permission(&self, consent: &Times) -> Result<Scope, Problem> {
		let root = self.element == "Consent.provision";
		match stated(self.value, &self.element, "type")? {
			None | Some("permit") => (),
			Some(_) => return Err(self.problem("type", "is not permit: an exception to a denial must permit")),
		}
		self.has_only(if root {
			&["type", "period", "purpose", "action", "actor", "provision"]
		} else {
			&["type", "period", "purpose", "action", "actor"]
		})?;
		let times = consent.within(self.reader, self.value, &self.element)?;
		let start = times.start.ok_or_else(|| {
			Problem::new(
				"Consent.dateTime",
				"is missing, and so is the start of the period: state when the consent starts",
			)
		})?;
		let purposes = self.purposes()?;
		if purposes.is_empty() {
			return Err(self.problem("purpose", "is missing: a permission must name its purposes"));
		}
		let actions = self.actions()?;
		let operations = if actions.is_empty() {
			within_the_hospital().to_vec()
		} else {
			actions.into_iter().flat_map(Action::permits).copied().collect()
		};
		let recipients = match (self.recipients()?, self.grantees()?) {
			(recipients, grantees) if grantees.is_empty() => recipients,
			(recipients, grantees) if recipients.is_empty() => grantees,
			(recipients, grantees) => {
				let both = recipients.into_iter().filter(|recipient| grantees.contains(recipient));
				let both = both.collect::<Vec<_>>();
				if both.is_empty() {
					return Err(self.problem("actor", "is none of the grantees of the consent"));
				}
				both
			},
		};
		let mut scope = Scope::uniform(start, times.end);
		scope.purposes = Dimension::only(purposes, times.end).map_err(self.too_many())?;
		scope.operations = Dimension::only(operations, times.end).map_err(self.too_many())?;
		if !recipients.is_empty() {
			scope.recipients = Dimension::only(recipients, times.end).map_err(self.too_many())?;
		}
		Ok(scope)
	}

	/// What is left of a permission after this denial. A denial of one dimension is exact; one of a combination is
	/// refused.
	fn denied_in(&self, mut scope: Scope) -> Result<Scope, Problem> {
		match stated(self.value, &self.element, "type")? {
			None | Some("deny") => (),
			Some(_) => return Err(self.problem("type", "is not deny: an exception to a permission must deny")),
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
					"denies a combination, or nothing: deny purposes, actions or recipients, each in a provision of its own",
				))
			},
		}
		Ok(scope)
	}

	/// Refuses limits that the ledger can't express, and limits that are empty.
	fn has_only(&self, known: &[&str]) -> Result<(), Problem> {
		let limits = ["purpose", "action", "actor"].into_iter();
		let mut empty = limits.filter(|name| self.value.get(name).is_some_and(|limit| list(Some(limit)).is_empty()));
		if let Some(name) = empty.next() {
			return Err(self.problem(name, "is empty: leave it out if nothing is limited"));
		}
		let mut elements = self.value.as_object().into_iter().flat_map(|object| object.keys());
		match elements.find(|key| *key != "id" && !known.contains(&&key[..])) {
			None => Ok(()),
			Some(key) => Err(self.problem(
				key,
				"limits the consent in a way that the ledger can't express: without it, the ledger would permit more than the consent",
			)),
		}
	}

	/// The named purposes, each with those that HL7 lists under it.
	fn purposes(&self) -> Result<Vec<Purpose>, Problem> {
		let named = self.value.get("purpose");
		let (known, unknown) = purposes(list(named).iter());
		if let Some(code) = unknown.first() {
			return Err(match &code[..] {
				"" => self.problem("purpose", "has a purpose without a code"),
				code => self.problem(
					"purpose",
					format!("has {code:?}, which is not a purpose of use that the ledger knows"),
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
				let codings = codings(Some(concept)).filter(|coding| is_of(coding, CONSENT_ACTION));
				let mut actions = codings.map(|coding| text(coding, "code").and_then(Action::from_code));
				// The codings of one concept are translations of each other: two of HL7's that differ are none. A text
				// alone, or an extension, is not a code.
				let first = actions.next().flatten();
				first
					.filter(|_| actions.all(|other| other == first) && concept.get("extension").is_none())
					.ok_or_else(|| {
						let reason = format!("has {concept}, which is not a consent action that the ledger knows");
						self.problem("action", reason)
					})
			})
			.collect()
	}

	/// The members that are named as actors. An actor that is not a known member can't be limited to on the ledger.
	fn recipients(&self) -> Result<Vec<MemberId>, Problem> {
		let actors = list(self.value.get("actor")).iter().enumerate();
		let known = actors.map(|(number, actor)| {
			if !is_recipient(actor) {
				let reason = "is not that of a recipient of the data: the ledger knows no other actors";
				return Err(self.problem(&format!("actor[{number}].role"), reason));
			}
			let member = actor
				.get("reference")
				.and_then(|reference| self.reader.member(reference, self.context));
			member.ok_or_else(|| {
				let reason = "is not a member that the configuration knows: list it under [recipients]";
				self.problem(&format!("actor[{number}]"), reason)
			})
		});
		known.collect()
	}

	/// The members whom the person gives the consent (R5), if it names any.
	fn grantees(&self) -> Result<Vec<MemberId>, Problem> {
		let grantees = list(self.context.resource.get("grantee")).iter().enumerate();
		let known = grantees.map(|(number, grantee)| {
			self.reader.member(grantee, self.context).ok_or_else(|| {
				let reason = "is not a member that the configuration knows: list it under [recipients]";
				Problem::new(format!("Consent.grantee[{number}]"), reason)
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
				"names more values than a scope on the ledger can hold",
			)
		}
	}
}

/// Whether a coding is of one of these systems, or of none.
fn is_of(coding: &Value, systems: &[&str]) -> bool {
	text(coding, "system").is_none_or(|system| systems.contains(&system))
}

/// Whether the role of an actor is to receive data.
fn is_recipient(actor: &Value) -> bool {
	let codings = codings(actor.get("role")).filter(|coding| is_of(coding, PARTICIPATION_TYPE));
	let mut roles = codings.map(|coding| text(coding, "code").is_some_and(|code| RECIPIENTS.contains(&code)));
	roles.next() == Some(true) && roles.all(|is_recipient| is_recipient)
}

/// What a consent without actions permits: use within the hospital, and nothing that takes data out of it.
fn within_the_hospital() -> &'static [Operation] {
	use Operation::*;
	&[Read, Collect, Correct, Annotate, Train, Evaluate, Infer, Aggregate]
}

/// FHIR's consent actions (`http://terminology.hl7.org/CodeSystem/consentaction`).
#[derive(Clone, Copy, PartialEq, Eq)]
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

	/// What a denial of the action takes away: without access to the data, nothing that needs it.
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
