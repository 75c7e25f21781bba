//! What is damaged in the node's database.

use std::sync::{Arc, OnceLock};

/// The first damage that an answer met. Nothing repairs it while the node runs, so the node never forgets it.
#[derive(Clone, Debug, Default)]
pub struct Damage(Arc<OnceLock<String>>);

impl Damage {
	/// Remembers what is damaged, unless something is known to be already.
	pub fn note(&self, what: &str) {
		if self.0.set(what.into()).is_ok() {
			log::error!(
				target: "database",
				"{what} is damaged: others should not rely on this node until its database is restored from its peers"
			);
		}
	}

	/// What is damaged; none as far as the node knows.
	pub fn what(&self) -> Option<&str> {
		self.0.get().map(String::as_str)
	}
}
