//! How much the methods may take of the node at a time.

use super::error::Error;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Answers that are made from much of the chain's database or of the graph, at a time.
const WORKERS: usize = 2;
/// How long an answer may take, with the wait for a worker.
const PATIENCE: Duration = Duration::from_secs(10);

/// The threads that make long answers: few, so that the node's own work never finds none.
#[derive(Clone)]
pub struct Workers(Arc<Semaphore>);

impl Default for Workers {
	fn default() -> Self {
		Self(Arc::new(Semaphore::new(WORKERS)))
	}
}

impl Workers {
	/// Does what would hold up a thread of the server in another one, when one is free.
	///
	/// # Errors
	/// Those of the work, and [`Error::Runtime`] when it broke off.
	pub async fn run<T: Send + 'static>(
		&self,
		work: impl FnOnce() -> Result<T, Error> + Send + 'static,
	) -> Result<T, Error> {
		let broken = |error: String| Error::Runtime(error);
		let free = self.0.clone().acquire_owned().await;
		let free = free.map_err(|error| broken(error.to_string()))?;
		let done = tokio::task::spawn_blocking(move || {
			// It goes on when nobody waits for it any more, and so does what it takes of the node.
			let _free = free;
			work()
		});
		done.await.map_err(|error| broken(error.to_string()))?
	}
}

/// An answer, if it is there in time.
///
/// # Errors
/// Those of the answer, and [`Error::IndexAway`] when it took more than ten seconds.
pub async fn in_time<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
	within(PATIENCE, answer).await
}

async fn within<T>(patience: Duration, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
	let answer = tokio::time::timeout(patience, answer).await;
	answer.unwrap_or_else(|_| {
		Err(Error::IndexAway(format!(
			"the answer took more than {patience:?}: ask again, or for less"
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
		assert!(matches!(never, Err(Error::IndexAway(_))));
	}
}
