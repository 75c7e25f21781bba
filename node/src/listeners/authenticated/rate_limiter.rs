//! How fast one may go on: so many calls at once, and then as many a minute.

use std::{num::NonZeroU32, time::Duration};

const MINUTE: Duration = Duration::from_secs(60);

/// What one has spent, as the time by which all of it is earned again.
#[derive(Debug, Default)]
pub struct Pace(Duration);

impl Pace {
	/// Spends one call at a time since some fixed moment.
	///
	/// # Errors
	/// How long until there is one; nothing is spent then.
	pub fn spend(&mut self, now: Duration, per_minute: NonZeroU32) -> Result<(), Duration> {
		let earned = self.0.max(now) + MINUTE / per_minute.get();
		let wait = earned.saturating_sub(now + MINUTE);
		if !wait.is_zero() {
			return Err(wait);
		}
		self.0 = earned;
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn a_minutes_worth_goes_at_once_and_then_one_in_its_time() {
		let (mut pace, per_minute) = (Pace::default(), NonZeroU32::new(60).unwrap());
		let at = Duration::from_secs(100);
		for _ in 0..60 {
			pace.spend(at, per_minute).unwrap();
		}
		assert_eq!(pace.spend(at, per_minute), Err(Duration::from_secs(1)));
		assert!(pace.spend(at + Duration::from_millis(999), per_minute).is_err());
		assert_eq!(pace.spend(at + Duration::from_secs(1), per_minute), Ok(()));
		assert!(pace.spend(at + Duration::from_secs(1), per_minute).is_err());
	}

	proptest! {
		#[test]
		fn it_is_a_bucket_that_fills_evenly(
			per_minute in 1_u32..2_000,
			pauses in prop::collection::vec(0_u64..5_000_000_000, 1..400),
		) {
			let number = NonZeroU32::new(per_minute).unwrap();
			let cost = (MINUTE / per_minute).as_nanos();
			// The bucket holds nanoseconds; a call takes what one costs.
			let (mut level, mut now, mut pace) = (MINUTE.as_nanos(), Duration::ZERO, Pace::default());
			for pause in pauses {
				now += Duration::from_nanos(pause);
				level = MINUTE.as_nanos().min(level + u128::from(pause));
				let spent = pace.spend(now, number);
				prop_assert_eq!(spent.is_ok(), level >= cost);
				match spent {
					Ok(()) => level -= cost,
					Err(wait) => prop_assert_eq!(wait.as_nanos(), cost - level),
				}
			}
		}
	}
}
