//! Lets a runtime API watch what batches add to the logs. The chain itself keeps only accumulators, and its events only
//! positions.

use alloc::vec::Vec;
use kexin_primitives::events::access::Batch;

environmental::environmental!(batches: Vec<Batch>);

/// Runs something, such as a block, and returns the batches that were recorded meanwhile.
///
/// Batches of transactions that were rolled back later are among them: the events of the block tell which ones stayed.
pub fn observe(run: impl FnOnce()) -> Vec<Batch> {
	let mut recorded = Vec::new();
	batches::using(&mut recorded, run);
	recorded
}

/// Notes a batch for the observer.
pub(crate) fn note(batch: Batch) {
	batches::with(|batches| batches.push(batch));
}

/// Whether somebody observes. Otherwise nothing need be noted.
pub(crate) fn is_observed() -> bool {
	batches::with(|_| ()).is_some()
}
