//! Tests of the index: the same for both databases.

mod chain;
mod graph;
mod model;
mod postgres;
mod rows;

use super::{
	access::{rows::Logs, EventQuery},
	follow::{Error, Follower},
	history::Key,
	metrics::Metrics,
	place::place,
	rows::{Opened, Rows, Skipped},
	store::{Location, Store},
	Index, Progress,
};
use chain::{add, event, name, Ledger, Made};
use kexin_primitives::{
	access::{Breaches, LogEntry},
	events::{consent::ConsentEvent, lineage::LineageEvent, BlockEvents, DomainEvent, Envelope},
	lineage::{ActivityKind, ArtifactKind, Input, InputRole},
};
use postgres::Postgres;
use std::{
	future::Future,
	sync::{
		atomic::{AtomicU32, Ordering},
		Arc,
	},
	time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// A database of either kind; each index has a place of its own in it.
enum Database {
	Sqlite(tempfile::TempDir),
	Postgres(Postgres),
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Database {
	fn sqlite() -> Self {
		Self::Sqlite(tempfile::tempdir().unwrap())
	}

	fn location(&self) -> Location {
		let number = NUMBER.fetch_add(1, Ordering::Relaxed);
		match self {
			Self::Sqlite(directory) => Location::Sqlite(directory.path().join(format!("50% of #{number}?.sqlite"))),
			Self::Postgres(postgres) => Location::Postgres(postgres.database(&format!("index{number}"))),
		}
	}
}

fn follower(chain: &Arc<Made>, location: &Location) -> Follower<Made> {
	Follower::new(chain.clone(), location.clone(), Metrics::default()).unwrap()
}

async fn catch_up(chain: &Arc<Made>, location: &Location) -> Result<Arc<Index>, Error> {
	let mut follower = follower(chain, location);
	follower.catch_up(|_| ()).await?;
	Ok(follower.index())
}

fn everything() -> EventQuery {
	EventQuery {
		until: u32::MAX >> 1,
		limit: 1_000_000,
		..EventQuery::default()
	}
}

/// A chain with `blocks` blocks of `size` accesses to one dataset; every tenth has a breach.
fn accesses(blocks: u64, size: u64) -> (Arc<Made>, Ledger) {
	let chain = Made::new(0);
	let mut ledger = Ledger::default();
	extend(&chain, &mut ledger, 0..blocks, size);
	(Arc::new(chain), ledger)
}

fn extend(chain: &Made, ledger: &mut Ledger, blocks: std::ops::Range<u64>, size: u64) {
	for block in blocks {
		let events = (block * size..(block + 1) * size).map(|number| {
			let breaches = if number % 10 == 0 {
				Breaches::PURPOSE
			} else {
				Breaches::empty()
			};
			(event(number), false, breaches.into())
		});
		let mut made = BlockEvents {
			time: 1_000 + block,
			..BlockEvents::default()
		};
		ledger.record(&mut made, name(b'd', 0), 7, &events.collect::<Vec<_>>());
		chain.push(made);
	}
}

async fn entries(index: &Index) -> Vec<LogEntry> {
	let (store, _) = index.at(0).await.unwrap();
	let page = store.events(&everything()).await.unwrap();
	page.entries.into_iter().map(|found| found.entry).collect()
}

async fn resumes(database: &Database) {
	let location = database.location();
	let (chain, mut ledger) = accesses(5, 10);
	let index = catch_up(&chain, &location).await.unwrap();
	assert_eq!(index.progress().indexed, Some(chain.block(5)));
	extend(&chain, &mut ledger, 5..9, 10);
	let index = catch_up(&chain, &location).await.unwrap();
	assert_eq!(index.progress().indexed, Some(chain.block(9)));
	assert_eq!(entries(&index).await, ledger.entries[&name(b'd', 0)]);
}

async fn a_write_that_is_cut_off_leaves_all_or_nothing(database: &Database) {
	let location = database.location();
	let (chain, ledger) = accesses(1, 2_000);
	let genesis = chain.block(0);
	let store = Store::open(&location, genesis.hash).await.unwrap();
	let mut logs = Logs::new(0, false);
	logs.insert(name(b'd', 0), None);
	let opened = Opened::new(chain.block(1), chain.blocks().swap_remove(1));
	let rows = Rows::of(opened, &mut logs).unwrap();
	for polls in 0..60 {
		let mut write = Box::pin(store.write(&rows, genesis, chain.block(1)));
		let done = cut_off(&mut write, polls).await;
		drop(write);
		if done {
			break;
		}
		let last = store.last().await.unwrap();
		let found = store.events(&everything()).await.unwrap().entries.len();
		if last != genesis {
			// The commit was under way, and its answer was not waited for.
			assert_eq!((last, found), (chain.block(1), 2_000), "after {polls} polls");
			break;
		}
		assert_eq!(found, 0, "after {polls} polls");
	}
	let mut twice = rows.clone();
	twice.access.entries.push(rows.access.entries[0].clone());
	if store.last().await.unwrap() == genesis {
		assert!(store.write(&twice, genesis, chain.block(1)).await.is_err());
		assert_eq!(store.last().await.unwrap(), genesis);
	}
	store.close().await;
	let index = catch_up(&chain, &location).await.unwrap();
	assert_eq!(entries(&index).await, ledger.entries[&name(b'd', 0)]);
}

/// Goes on with a future until it has waited so many times, and says whether it ended.
async fn cut_off<F: Future + Unpin>(future: &mut F, mut polls: u32) -> bool {
	futures::future::poll_fn(|context| {
		use std::task::Poll;
		match std::pin::Pin::new(&mut *future).poll(context) {
			Poll::Ready(_) => Poll::Ready(true),
			Poll::Pending if polls == 0 => Poll::Ready(false),
			Poll::Pending => {
				polls -= 1;
				Poll::Pending
			},
		}
	})
	.await
}

async fn another_chain_and_other_versions_are_refused(database: &Database) {
	let location = database.location();
	let (chain, _) = accesses(3, 1);
	drop(catch_up(&chain, &location).await.unwrap());

	let foreign = Arc::new(Made::new(1));
	let refused = |error: Error, told: &str| {
		assert!(!error.may_pass() && error.is_refusal(), "{error}");
		let text = error.to_string();
		assert!(
			text.contains(told) && text.contains("kexin-node index rebuild"),
			"{text}"
		);
	};
	refused(
		catch_up(&foreign, &location).await.err().unwrap(),
		"belongs to another chain",
	);

	let behind = Arc::new(Made::new(0));
	let error = catch_up(&behind, &location).await.err().unwrap();
	assert!(
		matches!(error, Error::Ahead { indexed: 3 }) && error.may_pass(),
		"{error}"
	);

	let store = Store::open(&location, chain.block(0).hash).await.unwrap();
	store.execute("UPDATE progress SET hash = genesis").await.unwrap();
	refused(catch_up(&chain, &location).await.err().unwrap(), "not on this chain");

	store
		.execute("UPDATE _sqlx_migrations SET version = 99 WHERE version = 7")
		.await
		.unwrap();
	store.close().await;
	refused(
		catch_up(&chain, &location).await.err().unwrap(),
		"newer kexin-node (version 99",
	);

	Store::remove(&location).await.unwrap();
	let index = catch_up(&foreign, &location).await.unwrap();
	assert_eq!(index.progress().indexed, Some(foreign.block(0)));
}

async fn a_batch_that_does_not_continue_its_log_stops_the_index_at_its_block(database: &Database) {
	let location = database.location();
	let (chain, mut ledger) = accesses(3, 4);
	let before = ledger.entries[&name(b'd', 0)].clone();
	// The log of somebody else has another root.
	let mut other = Ledger::default();
	let mut block = BlockEvents::default();
	other.record(
		&mut block,
		name(b'd', 0),
		7,
		&[(event(99), false, Breaches::empty().into())],
	);
	chain.push(block);
	extend(&chain, &mut ledger, 4..5, 4);

	let mut follower = follower(&chain, &location);
	let error = follower.catch_up(|_| ()).await.unwrap_err();
	assert!(!error.may_pass());
	let text = error.to_string();
	assert!(
		text.contains("block 4") && text.contains("does not continue the log"),
		"{text}"
	);
	let index = follower.index();
	assert_eq!(index.progress().indexed, Some(chain.block(3)));
	assert_eq!(entries(&index).await, before);
	follower.run(futures::stream::empty()).await;
	assert!(index.progress().error.unwrap().contains("block 4"));
	assert_eq!(index.progress().indexed, Some(chain.block(3)));
}

/// As a newer runtime would write it.
fn newer(event: impl DomainEvent) -> Envelope {
	let mut envelope = event.into().seal();
	envelope.version += 1;
	envelope
}

async fn events_of_a_newer_runtime_are_skipped_and_counted(database: &Database) {
	let location = database.location();
	let (chain, mut ledger) = accesses(2, 4);
	let registered = |artifact| LineageEvent::Registered {
		artifact,
		kind: ArtifactKind::Model,
		owner: 1,
		generated_by: None,
	};
	let mut block = BlockEvents::default();
	add(&mut block, registered(name(b'a', 1)));
	block.events.push(newer(registered(name(b'a', 2))));
	// It names an artifact that was skipped.
	add(
		&mut block,
		LineageEvent::Derived {
			activity: name(b'y', 1),
			kind: ActivityKind::Training,
			agent: 1,
			started: 1,
			inputs: vec![Input {
				artifact: name(b'a', 2),
				role: InputRole::Used,
			}],
			outputs: vec![name(b'a', 1)],
		},
	);
	block.events.push(Envelope {
		domain: 200,
		version: 1,
		bytes: vec![1, 2, 3],
	});
	chain.push(block);
	let before = ledger.entries[&name(b'd', 0)].clone();
	// The batch of a newer runtime, and one that this release could read if it had the one before.
	let mut hidden = BlockEvents::default();
	ledger.record(
		&mut hidden,
		name(b'd', 0),
		7,
		&[(event(99), false, Breaches::empty().into())],
	);
	hidden.events[0].version += 1;
	chain.push(hidden);
	extend(&chain, &mut ledger, 5..6, 4);
	let mut other = BlockEvents::default();
	ledger.record(
		&mut other,
		name(b'd', 1),
		7,
		&[(event(1), false, Breaches::empty().into())],
	);
	chain.push(other);

	let expected = [
		((0, 1), 1, place(5, 0)),
		((0, 2), 1, place(4, 0)),
		((2, 2), 1, place(3, 1)),
		((200, 1), 1, place(3, 3)),
	];
	let expected = expected.map(|(key, events, first)| (key, Skipped { events, first }));
	let index = catch_up(&chain, &location).await.unwrap();
	for index in [index, catch_up(&chain, &location).await.unwrap()] {
		assert_eq!(index.progress().indexed, Some(chain.block(6)));
		assert_eq!(index.progress().error, None);
		assert_eq!(index.progress().skipped, expected.into());
		assert_eq!(index.skipped(0), 2);
		let mut all = before.clone();
		all.extend(&ledger.entries[&name(b'd', 1)]);
		assert_eq!(entries(&index).await, all);
		assert_eq!(index.generated_by(name(b'a', 1)), Some(None));
		let (store, _) = index.at(0).await.unwrap();
		let history = store.history::<LineageEvent>(None, None, 9, 9).await.unwrap();
		assert_eq!(
			history.iter().map(|event| event.place).collect::<Vec<_>>(),
			[place(3, 0), place(3, 2)]
		);
	}
}

async fn a_history_is_found_by_what_its_events_name(database: &Database) {
	let location = database.location();
	let chain = Arc::new(Made::new(0));
	for number in 0..5u64 {
		let mut block = BlockEvents {
			time: 100 + number,
			..BlockEvents::default()
		};
		add(
			&mut block,
			ConsentEvent::DatasetDeclared {
				dataset: name(b'd', number),
				owner: 1 + (number % 2) as u32,
				supersedes: number.checked_sub(1).map(|older| name(b'd', older)),
			},
		);
		chain.push(block);
	}
	let index = catch_up(&chain, &location).await.unwrap();
	let (store, _) = index.at(0).await.unwrap();
	let blocks = async |key, after, until, limit| {
		let page = store.history::<ConsentEvent>(key, after, until, limit).await.unwrap();
		page.iter().map(|event| (event.block(), event.time)).collect::<Vec<_>>()
	};
	let dataset = Some(Key::Dataset(name(b'd', 2)));
	assert_eq!(blocks(dataset, None, 9, 9).await, [(3, 102), (4, 103)]);
	assert_eq!(blocks(dataset, Some(place(3, 0)), 9, 9).await, [(4, 103)]);
	assert_eq!(blocks(dataset, None, 3, 9).await, [(3, 102)]);
	assert_eq!(blocks(Some(Key::Member(2)), None, 9, 1).await, [(2, 101)]);
	assert_eq!(blocks(Some(Key::Subject(name(b'd', 2))), None, 9, 9).await, []);
	assert_eq!(blocks(None, Some(place(2, 0)), 4, 9).await, [(3, 102), (4, 103)]);
	assert!(store.knows::<ConsentEvent>(Key::Dataset(name(b'd', 4))).await.unwrap());
	assert!(!store.knows::<ConsentEvent>(Key::Dataset(name(b'd', 5))).await.unwrap());
}

async fn a_block_that_the_node_has_dropped_is_named_with_what_to_do(database: &Database) {
	let location = database.location();
	let (chain, ledger) = accesses(5, 4);
	chain.prune(4);
	let mut follower = follower(&chain, &location);
	let text = follower.catch_up(|_| ()).await.unwrap_err().to_string();
	for told in [
		"block 1",
		"already discarded",
		"purge-chain",
		"--state-pruning archive",
		"--index off",
	] {
		assert!(text.contains(told), "{text}");
	}
	let index = follower.index();
	assert_eq!(index.progress().indexed, Some(chain.block(0)));
	chain.prune(0);
	follower.catch_up(|_| ()).await.unwrap();
	assert_eq!(entries(&index).await, ledger.entries[&name(b'd', 0)]);
}

async fn an_index_that_can_not_go_on_says_so_all_the_time(database: &Database) {
	// After a warp sync, a node has the state of the genesis, and with it the events of the first block.
	for first in [0, 1] {
		let (chain, _) = accesses(5, 4);
		let mut follower = follower(&chain, &database.location());
		chain.hold_at(first);
		follower.catch_up(|_| ()).await.unwrap();
		chain.prune(4);
		chain.hold_at(5);
		let index = follower.index();
		let worker = tokio::spawn(follower.run(futures::stream::pending()));
		reaches(&index, |progress| progress.error.is_some()).await;
		// The worker tries again after a second.
		let mut progress = index.progress.subscribe();
		let cleared = progress.wait_for(|progress| progress.error.is_none());
		let cleared = tokio::time::timeout(Duration::from_millis(1_500), cleared).await;
		assert!(cleared.is_err(), "the error was gone for a while");
		let told = index.at(5).await.err().unwrap();
		assert!(told.contains("already discarded"), "{told}");
		chain.prune(0);
		reaches(&index, |progress| progress.error.is_none()).await;
		assert_eq!(index.at(5).await.unwrap().1, chain.block(5));
		worker.abort();
	}
}

async fn two_writers_do_not_write_twice(database: &Database) {
	let location = database.location();
	let (chain, mut ledger) = accesses(2, 10);
	let mut first = follower(&chain, &location);
	let mut second = follower(&chain, &location);
	let mut told = second.index().breaches();
	first.catch_up(|_| ()).await.unwrap();
	second.catch_up(|_| ()).await.unwrap();
	extend(&chain, &mut ledger, 2..6, 10);
	first.catch_up(|_| ()).await.unwrap();
	let error = second.catch_up(|_| ()).await.unwrap_err();
	assert!(error.may_pass(), "{error}");
	second.catch_up(|_| ()).await.unwrap();
	assert_eq!(entries(&second.index()).await, ledger.entries[&name(b'd', 0)]);
	// What the other one wrote is told all the same, and what was there before is not.
	let mut breaches = Vec::new();
	while let Ok(breach) = told.try_recv() {
		breaches.push((breach.block.number, breach.index));
	}
	assert_eq!(breaches, [(3, 20), (4, 30), (5, 40), (6, 50)]);
}

async fn any_range_of_a_long_log_is_proved(database: &Database) {
	let location = database.location();
	let dataset = name(b'd', 0);
	let (chain, mut ledger) = accesses(1, 66_000);
	let early = ledger.logs[&dataset].clone();
	extend(&chain, &mut ledger, 66_000..66_003, 1);
	extend(&chain, &mut ledger, 0..1, 1_000);
	let late = ledger.logs[&dataset].clone();
	let index = catch_up(&chain, &location).await.unwrap();
	let (store, _) = index.at(0).await.unwrap();
	for log in [early, late] {
		let count = log.count();
		for (first, number) in [
			(0, 1),
			(17, 1),
			(255, 2),
			(40_000, 300),
			(65_535, 2),
			(count - 1, 1),
			(count, 0),
		] {
			let entries = store.range(dataset, first, first + number).await.unwrap();
			let leaves = entries.iter().map(LogEntry::leaf).collect::<Vec<_>>();
			let hashes = store.prove(dataset, count, first, number).await.unwrap();
			assert_eq!(leaves.len() as u64, number);
			assert_eq!(
				log.verify(first, &leaves, &hashes),
				Ok(()),
				"{number} from {first} of {count}"
			);
		}
	}
}

async fn suite(database: &Database) {
	resumes(database).await;
	a_write_that_is_cut_off_leaves_all_or_nothing(database).await;
	another_chain_and_other_versions_are_refused(database).await;
	a_batch_that_does_not_continue_its_log_stops_the_index_at_its_block(database).await;
	events_of_a_newer_runtime_are_skipped_and_counted(database).await;
	a_history_is_found_by_what_its_events_name(database).await;
	a_block_that_the_node_has_dropped_is_named_with_what_to_do(database).await;
	an_index_that_can_not_go_on_says_so_all_the_time(database).await;
	two_writers_do_not_write_twice(database).await;
	any_range_of_a_long_log_is_proved(database).await;
	model::some_histories(database).await;
}

#[test]
fn everything_works_with_sqlite() {
	Runtime::new().unwrap().block_on(suite(&Database::sqlite()));
}

#[test]
fn everything_works_with_postgresql() {
	let database = Database::Postgres(Postgres::start());
	Runtime::new().unwrap().block_on(suite(&database));
}

/// Waits until the index has come so far.
async fn reaches(index: &Index, far: impl FnMut(&Progress) -> bool) {
	let mut progress = index.progress.subscribe();
	let reached = tokio::time::timeout(Duration::from_secs(60), progress.wait_for(far)).await;
	assert!(reached.is_ok(), "{:?}", index.progress());
}

#[test]
fn a_database_that_goes_away_is_waited_for() {
	let mut postgres = Postgres::start();
	let location = Location::Postgres(postgres.database("index"));
	let (chain, mut ledger) = accesses(2, 10);
	Runtime::new().unwrap().block_on(async {
		let follower = follower(&chain, &location);
		let index = follower.index();
		let (more, finality) = futures::channel::mpsc::unbounded();
		let task = tokio::spawn(follower.run(finality));
		reaches(&index, |at| at.indexed == Some(chain.block(2))).await;
		postgres.stop();
		extend(&chain, &mut ledger, 2..4, 10);
		more.unbounded_send(()).unwrap();
		reaches(&index, |at| at.error.is_some()).await;
		// Neither its address nor its user is told to those who ask.
		let told = index.progress().error.unwrap();
		assert_eq!(
			told,
			"the index's database does not answer: the node's log has the cause"
		);
		postgres.resume();
		reaches(&index, |at| at.indexed == Some(chain.block(4))).await;
		assert_eq!(index.progress().error, None);
		assert_eq!(entries(&index).await, ledger.entries[&name(b'd', 0)]);
		drop(more);
		task.await.unwrap();
	});
}

#[test]
fn a_damaged_index_answers_nothing_and_says_what_to_do() {
	Runtime::new().unwrap().block_on(async {
		let database = Database::sqlite();
		let location = database.location();
		let Location::Sqlite(file) = &location else {
			panic!("{location}")
		};
		let (chain, mut ledger) = accesses(20, 500);
		let mut before = follower(&chain, &location);
		before.catch_up(|_| ()).await.unwrap();
		// What was written is in the file then, and not in its log.
		let store = before.open().await.unwrap().0;
		sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
			.execute(store.pool())
			.await
			.unwrap();
		store.close().await;

		let follower = follower(&chain, &location);
		let index = follower.index();
		let (more, finality) = futures::channel::mpsc::unbounded();
		let task = tokio::spawn(follower.run(finality));
		reaches(&index, |at| at.indexed == Some(chain.block(20))).await;
		let damaged = std::fs::OpenOptions::new().write(true).open(file).unwrap();
		damaged.set_len(damaged.metadata().unwrap().len() / 2).unwrap();
		assert!(index.at(20).await.is_ok(), "nobody has met the damage yet");
		extend(&chain, &mut ledger, 20..60, 500);
		more.unbounded_send(()).unwrap();
		reaches(&index, |at| at.error.is_some()).await;
		let told = index.at(20).await.err().unwrap();
		assert!(told.contains("the node's log says why and what to do"), "{told}");
		task.await.unwrap();

		let error = catch_up(&chain, &location).await.err().unwrap();
		assert!(!error.may_pass(), "{error}");
		assert!(!error.is_refusal(), "the node takes part without it");
		let text = error.to_string();
		assert!(
			text.contains("is damaged") && text.contains("kexin-node index rebuild"),
			"{text}"
		);
	});
}

#[test]
fn questions_that_take_long_do_not_hold_up_the_writer() {
	let postgres = Postgres::start();
	let location = Location::Postgres(postgres.database("index"));
	let (chain, mut ledger) = accesses(1, 10);
	Runtime::new().unwrap().block_on(async {
		let mut follower = follower(&chain, &location);
		follower.catch_up(|_| ()).await.unwrap();
		let index = follower.index();
		let asked = (0..8).map(|_| {
			let index = index.clone();
			tokio::spawn(async move { index.at(0).await.unwrap().0.execute("SELECT pg_sleep(2)").await })
		});
		let asked = asked.collect::<Vec<_>>();
		tokio::time::sleep(Duration::from_millis(200)).await;
		extend(&chain, &mut ledger, 1..3, 10);
		let begun = Instant::now();
		follower.catch_up(|_| ()).await.unwrap();
		assert!(begun.elapsed().as_secs_f64() < 1.5, "{:?}", begun.elapsed());
		for answer in asked {
			answer.await.unwrap().unwrap();
		}
	});
}

#[test]
fn sqlite_answers_no_page_by_sorting_everything() {
	Runtime::new().unwrap().block_on(async {
		let (chain, _) = accesses(3, 10);
		let database = Database::sqlite();
		let index = catch_up(&chain, &database.location()).await.unwrap();
		let (store, _) = index.at(0).await.unwrap();
		let subject = Some(name(b's', 0));
		let questions = [
			everything(),
			EventQuery {
				reporter: Some(7),
				..everything()
			},
			EventQuery {
				breaches: Some(true),
				..everything()
			},
			EventQuery {
				breaches: Some(false),
				from: Some(1),
				to: Some(2),
				..everything()
			},
			EventQuery {
				subject,
				..everything()
			},
			EventQuery {
				activity: subject,
				reporter: Some(7),
				..everything()
			},
		];
		for question in questions {
			for after in [None, Some((1, 1))] {
				for log in [None, Some(1)] {
					let question = EventQuery {
						after,
						..question.clone()
					};
					let plan = store.explain(&question, log).await.unwrap().join("\n");
					assert!(!plan.contains("TEMP B-TREE"), "{question:?}\n{plan}");
					assert!(!plan.contains("SCAN e"), "{question:?}\n{plan}");
				}
			}
		}
	});
}

/// What no entry answers, and no index knows.
fn never() -> EventQuery {
	EventQuery {
		breaches: Some(false),
		from: Some(u64::MAX >> 2),
		limit: 10,
		..everything()
	}
}

#[test]
fn a_rare_answer_is_looked_for_a_page_at_a_time() {
	Runtime::new().unwrap().block_on(async {
		let (chain, _) = accesses(300, 2);
		let database = Database::sqlite();
		let index = catch_up(&chain, &database.location()).await.unwrap();
		let (store, _) = index.at(0).await.unwrap();
		let by_breaches = EventQuery {
			breaches: Some(true),
			..never()
		};
		// 300 batches, and 60 entries with breaches.
		for (mut question, bound, expected) in [(never(), 100, 4), (by_breaches, 25, 3)] {
			for dataset in [None, Some(name(b'd', 0))] {
				question = EventQuery {
					dataset,
					after: None,
					..question
				};
				let mut pages = 0;
				loop {
					let page = store.scan(&question, bound).await.unwrap();
					pages += 1;
					assert_eq!(page.entries, []);
					match page.next {
						Some(next) => question.after = Some(next),
						None => break,
					}
				}
				assert_eq!(pages, expected, "{question:?}");
			}
		}
	});
}

#[test]
fn a_question_that_nobody_waits_for_any_more_ends() {
	Runtime::new().unwrap().block_on(async {
		let (chain, _) = accesses(20, 2_000);
		let database = Database::sqlite();
		let index = catch_up(&chain, &database.location()).await.unwrap();
		let (store, _) = index.at(0).await.unwrap();
		for _ in 0..16 {
			let _ = tokio::time::timeout(Duration::from_millis(1), store.events(&everything())).await;
		}
		let answer = tokio::time::timeout(Duration::from_secs(2), store.events(&everything())).await;
		assert_eq!(answer.unwrap().unwrap().entries.len(), 40_000);
	});
}

#[test]
fn a_location_is_shown_without_its_password() {
	let location = Location::Postgres("postgres://kexin:secret@db.example/ledger?sslpassword=secret".into());
	assert_eq!(location.to_string(), "postgres://kexin@db.example/ledger");
}
