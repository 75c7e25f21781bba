//! Where the nodes of a drawing go: in layers, each node after everything that leads to it.

use std::collections::VecDeque;

/// Where a node goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
	/// The layer, counted from where everything began.
	pub layer: usize,
	/// The place in the layer, from the top.
	pub row: usize,
}

/// How often the layers are put in order.
const SWEEPS: usize = 6;

/// The places of so many nodes. Edges that name others are passed over; where they lead in a circle, the nodes on it share
/// the first layer after what leads to it.
pub fn layered(nodes: usize, edges: &[(usize, usize)]) -> Vec<Place> {
	let mut next = vec![Vec::new(); nodes];
	let mut before = vec![Vec::new(); nodes];
	for (from, to) in edges.iter().copied().filter(|(from, to)| from != to) {
		if from < nodes && to < nodes {
			next[from].push(to);
			before[to].push(from);
		}
	}
	let layer = layers(&next, &before);
	let mut rows = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
	for (node, layer) in layer.iter().enumerate() {
		rows[*layer].push(node);
	}
	let mut row = vec![0; nodes];
	number(&rows, &mut row);
	for sweep in 0..SWEEPS {
		// Alternately by what leads to a node and by where it leads.
		let neighbours = if sweep % 2 == 0 { &before } else { &next };
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
	layer
		.into_iter()
		.zip(row)
		.map(|(layer, row)| Place { layer, row })
		.collect()
}

/// The longest way from a beginning to each node.
fn layers(next: &[Vec<usize>], before: &[Vec<usize>]) -> Vec<usize> {
	let mut layer = vec![0; next.len()];
	let mut open = before.iter().map(Vec::len).collect::<Vec<_>>();
	let mut ready = (0..next.len()).filter(|node| open[*node] == 0).collect::<VecDeque<_>>();
	while let Some(node) = ready.pop_front() {
		for to in next[node].iter().copied() {
			layer[to] = layer[to].max(layer[node] + 1);
			open[to] -= 1;
			if open[to] == 0 {
				ready.push_back(to);
			}
		}
	}
	layer
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

	fn at(layer: usize, row: usize) -> Place {
		Place { layer, row }
	}

	#[test]
	fn a_node_comes_after_everything_that_leads_to_it() {
		// 0 → 1 → 3, 0 → 3, 2 → 3
		let places = layered(4, &[(0, 1), (1, 3), (0, 3), (2, 3)]);
		assert_eq!(places, [at(0, 0), at(1, 0), at(0, 1), at(2, 0)]);
	}

	#[test]
	fn arrows_that_need_not_cross_do_not() {
		let places = layered(4, &[(0, 3), (1, 2)]);
		assert_eq!(places[0].row < places[1].row, places[3].row < places[2].row);
	}

	#[test]
	fn nothing_is_laid_out_too() {
		assert_eq!(layered(0, &[(0, 1)]), []);
	}

	proptest! {
		#[test]
		fn no_two_nodes_share_a_place(
			nodes in 0usize..40,
			edges in proptest::collection::vec((0usize..44, 0usize..44), 0..120),
		) {
			let places = layered(nodes, &edges);
			prop_assert_eq!(places.len(), nodes);
			let distinct = places.iter().map(|place| (place.layer, place.row)).collect::<BTreeSet<_>>();
			prop_assert_eq!(distinct.len(), nodes);
		}

		#[test]
		fn without_circles_every_arrow_goes_forward(
			nodes in 1usize..40,
			edges in proptest::collection::vec((0usize..40, 0usize..40), 0..120),
		) {
			let edges = edges.into_iter().filter(|(from, to)| from < to && *to < nodes).collect::<Vec<_>>();
			let places = layered(nodes, &edges);
			for (from, to) in edges {
				prop_assert!(places[from].layer < places[to].layer);
			}
		}
	}
}
