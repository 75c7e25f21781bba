//! The history of members, their keys, validators and nodes.

use super::history::{Domain, Key};
use kexin_primitives::events::members::MemberEvent;

impl Domain for MemberEvent {
	fn keys(&self) -> Vec<Key> {
		match self {
			Self::Admitted { member, key, .. } => vec![Key::Member(*member), Key::Account(key.0)],
			Self::KeyAdded { member, account, .. }
			| Self::KeyRevoked { member, account }
			| Self::ValidatorAdmitted { member, account }
			| Self::ValidatorRemoved { member, account }
			| Self::ValidatorEquivocated { member, account, .. }
			| Self::ValidatorSuspended { member, account } => vec![Key::Member(*member), Key::Account(account.0)],
			Self::Suspended { member }
			| Self::Reinstated { member }
			| Self::Removed { member }
			| Self::ValidatorReinstated { member }
			| Self::NodesNamed { member, .. } => vec![Key::Member(*member)],
			Self::ValidatorSilent { account, .. } => vec![Key::Account(account.0)],
			Self::NetworkClosed { .. } => Vec::new(),
		}
	}
}
