//! `kexin-node`: see the library beside it.

// The error of the command line is large, and passed up once.
#![allow(clippy::result_large_err)]

fn main() -> sc_cli::Result<()> {
	kexin_node::commands::run()
}
