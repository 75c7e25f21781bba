//! Maps an `AuditEvent` of R4 or R5 to an access event.

use super::{
	element::{codes, codings, list, text},
	identity::{Context, UNKNOWN_SERVER},
	purposes, FhirReader,
};
use crate::standards::{
	fhir::OPERATION,
	record::{Mapped, Problem},
};
use kexin_primitives::{
	access::{AccessEvent, Outcome},
	members::MemberId,
	vocabulary::{Operation, Purpose},
	Pseudonym, UnixMillis, H256,
};
use serde_json::Value;

/// DICOM codes (DCM) of the kinds of event.
mod dicom {
	pub const APPLICATION: &[&str] = &["110100", "110120", "110121"];
	pub const LOGIN: &[&str] = &["110114", "110122", "110123"];
	pub const EXPORT: &[&str] = &["110106"];
	pub const IMPORT: &[&str] = &["110107"];
	pub const SECURITY_ALERT: &[&str] = &["110113"];
	pub const QUERY: &[&str] = &["110112"];
}

/// The names of the code system of DICOM.
const DICOM: &[&str] = &[
	"http://dicom.nema.org/resources/ontology/DCM",
	"https://dicom.nema.org/resources/ontology/DCM",
	"http://nema.org/dicom/dcm",
	"http://nema.org/dicom/dicm",
	"urn:oid:1.2.840.10008.2.16.4",
	"DCM",
];

/// The names of the code system of FHIR's interactions.
const INTERACTION: &[&str] = &[
	"http://hl7.org/fhir/restful-interaction",
	"https://hl7.org/fhir/restful-interaction",
];

/// A code of what kind of event it is, and its system.
struct Kind<'a> {
	system: Option<&'a str>,
	code: &'a str,
}

impl Kind<'_> {
	/// Whether it is one of these codes of DICOM.
	fn is(&self, codes: &[&str]) -> bool {
		self.system.is_none_or(|system| DICOM.contains(&system)) && codes.contains(&self.code)
	}
}

/// Maps the event of the record with this hash.
pub(super) fn map(reader: &FhirReader<'_>, source: H256, context: &Context<'_>) -> Result<Mapped, Problem> {
	let event = context.resource;
	let kinds = kinds(event);
	let is_apart = |kind: &&Kind<'_>| kind.is(dicom::LOGIN) || kind.is(dicom::APPLICATION);
	let mut apart = kinds.iter().filter(is_apart).peekable();
	// A code without its system may be a hospital's own: it does not make nothing of an access to a person's data.
	let names_nobody = || patients(context).next().is_none();
	if apart.peek().is_some() && (names_nobody() || apart.any(|kind| kind.system.is_some())) {
		return Ok(Mapped::NotApplicable(
			"not an access to data, but a login, a logout, or the start or stop of a system".into(),
		));
	}
	let purpose = purpose(event);
	let operation = operation(event, &kinds, purpose)?;
	let occurred = occurred(reader, event)?;
	let recipient = match operation {
		Operation::Export | Operation::Share => destination(reader, context),
		_ => reader.config.member,
	};
	Ok(Mapped::Access(AccessEvent {
		source,
		occurred,
		actor: actor(reader, context)?,
		subject: subject(reader, context)?,
		purpose,
		operation,
		region: reader.config.region,
		recipient,
		activity: reader.activity,
		outcome: outcome(event, &kinds)?,
	}))
}

/// The codes of what kind of event it is: R4 `type` and `subtype`, R5 `category` and `code`.
fn kinds(event: &Value) -> Vec<Kind<'_>> {
	let names = ["type", "subtype", "category", "code"].into_iter();
	let codings = names.flat_map(|name| codings(event.get(name)));
	let kinds = codings.filter_map(|coding| {
		Some(Kind {
			system: text(coding, "system"),
			code: coding.as_str().or_else(|| text(coding, "code"))?,
		})
	});
	kinds.collect()
}

/// R5 `occurredDateTime` or `occurredPeriod`, R4 `period`, then `recorded`.
fn occurred(reader: &FhirReader<'_>, event: &Value) -> Result<UnixMillis, Problem> {
	let start = |name: &str| event.get(name).and_then(|period| text(period, "start"));
	let candidates = [
		("AuditEvent.occurredDateTime", text(event, "occurredDateTime")),
		("AuditEvent.occurredPeriod.start", start("occurredPeriod")),
		("AuditEvent.period.start", start("period")),
		("AuditEvent.recorded", text(event, "recorded")),
	];
	let found = candidates
		.into_iter()
		.find_map(|(element, time)| time.map(|time| (element, time)));
	let (element, time) = found.ok_or_else(|| {
		Problem::new(
			"AuditEvent.recorded",
			"is missing, and so is every other time: state when the access happened",
		)
	})?;
	if time.parse::<chrono::NaiveDate>().is_ok() {
		let reason = "is a day without an hour, so it can't be told what was permitted: state the time of the access";
		return Err(Problem::new(element, reason));
	}
	reader.time(element, time, false)
}

/// Who accessed the data: the requestor, or else the first agent that has a name.
fn actor(reader: &FhirReader<'_>, context: &Context<'_>) -> Result<Pseudonym, Problem> {
	let agents = list(context.resource.get("agent"));
	let requestor = |agent: &&Value| agent.get("requestor").and_then(Value::as_bool) == Some(true);
	let others = agents.iter().filter(|agent| !requestor(agent));
	let is_unknown = |who: Option<&Value>| who.is_some_and(|who| context.names_unknown_server(who));
	let mut unknown = false;
	let name = agents.iter().filter(requestor).chain(others).find_map(|agent| {
		let who = agent.get("who").or_else(|| agent.get("reference"));
		unknown |= is_unknown(who);
		who.and_then(|who| context.names(who).into_iter().next())
			.or_else(|| text(agent, "altId").map(Into::into))
			.or_else(|| text(agent, "name").map(Into::into))
			.or_else(|| who.and_then(|who| text(who, "display")).map(Into::into))
	});
	let missing = || {
		Problem::new(
			"AuditEvent.agent.who",
			"is missing in every agent, and so is another name: state who accessed the data",
		)
	};
	if unknown {
		return Err(Problem::new("AuditEvent.agent.who", UNKNOWN_SERVER));
	}
	name.map(|name| reader.pseudonyms.actor(&name)).ok_or_else(missing)
}

/// Whose data was accessed: the one patient that is named. With several patients, it is an access to the dataset as a
/// whole, for which the consents of all its subjects are needed.
fn subject(reader: &FhirReader<'_>, context: &Context<'_>) -> Result<Option<Pseudonym>, Problem> {
	let mut found = Vec::new();
	for (number, reference) in patients(context).enumerate() {
		let name = context.patient(reference, true);
		let name = name.map_err(|reason| Problem::new(format!("AuditEvent patient reference {number}"), reason))?;
		if !found.contains(&name) {
			found.push(name);
		}
	}
	Ok(match &found[..] {
		[one] => Some(reader.pseudonyms.subject(one)),
		_ => None,
	})
}

/// What names the patients.
fn patients<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a Value> {
	let event = context.resource;
	let is_patient = |entity: &&Value| {
		let what = || context.kind(entity.get("what")?);
		codes(entity.get("role")).any(|role| role == "1") || what().as_deref() == Some("Patient")
	};
	let entities = list(event.get("entity")).iter().filter(is_patient);
	let references = entities.filter_map(|entity| entity.get("what").or_else(|| entity.get("reference")));
	event.get("patient").into_iter().chain(references)
}

/// The purpose of use of the event or of its agents. Several purposes, or unknown ones, count as none: an access
/// without a purpose is judged by the strictest rule.
fn purpose(event: &Value) -> Option<Purpose> {
	let of_event = ["purposeOfEvent", "authorization"]
		.into_iter()
		.flat_map(|name| list(event.get(name)));
	let of_agents = list(event.get("agent")).iter().flat_map(|agent| {
		["purposeOfUse", "authorization"]
			.into_iter()
			.flat_map(|name| list(agent.get(name)))
	});
	match purposes(of_event.chain(of_agents)) {
		(known, unknown) if unknown.is_empty() => match known[..] {
			[one] => Some(one),
			_ => None,
		},
		_ => None,
	}
}

fn operation(event: &Value, kinds: &[Kind<'_>], purpose: Option<Purpose>) -> Result<Operation, Problem> {
	let is = |of: &[&str]| kinds.iter().any(|kind| kind.is(of));
	if let Some(operation) = stated(event) {
		return Ok(operation);
	}
	if is(dicom::EXPORT) {
		return Ok(Operation::Export);
	}
	if is(dicom::IMPORT) {
		return Ok(Operation::Collect);
	}
	match text(event, "action") {
		Some("C") => return Ok(Operation::Collect),
		Some("R") => return Ok(Operation::Read),
		Some("U") => return Ok(Operation::Correct),
		Some("D") => return Ok(Operation::Delete),
		Some("E") | None => (),
		Some(other) => {
			return Err(Problem::new(
				"AuditEvent.action",
				format!("is {other:?}, not one of C, R, U, D and E"),
			))
		},
	}
	let interactions = kinds
		.iter()
		.filter(|kind| kind.system.is_none_or(|system| INTERACTION.contains(&system)));
	for kind in interactions {
		match kind.code {
			"read" | "vread" | "search" | "search-type" | "search-system" | "history" | "history-instance"
			| "history-type" | "history-system" => return Ok(Operation::Read),
			"create" => return Ok(Operation::Collect),
			"update" | "patch" => return Ok(Operation::Correct),
			"delete" => return Ok(Operation::Delete),
			_ => (),
		}
	}
	match purpose {
		Some(Purpose::ModelTraining) => Ok(Operation::Train),
		Some(Purpose::DecisionSupport) => Ok(Operation::Infer),
		// A query has the action E (execute). An authorisation decision is about a read if it states nothing else.
		_ if is(dicom::QUERY) || is(dicom::SECURITY_ALERT) => Ok(Operation::Read),
		_ => Err(Problem::new(
			"AuditEvent.action",
			"does not state what was done with the data, and neither does the kind of event: give C, R, U or D",
		)),
	}
}

/// The operation that the ledger's own code states.
fn stated(event: &Value) -> Option<Operation> {
	let kinds = ["type", "subtype", "category", "code"].into_iter();
	let codings = kinds.flat_map(|name| codings(event.get(name)));
	let own = codings.filter(|coding| text(coding, "system") == Some(OPERATION));
	own.filter_map(|coding| text(coding, "code"))
		.find_map(Operation::from_code)
}

/// The member that received exported data, if `[recipients]` in the configuration lists the organisation.
fn destination(reader: &FhirReader<'_>, context: &Context<'_>) -> Option<MemberId> {
	let agents = list(context.resource.get("agent"));
	let destinations = agents.iter().filter(|agent| {
		codes(agent.get("type"))
			.chain(codes(agent.get("role")))
			.any(|code| matches!(code, "110152" | "IRCP"))
	});
	destinations
		.filter_map(|agent| agent.get("who"))
		.find_map(|who| reader.member(who, context))
}

/// R4's `outcome` is a code, R5's `outcome.code` a Coding. Both use 0, 4, 8 and 12, and R5 also issue severities.
/// Without an outcome the access counts as permitted, so that no breach is hidden.
///
/// # Errors
/// When there is an outcome that does not tell whether the access succeeded.
fn outcome(event: &Value, kinds: &[Kind<'_>]) -> Result<Outcome, Problem> {
	let Some(outcome) = event.get("outcome") else {
		return Ok(Outcome::Permitted);
	};
	let (element, code) = match outcome {
		Value::Object(fields) if !fields.contains_key("coding") => ("AuditEvent.outcome.code", fields.get("code")),
		outcome => ("AuditEvent.outcome", Some(outcome)),
	};
	// The codings of one concept are translations: one that is known tells what the others say.
	let known = codes(code).filter_map(|code| match code {
		"0" | "success" | "information" | "warning" => Some(false),
		"4" | "8" | "12" | "error" | "fatal" | "transient" | "minor-failure" | "serious-failure" => Some(true),
		_ => None,
	});
	let known = known.collect::<Vec<_>>();
	let failed = known
		.first()
		.copied()
		.filter(|first| known.iter().all(|other| other == first));
	let failed = failed.ok_or_else(|| {
		let found = code.map_or_else(|| "missing".to_owned(), Value::to_string);
		let reason = format!(
			"is {found}, which does not tell whether the access succeeded: expected 0, 4, 8, 12, success or error"
		);
		Problem::new(element, reason)
	})?;
	if !failed {
		return Ok(Outcome::Permitted);
	}
	let details = [
		text(event, "outcomeDesc").unwrap_or_default().to_owned(),
		outcome.get("detail").map(Value::to_string).unwrap_or_default(),
	];
	let decision = kinds
		.iter()
		.any(|kind| kind.is(dicom::SECURITY_ALERT) || kind.code == "AuthZ-Consent");
	let denied = decision || details.iter().any(|detail| states_denial(detail));
	Ok(if denied { Outcome::Denied } else { Outcome::Failed })
}

/// Whether a text states a denial in one of its words.
fn states_denial(text: &str) -> bool {
	let text = text.to_ascii_lowercase();
	text.split(|letter: char| !letter.is_alphanumeric()).any(|word| {
		matches!(word, "401" | "403" | "deny" | "denial")
			|| word.ends_with("denied")
			|| word.ends_with("forbidden")
			|| word.starts_with("unauthori")
	})
}
