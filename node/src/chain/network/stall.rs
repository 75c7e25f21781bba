//! Synchronisation that stands still, and how it goes on.
//!
//! A request that a peer refuses, or leaves unanswered, makes the synchronisation ask for that peer's connection to be closed, and ask it
//! for nothing until it is. sc-network 0.60.0 keeps connections with reserved peers, whoever asks, and in a closed network all are reserved.
//! So a validator whose clock was wrong for some seconds, or whose line was bad, would have stood still until somebody started it again.

use crate::chain::types::Client;
use futures::Stream;
use kexin_runtime::opaque::Block;
use sc_network_sync::{SyncStatus, SyncStatusProvider as _, SyncingService};
use sp_blockchain::HeaderBackend as _;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// How long no block may come while peers have some. It is longer than the 60 s for which the synchronisation asks nothing of a peer whose
/// connection it lost with a request under way.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often it is looked at.
const PERIOD: Duration = Duration::from_secs(5);

/// Since when no block has come.
struct Watch {
	best: u32,
	since: Instant,
}

impl Watch {
	fn new(best: u32, now: Instant) -> Self {
		Self { best, since: now }
	}

	/// Whether peers have blocks, up to `seen`, and none has come for too long. The time then begins anew.
	fn stalled(&mut self, best: u32, seen: Option<u32>, now: Instant) -> bool {
		let moved = std::mem::replace(&mut self.best, best) != best;
		let behind = seen.is_some_and(|seen| seen > best);
		let stalled = behind && !moved && now.duration_since(self.since) >= PATIENCE;
		if moved || !behind || stalled {
			self.since = now;
		}
		stalled
	}
}

/// Tells of each time that the synchronisation stands still: peers have blocks, and for long none has come.
pub fn stalls(client: Arc<Client>, sync: Arc<SyncingService<Block>>) -> impl Stream<Item = ()> {
	let watch = Watch::new(client.info().best_number, Instant::now());
	futures::stream::unfold((watch, client, sync), |(mut watch, client, sync)| async move {
		loop {
			tokio::time::sleep(PERIOD).await;
			let status = sync.status().await.ok()?;
			let best = client.info().best_number;
			if watch.stalled(best, seen(&status), Instant::now()) {
				log::warn!(
					"peers have more blocks, but none has come after {best} for {PATIENCE:?}: reserved peers are connected anew"
				);
				return Some(((), (watch, client, sync)));
			}
		}
	})
}

/// The number of the newest block of the peers; none while the node has no use for it, as it fetches the state of another first.
fn seen(status: &SyncStatus<Block>) -> Option<u32> {
	let elsewhere = status.warp_sync.is_some() || status.state_sync.is_some();
	status.best_seen_block.filter(|_| !elsewhere)
}

#[cfg(test)]
mod tests {
	use super::*;

	/// What the watch says of these looks: the seconds, the best block and the newest of the peers.
	fn looks<const N: usize>(looks: [(u64, u32, Option<u32>); N]) -> [bool; N] {
		let start = Instant::now();
		let mut watch = Watch::new(7, start);
		looks.map(|(seconds, best, seen)| watch.stalled(best, seen, start + Duration::from_secs(seconds)))
	}

	#[test]
	fn blocks_that_do_not_come_are_noticed_and_again_after_as_long() {
		let behind = |seconds| (seconds, 7, Some(9));
		let noticed = looks([behind(89), behind(90), behind(95), behind(179), behind(180)]);
		assert_eq!(noticed, [false, true, false, false, true]);
	}

	#[test]
	fn whoever_has_all_blocks_or_gets_some_does_not_stand_still() {
		assert_eq!(looks([(90, 7, Some(7)), (200, 7, None)]), [false, false]);
		assert_eq!(
			looks([(60, 7, Some(9)), (80, 8, Some(9)), (169, 8, Some(9)), (170, 8, Some(9))]),
			[false, false, false, true]
		);
		assert_eq!(
			looks([(80, 7, Some(7)), (100, 7, Some(8)), (170, 7, Some(8))]),
			[false, false, true]
		);
	}
}
