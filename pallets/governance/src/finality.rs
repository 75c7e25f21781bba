//! How finality starts anew (design goal 4).

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
		Restarting::<T>::put(Restart { session, last_final });
		Self::deposit_event(Event::RestartDecided { last_final, session });
		Ok(())
	}

	/// Notes that a session starts, while `set` is the number of the voters that were announced last. How its own voters begin anew, if the
	/// council decided that they shall.
	pub fn note_session(session: SessionIndex, set: SetId) -> Option<Anew<BlockNumberFor<T>>> {
		let block = System::<T>::block_number();
		let mut announcements = Announcements::<T>::get();
		if announcements.last().is_some_and(|last| last.before == set) {
			// The session before announced nothing.
			announcements.pop();
		}
		let restart = Restarting::<T>::get().filter(|restart| restart.session <= session);
		let anew = restart.map(|Restart { last_final, .. }| {
			// Voters whose announcement is not final never took over, but for those of a restart, who do whatever becomes final.
			let settled = LastRestart::<T>::get().map_or(last_final, |restart| restart.block.max(last_final));
			let void = announcements.iter().position(|announced| announced.block > settled);
			let before = void
				.and_then(|at| announcements.get(at))
				.map_or(set, |void| void.before);
			announcements.truncate(void.unwrap_or(announcements.len()));
			Restarting::<T>::kill();
			LastRestart::<T>::put(Restarted {
				set_id: before.saturating_add(1),
				block,
			});
			Anew { last_final, before }
		});
		let before = anew.as_ref().map_or(set, |anew| anew.before);
		if announcements.is_full() {
			announcements.remove(0);
		}
		let noted = announcements.try_push(Announcement { before, block });
		frame_support::defensive_assert!(noted.is_ok(), "there is room for one");
		Announcements::<T>::put(announcements);
		anew
	}
}
