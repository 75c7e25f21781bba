//! `kexin-node`: the validator and archive node of the Kexin audit ledger.
//!
//! | module | what it holds |
//! |---|---|
//! | [`chain_spec`] | the chains that the node knows by name |
//! | [`cli`], [`command`] | the command line, as operators know it from other Substrate nodes |
//! | [`service`] | the node itself: pool, import, network, authoring, finality |
//! | [`rpc`] | the JSON-RPC methods, stock and the ledger's own |

// The errors of Substrate's services are large, and passed up once in the life of a node.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
