//! The node: one function per component, and [`new_full`], which reads like the list of them.

use super::{
	equivocation::{Nowhere, Watched},
	network::{self, Network},
	types::{BabeImport, Backend, Client, Executor, GrandpaLink, Pool, SelectChain},
};
use crate::{
	index::{follow::Follower, metrics::Metrics, Index, Target},
	listeners::{self, operator, ListenerParams},
	rpc,
};
use futures::{FutureExt as _, StreamExt as _};
use kexin_runtime::{opaque::Block, RuntimeApi};
use sc_client_api::{Backend as _, BlockchainEvents as _};
use sc_consensus_babe::{BabeLink, BabeWorkerHandle, SlotProportion};
use sc_consensus_grandpa::{FinalityProofProvider, SharedVoterState};
use sc_network::{service::traits::NetworkService, NotificationService};
use sc_service::{error::Error, Configuration, KeystoreContainer, SpawnTasksParams, TaskManager};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_babe::{inherents::BabeCreateInherentDataProviders, SlotDuration};
use sp_runtime::traits::Header as _;
use std::{sync::Arc, time::Duration};

/// Blocks between two justifications that are kept at the least. Each is what an offline proof of finality rests on.
const JUSTIFICATION_PERIOD: u32 = 8;
/// How long GRANDPA's gossip rounds last; it bounds how soon a block is final.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);

/// How long the start of the node waits for the index's database.
const INDEX_PATIENCE: Duration = Duration::from_secs(5);

/// What consensus needs later of what was set up for importing blocks.
pub struct Consensus {
	block_import: BabeImport,
	grandpa_link: GrandpaLink,
	babe_link: BabeLink<Block>,
	babe_worker: BabeWorkerHandle<Block>,
	telemetry: Option<Telemetry>,
}

type Components = sc_service::PartialComponents<
	Client,
	Backend,
	SelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	Pool,
	Consensus,
>;

/// Everything that works without a network: what the subcommands run on.
pub fn new_partial(config: &Configuration) -> Result<Components, Error> {
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
	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = transaction_pool(config, &client, &task_manager);
	let (import_queue, consensus) = import_queue(
		config,
		&client,
		&select_chain,
		&transaction_pool,
		&task_manager,
		telemetry,
	)?;
	Ok(Components {
		client,
		backend,
		task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: consensus,
	})
}

/// The node with all its parts running, an index of finalized events, and these listeners.
pub async fn new_full(
	config: Configuration,
	target: &Target,
	listeners: &ListenerParams,
) -> Result<TaskManager, Error> {
	operator::check(&config.rpc)?;
	listeners.check()?;
	let Components {
		client,
		backend,
		mut task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: consensus,
	} = new_partial(&config)?;
	let Consensus {
		block_import,
		grandpa_link,
		babe_link,
		babe_worker,
		mut telemetry,
	} = consensus;

	let network = network::start(
		&config,
		&client,
		&backend,
		&transaction_pool,
		&grandpa_link,
		import_queue,
		&task_manager,
	)?;
	offchain_workers(
		&config,
		&client,
		&backend,
		&transaction_pool,
		&keystore_container,
		&network,
		&task_manager,
	)?;

	let index = index(&config, target, &client, &task_manager).await?;
	let voter_state = SharedVoterState::empty();
	let rpc_builder = rpc::builder(rpc::Dependencies {
		client: client.clone(),
		pool: transaction_pool.clone(),
		select_chain: select_chain.clone(),
		keystore: keystore_container.keystore(),
		babe_worker,
		voter_state: voter_state.clone(),
		authority_set: grandpa_link.shared_authority_set().clone(),
		justifications: grandpa_link.justification_stream(),
		finality_proofs: FinalityProofProvider::new_for_service(
			backend.clone(),
			Some(grandpa_link.shared_authority_set().clone()),
		),
		index: index.clone(),
		workers: rpc::workers::Workers::default(),
	});

	let node = Node {
		role: config.role,
		name: config.network.node_name.clone(),
		force_authoring: config.force_authoring,
		disable_grandpa: config.disable_grandpa,
		prometheus: config.prometheus_registry().cloned(),
		telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
	};

	let directory = config.base_path.config_dir(config.chain_spec.id());
	let rpc = sc_service::spawn_tasks(SpawnTasksParams {
		config,
		backend,
		client: client.clone(),
		keystore: keystore_container.keystore(),
		network: network.service.clone(),
		rpc_builder,
		transaction_pool: transaction_pool.clone(),
		task_manager: &mut task_manager,
		system_rpc_tx: network.system_rpc_tx.clone(),
		tx_handler_controller: network.tx_handler_controller,
		sync_service: network.sync.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;
	let asked = listeners::Dependencies {
		methods: (*rpc.handle()).clone().into(),
		client: client.clone(),
		sync: network.sync.clone(),
		index,
		directory: &directory,
		registry: node.prometheus.as_ref(),
	};
	listeners::open(listeners, asked, &mut task_manager)?;

	if node.role.is_authority() {
		let keystore = &keystore_container;
		authoring(
			&node,
			client,
			select_chain,
			block_import,
			babe_link,
			&transaction_pool,
			keystore,
			&network.sync,
			&task_manager,
		)?;
	}
	if !node.disable_grandpa {
		let votes = Votes {
			protocol: network.grandpa_protocol,
			notifications: network.grandpa_notifications,
			voter_state,
		};
		finality(
			&node,
			grandpa_link,
			votes,
			network.service,
			network.sync,
			transaction_pool,
			&keystore_container,
			&task_manager,
		)?;
	}
	Ok(task_manager)
}

/// What authoring and finality need to know of the configuration.
struct Node {
	role: sc_service::Role,
	name: String,
	force_authoring: bool,
	disable_grandpa: bool,
	prometheus: Option<substrate_prometheus_endpoint::Registry>,
	telemetry: Option<sc_telemetry::TelemetryHandle>,
}

/// How GRANDPA's votes travel.
struct Votes {
	protocol: sc_network::ProtocolName,
	notifications: Box<dyn NotificationService>,
	voter_state: SharedVoterState,
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

fn inherents(slot_duration: SlotDuration) -> BabeCreateInherentDataProviders<Block> {
	Arc::new(move |_, ()| async move {
		let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
		let slot = sp_consensus_babe::inherents::InherentDataProvider::from_timestamp_and_slot_duration(
			*timestamp,
			slot_duration,
		);
		Ok((slot, timestamp))
	})
}

/// Checks blocks before they are stored: BABE's seal and slot, then GRANDPA's justifications. An author's equivocation among them is reported
/// through the pool.
fn import_queue(
	config: &Configuration,
	client: &Arc<Client>,
	select_chain: &SelectChain,
	pool: &Arc<Pool>,
	tasks: &TaskManager,
	telemetry: Option<Telemetry>,
) -> Result<(sc_consensus::DefaultImportQueue<Block>, Consensus), Error> {
	let handle = telemetry.as_ref().map(|telemetry| telemetry.handle());
	let (grandpa_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&(client.clone() as Arc<_>),
		select_chain.clone(),
		handle.clone(),
	)?;
	let babe_config = sc_consensus_babe::configuration(&**client)?;
	let slot_duration = babe_config.slot_duration();
	let (block_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		grandpa_import.clone(),
		client.clone(),
		inherents(slot_duration),
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(Nowhere),
	)?;
	let reports = OffchainTransactionPoolFactory::new(pool.clone());
	let (queue, babe_worker) = sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
		link: babe_link.clone(),
		block_import: Watched::new(block_import.clone(), client.clone(), reports),
		justification_import: Some(Box::new(grandpa_import)),
		client: client.clone(),
		slot_duration,
		spawner: &tasks.spawn_essential_handle(),
		registry: config.prometheus_registry(),
		telemetry: handle,
	})?;
	Ok((
		queue,
		Consensus {
			block_import,
			grandpa_link,
			babe_link,
			babe_worker,
			telemetry,
		},
	))
}

fn offchain_workers(
	config: &Configuration,
	client: &Arc<Client>,
	backend: &Arc<Backend>,
	pool: &Arc<Pool>,
	keystore: &KeystoreContainer,
	network: &Network,
	tasks: &TaskManager,
) -> Result<(), Error> {
	if !config.offchain_worker.enabled {
		return Ok(());
	}
	let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
		runtime_api_provider: client.clone(),
		is_validator: config.role.is_authority(),
		keystore: Some(keystore.keystore()),
		offchain_db: backend.offchain_storage(),
		transaction_pool: Some(OffchainTransactionPoolFactory::new(pool.clone())),
		network_provider: Arc::new(network.service.clone()),
		enable_http_requests: false,
		custom_extensions: |_| Vec::new(),
	})?;
	let run = workers.run(client.clone(), tasks.spawn_handle()).boxed();
	tasks
		.spawn_handle()
		.spawn("offchain-workers-runner", "offchain-worker", run);
	Ok(())
}

/// Keeps an index of what becomes final, in a task of its own, so that nothing waits for its database. A database that may not be used is
/// refused here, before the node runs; one that is away is tried again later.
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
	match tokio::time::timeout(INDEX_PATIENCE, follower.open()).await {
		Ok(Err(error)) if !error.may_pass() => return Err(refused(error)),
		_ => {},
	}
	let index = follower.index();
	// A notification keeps its block from being pruned, so none may wait until the index has time for it. That more is final is enough.
	let (mut more, finality) = futures::channel::mpsc::channel(0);
	let mut notifications = client.finality_notification_stream();
	tasks.spawn_handle().spawn("index-finality", Some("index"), async move {
		while let Some(notification) = notifications.next().await {
			metrics.finalized(*notification.header.number());
			// When one is under way, the index will look at the chain anyway.
			let _ = more.try_send(());
		}
	});
	tasks
		.spawn_handle()
		.spawn_blocking("index", Some("index"), follower.run(finality));
	Ok(Some(index))
}

#[allow(clippy::too_many_arguments)]
fn authoring(
	node: &Node,
	client: Arc<Client>,
	select_chain: SelectChain,
	block_import: BabeImport,
	babe_link: BabeLink<Block>,
	pool: &Arc<Pool>,
	keystore: &KeystoreContainer,
	sync: &Arc<sc_network_sync::SyncingService<Block>>,
	tasks: &TaskManager,
) -> Result<(), Error> {
	let proposer = sc_basic_authorship::ProposerFactory::new(
		tasks.spawn_handle(),
		client.clone(),
		pool.clone(),
		node.prometheus.as_ref(),
		node.telemetry.clone(),
	);
	let create_inherent_data_providers = inherents(babe_link.config().slot_duration());
	let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
		keystore: keystore.keystore(),
		client,
		select_chain,
		env: proposer,
		block_import,
		sync_oracle: sync.clone(),
		justification_sync_link: sync.clone(),
		create_inherent_data_providers,
		force_authoring: node.force_authoring,
		backoff_authoring_blocks: Some(sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging::default()),
		babe_link,
		block_proposal_slot_portion: SlotProportion::new(2.0 / 3.0),
		max_block_proposal_slot_portion: None,
		telemetry: node.telemetry.clone(),
	})?;
	tasks
		.spawn_essential_handle()
		.spawn_blocking("babe", Some("block-authoring"), babe);
	Ok(())
}

/// Votes on finality, or follows the votes of others. A voter's equivocation that it sees is reported through the pool.
#[allow(clippy::too_many_arguments)]
fn finality(
	node: &Node,
	link: GrandpaLink,
	votes: Votes,
	network: Arc<dyn NetworkService>,
	sync: Arc<sc_network_sync::SyncingService<Block>>,
	pool: Arc<Pool>,
	keystore: &KeystoreContainer,
	tasks: &TaskManager,
) -> Result<(), Error> {
	let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
		config: sc_consensus_grandpa::Config {
			gossip_duration: GOSSIP_DURATION,
			justification_generation_period: JUSTIFICATION_PERIOD,
			name: Some(node.name.clone()),
			observer_enabled: false,
			keystore: node.role.is_authority().then(|| keystore.keystore()),
			local_role: node.role,
			telemetry: node.telemetry.clone(),
			protocol_name: votes.protocol,
		},
		link,
		network,
		sync: Arc::new(sync),
		notification_service: votes.notifications,
		voting_rule: sc_consensus_grandpa::VotingRulesBuilder::default().build(),
		prometheus_registry: node.prometheus.clone(),
		shared_voter_state: votes.voter_state,
		telemetry: node.telemetry.clone(),
		offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(pool),
	})?;
	tasks
		.spawn_essential_handle()
		.spawn_blocking("grandpa-voter", None, voter);
	Ok(())
}
