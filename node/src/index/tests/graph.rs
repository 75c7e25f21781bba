//! Tests of walks that are too large for the runtime.

use super::chain::name;
use crate::index::{
	lineage::graph::{Graph, Missing, Walks, MAX_EDGES, MAX_PAGE},
	place::{place, Place},
};
use kexin_primitives::{
	events::lineage::LineageEvent,
	lineage::{ActivityKind, ArtifactKind, Direction, Input, InputRole, TraceError, TraceQuery},
};

fn artifact(number: u64, block: u32) -> (Place, LineageEvent) {
	let registered = LineageEvent::Registered {
		artifact: name(b'a', number),
		kind: ArtifactKind::Model,
		owner: 1,
		generated_by: None,
	};
	(place(block, 0), registered)
}

fn derivation(number: u64, block: u32, from: &[u64], to: &[u64]) -> (Place, LineageEvent) {
	let inputs = from.iter().map(|number| Input {
		artifact: name(b'a', *number),
		role: InputRole::Used,
	});
	let derived = LineageEvent::Derived {
		activity: name(b'y', number),
		kind: ActivityKind::Training,
		agent: 1,
		started: 5,
		inputs: inputs.collect(),
		outputs: to.iter().map(|number| name(b'a', *number)).collect(),
	};
	(place(block, 1), derived)
}

fn extend(graph: &mut Graph, events: impl IntoIterator<Item = (Place, LineageEvent)>) {
	for (place, event) in events {
		graph.add(place, 5, &event).unwrap();
	}
}

fn query(start: u64, direction: Direction, offset: u32) -> TraceQuery {
	TraceQuery {
		artifact: name(b'a', start),
		direction,
		depth: u32::MAX,
		offset,
		limit: MAX_PAGE,
	}
}

#[test]
fn a_walk_of_a_hundred_thousand_has_every_artifact_once() {
	const NUMBER: u64 = 100_000;
	let artifacts = (0..NUMBER).map(|number| artifact(number, 1));
	// Each is made from the two that are half as far.
	let derivations = (1..NUMBER).map(|number| match number / 2 {
		0 => derivation(number, 1, &[0], &[number]),
		half => derivation(number, 1, &[half, half - 1], &[number]),
	});
	let mut graph = Graph::default();
	extend(&mut graph, artifacts.chain(derivations));
	let mut walks = Walks::default();
	let (mut offset, mut nodes, mut edges) = (0, Vec::new(), 0);
	loop {
		let page = graph
			.trace(&query(0, Direction::Descendants, offset), 1, &mut walks)
			.unwrap();
		nodes.extend(page.nodes.iter().map(|node| node.id));
		edges += page.edges.len();
		match page.next {
			Some(next) => offset = next,
			None => break,
		}
	}
	assert_eq!(nodes.len() as u64, NUMBER);
	nodes.sort();
	nodes.dedup();
	assert_eq!(nodes.len() as u64, NUMBER);
	assert_eq!(edges as u64, 2 * (NUMBER - 2) + 1);
	// A page in the middle is the same without those before it.
	let again = query(0, Direction::Descendants, 5_000);
	assert_eq!(
		graph.trace(&again, 1, &mut walks),
		graph.trace(&again, 1, &mut Walks::default())
	);
}

#[test]
fn a_page_has_only_so_many_derivations() {
	const BY: u64 = MAX_EDGES as u64 / 2;
	// From a root come three that each were used for a half of what a page can have, and a fourth that was used for
	// more.
	let root = 6 * BY;
	let artifacts = (0..=root).map(|number| artifact(number, 1));
	let made = (0..5 * BY + 1).map(|number| derivation(number, 1, &[(number / BY).min(3)], &[4 + number]));
	let derivations = [derivation(root, 1, &[root], &[0, 1, 2, 3])].into_iter().chain(made);
	let mut graph = Graph::default();
	extend(&mut graph, artifacts.chain(derivations));
	let mut walks = Walks::default();
	let mut ask = |offset| graph.trace(&query(root, Direction::Descendants, offset), 1, &mut walks);
	let first = ask(0).unwrap();
	let shown = first.nodes.iter().map(|node| node.id).collect::<Vec<_>>();
	assert_eq!(shown, [root, 0].map(|number| name(b'a', number)));
	assert_eq!((first.edges.len(), first.next), (4 + MAX_EDGES / 2, Some(2)));
	let second = ask(2).unwrap();
	assert_eq!(
		(second.nodes.len(), second.edges.len(), second.next),
		(2, MAX_EDGES, Some(4))
	);
	assert_eq!(ask(4), Err(TraceError::TooLarge));
	assert_eq!(ask(5).unwrap().nodes.len(), MAX_PAGE as usize);
}

#[test]
fn what_came_later_is_not_in_a_walk_that_began_before() {
	let mut graph = Graph::default();
	extend(
		&mut graph,
		[artifact(0, 1), artifact(1, 1), derivation(1, 1, &[0], &[1])],
	);
	let mut walks = Walks::default();
	let ask = query(0, Direction::Descendants, 0);
	let before = graph.trace(&ask, 1, &mut walks);
	extend(&mut graph, [artifact(2, 2), derivation(2, 2, &[0], &[2])]);
	assert_eq!(graph.trace(&ask, 1, &mut walks), before);
	assert_eq!(graph.trace(&ask, 1, &mut Walks::default()), before);
	assert_eq!(graph.trace(&ask, 2, &mut walks).unwrap().nodes.len(), 3);
	assert_eq!(
		graph.trace(&query(2, Direction::Ancestors, 0), 1, &mut walks),
		Err(TraceError::NotFound)
	);
	let (place, event) = derivation(3, 3, &[9], &[]);
	assert_eq!(graph.add(place, 5, &event), Err(Missing(name(b'a', 9))));
}
