//! The verdict and the figures of a report in a few words.

use super::text::{self, Names};
use kexin_verifier::{
	report::{Accesses, Code, VerdictStatus},
	Report,
};

/// What a verdict means.
pub fn meaning(status: VerdictStatus) -> &'static str {
	match status {
		VerdictStatus::Compliant => {
			"Every access that was reported for it was within the consents in force at the time."
		},
		VerdictStatus::Breached => {
			"The hospital permitted at least one access for it that was outside the consents in force."
		},
		VerdictStatus::CannotTell => {
			"No access for it is known to be outside the consents, but there may be one that the record does not show."
		},
	}
}

/// The title of a reason or notice.
pub fn title(code: Code) -> &'static str {
	match code {
		Code::Breach => "breach",
		Code::NoAccessReported => "no access reported",
		Code::UnknownOrigin => "unknown origin",
		Code::UnattributedBreach => "unattributed breach",
		Code::ConsentEnded => "consent ended",
		Code::Superseded => "superseded",
	}
}

/// The accesses of all datasets together.
pub fn accesses(report: &Report) -> Accesses {
	let logs = report.datasets.iter().map(|dataset| dataset.log.accesses);
	logs.fold(Accesses::default(), |sum, log| Accesses {
		for_model: sum.for_model.saturating_add(log.for_model),
		breached_for_model: sum.breached_for_model.saturating_add(log.breached_for_model),
		other: sum.other.saturating_add(log.other),
		breached_other: sum.breached_other.saturating_add(log.breached_other),
	})
}

/// The summary for a person at a terminal, line by line.
pub fn summary(report: &Report) -> Vec<String> {
	let names = Names::new(&report.members);
	let subject = report.artifacts.iter().find(|artifact| artifact.id == report.model);
	let subject = subject.map_or_else(String::new, |artifact| {
		format!(" ({} of {})", text::name(&artifact.kind), names.full(artifact.owner))
	});
	let sum = accesses(report);
	let all = text::count(sum.for_model.saturating_add(sum.other), "access", "accesses");
	let logs = text::count(report.datasets.len() as u64, "dataset", "datasets");
	let block = report.block;
	let mut lines = vec![
		format!("verdict    {}", text::verdict(report.verdict.status)),
		format!("           {}", meaning(report.verdict.status)),
		format!("about      {:?}{subject}", report.model),
		format!(
			"at         block {} of {}, {:?}",
			block.number,
			text::time(block.time),
			block.hash
		),
		format!("accesses   {all} to {logs}, none missing from their logs"),
		format!(
			"           {} for it, {} of them breached",
			sum.for_model, sum.breached_for_model
		),
		format!(
			"           {} for something else, {} of them breached",
			sum.other, sum.breached_other
		),
	];
	for (what, reasons) in [("reason", &report.verdict.reasons), ("notice", &report.notices)] {
		let reasons = reasons.iter();
		lines.extend(reasons.map(|reason| format!("{what}     {}: {}", title(reason.code), text::plain(&reason.text))));
	}
	lines
}
