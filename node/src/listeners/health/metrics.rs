//! The Prometheus metrics of the chain, besides Substrate's own.

use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex, PoisonError},
};
use substrate_prometheus_endpoint::{register, Gauge, GaugeVec, Opts, PrometheusError, Registry, U64};

/// The metrics.
#[derive(Clone)]
pub struct Metrics {
	lag: Gauge<U64>,
	silent: GaugeVec<U64>,
	shown: Arc<Mutex<Vec<String>>>,
}

impl Metrics {
	/// Registers the metrics.
	///
	/// # Errors
	/// When metrics of the same names are registered already.
	pub fn new(registry: &Registry) -> Result<Self, PrometheusError> {
		let lag = "Blocks between the best block and the last final block";
		let silent = Opts::new(
			"kexin_validator_silent_blocks",
			"Blocks since each validator authored one, or was admitted",
		);
		Ok(Self {
			lag: register(Gauge::new("kexin_finality_lag_blocks", lag)?, registry)?,
			silent: register(GaugeVec::new(silent, &["validator"])?, registry)?,
			shown: Arc::default(),
		})
	}

	/// Sets the number of blocks that finality is behind.
	pub fn lag(&self, blocks: u32) {
		self.lag.set(blocks.into());
	}

	/// Sets the number of blocks for which each validator has been silent, and removes those that are not validators
	/// any more.
	pub fn silence(&self, silence: &BTreeMap<String, u32>) {
		let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
		for gone in shown.iter().filter(|validator| !silence.contains_key(*validator)) {
			// An error means that it is gone already.
			let _ = self.silent.remove_label_values(&[gone]);
		}
		for (validator, blocks) in silence {
			self.silent.with_label_values(&[validator]).set((*blocks).into());
		}
		*shown = silence.keys().cloned().collect();
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_former_validator_is_not_shown() {
		let registry = Registry::new();
		let metrics = Metrics::new(&registry).unwrap();
		let shown = || {
			let families = registry.gather();
			let family = families
				.iter()
				.find(|family| family.get_name() == "kexin_validator_silent_blocks");
			family.map_or(0, |family| family.get_metric().len())
		};
		let silence = |names: &[&str]| names.iter().map(|name| (name.to_string(), 1)).collect();
		metrics.silence(&silence(&["a", "b"]));
		assert_eq!(shown(), 2);
		metrics.silence(&silence(&["b"]));
		assert_eq!(shown(), 1);
	}
}
