//! What Prometheus sees of the index.

use super::rows::Rows;
use substrate_prometheus_endpoint::{register, Counter, Gauge, PrometheusError, Registry, U64};

/// The figures. Without a registry nobody sees them.
#[derive(Clone, Default)]
pub struct Metrics(Option<Figures>);

#[derive(Clone)]
struct Figures {
	block: Gauge<U64>,
	lag: Gauge<U64>,
	rows: Counter<U64>,
	accesses: Counter<U64>,
	breaches: Counter<U64>,
	errors: Counter<U64>,
	skipped: Counter<U64>,
}

impl Metrics {
	/// Shows the figures.
	///
	/// # Errors
	/// When others of the same names are shown.
	pub fn new(registry: Option<&Registry>) -> Result<Self, PrometheusError> {
		let figures = |registry| {
			let lag = "Finalized blocks that are not in the index";
			let counter = |name, help| register(Counter::new(name, help)?, registry);
			Ok(Figures {
				block: register(Gauge::new("kexin_index_block", "Last block in the index")?, registry)?,
				lag: register(Gauge::new("kexin_index_lag_blocks", lag)?, registry)?,
				rows: counter("kexin_index_rows_total", "Rows written to the index")?,
				accesses: counter("kexin_index_accesses_total", "Accesses written to the index")?,
				breaches: counter(
					"kexin_index_breaches_total",
					"Accesses with breaches written to the index",
				)?,
				errors: counter("kexin_index_errors_total", "Errors of the index")?,
				skipped: counter(
					"kexin_index_skipped_events_total",
					"Ledger events that this release can't read and skipped",
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
	pub fn wrote(&self, rows: &Rows) {
		if let Some(figures) = &self.0 {
			figures.rows.inc_by(rows.count() as u64);
			figures.accesses.inc_by(rows.access.entries.len() as u64);
			figures.breaches.inc_by(rows.access.breaches.len() as u64);
			figures
				.skipped
				.inc_by(rows.skipped.values().map(|skipped| skipped.events).sum());
		}
	}

	/// Something went wrong.
	pub fn failed(&self) {
		if let Some(figures) = &self.0 {
			figures.errors.inc();
		}
	}
}
