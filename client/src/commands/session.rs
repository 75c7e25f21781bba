//! What the commands share: the settings, the signing key, the connection to the node, and how results are printed.

use anyhow::Context as _;
use kexin::{
	call::Call,
	config::{self, Config},
	ledger::{Done, Ledger, Until},
};
use serde::de::DeserializeOwned;
use serde_json::{json, Value};
use std::{env, fmt::Display, io, path::Path, str::FromStr};
use subxt_signer::{sr25519::Keypair, SecretUri};

/// The environment variable with the secret URI of the signing key.
const KEY_VARIABLE: &str = "KEXIN_KEY";

/// What the commands share.
pub struct Session {
	/// The settings.
	pub config: Config,
	/// The signing key of the command line.
	pub key: Option<String>,
	/// Whether to print JSON.
	pub json: bool,
}

impl Session {
	/// The signing key.
	///
	/// # Errors
	/// When none is set, or it is malformed.
	pub fn signer(&self) -> anyhow::Result<Keypair> {
		let uri = match (&self.key, env::var(KEY_VARIABLE), &self.config.key) {
			(Some(key), ..) => named_secret(key)?,
			(None, Ok(uri), _) => uri,
			(None, Err(_), Some(key)) if Path::new(key).is_file() => config::read_secret(Path::new(key))?,
			(None, Err(_), Some(uri)) => uri.clone(),
			(None, Err(_), None) => anyhow::bail!(
				"no signing key: give its file with --key, set {KEY_VARIABLE}, or set `key` in {}",
				config::FILE
			),
		};
		keypair(uri.trim())
	}

	/// A connection to the node.
	///
	/// # Errors
	/// When the node can't be reached or refuses the token, or the token can't be read.
	pub async fn ledger(&self) -> anyhow::Result<Ledger> {
		let token = self.config.token.as_deref().map(config::read_secret).transpose()?;
		Ok(Ledger::connect(&self.config.node, token.as_deref().map(str::trim)).await?)
	}

	/// Prints a result: the value as JSON where that is asked for, else what `readable` prints.
	pub fn print(&self, value: &Value, readable: impl Fn(&Value)) {
		if self.json {
			kexin::say!("{value}");
		} else {
			readable(value);
		}
	}

	/// Calls a read method of the node and prints the answer: as the node gave it where JSON is asked for, else as `T`
	/// writes it for people.
	///
	/// # Errors
	/// When the node can't be reached, or answers with an error or with something that is no `T`.
	pub async fn query<T: DeserializeOwned + Display>(&self, method: &str, params: &[Value]) -> anyhow::Result<()> {
		let answer: Value = self.ledger().await?.query(method, params).await?;
		let readable =
			T::deserialize(&answer).with_context(|| format!("the node's answer to {method} can't be read"))?;
		self.print(&answer, |_| kexin::say!("{readable}"));
		Ok(())
	}

	/// Signs and sends a call, and waits until it is final.
	///
	/// # Errors
	/// When the node can't be reached, or the ledger refuses the call.
	pub async fn send(&self, call: &Call) -> anyhow::Result<Done> {
		Ok(self.ledger().await?.submit(&self.signer()?, call).await?)
	}

	/// As [`Self::send`], and prints the block that the call is in.
	///
	/// # Errors
	/// As [`Self::send`].
	pub async fn submit(&self, call: &Call) -> anyhow::Result<()> {
		self.submit_until(Until::Final, call).await
	}

	/// As [`Self::submit`], and waits until the call has come so far.
	///
	/// # Errors
	/// As [`Self::send`].
	pub async fn submit_until(&self, until: Until, call: &Call) -> anyhow::Result<()> {
		let ledger = self.ledger().await?;
		let done = ledger.submit_until(until, &self.signer()?, call).await?;
		self.print_done(&done, call);
		Ok(())
	}

	/// Prints the block that a call is in.
	pub fn print_done(&self, done: &Done, call: &Call) {
		let events = done
			.events
			.iter()
			.map(|event| format!("{}.{}", event.pallet, event.name))
			.collect::<Vec<_>>();
		let value = json!({ "block": done.block, "transaction": done.transaction, "events": events });
		let (function, block) = (call.function, done.block);
		self.print(&value, |_| match done.until {
			Until::Final => kexin::say!("{function} is final in block {block:?}"),
			Until::InBlock => kexin::say!("{function} is included in block {block:?} (not finalized yet)"),
		});
	}
}

/// Whether a secret URI is that of a development key, which is no secret.
pub fn is_development(uri: &str) -> bool {
	uri.starts_with("//")
}

/// The secret URI that an argument names: a file, standard input, or a development key. Every user of the machine can
/// read the command line, so no other secret may stand there, and no message repeats it.
fn named_secret(argument: &str) -> anyhow::Result<String> {
	if argument == "-" {
		return Ok(io::read_to_string(io::stdin())?);
	}
	let file = Path::new(argument);
	if file.is_file() {
		return config::read_secret(file);
	}
	if is_development(argument) {
		return Ok(argument.into());
	}
	anyhow::bail!(
		"--key names no file. If it is the secret itself, other users of this machine could read it there: write it to a file that \
		 only you can read, set {KEY_VARIABLE}, or pipe it to --key -"
	)
}

/// The key of a secret URI such as `//Alice` or a phrase.
///
/// # Errors
/// When the URI is malformed.
pub fn keypair(uri: &str) -> anyhow::Result<Keypair> {
	let parsed =
		SecretUri::from_str(uri).map_err(|error| anyhow::anyhow!("the signing key is no secret URI: {error}"))?;
	Keypair::from_uri(&parsed).map_err(|error| anyhow::anyhow!("the signing key is no sr25519 key: {error}"))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn no_secret_stands_on_the_command_line() {
		let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
		let derived = format!("{phrase}//gateway");
		let seed = format!("0x{}", "5".repeat(64));
		for secret in [phrase, derived.as_str(), seed.as_str(), "no-such-file"] {
			let told = named_secret(secret).unwrap_err().to_string();
			assert!(told.contains("--key") && !told.contains(secret), "{told}");
		}
		assert_eq!(named_secret("//Alice//gateway").unwrap(), "//Alice//gateway");
		let directory = tempfile::tempdir().unwrap();
		let file = directory.path().join("account.key");
		config::write_secret(&file, phrase).unwrap();
		assert_eq!(named_secret(file.to_str().unwrap()).unwrap(), phrase);
	}
}
