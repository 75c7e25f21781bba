//! The written form of a proof, the only one that is accepted.
//!
//! Readers of JSON differ in what they take for the same. So what was read is written again and compared with the file.
//! Only the white space between tokens is free.

use crate::{text::brief, Error};
use alloc::{
	format,
	string::{String, ToString},
	vec::Vec,
};
use serde::Serialize;

/// How much of the two forms an error shows, in bytes.
const SHOWN: usize = 40;

/// Checks that a file is what is written for its content.
///
/// # Errors
/// [`Error::Json`] names the first difference.
pub(crate) fn check(file: &[u8], content: &impl Serialize) -> Result<(), Error> {
	let mut comparison = Comparison::new(file);
	#[cfg(feature = "std")]
	let written = serde_json::to_writer(&mut comparison, content);
	#[cfg(not(feature = "std"))]
	let written = serde_json::to_vec(content).map(|written| comparison.take(&written));
	match (comparison.end(), written) {
		(Some(difference), _) => Err(Error::Json(difference)),
		(None, Err(error)) => Err(Error::Json(error.to_string())),
		(None, Ok(_)) => Ok(()),
	}
}

/// Compares a file with the text that is written for it, as it is written.
struct Comparison<'a> {
	file: &'a [u8],
	/// Up to where the file was compared.
	at: usize,
	/// Where the token begins that is compared.
	token: usize,
	in_string: bool,
	escaped: bool,
	/// What is written in place of the first token that differs, as far as an error shows it.
	instead: Option<Vec<u8>>,
}

impl<'a> Comparison<'a> {
	fn new(file: &'a [u8]) -> Self {
		Self {
			file,
			at: 0,
			token: 0,
			in_string: false,
			escaped: false,
			instead: None,
		}
	}

	/// Compares the next bytes that are written. Returns whether there is more to compare.
	fn take(&mut self, written: &[u8]) -> bool {
		written.iter().all(|byte| self.compare(*byte))
	}

	fn compare(&mut self, byte: u8) -> bool {
		if let Some(instead) = &mut self.instead {
			instead.push(byte);
			return instead.len() < SHOWN;
		}
		if self.in_string {
			self.in_string = byte != b'"' || self.escaped;
			self.escaped = byte == b'\\' && !self.escaped;
		} else {
			self.skip_white_space();
			if matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b',' | b':') {
				self.token = self.at;
			}
			self.in_string = byte == b'"';
		}
		if self.file.get(self.at) == Some(&byte) {
			self.at = self.at.saturating_add(1);
			return true;
		}
		let same = self.file.get(self.token..self.at).unwrap_or_default();
		let mut instead = same.to_vec();
		instead.push(byte);
		self.instead = Some(instead);
		true
	}

	fn skip_white_space(&mut self) {
		while self.file.get(self.at).is_some_and(u8::is_ascii_whitespace) {
			self.at = self.at.saturating_add(1);
		}
	}

	/// The first difference; none when the file is in the written form.
	fn end(mut self) -> Option<String> {
		if self.instead.is_none() {
			self.skip_white_space();
			if self.at == self.file.len() {
				return None;
			}
			self.token = self.at;
		}
		let before = self.file.get(..self.token).unwrap_or_default();
		let line = before.split(|byte| *byte == b'\n').count();
		let column = before.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len);
		let shown = |bytes: &[u8]| {
			let cut = bytes.get(..SHOWN).map_or(bytes, |shown| shown);
			brief(&String::from_utf8_lossy(cut))
		};
		let found = shown(self.file.get(self.token..).unwrap_or_default());
		let written = shown(&self.instead.unwrap_or_default());
		Some(format!(
			"it is not in the form that the ledger writes, which is the only one accepted: line {line}, column {} has \
			 {found} where {written} is written",
			column.saturating_add(1)
		))
	}
}

#[cfg(feature = "std")]
impl std::io::Write for Comparison<'_> {
	fn write(&mut self, written: &[u8]) -> std::io::Result<usize> {
		if self.take(written) {
			Ok(written.len())
		} else {
			// Nothing reads this error: the difference is known.
			Err(std::io::ErrorKind::InvalidData.into())
		}
	}

	fn flush(&mut self) -> std::io::Result<()> {
		Ok(())
	}
}
