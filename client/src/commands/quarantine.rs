//! `kexin quarantine`.

use super::Session;
use anyhow::Context as _;
use kexin::import::journal::Journal;
use serde_json::json;
use std::{fs, path::PathBuf};

/// What to do with the quarantine.
#[derive(Debug, clap::Args)]
pub struct Arguments {
	/// Write each record to a file of its own in this directory, named by the hash of its bytes.
	#[arg(long, value_name = "DIRECTORY")]
	export: Option<PathBuf>,
}

/// Shows the quarantine, and exports it if that is asked.
///
/// # Errors
/// When the journal can't be opened or a file can't be written.
pub async fn run(session: &Session, arguments: &Arguments) -> anyhow::Result<()> {
	let mut journal = Journal::open(&session.config.state).await?;
	if let Some(directory) = &arguments.export {
		fs::create_dir_all(directory).with_context(|| format!("can't create {}", directory.display()))?;
	}
	let mut last = None;
	loop {
		let page = journal.quarantined(last).await?;
		let Some(end) = page.last() else { return Ok(()) };
		last = Some(end.key());
		for record in page {
			if let Some(directory) = &arguments.export {
				let file = directory.join(format!("{:x}.json", record.hash));
				fs::write(&file, &record.bytes).with_context(|| format!("can't write {}", file.display()))?;
			}
			if session.json {
				let (file, line) = (&record.file, record.line);
				kexin::say!(
					"{}",
					json!({
						"hash": record.hash, "source": record.source, "file": file, "line": line, "reason": record.reason,
					})
				);
			} else {
				kexin::say!(
					"{:?} {}:{}: {}",
					record.hash,
					record.file.display(),
					record.line,
					record.reason
				);
			}
		}
	}
}
