//! The node: the validator and archive node of the Kexin audit ledger.
//!
//! | module | what it holds |
//! |---|---|
//! | [`chain_spec`] | the chains that the node knows by name, and those that hospitals make |
//! | [`ceremony`] | how hospitals start a chain of their own |
//! | [`archive`] | the blocks of the chain in a file |
//! | [`cli`], [`command`] | the command line, as operators know it from other Substrate nodes |
//! | [`equivocation`] | reports of authors who seal two blocks for one slot |
//! | [`session_keys`] | the keys of a validator, made where it keeps them |
//! | [`service`] | the node itself: pool, import, authoring, finality |
//! | [`network`] | who may connect, and what is asked of whom |
//! | [`index`] | the index of finalized events |
//! | [`rpc`] | the JSON-RPC methods, stock and the ledger's own |
//! | [`operator`] | the operator's own ways to them |
//! | [`door`] | the way for auditors and applications |
//! | [`logs`] | the log as JSON |
//! | [`health`] | whether the node is well |
//! | [`listeners`], [`http1`] | what these three share |

// The errors of Substrate's services are large, and passed up once in the life of a node.
#![allow(clippy::result_large_err)]

pub mod archive;
pub mod ceremony;
pub mod chain_spec;
pub mod cli;
pub mod command;
pub mod door;
pub mod equivocation;
pub mod health;
pub mod http1;
pub mod index;
pub mod listeners;
pub mod logs;
pub mod network;
pub mod operator;
pub mod rpc;
pub mod service;
pub mod session_keys;
