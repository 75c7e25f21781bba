//! `kexin`: the command line of hospitals and auditors.
//!
//! Exit codes: 0 success; 1 failure; 2 wrong usage; 3 an import is finished, but some records are quarantined or some
//! files were passed over; 4 and 5 a file is proved, but does not show what `kexin verify` was asked for.

mod commands;

use clap::Parser as _;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
	let cli = commands::Cli::parse();
	match commands::run(cli).await {
		Ok(code) => code,
		Err(error) => {
			kexin::warn!("error: {}", commands::shown(&error));
			ExitCode::from(1)
		},
	}
}
