//! The ledger as a node serves it: signed calls, finality, JSON-RPC.
//!
//! | module | what it holds |
//! |---|---|
//! | `connection` | the connection to a node, JSON-RPC, and what the client reads from the state |
//! | `submission` | signing and sending a call, and waiting until it is in a block |
//! | `events` | the events that a call emitted |
//! | `council` | the council's seats and motions |
//! | `acceptance` | the signature with which an account agrees to become a key |
//! | `account` | the text form of an account |
//! | `error` | why the ledger did not do what it was asked to |

mod acceptance;
mod account;
mod connection;
mod council;
mod error;
mod events;
mod submission;

pub use acceptance::Acceptance;
pub use account::account_text;
pub use connection::{ChainHeads, Gateway, Home, Ledger, Window};
pub use council::{Motion, Votes};
pub use error::LedgerError;
pub use events::{BatchRecorded, EmittedEvent};
pub use submission::{Done, Until};
