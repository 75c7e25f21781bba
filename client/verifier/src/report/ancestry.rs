//! What a model was made from.

use crate::{
	error::{in_state, Error, Fault},
	state::ReadState,
};
use alloc::{
	collections::{BTreeSet, VecDeque},
	vec::Vec,
};
use kexin_primitives::{
	dataset::Dataset,
	lineage::{Activity, ActivityId, Artifact, ArtifactId, ArtifactKind, AttachedEvidence, InputRole},
	members::MemberId,
	DatasetId,
};

/// The ancestry of a model, as the ledger stores it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ancestry {
	/// The artifacts, nearest first.
	pub artifacts: Vec<Ancestor>,
	/// The activities that generated them, in the order in which the walk reached them.
	pub activities: Vec<(ActivityId, Activity)>,
	/// The datasets among the artifacts that a hospital declared, in the same order.
	pub datasets: Vec<(DatasetId, Dataset)>,
}

/// An artifact of an ancestry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
	/// The hash of its content.
	pub id: ArtifactId,
	/// What the ledger stores about it.
	pub artifact: Artifact,
	/// The number of activities between it and the model.
	pub distance: u32,
	/// The evidence about it, ordered by the number of the member that attached it.
	pub evidence: Vec<(MemberId, AttachedEvidence)>,
}

impl Ancestry {
	/// Walks breadth first from a model over what was used.
	///
	/// It visits each artifact and activity once, so it ends whatever the state contains.
	///
	/// # Errors
	/// [`Error::State`], [`Error::NotRegistered`] when there is no such model, or [`Error::AgainstRules`].
	pub fn walk(state: &(impl ReadState + ?Sized), model: ArtifactId) -> Result<Self, Error> {
		let mut ancestry = Self::default();
		let mut artifacts = BTreeSet::from([model]);
		let mut activities = BTreeSet::new();
		let mut queue = VecDeque::from([(model, 0u32)]);
		while let Some((id, distance)) = queue.pop_front() {
			let artifact = state.artifact(&id).map_err(in_state)?.ok_or(Error::NotRegistered(id))?;
			let evidence = state.evidence(&id).map_err(in_state)?;
			ancestry.artifacts.push(Ancestor {
				id,
				artifact,
				distance,
				evidence,
			});
			let against_rules = |fault| Error::AgainstRules { about: id, fault };
			if artifact.kind == ArtifactKind::Dataset {
				if let Some(dataset) = state.dataset(&id).map_err(in_state)? {
					declaration(&artifact, &dataset).map_err(against_rules)?;
					ancestry.datasets.push((id, dataset));
				}
			}
			let Some(activity_id) = artifact.generated_by else {
				continue;
			};
			let activity = state.activity(&activity_id).map_err(in_state)?;
			let activity = activity.ok_or(Error::NotRegistered(activity_id))?;
			derivation(id, &artifact, &activity).map_err(against_rules)?;
			if !activities.insert(activity_id) {
				continue;
			}
			for input in used(&activity) {
				if artifacts.insert(input) {
					queue.push_back((input, distance.saturating_add(1)));
				}
			}
			ancestry.activities.push((activity_id, activity));
		}
		Ok(ancestry)
	}

	/// The members that a report names, apart from those in log entries: owners, agents, and those that attached
	/// evidence.
	pub fn members(&self) -> BTreeSet<MemberId> {
		let mut members = BTreeSet::new();
		for Ancestor { artifact, evidence, .. } in &self.artifacts {
			members.insert(artifact.owner);
			let attached = evidence.iter().filter(|(_, attached)| !attached.is_empty());
			members.extend(attached.map(|(by, _)| *by));
		}
		members.extend(self.activities.iter().map(|(_, activity)| activity.agent));
		members.extend(self.datasets.iter().map(|(_, dataset)| dataset.owner));
		members
	}
}

/// Checks that the rules can make this artifact and the activity that generated it.
fn derivation(id: ArtifactId, artifact: &Artifact, activity: &Activity) -> Result<(), Fault> {
	if !activity.kind.generates(artifact.kind) {
		Err(Fault::WrongKind)
	} else if activity.ended != Some(artifact.registered) {
		Err(Fault::OtherTime)
	} else if !activity.outputs.contains(&id) {
		Err(Fault::NotAnOutput)
	} else if activity.agent != artifact.owner {
		Err(Fault::OtherAgent)
	} else {
		Ok(())
	}
}

/// Checks that the rules can make this artifact and the dataset of the same name.
fn declaration(artifact: &Artifact, dataset: &Dataset) -> Result<(), Fault> {
	if dataset.owner != artifact.owner || artifact.generated_by.is_some() {
		Err(Fault::NotFromOwner)
	} else if dataset.subjects > 0 && dataset.enrolled.is_none() {
		Err(Fault::NeverEnrolled)
	} else {
		Ok(())
	}
}

/// The inputs on which an activity's outputs depend.
pub(super) fn used(activity: &Activity) -> impl Iterator<Item = ArtifactId> + '_ {
	inputs(activity, InputRole::Used)
}

/// The inputs with this role.
pub(super) fn inputs(activity: &Activity, role: InputRole) -> impl Iterator<Item = ArtifactId> + '_ {
	let inputs = activity.inputs.iter().filter(move |input| input.role == role);
	inputs.map(|input| input.artifact)
}
