//! Features of dependencies that the tests need, also while the programs are built.
//!
//! Cargo compiles a dependency again for each set of its features. The tests compare the verifier with `smoldot`, which
//! turns on features of crates on which the whole Polkadot SDK rests. With them turned on here as well,
//! `cargo build --workspace` and `cargo test --workspace` share one compilation of the SDK.
