//! `consent_…`: what data subjects and datasets allow, and how it came about.

use super::{
	answer::{Answer, BlockRef},
	context::Context,
	error::RpcError,
	number::U64,
	page::{cut, limit, Blocks, Cursor, PageParameters, QuestionHash},
	workers::in_time,
};
use crate::index::rows::{self, block_of, ConsentChange};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
};
use kexin_primitives::{members::MemberId, scope::Scope, DatasetId, Pseudonym, UnixMillis, H256};
use kexin_runtime_api::{ConsentApi as _, ConsentView, DatasetView};
use serde::{Deserialize, Serialize};

/// The methods.
#[rpc(server)]
pub trait Consent {
	/// What a data subject or the subjects of a dataset consented to, and whether it is in force at a time, by default
	/// now.
	#[method(name = "consent_scope")]
	fn scope(&self, of: ScopeParameters, time: Option<U64>, at: Option<H256>) -> RpcResult<Answer<Scopes>>;

	/// The changes of a data subject's consents, oldest first.
	#[method(name = "consent_history")]
	async fn history(&self, subject: Pseudonym, page: Option<PageParameters>) -> RpcResult<Answer<ConsentHistory>>;
}

/// Answers the methods from the runtime and the index.
pub struct Consent(pub Context);

#[async_trait]
impl ConsentServer for Consent {
	fn scope(&self, of: ScopeParameters, time: Option<U64>, at: Option<H256>) -> RpcResult<Answer<Scopes>> {
		let of = ScopeOf::try_from(of)?;
		let block = self.0.block(at)?;
		let time = time.map_or_else(|| sp_timestamp::Timestamp::current().as_millis(), |time| time.0);
		let scopes = match of {
			ScopeOf::Subject(subject, hospital) => {
				let views = self.0.ask(block, |api| api.subject(block.hash, subject))?;
				Scopes::of_subject(views, hospital, time)
			},
			ScopeOf::Dataset(dataset) => {
				let view = self.0.ask(block, |api| api.dataset(block.hash, dataset))?;
				Scopes::of_dataset(view.ok_or_else(|| RpcError::no_dataset(dataset))?, time)
			},
		};
		Ok(Answer::new(scopes, block))
	}

	async fn history(&self, subject: Pseudonym, page: Option<PageParameters>) -> RpcResult<Answer<ConsentHistory>> {
		Ok(in_time(self.changes(subject, page.unwrap_or_default())).await?)
	}
}

impl Consent {
	/// A page of the changes of a data subject's consents.
	async fn changes(&self, subject: Pseudonym, page: PageParameters) -> Result<Answer<ConsentHistory>, RpcError> {
		let question = QuestionHash::of(("consent_history", subject));
		let after = page.cursor.as_deref().map(|text| Cursor::parse(text, question));
		let after = after.transpose()?.map(|cursor| cursor.place);
		let (store, block) = self.0.store().await?;
		let limit = limit(page.limit);
		let mut changes = store.consents(subject, after, block.number, limit + 1).await?;
		let more = cut(&mut changes, limit);
		let next = changes.last().filter(|_| more).map(|last| Cursor {
			question,
			place: last.place,
			index: 0,
		});
		let mut blocks = Blocks::new(&self.0.client);
		let history = changes.iter().map(|change| {
			let block = blocks.get(block_of(change.place))?;
			Ok::<_, RpcError>(Change::new(change, block))
		});
		let answer = ConsentHistory {
			history: history.collect::<Result<_, _>>()?,
			next: next.map(|cursor| cursor.text()),
		};
		Ok(Answer::new(answer, block))
	}
}

/// The query of `consent_scope`: a data subject, at one hospital or at all, or a dataset.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScopeParameters {
	subject: Option<Pseudonym>,
	hospital: Option<MemberId>,
	dataset: Option<DatasetId>,
}

/// Whose consents `consent_scope` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeOf {
	/// Those of a data subject, at one hospital or at all.
	Subject(Pseudonym, Option<MemberId>),
	/// Those behind a dataset.
	Dataset(DatasetId),
}

impl TryFrom<ScopeParameters> for ScopeOf {
	type Error = RpcError;

	fn try_from(parameters: ScopeParameters) -> Result<Self, RpcError> {
		match parameters {
			ScopeParameters {
				subject: Some(subject),
				hospital,
				dataset: None,
			} => Ok(Self::Subject(subject, hospital)),
			ScopeParameters {
				subject: None,
				hospital: None,
				dataset: Some(dataset),
			} => Ok(Self::Dataset(dataset)),
			_ => Err(RpcError::InvalidParameter(
				"expected either {\"subject\", \"hospital\" (optional)} or {\"dataset\"}".into(),
			)),
		}
	}
}

/// Whether the scope allows anything at this time.
fn in_force(scope: &Scope, time: UnixMillis) -> bool {
	scope.start <= time && time < scope.end()
}

/// The answer of `consent_scope`.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Scopes {
	/// A data subject's consents; an access needs only one of them.
	Subject {
		/// The consents.
		consents: Vec<SubjectConsent>,
	},
	/// A dataset, with its own label and the meet of the label with the consents of everybody who is enrolled.
	Dataset(Box<DatasetScopes>),
}

/// One consent of a data subject.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubjectConsent {
	hospital: MemberId,
	document: H256,
	in_force: bool,
	scope: Scope,
	datasets: Vec<DatasetId>,
}

/// The scopes of a dataset.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetScopes {
	owner: MemberId,
	subjects: u32,
	in_force: bool,
	label: Scope,
	cohort: Scope,
	superseded: Option<UnixMillis>,
	superseded_by: Option<DatasetId>,
	supersedes: Option<DatasetId>,
}

impl Scopes {
	/// The consents of a data subject, at one hospital or at all.
	pub fn of_subject(views: Vec<ConsentView>, hospital: Option<MemberId>, time: UnixMillis) -> Self {
		let views = views
			.into_iter()
			.filter(|view| hospital.is_none_or(|hospital| view.hospital == hospital));
		let consents = views.map(|view| SubjectConsent {
			hospital: view.hospital,
			document: view.document,
			in_force: in_force(&view.scope, time),
			scope: view.scope,
			datasets: view.datasets,
		});
		Self::Subject {
			consents: consents.collect(),
		}
	}

	/// The scopes of a dataset.
	pub fn of_dataset(view: DatasetView, time: UnixMillis) -> Self {
		let open = view.superseded.is_none_or(|superseded| time < superseded);
		Self::Dataset(Box::new(DatasetScopes {
			owner: view.owner,
			subjects: view.subjects,
			in_force: open && in_force(&view.cohort, time),
			label: view.label,
			cohort: view.cohort,
			superseded: view.superseded,
			superseded_by: view.superseded_by,
			supersedes: view.supersedes,
		}))
	}
}

/// A page of the changes of a data subject's consents.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentHistory {
	/// The changes, oldest first.
	pub history: Vec<Change>,
	/// The cursor of the next page; `None` on the last.
	pub next: Option<String>,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
	/// The data subject consented.
	Granted,
	/// The data subject narrowed one consent, or all.
	Narrowed,
	/// The data subject withdrew one consent, or all.
	Revoked,
}

/// A change of a data subject's consents.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
	what: ChangeKind,
	hospital: MemberId,
	/// The document of the consent; `None` when the change is about all of them.
	consent: Option<H256>,
	/// blake2-256 of the signed document of the change.
	document: H256,
	time: UnixMillis,
	block: BlockRef,
}

impl Change {
	/// The change of this row, recorded in this block.
	pub fn new(consent: &rows::Consent, block: BlockRef) -> Self {
		Self {
			what: match consent.what {
				ConsentChange::Granted => ChangeKind::Granted,
				ConsentChange::Narrowed => ChangeKind::Narrowed,
				ConsentChange::Revoked => ChangeKind::Revoked,
			},
			hospital: consent.hospital,
			consent: consent.consent,
			document: consent.document,
			time: consent.time,
			block,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::answer::golden::{answer, block, hash, BLOCK};
	use kexin_primitives::{
		scope::Dimension,
		vocabulary::{Purpose, Region},
		FOREVER,
	};
	use serde_json::json;

	#[test]
	fn consent_scope_is_pinned() {
		let mut scope = Scope::everything(10);
		scope.purposes = Dimension::only([Purpose::ModelTraining], 99).unwrap();
		scope.regions = Dimension::only([Region(276)], FOREVER).unwrap();
		let view = ConsentView {
			hospital: 1,
			document: H256::repeat_byte(6),
			scope,
			datasets: vec![H256::repeat_byte(8)],
		};
		let whole = json!({ "named": {}, "other": FOREVER });
		let expected = json!({
			"hospital": 1,
			"document": hash(6),
			"inForce": true,
			"scope": {
				"start": 10,
				"end": 99,
				"purposes": { "named": { "MLTRAINING": 99 }, "other": 0 },
				"operations": whole,
				"regions": { "named": { "276": FOREVER }, "other": 0 },
				"recipients": whole,
				"recipientClasses": whole,
			},
			"datasets": [hash(8)],
		});
		assert_eq!(
			answer(Scopes::of_subject(vec![view.clone()], None, 10)),
			json!({ "consents": [expected], "block": block() })
		);
		assert_eq!(
			answer(Scopes::of_subject(vec![view], Some(2), 10)),
			json!({ "consents": [], "block": block() })
		);
	}

	#[test]
	fn consent_history_is_pinned() {
		let change = |what, consent| {
			let consent = rows::Consent {
				place: 0,
				time: 1_000,
				subject: H256::repeat_byte(1),
				what,
				hospital: 3,
				consent,
				document: H256::repeat_byte(4),
			};
			Change::new(&consent, BLOCK)
		};
		let page = ConsentHistory {
			history: vec![
				change(ConsentChange::Granted, Some(H256::repeat_byte(2))),
				change(ConsentChange::Narrowed, Some(H256::repeat_byte(2))),
				change(ConsentChange::Revoked, None),
			],
			next: None,
		};
		let expected = |what, consent: Option<String>| {
			json!({
				"what": what, "hospital": 3, "consent": consent, "document": hash(4), "time": 1000, "block": block(),
			})
		};
		assert_eq!(
			answer(page),
			json!({
				"history": [
					expected("granted", Some(hash(2))), expected("narrowed", Some(hash(2))), expected("revoked", None),
				],
				"next": null,
				"block": block(),
			})
		);
	}

	#[test]
	fn a_scope_is_that_of_a_data_subject_or_of_a_dataset() {
		let parse = |value| ScopeOf::try_from(serde_json::from_value::<ScopeParameters>(value).unwrap());
		assert_eq!(
			parse(json!({ "subject": hash(1) })),
			Ok(ScopeOf::Subject(H256::repeat_byte(1), None))
		);
		assert_eq!(
			parse(json!({ "dataset": hash(1) })),
			Ok(ScopeOf::Dataset(H256::repeat_byte(1)))
		);
		assert!(matches!(parse(json!({})), Err(RpcError::InvalidParameter(_))));
		assert!(matches!(
			parse(json!({ "subject": hash(1), "dataset": hash(2) })),
			Err(RpcError::InvalidParameter(_))
		));
	}
}
