//! The network: who may connect, what is asked of whom, and the protocols.
//!
//! The ledger names the nodes of its members. Once the council has closed the network ([`admission`]), a node keeps connections with those
//! alone, and answers requests for blocks, state and warp proofs to nobody else ([`request_filter`]): the network stack itself would answer
//! whoever asks. Connections over which no blocks come are made anew ([`stall`]).

mod admission;
mod request_filter;
mod stall;

use crate::chain::types::{Backend, Client, GrandpaLink, Pool};
use admission::Admission;
use kexin_runtime::opaque::Block;
use sc_client_api::BlockBackend as _;
use sc_consensus_grandpa::warp_proof::NetworkProvider;
use sc_network::{
	config::FullNetworkConfiguration, service::traits::NetworkService, Litep2pNetworkBackend, NetworkBackend,
	NotificationService, Roles,
};
use sc_network_sync::{
	block_relay_protocol::BlockRelayParams,
	block_request_handler::BlockRequestHandler,
	engine::SyncingEngine,
	service::network::NetworkServiceProvider,
	state_request_handler::StateRequestHandler,
	strategy::polkadot::{PolkadotSyncingStrategy, PolkadotSyncingStrategyConfig},
	warp_request_handler::RequestHandler as WarpRequestHandler,
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
/// What the protocols are registered with.
type Protocols = FullNetworkConfiguration<Block, Hash, Litep2p>;
/// A protocol of requests and answers.
type RequestProtocol = <Litep2p as NetworkBackend<Block, Hash>>::RequestResponseProtocolConfig;

/// The running network, and what hangs on it.
pub struct Network {
	/// The network itself.
	pub service: Arc<dyn NetworkService>,
	/// What the stock methods ask it.
	pub system_rpc_tx: sc_utils::mpsc::TracingUnboundedSender<sc_rpc::system::Request<Block>>,
	/// Gossips transactions.
	pub tx_handler_controller: sc_network_transactions::TransactionsHandlerController<Hash>,
	/// Synchronises blocks.
	pub sync: Arc<sc_network_sync::SyncingService<Block>>,
	/// The name of GRANDPA's protocol.
	pub grandpa_protocol: sc_network::ProtocolName,
	/// GRANDPA's votes.
	pub grandpa_notifications: Box<dyn NotificationService>,
}

/// Starts the network.
///
/// # Errors
/// When an address can't be listened on, or the options contradict each other.
pub fn start(
	config: &Configuration,
	client: &Arc<Client>,
	backend: &Arc<Backend>,
	pool: &Arc<Pool>,
	grandpa_link: &GrandpaLink,
	import_queue: sc_consensus::DefaultImportQueue<Block>,
	tasks: &TaskManager,
) -> Result<Network, Error> {
	let registry = config.prometheus_registry();
	let metrics = <Litep2p as NetworkBackend<Block, Hash>>::register_notification_metrics(registry);
	let mut protocols = Protocols::new(&config.network, registry.cloned());
	let admission = Admission::new(client.clone(), &config.network);

	let genesis = client
		.block_hash(0)?
		.ok_or_else(|| Error::Other("the database has no genesis block".into()))?;
	let grandpa_protocol = sc_consensus_grandpa::protocol_standard_name(&genesis, &config.chain_spec);
	let (grandpa, grandpa_notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<Block, Litep2p>(
		grandpa_protocol.clone(),
		metrics.clone(),
		protocols.peer_store_handle(),
	);
	protocols.add_notification_protocol(grandpa);

	let provider = NetworkServiceProvider::new();
	let warp = Arc::new(NetworkProvider::new(
		backend.clone(),
		grandpa_link.shared_authority_set().clone(),
		Vec::new(),
	));
	let requests = Requests {
		config,
		client,
		admission: &admission,
		tasks,
	};
	let strategy = requests.serve(&mut protocols, &provider, genesis, warp)?;
	let (engine, sync, block_announces) = SyncingEngine::new(
		Roles::from(&config.role),
		client.clone(),
		registry,
		metrics.clone(),
		&protocols,
		config.protocol_id(),
		config.chain_spec.fork_id(),
		Box::new(DefaultBlockAnnounceValidator),
		Box::new(strategy),
		provider.handle(),
		import_queue.service(),
		protocols.peer_store_handle(),
	)?;
	tasks
		.spawn_essential_handle()
		.spawn_blocking("syncing", None, engine.run());

	let announcements = block_announces.protocol_name().clone();
	let (service, system_rpc_tx, tx_handler_controller, sync, _bitswap) =
		build_network_advanced(BuildNetworkAdvancedParams {
			role: config.role,
			protocol_id: config.protocol_id(),
			fork_id: config.chain_spec.fork_id(),
			announce_block: config.announce_block,
			net_config: protocols,
			client: client.clone(),
			transaction_pool: pool.clone(),
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
	let stalls = stall::stalls(client.clone(), sync.clone());
	tasks.spawn_handle().spawn(
		"admission",
		Some("networking"),
		admission.follow(service.clone(), announcements, stalls),
	);
	Ok(Network {
		service,
		system_rpc_tx,
		tx_handler_controller,
		sync,
		grandpa_protocol,
		grandpa_notifications,
	})
}

/// What answering requests needs.
struct Requests<'a> {
	config: &'a Configuration,
	client: &'a Arc<Client>,
	admission: &'a Admission,
	tasks: &'a TaskManager,
}

impl Requests<'_> {
	/// Answers the requests of admitted nodes for blocks, state and warp proofs. How this node asks for them itself.
	fn serve(
		&self,
		protocols: &mut Protocols,
		provider: &NetworkServiceProvider,
		genesis: Hash,
		warp: Arc<NetworkProvider<Block, Backend>>,
	) -> Result<PolkadotSyncingStrategy<Block, Client>, Error> {
		let (config, client) = (self.config, self.client);
		let (id, fork) = (config.protocol_id(), config.chain_spec.fork_id());
		let peers = &config.network.default_peers_set;
		let slots = peers.in_peers as usize + peers.out_peers as usize + peers.reserved_nodes.len();

		let BlockRelayParams {
			mut server,
			downloader,
			request_response_config,
		} = BlockRequestHandler::new::<Litep2p>(provider.handle(), &id, fork, client.clone(), slots);
		self.spawn("block-request-handler", async move { server.run().await });
		self.open(protocols, request_response_config);

		let (handler, requests) = StateRequestHandler::new::<Litep2p>(&id, fork, client.clone(), slots);
		let state_request_protocol_name = requests.protocol_name.clone();
		self.spawn("state-request-handler", handler.run());
		self.open(protocols, requests);

		let (handler, requests) = WarpRequestHandler::new::<_, Litep2p>(id, genesis, fork, warp.clone());
		let warp_protocol_name = requests.protocol_name.clone();
		self.spawn("warp-sync-request-handler", handler.run());
		self.open(protocols, requests);

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

	/// Registers a protocol whose requests only admitted nodes get answers to.
	fn open(&self, protocols: &mut Protocols, mut protocol: RequestProtocol) {
		if let Some(handler) = protocol.inbound_queue.take() {
			let (queue, gate) = request_filter::before(handler, self.admission.list());
			protocol.inbound_queue = Some(queue);
			self.spawn("request-gate", gate);
		}
		protocols.add_request_response_protocol(protocol);
	}

	fn spawn(&self, name: &'static str, task: impl std::future::Future<Output = ()> + Send + 'static) {
		self.tasks.spawn_handle().spawn(name, Some("networking"), task);
	}
}
