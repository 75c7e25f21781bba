//! Notices when synchronisation stalls, so that the node can reconnect.
//!
//! When a peer refuses a request or does not answer it, synchronisation asks the network to close the connection, and
//! requests nothing from the peer until it is closed. But sc-network 0.60.0 never closes connections to reserved peers
//! on such a request, and in a closed network all peers are reserved. So a validator whose clock was wrong for some
//! seconds, or whose line was bad, would stall until its operator restarted it.

use crate::chain::types::Client;
use futures::Stream;
use kexin_runtime::opaque::Block;
use sc_network_sync::{SyncStatus, SyncStatusProvider as _, SyncingService};
use sp_blockchain::HeaderBackend as _;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// How long no block may arrive while peers have more. It is longer than the 60 s for which synchronisation requests
/// nothing from a peer whose connection broke during a request.
const TIMEOUT: Duration = Duration::from_secs(90);
/// How often this is checked.
const PERIOD: Duration = Duration::from_secs(5);

/// The newest block, and the time since which there has been no newer one.
struct Watch {
	best: u32,
	since: Instant,
}

impl Watch {
	fn new(best: u32, now: Instant) -> Self {
		Self { best, since: now }
	}

	/// Whether peers have more blocks, up to `seen`, and none has arrived for too long. If so, the time starts again.
	fn stalled(&mut self, best: u32, seen: Option<u32>, now: Instant) -> bool {
		let moved = std::mem::replace(&mut self.best, best) != best;
		let behind = seen.is_some_and(|seen| seen > best);
		let stalled = behind && !moved && now.duration_since(self.since) >= TIMEOUT;
		if moved || !behind || stalled {
			self.since = now;
		}
		stalled
	}
}

/// Yields an item whenever synchronisation stalls: peers have more blocks, and none has arrived for too long.
pub fn stalls(client: Arc<Client>, sync: Arc<SyncingService<Block>>) -> impl Stream<Item = ()> {
	let watch = Watch::new(client.info().best_number, Instant::now());
	futures::stream::unfold((watch, client, sync), |(mut watch, client, sync)| async move {
		loop {
			tokio::time::sleep(PERIOD).await;
			let status = sync.status().await.ok()?;
			let best = client.info().best_number;
			if watch.stalled(best, seen(&status), Instant::now()) {
				log::warn!(
					"peers have more blocks, but none after {best} has arrived for {TIMEOUT:?}: reconnecting to reserved peers"
				);
				return Some(((), (watch, client, sync)));
			}
		}
	})
}

/// The number of the newest block of the peers; none while the node downloads a state, when it needs no blocks.
fn seen(status: &SyncStatus<Block>) -> Option<u32> {
	let elsewhere = status.warp_sync.is_some() || status.state_sync.is_some();
	status.best_seen_block.filter(|_| !elsewhere)
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Whether the watch reports a stall at each check: the seconds, the best block and the newest block of the peers.
	fn checks<const N: usize>(checks: [(u64, u32, Option<u32>); N]) -> [bool; N] {
		let start = Instant::now();
		let mut watch = Watch::new(7, start);
		checks.map(|(seconds, best, seen)| watch.stalled(best, seen, start + Duration::from_secs(seconds)))
	}

	#[test]
	fn a_stall_is_noticed_and_noticed_again_when_it_goes_on() {
		let behind = |seconds| (seconds, 7, Some(9));
		let noticed = checks([behind(89), behind(90), behind(95), behind(179), behind(180)]);
		assert_eq!(noticed, [false, true, false, false, true]);
	}

	#[test]
	fn a_node_that_has_all_blocks_or_receives_some_is_not_stalled() {
		assert_eq!(checks([(90, 7, Some(7)), (200, 7, None)]), [false, false]);
		assert_eq!(
			checks([(60, 7, Some(9)), (80, 8, Some(9)), (169, 8, Some(9)), (170, 8, Some(9))]),
			[false, false, false, true]
		);
		assert_eq!(
			checks([(80, 7, Some(7)), (100, 7, Some(8)), (170, 7, Some(8))]),
			[false, false, true]
		);
	}
}
