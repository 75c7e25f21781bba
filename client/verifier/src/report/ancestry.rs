//! What a model was made from.

use crate::{
	error::{in_state, Error},
	state::ReadState,
};
use alloc::{
	collections::{BTreeSet, VecDeque},
	vec::Vec,
};
use kexin_primitives::{
	dataset::Dataset,
	lineage::{Activity, ActivityId, Artifact, ArtifactId, ArtifactKind, InputRole},
	DatasetId,
};

/// The ancestry of a model, as the ledger keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ancestry {
	/// The artifacts with how many activities each is away from the model, nearest first.
	pub artifacts: Vec<(ArtifactId, Artifact, u32)>,
	/// The activities that generated them, in the order in which the walk came to them.
	pub activities: Vec<(ActivityId, Activity)>,
	/// The data sets among the artifacts that a hospital declared, in the same order.
	pub datasets: Vec<(DatasetId, Dataset)>,
}

impl Ancestry {
	/// Walks breadth first from a model over what was used.
	///
	/// Each artifact and activity is visited once, so that the walk ends whatever the state says.
	///
	/// # Errors
	/// [`Error::State`], or [`Error::NotRegistered`] when there is no such model.
	pub fn walk(state: &(impl ReadState + ?Sized), model: ArtifactId) -> Result<Self, Error> {
		let mut ancestry = Self::default();
		let mut artifacts = BTreeSet::from([model]);
		let mut activities = BTreeSet::new();
		let mut queue = VecDeque::from([(model, 0u32)]);
		while let Some((id, distance)) = queue.pop_front() {
			let artifact = state.artifact(&id).map_err(in_state)?.ok_or(Error::NotRegistered(id))?;
			ancestry.artifacts.push((id, artifact, distance));
			if artifact.kind == ArtifactKind::Dataset {
				let dataset = state.dataset(&id).map_err(in_state)?;
				ancestry.datasets.extend(dataset.map(|dataset| (id, dataset)));
			}
			let Some(activity_id) = artifact.generated_by.filter(|id| activities.insert(*id)) else {
				continue;
			};
			let activity = state.activity(&activity_id).map_err(in_state)?;
			let activity = activity.ok_or(Error::NotRegistered(activity_id))?;
			for input in used(&activity) {
				if artifacts.insert(input) {
					queue.push_back((input, distance.saturating_add(1)));
				}
			}
			ancestry.activities.push((activity_id, activity));
		}
		Ok(ancestry)
	}
}

/// The inputs that an activity's outputs depend on.
pub(super) fn used(activity: &Activity) -> impl Iterator<Item = ArtifactId> + '_ {
	inputs(activity, InputRole::Used)
}

/// The inputs that took part in this way.
pub(super) fn inputs(activity: &Activity, role: InputRole) -> impl Iterator<Item = ArtifactId> + '_ {
	let inputs = activity.inputs.iter().filter(move |input| input.role == role);
	inputs.map(|input| input.artifact)
}
