//! The Prometheus metrics of the authenticated RPC listener.

use super::{refusal::Refusal, token::TokenName};
use substrate_prometheus_endpoint::{register, CounterVec, Gauge, Opts, PrometheusError, Registry, U64};

/// The metrics. Without a registry they are not kept.
#[derive(Clone, Default)]
pub struct Metrics(Option<Registered>);

#[derive(Clone)]
struct Registered {
	calls: CounterVec<U64>,
	refusals: CounterVec<U64>,
	connections: Gauge<U64>,
}

impl Metrics {
	/// Registers the metrics.
	///
	/// # Errors
	/// When metrics of the same names are registered already.
	pub fn new(registry: Option<&Registry>) -> Result<Self, PrometheusError> {
		let counters = |name, help, label| CounterVec::new(Opts::new(name, help), &[label]);
		let register_all = |registry| {
			Ok(Registered {
				calls: register(
					counters(
						"kexin_rpc_auth_calls_total",
						"Calls to the authenticated RPC listener",
						"token",
					)?,
					registry,
				)?,
				refusals: register(
					counters(
						"kexin_rpc_auth_refusals_total",
						"Connections and calls that the authenticated RPC listener refused",
						"reason",
					)?,
					registry,
				)?,
				connections: register(
					Gauge::new(
						"kexin_rpc_auth_connections",
						"Open connections to the authenticated RPC listener",
					)?,
					registry,
				)?,
			})
		};
		registry.map(register_all).transpose().map(Self)
	}

	/// Counts a call with this token.
	pub fn called(&self, token: &TokenName) {
		if let Some(metrics) = &self.0 {
			metrics.calls.with_label_values(&[token.as_ref()]).inc();
		}
	}

	/// Counts a refusal.
	pub fn refused(&self, refusal: &Refusal) {
		if let Some(metrics) = &self.0 {
			metrics.refusals.with_label_values(&[refusal.reason()]).inc();
		}
	}

	/// Counts a connection that was authenticated.
	pub fn connected(&self) {
		if let Some(metrics) = &self.0 {
			metrics.connections.inc();
		}
	}

	/// Counts the end of such a connection.
	pub fn disconnected(&self) {
		if let Some(metrics) = &self.0 {
			metrics.connections.dec();
		}
	}
}
