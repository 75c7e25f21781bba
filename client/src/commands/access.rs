//! `kexin check` and `kexin log`.

use super::{
	answers::{Judgement, Log},
	arguments::{time, Hash},
	Session,
};
use clap::Args;
use kexin_primitives::members::MemberId;
use serde_json::json;

/// The access to check.
#[derive(Debug, Args)]
pub struct CheckArguments {
	/// The dataset.
	dataset: Hash,
	/// The purpose of use, as an HL7 code.
	#[arg(long)]
	purpose: Option<String>,
	/// The operation: read, collect, correct, delete, annotate, train, evaluate, infer, aggregate, synthesise, link,
	/// export or share.
	#[arg(long)]
	operation: String,
	/// The region in which the data would be used, as an ISO 3166-1 numeric code.
	#[arg(long)]
	region: Option<u16>,
	/// The number of the member that would receive the data.
	#[arg(long)]
	recipient: Option<MemberId>,
	/// The time of the access, in RFC 3339. Without this option, now.
	#[arg(long)]
	time: Option<String>,
}

/// The log to show.
#[derive(Debug, Args)]
pub struct LogArguments {
	/// The dataset.
	dataset: Hash,
}

/// Checks whether an access would be within scope.
///
/// # Errors
/// When the time is malformed, the node can't be reached, or it answers with an error.
pub async fn check(session: &Session, arguments: &CheckArguments) -> anyhow::Result<()> {
	let time = arguments.time.as_deref().map(time).transpose()?;
	let query = json!({
		"dataset": arguments.dataset.0, "purpose": arguments.purpose, "operation": arguments.operation,
		"region": arguments.region, "recipient": arguments.recipient, "time": time,
	});
	session.query::<Judgement>("access_check", &[query]).await
}

/// Shows the state of a log.
///
/// # Errors
/// When the node can't be reached, or answers with an error.
pub async fn log(session: &Session, arguments: &LogArguments) -> anyhow::Result<()> {
	session.query::<Log>("access_log", &[json!(arguments.dataset.0)]).await
}
