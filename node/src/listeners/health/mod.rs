//! Whether the node is well: `/health` and `/ready` over HTTP, and figures for Prometheus.
//!
//! What is told is on the chain for everybody, or a number. So it takes no token, and may be asked by a balancer or an orchestrator.

pub mod metrics;

use crate::{
	chain::types::Client,
	index::{Index, Progress},
	listeners::{authenticated::keyring::Keyring, http1},
};
use http::{Method, Request, StatusCode};
use hyper::{body::Incoming, service::service_fn};
use jsonrpsee::server::HttpResponse;
use kexin_runtime::{opaque::Block, AccountId, Hash, Runtime};
use metrics::Metrics;
use sc_client_api::StorageProvider as _;
use sc_network_sync::{SyncStatusProvider as _, SyncingService};
use sc_service::{error::Error, SpawnTaskHandle};
use serde::Serialize;
use sp_blockchain::HeaderBackend as _;
use sp_core::storage::StorageKey;
use std::{
	collections::BTreeMap,
	convert::Infallible,
	net::{SocketAddr, TcpListener},
	sync::Arc,
	time::Duration,
};
use tokio::sync::Semaphore;

/// Connections of those who ask, at a time.
const CONNECTIONS: usize = 64;
/// How often Prometheus is told.
const PERIOD: Duration = Duration::from_secs(5);

/// The options of the health listener.
#[derive(Clone, Debug, clap::Args)]
pub struct HealthParams {
	/// Answer GET /health and GET /ready on this address, to anybody who can reach it.
	#[arg(long, value_name = "ADDR:PORT")]
	pub health: Option<SocketAddr>,
	/// How many blocks finality, or the index, may be behind while /ready says yes.
	#[arg(long, value_name = "BLOCKS", default_value_t = 30)]
	pub ready_max_lag: u32,
}

/// What is asked for the node's health.
#[derive(Clone)]
pub struct Health {
	/// The client that executes and stores blocks.
	pub client: Arc<Client>,
	/// The network's synchronisation.
	pub sync: Arc<SyncingService<Block>>,
	/// The index of finalized events; none when the node keeps none.
	pub index: Option<Arc<Index>>,
	/// The tokens of the door; none when there is no door.
	pub keyring: Option<Arc<Keyring>>,
	/// How far behind is too far, in blocks.
	pub max_lag: u32,
}

/// How the node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct State {
	/// The number of the best block.
	best: u32,
	/// The number of the last final block.
	finalized: u32,
	/// How many blocks lie between them.
	lag: u32,
	/// Nodes that it is connected with.
	peers: usize,
	/// Validators of the chain.
	validators: usize,
	/// Whether it is far behind its peers.
	syncing: bool,
	/// The index; none when the node keeps none.
	index: Option<IndexState>,
	/// Whether the door lets in who has a token; none when there is no door.
	door: Option<DoorState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct IndexState {
	/// How many final blocks are not in it.
	behind: u32,
	/// Whether something keeps it from going on. What it is, the log tells.
	stopped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum DoorState {
	Open,
	Closed,
}

impl State {
	fn text(&self) -> String {
		// Numbers and words can always be written.
		serde_json::to_string(self).unwrap_or_default()
	}

	/// Why others should not rely on the node now; nothing when they can.
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
		if self.door == Some(DoorState::Closed) {
			reasons.push("the door is closed: see the log".into());
		}
		reasons
	}
}

impl IndexState {
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
	async fn state(&self) -> State {
		let info = self.client.info();
		let (best, finalized) = (info.best_number, info.finalized_number);
		let syncing = self.sync.status().await;
		State {
			best,
			finalized,
			lag: best.saturating_sub(finalized),
			peers: self.sync.num_connected_peers(),
			validators: self.validators(info.best_hash).len(),
			syncing: syncing.map_or(true, |status| status.state.is_major_syncing()),
			index: self
				.index
				.as_ref()
				.map(|index| IndexState::of(&index.progress(), finalized)),
			door: self.keyring.as_ref().map(|keyring| match keyring.is_open() {
				true => DoorState::Open,
				false => DoorState::Closed,
			}),
		}
	}

	/// A value of the state at a block; none when there is none, or the node does not keep it.
	fn stored<T: codec::Decode>(&self, at: Hash, key: impl Into<Vec<u8>>) -> Option<T> {
		let value = self.client.storage(at, &StorageKey(key.into())).ok()??;
		T::decode(&mut &value.0[..]).ok()
	}

	fn validators(&self, at: Hash) -> Vec<AccountId> {
		self.stored(at, pallet_session::Validators::<Runtime>::hashed_key())
			.unwrap_or_default()
	}

	/// For how many blocks each validator has authored none, by its address.
	fn silence(&self) -> BTreeMap<String, u32> {
		let info = self.client.info();
		let last = |account: &AccountId| {
			self.stored::<u32>(
				info.best_hash,
				pallet_members::LastAuthored::<Runtime>::hashed_key_for(account),
			)
		};
		let silent = |account: AccountId| {
			let blocks = info.best_number.saturating_sub(last(&account)?);
			Some((account.to_string(), blocks))
		};
		self.validators(info.best_hash).into_iter().filter_map(silent).collect()
	}

	async fn answer(&self, request: &Request<Incoming>) -> HttpResponse {
		if request.method() != Method::GET {
			return http1::json(
				StatusCode::METHOD_NOT_ALLOWED,
				"{\"error\":\"only GET is answered\"}".into(),
			);
		}
		let state = self.state().await;
		match request.uri().path() {
			"/health" => http1::json(StatusCode::OK, state.text()),
			"/ready" => {
				let reasons = state.reasons(self.max_lag);
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

/// Answers those who ask at this address.
///
/// # Errors
/// When it can't be listened on.
pub fn listen(address: SocketAddr, health: Health, tasks: &SpawnTaskHandle) -> Result<(), Error> {
	let bound = TcpListener::bind(address).and_then(|listener| {
		listener.set_nonblocking(true)?;
		tokio::net::TcpListener::from_std(listener)
	});
	let listener = bound.map_err(|error| Error::Other(format!("--health {address}: {error}")))?;
	let places = Arc::new(Semaphore::new(CONNECTIONS));
	let accept = http1::accept(listener, places, move |stream, place| {
		let health = health.clone();
		let service = service_fn(move |request| {
			let health = health.clone();
			async move { Ok::<_, Infallible>(health.answer(&request).await) }
		});
		async move {
			http1::serve(stream, service).await;
			drop(place);
		}
	});
	tasks.spawn("health", Some("health"), accept);
	Ok(())
}

/// Tells Prometheus how the node is, for ever.
pub async fn tell(health: Health, metrics: Metrics) {
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

	const WELL: State = State {
		best: 12,
		finalized: 10,
		lag: 2,
		peers: 3,
		validators: 4,
		syncing: false,
		index: Some(IndexState {
			behind: 0,
			stopped: false,
		}),
		door: Some(DoorState::Open),
	};

	#[test]
	fn a_node_is_ready_when_it_can_be_relied_on() {
		let alone = State {
			peers: 0,
			validators: 1,
			index: None,
			door: None,
			..WELL
		};
		assert_eq!(
			[WELL.reasons(2), alone.reasons(2)],
			[vec![], vec![]] as [Vec<String>; 2]
		);
		let index = |behind, stopped| Some(IndexState { behind, stopped });
		for unwell in [
			State { lag: 3, ..WELL },
			State { peers: 0, ..WELL },
			State { syncing: true, ..WELL },
			State {
				index: index(3, false),
				..WELL
			},
			State {
				index: index(0, true),
				..WELL
			},
			State {
				door: Some(DoorState::Closed),
				..WELL
			},
		] {
			assert_eq!(unwell.reasons(2).len(), 1, "{unwell:?}");
		}
	}

	#[test]
	fn an_index_that_could_not_be_opened_is_behind_all() {
		let error = Some("secret".into());
		let block = Block {
			hash: Default::default(),
			number: 4,
		};
		let (away, on) = (
			Progress { indexed: None, error },
			Progress {
				indexed: Some(block),
				error: None,
			},
		);
		assert_eq!(
			IndexState::of(&away, 9),
			IndexState {
				behind: 9,
				stopped: true
			}
		);
		assert_eq!(
			IndexState::of(&on, 9),
			IndexState {
				behind: 5,
				stopped: false
			}
		);
	}

	#[test]
	fn the_answer_is_that_of_the_documentation() {
		let told = WELL.text();
		let documented = include_str!("../../../../docs/door.md");
		assert!(documented.contains(&told), "{told}");
	}
}
