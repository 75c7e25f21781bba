//! `kexin-node token`: makes, lists and revokes tokens, whether the node runs or not.

use super::directory;
use crate::listeners::authenticated::{
	token::{self, Right, Token, TokenFile, TokenName},
	token_cache::now,
};
use chrono::{DateTime, NaiveDate, SecondsFormat};
use kexin_primitives::UnixMillis;
use sc_cli::{SharedParams, SubstrateCli};
use std::num::NonZeroU32;

/// What to do with the tokens of the authenticated RPC listener.
#[derive(Debug, clap::Subcommand)]
pub enum TokenCommand {
	/// Make a token and print it. It is not stored, so it can't be shown again.
	Add {
		/// The token's name, by which you revoke it: letters, digits, dots, underscores and hyphens.
		#[arg(long)]
		name: TokenName,
		/// The token's rights, separated by commas. polkadot.js always needs "read", and "submit" to submit
		/// transactions.
		#[arg(long, value_enum, value_delimiter = ',', required = true)]
		rights: Vec<Right>,
		/// The last day on which the token is valid (2027-01-31, in UTC), or the time from which it is invalid
		/// (2027-01-31T12:00:00Z).
		#[arg(long, value_parser = time)]
		expires: UnixMillis,
		/// The calls that the token may make at once, and then in each minute [default: the node's
		/// --rpc-auth-requests-per-minute].
		#[arg(long)]
		requests_per_minute: Option<NonZeroU32>,
		#[allow(missing_docs)]
		#[clap(flatten)]
		shared_params: SharedParams,
	},
	/// List the tokens' names, rights and expiry.
	List {
		/// Print JSON.
		#[arg(long)]
		json: bool,
		#[allow(missing_docs)]
		#[clap(flatten)]
		shared_params: SharedParams,
	},
	/// Revoke a token. The node closes its open connections.
	Revoke {
		/// The token's name.
		name: TokenName,
		#[allow(missing_docs)]
		#[clap(flatten)]
		shared_params: SharedParams,
	},
}

impl TokenCommand {
	fn shared_params(&self) -> &SharedParams {
		match self {
			Self::Add { shared_params, .. } | Self::List { shared_params, .. } | Self::Revoke { shared_params, .. } => {
				shared_params
			},
		}
	}

	/// Runs the command.
	///
	/// # Errors
	/// When the chain is unknown, the file of tokens can't be read or written, a token to add exists already, or a
	/// token to revoke does not exist.
	pub fn run<C: SubstrateCli>(&self, cli: &C) -> sc_cli::Result<()> {
		let file = TokenFile::in_directory(&directory::of_chain(cli, self.shared_params())?);
		match self {
			Self::Add {
				name,
				rights,
				expires,
				requests_per_minute,
				..
			} => add(&file, name, rights, *expires, *requests_per_minute),
			Self::List { json, .. } => list(&file, *json),
			Self::Revoke { name, .. } => file.revoke(name).map_err(failed),
		}
	}
}

fn add(
	file: &TokenFile,
	name: &TokenName,
	rights: &[Right],
	expires: UnixMillis,
	requests_per_minute: Option<NonZeroU32>,
) -> sc_cli::Result<()> {
	if expires <= now() {
		return Err(sc_cli::Error::Input("--expires is in the past".into()));
	}
	let mut rights = rights.to_vec();
	rights.sort_unstable();
	rights.dedup();
	let secret = token::generate()
		.map_err(|error| sc_cli::Error::Input(format!("the system gives no random numbers: {error}")))?;
	let token = Token {
		name: name.clone(),
		hash: token::hash(&secret),
		rights,
		expires,
		requests_per_minute,
	};
	file.add(token).map_err(failed)?;
	// A node with another directory would not know the token.
	eprintln!("the token's hash is in {file}; the token itself is not stored:");
	println!("{secret}");
	Ok(())
}

fn list(file: &TokenFile, json: bool) -> sc_cli::Result<()> {
	let tokens = file.read().map_err(failed)?;
	if json {
		let tokens = serde_json::to_string(&tokens).map_err(|error| sc_cli::Error::Application(Box::new(error)))?;
		println!("{tokens}");
		return Ok(());
	}
	for token in tokens {
		println!("{}", line(&token, now()));
	}
	Ok(())
}

fn failed(error: token::Error) -> sc_cli::Error {
	sc_cli::Error::Application(Box::new(error))
}

/// A token as a line of the list.
fn line(token: &Token, now: UnixMillis) -> String {
	let rights: Vec<_> = token.rights.iter().map(ToString::to_string).collect();
	let until = if token.expires <= now { "expired" } else { "until" };
	let time = i64::try_from(token.expires)
		.ok()
		.and_then(DateTime::from_timestamp_millis);
	let time = time.map_or_else(
		|| "forever".into(),
		|time| format!("{until} {}", time.to_rfc3339_opts(SecondsFormat::Secs, true)),
	);
	let rate = token.requests_per_minute;
	let rate = rate.map_or_else(String::new, |rate| format!(", {rate} requests a minute"));
	format!("{}: {} {time}{rate}", token.name, rights.join(","))
}

/// Reads the time at which a token expires.
fn time(text: &str) -> Result<UnixMillis, String> {
	let time = match text.parse::<NaiveDate>() {
		Ok(day) => day
			.succ_opt()
			.and_then(|next| next.and_hms_opt(0, 0, 0))
			.map(|midnight| midnight.and_utc().timestamp_millis()),
		Err(_) => DateTime::parse_from_rfc3339(text)
			.ok()
			.map(|time| time.timestamp_millis()),
	};
	let time = time.and_then(|time| UnixMillis::try_from(time).ok());
	time.ok_or_else(|| "expected a day (2027-01-31) or a time (2027-01-31T12:00:00Z)".into())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_token_expires_at_the_end_of_a_day_or_at_a_time() {
		assert_eq!(time("2027-01-31"), Ok(1_801_440_000_000));
		assert_eq!(time("2027-01-31"), time("2027-02-01T00:00:00Z"));
		assert_eq!(time("2027-02-01T01:00:00+01:00"), time("2027-02-01T00:00:00Z"));
		for bad in ["tomorrow", "2027-02-31", "1969-01-01", "2027-01-31T12:00:00"] {
			assert!(time(bad).is_err(), "{bad}");
		}
	}

	#[test]
	fn the_list_shows_everything_but_the_hash() {
		let token = Token {
			name: "clinic".parse().unwrap(),
			hash: token::hash("secret"),
			rights: vec![Right::Read, Right::Submit],
			expires: 1_801_440_000_000,
			requests_per_minute: NonZeroU32::new(30),
		};
		let expected = "clinic: read,submit until 2027-02-01T00:00:00Z, 30 requests a minute";
		assert_eq!(line(&token, 0), expected);
		assert_eq!(line(&token, UnixMillis::MAX), expected.replace("until", "expired"));
	}
}
