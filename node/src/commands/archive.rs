//! `kexin-node archive`: writes the blocks of the chain to a file, and makes a node from such a file without a network.
//!
//! The file has the format of Substrate's own `export-blocks --binary`. Substrate's import is not enough for an
//! archive: it ignores an invalid justification, and trusts the number of blocks that the file states.

use crate::chain::types::Client;
use codec::{Decode, Encode as _, IoReader};
use kexin_runtime::opaque::Block;
use sc_cli::{CliConfiguration, DatabaseParams, SharedParams};
use sc_client_api::BlockBackend as _;
use sc_consensus::DefaultImportQueue;
use sc_consensus_grandpa::GrandpaJustification;
use sc_service::{chain_ops::import_blocks, BlocksPruning, PruningMode};
use serde_json::json;
use sp_api::ProvideRuntimeApi as _;
use sp_blockchain::HeaderBackend as _;
use sp_consensus_grandpa::{GrandpaApi as _, GRANDPA_ENGINE_ID};
use sp_core::H256;
use sp_runtime::{
	generic::SignedBlock,
	traits::{Block as _, Header as _},
};
use std::{
	fs::{File, OpenOptions},
	io::{BufReader, BufWriter, Read as _, Write as _},
	path::{Path, PathBuf},
	sync::Arc,
};

/// What to do with an archive. Stop the node first.
#[derive(Debug, clap::Subcommand)]
pub enum ArchiveCommand {
	/// Write blocks and the proofs of their finality to a file, up to the newest block with a proof of its own.
	Export {
		#[allow(missing_docs)]
		#[command(flatten)]
		arguments: ArchiveArguments,
		/// The first block.
		#[arg(long, value_name = "BLOCK", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
		from: u32,
	},
	/// Execute the blocks of a file and check the proofs of their finality. If the command reports an error, use
	/// nothing of what it imported.
	Import {
		#[allow(missing_docs)]
		#[command(flatten)]
		arguments: ArchiveArguments,
	},
}

/// The file and the chain.
#[derive(Debug, clap::Args)]
pub struct ArchiveArguments {
	/// The archive file.
	file: PathBuf,
	#[allow(missing_docs)]
	#[command(flatten)]
	shared: SharedParams,
	#[allow(missing_docs)]
	#[command(flatten)]
	database: DatabaseParams,
}

impl CliConfiguration for ArchiveCommand {
	fn shared_params(&self) -> &SharedParams {
		&self.arguments().shared
	}

	fn database_params(&self) -> Option<&DatabaseParams> {
		Some(&self.arguments().database)
	}

	/// An imported chain keeps all of its state, as a node does. An export does not change the database.
	fn state_pruning(&self) -> sc_cli::Result<Option<PruningMode>> {
		Ok(matches!(self, Self::Import { .. }).then_some(PruningMode::ArchiveAll))
	}

	fn blocks_pruning(&self) -> sc_cli::Result<BlocksPruning> {
		Ok(BlocksPruning::KeepAll)
	}
}

impl ArchiveCommand {
	fn arguments(&self) -> &ArchiveArguments {
		match self {
			Self::Export { arguments, .. } | Self::Import { arguments } => arguments,
		}
	}

	/// Runs the command.
	///
	/// # Errors
	/// When the file or the database can't be read or written, or the archive is invalid.
	pub async fn run(&self, client: Arc<Client>, queue: DefaultImportQueue<Block>) -> sc_cli::Result<()> {
		let file = &self.arguments().file;
		let done = match self {
			Self::Export { from, .. } => export(&client, file, *from)?,
			Self::Import { .. } => import(client, queue, file).await?,
		};
		println!("{done:#}");
		Ok(())
	}
}

fn export(client: &Client, path: &Path, from: u32) -> Result<serde_json::Value, String> {
	let written = |error: std::io::Error| format!("{} can't be written: {error}", path.display());
	let mut last = client.info().finalized_number;
	while last >= from && block(client, last)?.justifications.is_none() {
		last -= 1;
	}
	if last < from {
		return Err(format!("no block from {from} on has a proof of its finality yet"));
	}
	let file = OpenOptions::new()
		.write(true)
		.create_new(true)
		.open(path)
		.map_err(written)?;
	let mut writer = BufWriter::new(file);
	let count = u64::from(last - from) + 1;
	writer.write_all(&count.encode()).map_err(written)?;
	let mut hash = H256::zero();
	for number in from..=last {
		let block = block(client, number)?;
		hash = block.block.hash();
		writer.write_all(&block.encode()).map_err(written)?;
	}
	let file = writer.into_inner().map_err(|error| written(error.into_error()))?;
	file.sync_all().map_err(written)?;
	Ok(json!({ "file": path, "blocks": count, "last": last, "hash": hash }))
}

/// A block of the best chain, with the proof of its finality if it has one of its own.
fn block(client: &Client, number: u32) -> Result<SignedBlock<Block>, String> {
	let failed = |error: sp_blockchain::Error| format!("block {number} can't be read: {error}");
	let hash = client.hash(number).map_err(failed)?;
	let block = hash
		.map(|hash| client.block(hash))
		.transpose()
		.map_err(failed)?
		.flatten();
	block.ok_or_else(|| format!("this node does not have block {number}: export from a node that keeps all blocks"))
}

async fn import(
	client: Arc<Client>,
	queue: DefaultImportQueue<Block>,
	path: &Path,
) -> Result<serde_json::Value, String> {
	let (first, count) = survey(&client, path)?;
	let reader = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
	let imported = import_blocks(client.clone(), queue, reader, false, true).await;
	let damaged = |what: &str| {
		format!("the archive is damaged, or not of this chain: {what}. Remove the imported blocks with kexin-node purge-chain")
	};
	imported.map_err(|error| damaged(&format!("{error} (the log names it)")))?;

	for signed in Archive::open(path)? {
		let signed = signed?;
		let number = *signed.block.header().number();
		let hash = signed.block.hash();
		if client.hash(number).map_err(|error| error.to_string())? != Some(hash) {
			return Err(damaged(&format!("block {number} is not on the finalized chain")));
		}
		justified(&client, &signed).map_err(|error| damaged(&format!("the finality of block {number}: {error}")))?;
	}
	let last = first + (count - 1);
	let info = client.info();
	if info.finalized_number < last {
		return Err(damaged(&format!(
			"its last final block is {}, not {last}",
			info.finalized_number
		)));
	}
	Ok(json!({ "file": path, "blocks": count, "last": last, "hash": client.hash(last).ok().flatten() }))
}

/// Reads a whole archive before anything is imported: it must be complete, follow on the database, and end with a
/// proof. Returns the number of its first block, and the number of its blocks.
fn survey(client: &Client, path: &Path) -> Result<(u32, u32), String> {
	let mut archive = Archive::open(path)?;
	let mut first = None;
	let mut previous = None;
	let mut proved = false;
	for signed in &mut archive {
		let signed = signed?;
		let header = signed.block.header();
		let number = *header.number();
		let follows = match previous {
			Some(previous) => previous == (number.wrapping_sub(1), *header.parent_hash()),
			None => {
				let parent = client.hash(number.wrapping_sub(1)).map_err(|error| error.to_string())?;
				parent == Some(*header.parent_hash())
			},
		};
		if !follows {
			return Err(match first {
				Some(_) => format!(
					"the archive is damaged: block {number} does not follow the one before it. Nothing was imported"
				),
				None => format!(
					"the archive begins with block {number}, which does not follow the last block of the database: it is \
					 damaged or of another chain, or you need to import an earlier archive first. Nothing was imported"
				),
			});
		}
		first.get_or_insert(number);
		previous = Some((number, signed.block.hash()));
		proved = signed.justifications.is_some();
	}
	archive.end()?;
	match (first, previous) {
		(Some(first), Some((last, _))) if proved => Ok((first, last - first + 1)),
		_ => Err("the archive does not end with a block whose finality is proved. Nothing was imported".into()),
	}
}

/// Checks the proof of a block's finality: either the import has checked and kept it, or the voters of its time signed
/// it.
fn justified(client: &Client, signed: &SignedBlock<Block>) -> Result<(), String> {
	let Some(justifications) = &signed.justifications else {
		return Ok(());
	};
	let header = signed.block.header();
	let (number, hash) = (*header.number(), signed.block.hash());
	if client.justifications(hash).map_err(|error| error.to_string())?.as_ref() == Some(justifications) {
		return Ok(());
	}
	let proof = justifications.get(GRANDPA_ENGINE_ID).ok_or("its kind is unknown")?;
	let justification = GrandpaJustification::<Block>::decode(proof).map_err(|error| error.to_string())?;
	if justification.target() != (number, hash) {
		return Err("it is the proof of another block".into());
	}
	// The block that changes the voters is itself finalized by the previous voters.
	let api = client.runtime_api();
	let voters = api.grandpa_authorities(*header.parent_hash());
	let set = api.current_set_id(*header.parent_hash());
	let (voters, set) = voters
		.and_then(|voters| Ok((voters, set?)))
		.map_err(|error| error.to_string())?;
	justification.verify(set, &voters).map_err(|error| error.to_string())
}

/// The blocks of an archive file.
struct Archive {
	reader: IoReader<BufReader<File>>,
	path: PathBuf,
	/// The number of blocks that the file states.
	count: u64,
	/// The number of blocks that were read.
	read: u64,
}

impl Archive {
	fn open(path: &Path) -> Result<Self, String> {
		let file = File::open(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
		let mut reader = IoReader(BufReader::new(file));
		let count = u64::decode(&mut reader).map_err(|_| format!("{} is not an archive of blocks", path.display()))?;
		Ok(Self {
			reader,
			path: path.into(),
			count,
			read: 0,
		})
	}

	/// Checks that nothing comes after the last block.
	fn end(&mut self) -> Result<(), String> {
		match self.reader.0.read(&mut [0]) {
			Ok(0) => Ok(()),
			Ok(_) => Err(format!(
				"the archive is damaged: there is more data after its {} blocks. Nothing was imported",
				self.count
			)),
			Err(error) => Err(format!("{} can't be read: {error}", self.path.display())),
		}
	}
}

impl Iterator for Archive {
	type Item = Result<SignedBlock<Block>, String>;

	fn next(&mut self) -> Option<Self::Item> {
		if self.read == self.count {
			return None;
		}
		let block = SignedBlock::decode(&mut self.reader);
		self.read += 1;
		Some(block.map_err(|_| {
			format!(
				"the archive is damaged, or its end is missing: block {} of {} can't be read. Nothing was imported",
				self.read, self.count
			)
		}))
	}
}
