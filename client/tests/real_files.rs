//! Public FHIR files, as they are: every record is mapped or has a reason, and nothing panics.

use kexin::{
	config::Config,
	fhir::{source, Mapped, Mapper},
	pseudonym::Pseudonymiser,
};
use std::path::PathBuf;

fn data() -> Vec<PathBuf> {
	let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
	source::files(&[root.join("fhir-r4"), root.join("fhir-r5")]).unwrap()
}

fn config() -> Config {
	let mut config = Config::load(Some("/dev/null".as_ref())).unwrap();
	config.utc_offset = Some(0);
	config.member = Some(0);
	config
}

fn map_all(file: &std::path::Path) -> (usize, Vec<Result<Mapped, kexin::fhir::Problem>>) {
	let (config, pseudonyms) = (config(), Pseudonymiser::new([7; 32]));
	let mapper = Mapper {
		config: &config,
		pseudonyms: &pseudonyms,
		activity: None,
	};
	let (records, unreadable) = source::read(file);
	(
		unreadable.len(),
		records.iter().map(|record| mapper.map(record)).collect(),
	)
}

fn mapped(name: &str) -> Result<Mapped, kexin::fhir::Problem> {
	let file = data().into_iter().find(|file| file.ends_with(name)).unwrap();
	map_all(&file).1.remove(0)
}

#[test]
fn every_file_is_accounted_for() {
	for file in data() {
		let (unreadable, results) = map_all(&file);
		assert!(unreadable + results.len() > 0, "{}", file.display());
		for problem in results.into_iter().filter_map(Result::err) {
			assert!(
				!problem.element.is_empty() && !problem.reason.is_empty(),
				"{}",
				file.display()
			);
		}
	}
}

#[test]
fn a_consent_that_is_unclear_never_becomes_a_permission() {
	for name in [
		// Only a permit, for nothing in particular.
		"Consent-icanbwell-bare-permit.json",
		// Only a policy's address.
		"Consent-testcases-xacml-no-provision.json",
		// Denials by security label, which the ledger does not know.
		"Consent-icanbwell-sensitive-sections.json",
		"Consent-icanbwell-hiv-denied.json",
	] {
		assert!(mapped(name).is_err(), "{name}: {:?}", mapped(name));
	}
}

#[test]
fn examples_of_both_versions_are_accesses() {
	for name in [
		"AuditEvent-hl7-example-search.json",
		"AuditEvent-hl7-example-disclosure.json",
	] {
		assert!(
			matches!(mapped(&format!("fhir-r4/{name}")), Ok(Mapped::Access(_))),
			"R4 {name}"
		);
		assert!(
			matches!(mapped(&format!("fhir-r5/{name}")), Ok(Mapped::Access(_))),
			"R5 {name}"
		);
	}
	assert!(matches!(
		mapped("fhir-r4/AuditEvent-hl7-example-logout.json"),
		Ok(Mapped::NotApplicable(_))
	));
}
