//! Finds and reads the files of an import. Nothing is passed over without a word.

use crate::standards::record::{printable, Reader, Record};
use flate2::read::MultiGzDecoder;
use std::{
	fs,
	io::{self, Read as _},
	path::{Path, PathBuf},
};

/// The most bytes that a compressed file may have once it is unpacked: 4 GiB.
const LARGEST: u64 = 1 << 32;

/// A file of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
	/// The file.
	pub path: PathBuf,
	/// Whether the user named it, so that it is read whatever it has.
	pub named: bool,
}

/// The files at these paths and in the directories there, in the order of their names.
///
/// # Errors
/// When a path does not exist or can't be read: the error names it.
pub fn find(paths: &[PathBuf]) -> io::Result<Vec<Found>> {
	let mut found = Vec::new();
	for path in paths {
		let error = |error: io::Error| io::Error::new(error.kind(), format!("can't read {}: {error}", path.display()));
		if fs::metadata(path).map_err(error)?.is_dir() {
			within(path, &mut found).map_err(error)?;
		} else {
			let path = path.clone();
			found.push(Found { path, named: true });
		}
	}
	Ok(found)
}

/// Finds the files of a directory. A directory in it that can't be read is found as a file, whose reading then fails.
fn within(directory: &Path, found: &mut Vec<Found>) -> io::Result<()> {
	let entries = fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path()));
	let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
	entries.sort();
	for path in entries {
		// A link to a directory is not followed: it may lead back to where it is.
		let is_directory = fs::symlink_metadata(&path).is_ok_and(|kind| kind.is_dir());
		if !is_directory || within(&path, found).is_err() {
			found.push(Found { path, named: false });
		}
	}
	Ok(())
}

/// The records of a file.
///
/// # Errors
/// Why the file is passed over: it can't be read, or has no records.
pub fn read(file: &Found, reader: &dyn Reader) -> Result<Vec<Record>, String> {
	Ok(reader.read(&file.path, &content(file, reader)?))
}

/// The content of a file that has records, unpacked.
///
/// # Errors
/// Why the file is passed over: it can't be read, or has no records.
pub fn content(file: &Found, reader: &dyn Reader) -> Result<Vec<u8>, String> {
	let unreadable = |error: io::Error| printable(&format!("can't be read: {error}"));
	let kind = fs::metadata(&file.path).map_err(unreadable)?;
	if kind.is_dir() {
		fs::read_dir(&file.path).map_err(unreadable)?;
		return Err("is a link to a directory, which is not followed".into());
	}
	if !kind.is_file() {
		// An import may read a file twice, and a pipe has its content only once.
		return Err("is a pipe or a device: write its content to a file, and import that".into());
	}
	let bytes = fs::read(&file.path).map_err(unreadable)?;
	if let Some(format) = archive(&bytes) {
		return Err(format!("is {format}, which the importer does not read: unpack it"));
	}
	let bytes = unpacked(bytes, LARGEST).map_err(|error| printable(&format!("can't be unpacked as gzip: {error}")))?;
	if !file.named && !reader.reads(&file.path, &bytes) {
		return Err("has no records of a standard that the importer reads".into());
	}
	Ok(bytes)
}

/// The content of a file that may be compressed with gzip, which its first bytes tell (RFC 1952), whatever its name.
///
/// # Errors
/// When it is damaged, or larger than this.
fn unpacked(bytes: Vec<u8>, largest: u64) -> io::Result<Vec<u8>> {
	if !bytes.starts_with(&[0x1f, 0x8b]) {
		return Ok(bytes);
	}
	let mut content = Vec::new();
	let mut decoder = MultiGzDecoder::new(&bytes[..]).take(largest);
	decoder.read_to_end(&mut content)?;
	match decoder.into_inner().read(&mut [0])? {
		0 => Ok(content),
		_ => Err(io::Error::other(format!(
			"it has more than {largest} bytes: unpack it and split it into smaller files"
		))),
	}
}

/// The format of an archive or of a compressed file that is not unpacked.
fn archive(bytes: &[u8]) -> Option<&'static str> {
	const FORMATS: &[(&[u8], &str)] = &[
		(b"PK\x03\x04", "a zip archive"),
		(b"BZh", "compressed with bzip2"),
		(b"\xfd7zXZ\0", "compressed with xz"),
		(b"\x28\xb5\x2f\xfd", "compressed with zstd"),
		(b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
	];
	let of = FORMATS.iter().find(|(magic, _)| bytes.starts_with(magic));
	of.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::standards::fhir::read::{names_ndjson, reads};
	use flate2::{write::GzEncoder, Compression};
	use kexin_primitives::H256;
	use std::io::Write as _;

	/// Reads what FHIR's reader reads, and makes one record of each line.
	struct Lines;

	impl Reader for Lines {
		fn reads(&self, file: &Path, bytes: &[u8]) -> bool {
			reads(file, bytes)
		}

		fn read(&self, file: &Path, bytes: &[u8]) -> Vec<Record> {
			assert!(names_ndjson(file) || !file.to_string_lossy().contains("ndjson"));
			let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
			let record = |line: &[u8]| Record {
				line: 1,
				bytes: line.to_vec(),
				source: Default::default(),
				version: None,
				mapped: Err(crate::standards::record::Problem::new("x", "y")),
				alone: None,
			};
			lines.map(record).collect()
		}

		fn naming(&self) -> H256 {
			H256::zero()
		}
	}

	fn gzip(bytes: &[u8]) -> Vec<u8> {
		let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
		encoder.write_all(bytes).unwrap();
		encoder.finish().unwrap()
	}

	/// The names of the files in a directory, with how many records each has.
	fn found(directory: &Path) -> Vec<(String, Result<usize, String>)> {
		let files = find(&[directory.to_owned()]).unwrap();
		let name = |file: &Found| file.path.strip_prefix(directory).unwrap().display().to_string();
		let read = |file: &Found| read(file, &Lines).map(|records| records.len());
		files.iter().map(|file| (name(file), read(file))).collect()
	}

	#[test]
	fn every_file_of_a_directory_is_read_or_named() {
		let directory = tempfile::tempdir().unwrap();
		let text = b"{\"a\":1}\n{\"b\":2}\n";
		let twice = [gzip(b"{\"a\":1}\n"), gzip(b"{\"b\":2}\n")].concat();
		let whole: &[(&str, &[u8])] = &[
			("AUDIT.NDJSON", text),
			("a.JSON", text),
			("audit.fhir", text),
			("audit.jsonl", text),
			("audit.log", text),
			("audit.ndjson.1", text),
			("audit.ndjson-20261120", text),
			("b.ndjson.gz", &gzip(text)),
			("c.ndjson", &gzip(text)),
			("members.ndjson.gz", &twice),
			("no-name", b"\xef\xbb\xbf \n{\"a\":1}\n[]"),
		];
		let other: &[(&str, &[u8], &str)] = &[
			(".hidden", b"x", "no records"),
			("archive.ndjson.zip", b"PK\x03\x04...", "a zip archive"),
			("cut.ndjson.gz", &gzip(text)[..20], "gzip"),
			("notes.txt", b"Notes", "no records"),
		];
		for (name, bytes) in whole
			.iter()
			.copied()
			.chain(other.iter().map(|(name, bytes, _)| (*name, *bytes)))
		{
			fs::write(directory.path().join(name), bytes).unwrap();
		}
		let files = found(directory.path());
		assert_eq!(files.len(), whole.len() + other.len());
		for (name, _) in whole {
			let records = &files.iter().find(|(found, _)| found == name).unwrap().1;
			assert!(
				records.as_ref().is_ok_and(|records| *records >= 2),
				"{name}: {records:?}"
			);
		}
		for (name, _, reason) in other {
			let records = &files.iter().find(|(found, _)| found == name).unwrap().1;
			assert!(
				records.as_ref().is_err_and(|why| why.contains(reason)),
				"{name}: {records:?}"
			);
		}
	}

	#[test]
	fn a_file_that_the_user_names_is_read_whatever_it_has() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("notes.txt");
		fs::write(&path, "Notes").unwrap();
		let found = find(&[path]).unwrap();
		assert_eq!(read(&found[0], &Lines).unwrap().len(), 1);
	}

	#[test]
	fn a_file_that_is_too_large_once_it_is_unpacked_is_not_read() {
		let twice = [gzip(&[b' '; 500]), gzip(&[b' '; 500])].concat();
		for (bytes, size) in [(gzip(&[b' '; 1_000]), 1_000), (twice, 1_000)] {
			assert_eq!(unpacked(bytes.clone(), size).unwrap().len(), 1_000);
			let error = unpacked(bytes, size - 1).unwrap_err();
			assert!(error.to_string().contains("999 bytes"), "{error}");
		}
	}

	#[test]
	fn a_path_that_does_not_exist_is_named() {
		let error = find(&["nowhere/at-all.ndjson".into()]).unwrap_err();
		assert!(error.to_string().contains("nowhere/at-all.ndjson"), "{error}");
	}

	#[cfg(unix)]
	#[test]
	fn a_link_to_nowhere_or_in_a_circle_is_named() {
		use std::os::unix::fs::symlink;
		let directory = tempfile::tempdir().unwrap();
		symlink("nowhere", directory.path().join("a.ndjson")).unwrap();
		symlink(directory.path(), directory.path().join("circle")).unwrap();
		let files = found(directory.path());
		assert_eq!(files.len(), 2);
		assert!(files.iter().all(|(_, records)| records.is_err()), "{files:?}");
	}
}
