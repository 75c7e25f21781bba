//! What Prometheus sees of the index.

use substrate_prometheus_endpoint::{register, Counter, Gauge, PrometheusError, Registry, U64};

/// The figures. Without a registry nobody sees them.
#[derive(Clone, Default)]
pub struct Metrics(Option<Figures>);

#[derive(Clone)]
struct Figures {
	block: Gauge<U64>,
	lag: Gauge<U64>,
	rows: Counter<U64>,
	errors: Counter<U64>,
}

impl Metrics {
	/// Shows the figures.
	///
	/// # Errors
	/// When others of the same names are shown.
	pub fn new(registry: Option<&Registry>) -> Result<Self, PrometheusError> {
		let figures = |registry| {
			let lag = "Finalized blocks that are not in the index";
			Ok(Figures {
				block: register(Gauge::new("kexin_index_block", "Last block in the index")?, registry)?,
				lag: register(Gauge::new("kexin_index_lag_blocks", lag)?, registry)?,
				rows: register(
					Counter::new("kexin_index_rows_total", "Rows written to the index")?,
					registry,
				)?,
				errors: register(
					Counter::new("kexin_index_errors_total", "Errors of the index")?,
					registry,
				)?,
			})
		};
		registry.map(figures).transpose().map(Self)
	}

	/// The index has come to a block.
	pub fn indexed(&self, block: u32) {
		if let Some(figures) = &self.0 {
			figures.block.set(block.into());
		}
	}

	/// The chain has come to a final block.
	pub fn finalized(&self, block: u32) {
		if let Some(figures) = &self.0 {
			figures.lag.set(u64::from(block).saturating_sub(figures.block.get()));
		}
	}

	/// Rows were written.
	pub fn wrote(&self, rows: usize) {
		if let Some(figures) = &self.0 {
			figures.rows.inc_by(rows as u64);
		}
	}

	/// Something went wrong.
	pub fn failed(&self) {
		if let Some(figures) = &self.0 {
			figures.errors.inc();
		}
	}
}
