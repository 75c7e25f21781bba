//! The files in `tests/standards/samples`: a report of everything, and what it is exported as. The tests beside them run the
//! public tools of each format over them.
//!
//! `KEXIN_WRITE_SAMPLES=1 cargo test --release -p kexin --test audit` makes them again.

use crate::everything;
use kexin::{
	check::File,
	config::parse_hash,
	export::{self, Format},
};
use kexin_primitives::H256;
use std::{fs, path::PathBuf};

const EXPORTS: [(&str, Format); 7] = [
	("prov.json", Format::ProvJson),
	("fhir-r4.json", Format::FhirR4),
	("fhir-r5.json", Format::FhirR5),
	("openlineage.ndjson", Format::Openlineage),
	("lineage.dot", Format::Dot),
	("report.md", Format::Markdown),
	("report.html", Format::Html),
];

fn path(name: &str) -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR"))
		.join("../tests/standards/samples")
		.join(name)
}

fn exported(file: &File, genesis: H256, format: Format) -> Vec<u8> {
	let mut bytes = Vec::new();
	export::write(file.report(genesis).unwrap(), file.source, format, &mut bytes).unwrap();
	bytes
}

#[test]
fn the_samples_are_what_the_client_writes() {
	if std::env::var_os("KEXIN_WRITE_SAMPLES").is_some() {
		let mut sample = everything::sample();
		let document = sample.document().unwrap();
		let genesis = sample.chain.hash();
		fs::create_dir_all(path("")).unwrap();
		fs::write(path("genesis"), format!("{genesis:?}\n")).unwrap();
		fs::write(path("report.json"), serde_json::to_vec(&document).unwrap()).unwrap();
		let file = File::read(&path("report.json")).unwrap();
		for (name, format) in EXPORTS {
			fs::write(path(name), exported(&file, genesis, format)).unwrap();
		}
	}
	let genesis = parse_hash(fs::read_to_string(path("genesis")).unwrap().trim()).unwrap();
	let file = File::read(&path("report.json")).unwrap();
	for (name, format) in EXPORTS {
		assert!(
			exported(&file, genesis, format) == fs::read(path(name)).unwrap(),
			"{name} differs"
		);
	}
}
