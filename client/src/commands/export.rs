//! `kexin export`: needs no node, no network and no settings.

use super::{arguments::TrustArguments, verify::refused};
use kexin::{
	output,
	report::check::ProofFile,
	standards::{self, Format},
};
use std::{path::PathBuf, process::ExitCode};

/// The report to convert.
#[derive(Debug, clap::Args)]
#[command(
	after_help = "Exit codes: 0 success; 1 the report is not proved, or the output can't be written; 2 wrong usage, or the file can't be \
	read or is no report."
)]
pub struct ExportArguments {
	/// The file of the report.
	file: PathBuf,
	#[command(flatten)]
	trust: TrustArguments,
	/// The format to convert to.
	#[arg(long, value_enum)]
	format: Format,
	/// The file to write. Without this option, standard output.
	#[arg(long, value_name = "FILE")]
	out: Option<PathBuf>,
}

/// Verifies a report and converts it to another format.
///
/// # Errors
/// When the output can't be written.
pub fn run(arguments: &ExportArguments, json: bool) -> anyhow::Result<ExitCode> {
	let file = match ProofFile::read(&arguments.file) {
		Ok(file) => file,
		Err(refusal) => return Ok(refused(&refusal, None, json)),
	};
	let document = match file.report(&arguments.trust.trust()) {
		Ok(document) => document,
		Err(refusal) => return Ok(refused(&refusal, None, json)),
	};
	match &arguments.out {
		Some(path) => output::write(path, |to| standards::write(document, file.source, arguments.format, to))?,
		None => output::to_stdout(|to| standards::write(document, file.source, arguments.format, to)),
	}
	Ok(ExitCode::SUCCESS)
}
