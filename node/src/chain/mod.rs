//! The node as a part of the chain: it executes, stores, authors and finalizes blocks together with its peers.
//!
//! | module | what it holds |
//! |---|---|
//! | [`types`] | the types that the components share |
//! | [`spec`] | the chains that the node knows by name, and those that hospitals make |
//! | [`service`] | the node itself, assembled from its components |
//! | [`consensus`] | the import of blocks, authoring and finality |
//! | [`network`] | who may connect, and how blocks are synchronised |
//! | [`damage`] | what an answer found damaged in the node's database |
//! | [`equivocation`] | reports of authors who seal two blocks for one slot |

pub mod consensus;
pub mod damage;
pub mod equivocation;
pub mod network;
pub mod service;
pub mod spec;
pub mod types;
