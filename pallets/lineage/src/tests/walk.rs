//! Walks, compared with a naive graph in memory.

use crate::{mock::*, *};
use kexin_primitives::{
	lineage::{Direction, Input, Output, Trace, TraceError, TraceQuery},
	H256,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn query(artifact: u64, direction: Direction) -> TraceQuery {
	TraceQuery {
		artifact: hash(artifact),
		direction,
		depth: u32::MAX,
		offset: 0,
		limit: MAX_PAGE,
	}
}

/// All pages of a walk, `limit` artifacts at a time.
fn paged(mut query: TraceQuery, limit: u32) -> Trace {
	let mut whole = Trace::default();
	loop {
		let page = Lineage::trace(TraceQuery { limit, ..query }).unwrap();
		assert!(page.nodes.len() <= limit as usize);
		whole.nodes.extend(page.nodes);
		whole.edges.extend(page.edges);
		match page.next {
			Some(next) => query.offset = next,
			None => return whole,
		}
	}
}

/// Artifact 0 from outside the ledger, and `count` more, each derived from the one before it.
fn chain(count: u64) {
	Lineage::register(steward(1), hash(0), ArtifactKind::Dataset).unwrap();
	for number in 1..=count {
		let activity = hash(1_000_000 + number);
		Lineage::start(steward(1), activity, ActivityKind::Training).unwrap();
		let inputs = vec![Input {
			artifact: hash(number - 1),
			role: InputRole::Used,
		}]
		.try_into()
		.unwrap();
		let outputs = vec![Output {
			artifact: hash(number),
			kind: ArtifactKind::Model,
		}]
		.try_into()
		.unwrap();
		Lineage::derive(steward(1), activity, inputs, outputs).unwrap();
	}
}

#[test]
fn depth_limits_the_walk() {
	ExtBuilder::build_and_execute(|| {
		chain(5);
		let trace = Lineage::trace(TraceQuery {
			depth: 2,
			..query(5, Direction::Ancestors)
		})
		.unwrap();
		assert_eq!(
			trace.nodes.iter().map(|node| node.distance).collect::<Vec<_>>(),
			[0, 1, 2]
		);
		assert_eq!(trace.edges.len(), 2);
		let alone = Lineage::trace(TraceQuery {
			depth: 0,
			..query(5, Direction::Ancestors)
		})
		.unwrap();
		assert_eq!((alone.nodes.len(), alone.edges.len(), alone.next), (1, 0, None));
	});
}

#[test]
fn an_unknown_artifact_and_a_walk_that_is_too_long_are_errors() {
	ExtBuilder::build_and_execute(|| {
		assert_eq!(
			Lineage::trace(query(1, Direction::Ancestors)),
			Err(TraceError::NotFound)
		);
		chain(1);
		// As if an artifact had been used more often than a walk may visit.
		Artifacts::<Test>::mutate(hash(0), |artifact| {
			artifact.as_mut().unwrap().latest_mut().uses = 30_000
		});
		for number in 1..30_000 {
			UsedBy::<Test>::insert(hash(0), number, hash(1_000_001));
		}
		assert_eq!(
			Lineage::trace(query(0, Direction::Descendants)),
			Err(TraceError::TooLarge)
		);
		Artifacts::<Test>::mutate(hash(0), |artifact| artifact.as_mut().unwrap().latest_mut().uses = 1);
		let _ = UsedBy::<Test>::clear_prefix(hash(0), u32::MAX, None);
		UsedBy::<Test>::insert(hash(0), 0, hash(1_000_001));
	});
}

#[test]
fn an_artifact_that_was_read_too_often_is_an_error_as_well() {
	ExtBuilder::build_and_execute(|| {
		chain(1);
		let before = Artifacts::<Test>::get(hash(0));
		// Each time by an activity that only read it, or that is not there at all: either has no derivation.
		Artifacts::<Test>::mutate(hash(0), |artifact| {
			artifact.as_mut().unwrap().latest_mut().uses = u32::MAX
		});
		assert_eq!(
			Lineage::trace(query(0, Direction::Descendants)),
			Err(TraceError::TooLarge)
		);
		Artifacts::<Test>::set(hash(0), before);
	});
}

#[test]
fn a_page_past_the_end_is_empty() {
	ExtBuilder::build_and_execute(|| {
		chain(2);
		let trace = Lineage::trace(TraceQuery {
			offset: 50,
			..query(2, Direction::Ancestors)
		})
		.unwrap();
		assert_eq!(trace, Trace::default());
	});
}

/// Derivations between artifacts that are numbered in the order of registration.
fn derivations() -> impl Strategy<Value = Vec<Vec<(u64, bool)>>> {
	proptest::collection::vec(proptest::collection::vec((0..1_000u64, any::<bool>()), 1..5), 1..25)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]
	#[test]
	fn walks_agree_with_a_naive_graph(derivations in derivations(), limit in 1..7u32) {
		ExtBuilder::build_and_execute(|| {
			Lineage::register(steward(1), hash(0), ArtifactKind::Dataset).unwrap();
			let mut edges = BTreeSet::<(H256, H256)>::new();
			for (number, inputs) in (1u64..).zip(derivations) {
				let mut roles = inputs.into_iter().map(|(input, used)| (input % number, used)).collect::<BTreeMap<_, _>>();
				*roles.iter_mut().next().unwrap().1 = true;
				let role = |used| if used { InputRole::Used } else { InputRole::Read };
				let inputs = roles.iter().map(|(i, used)| Input { artifact: hash(*i), role: role(*used) });
				let activity = hash(1_000 + number);
				Lineage::start(steward(1), activity, ActivityKind::Training).unwrap();
				Lineage::derive(
					steward(1),
					activity,
					inputs.collect::<Vec<_>>().try_into().unwrap(),
					vec![Output { artifact: hash(number), kind: ArtifactKind::Model }].try_into().unwrap(),
				)
				.unwrap();
				edges.extend(roles.iter().filter(|(_, used)| **used).map(|(i, _)| (hash(*i), hash(number))));
			}
			let last = Artifacts::<Test>::iter_keys().count() as u64 - 1;
			for (start, direction) in [(last, Direction::Ancestors), (0, Direction::Descendants)] {
				let mut reached = BTreeSet::from([hash(start)]);
				loop {
					let next = edges.iter().filter_map(|(from, to)| match direction {
						Direction::Ancestors => reached.contains(to).then_some(*from),
						Direction::Descendants => reached.contains(from).then_some(*to),
					});
					let next = next.chain(reached.iter().copied()).collect::<BTreeSet<_>>();
					if next == reached {
						break;
					}
					reached = next;
				}
				let trace = paged(query(start, direction), limit);
				assert_eq!(trace, Lineage::trace(query(start, direction)).unwrap(), "pages fit together");
				assert_eq!(trace.nodes.len(), reached.len(), "each artifact once");
				assert_eq!(trace.nodes.iter().map(|node| node.id).collect::<BTreeSet<_>>(), reached);
				let walked = trace.edges.iter().map(|edge| (edge.from, edge.to)).collect::<BTreeSet<_>>();
				assert_eq!(walked.len(), trace.edges.len(), "each derivation once");
				let expected = edges.iter().copied().filter(|(from, to)| match direction {
					Direction::Ancestors => reached.contains(to),
					Direction::Descendants => reached.contains(from),
				});
				assert_eq!(walked, expected.collect());
			}
		});
	}
}
