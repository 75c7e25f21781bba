//! What the `…_history` methods share: a page of a domain's events, found by one of the things that they name.

use super::{
	answer::{Answer, BlockRef},
	context::Context,
	error::RpcError,
	page::{cut, limit, Blocks, Cursor, PageParameters, QuestionHash},
	workers::in_time,
};
use crate::index::history::{Domain, Key, Recorded};
use kexin_primitives::{UnixMillis, H256};
use kexin_runtime::AccountId;
use serde::{Deserialize, Serialize};
use std::str::FromStr as _;

/// Defines the filter of a `…_history` method: the fields by which events are found, and the page.
macro_rules! filter {
	($( #[$doc:meta] )* $name:ident { $( $( #[$field_doc:meta] )* $field:ident: $type:ty => $key:expr, )+ }) => {
		$( #[$doc] )*
		#[derive(Clone, Debug, Default, serde::Deserialize)]
		#[serde(deny_unknown_fields)]
		pub struct $name {
			$( $( #[$field_doc] )* pub $field: Option<$type>, )+
			/// The most events of the page: 100 by default, 1,000 at most.
			pub limit: Option<u32>,
			/// Where the last page ended: its `next`.
			pub cursor: Option<String>,
		}

		impl $name {
			/// The key to look for, and the page.
			///
			/// # Errors
			/// When the filter has more than one field.
			pub fn question(self) -> Result<$crate::rpc::history::Question, $crate::rpc::error::RpcError> {
				let keys = [ $( self.$field.map($key) ),+ ];
				let page = $crate::rpc::page::PageParameters { limit: self.limit, cursor: self.cursor };
				$crate::rpc::history::Question::new(keys.into_iter().flatten().collect(), page)
			}
		}
	};
}
pub(super) use filter;

/// A page of the events with a key, or of all events.
#[derive(Clone, Debug)]
pub struct Question {
	key: Option<Key>,
	page: PageParameters,
}

impl Question {
	/// The question of a filter with these keys.
	///
	/// # Errors
	/// [`RpcError::InvalidParameter`] when there is more than one.
	pub fn new(keys: Vec<Key>, page: PageParameters) -> Result<Self, RpcError> {
		match keys[..] {
			[] => Ok(Self { key: None, page }),
			[key] => Ok(Self { key: Some(key), page }),
			_ => Err(RpcError::InvalidParameter(
				"a history is filtered by one field: ask for one, and pick the others from its events".into(),
			)),
		}
	}
}

/// An account of a filter, in SS58 or as 0x-hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account(pub H256);

impl<'de> Deserialize<'de> for Account {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		let account = AccountId::from_str(&text);
		let account = account.map_err(|_| serde::de::Error::custom("expected an account in SS58 or as 0x-hex"))?;
		Ok(Self(H256(account.into())))
	}
}

/// A page of a history.
#[derive(Clone, Debug, Serialize)]
pub struct History<D> {
	/// The events, oldest first.
	history: Vec<Event<D>>,
	/// How many events of the domain the index has skipped, because a newer runtime wrote them.
	skipped: u64,
	/// The cursor of the next page; `None` on the last.
	next: Option<String>,
}

/// An event, and when it happened.
#[derive(Clone, Debug, Serialize)]
struct Event<D> {
	#[serde(flatten)]
	event: D,
	/// The time of its block.
	time: UnixMillis,
	/// Its block.
	block: BlockRef,
}

/// A page of the events of a domain.
///
/// # Errors
/// [`RpcError`].
pub async fn page<D: Domain>(context: &Context, question: Question) -> Result<Answer<History<D>>, RpcError> {
	in_time(read(context, question)).await
}

async fn read<D: Domain>(context: &Context, question: Question) -> Result<Answer<History<D>>, RpcError> {
	let Question { key, page } = question;
	let question = QuestionHash::of((D::NAME, key.map(Key::bytes)));
	let after = page.cursor.as_deref().map(|text| Cursor::parse(text, question));
	let after = after.transpose()?.map(|cursor| cursor.place);
	let (store, block) = context.store().await?;
	let limit = limit(page.limit);
	let mut events = store.history::<D>(key, after, block.number, limit + 1).await?;
	let next = cut(&mut events, limit)
		.then(|| events.last().map(|last| last.place))
		.flatten();
	let next = next.map(|place| Cursor {
		question,
		place,
		index: 0,
	});
	let mut blocks = Blocks::new(&context.client);
	let history = events.into_iter().map(|recorded: Recorded<D>| {
		Ok::<_, RpcError>(Event {
			block: blocks.get(recorded.block())?,
			time: recorded.time,
			event: recorded.event,
		})
	});
	let answer = History {
		history: history.collect::<Result<_, _>>()?,
		skipped: context.index()?.skipped(D::DOMAIN),
		next: next.map(|cursor| cursor.text()),
	};
	Ok(Answer::new(answer, block))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::answer::golden::{answer, block, hash, BLOCK};
	use kexin_primitives::{
		events::{
			annotation::AnnotationEvent, consent::ConsentEvent, governance::GovernanceEvent, lineage::LineageEvent,
			members::MemberEvent, Account as Key32, Amount,
		},
		lineage::{ActivityKind, ArtifactKind, Evidence, EvidenceKind, Input, InputRole},
		members::{MemberKind, Powers},
	};
	use serde_json::{json, Value};

	fn pinned<D: Serialize>(event: D, expected: Value) {
		let mut event_json = expected;
		event_json["time"] = json!(1000);
		event_json["block"] = block();
		let page = History {
			history: vec![Event {
				event,
				time: 1_000,
				block: BLOCK,
			}],
			skipped: 2,
			next: None,
		};
		assert_eq!(
			answer(page),
			json!({ "history": [event_json], "skipped": 2, "next": null, "block": block() })
		);
	}

	fn name(byte: u8) -> H256 {
		H256::repeat_byte(byte)
	}

	#[test]
	fn events_are_pinned() {
		pinned(
			ConsentEvent::Revoked {
				hospital: 3,
				subject: name(1),
				consent: None,
				document: name(4),
			},
			json!({ "event": "revoked", "hospital": 3, "subject": hash(1), "consent": null, "document": hash(4) }),
		);
		pinned(
			LineageEvent::Derived {
				activity: name(1),
				kind: ActivityKind::Training,
				agent: 2,
				started: 5,
				inputs: vec![Input {
					artifact: name(3),
					role: InputRole::Read,
				}],
				outputs: vec![name(4)],
			},
			json!({
				"event": "derived", "activity": hash(1), "kind": "training", "agent": 2, "started": 5,
				"inputs": [{ "artifact": hash(3), "role": "read" }], "outputs": [hash(4)],
			}),
		);
		pinned(
			LineageEvent::Registered {
				artifact: name(1),
				kind: ArtifactKind::Model,
				owner: 2,
				generated_by: None,
			},
			json!({ "event": "registered", "artifact": hash(1), "kind": "model", "owner": 2, "generatedBy": null }),
		);
		pinned(
			LineageEvent::Lapsed {
				artifact: name(1),
				owner: 2,
			},
			json!({ "event": "lapsed", "artifact": hash(1), "owner": 2 }),
		);
		pinned(
			LineageEvent::EvidenceAttached {
				artifact: name(1),
				by: 2,
				evidence: Evidence {
					kind: EvidenceKind::Fairness,
					document: name(3),
					measure: -4,
					threshold: 5,
				},
			},
			json!({
				"event": "evidenceAttached", "artifact": hash(1), "by": 2,
				"evidence": { "kind": "fairness", "document": hash(3), "measure": -4, "threshold": 5 },
			}),
		);
		pinned(
			MemberEvent::KeyAdded {
				member: 1,
				account: Key32(name(2)),
				powers: Powers::STEWARD | Powers::GATEWAY,
			},
			json!({ "event": "keyAdded", "member": 1, "account": hash(2), "powers": ["steward", "gateway"] }),
		);
		pinned(
			MemberEvent::ValidatorEquivocated {
				member: 1,
				account: Key32(name(2)),
				kind: (*b"babe:equivocatio").into(),
				session: 3,
				suspended: true,
			},
			json!({
				"event": "validatorEquivocated", "member": 1, "account": hash(2), "kind": "babe:equivocatio", "session": 3,
				"suspended": true,
			}),
		);
		pinned(
			MemberEvent::Admitted {
				member: 1,
				kind: MemberKind::Hospital,
				key: Key32(name(2)),
			},
			json!({ "event": "admitted", "member": 1, "kind": "hospital", "key": hash(2) }),
		);
		pinned(
			GovernanceEvent::RestartDecided {
				last_final: 8,
				session: 9,
			},
			json!({ "event": "restartDecided", "lastFinal": 8, "session": 9 }),
		);
		pinned(
			AnnotationEvent::Accepted {
				campaign: 1,
				content: name(2),
				annotator: Key32(name(3)),
				reward: Amount(u128::MAX),
			},
			json!({
				"event": "accepted", "campaign": 1, "content": hash(2), "annotator": hash(3),
				"reward": "340282366920938463463374607431768211455",
			}),
		);
	}

	#[test]
	fn a_history_is_filtered_by_one_field_at_most() {
		let question = |keys| Question::new(keys, PageParameters::default());
		assert_eq!(question(vec![]).unwrap().key, None);
		assert_eq!(question(vec![Key::Member(1)]).unwrap().key, Some(Key::Member(1)));
		let both = question(vec![Key::Member(1), Key::Subject(name(1))]);
		assert!(matches!(both, Err(RpcError::InvalidParameter(_))));
	}
}
