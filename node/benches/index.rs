//! How fast the index is, on this machine: how many events a second it takes with SQLite, and what a walk over a
//! thousand ancestors among a million artifacts costs, beside a recursive query of PostgreSQL over plain tables.
//!
//! Run with `cargo bench --package kexin-node --bench index`; it takes a few minutes and needs a PostgreSQL server
//! (`scripts/setup`).

// What the tests use of these and the measurements don't.
#[allow(dead_code)]
#[path = "../src/index/tests/chain.rs"]
mod chain;
#[allow(dead_code)]
#[path = "../src/index/tests/postgres.rs"]
mod postgres;

use chain::{add, event, name, Ledger, Made};
use kexin_node::{
	index::{self, follow::Follower, metrics::Metrics, store::Location, Index},
	rpc::lineage,
};
use kexin_primitives::{
	access::Breaches,
	events::{lineage::LineageEvent, BlockEvents},
	lineage::{ActivityKind, ArtifactId, ArtifactKind, Direction, Input, InputRole, TraceQuery},
};
use postgres::Postgres;
use sqlx::{Connection as _, PgConnection, Row as _};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Blocks with accesses, and accesses in each.
const BLOCKS: u64 = 400;
const EVENTS: u64 = 1_000;
/// Models that are trained apart from each other, each in so many rounds from so many updates: a thousand ancestors.
const MODELS: u64 = 1_000;
const ROUNDS: u64 = 50;
const UPDATES: u64 = 19;
/// Artifacts of one model: the first one, and in each round the updates and what is made from them.
const FAMILY: u64 = 1 + ROUNDS * (UPDATES + 1);
/// Walks that are measured.
const WALKS: u64 = 200;

fn main() {
	let directory = tempfile::tempdir().expect("a temporary directory");
	let location = |file| Location::Sqlite(directory.path().join(file));
	tokio::runtime::Runtime::new().expect("threads").block_on(async {
		events(location("events.sqlite")).await;
		walks(&*lineage(location("lineage.sqlite")).await);
		recursive_queries().await;
	});
}

async fn follow(chain: Made, location: Location) -> (Arc<Index>, Duration) {
	let mut follower = Follower::new(Arc::new(chain), location, Metrics::default()).expect("a chain");
	let begun = Instant::now();
	follower.catch_up(|_| ()).await.expect("it comes to the end");
	(follower.index(), begun.elapsed())
}

/// Takes in blocks full of accesses, from their history to the last commit.
async fn events(location: Location) {
	let (chain, mut ledger) = (Made::new(0), Ledger::default());
	for block in 0..BLOCKS {
		let mut made = BlockEvents {
			time: block,
			..BlockEvents::default()
		};
		let accesses = (block * EVENTS..(block + 1) * EVENTS).map(|number| {
			let mut access = event(number);
			access.subject = Some(name(b's', number % 10_000));
			access.activity = Some(name(b'y', number % 20));
			let breaches = if number % 100 == 0 {
				Breaches::PURPOSE
			} else {
				Breaches::empty()
			};
			(access, false, breaches.into())
		});
		let accesses = accesses.collect::<Vec<_>>();
		ledger.record(&mut made, name(b'd', block % 4), 7, &accesses);
		chain.push(made);
	}
	let (_, took) = follow(chain, location).await;
	let number = BLOCKS * EVENTS;
	let rate = number as f64 / took.as_secs_f64();
	println!("events: {number} in {BLOCKS} blocks, {took:.1?} with SQLite, {rate:.0} a second");
}

fn artifact(number: u64) -> ArtifactId {
	name(b'a', number)
}

/// What is made in a round of a model.
fn made(model: u64, round: u64) -> u64 {
	model * FAMILY + round * (UPDATES + 1)
}

/// Takes in the models.
async fn lineage(location: Location) -> Arc<Index> {
	let chain = Made::new(0);
	for model in 0..MODELS {
		let mut block = BlockEvents::default();
		let mut register = |number, generated_by| {
			add(
				&mut block,
				LineageEvent::Registered {
					artifact: artifact(number),
					kind: ArtifactKind::Model,
					owner: 1,
					generated_by,
				},
			);
		};
		register(made(model, 0), None);
		let mut rounds = Vec::new();
		for round in 1..=ROUNDS {
			let (before, after) = (made(model, round - 1), made(model, round));
			(before + 1..after).for_each(|update| register(update, None));
			let activity = name(b'y', after);
			register(after, Some(activity));
			let inputs = (before..after).map(|number| Input {
				artifact: artifact(number),
				role: InputRole::Used,
			});
			rounds.push(LineageEvent::Derived {
				activity,
				kind: ActivityKind::FederatedRound,
				agent: 1,
				started: 1,
				inputs: inputs.collect(),
				outputs: vec![artifact(after)],
			});
		}
		for round in rounds {
			add(&mut block, round);
		}
		chain.push(block);
	}
	let (index, took) = follow(chain, location).await;
	println!("lineage: {} artifacts in {took:.1?} with SQLite", MODELS * FAMILY);
	index
}

/// Walks over all ancestors of a model, page by page, to the JSON of the answers.
fn walks(index: &Index) {
	let mut times = Vec::new();
	for walk in 0..WALKS {
		let begun = Instant::now();
		let (mut offset, mut nodes) = (0, 0);
		loop {
			let query = TraceQuery {
				artifact: artifact(made(walk * MODELS / WALKS, ROUNDS)),
				direction: Direction::Ancestors,
				depth: u32::MAX,
				offset,
				limit: index::lineage::graph::MAX_PAGE,
			};
			let page = index.trace(&query, MODELS as u32).expect("the model is there");
			nodes += page.nodes.len();
			let next = page.next;
			let answer = lineage::Trace::new(page, |offset| offset.to_string());
			let text = serde_json::to_string(&answer).expect("it has a JSON form");
			assert!(!text.is_empty());
			match next {
				Some(next) => offset = next,
				None => break,
			}
		}
		times.push(begun.elapsed());
		assert_eq!(nodes as u64, FAMILY);
	}
	print("walks: the index, all pages as JSON", times);
}

/// Asks PostgreSQL for the same ancestors, over tables with the indices that the question needs.
async fn recursive_queries() {
	let server = Postgres::start();
	let mut connection = PgConnection::connect(&server.database("plain")).await.expect("it runs");
	let number = MODELS * FAMILY;
	let step = UPDATES + 1;
	let id = |kind: &str, number: &str| {
		format!("decode('{kind}' || repeat('00', 23) || lpad(to_hex({number}), 16, '0'), 'hex')")
	};
	let (artifact_id, activity_id) = (id("61", "n"), id("79", "n"));
	let place = format!("(n % {FAMILY})");
	let used_by = id("79", &format!("n - {place} + ({place} / {step} + 1) * {step}"));
	let tables = format!(
		"CREATE TABLE artifact (id bytea PRIMARY KEY, kind int NOT NULL, owner int NOT NULL, registered bigint NOT NULL, activity bytea);
		 CREATE TABLE used (activity bytea NOT NULL, artifact bytea NOT NULL);
		 INSERT INTO artifact SELECT {artifact_id}, 1, 1, 5,
			CASE WHEN {place} > 0 AND {place} % {step} = 0 THEN {activity_id} END
			FROM generate_series(0::bigint, {number} - 1) n;
		 INSERT INTO used SELECT {used_by}, {artifact_id} FROM generate_series(0::bigint, {number} - 1) n
			WHERE {place} < {FAMILY} - 1;
		 CREATE INDEX used_by_activity ON used (activity);
		 ANALYZE"
	);
	sqlx::raw_sql(&tables)
		.execute(&mut connection)
		.await
		.expect("the tables are made");
	let question = "
		WITH RECURSIVE walk (id, distance) AS (
			SELECT $1::bytea, 0
			UNION
			SELECT u.artifact, w.distance + 1 FROM walk w
				JOIN artifact a ON a.id = w.id JOIN used u ON u.activity = a.activity
		)
		SELECT a.id, a.kind, a.owner, a.registered, a.activity, MIN(w.distance) AS distance
			FROM walk w JOIN artifact a ON a.id = w.id GROUP BY a.id ORDER BY distance";
	let mut times = Vec::new();
	for walk in 0..WALKS {
		let model = artifact(made(walk * MODELS / WALKS, ROUNDS));
		let begun = Instant::now();
		let rows = sqlx::query(question)
			.bind(model.as_bytes())
			.fetch_all(&mut connection)
			.await;
		let rows = rows.expect("an answer");
		times.push(begun.elapsed());
		assert_eq!(rows.len() as u64, FAMILY);
		assert_eq!(rows[0].get::<Vec<u8>, _>("id"), model.as_bytes());
	}
	print("walks: a recursive query of PostgreSQL, the artifacts alone", times);
}

fn print(what: &str, mut times: Vec<Duration>) {
	times.sort();
	let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
	println!(
		"{what}: {} ancestors in {median:.2?} (median of {WALKS}; the slowest {slowest:.2?})",
		FAMILY - 1
	);
}
