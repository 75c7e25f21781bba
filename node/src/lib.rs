//! The node: the validator and archive node of the Kexin audit ledger.
//!
//! | module | what it holds |
//! |---|---|
//! | [`chain`] | the node itself: database, pool, network, authoring and finality |
//! | [`index`] | the index of finalized events |
//! | [`rpc`] | the JSON-RPC methods: Substrate's own and the ledger's |
//! | [`listeners`] | the listeners for auditors and applications, for the operator, and for health checks |
//! | [`commands`] | the command line |

// The errors of Substrate's services are large, and passed up once in the life of a node.
#![allow(clippy::result_large_err)]

pub mod chain;
pub mod commands;
pub mod index;
pub mod listeners;
pub mod rpc;
