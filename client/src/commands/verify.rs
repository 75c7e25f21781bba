//! `kexin verify` and `kexin export`: no node, no network, no settings.

use super::arguments::{purposes, time, TrustArguments};
use kexin::{
	output,
	report::{
		check::{self, ProofFile, Questions, Refusal},
		text,
	},
	standards::{self, Format},
};
use kexin_primitives::{members::MemberId, UnixMillis};
use serde_json::json;
use std::{
	io::{self, BufWriter, Write as _},
	path::PathBuf,
	process::ExitCode,
};

/// What to verify.
#[derive(Debug, clap::Args)]
#[command(
	after_help = "Exit codes: 0 accepted, and all that was asked holds; 1 refused: not proved; 2 wrong usage, or the file can't \
	be read or is no proof; 4 proved, and older than --not-before; 5 proved, and it is not shown that what was to be absent is."
)]
pub struct VerifyArguments {
	/// A report, or a proof of accesses.
	file: PathBuf,
	#[command(flatten)]
	trust: TrustArguments,
	/// Refuse a report of a block before this time, in RFC 3339.
	#[arg(long, value_parser = time, value_name = "TIME")]
	not_before: Option<UnixMillis>,
	/// Have it shown that this member received nothing. Can be given several times.
	#[arg(long, value_name = "ID")]
	absent_organisation: Vec<MemberId>,
	/// Have it shown that nothing was accessed for this purpose or one that HL7 lists under it. Can be given several times, or
	/// with commas.
	#[arg(long, value_name = "CODE")]
	absent_purpose: Vec<String>,
}

/// What to export.
#[derive(Debug, clap::Args)]
#[command(
	after_help = "Exit codes: 0 done; 1 refused: not proved, or not written; 2 wrong usage, or the file can't be read or is no \
	report."
)]
pub struct ExportArguments {
	/// The report.
	file: PathBuf,
	#[command(flatten)]
	trust: TrustArguments,
	/// The format.
	#[arg(long, value_enum)]
	format: Format,
	/// The file to write; standard output when it is left out.
	#[arg(long)]
	out: Option<PathBuf>,
}

/// Verifies a file.
///
/// # Errors
/// When a purpose is not known.
pub fn verify(arguments: &VerifyArguments, json: bool) -> anyhow::Result<ExitCode> {
	let mut questions = Questions {
		not_before: arguments.not_before,
		absent_organisations: arguments.absent_organisation.clone(),
		absent_purposes: Vec::new(),
	};
	for codes in &arguments.absent_purpose {
		match purposes(codes) {
			Ok(purposes) => questions.absent_purposes.extend(purposes),
			Err(error) => {
				return Ok(refused(
					&Refusal::Unreadable(format!("--absent-purpose: {error:#}")),
					None,
					json,
				))
			},
		}
	}
	let checked =
		ProofFile::read(&arguments.file).and_then(|file| check::verify(&file, &arguments.trust.trust(), &questions));
	let (proved, answers) = match checked {
		Ok(checked) => checked,
		Err(refusal) => return Ok(refused(&refusal, None, json)),
	};
	if !json {
		for line in &proved.lines {
			println!("{line}");
		}
	}
	match answers {
		Ok(()) => {
			if json {
				println!("{}", proved.json);
			}
			Ok(ExitCode::SUCCESS)
		},
		Err(refusal) => Ok(refused(&refusal, Some(proved.json), json)),
	}
}

/// Tells why a file is not accepted. `proved` is what it proves all the same.
fn refused(refusal: &Refusal, proved: Option<serde_json::Value>, json: bool) -> ExitCode {
	if json {
		let mut answer = proved.unwrap_or_else(|| json!({}));
		answer["accepted"] = false.into();
		answer["error"] = refusal.name().into();
		answer["message"] = refusal.to_string().into();
		println!("{answer}");
	} else {
		eprintln!("error: {}", text::plain(&refusal.to_string()));
	}
	ExitCode::from(refusal.code())
}

/// Verifies a report and writes it in another format.
///
/// # Errors
/// When it can't be written.
pub fn export(arguments: &ExportArguments, json: bool) -> anyhow::Result<ExitCode> {
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
		None => {
			let mut out = BufWriter::new(io::stdout().lock());
			standards::write(document, file.source, arguments.format, &mut out)?;
			out.flush()?;
		},
	}
	Ok(ExitCode::SUCCESS)
}
