//! Random histories, compared with a naive model that stores everything and answers by replaying it.

use crate::{mock::*, *};
use kexin_primitives::{
	access::Judgement,
	scope::{Dimension, Request},
	vocabulary::{Operation, Purpose},
};
use proptest::prelude::*;

const PURPOSES: [Purpose; 3] = [Purpose::Treatment, Purpose::ModelTraining, Purpose::Research];
const DATASET: DatasetId = H256::repeat_byte(0xda);

#[derive(Clone, Debug)]
enum Step {
	Wait(UnixMillis),
	Grant {
		subject: u64,
		purposes: Vec<Purpose>,
		/// How long before it is recorded it starts, which it may not say.
		dated: Option<UnixMillis>,
		lasts: UnixMillis,
	},
	Narrow {
		subject: u64,
		which: Option<usize>,
		purposes: Vec<Purpose>,
	},
	Revoke {
		subject: u64,
		which: Option<usize>,
	},
	Enrol {
		subject: u64,
	},
}

fn step() -> impl Strategy<Value = Step> {
	let purposes = || proptest::sample::subsequence(PURPOSES.to_vec(), 1..=3);
	let which = || proptest::option::of(0..3usize);
	prop_oneof![
		(1..5u64).prop_map(Step::Wait),
		(0..3u64, purposes(), proptest::option::of(0..9u64), 1..40u64).prop_map(|(subject, purposes, dated, lasts)| {
			Step::Grant {
				subject,
				purposes,
				dated,
				lasts,
			}
		}),
		(0..3u64, which(), purposes()).prop_map(|(subject, which, purposes)| Step::Narrow {
			subject,
			which,
			purposes
		}),
		(0..3u64, which()).prop_map(|(subject, which)| Step::Revoke { subject, which }),
		(0..3u64).prop_map(|subject| Step::Enrol { subject }),
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
	fn document(&self, subject: u64, which: usize) -> u64 {
		let granted = self.consents[subject as usize].get(which);
		granted.map_or(u64::MAX, |granted| granted.document)
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
					Step::Grant { subject, purposes, dated, lasts } => {
						let stated = dated.map_or(0, |dated| now - dated);
						let narrowed = model.last_narrowed[subject as usize];
						let start = if stated < narrowed { now } else { stated };
						let end = now - dated.unwrap_or(0) + lasts;
						let scope = Scope {
							purposes: Dimension::only(purposes.clone(), end).unwrap(),
							..Scope::everything(stated)
						};
						if Consent::grant(steward(), hash(subject), Versioned::V1(scope), hash(document)).is_ok() {
							model.consents[subject as usize].push(Granted { document, start, end, purposes, narrowed: vec![], recorded: now });
						}
					},
					Step::Narrow { subject, which, purposes } => {
						let limits = scope_for(purposes.clone(), kexin_primitives::FOREVER);
						let only = which.map(|which| model.document(subject, which));
						if Consent::narrow(steward(), hash(subject), only.map(hash), limits, hash(document)).is_ok() {
							model.narrow(subject, only, now, &purposes);
						}
					},
					Step::Revoke { subject, which } => {
						let only = which.map(|which| model.document(subject, which));
						if Consent::revoke(steward(), hash(subject), only.map(hash), hash(document)).is_ok() {
							model.narrow(subject, only, now, &[]);
						}
					},
					Step::Enrol { subject } => {
						let known = Consent::dataset(DATASET).unwrap().subjects;
						let _ = Consent::enrol(steward(), DATASET, vec![hash(subject)].try_into().unwrap());
						if Consent::dataset(DATASET).unwrap().subjects > known {
							let under = model.joins_under(subject as usize);
							model.joined.push((subject as usize, now, under));
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
