//! Places order everything that happened on the ledger.

/// Where something happened: the number of its block times 2^20, plus its position among the events of the block.
pub type Place = i64;

const POSITION_BITS: u32 = 20;

/// The place of the event at this position of a block.
pub fn place(block: u32, position: usize) -> Place {
	// A block holds far fewer than 2^20 events.
	(Place::from(block) << POSITION_BITS) | int(position as u64)
}

/// The block of a place.
pub fn block_of(place: Place) -> u32 {
	u32::try_from(place >> POSITION_BITS).unwrap_or(u32::MAX)
}

/// The place before which everything up to a block stands.
pub fn end_of(block: u32) -> Place {
	place(block, 0) + place(1, 0)
}

/// A number as the databases keep it. Times and counts stay below 2^53.
pub fn int(number: u64) -> i64 {
	i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn places_order_blocks_before_what_is_in_them() {
		assert!(place(3, 1_000_000) < place(4, 0));
		assert_eq!(block_of(place(u32::MAX, 5)), u32::MAX);
	}
}
