//! The history of artifacts, activities and evidence, and the graph that follows from it.

pub mod graph;

use super::history::{Domain, Key};
use kexin_primitives::events::lineage::LineageEvent;

impl Domain for LineageEvent {
	fn keys(&self) -> Vec<Key> {
		match self {
			Self::Registered { artifact, owner, .. } | Self::Lapsed { artifact, owner } => {
				vec![Key::Artifact(*artifact), Key::Member(*owner)]
			},
			Self::Started { activity, agent, .. } => vec![Key::Activity(*activity), Key::Member(*agent)],
			Self::Derived {
				activity,
				agent,
				inputs,
				outputs,
				..
			} => {
				let inputs = inputs.iter().map(|input| input.artifact);
				let mut artifacts = inputs
					.chain(outputs.iter().copied())
					.map(Key::Artifact)
					.collect::<Vec<_>>();
				artifacts.sort_unstable();
				artifacts.dedup();
				artifacts.extend([Key::Activity(*activity), Key::Member(*agent)]);
				artifacts
			},
			Self::EvidenceAttached { artifact, by, .. } => vec![Key::Artifact(*artifact), Key::Member(*by)],
		}
	}
}
