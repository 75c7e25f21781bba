//! The directory in which a node keeps a chain, for the subcommands that work beside it.

use sc_cli::{SharedParams, SubstrateCli};
use sc_service::BasePath;
use std::path::PathBuf;

/// The directory of the chain that these options name.
///
/// # Errors
/// When the chain is unknown.
pub fn of_chain<C: SubstrateCli>(cli: &C, shared: &SharedParams) -> sc_cli::Result<PathBuf> {
	let spec = cli.load_spec(&shared.chain_id(shared.is_dev()))?;
	let base = shared.base_path()?;
	let base = base.unwrap_or_else(|| BasePath::from_project("", "", &C::executable_name()));
	Ok(base.config_dir(spec.id()))
}
