//! Arguments that several commands have, parsed and checked.

use super::session::{is_development, keypair};
use anyhow::{bail, Context as _};
use kexin::{
	call::Account,
	config::{parse_hash, parse_region, read_text, Config},
	report::trusted,
	standards::fhir::read::identity::patient,
};
use kexin_primitives::{
	members::Powers,
	scope::Dimension,
	vocabulary::{Purpose, Region},
	UnixMillis, H256,
};
use kexin_verifier::{finality::RestartBlock, Bytes, Trust, TrustedBlock};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::Value;
use std::{fs, path::Path, str::FromStr};
use subxt_signer::sr25519::Keypair;

/// A hash: 0x-hex, `file:PATH` or `text:TEXT`.
#[derive(Clone, Copy, Debug)]
pub struct Hash(pub H256);

impl FromStr for Hash {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		hash_or_content(text).map(Self)
	}
}

/// Reads a hash, or computes that of a file (`file:PATH`) or a text (`text:TEXT`).
///
/// # Errors
/// When the text is none of these, or the file can't be read.
pub fn hash_or_content(text: &str) -> anyhow::Result<H256> {
	let blake2 = |bytes: &[u8]| H256(sp_crypto_hashing::blake2_256(bytes));
	match text.split_once(':') {
		Some(("file", path)) => Ok(blake2(&fs::read(path).with_context(|| format!("can't read {path}"))?)),
		Some(("text", text)) => Ok(blake2(text.as_bytes())),
		_ => parse_hash(text),
	}
}

/// What an auditor trusts.
#[derive(Clone, Debug, clap::Args)]
pub struct TrustArguments {
	/// The chain's genesis hash, from a source that you trust.
	#[arg(long, value_parser = parse_hash)]
	genesis: H256,
	#[command(flatten)]
	restarts: Restarts,
	/// The block at which the proof begins, if that is not the chain's first: its hash and number (0x…:123), as kexin
	/// printed them when you verified that block, or from a source that you trust.
	#[arg(long, value_name = "HASH:NUMBER", value_parser = trusted::parse)]
	trusted: Option<TrustedBlock>,
}

/// Where finality was restarted.
#[derive(Clone, Debug, clap::Args)]
pub struct Restarts {
	/// A restart of finality by the council, as the hash of its block and the id of the new set of voters (0x…:3), from
	/// a source that you trust. Can be given several times.
	#[arg(long = "restart", value_name = "HASH:NUMBER", value_parser = restart)]
	restarts: Vec<RestartBlock>,
}

fn restart(text: &str) -> anyhow::Result<RestartBlock> {
	let (hash, set_id) = text
		.split_once(':')
		.context("expected the hash of the block and the id of the new set of voters, as in 0x…:3")?;
	Ok(RestartBlock {
		hash: parse_hash(hash)?,
		set_id: set_id.parse().with_context(|| format!("{set_id:?} is no number"))?,
	})
}

impl TrustArguments {
	/// The trusted hashes together.
	pub fn trust(&self) -> Trust {
		self.restarts.on(self.genesis, self.trusted)
	}
}

impl Restarts {
	/// The trusted hashes of the chain with this genesis hash, and the later block at which proofs begin, if any.
	pub fn on(&self, genesis: H256, block: Option<TrustedBlock>) -> Trust {
		Trust {
			genesis,
			restarts: self.restarts.clone(),
			block,
		}
	}
}

/// Reads an account: an SS58 address, 0x-hex, or the secret URI of a development key.
///
/// # Errors
/// When the text is none of these.
pub fn account(text: &str) -> anyhow::Result<Account> {
	if text.starts_with("0x") {
		return Ok(parse_hash(text)?.0);
	}
	if is_development(text) {
		return Ok(keypair(text)?.public_key().0);
	}
	// A phrase is a secret, which no message repeats.
	if text.contains(' ') {
		bail!("an account is expected, not a secret phrase: kexin key prints the account of a key");
	}
	let account = subxt::utils::AccountId32::from_str(text).with_context(|| format!("{text:?} is not an account"))?;
	Ok(account.0)
}

/// An account that shall become a key.
#[derive(Clone, Debug)]
pub struct Invited {
	/// The account.
	pub account: Account,
	/// Its secret, if it is a development key: then it can agree at once.
	pub secret: Option<Keypair>,
}

impl FromStr for Invited {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		let secret = is_development(text).then(|| keypair(text)).transpose()?;
		Ok(Self {
			account: account(text)?,
			secret,
		})
	}
}

/// Reads the public key in the peer id of a node.
///
/// Peer ids of ed25519 keys hold the key itself: <https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md>.
///
/// # Errors
/// When the text is no such peer id.
pub fn peer_id(text: &str) -> anyhow::Result<[u8; 32]> {
	/// An identity multihash of 36 bytes: a key of type 1, ed25519, of 32 bytes.
	const ED25519: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
	let bytes = bs58::decode(text).into_vec().ok();
	let key = bytes.as_deref().and_then(|bytes| bytes.strip_prefix(&ED25519));
	let key = key.and_then(|key| key.try_into().ok());
	key.with_context(|| format!("{text:?} is not a node's peer id, which begins with 12D3KooW"))
}

/// A value by its name in JSON, such as `research-institute`.
#[derive(Clone, Copy, Debug)]
pub struct Named<T>(pub T);

impl<T: DeserializeOwned> FromStr for Named<T> {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		named(text).map(Self)
	}
}

/// Reads a value by its name in JSON.
///
/// # Errors
/// When no value has this name: the message lists the names.
pub fn named<T: DeserializeOwned>(text: &str) -> anyhow::Result<T> {
	Ok(serde_json::from_value(Value::String(text.to_owned()))?)
}

/// Session keys, with the proof that the owner of their account holds them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionKeys {
	/// The keys.
	pub keys: Bytes,
	/// The proof.
	pub proof: Bytes,
}

impl FromStr for SessionKeys {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		serde_json::from_str(text).context("this is not what kexin-node session-keys prints")
	}
}

/// Reads powers, separated by commas.
///
/// # Errors
/// When there is no power of a name.
pub fn powers(text: &str) -> anyhow::Result<Powers> {
	let powers = text.split(',').map(|name| {
		let named = Powers::NAMED.iter().find(|(_, known)| *known == name.trim());
		named
			.map(|(power, _)| *power)
			.with_context(|| format!("there is no power called {name:?}"))
	});
	powers.collect()
}

/// A dimension of a scope that allows these values alone, until a time.
///
/// # Errors
/// When there are more values than a scope can name.
pub fn only<V: Ord + Copy, const N: u32>(values: Vec<V>, until: UnixMillis) -> anyhow::Result<Dimension<V, N>> {
	Dimension::only(values, until).map_err(|_| anyhow::anyhow!("at most {N} values can be named"))
}

/// Refuses more of something than a call can carry.
///
/// # Errors
/// When there is more: the message names the bound.
pub fn at_most(given: usize, most: u32, what: &str) -> anyhow::Result<()> {
	match usize::try_from(most) {
		Ok(most) if given > most => bail!("{given} {what} are too many: the ledger takes at most {most}"),
		_ => Ok(()),
	}
}

/// Reads purposes of use: HL7 codes, separated by commas.
///
/// # Errors
/// When a code is not known.
pub fn purposes(text: &str) -> anyhow::Result<Vec<Purpose>> {
	let known =
		|code: &str| Purpose::from_code(code.trim()).with_context(|| format!("{code:?} is no known purpose of use"));
	text.split(',').map(known).collect()
}

/// Reads regions: ISO 3166-1 numeric codes, separated by commas.
///
/// # Errors
/// When one is no ISO 3166-1 numeric code.
pub fn regions(text: &str) -> anyhow::Result<Vec<Region>> {
	let region = |code: &str| parse_region(code.trim().parse().with_context(|| format!("{code:?} is no number"))?);
	text.split(',').map(region).collect()
}

/// Reads a time in RFC 3339.
///
/// # Errors
/// When it is anything else, or before 1970.
pub fn time(text: &str) -> anyhow::Result<UnixMillis> {
	let time = chrono::DateTime::parse_from_rfc3339(text);
	let time = time.with_context(|| format!("{text:?} is no time such as 2030-01-01T00:00:00Z"))?;
	UnixMillis::try_from(time.timestamp_millis()).with_context(|| format!("{text:?} is before 1970"))
}

/// Reads the names of the patients in a file: FHIR Patients as NDJSON, or one reference, identifier or id on each line.
///
/// # Errors
/// When the file can't be read or a line is none of these.
pub fn patients(config: &Config, path: &Path) -> anyhow::Result<Vec<String>> {
	#[derive(Deserialize)]
	#[serde(rename_all = "camelCase")]
	struct Patient {
		resource_type: String,
		id: String,
	}
	let text = read_text(path).with_context(|| format!("can't read {}", path.display()))?;
	let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
	let names = lines.map(|(number, line)| {
		let line = line.trim();
		if !line.starts_with('{') {
			let name = match line.contains(['/', '|']) {
				true => patient(config, line),
				false => patient(config, &format!("Patient/{line}")),
			};
			return name.with_context(|| format!("{}, line {number}", path.display()));
		}
		let patient: Patient = serde_json::from_str(line)
			.with_context(|| format!("{}, line {number}: no FHIR Patient", path.display()))?;
		if patient.resource_type != "Patient" {
			bail!(
				"{}, line {number}: a {} is no Patient",
				path.display(),
				patient.resource_type
			);
		}
		self::patient(config, &format!("Patient/{}", patient.id))
			.with_context(|| format!("{}, line {number}", path.display()))
	});
	names.collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn patients_are_read_from_both_forms_with_and_without_a_byte_order_mark() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("patients");
		for text in [
			"Patient/1\n\n2\r\n",
			"1\nPatient/2/_history/7",
			"{\"resourceType\":\"Patient\",\"id\":\"1\"}\n{\"resourceType\":\"Patient\",\"id\":\"2\"}",
		] {
			for mark in ["", "\u{feff}"] {
				fs::write(&path, format!("{mark}{text}")).unwrap();
				let names = patients(&Config::default(), &path).unwrap();
				assert_eq!(names, ["Patient/1", "Patient/2"], "{mark}{text}");
			}
		}
	}

	#[test]
	fn more_than_a_call_can_carry_is_refused_with_the_bound() {
		assert!(at_most(64, 64, "bytes of a name").is_ok());
		let error = at_most(65, 64, "bytes of a name").unwrap_err().to_string();
		assert_eq!(error, "65 bytes of a name are too many: the ledger takes at most 64");
	}

	#[test]
	fn who_is_no_patient_is_refused_with_the_line() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("patients");
		for line in [
			"Patient/",
			"Practitioner/1",
			"Patient?name=x",
			"#p",
			"{\"resourceType\":\"Patient\",\"id\":\"\"}",
		] {
			fs::write(&path, format!("Patient/1\n{line}\n")).unwrap();
			let error = patients(&Config::default(), &path).unwrap_err();
			assert!(format!("{error:#}").contains("line 2"), "{line}: {error:#}");
		}
	}
}
