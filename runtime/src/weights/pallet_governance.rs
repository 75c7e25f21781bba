//! Provisional.
use core::marker::PhantomData;
use frame_support::weights::Weight;
/// Provisional.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_governance::WeightInfo for WeightInfo<T> {
	fn approve_upgrade() -> Weight {
		<() as pallet_governance::WeightInfo>::approve_upgrade()
	}
	fn cancel_upgrade() -> Weight {
		<() as pallet_governance::WeightInfo>::cancel_upgrade()
	}
	fn apply_upgrade() -> Weight {
		<() as pallet_governance::WeightInfo>::apply_upgrade()
	}
	fn restart_finality() -> Weight {
		<() as pallet_governance::WeightInfo>::restart_finality()
	}
}
