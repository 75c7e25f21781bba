//! How the council restarts finality.

use crate::{mock::*, Announcements, CompletedRestart, Error, Event, LastRestart, MAX_ANNOUNCEMENTS};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::{BadOrigin, Unavailable};

fn council() -> RuntimeOrigin {
	RuntimeOrigin::signed(TWO_THIRDS)
}

#[test]
fn finality_restarts_with_the_session_of_the_remaining_validators() {
	ExtBuilder::build_and_execute(|| {
		System::set_block_number(100);
		assert_ok!(Governance::restart_finality(council(), 60));
		let decided = Event::RestartDecided {
			last_final: 60,
			session: SESSION,
		};
		System::assert_last_event(decided.into());
		assert_noop!(
			Governance::restart_finality(council(), 60),
			Error::<Test>::AlreadyRestarting
		);
		assert_eq!(start(SESSION - 1, 101, 0), None);
		assert_eq!(start(SESSION, 102, 0), Some((60, 0)));
		assert_eq!(
			LastRestart::<Test>::get(),
			Some(CompletedRestart { set_id: 1, block: 102 })
		);
		assert_eq!(start(SESSION + 1, 103, 1), None);
	});
}

/// Starts a session at a block while `set` is the number of the last announced voter set. Returns, for a restart, the
/// last final block and the number of the previous set.
fn start(session: u32, block: u64, set: u64) -> Option<(u64, u64)> {
	System::set_block_number(block);
	Governance::note_session(session, set).map(|restart| (restart.last_final, restart.previous_set_id))
}

#[test]
fn voters_whose_announcement_is_not_final_do_not_count() {
	for (last_final, previous) in [(9, 0), (10, 1), (19, 1), (20, 2), (29, 2), (30, 3), (39, 3), (40, 4)] {
		ExtBuilder::build_and_execute(|| {
			// Session 0 announces nothing, the sessions from blocks 10, 20, 30 and 40 do, and the one from block 50
			// does not.
			for (session, set) in [0, 0, 1, 2, 3, 4].into_iter().enumerate() {
				let session = session as u32;
				assert_eq!(start(session, u64::from(session) * 10, set), None);
			}
			System::set_block_number(55);
			assert_ok!(Governance::restart_finality(council(), last_final));
			assert_eq!(start(SESSION - 1, 60, 4), None);
			assert_eq!(start(SESSION, 70, 4), Some((last_final, previous)));
			assert_eq!(
				LastRestart::<Test>::get(),
				Some(CompletedRestart {
					set_id: previous + 1,
					block: 70
				})
			);
			// The next restart counts from this one, even if nothing became final since: the voters of a restart take
			// over at once.
			assert_eq!(start(SESSION + 1, 80, previous + 1), None);
			assert_eq!(start(SESSION + 2, 90, previous + 2), None);
			for last_final in [last_final, 70] {
				frame_support::hypothetically!({
					assert_ok!(Governance::restart_finality(council(), last_final));
					assert_eq!(start(SESSION + 3, 100, previous + 2), Some((last_final, previous + 1)));
				});
			}
			assert_ok!(Governance::restart_finality(council(), 80));
			assert_eq!(start(SESSION + 3, 100, previous + 2), Some((80, previous + 2)));
		});
	}
}

#[test]
fn the_number_of_stored_announcements_is_bounded() {
	ExtBuilder::build_and_execute(|| {
		for session in 0..3 * MAX_ANNOUNCEMENTS {
			start(session, u64::from(session) * 10, session.into());
		}
		assert_eq!(Announcements::<Test>::get().len(), MAX_ANNOUNCEMENTS as usize);
		assert_eq!(
			Announcements::<Test>::get().last().unwrap().previous_set_id,
			u64::from(3 * MAX_ANNOUNCEMENTS - 1)
		);
	});
}

#[test]
fn finality_restarts_only_when_it_must() {
	ExtBuilder::build_and_execute(|| {
		System::set_block_number(100);
		Silent::set(false);
		assert_noop!(Governance::restart_finality(council(), 60), Unavailable);
		Silent::set(true);
		assert_noop!(Governance::restart_finality(council(), 100), Error::<Test>::InFuture);
		assert_noop!(Governance::restart_finality(council(), 0), Error::<Test>::NothingFinal);
		for account in [MAJORITY, SEAT, 9] {
			let origin = RuntimeOrigin::signed(account);
			assert_noop!(Governance::restart_finality(origin, 60), BadOrigin);
		}
	});
}
