//! The positions of accesses in the streams of a gateway.
//!
//! An import sends in a stream of its own. So a client that was restored from a copy, or runs twice with one key, never
//! gives one position to two accesses: the ledger refuses the stream that was begun first, and nothing is lost.

use kexin_primitives::batch::Position;
use std::{
	collections::hash_map::RandomState,
	hash::{BuildHasher as _, Hasher as _},
	time::{SystemTime, UNIX_EPOCH},
};

/// The low bits of a stream's number, which are random. The others are the time in milliseconds.
const RANDOM_BITS: u32 = 20;
/// The largest number of a stream: what the journal can keep.
const LAST: u64 = i64::MAX as u64;

/// The gateway's last stream leaves no room for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"this key has used up the numbers of its streams, as a clock that is centuries ahead or a faulty client can: have its administrator add \
	 another key with the power `gateway`, revoke this one, and use the other"
)]
pub(super) struct UsedUp;

/// The position at which a new stream begins, of a gateway whose next event has the position `next`.
pub(super) fn begin(next: Option<Position>) -> Result<Position, UsedUp> {
	let random = RandomState::new().build_hasher().finish() >> (u64::BITS - RANDOM_BITS);
	let millis = SystemTime::now()
		.duration_since(UNIX_EPOCH)
		.unwrap_or_default()
		.as_millis();
	let time = u64::try_from(millis).unwrap_or_default() << RANDOM_BITS;
	above(next, time, random)
}

fn above(next: Option<Position>, time: u64, random: u64) -> Result<Position, UsedUp> {
	let last = next.map_or(0, |next| next.stream);
	// The clock may be behind that of the client which began the last one.
	let stream = time.max(last.saturating_add(1)).saturating_add(random);
	(stream < LAST).then_some(Position { stream, event: 0 }).ok_or(UsedUp)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_new_stream_is_above_the_last_whatever_the_clock_says() {
		let after = |stream| Some(Position { stream, event: 7 });
		for (next, time, expected) in [
			(None, 0, Ok(6)),
			(None, 1_000, Ok(1_005)),
			(after(10), 1_000, Ok(1_005)),
			(after(1_000), 1_000, Ok(1_006)),
			(after(9_000), 1_000, Ok(9_006)),
			(after(LAST - 6), 1_000, Err(UsedUp)),
			(after(u64::MAX), 1_000, Err(UsedUp)),
		] {
			let begun = above(next, time, 5);
			assert_eq!(
				begun.map(|position| (position.stream, position.event)),
				expected.map(|stream| (stream, 0))
			);
		}
	}

	#[test]
	fn two_clients_that_begin_at_once_have_different_streams() {
		let low = |_| begin(None).unwrap().stream % (1 << RANDOM_BITS);
		let random = (0..16).map(low).collect::<std::collections::BTreeSet<_>>();
		assert!(random.len() > 1, "{random:?}");
	}
}
