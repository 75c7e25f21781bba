//! The invariants of the pallet's storage, one function each.

use crate::{Announcements, Approved, Config, LastRestart, Pallet, Restarting, UpgradeDelay};
use frame_support::ensure;
use frame_system::Pallet as System;
use sp_runtime::{traits::Saturating, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks every invariant.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::an_approved_upgrade_waits_no_longer_than_the_delay()?;
		Self::finality_restarts_after_a_block_that_exists()?;
		Self::voters_are_announced_in_order()
	}

	/// An approved upgrade can be applied after the delay at the latest.
	fn an_approved_upgrade_waits_no_longer_than_the_delay() -> Result<(), TryRuntimeError> {
		let latest = System::<T>::block_number().saturating_add(UpgradeDelay::<T>::get());
		ensure!(
			Approved::<T>::get().is_none_or(|upgrade| upgrade.from <= latest),
			"an approved upgrade waits longer than the delay"
		);
		Ok(())
	}

	/// The last final block lies in the past.
	fn finality_restarts_after_a_block_that_exists() -> Result<(), TryRuntimeError> {
		ensure!(
			Restarting::<T>::get().is_none_or(|restart| restart.last_final < System::<T>::block_number()),
			"finality restarts after a block that does not exist"
		);
		Ok(())
	}

	/// Each announcement has a later block and a later set than the one before it, and none is in the future.
	fn voters_are_announced_in_order() -> Result<(), TryRuntimeError> {
		let announcements = Announcements::<T>::get();
		let ordered = announcements
			.iter()
			.zip(announcements.iter().skip(1))
			.all(|(one, next)| one.block < next.block && one.previous_set_id < next.previous_set_id);
		let now = System::<T>::block_number();
		let last = announcements.last().map(|last| last.block);
		let restart = LastRestart::<T>::get().map(|restart| restart.block);
		ensure!(ordered, "announcements of voters are out of order");
		ensure!(
			last.max(restart).is_none_or(|block| block <= now),
			"voters are announced in a block that does not exist"
		);
		Ok(())
	}
}
