//! `AuditEvent`, R4 and R5, to an access event.

use super::{
	purposes,
	source::Record,
	value::{codes, codings, list, names, target_type, text},
	Mapped, Mapper, Problem, OPERATION,
};
use kexin_primitives::{
	access::{AccessEvent, Outcome},
	vocabulary::{Operation, Purpose},
	Pseudonym, UnixMillis,
};
use serde_json::Value;

/// DICOM codes (DCM) that tell what happened.
mod dicom {
	pub const APPLICATION: &[&str] = &["110100", "110120", "110121"];
	pub const LOGIN: &[&str] = &["110114", "110122", "110123"];
	pub const EXPORT: &[&str] = &["110106"];
	pub const IMPORT: &[&str] = &["110107"];
	pub const SECURITY_ALERT: &[&str] = &["110113"];
	pub const QUERY: &[&str] = &["110112"];
}

/// Maps the record.
pub(super) fn map(mapper: &Mapper<'_>, record: &Record) -> Result<Mapped, Problem> {
	let event = &record.value;
	let kinds = kinds(event);
	let is = |of: &[&str]| kinds.iter().any(|kind| of.contains(kind));
	if is(dicom::LOGIN) || is(dicom::APPLICATION) {
		return Ok(Mapped::NotApplicable(
			"no access to data: a login, logout, or start or stop of a system".into(),
		));
	}
	let purpose = purpose(event);
	let operation = operation(event, &kinds, purpose)?;
	let occurred = occurred(mapper, event)?;
	let recipient = match operation {
		Operation::Export | Operation::Share => destination(mapper, record),
		_ => mapper.config.member,
	};
	Ok(Mapped::Access(AccessEvent {
		source: record.source(),
		occurred,
		actor: actor(mapper, record)?,
		subject: subject(mapper, record)?,
		purpose,
		operation,
		region: mapper.config.region,
		recipient,
		activity: mapper.activity,
		outcome: outcome(event, &kinds),
	}))
}

/// The codes of what kind of event it is: R4 `type` and `subtype`, R5 `category` and `code`.
fn kinds(event: &Value) -> Vec<&str> {
	["type", "subtype", "category", "code"]
		.into_iter()
		.flat_map(|name| codes(event.get(name)))
		.collect()
}

/// R5 `occurredDateTime` or `occurredPeriod`, R4 `period`, then `recorded`.
fn occurred(mapper: &Mapper<'_>, event: &Value) -> Result<UnixMillis, Problem> {
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
			"missing, and so is any other time: when did it happen?",
		)
	})?;
	mapper.time(element, time, false)
}

/// Who did it: the requestor, or else the first agent that says who it is.
fn actor(mapper: &Mapper<'_>, record: &Record) -> Result<Pseudonym, Problem> {
	let agents = list(record.value.get("agent"));
	let requestor = |agent: &&Value| agent.get("requestor").and_then(Value::as_bool) == Some(true);
	let others = agents.iter().filter(|agent| !requestor(agent));
	let name = agents.iter().filter(requestor).chain(others).find_map(|agent| {
		let who = agent.get("who").or_else(|| agent.get("reference"));
		who.and_then(|who| names(who, &record.value).into_iter().next())
			.or_else(|| text(agent, "altId").map(Into::into))
			.or_else(|| text(agent, "name").map(Into::into))
			.or_else(|| who.and_then(|who| text(who, "display")).map(Into::into))
	});
	let missing = || {
		Problem::new(
			"AuditEvent.agent.who",
			"no agent says who it is: who accessed the data?",
		)
	};
	name.map(|name| mapper.pseudonyms.actor(&name)).ok_or_else(missing)
}

/// Whose data: the one patient that is named. More than one is an access to the data set as a whole, which allows less.
fn subject(mapper: &Mapper<'_>, record: &Record) -> Result<Option<Pseudonym>, Problem> {
	let event = &record.value;
	let is_patient = |entity: &&Value| {
		codes(entity.get("role")).any(|role| role == "1") || entity.get("what").and_then(target_type) == Some("Patient")
	};
	let entities = list(event.get("entity")).iter().filter(is_patient);
	let references = entities.filter_map(|entity| entity.get("what").or_else(|| entity.get("reference")));
	let mut found = Vec::new();
	for (number, reference) in event.get("patient").into_iter().chain(references).enumerate() {
		let Some(name) = names(reference, event).into_iter().next() else {
			let element = format!("AuditEvent patient reference {number}");
			return Err(Problem::new(
				element,
				"names nobody: a reference or an identifier is needed to know whose data it was",
			));
		};
		if !found.contains(&name) {
			found.push(name);
		}
	}
	Ok(match &found[..] {
		[one] => Some(mapper.pseudonyms.subject(one)),
		_ => None,
	})
}

/// The one purpose of use that is stated, of the event or of its agents. Several, or unknown ones, are as good as none: what
/// is not stated is judged as the worst.
fn purpose(event: &Value) -> Option<Purpose> {
	let of_event = ["purposeOfEvent", "authorization"]
		.into_iter()
		.flat_map(|name| codings(event.get(name)));
	let of_agents = list(event.get("agent")).iter().flat_map(|agent| {
		["purposeOfUse", "authorization"]
			.into_iter()
			.flat_map(|name| codings(agent.get(name)))
	});
	match purposes(of_event.chain(of_agents)) {
		(known, unknown) if unknown.is_empty() => match known[..] {
			[one] => Some(one),
			_ => None,
		},
		_ => None,
	}
}

fn operation(event: &Value, kinds: &[&str], purpose: Option<Purpose>) -> Result<Operation, Problem> {
	let is = |of: &[&str]| kinds.iter().any(|kind| of.contains(kind));
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
				format!("{other:?} is none of C, R, U, D, E"),
			))
		},
	}
	for kind in kinds {
		match *kind {
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
		// A query executes, and an authorisation decision is about a read unless it says otherwise.
		_ if is(dicom::QUERY) || is(dicom::SECURITY_ALERT) => Ok(Operation::Read),
		_ => Err(Problem::new(
			"AuditEvent.action",
			"neither the action nor the kind of event says what was done with the data",
		)),
	}
}

/// The operation that a record states by the ledger's own code.
fn stated(event: &Value) -> Option<Operation> {
	let kinds = ["type", "subtype", "category", "code"].into_iter();
	let codings = kinds.flat_map(|name| codings(event.get(name)));
	let own = codings.filter(|coding| text(coding, "system") == Some(OPERATION));
	own.filter_map(|coding| text(coding, "code"))
		.find_map(Operation::from_code)
}

/// Who received exported data: a member, if the hospital's settings know the organisation.
fn destination(mapper: &Mapper<'_>, record: &Record) -> Option<u32> {
	let agents = list(record.value.get("agent"));
	let destinations = agents.iter().filter(|agent| {
		codes(agent.get("type"))
			.chain(codes(agent.get("role")))
			.any(|code| matches!(code, "110152" | "IRCP"))
	});
	destinations
		.filter_map(|agent| agent.get("who"))
		.find_map(|who| mapper.member(who, record))
}

/// R4 `outcome` is a code, R5 `outcome.code` a Coding; both use 0, 4, 8 and 12, R5 also issue severities. Where nothing is said
/// the data counts as given: the reading that hides least.
fn outcome(event: &Value, kinds: &[&str]) -> Outcome {
	let outcome = event.get("outcome");
	let code = outcome.and_then(|outcome| codes(Some(outcome.get("code").unwrap_or(outcome))).next());
	let failed = matches!(
		code,
		Some("4" | "8" | "12" | "error" | "fatal" | "transient" | "minor-failure" | "serious-failure")
	);
	if !failed {
		return Outcome::Permitted;
	}
	let details = [
		text(event, "outcomeDesc").unwrap_or_default().to_owned(),
		outcome
			.and_then(|outcome| outcome.get("detail"))
			.map(Value::to_string)
			.unwrap_or_default(),
	];
	let says = |word: &str| details.iter().any(|detail| detail.to_ascii_lowercase().contains(word));
	let decision = kinds
		.iter()
		.any(|kind| dicom::SECURITY_ALERT.contains(kind) || *kind == "AuthZ-Consent");
	if decision
		|| ["denied", "deny", "forbidden", "unauthori", "401", "403"]
			.into_iter()
			.any(says)
	{
		Outcome::Denied
	} else {
		Outcome::Failed
	}
}
