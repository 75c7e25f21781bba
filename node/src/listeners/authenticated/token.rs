//! The tokens of the door, and the file that they are kept in: only their hashes, so that who reads the file has no token.

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

/// What the file is called, in the directory of the chain.
const FILE: &str = "door-tokens.json";
/// The format of the file.
const VERSION: u32 = 1;
/// What every token begins with, so that one that leaked is recognised.
const PREFIX: &str = "kexin_";
/// Characters of a token's name at the most.
const MAX_NAME: usize = 64;

/// The name of a token: letters, digits, `.`, `_` and `-`, 64 at the most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl fmt::Display for Name {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(&self.0)
	}
}

impl AsRef<str> for Name {
	fn as_ref(&self) -> &str {
		&self.0
	}
}

impl TryFrom<String> for Name {
	type Error = String;

	fn try_from(name: String) -> Result<Self, String> {
		let allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
		if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(allowed) {
			return Err(format!(
				"a token's name has 1 to {MAX_NAME} letters, digits, dots, underscores and hyphens"
			));
		}
		Ok(Self(name))
	}
}

impl FromStr for Name {
	type Err = String;

	fn from_str(name: &str) -> Result<Self, String> {
		Self::try_from(name.to_owned())
	}
}

impl From<Name> for String {
	fn from(name: Name) -> Self {
		name.0
	}
}

/// What is kept of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
	/// Whose it is.
	pub name: Name,
	/// blake2-256 of the token.
	pub hash: H256,
	/// What it allows.
	pub rights: Vec<Right>,
	/// The moment from which it does not hold any more.
	pub expires: UnixMillis,
	/// Calls that it may make in a minute; none for what the node allows any token.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub requests_per_minute: Option<NonZeroU32>,
}

/// A new token. It is nowhere to be found again.
pub fn generate() -> Result<String, getrandom::Error> {
	let mut secret = [0; 32];
	getrandom::fill(&mut secret)?;
	Ok(format!("{PREFIX}{}", HexDisplay::from(&secret)))
}

/// What a token is recognised by. Nothing about a token with 32 random bytes can be learned from how long the search for its hash takes.
pub fn hash(token: &str) -> H256 {
	H256(sp_crypto_hashing::blake2_256(token.as_bytes()))
}

/// Why the tokens could not be read or changed.
#[derive(Debug)]
pub enum Error {
	/// The file can't be read or written.
	Io(PathBuf, std::io::Error),
	/// The file is not as this program writes it.
	Damaged(PathBuf, String),
	/// There is a token of this name.
	Exists(Name),
	/// There is no token of this name.
	NotFound(Name),
}

impl fmt::Display for Error {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Io(path, error) => write!(formatter, "{}: {error}", path.display()),
			Self::Damaged(path, what) => write!(
				formatter,
				"{} is damaged: {what}. Put back a copy of it, or remove it and make new tokens",
				path.display()
			),
			Self::Exists(name) => write!(
				formatter,
				"there is a token {name} already: revoke it first, or take another name"
			),
			Self::NotFound(name) => write!(formatter, "there is no token {name}: see kexin-node token list"),
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

/// Tells whether the file was changed: it is replaced as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
	file: u64,
	modified: (i64, i64),
	length: u64,
	mode: u32,
}

/// The file with the tokens of a chain's door.
#[derive(Clone, Debug)]
pub struct TokenFile(PathBuf);

impl fmt::Display for TokenFile {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0.display().fmt(formatter)
	}
}

impl TokenFile {
	/// That of a chain that is kept in this directory.
	pub fn of(directory: &Path) -> Self {
		Self(directory.join(FILE))
	}

	/// What the file is now; none when there is none.
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
	/// [`Error::Io`], and [`Error::Damaged`] when it is not a file of tokens, or others than its owner can write it.
	pub fn read(&self) -> Result<Vec<Token>, Error> {
		let damaged = |what: String| Error::Damaged(self.0.clone(), what);
		let text = match fs::read_to_string(&self.0) {
			Ok(text) => text,
			Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
			Err(error) if error.kind() == ErrorKind::InvalidData => return Err(damaged("it is no text".into())),
			Err(error) => return Err(Error::Io(self.0.clone(), error)),
		};
		if self.stamp()?.is_some_and(|stamp| stamp.mode & 0o022 != 0) {
			return Err(damaged(
				"others than its owner can write it (chmod 600 ends that)".into(),
			));
		}
		let contents: Contents = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
		if contents.version != VERSION {
			let what = format!("its version is {}, and this program knows {VERSION}", contents.version);
			return Err(damaged(what));
		}
		for (at, token) in contents.tokens.iter().enumerate() {
			let before = &contents.tokens[..at];
			if before
				.iter()
				.any(|other| other.name == token.name || other.hash == token.hash)
			{
				return Err(damaged(format!("the token {} is in it twice", token.name)));
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
	pub fn revoke(&self, name: &Name) -> Result<(), Error> {
		self.change(|tokens| {
			let before = tokens.len();
			tokens.retain(|token| token.name != *name);
			if tokens.len() == before {
				return Err(Error::NotFound(name.clone()));
			}
			Ok(())
		})
	}

	/// Changes the tokens: wholly or not at all, and one after the other.
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
			// What an interrupted change left may have another mode.
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
		let file = TokenFile::of(directory.path());
		(directory, file)
	}

	#[test]
	fn what_is_added_is_read_until_it_is_revoked() {
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
	fn the_file_is_its_owners_and_every_change_is_seen() {
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
	fn changes_at_the_same_time_are_all_made() {
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
	fn a_damaged_file_is_neither_read_nor_written_over() {
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
	fn tokens_are_long_and_never_the_same() {
		let tokens = [generate().unwrap(), generate().unwrap()];
		assert_ne!(tokens[0], tokens[1]);
		assert!(tokens
			.iter()
			.all(|token| token.starts_with(PREFIX) && token.len() == PREFIX.len() + 64));
	}

	#[test]
	fn names_are_plain() {
		assert!("auditor-2.b_C".parse::<Name>().is_ok());
		for bad in ["", "a b", "ä", "a\"", &"a".repeat(MAX_NAME + 1)] {
			assert!(bad.parse::<Name>().is_err(), "{bad}");
		}
	}
}
