//! `kexin dataset`.

use super::{
	answers::DatasetScopes,
	arguments::{only, patients, purposes, regions, time, Hash},
	Session,
};
use clap::Subcommand;
use kexin::call;
use kexin_primitives::{scope::Scope, DatasetId, FOREVER};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Subjects of one transaction at the most.
const SUBJECTS: usize = 1_000;

/// What to do with datasets.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Declare a version of a dataset.
	Declare {
		/// The hash of its content.
		dataset: Hash,
		/// The purposes of use that it allows, as HL7 codes separated by commas. Without this option, every purpose.
		#[arg(long)]
		purposes: Option<String>,
		/// The regions in which it may be used, as ISO 3166-1 numeric codes separated by commas. Without this option,
		/// every region.
		#[arg(long)]
		regions: Option<String>,
		/// The time until which it may be used, in RFC 3339. Without this option, for ever.
		#[arg(long)]
		until: Option<String>,
		/// The version that it supersedes.
		#[arg(long)]
		supersedes: Option<Hash>,
	},
	/// Enrol data subjects in a dataset.
	Enrol {
		/// The dataset.
		dataset: Hash,
		/// A file of FHIR Patients as NDJSON, or of references (Patient/1) or identifiers (system|value), one on each
		/// line.
		#[arg(long, value_name = "FILE")]
		patients: PathBuf,
	},
	/// Show what a dataset allows, by its own label and by the consents of its subjects.
	Show {
		/// The dataset.
		dataset: Hash,
	},
}

/// Runs a command.
///
/// # Errors
/// When an argument is not valid, the node can't be reached, or the ledger refuses the call.
pub async fn run(session: &Session, command: Command) -> anyhow::Result<()> {
	match command {
		Command::Declare {
			dataset,
			purposes: codes,
			regions: places,
			until,
			supersedes,
		} => {
			let until = until.as_deref().map_or(Ok(FOREVER), time)?;
			let mut label = Scope::uniform(0, until);
			if let Some(codes) = codes.as_deref() {
				label.purposes = only(purposes(codes)?, until)?;
			}
			if let Some(places) = places.as_deref() {
				label.regions = only(regions(places)?, until)?;
			}
			let supersedes = supersedes.map(|older| older.0);
			session
				.submit(&call::declare_dataset(dataset.0, &label, supersedes))
				.await
		},
		Command::Enrol { dataset, patients } => enrol(session, dataset.0, &patients).await,
		Command::Show { dataset } => {
			session
				.query::<DatasetScopes>("consent_scope", &[json!({ "dataset": dataset.0 })])
				.await
		},
	}
}

async fn enrol(session: &Session, dataset: DatasetId, file: &Path) -> anyhow::Result<()> {
	let pseudonyms = session.config.pseudonymiser()?;
	let subjects = patients(&session.config, file)?;
	let subjects = subjects.iter().map(|name| pseudonyms.subject(name)).collect::<Vec<_>>();
	let ledger = session.ledger().await?;
	let signer = session.signer()?;
	let (mut joined, mut already) = (0, 0);
	for subjects in subjects.chunks(SUBJECTS) {
		let done = ledger.submit(&signer, &call::enrol(dataset, subjects)).await?;
		let counted: (DatasetId, u32, u32) = done.event("Consent", "Enrolled")?;
		joined += counted.1;
		already += counted.2;
	}
	session.print(&json!({ "joined": joined, "already": already }), |_| {
		kexin::say!("{joined} subjects enrolled, {already} were enrolled already");
	});
	Ok(())
}
