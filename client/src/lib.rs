//! The client library of hospitals and auditors.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | the settings of a hospital: its node, its member number, its keys |
//! | [`pseudonym`] | 32-byte pseudonyms of people |
//! | [`fhir`] | FHIR R4 and R5 records, and what they become on the ledger |
//! | [`import`], [`journal`] | bringing many records to the ledger, once each, whatever breaks in between |
//! | [`ledger`] | the connection to a node: signed calls, finality, JSON-RPC |
//! | [`call`] | the calls that the client can make |
//! | [`fetch`] | what reports and access proofs are made from, checked as it comes |
//! | [`check`] | files that an auditor was given, checked with no node and no network |
//! | [`report`], [`export`] | a proved report for people, and in the formats of others |
//! | [`output`] | files that are written completely or not at all |

pub mod call;
pub mod check;
pub mod config;
pub mod export;
pub mod fetch;
pub mod fhir;
pub mod import;
pub mod journal;
pub mod ledger;
pub mod output;
pub mod pseudonym;
pub mod report;
