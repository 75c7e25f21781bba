//! The lineage of a report as a graph to be drawn.

use super::text::{self, Names};
use kexin_primitives::{lineage::ArtifactKind, H256};
use kexin_verifier::{
	report::{Code, VerdictStatus},
	Report,
};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
	/// An artifact of the ancestry.
	Artifact,
	/// An artifact that was only read.
	Read,
	/// An activity.
	Activity,
}

/// How a node is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
	/// Nothing.
	None,
	/// It is what the report is about.
	Subject,
	/// A reason of the verdict *breached* is about it.
	Breached,
	/// Another reason, or a notice, is about it.
	Noticed,
}

/// An artifact or activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
	/// Its name.
	pub id: H256,
	/// Its kind.
	pub what: What,
	/// How it is marked.
	pub mark: Mark,
	/// Its text: what it is, and whose.
	pub lines: Vec<String>,
}

/// How an artifact takes part in an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
	/// The activity used it.
	Used,
	/// The activity only read it.
	Read,
	/// The activity generated it.
	Generated,
}

/// An arrow, in the direction in which the data went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
	/// The place of the node where it begins.
	pub from: usize,
	/// The place of the node where it ends.
	pub to: usize,
	/// How the artifact takes part.
	pub role: Role,
}

/// Artifacts, activities, and the arrows between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
	/// The nodes, nearest to the model first.
	pub nodes: Vec<Node>,
	/// The arrows between them.
	pub edges: Vec<Edge>,
	/// How many artifacts of the ancestry are not among the nodes.
	pub left_out: usize,
}

impl Graph {
	/// The graph of a report with about this number of nodes, those nearest to the model.
	pub fn new(report: &Report, most: usize) -> Self {
		let names = Names::new(&report.members);
		let marks = marks(report);
		let mark = |id: &H256| marks.get(id).copied().unwrap_or(Mark::None);
		let activities = report.activities.iter().map(|activity| (activity.id, activity));
		let activities = activities.collect::<BTreeMap<_, _>>();
		let datasets = report.datasets.iter().map(|dataset| (dataset.id, dataset));
		let datasets = datasets.collect::<BTreeMap<_, _>>();
		let mut graph = Self::default();
		let mut places = BTreeMap::new();
		let mut drawn = BTreeSet::new();
		for (number, artifact) in report.artifacts.iter().enumerate() {
			if graph.nodes.len() >= most {
				graph.left_out = report.artifacts.len().saturating_sub(number);
				break;
			}
			let mut lines = vec![
				text::name(&artifact.kind),
				text::short(artifact.id),
				names.name(artifact.owner),
			];
			if let Some(dataset) = datasets.get(&artifact.id) {
				lines.push(text::count(dataset.log.count, "access", "accesses"));
			} else if artifact.kind == ArtifactKind::Dataset || artifact.generated_by.is_none() {
				lines.push("from outside".into());
			}
			graph.add(&mut places, What::Artifact, artifact.id, mark(&artifact.id), lines);
			let made_by = artifact.generated_by.filter(|id| drawn.insert(*id));
			if let Some(activity) = made_by.and_then(|id| activities.get(&id)) {
				let lines = vec![
					text::name(&activity.kind),
					text::short(activity.id),
					names.name(activity.agent),
				];
				graph.add(&mut places, What::Activity, activity.id, mark(&activity.id), lines);
			}
		}
		for activity in report.activities.iter().filter(|activity| drawn.contains(&activity.id)) {
			for id in &activity.read {
				let known = places.contains_key(&(What::Artifact, *id)) || places.contains_key(&(What::Read, *id));
				if !known && graph.nodes.len() < most.saturating_mul(2) {
					let lines = vec!["only read".into(), text::short(*id)];
					graph.add(&mut places, What::Read, *id, Mark::None, lines);
				}
			}
		}
		graph.connect(report, &places);
		graph
	}

	fn add(
		&mut self,
		places: &mut BTreeMap<(What, H256), usize>,
		what: What,
		id: H256,
		mark: Mark,
		lines: Vec<String>,
	) {
		places.insert((what, id), self.nodes.len());
		self.nodes.push(Node { id, what, mark, lines });
	}

	fn connect(&mut self, report: &Report, places: &BTreeMap<(What, H256), usize>) {
		let place = |what, id: &H256| places.get(&(what, *id)).copied();
		let mut edge = |from: Option<usize>, to: Option<usize>, role| {
			if let (Some(from), Some(to)) = (from, to) {
				self.edges.push(Edge { from, to, role });
			}
		};
		for activity in &report.activities {
			let at = place(What::Activity, &activity.id);
			for id in &activity.used {
				edge(place(What::Artifact, id), at, Role::Used);
			}
			for id in &activity.read {
				let from = place(What::Artifact, id).or_else(|| place(What::Read, id));
				edge(from, at, Role::Read);
			}
		}
		for artifact in &report.artifacts {
			let from = artifact.generated_by.and_then(|id| place(What::Activity, &id));
			edge(from, place(What::Artifact, &artifact.id), Role::Generated);
		}
	}

	/// The lineage as an indented list, from the model back to its origins.
	pub fn tree(&self) -> Vec<String> {
		/// The deepest indentation.
		const DEEPEST: usize = 40;
		let mut sources = vec![Vec::new(); self.nodes.len()];
		for edge in &self.edges {
			if let Some(sources) = sources.get_mut(edge.to) {
				sources.push((edge.from, edge.role));
			}
		}
		let mut lines = Vec::new();
		let mut seen = BTreeSet::new();
		let mut open = if self.nodes.is_empty() {
			vec![]
		} else {
			vec![(0usize, 0usize, None)]
		};
		while let Some((place, depth, role)) = open.pop() {
			let Some(node) = self.nodes.get(place) else { continue };
			let indent = "  ".repeat(depth.min(DEEPEST));
			let how = match role {
				None => "",
				// The node's own text states it.
				Some(Role::Read) if node.what == What::Read => "",
				Some(Role::Used) => "used ",
				Some(Role::Read) => "read ",
				Some(Role::Generated) => "by ",
			};
			let new = seen.insert(place);
			let again = if new { "" } else { " (see above)" };
			lines.push(format!(
				"{indent}{how}{}{}{again}",
				node.lines.join(" · "),
				node.mark.text()
			));
			if new {
				let sources = sources.get(place).into_iter().flatten().rev();
				open.extend(sources.map(|(from, role)| (*from, depth.saturating_add(1), Some(*role))));
			}
		}
		if self.left_out > 0 {
			let more = u64::try_from(self.left_out).unwrap_or(u64::MAX);
			lines.push(format!(
				"… and {} farther away",
				text::count(more, "artifact", "artifacts")
			));
		}
		lines
	}
}

impl Mark {
	/// The mark in a text.
	pub fn text(self) -> &'static str {
		match self {
			Self::None | Self::Subject => "",
			Self::Breached => "  [breached]",
			Self::Noticed => "  [see the notices]",
		}
	}
}

/// The marks of what the reasons and notices are about.
fn marks(report: &Report) -> BTreeMap<H256, Mark> {
	let mut marks = BTreeMap::from([(report.model, Mark::Subject)]);
	for reason in report.notices.iter().chain(&report.verdict.reasons) {
		let breached = reason.code == Code::Breach && report.verdict.status == VerdictStatus::Breached;
		let mark = if breached { Mark::Breached } else { Mark::Noticed };
		marks.insert(reason.about, mark);
	}
	marks
}
