//! `kexin activity`.

use super::{
	arguments::{at_most, hash_or_content, named, Hash, Named},
	Session,
};
use clap::Subcommand;
use kexin::call;
use kexin_primitives::lineage::{ActivityKind, Input, InputRole, Output, MAX_INPUTS, MAX_OUTPUTS};

/// What to do with an activity.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Start an activity.
	Start {
		/// The hash of its description.
		activity: Hash,
		/// training, federated-round, inference, annotation, synthesis or evaluation.
		#[arg(long)]
		kind: Named<ActivityKind>,
	},
	/// End an activity with what it used and made.
	End {
		/// The activity.
		activity: Hash,
		/// An artifact that went into what it made. Can be given several times.
		#[arg(long)]
		used: Vec<Hash>,
		/// An artifact that it only read. Can be given several times.
		#[arg(long)]
		read: Vec<Hash>,
		/// An artifact that it made, as KIND=HASH. A training or a federated round makes a model or model-update; an
		/// annotation an annotation-set; a synthesis a synthetic-set; an inference one of these two; and every
		/// activity a report. Can be given several times.
		#[arg(long)]
		made: Vec<String>,
	},
}

/// Runs a command.
///
/// # Errors
/// When an argument is not valid, the node can't be reached, or the ledger refuses the call.
pub async fn run(session: &Session, command: Command) -> anyhow::Result<()> {
	match command {
		Command::Start { activity, kind } => session.submit(&call::start(activity.0, kind.0)).await,
		Command::End {
			activity,
			used,
			read,
			made,
		} => {
			let as_input = |role| {
				move |artifact: Hash| Input {
					artifact: artifact.0,
					role,
				}
			};
			let used = used.into_iter().map(as_input(InputRole::Used));
			let inputs = used.chain(read.into_iter().map(as_input(InputRole::Read)));
			let inputs = inputs.collect::<Vec<_>>();
			let outputs = made.iter().map(|text| output(text));
			let outputs = outputs.collect::<anyhow::Result<Vec<_>>>()?;
			at_most(inputs.len(), MAX_INPUTS, "artifacts that were used or read")?;
			at_most(outputs.len(), MAX_OUTPUTS, "artifacts that were made")?;
			session.submit(&call::derive(activity.0, inputs, outputs)).await
		},
	}
}

/// Reads KIND=HASH.
fn output(text: &str) -> anyhow::Result<Output> {
	let (kind, hash) = text
		.split_once('=')
		.ok_or_else(|| anyhow::anyhow!("{text:?} is not KIND=HASH"))?;
	Ok(Output {
		kind: named(kind)?,
		artifact: hash_or_content(hash)?,
	})
}
