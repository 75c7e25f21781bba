//! Judges a model by the logs of its datasets.

use super::{
	ancestry::{inputs, used, Ancestor},
	Accesses, Ancestry, Code, Reason, Verdict, VerdictStatus,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	format,
	string::String,
	vec::Vec,
};
use kexin_primitives::{
	access::{Breaches, Log, LogEntry, Outcome},
	lineage::{ActivityId, ActivityKind, ArtifactId, InputRole},
	vocabulary::Operation,
	DatasetId, UnixMillis, H256,
};

/// The accesses in a dataset's log, counted for the verdict on a model.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
	/// The accesses, divided by what they were for.
	pub accesses: Accesses,
	/// The number of breached accesses for the model with each set of breaches, by its bits.
	breached: BTreeMap<u16, u64>,
	/// The activities of the ancestry that permitted accesses name.
	named: BTreeSet<ActivityId>,
	/// The number of breached accesses that name no activity and could have been for the model.
	unattributed: u64,
}

/// The operations that the activities of an ancestry perform on an input, each with the end of the last of those
/// activities; none while one is still running.
pub(super) type Operations = BTreeMap<Operation, Option<UnixMillis>>;

/// The operations on each input of the ancestry.
pub(super) fn operations(ancestry: &Ancestry) -> BTreeMap<ArtifactId, Operations> {
	let mut operations = BTreeMap::<_, Operations>::new();
	for (_, activity) in &ancestry.activities {
		for input in used(activity).chain(inputs(activity, InputRole::Read)) {
			let of_input = operations.entry(input).or_default();
			let last = of_input.entry(operation(activity.kind)).or_insert(activity.ended);
			*last = last.zip(activity.ended).map(|(one, other)| one.max(other));
		}
	}
	operations
}

impl Tally {
	/// Counts the entries of a dataset's log. `of_model` are the activities of the ancestry, and `operations` are what
	/// they do with the dataset.
	pub fn new(of_model: &BTreeSet<ActivityId>, operations: &Operations, entries: &[LogEntry]) -> Self {
		let mut tally = Self::default();
		for LogEntry { breaches, event, .. } in entries {
			let permitted = event.outcome == Outcome::Permitted;
			let breached = permitted && !breaches.is_empty();
			let for_model = event.activity.filter(|activity| of_model.contains(activity));
			let Accesses {
				for_model: counted,
				breached_for_model: counted_breached,
				other,
				breached_other,
			} = &mut tally.accesses;
			if let Some(activity) = for_model {
				count(counted);
				if permitted {
					tally.named.insert(activity);
				}
				if breached {
					count(counted_breached);
					count(tally.breached.entry(breaches.bits()).or_default());
				}
				continue;
			}
			count(other);
			if breached {
				count(breached_other);
				let last = operations.get(&event.operation);
				let could_be = last.is_some_and(|ended| ended.is_none_or(|ended| event.occurred < ended));
				if event.activity.is_none() && could_be {
					count(&mut tally.unattributed);
				}
			}
		}
		tally
	}
}

fn count(number: &mut u64) {
	*number = number.saturating_add(1);
}

/// The operation on the inputs of such an activity.
fn operation(kind: ActivityKind) -> Operation {
	match kind {
		ActivityKind::Training | ActivityKind::FederatedRound => Operation::Train,
		ActivityKind::Inference => Operation::Infer,
		ActivityKind::Annotation => Operation::Annotate,
		ActivityKind::Synthesis => Operation::Synthesise,
		ActivityKind::Evaluation => Operation::Evaluate,
	}
}

/// The verdict and the notices. The tallies are those of the ancestry's datasets, in that order.
pub(super) fn judge(ancestry: &Ancestry, tallies: &[(Log, Tally)], time: UnixMillis) -> (Verdict, Vec<Reason>) {
	let breached = breaches(ancestry, tallies);
	let unclear = [
		not_reported(ancestry, tallies),
		unknown_origins(ancestry),
		unattributed(ancestry, tallies),
	]
	.concat();
	let (status, reasons, mut notices) = match (breached.is_empty(), unclear.is_empty()) {
		(false, _) => (VerdictStatus::Breached, breached, unclear),
		(true, false) => (VerdictStatus::CannotTell, unclear, Vec::new()),
		(true, true) => (VerdictStatus::Compliant, Vec::new(), Vec::new()),
	};
	notices.extend(ended(ancestry, time));
	notices.extend(superseded(ancestry));
	(Verdict { status, reasons }, notices)
}

fn reason(code: Code, about: H256, text: String) -> Reason {
	Reason {
		code,
		about,
		count: None,
		text,
	}
}

fn counted(code: Code, about: H256, number: u64, text: &str) -> Reason {
	let accesses = if number == 1 { "access" } else { "accesses" };
	Reason {
		count: Some(number),
		..reason(code, about, format!("{number} {accesses} to dataset {about:?} {text}."))
	}
}

/// The datasets with their tallies.
fn per_dataset<'a>(
	ancestry: &'a Ancestry,
	tallies: &'a [(Log, Tally)],
) -> impl Iterator<Item = (DatasetId, &'a Tally)> + Clone {
	let datasets = ancestry.datasets.iter().map(|(id, _)| *id);
	datasets.zip(tallies.iter().map(|(_, tally)| tally))
}

fn breaches(ancestry: &Ancestry, tallies: &[(Log, Tally)]) -> Vec<Reason> {
	let sets = per_dataset(ancestry, tallies).flat_map(|(id, tally)| {
		let sets = tally.breached.iter();
		sets.map(move |(bits, number)| (id, Breaches::from_bits_truncate(*bits), *number))
	});
	let reasons = sets.map(|(id, breaches, number)| {
		let names = breaches.names().collect::<Vec<_>>().join(", ");
		let text = format!("for this model went outside the consents in force: {names}");
		counted(Code::Breach, id, number, &text)
	});
	reasons.collect()
}

fn not_reported(ancestry: &Ancestry, tallies: &[(Log, Tally)]) -> Vec<Reason> {
	let tallies = per_dataset(ancestry, tallies).collect::<BTreeMap<_, _>>();
	let uses = ancestry
		.activities
		.iter()
		.flat_map(|(id, activity)| used(activity).map(move |input| (*id, input)));
	let silent = uses.filter(|(id, input)| tallies.get(input).is_some_and(|tally| !tally.named.contains(id)));
	let reasons = silent.map(|(id, dataset)| {
		let text = format!("Activity {id:?} used dataset {dataset:?}, but no permitted access was reported for that.");
		reason(Code::NoAccessReported, id, text)
	});
	reasons.collect()
}

fn unknown_origins(ancestry: &Ancestry) -> Vec<Reason> {
	let declared = ancestry.datasets.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>();
	let foreign = ancestry
		.artifacts
		.iter()
		.filter(|ancestor| ancestor.artifact.generated_by.is_none() && !declared.contains(&ancestor.id));
	let reasons = foreign.map(|Ancestor { id, .. }| {
		let text = format!("Artifact {id:?} came from outside the ledger, so it is not known what it was made from.");
		reason(Code::UnknownOrigin, *id, text)
	});
	reasons.collect()
}

fn unattributed(ancestry: &Ancestry, tallies: &[(Log, Tally)]) -> Vec<Reason> {
	let datasets = per_dataset(ancestry, tallies).filter(|(_, tally)| tally.unattributed > 0);
	let text = "went outside the consents in force, name no activity, and could have been for this model";
	let reasons = datasets.map(|(id, tally)| counted(Code::UnattributedBreach, id, tally.unattributed, text));
	reasons.collect()
}

fn ended(ancestry: &Ancestry, time: UnixMillis) -> Vec<Reason> {
	let ended = ancestry
		.datasets
		.iter()
		.filter(|(_, dataset)| dataset.cohort.latest().end() <= time);
	let reasons = ended.map(|(id, _)| {
		let text = format!("Nothing is allowed with dataset {id:?} any longer: its consents ended or were withdrawn.");
		reason(Code::ConsentEnded, *id, text)
	});
	reasons.collect()
}

fn superseded(ancestry: &Ancestry) -> Vec<Reason> {
	let superseded = ancestry
		.datasets
		.iter()
		.filter(|(_, dataset)| dataset.superseded.is_some());
	let reasons = superseded.map(|(id, _)| {
		let text = format!("A newer version superseded dataset {id:?}.");
		reason(Code::Superseded, *id, text)
	});
	reasons.collect()
}
