//! Only the written form of a proof is accepted.

use crate::support::{
	access_proof, named,
	sample::{entry, Sample},
};
use kexin_primitives::{access::Breaches, vocabulary::Operation};
use kexin_verifier::{error::Error, AccessProof, Proof};

/// A report with a breach, and a proof of two accesses of which the first states little.
fn files() -> [String; 2] {
	let mut sample = Sample::new();
	let mut breached = entry("scans", 5, Operation::Train, Some("train"));
	breached.breaches = Breaches::PURPOSE | Breaches::REGION;
	sample.ledger.record(breached);
	let mut silent = entry("scans", 6, Operation::Read, None);
	(silent.event.subject, silent.event.purpose, silent.event.region) = (None, None, None);
	sample.ledger.record(silent);
	let report = serde_json::to_string(&sample.document().unwrap()).unwrap();
	let proof = access_proof(&mut sample.chain, &sample.ledger, named("scans"), 5, 2);
	[report, serde_json::to_string(&proof).unwrap()]
}

#[track_caller]
fn refused(file: &str, from: &str, to: &str) -> String {
	assert!(Proof::from_json(file.as_bytes()).is_ok());
	assert!(file.contains(from), "{from}");
	match Proof::from_json(file.replacen(from, to, 1).as_bytes()) {
		Err(Error::Json(cause)) => cause,
		other => panic!("{from} as {to}: {other:?}"),
	}
}

#[test]
fn another_form_of_the_same_is_refused() {
	let [report, proof] = files();
	let source = format!("{:?}", named("scans 5"));
	let upper = format!("0x{}", source[2..].to_uppercase());
	for file in [&report, &proof] {
		for (from, to) in [
			(source.as_str(), upper.as_str()),
			(&source, &source[2..]),
			(r#"["purpose","region"]"#, r#"["region","purpose"]"#),
			(r#"["purpose","region"]"#, r#"["purpose","region","region"]"#),
			(r#""subject":null,"#, ""),
			(r#""region":null,"#, ""),
			(r#""outcome":"permitted""#, r#""outcome":{"permitted":null}"#),
			(r#""operation":"train""#, r#""operation":{"train":null}"#),
			(r#""operation":"train""#, r#""operation":"\u0074rain""#),
			(r#"{"specVersion":0,"code":"#, r#"{"code":"0x","specVersion":0,"code":"#),
		] {
			refused(file, from, to);
		}
		// Arrays for objects, and the names of an object in another order.
		let code = format!("{:?}", named("runtime"));
		let rules = format!(r#"{{"specVersion":0,"code":"{code}"}}"#);
		refused(file, &rules, &format!(r#"[0,"{code}"]"#));
		refused(file, &rules, &format!(r#"{{"code":"{code}","specVersion":0}}"#));
	}
	refused(&report, r#""status":"breached""#, r#""status":{"breached":null}"#);
	refused(&report, r#""generatedBy":null,"#, "");
	refused(
		&report,
		r#""breaches":["purpose","region"]}"#,
		r#""breaches":["purpose","region"],"dataset":null}"#,
	);
	refused(&report, r#""status":"active""#, r#""status":{"active":null}"#);
	let header = &proof[proof.find(r#""genesis":""#).unwrap()..][11..80];
	refused(&proof, header, &header.to_uppercase().replacen("0X", "0x", 1));
}

#[test]
fn the_error_names_the_first_difference() {
	let [_, proof] = files();
	let pretty = serde_json::to_string_pretty(&serde_json::from_str::<AccessProof>(&proof).unwrap()).unwrap();
	let cause = refused(&pretty, "\"subject\": null,\n", "");
	let line = pretty[..pretty.find("\"subject\": null").unwrap()].lines().count();
	for part in [
		&format!("line {line}, "),
		"\"purpose\"",
		"where \"subject\"",
		"is written",
	] {
		assert!(cause.contains(part), "{part} in {cause}");
	}
}

#[test]
fn white_space_between_tokens_is_free() {
	let [report, proof] = files();
	for file in [report, proof] {
		let honest = Proof::from_json(file.as_bytes()).unwrap();
		for spaced in [
			format!("\n {file}\r\n\t"),
			file.replace("\":", "\" :\t").replace('[', "[ ").replace('}', "\n}"),
		] {
			assert_eq!(Proof::from_json(spaced.as_bytes()), Ok(honest.clone()));
		}
	}
}

#[test]
fn a_name_is_written_as_it_is() {
	let mut sample = Sample::new();
	let mut member = crate::support::sample::member(
		"\"\\\n\u{1f600}\u{7f}é",
		kexin_primitives::members::MemberKind::Person,
		false,
	);
	member.keys = 0;
	sample.ledger.put(kexin_primitives::storage_keys::member(1), member);
	let document = sample.document().unwrap();
	let file = serde_json::to_string(&document).unwrap();
	assert_eq!(Proof::from_json(file.as_bytes()), Ok(Proof::Report(Box::new(document))));
	refused(&file, "\u{1f600}", "\\ud83d\\ude00");
}
