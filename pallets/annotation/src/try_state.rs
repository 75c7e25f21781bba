//! The invariants of the pallet's storage, one function each.

use crate::{BalanceOf, Campaigns, Claimable, Config, Contributions, Pallet, ReviewStatus};
use frame_support::{ensure, traits::fungible::Inspect};
use sp_runtime::{
	traits::{Saturating, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks every invariant.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::the_pot_holds_what_is_owed()?;
		Self::units_are_counted()
	}

	/// The pot holds what open campaigns have not spent and annotators have not claimed. It may hold more: anybody can
	/// send tokens there.
	fn the_pot_holds_what_is_owed() -> Result<(), TryRuntimeError> {
		let mut owed = BalanceOf::<T>::zero();
		for campaign in Campaigns::<T>::iter_values().filter(|campaign| !campaign.closed) {
			let left = campaign.units.saturating_sub(campaign.accepted);
			owed = owed.saturating_add(campaign.reward.saturating_mul(left.into()));
		}
		for earned in Claimable::<T>::iter_values() {
			owed = owed.saturating_add(earned);
		}
		ensure!(
			T::Currency::total_balance(&Self::pot()) >= owed,
			"the pot holds less than it owes"
		);
		Ok(())
	}

	/// An open campaign's accepted and pending units match its contributions, and are no more than are funded.
	fn units_are_counted() -> Result<(), TryRuntimeError> {
		for (id, campaign) in Campaigns::<T>::iter() {
			let (mut accepted, mut pending) = (0u32, 0u32);
			for contribution in Contributions::<T>::iter_prefix_values(id) {
				match contribution.status {
					ReviewStatus::Accepted => accepted = accepted.saturating_add(contribution.units),
					ReviewStatus::Pending => pending = pending.saturating_add(contribution.units),
					ReviewStatus::Rejected => (),
				}
			}
			ensure!(
				campaign.accepted.saturating_add(campaign.pending) <= campaign.units,
				"more units than are funded"
			);
			ensure!(
				campaign.closed || accepted == campaign.accepted,
				"accepted units are miscounted"
			);
			ensure!(pending == campaign.pending, "pending units are miscounted");
		}
		Ok(())
	}
}
