//! The client of hospitals and auditors.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | what a hospital sets once: its node, its member number, its keys |
//! | [`pseudonym`] | how people become 32-byte pseudonyms |
//! | [`fhir`] | FHIR R4 and R5 records, and what they become on the ledger |
//! | [`import`], [`journal`] | bringing many records to the ledger, once each, whatever breaks in between |
//! | [`ledger`], [`call`] | the node: signed calls, finality, JSON-RPC |

pub mod call;
pub mod config;
pub mod fhir;
pub mod import;
pub mod journal;
pub mod ledger;
pub mod pseudonym;
