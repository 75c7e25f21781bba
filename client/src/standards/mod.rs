//! The standards that the client reads and writes, a folder for each.
//!
//! | standard | `read`: files to records | `write`: a report to bytes |
//! |---|---|---|
//! | [`fhir`] | R4 and R5, AuditEvent and Consent | R4 and R5, a Bundle of AuditEvent and Provenance |
//! | [`prov`] | | W3C PROV-JSON |
//! | [`openlineage`] | | OpenLineage events, one a line |
//! | [`dot`] | | Graphviz |
//!
//! A reader implements [`record::Reader`]. A writer is a function that [`write()`] calls for its [`Format`]. Its output
//! depends on the report alone, not on the time or on chance, and it writes as it goes, so a log of millions of
//! accesses needs no memory of its own.

pub mod fhir;
pub mod record;
mod writing;

/// Graphviz.
pub mod dot {
	pub mod write;
}

/// OpenLineage.
pub mod openlineage {
	pub mod write;
}

/// W3C PROV.
pub mod prov {
	pub mod write;
}

use crate::report::{html, markdown, page::Page};
use kexin_primitives::H256;
use kexin_verifier::Document;
use std::io::{self, Write};

/// A format to write a report in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
	/// W3C PROV-JSON.
	ProvJson,
	/// A FHIR R4 Bundle of AuditEvent and Provenance.
	FhirR4,
	/// A FHIR R5 Bundle of AuditEvent and Provenance.
	FhirR5,
	/// OpenLineage events, one a line.
	Openlineage,
	/// Graphviz.
	Dot,
	/// A page to read, as Markdown.
	Markdown,
	/// A page to read, as HTML.
	Html,
}

/// Writes a report that the caller has verified. `source` is the hash of the file that proves it.
///
/// # Errors
/// When the output can't be written to.
pub fn write(document: &Document, source: H256, format: Format, out: &mut dyn Write) -> io::Result<()> {
	match format {
		Format::ProvJson => prov::write::write(document, source, out),
		Format::FhirR4 => fhir::write::write(document, source, fhir::Version::R4, out),
		Format::FhirR5 => fhir::write::write(document, source, fhir::Version::R5, out),
		Format::Openlineage => openlineage::write::write(document, source, out),
		Format::Dot => dot::write::write(&document.report, out),
		Format::Markdown => out.write_all(markdown::render(&Page::new(document, source)).as_bytes()),
		Format::Html => out.write_all(html::render(&Page::new(document, source)).as_bytes()),
	}
}
