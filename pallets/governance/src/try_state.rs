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

	/// An upgrade can be applied after the delay at the latest.
	fn an_approved_upgrade_waits_no_longer_than_the_delay() -> Result<(), TryRuntimeError> {
		let latest = System::<T>::block_number().saturating_add(UpgradeDelay::<T>::get());
		ensure!(
			Approved::<T>::get().is_none_or(|upgrade| upgrade.from <= latest),
			"an upgrade waits for too long"
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

	/// Each announcement is of a later block and of a later set than the one before, and none is of the future.
	fn voters_are_announced_in_order() -> Result<(), TryRuntimeError> {
		let announcements = Announcements::<T>::get();
		let ordered = announcements
			.iter()
			.zip(announcements.iter().skip(1))
			.all(|(one, next)| one.block < next.block && one.before < next.before);
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
