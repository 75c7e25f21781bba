//! JSON-RPC: the stock methods of a BABE and GRANDPA node, and the ledger's own: over its state ([`ledger`]), over the index ([`events`]), and
//! the proofs of both ([`proofs`]).

pub mod error;
pub mod events;
pub mod json;
pub mod ledger;
pub mod proofs;
pub mod verified;
pub mod workers;

use crate::{
	chain::types::{Backend, Client, Pool, SelectChain},
	index::Index,
};
use events::{Events, EventsServer as _};
use jsonrpsee::RpcModule;
use kexin_runtime::{opaque::Block, BlockNumber, Hash};
use ledger::{Ledger, LedgerServer as _};
use proofs::{finality::Finalities, Proofs, ProofsServer as _};
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_babe_rpc::{Babe, BabeApiServer as _};
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer as _};
use sc_rpc::SubscriptionTaskExecutor;
use sp_keystore::KeystorePtr;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer as _};
use workers::Workers;

/// What the methods ask.
pub struct Dependencies {
	/// The client that executes and stores blocks.
	pub client: Arc<Client>,
	/// The transaction pool.
	pub pool: Arc<Pool>,
	/// The rule that picks the best chain.
	pub select_chain: SelectChain,
	/// The node's keys.
	pub keystore: KeystorePtr,
	/// BABE's epochs.
	pub babe_worker: BabeWorkerHandle<Block>,
	/// GRANDPA's votes.
	pub voter_state: SharedVoterState,
	/// GRANDPA's voters.
	pub authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	/// Justifications as they come.
	pub justifications: GrandpaJustificationStream<Block>,
	/// Proofs of finality.
	pub finality_proofs: Arc<FinalityProofProvider<Backend, Block>>,
	/// The index of finalized events; none when the node keeps none.
	pub index: Option<Arc<Index>>,
	/// Who makes long answers.
	pub workers: Workers,
}

/// Builds the methods; the service does so once for each of its listeners.
pub fn builder(
	dependencies: Dependencies,
) -> Box<dyn Fn(SubscriptionTaskExecutor) -> Result<RpcModule<()>, sc_service::Error>> {
	Box::new(move |executor| {
		methods(&dependencies, executor).map_err(|error| sc_service::Error::Application(Box::new(error)))
	})
}

fn methods(
	dependencies: &Dependencies,
	executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, jsonrpsee::core::RegisterMethodError> {
	let Dependencies {
		client,
		pool,
		select_chain,
		keystore,
		babe_worker,
		voter_state,
		authority_set,
		justifications,
		finality_proofs,
		index,
		workers,
	} = dependencies;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool.clone()).into_rpc())?;
	module.merge(
		Babe::new(
			client.clone(),
			babe_worker.clone(),
			keystore.clone(),
			select_chain.clone(),
		)
		.into_rpc(),
	)?;
	module.merge(
		Grandpa::new(
			executor.clone(),
			authority_set.clone(),
			voter_state.clone(),
			justifications.clone(),
			finality_proofs.clone(),
		)
		.into_rpc(),
	)?;
	module.merge(Ledger::new(client.clone(), index.clone(), workers.clone()).into_rpc())?;
	module.merge(Events::new(client.clone(), index.clone(), executor).into_rpc())?;
	let finalities = Finalities {
		client: client.clone(),
		voters: authority_set.clone(),
	};
	module.merge(Proofs::new(finalities, index.clone(), workers.clone()).into_rpc())?;
	Ok(module)
}
