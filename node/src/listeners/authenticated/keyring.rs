//! The tokens as the running door knows them: it looks whenever one is presented, so that no restart is needed.

use super::{
	refusal::Refusal,
	token::{self, Right, Stamp, Token, TokenFile},
};
use kexin_primitives::{UnixMillis, H256};
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, PoisonError},
	time::{SystemTime, UNIX_EPOCH},
};

/// The tokens of a file.
pub struct Keyring {
	file: TokenFile,
	known: Mutex<Known>,
}

struct Known {
	/// What the file was when it was read; none when it could not even be looked at.
	stamp: Option<Option<Stamp>>,
	tokens: Result<HashMap<H256, Arc<Token>>, String>,
}

impl Keyring {
	/// Those of this file, as they come and go.
	pub fn new(file: TokenFile) -> Self {
		let keyring = Self {
			file,
			known: Mutex::new(Known {
				stamp: None,
				tokens: Ok(HashMap::new()),
			}),
		};
		keyring.is_open();
		keyring
	}

	/// Whether the tokens can be read.
	pub fn is_open(&self) -> bool {
		self.look(|tokens| tokens.is_ok())
	}

	/// The token with this hash, if it holds at this moment.
	///
	/// # Errors
	/// [`Refusal::Unknown`], [`Refusal::Expired`] or [`Refusal::Closed`].
	pub fn token(&self, hash: &H256, now: UnixMillis) -> Result<Arc<Token>, Refusal> {
		let token = self.look(|tokens| match tokens {
			Ok(tokens) => tokens.get(hash).cloned().ok_or(Refusal::Unknown),
			Err(_) => Err(Refusal::Closed),
		})?;
		if token.expires <= now {
			return Err(Refusal::Expired);
		}
		Ok(token)
	}

	/// Looks at the tokens, and at the file first if it is not what was read.
	fn look<T>(&self, look: impl FnOnce(&Result<HashMap<H256, Arc<Token>>, String>) -> T) -> T {
		let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
		let stamp = self.file.stamp();
		if known.stamp.is_none() || known.stamp.as_ref() != stamp.as_ref().ok() {
			let tokens = stamp.as_ref().map_err(ToString::to_string).and_then(|_| {
				let tokens = self.file.read().map_err(|error| error.to_string())?;
				Ok(tokens.into_iter().map(|token| (token.hash, Arc::new(token))).collect())
			});
			if let (Err(error), true) = (&tokens, known.tokens != tokens) {
				log::error!(target: "door", "{error}. Until then the door lets nobody in");
			}
			if let (Ok(tokens), true) = (&tokens, known.tokens.is_err()) {
				log::info!(target: "door", "the door is open again, with {} tokens", tokens.len());
			}
			*known = Known {
				stamp: stamp.ok(),
				tokens,
			};
		}
		look(&known.tokens)
	}
}

/// Whether a token gives a right.
///
/// # Errors
/// [`Refusal::Right`].
pub fn gives(token: &Token, right: Right) -> Result<(), Refusal> {
	if !token.rights.contains(&right) {
		return Err(Refusal::Right(right));
	}
	Ok(())
}

/// The token of an HTTP request.
///
/// # Errors
/// [`Refusal::NoToken`] when there is none in the header `Authorization`. One in the address would end up in logs, so none is looked for
/// there.
pub fn presented(headers: &http::HeaderMap) -> Result<H256, Refusal> {
	let value = headers.get(http::header::AUTHORIZATION).ok_or(Refusal::NoToken)?;
	let (scheme, token) = value
		.to_str()
		.ok()
		.and_then(|value| value.split_once(' '))
		.ok_or(Refusal::NoToken)?;
	if !scheme.eq_ignore_ascii_case("bearer") {
		return Err(Refusal::NoToken);
	}
	Ok(token::hash(token.trim()))
}

/// This moment, in milliseconds since 1970.
pub fn now() -> UnixMillis {
	// A clock that stands before 1970 lets nobody in who should not be.
	SystemTime::now()
		.duration_since(UNIX_EPOCH)
		.map_or(UnixMillis::MAX, |since| {
			since.as_millis().try_into().unwrap_or(UnixMillis::MAX)
		})
}

#[cfg(test)]
mod tests {
	use super::*;
	use http::{header::AUTHORIZATION, HeaderMap, HeaderValue};
	use std::fs;

	fn token(name: &str, expires: UnixMillis) -> Token {
		Token {
			name: name.parse().unwrap(),
			hash: token::hash(name),
			rights: vec![Right::Read],
			expires,
			requests_per_minute: None,
		}
	}

	#[test]
	fn tokens_hold_from_when_they_are_added_until_they_are_revoked_or_expire() {
		let directory = tempfile::tempdir().unwrap();
		let file = TokenFile::of(directory.path());
		let keyring = Keyring::new(file.clone());
		let hash = token::hash("a");
		assert_eq!(keyring.token(&hash, 9), Err(Refusal::Unknown));
		file.add(token("a", 10)).unwrap();
		assert_eq!(*keyring.token(&hash, 9).unwrap(), token("a", 10));
		assert_eq!(keyring.token(&hash, 10), Err(Refusal::Expired));
		assert_eq!(keyring.token(&token::hash("b"), 9), Err(Refusal::Unknown));
		file.revoke(&token("a", 10).name).unwrap();
		assert_eq!(keyring.token(&hash, 9), Err(Refusal::Unknown));
	}

	#[test]
	fn a_damaged_file_lets_nobody_in_until_it_is_repaired() {
		let directory = tempfile::tempdir().unwrap();
		let file = TokenFile::of(directory.path());
		file.add(token("a", 10)).unwrap();
		let (keyring, hash) = (Keyring::new(file.clone()), token::hash("a"));
		assert!(keyring.token(&hash, 9).is_ok());
		let path = fs::read_dir(directory.path())
			.unwrap()
			.map(|entry| entry.unwrap().path())
			.find(|path| path.extension().is_some_and(|extension| extension == "json"))
			.unwrap();
		let good = fs::read(&path).unwrap();
		fs::write(&path, "{").unwrap();
		assert_eq!(keyring.token(&hash, 9), Err(Refusal::Closed));
		assert!(!keyring.is_open());
		fs::write(&path, &good).unwrap();
		assert!(keyring.token(&hash, 9).is_ok());
	}

	#[test]
	fn tokens_are_presented_in_one_way() {
		let with = |value: &'static str| HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
		assert_eq!(presented(&with("Bearer kexin_1")), Ok(token::hash("kexin_1")));
		assert_eq!(presented(&with("bearer  kexin_1 ")), Ok(token::hash("kexin_1")));
		for bad in ["kexin_1", "Basic kexin_1", "", "Bearer"] {
			assert_eq!(presented(&with(bad)), Err(Refusal::NoToken), "{bad}");
		}
		assert_eq!(presented(&HeaderMap::new()), Err(Refusal::NoToken));
	}

	#[test]
	fn a_right_is_given_or_not() {
		assert_eq!(gives(&token("a", 1), Right::Read), Ok(()));
		assert_eq!(gives(&token("a", 1), Right::Submit), Err(Refusal::Right(Right::Submit)));
	}
}
