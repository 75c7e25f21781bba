//! What a check costs, measured without a clock: the memory that it allocates in all.

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
