//! Benchmarks. The worst case is a member with [`MAX_KEYS_PER_MEMBER`] keys, of which the last one read is the one
//! wanted.

use crate::{registry::make_key, *};
use frame_benchmarking::{account, v2::*};
use frame_support::{
	dispatch::{DispatchInfo, Pays, PostDispatchInfo},
	traits::EnsureOrigin,
	weights::Weight,
	BoundedVec,
};
use frame_system::RawOrigin;
use kexin_primitives::members::MAX_NAME;
use pallet_transaction_payment::OnChargeTransaction;
use sp_runtime::traits::{AsTransactionAuthorizedOrigin, DispatchTransaction, Dispatchable};

/// A hospital with a seat and as many keys as it can have. The last one that is read sits on the council.
fn full_member<T: Config>() -> (MemberId, T::AccountId) {
	let admin: T::AccountId = account("administrator", 0, 0);
	let name = BoundedVec::truncate_from([b'x'; MAX_NAME as usize].to_vec());
	let member = Pallet::<T>::do_admit(MemberKind::Hospital, name, Region(276), true, admin.clone())
		.expect("nobody is admitted yet");
	for index in 1..MAX_KEYS_PER_MEMBER {
		Pallet::<T>::do_add_key(member, account("key", index, 1), Powers::GATEWAY).expect("below the bound");
	}
	move_seat::<T>(member);
	(member, admin)
}

/// The same, beside another hospital: the last seat stays.
fn full_member_of_two<T: Config>() -> MemberId {
	let name = BoundedVec::truncate_from(b"other".to_vec());
	Pallet::<T>::do_admit(MemberKind::Hospital, name, Region(276), true, account("other", 0, 0))
		.expect("nobody is admitted yet");
	full_member::<T>().0
}

/// Gives a member's seat to its last key that is read.
fn move_seat<T: Config>(member: MemberId) {
	Pallet::<T>::vacate_seat(member);
	let last = KeysOf::<T>::iter_key_prefix(member)
		.last()
		.expect("the member has keys");
	Keys::<T>::mutate(last, |key| {
		if let Some(key) = key {
			key.powers |= Powers::COUNCIL;
		}
	});
	Pallet::<T>::sync_roles(member).expect("the number of seats is the same");
}

/// A full member whose administrator can be its validator.
fn full_validator<T: Config>() -> (MemberId, T::AccountId) {
	let (member, admin) = full_member::<T>();
	T::BenchmarkHelper::set_session_keys(&admin);
	(member, admin)
}

/// As many validators as there can be, less `fewer`.
fn validators_but<T: Config>(fewer: u32) {
	let present = u32::try_from(Validators::<T>::get().len()).unwrap_or(MAX_VALIDATORS);
	for index in present..MAX_VALIDATORS.saturating_sub(fewer) {
		let validator: T::AccountId = account("validator", index, 0);
		let member = make_key::<T>(MemberKind::Hospital, Powers::empty(), validator.clone());
		T::BenchmarkHelper::set_session_keys(&validator);
		Pallet::<T>::nominate(member, validator, 0).expect("below the bound");
	}
}

#[benchmarks(where
	T: pallet_transaction_payment::Config<OnChargeTransaction: OnChargeTransaction<T, Balance = u128>> + Send + Sync,
	T::RuntimeOrigin: AsTransactionAuthorizedOrigin,
	T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
)]
mod benches {
	use super::*;

	#[benchmark]
	fn admit() {
		let origin = T::ChangeOrigin::try_successful_origin().expect("the council can admit");
		let name = BoundedVec::truncate_from([b'x'; MAX_NAME as usize].to_vec());
		let key = T::BenchmarkHelper::account(0);
		let (kind, region) = (MemberKind::Hospital, Region(276));
		let place = Place::FirstKey {
			kind,
			name: &name,
			region,
			seat: true,
		};
		let statement = Pallet::<T>::statement(&key, &place);
		let acceptance = T::BenchmarkHelper::sign(&key, &statement);

		#[extrinsic_call]
		_(
			origin as T::RuntimeOrigin,
			kind,
			name,
			region,
			true,
			key.clone(),
			acceptance,
		);

		assert!(Pallet::<T>::active_key(&key).is_some());
	}

	#[benchmark]
	fn suspend() {
		let origin = T::ChangeOrigin::try_successful_origin().expect("the council can suspend");
		let member = full_member_of_two::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, member);

		assert!(!Pallet::<T>::is_active(member));
	}

	#[benchmark]
	fn reinstate() {
		let origin = T::ChangeOrigin::try_successful_origin().expect("the council can reinstate");
		let member = full_member_of_two::<T>();
		Pallet::<T>::change_status(member, Status::Active, Status::Suspended).expect("the member is active");

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, member);

		assert!(Pallet::<T>::is_active(member));
	}

	#[benchmark]
	fn remove() {
		let origin = T::ChangeOrigin::try_successful_origin().expect("the council can remove");
		let member = full_member_of_two::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, member);

		assert_eq!(KeysOf::<T>::iter_key_prefix(member).count(), 0);
	}

	#[benchmark]
	fn add_key() {
		let (member, admin) = full_member::<T>();
		let freed: T::AccountId = account("key", 1, 1);
		Pallet::<T>::revoke_key(RawOrigin::Signed(admin.clone()).into(), freed).expect("a key of the member");
		move_seat::<T>(member);
		let key = T::BenchmarkHelper::account(0);
		// The longest statement has the most powers, and the seat moves.
		let powers = Powers::all();
		let statement = Pallet::<T>::statement(&key, &Place::Key { member, powers });
		let acceptance = T::BenchmarkHelper::sign(&key, &statement);

		#[extrinsic_call]
		_(RawOrigin::Signed(admin), key.clone(), powers, acceptance);

		assert_eq!(Keys::<T>::get(key).map(|key| key.member), Some(member));
	}

	#[benchmark]
	fn revoke_key() {
		let (member, admin) = full_member::<T>();
		let second: T::AccountId = account("key", 1, 1);
		Keys::<T>::insert(
			&second,
			Key {
				member,
				powers: Powers::ADMINISTRATOR,
			},
		);

		#[extrinsic_call]
		_(RawOrigin::Signed(admin), second.clone());

		assert!(Keys::<T>::get(second).is_none());
	}

	#[benchmark]
	fn admit_validator() {
		let origin = T::ChangeOrigin::try_successful_origin().expect("the council can admit");
		validators_but::<T>(1);
		let (_, validator) = full_validator::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, validator.clone());

		assert!(Pallet::<T>::validators().contains(&validator));
	}

	#[benchmark]
	fn remove_validator() {
		let origin = T::ChangeOrigin::try_successful_origin().expect("the council can remove");
		validators_but::<T>(1);
		let (member, validator) = full_validator::<T>();
		Pallet::<T>::nominate(member, validator.clone(), 0).expect("below the bound");

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, member);

		assert!(!Pallet::<T>::validators().contains(&validator));
	}

	#[benchmark]
	fn name_nodes() {
		let (member, admin) = full_member::<T>();
		let nodes: Nodes = BoundedVec::truncate_from([[7; 32]; MAX_NODES_PER_MEMBER as usize].to_vec());

		#[extrinsic_call]
		_(RawOrigin::Signed(admin), nodes.clone());

		assert_eq!(NodesOf::<T>::get(member), Some(nodes));
	}

	#[benchmark]
	fn close_network() {
		let origin = T::ChangeOrigin::try_successful_origin().expect("the council can close");
		validators_but::<T>(0);
		for member in Validators::<T>::get().into_inner().into_keys() {
			NodesOf::<T>::insert(member, Nodes::truncate_from([[7; 32]].to_vec()));
		}

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, true);

		assert!(Closed::<T>::get());
	}

	/// What every signed transaction bears: the allowance in the extension that charges for it.
	#[benchmark]
	fn charge() {
		let (member, signer) = full_member::<T>();
		Allowances::<T>::insert(
			member,
			Allowance {
				available: T::MaxAllowance::get(),
				reserve: T::MaxReserve::get(),
				updated: frame_system::Pallet::<T>::block_number(),
			},
		);
		let before = Pallet::<T>::allowance(member);
		let extension = Charge::<T>::with_tip(0);
		let call = T::RuntimeCall::from(frame_system::Call::remark { remark: Vec::new() });
		let info = DispatchInfo {
			call_weight: Weight::from_parts(100, 0),
			..Default::default()
		};
		let after = PostDispatchInfo {
			actual_weight: Some(Weight::from_parts(10, 0)),
			pays_fee: Pays::Yes,
		};

		#[block]
		{
			let origin = RawOrigin::Signed(signer).into();
			let run = extension.test_run(origin, &call, &info, 100, 0, |_| Ok(after));
			assert!(run.is_ok_and(|result| result.is_ok()));
		}

		assert!(Pallet::<T>::allowance(member) < before);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::build(), crate::mock::Test);
}
