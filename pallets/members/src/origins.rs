//! Origins that check a key's powers and yield the member for which it acts.

use crate::{Config, Pallet};
use core::marker::PhantomData;
use frame_support::traits::EnsureOrigin;
use frame_system::ensure_signed;
#[cfg(feature = "runtime-benchmarks")]
use frame_system::RawOrigin;
use kexin_primitives::members::{MemberId, MemberKind, Powers};

/// Signed by a key that has all these powers, of an active member. Yields the member and the key.
pub struct EnsureKey<T, const POWERS: u8>(PhantomData<T>);

impl<T: Config, const POWERS: u8> EnsureOrigin<T::RuntimeOrigin> for EnsureKey<T, POWERS> {
	type Success = (MemberId, T::AccountId);

	fn try_origin(origin: T::RuntimeOrigin) -> Result<Self::Success, T::RuntimeOrigin> {
		let Ok(account) = ensure_signed(origin.clone()) else {
			return Err(origin);
		};
		match Pallet::<T>::active_key(&account) {
			Some(key) if key.powers.contains(Powers::from_bits_truncate(POWERS)) => Ok((key.member, account)),
			_ => Err(origin),
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<T::RuntimeOrigin, ()> {
		let account = crate::registry::key_with::<T>(MemberKind::Hospital, Powers::from_bits_truncate(POWERS));
		Ok(RawOrigin::Signed(account).into())
	}
}

/// As [`EnsureKey`], but yields only the member.
pub struct EnsurePower<T, const POWERS: u8>(PhantomData<T>);

impl<T: Config, const POWERS: u8> EnsureOrigin<T::RuntimeOrigin> for EnsurePower<T, POWERS> {
	type Success = MemberId;

	fn try_origin(origin: T::RuntimeOrigin) -> Result<Self::Success, T::RuntimeOrigin> {
		EnsureKey::<T, POWERS>::try_origin(origin).map(|(member, _)| member)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<T::RuntimeOrigin, ()> {
		EnsureKey::<T, POWERS>::try_successful_origin()
	}
}

/// As [`EnsurePower`], but only for hospitals.
pub struct EnsureHospital<T, const POWERS: u8>(PhantomData<T>);

impl<T: Config, const POWERS: u8> EnsureOrigin<T::RuntimeOrigin> for EnsureHospital<T, POWERS> {
	type Success = MemberId;

	fn try_origin(origin: T::RuntimeOrigin) -> Result<Self::Success, T::RuntimeOrigin> {
		let member = EnsurePower::<T, POWERS>::try_origin(origin.clone())?;
		match Pallet::<T>::kind_of(member) {
			Some(MemberKind::Hospital) => Ok(member),
			_ => Err(origin),
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<T::RuntimeOrigin, ()> {
		EnsureKey::<T, POWERS>::try_successful_origin()
	}
}
