//! The present version of the runtime, with the checks of its state, which `tests/e2e/upgrade.test.mjs` looks at the
//! state with.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(target_family = "wasm")]
pub use kexin_runtime::*;
