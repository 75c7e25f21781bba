//! The binary, without a node and with a broken configuration.

use crate::support::{
	access_proof, json, named,
	sample::{entry, Sample},
	written,
};
use kexin::report::check::Refusal;
use kexin_primitives::{access::Breaches, vocabulary::Operation, H256};
use serde_json::Value;
use std::{
	fs,
	path::PathBuf,
	process::{Command, Output, Stdio},
};

struct Desk {
	directory: tempfile::TempDir,
	genesis: H256,
}

/// A directory with a report and a proof of two accesses.
fn desk() -> Desk {
	let directory = tempfile::tempdir().unwrap();
	let mut sample = Sample::new();
	let document = sample.document().unwrap();
	let proof = access_proof(&mut sample.chain, &sample.ledger, named("scans"), 1, 2);
	let desk = Desk {
		directory,
		genesis: sample.chain.hash(),
	};
	fs::write(desk.path("report.json"), json(&document)).unwrap();
	fs::write(desk.path("proof.json"), json(&proof)).unwrap();
	fs::write(desk.path("kexin.toml"), "this is not a configuration").unwrap();
	desk
}

impl Desk {
	fn path(&self, name: &str) -> PathBuf {
		self.directory.path().join(name)
	}

	fn kexin(&self, arguments: &[&str]) -> Output {
		let mut command = Command::new(env!("CARGO_BIN_EXE_kexin"));
		command
			.current_dir(self.directory.path())
			.args(arguments)
			.output()
			.unwrap()
	}

	fn verify(&self, name: &str, more: &[&str]) -> (i32, String, String) {
		let genesis = format!("{:?}", self.genesis);
		let output = self.kexin(&[&["verify", name, "--genesis", &genesis], more].concat());
		let text = |bytes| String::from_utf8(bytes).unwrap();
		(output.status.code().unwrap(), text(output.stdout), text(output.stderr))
	}

	fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
		let mut value = serde_json::from_slice(&fs::read(self.path("report.json")).unwrap()).unwrap();
		change(&mut value);
		fs::write(self.path(name), written(&value.to_string())).unwrap();
	}
}

#[test]
fn each_end_has_its_exit_code() {
	let desk = desk();
	for name in ["report.json", "proof.json"] {
		let (code, out, error) = desk.verify(name, &[]);
		assert_eq!((code, error.as_str()), (0, ""), "{out}");
		assert!(out.starts_with("accepted"), "{out}");
	}
	desk.edit("edited.json", |value| {
		value["logs"][0]["entries"][0]["event"]["operation"] = "read".into()
	});
	desk.edit("cut.json", |value| {
		drop(value["logs"][0]["entries"].as_array_mut().unwrap().pop())
	});
	for (name, more, expected, message) in [
		("edited.json", &[][..], 1, "not the one in the log"),
		("cut.json", &[], 1, "entries are missing"),
		("missing.json", &[], 2, "can't read"),
		("kexin.toml", &[], 2, "not a proof"),
		("report.json", &["--absent-purpose", "NOTHING"], 2, "no known purpose"),
		("report.json", &["--not-before", "yesterday"], 2, "no time"),
		(
			"report.json",
			&["--not-before", "2030-01-01T00:00:00Z"],
			4,
			"before 2030-01-01",
		),
		(
			"report.json",
			&["--absent-recipient", "1"],
			5,
			"6 accesses with recipient 1",
		),
		("report.json", &["--absent-purpose", "MLTRAINING"], 5, "for MLTRAINING"),
		("proof.json", &["--absent-recipient", "9"], 5, "2 of 5"),
	] {
		let (code, _, error) = desk.verify(name, more);
		assert_eq!(code, expected, "{name} {more:?}: {error}");
		assert!(error.contains(message), "{error}");
	}
	let accepted = [
		"--not-before",
		"2027-01-15T08:00:00Z",
		"--absent-recipient",
		"9",
		"--absent-purpose",
		"HMARKT,PUBHLTH",
	];
	let (code, out, error) = desk.verify("report.json", &accepted);
	assert_eq!(code, 0, "{error}");
	for line in [
		"absent     with recipient 9",
		"absent     for HMARKT",
		"absent     for PUBHLTH",
	] {
		assert!(out.contains(line), "{out}");
	}
	let elsewhere = desk.kexin(&["verify", "report.json", "--genesis", &format!("0x{}", "11".repeat(32))]);
	assert_eq!(elsewhere.status.code(), Some(1));
	assert_eq!(
		desk.kexin(&["verify", "report.json"]).status.code(),
		Some(2),
		"no genesis"
	);
}

#[test]
fn a_refusal_is_short_and_printed_once() {
	let desk = desk();
	let report = fs::read_to_string(desk.path("report.json")).unwrap();
	let long = format!("0x{}g", "ab".repeat(1_500_000));
	let field = report.replacen("\"state\": [", &format!("\"state\": [\"{long}\", "), 1);
	let unknown = report.replacen("\"state\"", &format!("\"{long}\""), 1);
	let format = report.replacen("kexin-report/1", &long, 1);
	for (name, text) in [
		("field.json", field),
		("unknown.json", unknown),
		("format.json", format),
	] {
		fs::write(desk.path(name), text).unwrap();
		let (code, out, error) = desk.verify(name, &[]);
		assert_eq!((code, out.as_str()), (2, ""), "{name}");
		assert!(error.len() < 600 && error.lines().count() == 1, "{name}: {error}");
		assert_eq!(error.matches("0xabab").count(), 1, "{name}: {error}");
	}
}

#[test]
fn what_was_judged_again_is_printed() {
	let desk = desk();
	let (_, out, _) = desk.verify("report.json", &[]);
	let unknown = "judged     by the ledger's rules, version 0; not judged again here\n           \
	               6 accesses not judged again: this version of kexin does not know the rules";
	assert!(out.contains(unknown), "{out}");
	let mut sample = Sample::new();
	for (number, subject) in [(10, None), (12, None), (13, Some(named("somebody")))] {
		let mut entry = entry("scans", number, Operation::Train, Some("train"));
		entry.rules.spec_version = 1;
		entry.event.subject = subject;
		sample.ledger.record(entry);
	}
	let document = sample.document().unwrap();
	let desk = Desk {
		genesis: sample.chain.hash(),
		..desk
	};
	fs::write(desk.path("again.json"), json(&document)).unwrap();
	let (code, out, error) = desk.verify("again.json", &[]);
	assert_eq!(code, 0, "{error}");
	let again = "judged     by the ledger's rules, versions 0, 1; 2 accesses judged again: the rules give what the ledger found";
	assert!(out.contains(again), "{out}");
	assert!(
		out.contains("1 access not judged again: the file does not show the consents"),
		"{out}"
	);
	let (_, out, _) = desk.verify("again.json", &["--json"]);
	let judgements = &serde_json::from_str::<Value>(&out).unwrap()["judgements"];
	assert_eq!(judgements["again"], 2);
	let reasons = ["unknown-rules", "consents-not-shown"].iter().zip([6, 1]);
	for (number, (reason, count)) in reasons.enumerate() {
		assert_eq!(
			judgements["notAgain"][number],
			serde_json::json!({ "reason": reason, "count": count })
		);
	}
}

#[test]
fn a_ledger_that_breaks_its_rules_is_refused_by_name() {
	let error = kexin_verifier::Error::JudgedOtherwise {
		dataset: named("scans"),
		index: 17,
		ledger: Breaches::empty().into(),
		rules: (Breaches::PURPOSE | Breaches::REGION).into(),
	};
	let refusal = Refusal::from(error);
	assert_eq!((refusal.code(), refusal.name().as_str()), (1, "JudgedOtherwise"));
	let message = refusal.to_string();
	assert!(
		message.contains("entry 17")
			&& message.contains("it found no breach, and the rules find at least purpose, region"),
		"{message}"
	);
}

#[test]
fn programs_read_json() {
	let desk = desk();
	let (_, out, _) = desk.verify("report.json", &["--json"]);
	let accepted: Value = serde_json::from_str(&out).unwrap();
	assert_eq!(accepted["accepted"], true);
	assert_eq!(accepted["verdict"]["status"], "compliant");
	assert_eq!(accepted["complete"], true);
	desk.edit("cut.json", |value| {
		drop(value["logs"][0]["entries"].as_array_mut().unwrap().pop())
	});
	for (name, more, error) in [
		("cut.json", &["--json"][..], "EntriesMissing"),
		("missing.json", &["--json"], "unreadable"),
		("report.json", &["--json", "--absent-recipient", "1"], "not-absent"),
	] {
		let (code, out, _) = desk.verify(name, more);
		let refused: Value = serde_json::from_str(&out).unwrap();
		assert!(code > 0);
		assert_eq!(
			(&refused["accepted"], &refused["error"]),
			(&false.into(), &error.into())
		);
	}
}

#[test]
fn only_what_is_proved_is_exported() {
	let desk = desk();
	let genesis = format!("{:?}", desk.genesis);
	for format in [
		"prov-json",
		"fhir-r4",
		"fhir-r5",
		"openlineage",
		"dot",
		"markdown",
		"html",
	] {
		let arguments = ["export", "report.json", "--genesis", &genesis, "--format", format];
		let output = desk.kexin(&arguments);
		assert_eq!(output.status.code(), Some(0), "{format}");
		let to_file = desk.kexin(&[&arguments[..], &["--out", "exported"]].concat());
		assert_eq!((to_file.status.code(), to_file.stdout.len()), (Some(0), 0));
		assert_eq!(fs::read(desk.path("exported")).unwrap(), output.stdout, "{format}");
	}
	desk.edit("edited.json", |value| {
		value["report"]["verdict"]["status"] = "breached".into()
	});
	for (name, expected) in [("edited.json", 1), ("proof.json", 2), ("kexin.toml", 2)] {
		let output = desk.kexin(&[
			"export",
			name,
			"--genesis",
			&genesis,
			"--format",
			"dot",
			"--out",
			"not there",
		]);
		assert_eq!(output.status.code(), Some(expected), "{name}");
		assert!(!desk.path("not there").exists());
	}
}

/// A hospital's directory, and how it runs the client.
struct Ward(tempfile::TempDir);

impl Ward {
	fn new() -> Self {
		let ward = Self(tempfile::tempdir().unwrap());
		assert!(ward.kexin(&["init"]).status.success());
		ward
	}

	fn write(&self, name: &str, bytes: &[u8]) {
		let path = self.0.path().join(name);
		fs::create_dir_all(path.parent().unwrap()).unwrap();
		fs::write(path, bytes).unwrap();
	}

	fn command(&self, arguments: &[&str]) -> Command {
		let mut command = Command::new(env!("CARGO_BIN_EXE_kexin"));
		command.current_dir(self.0.path()).args(arguments);
		command
	}

	fn kexin(&self, arguments: &[&str]) -> Output {
		self.command(arguments).output().unwrap()
	}
}

const EVENT: &str =
	r#"{"resourceType":"AuditEvent","action":"R","recorded":"2026-11-20T10:00:00Z","agent":[{"altId":"a"}]}"#;

#[test]
fn a_dry_run_names_and_counts_what_it_passes_over() {
	let ward = Ward::new();
	ward.write("records/audit.jsonl", EVENT.as_bytes());
	let output = ward.kexin(&["import", "--dry-run", "records"]);
	assert_eq!(output.status.code(), Some(0), "{output:?}");
	ward.write("records/notes.txt", b"Notes");
	let output = ward.kexin(&["import", "--dry-run", "records"]);
	assert_eq!(output.status.code(), Some(3), "{output:?}");
	let text = String::from_utf8(output.stdout).unwrap();
	assert!(
		text.contains("records/notes.txt:1: passed-over: has no records"),
		"{text}"
	);
	assert!(
		text.contains("1 accesses recorded") && text.contains("1 files passed over"),
		"{text}"
	);
}

#[test]
fn a_page_without_the_next_one_is_passed_over_in_part() {
	let ward = Ward::new();
	let page = |links: &[(&str, &str)], entries: &str| {
		let links = links
			.iter()
			.map(|(relation, at)| format!(r#"{{"relation":"{relation}","url":"https://a.example/fhir?page={at}"}}"#));
		let links = links.collect::<Vec<_>>().join(",");
		format!(r#"{{"resourceType":"Bundle","type":"searchset","link":[{links}],"entry":[{entries}]}}"#)
	};
	let entry = format!(r#"{{"resource":{EVENT}}}"#);
	let import = |code: i32| {
		let output = ward.kexin(&["import", "--dry-run", "pages"]);
		let text = String::from_utf8(output.stdout).unwrap();
		assert_eq!(output.status.code(), Some(code), "{text}");
		text
	};
	ward.write("pages/1.json", page(&[("self", "1"), ("next", "2")], &entry).as_bytes());
	let text = import(3);
	assert!(
		text.contains("pages/1.json:1: passed-over: the Bundle is one page of several"),
		"{text}"
	);
	assert!(
		text.contains("https://a.example/fhir?page=2: fetch all pages"),
		"{text}"
	);
	assert!(
		text.contains("1 accesses recorded") && text.contains("1 files passed over"),
		"{text}"
	);
	let told = ward.kexin(&["import", "--dry-run", "--all-pages", "pages"]);
	assert_eq!(told.status.code(), Some(0));
	// The second is there, and the third is not.
	ward.write("pages/2.json", page(&[("self", "2"), ("next", "3")], &entry).as_bytes());
	let text = import(3);
	assert!(
		text.contains("pages/2.json") && !text.contains("pages/1.json:1: passed-over"),
		"{text}"
	);
	for last in [&entry[..], ""] {
		ward.write("pages/3.json", page(&[("self", "3")], last).as_bytes());
		import(0);
	}
	// No page follows itself, and one without an address is nowhere.
	for links in [&[("self", "3"), ("next", "3")][..], &[("next", "")]] {
		let text = page(links, &entry).replace(r#","url":"https://a.example/fhir?page=""#, "");
		ward.write("pages/3.json", text.as_bytes());
		import(3);
	}
}

#[test]
fn a_path_that_does_not_exist_is_named() {
	let output = Ward::new().kexin(&["import", "--dry-run", "records/of-2026.ndjson"]);
	assert_eq!(output.status.code(), Some(1));
	let error = String::from_utf8(output.stderr).unwrap();
	assert!(error.contains("records/of-2026.ndjson"), "{error}");
}

#[test]
fn every_command_ends_quietly_on_a_closed_pipe() {
	let desk = desk();
	let genesis = format!("{:?}", desk.genesis);
	let ward = Ward::new();
	ward.write("events.ndjson", [EVENT; 200].join("\n").as_bytes());
	ward.write("report.json", &fs::read(desk.path("report.json")).unwrap());
	for arguments in [
		&["import", "--dry-run", "events.ndjson"][..],
		&["--json", "import", "--dry-run", "events.ndjson"],
		&["--key", "//Alice", "key"],
		&["verify", "report.json", "--genesis", &genesis],
		&["--json", "verify", "report.json", "--genesis", &genesis],
		&["export", "report.json", "--genesis", &genesis, "--format", "html"],
		&["export", "report.json", "--genesis", &genesis, "--format", "fhir-r4"],
	] {
		let (reader, writer) = std::io::pipe().unwrap();
		drop(reader);
		let output = ward
			.command(arguments)
			.stdout(writer)
			.stderr(Stdio::piped())
			.output()
			.unwrap();
		let error = String::from_utf8(output.stderr).unwrap();
		assert_eq!((output.status.code(), &error[..]), (Some(141), ""), "{arguments:?}");
		// If nobody reads the errors either, the command ends all the same.
		let (reader, writer) = std::io::pipe().unwrap();
		drop(reader);
		let status = ward
			.command(&["import", "--dry-run", "nowhere"])
			.stderr(writer)
			.status()
			.unwrap();
		assert_eq!(status.code(), Some(1));
	}
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_file() {
	let desk = desk();
	let marked = |name: &str| [&b"\xef\xbb\xbf"[..], &fs::read(desk.path(name)).unwrap()].concat();
	for name in ["report.json", "proof.json"] {
		fs::write(desk.path("marked.json"), marked(name)).unwrap();
		let (code, out, error) = desk.verify("marked.json", &[]);
		assert_eq!((code, error.as_str()), (0, ""), "{out}");
	}
}
