//! The history of campaigns and rewards.

use super::history::{Domain, Key};
use kexin_primitives::events::annotation::AnnotationEvent;

impl Domain for AnnotationEvent {
	fn keys(&self) -> Vec<Key> {
		match self {
			Self::Created {
				campaign,
				owner,
				dataset,
				..
			} => vec![Key::Campaign(*campaign), Key::Member(*owner), Key::Dataset(*dataset)],
			Self::Accepted {
				campaign, annotator, ..
			}
			| Self::Contributed {
				campaign, annotator, ..
			} => vec![Key::Campaign(*campaign), Key::Account(annotator.0)],
			Self::Closed { campaign, to, .. } => vec![Key::Campaign(*campaign), Key::Account(to.0)],
			Self::Rejected { campaign, .. } | Self::Pruned { campaign, .. } => vec![Key::Campaign(*campaign)],
			Self::Claimed { annotator, .. } => vec![Key::Account(annotator.0)],
		}
	}
}
