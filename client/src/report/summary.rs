//! The verdict and the figures of a report in a few words.

use super::text::{self, Names};
use kexin_verifier::{
	report::{Accesses, Code, Reason, VerdictStatus},
	Report,
};

/// What a verdict means.
pub fn meaning(status: VerdictStatus) -> &'static str {
	match status {
		VerdictStatus::Compliant => {
			"Every access for it that the hospitals reported to have permitted was within the consents in force at the time."
		},
		VerdictStatus::Breached => {
			"The hospital permitted at least one access for it that was outside the consents in force."
		},
		VerdictStatus::CannotTell => {
			"No access for it that a hospital permitted is known to be outside the consents, but the record does not show that there is none."
		},
	}
}

/// The title of a reason or notice.
pub fn title(code: Code) -> &'static str {
	match code {
		Code::Breach => "breach",
		Code::NoAccessReported => "no access reported",
		Code::SingleSubjects => "single subjects",
		Code::NoSubjects => "no subjects",
		Code::NothingUsed => "nothing used",
		Code::UnknownOrigin => "unknown origin",
		Code::UnattributedBreach => "unattributed breach",
		Code::OtherBreach => "other breach",
		Code::RecordedAfter => "recorded after",
		Code::RecordedBefore => "recorded before",
		Code::ConsentEnded => "consent ended",
		Code::Superseded => "superseded",
	}
}

/// A reason or notice in a sentence.
pub fn sentence(reason: &Reason) -> String {
	let about = reason.about;
	let dataset = reason.dataset.unwrap_or_default();
	let accesses = || {
		let number = text::count(reason.count.unwrap_or_default(), "access", "accesses");
		format!("{number} to dataset {about:?}")
	};
	match reason.code {
		Code::Breach => {
			let names = reason.breaches.iter().flat_map(|breaches| breaches.names());
			let names = names.collect::<Vec<_>>().join(", ");
			format!(
				"{} for this model went outside the consents in force: {names}.",
				accesses()
			)
		},
		Code::NoAccessReported => format!(
			"Activity {about:?} used dataset {dataset:?}, but no access that does what such an activity does was reported \
			 as permitted."
		),
		Code::SingleSubjects => {
			let number = text::count(reason.count.unwrap_or_default(), "access", "accesses");
			format!(
				"Activity {about:?} used dataset {dataset:?}, which as a whole did not permit that: {number} went to the data \
				 of single subjects who consented."
			)
		},
		Code::NoSubjects => format!(
			"Nobody is enrolled in dataset {about:?}, or nobody was yet when it was accessed, so nobody consented to its use."
		),
		Code::NothingUsed => {
			format!("Activity {about:?} states no input that its outputs depend on, so it is not known what they were made from.")
		},
		Code::UnknownOrigin => {
			format!("No activity on the ledger generated artifact {about:?}, so it is not known what it was made from.")
		},
		Code::UnattributedBreach => format!(
			"{} went outside the consents in force, are not shown to be for something else, and could have been for this model.",
			accesses()
		),
		Code::OtherBreach => format!(
			"{} went outside the consents in force, and were for something else or could not have been for this model.",
			accesses()
		),
		Code::RecordedAfter => format!(
			"{} for this model rest on a consent or an enrolment that was recorded only afterwards.",
			accesses()
		),
		Code::RecordedBefore => format!(
			"{} for this model were recorded before the time at which they are said to have occurred, so the ledger judged \
			 them without what it recorded in between.",
			accesses()
		),
		Code::ConsentEnded => {
			format!("Nothing is allowed with dataset {about:?} any longer: its consents ended or were withdrawn.")
		},
		Code::Superseded => format!("A newer version superseded dataset {about:?}."),
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
	let accesses = match text::count(report.datasets.len() as u64, "dataset", "datasets") {
		_ if report.datasets.is_empty() => "none shown: no declared dataset is behind it, so there is no log".into(),
		logs => format!("{all} to {logs}, none missing from their logs"),
	};
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
		format!("accesses   {accesses}"),
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
		lines.extend(reasons.map(|reason| format!("{what}     {}: {}", title(reason.code), sentence(reason))));
	}
	lines
}
