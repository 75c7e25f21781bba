//! Reads which version of which document a `Consent` is.
//!
//! What is malformed is left out here, so that the record of a consent that can't be mapped is known as a version of
//! its document nevertheless.

use super::{
	bundle::{version_id, Fields},
	consent::{stated, subject},
	element::{list, text},
	identity::{Context, Literal},
	whole, FhirReader, Settled,
};
use crate::standards::record::{Problem, Version};
use serde_json::Value;

/// Which version of which document a record is, if it is a consent or deletes one. A part or a masked copy of a consent
/// is no version, because it must not take the place of the whole one. Nor is what a server did not carry out.
pub(super) fn of(reader: &FhirReader<'_>, context: &Context<'_>, settled: Option<&Settled>) -> Option<Version> {
	let is_consent = text(context.resource, "resourceType") == Some("Consent");
	if !settled.map_or(is_consent, |settled| settled.is_version) {
		return None;
	}
	// What is sent with a deletion or a PATCH is not the consent.
	let resource = if is_consent { context.resource } else { &Value::Null };
	let context = &Context { resource, ..*context };
	let time = |element, text, latest| reader.time(element, text, latest).ok();
	let meta = resource.get("meta").unwrap_or(&Value::Null);
	if whole::mark("Consent", Some(meta)).is_some() {
		return None;
	}
	let fields = context.entry.and_then(|entry| entry.fields());
	let response = fields
		.and_then(|fields| fields.response.as_ref())
		.unwrap_or(&Value::Null);
	// A server that is asked to change a consent ignores which version its body states.
	let is_changed = context.entry.is_some_and(|entry| entry.is_changed());
	let stated = if is_changed { &Value::Null } else { meta };
	let changed = text(response, "lastModified").or_else(|| text(stated, "lastUpdated"));
	let decided = text(resource, "dateTime").or_else(|| text(resource, "date"));
	Some(Version {
		document: document(context, fields),
		subject: subject(reader, context).ok(),
		unresolved: None,
		id: version_id(stated, response),
		changed: changed.and_then(|text| time("meta.lastUpdated", text, false)),
		place: context.entry.and_then(|entry| entry.place()),
		decided: decided
			.and_then(|text| time("Consent.dateTime", text, false).zip(time("Consent.dateTime", text, true))),
	})
}

/// What names the document in all its versions, as far as its record tells.
fn document(context: &Context<'_>, fields: Option<&Fields>) -> Option<String> {
	let is_consent = |literal: &Literal| literal.kind == "Consent";
	let is_created = context.is_created();
	// A server gives what it creates an id of its own, and tells which.
	let created = fields.filter(|_| is_created).and_then(|fields| fields.location());
	let about = || {
		fields
			.filter(|_| !is_created)
			.and_then(|fields| fields.about())
			.filter(is_consent)
	};
	let identifier = || {
		let identifiers = list(context.resource.get("identifier")).iter();
		identifiers
			.filter_map(|identifier| context.identifier(identifier))
			.min()
	};
	let lasting = || created.filter(is_consent).or_else(about);
	context
		.own_name("Consent")
		.or_else(|| Some(context.name(&lasting()?)))
		.or_else(identifier)
}

/// Whether a server tells the id of a consent, or its record does. It keeps it in all versions; identifiers may change.
fn has_id(context: &Context<'_>, fields: Option<&Fields>) -> bool {
	let names = |literal: Option<Literal>| literal.is_some_and(|literal| literal.kind == "Consent");
	match context.is_created() {
		true => names(fields.and_then(Fields::location)),
		false => context.own_name("Consent").is_some() || names(fields.and_then(Fields::about)),
	}
}

/// Refuses a permission that the server will have under another name, or that has none: its end would not be known to
/// be its own.
pub(super) fn check_lasts(context: &Context<'_>) -> Result<(), Problem> {
	let fields = context.entry.and_then(|entry| entry.fields());
	let location = || fields.and_then(|fields| fields.location());
	if context.is_created() && location().is_none_or(|location| location.kind != "Consent") {
		return Err(Problem::new(
			"Bundle.entry.response.location",
			"is missing, so it is not known what id the server gives the consent: import the consent as the server has it",
		));
	}
	if has_id(context, fields) {
		return Ok(());
	}
	Err(Problem::new(
		"Consent.id",
		"is missing, and an identifier may change, so that the end of the consent could not be told: import the consent as \
		 the server has it",
	))
}

/// Refuses a consent of which it can't be told which version it is.
pub(super) fn check(reader: &FhirReader<'_>, consent: &Value) -> Result<(), Problem> {
	stated(consent, "Consent", "id")?;
	let meta = consent.get("meta").unwrap_or(&Value::Null);
	match stated(meta, "Consent.meta", "lastUpdated")? {
		Some(time) => reader.time("Consent.meta.lastUpdated", time, false).map(|_| ()),
		None => Ok(()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		config::Config,
		pseudonym::Pseudonymiser,
		standards::record::{Mapped, Reader as _, Record},
	};
	use kexin_primitives::UnixMillis;

	const MARCH: UnixMillis = 1_709_251_200_000;

	fn records(text: &str) -> Vec<Record> {
		let mut config = Config::load(Some("/dev/null".as_ref())).unwrap();
		config.timezone = Some("+00:00".parse().unwrap());
		config
			.meet(super::super::servers_of("a.json".as_ref(), text.as_bytes()))
			.unwrap();
		let pseudonyms = Pseudonymiser::new([7; 32]);
		let reader = FhirReader {
			config: &config,
			pseudonyms: &pseudonyms,
			activity: None,
		};
		reader.read("a.json".as_ref(), text.as_bytes())
	}

	fn version(text: &str) -> Version {
		records(text)[0].version.clone().unwrap()
	}

	#[test]
	fn a_consent_tells_its_version_even_if_it_cannot_be_mapped() {
		let told = r#""id":"c","patient":{"reference":"Patient/1"},"date":"2024-02-29","meta":{"versionId":"2","lastUpdated":"2024-03-01T00:00:00Z"}"#;
		for rest in [
			"",
			r#","status":"active","provision":{"type":"permit","purpose":3}"#,
			r#","status":"inactive","status":"active""#,
		] {
			let found = version(&format!("{{\"resourceType\":\"Consent\",{told}{rest}}}"));
			assert_eq!(found.document.as_deref(), Some("Consent/c"), "{rest}");
			assert_eq!((found.id.as_deref(), found.changed), (Some("2"), Some(MARCH)), "{rest}");
			assert_eq!(found.decided, Some((MARCH - 86_400_000, MARCH)), "{rest}");
			assert!(found.subject.is_some() && found.place.is_none(), "{rest}");
		}
		for other in [
			r#"{"resourceType":"AuditEvent","id":"c"}"#,
			r#"{"resourceType":"Consent","id":"c","meta":{"versionId":"2","tag":[{"code":"SUBSETTED"}]}}"#,
		] {
			assert_eq!(records(other)[0].version, None, "{other}");
		}
	}

	#[test]
	fn a_record_that_may_be_a_version_of_several_documents_is_one_of_each() {
		let told = r#""patient":{"reference":"Patient/1"}"#;
		for (text, documents) in [
			(format!(r#"{{"resourceType":"Consent","id":"a","id":"b","id":"a",{told}}}"#), vec!["a", "b"]),
			(format!(r#"{{"id":"b","resourceType":"Patient","resourceType":"Consent",{told}}}"#), vec!["b"]),
			(format!(r#"{{"id":"b","resourceType":"Consent","resourceType":"Patient",{told}}}"#), vec!["b"]),
			(
				format!(r#"{{"resourceType":"Consent","id":"a",{told},"contained":[{{"id":"c","id":"d"}}]}}"#),
				vec!["a"],
			),
			(
				format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{{"resourceType":"Consent","id":"a","id":"b",{told}}}}}]}}"#),
				vec!["a", "b"],
			),
			(
				r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Consent","id":"a"},
				 "resource":{"resourceType":"Consent","id":"b","id":"c"}}]}"#
					.to_owned(),
				vec!["a", "b", "c"],
			),
			(
				r#"{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Consent/a","url":"Consent/b"}}]}"#
					.to_owned(),
				vec!["a", "b"],
			),
			(
				r#"{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Consent/a"},
				 "request":{"method":"DELETE","url":"Consent/b"}}]}"#
					.to_owned(),
				vec!["a", "b"],
			),
		] {
			let records = records(&text);
			let found = records.iter().filter_map(|record| record.version.clone()?.document);
			let expected = documents.iter().map(|id| format!("Consent/{id}"));
			assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{text}");
			assert!(records.iter().all(|record| record.mapped.is_err()), "{text}");
		}
		let other = records(r#"{"resourceType":"AuditEvent","id":"a","id":"b"}"#);
		assert_eq!(other.len(), 1);
	}

	#[test]
	fn what_is_there_twice_does_not_make_a_version_older() {
		for meta in [
			r#""meta":{"versionId":"9"},"meta":{"versionId":"1","lastUpdated":"2024-03-01T00:00:00Z"}"#,
			r#""meta":{"versionId":"9","versionId":"1"}"#,
			r#""meta":{"tag":[]},"meta":{"tag":[{"code":"SUBSETTED"}]}"#,
		] {
			let found = version(&format!(r#"{{"resourceType":"Consent","id":"c",{meta}}}"#));
			assert_eq!((found.id, found.changed), (None, None), "{meta}");
		}
	}

	#[test]
	fn a_consent_without_an_id_is_named_by_its_identifier() {
		let found = version(r#"{"resourceType":"Consent","identifier":[{"system":"s","value":"v"}]}"#);
		assert_eq!(found.document.as_deref(), Some("s|v"));
		for order in [["a", "b"], ["b", "a"]] {
			let [one, other] = order.map(|value| format!(r#"{{"system":"s","value":"{value}"}}"#));
			let found = version(&format!(r#"{{"resourceType":"Consent","identifier":[{one},{other}]}}"#));
			assert_eq!(found.document.as_deref(), Some("s|a"));
		}
	}

	#[test]
	fn the_entries_of_a_history_have_their_places_and_deletions_are_versions() {
		let bundle = r#"{"resourceType":"Bundle","type":"history","entry":[
			{"request":{"method":"DELETE","url":"Patient/1"}},
			{"request":{"method":"DELETE","url":"https://a.example/fhir/Consent/c"},"response":{"etag":"W/\"3\"","lastModified":"2024-03-01T00:00:00Z"}},
			{"resource":{"resourceType":"Consent","id":"c"},"response":{"location":"Consent/c/_history/2"}},
			{"request":{"method":"DELETE","url":"Consent?identifier=x"}}]}"#;
		let records = records(bundle);
		let versions = records
			.iter()
			.filter_map(|record| record.version.clone())
			.collect::<Vec<_>>();
		let ids = versions.iter().map(|version| version.id.as_deref());
		assert_eq!(ids.collect::<Vec<_>>(), [Some("3"), Some("2")]);
		let places = versions.iter().map(|version| version.place.unwrap().number);
		assert_eq!(places.collect::<Vec<_>>(), [1, 2]);
		assert_eq!(versions[0].document.as_deref(), Some("Consent/c"));
		assert_eq!(versions[0].document, versions[1].document);
		assert_eq!(versions[0].changed, Some(MARCH));
		assert!(matches!(records[1].mapped, Ok(Mapped::NotApplicable(_))));
		assert!(records[3].mapped.is_err(), "it may delete any number of consents");
	}
}
