//! `kexin verify`: needs no node, no network and no settings.

use super::arguments::{purposes, time, TrustArguments};
use kexin::report::{
	check::{self, ProofFile, Questions, Refusal},
	text,
};
use kexin_primitives::{members::MemberId, UnixMillis};
use serde_json::json;
use std::{path::PathBuf, process::ExitCode};

/// The file to verify, and what it must show.
#[derive(Debug, clap::Args)]
#[command(
	after_help = "Exit codes: 0 the file is proved, and shows all that you asked for; 1 the file is not proved; 2 wrong usage, or the \
	file can't be read or is no proof; 4 the file is proved, but older than --not-before; 5 the file is proved, but does not show \
	the absence that you asked for."
)]
pub struct VerifyArguments {
	/// The file: a report or an access proof.
	file: PathBuf,
	#[command(flatten)]
	trust: TrustArguments,
	/// Refuse a file whose block is older than this time, in RFC 3339.
	#[arg(long, value_parser = time, value_name = "TIME")]
	not_before: Option<UnixMillis>,
	/// Require that no access names this member as recipient. Can be given several times.
	#[arg(long, value_name = "ID")]
	absent_recipient: Vec<MemberId>,
	/// Require that there was no access for this purpose of use, nor for one that HL7 lists under it. Can be given
	/// several times, or with codes separated by commas.
	#[arg(long, value_name = "CODE")]
	absent_purpose: Vec<String>,
}

/// Verifies a file.
///
/// # Errors
/// When a purpose is not known.
pub fn run(arguments: &VerifyArguments, json: bool) -> anyhow::Result<ExitCode> {
	let mut questions = Questions {
		not_before: arguments.not_before,
		absent_recipients: arguments.absent_recipient.clone(),
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
			kexin::say!("{line}");
		}
	}
	match answers {
		Ok(()) => {
			if json {
				kexin::say!("{}", proved.json);
			}
			Ok(ExitCode::SUCCESS)
		},
		Err(refusal) => Ok(refused(&refusal, Some(proved.json), json)),
	}
}

/// Prints why a file is not accepted. `proved` is what it proves all the same.
pub fn refused(refusal: &Refusal, proved: Option<serde_json::Value>, json: bool) -> ExitCode {
	if json {
		let mut answer = proved.unwrap_or_else(|| json!({}));
		answer["accepted"] = false.into();
		answer["error"] = refusal.name().into();
		answer["message"] = refusal.to_string().into();
		kexin::say!("{answer}");
	} else {
		kexin::warn!("error: {}", text::plain(&refusal.to_string()));
	}
	ExitCode::from(refusal.code())
}
