//! Which nodes may connect (design goal 7).

use crate::*;
use frame_support::{ensure, pallet_prelude::DispatchResult};
use kexin_primitives::members::{MemberId, MemberKind};

impl<T: Config> Pallet<T> {
	/// The nodes of all active members; none while the network is open. This reads every organisation, so only nodes
	/// call it, and no transaction does.
	pub fn admitted_nodes() -> Option<Vec<NodeKey>> {
		Closed::<T>::get().then(|| {
			NodesOf::<T>::iter()
				.filter(|(member, _)| Self::is_active(*member))
				.flat_map(|(_, nodes)| nodes)
				.collect()
		})
	}

	/// Stores the nodes of a member.
	pub(crate) fn do_name_nodes(member: MemberId, nodes: Nodes) -> DispatchResult {
		ensure!(
			Self::kind_of(member) != Some(MemberKind::Person),
			Error::<T>::NodesForOrganisationsOnly
		);
		if nodes.is_empty() {
			NodesOf::<T>::remove(member);
		} else {
			NodesOf::<T>::insert(member, &nodes);
		}
		Self::deposit_event(Event::NodesNamed { member, nodes });
		Ok(())
	}

	/// Closes the network, or opens it.
	pub(crate) fn do_close_network(closed: bool) -> DispatchResult {
		ensure!(Closed::<T>::get() != closed, Error::<T>::AlreadySo);
		let validators = Validators::<T>::get();
		ensure!(
			!closed || validators.keys().all(NodesOf::<T>::contains_key),
			Error::<T>::NodesMissing
		);
		Closed::<T>::put(closed);
		Self::deposit_event(Event::NetworkClosed { closed });
		Ok(())
	}
}
