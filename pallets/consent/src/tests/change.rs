//! Random changes of consents, of which the tests make histories.

use crate::{mock::*, *};
use frame_support::dispatch::DispatchResult;
use kexin_primitives::{scope::Dimension, vocabulary::Purpose, FOREVER};
use proptest::prelude::*;

pub const PURPOSES: [Purpose; 3] = [Purpose::Treatment, Purpose::ModelTraining, Purpose::Research];
/// How many persons there are, with the numbers from 0 on.
pub const SUBJECTS: u64 = 3;

/// What a hospital asks for. Persons and datasets are numbers, and `which` is that of a consent; none is all.
#[derive(Clone, Debug)]
pub enum Change {
	Grant {
		subject: u64,
		purposes: Vec<Purpose>,
		/// How long before it is recorded it starts, which it may not say.
		dated: Option<UnixMillis>,
		/// How long it lasts from then on. It may have ended before it is recorded.
		lasts: UnixMillis,
	},
	Narrow {
		subject: u64,
		which: Option<u64>,
		purposes: Vec<Purpose>,
	},
	Revoke {
		subject: u64,
		which: Option<u64>,
	},
	Enrol {
		subject: u64,
		dataset: u64,
	},
}

/// Changes with this number of datasets.
pub fn change(datasets: u64) -> impl Strategy<Value = Change> {
	let purposes = || proptest::sample::subsequence(PURPOSES.to_vec(), 1..=3);
	let which = || proptest::option::of(0..6u64);
	let subject = || 0..SUBJECTS;
	let dated = proptest::option::weighted(0.8, 0..9u64);
	prop_oneof![
		3 => (subject(), purposes(), dated, 1..40u64).prop_map(|(subject, purposes, dated, lasts)| {
			Change::Grant { subject, purposes, dated, lasts }
		}),
		2 => (subject(), which(), purposes())
			.prop_map(|(subject, which, purposes)| Change::Narrow { subject, which, purposes }),
		1 => (subject(), which()).prop_map(|(subject, which)| Change::Revoke { subject, which }),
		3 => (subject(), 0..datasets).prop_map(|(subject, dataset)| Change::Enrol { subject, dataset }),
	]
}

/// The scope of a consent that is granted now.
fn granted(purposes: &[Purpose], dated: Option<UnixMillis>, lasts: UnixMillis) -> Scope {
	let now = Timestamp::now();
	Scope {
		purposes: Dimension::only(purposes.to_vec(), now - dated.unwrap_or(0) + lasts).unwrap(),
		..Scope::everything(dated.map_or(0, |dated| now - dated))
	}
}

impl Change {
	/// Asks the pallet for it, by a document with this hash. The pallet may refuse it.
	pub fn play(
		&self,
		document: H256,
		consent: impl Fn(u64, u64) -> H256,
		dataset: impl Fn(u64) -> DatasetId,
	) -> DispatchResult {
		match self {
			Self::Grant {
				subject,
				purposes,
				dated,
				lasts,
			} => {
				let scope = Versioned::V1(granted(purposes, *dated, *lasts));
				Consent::grant(steward(), hash(*subject), scope, document)?;
			},
			Self::Narrow {
				subject,
				which,
				purposes,
			} => {
				let limits = scope_for(purposes.clone(), FOREVER);
				let only = which.map(|which| consent(*subject, which));
				Consent::narrow(steward(), hash(*subject), only, limits, document)?;
			},
			Self::Revoke { subject, which } => {
				let only = which.map(|which| consent(*subject, which));
				Consent::revoke(steward(), hash(*subject), only, document)?;
			},
			Self::Enrol {
				subject,
				dataset: number,
			} => {
				let subjects = vec![hash(*subject)].try_into().unwrap();
				Consent::enrol(steward(), dataset(*number), subjects).map_err(|refused| refused.error)?;
			},
		}
		Ok(())
	}
}
