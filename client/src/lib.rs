//! The client of hospitals and auditors.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | what a hospital sets once: its node, its member number, its keys |
//! | [`pseudonym`] | how people become 32-byte pseudonyms |
//! | [`import`] | brings records to the ledger, each exactly once, even if it is cut off |
//! | [`standards`] | the standards that are read and written: FHIR, PROV, OpenLineage, Graphviz |
//! | [`ledger`], [`call`] | the node: signed calls, finality, JSON-RPC |
//! | [`report`] | reports and access proofs: fetched, verified, and written for people |
//! | [`output`] | files that are written whole or not at all |

pub mod call;
pub mod config;
pub mod import;
pub mod ledger;
pub mod output;
pub mod pseudonym;
pub mod report;
pub mod standards;
