//! Benchmarks. They apply the chain's own runtime: any other is refused once it is hashed, which costs less than
//! finding its version.

use crate::*;
use frame_benchmarking::v2::*;
use frame_support::{storage::unhashed, traits::EnsureOrigin};
use sp_core::storage::well_known_keys::CODE;

fn approve<T: Config>(code: T::Hash) {
	UpgradeDelay::<T>::put(BlockNumberFor::<T>::from(0u32));
	Pallet::<T>::do_approve(code).expect("none is approved");
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn approve_upgrade() {
		let origin = T::ApproveOrigin::try_successful_origin().expect("the council can approve");

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, T::Hash::default());

		assert!(Approved::<T>::exists());
	}

	#[benchmark]
	fn cancel_upgrade() {
		let origin = T::CancelOrigin::try_successful_origin().expect("the council can cancel");
		approve::<T>(T::Hash::default());

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin);

		assert!(!Approved::<T>::exists());
	}

	/// In benchmarks, `can_set_code` finds the version and accepts any.
	#[benchmark]
	fn apply_upgrade() {
		let origin = T::ApplyOrigin::try_successful_origin().expect("a seat can apply");
		let code = unhashed::get_raw(CODE).unwrap_or_default();
		approve::<T>(T::Hashing::hash(&code));

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, code);

		assert!(!Approved::<T>::exists());
	}

	#[benchmark]
	fn restart_finality() {
		let origin = T::RestartOrigin::try_successful_origin().expect("the council can restart");
		T::Validators::silence();
		let last_final = frame_system::Pallet::<T>::block_number().saturating_sub(1u32.into());

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, last_final);

		assert!(Restarting::<T>::exists());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::build(), crate::mock::Test);
}
