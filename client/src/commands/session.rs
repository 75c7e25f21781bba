//! What the commands share: the settings, the signing key, the connection to the node, and how results are printed.

use kexin::{
	call::Call,
	config::{self, Config},
	ledger::{Done, Ledger, Until},
};
use serde_json::{json, Value};
use std::{path::PathBuf, str::FromStr};
use subxt_signer::{sr25519::Keypair, SecretUri};

/// What the commands share.
pub struct Session {
	/// The settings.
	pub config: Config,
	/// Whether to print JSON.
	pub json: bool,
}

impl Session {
	/// The signing key.
	///
	/// # Errors
	/// When none is set, or it is malformed.
	pub fn signer(&self) -> anyhow::Result<Keypair> {
		let key = self.config.key.as_deref();
		let key = key.ok_or_else(|| anyhow::anyhow!("no signing key: give --key, or set `key` in {}", config::FILE))?;
		let file = PathBuf::from(key);
		let uri = if file.is_file() {
			config::read_secret(&file)?.trim().to_owned()
		} else {
			key.to_owned()
		};
		keypair(&uri)
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

	/// Calls a read method of the node and prints the answer.
	///
	/// # Errors
	/// When the node can't be reached, or answers with an error.
	pub async fn query(&self, method: &str, params: &[Value]) -> anyhow::Result<()> {
		let answer = self.ledger().await?.rpc(method, params).await?;
		self.print(&answer, |answer| kexin::say!("{answer:#}"));
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

/// The key of a secret URI such as `//Alice` or a phrase.
///
/// # Errors
/// When the URI is malformed.
pub fn keypair(uri: &str) -> anyhow::Result<Keypair> {
	let parsed =
		SecretUri::from_str(uri).map_err(|error| anyhow::anyhow!("the signing key is no secret URI: {error}"))?;
	Keypair::from_uri(&parsed).map_err(|error| anyhow::anyhow!("the signing key is no sr25519 key: {error}"))
}
