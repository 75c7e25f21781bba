//! The next version of the runtime, with the checks of its state, which `tests/e2e/upgrade.test.mjs` applies.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(target_family = "wasm")]
pub use kexin_runtime::*;
