//! The invariants of the pallet's storage, one function each.

use crate::{Config, Logs, Pallet};
use frame_support::ensure;
use kexin_primitives::Versioned;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::logs_have_a_peak_per_bit()
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
}
