//! `kexin report`, and what it shares with `kexin proof`.

use super::{
	arguments::{Hash, Restarts},
	Session,
};
use kexin::{
	config::parse_hash,
	output,
	report::{
		check::{self, ProofFile, Proved, Questions},
		fetch::{self, At, FetchProgress, Rpc},
	},
	standards::{self, Format},
};
use kexin_primitives::H256;
use kexin_verifier::Trust;
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

impl Target {
	/// The trusted hashes, and the hash of the block.
	pub async fn resolve(&self, node: &impl Rpc) -> anyhow::Result<(Trust, Option<H256>)> {
		let genesis = match self.genesis {
			Some(genesis) => genesis,
			None => fetch::genesis(node).await?,
		};
		let at = match self.at {
			Some(BlockName(at)) => Some(fetch::block(node, at).await?),
			None => None,
		};
		Ok((self.restarts.on(genesis), at))
	}

	/// What is proved, and on what condition if the node named the genesis hash.
	pub fn qualified(&self, proved: Proved, trust: &Trust) -> Proved {
		match self.genesis {
			Some(_) => proved,
			None => proved.on_claim(trust.genesis),
		}
	}
}

/// Fetches, checks and writes a report.
///
/// # Errors
/// When the node's proofs don't hold, or a file can't be written.
pub async fn run(session: &Session, arguments: ReportArguments) -> anyhow::Result<()> {
	let model = arguments.model.0;
	let ledger = session.ledger().await?;
	let (trust, at) = arguments.target.resolve(&ledger).await?;
	let document = fetch::report(&ledger, model, &trust, at, &mut show).await;
	clear();
	let document = document?;
	let block = document.report.block.number;
	let out = arguments.out.unwrap_or_else(|| default_name("report", model, block));
	// Exactly the bytes that were checked are written.
	let (bytes, file, proved) = verified_bytes(&document, &trust)?;
	let mut written = vec![out.clone()];
	output::write(&out, |to| to.write_all(&bytes))?;
	for (path, format) in [(arguments.html, Format::Html), (arguments.markdown, Format::Markdown)] {
		if let Some(path) = path {
			output::write(&path, |to| standards::write(&document, file.source, format, to))?;
			written.push(path);
		}
	}
	print_proved(session, &arguments.target.qualified(proved, &trust), &written);
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
