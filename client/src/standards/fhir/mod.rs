//! FHIR R4 (4.0.1) and R5 (5.0.0). `docs/fhir-mapping.md` has the tables.

pub mod read;
pub mod write;

/// The code system of the ledger's own operations, most of which FHIR has no code for.
pub const OPERATION: &str = "urn:kexin:operation";

/// A version of FHIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
	/// 4.0.1.
	R4,
	/// 5.0.0.
	R5,
}
