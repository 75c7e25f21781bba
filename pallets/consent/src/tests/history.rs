//! Random histories, compared with a naive model that stores everything and answers by replaying it.

use super::change::{change, Change, PURPOSES};
use crate::{mock::*, *};
use kexin_primitives::{
	access::Judgement,
	scope::Request,
	vocabulary::{Operation, Purpose},
};
use proptest::prelude::*;

const DATASET: DatasetId = H256::repeat_byte(0xda);

#[derive(Clone, Debug)]
enum Step {
	Wait(UnixMillis),
	Change(Change),
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![
		1 => (1..5u64).prop_map(Step::Wait),
		4 => change(1).prop_map(Step::Change),
	]
}

/// A subject's consent, with all later narrowings and their times.
#[derive(Clone, Default)]
struct Model {
	/// Per subject: (start, end, purposes, narrowings).
	consents: [Vec<Granted>; 3],
	/// The subjects that joined the cohort, when, and under which of their consents.
	joined: Vec<(usize, UnixMillis, usize)>,
	/// When each subject last narrowed or withdrew consents.
	last_narrowed: [UnixMillis; 3],
}

#[derive(Clone)]
struct Granted {
	document: u64,
	start: UnixMillis,
	end: UnixMillis,
	purposes: Vec<Purpose>,
	narrowed: Vec<(UnixMillis, Vec<Purpose>)>,
	recorded: UnixMillis,
}

impl Granted {
	fn allows_after_start(&self, purpose: Purpose, at: UnixMillis) -> bool {
		at < self.end
			&& self.purposes.contains(&purpose)
			&& self
				.narrowed
				.iter()
				.all(|(since, left)| at < *since || left.contains(&purpose))
	}
}

impl Model {
	/// The document of the consent with this number; an unknown document where there is none.
	fn document(&self, subject: u64, which: u64) -> u64 {
		let granted = self.consents[subject as usize].get(which as usize);
		granted.map_or(u64::MAX, |granted| granted.document)
	}

	/// Carries out a change by a document with this number, which the pallet made.
	fn change(&mut self, change: Change, document: u64, now: UnixMillis) {
		match change {
			Change::Grant {
				subject,
				purposes,
				dated,
				lasts,
			} => {
				let stated = dated.map_or(0, |dated| now - dated);
				let is_before = stated < self.last_narrowed[subject as usize];
				self.consents[subject as usize].push(Granted {
					document,
					start: if is_before { now } else { stated },
					end: now - dated.unwrap_or(0) + lasts,
					purposes,
					narrowed: vec![],
					recorded: now,
				});
			},
			Change::Narrow {
				subject,
				which,
				purposes,
			} => {
				let only = which.map(|which| self.document(subject, which));
				self.narrow(subject, only, now, &purposes);
			},
			Change::Revoke { subject, which } => {
				let only = which.map(|which| self.document(subject, which));
				self.narrow(subject, only, now, &[]);
			},
			Change::Enrol { subject, .. } => {
				let subject = subject as usize;
				// Whoever is in it already joins no second time.
				if Consent::dataset(DATASET).unwrap().subjects as usize > self.joined.len() {
					self.joined.push((subject, now, self.joins_under(subject)));
				}
			},
		}
	}

	fn narrow(&mut self, subject: u64, only: Option<u64>, now: UnixMillis, purposes: &[Purpose]) {
		for granted in &mut self.consents[subject as usize] {
			if only.is_none_or(|only| only == granted.document) {
				granted.narrowed.push((now, purposes.to_vec()));
			}
		}
		self.last_narrowed[subject as usize] = now;
	}

	fn subject_allows(&self, subject: usize, purpose: Purpose, at: UnixMillis) -> bool {
		self.consents[subject]
			.iter()
			.any(|granted| granted.start <= at && granted.allows_after_start(purpose, at))
	}

	/// The consent under which a subject joins: the newest that had not ended when it was recorded, or else the newest.
	fn joins_under(&self, subject: usize) -> usize {
		let consents = &self.consents[subject];
		let open = |granted: &Granted| {
			PURPOSES
				.iter()
				.any(|purpose| granted.allows_after_start(*purpose, granted.recorded))
		};
		consents.iter().rposition(open).unwrap_or(consents.len() - 1)
	}

	/// Somebody must have joined by then, and everybody who had must allow it, by the consent under which they joined.
	fn cohort_allows(&self, purpose: Purpose, at: UnixMillis) -> bool {
		let anybody = self.joined.iter().any(|(_, since, _)| *since <= at);
		anybody
			&& self.joined.iter().all(|(subject, since, consent)| {
				at < *since || self.consents[*subject][*consent].allows_after_start(purpose, at)
			})
	}
}

fn request(purpose: Purpose) -> Request {
	Request {
		purpose: Some(purpose),
		operation: Operation::Read,
		region: None,
		recipient: None,
		recipient_class: None,
	}
}

/// What is permitted with no notice: for each purpose, of the dataset and of each subject.
fn permitted_outright(at: UnixMillis) -> Vec<bool> {
	let dataset = Consent::dataset(DATASET).unwrap();
	let of = |purpose| {
		let request = request(purpose);
		let subjects = (0..3).map(|subject| {
			Consent::subject(hash(subject), HOSPITAL)
				.is_some_and(|subject| subject.judge(DATASET, &dataset, &request, at) == Judgement::default())
		});
		let subjects = subjects.collect::<Vec<_>>();
		[vec![dataset.breaches(&request, at).is_empty()], subjects].concat()
	};
	PURPOSES.into_iter().flat_map(of).collect()
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]
	#[test]
	fn the_scope_alone_answers_for_every_time(steps in proptest::collection::vec(step(), 1..40)) {
		ExtBuilder::build_and_execute(|| {
			let mut model = Model::default();
			let mut now = NOW;
			let mut known = Vec::new();
			Consent::declare_dataset(steward(), DATASET, everything(), None).unwrap();
			for (document, step) in (0u64..).zip(steps) {
				match step {
					Step::Wait(time) => {
						known.extend((now..now + time).map(|at| (at, permitted_outright(at))));
						now += time;
						set_now(now);
					},
					Step::Change(change) => {
						let consent = |subject, which| hash(model.document(subject, which));
						if change.play(hash(document), consent, |_| DATASET).is_ok() {
							model.change(change, document, now);
						}
					},
				}
			}
			for (at, permitted) in known {
				assert_eq!(permitted_outright(at), permitted, "at {}, as it was judged then", at - NOW);
			}
			for at in NOW..=now + 45 {
				for purpose in PURPOSES {
					let request = request(purpose);
					let cohort = Consent::dataset(DATASET).unwrap().breaches(&request, at).is_empty();
					assert_eq!(cohort, model.cohort_allows(purpose, at), "cohort, {purpose} at {}", at - NOW);
					for subject in 0..3 {
						let permitted = Consent::subject(hash(subject), HOSPITAL).is_some_and(|subject| {
							subject.consents.iter().any(|c| c.scope.latest().permits(&request, at))
						});
						let expected = model.subject_allows(subject as usize, purpose, at);
						assert_eq!(permitted, expected, "subject {subject}, {purpose} at {}", at - NOW);
					}
				}
			}
		});
	}
}
