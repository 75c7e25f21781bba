//! Tests, by topic.

mod allowance;
mod council;
mod keys;
mod motions;
mod nodes;
mod validators;

use crate::mock::*;
use kexin_primitives::members::MemberKind;
use sp_runtime::DispatchResult;

/// The council admits a member.
fn admit(kind: MemberKind, seat: bool, key: u64) -> DispatchResult {
	crate::mock::admit(council(2), kind, name(), seat, key)
}
