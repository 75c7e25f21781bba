//! Writes files completely or not at all, and prints.

use anyhow::Context as _;
use std::{
	fmt, fs,
	io::{self, BufWriter, Write},
	path::{Path, PathBuf},
	process,
};

/// Writes a temporary file and renames it when it is complete, so that nobody reads half of it.
///
/// # Errors
/// When the file can't be written. A file that was at this path before is left as it was.
pub fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
	let part = temporary(path).with_context(|| format!("{} is no file name", path.display()))?;
	let written = (|| {
		let mut file = BufWriter::new(fs::OpenOptions::new().write(true).create_new(true).open(&part)?);
		content(&mut file)?;
		file.flush()?;
		file.get_ref().sync_all()?;
		fs::rename(&part, path)
	})();
	if written.is_err() {
		// Nothing more can be done about a temporary file that can't be removed either.
		let _ = fs::remove_file(&part);
	}
	written.with_context(|| format!("can't write {}", path.display()))
}

fn temporary(path: &Path) -> Option<PathBuf> {
	let mut name = std::ffi::OsString::from(".");
	name.push(path.file_name()?);
	name.push(format!(".{}.part", std::process::id()));
	Some(path.with_file_name(name))
}

/// The exit code of a command whose output nobody reads any more, as a shell reports one that SIGPIPE ended.
const CLOSED_PIPE: i32 = 141;

/// Prints to standard output. If that is a pipe that was closed, as by `head`, the process ends without a word.
pub fn print(text: fmt::Arguments<'_>) {
	to_stdout(|out| out.write_fmt(text));
}

/// Writes to standard output, and ends the process as [`print`] does if nobody reads it.
pub fn to_stdout(content: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
	let mut out = BufWriter::new(io::stdout().lock());
	match content(&mut out).and_then(|()| out.flush()) {
		Ok(()) => (),
		Err(error) if error.kind() == io::ErrorKind::BrokenPipe => process::exit(CLOSED_PIPE),
		Err(error) => {
			print_error(format_args!("error: can't write to standard output: {error}\n"));
			process::exit(1);
		},
	}
}

/// Prints to standard error. What nobody can read is left out: the exit code says it too.
pub fn print_error(text: fmt::Arguments<'_>) {
	let _ = io::stderr().write_fmt(text);
}

/// Prints a line to standard output, as [`print`] does.
#[macro_export]
macro_rules! say {
	($($text:tt)*) => { $crate::output::print(format_args!("{}\n", format_args!($($text)*))) };
}

/// Prints a line to standard error, as [`print_error`] does.
#[macro_export]
macro_rules! warn {
	($($text:tt)*) => { $crate::output::print_error(format_args!("{}\n", format_args!($($text)*))) };
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_file_is_complete_or_left_as_it_was() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("report.json");
		write(&path, |out| out.write_all(b"old")).unwrap();
		let failed = write(&path, |out| {
			out.write_all(b"half of the n")?;
			Err(io::Error::other("the disk is full"))
		});
		assert!(failed.is_err());
		assert_eq!(fs::read(&path).unwrap(), b"old");
		write(&path, |out| out.write_all(b"new")).unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"new");
		assert_eq!(
			fs::read_dir(directory.path()).unwrap().count(),
			1,
			"nothing is left over"
		);
		assert!(write(&directory.path().join(".."), |_| Ok(())).is_err());
	}
}
