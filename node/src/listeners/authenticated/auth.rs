//! Who may come in, and go on.

use super::{
	keyring::{self, now, Keyring},
	methods,
	metrics::Metrics,
	rate_limiter::Pace,
	refusal::Refusal,
	token::Token,
	unread::Owed,
	Limits,
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

/// Calls of one token that are worked on at a time; others wait.
const CALLS_AT_A_TIME: usize = 8;
/// Calls of one token that are worked on or wait: programs ask for much at once.
const CALLS: usize = 128;
/// Bytes of answers that a connection may leave unread before it gets no more.
const MAX_OWED: usize = 32 * 1024 * 1024;
/// How often it is looked whether the token of an open connection still holds.
const LOOK: Duration = Duration::from_secs(1);

/// Lets in who has a token, as far as the limits go.
pub struct Gate {
	keyring: Arc<Keyring>,
	limits: Limits,
	metrics: Metrics,
	connections: Arc<Semaphore>,
	/// What those with a token do, by the token's hash.
	holders: Mutex<HashMap<H256, Arc<Holder>>>,
	opened: Instant,
}

/// What those with one token do.
struct Holder {
	pace: Mutex<Pace>,
	connections: Arc<Semaphore>,
	calls: Arc<Semaphore>,
	turns: Arc<Semaphore>,
}

/// A connection, or a request over HTTP, that was let in; while it is kept, it counts.
pub struct Admission {
	hash: H256,
	holder: Arc<Holder>,
	/// Whether the first call was paid for at the gate.
	paid: AtomicBool,
	metrics: Metrics,
	_places: [OwnedSemaphorePermit; 2],
}

impl Drop for Admission {
	fn drop(&mut self) {
		self.metrics.left();
	}
}

impl Gate {
	/// A gate with these tokens and limits.
	pub fn new(keyring: Arc<Keyring>, limits: Limits, metrics: Metrics) -> Self {
		Self {
			keyring,
			connections: Arc::new(Semaphore::new(limits.connections as usize)),
			limits,
			metrics,
			holders: Mutex::default(),
			opened: Instant::now(),
		}
	}

	/// Lets in a request with these headers. It pays for its first call here, so that also what is no call costs one.
	///
	/// # Errors
	/// Why not.
	pub fn enter(&self, headers: &http::HeaderMap) -> Result<Arc<Admission>, Refusal> {
		self.try_enter(headers)
			.inspect_err(|refusal| self.metrics.refused(refusal))
	}

	fn try_enter(&self, headers: &http::HeaderMap) -> Result<Arc<Admission>, Refusal> {
		let hash = keyring::presented(headers)?;
		let token = self.keyring.token(&hash, now())?;
		let holder = self.holder(hash);
		self.spend(&holder, &token)?;
		let place = |of: &Arc<Semaphore>, refusal| of.clone().try_acquire_owned().map_err(|_| refusal);
		let places = [
			place(&holder.connections, Refusal::TokenConnections)?,
			place(&self.connections, Refusal::Connections)?,
		];
		self.metrics.entered();
		Ok(Arc::new(Admission {
			hash,
			holder,
			paid: AtomicBool::new(true),
			metrics: self.metrics.clone(),
			_places: places,
		}))
	}

	/// Lets a call through when it is its turn. What is returned is kept while it is worked on.
	async fn pass(
		&self,
		admission: &Admission,
		owed: &Owed,
		method: &str,
	) -> Result<[OwnedSemaphorePermit; 2], Refusal> {
		let passed = self.check(admission, method).and_then(|()| {
			if owed.bytes() > MAX_OWED {
				return Err(Refusal::Unread);
			}
			let call = admission.holder.calls.clone().try_acquire_owned();
			call.map_err(|_| Refusal::Busy)
		});
		let call = passed.inspect_err(|refusal| self.metrics.refused(refusal))?;
		let turn = admission.holder.turns.clone().acquire_owned().await;
		Ok([call, turn.map_err(|_| Refusal::Busy)?])
	}

	fn check(&self, admission: &Admission, method: &str) -> Result<(), Refusal> {
		let token = self.keyring.token(&admission.hash, now())?;
		self.metrics.called(&token.name);
		if !admission.paid.swap(false, Ordering::Relaxed) {
			self.spend(&admission.holder, &token)?;
		}
		methods::right(method).map_or(Ok(()), |right| keyring::gives(&token, right))
	}

	/// Returns when the token of a connection does not hold any more.
	pub async fn over(&self, admission: &Admission) {
		while self.keyring.token(&admission.hash, now()).is_ok() {
			tokio::time::sleep(LOOK).await;
		}
	}

	fn spend(&self, holder: &Holder, token: &Token) -> Result<(), Refusal> {
		let per_minute: NonZeroU32 = token.requests_per_minute.unwrap_or(self.limits.requests_per_minute);
		let mut pace = holder.pace.lock().unwrap_or_else(PoisonError::into_inner);
		pace.spend(self.opened.elapsed(), per_minute).map_err(Refusal::Pace)
	}

	fn holder(&self, hash: H256) -> Arc<Holder> {
		let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
		let holder = holders.entry(hash).or_insert_with(|| {
			Arc::new(Holder {
				pace: Mutex::default(),
				connections: Arc::new(Semaphore::new(self.limits.token_connections as usize)),
				calls: Arc::new(Semaphore::new(CALLS)),
				turns: Arc::new(Semaphore::new(CALLS_AT_A_TIME)),
			})
		});
		holder.clone()
	}
}

/// Asks the gate before each call.
#[derive(Clone)]
pub struct Guarded<S> {
	gate: Arc<Gate>,
	service: S,
}

impl<S> Guarded<S> {
	/// Lets this gate's calls through to a service.
	pub fn new(gate: Arc<Gate>, service: S) -> Self {
		Self { gate, service }
	}
}

impl<'a, S: RpcServiceT<'a> + Clone + Send + Sync + 'static> RpcServiceT<'a> for Guarded<S> {
	type Future = BoxFuture<'a, MethodResponse>;

	fn call(&self, request: Request<'a>) -> Self::Future {
		let Self { gate, service } = self.clone();
		async move {
			let extensions = request.extensions();
			let (Some(admission), Some(owed)) = (
				extensions.get::<Arc<Admission>>().cloned(),
				extensions.get::<Owed>().cloned(),
			) else {
				return MethodResponse::error(request.id, ErrorObject::from(ErrorCode::InternalError));
			};
			match gate.pass(&admission, &owed, &request.method).await {
				Ok(_turn) => {
					let answer = service.call(request).await;
					owed.more(answer.as_result().len());
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

	/// A gate with three places, two of them for one token, and a reader `a` and a sender `b` with so many calls a minute.
	fn gate(per_minute: u32) -> (tempfile::TempDir, TokenFile, Gate) {
		let directory = tempfile::tempdir().unwrap();
		let file = TokenFile::of(directory.path());
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
		let gate = Gate::new(Arc::new(Keyring::new(file.clone())), limits, Metrics::default());
		(directory, file, gate)
	}

	fn with(token: &str) -> HeaderMap {
		HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {token}")).unwrap())])
	}

	#[test]
	fn places_are_counted_by_token_and_in_all() {
		let (_directory, _file, gate) = gate(100);
		let first = gate.enter(&with("a")).unwrap();
		let _second = gate.enter(&with("a")).unwrap();
		assert_eq!(gate.enter(&with("a")).err(), Some(Refusal::TokenConnections));
		let _third = gate.enter(&with("b")).unwrap();
		assert_eq!(gate.enter(&with("b")).err(), Some(Refusal::Connections));
		drop(first);
		assert!(gate.enter(&with("b")).is_ok());
		assert_eq!(gate.enter(&with("c")).err(), Some(Refusal::Unknown));
	}

	#[test]
	fn a_request_pays_once_for_its_first_call_and_again_for_each_other() {
		let (_directory, _file, gate) = gate(3);
		let admission = gate.enter(&with("a")).unwrap();
		for _ in 0..3 {
			assert_eq!(gate.check(&admission, "chain_getBlock"), Ok(()));
		}
		assert!(matches!(
			gate.check(&admission, "chain_getBlock"),
			Err(Refusal::Pace(_))
		));
		assert!(matches!(gate.enter(&with("a")).err(), Some(Refusal::Pace(_))));
		// Others go on.
		assert!(gate.enter(&with("b")).is_ok());
	}

	#[test]
	fn who_does_not_read_or_asks_too_much_at_once_is_refused() {
		let (_directory, _file, gate) = gate(1_000);
		let (admission, owed) = (gate.enter(&with("a")).unwrap(), Owed::default());
		let pass = || gate.pass(&admission, &owed, "chain_getBlock").now_or_never();
		let turns: Vec<_> = (0..CALLS_AT_A_TIME).map(|_| pass().unwrap().unwrap()).collect();
		let mut waiting: Vec<_> = (CALLS_AT_A_TIME..CALLS)
			.map(|_| gate.pass(&admission, &owed, "chain_getBlock").boxed())
			.collect();
		assert!(waiting.iter_mut().all(|call| call.now_or_never().is_none()));
		assert_eq!(pass().unwrap().err(), Some(Refusal::Busy));
		drop(turns);
		assert!(waiting.remove(0).now_or_never().unwrap().is_ok());
		owed.more(MAX_OWED + 1);
		assert_eq!(pass().unwrap().err(), Some(Refusal::Unread));
	}

	#[test]
	fn each_call_takes_its_right_and_a_token_that_holds() {
		let (_directory, file, gate) = gate(100);
		let (reader, sender) = (gate.enter(&with("a")).unwrap(), gate.enter(&with("b")).unwrap());
		let submit = "author_submitExtrinsic";
		assert_eq!(gate.check(&reader, submit), Err(Refusal::Right(Right::Submit)));
		assert_eq!(gate.check(&sender, submit), Ok(()));
		file.revoke(&"b".parse().unwrap()).unwrap();
		assert_eq!(gate.check(&sender, "chain_getBlock"), Err(Refusal::Unknown));
		assert_eq!(gate.check(&reader, "chain_getBlock"), Ok(()));
	}
}
