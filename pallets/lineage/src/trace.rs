//! Walks of the graph.

use crate::{Config, Pallet, UsedBy};
use alloc::{collections::BTreeSet, vec::Vec};
use kexin_primitives::lineage::{
	Artifact, ArtifactId, Direction, Input, InputRole, Trace, TraceEdge, TraceError, TraceNode, TraceQuery,
};

/// The most artifacts, and the most derivations or uses, that one walk visits over all its pages. This bounds what a
/// query costs a node.
pub const MAX_WALK: usize = 20_000;
/// The most artifacts of one page.
pub const MAX_PAGE: u32 = 500;

impl<T: Config> Pallet<T> {
	/// One page of a breadth-first walk from an artifact: each artifact once, at its shortest distance, with the
	/// derivations by which the walk continues from it.
	///
	/// Calls on the same state return the same order. A page costs as much as all pages up to it.
	///
	/// # Errors
	/// [`TraceError::NotFound`] when the artifact is not registered, [`TraceError::TooLarge`] beyond [`MAX_WALK`].
	pub fn trace(query: TraceQuery) -> Result<Trace, TraceError> {
		let start = Self::artifact(query.artifact).ok_or(TraceError::NotFound)?;
		let limit = query.limit.clamp(1, MAX_PAGE);
		let end = query.offset.saturating_add(limit);

		let mut seen = BTreeSet::from([query.artifact]);
		let mut queue = Vec::from([TraceNode {
			id: query.artifact,
			artifact: start,
			distance: 0,
		}]);
		let mut trace = Trace::default();
		let mut walked = 0usize;
		let mut position = 0u32;
		while let Some(node) = usize::try_from(position).ok().and_then(|at| queue.get(at)).copied() {
			if position == end {
				trace.next = Some(position);
				break;
			}
			let (edges, uses) = if node.distance < query.depth {
				Self::edges(&node, query.direction)
			} else {
				(Vec::new(), 0)
			};
			walked = walked.saturating_add(edges.len().max(uses));
			for edge in &edges {
				let id = match query.direction {
					Direction::Ancestors => edge.from,
					Direction::Descendants => edge.to,
				};
				if seen.insert(id) {
					let artifact = Self::artifact(id).ok_or(TraceError::NotFound)?;
					queue.push(TraceNode {
						id,
						artifact,
						distance: node.distance.saturating_add(1),
					});
				}
			}
			if queue.len() > MAX_WALK || walked > MAX_WALK {
				return Err(TraceError::TooLarge);
			}
			if position >= query.offset {
				trace.nodes.push(node);
				trace.edges.extend(edges);
			}
			position = position.saturating_add(1);
		}
		Ok(trace)
	}

	/// The derivations by which the walk continues, and how many uses had to be looked at to find them: an artifact can
	/// be read any number of times without a derivation.
	fn edges(node: &TraceNode, direction: Direction) -> (Vec<TraceEdge>, usize) {
		match direction {
			Direction::Ancestors => (Self::edges_to(node.id, &node.artifact), 0),
			Direction::Descendants => {
				let uses = usize::try_from(node.artifact.uses).unwrap_or(usize::MAX);
				(Self::edges_from(node.id, &node.artifact), uses)
			},
		}
	}

	/// The derivations by which the artifact was made.
	fn edges_to(to: ArtifactId, artifact: &Artifact) -> Vec<TraceEdge> {
		let Some(id) = artifact.generated_by else {
			return Vec::new();
		};
		let Some(activity) = Self::activity(id) else {
			return Vec::new();
		};
		let used = activity.inputs.iter().filter(|input| input.role == InputRole::Used);
		used.map(|input| TraceEdge {
			from: input.artifact,
			activity: id,
			kind: activity.kind,
			to,
		})
		.collect()
	}

	/// The derivations from the artifact. It looks at one use and takes one derivation more than [`MAX_WALK`] at most,
	/// which is enough to know that they are too many.
	fn edges_from(from: ArtifactId, artifact: &Artifact) -> Vec<TraceEdge> {
		(0..artifact.uses)
			.take(MAX_WALK.saturating_add(1))
			.filter_map(|number| UsedBy::<T>::get(from, number))
			.filter_map(|id| Self::activity(id).map(|activity| (id, activity)))
			.filter(|(_, activity)| {
				activity.inputs.contains(&Input {
					artifact: from,
					role: InputRole::Used,
				})
			})
			.flat_map(|(id, activity)| {
				let kind = activity.kind;
				activity.outputs.into_iter().map(move |to| TraceEdge {
					from,
					activity: id,
					kind,
					to,
				})
			})
			.take(MAX_WALK.saturating_add(1))
			.collect()
	}
}
