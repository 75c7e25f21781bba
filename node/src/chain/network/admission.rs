//! The nodes that the ledger admits to the network, as of the newest block.

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

/// The nodes that may connect; none while every node may. A clone refers to the same nodes.
#[derive(Clone, Default)]
pub struct AdmittedNodes(Arc<RwLock<Option<HashSet<PeerId>>>>);

impl AdmittedNodes {
	/// Whether a node may connect.
	pub fn contains(&self, peer: &PeerId) -> bool {
		let admitted = self.0.read().unwrap_or_else(PoisonError::into_inner);
		admitted.as_ref().is_none_or(|admitted| admitted.contains(peer))
	}

	/// Only these nodes.
	#[cfg(test)]
	pub fn of<const N: usize>(nodes: [PeerId; N]) -> Self {
		Self(Arc::new(RwLock::new(Some(nodes.into()))))
	}

	/// The nodes that may connect; none while every node may.
	fn get(&self) -> Option<HashSet<PeerId>> {
		self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
	}

	/// Replaces the nodes. Returns whether that changed anything.
	fn replace(&self, admitted: Option<HashSet<PeerId>>) -> bool {
		let mut nodes = self.0.write().unwrap_or_else(PoisonError::into_inner);
		let changed = *nodes != admitted;
		*nodes = admitted;
		changed
	}
}

/// Makes the network keep to the nodes that the ledger admits.
pub struct Admission {
	client: Arc<Client>,
	nodes: AdmittedNodes,
	/// The nodes that the operator reserved. They may always connect.
	reserved: HashSet<PeerId>,
	/// Whether the operator admits reserved nodes only.
	reserved_only: bool,
}

impl Admission {
	/// Starts with the nodes that the newest block of the database admits.
	pub fn new(client: Arc<Client>, config: &NetworkConfiguration) -> Self {
		let peers = &config.default_peers_set;
		let admission = Self {
			client,
			nodes: AdmittedNodes::default(),
			reserved: peers.reserved_nodes.iter().map(|node| node.peer_id).collect(),
			reserved_only: peers.non_reserved_mode == NonReservedPeerMode::Deny,
		};
		admission.refresh();
		admission
	}

	/// The admitted nodes. They stay up to date.
	pub fn nodes(&self) -> AdmittedNodes {
		self.nodes.clone()
	}

	/// Follows the chain: connects to the admitted nodes and disconnects the others. The newest block counts, not the
	/// newest final one: while finality is halted, the council must be able to admit the nodes that restore it.
	///
	/// At each of `stalls` the node reconnects to all reserved peers. `announcements` is the protocol that these
	/// connections depend on.
	pub async fn follow(
		self,
		network: Arc<dyn NetworkService>,
		announcements: ProtocolName,
		stalls: impl Stream<Item = ()>,
	) {
		let mut blocks = self.client.import_notification_stream().fuse();
		let mut stalls = std::pin::pin!(stalls.fuse());
		let mut only = self.reserved_only;
		self.apply(&*network, &mut only);
		loop {
			futures::select! {
				block = blocks.next() => match block {
					Some(block) if block.is_new_best && self.refresh() => self.apply(&*network, &mut only),
					Some(_) => {},
					None => return,
				},
				() = stalls.select_next_some() => {
					self.disconnect(&*network, &announcements);
					self.apply(&*network, &mut only);
				},
			}
		}
	}

	/// Reads the admitted nodes of the newest block. Returns whether they changed. If they can't be read, the previous
	/// ones stay in force.
	fn refresh(&self) -> bool {
		let best = self.client.info().best_hash;
		match self.client.runtime_api().admitted_nodes(best) {
			Ok(nodes) => self.nodes.replace(nodes.map(|nodes| {
				let named = nodes.iter().filter_map(PeerId::from_ed25519);
				named.chain(self.reserved.iter().copied()).collect()
			})),
			Err(error) => {
				log::warn!("the admitted nodes can't be read, so the previous ones stay in force: {error}");
				false
			},
		}
	}

	/// Makes the network keep to the admitted nodes. `only` is whether it accepts reserved peers only at this time.
	fn apply(&self, network: &dyn NetworkService, only: &mut bool) {
		let admitted = self.nodes.get();
		match &admitted {
			Some(admitted) => {
				log::info!("the network is closed: {} nodes may connect", admitted.len());
				if !std::mem::replace(only, true) {
					// sc-network 0.60.0 would treat reserved peers that are connected at this time as closing from then
					// on, and never drop them. So first there are none, and then all connect again.
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

	/// Closes all connections to reserved peers. They may connect again once they are reserved again.
	fn disconnect(&self, network: &dyn NetworkService, announcements: &ProtocolName) {
		network.set_authorized_peers(HashSet::new());
		for peer in self.peers(self.nodes.get(), network) {
			network.disconnect_peer(peer, announcements.clone());
		}
	}

	/// The peers to stay connected to: the admitted nodes or, while every node may connect, the reserved ones.
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
	fn an_open_network_admits_every_node_and_a_closed_one_only_those_it_names() {
		let nodes = AdmittedNodes::default();
		let (friend, stranger) = (PeerId::random(), PeerId::random());
		assert!(nodes.contains(&stranger));
		assert!(nodes.replace(Some([friend].into())));
		assert!(!nodes.replace(Some([friend].into())), "nothing changed");
		assert!(nodes.contains(&friend) && !nodes.contains(&stranger));
		assert!(nodes.replace(None));
		assert!(nodes.contains(&stranger));
	}
}
