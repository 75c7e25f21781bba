//! Files about the pilot, from a node that ran it on a development chain. Every version of the verifier accepts them.

use kexin_primitives::{access::Breaches, H256};
use kexin_verifier::{
	report::{Code, Reason, VerdictStatus},
	Proof,
};

pub const ACCESS_PROOF: &[u8] = include_bytes!("../data/access-proof.json");
pub const REPORT: &[u8] = include_bytes!("../data/report.json");

pub fn genesis() -> H256 {
	"0x73270b9cc72d9453439892706b4dafb7be87577ea0833cf6cf49abb8bfd57aa9"
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
		(78, VerdictStatus::CannotTell)
	);
	let codes = |reasons: &[Reason]| reasons.iter().map(|reason| reason.code).collect::<Vec<_>>();
	assert_eq!(codes(&report.verdict.reasons), [Code::NoAccessReported]);
	assert_eq!(codes(&report.notices), [Code::OtherBreach, Code::ConsentEnded]);
	// The accesses of the training took place before it was registered, so they are not for it.
	let log = report.datasets[0].log;
	assert_eq!((log.count, log.breaches, log.accesses.for_model), (134, 4, 0));
	assert_eq!(serde_json::to_vec(&document).unwrap(), REPORT);
}

#[test]
fn an_access_proof_is_accepted_and_written_back_unchanged() {
	let Ok(Proof::Access(proof)) = Proof::from_json(ACCESS_PROOF) else {
		panic!("the file can't be read");
	};
	let proved = proof.verify(genesis()).unwrap();
	assert_eq!((proved.block.number, proved.count, proved.first), (78, 134, 133));
	assert!(!proved.complete && proved.entries[0].breaches.contains(Breaches::PURPOSE));
	// Final by the justification of a later block: nodes store one every few blocks.
	assert_eq!(proof.finality.headers.len(), 19);
	assert_eq!(serde_json::to_vec_pretty(&proof).unwrap(), ACCESS_PROOF);
}
