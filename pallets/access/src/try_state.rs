//! The invariants of the pallet's storage, one function each.

use crate::{second_of, Config, Logs, OldestSecond, Pallet, Recorded};
use frame_support::{ensure, traits::Time};
use kexin_primitives::Versioned;
use sp_runtime::{traits::Get, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks every invariant.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::logs_have_a_peak_per_bit()?;
		Self::pages_are_sorted_sets()?;
		Self::pages_lie_within_the_window()
	}

	/// A log's accumulator has one peak for each set bit of its count, and a log has no more breaches than entries.
	fn logs_have_a_peak_per_bit() -> Result<(), TryRuntimeError> {
		for Versioned::V1(log) in Logs::<T>::iter_values() {
			let peaks = u32::try_from(log.accumulator.peaks().len()).unwrap_or(u32::MAX);
			ensure!(
				peaks == log.accumulator.count().count_ones(),
				"a log has the wrong number of peaks for its count"
			);
			ensure!(
				log.breaches <= log.accumulator.count(),
				"a log has more breaches than entries"
			);
		}
		Ok(())
	}

	/// A page of sources is not empty, is in order, and has no source twice.
	fn pages_are_sorted_sets() -> Result<(), TryRuntimeError> {
		for page in Recorded::<T>::iter_values() {
			ensure!(!page.is_empty(), "a page is empty");
			ensure!(
				page.windows(2).all(|pair| pair.first() < pair.last()),
				"a page is not a sorted set"
			);
		}
		Ok(())
	}

	/// No page is older than what was dropped, or newer than the clock skew allows.
	fn pages_lie_within_the_window() -> Result<(), TryRuntimeError> {
		let oldest = OldestSecond::<T>::get().unwrap_or_default();
		// A minute's page may end a minute after the sources in it.
		let newest = second_of(T::Time::now().saturating_add(T::MaxClockSkew::get())).saturating_add(60);
		for (second, _) in Recorded::<T>::iter_keys() {
			ensure!((oldest..=newest).contains(&second), "a page is outside the window");
		}
		Ok(())
	}
}
