//! `kexin consent`.

use super::{
	answers::SubjectScopes,
	arguments::{only, purposes, time, Hash},
	Session,
};
use clap::Subcommand;
use kexin::{call, standards::fhir::read::identity};
use kexin_primitives::{scope::Scope, FOREVER};
use serde_json::json;

/// What to do with a consent.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Record a consent.
	Grant {
		/// The patient, as a reference (Patient/1) or an identifier (system|value).
		patient: String,
		/// The hash of the signed document.
		#[arg(long)]
		document: Hash,
		/// The purposes of use that are allowed, as HL7 codes separated by commas.
		#[arg(long)]
		purposes: String,
		/// The time at which the consent ends, in RFC 3339. Without this option, it doesn't end.
		#[arg(long)]
		until: Option<String>,
	},
	/// Limit consents to these purposes of use, from now on.
	Narrow {
		/// The patient, as a reference (Patient/1) or an identifier (system|value).
		patient: String,
		/// The hash of the consent's own document. Without this option, all consents of the patient are narrowed.
		#[arg(long)]
		consent: Option<Hash>,
		/// The hash of the signed document that narrows the consent.
		#[arg(long)]
		document: Hash,
		/// The purposes of use that stay allowed, as HL7 codes separated by commas.
		#[arg(long)]
		purposes: String,
	},
	/// Withdraw a consent, or all consents, from now on.
	Revoke {
		/// The patient, as a reference (Patient/1) or an identifier (system|value).
		patient: String,
		/// The hash of the consent's own document. Without this option, all consents of the patient are withdrawn.
		#[arg(long)]
		consent: Option<Hash>,
		/// The hash of the signed withdrawal.
		#[arg(long)]
		document: Hash,
	},
	/// Show what a patient consented to.
	Show {
		/// The patient, as a reference (Patient/1) or an identifier (system|value).
		patient: String,
	},
}

/// Runs a command.
///
/// # Errors
/// When an argument is not valid, the node can't be reached, or the ledger refuses the call.
pub async fn run(session: &Session, command: Command) -> anyhow::Result<()> {
	let pseudonyms = session.config.pseudonymiser()?;
	let subject =
		|patient: &str| Ok::<_, anyhow::Error>(pseudonyms.subject(&identity::patient(&session.config, patient)?));
	match command {
		Command::Grant {
			patient,
			document,
			purposes: codes,
			until,
		} => {
			let now = u64::try_from(chrono::Utc::now().timestamp_millis())?;
			let until = until.as_deref().map_or(Ok(FOREVER), time)?;
			let mut scope = Scope::uniform(now, until);
			scope.purposes = only(purposes(&codes)?, until)?;
			session
				.submit(&call::grant(subject(&patient)?, &scope, document.0))
				.await
		},
		Command::Narrow {
			patient,
			consent,
			document,
			purposes: codes,
		} => {
			let consent = consent.map(|consent| consent.0);
			let mut limits = Scope::everything(0);
			limits.purposes = only(purposes(&codes)?, FOREVER)?;
			session
				.submit(&call::narrow(subject(&patient)?, consent, &limits, document.0))
				.await
		},
		Command::Revoke {
			patient,
			consent,
			document,
		} => {
			let consent = consent.map(|consent| consent.0);
			session
				.submit(&call::revoke(subject(&patient)?, consent, document.0))
				.await
		},
		Command::Show { patient } => {
			session
				.query::<SubjectScopes>("consent_scope", &[json!({ "subject": subject(&patient)? })])
				.await
		},
	}
}
