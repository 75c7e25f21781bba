//! What Prometheus sees of the chain, besides what Substrate shows.

use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex, PoisonError},
};
use substrate_prometheus_endpoint::{register, Gauge, GaugeVec, Opts, PrometheusError, Registry, U64};

/// The figures.
#[derive(Clone)]
pub struct Metrics {
	lag: Gauge<U64>,
	silent: GaugeVec<U64>,
	shown: Arc<Mutex<Vec<String>>>,
}

impl Metrics {
	/// Shows the figures.
	///
	/// # Errors
	/// When others of the same names are shown.
	pub fn new(registry: &Registry) -> Result<Self, PrometheusError> {
		let lag = "Blocks between the best one and the last final one";
		let silent = Opts::new(
			"kexin_validator_silent_blocks",
			"Blocks since a validator authored one, or was admitted",
		);
		Ok(Self {
			lag: register(Gauge::new("kexin_finality_lag_blocks", lag)?, registry)?,
			silent: register(GaugeVec::new(silent, &["validator"])?, registry)?,
			shown: Arc::default(),
		})
	}

	/// Finality is so many blocks behind.
	pub fn lag(&self, blocks: u32) {
		self.lag.set(blocks.into());
	}

	/// For how many blocks each validator was silent. Others are validators no more.
	pub fn silence(&self, silence: &BTreeMap<String, u32>) {
		let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
		for gone in shown.iter().filter(|validator| !silence.contains_key(*validator)) {
			// One that is not there is gone, too.
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
	fn who_is_no_validator_any_more_is_not_shown() {
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
