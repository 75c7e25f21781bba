//! What happened in a block, told in the terms that the index keeps (`HistoryApi`).

use crate::*;
use frame_system::{EventRecord, Phase};
use kexin_primitives::history::{Account, Happening, History, RecordCall, RecordedBatch};

/// What happened in the block whose state this is and whose transactions these are.
pub fn of(transactions: Vec<UncheckedExtrinsic>) -> History {
	let mut history = History {
		time: Timestamp::get(),
		..History::default()
	};
	for (transaction, extrinsic) in (0..).zip(&transactions) {
		calls(transaction, &extrinsic.function, &mut history.calls);
	}
	for record in System::read_events_no_consensus() {
		note(*record, &mut history);
	}
	history
}

/// Every call that records accesses, also within others.
fn calls(transaction: u32, call: &RuntimeCall, found: &mut Vec<RecordCall>) {
	use pallet_utility::Call as Utility;
	match call {
		RuntimeCall::Access(pallet_access::Call::record { dataset, events }) => found.push(RecordCall {
			transaction,
			dataset: *dataset,
			events: events.latest().to_vec(),
		}),
		RuntimeCall::Utility(
			Utility::batch { calls: inner }
			| Utility::batch_all { calls: inner }
			| Utility::force_batch { calls: inner },
		) => inner.iter().for_each(|call| calls(transaction, call, found)),
		RuntimeCall::Utility(
			Utility::as_derivative { call, .. }
			| Utility::dispatch_as { call, .. }
			| Utility::dispatch_as_fallible { call, .. }
			| Utility::with_weight { call, .. },
		) => calls(transaction, call, found),
		RuntimeCall::Utility(Utility::if_else { main, fallback }) => {
			calls(transaction, main, found);
			calls(transaction, fallback, found);
		},
		_ => (),
	}
}

fn note(record: EventRecord<RuntimeEvent, Hash>, history: &mut History) {
	let Phase::ApplyExtrinsic(transaction) = record.phase else {
		return;
	};
	let happening = match record.event {
		RuntimeEvent::Access(event) => {
			history.batches.push(batch(transaction, event));
			return;
		},
		RuntimeEvent::Consent(event) => consent(event),
		RuntimeEvent::Lineage(event) => lineage(event),
		RuntimeEvent::Annotation(event) => annotation(event),
		RuntimeEvent::Members(event) => members(event),
		_ => None,
	};
	history.happenings.extend(happening);
}

fn batch(transaction: u32, event: pallet_access::Event<Runtime>) -> RecordedBatch {
	let pallet_access::Event::BatchRecorded {
		dataset,
		reporter,
		first,
		recorded,
		replayed,
		breached,
		recorded_at,
		rules,
		root,
	} = event;
	RecordedBatch {
		transaction,
		dataset,
		reporter,
		first,
		recorded,
		replayed: replayed.into_inner(),
		breached: breached.into_inner(),
		recorded_at,
		rules,
		root,
	}
}

fn consent(event: pallet_consent::Event<Runtime>) -> Option<Happening> {
	use pallet_consent::Event;
	Some(match event {
		Event::Granted {
			hospital,
			subject,
			document,
		} => Happening::Granted {
			hospital,
			subject,
			document,
		},
		Event::Narrowed {
			hospital,
			subject,
			consent,
			document,
		} => Happening::Narrowed {
			hospital,
			subject,
			consent,
			document,
		},
		Event::Revoked {
			hospital,
			subject,
			consent,
			document,
		} => Happening::Revoked {
			hospital,
			subject,
			consent,
			document,
		},
		Event::DatasetDeclared {
			dataset,
			owner,
			supersedes,
		} => Happening::DatasetDeclared {
			dataset,
			owner,
			supersedes,
		},
		_ => return None,
	})
}

fn lineage(event: pallet_lineage::Event<Runtime>) -> Option<Happening> {
	use pallet_lineage::Event;
	Some(match event {
		Event::Registered { artifact: id, .. } => Happening::Registered {
			id,
			artifact: Lineage::artifact(id)?,
		},
		Event::Started { activity, kind, agent } => Happening::Started { activity, kind, agent },
		Event::Derived { activity: id, .. } => Happening::Derived {
			id,
			activity: Lineage::activity(id)?,
		},
		Event::EvidenceAttached { artifact, by, evidence } => Happening::EvidenceAttached { artifact, by, evidence },
		_ => return None,
	})
}

fn annotation(event: pallet_annotation::Event<Runtime>) -> Option<Happening> {
	use pallet_annotation::Event;
	Some(match event {
		Event::Accepted {
			campaign,
			content,
			annotator,
			reward,
		} => Happening::Accepted {
			campaign,
			content,
			annotator: account(annotator),
			reward,
		},
		Event::Claimed { annotator, amount } => Happening::Claimed {
			annotator: account(annotator),
			amount,
		},
		_ => return None,
	})
}

fn members(event: pallet_members::Event<Runtime>) -> Option<Happening> {
	use pallet_members::Event;
	Some(match event {
		Event::Admitted { member, kind, .. } => Happening::Admitted { member, kind },
		Event::Suspended { member } => Happening::Suspended { member },
		Event::Reinstated { member } => Happening::Reinstated { member },
		Event::Removed { member } => Happening::Removed { member },
		_ => return None,
	})
}

fn account(account: AccountId) -> Account {
	account.into()
}
