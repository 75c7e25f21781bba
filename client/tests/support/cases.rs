//! The small files of `tests/data/fhir.json`.

use serde_json::Value;
use std::{fs, path::PathBuf};

/// Each file with its name, its bytes, and the case that it is.
pub fn files() -> Vec<(PathBuf, Vec<u8>, Value)> {
	let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/fhir.json");
	let cases: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
	let files = (0..).zip(cases).map(|(number, case)| {
		let (extension, bytes) = match (&case["ndjson"], &case["text"], &case["json"]) {
			(Value::String(lines), ..) => ("ndjson", lines.clone()),
			(_, Value::String(text), _) => ("json", text.clone()),
			(.., json) => ("json", json.to_string()),
		};
		(PathBuf::from(format!("{number}.{extension}")), bytes.into_bytes(), case)
	});
	files.collect()
}
