//! The command line: its options and subcommands, and which file runs each.

mod access;
mod activity;
mod answers;
mod arguments;
mod artifact;
mod campaign;
mod consent;
mod council;
mod dataset;
mod export;
mod import;
mod init;
mod keys;
mod members;
mod proof;
mod quarantine;
mod report;
mod session;
mod status;
mod tokens;
mod trace;
mod verify;

use clap::{Parser, Subcommand};
use kexin::config::Config;
use session::Session;
use std::{path::PathBuf, process::ExitCode};

/// The command line of hospitals and auditors for the Kexin audit ledger.
///
/// Hospitals import access events and consents, register datasets and models, and decide about members and upgrades.
/// Auditors trace models, fetch reports with their proofs, and verify them offline.
///
/// Give a hash as 0x-hex, as `file:PATH` for the hash of a file, or as `text:TEXT` for the hash of a text.
#[derive(Debug, Parser)]
#[command(
	version,
	after_help = "Exit codes: 0 success; 1 failure; 2 wrong usage; 3 imported, but some records are quarantined, or some files \
	were passed over. `verify` and `export` have exit codes of their own: see their help."
)]
pub struct Cli {
	/// The settings file. Without this option, kexin.toml in the current directory, if there is one.
	#[arg(long, global = true, value_name = "FILE")]
	config: Option<PathBuf>,
	/// The WebSocket address of the node, such as wss://ledger.example:9955.
	#[arg(long, global = true, value_name = "URL")]
	node: Option<String>,
	/// The file that holds the secret URI of the signing key; - reads it from standard input. A development key such as
	/// //Alice can stand here itself. Without this option, the variable KEXIN_KEY has the secret URI, or `key` in the
	/// settings file names the key.
	#[arg(long, global = true, value_name = "FILE")]
	key: Option<String>,
	/// The file with your access token, for a node that requires one. The node's operator issues tokens.
	#[arg(long, global = true, value_name = "FILE")]
	token: Option<PathBuf>,
	/// Print the result as JSON.
	#[arg(long, global = true)]
	json: bool,
	#[command(subcommand)]
	command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// Create kexin.toml and the secret pseudonym key in the current directory.
	Init(init::Arguments),
	/// Show the account of the signing key.
	Key,
	/// Import FHIR AuditEvents and Consents. You can interrupt an import at any point and run it again.
	Import(import::Arguments),
	/// Show or export the records that imports could not bring to the ledger.
	Quarantine(quarantine::Arguments),
	/// Manage members, their keys, their nodes and validators.
	#[command(subcommand)]
	Members(members::Command),
	/// Vote with the other hospitals on motions, upgrades of the runtime and restarts of finality.
	Council(council::CouncilArguments),
	/// Register the session keys of your validator.
	SessionKeys(keys::SessionKeysArguments),
	/// Declare datasets, enrol data subjects, and show consent scopes.
	#[command(subcommand)]
	Dataset(dataset::Command),
	/// Grant, narrow, revoke and show single consents. For many, use `kexin import`.
	#[command(subcommand)]
	Consent(consent::Command),
	/// Register artifacts, attach evidence to them, and show them.
	#[command(subcommand)]
	Artifact(artifact::Command),
	/// Start and end activities such as a training.
	#[command(subcommand)]
	Activity(activity::Command),
	/// Fund annotation campaigns, contribute to them, review contributions and claim rewards.
	#[command(subcommand)]
	Campaign(campaign::Command),
	/// Trace the lineage of an artifact.
	Trace(trace::Arguments),
	/// Fetch a report about a model, with all its proofs, and write it to a file.
	Report(report::ReportArguments),
	/// Fetch the proof of accesses in a dataset's log and write it to a file.
	Proof(proof::ProofArguments),
	/// Verify a report or an access proof. Needs no node, no network and no settings.
	Verify(verify::VerifyArguments),
	/// Verify a report and convert it to another format. Needs no node, no network and no settings.
	Export(export::ExportArguments),
	/// Check whether an access would be within the consent scope of a dataset.
	Check(access::CheckArguments),
	/// Show the state of a dataset's log.
	Log(access::LogArguments),
	/// Show the rewards that an account can claim.
	Claimable(tokens::ClaimableArguments),
	/// Send tokens.
	Transfer(tokens::TransferArguments),
	/// Show the node, its chain and how far it is finalized.
	Status,
}

/// An error and its causes. A cause may quote a value of any size: in one that is long, the middle is left out.
pub fn shown(error: &anyhow::Error) -> String {
	/// How many characters of a long text are left at its beginning, and at its end.
	const LEFT: usize = 400;
	let cut = |text: String| {
		let begin = text.char_indices().nth(LEFT).map(|(at, _)| at);
		let end = text.char_indices().rev().nth(LEFT - 1).map(|(at, _)| at);
		match (begin, end) {
			(Some(begin), Some(end)) if begin < end => {
				let (begin, end) = (
					text.get(..begin).unwrap_or_default(),
					text.get(end..).unwrap_or_default(),
				);
				format!("{begin} … {end}")
			},
			_ => text,
		}
	};
	let causes = error.chain().map(|cause| cut(cause.to_string()));
	causes.collect::<Vec<_>>().join(": ")
}

/// Runs a command.
///
/// # Errors
/// When the command fails: the error says why, and what to do about it.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
	let mut config = match cli.command {
		// Verifying needs no settings, so wrong settings must not prevent it.
		Command::Verify(_) | Command::Export(_) => Config::default(),
		_ => Config::load(cli.config.as_deref())?,
	};
	config.node = cli.node.unwrap_or(config.node);
	config.token = cli.token.or(config.token);
	let session = Session {
		config,
		key: cli.key,
		json: cli.json,
	};
	match cli.command {
		Command::Init(arguments) => init::run(&session, &arguments)?,
		Command::Key => keys::show(&session)?,
		Command::Import(arguments) => return import::run(&session, arguments).await,
		Command::Quarantine(arguments) => quarantine::run(&session, &arguments).await?,
		Command::Members(command) => members::run(&session, command).await?,
		Command::Council(arguments) => council::run(&session, arguments).await?,
		Command::SessionKeys(arguments) => keys::register(&session, &arguments).await?,
		Command::Dataset(command) => dataset::run(&session, command).await?,
		Command::Consent(command) => consent::run(&session, command).await?,
		Command::Artifact(command) => artifact::run(&session, command).await?,
		Command::Activity(command) => activity::run(&session, command).await?,
		Command::Campaign(command) => campaign::run(&session, command).await?,
		Command::Trace(arguments) => trace::run(&session, &arguments).await?,
		Command::Report(arguments) => report::run(&session, arguments).await?,
		Command::Proof(arguments) => proof::run(&session, arguments).await?,
		Command::Verify(arguments) => return verify::run(&arguments, session.json),
		Command::Export(arguments) => return export::run(&arguments, session.json),
		Command::Check(arguments) => access::check(&session, &arguments).await?,
		Command::Log(arguments) => access::log(&session, &arguments).await?,
		Command::Claimable(arguments) => tokens::claimable(&session, &arguments).await?,
		Command::Transfer(arguments) => tokens::transfer(&session, &arguments).await?,
		Command::Status => status::run(&session).await?,
	}
	Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_error_quotes_no_megabytes_and_keeps_its_reason() {
		let long = "é".repeat(1_000_000);
		let error = anyhow::anyhow!("{long:?} is no patient: give a reference").context("patients.txt, line 2");
		let text = shown(&error);
		assert!(text.starts_with("patients.txt, line 2: \"é"), "{text}");
		assert!(text.ends_with("é\" is no patient: give a reference"), "{text}");
		assert!(text.chars().count() < 1_000, "{}", text.len());
		let short = anyhow::anyhow!("b").context("a");
		assert_eq!(shown(&short), format!("{short:#}"));
		let nearly = anyhow::anyhow!("{}", "x".repeat(800));
		assert_eq!(shown(&nearly), nearly.to_string());
	}
}
