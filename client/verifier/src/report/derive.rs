//! Computes a report.

use super::{
	ancestry::{inputs, used, Ancestor},
	judgements::{subjects, Consents, Counter, Judgements, Needed, Shown},
	verdict::{self, Tally, Used, Uses},
	Ancestry, DatasetLog, LogSummary, Report, ReportedActivity, ReportedArtifact, ReportedBlock, ReportedDataset,
	ReportedEvidence, ReportedMember,
};
use crate::{
	access::{BlockId, DeclaredLog},
	error::{in_state, Error, StateError},
	state::ReadState,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	string::String,
	vec::Vec,
};
use kexin_primitives::{
	access::{Log, LogEntry},
	dataset::Dataset,
	lineage::{Activity, ActivityId, ArtifactId, InputRole},
	members::MemberId,
	DatasetId, UnixMillis, H256,
};

/// The report about a model, from the state at a block and the complete logs of the datasets in
/// [`Ancestry::datasets`], in that order.
///
/// The size of the state and the logs bounds the work. Each log is checked against the state.
///
/// # Errors
/// [`Error::State`], [`Error::NotRegistered`], [`Error::AgainstRules`], and the variants of [`Error`] about logs.
pub fn derive(
	genesis: H256,
	block: BlockId,
	state: &(impl ReadState + ?Sized),
	model: ArtifactId,
	logs: &[DatasetLog],
) -> Result<Report, Error> {
	derive_with(Consents::None, genesis, block, state, model, logs).map(|(report, _)| report)
}

/// As [`derive`], with the consents that the state shows, and how many accesses were judged again.
pub(super) fn derive_with(
	consents: Consents,
	genesis: H256,
	block: BlockId,
	state: &(impl ReadState + ?Sized),
	model: ArtifactId,
	logs: &[DatasetLog],
) -> Result<(Report, Judgements), Error> {
	let time = state.now().map_err(in_state)?;
	let ancestry = Ancestry::walk(state, model)?;
	let (tallies, judgements) = read_logs(consents, state, &ancestry, time, logs)?;
	let (verdict, notices) = verdict::judge(&ancestry, &tallies, time);
	let datasets = ancestry.datasets.iter().zip(&tallies);
	let datasets = datasets.map(|((id, dataset), (log, tally))| describe_dataset(*id, dataset, time, log, tally));
	let mut members = ancestry.members();
	members.extend(logs.iter().flat_map(|log| &log.entries).flat_map(LogEntry::members));
	let report = Report {
		genesis,
		block: ReportedBlock {
			hash: block.hash,
			number: block.number,
			time,
		},
		model,
		verdict,
		notices,
		artifacts: ancestry.artifacts.iter().map(describe_artifact).collect(),
		activities: ancestry.activities.iter().map(describe_activity).collect(),
		datasets: datasets.collect(),
		members: describe_members(state, &members).map_err(in_state)?,
	};
	Ok((report, judgements))
}

/// Checks that the logs are complete and belong to the datasets, counts their accesses, and judges them again.
fn read_logs(
	consents: Consents,
	state: &(impl ReadState + ?Sized),
	ancestry: &Ancestry,
	time: UnixMillis,
	logs: &[DatasetLog],
) -> Result<(Vec<(Log, Tally)>, Judgements), Error> {
	let activities = ancestry.activities.iter();
	let of_model = activities
		.map(|(id, activity)| (*id, activity))
		.collect::<BTreeMap<_, _>>();
	let names_of_model = of_model.keys().copied().collect::<BTreeSet<_>>();
	let (uses, unused) = (verdict::uses(ancestry), Uses::default());
	let (mut classes, mut judgements) = (BTreeMap::new(), Counter::default());
	let mut given = logs.iter();
	let mut tallies = Vec::new();
	for (id, dataset) in &ancestry.datasets {
		let shown = given
			.next()
			.filter(|shown| shown.dataset == *id)
			.ok_or(Error::LogMissing(*id))?;
		let log = DeclaredLog::new(*id, dataset, state.log(id).map_err(in_state)?);
		log.check_all(&shown.entries, time)?;
		let recipients = shown.entries.iter().filter_map(|entry| entry.event.recipient);
		for id in recipients.collect::<BTreeSet<_>>() {
			let member = state.member(id).map_err(in_state)?;
			classes.extend(member.map(|member| (id, member.kind.recipient_class())));
		}
		let uses = uses.get(id).unwrap_or(&unused);
		let needed = Needed::of(&shown.entries, dataset.owner, uses, &names_of_model, consents);
		let mut foreign = BTreeMap::new();
		for id in needed.activities {
			// The ledger records no access that names an activity that is not there. It would count as naming none.
			foreign.insert(id, state.activity(&id).map_err(in_state)?);
		}
		let used = Used {
			dataset,
			uses,
			foreign: &foreign,
			classes: &classes,
		};
		tallies.push((log.log, Tally::new(&used, &shown.entries)));
		let judged_by = Shown {
			id: *id,
			dataset,
			subjects: subjects(state, needed.subjects, dataset.owner)?,
			of_model: &of_model,
			foreign: &foreign,
			classes: &classes,
		};
		judgements.judge(&judged_by, &shown.entries)?;
	}
	match given.next() {
		Some(foreign) => Err(Error::ForeignLog(foreign.dataset)),
		None => Ok((tallies, judgements.finish())),
	}
}

fn describe_artifact(ancestor: &Ancestor) -> ReportedArtifact {
	let Ancestor {
		id,
		artifact,
		distance,
		evidence,
	} = ancestor;
	let evidence = evidence.iter().flat_map(|(by, attached)| {
		attached.iter().map(|(evidence, attached)| ReportedEvidence {
			by: *by,
			attached: *attached,
			kind: evidence.kind,
			document: evidence.document,
			measure: evidence.measure,
			threshold: evidence.threshold,
		})
	});
	ReportedArtifact {
		id: *id,
		kind: artifact.kind,
		owner: artifact.owner,
		registered: artifact.registered,
		generated_by: artifact.generated_by,
		distance: *distance,
		evidence: evidence.collect(),
	}
}

fn describe_activity((id, activity): &(ActivityId, Activity)) -> ReportedActivity {
	ReportedActivity {
		id: *id,
		kind: activity.kind,
		agent: activity.agent,
		started: activity.started,
		ended: activity.ended,
		used: used(activity).collect(),
		read: inputs(activity, InputRole::Read).collect(),
		generated: activity.outputs.to_vec(),
	}
}

fn describe_dataset(id: DatasetId, dataset: &Dataset, time: UnixMillis, log: &Log, tally: &Tally) -> ReportedDataset {
	let cohort = dataset.cohort.latest();
	ReportedDataset {
		id,
		owner: dataset.owner,
		label: dataset.label.latest().clone(),
		cohort: cohort.clone(),
		subjects: dataset.subjects,
		declared: dataset.declared,
		superseded: dataset.superseded,
		superseded_by: dataset.superseded_by,
		supersedes: dataset.supersedes,
		in_force: cohort.start <= time && time < cohort.end(),
		log: LogSummary {
			count: log.accumulator.count(),
			root: log.accumulator.root(),
			breaches: log.breaches,
			accesses: tally.accesses,
		},
	}
}

fn describe_members(
	state: &(impl ReadState + ?Sized),
	named: &BTreeSet<MemberId>,
) -> Result<Vec<ReportedMember>, StateError> {
	let described = named.iter().map(|id| {
		// The ledger never forgets a member. If it has none with this number, that is proved too.
		Ok(state.member(*id)?.map(|member| ReportedMember {
			id: *id,
			name: String::from_utf8_lossy(&member.name).into_owned(),
			kind: member.kind,
			region: member.region,
			status: member.status,
		}))
	});
	described.filter_map(Result::transpose).collect()
}
