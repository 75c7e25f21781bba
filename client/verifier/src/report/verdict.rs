//! Judges what the logs say about a model.

use super::{
	ancestry::{inputs, used, Ancestor},
	Accesses, Ancestry, Code, Reason, Status, Verdict,
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

/// What a data set's log says about a model.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
	/// The accesses, by whom they were for.
	pub accesses: Accesses,
	/// The breached accesses for the model, by the bits of their breaches.
	breached: BTreeMap<u16, u64>,
	/// The activities of the ancestry that permitted accesses name.
	named: BTreeSet<ActivityId>,
	/// Breached accesses that name no activity and could have been for one of the ancestry.
	unattributed: u64,
}

/// What the activities of an ancestry do with a data set that they used or read, and when the last of those that do it ended; none while
/// one goes on.
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
	/// Counts the entries of a data set's log. `of_model` are the activities of the ancestry, `operations` what they do with the data set.
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

/// What is done with data when such an activity uses it.
fn operation(kind: ActivityKind) -> Operation {
	match kind {
		ActivityKind::Training | ActivityKind::FederatedRound => Operation::Train,
		ActivityKind::Inference => Operation::Infer,
		ActivityKind::Annotation => Operation::Annotate,
		ActivityKind::Synthesis => Operation::Synthesise,
		ActivityKind::Evaluation => Operation::Evaluate,
	}
}

/// The verdict and the notices. The tallies are those of the ancestry's data sets, in their order.
pub(super) fn judge(ancestry: &Ancestry, tallies: &[(Log, Tally)], time: UnixMillis) -> (Verdict, Vec<Reason>) {
	let breached = breaches(ancestry, tallies);
	let unclear = [
		not_reported(ancestry, tallies),
		unknown_origins(ancestry),
		unattributed(ancestry, tallies),
	]
	.concat();
	let (status, reasons, mut notices) = match (breached.is_empty(), unclear.is_empty()) {
		(false, _) => (Status::Breached, breached, unclear),
		(true, false) => (Status::CannotTell, unclear, Vec::new()),
		(true, true) => (Status::Compliant, Vec::new(), Vec::new()),
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
		..reason(
			code,
			about,
			format!("{number} {accesses} to data set {about:?} {text}."),
		)
	}
}

/// The data sets with what their logs say.
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
		let used = format!("Activity {id:?} used data set {dataset:?}");
		let text = format!("{used}, and no permitted access to it was reported for that.");
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
		let text = format!("Artifact {id:?} came from outside the ledger, which does not know what it was made from.");
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
		let text =
			format!("Nothing is allowed with data set {id:?} any more: its consents ended or consent was withdrawn.");
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
		let text = format!("A newer version took the place of data set {id:?}.");
		reason(Code::Superseded, *id, text)
	});
	reasons.collect()
}
