//! Notices when synchronisation stalls, so that the node can reconnect.
//!
//! When a peer refuses a request or does not answer it, synchronisation asks the network to close the connection, and
//! requests nothing from the peer until it is closed. But sc-network 0.60.0 never closes connections to reserved peers
//! on such a request, and in a closed network all peers are reserved. So a validator whose clock was wrong for some
//! seconds, or whose line was bad, would stall until its operator restarted it.

use crate::chain::types::Client;
use futures::{Stream, StreamExt as _};
use kexin_runtime::opaque::Block;
use sc_client_api::BlockchainEvents as _;
use sc_network_sync::{SyncStatus, SyncStatusProvider as _, SyncingService};
use sp_blockchain::HeaderBackend as _;
use sp_consensus::BlockOrigin;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// How long no block may arrive while peers have more. It is longer than the 60 s for which synchronisation requests
/// nothing from a peer whose connection broke during a request.
const TIMEOUT: Duration = Duration::from_secs(90);
/// How often this is checked.
const PERIOD: Duration = Duration::from_secs(5);

/// Since when no block has arrived, or none had to.
struct Watch {
	since: Instant,
}

impl Watch {
	/// Whether a node has been `behind` its peers for too long although nothing has `arrived` since the last check. If
	/// so, the time starts again.
	fn stalled(&mut self, arrived: bool, behind: bool, now: Instant) -> bool {
		let stalled = behind && !arrived && now.duration_since(self.since) >= TIMEOUT;
		if arrived || !behind || stalled {
			self.since = now;
		}
		stalled
	}
}

/// Yields an item whenever synchronisation stalls: peers have more blocks, and none has arrived for too long.
pub fn stalls(client: Arc<Client>, sync: Arc<SyncingService<Block>>) -> impl Stream<Item = ()> {
	let watch = Watch { since: Instant::now() };
	let imports = client.every_import_notification_stream().map(|block| block.origin);
	futures::stream::unfold(
		(watch, imports, client, sync),
		|(mut watch, mut imports, client, sync)| async move {
			loop {
				let arrived = arrives(&mut imports, PERIOD).await;
				let status = sync.status().await.ok()?;
				let best = client.info().best_number;
				if watch.stalled(arrived, seen(&status).is_some_and(|seen| seen > best), Instant::now()) {
					log::warn!(
					"peers have more blocks than {best}, but none has arrived for {TIMEOUT:?}: reconnecting to reserved peers"
				);
					return Some(((), (watch, imports, client, sync)));
				}
			}
		},
	)
}

/// Whether a new block comes from a peer within this time. A validator that no blocks reach goes on authoring its own,
/// and a node that began at a late block goes on downloading earlier ones.
async fn arrives(imports: &mut (impl Stream<Item = BlockOrigin> + Unpin), period: Duration) -> bool {
	let mut arrived = false;
	let watch = async {
		while let Some(origin) = imports.next().await {
			arrived |= !matches!(origin, BlockOrigin::Own | BlockOrigin::GapSync);
		}
		std::future::pending::<()>().await;
	};
	// It never ends by itself.
	let _ = tokio::time::timeout(period, watch).await;
	arrived
}

/// The number of the newest block of the peers; none while the node downloads a state, when it needs no blocks.
fn seen(status: &SyncStatus<Block>) -> Option<u32> {
	let elsewhere = status.warp_sync.is_some() || status.state_sync.is_some();
	status.best_seen_block.filter(|_| !elsewhere)
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Whether the watch reports a stall at each check: the seconds, whether a block arrived, and whether peers have
	/// more.
	fn checks<const N: usize>(checks: [(u64, bool, bool); N]) -> [bool; N] {
		let start = Instant::now();
		let mut watch = Watch { since: start };
		checks.map(|(seconds, arrived, behind)| watch.stalled(arrived, behind, start + Duration::from_secs(seconds)))
	}

	#[test]
	fn a_stall_is_noticed_and_noticed_again_when_it_goes_on() {
		let behind = |seconds| (seconds, false, true);
		let noticed = checks([behind(89), behind(90), behind(95), behind(179), behind(180)]);
		assert_eq!(noticed, [false, true, false, false, true]);
	}

	#[test]
	fn a_node_that_has_all_blocks_or_receives_some_is_not_stalled() {
		assert_eq!(checks([(90, false, false), (200, false, false)]), [false, false]);
		assert_eq!(
			checks([
				(60, false, true),
				(80, true, true),
				(169, false, true),
				(170, false, true)
			]),
			[false, false, false, true]
		);
		assert_eq!(
			checks([(80, false, false), (100, false, true), (170, false, true)]),
			[false, false, true]
		);
	}

	#[tokio::test]
	async fn own_and_earlier_blocks_have_not_arrived() {
		use BlockOrigin::{GapSync, NetworkBroadcast, Own};
		for (origins, arrived) in [
			(&[][..], false),
			(&[Own, GapSync], false),
			(&[Own, NetworkBroadcast, Own], true),
		] {
			let mut imports = futures::stream::iter(origins.iter().copied());
			assert_eq!(
				arrives(&mut imports, Duration::from_millis(1)).await,
				arrived,
				"{origins:?}"
			);
		}
	}
}
