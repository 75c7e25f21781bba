//! The events of a block, in the vocabulary of the ledger (`LedgerEventsApi`).
//!
//! One line maps one event of a pallet. A new event without a line does not compile, and neither does a new pallet
//! without an arm in `ledger_event`, so that none is lost silently.

use crate::*;
use kexin_primitives::events::{
	access::{AccessLogEvent, Batch},
	annotation::AnnotationEvent,
	consent::ConsentEvent,
	governance::GovernanceEvent,
	lineage::LineageEvent,
	members::MemberEvent,
	BlockEvents, LedgerEvent,
};
use kexin_primitives::H256;
use sp_runtime::traits::Block as _;

/// Executes a block on the state of its parent and returns its ledger events.
pub fn of(block: Block) -> BlockEvents {
	let (mut header, extrinsics) = block.deconstruct();
	// The seal came after the block was executed by its author.
	header.digest.logs.retain(|item| item.as_seal().is_none());
	let block = Block::new(header, extrinsics);
	let mut batches = pallet_access::observe(|| Executive::execute_block(block.into()));
	let events = System::read_events_no_consensus().filter_map(|record| ledger_event(record.event, &mut batches));
	let envelopes = events.map(|event| event.seal());
	#[cfg(feature = "rehearsal")]
	let envelopes = envelopes.map(rehearsal::reseal);
	BlockEvents {
		events: envelopes.collect(),
		time: Timestamp::get(),
	}
}

fn ledger_event(event: RuntimeEvent, batches: &mut Vec<Batch>) -> Option<LedgerEvent> {
	match event {
		RuntimeEvent::Access(event) => access(event, batches).map(Into::into),
		RuntimeEvent::Consent(event) => consent(event).map(Into::into),
		RuntimeEvent::Lineage(event) => lineage(event).map(Into::into),
		RuntimeEvent::Members(event) => members(event).map(Into::into),
		RuntimeEvent::Governance(event) => governance(event).map(Into::into),
		RuntimeEvent::Council(event) => council(event).map(Into::into),
		RuntimeEvent::Annotation(event) => annotation(event).map(Into::into),
		// Events of Polkadot SDK that no auditor of the ledger asks for. They stay readable in the block's state.
		RuntimeEvent::System(_)
		| RuntimeEvent::Balances(_)
		| RuntimeEvent::TransactionPayment(_)
		| RuntimeEvent::Offences(_)
		| RuntimeEvent::Historical(_)
		| RuntimeEvent::Session(_)
		| RuntimeEvent::Grandpa(_)
		| RuntimeEvent::Utility(_) => None,
	}
}

/// Maps the events of a pallet whose fields have the vocabulary's names and convert with `into()`.
macro_rules! same {
	($event:expr, $pallet:ty => $vocabulary:ident { $( $variant:ident { $( $field:ident ),* } ),* $(,)? } $( $rest:tt )*) => {{
		use $pallet as Event;
		#[allow(clippy::useless_conversion)]
		match $event {
			$( Event::$variant { $( $field ),* } => Some($vocabulary::$variant { $( $field: $field.into() ),* }), )*
			Event::__Ignore(..) => None,
			$( $rest )*
		}
	}};
}

/// The batch of an event is the observed one that left the log with the same root. One that was rolled back has no
/// event.
fn access(event: pallet_access::Event<Runtime>, batches: &mut Vec<Batch>) -> Option<AccessLogEvent> {
	let pallet_access::Event::BatchRecorded {
		dataset, first, root, ..
	} = event;
	let same = |batch: &Batch| (batch.dataset, batch.first, batch.root) == (dataset, first, root);
	let position = batches.iter().position(same)?;
	Some(AccessLogEvent::BatchRecorded(batches.remove(position)))
}

fn consent(event: pallet_consent::Event<Runtime>) -> Option<ConsentEvent> {
	same!(event, pallet_consent::Event => ConsentEvent {
		Granted { hospital, subject, document },
		Narrowed { hospital, subject, consent, document },
		Revoked { hospital, subject, consent, document },
		DatasetDeclared { dataset, owner, supersedes },
		Enrolled { dataset, joined, already },
	})
}

fn lineage(event: pallet_lineage::Event<Runtime>) -> Option<LineageEvent> {
	same!(event, pallet_lineage::Event => LineageEvent {
		Registered { artifact, kind, owner, generated_by },
		Lapsed { artifact, owner },
		Started { activity, kind, agent },
		EvidenceAttached { artifact, by, evidence },
	}
	// The pallet's event only counts them. An activity ends once, so its record says what this event was about.
	Event::Derived { activity: id, .. } => Lineage::activity(id).map(|activity| LineageEvent::Derived {
		activity: id,
		kind: activity.kind,
		agent: activity.agent,
		started: activity.started,
		inputs: activity.inputs.into(),
		outputs: activity.outputs.into(),
	}),)
}

fn members(event: pallet_members::Event<Runtime>) -> Option<MemberEvent> {
	same!(event, pallet_members::Event => MemberEvent {
		Admitted { member, kind, key },
		Suspended { member },
		Reinstated { member },
		Removed { member },
		KeyAdded { member, account, powers },
		KeyRevoked { member, account },
		ValidatorAdmitted { member, account },
		ValidatorRemoved { member, account },
		ValidatorEquivocated { member, account, kind, session, suspended },
		ValidatorSuspended { member, account },
		ValidatorReinstated { member },
		ValidatorSilent { account, since },
		NetworkClosed { closed },
	}
	Event::NodesNamed { member, nodes } => Some(MemberEvent::NodesNamed {
		member,
		nodes: nodes.into_iter().map(H256).collect(),
	}),)
}

fn governance(event: pallet_governance::Event<Runtime>) -> Option<GovernanceEvent> {
	same!(event, pallet_governance::Event => GovernanceEvent {
		UpgradeApproved { code, from },
		UpgradeCancelled { code },
		UpgradeApplied { code },
		RestartDecided { last_final, session },
	})
}

/// The council's motions are Polkadot SDK's; here they get the ledger's words.
fn council(event: pallet_collective::Event<Runtime, pallet_collective::Instance1>) -> Option<GovernanceEvent> {
	use pallet_collective::Event;
	Some(match event {
		Event::Proposed {
			account,
			proposal_index: index,
			proposal_hash: motion,
			threshold,
		} => GovernanceEvent::MotionProposed {
			account: account.into(),
			index,
			motion,
			threshold,
		},
		Event::Voted {
			account,
			proposal_hash: motion,
			voted: aye,
			yes: ayes,
			no: nays,
		} => GovernanceEvent::MotionVoted {
			account: account.into(),
			motion,
			aye,
			ayes,
			nays,
		},
		Event::Closed {
			proposal_hash: motion,
			yes: ayes,
			no: nays,
		} => GovernanceEvent::MotionClosed { motion, ayes, nays },
		Event::Approved { proposal_hash: motion } => GovernanceEvent::MotionApproved { motion },
		Event::Disapproved { proposal_hash: motion } => GovernanceEvent::MotionDisapproved { motion },
		Event::Executed {
			proposal_hash: motion,
			result,
		} => GovernanceEvent::MotionExecuted {
			motion,
			succeeded: result.is_ok(),
		},
		Event::Killed { proposal_hash: motion } => GovernanceEvent::MotionKilled { motion },
		Event::MemberExecuted {
			proposal_hash: motion,
			result,
		} => GovernanceEvent::SeatExecuted {
			motion,
			succeeded: result.is_ok(),
		},
		// A motion costs nothing here.
		Event::ProposalCostBurned { .. } | Event::ProposalCostReleased { .. } | Event::__Ignore(..) => return None,
	})
}

fn annotation(event: pallet_annotation::Event<Runtime>) -> Option<AnnotationEvent> {
	same!(event, pallet_annotation::Event => AnnotationEvent {
		Accepted { campaign, content, annotator, reward },
		Claimed { annotator, amount },
		Created { campaign, owner, dataset, budget },
		Contributed { campaign, content, annotator, units },
		Rejected { campaign, content },
		Closed { campaign, refund, to },
		Pruned { campaign, contributions },
	})
}
