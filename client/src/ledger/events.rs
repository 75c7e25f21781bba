//! The events that a call emitted.

use super::{Done, LedgerError};
use codec::{Decode, DecodeAll as _};
use kexin_primitives::{
	access::{Breaches, Notices, Rules},
	members::MemberId,
	DatasetId, UnixMillis, H256,
};

/// An event that a call emitted, not decoded yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedEvent {
	/// The pallet.
	pub pallet: String,
	/// The event's name.
	pub name: String,
	/// Its encoded fields.
	pub fields: Vec<u8>,
}

impl EmittedEvent {
	/// Whether it is this event of this pallet.
	pub fn is(&self, pallet: &str, name: &str) -> bool {
		self.pallet == pallet && self.name == name
	}
}

impl Done {
	/// The fields of the event that the call has emitted. Where there are several of this name, those of the first.
	///
	/// # Errors
	/// [`LedgerError::UnreadableEvent`] when there is none, or its fields are not these.
	pub fn event<T: Decode>(&self, pallet: &str, name: &str) -> Result<T, LedgerError> {
		self.optional_event(pallet, name)?
			.ok_or_else(|| self.unreadable(pallet, name, "it is missing"))
	}

	/// As [`Self::event`], where the call need not have emitted the event.
	///
	/// # Errors
	/// [`LedgerError::UnreadableEvent`] when its fields are not these.
	pub fn optional_event<T: Decode>(&self, pallet: &str, name: &str) -> Result<Option<T>, LedgerError> {
		let Some(event) = self.events.iter().find(|event| event.is(pallet, name)) else {
			return Ok(None);
		};
		let fields = T::decode_all(&mut &event.fields[..]);
		fields
			.map(Some)
			.map_err(|_| self.unreadable(pallet, name, "its fields are not those that this client knows"))
	}

	/// The error for an event that can't be read.
	pub(super) fn unreadable(&self, pallet: &str, name: &str, cause: &str) -> LedgerError {
		LedgerError::UnreadableEvent {
			block: self.block,
			event: format!("{pallet}.{name}"),
			cause: cause.into(),
		}
	}
}

/// The event `Access.BatchRecorded`.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct BatchRecorded {
	/// The dataset.
	pub dataset: DatasetId,
	/// The member that reported the batch.
	pub reporter: MemberId,
	/// The index in the log of the first new access.
	pub first: u64,
	/// How many accesses were new.
	pub recorded: u32,
	/// How many accesses at the beginning of the batch were recorded earlier.
	pub replayed: u32,
	/// Places in the batch of the new accesses that breach consent, with their breaches.
	pub breached: Vec<(u32, Breaches)>,
	/// Places in the batch of the new accesses of which there is more to know, with that.
	pub noticed: Vec<(u32, Notices)>,
	/// The time of the block.
	pub recorded_at: UnixMillis,
	/// The rules that judged the batch.
	pub rules: Rules,
	/// The root of the log after the batch.
	pub root: H256,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::ledger::Until;
	use codec::Encode as _;

	fn done(fields: Vec<u8>) -> Done {
		Done {
			until: Until::Final,
			block: H256::repeat_byte(0xbb),
			transaction: H256::zero(),
			events: vec![EmittedEvent {
				pallet: "Annotation".into(),
				name: "Created".into(),
				fields,
			}],
		}
	}

	#[test]
	fn an_event_is_decoded_whole_or_not_at_all() {
		let event = |fields: Vec<u8>| done(fields).event::<(u32, u64)>("Annotation", "Created");
		assert_eq!(event((7u32, 8u64).encode()), Ok((7, 8)));
		for other in [7u32.encode(), (7u32, 8u64, 9u8).encode(), Vec::new()] {
			let error = event(other).unwrap_err();
			let text = error.to_string();
			assert!(matches!(error, LedgerError::UnreadableEvent { .. }), "{text}");
			assert!(text.contains("0xbbbb") && text.contains("Annotation.Created"), "{text}");
		}
	}

	#[test]
	fn a_missing_event_is_an_error_only_where_it_must_be_there() {
		let done = done(Vec::new());
		assert!(done.event::<u32>("Members", "Admitted").is_err());
		assert_eq!(done.optional_event::<u32>("Members", "Admitted"), Ok(None));
		assert!(done.optional_event::<u32>("Annotation", "Created").is_err());
	}
}
