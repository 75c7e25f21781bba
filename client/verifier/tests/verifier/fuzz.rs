//! Files that are damaged with knowledge of their format. Whatever the damage, nothing panics, the length of the file
//! bounds the work, and nothing false is accepted.
//!
//! The ledgers of these tests decide what is true. An accepted mutant is compared with them rather than with the file
//! from which it was made, because a mutant may well prove less, or something about another block.

use crate::{
	published,
	support::{
		access_proof,
		chain::{vote, voters, Chain},
		json,
		ledger::Ledger,
		mutate::{self, seeds, Numbers},
		named,
		sample::{entry, Sample},
		written,
	},
	work::measured,
};
use codec::{Decode, Encode};
use kexin_primitives::{
	access::{Breaches, LogEntry},
	vocabulary::Operation,
	H256,
};
use kexin_verifier::{header::Header, AccessProof, Bytes, Document, Proof, Report};
use serde_json::Value;
use sp_crypto_hashing::blake2_256;

/// Seeds of mutants that once revealed a defect.
const FOUND: &[u64] = &[];

/// Everything that is true on one chain, and honest files about some of it.
struct World {
	genesis: H256,
	/// Every log at each block for which there is a proof.
	logs: Vec<(H256, H256, Vec<LogEntry>)>,
	reports: Vec<Report>,
	files: Vec<Value>,
}

impl World {
	fn add(&mut self, file: &impl serde::Serialize) {
		self.files.push(serde_json::from_slice(&json(file)).unwrap());
	}

	fn add_report(&mut self, document: &Document) {
		let at = document.report.block.hash;
		let logs = document.logs.iter();
		self.logs.extend(logs.map(|log| (at, log.dataset, log.entries.clone())));
		self.reports.push(document.report.clone());
		self.add(document);
	}

	/// Files about three blocks, before and after a change of the voters, with logs that grow and share most of their
	/// entries.
	fn made_up() -> Self {
		let mut sample = Sample::on(Chain::new(voters(0..4)), Ledger::with_filler(20));
		let mut world = Self {
			genesis: sample.chain.hash(),
			logs: vec![],
			reports: vec![],
			files: vec![],
		};
		let mut others = vec![];
		for round in 0..3 {
			world.add_report(&sample.document().unwrap());
			for (word, first, number) in [("scans", 0, 5), ("scans", 1, 3), ("records", 0, 1), ("archive", 0, 0)] {
				let mut proof = access_proof(&mut sample.chain, &sample.ledger, named(word), first, number);
				let logs = sample.logs().into_iter();
				world
					.logs
					.extend(logs.map(|log| (proof.block.hash, log.dataset, log.entries)));
				// The report about another block with the same state is the same.
				let mut report = world.reports[round].clone();
				(report.block.hash, report.block.number) = (proof.block.hash, proof.block.number);
				others.push(report);
				if round == 1 {
					// Final by votes for later blocks, one of which is an equivocation.
					let block = sample.chain.tip.clone();
					let (next, last) = (sample.chain.grow(H256::zero()), sample.chain.grow(H256::zero()));
					let votes = [(0, &next), (1, &next), (2, &next), (2, &last)];
					let votes =
						votes.map(|(voter, header)| vote(&sample.chain.keys[voter], header, 9, sample.chain.set_id));
					let justification = sample.chain.justify_by(&next, votes.to_vec(), vec![last]);
					proof.finality = sample.chain.finality([&block, &next], &justification);
				}
				world.add(&proof);
			}
			sample
				.chain
				.hand_over(voters(4 * round as u16 + 4..4 * round as u16 + 8));
			let mut breached = entry("scans", 5 + round as u8, Operation::Train, Some("train"));
			breached.breaches = Breaches::PURPOSE;
			sample.ledger.record(breached);
		}
		world.reports.extend(others);
		world
	}

	/// The published files, which are about one block.
	fn published() -> Self {
		let mut world = Self {
			genesis: published::genesis(),
			logs: vec![],
			reports: vec![],
			files: vec![],
		};
		let Ok(Proof::Report(document)) = Proof::from_json(published::REPORT) else {
			panic!("the file is read");
		};
		world.add_report(&document);
		world
			.files
			.push(serde_json::from_slice(published::ACCESS_PROOF).unwrap());
		world
	}

	fn is_true(&self, proof: &AccessProof) -> bool {
		let proved = proof.verify(self.genesis).unwrap();
		let at_block = self.logs.iter().filter(|(at, ..)| *at == proved.block.hash);
		assert_ne!(at_block.clone().count(), 0, "the block is on the chain");
		// A dataset without a log has no entries.
		let mut logs = at_block.filter(|(_, of, _)| *of == proved.dataset);
		let entries = logs.next().map_or(&[][..], |(.., entries)| entries);
		let range = usize::try_from(proved.first).unwrap()..;
		proved.count == entries.len() as u64
			&& entries.get(range).is_some_and(|rest| rest.starts_with(proved.entries))
			&& proved.complete == (proved.entries.len() == entries.len())
			&& proof.block.number == proved.block.number
	}

	/// Whether a file is accepted. Only a true one may be.
	fn accepts(&self, file: &[u8], seed: u64) -> bool {
		let (accepted, work) = measured(|| match Proof::from_json(file) {
			Ok(Proof::Access(proof)) => match proof.verify(self.genesis) {
				Ok(_) => {
					assert!(self.is_true(&proof), "seed {seed}: something false was accepted");
					true
				},
				Err(error) => error.to_string().is_empty(),
			},
			Ok(Proof::Report(document)) => match document.verify(self.genesis) {
				Ok(report) => {
					assert!(
						self.reports.contains(report),
						"seed {seed}: something false was accepted"
					);
					true
				},
				Err(error) => error.to_string().is_empty(),
			},
			Err(error) => error.to_string().is_empty(),
		});
		let bound = BYTES_PER_BYTE * (file.len() as u64 + 100);
		assert!(
			work < bound,
			"seed {seed}: {work} bytes were allocated, for a file of {}",
			file.len()
		);
		accepted
	}

	/// The mutant that a seed makes.
	fn mutant(&self, seed: u64) -> Vec<u8> {
		let mut numbers = Numbers::new(seed);
		let (file, other) = (numbers.pick(&self.files), numbers.pick(&self.files));
		if numbers.one_in(4) {
			let mut text = written(&file.to_string());
			mutate::bytes(&mut numbers, &mut text, &written(&other.to_string()));
			return text;
		}
		let mut file = file.clone();
		mutate::json(&mut numbers, &mut file, other);
		if numbers.one_in(2) {
			repair(&mut file);
		}
		written(&mutate::text(&file))
	}
}

/// How many bytes a check may allocate in all, per byte of the file.
const BYTES_PER_BYTE: u64 = 100;

/// Corrects what follows from other parts of the file, as a forger would.
fn repair(file: &mut Value) {
	let header = file
		.pointer("/finality/headers/0")
		.and_then(Value::as_str)
		.and_then(mutate::from_hex);
	let Some(header) = header else { return };
	let Ok(number) = Header::from_bytes(&header).map(|header| header.number) else {
		return;
	};
	let place = if file.get("report").is_some() {
		"/report/block"
	} else {
		"/block"
	};
	if let Some(Value::Object(block)) = file.pointer_mut(place) {
		block.insert("hash".into(), format!("{:?}", H256(blake2_256(&header))).into());
		block.insert("number".into(), number.into());
	}
}

fn fuzz(world: &World, number: u64, least: usize) {
	for file in &world.files {
		assert!(
			world.accepts(&written(&file.to_string()), 0),
			"the honest file is accepted"
		);
	}
	let seeds = seeds(number).chain(FOUND.iter().copied());
	let accepted = seeds.filter(|seed| world.accepts(&world.mutant(*seed), *seed)).count();
	assert!(
		accepted > least,
		"only {accepted} mutants were accepted: others than those that are not so are damaged too much"
	);
}

#[test]
fn mutants_of_made_up_files() {
	fuzz(&World::made_up(), 30_000, 300);
}

#[test]
fn mutants_of_the_published_files() {
	fuzz(&World::published(), 1_500, 15);
}

/// A state that no honest ledger has: it comes from voters who conspire, or who belong to the attacker.
#[test]
fn values_that_no_ledger_writes() {
	let (mut made, mut refused) = (0, 0);
	for seed in seeds(4_000).chain([3857]) {
		let mut numbers = Numbers::new(seed);
		let mut sample = Sample::on(Chain::new(voters(0..1)), Ledger::default());
		let mut values = sample.ledger.values_mut().collect::<Vec<_>>();
		let (one, other) = (numbers.below(values.len()), numbers.below(values.len()));
		let other = values[other].clone();
		mutate::bytes(&mut numbers, values[one], &other);
		let (document, work) = measured(|| sample.document());
		assert!(work < 4_000_000, "seed {seed}: {work} bytes were allocated");
		let Ok(document) = document else {
			refused += 1;
			continue;
		};
		made += 1;
		assert!(document.verify(sample.chain.hash()).is_ok(), "seed {seed}");
		if let Ok(read) = Proof::from_json(&json(&document)) {
			let read_as_it_is = read == Proof::Report(Box::new(document));
			assert!(read_as_it_is, "seed {seed}: it was read as something else");
		}
	}
	assert!(
		made > 100 && refused > 100,
		"{made} reports were made and {refused} refused"
	);
}

/// Headers that no honest author makes, with the signatures of all voters.
#[test]
fn headers_that_no_author_makes() {
	let mut chain = Chain::new(voters(0..2));
	let honest = chain.hand_over(voters(2..4)).encode();
	let mut accepted = 0;
	for seed in seeds(20_000) {
		let mut numbers = Numbers::new(seed);
		let mut bytes = honest.clone();
		mutate::bytes(&mut numbers, &mut bytes, &honest);
		let Ok(header) = Header::decode(&mut &bytes[..]) else {
			continue;
		};
		let mut finality = chain.prove(&header);
		finality.headers = vec![Bytes(bytes.clone())];
		let (result, work) = measured(|| finality.verify(chain.hash()));
		assert!(work < 100_000, "seed {seed}: {work} bytes were allocated");
		if let Ok(block) = result {
			accepted += 1;
			assert_eq!(
				(block.hash, block.number),
				(H256(blake2_256(&bytes)), header.number),
				"seed {seed}"
			);
		}
	}
	assert!(accepted > 20, "only {accepted} headers were accepted");
}

#[test]
fn deep_nesting_is_refused_before_it_fills_the_stack() {
	for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
		let deep = format!("{}1{}", open.repeat(1_000_000), close.repeat(1_000_000));
		for format in [AccessProof::FORMAT, Document::FORMAT] {
			for field in ["more", "state", "report", "finality", "entries"] {
				let file = format!("{{\"format\": \"{format}\", \"{field}\": {deep}}}");
				assert!(Proof::from_json(file.as_bytes()).is_err(), "{field}");
			}
		}
	}
}
