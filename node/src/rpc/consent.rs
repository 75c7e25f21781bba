//! `consent_…`: what data subjects and datasets allow, and how it came about.

use super::{
	answer::Answer,
	context::Context,
	error::RpcError,
	history::{self, filter, History},
	number::U64,
};
use crate::index::history::Key;
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
};
use kexin_primitives::{
	events::consent::ConsentEvent, members::MemberId, scope::Scope, DatasetId, Pseudonym, UnixMillis, H256,
};
use kexin_runtime_api::{ConsentApi as _, ConsentView, DatasetView};
use serde::{Deserialize, Serialize};

/// The methods.
#[rpc(server)]
pub trait Consent {
	/// What a data subject or the subjects of a dataset consented to, and whether it is in force at a time, by default
	/// now.
	#[method(name = "consent_scope")]
	fn scope(&self, of: ScopeParameters, time: Option<U64>, at: Option<H256>) -> RpcResult<Answer<Scopes>>;

	/// The events of consents and datasets, oldest first.
	#[method(name = "consent_history")]
	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<ConsentEvent>>>;
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

	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<ConsentEvent>>> {
		Ok(history::page(&self.0, filter.question()?).await?)
	}
}

filter! {
	/// The filter of `consent_history`: one of these fields, or none for all events.
	HistoryParameters {
		/// Events of this data subject's consents.
		subject: Pseudonym => Key::Subject,
		/// Events at this hospital.
		hospital: MemberId => Key::Member,
		/// Events of this dataset.
		dataset: DatasetId => Key::Dataset,
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
	recorded: UnixMillis,
	scope: Scope,
	datasets: Vec<DatasetId>,
}

/// The scopes of a dataset.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetScopes {
	owner: MemberId,
	subjects: u32,
	declared: UnixMillis,
	enrolled: Option<UnixMillis>,
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
			recorded: view.recorded,
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
			declared: view.declared,
			enrolled: view.enrolled,
			in_force: open && view.enrolled.is_some() && in_force(&view.cohort, time),
			label: view.label,
			cohort: view.cohort,
			superseded: view.superseded,
			superseded_by: view.superseded_by,
			supersedes: view.supersedes,
		}))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::answer::golden::{answer, block, hash};
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
			recorded: 11,
			datasets: vec![H256::repeat_byte(8)],
		};
		let whole = json!({ "named": {}, "other": FOREVER });
		let expected = json!({
			"hospital": 1,
			"document": hash(6),
			"inForce": true,
			"recorded": 11,
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
