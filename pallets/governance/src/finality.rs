//! How the council restarts finality (design goal 4).

use crate::*;
use frame_support::{ensure, pallet_prelude::DispatchResult};
use frame_system::{pallet_prelude::BlockNumberFor, Pallet as System};
use sp_runtime::traits::Zero;
use sp_staking::SessionIndex;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_restart(last_final: BlockNumberFor<T>) -> DispatchResult {
		ensure!(!last_final.is_zero(), Error::<T>::NothingFinal);
		ensure!(last_final < System::<T>::block_number(), Error::<T>::InFuture);
		ensure!(!Restarting::<T>::exists(), Error::<T>::AlreadyRestarting);
		let session = T::Validators::suspend_silent()?;
		Restarting::<T>::put(PendingRestart { session, last_final });
		Self::deposit_event(Event::RestartDecided { last_final, session });
		Ok(())
	}

	/// Records that a session starts. `announced` is the number of the last announced voter set. Returns how finality
	/// restarts with this session's voters, if the council decided so.
	pub fn note_session(session: SessionIndex, announced: SetId) -> Option<FinalityRestart<BlockNumberFor<T>>> {
		let block = System::<T>::block_number();
		let mut announcements = Announcements::<T>::get();
		if announcements
			.last()
			.is_some_and(|last| last.previous_set_id == announced)
		{
			// The last session announced nothing.
			announcements.pop();
		}
		let pending = Restarting::<T>::get().filter(|pending| pending.session <= session);
		let restart = pending.map(|PendingRestart { last_final, .. }| {
			// Voters take over when their announcement is final. Only the voters of a restart take over at once.
			let settled = LastRestart::<T>::get().map_or(last_final, |restart| restart.block.max(last_final));
			let void = announcements
				.iter()
				.position(|announcement| announcement.block > settled);
			let previous_set_id = void
				.and_then(|index| announcements.get(index))
				.map_or(announced, |void| void.previous_set_id);
			announcements.truncate(void.unwrap_or(announcements.len()));
			Restarting::<T>::kill();
			LastRestart::<T>::put(CompletedRestart {
				set_id: previous_set_id.saturating_add(1),
				block,
			});
			FinalityRestart {
				last_final,
				previous_set_id,
			}
		});
		let previous_set_id = restart.as_ref().map_or(announced, |restart| restart.previous_set_id);
		if announcements.is_full() {
			announcements.remove(0);
		}
		let noted = announcements.try_push(Announcement { previous_set_id, block });
		frame_support::defensive_assert!(noted.is_ok(), "there is room: a full list has lost its first");
		Announcements::<T>::put(announcements);
		restart
	}
}
