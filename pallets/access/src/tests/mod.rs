//! Tests, by topic.

mod record;
mod streams;

use crate::{mock::*, Batch, Position, Streams};
use frame_support::pallet_prelude::DispatchResultWithPostInfo;
use kexin_primitives::{access::AccessEvent, Versioned};

/// The position of the gateway's next event.
fn next() -> Position {
	let next = Streams::<Test>::get(GATEWAY).map(Versioned::into_latest);
	next.unwrap_or(Position { stream: 1, event: 0 })
}

fn record_at(first: Position, events: &[AccessEvent]) -> DispatchResultWithPostInfo {
	let batch = Versioned::V1(Batch::of(events).unwrap());
	Access::record(RuntimeOrigin::signed(GATEWAY), DATASET, first, batch)
}

/// Records events that come next.
fn record(events: Vec<AccessEvent>) -> DispatchResultWithPostInfo {
	record_at(next(), &events)
}
