//! The invariants of the pallet's storage, one function each.

use crate::{Activities, Artifacts, Config, EvidenceOf, Pallet, UsedBy};
use frame_support::ensure;
use kexin_primitives::Versioned;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::artifacts_and_activities_name_each_other()?;
		Self::uses_are_listed()?;
		Self::edges_lead_from_older_to_younger()?;
		Self::evidence_is_about_artifacts()
	}

	/// An artifact's activity lists it as an output, and an activity's outputs name it.
	fn artifacts_and_activities_name_each_other() -> Result<(), TryRuntimeError> {
		for (id, Versioned::V1(artifact)) in Artifacts::<T>::iter() {
			let Some(activity) = artifact.generated_by else {
				continue;
			};
			let activity = Self::activity(activity).ok_or("an artifact's activity does not exist")?;
			ensure!(activity.outputs.contains(&id), "an activity does not list its output");
			ensure!(activity.agent == artifact.owner, "an output belongs to another member");
			ensure!(activity.kind.generates(artifact.kind), "an output is of a wrong kind");
		}
		for (id, Versioned::V1(activity)) in Activities::<T>::iter() {
			for output in activity.outputs {
				let artifact = Self::artifact(output).ok_or("an output does not exist")?;
				ensure!(artifact.generated_by == Some(id), "an output names another activity");
			}
		}
		Ok(())
	}

	/// The list of an artifact's uses has the stated length, and each activity in it has the artifact as an input.
	fn uses_are_listed() -> Result<(), TryRuntimeError> {
		for (id, Versioned::V1(artifact)) in Artifacts::<T>::iter() {
			let uses = UsedBy::<T>::iter_prefix(id).count();
			ensure!(u32::try_from(uses) == Ok(artifact.uses), "uses are miscounted");
		}
		for (artifact, number, activity) in UsedBy::<T>::iter() {
			ensure!(
				Self::artifact(artifact).is_some_and(|a| number < a.uses),
				"a use is not counted"
			);
			let activity = Self::activity(activity).ok_or("a use's activity does not exist")?;
			ensure!(
				activity.inputs.iter().any(|input| input.artifact == artifact),
				"a use is not an input"
			);
		}
		Ok(())
	}

	/// No input is younger than its activity's end, at which the outputs were registered.
	fn edges_lead_from_older_to_younger() -> Result<(), TryRuntimeError> {
		for Versioned::V1(activity) in Activities::<T>::iter_values() {
			let Some(ended) = activity.ended else { continue };
			for input in activity.inputs {
				let artifact = Self::artifact(input.artifact).ok_or("an input does not exist")?;
				ensure!(artifact.registered <= ended, "an input is younger than the activity");
			}
		}
		Ok(())
	}

	/// Evidence is about artifacts that exist.
	fn evidence_is_about_artifacts() -> Result<(), TryRuntimeError> {
		let mut artifacts = EvidenceOf::<T>::iter_keys().map(|(artifact, _)| artifact);
		ensure!(
			artifacts.all(Artifacts::<T>::contains_key),
			"evidence is about an artifact that does not exist"
		);
		Ok(())
	}
}
