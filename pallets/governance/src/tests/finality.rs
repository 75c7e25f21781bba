//! How finality starts anew.

use crate::{mock::*, Error, Event};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::{BadOrigin, Unavailable};

fn council() -> RuntimeOrigin {
	RuntimeOrigin::signed(TWO_THIRDS)
}

#[test]
fn finality_starts_anew_with_the_session_of_the_remaining_validators() {
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
		assert_eq!(Governance::restarted_after(SESSION - 1), None);
		assert_eq!(Governance::restarted_after(SESSION), Some(60));
		assert_eq!(Governance::restarted_after(SESSION + 1), None);
	});
}

#[test]
fn finality_does_not_start_anew_without_need() {
	ExtBuilder::build_and_execute(|| {
		System::set_block_number(100);
		Silent::set(false);
		assert_noop!(Governance::restart_finality(council(), 60), Unavailable);
		Silent::set(true);
		assert_noop!(Governance::restart_finality(council(), 100), Error::<Test>::InFuture);
		for account in [MAJORITY, SEAT, 9] {
			let origin = RuntimeOrigin::signed(account);
			assert_noop!(Governance::restart_finality(origin, 60), BadOrigin);
		}
	});
}
