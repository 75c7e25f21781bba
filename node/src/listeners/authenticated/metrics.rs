//! What Prometheus sees of the door.

use super::{refusal::Refusal, token::Name};
use substrate_prometheus_endpoint::{register, CounterVec, Gauge, Opts, PrometheusError, Registry, U64};

/// The figures. Without a registry nobody sees them.
#[derive(Clone, Default)]
pub struct Metrics(Option<Figures>);

#[derive(Clone)]
struct Figures {
	calls: CounterVec<U64>,
	refusals: CounterVec<U64>,
	connections: Gauge<U64>,
}

impl Metrics {
	/// Shows the figures.
	///
	/// # Errors
	/// When others of the same names are shown.
	pub fn new(registry: Option<&Registry>) -> Result<Self, PrometheusError> {
		let counters = |name, help, label| CounterVec::new(Opts::new(name, help), &[label]);
		let figures = |registry| {
			Ok(Figures {
				calls: register(
					counters("kexin_door_calls_total", "Calls that came in at the door", "token")?,
					registry,
				)?,
				refusals: register(
					counters("kexin_door_refusals_total", "What the door refused", "reason")?,
					registry,
				)?,
				connections: register(
					Gauge::new("kexin_door_connections", "Open connections with a token")?,
					registry,
				)?,
			})
		};
		registry.map(figures).transpose().map(Self)
	}

	/// Somebody with this token calls.
	pub fn called(&self, token: &Name) {
		if let Some(figures) = &self.0 {
			figures.calls.with_label_values(&[token.as_ref()]).inc();
		}
	}

	/// Somebody was refused.
	pub fn refused(&self, refusal: &Refusal) {
		if let Some(figures) = &self.0 {
			figures.refusals.with_label_values(&[refusal.reason()]).inc();
		}
	}

	/// A connection was let in.
	pub fn entered(&self) {
		if let Some(figures) = &self.0 {
			figures.connections.inc();
		}
	}

	/// A connection ended that was let in.
	pub fn left(&self) {
		if let Some(figures) = &self.0 {
			figures.connections.dec();
		}
	}
}
