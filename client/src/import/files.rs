//! Finds and reads the files of an import.

use crate::standards::record::{Problem, Reader, Record};
use std::{
	fs, io,
	path::{Path, PathBuf},
};

/// The files at these paths, with those in directories that the reader can read, in the order of their names.
///
/// # Errors
/// When a path does not exist or can't be read.
pub fn find(paths: &[PathBuf], reader: &dyn Reader) -> io::Result<Vec<PathBuf>> {
	let mut found = Vec::new();
	for path in paths {
		if fs::metadata(path)?.is_dir() {
			let mut entries = fs::read_dir(path)?
				.map(|entry| entry.map(|entry| entry.path()))
				.collect::<Result<Vec<_>, _>>()?;
			entries.sort();
			entries.retain(|path| path.is_dir() || reader.reads(path));
			found.extend(find(&entries, reader)?);
		} else {
			found.push(path.clone());
		}
	}
	Ok(found)
}

/// The records of a file. A file that can't be read is one record without bytes, with the problem.
pub fn read(file: &Path, reader: &dyn Reader) -> Vec<Record> {
	match fs::read(file) {
		Ok(bytes) => reader.read(file, &bytes),
		Err(error) => {
			let problem = Problem::new("file", format!("can't be read: {error}"));
			vec![Record::new(1, Vec::new(), |_| Err(problem))]
		},
	}
}
