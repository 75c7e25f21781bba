//! The types that the node's components share.

use kexin_runtime::{opaque::Block, RuntimeApi};
use sp_consensus_babe::inherents::BabeCreateInherentDataProviders;
use sp_keystore::KeystorePtr;
use std::sync::Arc;

/// Executes WebAssembly runtimes.
pub type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
/// The client that executes and stores blocks.
pub type Client = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database.
pub type Backend = sc_service::TFullBackend<Block>;
/// The transaction pool.
pub type Pool = sc_transaction_pool::TransactionPoolHandle<Block, Client>;
/// The rule that picks the best chain.
pub type SelectChain = sc_consensus::LongestChain<Backend, Block>;
/// Imports blocks that GRANDPA may finalize.
pub type GrandpaImport = sc_consensus_grandpa::GrandpaBlockImport<Backend, Block, Client, SelectChain>;
/// Connects the import of blocks with GRANDPA's voter.
pub type GrandpaLink = sc_consensus_grandpa::LinkHalf<Block, Client, SelectChain>;
/// Imports blocks that BABE sealed.
pub type BabeImport = sc_consensus_babe::BabeBlockImport<
	Block,
	Client,
	GrandpaImport,
	BabeCreateInherentDataProviders<Block>,
	SelectChain,
>;

/// The parts of the node that most components use. A clone refers to the same parts.
#[derive(Clone)]
pub struct Parts {
	/// The client that executes and stores blocks.
	pub client: Arc<Client>,
	/// The database.
	pub backend: Arc<Backend>,
	/// The transaction pool.
	pub pool: Arc<Pool>,
	/// The rule that picks the best chain.
	pub select_chain: SelectChain,
	/// The node's keys.
	pub keystore: KeystorePtr,
}
