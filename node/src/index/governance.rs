//! The history of motions, upgrades and restarts of finality.

use super::history::{Domain, Key};
use kexin_primitives::events::governance::GovernanceEvent;

impl Domain for GovernanceEvent {
	fn keys(&self) -> Vec<Key> {
		match self {
			Self::UpgradeApproved { code, .. } | Self::UpgradeCancelled { code } | Self::UpgradeApplied { code } => {
				vec![Key::Code(*code)]
			},
			Self::RestartDecided { .. } => Vec::new(),
			Self::MotionProposed { account, motion, .. } | Self::MotionVoted { account, motion, .. } => {
				vec![Key::Motion(*motion), Key::Account(account.0)]
			},
			Self::MotionClosed { motion, .. }
			| Self::MotionApproved { motion }
			| Self::MotionDisapproved { motion }
			| Self::MotionExecuted { motion, .. }
			| Self::MotionKilled { motion }
			| Self::SeatExecuted { motion, .. } => vec![Key::Motion(*motion)],
		}
	}
}
