//! Reports and proofs from a node that may lie.

use crate::support::{
	named,
	sample::{activity, entry, Sample, AUDITOR, COMPANY, HOSPITAL, NOW},
};
use kexin::{
	ledger::LedgerError,
	report::fetch::{self, At, FetchError, FetchProgress, Range, Rpc, Wanted, PAGE},
};
use kexin_primitives::{
	access::{Breaches, LogEntry},
	lineage::{ActivityKind, InputRole},
	storage_keys,
	vocabulary::Operation,
	H256,
};
use kexin_verifier::{
	access,
	header::Header,
	report::{Ancestry, Consents},
	AccessProof, Bytes, Document, Error, ReadState as _, Trust,
};
use serde_json::{json, Value};
use std::{cell::RefCell, time::Duration};

/// A node that answers from a ledger, and then changes the answer.
struct Fake<F> {
	sample: Sample,
	header: Header,
	/// Changes the answer of a method, which was called a number of times before.
	lie: F,
	asked: RefCell<Vec<String>>,
}

type Answer = Result<Value, LedgerError>;

fn honest(_: &str, _: usize, answer: Value) -> Answer {
	Ok(answer)
}

/// A node of a ledger whose first log has more entries than one answer can have.
fn node<F: Fn(&str, usize, Value) -> Answer>(lie: F) -> Fake<F> {
	let mut sample = Sample::new();
	let elsewhere = activity(ActivityKind::Evaluation, &[("scans", InputRole::Used)], &["figures"]);
	sample
		.ledger
		.put(storage_keys::activity(&named("elsewhere")), elsewhere);
	let entries = (0..2 * PAGE).map(|number| {
		// A breach that names an activity outside the ancestry.
		let (name, breaches) = match number {
			7 => ("elsewhere", Breaches::REGION),
			_ => ("train", Breaches::empty()),
		};
		LogEntry {
			recorded: NOW - 900_000 + number,
			breaches,
			..entry("scans", (number % 200) as u8, Operation::Train, Some(name))
		}
	});
	sample.ledger.record_all(named("scans"), entries);
	let header = sample.chain.grow(sample.ledger.root());
	Fake {
		sample,
		header,
		lie,
		asked: RefCell::default(),
	}
}

impl<F> Fake<F> {
	fn genesis(&self) -> H256 {
		self.sample.chain.hash()
	}

	fn answer(&self, method: &str, params: &[Value]) -> Value {
		let finality = || {
			let start = self.sample.chain.trusted.as_ref().map(Header::hash);
			let asked = params.get(if method == "audit_proof" { 2 } else { 3 });
			let asked = asked.unwrap_or(&Value::Null);
			assert_eq!(asked, &json!(start), "the block at which the proof shall begin");
			self.sample.chain.prove(&self.header)
		};
		match method {
			"chain_getBlockHash" => match params[0].as_u64() {
				Some(0) => json!(self.genesis()),
				Some(1) => json!(self.header.hash()),
				_ => Value::Null,
			},
			"audit_proof" => {
				let read = |state: &kexin_verifier::ProvedState| {
					state.now().unwrap();
					for member in [HOSPITAL, COMPANY, AUDITOR] {
						state.member(member).unwrap();
					}
					let model = serde_json::from_value(params[0].clone()).unwrap();
					for (dataset, _) in Ancestry::walk(state, model).map_or_else(|_| Vec::new(), |known| known.datasets)
					{
						state.log(&dataset).unwrap();
					}
				};
				json!({
					"block": { "hash": self.header.hash(), "number": self.header.number }, "model": params[0],
					"finality": finality(), "state": self.sample.ledger.prove(read), "datasets": "ignored",
				})
			},
			"access_proof" => {
				let dataset: H256 = serde_json::from_value(params[0].clone()).unwrap();
				let log = self.sample.ledger.log(&dataset);
				let index = |name: &str| params[1][name].as_u64().map(|index| index as usize);
				let first = index("from").unwrap();
				let end = index("to").unwrap_or(log.entries.len());
				let read = |state: &kexin_verifier::ProvedState| {
					drop((state.log(&dataset).unwrap(), state.dataset(&dataset).unwrap()));
				};
				json!(AccessProof {
					format: AccessProof::FORMAT.into(),
					block: access::BlockId {
						hash: self.header.hash(),
						number: self.header.number
					},
					finality: finality(),
					state: self.sample.ledger.prove(read),
					dataset,
					count: log.entries.len() as u64,
					first: first as u64,
					entries: log.entries[first..end].to_vec(),
					hashes: log.hashes(first, end - first),
				})
			},
			"state_getReadProof" => {
				let keys: Vec<Bytes> = serde_json::from_value(params[0].clone()).unwrap();
				assert!(keys.len() <= fetch::VALUES);
				assert_eq!(params[1], json!(self.header.hash()));
				let read = |state: &kexin_verifier::ProvedState| {
					for key in &keys {
						drop(state.get(key.as_ref()).unwrap());
					}
				};
				json!({ "at": params[1], "proof": self.sample.ledger.prove(read) })
			},
			method => panic!("{method} was asked"),
		}
	}
}

impl<F: Fn(&str, usize, Value) -> Answer> Rpc for Fake<F> {
	async fn call(&self, method: &str, params: &[Value]) -> Answer {
		let before = self.asked.borrow().iter().filter(|asked| *asked == method).count();
		self.asked.borrow_mut().push(method.into());
		(self.lie)(method, before, self.answer(method, params))
	}

	const PAUSE: Duration = Duration::ZERO;
}

async fn report<F: Fn(&str, usize, Value) -> Answer>(node: &Fake<F>) -> Result<Document, FetchError> {
	fetch::report(
		node,
		node.sample.model,
		&node.genesis().into(),
		None,
		Consents::All,
		&mut |_| (),
	)
	.await
}

#[tokio::test]
async fn a_report_is_fetched_page_by_page() {
	let node = node(honest);
	let mut seen = Vec::new();
	let document = fetch::report(
		&node,
		node.sample.model,
		&node.genesis().into(),
		None,
		Consents::None,
		&mut |progress| seen.push(progress),
	)
	.await;
	let document = document.unwrap();
	assert_eq!(document.verify(node.genesis()), Ok(&document.report));
	assert_eq!(document.logs, node.sample.logs());
	let total = 2 * PAGE + 5;
	let scans = [PAGE, 2 * PAGE, total].map(|done| FetchProgress::Entries {
		dataset: named("scans"),
		done,
		total,
	});
	assert_eq!(seen[..3], scans);
	assert_eq!(seen.last(), Some(&FetchProgress::Deriving));
}

#[tokio::test]
async fn a_report_begins_at_the_block_that_is_trusted() {
	let mut node = node(honest);
	let chain = &mut node.sample.chain;
	let trusted = chain.begin_with(&chain.state());
	node.header = chain.grow(node.sample.ledger.root());
	let trust = Trust {
		block: Some(trusted),
		..node.genesis().into()
	};
	let document = fetch::report(&node, node.sample.model, &trust, None, Consents::None, &mut |_| ()).await;
	let document = document.unwrap();
	assert_eq!(document.finality.begins_at(), Some(trusted));
	assert_eq!(document.verify(&trust), Ok(&document.report));
	assert_eq!(document.verify(node.genesis()), Err(Error::UntrustedStart(trusted)));
}

#[tokio::test]
async fn a_block_is_found_by_its_number() {
	let node = node(honest);
	let hash = node.header.hash();
	assert_eq!(fetch::genesis(&node).await.unwrap(), node.genesis());
	let dataset = named("scans");
	let first = fetch::block(&node, At::Number(1)).await.unwrap();
	assert_eq!((first.hash, first.number), (hash, Some(1)));
	let by_hash = fetch::block(&node, At::Hash(H256::zero())).await.unwrap();
	assert_eq!((by_hash.hash, by_hash.number), (H256::zero(), None));
	assert!(matches!(
		fetch::block(&node, At::Number(7)).await,
		Err(FetchError::Other { .. })
	));
	let at = fetch::report(
		&node,
		node.sample.model,
		&node.genesis().into(),
		Some(first),
		Consents::None,
		&mut |_| (),
	)
	.await;
	assert_eq!(at.unwrap().report.block.hash, hash);
	// The node says which hash a number has, and the proof shows which number a hash has.
	let lie = Some(Wanted {
		number: Some(2),
		..first
	});
	let trust = node.genesis().into();
	let report = fetch::report(&node, node.sample.model, &trust, lie, Consents::None, &mut |_| ()).await;
	let everything = Range { first: 0, end: None };
	let accesses = fetch::accesses(&node, dataset, everything, &trust, lie).await;
	for refused in [report.err(), accesses.err()] {
		let refused = refused.unwrap();
		assert!(matches!(refused, FetchError::Other { .. }), "{refused}");
	}
}

#[tokio::test]
async fn accesses_are_fetched_with_their_proof() {
	let node = node(honest);
	for (first, end, number) in [(0, Some(1), 1), (7, Some(9), 2), (2 * PAGE, None, 5)] {
		let proof = fetch::accesses(
			&node,
			named("scans"),
			Range { first, end },
			&node.genesis().into(),
			None,
		)
		.await
		.unwrap();
		assert_eq!((proof.first, proof.entries.len()), (first, number));
	}
}

#[tokio::test]
async fn a_request_that_the_node_cannot_answer_yet_is_repeated() {
	let soon = |code, message: &str| LedgerError::Method {
		code,
		message: message.into(),
	};
	let patient = node(|_, before, answer| match before {
		0 => Err(soon(8008, "not indexed yet")),
		1 => Err(soon(8009, "not final yet")),
		_ => Ok(answer),
	});
	assert!(report(&patient).await.is_ok());
	let never = node(|_, _, _| Err(soon(8009, "not final yet")));
	assert!(matches!(report(&never).await, Err(FetchError::Node { .. })));
	assert_eq!(never.asked.borrow().len(), 30);
	let unknown = node(|_, _, _| Err(soon(8002, "not registered")));
	assert!(report(&unknown).await.unwrap_err().to_string().contains("8002"));
	assert_eq!(unknown.asked.borrow().len(), 1);
}

/// What comes of the report when the node changes an answer of `access_proof`.
async fn changed(change: fn(&mut Value)) -> FetchError {
	let node = node(|method, before, mut answer| {
		if (method, before) == ("access_proof", 1) {
			change(&mut answer);
		}
		Ok(answer)
	});
	report(&node).await.unwrap_err()
}

#[tokio::test]
async fn a_lie_is_found_out() {
	let refused = |error: FetchError| match error {
		FetchError::Refused(error) => error,
		other => panic!("{other}"),
	};
	let scans = named("scans");
	let edited = changed(|page| page["entries"][3]["event"]["actor"] = json!(H256::zero())).await;
	assert_eq!(refused(edited), Error::EntryAltered(scans));
	let short = changed(|page| drop(page["entries"].as_array_mut().unwrap().pop())).await;
	refused(short);
	let count = changed(|page| page["count"] = json!(PAGE)).await;
	assert_eq!(refused(count), Error::Differs("count".into()));
	let unsigned = changed(|page| page["finality"]["justification"] = json!("0x")).await;
	assert!(matches!(refused(unsigned), Error::Justification { .. }));
	let garbage = changed(|page| *page = json!("no")).await;
	assert!(matches!(garbage, FetchError::Malformed { .. }));
}

#[tokio::test]
async fn an_answer_must_prove_what_was_asked() {
	let honest_node = node(honest);
	let other_page = honest_node.answer(
		"access_proof",
		&[json!(named("scans")), json!({ "from": 0, "to": PAGE })],
	);
	let other_log = honest_node.answer("access_proof", &[json!(named("records")), json!({ "from": 0 })]);
	for other in [other_page, other_log] {
		let node = node(|method, before, answer| match (method, before) {
			("access_proof", 1) => Ok(other.clone()),
			_ => Ok(answer),
		});
		let error = report(&node).await.unwrap_err();
		assert!(matches!(error, FetchError::Other { .. }), "{error}");
	}
	let genesis = fetch::report(
		&honest_node,
		honest_node.sample.model,
		&named("elsewhere").into(),
		None,
		Consents::None,
		&mut |_| (),
	)
	.await;
	assert!(matches!(genesis, Err(FetchError::Refused(Error::WrongGenesis { .. }))));
	let old = fetch::report(
		&honest_node,
		honest_node.sample.model,
		&honest_node.genesis().into(),
		Some(Wanted {
			hash: named("old"),
			number: None,
		}),
		Consents::None,
		&mut |_| (),
	)
	.await;
	assert!(matches!(old, Err(FetchError::Other { .. })));
	let unknown = fetch::report(
		&honest_node,
		named("nothing"),
		&honest_node.genesis().into(),
		None,
		Consents::None,
		&mut |_| (),
	)
	.await;
	assert!(matches!(unknown, Err(FetchError::Refused(_))));
}

/// A node whose log has accesses to the data of this many persons, of whom half never consented.
fn node_of_many(persons: usize) -> Fake<fn(&str, usize, Value) -> Answer> {
	let mut sample = Sample::new();
	for number in 0..persons {
		let mut entry = entry("scans", 5, Operation::Train, Some("train"));
		entry.event.subject = Some(named(&format!("person {number}")));
		sample.ledger.record(entry);
		if number % 2 == 0 {
			let key = kexin_primitives::storage_keys::subject(&entry.event.subject.unwrap(), entry.reporter);
			sample.ledger.put(key, kexin_primitives::subject::Subject::default());
		}
	}
	let header = sample.chain.grow(sample.ledger.root());
	Fake {
		sample,
		header,
		lie: honest,
		asked: RefCell::default(),
	}
}

#[tokio::test]
async fn consents_are_fetched_page_by_page() {
	let persons = fetch::VALUES + 3;
	let node = node_of_many(persons);
	let mut seen = Vec::new();
	let trust = node.genesis().into();
	let watch = &mut |progress| seen.push(progress);
	let document = fetch::report(&node, node.sample.model, &trust, None, Consents::All, watch)
		.await
		.unwrap();
	assert_eq!(document.consents, Consents::All);
	assert_eq!(document.verify(node.genesis()), Ok(&document.report));
	// The patient of the sample is a person too.
	let total = persons + 1;
	let pages = [fetch::VALUES, total].map(|done| FetchProgress::Consents { done, total });
	assert!(pages.iter().all(|page| seen.contains(page)), "{seen:?}");
	let without = fetch::report(&node, node.sample.model, &trust, None, Consents::None, &mut |_| ())
		.await
		.unwrap();
	assert!(without.consents.is_none() && without.state.len() < document.state.len());
	assert_eq!(without.report, document.report);
}

#[tokio::test]
async fn consents_that_the_node_leaves_out_are_missed() {
	let mut node = node_of_many(3);
	node.lie = |method, _, mut answer| {
		if method == "state_getReadProof" {
			answer["proof"].as_array_mut().unwrap().truncate(1);
		}
		Ok(answer)
	};
	let error = report(&node).await.unwrap_err();
	assert!(matches!(error, FetchError::Refused(Error::State { .. })), "{error}");
}
