//! Places the nodes of a drawing in layers, each node after everything that leads to it.

use std::collections::VecDeque;

/// The place of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
	/// The layer, counted from the origins.
	pub layer: usize,
	/// The place in the layer, from the top.
	pub row: usize,
}

/// How often the order of the layers is improved.
const SWEEPS: usize = 6;
/// The most places that arrows take on their ways. Arrows that would need more go straight.
const STOPS: usize = 5_000;

/// The places of nodes and arrows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
	/// The places of the nodes.
	pub places: Vec<Place>,
	/// For each arrow, the places that it passes. No node is there, since it would hide the arrow.
	pub ways: Vec<Vec<Place>>,
}

/// Lays out this number of nodes. Arrows to or from other nodes are ignored. In a circle, arrows may go back.
pub fn layered(nodes: usize, edges: &[(usize, usize)]) -> Layout {
	let drawn = |(from, to): &(usize, usize)| from != to && *from < nodes && *to < nodes;
	let mut layer = Adjacency::new(nodes, edges.iter().copied().filter(drawn)).layers();
	let mut room = STOPS;
	let mut ways = vec![Vec::new(); edges.len()];
	let steps = edges.iter().zip(&mut ways).filter(|(edge, _)| drawn(edge));
	let mut routed = Adjacency::new(nodes, []);
	for ((from, to), way) in steps {
		let between = layer[*from] + 1..layer[*to];
		let mut last = *from;
		if between.len() <= room {
			room -= between.len();
			for stop in between {
				layer.push(stop);
				let node = routed.add();
				routed.connect(last, node);
				way.push(node);
				last = node;
			}
		}
		routed.connect(last, *to);
	}
	let places = routed.places(&layer);
	Layout {
		ways: ways
			.iter()
			.map(|way| way.iter().map(|node| places[*node]).collect())
			.collect(),
		places: places[..nodes].to_vec(),
	}
}

/// The nodes that arrows lead to from each node, and those that they come from.
struct Adjacency {
	next: Vec<Vec<usize>>,
	before: Vec<Vec<usize>>,
}

impl Adjacency {
	fn new(nodes: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> Self {
		let mut graph = Self {
			next: vec![Vec::new(); nodes],
			before: vec![Vec::new(); nodes],
		};
		edges.into_iter().for_each(|(from, to)| graph.connect(from, to));
		graph
	}

	fn add(&mut self) -> usize {
		self.next.push(Vec::new());
		self.before.push(Vec::new());
		self.next.len() - 1
	}

	fn connect(&mut self, from: usize, to: usize) {
		self.next[from].push(to);
		self.before[to].push(from);
	}

	/// The length of the longest way from an origin to each node. An origin is placed next to the nearest node that it
	/// leads to.
	fn layers(&self) -> Vec<usize> {
		let mut layer = vec![0usize; self.next.len()];
		let mut open = self.before.iter().map(Vec::len).collect::<Vec<_>>();
		let mut ready = (0..layer.len())
			.filter(|node| open[*node] == 0)
			.collect::<VecDeque<_>>();
		let beginnings = ready.clone();
		while let Some(node) = ready.pop_front() {
			for to in self.next[node].iter().copied() {
				layer[to] = layer[to].max(layer[node] + 1);
				open[to] -= 1;
				if open[to] == 0 {
					ready.push_back(to);
				}
			}
		}
		for node in beginnings {
			let nearest = self.next[node].iter().map(|to| layer[*to]).min();
			layer[node] = nearest.unwrap_or_default().saturating_sub(1);
		}
		layer
	}

	/// The places of all nodes, in an order in which few arrows cross.
	fn places(&self, layer: &[usize]) -> Vec<Place> {
		let mut rows = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
		for (node, layer) in layer.iter().enumerate() {
			rows[*layer].push(node);
		}
		let mut row = vec![0; layer.len()];
		number(&rows, &mut row);
		for sweep in 0..SWEEPS {
			// Alternately by what leads to a node and by where it leads.
			let neighbours = if sweep % 2 == 0 { &self.before } else { &self.next };
			for members in &mut rows {
				let middle = |node: &usize| {
					let of = &neighbours[*node];
					let sum = of.iter().map(|other| row[*other] * 1_000).sum::<usize>();
					sum.checked_div(of.len()).unwrap_or(row[*node] * 1_000)
				};
				members.sort_by_cached_key(middle);
			}
			number(&rows, &mut row);
		}
		let places = layer.iter().copied().zip(row);
		places.map(|(layer, row)| Place { layer, row }).collect()
	}
}

fn number(rows: &[Vec<usize>], row: &mut [usize]) {
	for members in rows {
		for (place, node) in members.iter().enumerate() {
			row[*node] = place;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;
	use std::collections::BTreeSet;

	#[test]
	fn a_node_comes_after_everything_that_leads_to_it() {
		// 0 → 1 → 3, 0 → 3 past 1, 2 → 3
		let layout = layered(4, &[(0, 1), (1, 3), (0, 3), (2, 3)]);
		let layers = layout.places.iter().map(|place| place.layer).collect::<Vec<_>>();
		assert_eq!(layers, [0, 1, 1, 2]);
		assert_eq!(layout.ways.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 1, 0]);
		assert_eq!(layout.ways[2][0].layer, 1);
	}

	#[test]
	fn arrows_that_need_not_cross_do_not() {
		let places = layered(4, &[(0, 3), (1, 2)]).places;
		assert_eq!(places[0].row < places[1].row, places[3].row < places[2].row);
	}

	#[test]
	fn nothing_is_laid_out_too() {
		assert_eq!(layered(0, &[(0, 1)]).places, []);
	}

	#[test]
	fn a_long_chain_with_many_shortcuts_is_laid_out() {
		let edges = (0..2_000)
			.map(|node| (node, node + 1))
			.chain((0..2_000).map(|node| (node, 2_000)));
		assert_eq!(layered(2_001, &edges.collect::<Vec<_>>()).places[2_000].layer, 2_000);
	}

	proptest! {
		#[test]
		fn no_two_share_a_place(
			nodes in 0usize..40,
			edges in proptest::collection::vec((0usize..44, 0usize..44), 0..120),
		) {
			let layout = layered(nodes, &edges);
			prop_assert_eq!((layout.places.len(), layout.ways.len()), (nodes, edges.len()));
			let all = layout.places.iter().chain(layout.ways.iter().flatten());
			let distinct = all.clone().map(|place| (place.layer, place.row)).collect::<BTreeSet<_>>();
			prop_assert_eq!(distinct.len(), all.count());
		}

		#[test]
		fn without_circles_every_arrow_goes_forward_layer_by_layer(
			nodes in 1usize..40,
			edges in proptest::collection::vec((0usize..40, 0usize..40), 0..120),
		) {
			let edges = edges.into_iter().filter(|(from, to)| from < to && *to < nodes).collect::<Vec<_>>();
			let layout = layered(nodes, &edges);
			for ((from, to), way) in edges.iter().zip(&layout.ways) {
				let stops = way.iter().chain([&layout.places[*to]]).map(|place| place.layer);
				let expected = layout.places[*from].layer + 1..=layout.places[*to].layer;
				prop_assert_eq!(stops.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
			}
		}
	}
}
