//! The verdict and the figures of a report in a few words.

use super::text::{self, Names};
use kexin_verifier::{
	report::{Accesses, Code, Judgements, NotAgain, Reason, VerdictStatus},
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
		Code::Repeated => "repeated",
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
		Code::Repeated => format!(
			"{} repeat the source of an earlier entry in its log: the hospital reported a record of that name again, and the figures count both.",
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

/// How many accesses were judged again, line by line.
pub fn judgements(judgements: &Judgements) -> Vec<String> {
	let others = judgements.not_again.iter().map(|not_again| not_again.count);
	let others = others.fold(0, u64::saturating_add);
	if others == 0 && judgements.again == 0 {
		return Vec::new();
	}
	let versions = judgements.rules.iter().map(|rules| rules.spec_version.to_string());
	let mut versions = versions.collect::<Vec<_>>();
	versions.dedup();
	let versions = match &versions[..] {
		[version] => format!("version {version}"),
		versions => format!("versions {}", versions.join(", ")),
	};
	let again = match judgements.again {
		0 => "not judged again here".into(),
		again => format!(
			"{} judged again: the rules give what the ledger found",
			text::count(again, "access", "accesses")
		),
	};
	let mut lines = vec![format!("judged     by the ledger's rules, {versions}; {again}")];
	for not_again in &judgements.not_again {
		let number = text::count(not_again.count, "access", "accesses");
		lines.push(format!(
			"           {number} not judged again: {}",
			why(not_again.reason)
		));
	}
	lines
}

/// Why accesses are not judged again.
fn why(reason: NotAgain) -> &'static str {
	match reason {
		NotAgain::UnknownRules => "this version of kexin does not know the rules that judged them",
		NotAgain::ConsentsNotShown => "the file does not show the consents of their subjects (kexin report --consents all)",
		NotAgain::ActivityNotShown => "the file does not show the activity that they name (kexin report --consents all)",
		NotAgain::ConsentsDropped => {
			"the ledger has dropped consents or enrolments of their subjects since, to make room for new ones"
		},
		NotAgain::NarrowedMeanwhile => {
			"they were recorded before or at the time at which they are said to have occurred, and what they rest on may \
			 have been narrowed in between"
		},
	}
}
