//! Limits on what the methods take of the node at once.

use super::error::RpcError;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// How many answers that read much of the chain's database or of the graph are made at once.
const WORKERS: usize = 2;
/// How long an answer may take, with the wait for a worker.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The threads that make long answers: few, so that the node's own work always finds a free one.
#[derive(Clone)]
pub struct Workers(Arc<Semaphore>);

impl Default for Workers {
	fn default() -> Self {
		Self(Arc::new(Semaphore::new(WORKERS)))
	}
}

impl Workers {
	/// Runs work that would block a thread of the server on a thread of its own, as soon as a worker is free.
	///
	/// # Errors
	/// Those of the work, and [`RpcError::Runtime`] when it panicked or was cancelled.
	pub async fn run<T: Send + 'static>(
		&self,
		work: impl FnOnce() -> Result<T, RpcError> + Send + 'static,
	) -> Result<T, RpcError> {
		let broken = |error: String| RpcError::Runtime(error);
		let permit = self.0.clone().acquire_owned().await;
		let permit = permit.map_err(|error| broken(error.to_string()))?;
		let done = tokio::task::spawn_blocking(move || {
			// The work goes on when nobody waits for it any more, so it holds its permit to the end.
			let _permit = permit;
			work()
		});
		done.await.map_err(|error| broken(error.to_string()))?
	}
}

/// An answer, if it is ready in time.
///
/// # Errors
/// Those of the answer, and [`RpcError::IndexUnavailable`] when it took more than ten seconds.
pub async fn in_time<T>(answer: impl Future<Output = Result<T, RpcError>>) -> Result<T, RpcError> {
	within(TIME_LIMIT, answer).await
}

async fn within<T>(limit: Duration, answer: impl Future<Output = Result<T, RpcError>>) -> Result<T, RpcError> {
	let answer = tokio::time::timeout(limit, answer).await;
	answer.unwrap_or_else(|_| {
		Err(RpcError::IndexUnavailable(format!(
			"the answer took more than {limit:?}: ask again, or for less"
		)))
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::sync::atomic::{AtomicUsize, Ordering};
	use tokio::runtime::Runtime;

	#[test]
	fn few_work_at_a_time_and_each_gets_its_turn() {
		let workers = Workers::default();
		let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
		let work = (0..20).map(|number| {
			let (now, most) = (now.clone(), most.clone());
			workers.run(move || {
				most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
				std::thread::sleep(Duration::from_millis(2));
				now.fetch_sub(1, Ordering::SeqCst);
				Ok(number)
			})
		});
		let done = Runtime::new().unwrap().block_on(futures::future::try_join_all(work));
		assert_eq!(done, Ok((0..20).collect()));
		assert!(most.load(Ordering::SeqCst) <= WORKERS);
	}

	#[test]
	fn an_answer_that_never_comes_is_an_error() {
		let never = within(Duration::from_millis(1), std::future::pending::<Result<(), _>>());
		let never = Runtime::new().unwrap().block_on(never);
		assert!(matches!(never, Err(RpcError::IndexUnavailable(_))));
	}
}
