//! `kexin report` and `kexin proof`: what an auditor takes home.

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
		fetch::{self, At, FetchProgress, Range, Rpc},
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

/// Which chain and which block.
#[derive(Debug, clap::Args)]
pub struct Where {
	/// The hash of the chain's first block, from somebody whom you trust; without it, what the node says.
	#[arg(long, value_parser = parse_hash)]
	genesis: Option<H256>,
	#[command(flatten)]
	restarts: Restarts,
	/// The block, by its hash or number; the newest that is shown to be final when it is left out.
	#[arg(long)]
	at: Option<BlockName>,
}

/// What to report about.
#[derive(Debug, clap::Args)]
pub struct ReportArguments {
	/// The model, or any other artifact.
	model: Hash,
	#[command(flatten)]
	place: Where,
	/// The file with the report and its proof; kexin-report-MODEL-BLOCK.json when it is left out.
	#[arg(long)]
	out: Option<PathBuf>,
	/// Also a page to read, as HTML.
	#[arg(long, value_name = "FILE")]
	html: Option<PathBuf>,
	/// Also a page to read, as Markdown.
	#[arg(long, value_name = "FILE")]
	markdown: Option<PathBuf>,
}

/// What to prove.
#[derive(Debug, clap::Args)]
pub struct ProofArguments {
	/// The data set.
	dataset: Hash,
	/// The index of an access in its log, or FIRST..END, which is not among them; FIRST.. for all that follow.
	index: Indices,
	#[command(flatten)]
	place: Where,
	/// The file with the proof; kexin-proof-DATASET-BLOCK.json when it is left out.
	#[arg(long)]
	out: Option<PathBuf>,
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

/// Indices in a log.
#[derive(Clone, Copy, Debug)]
pub struct Indices(Range);

impl FromStr for Indices {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		let number = |text: &str| {
			let number = text.trim().parse::<u64>();
			number.with_context(|| format!("{text:?} is no index"))
		};
		let (first, end) = match text.split_once("..") {
			None => {
				let first = number(text)?;
				(first, first.checked_add(1))
			},
			Some((first, end)) if end.trim().is_empty() => (number(first)?, None),
			Some((first, end)) => (number(first)?, Some(number(end)?)),
		};
		if end.is_some_and(|end| end <= first) {
			bail!("there is no index in {text:?}: the end is not among them");
		}
		Ok(Self(Range { first, end }))
	}
}

impl Where {
	/// What is known of the chain, and the hash of the block.
	async fn find(&self, node: &impl Rpc) -> anyhow::Result<(Trust, Option<H256>)> {
		let genesis =
			match self.genesis {
				Some(genesis) => genesis,
				None => {
					let genesis = fetch::genesis(node).await?;
					eprintln!("the node says that its chain begins with {genesis:?}; compare that with what the consortium says");
					genesis
				},
			};
		let at = match self.at {
			Some(BlockName(at)) => Some(fetch::block(node, at).await?),
			None => None,
		};
		Ok((self.restarts.on(genesis), at))
	}
}

/// Fetches, checks and writes a report.
///
/// # Errors
/// When the node gives no proof that holds, or a file can't be written.
pub async fn report(session: &Session, arguments: ReportArguments) -> anyhow::Result<()> {
	let model = arguments.model.0;
	let ledger = session.ledger().await?;
	let (trust, at) = arguments.place.find(&ledger).await?;
	let document = fetch::report(&ledger, model, &trust, at, &mut show).await;
	clear();
	let document = document?;
	let block = document.report.block.number;
	let out = arguments.out.unwrap_or_else(|| named("report", model, block));
	// What is written is what is checked, byte for byte.
	let (bytes, file, proved) = seal(&document, &trust)?;
	let mut written = vec![out.clone()];
	output::write(&out, |to| to.write_all(&bytes))?;
	for (path, format) in [(arguments.html, Format::Html), (arguments.markdown, Format::Markdown)] {
		if let Some(path) = path {
			output::write(&path, |to| standards::write(&document, file.source, format, to))?;
			written.push(path);
		}
	}
	told(session, &proved, &written);
	Ok(())
}

/// Fetches, checks and writes an access proof.
///
/// # Errors
/// When the node gives no proof that holds, or the file can't be written.
pub async fn proof(session: &Session, arguments: ProofArguments) -> anyhow::Result<()> {
	let dataset = arguments.dataset.0;
	let ledger = session.ledger().await?;
	let (trust, at) = arguments.place.find(&ledger).await?;
	let proof = fetch::accesses(&ledger, dataset, arguments.index.0, &trust, at).await?;
	let out = arguments
		.out
		.unwrap_or_else(|| named("proof", dataset, proof.block.number));
	let (bytes, _, proved) = seal(&proof, &trust)?;
	output::write(&out, |to| to.write_all(&bytes))?;
	told(session, &proved, &[out]);
	Ok(())
}

/// The bytes of a file, after they were read and checked as an auditor will.
fn seal(proof: &impl Serialize, trust: &Trust) -> anyhow::Result<(Vec<u8>, ProofFile, Proved)> {
	let mut bytes = serde_json::to_vec(proof)?;
	bytes.push(b'\n');
	let file = ProofFile::from_bytes(&bytes)?;
	let (proved, _) = check::verify(&file, trust, &Questions::default())?;
	Ok((bytes, file, proved))
}

fn named(what: &str, about: H256, block: u32) -> PathBuf {
	let [a, b, c, d, ..] = about.0;
	format!("kexin-{what}-{a:02x}{b:02x}{c:02x}{d:02x}-{block}.json").into()
}

fn told(session: &Session, proved: &Proved, written: &[PathBuf]) {
	let mut json = proved.json.clone();
	json["files"] = written
		.iter()
		.map(|path| Value::from(path.display().to_string()))
		.collect();
	let name = |path: &PathBuf| Path::new(path).display().to_string();
	session.print(&json, |_| {
		for line in &proved.lines {
			println!("{line}");
		}
		println!("written    {}", written.iter().map(name).collect::<Vec<_>>().join(", "));
	});
}

/// Shows on a terminal how far the work is.
fn show(progress: FetchProgress) {
	if !std::io::stderr().is_terminal() {
		return;
	}
	let text = match progress {
		FetchProgress::Entries { dataset, done, total } => format!("{dataset}: {done} of {total} accesses checked"),
		FetchProgress::Deriving => "computing the report".into(),
	};
	eprint!("\r\u{1b}[K{text}");
	// Nothing depends on its being seen.
	let _ = std::io::stderr().flush();
}

fn clear() {
	if std::io::stderr().is_terminal() {
		eprint!("\r\u{1b}[K");
	}
}
