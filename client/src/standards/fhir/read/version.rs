//! Reads which version of which document a `Consent` is.
//!
//! What is malformed is left out here, so that the record of a consent that can't be mapped is known as a version of
//! its document nevertheless.

use super::{
	consent::{stated, subject},
	element::{canonical, identifier, list, text},
	file::{Entry, Part},
	whole, FhirReader,
};
use crate::standards::record::{Mapped, Problem, Version};
use serde_json::Value;

/// Which version of which document a part of a file is, if it is a consent or deletes one. A part or a masked copy of a
/// consent is no version: it must not take the place of the whole one.
pub(super) fn of(reader: &FhirReader<'_>, part: &Part) -> Option<Version> {
	let resource = part.resource.as_ref().ok().or(part.ambiguous.as_ref())?;
	let entry = &part.entry;
	let deletes = entry.deletion().is_some();
	let kind = resource.get("resourceType").and_then(Value::as_str);
	if kind != Some("Consent") && !(deletes && resource.is_null()) {
		return None;
	}
	let time = |element, text, latest| reader.time(element, text, latest).ok();
	let meta = resource.get("meta").unwrap_or(&Value::Null);
	if whole::mark("Consent", Some(meta)).is_some() {
		return None;
	}
	let changed = text(&entry.response, "lastModified").or_else(|| text(meta, "lastUpdated"));
	let decided = text(resource, "dateTime").or_else(|| text(resource, "date"));
	Some(Version {
		document: text(resource, "id")
			.map(|id| format!("Consent/{id}"))
			.or_else(|| entry.url().and_then(named))
			.or_else(|| list(resource.get("identifier")).iter().find_map(identifier)),
		subject: subject(reader, resource).ok(),
		id: id(meta, entry),
		changed: changed.and_then(|text| time("meta.lastUpdated", text, false)),
		place: entry.place,
		decided: decided
			.and_then(|text| time("Consent.dateTime", text, false).zip(time("Consent.dateTime", text, true))),
	})
}

/// The version's id, which a server also states in the entry's response.
fn id(meta: &Value, entry: &Entry) -> Option<String> {
	let stated = match meta.get("versionId") {
		Some(Value::Number(number)) => Some(number.to_string()),
		_ => text(meta, "versionId").map(str::to_owned),
	};
	stated
		.or_else(|| {
			let tag = text(&entry.response, "etag")?
				.trim_start_matches("W/")
				.trim_matches('"');
			Some(tag.to_owned()).filter(|tag| !tag.is_empty())
		})
		.or_else(|| {
			let (_, id) = text(&entry.response, "location")?.split_once("/_history/")?;
			Some(id.to_owned()).filter(|id| !id.is_empty())
		})
}

/// The consent that a URL names.
fn named(url: &str) -> Option<String> {
	Some(canonical(url)).filter(|name| {
		let id = name.strip_prefix("Consent/");
		id.is_some_and(|id| !id.is_empty() && !id.contains(['?', '#']))
	})
}

/// What the deletion of the resource at a URL maps to.
pub(super) fn deletion(deleted: &str, version: Option<&Version>) -> Result<Mapped, Problem> {
	match version {
		None => Ok(Mapped::NotApplicable(
			"a deletion of a resource that is no Consent".to_owned(),
		)),
		Some(Version { document: Some(_), .. }) => Ok(Mapped::NotApplicable("the consent was deleted".to_owned())),
		Some(_) => {
			let reason = format!("deletes {deleted:?}, which names no single consent: withdraw what it means");
			Err(Problem::new("Bundle.entry.request.url", reason))
		},
	}
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
		standards::record::{Reader as _, Record},
	};
	use kexin_primitives::UnixMillis;

	const MARCH: UnixMillis = 1_709_251_200_000;

	fn records(text: &str) -> Vec<Record> {
		let mut config = Config::load(Some("/dev/null".as_ref())).unwrap();
		config.timezone = Some("+00:00".parse().unwrap());
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
	fn a_consent_without_an_id_is_named_by_its_identifier() {
		let found = version(r#"{"resourceType":"Consent","identifier":[{"system":"s","value":"v"}]}"#);
		assert_eq!(found.document.as_deref(), Some("s|v"));
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
			.map(|record| record.version.clone().unwrap())
			.collect::<Vec<_>>();
		let ids = versions.iter().map(|version| version.id.as_deref());
		assert_eq!(ids.collect::<Vec<_>>(), [Some("3"), Some("2"), None]);
		let places = versions.iter().map(|version| version.place.unwrap().number);
		assert_eq!(places.collect::<Vec<_>>(), [1, 2, 3]);
		assert_eq!(versions[0].document, versions[1].document);
		assert_eq!((versions[0].changed, &versions[2].document), (Some(MARCH), &None));
		assert!(matches!(records[0].mapped, Ok(Mapped::NotApplicable(_))));
		assert!(records[2].mapped.is_err());
	}
}
