//! Everything about reports and access proofs.
//!
//! | module | what it does |
//! |---|---|
//! | [`fetch`] | fetches a report or an access proof from a node, and checks each part as it comes |
//! | [`check`] | verifies such a file without a node, and answers an auditor's questions about it |
//! | [`trusted`] | keeps the newest block that was verified, at which later proofs begin |
//! | [`summary`] | the verdict and the figures in a few words |
//! | [`page`] | the readable report: its sections, tables and texts |
//! | [`markdown`], [`html`] | write the readable report as one file |
//! | [`graph`], [`layout`] | the lineage as a drawing |
//! | [`text`] | writes single values for people |
//!
//! The proof itself is the verifier's (`kexin_verifier::Document`). The formats of other standards are in
//! [`standards`](crate::standards).

pub mod check;
pub mod fetch;
pub mod graph;
pub mod html;
pub mod layout;
pub mod markdown;
pub mod page;
pub mod summary;
pub mod text;
pub mod trusted;
