//! The settings of a hospital: kexin.toml, and the secret files that it names.

use crate::pseudonym::Pseudonymiser;
use anyhow::{bail, Context as _};
use chrono::{DateTime, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use kexin_primitives::{vocabulary::Region, DatasetId, H256};
use kexin_verifier::text::brief;
use serde::Deserialize;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	io::{self, ErrorKind, Write as _},
	path::{Path, PathBuf},
	str::FromStr,
	sync::OnceLock,
};

/// The file beside the journal with the addresses of the servers that earlier imports took for the hospital's, one on
/// each line.
const REMEMBERED: &str = "server";
/// The name of the settings file in the current directory.
pub const FILE: &str = "kexin.toml";

/// The settings file, as TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
	#[serde(default = "default_node")]
	node: String,
	member: Option<u32>,
	region: Option<u16>,
	dataset: Option<String>,
	timezone: Option<String>,
	#[serde(default)]
	servers: Vec<String>,
	key: Option<String>,
	token: Option<PathBuf>,
	pseudonym_key: Option<PathBuf>,
	state: Option<PathBuf>,
	#[serde(default)]
	recipients: BTreeMap<String, u32>,
}

fn default_node() -> String {
	"ws://127.0.0.1:9944".into()
}

/// The settings of one hospital.
#[derive(Clone, Debug, Default)]
pub struct Config {
	/// The node's JSON-RPC address.
	pub node: String,
	/// The hospital's member number on the ledger. It is the recipient of an access whose record names none.
	pub member: Option<u32>,
	/// The country in which its systems use data.
	pub region: Option<Region>,
	/// The dataset that its records are about.
	pub dataset: Option<DatasetId>,
	/// The time zone of times without one. With none set, records with such times are not imported.
	pub timezone: Option<TimeZone>,
	/// The secret URI of the signing key, or the file that holds it.
	pub key: Option<String>,
	/// The file with the access token, for a node that requires one.
	pub token: Option<PathBuf>,
	/// The file with the secret pseudonym key.
	pub pseudonym_key: PathBuf,
	/// The directory with the journal of the imports, which holds the quarantine.
	pub state: PathBuf,
	/// The addresses of the hospital's FHIR servers, which share the ids of people: see [`address`].
	pub servers: Vec<String>,
	/// The address of the server that records are from, if `servers` lists none.
	pub met: OnceLock<String>,
	/// The addresses of the servers that earlier imports took for the hospital's.
	pub remembered: BTreeSet<String>,
	/// Member numbers by the FHIR references and identifiers of the organisations.
	pub recipients: BTreeMap<String, u32>,
}

impl Config {
	/// Reads the settings file at this path. Without a path, reads [`FILE`] in the current directory, if there is one.
	///
	/// # Errors
	/// When there is no file at the path, or the file is malformed: the message says where.
	pub fn load(path: Option<&Path>) -> anyhow::Result<Self> {
		let file = path.unwrap_or(Path::new(FILE));
		let text = match read_text(file) {
			Ok(text) => text,
			Err(error) if error.kind() == ErrorKind::NotFound && path.is_none() => String::new(),
			Err(error) => return Err(error).with_context(|| format!("can't read {}", file.display())),
		};
		let parsed: File = toml::from_str(&text).with_context(|| format!("{} is malformed", file.display()))?;
		// Paths in the file are relative to its directory.
		let beside = |path: PathBuf| file.parent().unwrap_or(Path::new("")).join(path);
		let state = beside(parsed.state.unwrap_or("kexin-state".into()));
		let remembered = match read_text(&state.join(REMEMBERED)) {
			Ok(text) => text.lines().map(|line| line.trim().to_owned()).collect(),
			Err(error) if error.kind() == ErrorKind::NotFound => BTreeSet::new(),
			Err(error) => {
				return Err(error).with_context(|| format!("can't read {}", state.join(REMEMBERED).display()))
			},
		};
		Ok(Self {
			node: parsed.node,
			member: parsed.member,
			region: parsed.region.map(parse_region).transpose()?,
			dataset: parsed.dataset.as_deref().map(parse_hash).transpose()?,
			timezone: parsed.timezone.as_deref().map(str::parse).transpose()?,
			key: parsed.key,
			token: parsed.token.map(beside),
			pseudonym_key: beside(parsed.pseudonym_key.unwrap_or("pseudonym.key".into())),
			state,
			servers: parsed
				.servers
				.iter()
				.map(|base| server(base))
				.collect::<Result<_, _>>()?,
			met: OnceLock::new(),
			remembered,
			recipients: parsed.recipients,
		})
	}

	/// Whether the server with this address is one of the hospital's.
	pub fn is_own(&self, server: &str) -> bool {
		match &self.servers[..] {
			[] => self.met.get().is_some_and(|met| met == server),
			servers => servers.iter().any(|own| own == server),
		}
	}

	/// Whether it is known which servers are the hospital's.
	pub fn knows_servers(&self) -> bool {
		!self.servers.is_empty() || self.met.get().is_some()
	}

	/// Takes the one server that all records of an import are from, and those of earlier imports were, as the
	/// hospital's, unless the settings list them.
	///
	/// # Errors
	/// When the records are from several servers, or what earlier imports took for the hospital's is not listed: what
	/// was recorded of people there would name other people.
	pub fn meet(&self, servers: BTreeSet<String>) -> anyhow::Result<()> {
		if !self.servers.is_empty() {
			let missing = self.remembered.iter().find(|server| !self.servers.contains(server));
			return missing.map_or(Ok(()), |server| {
				bail!(
					"earlier imports took the server {server} for one of the hospital's: list it under `servers` in kexin.toml as well, so that what they \
					 recorded is still known to be about the same people"
				)
			});
		}
		let mut servers = self
			.remembered
			.iter()
			.cloned()
			.chain(servers)
			.collect::<BTreeSet<_>>()
			.into_iter();
		if let Some(server) = servers.next() {
			if let Some(other) = servers.next() {
				bail!(
					"records are from several servers, {server} and {other}, in this import and in earlier ones: list those that are the hospital's under \
					 `servers` in kexin.toml, so that it is known whom they name"
				);
			}
			self.met.get_or_init(|| server);
		}
		Ok(())
	}

	/// Remembers the servers that the import takes for the hospital's.
	///
	/// # Errors
	/// When the file can't be written.
	pub fn remember(&self) -> anyhow::Result<()> {
		let servers = self.remembered.iter().chain(&self.servers).chain(self.met.get());
		let servers = servers.collect::<BTreeSet<_>>();
		if servers.iter().all(|server| self.remembered.contains(*server)) {
			return Ok(());
		}
		crate::output::write(&self.state.join(REMEMBERED), |to| {
			servers.iter().try_for_each(|server| writeln!(to, "{server}"))
		})
	}

	/// The pseudonymiser with the hospital's secret key.
	///
	/// # Errors
	/// When the key can't be read, is malformed, or other users can read it.
	pub fn pseudonymiser(&self) -> anyhow::Result<Pseudonymiser> {
		let text = read_secret(&self.pseudonym_key)
			.with_context(|| "no pseudonym key: create one with `kexin init`, and keep a copy; without it, no pseudonym can be traced back to a person")?;
		Ok(Pseudonymiser::new(
			parse_hash(text.trim()).context("the pseudonym key is malformed")?.0,
		))
	}
}

/// Reads a secret from a file that only its owner may read.
///
/// # Errors
/// When the file can't be read, or other users can read it.
pub fn read_secret(path: &Path) -> anyhow::Result<String> {
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt as _;
		let mode = fs::metadata(path)
			.with_context(|| format!("can't read {}", path.display()))?
			.permissions()
			.mode();
		if mode & 0o077 != 0 {
			bail!(
				"other users can read the secret in {0}: run chmod 600 {0}",
				path.display()
			);
		}
	}
	read_text(path).with_context(|| format!("can't read {}", path.display()))
}

/// Reads a file of text. The byte order mark that some editors write first is no part of it.
///
/// # Errors
/// When the file can't be read, or is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
	let mut text = fs::read_to_string(path)?;
	if text.starts_with('\u{feff}') {
		text.remove(0);
	}
	Ok(text)
}

/// Writes a secret to a new file that only its owner may read.
///
/// # Errors
/// When the file exists already or can't be written.
pub fn write_secret(path: &Path, secret: &str) -> anyhow::Result<()> {
	let mut options = fs::OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	{
		use std::os::unix::fs::OpenOptionsExt as _;
		options.mode(0o600);
	}
	let mut file = options
		.open(path)
		.with_context(|| format!("can't create {}", path.display()))?;
	file.write_all(secret.as_bytes())
		.and_then(|()| file.sync_all())
		.context("can't write the secret")
}

/// Reads a 32-byte hash in 0x-hex.
///
/// # Errors
/// When it is anything else.
pub fn parse_hash(text: &str) -> anyhow::Result<H256> {
	match text.strip_prefix("0x").map(H256::from_str) {
		Some(Ok(hash)) if text.len() == 66 => Ok(hash),
		_ => bail!("{:?} is not a hash: expected 0x and 64 hexadecimal digits", brief(text)),
	}
}

/// Checks an ISO 3166-1 numeric code.
///
/// # Errors
/// When it is not from 1 to 999.
pub fn parse_region(code: u16) -> anyhow::Result<Region> {
	match code {
		1..=999 => Ok(Region(code)),
		_ => bail!("{code} is no ISO 3166-1 numeric code: they go from 1 to 999"),
	}
}

/// The address of a FHIR server by its base: the same for both schemes and with or without a slash at the end.
pub fn address(base: &str) -> Option<String> {
	let (scheme, rest) = base.trim().split_once("://")?;
	let port = match &scheme.to_ascii_lowercase()[..] {
		"http" => ":80",
		"https" => ":443",
		_ => return None,
	};
	let rest = rest.trim_end_matches('/');
	let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
	let host = host.to_ascii_lowercase();
	let host = host.strip_suffix(port).unwrap_or(&host);
	match (host, path) {
		("", _) => None,
		(host, "") => Some(host.to_owned()),
		(host, path) => Some(format!("{host}/{path}")),
	}
}

fn server(base: &str) -> anyhow::Result<String> {
	address(base).with_context(|| format!("{base:?} is no base of a server such as https://hospital.example/fhir"))
}

/// A time zone: an offset from UTC such as `+08:00`, or a zone of the IANA database such as `Europe/Berlin`, whose
/// clocks may be set forward and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeZone {
	/// An offset from UTC.
	Offset(FixedOffset),
	/// A zone of the IANA database.
	Named(Tz),
}

impl TimeZone {
	/// The moments at which clocks show a time: none or two around their changes.
	pub fn moments(&self, time: NaiveDateTime) -> MappedLocalTime<DateTime<Utc>> {
		match self {
			Self::Offset(zone) => time.and_local_timezone(*zone).map(|time| time.to_utc()),
			Self::Named(zone) => time.and_local_timezone(*zone).map(|time| time.to_utc()),
		}
	}

	/// The moment at which a day begins: at midnight, or where the clocks skip that, when they go on.
	pub fn start_of(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
		/// More than clocks ever skipped: Samoa left out a day.
		const MINUTES: i64 = 25 * 60;
		(0..MINUTES).find_map(|minutes| {
			let time = day
				.and_time(NaiveTime::MIN)
				.checked_add_signed(TimeDelta::minutes(minutes))?;
			self.moments(time).earliest()
		})
	}
}

impl FromStr for TimeZone {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		if let Ok(time) = DateTime::parse_from_rfc3339(&format!("2000-01-01T00:00:00{text}")) {
			return Ok(Self::Offset(*time.offset()));
		}
		let zone = text.parse().ok();
		zone.map(Self::Named).with_context(|| {
			format!("{text:?} is neither an offset from UTC such as +08:00 nor a time zone such as Europe/Berlin")
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_file_is_read_and_its_paths_are_beside_it() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("hospital.toml");
		fs::write(
			&path,
			"\u{feff}member = 3\nregion = 276\ntimezone = \"+08:00\"\n[recipients]\n\"Organization/1\" = 4\n",
		)
		.unwrap();
		let config = Config::load(Some(&path)).unwrap();
		assert_eq!(
			(config.member, config.region, config.timezone),
			(
				Some(3),
				Some(Region(276)),
				FixedOffset::east_opt(8 * 3_600).map(TimeZone::Offset)
			)
		);
		assert_eq!(config.recipients["Organization/1"], 4);
		assert_eq!(config.pseudonym_key, directory.path().join("pseudonym.key"));
	}

	#[test]
	fn what_is_malformed_is_refused() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("hospital.toml");
		for text in [
			"membre = 3",
			"region = 1000",
			"dataset = \"0x12\"",
			"timezone = \"Berlin\"",
			"timezone = \"+25:00\"",
			"servers = [\"hospital.example/fhir\"]",
		] {
			fs::write(&path, text).unwrap();
			assert!(Config::load(Some(&path)).is_err(), "{text}");
		}
		assert!(Config::load(Some(&directory.path().join("missing"))).is_err());
		assert!(parse_hash(&"0".repeat(66)).is_err());
	}

	#[test]
	fn a_server_is_met_only_if_it_is_the_only_one() {
		let servers = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
		let config = Config::default();
		config.meet(servers(&[])).unwrap();
		assert!(!config.knows_servers());
		assert!(config.meet(servers(&["a.example", "b.example"])).is_err());
		assert!(!config.knows_servers());
		config.meet(servers(&["b.example"])).unwrap();
		assert!(config.is_own("b.example") && !config.is_own("a.example"));
	}

	#[test]
	fn a_server_of_earlier_imports_stays_the_hospitals() {
		let servers = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("hospital.toml");
		let config = |text: &str| {
			fs::write(&path, text).unwrap();
			Config::load(Some(&path)).unwrap()
		};
		let first = config("");
		first.meet(servers(&["old.example"])).unwrap();
		fs::create_dir_all(&first.state).unwrap();
		first.remember().unwrap();
		assert!(config("").meet(servers(&["new.example"])).is_err());
		let again = config("");
		again.meet(servers(&[])).unwrap();
		assert!(again.is_own("old.example") && !again.is_own("new.example"));
		assert!(config("servers = [\"https://new.example\"]")
			.meet(servers(&[]))
			.is_err());
		let both = config("servers = [\"https://new.example\", \"https://old.example\"]");
		both.meet(servers(&["third.example"])).unwrap();
		assert!(both.is_own("old.example") && both.is_own("new.example") && !both.is_own("third.example"));
		both.remember().unwrap();
		let error = config("servers = [\"https://old.example\"]")
			.meet(servers(&[]))
			.unwrap_err();
		assert!(error.to_string().contains("new.example"), "{error}");
		assert!(
			config("").meet(servers(&[])).is_err(),
			"of two servers, none is the only one"
		);
	}

	#[test]
	fn a_day_begins_at_the_midnight_of_its_zone() {
		for (zone, day, expected) in [
			("+08:00", "2026-07-11", "2026-07-10T16:00:00+00:00"),
			("Europe/Berlin", "2026-07-11", "2026-07-10T22:00:00+00:00"),
			("Europe/Berlin", "2026-01-11", "2026-01-10T23:00:00+00:00"),
			("Asia/Shanghai", "2026-01-11", "2026-01-10T16:00:00+00:00"),
			// The clocks skip midnight here, show it twice, and skip a whole day.
			("America/Santiago", "2026-09-06", "2026-09-06T04:00:00+00:00"),
			("America/Havana", "2026-11-01", "2026-11-01T04:00:00+00:00"),
			("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00+00:00"),
		] {
			let zone: TimeZone = zone.parse().unwrap();
			let start = zone.start_of(day.parse().unwrap()).unwrap();
			assert_eq!(start.to_rfc3339(), expected, "{zone:?} {day}");
		}
	}

	#[cfg(unix)]
	#[test]
	fn a_secret_that_others_can_read_is_refused() {
		use std::os::unix::fs::PermissionsExt as _;
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("secret");
		write_secret(&path, "\u{feff}x").unwrap();
		assert_eq!(read_secret(&path).unwrap(), "x", "a byte order mark is no part of it");
		assert!(write_secret(&path, "y").is_err(), "never overwritten");
		fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
		assert!(read_secret(&path).is_err());
	}
}
