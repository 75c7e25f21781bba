//! `kexin proof`.

use super::{
	arguments::Hash,
	report::{default_name, print_proved, verified_bytes, Target},
	Session,
};
use anyhow::{bail, Context as _};
use kexin::{
	output,
	report::fetch::{self, Range},
};
use std::{path::PathBuf, str::FromStr};

/// The accesses to prove, and the file to write.
#[derive(Debug, clap::Args)]
pub struct ProofArguments {
	/// The dataset.
	dataset: Hash,
	/// The index of an access in the log; or FIRST..END for a range, in which END is not included; or FIRST.. for FIRST
	/// and all that follow.
	index: Indices,
	#[command(flatten)]
	target: Target,
	/// The file to write the proof to. Without this option, kexin-proof-DATASET-BLOCK.json.
	#[arg(long, value_name = "FILE")]
	out: Option<PathBuf>,
}

/// A range of indices in a log.
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
			bail!("{text:?} is an empty range: its end is not included");
		}
		Ok(Self(Range { first, end }))
	}
}

/// Fetches, checks and writes an access proof.
///
/// # Errors
/// When the node's proofs don't hold, or the file can't be written.
pub async fn run(session: &Session, arguments: ProofArguments) -> anyhow::Result<()> {
	let dataset = arguments.dataset.0;
	let ledger = session.ledger().await?;
	let goal = arguments.target.resolve(session, &ledger).await?;
	let proof = fetch::accesses(&ledger, dataset, arguments.index.0, &goal.trust, goal.at).await?;
	let out = arguments
		.out
		.unwrap_or_else(|| default_name("proof", dataset, proof.block.number));
	let (bytes, _, proved) = verified_bytes(&proof, &goal.trust)?;
	output::write(&out, |to| to.write_all(&bytes))?;
	print_proved(session, &goal.reached(proved), &[out]);
	Ok(())
}
