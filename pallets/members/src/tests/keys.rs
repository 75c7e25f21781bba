//! Keys, their powers, and how they are revoked.

use crate::{mock::*, EnsureKey, EnsurePower, Error, Event, MAX_KEYS_PER_MEMBER};
use frame_support::{assert_noop, assert_ok, traits::EnsureOrigin};
use kexin_primitives::{
	members::{MemberId, MemberKind, Place, Powers},
	vocabulary::Region,
};
use proptest::prelude::*;
use sp_runtime::{testing::TestSignature, DispatchError::BadOrigin};

const GATEWAY: u64 = 20;
type Gateway = EnsurePower<Test, { Powers::GATEWAY.bits() }>;

fn admin() -> RuntimeOrigin {
	RuntimeOrigin::signed(ADMINISTRATORS[0])
}

fn gateway_of(account: u64) -> Option<MemberId> {
	Gateway::try_origin(RuntimeOrigin::signed(account)).ok()
}

#[docify::export]
#[test]
fn a_hospital_runs_its_own_keys() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(ADMINISTRATORS[0], GATEWAY, Powers::GATEWAY));
		System::assert_last_event(
			Event::KeyAdded {
				member: 0,
				account: GATEWAY,
				powers: Powers::GATEWAY,
			}
			.into(),
		);
		assert_eq!(gateway_of(GATEWAY), Some(0), "the ledger sees the hospital");
		assert_eq!(System::providers(&GATEWAY), 1, "it can sign without tokens");

		assert_ok!(Members::revoke_key(admin(), GATEWAY));
		System::assert_last_event(
			Event::KeyRevoked {
				member: 0,
				account: GATEWAY,
			}
			.into(),
		);
		assert_eq!(gateway_of(GATEWAY), None);
	});
}

#[test]
fn the_nonce_of_a_key_does_not_begin_anew() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(ADMINISTRATORS[0], GATEWAY, Powers::GATEWAY));
		System::inc_account_nonce(GATEWAY);
		assert_ok!(Members::revoke_key(admin(), GATEWAY));
		let used = System::account_nonce(GATEWAY);
		assert_ok!(add_key(ADMINISTRATORS[0], GATEWAY, Powers::GATEWAY));
		assert!(
			System::account_nonce(GATEWAY) >= used,
			"its first transaction is no longer valid"
		);

		System::inc_account_nonce(GATEWAY);
		let used = System::account_nonce(GATEWAY);
		assert_ok!(Members::remove(council(2), 0));
		assert_ok!(super::admit(MemberKind::Company, false, GATEWAY));
		assert!(System::account_nonce(GATEWAY) >= used, "nor with another member");
	});
}

#[test]
fn nobody_becomes_a_key_without_agreeing() {
	ExtBuilder::build_and_execute(|| {
		let place = |member, powers| Place::Key { member, powers };
		let add = |acceptance| Members::add_key(admin(), GATEWAY, Powers::GATEWAY, acceptance);
		let agreed = place(0, Powers::GATEWAY);
		let mut others = vec![
			accepted(ADMINISTRATORS[0], agreed),
			accepted(GATEWAY, place(1, Powers::GATEWAY)),
			accepted(GATEWAY, place(0, Powers::GATEWAY | Powers::STEWARD)),
			accepted(
				GATEWAY,
				Place::FirstKey {
					kind: MemberKind::Hospital,
					name: &name(),
					region: Region(40),
					seat: false,
				},
			),
		];
		let genesis = System::block_hash(0).0;
		for (genesis, nonce) in [([1; 32], 0), (genesis, 1)] {
			others.push(TestSignature(GATEWAY, agreed.statement(&genesis, nonce)));
		}
		for other in others {
			assert_noop!(add(other), Error::<Test>::NotAccepted);
		}
		assert_ok!(add(TestSignature(GATEWAY, agreed.statement(&genesis, 0))));
	});
}

#[test]
fn what_a_key_agreed_to_holds_once() {
	ExtBuilder::build_and_execute(|| {
		let agreed = Place::Key {
			member: 0,
			powers: Powers::GATEWAY,
		};
		let first = accepted(GATEWAY, agreed);
		assert_ok!(Members::add_key(admin(), GATEWAY, Powers::GATEWAY, first.clone()));
		assert_ok!(Members::resign(RuntimeOrigin::signed(GATEWAY)));
		assert_noop!(
			Members::add_key(admin(), GATEWAY, Powers::GATEWAY, first.clone()),
			Error::<Test>::NotAccepted
		);
		// It agrees again, and goes elsewhere instead: neither signature brings it back.
		let second = accepted(GATEWAY, agreed);
		assert_ok!(add_key(ADMINISTRATORS[1], GATEWAY, Powers::GATEWAY));
		assert_ok!(Members::resign(RuntimeOrigin::signed(GATEWAY)));
		for old in [first, second] {
			assert_noop!(
				Members::add_key(admin(), GATEWAY, Powers::GATEWAY, old),
				Error::<Test>::NotAccepted
			);
		}
	});
}

#[test]
fn the_council_admits_nobody_who_has_not_agreed() {
	ExtBuilder::build_and_execute(|| {
		fn place(name: &[u8]) -> Place<'_> {
			Place::FirstKey {
				kind: MemberKind::Person,
				name,
				region: Region(40),
				seat: false,
			}
		}
		let admit = |acceptance| {
			Members::admit(
				council(3),
				MemberKind::Person,
				name(),
				Region(40),
				false,
				60,
				acceptance,
			)
		};
		for other in [accepted(61, place(&name())), accepted(60, place(b"Another"))] {
			assert_noop!(admit(other), Error::<Test>::NotAccepted);
		}
		let agreed = accepted(60, place(&name()));
		assert_ok!(admit(agreed.clone()));
		assert_ok!(Members::remove(council(3), 3));
		assert_noop!(admit(agreed), Error::<Test>::NotAccepted);
	});
}

#[test]
fn a_stolen_gateway_key_adds_no_keys() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(ADMINISTRATORS[0], GATEWAY, Powers::GATEWAY));
		let thief = || RuntimeOrigin::signed(GATEWAY);
		assert_noop!(add_key(GATEWAY, 66, Powers::GATEWAY), BadOrigin);
		assert_noop!(Members::revoke_key(thief(), ADMINISTRATORS[0]), BadOrigin);
		assert_ok!(Members::resign(thief()));
		assert_eq!(gateway_of(GATEWAY), None);
	});
}

#[test]
fn powers_that_a_key_may_not_have_are_refused() {
	ExtBuilder::build_and_execute(|| {
		assert_noop!(
			add_key(ADMINISTRATORS[0], GATEWAY, Powers::empty()),
			Error::<Test>::UnknownPowers
		);
		// A bit without a meaning today must not grant a power tomorrow.
		let unknown = codec::Decode::decode(&mut &[128u8][..]).unwrap();
		assert_noop!(
			add_key(ADMINISTRATORS[0], GATEWAY, unknown),
			Error::<Test>::UnknownPowers
		);
		assert_noop!(
			add_key(ADMINISTRATORS[0], ADMINISTRATORS[1], Powers::GATEWAY),
			Error::<Test>::AlreadyExists
		);
		assert_noop!(
			Members::revoke_key(admin(), ADMINISTRATORS[1]),
			Error::<Test>::NotAuthorized
		);
		assert_noop!(Members::revoke_key(admin(), 99), Error::<Test>::NotFound);
		assert_noop!(
			Members::revoke_key(admin(), ADMINISTRATORS[0]),
			Error::<Test>::LastAdministrator
		);
		assert_noop!(Members::resign(admin()), Error::<Test>::LastAdministrator);
		for account in 0..u64::from(MAX_KEYS_PER_MEMBER) - 1 {
			assert_ok!(add_key(ADMINISTRATORS[0], 1_000 + account, Powers::GATEWAY));
		}
		assert_noop!(
			add_key(ADMINISTRATORS[0], GATEWAY, Powers::GATEWAY),
			Error::<Test>::TooManyKeys
		);
	});
}

#[test]
fn powers_are_not_mixed_up() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(ADMINISTRATORS[0], GATEWAY, Powers::GATEWAY));
		type Steward = EnsurePower<Test, { Powers::STEWARD.bits() }>;
		type Any = EnsureKey<Test, 0>;
		assert!(Steward::try_origin(RuntimeOrigin::signed(GATEWAY)).is_err());
		assert_eq!(Any::try_origin(RuntimeOrigin::signed(GATEWAY)).ok(), Some((0, GATEWAY)));
		assert!(Any::try_origin(RuntimeOrigin::signed(99)).is_err());
		assert!(Any::try_origin(RuntimeOrigin::root()).is_err());
	});
}

#[test]
fn a_key_with_held_tokens_can_be_revoked() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(ADMINISTRATORS[0], GATEWAY, Powers::GATEWAY));
		System::inc_consumers(&GATEWAY).unwrap();
		assert_ok!(Members::revoke_key(admin(), GATEWAY));
		assert_eq!(gateway_of(GATEWAY), None);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]
	/// Whatever administrators and the council do, the invariants hold: no member loses its last administrator, and the
	/// chain loses neither its last seat nor its last validator.
	#[test]
	fn random_key_histories_keep_the_invariants(
		steps in proptest::collection::vec((0..6u64, 0..6u64, 1..128u8, 0..9u8), 1..60),
	) {
		ExtBuilder::build_and_execute(|| {
			for (by, account, powers, what) in steps {
				let administrator = 10 + by;
				let by = RuntimeOrigin::signed(administrator);
				let account = 10 + account;
				let _ = match what {
					0 => Members::revoke_key(by, account),
					1 => Members::resign(by),
					2 => Members::suspend(council(3), (account - 10) as MemberId),
					3 => Members::reinstate(council(3), (account - 10) as MemberId),
					4 => Members::admit_validator(council(3), account),
					5 => Members::remove_validator(council(3), (account - 10) as MemberId),
					6 => Members::reinstate_validator(council(3), (account - 10) as MemberId),
					7 => {
						Members::note_offence(&account, *b"babe:equivocatio", 1);
						Ok(())
					},
					_ => add_key(administrator, account, Powers::from_bits_truncate(powers)),
				};
				Members::do_try_state().unwrap();
			}
		});
	}
}
