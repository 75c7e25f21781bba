//! `kexin report`, and what it shares with `kexin proof`.

use super::{
	arguments::{Hash, Restarts},
	Session,
};
use anyhow::{bail, Context as _};
use kexin::{
	config::parse_hash,
	output,
	report::{
		check::{self, ProofFile, Proved, Questions},
		fetch::{self, At, FetchProgress, Rpc, Wanted},
		trusted::{self, Kept},
	},
	standards::{self, Format},
};
use kexin_primitives::H256;
use kexin_verifier::{report::Consents, Trust, TrustedBlock};
use serde::Serialize;
use serde_json::Value;
use std::{
	io::{IsTerminal as _, Write as _},
	path::{Path, PathBuf},
	str::FromStr,
};

/// The chain and the block that a file is about.
#[derive(Debug, clap::Args)]
pub struct Target {
	/// The chain's genesis hash, from a source that you trust. Without this option, the node's own answer is taken:
	/// compare it with that of your consortium.
	#[arg(long, value_parser = parse_hash)]
	genesis: Option<H256>,
	#[command(flatten)]
	restarts: Restarts,
	/// Begin the proof at a block that you trust, so that it does not grow with the age of the chain: its hash and
	/// number (0x…:123), as kexin printed them when you verified that block; or `kept`, the newest block that report
	/// and proof verified here. Whoever verifies the file has to trust that block. Without this option, the proof
	/// begins at the chain's first block.
	#[arg(long, value_name = "HASH:NUMBER")]
	trusted: Option<Start>,
	/// The block, by its hash or number. Without this option, the newest block that is proved final.
	#[arg(long)]
	at: Option<BlockName>,
}

/// The artifact to report about, and the files to write.
#[derive(Debug, clap::Args)]
pub struct ReportArguments {
	/// The model, or any other artifact.
	model: Hash,
	#[command(flatten)]
	target: Target,
	/// The accesses of which the file shows the consents by which they were judged, so that `kexin verify` judges them
	/// again. With one consent a person, they make the file up to twice as large.
	#[arg(long, value_enum, default_value_t = Shown::All, value_name = "ACCESSES")]
	consents: Shown,
	/// The file to write the report and its proofs to. Without this option, kexin-report-MODEL-BLOCK.json.
	#[arg(long, value_name = "FILE")]
	out: Option<PathBuf>,
	/// Also write the report as an HTML page.
	#[arg(long, value_name = "FILE")]
	html: Option<PathBuf>,
	/// Also write the report as Markdown.
	#[arg(long, value_name = "FILE")]
	markdown: Option<PathBuf>,
}

/// Accesses of which a file shows the consents.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shown {
	/// All accesses.
	All,
	/// The accesses for the model, and every permitted access with breaches.
	Model,
	/// None: only accesses to whole datasets can be judged again.
	None,
}

impl From<Shown> for Consents {
	fn from(shown: Shown) -> Self {
		match shown {
			Shown::All => Self::All,
			Shown::Model => Self::Model,
			Shown::None => Self::None,
		}
	}
}

/// A block by its hash or number.
#[derive(Clone, Copy, Debug)]
pub struct BlockName(At);

impl FromStr for BlockName {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		let at = match text.parse() {
			Ok(number) => At::Number(number),
			Err(_) => At::Hash(parse_hash(text)?),
		};
		Ok(Self(at))
	}
}

/// The block at which a proof begins instead of the chain's first.
#[derive(Clone, Copy, Debug)]
enum Start {
	/// The newest that was verified before.
	Kept,
	/// This one.
	Block(TrustedBlock),
}

impl FromStr for Start {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		match text {
			"kept" => Ok(Self::Kept),
			_ => trusted::parse(text).map(Self::Block),
		}
	}
}

/// What is asked for, and on what the answer may stand.
pub struct Goal {
	/// What is trusted.
	pub trust: Trust,
	/// The block; none for the newest.
	pub at: Option<Wanted>,
	/// Whether the genesis hash is from the user, and not only from the node.
	given: bool,
	kept: Kept,
}

impl Goal {
	/// What is proved, and on what condition if only the node named the chain. What does not depend on that is kept for
	/// later proofs.
	pub fn reached(mut self, proved: Proved) -> Proved {
		if !self.given {
			// The state of a block that is trusted shows to which chain it belongs.
			return match proved.begins {
				Some(_) => proved,
				None => proved.on_claim(self.trust.genesis),
			};
		}
		if let Some(Err(error)) = proved.later.map(|block| self.kept.advance(self.trust.genesis, block)) {
			kexin::warn!("the block is not kept for later proofs: {error:#}");
		}
		proved
	}
}

impl Target {
	/// What is asked for, and on what the answer may stand.
	///
	/// # Errors
	/// When the node gives no hash, or no block is kept that is to be trusted.
	pub async fn resolve(&self, session: &Session, node: &impl Rpc) -> anyhow::Result<Goal> {
		let genesis = match self.genesis {
			Some(genesis) => genesis,
			None => fetch::genesis(node).await?,
		};
		let at = match self.at {
			Some(BlockName(at)) => Some(fetch::block(node, at).await?),
			None => None,
		};
		let kept = Kept::load(&session.config.state)?;
		let start = match self.trusted {
			Some(Start::Kept) if self.genesis.is_none() => {
				bail!("--trusted kept needs --genesis: a block is kept for each chain that you name")
			},
			Some(Start::Kept) => Some(kept.of(genesis).context(
				"no block of this chain was verified here yet: leave --trusted out, and the next proof can begin where this \
				 one ends",
			)?),
			Some(Start::Block(block)) => Some(block),
			None => None,
		};
		Ok(Goal {
			trust: self.restarts.on(genesis, start),
			at,
			given: self.genesis.is_some(),
			kept,
		})
	}
}

/// Fetches, checks and writes a report.
///
/// # Errors
/// When the node's proofs don't hold, or a file can't be written.
pub async fn run(session: &Session, arguments: ReportArguments) -> anyhow::Result<()> {
	let model = arguments.model.0;
	let ledger = session.ledger().await?;
	let goal = arguments.target.resolve(session, &ledger).await?;
	let consents = arguments.consents.into();
	let document = fetch::report(&ledger, model, &goal.trust, goal.at, consents, &mut show).await;
	clear();
	let document = document?;
	let block = document.report.block.number;
	let out = arguments.out.unwrap_or_else(|| default_name("report", model, block));
	// Exactly the bytes that were checked are written.
	let (bytes, file, proved) = verified_bytes(&document, &goal.trust)?;
	let mut written = vec![out.clone()];
	output::write(&out, |to| to.write_all(&bytes))?;
	for (path, format) in [(arguments.html, Format::Html), (arguments.markdown, Format::Markdown)] {
		if let Some(path) = path {
			output::write(&path, |to| standards::write(&document, file.source, format, to))?;
			written.push(path);
		}
	}
	print_proved(session, &goal.reached(proved), &written);
	Ok(())
}

/// The bytes of a file, read back and verified as an auditor will verify them.
pub fn verified_bytes(proof: &impl Serialize, trust: &Trust) -> anyhow::Result<(Vec<u8>, ProofFile, Proved)> {
	let mut bytes = serde_json::to_vec(proof)?;
	bytes.push(b'\n');
	let file = ProofFile::from_bytes(&bytes)?;
	let (proved, _) = check::verify(&file, trust, &Questions::default())?;
	Ok((bytes, file, proved))
}

/// The name of a file that the command line does not name.
pub fn default_name(what: &str, about: H256, block: u32) -> PathBuf {
	let [a, b, c, d, ..] = about.0;
	format!("kexin-{what}-{a:02x}{b:02x}{c:02x}{d:02x}-{block}.json").into()
}

/// Prints what the files prove, and their names.
pub fn print_proved(session: &Session, proved: &Proved, written: &[PathBuf]) {
	let mut json = proved.json.clone();
	json["files"] = written
		.iter()
		.map(|path| Value::from(path.display().to_string()))
		.collect();
	let name = |path: &PathBuf| Path::new(path).display().to_string();
	session.print(&json, |_| {
		for line in &proved.lines {
			kexin::say!("{line}");
		}
		kexin::say!("written    {}", written.iter().map(name).collect::<Vec<_>>().join(", "));
	});
}

/// Shows the progress on a terminal.
fn show(progress: FetchProgress) {
	if !std::io::stderr().is_terminal() {
		return;
	}
	let text = match progress {
		FetchProgress::Entries { dataset, done, total } => format!("{dataset}: {done} of {total} accesses checked"),
		FetchProgress::Consents { done, total } => format!("{done} of {total} consents and activities checked"),
		FetchProgress::Deriving => "computing the report".into(),
	};
	kexin::output::print_error(format_args!("\r\u{1b}[K{text}"));
	// A progress line that can't be written is no reason to fail.
	let _ = std::io::stderr().flush();
}

fn clear() {
	if std::io::stderr().is_terminal() {
		kexin::output::print_error(format_args!("\r\u{1b}[K"));
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use kexin::{config::Config, ledger::LedgerError};
	use serde_json::json;
	use std::time::Duration;

	const GENESIS: H256 = H256::repeat_byte(1);

	/// A node that names its genesis hash and nothing else.
	struct Node;

	impl Rpc for Node {
		async fn call(&self, method: &str, params: &[Value]) -> Result<Value, LedgerError> {
			assert_eq!((method, params), ("chain_getBlockHash", &[json!(0)][..]));
			Ok(json!(GENESIS))
		}

		const PAUSE: Duration = Duration::ZERO;
	}

	fn block(number: u32) -> TrustedBlock {
		TrustedBlock {
			hash: H256::repeat_byte(7),
			number,
		}
	}

	/// The goal of a command with these arguments, where this is kept.
	async fn goal(state: &Path, arguments: &[&str]) -> anyhow::Result<Goal> {
		#[derive(Debug, clap::Parser)]
		struct Command {
			#[command(flatten)]
			target: Target,
		}
		let command: Command = clap::Parser::try_parse_from([&["report"][..], arguments].concat())?;
		let session = Session {
			config: Config {
				state: state.into(),
				..Config::default()
			},
			key: None,
			json: false,
		};
		command.target.resolve(&session, &Node).await
	}

	/// Where the proof of a command with these arguments begins.
	async fn start(state: &Path, arguments: &[&str]) -> anyhow::Result<Option<TrustedBlock>> {
		Ok(goal(state, arguments).await?.trust.block)
	}

	fn proved(begins: Option<u32>, later: Option<u32>) -> Proved {
		Proved {
			lines: vec!["accepted".into()],
			json: json!({ "accepted": true }),
			begins: begins.map(block),
			later: later.map(block),
		}
	}

	#[tokio::test]
	async fn a_proof_begins_where_the_user_says() {
		let directory = tempfile::tempdir().unwrap();
		let state = directory.path();
		let [genesis, trusted] = [format!("{GENESIS:?}"), block(3).to_string()];
		assert_eq!(start(state, &["--genesis", &genesis]).await.unwrap(), None);
		let named = &["--genesis", &genesis, "--trusted", &trusted];
		assert_eq!(start(state, named).await.unwrap(), Some(block(3)));
		let kept = &["--genesis", &genesis, "--trusted", "kept"];
		for (arguments, why) in [
			(&kept[..], "leave --trusted out"),
			(&kept[2..], "needs --genesis"),
			(
				&["--trusted", &trusted, "--trusted", &trusted][..],
				"cannot be used multiple times",
			),
			(&["--trusted", &genesis][..], "0x…:123"),
		] {
			let error = format!("{:#}", start(state, arguments).await.unwrap_err());
			assert!(error.contains(why), "{arguments:?}: {error}");
		}
		// What is kept serves only who asks for it.
		Kept::load(state).unwrap().advance(GENESIS, block(5)).unwrap();
		assert_eq!(start(state, kept).await.unwrap(), Some(block(5)));
		assert_eq!(start(state, &kept[..2]).await.unwrap(), None);
		assert_eq!(start(state, named).await.unwrap(), Some(block(3)));
		let other = format!("{:?}", H256::repeat_byte(2));
		assert!(start(state, &["--genesis", &other, "--trusted", "kept"]).await.is_err());
	}

	#[tokio::test]
	async fn what_was_verified_on_a_chain_that_the_user_named_is_kept() {
		let directory = tempfile::tempdir().unwrap();
		let state = &directory.path().join("kexin-state");
		let [genesis, trusted] = [format!("{GENESIS:?}"), block(3).to_string()];
		let reached = async |arguments: &[&str], proved| goal(state, arguments).await.unwrap().reached(proved);
		let kept = || Kept::load(state).unwrap().of(GENESIS);

		// The genesis hash is only the node's claim.
		assert_eq!(reached(&[], proved(None, Some(5))).await.json["accepted"], false);
		// The state of a block that is trusted shows the chain, if the proof begins there.
		let shown = &["--trusted", &trusted];
		assert_eq!(reached(shown, proved(Some(3), Some(5))).await, proved(Some(3), Some(5)));
		assert_eq!(reached(shown, proved(None, Some(5))).await.json["accepted"], false);
		assert!(!state.exists());

		let named = &["--genesis", &genesis];
		for (later, newest) in [
			(None, None),
			(Some(5), Some(5)),
			(Some(4), Some(5)),
			(None, Some(5)),
			(Some(6), Some(6)),
		] {
			let proved = proved(None, later);
			assert_eq!(reached(named, proved.clone()).await, proved);
			assert_eq!(kept(), newest.map(block));
		}
	}
}
