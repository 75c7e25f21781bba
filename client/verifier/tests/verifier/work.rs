//! What a check costs, measured without a clock: the memory that it allocates in all.

use crate::support::chain::{vote, voters, Chain};
use codec::Encode as _;
use kexin_primitives::H256;
use std::{
	alloc::{GlobalAlloc, Layout, System},
	cell::Cell,
};

thread_local! {
	static ASKED: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn count(bytes: usize) {
	// The counter is gone while a thread ends.
	let _ = ASKED.try_with(|asked| asked.set(asked.get() + bytes as u64));
}

#[allow(unsafe_code)] // An allocator can't do without; this one passes everything to the system's.
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		count(layout.size());
		System.alloc(layout)
	}

	unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
		System.dealloc(at, layout)
	}

	unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
		count(size.saturating_sub(layout.size()));
		System.realloc(at, layout, size)
	}
}

/// The result, and how many bytes this thread allocated meanwhile.
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, u64) {
	let before = ASKED.get();
	let result = work();
	(result, ASKED.get() - before)
}

/// The blocks on the way from the votes to the lowest one are many, and the votes are, too.
#[test]
fn a_justification_costs_no_product_of_its_votes_and_its_headers() {
	let mut chain = Chain::new(voters(0..200));
	let headers = (0..2_000).map(|_| chain.grow(H256::zero())).collect::<Vec<_>>();
	let lowest = chain.keys.iter().take(134).map(|key| vote(key, &headers[0], 9, 0));
	let others = chain.keys.iter().skip(134).zip(headers.iter().rev());
	let votes = lowest.chain(others.map(|(key, header)| vote(key, header, 9, 0)));
	let justification = chain.justify_by(&headers[0], votes.collect(), headers[1..].to_vec());
	let finality = chain.finality(&headers[..1], &justification);
	let size = justification.encode().len() as u64;
	let (result, work) = measured(|| finality.verify(chain.hash()));
	assert!(result.is_ok(), "{result:?}");
	assert!(work < 10 * size, "{work} bytes were allocated for {size}");
}
