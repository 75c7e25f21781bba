//! What the calls cost, measured by `scripts/weights`.
//!
//! | where | what |
//! |---|---|
//! | one file a pallet | what was measured, as the pallet asks for it |
//! | `consensus` | the calls of the pallets for consensus, measured together; the types here give them to each |

pub mod consensus;
pub mod frame_system;
pub mod frame_system_extensions;
pub mod pallet_access;
pub mod pallet_annotation;
pub mod pallet_balances;
pub mod pallet_collective;
pub mod pallet_consent;
pub mod pallet_governance;
pub mod pallet_lineage;
pub mod pallet_members;
pub mod pallet_timestamp;
pub mod pallet_utility;

use crate::Runtime;
use ::pallet_members::WeightInfo as _;
use consensus::WeightInfo as Measured;
use frame_support::weights::Weight;

/// The calls of the council, as they were measured.
type Council = pallet_collective::WeightInfo<Runtime>;

/// The weights of session keys.
pub struct SessionWeights;
impl pallet_session::WeightInfo for SessionWeights {
	fn set_keys() -> Weight {
		Measured::<Runtime>::set_keys()
	}

	fn purge_keys() -> Weight {
		Measured::<Runtime>::purge_keys()
	}
}

/// The weights of reports about authors. They were measured among as many validators as there can be, and nobody
/// nominates.
pub struct BabeWeights;
impl pallet_babe::WeightInfo for BabeWeights {
	fn plan_config_change() -> Weight {
		Measured::<Runtime>::plan_config_change()
	}

	fn report_equivocation(_validators: u32, _nominators: u32) -> Weight {
		Measured::<Runtime>::report_author()
	}
}

/// The weights of reports about voters, as those about authors.
pub struct GrandpaWeights;
impl pallet_grandpa::WeightInfo for GrandpaWeights {
	fn report_equivocation(_validators: u32, _nominators: u32) -> Weight {
		Measured::<Runtime>::report_voter()
	}

	fn note_stalled() -> Weight {
		Measured::<Runtime>::note_stalled()
	}
}

/// The weights of the council. Whoever closes a motion also pays for the look whether it would restart finality too
/// early.
pub struct CouncilWeights;
impl ::pallet_collective::WeightInfo for CouncilWeights {
	fn set_members(m: u32, n: u32, p: u32) -> Weight {
		Council::set_members(m, n, p)
	}

	fn execute(b: u32, m: u32) -> Weight {
		Council::execute(b, m)
	}

	fn propose_execute(b: u32, m: u32) -> Weight {
		Council::propose_execute(b, m)
	}

	fn propose_proposed(b: u32, m: u32, p: u32) -> Weight {
		Council::propose_proposed(b, m, p)
	}

	fn vote(m: u32) -> Weight {
		Council::vote(m)
	}

	fn close_early_disapproved(m: u32, p: u32) -> Weight {
		Council::close_early_disapproved(m, p).saturating_add(Measured::<Runtime>::restarts_too_early())
	}

	fn close_early_approved(b: u32, m: u32, p: u32) -> Weight {
		Council::close_early_approved(b, m, p).saturating_add(Measured::<Runtime>::restarts_too_early())
	}

	fn close_disapproved(m: u32, p: u32) -> Weight {
		Council::close_disapproved(m, p).saturating_add(Measured::<Runtime>::restarts_too_early())
	}

	fn close_approved(b: u32, m: u32, p: u32) -> Weight {
		Council::close_approved(b, m, p).saturating_add(Measured::<Runtime>::restarts_too_early())
	}

	fn disapprove_proposal(p: u32) -> Weight {
		Council::disapprove_proposal(p)
	}

	fn kill(d: u32, p: u32) -> Weight {
		Council::kill(d, p)
	}

	fn release_proposal_cost() -> Weight {
		Council::release_proposal_cost()
	}
}

/// The weight of the allowance, which stands in for a payment.
pub struct AllowanceWeights;
impl pallet_transaction_payment::WeightInfo for AllowanceWeights {
	fn charge_transaction_payment() -> Weight {
		pallet_members::WeightInfo::<Runtime>::charge()
	}
}
