//! JSON-RPC: the stock methods of a BABE and GRANDPA node, and the ledger's own.
//!
//! | module | what it holds |
//! |---|---|
//! | [`registry`] | the table of all methods, and how to add one |
//! | [`access`], [`annotation`], [`audit`], [`consent`] | the methods whose names begin with the module's |
//! | [`governance`], [`index`], [`lineage`], [`members`] | the same |
//! | [`history`] | what the `…_history` methods share |
//! | [`context`] | what the methods answer from |
//! | [`answer`], [`error`] | the envelope of an answer, and the error codes |
//! | [`number`], [`page`] | parameters that several methods share |
//! | [`proof`] | what proofs are made from |
//! | [`verified`] | answers of the runtime, checked against the block's hash |
//! | [`workers`] | the limits on long answers |

pub mod access;
pub mod annotation;
pub mod answer;
pub mod audit;
pub mod consent;
pub mod context;
pub mod error;
pub mod governance;
pub mod history;
pub mod index;
pub mod lineage;
pub mod members;
pub mod number;
pub mod page;
pub mod proof;
pub mod registry;
pub mod verified;
pub mod workers;

use crate::chain::{
	damage::Damage,
	types::{Backend, Client, Pool, SelectChain},
};
use access::{Access, AccessServer as _};
use annotation::{Annotation, AnnotationServer as _};
use audit::{Audit, AuditServer as _};
use consent::{Consent, ConsentServer as _};
use context::Context;
use governance::{Governance, GovernanceServer as _};
use index::{Index, IndexServer as _};
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use kexin_runtime::{opaque::Block, BlockNumber, Hash};
use lineage::{Lineage, LineageServer as _};
use members::{Members, MembersServer as _};
use proof::finality::FinalityProver;
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_babe_rpc::{Babe, BabeApiServer as _};
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer as _};
use sc_rpc::SubscriptionTaskExecutor;
use sp_keystore::KeystorePtr;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer as _};
use verified::CheckedClient;
use workers::Workers;

/// What the methods answer from.
pub struct Dependencies {
	/// The client that executes and stores blocks.
	pub client: Arc<Client>,
	/// The transaction pool.
	pub pool: Arc<Pool>,
	/// The rule that picks the best chain.
	pub select_chain: SelectChain,
	/// The node's keys.
	pub keystore: KeystorePtr,
	/// The worker that knows BABE's epochs.
	pub babe_worker: BabeWorkerHandle<Block>,
	/// The state of GRANDPA's rounds.
	pub voter_state: SharedVoterState,
	/// GRANDPA's voters, and their changes.
	pub authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	/// New justifications.
	pub justifications: GrandpaJustificationStream<Block>,
	/// Substrate's proofs of finality.
	pub finality_proofs: Arc<FinalityProofProvider<Backend, Block>>,
	/// The index of finalized events; `None` when the node keeps none.
	pub index: Option<Arc<crate::index::Index>>,
	/// The threads for long answers.
	pub workers: Workers,
	/// What is damaged in the node's database.
	pub damage: Damage,
}

/// The builder of the methods. The service builds them once for each listener.
pub fn builder(
	dependencies: Dependencies,
) -> Box<dyn Fn(SubscriptionTaskExecutor) -> Result<RpcModule<()>, sc_service::Error>> {
	Box::new(move |executor| {
		methods(&dependencies, executor).map_err(|error| sc_service::Error::Application(Box::new(error)))
	})
}

/// All methods of the node but those that the service adds.
fn methods(
	dependencies: &Dependencies,
	executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, RegisterMethodError> {
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
		damage,
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
	let client = CheckedClient::new(client.clone(), damage.clone());
	let context = Context {
		client: client.clone(),
		index: index.clone(),
		workers: workers.clone(),
		finality: FinalityProver {
			client,
			voters: authority_set.clone(),
		},
		executor,
	};
	module.merge(ledger_methods(context)?)?;
	Ok(module)
}

/// The ledger's own methods: those of [`registry::METHODS`].
fn ledger_methods(context: Context) -> Result<RpcModule<()>, RegisterMethodError> {
	let mut module = RpcModule::new(());
	module.merge(Access(context.clone()).into_rpc())?;
	module.merge(Annotation(context.clone()).into_rpc())?;
	module.merge(Audit::new(context.clone()).into_rpc())?;
	module.merge(Consent(context.clone()).into_rpc())?;
	module.merge(Index(context.clone()).into_rpc())?;
	module.merge(Governance(context.clone()).into_rpc())?;
	module.merge(Lineage(context.clone()).into_rpc())?;
	module.merge(Members(context).into_rpc())?;
	Ok(module)
}
