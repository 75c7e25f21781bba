//! Which consents become permissions, and above all which do not.

use super::*;
use crate::{config::Config, pseudonym::Pseudonymiser};
use kexin_primitives::{scope::Request, H256};
use serde_json::json;

const MEMBER: MemberId = 3;
/// 2024-03-01T00:00:00Z, the end of the day on which the consents are signed.
const SIGNED: UnixMillis = 1_709_251_200_000;

fn map_value(value: Value) -> Result<Mapped, Problem> {
	map_in(Some("+00:00"), value)
}

/// Maps the consent of a hospital that may state its time zone.
fn map_in(timezone: Option<&str>, value: Value) -> Result<Mapped, Problem> {
	let mut config = Config::load(Some("/dev/null".as_ref())).unwrap();
	config.timezone = timezone.map(|zone| zone.parse().unwrap());
	config.recipients.insert("Organization/known".into(), MEMBER);
	let pseudonyms = Pseudonymiser::new([7; 32]);
	let reader = FhirReader {
		config: &config,
		pseudonyms: &pseudonyms,
		activity: None,
	};
	reader.map(
		H256::zero(),
		&Context {
			config: &config,
			resource: &value,
			entry: None,
		},
	)
}

/// An R4 consent in force with this provision.
fn r4(provision: Value) -> Value {
	json!({
		"resourceType": "Consent", "id": "c", "status": "active", "patient": { "reference": "Patient/1" },
		"scope": { "coding": [{ "code": "patient-privacy" }] }, "dateTime": "2024-02-29", "provision": provision,
	})
}

/// An R5 consent in force with this decision and these exceptions.
fn r5(decision: &str, provisions: Value) -> Value {
	json!({
		"resourceType": "Consent", "id": "c", "status": "active", "subject": { "reference": "Patient/1" },
		"date": "2024-02-29", "decision": decision, "provision": provisions,
	})
}

fn purpose(code: &str) -> Value {
	json!([{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": code }])
}

fn action(code: &str) -> Value {
	json!([{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": code }] }])
}

fn actor(reference: &str) -> Value {
	json!([{ "role": { "coding": [{ "code": "PRCP" }] }, "reference": { "reference": reference } }])
}

/// The scopes of a consent that is a permission.
fn scopes(value: Value) -> Vec<Scope> {
	match map_value(value.clone()) {
		Ok(Mapped::Consent(ConsentChange::Grant { scopes, .. })) => scopes,
		other => panic!("{value}: {other:?}"),
	}
}

fn permits(scopes: &[Scope], purpose: Purpose, operation: Operation, recipient: MemberId, at: UnixMillis) -> bool {
	let request = Request {
		purpose: Some(purpose),
		operation,
		region: None,
		recipient: Some(recipient),
		recipient_class: None,
	};
	scopes.iter().any(|scope| scope.permits(&request, at))
}

#[test]
fn a_permission_is_as_wide_as_stated_and_starts_at_the_signature() {
	let allowed = scopes(r4(json!({ "type": "permit", "purpose": purpose("TREAT") })));
	assert!(permits(&allowed, Purpose::Treatment, Operation::Read, 9, SIGNED));
	assert!(
		permits(&allowed, Purpose::DecisionSupport, Operation::Infer, 9, SIGNED),
		"under TREAT"
	);
	assert!(!permits(&allowed, Purpose::Treatment, Operation::Read, 9, SIGNED - 1));
	assert!(!permits(&allowed, Purpose::ModelTraining, Operation::Train, 9, SIGNED));
	assert!(
		!permits(&allowed, Purpose::Treatment, Operation::Export, 9, SIGNED),
		"not stated"
	);
}

#[test]
fn a_period_never_reaches_back_before_the_signature() {
	let period = json!({ "start": "2020-01-01", "end": "2024-03-02" });
	let day = 86_400_000;
	for consent in [
		r4(json!({ "type": "permit", "purpose": purpose("TREAT"), "period": period })),
		r5("deny", json!([{ "purpose": purpose("TREAT"), "period": period }])),
	] {
		let allowed = scopes(consent);
		let at = |at| permits(&allowed, Purpose::Treatment, Operation::Read, 9, at);
		assert!(!at(SIGNED - 1) && at(SIGNED));
		assert!(
			at(SIGNED + 2 * day - 1) && !at(SIGNED + 2 * day),
			"the last day belongs to it"
		);
	}
}

#[test]
fn a_start_before_1970_is_no_limit() {
	let period = json!({ "start": "1950-01-01", "end": "2030-01-01" });
	let allowed = scopes(r4(
		json!({ "type": "permit", "purpose": purpose("TREAT"), "period": period }),
	));
	let at = |at| permits(&allowed, Purpose::Treatment, Operation::Read, 9, at);
	assert!(!at(SIGNED - 1) && at(SIGNED));
}

#[test]
fn a_consent_is_given_to_its_grantees_alone() {
	let grantee = json!([{ "reference": "Organization/known" }]);
	for provisions in [
		json!([{ "purpose": purpose("TREAT") }]),
		json!([{ "purpose": purpose("TREAT"), "actor": actor("Organization/known") }]),
	] {
		let mut consent = r5("deny", provisions);
		consent["grantee"] = grantee.clone();
		let allowed = scopes(consent);
		let to = |member| permits(&allowed, Purpose::Treatment, Operation::Read, member, SIGNED);
		assert!(to(MEMBER) && !to(9));
	}
}

#[test]
fn the_period_of_an_r5_consent_holds_for_all_its_provisions() {
	let mut consent = r5(
		"deny",
		json!([{ "purpose": purpose("TREAT"), "period": { "end": "2030-01-01" } }]),
	);
	consent["period"] = json!({ "end": "2024-03-01" });
	let allowed = scopes(consent);
	assert!(permits(&allowed, Purpose::Treatment, Operation::Read, 9, SIGNED));
	assert!(!permits(
		&allowed,
		Purpose::Treatment,
		Operation::Read,
		9,
		SIGNED + 86_400_000
	));
}

#[test]
fn exceptions_that_permit_are_alternatives() {
	for consent in [
		r4(json!({ "type": "deny", "provision": [
			{ "type": "permit", "purpose": purpose("TREAT") },
			{ "type": "permit", "purpose": purpose("MLTRAINING"), "actor": actor("Organization/known") },
		] })),
		r5(
			"deny",
			json!([
				{ "purpose": purpose("TREAT") },
				{ "purpose": purpose("MLTRAINING"), "actor": actor("Organization/known") },
			]),
		),
	] {
		let allowed = scopes(consent);
		assert_eq!(allowed.len(), 2);
		assert!(permits(&allowed, Purpose::Treatment, Operation::Read, 9, SIGNED));
		assert!(permits(
			&allowed,
			Purpose::ModelTraining,
			Operation::Train,
			MEMBER,
			SIGNED
		));
		assert!(!permits(&allowed, Purpose::ModelTraining, Operation::Train, 9, SIGNED));
	}
}

#[test]
fn exceptions_that_deny_take_away_what_they_name() {
	let consent = |exception: Value| {
		let purposes = json!([purpose("TREAT")[0], purpose("HRESCH")[0]]);
		scopes(r4(
			json!({ "type": "permit", "purpose": purposes, "provision": [exception] }),
		))
	};
	let allowed = consent(json!({ "type": "deny", "purpose": purpose("HRESCH") }));
	assert!(permits(&allowed, Purpose::Treatment, Operation::Read, 9, SIGNED));
	assert!(!permits(&allowed, Purpose::Research, Operation::Read, 9, SIGNED));
	assert!(
		!permits(&allowed, Purpose::ClinicalTrial, Operation::Read, 9, SIGNED),
		"under HRESCH"
	);
	let allowed = consent(json!({ "type": "deny", "actor": actor("Organization/known") }));
	assert!(permits(&allowed, Purpose::Treatment, Operation::Read, 9, SIGNED));
	assert!(!permits(&allowed, Purpose::Treatment, Operation::Read, MEMBER, SIGNED));
	let allowed = consent(json!({ "type": "deny", "action": action("access") }));
	for operation in [Operation::Read, Operation::Train, Operation::Export] {
		assert!(
			!permits(&allowed, Purpose::Treatment, operation, 9, SIGNED),
			"{operation}"
		);
	}
	assert!(permits(&allowed, Purpose::Treatment, Operation::Collect, 9, SIGNED));
}

#[test]
fn a_denial_without_exceptions_withdraws_everything() {
	for consent in [
		r4(json!({ "type": "deny" })),
		r5("deny", json!([])),
		r5("deny", Value::Null),
		r4(json!({ "type": "deny", "actor": actor("Organization/known") })),
		r4(json!({ "type": "deny", "period": { "end": "2040-01-01" } })),
		r4(json!({ "type": "deny", "purpose": purpose("HRESCH"), "securityLabel": [{ "code": "R" }] })),
	] {
		assert!(matches!(
			map_value(consent),
			Ok(Mapped::Consent(ConsentChange::Revoke { .. }))
		));
	}
}

#[test]
fn a_denial_of_everything_needs_no_date() {
	for (name, value) in [
		("dateTime", json!("2026-03")),
		("dateTime", json!("2026-03-01T00:00:00")),
		("dateTime", json!(3)),
		("meta", json!({ "lastUpdated": "yesterday" })),
		("id", json!(["c"])),
	] {
		let mut consent = r4(json!({ "type": "deny" }));
		consent[name] = value;
		let mapped = map_in(None, consent.clone());
		assert!(
			matches!(mapped, Ok(Mapped::Consent(ConsentChange::Revoke { .. }))),
			"{consent}: {mapped:?}"
		);
		consent["provision"] = json!({ "type": "permit", "purpose": purpose("TREAT") });
		assert!(map_in(None, consent.clone()).is_err(), "{consent}");
	}
}

#[test]
fn a_consent_that_ended_ends_what_its_document_granted() {
	for status in ["inactive", "entered-in-error"] {
		let mut consent = r4(json!({ "type": "permit", "purpose": purpose("TREAT") }));
		consent["status"] = json!(status);
		assert!(matches!(
			map_value(consent),
			Ok(Mapped::Consent(ConsentChange::End { .. }))
		));
	}
}

/// Each consent has a limit that the ledger does not know, or is not a clear permission at all. None may be mapped, and
/// the problem names the element.
#[test]
fn what_is_unclear_is_refused() {
	let permit = |name: &str, value: Value| {
		let mut provision = json!({ "type": "permit", "purpose": purpose("TREAT") });
		provision[name] = value;
		r4(provision)
	};
	let root = |name: &str, value: Value| {
		let mut consent = r4(json!({ "type": "permit", "purpose": purpose("TREAT") }));
		consent[name] = value;
		consent
	};
	let exception = |exception: Value| permit("provision", json!([exception]));
	let mut as_custodian = actor("Organization/known");
	as_custodian[0]["role"]["coding"][0]["code"] = json!("CST");
	let cases = [
		(
			permit("securityLabel", json!([{ "code": "R" }])),
			"provision.securityLabel",
		),
		(
			permit("class", json!([{ "code": "MedicationRequest" }])),
			"provision.class",
		),
		(permit("code", json!([{ "text": "eyes" }])), "provision.code"),
		(permit("data", json!([{ "meaning": "instance" }])), "provision.data"),
		(
			permit("dataPeriod", json!({ "end": "2020-01-01" })),
			"provision.dataPeriod",
		),
		(permit("extension", json!([{ "url": "x" }])), "provision.extension"),
		(permit("somethingNew", json!(true)), "provision.somethingNew"),
		(permit("_type", json!({ "extension": [] })), "provision._type"),
		(
			permit("modifierExtension", json!([{ "url": "x" }])),
			"modifierExtension",
		),
		(permit("purpose", json!([])), "provision.purpose"),
		(
			permit("purpose", json!([{ "display": "Treatment" }])),
			"provision.purpose",
		),
		(
			permit("purpose", json!([{ "system": "urn:other", "code": "TREAT" }])),
			"provision.purpose",
		),
		(
			permit("purpose", json!([purpose("TREAT")[0], { "code": "treat" }])),
			"provision.purpose",
		),
		(permit("action", json!([{ "text": "only look" }])), "provision.action"),
		(
			permit("action", json!([{ "coding": [{ "system": "urn:x", "code": "use" }] }])),
			"provision.action",
		),
		(
			permit("action", json!([action("access")[0], { "coding": [] }])),
			"provision.action",
		),
		(
			permit(
				"action",
				json!([{ "extension": [{ "url": "x" }], "coding": [{ "code": "use" }] }]),
			),
			"provision.action",
		),
		(
			permit(
				"action",
				json!([{ "coding": [{ "code": "collect" }, { "code": "disclose" }] }]),
			),
			"provision.action",
		),
		(
			permit(
				"action",
				json!([{ "coding": [{ "code": "collect" }, { "code": "sell" }] }]),
			),
			"provision.action",
		),
		(
			permit(
				"action",
				json!([{ "coding": [{ "system": "urn:x/consentaction", "code": "use" }] }]),
			),
			"provision.action",
		),
		(permit("actor", actor("Organization/unknown")), "provision.actor[0]"),
		(permit("actor", json!([{}])), "provision.actor[0].role"),
		(permit("actor", as_custodian.clone()), "provision.actor[0].role"),
		(
			exception(json!({ "type": "deny", "actor": as_custodian })),
			"provision[0].actor[0].role",
		),
		(root("id", Value::Null), "Consent.id"),
		(permit("period", json!({ "end": "soon" })), "period.end"),
		(permit("period", json!({ "end": 2030 })), "period.end"),
		(permit("period", json!({ "end": "2030" })), "period.end"),
		(permit("type", json!("maybe")), "Consent.provision"),
		(permit("type", Value::Null), "provision.type"),
		(
			exception(json!({ "type": "permit", "purpose": purpose("TREAT") })),
			"provision[0].type",
		),
		(exception(json!({ "type": "deny" })), "provision[0]"),
		(
			exception(json!({ "type": "deny", "purpose": purpose("TREAT"), "actor": actor("Organization/known") })),
			"provision[0]",
		),
		(
			exception(json!({ "type": "deny", "purpose": [purpose("HRESCH")[0], { "display": "profit" }] })),
			"provision[0].purpose",
		),
		(
			exception(json!({ "type": "deny", "purpose": purpose("HRESCH"), "period": { "end": "2020-01-01" } })),
			"provision[0].period",
		),
		(
			exception(json!({ "type": "deny", "purpose": purpose("HRESCH"), "provision": [{}] })),
			"provision[0].provision",
		),
		(root("except", json!([{ "type": "deny" }])), "Consent.except"),
		(root("dataPeriod", json!({ "end": "2020-01-01" })), "Consent.dataPeriod"),
		(root("actor", actor("Organization/known")), "Consent.actor"),
		(root("securityLabel", json!([{ "code": "R" }])), "Consent.securityLabel"),
		(root("purpose", purpose("TREAT")), "Consent.purpose"),
		(root("action", action("access")), "Consent.action"),
		(root("data", json!([{ "meaning": "instance" }])), "Consent.data"),
		(root("_limit", json!({})), "Consent._limit"),
		(
			root("grantee", json!([{ "reference": "Organization/unknown" }])),
			"Consent.grantee[0]",
		),
		(
			r4(json!({ "type": "deny", "purpose": purpose("HRESCH"), "provision": [{ "purpose": purpose("TREAT") }] })),
			"provision.purpose",
		),
		(
			r4(json!({ "type": "deny", "provision": [{ "type": "deny", "purpose": purpose("TREAT") }] })),
			"provision[0].type",
		),
		(
			r4(json!([{ "type": "permit", "purpose": purpose("TREAT") }])),
			"Consent.provision",
		),
		(r4(Value::Null), "Consent.provision"),
		// R5's provisions are exceptions to the decision, also when there is only one and it is not in a list.
		(r5("permit", json!({ "purpose": purpose("TREAT") })), "Consent.purpose"),
		(r5("permit", json!([])), "Consent.purpose"),
		(r5("perhaps", json!([])), "Consent"),
		(
			r5(
				"deny",
				json!([{ "purpose": purpose("TREAT"), "resourceType": [{ "code": "Observation" }] }]),
			),
			"provision[0].resourceType",
		),
		(
			r5(
				"deny",
				json!([{ "purpose": purpose("TREAT"), "provision": [{ "purpose": purpose("ETREAT") }] }]),
			),
			"provision[0].provision",
		),
		(root("status", json!("draft")), "Consent.status"),
		(root("status", Value::Null), "Consent.status"),
		(root("patient", Value::Null), "Consent.patient"),
		(root("patient", json!({ "display": "Mrs. Wu" })), "Consent.patient"),
		(root("dateTime", Value::Null), "Consent.dateTime"),
		(root("dateTime", json!("2024")), "Consent.dateTime"),
		(root("implicitRules", json!("urn:rules")), "implicitRules"),
		(
			root("verification", json!([{ "verified": false }])),
			"Consent.verification[0].verified",
		),
		(root("scope", json!({ "coding": [{ "code": "adr" }] })), "Consent.scope"),
		(root("scope", json!({ "text": "living will" })), "Consent.scope"),
		(
			root(
				"scope",
				json!({ "coding": [{ "system": "urn:x", "code": "research" }] }),
			),
			"Consent.scope",
		),
		(
			root(
				"category",
				json!([{ "coding": [{ "system": "http://loinc.org", "code": "research" }] }]),
			),
			"Consent.category",
		),
	];
	for (consent, element) in cases {
		match map_value(consent.clone()) {
			Err(problem) => assert!(problem.element.ends_with(element), "{consent}: {problem:?}"),
			Ok(mapped) => panic!("{consent}: {mapped:?}"),
		}
	}
}
