//! The network: who may connect, who gets answers, and the protocols.
//!
//! The ledger names the nodes of its members. Once the council has closed the network, a node keeps connections with
//! these nodes only ([`admission`]), and answers requests for blocks, state and warp proofs only to them
//! ([`request_filter`]): the network stack itself would answer anybody. When synchronisation stalls, the node
//! reconnects to its peers ([`stall`]).

mod admission;
mod request_filter;
mod stall;

use super::{
	consensus::Votes,
	types::{Backend, Client, GrandpaLink, Parts},
};
use admission::Admission;
use kexin_runtime::opaque::Block;
use sc_client_api::BlockBackend as _;
use sc_consensus::import_queue::ImportQueueService;
use sc_consensus_grandpa::{warp_proof::NetworkProvider, SharedVoterState};
use sc_network::{
	config::FullNetworkConfiguration, service::traits::NetworkService, Litep2pNetworkBackend, NetworkBackend,
	NotificationMetrics, Roles,
};
use sc_network_sync::{
	block_relay_protocol::BlockRelayParams,
	block_request_handler::BlockRequestHandler,
	engine::SyncingEngine,
	service::network::NetworkServiceProvider,
	state_request_handler::StateRequestHandler,
	strategy::polkadot::{PolkadotSyncingStrategy, PolkadotSyncingStrategyConfig},
	warp_request_handler::RequestHandler as WarpRequestHandler,
	SyncingService,
};
use sc_service::{
	build_network_advanced, default_gap_sync_body_policy, error::Error, BuildNetworkAdvancedParams, Configuration,
	ImportQueue, TaskManager, WarpSyncConfig,
};
use sp_consensus::block_validation::DefaultBlockAnnounceValidator;
use sp_runtime::traits::Block as BlockT;
use std::sync::Arc;

type Hash = <Block as BlockT>::Hash;
type Litep2p = Litep2pNetworkBackend;
/// The protocols that the node speaks.
type Protocols = FullNetworkConfiguration<Block, Hash, Litep2p>;
/// A protocol of requests and answers.
type RequestProtocol = <Litep2p as NetworkBackend<Block, Hash>>::RequestResponseProtocolConfig;
/// A protocol of notifications.
type NotificationProtocol = <Litep2p as NetworkBackend<Block, Hash>>::NotificationProtocolConfig;

/// The running network, and the way to its parts.
pub struct Network {
	/// The network itself.
	pub service: Arc<dyn NetworkService>,
	/// Synchronises blocks.
	pub sync: Arc<SyncingService<Block>>,
	/// Answers Substrate's own JSON-RPC methods about the network.
	pub system_rpc_tx: sc_utils::mpsc::TracingUnboundedSender<sc_rpc::system::Request<Block>>,
	/// Gossips transactions.
	pub tx_handler_controller: sc_network_transactions::TransactionsHandlerController<Hash>,
	/// GRANDPA's votes.
	pub votes: Votes,
}

/// Starts the network.
///
/// # Errors
/// When an address can't be listened on, or the options contradict each other.
pub fn start(
	config: &Configuration,
	parts: &Parts,
	grandpa_link: &GrandpaLink,
	import_queue: sc_consensus::DefaultImportQueue<Block>,
	tasks: &TaskManager,
) -> Result<Network, Error> {
	let registry = config.prometheus_registry();
	let metrics = <Litep2p as NetworkBackend<Block, Hash>>::register_notification_metrics(registry);
	let genesis = parts
		.client
		.block_hash(0)?
		.ok_or_else(|| Error::Other("the database has no genesis block".into()))?;
	let setup = Setup {
		config,
		parts,
		tasks,
		genesis,
		admission: Admission::new(parts.client.clone(), &config.network),
		provider: NetworkServiceProvider::new(),
		metrics,
	};
	let mut protocols = Protocols::new(&config.network, registry.cloned());
	let votes = setup.votes(&mut protocols);
	let (sync, block_announces) = setup.synchronisation(&mut protocols, grandpa_link, import_queue.service())?;

	let Setup {
		admission,
		provider,
		metrics,
		..
	} = setup;
	let announcements = block_announces.protocol_name().clone();
	let (service, system_rpc_tx, tx_handler_controller, sync, _bitswap) =
		build_network_advanced(BuildNetworkAdvancedParams {
			role: config.role,
			protocol_id: config.protocol_id(),
			fork_id: config.chain_spec.fork_id(),
			announce_block: config.announce_block,
			net_config: protocols,
			client: parts.client.clone(),
			transaction_pool: parts.pool.clone(),
			spawn_handle: tasks.spawn_handle(),
			spawn_essential_handle: tasks.spawn_essential_handle(),
			import_queue,
			sync_service: sync,
			block_announce_config: block_announces,
			network_service_provider: provider,
			metrics_registry: registry,
			metrics,
			blocks_pruning: config.blocks_pruning,
		})?;
	let stalls = stall::stalls(parts.client.clone(), sync.clone());
	tasks.spawn_handle().spawn(
		"admission",
		Some("networking"),
		admission.follow(service.clone(), announcements, stalls),
	);
	Ok(Network {
		service,
		sync,
		system_rpc_tx,
		tx_handler_controller,
		votes,
	})
}

/// What setting up the protocols needs.
struct Setup<'a> {
	config: &'a Configuration,
	parts: &'a Parts,
	tasks: &'a TaskManager,
	genesis: Hash,
	admission: Admission,
	provider: NetworkServiceProvider,
	metrics: NotificationMetrics,
}

impl Setup<'_> {
	/// Registers the protocol on which GRANDPA's votes travel.
	fn votes(&self, protocols: &mut Protocols) -> Votes {
		let protocol = sc_consensus_grandpa::protocol_standard_name(&self.genesis, &self.config.chain_spec);
		let (grandpa, notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<Block, Litep2p>(
			protocol.clone(),
			self.metrics.clone(),
			protocols.peer_store_handle(),
		);
		protocols.add_notification_protocol(grandpa);
		Votes {
			protocol,
			notifications,
			state: SharedVoterState::empty(),
		}
	}

	/// Starts the synchronisation of blocks. Returns it with the protocol on which new blocks are announced.
	fn synchronisation(
		&self,
		protocols: &mut Protocols,
		grandpa_link: &GrandpaLink,
		import_queue: Box<dyn ImportQueueService<Block>>,
	) -> Result<(SyncingService<Block>, NotificationProtocol), Error> {
		let warp = Arc::new(NetworkProvider::new(
			self.parts.backend.clone(),
			grandpa_link.shared_authority_set().clone(),
			Vec::new(),
		));
		let strategy = self.serve_requests(protocols, warp)?;
		let (engine, sync, block_announces) = SyncingEngine::new(
			Roles::from(&self.config.role),
			self.parts.client.clone(),
			self.config.prometheus_registry(),
			self.metrics.clone(),
			&*protocols,
			self.config.protocol_id(),
			self.config.chain_spec.fork_id(),
			Box::new(DefaultBlockAnnounceValidator),
			Box::new(strategy),
			self.provider.handle(),
			import_queue,
			protocols.peer_store_handle(),
		)?;
		self.tasks
			.spawn_essential_handle()
			.spawn_blocking("syncing", None, engine.run());
		Ok((sync, block_announces))
	}

	/// Answers the requests of admitted nodes for blocks, state and warp proofs. Returns the strategy by which this
	/// node itself requests them.
	fn serve_requests(
		&self,
		protocols: &mut Protocols,
		warp: Arc<NetworkProvider<Block, Backend>>,
	) -> Result<PolkadotSyncingStrategy<Block, Client>, Error> {
		let (config, client) = (self.config, &self.parts.client);
		let (id, fork) = (config.protocol_id(), config.chain_spec.fork_id());
		let peers = &config.network.default_peers_set;
		let slots = peers.in_peers as usize + peers.out_peers as usize + peers.reserved_nodes.len();

		let BlockRelayParams {
			mut server,
			downloader,
			request_response_config,
		} = BlockRequestHandler::new::<Litep2p>(self.provider.handle(), &id, fork, client.clone(), slots);
		self.spawn("block-request-handler", async move { server.run().await });
		self.register(protocols, request_response_config);

		let (handler, requests) = StateRequestHandler::new::<Litep2p>(&id, fork, client.clone(), slots);
		let state_request_protocol_name = requests.protocol_name.clone();
		self.spawn("state-request-handler", handler.run());
		self.register(protocols, requests);

		let (handler, requests) = WarpRequestHandler::new::<_, Litep2p>(id, self.genesis, fork, warp.clone());
		let warp_protocol_name = requests.protocol_name.clone();
		self.spawn("warp-sync-request-handler", handler.run());
		self.register(protocols, requests);

		let network = &config.network;
		let strategy = PolkadotSyncingStrategyConfig {
			mode: network.sync_mode,
			max_parallel_downloads: network.max_parallel_downloads,
			max_blocks_per_request: network.max_blocks_per_request,
			min_peers_to_start_warp_sync: network.min_peers_to_start_warp_sync,
			metrics_registry: config.prometheus_registry().cloned(),
			state_request_protocol_name,
			block_downloader: downloader,
			gap_sync_body_policy: default_gap_sync_body_policy(config.blocks_pruning),
		};
		let warp = WarpSyncConfig::WithProvider(warp);
		Ok(PolkadotSyncingStrategy::new(
			strategy,
			client.clone(),
			Some(warp),
			Some(warp_protocol_name),
		)?)
	}

	/// Registers a protocol whose requests are only answered to admitted nodes.
	fn register(&self, protocols: &mut Protocols, mut protocol: RequestProtocol) {
		if let Some(handler) = protocol.inbound_queue.take() {
			let (queue, filter) = request_filter::filter(handler, self.admission.nodes());
			protocol.inbound_queue = Some(queue);
			self.spawn("request-filter", filter);
		}
		protocols.add_request_response_protocol(protocol);
	}

	fn spawn(&self, name: &'static str, task: impl std::future::Future<Output = ()> + Send + 'static) {
		self.tasks.spawn_handle().spawn(name, Some("networking"), task);
	}
}
