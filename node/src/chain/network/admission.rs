//! The nodes that may connect, as the newest block has them.

use crate::chain::types::Client;
use futures::{Stream, StreamExt as _};
use kexin_runtime_api::NetworkApi as _;
use sc_client_api::BlockchainEvents as _;
use sc_network::{
	config::{NetworkConfiguration, NonReservedPeerMode},
	service::traits::NetworkService,
	PeerId, ProtocolName,
};
use sp_api::ProvideRuntimeApi as _;
use sp_blockchain::HeaderBackend as _;
use std::{
	collections::HashSet,
	sync::{Arc, PoisonError, RwLock},
};

/// The nodes that may connect, and whether any other may.
#[derive(Clone, Default)]
pub struct List(Arc<RwLock<Option<HashSet<PeerId>>>>);

impl List {
	/// Whether a node may connect.
	pub fn admits(&self, peer: &PeerId) -> bool {
		let admitted = self.0.read().unwrap_or_else(PoisonError::into_inner);
		admitted.as_ref().is_none_or(|admitted| admitted.contains(peer))
	}

	/// Of these nodes alone.
	#[cfg(test)]
	pub fn of<const N: usize>(nodes: [PeerId; N]) -> Self {
		Self(Arc::new(RwLock::new(Some(nodes.into()))))
	}

	/// Those that may connect; none when all may.
	fn get(&self) -> Option<HashSet<PeerId>> {
		self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
	}

	/// Takes over what the ledger says. Whether that changed anything.
	fn replace(&self, admitted: Option<HashSet<PeerId>>) -> bool {
		let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
		let changed = *list != admitted;
		*list = admitted;
		changed
	}
}

/// Keeps the list as the ledger has it.
pub struct Admission {
	client: Arc<Client>,
	list: List,
	/// Those that the operator named, whatever the ledger says.
	reserved: HashSet<PeerId>,
	/// Whether the operator lets no others connect, whatever the ledger says.
	reserved_only: bool,
}

impl Admission {
	/// The list of the newest block that the node has.
	pub fn new(client: Arc<Client>, config: &NetworkConfiguration) -> Self {
		let peers = &config.default_peers_set;
		let admission = Self {
			client,
			list: List::default(),
			reserved: peers.reserved_nodes.iter().map(|node| node.peer_id).collect(),
			reserved_only: peers.non_reserved_mode == NonReservedPeerMode::Deny,
		};
		admission.read();
		admission
	}

	/// The list, which stays up to date.
	pub fn list(&self) -> List {
		self.list.clone()
	}

	/// Follows the chain, and has the network connect to those who may and drop the others. The newest block counts, not the newest final
	/// one: while finality stands still, the council must be able to admit those who bring it back.
	///
	/// At each of `stalls` all connections with reserved peers are made anew; `announcements` is the protocol that they depend on.
	pub async fn follow(
		self,
		network: Arc<dyn NetworkService>,
		announcements: ProtocolName,
		stalls: impl Stream<Item = ()>,
	) {
		let mut blocks = self.client.import_notification_stream().fuse();
		let mut stalls = std::pin::pin!(stalls.fuse());
		let mut only = self.reserved_only;
		self.tell(&*network, &mut only);
		loop {
			futures::select! {
				block = blocks.next() => match block {
					Some(block) if block.is_new_best && self.read() => self.tell(&*network, &mut only),
					Some(_) => {},
					None => return,
				},
				() = stalls.select_next_some() => {
					self.disconnect(&*network, &announcements);
					self.tell(&*network, &mut only);
				},
			}
		}
	}

	/// Reads what the newest block says. Whether that changed anything. A list that can't be read leaves the old one in force.
	fn read(&self) -> bool {
		let best = self.client.info().best_hash;
		match self.client.runtime_api().admitted_nodes(best) {
			Ok(nodes) => self.list.replace(nodes.map(|nodes| {
				let named = nodes.iter().filter_map(PeerId::from_ed25519);
				named.chain(self.reserved.iter().copied()).collect()
			})),
			Err(error) => {
				log::warn!("the ledger does not say who may connect, so that it stays as it was: {error}");
				false
			},
		}
	}

	/// Has the network do what the list says. `only` is whether it takes none but reserved peers by now.
	fn tell(&self, network: &dyn NetworkService, only: &mut bool) {
		let admitted = self.list.get();
		match &admitted {
			Some(admitted) => {
				log::info!("the network is closed: {} nodes may connect", admitted.len());
				if !std::mem::replace(only, true) {
					// sc-network 0.60.0 takes reserved peers that are connected at this moment for closing ever after, and would not drop them
					// any more. So there are none, and all connect again.
					network.set_authorized_peers(HashSet::new());
					network.set_authorized_only(true);
				}
			},
			None if *only && !self.reserved_only => {
				network.set_authorized_only(false);
				*only = false;
			},
			None => {},
		}
		network.set_authorized_peers(self.peers(admitted, network));
	}

	/// Drops all connections with reserved peers, who may connect again once they are reserved again.
	fn disconnect(&self, network: &dyn NetworkService, announcements: &ProtocolName) {
		network.set_authorized_peers(HashSet::new());
		for peer in self.peers(self.list.get(), network) {
			network.disconnect_peer(peer, announcements.clone());
		}
	}

	/// The peers whose connections are kept, of those that the ledger admits or, where it admits everybody, those that the operator named.
	fn peers(&self, admitted: Option<HashSet<PeerId>>, network: &dyn NetworkService) -> HashSet<PeerId> {
		let mut peers = admitted.unwrap_or_else(|| self.reserved.clone());
		peers.remove(&network.local_peer_id());
		peers
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_open_list_admits_everybody_and_a_closed_one_those_that_it_names() {
		let list = List::default();
		let (friend, stranger) = (PeerId::random(), PeerId::random());
		assert!(list.admits(&stranger));
		assert!(list.replace(Some([friend].into())));
		assert!(!list.replace(Some([friend].into())), "nothing changed");
		assert!(list.admits(&friend) && !list.admits(&stranger));
		assert!(list.replace(None));
		assert!(list.admits(&stranger));
	}
}
