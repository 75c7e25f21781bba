//! `kexin-node token`: makes, lists and revokes tokens, whether the node runs or not.

use crate::listeners::authenticated::{
	keyring::now,
	token::{self, Name, Right, Token, TokenFile},
};
use chrono::{DateTime, NaiveDate, SecondsFormat};
use kexin_primitives::UnixMillis;
use sc_cli::{SharedParams, SubstrateCli};
use sc_service::BasePath;
use std::num::NonZeroU32;

/// What to do with the tokens of the door.
#[derive(Debug, clap::Subcommand)]
pub enum TokenCommand {
	/// Make a token and print it: it is kept nowhere, so it can't be shown again.
	Add {
		/// Whose it is: letters, digits, dots, underscores and hyphens.
		#[arg(long)]
		name: Name,
		/// What it allows, comma-separated. polkadot.js needs "read" in any case, and "submit" to send transactions.
		#[arg(long, value_enum, value_delimiter = ',', required = true)]
		rights: Vec<Right>,
		/// The last day on which it holds (2027-01-31, in UTC), or the moment from which it does not (2027-01-31T12:00:00Z).
		#[arg(long, value_parser = time)]
		expires: UnixMillis,
		/// Calls that it may make at once, and then in each minute [default: what the node allows any token].
		#[arg(long)]
		requests_per_minute: Option<NonZeroU32>,
		#[allow(missing_docs)]
		#[clap(flatten)]
		shared_params: SharedParams,
	},
	/// List the tokens, without what would let somebody in.
	List {
		/// Print JSON.
		#[arg(long)]
		json: bool,
		#[allow(missing_docs)]
		#[clap(flatten)]
		shared_params: SharedParams,
	},
	/// Revoke a token. Its open connections are closed.
	Revoke {
		/// Its name.
		name: Name,
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

	/// Does it.
	///
	/// # Errors
	/// When the chain is not known, the file of tokens can't be read or written, or the token is there already or not at all.
	pub fn run<C: SubstrateCli>(&self, cli: &C) -> sc_cli::Result<()> {
		let shared = self.shared_params();
		let spec = cli.load_spec(&shared.chain_id(shared.is_dev()))?;
		let base = shared.base_path()?;
		let base = base.unwrap_or_else(|| BasePath::from_project("", "", &C::executable_name()));
		let file = TokenFile::of(&base.config_dir(spec.id()));
		let failed = |error: token::Error| sc_cli::Error::Application(Box::new(error));
		match self {
			Self::Add {
				name,
				rights,
				expires,
				requests_per_minute,
				..
			} => {
				if *expires <= now() {
					return Err(sc_cli::Error::Input("--expires is over already".into()));
				}
				let mut rights = rights.clone();
				rights.sort_unstable();
				rights.dedup();
				let secret = token::generate()
					.map_err(|error| sc_cli::Error::Input(format!("the system gives no random numbers: {error}")))?;
				let hash = token::hash(&secret);
				let token = Token {
					name: name.clone(),
					hash,
					rights,
					expires: *expires,
					requests_per_minute: *requests_per_minute,
				};
				file.add(token).map_err(failed)?;
				// A node of another directory would not know it.
				eprintln!("the token's hash is in {file}; the token itself is kept nowhere:");
				println!("{secret}");
			},
			Self::List { json, .. } => {
				let tokens = file.read().map_err(failed)?;
				if *json {
					println!(
						"{}",
						serde_json::to_string(&tokens).map_err(|error| sc_cli::Error::Application(Box::new(error)))?
					);
					return Ok(());
				}
				for token in tokens {
					println!("{}", line(&token, now()));
				}
			},
			Self::Revoke { name, .. } => file.revoke(name).map_err(failed)?,
		}
		Ok(())
	}
}

/// A token as a line of the list.
fn line(token: &Token, now: UnixMillis) -> String {
	let rights: Vec<_> = token.rights.iter().map(ToString::to_string).collect();
	let over = if token.expires <= now { "expired" } else { "until" };
	let time = i64::try_from(token.expires)
		.ok()
		.and_then(DateTime::from_timestamp_millis);
	let time = time.map_or_else(
		|| "for ever".into(),
		|time| format!("{over} {}", time.to_rfc3339_opts(SecondsFormat::Secs, true)),
	);
	let pace = token.requests_per_minute;
	let pace = pace.map_or_else(String::new, |pace| format!(", {pace} requests a minute"));
	format!("{}: {} {time}{pace}", token.name, rights.join(","))
}

/// The moment that a token expires.
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
	fn a_token_holds_until_the_end_of_its_day_or_to_its_moment() {
		assert_eq!(time("2027-01-31"), Ok(1_801_440_000_000));
		assert_eq!(time("2027-01-31"), time("2027-02-01T00:00:00Z"));
		assert_eq!(time("2027-02-01T01:00:00+01:00"), time("2027-02-01T00:00:00Z"));
		for bad in ["tomorrow", "2027-02-31", "1969-01-01", "2027-01-31T12:00:00"] {
			assert!(time(bad).is_err(), "{bad}");
		}
	}

	#[test]
	fn the_list_tells_all_but_the_hash() {
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
