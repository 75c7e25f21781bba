//! The present version of the runtime, with the checks of its state, with which `tests/e2e/upgrade.test.mjs` checks a
//! node's state.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(target_family = "wasm")]
pub use kexin_runtime::*;
