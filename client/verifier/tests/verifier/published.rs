//! Files about the pilot, from a node that ran it on a development chain. Every version of the verifier accepts them.

use kexin_primitives::{access::Breaches, H256};
use kexin_verifier::{
	report::{Code, VerdictStatus},
	Proof,
};

pub const ACCESS_PROOF: &[u8] = include_bytes!("../data/access-proof.json");
pub const REPORT: &[u8] = include_bytes!("../data/report.json");

pub fn genesis() -> H256 {
	"0x5cc3229ea6a8b7afa02c68b974c1b9d46a1dc895294d2513ebc26608480a5893"
		.parse()
		.unwrap()
}

#[test]
fn a_report_is_accepted_and_written_back_unchanged() {
	let Ok(Proof::Report(document)) = Proof::from_json(REPORT) else {
		panic!("the file can't be read");
	};
	let report = document.verify(genesis()).unwrap();
	assert_eq!(
		(report.block.number, report.verdict.status),
		(72, VerdictStatus::Compliant)
	);
	let notices = report.notices.iter().map(|notice| notice.code);
	assert_eq!(notices.collect::<Vec<_>>(), [Code::OtherBreach, Code::ConsentEnded]);
	let log = report.datasets[0].log;
	assert_eq!((log.count, log.breaches, log.accesses.for_model), (134, 4, 120));
	assert_eq!(serde_json::to_vec(&document).unwrap(), REPORT);
}

#[test]
fn an_access_proof_is_accepted_and_written_back_unchanged() {
	let Ok(Proof::Access(proof)) = Proof::from_json(ACCESS_PROOF) else {
		panic!("the file can't be read");
	};
	let proved = proof.verify(genesis()).unwrap();
	assert_eq!((proved.block.number, proved.count, proved.first), (72, 134, 133));
	assert!(!proved.complete && proved.entries[0].breaches.contains(Breaches::PURPOSE));
	// Nodes store a justification every few blocks, and this block has one.
	assert_eq!(proof.finality.headers.len(), 1);
	assert_eq!(serde_json::to_vec(&proof).unwrap(), ACCESS_PROOF);
}
