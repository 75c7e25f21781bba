//! When accesses must have occurred for the fake ledgers to accept them.

use kexin::ledger::Window;

/// From September 2020 to March 2030; it is 2027-01-15 at 8:00.
pub fn window() -> Window {
	Window {
		earliest: 1_600_000_000_000,
		latest: 1_900_000_000_000,
		now: 1_800_000_000_000,
	}
}
