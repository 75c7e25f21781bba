//! Tests of the rows of one block: which call explains which batch, and which roots are kept.

use super::chain::{event, name, Ledger};
use crate::index::{
	rows::{block_of, place, Log, Logs, Rows, Unexplained, TREE_STEP},
	Block,
};
use kexin_primitives::{
	access::{Breaches, LogEntry},
	history::History,
	log::{node_hash, Accumulator, Subtree},
	H256,
};

const BLOCK: Block = Block {
	hash: H256::repeat_byte(1),
	number: 9,
};

fn rows(history: &History) -> Result<Rows, Unexplained> {
	let mut logs = Logs::new(0);
	for batch in &history.batches {
		if !logs.has(&batch.dataset) {
			logs.insert(batch.dataset, None);
		}
	}
	Rows::of(BLOCK, history, &mut logs)
}

fn new(source: u64) -> (kexin_primitives::access::AccessEvent, bool, Breaches) {
	(event(source), false, Breaches::empty())
}

#[test]
fn places_order_blocks_before_what_is_in_them() {
	assert!(place(3, 1_000_000) < place(4, 0));
	assert_eq!(block_of(place(u32::MAX, 5)), u32::MAX);
}

#[test]
fn calls_that_failed_or_that_only_repeat_explain_nothing() {
	let dataset = name(b'd', 0);
	let mut ledger = Ledger::default();
	let mut history = History::default();
	ledger.record(&mut history, 1, dataset, 1, &[new(1)], true);
	ledger.record(
		&mut history,
		1,
		dataset,
		1,
		&[new(2), (event(0), true, Breaches::empty())],
		false,
	);
	ledger.record(
		&mut history,
		1,
		dataset,
		1,
		&[(event(2), true, Breaches::empty())],
		false,
	);
	ledger.record(
		&mut history,
		1,
		dataset,
		1,
		&[(event(1), false, Breaches::REGION)],
		false,
	);
	ledger.record(&mut history, 2, dataset, 3, &[new(4)], false);
	let rows = rows(&history).unwrap();
	let sources = rows
		.entries
		.iter()
		.map(|entry| (entry.position, entry.occurred, entry.breaches));
	let none = Breaches::empty();
	assert_eq!(
		sources.collect::<Vec<_>>(),
		[(0, 2, none), (1, 1, Breaches::REGION), (2, 4, none)]
	);
	let batches = rows
		.batches
		.iter()
		.map(|batch| (batch.first, batch.recorded, batch.reporter));
	assert_eq!(batches.collect::<Vec<_>>(), [(0, 1, 1), (1, 1, 1), (2, 1, 3)]);
	let members = rows.log_members.iter().map(|row| (row.member, row.position));
	assert_eq!(members.collect::<Vec<_>>(), [(1, 0), (3, 2)]);
	assert_eq!(rows.breaches.len(), 1);
}

#[test]
fn what_no_call_explains_is_an_error() {
	let dataset = name(b'd', 0);
	let mut ledger = Ledger::default();
	let mut history = History::default();
	ledger.record(&mut history, 1, dataset, 1, &[new(1), new(2)], false);
	let unexplained = Err(Unexplained {
		dataset,
		transaction: 1,
	});
	type Change = fn(&mut History);
	let changes: [Change; 7] = [
		|history| history.calls.clear(),
		|history| history.calls[0].transaction = 2,
		|history| history.calls[0].events[1].occurred += 1,
		|history| history.calls[0].events.swap(0, 1),
		|history| history.batches[0].breached.push((1, Breaches::PURPOSE)),
		|history| history.batches[0].first = 1,
		|history| {
			history.batches[0].recorded = 0;
			history.batches[0].replayed = vec![0, 1];
		},
	];
	for change in changes {
		let mut history = history.clone();
		change(&mut history);
		assert_eq!(rows(&history), unexplained);
	}
	assert!(rows(&history).is_ok());
}

#[test]
fn the_roots_that_are_kept_are_those_of_the_trees() {
	let dataset = name(b'd', 0);
	let mut ledger = Ledger::default();
	let mut logs = Logs::new(4);
	logs.insert(dataset, None);
	let mut trees = Vec::new();
	for block in 0..140u64 {
		let mut history = History::default();
		let events = (block * 500..(block + 1) * 500).map(new).collect::<Vec<_>>();
		ledger.record(&mut history, 0, dataset, 1, &events, false);
		trees.extend(Rows::of(BLOCK, &history, &mut logs).unwrap().trees);
	}
	let leaves = ledger.entries[&dataset].iter().map(LogEntry::leaf).collect::<Vec<_>>();
	let naive = |tree: Subtree| {
		let (from, to) = (tree.index << tree.height, (tree.index + 1) << tree.height);
		let mut hashes = leaves[from as usize..to as usize].to_vec();
		while hashes.len() > 1 {
			hashes = hashes.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
		}
		hashes[0]
	};
	assert_eq!(trees.len(), 70_000 / 256 + 1);
	for tree in trees {
		assert_eq!(tree.log, 5);
		assert_eq!(tree.tree.height % TREE_STEP, 0);
		assert_eq!(tree.hash, naive(tree.tree), "{:?}", tree.tree);
	}
}

#[test]
fn a_log_goes_on_where_the_index_left_it() {
	let dataset = name(b'd', 0);
	let mut ledger = Ledger::default();
	let mut first = History::default();
	ledger.record(&mut first, 0, dataset, 1, &[new(1)], false);
	let kept: Accumulator = ledger.logs[&dataset].clone();
	let mut second = History::default();
	ledger.record(&mut second, 0, dataset, 2, &[new(2)], false);
	let mut logs = Logs::new(8);
	let members = [1].into();
	logs.insert(
		dataset,
		Some(Log {
			id: 3,
			accumulator: kept,
			members,
		}),
	);
	let rows = Rows::of(BLOCK, &second, &mut logs).unwrap();
	assert_eq!(rows.entries[0].position, 1);
	assert_eq!(rows.logs[&dataset], (3, ledger.logs[&dataset].clone()));
	assert_eq!(rows.log_members.iter().map(|row| row.member).collect::<Vec<_>>(), [2]);
}
