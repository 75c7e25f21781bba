//! Checks the ledger's proofs with no node and no network.
//!
//! `docs/proofs.md` specifies proofs byte by byte; this is one implementation of it. To check a proof, you only need to
//! trust your source for the genesis hash, the hash of the chain's first block. If the council had to restart finality,
//! you also need the hash of the block with which it did. A proof may also begin at a later block that you trust, so
//! that it stays short ([`Trust`]).
//!
//! | module | what it checks | starting from |
//! |---|---|---|
//! | [`finality`] | that a block is final | the genesis hash, or the hash of a later block |
//! | [`state`] | what the ledger's state is at that block | the block's state root |
//! | [`access`] | that entries are in a log, and whether the log has no others | the log's accumulator in the state |
//! | [`report`] | what a model was made from, and whether every access for it was allowed | state and logs |
//!
//! [`Proof::from_json`] reads a file of either kind:
//!
//! ```
//! use kexin_primitives::H256;
//! use kexin_verifier::Proof;
//!
//! # let file = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/report.json"));
//! let genesis = "0x5cc3229ea6a8b7afa02c68b974c1b9d46a1dc895294d2513ebc26608480a5893".parse::<H256>().unwrap();
//! match Proof::from_json(file)? {
//!     Proof::Access(proof) => println!("complete: {}", proof.verify(genesis)?.complete),
//!     Proof::Report(document) => println!("verdict: {:?}", document.verify(genesis)?.verdict.status),
//! }
//! # Ok::<(), kexin_verifier::Error>(())
//! ```
//!
//! [`AccessProof::assemble`] and [`Document::assemble`] make such files from a node's answers and check them, so you
//! need not trust the node.
//!
//! Everything here is a pure function: no I/O, no clock, and no input makes it panic. It builds without the standard
//! library, so a page in a browser can check the same as a command line.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

extern crate alloc;

pub mod access;
mod bytes;
pub mod error;
pub mod finality;
pub mod header;
mod proof;
pub mod report;
pub mod state;
pub mod text;
mod written;

pub use access::AccessProof;
pub use bytes::Bytes;
pub use error::Error;
pub use finality::{FinalBlock, Finality, RestartBlock, Trust, TrustedBlock};
pub use proof::Proof;
pub use report::{Document, Report};
pub use state::{ProvedState, ReadState};
