//! A ledger with everything that a report can have, under names that are hard to write.

use crate::support::{
	chain::{voters, Chain},
	ledger::Ledger,
	named,
	sample::{activity, artifact, dataset, entry, member, Sample, AUDITOR, COMPANY, HOSPITAL, NOW},
};
use kexin_primitives::{
	access::{Breaches, LogEntry, Notices, Outcome},
	lineage::{ActivityKind, ArtifactKind, AttachedEvidence, Evidence, EvidenceKind, InputRole},
	members::{MemberKind, Status},
	storage_keys,
	vocabulary::{Operation, Purpose, Region},
};

const INSTITUTE: u32 = 3;
const PERSON: u32 = 4;

/// Names that would end a string, a tag, a cell or a line if they were not escaped.
pub const NAMES: [&str; 5] = [
	"Charité \"可信\" & <b>Söhne</b>",
	"</script><svg onload=alert(1)> | `x` *y* _z_ [a](b)",
	"\\\" \\n %s {{x}} \u{202e}gnp\u{2066}",
	"line\r\nbreak\ttab \u{1b}[31mred\u{7}\u{0}",
	"'; DROP TABLE members; -- ${HOME} $(id) <!-- --> ]]>",
];

/// A report about a document at the end of every kind of activity.
pub fn sample() -> Sample {
	use InputRole::{Read, Used};
	let mut sample = Sample::on(Chain::new(voters(0..4)), Ledger::with_filler(100));
	let ledger = &mut sample.ledger;
	let kinds = [
		(HOSPITAL, MemberKind::Hospital, Status::Active),
		(COMPANY, MemberKind::Company, Status::Suspended),
		(AUDITOR, MemberKind::Auditor, Status::Active),
		(INSTITUTE, MemberKind::ResearchInstitute, Status::Removed),
		(PERSON, MemberKind::Person, Status::Active),
	];
	for ((id, kind, status), name) in kinds.into_iter().zip(NAMES) {
		let mut member = member(name, kind, false);
		member.status = status;
		ledger.put(storage_keys::member(id), member);
	}
	let mut records = dataset();
	records.superseded = Some(NOW - 10);
	records.superseded_by = Some(named("records of today"));
	records.supersedes = Some(named("records of yesterday"));
	ledger.put(storage_keys::dataset(&named("records")), records);
	ledger.put(
		storage_keys::artifact(&named("foreign")),
		artifact(ArtifactKind::Dataset, None),
	);
	let steps = [
		(
			"label",
			ActivityKind::Annotation,
			&[("scans", Used)][..],
			"labels",
			ArtifactKind::AnnotationSet,
		),
		(
			"imitate",
			ActivityKind::Synthesis,
			&[("records", Used), ("scans", Read)],
			"twins",
			ArtifactKind::SyntheticSet,
		),
		(
			"round",
			ActivityKind::FederatedRound,
			&[("scans", Used), ("labels", Used)],
			"weights",
			ArtifactKind::ModelUpdate,
		),
		(
			"train",
			ActivityKind::Training,
			&[("weights", Used), ("twins", Used), ("foreign", Used), ("atlas", Read)],
			"model",
			ArtifactKind::Model,
		),
		(
			"answer",
			ActivityKind::Inference,
			&[("model", Used)],
			"answers",
			ArtifactKind::SyntheticSet,
		),
		(
			"evaluate",
			ActivityKind::Evaluation,
			&[("answers", Used), ("model", Used)],
			"paper",
			ArtifactKind::Report,
		),
	];
	for (name, kind, inputs, output, made) in steps {
		ledger.put(storage_keys::activity(&named(name)), activity(kind, inputs, &[output]));
		ledger.put(storage_keys::artifact(&named(output)), artifact(made, Some(name)));
	}
	let kinds = [
		EvidenceKind::Fairness,
		EvidenceKind::Similarity,
		EvidenceKind::TeeQuote,
		EvidenceKind::Privacy,
		EvidenceKind::Performance,
	];
	for (by, kind) in (0u32..).zip(kinds) {
		let measure = [i64::MIN, -1, 0, 940_000, i64::MAX][by as usize];
		let evidence = Evidence {
			kind,
			document: named("document"),
			measure,
			threshold: 900_000,
		};
		let attached: AttachedEvidence = vec![(evidence, NOW - 300_000)].try_into().expect("there is room");
		ledger.put(storage_keys::evidence(&named("paper"), by), attached);
	}
	ledger.record_all(named("scans"), entries());
	sample.model = named("paper");
	sample
}

/// Accesses with every value that each field has.
pub fn entries() -> Vec<LogEntry> {
	let mut entries = Vec::new();
	let outcomes = [Outcome::Permitted, Outcome::Denied, Outcome::Failed];
	let purposes = Purpose::ALL.iter().copied().map(Some).chain([None]);
	for (number, purpose) in (5u8..).zip(purposes) {
		let at = usize::from(number);
		let operation = Operation::ALL[at % Operation::ALL.len()];
		let mut entry = entry(
			"scans",
			number,
			operation,
			[Some("round"), None, Some("elsewhere")][at % 3],
		);
		entry.event.purpose = purpose;
		entry.event.outcome = outcomes[at % 3];
		entry.event.recipient = [None, Some(COMPANY), Some(INSTITUTE), Some(4_000_000_000)][at % 4];
		entry.event.region = [None, Some(Region(40)), Some(Region(999))][at % 3];
		entry.breaches = Breaches::from_bits_truncate(1 << (at % 10));
		// The rules make no other notices beside these breaches and this activity.
		let (named, breached) = (entry.event.activity.is_some(), !entry.breaches.is_empty());
		entry.notices.set(Notices::RECORDED_AFTER, !breached);
		entry
			.notices
			.set(Notices::NOT_FOR_ACTIVITY, named && breached && at % 4 == 1);
		entries.push(entry);
	}
	entries
}
