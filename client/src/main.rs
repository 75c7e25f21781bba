//! `kexin`: the command line of hospitals and auditors.
//!
//! Exit codes: 0 all done; 1 it failed, and says why; 2 the command line is wrong; 3 an import is done, and some records are
//! kept for a retry; 4 and 5 a file is proved, and an answer is not as `kexin verify` was asked to have it.

mod commands;

use clap::Parser as _;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
	let cli = commands::Cli::parse();
	match commands::run(cli).await {
		Ok(code) => code,
		Err(error) => {
			eprintln!("error: {error:#}");
			ExitCode::from(1)
		},
	}
}
