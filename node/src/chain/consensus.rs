//! Consensus: BABE authors blocks, GRANDPA finalizes them, and both check the blocks that are imported.

use super::{
	equivocation::{DiscardingPool, EquivocationDetector},
	types::{BabeImport, GrandpaLink, Parts},
};
use kexin_runtime::{opaque::Block, BlockNumber, Hash, SILENT_TURNS};
use sc_consensus::DefaultImportQueue;
use sc_consensus_babe::{BabeLink, BabeWorkerHandle, SlotProportion};
use sc_consensus_grandpa::{SharedAuthoritySet, SharedVoterState};
use sc_consensus_slots::{BackoffAuthoringBlocksStrategy, BackoffAuthoringOnFinalizedHeadLagging};
use sc_network::{service::traits::NetworkService, NotificationService, ProtocolName};
use sc_network_sync::SyncingService;
use sc_service::{error::Error, Configuration, Role, TaskManager};
use sc_telemetry::{Telemetry, TelemetryHandle};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_babe::{inherents::BabeCreateInherentDataProviders, Slot, SlotDuration};
use std::{sync::Arc, time::Duration};
use substrate_prometheus_endpoint::Registry;

/// The most blocks between two justifications that are kept. An offline proof of finality rests on a justification.
const JUSTIFICATION_PERIOD: u32 = 8;
/// How long GRANDPA allows for a vote to reach all voters. From the beginning of a round, a voter waits at most twice
/// as long for its prevote, and four times as long for its precommit, so it bounds how soon a block is final. Voters
/// that are farther apart finalize later. The shorter it is, the more rounds there are, with their votes.
const GOSSIP_DURATION: Duration = Duration::from_millis(150);

/// What the import of blocks shares with authoring and finality.
pub struct Consensus {
	/// Imports the blocks that this node authors.
	pub block_import: BabeImport,
	/// Connects the import of blocks with GRANDPA's voter.
	pub grandpa_link: GrandpaLink,
	/// Connects the import of blocks with BABE's authoring.
	pub babe_link: BabeLink<Block>,
	/// Answers questions about BABE's epochs.
	pub babe_worker: BabeWorkerHandle<Block>,
}

/// The settings of authoring and finality. They outlive the node's configuration.
pub struct Settings {
	/// Whether the node is a validator.
	pub role: Role,
	/// The node's name.
	pub name: String,
	/// Whether to author even without peers.
	pub force_authoring: bool,
	/// Whether to run without GRANDPA.
	pub disable_grandpa: bool,
	/// The registry of Prometheus metrics.
	pub registry: Option<Registry>,
	/// Where telemetry is sent.
	pub telemetry: Option<TelemetryHandle>,
}

impl Settings {
	/// Takes the settings from the configuration.
	pub fn new(config: &Configuration, telemetry: Option<&Telemetry>) -> Self {
		Self {
			role: config.role,
			name: config.network.node_name.clone(),
			force_authoring: config.force_authoring,
			disable_grandpa: config.disable_grandpa,
			registry: config.prometheus_registry().cloned(),
			telemetry: telemetry.map(Telemetry::handle),
		}
	}
}

/// GRANDPA's votes.
pub struct Votes {
	/// The network protocol on which they travel.
	pub protocol: ProtocolName,
	/// Sends and receives them.
	pub notifications: Box<dyn NotificationService>,
	/// The state of the current rounds, as JSON-RPC shows it.
	pub state: SharedVoterState,
}

/// Checks blocks before they are stored: BABE's seal and slot, then GRANDPA's justifications. It reports an author's
/// equivocation through the pool.
///
/// # Errors
/// When the database or the runtime can't be read.
pub fn import_queue(
	config: &Configuration,
	parts: &Parts,
	tasks: &TaskManager,
	telemetry: Option<TelemetryHandle>,
) -> Result<(DefaultImportQueue<Block>, Consensus), Error> {
	let client = &parts.client;
	let (grandpa_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&(client.clone() as Arc<_>),
		parts.select_chain.clone(),
		telemetry.clone(),
	)?;
	let babe_config = sc_consensus_babe::configuration(&**client)?;
	let slot_duration = babe_config.slot_duration();
	let (block_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		grandpa_import.clone(),
		client.clone(),
		inherents(slot_duration),
		parts.select_chain.clone(),
		OffchainTransactionPoolFactory::new(DiscardingPool),
	)?;
	let reports = OffchainTransactionPoolFactory::new(parts.pool.clone());
	let (queue, babe_worker) = sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
		link: babe_link.clone(),
		block_import: EquivocationDetector::new(block_import.clone(), client.clone(), reports),
		justification_import: Some(Box::new(grandpa_import)),
		client: client.clone(),
		slot_duration,
		spawner: &tasks.spawn_essential_handle(),
		registry: config.prometheus_registry(),
		telemetry,
	})?;
	let consensus = Consensus {
		block_import,
		grandpa_link,
		babe_link,
		babe_worker,
	};
	Ok((queue, consensus))
}

/// Makes authoring slower the more blocks are not final, but only once the blocks show which validators are silent.
///
/// They do after [`SILENT_TURNS`] turns at the latest, each with no more blocks than there are voters. Then the council
/// can restart finality.
struct Backoff {
	voters: SharedAuthoritySet<Hash, BlockNumber>,
}

impl BackoffAuthoringBlocksStrategy<BlockNumber> for Backoff {
	fn should_backoff(
		&self,
		head: BlockNumber,
		head_slot: Slot,
		finalized: BlockNumber,
		now: Slot,
		logging_target: &str,
	) -> bool {
		let voters = self.voters.current_authorities().len().get();
		backoff(voters).should_backoff(head, head_slot, finalized, now, logging_target)
	}
}

/// How authoring is slowed down with so many voters.
fn backoff(voters: usize) -> BackoffAuthoringOnFinalizedHeadLagging<BlockNumber> {
	let usual = BackoffAuthoringOnFinalizedHeadLagging::<BlockNumber>::default();
	let until_known = SILENT_TURNS.saturating_mul(u32::try_from(voters).unwrap_or(u32::MAX));
	BackoffAuthoringOnFinalizedHeadLagging {
		unfinalized_slack: usual.unfinalized_slack.saturating_add(until_known),
		..usual
	}
}

/// Authors blocks in this validator's slots.
///
/// # Errors
/// When BABE can't start.
pub fn authoring(
	settings: &Settings,
	parts: &Parts,
	block_import: BabeImport,
	babe_link: BabeLink<Block>,
	voters: SharedAuthoritySet<Hash, BlockNumber>,
	sync: &Arc<SyncingService<Block>>,
	tasks: &TaskManager,
) -> Result<(), Error> {
	let proposer = sc_basic_authorship::ProposerFactory::new(
		tasks.spawn_handle(),
		parts.client.clone(),
		parts.pool.clone(),
		settings.registry.as_ref(),
		settings.telemetry.clone(),
	);
	let create_inherent_data_providers = inherents(babe_link.config().slot_duration());
	let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
		keystore: parts.keystore.clone(),
		client: parts.client.clone(),
		select_chain: parts.select_chain.clone(),
		env: proposer,
		block_import,
		sync_oracle: sync.clone(),
		justification_sync_link: sync.clone(),
		create_inherent_data_providers,
		force_authoring: settings.force_authoring,
		backoff_authoring_blocks: Some(Backoff { voters }),
		babe_link,
		block_proposal_slot_portion: SlotProportion::new(2.0 / 3.0),
		max_block_proposal_slot_portion: None,
		telemetry: settings.telemetry.clone(),
	})?;
	tasks
		.spawn_essential_handle()
		.spawn_blocking("babe", Some("block-authoring"), babe);
	Ok(())
}

/// Votes on finality if this node is a validator, and otherwise follows the votes. It reports a voter's equivocation
/// through the pool.
///
/// # Errors
/// When GRANDPA can't start.
pub fn finality(
	settings: &Settings,
	parts: &Parts,
	link: GrandpaLink,
	votes: Votes,
	network: Arc<dyn NetworkService>,
	sync: Arc<SyncingService<Block>>,
	tasks: &TaskManager,
) -> Result<(), Error> {
	let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
		config: sc_consensus_grandpa::Config {
			gossip_duration: GOSSIP_DURATION,
			justification_generation_period: JUSTIFICATION_PERIOD,
			name: Some(settings.name.clone()),
			observer_enabled: false,
			keystore: settings.role.is_authority().then(|| parts.keystore.clone()),
			local_role: settings.role,
			telemetry: settings.telemetry.clone(),
			protocol_name: votes.protocol,
		},
		link,
		network,
		sync: Arc::new(sync),
		notification_service: votes.notifications,
		// Voters vote for the best block. The stock rules stay two blocks behind it, where voters of a public network
		// agree sooner, and after a stall at three quarters of what is not final. A rule only chooses what a voter
		// prevotes among the descendants of what may be final, so safety does not rest on it: votes for two forks
		// finalize what the forks have in common. The price: while two blocks of one slot compete, only their parent
		// becomes final, and after a stall voters wait until they have the block that the others vote for.
		voting_rule: (),
		prometheus_registry: settings.registry.clone(),
		shared_voter_state: votes.state,
		telemetry: settings.telemetry.clone(),
		offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(parts.pool.clone()),
	})?;
	tasks
		.spawn_essential_handle()
		.spawn_blocking("grandpa-voter", None, voter);
	Ok(())
}

/// The inherents of a block: its time and its slot.
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn authoring_is_not_slowed_down_before_it_is_known_who_is_silent() {
		for voters in [1, 4, 16, 100_u32] {
			let certain = SILENT_TURNS * voters;
			let waits = |lag: BlockNumber, slots: u64| {
				let head = 1_000 + lag;
				backoff(voters as usize).should_backoff(head, 9.into(), 1_000, (9 + slots).into(), "test")
			};
			assert!((0..=certain + 51).all(|lag| !waits(lag, 1)), "{voters}");
			// From then on a long stall makes a chain that is not much longer.
			assert!(waits(certain + 52, 1), "{voters}");
			assert!(waits(certain + 250, 100) && !waits(certain + 250, 101), "{voters}");
		}
	}
}
