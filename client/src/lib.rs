//! The client library of hospitals and auditors.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | the settings of a hospital: its node, its member number, its keys |
//! | [`pseudonym`] | 32-byte pseudonyms of people |
//! | [`import`] | brings records to the ledger, each exactly once, even if it is cut off |
//! | [`standards`] | the standards that are read and written: FHIR, PROV, OpenLineage, Graphviz |
//! | [`ledger`] | the connection to a node: signed calls, finality, JSON-RPC |
//! | [`call`] | the calls that the client can make |
//! | [`report`] | reports and access proofs: fetched, verified, and written for people |
//! | [`output`] | files that are written completely or not at all |

pub mod call;
pub mod config;
pub mod import;
pub mod ledger;
pub mod output;
pub mod pseudonym;
pub mod report;
pub mod standards;
