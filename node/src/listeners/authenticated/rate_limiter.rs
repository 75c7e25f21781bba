//! The rate at which the holders of one token may call: a number of calls at once, then as many in each minute.

use std::{num::NonZeroU32, time::Duration};

const MINUTE: Duration = Duration::from_secs(60);

/// A token bucket that holds a minute's worth of calls. It keeps the time at which it will be full again.
#[derive(Debug, Default)]
pub struct RateLimiter(Duration);

impl RateLimiter {
	/// Takes one call out of the bucket. `now` is the time since a fixed moment.
	///
	/// # Errors
	/// The time until the next call is available. Nothing is taken then.
	pub fn take(&mut self, now: Duration, per_minute: NonZeroU32) -> Result<(), Duration> {
		let full = self.0.max(now) + MINUTE / per_minute.get();
		let wait = full.saturating_sub(now + MINUTE);
		if !wait.is_zero() {
			return Err(wait);
		}
		self.0 = full;
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn a_minutes_worth_of_calls_is_available_at_once_and_then_one_at_a_time() {
		let (mut limiter, per_minute) = (RateLimiter::default(), NonZeroU32::new(60).unwrap());
		let at = Duration::from_secs(100);
		for _ in 0..60 {
			limiter.take(at, per_minute).unwrap();
		}
		assert_eq!(limiter.take(at, per_minute), Err(Duration::from_secs(1)));
		assert!(limiter.take(at + Duration::from_millis(999), per_minute).is_err());
		assert_eq!(limiter.take(at + Duration::from_secs(1), per_minute), Ok(()));
		assert!(limiter.take(at + Duration::from_secs(1), per_minute).is_err());
	}

	proptest! {
		#[test]
		fn it_is_a_bucket_that_fills_evenly(
			per_minute in 1_u32..2_000,
			pauses in prop::collection::vec(0_u64..5_000_000_000, 1..400),
		) {
			let number = NonZeroU32::new(per_minute).unwrap();
			let cost = (MINUTE / per_minute).as_nanos();
			// The model's bucket holds nanoseconds; a call takes what one costs.
			let (mut level, mut now, mut limiter) = (MINUTE.as_nanos(), Duration::ZERO, RateLimiter::default());
			for pause in pauses {
				now += Duration::from_nanos(pause);
				level = MINUTE.as_nanos().min(level + u128::from(pause));
				let taken = limiter.take(now, number);
				prop_assert_eq!(taken.is_ok(), level >= cost);
				match taken {
					Ok(()) => level -= cost,
					Err(wait) => prop_assert_eq!(wait.as_nanos(), cost - level),
				}
			}
		}
	}
}
