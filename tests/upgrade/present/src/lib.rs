//! The present version of the runtime with the checks of its state. `tests/e2e/upgrade.test.mjs` checks a node's state
//! with it.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(target_family = "wasm")]
pub use kexin_runtime::*;
