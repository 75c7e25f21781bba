//! The access tokens, and the file with them. The file has only hashes, so nobody can take a token from it.

pub use crate::rpc::registry::Right;

use kexin_primitives::{UnixMillis, H256};
use serde::{Deserialize, Serialize};
use sp_core::hexdisplay::HexDisplay;
use std::{
	fmt,
	fs::{self, File, OpenOptions},
	io::{ErrorKind, Write as _},
	num::NonZeroU32,
	os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
	path::{Path, PathBuf},
	str::FromStr,
};

/// The name of the file, in the directory of the chain.
const FILE: &str = "rpc-auth-tokens.json";
/// The format of the file.
const VERSION: u32 = 1;
/// The prefix of every token, by which a scanner recognises one that leaked.
const PREFIX: &str = "kexin_";
/// The most characters of a token's name.
const MAX_NAME_LENGTH: usize = 64;

/// The name of a token: 1 to 64 letters, digits, `.`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenName(String);

impl fmt::Display for TokenName {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(&self.0)
	}
}

impl AsRef<str> for TokenName {
	fn as_ref(&self) -> &str {
		&self.0
	}
}

impl TryFrom<String> for TokenName {
	type Error = String;

	fn try_from(name: String) -> Result<Self, String> {
		let allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
		if name.is_empty() || name.len() > MAX_NAME_LENGTH || !name.chars().all(allowed) {
			return Err(format!(
				"a token's name has 1 to {MAX_NAME_LENGTH} letters, digits, dots, underscores and hyphens"
			));
		}
		Ok(Self(name))
	}
}

impl FromStr for TokenName {
	type Err = String;

	fn from_str(name: &str) -> Result<Self, String> {
		Self::try_from(name.to_owned())
	}
}

impl From<TokenName> for String {
	fn from(name: TokenName) -> Self {
		name.0
	}
}

/// A token as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
	/// Its name, by which it is revoked.
	pub name: TokenName,
	/// blake2-256 of the token.
	pub hash: H256,
	/// Its rights.
	pub rights: Vec<Right>,
	/// When it expires: it is not valid at this time.
	pub expires: UnixMillis,
	/// Calls that it may make in a minute; none for the node's `--rpc-auth-requests-per-minute`.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub requests_per_minute: Option<NonZeroU32>,
}

/// Makes a new token. It is not stored, so it can't be shown again.
///
/// # Errors
/// When the system gives no random numbers.
pub fn generate() -> Result<String, getrandom::Error> {
	let mut secret = [0; 32];
	getrandom::fill(&mut secret)?;
	Ok(format!("{PREFIX}{}", HexDisplay::from(&secret)))
}

/// The hash by which a token is recognised: blake2-256. The time that the search for the hash takes reveals nothing
/// about a token of 32 random bytes.
pub fn hash(token: &str) -> H256 {
	H256(sp_crypto_hashing::blake2_256(token.as_bytes()))
}

/// Why the tokens could not be read or changed.
#[derive(Debug)]
pub enum Error {
	/// The file can't be read or written.
	Io(PathBuf, std::io::Error),
	/// The file is not one that this program wrote, or other users can write it.
	Damaged(PathBuf, String),
	/// There is a token of this name.
	Exists(TokenName),
	/// There is no token of this name.
	NotFound(TokenName),
}

impl fmt::Display for Error {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Io(path, error) => write!(formatter, "{}: {error}", path.display()),
			Self::Damaged(path, what) => write!(
				formatter,
				"{} is damaged: {what}. Restore a copy of it, or remove it and make new tokens",
				path.display()
			),
			Self::Exists(name) => write!(
				formatter,
				"the token {name} exists already: revoke it first, or choose another name"
			),
			Self::NotFound(name) => write!(
				formatter,
				"there is no token {name}: kexin-node token list lists the tokens"
			),
		}
	}
}

impl std::error::Error for Error {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
	version: u32,
	tokens: Vec<Token>,
}

/// Identifies a version of the file. Every change replaces the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
	file: u64,
	modified: (i64, i64),
	length: u64,
	mode: u32,
}

/// The file with the tokens of a chain.
#[derive(Clone, Debug)]
pub struct TokenFile(PathBuf);

impl fmt::Display for TokenFile {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0.display().fmt(formatter)
	}
}

impl TokenFile {
	/// The file of the chain that is kept in this directory.
	pub fn in_directory(directory: &Path) -> Self {
		Self(directory.join(FILE))
	}

	/// The current version of the file; none when there is no file.
	///
	/// # Errors
	/// [`Error::Io`].
	pub fn stamp(&self) -> Result<Option<Stamp>, Error> {
		match fs::metadata(&self.0) {
			Ok(data) => Ok(Some(Stamp {
				file: data.ino(),
				modified: (data.mtime(), data.mtime_nsec()),
				length: data.len(),
				mode: data.mode(),
			})),
			Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
			Err(error) => Err(Error::Io(self.0.clone(), error)),
		}
	}

	/// The tokens in the order in which they were added; none when there is no file.
	///
	/// # Errors
	/// [`Error::Io`], and [`Error::Damaged`] when it is not a file of tokens, or users other than its owner can write
	/// it.
	pub fn read(&self) -> Result<Vec<Token>, Error> {
		let damaged = |what: String| Error::Damaged(self.0.clone(), what);
		let text = match fs::read_to_string(&self.0) {
			Ok(text) => text,
			Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
			Err(error) if error.kind() == ErrorKind::InvalidData => return Err(damaged("it is not text".into())),
			Err(error) => return Err(Error::Io(self.0.clone(), error)),
		};
		if self.stamp()?.is_some_and(|stamp| stamp.mode & 0o022 != 0) {
			return Err(damaged(
				"users other than its owner can write it (run chmod 600 on it)".into(),
			));
		}
		let contents: Contents = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
		if contents.version != VERSION {
			let what = format!(
				"its version is {}, and this program knows only version {VERSION}",
				contents.version
			);
			return Err(damaged(what));
		}
		for (at, token) in contents.tokens.iter().enumerate() {
			let before = &contents.tokens[..at];
			if before
				.iter()
				.any(|other| other.name == token.name || other.hash == token.hash)
			{
				return Err(damaged(format!("it has the token {} twice", token.name)));
			}
		}
		Ok(contents.tokens)
	}

	/// Adds a token.
	///
	/// # Errors
	/// Those of [`Self::read`], and [`Error::Exists`].
	pub fn add(&self, token: Token) -> Result<(), Error> {
		self.change(|tokens| {
			if tokens.iter().any(|other| other.name == token.name) {
				return Err(Error::Exists(token.name));
			}
			tokens.push(token);
			Ok(())
		})
	}

	/// Removes a token.
	///
	/// # Errors
	/// Those of [`Self::read`], and [`Error::NotFound`].
	pub fn revoke(&self, name: &TokenName) -> Result<(), Error> {
		self.change(|tokens| {
			let before = tokens.len();
			tokens.retain(|token| token.name != *name);
			if tokens.len() == before {
				return Err(Error::NotFound(name.clone()));
			}
			Ok(())
		})
	}

	/// Changes the tokens atomically, one change at a time.
	fn change(&self, change: impl FnOnce(&mut Vec<Token>) -> Result<(), Error>) -> Result<(), Error> {
		let failed = |path: &Path, error| Error::Io(path.to_path_buf(), error);
		if let Some(directory) = self.0.parent() {
			fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
		}
		let lock = self.0.with_extension("lock");
		let locked = File::create(&lock).and_then(|file| file.lock().map(|()| file));
		let _locked = locked.map_err(|error| failed(&lock, error))?;
		let mut tokens = self.read()?;
		change(&mut tokens)?;
		let contents = Contents {
			version: VERSION,
			tokens,
		};
		let mut text = serde_json::to_vec_pretty(&contents).map_err(|error| failed(&self.0, error.into()))?;
		text.push(b'\n');
		let new = self.0.with_extension("new");
		let written = (|| {
			// An interrupted change may have left a file with another mode.
			match fs::remove_file(&new) {
				Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
				_ => {},
			}
			let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
			file.write_all(&text)?;
			file.sync_all()
		})();
		written.map_err(|error| failed(&new, error))?;
		fs::rename(&new, &self.0).map_err(|error| failed(&self.0, error))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::os::unix::fs::PermissionsExt as _;

	fn token(name: &str) -> Token {
		Token {
			name: name.parse().unwrap(),
			hash: hash(name),
			rights: vec![Right::Read],
			expires: 1,
			requests_per_minute: None,
		}
	}

	fn file() -> (tempfile::TempDir, TokenFile) {
		let directory = tempfile::tempdir().unwrap();
		let file = TokenFile::in_directory(directory.path());
		(directory, file)
	}

	#[test]
	fn a_token_is_in_the_file_until_it_is_revoked() {
		let (_directory, file) = file();
		assert_eq!(file.read().unwrap(), []);
		let limited = Token {
			rights: vec![Right::Read, Right::Submit],
			requests_per_minute: NonZeroU32::new(5),
			..token("b")
		};
		file.add(token("a")).unwrap();
		file.add(limited.clone()).unwrap();
		assert_eq!(file.read().unwrap(), [token("a"), limited.clone()]);
		assert!(matches!(file.add(token("a")), Err(Error::Exists(_))));
		file.revoke(&token("a").name).unwrap();
		assert_eq!(file.read().unwrap(), [limited]);
		assert!(matches!(file.revoke(&token("a").name), Err(Error::NotFound(_))));
	}

	#[test]
	fn only_the_owner_can_read_the_file_and_every_change_is_noticed() {
		let (_directory, file) = file();
		let mut stamps = vec![file.stamp().unwrap()];
		for name in ["a", "b"] {
			file.add(token(name)).unwrap();
			stamps.push(file.stamp().unwrap());
		}
		file.revoke(&token("b").name).unwrap();
		stamps.push(file.stamp().unwrap());
		assert!(stamps.windows(2).all(|pair| pair[0] != pair[1]));
		assert_eq!(fs::metadata(&file.0).unwrap().permissions().mode() & 0o777, 0o600);
	}

	#[test]
	fn concurrent_changes_are_all_made() {
		let (_directory, file) = file();
		std::thread::scope(|scope| {
			for number in 0..8 {
				let file = &file;
				scope.spawn(move || file.add(token(&format!("t{number}"))).unwrap());
			}
		});
		assert_eq!(file.read().unwrap().len(), 8);
	}

	#[test]
	fn a_damaged_file_is_neither_read_nor_overwritten() {
		let (_directory, file) = file();
		file.add(token("a")).unwrap();
		let good = fs::read_to_string(&file.0).unwrap();
		let twice = good.replace(
			"\"tokens\": [",
			&format!("\"tokens\": [{},", serde_json::to_string(&token("a")).unwrap()),
		);
		let unknown = good.replace("\"version\"", "\"more\": 1, \"version\"");
		for bad in [&good[..40], "", &good.replace(": 1,", ": 2,"), &unknown, &twice] {
			fs::write(&file.0, bad).unwrap();
			assert!(matches!(file.read(), Err(Error::Damaged(..))), "{bad}");
			assert!(matches!(file.add(token("b")), Err(Error::Damaged(..))), "{bad}");
			assert_eq!(fs::read_to_string(&file.0).unwrap(), bad);
		}
		fs::write(&file.0, &good).unwrap();
		assert!(file.read().is_ok());
		fs::set_permissions(&file.0, fs::Permissions::from_mode(0o620)).unwrap();
		assert!(matches!(file.read(), Err(Error::Damaged(..))));
	}

	#[test]
	fn tokens_are_long_and_differ() {
		let tokens = [generate().unwrap(), generate().unwrap()];
		assert_ne!(tokens[0], tokens[1]);
		assert!(tokens
			.iter()
			.all(|token| token.starts_with(PREFIX) && token.len() == PREFIX.len() + 64));
	}

	#[test]
	fn names_have_few_kinds_of_characters() {
		assert!("auditor-2.b_C".parse::<TokenName>().is_ok());
		for bad in ["", "a b", "ä", "a\"", &"a".repeat(MAX_NAME_LENGTH + 1)] {
			assert!(bad.parse::<TokenName>().is_err(), "{bad}");
		}
	}
}
