//! Tests of the rows of one block: that its batches continue the logs, and which roots are kept.

use super::chain::{event, name, Ledger};
use crate::index::{
	access::rows::{Discontinuous, Log, Logs, TREE_STEP},
	rows::{Opened, Rows},
	Block,
};
use kexin_primitives::{
	access::{AccessEvent, Breaches, Judgement, LogEntry},
	events::{
		access::{AccessLogEvent, Batch},
		BlockEvents, LedgerEvent,
	},
	log::{node_hash, Accumulator, Subtree},
	H256,
};

const BLOCK: Block = Block {
	hash: H256::repeat_byte(1),
	number: 9,
};

fn rows(block: BlockEvents) -> Result<Rows, Discontinuous> {
	let opened = Opened::new(BLOCK, block);
	let mut logs = Logs::new(0, false);
	for dataset in opened.datasets() {
		if !logs.has(&dataset) {
			logs.insert(dataset, None);
		}
	}
	Rows::of(opened, &mut logs)
}

fn new(source: u64) -> (AccessEvent, bool, Judgement) {
	(event(source), false, Judgement::default())
}

#[test]
fn batches_that_only_repeat_add_nothing() {
	let dataset = name(b'd', 0);
	let mut ledger = Ledger::default();
	let mut block = BlockEvents::default();
	let again = |source| (event(source), true, Judgement::default());
	ledger.record(&mut block, dataset, 1, &[new(2), again(0)]);
	ledger.record(&mut block, dataset, 1, &[again(2)]);
	ledger.record(&mut block, dataset, 1, &[(event(1), false, Breaches::REGION.into())]);
	ledger.record(&mut block, dataset, 3, &[new(4)]);
	let rows = rows(block).unwrap().access;
	let entries = rows.entries.iter();
	let entries = entries.map(|entry| (entry.position, entry.occurred, entry.breaches));
	let none = Breaches::empty();
	assert_eq!(
		entries.collect::<Vec<_>>(),
		[(0, 2, none), (1, 1, Breaches::REGION), (2, 4, none)]
	);
	let batches = rows.batches.iter();
	let batches = batches.map(|batch| (batch.first, batch.recorded, batch.reporter));
	assert_eq!(batches.collect::<Vec<_>>(), [(0, 1, 1), (1, 1, 1), (2, 1, 3)]);
	let members = rows.log_members.iter().map(|row| (row.member, row.position));
	assert_eq!(members.collect::<Vec<_>>(), [(1, 0), (3, 2)]);
	assert_eq!(rows.breaches.len(), 1);
}

#[test]
fn a_batch_that_does_not_continue_its_log_is_an_error() {
	let dataset = name(b'd', 0);
	let mut ledger = Ledger::default();
	let mut block = BlockEvents::default();
	ledger.record(&mut block, dataset, 1, &[new(1), new(2)]);
	type Change = fn(&mut Batch);
	let changes: [Change; 7] = [
		|batch| batch.entries.clear(),
		|batch| batch.entries[1].0.occurred += 1,
		|batch| batch.entries.swap(0, 1),
		|batch| batch.entries[1].1 = Breaches::PURPOSE.into(),
		|batch| batch.first = 1,
		|batch| batch.reporter = 2,
		|batch| batch.root = H256::zero(),
	];
	for change in changes {
		let mut block = block.clone();
		let Some(LedgerEvent::Access(AccessLogEvent::BatchRecorded(mut batch))) = block.events[0].open() else {
			panic!("a batch");
		};
		change(&mut batch);
		block.events[0] = LedgerEvent::from(AccessLogEvent::BatchRecorded(batch)).seal();
		assert_eq!(rows(block), Err(Discontinuous(dataset)));
	}
	assert!(rows(block).is_ok());
}

#[test]
fn the_roots_that_are_kept_are_those_of_the_trees() {
	let dataset = name(b'd', 0);
	let mut ledger = Ledger::default();
	let mut logs = Logs::new(4, false);
	logs.insert(dataset, None);
	let mut trees = Vec::new();
	for block in 0..140u64 {
		let mut made = BlockEvents::default();
		let events = (block * 500..(block + 1) * 500).map(new).collect::<Vec<_>>();
		ledger.record(&mut made, dataset, 1, &events);
		trees.extend(Rows::of(Opened::new(BLOCK, made), &mut logs).unwrap().access.trees);
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
	ledger.record(&mut BlockEvents::default(), dataset, 1, &[new(1)]);
	let kept: Accumulator = ledger.logs[&dataset].clone();
	let mut second = BlockEvents::default();
	ledger.record(&mut second, dataset, 2, &[new(2)]);
	let mut logs = Logs::new(8, false);
	let members = [1].into();
	logs.insert(
		dataset,
		Some(Log {
			id: 3,
			accumulator: kept,
			members,
		}),
	);
	let rows = Rows::of(Opened::new(BLOCK, second), &mut logs).unwrap().access;
	assert_eq!(rows.entries[0].position, 1);
	assert_eq!(rows.logs[&dataset], (3, ledger.logs[&dataset].clone()));
	assert_eq!(rows.log_members.iter().map(|row| row.member).collect::<Vec<_>>(), [2]);
}
