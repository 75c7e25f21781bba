//! The history of campaigns and rewards.

use super::history::{Domain, Key};
use kexin_primitives::events::annotation::AnnotationEvent;

impl Domain for AnnotationEvent {
	fn keys(&self) -> Vec<Key> {
		match self {
			Self::Accepted {
				campaign, annotator, ..
			} => vec![Key::Campaign(*campaign), Key::Account(annotator.0)],
			Self::Claimed { annotator, .. } => vec![Key::Account(annotator.0)],
		}
	}
}
