//! Checks the ledger's proofs with no node and no network.
//!
//! What a proof is stands in `docs/proofs.md`, byte by byte; this is one implementation of it. Who checks a proof knows
//! one thing from elsewhere, the hash of the chain's first block (and more only where the council had to start finality anew: [`Trust`]), and
//! believes nobody else:
//!
//! | module | what it checks | taken from |
//! |---|---|---|
//! | [`finality`] | that a block is final | the genesis hash |
//! | [`state`] | what the ledger's state is at that block | the block's state root |
//! | [`access`] | that entries stand in a data set's log, and whether they are all | the log's accumulator in the state |
//! | [`report`] | what a model was made from, and whether every access for it was allowed | state and logs |
//!
//! [`Proof::from_json`] reads a file of either kind:
//!
//! ```
//! use kexin_primitives::H256;
//! use kexin_verifier::Proof;
//!
//! # let file = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/report.json"));
//! let genesis = "0x73270b9cc72d9453439892706b4dafb7be87577ea0833cf6cf49abb8bfd57aa9".parse::<H256>().unwrap();
//! match Proof::from_json(file)? {
//!     Proof::Access(proof) => println!("complete: {}", proof.verify(genesis)?.complete),
//!     Proof::Report(document) => println!("verdict: {:?}", document.verify(genesis)?.verdict.status),
//! }
//! # Ok::<(), kexin_verifier::Error>(())
//! ```
//!
//! [`AccessProof::assemble`] and [`Document::assemble`] make such files from what a node answers, which they check on the
//! way: nobody has to believe the node.
//!
//! Everything here is a pure function: no I/O, no clock, no panic whatever the bytes. It builds without the standard
//! library, so that a page in a browser can check what a command line checks.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)
)]

extern crate alloc;

pub mod access;
mod bytes;
pub mod error;
pub mod finality;
pub mod header;
mod proof;
pub mod report;
pub mod state;

pub use access::AccessProof;
pub use bytes::Bytes;
pub use error::Error;
pub use finality::{FinalBlock, Finality, Trust};
pub use proof::Proof;
pub use report::{Document, Report};
pub use state::{ReadState, State};
