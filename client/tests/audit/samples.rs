//! The report of everything in `tests/standards/samples`. The tests beside it export it, and read it with the public
//! tools of each format.
//!
//! `KEXIN_WRITE_SAMPLES=1 cargo test --release -p kexin --test audit` makes it again.

use crate::everything;
use clap::ValueEnum as _;
use kexin::{
	config::parse_hash,
	report::check::ProofFile,
	standards::{self, Format},
};
use std::{fs, path::PathBuf};

fn path(name: &str) -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR"))
		.join("../tests/standards/samples")
		.join(name)
}

#[test]
fn the_sample_is_proved_and_one_file_is_exported_in_one_way() {
	if std::env::var_os("KEXIN_WRITE_SAMPLES").is_some() {
		let mut sample = everything::sample();
		let document = sample.document().unwrap();
		let genesis = sample.chain.hash();
		fs::create_dir_all(path("")).unwrap();
		fs::write(path("genesis"), format!("{genesis:?}\n")).unwrap();
		fs::write(path("report.json"), serde_json::to_vec(&document).unwrap()).unwrap();
	}
	let genesis = parse_hash(fs::read_to_string(path("genesis")).unwrap().trim()).unwrap();
	let file = ProofFile::read(&path("report.json")).unwrap();
	for format in Format::value_variants() {
		let exported = || {
			let mut bytes = Vec::new();
			standards::write(file.report(&genesis.into()).unwrap(), file.source, *format, &mut bytes).unwrap();
			bytes
		};
		let once = exported();
		assert!(!once.is_empty() && once == exported(), "{format:?}");
	}
}
