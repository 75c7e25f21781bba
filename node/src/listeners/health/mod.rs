//! The node's health: `/health` and `/ready` over HTTP, and metrics for Prometheus.
//!
//! They publish numbers, and facts that are on the chain for everybody. So they need no token, and a load balancer or
//! an orchestrator can query them.

pub mod metrics;

use crate::{
	chain::{damage::Damage, types::Client},
	index::{Index, Progress},
	listeners::{authenticated::token_cache::TokenCache, http1},
};
use http::{Method, Request, StatusCode};
use hyper::{body::Incoming, service::service_fn};
use jsonrpsee::server::HttpResponse;
use kexin_runtime::{opaque::Block, AccountId, Hash};
use kexin_runtime_api::ValidatorApi as _;
use metrics::Metrics;
use sc_network_sync::{SyncStatusProvider as _, SyncingService};
use sc_service::{error::Error, SpawnTaskHandle};
use serde::Serialize;
use sp_api::ProvideRuntimeApi as _;
use sp_blockchain::HeaderBackend as _;
use std::{
	collections::BTreeMap,
	convert::Infallible,
	net::{SocketAddr, TcpListener},
	sync::Arc,
	time::Duration,
};
use tokio::sync::Semaphore;

/// The most open connections.
const CONNECTIONS: usize = 64;
/// How often the metrics are updated.
const PERIOD: Duration = Duration::from_secs(5);

/// The options of the health listener.
#[derive(Clone, Debug, clap::Args)]
pub struct HealthParams {
	/// Answer GET /health and GET /ready on this address, to everybody who can reach it.
	#[arg(long, value_name = "ADDR:PORT")]
	pub health: Option<SocketAddr>,
	/// The most blocks that finality and the index may be behind while /ready answers 200.
	#[arg(long, value_name = "BLOCKS", default_value_t = 30)]
	pub ready_max_lag: u32,
}

/// The parts of the node that its health depends on.
#[derive(Clone)]
pub struct Health {
	/// The client that executes and stores blocks.
	pub client: Arc<Client>,
	/// The network's synchronisation.
	pub sync: Arc<SyncingService<Block>>,
	/// The index of finalized events; none when the node keeps none.
	pub index: Option<Arc<Index>>,
	/// The tokens of the authenticated RPC listener; none when the node has no such listener.
	pub tokens: Option<Arc<TokenCache>>,
	/// What is damaged in the node's database.
	pub damage: Damage,
	/// The most blocks that finality and the index may be behind while the node is ready.
	pub max_lag: u32,
}

/// The health of the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthReport {
	/// The number of the best block.
	best: u32,
	/// The number of the last final block.
	finalized: u32,
	/// The number of blocks between them.
	lag: u32,
	/// The number of connected peers.
	peers: usize,
	/// The number of validators of the chain.
	validators: usize,
	/// Whether the node is far behind its peers.
	syncing: bool,
	/// Whether an answer found the node's database damaged. The log says where.
	damaged: bool,
	/// The index; none when the node keeps none.
	index: Option<IndexHealth>,
	/// The authenticated RPC listener; none when the node has none.
	rpc_auth: Option<RpcAuthHealth>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct IndexHealth {
	/// The number of final blocks that are not in it.
	behind: u32,
	/// Whether an error keeps it from going on. The log has the error.
	stopped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum RpcAuthHealth {
	/// It serves callers with a token.
	Open,
	/// It refuses everybody, because the tokens can't be read.
	Closed,
}

impl HealthReport {
	fn text(&self) -> String {
		// Numbers and words can always be serialized.
		serde_json::to_string(self).unwrap_or_default()
	}

	/// Why others should not rely on the node now; empty when they can.
	fn reasons(&self, max_lag: u32) -> Vec<String> {
		let mut reasons = Vec::new();
		if self.syncing {
			reasons.push("it is synchronising with the chain".into());
		}
		if self.peers == 0 && self.validators > 1 {
			reasons.push("it has no peers".into());
		}
		if self.lag > max_lag {
			reasons.push(format!("finality is {} blocks behind, more than {max_lag}", self.lag));
		}
		if self.damaged {
			reasons.push("its database is damaged: see the log".into());
		}
		match self.index {
			Some(index) if index.stopped => reasons.push("the index has stopped: see the log".into()),
			Some(index) if index.behind > max_lag => {
				reasons.push(format!(
					"the index is {} blocks behind, more than {max_lag}",
					index.behind
				));
			},
			_ => {},
		}
		if self.rpc_auth == Some(RpcAuthHealth::Closed) {
			reasons.push("the authenticated RPC listener is closed: see the log".into());
		}
		reasons
	}
}

impl IndexHealth {
	fn of(progress: &Progress, finalized: u32) -> Self {
		Self {
			behind: progress
				.indexed
				.map_or(finalized, |block| finalized.saturating_sub(block.number)),
			stopped: progress.error.is_some(),
		}
	}
}

impl Health {
	async fn report(&self) -> HealthReport {
		let info = self.client.info();
		let (best, finalized) = (info.best_number, info.finalized_number);
		let syncing = self.sync.status().await;
		HealthReport {
			best,
			finalized,
			lag: best.saturating_sub(finalized),
			peers: self.sync.num_connected_peers(),
			validators: self.validators(info.best_hash).len(),
			syncing: syncing.map_or(true, |status| status.state.is_major_syncing()),
			damaged: self.damage.what().is_some(),
			index: self
				.index
				.as_ref()
				.map(|index| IndexHealth::of(&index.progress(), finalized)),
			rpc_auth: self.tokens.as_ref().map(|tokens| match tokens.is_readable() {
				true => RpcAuthHealth::Open,
				false => RpcAuthHealth::Closed,
			}),
		}
	}

	/// The validators at a block, each with the last block that it authored.
	fn validators(&self, at: Hash) -> Vec<(AccountId, Option<u32>)> {
		let validators = self.client.runtime_api().validators(at);
		validators.unwrap_or_else(|error| {
			log::warn!(target: "health", "the validators at block {at:?} can't be read: {error}");
			Vec::new()
		})
	}

	/// For how many blocks each validator has authored none, by its address.
	fn silence(&self) -> BTreeMap<String, u32> {
		let info = self.client.info();
		let silent = |(account, last): (AccountId, Option<u32>)| {
			let blocks = info.best_number.saturating_sub(last?);
			Some((account.to_string(), blocks))
		};
		self.validators(info.best_hash).into_iter().filter_map(silent).collect()
	}

	async fn answer(&self, request: &Request<Incoming>) -> HttpResponse {
		if request.method() != Method::GET {
			return http1::json(
				StatusCode::METHOD_NOT_ALLOWED,
				"{\"error\":\"only GET is supported\"}".into(),
			);
		}
		let report = self.report().await;
		match request.uri().path() {
			"/health" => http1::json(StatusCode::OK, report.text()),
			"/ready" => {
				let reasons = report.reasons(self.max_lag);
				let ready = reasons.is_empty();
				let status = if ready {
					StatusCode::OK
				} else {
					StatusCode::SERVICE_UNAVAILABLE
				};
				http1::json(
					status,
					serde_json::json!({ "ready": ready, "reasons": reasons }).to_string(),
				)
			},
			_ => http1::json(
				StatusCode::NOT_FOUND,
				"{\"error\":\"ask for /health or /ready\"}".into(),
			),
		}
	}
}

/// Answers requests at this address.
///
/// # Errors
/// When it can't be listened on.
pub fn listen(address: SocketAddr, health: Health, tasks: &SpawnTaskHandle) -> Result<(), Error> {
	let bound = TcpListener::bind(address).and_then(|listener| {
		listener.set_nonblocking(true)?;
		tokio::net::TcpListener::from_std(listener)
	});
	let listener = bound.map_err(|error| Error::Other(format!("--health {address}: {error}")))?;
	let permits = Arc::new(Semaphore::new(CONNECTIONS));
	let accept = http1::accept(listener, permits, move |stream, permit| {
		let health = health.clone();
		let service = service_fn(move |request| {
			let health = health.clone();
			async move { Ok::<_, Infallible>(health.answer(&request).await) }
		});
		async move {
			http1::serve(stream, service).await;
			drop(permit);
		}
	});
	tasks.spawn("health", Some("health"), accept);
	Ok(())
}

/// Keeps the metrics up to date.
pub async fn update_metrics(health: Health, metrics: Metrics) {
	loop {
		let info = health.client.info();
		metrics.lag(info.best_number.saturating_sub(info.finalized_number));
		metrics.silence(&health.silence());
		tokio::time::sleep(PERIOD).await;
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::index::Block;

	const HEALTHY: HealthReport = HealthReport {
		best: 12,
		finalized: 10,
		lag: 2,
		peers: 3,
		validators: 4,
		syncing: false,
		damaged: false,
		index: Some(IndexHealth {
			behind: 0,
			stopped: false,
		}),
		rpc_auth: Some(RpcAuthHealth::Open),
	};

	#[test]
	fn a_node_is_ready_when_others_can_rely_on_it() {
		let alone = HealthReport {
			peers: 0,
			validators: 1,
			index: None,
			rpc_auth: None,
			..HEALTHY
		};
		assert_eq!(
			[HEALTHY.reasons(2), alone.reasons(2)],
			[vec![], vec![]] as [Vec<String>; 2]
		);
		let index = |behind, stopped| Some(IndexHealth { behind, stopped });
		for unhealthy in [
			HealthReport { lag: 3, ..HEALTHY },
			HealthReport { peers: 0, ..HEALTHY },
			HealthReport {
				syncing: true,
				..HEALTHY
			},
			HealthReport {
				damaged: true,
				..HEALTHY
			},
			HealthReport {
				index: index(3, false),
				..HEALTHY
			},
			HealthReport {
				index: index(0, true),
				..HEALTHY
			},
			HealthReport {
				rpc_auth: Some(RpcAuthHealth::Closed),
				..HEALTHY
			},
		] {
			assert_eq!(unhealthy.reasons(2).len(), 1, "{unhealthy:?}");
		}
	}

	#[test]
	fn an_index_that_could_not_be_opened_is_behind_by_all_blocks() {
		let error = Some("secret".into());
		let block = Block {
			hash: Default::default(),
			number: 4,
		};
		let (away, on) = (
			Progress {
				error,
				..Progress::default()
			},
			Progress {
				indexed: Some(block),
				..Progress::default()
			},
		);
		assert_eq!(
			IndexHealth::of(&away, 9),
			IndexHealth {
				behind: 9,
				stopped: true
			}
		);
		assert_eq!(
			IndexHealth::of(&on, 9),
			IndexHealth {
				behind: 5,
				stopped: false
			}
		);
	}

	#[test]
	fn the_answer_is_as_documented() {
		let answer = HEALTHY.text();
		let documentation = include_str!("../../../../docs/authenticated-rpc.md");
		assert!(documentation.contains(&answer), "{answer}");
	}
}
