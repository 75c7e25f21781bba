//! Authenticates each connection by its token, and authorizes each of its calls.

use super::{
	methods,
	metrics::Metrics,
	params::Limits,
	rate_limiter::RateLimiter,
	refusal::Refusal,
	token::Token,
	token_cache::{self, now, TokenCache},
	unread::UnreadBytes,
};
use futures::{future::BoxFuture, FutureExt as _};
use jsonrpsee::{
	server::middleware::rpc::RpcServiceT,
	types::{ErrorCode, ErrorObject, Request},
	MethodResponse,
};
use kexin_primitives::H256;
use std::{
	collections::HashMap,
	num::NonZeroU32,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc, Mutex, PoisonError,
	},
	time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The calls of one token that are executed at a time. Others wait.
const CONCURRENT_CALLS: usize = 8;
/// The calls of one token that are executed or wait: programs send many at once.
const PENDING_CALLS: usize = 128;
/// The bytes of unread answers from which on a connection gets no more of them.
const MAX_UNREAD: usize = 32 * 1024 * 1024;
/// How often the token of an open connection is checked again.
const RECHECK_PERIOD: Duration = Duration::from_secs(1);

/// Authenticates by token and authorizes by right, within the limits.
pub struct TokenAuth {
	tokens: Arc<TokenCache>,
	limits: Limits,
	metrics: Metrics,
	connections: Arc<Semaphore>,
	/// The use that is made of each token, by the token's hash.
	usage: Mutex<HashMap<H256, Arc<TokenUsage>>>,
	started: Instant,
}

/// The use that is made of one token.
struct TokenUsage {
	rate: Mutex<RateLimiter>,
	connections: Arc<Semaphore>,
	pending_calls: Arc<Semaphore>,
	concurrent_calls: Arc<Semaphore>,
}

/// An authenticated connection, or an authenticated request over HTTP. It counts as open until it is dropped.
pub struct Connection {
	token: H256,
	usage: Arc<TokenUsage>,
	/// Whether the first call was already counted, when the connection was authenticated.
	first_call_counted: AtomicBool,
	metrics: Metrics,
	_permits: [OwnedSemaphorePermit; 2],
}

impl Drop for Connection {
	fn drop(&mut self) {
		self.metrics.disconnected();
	}
}

impl TokenAuth {
	/// Authenticates with these tokens, within these limits.
	pub fn new(tokens: Arc<TokenCache>, limits: Limits, metrics: Metrics) -> Self {
		Self {
			tokens,
			connections: Arc::new(Semaphore::new(limits.connections as usize)),
			limits,
			metrics,
			usage: Mutex::default(),
			started: Instant::now(),
		}
	}

	/// Authenticates a connection by the headers of its request. This already counts its first call, so that a request
	/// that is not a call also counts as one.
	///
	/// # Errors
	/// Why the connection is refused.
	pub fn authenticate(&self, headers: &http::HeaderMap) -> Result<Arc<Connection>, Refusal> {
		self.try_authenticate(headers)
			.inspect_err(|refusal| self.metrics.refused(refusal))
	}

	fn try_authenticate(&self, headers: &http::HeaderMap) -> Result<Arc<Connection>, Refusal> {
		let hash = token_cache::bearer_token(headers)?;
		let token = self.tokens.valid_token(&hash, now())?;
		let usage = self.usage(hash);
		self.count_call(&usage, &token)?;
		let permit = |of: &Arc<Semaphore>, refusal| of.clone().try_acquire_owned().map_err(|_| refusal);
		let permits = [
			permit(&usage.connections, Refusal::TokenConnections)?,
			permit(&self.connections, Refusal::Connections)?,
		];
		self.metrics.connected();
		Ok(Arc::new(Connection {
			token: hash,
			usage,
			first_call_counted: AtomicBool::new(true),
			metrics: self.metrics.clone(),
			_permits: permits,
		}))
	}

	/// Authorizes a call, and waits until it may be executed. Keep the permits while it is executed.
	///
	/// # Errors
	/// Why the call is refused.
	async fn authorize(
		&self,
		connection: &Connection,
		unread: &UnreadBytes,
		method: &str,
	) -> Result<[OwnedSemaphorePermit; 2], Refusal> {
		let checked = self.check(connection, method).and_then(|()| {
			if unread.count() > MAX_UNREAD {
				return Err(Refusal::Unread);
			}
			let pending = connection.usage.pending_calls.clone().try_acquire_owned();
			pending.map_err(|_| Refusal::Busy)
		});
		let pending = checked.inspect_err(|refusal| self.metrics.refused(refusal))?;
		let concurrent = connection.usage.concurrent_calls.clone().acquire_owned().await;
		Ok([pending, concurrent.map_err(|_| Refusal::Busy)?])
	}

	fn check(&self, connection: &Connection, method: &str) -> Result<(), Refusal> {
		let token = self.tokens.valid_token(&connection.token, now())?;
		self.metrics.called(&token.name);
		if !connection.first_call_counted.swap(false, Ordering::Relaxed) {
			self.count_call(&connection.usage, &token)?;
		}
		methods::right(method).map_or(Ok(()), |right| token_cache::require(&token, right))
	}

	/// Returns when the token of a connection is not valid any more.
	pub async fn until_invalid(&self, connection: &Connection) {
		while self.tokens.valid_token(&connection.token, now()).is_ok() {
			tokio::time::sleep(RECHECK_PERIOD).await;
		}
	}

	fn count_call(&self, usage: &TokenUsage, token: &Token) -> Result<(), Refusal> {
		let per_minute: NonZeroU32 = token.requests_per_minute.unwrap_or(self.limits.requests_per_minute);
		let mut rate = usage.rate.lock().unwrap_or_else(PoisonError::into_inner);
		rate.take(self.started.elapsed(), per_minute)
			.map_err(Refusal::RateLimit)
	}

	fn usage(&self, hash: H256) -> Arc<TokenUsage> {
		let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
		let usage = usage.entry(hash).or_insert_with(|| {
			Arc::new(TokenUsage {
				rate: Mutex::default(),
				connections: Arc::new(Semaphore::new(self.limits.token_connections as usize)),
				pending_calls: Arc::new(Semaphore::new(PENDING_CALLS)),
				concurrent_calls: Arc::new(Semaphore::new(CONCURRENT_CALLS)),
			})
		});
		usage.clone()
	}
}

/// A JSON-RPC service that authorizes each call before it executes it.
#[derive(Clone)]
pub struct AuthorizedService<S> {
	auth: Arc<TokenAuth>,
	service: S,
}

impl<S> AuthorizedService<S> {
	/// Passes the calls that `auth` authorizes on to `service`.
	pub fn new(auth: Arc<TokenAuth>, service: S) -> Self {
		Self { auth, service }
	}
}

impl<'a, S: RpcServiceT<'a> + Clone + Send + Sync + 'static> RpcServiceT<'a> for AuthorizedService<S> {
	type Future = BoxFuture<'a, MethodResponse>;

	fn call(&self, request: Request<'a>) -> Self::Future {
		let Self { auth, service } = self.clone();
		async move {
			let extensions = request.extensions();
			let (Some(connection), Some(unread)) = (
				extensions.get::<Arc<Connection>>().cloned(),
				extensions.get::<UnreadBytes>().cloned(),
			) else {
				return MethodResponse::error(request.id, ErrorObject::from(ErrorCode::InternalError));
			};
			match auth.authorize(&connection, &unread, &request.method).await {
				Ok(_permits) => {
					let answer = service.call(request).await;
					unread.add(answer.as_result().len());
					answer
				},
				Err(refusal) => MethodResponse::error(request.id, ErrorObject::from(refusal)),
			}
		}
		.boxed()
	}
}

#[cfg(test)]
mod tests {
	use super::{
		super::token::{self, Right, TokenFile},
		*,
	};
	use http::{header::AUTHORIZATION, HeaderMap, HeaderValue};

	/// Three connections are allowed, two for one token, and each token has `per_minute` calls a minute. The token `a`
	/// may read; `b` may also submit.
	fn auth(per_minute: u32) -> (tempfile::TempDir, TokenFile, TokenAuth) {
		let directory = tempfile::tempdir().unwrap();
		let file = TokenFile::in_directory(directory.path());
		for (name, rights) in [("a", vec![Right::Read]), ("b", vec![Right::Read, Right::Submit])] {
			let token = Token {
				name: name.parse().unwrap(),
				hash: token::hash(name),
				rights,
				expires: u64::MAX,
				requests_per_minute: None,
			};
			file.add(token).unwrap();
		}
		let limits = Limits {
			connections: 3,
			token_connections: 2,
			requests_per_minute: NonZeroU32::new(per_minute).unwrap(),
			..Limits::default()
		};
		let auth = TokenAuth::new(Arc::new(TokenCache::new(file.clone())), limits, Metrics::default());
		(directory, file, auth)
	}

	fn with(token: &str) -> HeaderMap {
		HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {token}")).unwrap())])
	}

	#[test]
	fn connections_are_limited_by_token_and_in_all() {
		let (_directory, _file, auth) = auth(100);
		let first = auth.authenticate(&with("a")).unwrap();
		let _second = auth.authenticate(&with("a")).unwrap();
		assert_eq!(auth.authenticate(&with("a")).err(), Some(Refusal::TokenConnections));
		let _third = auth.authenticate(&with("b")).unwrap();
		assert_eq!(auth.authenticate(&with("b")).err(), Some(Refusal::Connections));
		drop(first);
		assert!(auth.authenticate(&with("b")).is_ok());
		assert_eq!(auth.authenticate(&with("c")).err(), Some(Refusal::UnknownToken));
	}

	#[test]
	fn the_first_call_is_counted_once_and_so_is_each_other_one() {
		let (_directory, _file, auth) = auth(3);
		let connection = auth.authenticate(&with("a")).unwrap();
		for _ in 0..3 {
			assert_eq!(auth.check(&connection, "chain_getBlock"), Ok(()));
		}
		assert!(matches!(
			auth.check(&connection, "chain_getBlock"),
			Err(Refusal::RateLimit(_))
		));
		assert!(matches!(
			auth.authenticate(&with("a")).err(),
			Some(Refusal::RateLimit(_))
		));
		// Other tokens have their own limit.
		assert!(auth.authenticate(&with("b")).is_ok());
	}

	#[test]
	fn a_client_that_does_not_read_or_calls_too_much_at_once_is_refused() {
		let (_directory, _file, auth) = auth(1_000);
		let (connection, unread) = (auth.authenticate(&with("a")).unwrap(), UnreadBytes::default());
		let authorize = || auth.authorize(&connection, &unread, "chain_getBlock").now_or_never();
		let executed: Vec<_> = (0..CONCURRENT_CALLS).map(|_| authorize().unwrap().unwrap()).collect();
		let mut waiting: Vec<_> = (CONCURRENT_CALLS..PENDING_CALLS)
			.map(|_| auth.authorize(&connection, &unread, "chain_getBlock").boxed())
			.collect();
		assert!(waiting.iter_mut().all(|call| call.now_or_never().is_none()));
		assert_eq!(authorize().unwrap().err(), Some(Refusal::Busy));
		drop(executed);
		assert!(waiting.remove(0).now_or_never().unwrap().is_ok());
		unread.add(MAX_UNREAD + 1);
		assert_eq!(authorize().unwrap().err(), Some(Refusal::Unread));
	}

	#[test]
	fn each_call_needs_its_right_and_a_valid_token() {
		let (_directory, file, auth) = auth(100);
		let authenticate = |token| auth.authenticate(&with(token)).unwrap();
		let (reader, sender) = (authenticate("a"), authenticate("b"));
		let submit = "author_submitExtrinsic";
		assert_eq!(auth.check(&reader, submit), Err(Refusal::MissingRight(Right::Submit)));
		assert_eq!(auth.check(&sender, submit), Ok(()));
		file.revoke(&"b".parse().unwrap()).unwrap();
		assert_eq!(auth.check(&sender, "chain_getBlock"), Err(Refusal::UnknownToken));
		assert_eq!(auth.check(&reader, "chain_getBlock"), Ok(()));
	}
}
