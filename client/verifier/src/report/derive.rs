//! Computes a report.

use super::{
	ancestry::{inputs, used, Ancestor},
	verdict::{self, Operations, Tally},
	Activity, Ancestry, Artifact, Block, Dataset, DatasetLog, Evidence, LogSummary, Member, Report,
};
use crate::{
	access::{self, check_all},
	error::{in_state, Error, StateError},
	state::ReadState,
};
use alloc::{collections::BTreeSet, string::String, vec::Vec};
use kexin_primitives::{
	access::{Log, LogEntry},
	dataset,
	lineage::{self, ActivityId, ArtifactId, InputRole},
	members::MemberId,
	DatasetId, UnixMillis, H256,
};

/// The report about a model, from the state at a block and the whole logs of the data sets in [`Ancestry::datasets`],
/// in their order.
///
/// The work is bounded by what the state and the logs hold. Each log is checked against the state.
///
/// # Errors
/// [`Error::State`], [`Error::NotRegistered`], and those of [`Error`] that are about logs.
pub fn derive(
	genesis: H256,
	block: access::Block,
	state: &(impl ReadState + ?Sized),
	model: ArtifactId,
	logs: &[DatasetLog],
) -> Result<Report, Error> {
	let time = state.now().map_err(in_state)?;
	let ancestry = Ancestry::walk(state, model)?;
	let tallies = read_logs(state, &ancestry, logs)?;
	let (verdict, notices) = verdict::judge(&ancestry, &tallies, time);
	let datasets = ancestry.datasets.iter().zip(&tallies);
	let datasets = datasets.map(|((id, dataset), (log, tally))| describe_dataset(*id, dataset, time, log, tally));
	let mut members = ancestry.members();
	members.extend(logs.iter().flat_map(|log| &log.entries).flat_map(LogEntry::members));
	Ok(Report {
		genesis,
		block: Block {
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
	})
}

/// Checks that the logs are whole and those of the data sets, and counts what they say.
fn read_logs(
	state: &(impl ReadState + ?Sized),
	ancestry: &Ancestry,
	logs: &[DatasetLog],
) -> Result<Vec<(Log, Tally)>, Error> {
	let of_model = ancestry
		.activities
		.iter()
		.map(|(id, _)| *id)
		.collect::<BTreeSet<ActivityId>>();
	let (operations, none) = (verdict::operations(ancestry), Operations::new());
	let mut given = logs.iter();
	let mut tallies = Vec::new();
	for (id, _) in &ancestry.datasets {
		let shown = given
			.next()
			.filter(|shown| shown.dataset == *id)
			.ok_or(Error::LogMissing(*id))?;
		let log = state.log(id).map_err(in_state)?;
		check_all(*id, &log, &shown.entries)?;
		let of_dataset = operations.get(id).unwrap_or(&none);
		tallies.push((log, Tally::new(&of_model, of_dataset, &shown.entries)));
	}
	match given.next() {
		Some(foreign) => Err(Error::ForeignLog(foreign.dataset)),
		None => Ok(tallies),
	}
}

fn describe_artifact(ancestor: &Ancestor) -> Artifact {
	let Ancestor {
		id,
		artifact,
		distance,
		evidence,
	} = ancestor;
	let evidence = evidence.iter().flat_map(|(by, attached)| {
		attached.iter().map(|(evidence, attached)| Evidence {
			by: *by,
			attached: *attached,
			kind: evidence.kind,
			document: evidence.document,
			measure: evidence.measure,
			threshold: evidence.threshold,
		})
	});
	Artifact {
		id: *id,
		kind: artifact.kind,
		owner: artifact.owner,
		registered: artifact.registered,
		generated_by: artifact.generated_by,
		distance: *distance,
		evidence: evidence.collect(),
	}
}

fn describe_activity((id, activity): &(ActivityId, lineage::Activity)) -> Activity {
	Activity {
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

fn describe_dataset(id: DatasetId, dataset: &dataset::Dataset, time: UnixMillis, log: &Log, tally: &Tally) -> Dataset {
	let cohort = dataset.cohort.latest();
	Dataset {
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

fn describe_members(state: &(impl ReadState + ?Sized), named: &BTreeSet<MemberId>) -> Result<Vec<Member>, StateError> {
	let described = named.iter().map(|id| {
		// The ledger forgets no member. Should it not know one, it is proved that it doesn't, and there is nothing to
		// say.
		Ok(state.member(*id)?.map(|member| Member {
			id: *id,
			name: String::from_utf8_lossy(&member.name).into_owned(),
			kind: member.kind,
			region: member.region,
			status: member.status,
		}))
	});
	described.filter_map(Result::transpose).collect()
}
