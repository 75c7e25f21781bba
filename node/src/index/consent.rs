//! The history of consents and datasets.

use super::history::{Domain, Key};
use kexin_primitives::events::consent::ConsentEvent;

impl Domain for ConsentEvent {
	fn keys(&self) -> Vec<Key> {
		match self {
			Self::Granted { hospital, subject, .. }
			| Self::Narrowed { hospital, subject, .. }
			| Self::Revoked { hospital, subject, .. } => vec![Key::Member(*hospital), Key::Subject(*subject)],
			Self::DatasetDeclared {
				dataset,
				owner,
				supersedes,
			} => {
				let supersedes = supersedes.filter(|older| older != dataset).map(Key::Dataset);
				[Key::Member(*owner), Key::Dataset(*dataset)]
					.into_iter()
					.chain(supersedes)
					.collect()
			},
			Self::Enrolled { dataset, .. } => vec![Key::Dataset(*dataset)],
		}
	}
}
