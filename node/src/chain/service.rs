//! The node, assembled from its components: one function per component, and [`new_full`], which lists them.

use super::{
	consensus::{self, Consensus, Settings, Votes},
	damage::Damage,
	network::{self, Network},
	types::{Client, Executor, Parts, Pool},
};
use crate::{
	index::{follow::Follower, metrics::Metrics, Index, Target},
	listeners::{self, operator, ListenerParams},
	rpc,
};
use futures::{FutureExt as _, StreamExt as _};
use kexin_runtime::{opaque::Block, RuntimeApi};
use sc_client_api::{Backend as _, BlockchainEvents as _};
use sc_consensus::DefaultImportQueue;
use sc_consensus_grandpa::FinalityProofProvider;
use sc_service::{error::Error, Configuration, SpawnTasksParams, TaskManager};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_runtime::traits::Header as _;
use std::{sync::Arc, time::Duration};

/// How long the start of the node waits for the index's database.
const INDEX_TIMEOUT: Duration = Duration::from_secs(5);

/// The node without a network.
pub struct PartialNode {
	/// The parts that most components use.
	pub parts: Parts,
	/// Checks and imports blocks.
	pub import_queue: DefaultImportQueue<Block>,
	/// What the import of blocks shares with authoring and finality.
	pub consensus: Consensus,
	/// The node's tasks.
	pub task_manager: TaskManager,
	/// Telemetry, where it is enabled.
	pub telemetry: Option<Telemetry>,
}

/// Sets up everything that works without a network. The subcommands need no more.
///
/// # Errors
/// When the database can't be opened, or the options contradict each other.
pub fn new_partial(config: &Configuration) -> Result<PartialNode, Error> {
	let telemetry = telemetry(config)?;
	let executor = sc_service::new_wasm_executor(&config.executor);
	let (client, backend, keystore_container, task_manager) = sc_service::new_full_parts::<Block, RuntimeApi, Executor>(
		config,
		telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
		executor,
		Vec::new(),
	)?;
	let client = Arc::new(client);
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});
	let parts = Parts {
		pool: transaction_pool(config, &client, &task_manager),
		select_chain: sc_consensus::LongestChain::new(backend.clone()),
		keystore: keystore_container.keystore(),
		client,
		backend,
	};
	let handle = telemetry.as_ref().map(Telemetry::handle);
	let (import_queue, consensus) = consensus::import_queue(config, &parts, &task_manager, handle)?;
	Ok(PartialNode {
		parts,
		import_queue,
		consensus,
		task_manager,
		telemetry,
	})
}

/// Starts the node with all its components, the index of finalized events at `target`, and `listeners`.
///
/// # Errors
/// When a component can't start, or the options contradict each other.
pub async fn new_full(
	config: Configuration,
	target: &Target,
	listeners: &ListenerParams,
) -> Result<TaskManager, Error> {
	operator::check(&config.rpc)?;
	listeners.check()?;
	let PartialNode {
		parts,
		import_queue,
		consensus,
		mut task_manager,
		mut telemetry,
	} = new_partial(&config)?;
	let Network {
		service,
		sync,
		system_rpc_tx,
		tx_handler_controller,
		votes,
	} = network::start(&config, &parts, &consensus.grandpa_link, import_queue, &task_manager)?;
	offchain_workers(&config, &parts, service.clone(), &task_manager)?;
	let index = index(&config, target, &parts.client, &task_manager).await?;

	let damage = Damage::default();
	let settings = Settings::new(&config, telemetry.as_ref());
	let directory = config.base_path.config_dir(config.chain_spec.id());
	let rpc = sc_service::spawn_tasks(SpawnTasksParams {
		config,
		backend: parts.backend.clone(),
		client: parts.client.clone(),
		keystore: parts.keystore.clone(),
		network: service.clone(),
		rpc_builder: rpc::builder(rpc_dependencies(
			&parts,
			&consensus,
			&votes,
			index.clone(),
			damage.clone(),
		)),
		transaction_pool: parts.pool.clone(),
		task_manager: &mut task_manager,
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;
	let dependencies = listeners::Dependencies {
		methods: (*rpc.handle()).clone().into(),
		client: parts.client.clone(),
		sync: sync.clone(),
		index,
		damage,
		directory: &directory,
		registry: settings.registry.as_ref(),
	};
	listeners::open(listeners, dependencies, &mut task_manager)?;

	let Consensus {
		block_import,
		babe_link,
		grandpa_link,
		..
	} = consensus;
	if settings.role.is_authority() {
		let voters = grandpa_link.shared_authority_set().clone();
		consensus::authoring(&settings, &parts, block_import, babe_link, voters, &sync, &task_manager)?;
	}
	if !settings.disable_grandpa {
		consensus::finality(&settings, &parts, grandpa_link, votes, service, sync, &task_manager)?;
	}
	Ok(task_manager)
}

fn telemetry(config: &Configuration) -> Result<Option<(TelemetryWorker, Telemetry)>, Error> {
	config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()
		.map_err(|error: sc_telemetry::Error| Error::Telemetry(error))
}

fn transaction_pool(config: &Configuration, client: &Arc<Client>, tasks: &TaskManager) -> Arc<Pool> {
	Arc::from(
		sc_transaction_pool::Builder::new(
			tasks.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	)
}

fn offchain_workers(
	config: &Configuration,
	parts: &Parts,
	network: Arc<dyn sc_network::service::traits::NetworkService>,
	tasks: &TaskManager,
) -> Result<(), Error> {
	if !config.offchain_worker.enabled {
		return Ok(());
	}
	let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
		runtime_api_provider: parts.client.clone(),
		is_validator: config.role.is_authority(),
		keystore: Some(parts.keystore.clone()),
		offchain_db: parts.backend.offchain_storage(),
		transaction_pool: Some(OffchainTransactionPoolFactory::new(parts.pool.clone())),
		network_provider: Arc::new(network),
		enable_http_requests: false,
		custom_extensions: |_| Vec::new(),
	})?;
	let run = workers.run(parts.client.clone(), tasks.spawn_handle()).boxed();
	tasks
		.spawn_handle()
		.spawn("offchain-workers-runner", "offchain-worker", run);
	Ok(())
}

/// Keeps an index of finalized events. It runs in its own tasks, so the node never waits for its database. A database
/// that can't be used is an error before the node runs; one that is damaged answers nothing, and one that can't be
/// reached is tried again later.
async fn index(
	config: &Configuration,
	target: &Target,
	client: &Arc<Client>,
	tasks: &TaskManager,
) -> Result<Option<Arc<Index>>, Error> {
	let directory = config.base_path.config_dir(config.chain_spec.id());
	let Some(location) = target.location(&directory) else {
		return Ok(None);
	};
	let metrics = Metrics::new(config.prometheus_registry())?;
	let refused = |error: crate::index::follow::Error| Error::Other(error.to_string());
	let mut follower = Follower::new(client.clone(), location, metrics.clone()).map_err(refused)?;
	match tokio::time::timeout(INDEX_TIMEOUT, follower.open()).await {
		Ok(Err(error)) if error.is_refusal() => return Err(refused(error)),
		_ => {},
	}
	let index = follower.index();
	// A notification keeps its block from being pruned, so none may wait until the index has time for it. The index
	// only needs to know that more blocks are final.
	let (mut more, finality) = futures::channel::mpsc::channel(0);
	let mut notifications = client.finality_notification_stream();
	tasks.spawn_handle().spawn("index-finality", Some("index"), async move {
		while let Some(notification) = notifications.next().await {
			metrics.finalized(*notification.header.number());
			// If the channel is full, the index is about to look at the chain anyway.
			let _ = more.try_send(());
		}
	});
	tasks
		.spawn_handle()
		.spawn_blocking("index", Some("index"), follower.run(finality));
	Ok(Some(index))
}

/// What the JSON-RPC methods need.
fn rpc_dependencies(
	parts: &Parts,
	consensus: &Consensus,
	votes: &Votes,
	index: Option<Arc<Index>>,
	damage: Damage,
) -> rpc::Dependencies {
	let authority_set = consensus.grandpa_link.shared_authority_set();
	rpc::Dependencies {
		client: parts.client.clone(),
		pool: parts.pool.clone(),
		select_chain: parts.select_chain.clone(),
		keystore: parts.keystore.clone(),
		babe_worker: consensus.babe_worker.clone(),
		voter_state: votes.state.clone(),
		authority_set: authority_set.clone(),
		justifications: consensus.grandpa_link.justification_stream(),
		finality_proofs: FinalityProofProvider::new_for_service(parts.backend.clone(), Some(authority_set.clone())),
		index,
		workers: rpc::workers::Workers::default(),
		damage,
	}
}
