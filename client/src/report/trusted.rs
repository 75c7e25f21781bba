//! The blocks at which proofs begin instead of the chain's first, and the newest one of each chain that was verified.

use crate::{
	config::{parse_hash, read_text},
	output,
};
use anyhow::{bail, Context as _};
use kexin_primitives::H256;
use kexin_verifier::TrustedBlock;
use std::{
	collections::BTreeMap,
	fs,
	io::ErrorKind,
	path::{Path, PathBuf},
};

/// The name of the file in the directory of what `kexin` keeps.
pub const FILE: &str = "trusted.json";

/// Reads a block that is trusted, in the form of its `Display`: `0x…:123`.
///
/// # Errors
/// When the text is anything else, or names the chain's first block.
pub fn parse(text: &str) -> anyhow::Result<TrustedBlock> {
	let (hash, number) = text
		.split_once(':')
		.context("expected the hash of a block and its number, as in 0x…:123")?;
	let number = number
		.parse::<u32>()
		.with_context(|| format!("{number:?} is no block number"))?;
	if number == 0 {
		bail!("block 0 is the chain's first: give its hash as --genesis");
	}
	Ok(TrustedBlock {
		hash: parse_hash(hash)?,
		number,
	})
}

/// The newest block of each chain that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
	path: PathBuf,
	blocks: BTreeMap<H256, TrustedBlock>,
}

impl Kept {
	/// Reads what is kept in this directory.
	///
	/// # Errors
	/// When the file can't be read: the message says what to do.
	pub fn load(directory: &Path) -> anyhow::Result<Self> {
		let path = directory.join(FILE);
		let text = match read_text(&path) {
			Ok(text) => text,
			Err(error) if error.kind() == ErrorKind::NotFound => "{}".into(),
			Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
		};
		let blocks = Self::blocks(&text).with_context(|| {
			format!(
				"{} is damaged: delete it, and the next report or proof begins it again",
				path.display()
			)
		})?;
		Ok(Self { path, blocks })
	}

	fn blocks(text: &str) -> anyhow::Result<BTreeMap<H256, TrustedBlock>> {
		let named: BTreeMap<String, String> = serde_json::from_str(text)?;
		let blocks = named
			.iter()
			.map(|(genesis, block)| Ok((parse_hash(genesis)?, parse(block)?)));
		blocks.collect()
	}

	/// The block that is kept for the chain with this genesis hash.
	pub fn of(&self, genesis: H256) -> Option<TrustedBlock> {
		self.blocks.get(&genesis).copied()
	}

	/// Keeps a block of the chain with this genesis hash, unless a newer one is kept.
	///
	/// # Errors
	/// When the file can't be written.
	pub fn advance(&mut self, genesis: H256, block: TrustedBlock) -> anyhow::Result<()> {
		if self.of(genesis).is_some_and(|kept| kept.number >= block.number) {
			return Ok(());
		}
		self.blocks.insert(genesis, block);
		let named = self
			.blocks
			.iter()
			.map(|(genesis, block)| (format!("{genesis:?}"), block.to_string()));
		let named = named.collect::<BTreeMap<_, _>>();
		if let Some(directory) = self.path.parent() {
			fs::create_dir_all(directory).with_context(|| format!("can't create {}", directory.display()))?;
		}
		output::write(&self.path, |to| {
			serde_json::to_writer_pretty(&mut *to, &named)?;
			to.write_all(b"\n")
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn block(number: u32) -> TrustedBlock {
		TrustedBlock {
			hash: H256::repeat_byte(number as u8),
			number,
		}
	}

	#[test]
	fn a_block_is_read_as_it_is_written() {
		assert_eq!(parse(&block(7).to_string()).unwrap(), block(7));
		for (text, why) in [
			("0x12", "0x…:123"),
			("0x12:3", "hash"),
			(&format!("{:?}:", H256::zero()), "no block number"),
			(&format!("{:?}:-1", H256::zero()), "no block number"),
			(&format!("{:?}:4294967296", H256::zero()), "no block number"),
			(&format!("{:?}:0", H256::zero()), "--genesis"),
		] {
			let error = format!("{:#}", parse(text).unwrap_err());
			assert!(error.contains(why), "{text}: {error}");
		}
	}

	#[test]
	fn the_newest_block_of_each_chain_is_kept() {
		let directory = tempfile::tempdir().unwrap();
		let state = directory.path().join("state");
		let [one, other] = [1, 2].map(H256::repeat_byte);
		let mut kept = Kept::load(&state).unwrap();
		assert_eq!(kept.of(one), None);
		for (genesis, number) in [(one, 5), (other, 9), (one, 4), (one, 5), (one, 6)] {
			kept.advance(genesis, block(number)).unwrap();
		}
		let kept = Kept::load(&state).unwrap();
		assert_eq!((kept.of(one), kept.of(other)), (Some(block(6)), Some(block(9))));
		assert_eq!(kept.of(H256::zero()), None);
	}

	#[test]
	fn a_damaged_file_is_named_with_what_to_do() {
		let directory = tempfile::tempdir().unwrap();
		for text in ["", "[]", "{\"0x12\": \"0x34:5\"}"] {
			fs::write(directory.path().join(FILE), text).unwrap();
			let error = format!("{:#}", Kept::load(directory.path()).unwrap_err());
			assert!(error.contains("delete it"), "{error}");
		}
	}
}
