//! The readable report: its sections, tables and texts.

use super::{
	graph::Graph,
	summary::{meaning, sentence, title},
	text::{self, Names},
};
use kexin_primitives::{
	access::{LogEntry, Outcome},
	lineage::ArtifactId,
	scope::Scope,
	H256,
};
use kexin_verifier::{
	report::{Consents, Reason, ReportedActivity, ReportedArtifact, ReportedDataset, VerdictStatus},
	Document, Report,
};

/// The most accesses outside the consents that are listed.
const BREACHES: usize = 500;
/// The most rows of a table. The file with the proof has all of them.
const ROWS: usize = 5_000;
/// The approximate number of nodes in the drawing.
const NODES: usize = 200;

/// The content of a cell or a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
	/// Words.
	Text(String),
	/// A hash or a command, shown as it is.
	Code(String),
}

impl Cell {
	/// Its text, without characters that could affect a terminal.
	pub fn plain(&self) -> String {
		let (Self::Text(text) | Self::Code(text)) = self;
		text::plain(text)
	}
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
	/// A paragraph.
	Text(String),
	/// A command to type.
	Command(String),
	/// Names with their values.
	Facts(Vec<(&'static str, Cell)>),
	/// A table.
	Table {
		/// The names of the columns.
		head: Vec<&'static str>,
		/// The rows, each as long as the head.
		rows: Vec<Vec<Cell>>,
		/// How many rows were left out.
		more: usize,
	},
	/// The drawing of the lineage.
	Lineage(Graph),
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
	/// Its title.
	pub title: String,
	/// Its content.
	pub parts: Vec<Part>,
}

/// A readable report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
	/// Its title.
	pub title: String,
	/// The verdict.
	pub status: VerdictStatus,
	/// What the verdict means.
	pub meaning: &'static str,
	/// The rest.
	pub sections: Vec<Section>,
}

fn words(text: impl Into<String>) -> Cell {
	Cell::Text(text.into())
}

fn hash(hash: H256) -> Cell {
	Cell::Code(format!("{hash:?}"))
}

fn table(head: Vec<&'static str>, rows: impl ExactSizeIterator<Item = Vec<Cell>>, most: usize) -> Part {
	let more = rows.len().saturating_sub(most);
	Part::Table {
		head,
		rows: rows.take(most).collect(),
		more,
	}
}

fn section(title: impl Into<String>, parts: Vec<Part>) -> Section {
	Section {
		title: title.into(),
		parts,
	}
}

impl Page {
	/// The page about a report with its logs. `source` is the hash of the file that proves it.
	pub fn new(document: &Document, source: H256) -> Self {
		let report = &document.report;
		let names = Names::new(&report.members);
		let mut sections = vec![subject(report, &names), Self::reasons(report)];
		let drawing = Graph::new(report, NODES);
		sections.push(section("Lineage", vec![Part::Lineage(drawing)]));
		for (number, dataset) in (1..).zip(&report.datasets) {
			sections.push(self::dataset(number, dataset, &names));
		}
		sections.push(breaches(document, &names));
		sections.push(activities(&report.activities, &names));
		sections.push(artifacts(&report.artifacts, &names));
		sections.push(evidence(&report.artifacts, &names));
		sections.push(members(report));
		sections.push(check(document, source));
		sections.retain(|section| !section.parts.is_empty());
		Self {
			title: format!("Audit report about {}", text::short(report.model)),
			status: report.verdict.status,
			meaning: meaning(report.verdict.status),
			sections,
		}
	}

	fn reasons(report: &Report) -> Section {
		let row = |kind: &'static str, reason: &Reason| {
			let what = format!("{kind}: {}", title(reason.code));
			vec![words(what), words(sentence(reason))]
		};
		let reasons = report.verdict.reasons.iter().map(|reason| row("reason", reason));
		let notices = report.notices.iter().map(|notice| row("notice", notice));
		let rows = reasons.chain(notices).collect::<Vec<_>>();
		let parts = match rows.is_empty() {
			true => vec![],
			false => vec![table(vec!["What", "Why"], rows.into_iter(), ROWS)],
		};
		section("Reasons and notices", parts)
	}
}

fn subject(report: &Report, names: &Names<'_>) -> Section {
	let mut facts = vec![("About", hash(report.model))];
	if let Some(artifact) = report.artifacts.iter().find(|artifact| artifact.id == report.model) {
		facts.push(("What it is", words(text::name(&artifact.kind))));
		facts.push(("Registered by", words(names.full(artifact.owner))));
		facts.push(("Registered", words(text::time(artifact.registered))));
	}
	facts.extend([
		("Block", words(report.block.number.to_string())),
		("Block hash", hash(report.block.hash)),
		("Time of the block", words(text::time(report.block.time))),
		("Genesis hash", hash(report.genesis)),
	]);
	let bound = "This report covers what was recorded up to this block, and nothing after it.";
	section("What this is about", vec![Part::Facts(facts), Part::Text(bound.into())])
}

fn dataset(number: u32, dataset: &ReportedDataset, names: &Names<'_>) -> Section {
	let accesses = dataset.log.accesses;
	let of = |number: u64, breached: u64| words(format!("{number}, of which {breached} outside the consents"));
	let mut facts = vec![
		("Dataset", hash(dataset.id)),
		("Hospital", words(names.full(dataset.owner))),
		("Declared", words(text::time(dataset.declared))),
		("Subjects enrolled", words(dataset.subjects.to_string())),
		(
			"Permits something at the block",
			words(if dataset.in_force { "yes" } else { "no" }),
		),
		("Accesses, all of them", words(dataset.log.count.to_string())),
		(
			"… for this artifact",
			of(accesses.for_model, accesses.breached_for_model),
		),
		("… for something else", of(accesses.other, accesses.breached_other)),
		("Root of the log", hash(dataset.log.root)),
	];
	facts.extend(dataset.supersedes.map(|older| ("Supersedes", hash(older))));
	facts.extend(dataset.superseded.map(|time| ("Superseded", words(text::time(time)))));
	facts.extend(dataset.superseded_by.map(|newer| ("Superseded by", hash(newer))));
	let rows = scope_rows(&dataset.label, &dataset.cohort, names);
	let head = vec![
		"Allowed",
		"by the dataset itself",
		"and by the consents of its subjects",
	];
	section(
		format!("Dataset {number}"),
		vec![Part::Facts(facts), table(head, rows.into_iter(), ROWS)],
	)
}

fn scope_rows(label: &Scope, cohort: &Scope, names: &Names<'_>) -> Vec<Vec<Cell>> {
	let start = vec![
		words("From"),
		words(text::time(label.start)),
		words(text::time(cohort.start)),
	];
	let dimensions = label.dimensions().into_iter().zip(cohort.dimensions());
	let rows = dimensions.map(|(label, cohort)| {
		vec![
			words(text::heading(label.name)),
			words(text::dimension(&label, names)),
			words(text::dimension(&cohort, names)),
		]
	});
	[start].into_iter().chain(rows).collect()
}

/// Whether the hospital permitted an access outside the consents.
fn is_breached(entry: &LogEntry) -> bool {
	entry.event.outcome == Outcome::Permitted && !entry.breaches.is_empty()
}

fn breaches(document: &Document, names: &Names<'_>) -> Section {
	let entries = document.logs.iter().flat_map(|log| (0u64..).zip(&log.entries));
	let breached = entries.filter(|(_, entry)| is_breached(entry)).collect::<Vec<_>>();
	let rows = breached.into_iter().map(|(index, entry)| {
		let event = entry.event;
		let purpose = event
			.purpose
			.map_or("not stated".into(), |purpose| text::name(&purpose));
		let recipient = event.recipient.map_or("not a member".into(), |id| names.full(id));
		vec![
			words(text::short(entry.dataset)),
			words(index.to_string()),
			words(text::time(event.occurred)),
			words(text::name(&event.operation)),
			words(purpose),
			words(recipient),
			words(event.activity.map_or("–".into(), text::short)),
			words(entry.breaches.names().collect::<Vec<_>>().join(", ")),
		]
	});
	let head = vec![
		"Dataset",
		"Index",
		"Occurred",
		"Operation",
		"Purpose",
		"Recipient",
		"For",
		"Outside in",
	];
	let parts = match rows.len() {
		0 => vec![],
		_ => vec![table(head, rows, BREACHES)],
	};
	section("Accesses outside the consents", parts)
}

fn activities(activities: &[ReportedActivity], names: &Names<'_>) -> Section {
	let all = |ids: &[ArtifactId]| match ids {
		[] => words("–"),
		_ => words(ids.iter().map(|id| text::short(*id)).collect::<Vec<_>>().join(" ")),
	};
	let rows = activities.iter().map(|activity| {
		vec![
			words(text::name(&activity.kind)),
			hash(activity.id),
			words(names.full(activity.agent)),
			words(text::time(activity.started)),
			words(activity.ended.map_or("–".into(), text::time)),
			all(&activity.used),
			all(&activity.read),
			all(&activity.generated),
		]
	});
	let head = vec![
		"Activity",
		"Name",
		"By",
		"Started",
		"Ended",
		"Used",
		"Only read",
		"Generated",
	];
	let parts = match activities {
		[] => vec![],
		_ => vec![table(head, rows, ROWS)],
	};
	section("Activities", parts)
}

fn artifacts(artifacts: &[ReportedArtifact], names: &Names<'_>) -> Section {
	let rows = artifacts.iter().map(|artifact| {
		vec![
			words(text::name(&artifact.kind)),
			hash(artifact.id),
			words(names.full(artifact.owner)),
			words(text::time(artifact.registered)),
			words(
				artifact
					.generated_by
					.map_or("from outside the ledger".into(), text::short),
			),
			words(artifact.distance.to_string()),
		]
	});
	let head = vec![
		"Artifact",
		"Name",
		"Registered by",
		"Registered",
		"Made by",
		"Activities away",
	];
	section("Artifacts", vec![table(head, rows, ROWS)])
}

fn evidence(artifacts: &[ReportedArtifact], names: &Names<'_>) -> Section {
	let evidence = artifacts
		.iter()
		.flat_map(|artifact| artifact.evidence.iter().map(move |evidence| (artifact.id, evidence)));
	let evidence = evidence.collect::<Vec<_>>();
	let rows = evidence.iter().map(|(about, evidence)| {
		vec![
			words(text::short(*about)),
			words(text::name(&evidence.kind)),
			words(names.full(evidence.by)),
			words(text::time(evidence.attached)),
			words(text::millionths(evidence.measure)),
			words(text::millionths(evidence.threshold)),
			hash(evidence.document),
		]
	});
	let head = vec!["About", "Kind", "By", "Attached", "Measured", "Required", "Document"];
	let parts = match evidence[..] {
		[] => vec![],
		_ => vec![table(head, rows, ROWS)],
	};
	section("Evidence", parts)
}

fn members(report: &Report) -> Section {
	let rows = report.members.iter().map(|member| {
		vec![
			words(member.id.to_string()),
			words(member.name.clone()),
			words(text::name(&member.kind)),
			words(text::name(&member.region)),
			words(text::standing(member.status)),
		]
	});
	let head = vec!["Number", "Name", "Kind", "Country (ISO 3166-1)", "Standing"];
	section("Members", vec![table(head, rows, ROWS)])
}

fn check(document: &Document, source: H256) -> Section {
	let start = document.finality.begins_at();
	let start = start.map_or_else(String::new, |block| format!(" --trusted {block}"));
	let intro =
		"This page proves nothing by itself. The file that it was made from does. You can verify that file on any \
	             machine, without a network. Take the hashes from a source that you trust, not from this page.";
	let limits =
		"Proved: the record is complete and unaltered up to the block, and the verdict follows from it. Not proved: that \
		 the hospital reported every access, and which person a pseudonym stands for.";
	let judged = match document.consents {
		Consents::All => {
			"The ledger judged each access by its rules. The file shows the consents behind every access, so the command \
			 judges the accesses again and says how many it could."
		},
		Consents::Model => {
			"The ledger judged each access by its rules. The file shows the consents behind the accesses for this and behind \
			 every breach, so the command judges those again and says how many it could."
		},
		Consents::None => {
			"The ledger judged each access by its rules. The file does not show the consents of single patients, so the \
			 command can judge again only the accesses to whole datasets."
		},
	};
	section(
		"How to check it",
		vec![
			Part::Text(intro.into()),
			Part::Command(format!(
				"kexin verify FILE --genesis {:?}{start}",
				document.report.genesis
			)),
			Part::Facts(vec![("blake2-256 of the file", hash(source))]),
			Part::Text(limits.into()),
			Part::Text(judged.into()),
		],
	)
}
