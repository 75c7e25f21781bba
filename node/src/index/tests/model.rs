//! Random histories: what the index answers is what a list of everything that happened answers.

use super::{
	catch_up,
	chain::{add, event, name, Ledger, Made, Recorded},
	Database,
};
use crate::index::{access::EventQuery, history::Key, Index};
use kexin_primitives::{
	access::{Breaches, Judgement, LogEntry, Notices},
	events::{consent::ConsentEvent, lineage::LineageEvent, BlockEvents},
	lineage::{
		Activity, ActivityId, ActivityKind, Artifact, ArtifactId, ArtifactKind, Direction, Input, InputRole,
		TraceError, TraceQuery,
	},
	DatasetId, H256,
};
use proptest::{collection::vec, option, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::{collections::HashMap, sync::Arc};
use tokio::runtime::Runtime;

/// One thing that may happen.
#[derive(Clone, Debug)]
enum Step {
	Record {
		dataset: u64,
		reporter: u32,
		events: Vec<Access>,
	},
	Consent {
		subject: u64,
		what: u8,
	},
	Register,
	/// Uses and reads some of what is there, and makes so many.
	Derive {
		used: Vec<prop::sample::Index>,
		read: Option<prop::sample::Index>,
		outputs: u64,
	},
}

#[derive(Clone, Debug)]
struct Access {
	subject: Option<u64>,
	activity: Option<u64>,
	recipient: Option<u32>,
	occurred: u64,
	breaches: u16,
	notices: u8,
	replayed: bool,
}

fn access() -> impl Strategy<Value = Access> {
	let who = (option::of(0..3u64), option::of(0..3u64), option::of(0..4u32));
	let what = (
		0..40u64,
		prop_oneof![3 => Just(0u16), 1 => 1..512u16],
		0..4u8,
		prop::bool::weighted(0.2),
	);
	(who, what).prop_map(
		|((subject, activity, recipient), (occurred, breaches, notices, replayed))| Access {
			subject,
			activity,
			recipient,
			occurred,
			breaches,
			notices,
			replayed,
		},
	)
}

fn step() -> impl Strategy<Value = Step> {
	let record = (0..3u64, 0..3u32, vec(access(), 0..6));
	let record = record.prop_map(|(dataset, reporter, events)| Step::Record {
		dataset,
		reporter,
		events,
	});
	let consent = (0..3u64, 0..3u8).prop_map(|(subject, what)| Step::Consent { subject, what });
	let index = any::<prop::sample::Index>;
	let derive = (vec(index(), 1..4), option::of(index()), 1..3u64);
	let derive = derive.prop_map(|(used, read, outputs)| Step::Derive { used, read, outputs });
	prop_oneof![5 => record, 2 => consent, 2 => Just(Step::Register), 3 => derive]
}

fn history() -> impl Strategy<Value = Vec<Vec<Step>>> {
	vec(vec(step(), 0..6), 1..8)
}

/// Everything that happened, in order.
#[derive(Default)]
struct Model {
	ledger: Ledger,
	/// The block, the index and the entry.
	entries: Vec<(u32, u64, LogEntry)>,
	/// The block, the subject and the event.
	consents: Vec<(u32, H256, ConsentEvent)>,
	/// With the block.
	artifacts: Vec<(u32, ArtifactId, Artifact)>,
	derivations: Vec<(u32, ActivityId, Activity)>,
}

impl Model {
	fn block(&mut self, number: u32, steps: &[Step]) -> BlockEvents {
		let mut block = BlockEvents {
			time: 100 + u64::from(number),
			..BlockEvents::default()
		};
		for (transaction, step) in (0..).zip(steps) {
			self.step(number, transaction, step, &mut block);
		}
		block
	}

	fn step(&mut self, number: u32, transaction: u32, step: &Step, block: &mut BlockEvents) {
		match step {
			Step::Record {
				dataset,
				reporter,
				events,
			} => {
				let dataset = name(b'd', *dataset);
				let recorded = |(position, access): (u64, &Access)| -> Recorded {
					let mut event = event(u64::from(number) << 16 | u64::from(transaction) << 8 | position);
					event.occurred = access.occurred;
					event.subject = access.subject.map(|subject| name(b's', subject));
					event.activity = access.activity.map(|activity| name(b'y', activity));
					event.recipient = access.recipient;
					let judgement = Judgement {
						breaches: Breaches::from_bits_truncate(access.breaches),
						notices: Notices::from_bits_truncate(access.notices),
					};
					(event, access.replayed, judgement)
				};
				let events = (0..).zip(events).map(recorded).collect::<Vec<_>>();
				let before = self.ledger.entries.get(&dataset).map_or(0, Vec::len);
				self.ledger.record(block, dataset, *reporter, &events);
				let log = self.ledger.entries.get(&dataset).map_or(&[][..], |log| &log[..]);
				let new = (before as u64..).zip(&log[before..]);
				self.entries.extend(new.map(|(index, entry)| (number, index, *entry)));
			},
			Step::Consent { subject, what } => {
				let subject = name(b's', *subject);
				let document = name(b'f', u64::from(number) << 8 | u64::from(transaction));
				let (hospital, consent) = (1, None);
				let event = match what {
					0 => ConsentEvent::Granted {
						hospital,
						subject,
						document,
					},
					1 => ConsentEvent::Narrowed {
						hospital,
						subject,
						consent,
						document,
					},
					_ => ConsentEvent::Revoked {
						hospital,
						subject,
						consent,
						document,
					},
				};
				self.consents.push((number, subject, event.clone()));
				add(block, event);
			},
			Step::Register => self.register(number, None, block),
			Step::Derive { used, read, outputs } => self.derive(number, used, *read, *outputs, block),
		}
	}

	fn register(&mut self, number: u32, generated_by: Option<ActivityId>, block: &mut BlockEvents) {
		let id = name(b'a', self.artifacts.len() as u64);
		let artifact = Artifact {
			kind: ArtifactKind::Dataset,
			owner: 2,
			registered: block.time,
			generated_by,
			uses: 0,
		};
		self.artifacts.push((number, id, artifact));
		add(
			block,
			LineageEvent::Registered {
				artifact: id,
				kind: artifact.kind,
				owner: artifact.owner,
				generated_by,
			},
		);
	}

	fn derive(
		&mut self,
		number: u32,
		used: &[prop::sample::Index],
		read: Option<prop::sample::Index>,
		outputs: u64,
		block: &mut BlockEvents,
	) {
		if self.artifacts.is_empty() {
			return;
		}
		let known = self.artifacts.len();
		let mut inputs = Vec::<Input>::new();
		let roles = used.iter().map(|at| (at, InputRole::Used));
		for (at, role) in roles.chain(read.iter().map(|at| (at, InputRole::Read))) {
			let artifact = self.artifacts[at.index(known)].1;
			if inputs.iter().all(|input| input.artifact != artifact) {
				inputs.push(Input { artifact, role });
			}
		}
		// The activities of the accesses are the first ones.
		let id = name(b'y', self.derivations.len() as u64);
		for _ in 0..outputs {
			self.register(number, Some(id), block);
		}
		let generated = self.artifacts[known..].iter().map(|(_, id, _)| *id);
		let activity = Activity {
			kind: ActivityKind::Synthesis,
			agent: 2,
			started: 1,
			ended: Some(block.time),
			inputs: inputs.try_into().unwrap(),
			outputs: generated.collect::<Vec<_>>().try_into().unwrap(),
		};
		self.derivations.push((number, id, activity.clone()));
		add(
			block,
			LineageEvent::Derived {
				activity: id,
				kind: activity.kind,
				agent: activity.agent,
				started: activity.started,
				inputs: activity.inputs.into(),
				outputs: activity.outputs.into(),
			},
		);
	}

	/// The walk as it is defined: breadth first, each artifact once, by the derivations in the order in which they were
	/// made.
	fn walk(&self, start: ArtifactId, direction: Direction, depth: u32, block: u32) -> Vec<(ArtifactId, u32)> {
		let mut order = vec![(start, 0)];
		let mut at = 0;
		while let Some((id, distance)) = order.get(at).copied() {
			at += 1;
			if distance == depth {
				continue;
			}
			for (from, to) in self.edges(id, direction, block) {
				let next = if direction == Direction::Ancestors { from } else { to };
				if order.iter().all(|(known, _)| *known != next) {
					order.push((next, distance + 1));
				}
			}
		}
		order
	}

	fn edges(&self, id: ArtifactId, direction: Direction, block: u32) -> Vec<(ArtifactId, ArtifactId)> {
		let mut edges = Vec::new();
		for (_, _, activity) in self.derivations.iter().filter(|(made, ..)| *made <= block) {
			let used = activity.inputs.iter().filter(|input| input.role == InputRole::Used);
			for input in used {
				for output in &activity.outputs {
					edges.push((input.artifact, *output));
				}
			}
		}
		edges.retain(|(from, to)| {
			if direction == Direction::Ancestors {
				*to == id
			} else {
				*from == id
			}
		});
		edges
	}
}

/// Asks the index every question that the model has an answer to.
async fn compare(index: &Index, model: &Model, blocks: u32) {
	compare_entries(index, model, blocks).await;
	compare_logs(index, model).await;
	compare_consents(index, model, blocks).await;
	compare_lineage(index, model, blocks).await;
}

async fn compare_entries(index: &Index, model: &Model, blocks: u32) {
	let (store, _) = index.at(0).await.unwrap();
	let all = |kind, numbers: u64| (0..numbers).map(move |number| Some(name(kind, number))).chain([None]);
	let mut questions = Vec::new();
	for dataset in all(b'd', 4) {
		for subject in all(b's', 2) {
			for (activity, reporter) in [
				(None, None),
				(Some(name(b'y', 1)), None),
				(None, Some(1)),
				(Some(name(b'y', 0)), Some(2)),
			] {
				for breaches in [None, Some(true), Some(false)] {
					for (from, to) in [(None, None), (Some(10), Some(30))] {
						questions.push(EventQuery {
							dataset,
							activity,
							reporter,
							subject,
							breaches,
							from,
							to,
							after: None,
							until: blocks,
							limit: 0,
						});
					}
				}
			}
		}
	}
	let limits = [1, 2, 3, 100].into_iter().cycle();
	let untils = [blocks, blocks, blocks / 2].into_iter().cycle();
	let scans = [0, 5, 2_000, 0, 9].into_iter().cycle();
	for (((question, limit), until), scan) in questions.into_iter().zip(limits).zip(untils).zip(scans) {
		let mut question = EventQuery {
			limit,
			until,
			..question
		};
		let expected = model.entries.iter().filter(|(block, _, entry)| {
			let event = &entry.event;
			question.dataset.is_none_or(|dataset| dataset == entry.dataset)
				&& question.subject.is_none_or(|subject| Some(subject) == event.subject)
				&& question
					.activity
					.is_none_or(|activity| Some(activity) == event.activity)
				&& question.reporter.is_none_or(|reporter| reporter == entry.reporter)
				&& question
					.breaches
					.is_none_or(|breaches| breaches != entry.breaches.is_empty())
				&& question.from.is_none_or(|from| from <= event.occurred)
				&& question.to.is_none_or(|to| event.occurred < to)
				&& *block <= until
		});
		let expected = expected.copied().collect::<Vec<_>>();
		let mut found = Vec::new();
		loop {
			let page = store.scan(&question, scan).await.unwrap();
			assert!(page.entries.len() <= limit as usize);
			found.extend(
				page.entries
					.iter()
					.map(|found| (found.block(), found.index, found.entry)),
			);
			match page.next {
				Some(next) => question.after = Some(next),
				None => break,
			}
		}
		assert_eq!(found, expected, "{question:?}");
	}
}

async fn compare_logs(index: &Index, model: &Model) {
	let (store, _) = index.at(0).await.unwrap();
	for (dataset, entries) in &model.ledger.entries {
		let dataset: DatasetId = *dataset;
		let count = entries.len() as u64;
		let log = store.log(dataset).await.unwrap().unwrap();
		assert_eq!(log.accumulator, model.ledger.logs[&dataset]);
		for (first, end) in [(0, count), (count / 3, count / 2), (count / 2, count)] {
			let range = store.range(dataset, first, end).await.unwrap();
			assert_eq!(range, entries[first as usize..end as usize]);
			let hashes = store.prove(dataset, count, first, end - first).await.unwrap();
			let leaves = range.iter().map(LogEntry::leaf).collect::<Vec<_>>();
			assert_eq!(log.accumulator.verify(first, &leaves, &hashes), Ok(()));
		}
		for count in [count / 2, count] {
			let named = entries[..count as usize].iter();
			let mut members = named
				.flat_map(|entry| [Some(entry.reporter), entry.event.recipient])
				.flatten()
				.collect::<Vec<_>>();
			members.sort_unstable();
			members.dedup();
			assert_eq!(store.members(dataset, count).await.unwrap(), members);
		}
	}
}

async fn compare_consents(index: &Index, model: &Model, blocks: u32) {
	let (store, _) = index.at(0).await.unwrap();
	for (subject, limit) in [(0, 1), (1, 2), (2, 100)] {
		let subject = name(b's', subject);
		let expected = model.consents.iter().filter(|(_, of, _)| *of == subject);
		let expected = expected
			.map(|(block, _, event)| (*block, event.clone()))
			.collect::<Vec<_>>();
		let (mut after, mut found) = (None, Vec::new());
		loop {
			let page = store
				.history::<ConsentEvent>(Some(Key::Subject(subject)), after, blocks, limit)
				.await
				.unwrap();
			found.extend(page.iter().map(|recorded| (recorded.block(), recorded.event.clone())));
			match page.last() {
				Some(last) => after = Some(last.place),
				None => break,
			}
		}
		assert_eq!(found, expected);
	}
}

async fn compare_lineage(index: &Index, model: &Model, blocks: u32) {
	let known = model
		.artifacts
		.iter()
		.map(|(_, id, artifact)| (*id, *artifact))
		.collect::<HashMap<_, _>>();
	assert_eq!(index.generated_by(name(b'a', 9_999)), None);
	for (number, (block, id, artifact)) in model.artifacts.iter().enumerate() {
		assert_eq!(index.generated_by(*id), Some(artifact.generated_by));
		for direction in [Direction::Ancestors, Direction::Descendants] {
			let depth = [u32::MAX, 1, 2][number % 3];
			let at = if number % 2 == 0 { blocks } else { *block };
			let expected = model.walk(*id, direction, depth, at);
			let limit = [1, 3, 500][number % 3];
			let (mut offset, mut nodes, mut edges) = (0, Vec::new(), Vec::new());
			loop {
				let query = TraceQuery {
					artifact: *id,
					direction,
					depth,
					offset,
					limit,
				};
				let page = index.trace(&query, at).unwrap();
				for node in &page.nodes {
					assert_eq!(node.artifact.generated_by, known[&node.id].generated_by);
				}
				nodes.extend(page.nodes.iter().map(|node| (node.id, node.distance)));
				edges.extend(page.edges.iter().map(|edge| (edge.from, edge.to)));
				match page.next {
					Some(next) => offset = next,
					None => break,
				}
			}
			assert_eq!(nodes, expected);
			let inner = expected.iter().filter(|(_, distance)| *distance < depth);
			let expected = inner
				.flat_map(|(id, _)| model.edges(*id, direction, at))
				.collect::<Vec<_>>();
			assert_eq!(edges, expected);
			if *block > 0 {
				let query = TraceQuery {
					artifact: *id,
					direction,
					depth,
					offset: 0,
					limit,
				};
				assert_eq!(index.trace(&query, block - 1), Err(TraceError::NotFound));
			}
		}
	}
}

/// Indexes a history, in two goes, and compares.
async fn check(database: &Database, plan: &[Vec<Step>]) {
	let location = database.location();
	let chain = Arc::new(Made::new(0));
	let mut model = Model::default();
	for (number, steps) in (1..).zip(plan) {
		chain.push(model.block(number, steps));
	}
	chain.hold_at(plan.len() / 2);
	drop(catch_up(&chain, &location).await.unwrap());
	chain.hold_at(plan.len());
	let index = catch_up(&chain, &location).await.unwrap();
	compare(&index, &model, plan.len() as u32).await;
}

/// The same few histories for every database.
pub async fn some_histories(database: &Database) {
	let mut runner = TestRunner::deterministic();
	for _ in 0..4 {
		let plan = history().new_tree(&mut runner).unwrap().current();
		check(database, &plan).await;
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(24))]

	#[test]
	fn the_index_answers_as_a_list_of_everything_does(plan in history()) {
		Runtime::new().unwrap().block_on(check(&Database::sqlite(), &plan));
	}
}
