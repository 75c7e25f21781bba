//! Files that others published, where they are installed.

use std::{
	env, fs,
	path::{Path, PathBuf},
};

/// HL7's packages of examples.
const PACKAGES: [&str; 2] = ["hl7.fhir.r4.examples", "hl7.fhir.r5.examples"];

/// Every AuditEvent and Consent of HL7's example packages; none, with a message, if the packages are not installed.
pub fn hl7_examples() -> Vec<PathBuf> {
	let Some(modules) = env::var_os("KEXIN_FHIR_EXAMPLES") else {
		println!("HL7's examples are not read: set KEXIN_FHIR_EXAMPLES to the node_modules folder that has them");
		return Vec::new();
	};
	let mut files = Vec::new();
	for package in PACKAGES {
		let folder = Path::new(&modules).join(package);
		let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
		let paths = entries.map(|entry| entry.unwrap().path());
		let wanted = paths.filter(|path| {
			let name = path.file_name().unwrap().to_string_lossy();
			["AuditEvent-", "Consent-"].iter().any(|kind| name.starts_with(kind)) && name.ends_with(".json")
		});
		let before = files.len();
		files.extend(wanted);
		assert!(files.len() > before, "{package} has no AuditEvent and no Consent");
	}
	files.sort();
	println!("reading {} files of HL7's examples", files.len());
	files
}

/// The JSON files of a folder with further public files; none, with a message, if it does not exist.
pub fn shared_files() -> Vec<PathBuf> {
	let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
	let folder = env::var_os("KEXIN_SHARED_DATA").map_or_else(beside, PathBuf::from);
	if !folder.is_dir() {
		println!("no further public files are read: {} does not exist", folder.display());
		return Vec::new();
	}
	let mut files = Vec::new();
	json_files(&folder, &mut files);
	files.sort();
	println!("reading {} further public files", files.len());
	files
}

fn json_files(folder: &Path, files: &mut Vec<PathBuf>) {
	for entry in fs::read_dir(folder).unwrap() {
		let path = entry.unwrap().path();
		if path.is_dir() {
			json_files(&path, files);
		} else if path
			.extension()
			.is_some_and(|extension| extension == "json" || extension == "ndjson")
		{
			files.push(path);
		}
	}
}
