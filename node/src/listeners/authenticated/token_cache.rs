//! The tokens as the running node knows them. It checks the file whenever a token is presented, so that it needs no
//! restart when tokens are added or revoked.

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

/// The tokens of a file, in memory.
pub struct TokenCache {
	file: TokenFile,
	cached: Mutex<Cached>,
}

struct Cached {
	/// The version of the file that was read; none when even that could not be determined.
	stamp: Option<Option<Stamp>>,
	tokens: Result<HashMap<H256, Arc<Token>>, String>,
}

impl TokenCache {
	/// The tokens of this file, read again whenever it changes.
	pub fn new(file: TokenFile) -> Self {
		let cache = Self {
			file,
			cached: Mutex::new(Cached {
				stamp: None,
				tokens: Ok(HashMap::new()),
			}),
		};
		cache.is_readable();
		cache
	}

	/// Whether the tokens can be read.
	pub fn is_readable(&self) -> bool {
		self.with_tokens(|tokens| tokens.is_ok())
	}

	/// The token with this hash, if it is valid at `now`.
	///
	/// # Errors
	/// [`Refusal::UnknownToken`], [`Refusal::ExpiredToken`] or [`Refusal::Closed`].
	pub fn valid_token(&self, hash: &H256, now: UnixMillis) -> Result<Arc<Token>, Refusal> {
		let token = self.with_tokens(|tokens| match tokens {
			Ok(tokens) => tokens.get(hash).cloned().ok_or(Refusal::UnknownToken),
			Err(_) => Err(Refusal::Closed),
		})?;
		if token.expires <= now {
			return Err(Refusal::ExpiredToken);
		}
		Ok(token)
	}

	/// Gives the tokens to `read`, and first reads the file again if it has changed.
	fn with_tokens<T>(&self, read: impl FnOnce(&Result<HashMap<H256, Arc<Token>>, String>) -> T) -> T {
		let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
		let stamp = self.file.stamp();
		if cached.stamp.is_none() || cached.stamp.as_ref() != stamp.as_ref().ok() {
			let tokens = stamp.as_ref().map_err(ToString::to_string).and_then(|_| {
				let tokens = self.file.read().map_err(|error| error.to_string())?;
				Ok(tokens.into_iter().map(|token| (token.hash, Arc::new(token))).collect())
			});
			if let (Err(error), true) = (&tokens, cached.tokens != tokens) {
				log::error!(
					target: "rpc-auth",
					"{error}. Until that is done, the authenticated RPC listener refuses all requests"
				);
			}
			if let (Ok(tokens), true) = (&tokens, cached.tokens.is_err()) {
				log::info!(
					target: "rpc-auth",
					"the authenticated RPC listener is open again, with {} tokens", tokens.len()
				);
			}
			*cached = Cached {
				stamp: stamp.ok(),
				tokens,
			};
		}
		read(&cached.tokens)
	}
}

/// Checks that a token has a right.
///
/// # Errors
/// [`Refusal::MissingRight`].
pub fn require(token: &Token, right: Right) -> Result<(), Refusal> {
	if !token.rights.contains(&right) {
		return Err(Refusal::MissingRight(right));
	}
	Ok(())
}

/// The hash of the token in the headers of an HTTP request.
///
/// # Errors
/// [`Refusal::NoToken`] when the header `Authorization` has none. A token in the address is not accepted, because
/// addresses end up in logs.
pub fn bearer_token(headers: &http::HeaderMap) -> Result<H256, Refusal> {
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

/// The current time.
pub fn now() -> UnixMillis {
	// With a clock that shows a time before 1970, every token counts as expired.
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
	fn a_token_is_valid_until_it_is_revoked_or_expires() {
		let directory = tempfile::tempdir().unwrap();
		let file = TokenFile::in_directory(directory.path());
		let cache = TokenCache::new(file.clone());
		let hash = token::hash("a");
		assert_eq!(cache.valid_token(&hash, 9), Err(Refusal::UnknownToken));
		file.add(token("a", 10)).unwrap();
		assert_eq!(*cache.valid_token(&hash, 9).unwrap(), token("a", 10));
		assert_eq!(cache.valid_token(&hash, 10), Err(Refusal::ExpiredToken));
		assert_eq!(cache.valid_token(&token::hash("b"), 9), Err(Refusal::UnknownToken));
		file.revoke(&token("a", 10).name).unwrap();
		assert_eq!(cache.valid_token(&hash, 9), Err(Refusal::UnknownToken));
	}

	#[test]
	fn while_the_file_is_damaged_no_token_is_valid() {
		let directory = tempfile::tempdir().unwrap();
		let file = TokenFile::in_directory(directory.path());
		file.add(token("a", 10)).unwrap();
		let (cache, hash) = (TokenCache::new(file.clone()), token::hash("a"));
		assert!(cache.valid_token(&hash, 9).is_ok());
		let path = fs::read_dir(directory.path())
			.unwrap()
			.map(|entry| entry.unwrap().path())
			.find(|path| path.extension().is_some_and(|extension| extension == "json"))
			.unwrap();
		let good = fs::read(&path).unwrap();
		fs::write(&path, "{").unwrap();
		assert_eq!(cache.valid_token(&hash, 9), Err(Refusal::Closed));
		assert!(!cache.is_readable());
		fs::write(&path, &good).unwrap();
		assert!(cache.valid_token(&hash, 9).is_ok());
	}

	#[test]
	fn only_a_bearer_token_is_accepted() {
		let with = |value: &'static str| HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
		assert_eq!(bearer_token(&with("Bearer kexin_1")), Ok(token::hash("kexin_1")));
		assert_eq!(bearer_token(&with("bearer  kexin_1 ")), Ok(token::hash("kexin_1")));
		for bad in ["kexin_1", "Basic kexin_1", "", "Bearer"] {
			assert_eq!(bearer_token(&with(bad)), Err(Refusal::NoToken), "{bad}");
		}
		assert_eq!(bearer_token(&HeaderMap::new()), Err(Refusal::NoToken));
	}

	#[test]
	fn a_right_is_required() {
		assert_eq!(require(&token("a", 1), Right::Read), Ok(()));
		assert_eq!(
			require(&token("a", 1), Right::Submit),
			Err(Refusal::MissingRight(Right::Submit))
		);
	}
}
