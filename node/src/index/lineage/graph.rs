//! The lineage in memory: about 250 bytes an artifact, so that a walk takes no look-up in a database.
//!
//! The graph only grows, and inputs are there before outputs. So it answers for every block up to the last one that is
//! in it: what came later is passed over. Only a registration that lapsed is replaced, and nothing leads to or from it.

use crate::index::place::{block_of, Place};
use kexin_primitives::{
	events::lineage::LineageEvent,
	lineage::{
		ActivityId, ActivityKind, Artifact, ArtifactId, ArtifactKind, Direction, InputRole, Trace, TraceEdge,
		TraceError, TraceNode, TraceQuery,
	},
	members::MemberId,
	UnixMillis,
};
use std::collections::{HashMap, HashSet};

/// Most artifacts of one page, as in the runtime.
pub const MAX_PAGE: u32 = 500;
/// Derivations of one page at the most: as JSON about 11 MB, so that they fit an answer of the stock limit of 15 MiB.
pub const MAX_EDGES: usize = 40_000;
/// Walks that are kept to go on with.
const MAX_WALKS: usize = 8;

/// Artifacts and the derivations between them.
#[derive(Debug, Default)]
pub struct Graph {
	numbers: HashMap<ArtifactId, u32>,
	artifacts: Vec<Vertex>,
	derivations: Vec<Derivation>,
}

#[derive(Debug)]
struct Vertex {
	id: ArtifactId,
	block: u32,
	kind: ArtifactKind,
	owner: MemberId,
	registered: UnixMillis,
	generated_by: Option<u32>,
	used_by: Vec<u32>,
}

#[derive(Debug)]
struct Derivation {
	activity: ActivityId,
	block: u32,
	kind: ActivityKind,
	used: Box<[u32]>,
	generated: Box<[u32]>,
}

/// A derivation names an artifact that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub ArtifactId);

impl Graph {
	/// Adds the next event of the lineage.
	///
	/// # Errors
	/// [`Missing`] when it names an artifact that is not there; nothing was added then.
	pub fn add(&mut self, place: Place, time: UnixMillis, event: &LineageEvent) -> Result<(), Missing> {
		match event {
			LineageEvent::Registered {
				artifact, kind, owner, ..
			} => {
				let vertex = Vertex {
					id: *artifact,
					block: block_of(place),
					kind: *kind,
					owner: *owner,
					registered: time,
					generated_by: None,
					used_by: Vec::new(),
				};
				// A registration that lapsed has no edges, so another takes its place.
				match self.numbers.get(artifact) {
					Some(number) => self.artifacts[*number as usize] = vertex,
					None => {
						self.numbers.insert(*artifact, self.artifacts.len() as u32);
						self.artifacts.push(vertex);
					},
				}
			},
			LineageEvent::Derived {
				activity,
				kind,
				inputs,
				outputs,
				..
			} => {
				let number = self.derivations.len() as u32;
				let find = |id: &ArtifactId| self.numbers.get(id).copied().ok_or(Missing(*id));
				let used = inputs.iter().filter(|input| input.role == InputRole::Used);
				let used = used
					.map(|input| find(&input.artifact))
					.collect::<Result<Box<[_]>, _>>()?;
				let generated = outputs.iter().map(find).collect::<Result<Box<[_]>, _>>()?;
				for artifact in &used {
					self.artifacts[*artifact as usize].used_by.push(number);
				}
				for artifact in &generated {
					self.artifacts[*artifact as usize].generated_by = Some(number);
				}
				self.derivations.push(Derivation {
					activity: *activity,
					block: block_of(place),
					kind: *kind,
					used,
					generated,
				});
			},
			LineageEvent::Started { .. } | LineageEvent::EvidenceAttached { .. } | LineageEvent::Lapsed { .. } => {},
		}
		Ok(())
	}

	/// How many artifacts there are.
	pub fn artifacts(&self) -> usize {
		self.artifacts.len()
	}

	/// The activity that generated an artifact: `Some(None)` for an artifact from outside, `None` when it is not
	/// registered.
	pub fn generated_by(&self, artifact: ArtifactId) -> Option<Option<ActivityId>> {
		let vertex = &self.artifacts[*self.numbers.get(&artifact)? as usize];
		let derivation = vertex.generated_by;
		Some(derivation.map(|number| self.derivations[number as usize].activity))
	}

	/// One page of a walk at a block, as the runtime of that block answers it, save that no walk is too large and that
	/// the uses of an artifact are those that made something by that block, without what only read it. `walks` are the
	/// walks so far. A page ends before the artifact with which it would have more than [`MAX_EDGES`] derivations.
	///
	/// # Errors
	/// [`TraceError::NotFound`] when the artifact is not registered, [`TraceError::TooLarge`] when one artifact of the
	/// page has so many.
	pub fn trace(&self, query: &TraceQuery, block: u32, walks: &mut Walks) -> Result<Trace, TraceError> {
		let start = self.numbers.get(&query.artifact).copied();
		let start = start.filter(|start| self.artifacts[*start as usize].block <= block);
		let start = start.ok_or(TraceError::NotFound)?;
		let question = Question {
			start,
			direction: query.direction,
			depth: query.depth,
			block,
		};
		let limit = query.limit.clamp(1, MAX_PAGE);
		let (offset, end) = (query.offset as usize, query.offset.saturating_add(limit) as usize);
		let mut walk = walks.take(&question);
		self.advance(&question, &mut walk, end);
		let page = walk.order.get(offset..end.min(walk.order.len())).unwrap_or(&[]);
		let mut trace = Trace::default();
		for (number, distance) in page {
			let before = trace.edges.len();
			if *distance < query.depth {
				self.edges(&question, *number, |edge, _| {
					if trace.edges.len() <= MAX_EDGES {
						trace.edges.push(edge);
					}
				});
			}
			if trace.edges.len() > MAX_EDGES {
				trace.edges.truncate(before);
				break;
			}
			trace.nodes.push(self.node(*number, *distance, block));
		}
		let shown = trace.nodes.len();
		trace.next =
			(walk.order.len() > offset.saturating_add(shown)).then(|| query.offset.saturating_add(shown as u32));
		let stuck = shown == 0 && !page.is_empty();
		walks.put(question, walk);
		if stuck {
			Err(TraceError::TooLarge)
		} else {
			Ok(trace)
		}
	}

	/// Goes on with a walk until it has passed `end` artifacts.
	fn advance(&self, question: &Question, walk: &mut Walk, end: usize) {
		if walk.order.is_empty() {
			walk.order.push((question.start, 0));
			walk.seen.insert(question.start);
		}
		while walk.passed < end {
			let Some((number, distance)) = walk.order.get(walk.passed).copied() else {
				return;
			};
			if distance < question.depth {
				self.edges(question, number, |_, next| {
					if walk.seen.insert(next) {
						walk.order.push((next, distance + 1));
					}
				});
			}
			walk.passed += 1;
		}
	}

	/// The derivations by which a walk goes on from an artifact, in the runtime's order, with the artifact at their
	/// other end.
	fn edges(&self, question: &Question, number: u32, mut each: impl FnMut(TraceEdge, u32)) {
		let vertex = &self.artifacts[number as usize];
		let edge = |derivation: &Derivation, from: u32, to: u32| TraceEdge {
			from: self.artifacts[from as usize].id,
			activity: derivation.activity,
			kind: derivation.kind,
			to: self.artifacts[to as usize].id,
		};
		match question.direction {
			Direction::Ancestors => {
				if let Some(derivation) = vertex.generated_by.map(|number| &self.derivations[number as usize]) {
					for from in &derivation.used {
						each(edge(derivation, *from, number), *from);
					}
				}
			},
			Direction::Descendants => {
				let derivations = vertex.used_by.iter().map(|number| &self.derivations[*number as usize]);
				for derivation in derivations.take_while(|derivation| derivation.block <= question.block) {
					for to in &derivation.generated {
						each(edge(derivation, number, *to), *to);
					}
				}
			},
		}
	}

	fn node(&self, number: u32, distance: u32, block: u32) -> TraceNode {
		let vertex = &self.artifacts[number as usize];
		let uses = vertex
			.used_by
			.partition_point(|number| self.derivations[*number as usize].block <= block);
		TraceNode {
			id: vertex.id,
			artifact: Artifact {
				kind: vertex.kind,
				owner: vertex.owner,
				registered: vertex.registered,
				generated_by: vertex
					.generated_by
					.map(|number| self.derivations[number as usize].activity),
				uses: uses as u32,
			},
			distance,
		}
	}
}

/// A walk, without its pages. The number of the block makes its answer one for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
	start: u32,
	direction: Direction,
	depth: u32,
	block: u32,
}

/// How far a walk has come.
#[derive(Debug, Default)]
struct Walk {
	order: Vec<(u32, u32)>,
	seen: HashSet<u32>,
	passed: usize,
}

/// The last walks, so that a page need not begin with all pages before it.
#[derive(Debug, Default)]
pub struct Walks(Vec<(Question, Walk)>);

impl Walks {
	fn take(&mut self, question: &Question) -> Walk {
		match self.0.iter().position(|(known, _)| known == question) {
			Some(at) => self.0.remove(at).1,
			None => Walk::default(),
		}
	}

	fn put(&mut self, question: Question, walk: Walk) {
		self.0.push((question, walk));
		if self.0.len() > MAX_WALKS {
			self.0.remove(0);
		}
	}

	/// Forgets them. Numbers of another graph mean other artifacts.
	pub fn clear(&mut self) {
		self.0.clear();
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::index::place::place;
	use kexin_primitives::{lineage::Input, H256};

	#[test]
	fn an_artifact_whose_first_registration_lapsed_is_that_of_the_second() {
		let (squatted, used) = (H256::repeat_byte(1), H256::repeat_byte(2));
		let registered = |artifact, owner, generated_by| LineageEvent::Registered {
			artifact,
			kind: ArtifactKind::Model,
			owner,
			generated_by,
		};
		let activity = H256::repeat_byte(3);
		let derived = LineageEvent::Derived {
			activity,
			kind: ActivityKind::Training,
			agent: 2,
			started: 1,
			inputs: vec![Input {
				artifact: used,
				role: InputRole::Used,
			}],
			outputs: vec![squatted],
		};
		let mut graph = Graph::default();
		let lapsed = LineageEvent::Lapsed {
			artifact: squatted,
			owner: 1,
		};
		let events = [
			registered(squatted, 1, None),
			registered(used, 2, None),
			lapsed,
			registered(squatted, 2, Some(activity)),
			derived,
		];
		for (number, event) in (1..).zip(events) {
			graph.add(place(number, 0), u64::from(number), &event).unwrap();
		}
		assert_eq!(graph.artifacts(), 2);
		assert_eq!(graph.generated_by(squatted), Some(Some(activity)));
		let query = TraceQuery {
			artifact: squatted,
			direction: Direction::Ancestors,
			depth: 9,
			offset: 0,
			limit: 9,
		};
		let trace = graph.trace(&query, 9, &mut Walks::default()).unwrap();
		let owners = trace.nodes.iter().map(|node| (node.id, node.artifact.owner));
		assert_eq!(owners.collect::<Vec<_>>(), [(squatted, 2), (used, 2)]);
	}
}
