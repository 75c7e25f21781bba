//! `kexin-node ceremony`: hospitals start a chain together, each with keys that it made itself.
//!
//! Each hospital makes its keys and publishes one file to the others. From all of these files, every hospital makes the
//! chain specification itself, and they all compare its hash. Nobody collects secrets, and no hospital needs to trust
//! another one for the contents of the specification.

mod hospital;

use crate::chain::spec;
use hospital::Hospital;
use kexin_runtime::Balance;
use sc_cli::{KeystoreParams, SubstrateCli};
use sc_network::{
	config::{MultiaddrWithPeerId, NodeKeyConfig, Secret},
	Multiaddr,
};
use sc_service::{BasePath, KeystoreContainer};
use serde_json::json;
use sp_core::{sr25519, Pair as _, H256};
use std::{
	fs::{self, OpenOptions},
	io::Write as _,
	os::unix::fs::OpenOptionsExt as _,
	path::{Path, PathBuf},
};

/// The public file of a hospital.
const PUBLIC_FILE: &str = "hospital.json";
/// The secret phrase of the hospital's account.
const ACCOUNT_FILE: &str = "account.key";

/// The steps of starting a chain.
#[derive(Debug, clap::Subcommand)]
pub enum CeremonyCommand {
	/// Make the keys of a hospital on its validator's machine, and the public file that it sends to the others.
	Keys(KeysCommand),
	/// Make the chain specification from the public files of all hospitals, in any order. Every hospital runs this, and
	/// all compare the hashes.
	Chain(ChainCommand),
}

/// `kexin-node ceremony keys`.
#[derive(Debug, clap::Args)]
pub struct KeysCommand {
	/// The id of the chain that the hospitals have agreed on: lower-case letters, digits and underscores.
	#[arg(long, value_parser = hospital::chain)]
	id: String,
	/// The hospital's name.
	#[arg(long, value_parser = hospital::name)]
	name: String,
	/// The ISO 3166-1 numeric code of its country.
	#[arg(long, value_parser = hospital::region)]
	region: u16,
	/// The address at which the others will reach its validator, such as /dns/ledger.example/tcp/30333.
	#[arg(long)]
	address: Multiaddr,
	/// The validator's directory. The node's key and the session keys are written there.
	#[arg(long, short = 'd', value_name = "PATH")]
	base_path: Option<PathBuf>,
	/// The directory for hospital.json and account.key. account.key is secret, and the validator's machine does not
	/// need it.
	#[arg(long, value_name = "PATH")]
	out: PathBuf,
	#[clap(flatten)]
	keystore_params: KeystoreParams,
}

/// `kexin-node ceremony chain`.
#[derive(Debug, clap::Args)]
pub struct ChainCommand {
	/// The public files of all hospitals.
	#[arg(required = true)]
	hospitals: Vec<PathBuf>,
	/// The file to write the specification to.
	#[arg(long, value_name = "FILE", default_value = "chain.json")]
	out: PathBuf,
	/// The number of blocks in a session, the shortest time in which the validators can change.
	#[arg(long, value_name = "BLOCKS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(4..))]
	session_blocks: u32,
	/// The least number of blocks between two changes of a validator's session keys. Each change makes all later proofs
	/// longer.
	#[arg(long, value_name = "BLOCKS", default_value_t = 43_200)]
	key_interval: u32,
	/// The number of blocks between the approval of an upgrade and the upgrade itself.
	#[arg(long, value_name = "BLOCKS", default_value_t = 43_200)]
	upgrade_delay: u32,
	/// The tokens that each hospital starts with, in whole KEX.
	#[arg(long, value_name = "KEX", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
	tokens: u64,
}

impl CeremonyCommand {
	/// Runs the command.
	///
	/// # Errors
	/// When a hospital's file is invalid, or a file can't be read or written.
	pub fn run<C: SubstrateCli>(&self) -> sc_cli::Result<()> {
		match self {
			Self::Keys(command) => command.run::<C>(),
			Self::Chain(command) => command.run(),
		}
	}
}

impl KeysCommand {
	fn run<C: SubstrateCli>(&self) -> sc_cli::Result<()> {
		let base = self
			.base_path
			.clone()
			.map_or_else(|| BasePath::from_project("", "", &C::executable_name()), BasePath::new);
		let directory = base.config_dir(&self.id);
		if directory.exists() {
			return Err(sc_cli::Error::Input(format!(
				"{} is there already: a ceremony starts with a new directory, so that no key belongs to two chains",
				directory.display()
			)));
		}
		fs::create_dir_all(&self.out)?;
		// Write the account first: a second run then stops before it makes anything else.
		let (account, phrase, _) = sr25519::Pair::generate_with_phrase(None);
		write(&self.out.join(ACCOUNT_FILE), &format!("{phrase}\n"), 0o600)?;

		let key = NodeKeyConfig::Ed25519(Secret::File(directory.join("network/secret_ed25519"))).into_keypair()?;
		let node = MultiaddrWithPeerId {
			multiaddr: self.address.clone(),
			peer_id: key.public().to_peer_id(),
		};
		let keystore = KeystoreContainer::new(&self.keystore_params.keystore_config(&directory)?)?;
		let hospital = Hospital::new(&self.id, &self.name, self.region, &account, &keystore, node)?;
		write(&self.out.join(PUBLIC_FILE), &pretty(&hospital)?, 0o644)?;
		let made = json!({
			"public": self.out.join(PUBLIC_FILE),
			"secret": [self.out.join(ACCOUNT_FILE), directory],
			"account": hospital.account,
			"node": hospital.node,
		});
		println!("{}", pretty(&made)?);
		Ok(())
	}
}

impl ChainCommand {
	fn run(&self) -> sc_cli::Result<()> {
		let hospitals = self.hospitals.iter().map(|path| Hospital::read(path));
		let hospitals = hospitals.collect::<Result<_, _>>().and_then(hospital::consortium)?;
		let chain_spec = spec::consortium(&hospitals[0].chain, nodes(&hospitals), self.genesis(&hospitals)?)?;
		let genesis = spec::genesis_hash(&chain_spec)?;
		let text = chain_spec.as_json(false)?;
		write(&self.out, &text, 0o644)?;
		let made = json!({
			"file": self.out,
			"sha256": H256(sp_crypto_hashing::sha2_256(text.as_bytes())),
			"genesis": genesis,
			"runtime": H256(sp_crypto_hashing::blake2_256(spec::runtime()?)),
			"hospitals": hospitals.iter().map(|hospital| &hospital.name).collect::<Vec<_>>(),
		});
		println!("{}", pretty(&made)?);
		Ok(())
	}

	/// The parts of the genesis that differ from the runtime's defaults.
	fn genesis(&self, hospitals: &[Hospital]) -> Result<serde_json::Value, String> {
		let member = |hospital: &Hospital| {
			json!({
				"kind": "hospital",
				"name": hospital.name,
				"region": hospital.region,
				"seat": true,
				"keys": [[hospital.account, ["council", "administrator"]]],
			})
		};
		let keys = |hospital: &Hospital| {
			let keys = hospital.keys()?;
			let keys = json!({ "babe": keys.babe, "grandpa": keys.grandpa });
			Ok(json!([hospital.account, hospital.account, keys]))
		};
		let tokens = Balance::from(self.tokens) * Balance::pow(10, kexin_runtime::TOKEN_DECIMALS.into());
		let accounts = || hospitals.iter().map(|hospital| &hospital.account);
		Ok(json!({
			"members": {
				"members": hospitals.iter().map(member).collect::<Vec<_>>(),
				"validators": accounts().collect::<Vec<_>>(),
				"sessionBlocks": self.session_blocks,
				"keyInterval": self.key_interval,
			},
			"session": { "keys": hospitals.iter().map(keys).collect::<Result<Vec<_>, String>>()? },
			"balances": { "balances": accounts().map(|account| (account, tokens)).collect::<Vec<_>>() },
			"babe": { "epochConfig": { "c": [1, 4], "allowed_slots": "PrimaryAndSecondaryVRFSlots" } },
			"governance": { "upgradeDelay": self.upgrade_delay },
		}))
	}
}

fn nodes(hospitals: &[Hospital]) -> Vec<MultiaddrWithPeerId> {
	hospitals.iter().map(|hospital| hospital.node.clone()).collect()
}

fn pretty(value: &impl serde::Serialize) -> sc_cli::Result<String> {
	serde_json::to_string_pretty(value).map_err(|error| sc_cli::Error::Application(Box::new(error)))
}

/// Writes a new file. An existing file is an error.
fn write(path: &Path, text: &str, mode: u32) -> sc_cli::Result<()> {
	let failed = |error| sc_cli::Error::Input(format!("{} can't be written: {error}", path.display()));
	let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
	let mut file = file.map_err(failed)?;
	file.write_all(text.as_bytes())
		.and_then(|()| file.sync_all())
		.map_err(failed)
}
