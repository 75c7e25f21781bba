//! `kexin artifact`.

use super::{
	answers,
	arguments::{Hash, Named},
	Session,
};
use clap::Subcommand;
use kexin::call;
use kexin_primitives::lineage::{ArtifactKind, Evidence, EvidenceKind};
use serde_json::json;

/// What to do with an artifact.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Register an artifact that no activity on the ledger made.
	Register {
		/// The hash of its content.
		artifact: Hash,
		/// dataset, annotation-set, synthetic-set, model-update, model or report.
		#[arg(long)]
		kind: Named<ArtifactKind>,
	},
	/// Attach evidence to an artifact.
	Evidence {
		/// The artifact.
		artifact: Hash,
		/// fairness, similarity, tee-quote, privacy or performance.
		#[arg(long)]
		kind: Named<EvidenceKind>,
		/// The hash of the document.
		#[arg(long)]
		document: Hash,
		/// The measured value, in millionths.
		#[arg(long, allow_hyphen_values = true)]
		measure: i64,
		/// The required value, in millionths.
		#[arg(long, allow_hyphen_values = true)]
		threshold: i64,
	},
	/// Show an artifact.
	Show {
		/// The artifact.
		artifact: Hash,
	},
}

/// Runs a command.
///
/// # Errors
/// When the node can't be reached, or the ledger refuses the call.
pub async fn run(session: &Session, command: Command) -> anyhow::Result<()> {
	match command {
		Command::Register { artifact, kind } => session.submit(&call::register(artifact.0, kind.0)).await,
		Command::Evidence {
			artifact,
			kind,
			document,
			measure,
			threshold,
		} => {
			let evidence = Evidence {
				kind: kind.0,
				document: document.0,
				measure,
				threshold,
			};
			session.submit(&call::attach_evidence(artifact.0, evidence)).await
		},
		Command::Show { artifact } => {
			session
				.query::<answers::Artifact>("lineage_artifact", &[json!(artifact.0)])
				.await
		},
	}
}
