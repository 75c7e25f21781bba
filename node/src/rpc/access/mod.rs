//! `access_…`: how accesses are judged, the logs that they are recorded in, and proofs of their entries.

mod events;
mod proof;

use super::{answer::Answer, context::Context, error::RpcError, number::U64, proof::prover::Prover, workers::in_time};
use events::{EventParameters, Events};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
	PendingSubscriptionSink,
};
use kexin_primitives::{
	members::MemberId,
	vocabulary::{Operation, Purpose, Region},
	DatasetId, Pseudonym, UnixMillis, H256,
};
use kexin_runtime_api::{AccessApi as _, AccessJudgement, AccessQuery, LogSummary};
use proof::RangeParameters;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The methods.
#[rpc(server)]
pub trait Access {
	/// How an access would be judged.
	#[method(name = "access_check")]
	fn check(&self, request: CheckParameters, at: Option<H256>) -> RpcResult<Answer<Judgement>>;

	/// The state of a dataset's log.
	#[method(name = "access_log")]
	fn log(&self, dataset: DatasetId, at: Option<H256>) -> RpcResult<Answer<Log>>;

	/// Log entries, in the order in which they were recorded.
	#[method(name = "access_events")]
	async fn events(&self, filter: EventParameters) -> RpcResult<Answer<Events>>;

	/// Entries of a dataset's log with the proof that they stand in it: the verifier's [`kexin_verifier::AccessProof`].
	#[method(name = "access_proof")]
	async fn proof(
		&self,
		dataset: DatasetId,
		range: RangeParameters,
		at: Option<H256>,
		trusted: Option<H256>,
	) -> RpcResult<Box<RawValue>>;

	/// New entries with breaches as they become final, of one dataset or of all.
	#[subscription(
		name = "access_subscribeBreaches" => "access_breach",
		unsubscribe = "access_unsubscribeBreaches",
		item = events::LoggedEvent
	)]
	fn subscribe_breaches(&self, dataset: Option<DatasetId>);
}

/// Answers the methods from the runtime and the index.
pub struct Access(pub Context);

#[async_trait]
impl AccessServer for Access {
	fn check(&self, request: CheckParameters, at: Option<H256>) -> RpcResult<Answer<Judgement>> {
		let block = self.0.block(at)?;
		let dataset = request.dataset;
		let query = AccessQuery::try_from(request)?;
		let judgement = self.0.ask(block, |api| api.check(block.hash, query))?;
		let judgement = judgement.ok_or_else(|| RpcError::no_dataset(dataset))?;
		Ok(Answer::new(Judgement::from(judgement), block))
	}

	fn log(&self, dataset: DatasetId, at: Option<H256>) -> RpcResult<Answer<Log>> {
		let block = self.0.block(at)?;
		let log = self.0.ask(block, |api| api.log(block.hash, dataset))?;
		let log = log.ok_or_else(|| RpcError::no_dataset(dataset))?;
		Ok(Answer::new(Log::new(dataset, log), block))
	}

	async fn events(&self, filter: EventParameters) -> RpcResult<Answer<Events>> {
		Ok(in_time(events::page(&self.0, filter)).await?)
	}

	async fn proof(
		&self,
		dataset: DatasetId,
		range: RangeParameters,
		at: Option<H256>,
		trusted: Option<H256>,
	) -> RpcResult<Box<RawValue>> {
		let proof = async { proof::prove(&Prover::new(&self.0).await?, dataset, range, at, trusted).await };
		Ok(in_time(proof).await?)
	}

	fn subscribe_breaches(&self, pending: PendingSubscriptionSink, dataset: Option<DatasetId>) {
		events::stream_breaches(&self.0, pending, dataset);
	}
}

/// The access that `access_check` judges. For every field that is left out, the least favourable value is assumed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckParameters {
	/// The dataset.
	pub dataset: DatasetId,
	/// The data subject; without one, the access is to the dataset as a whole.
	pub subject: Option<Pseudonym>,
	/// The purpose of use.
	pub purpose: Option<Purpose>,
	/// The operation.
	pub operation: Operation,
	/// Where it would take place: an ISO 3166-1 numeric code.
	pub region: Option<Region>,
	/// The member that would receive the data.
	pub recipient: Option<MemberId>,
	/// When it would take place: by default at the time of the block.
	pub time: Option<U64>,
}

impl TryFrom<CheckParameters> for AccessQuery {
	type Error = RpcError;

	fn try_from(parameters: CheckParameters) -> Result<Self, RpcError> {
		if let Some(Region(code)) = parameters.region.filter(|Region(code)| !(1..=999).contains(code)) {
			return Err(RpcError::InvalidParameter(format!(
				"region {code} is not an ISO 3166-1 numeric code: expected a number from 1 to 999"
			)));
		}
		Ok(Self {
			dataset: parameters.dataset,
			subject: parameters.subject,
			purpose: parameters.purpose,
			operation: parameters.operation,
			region: parameters.region,
			recipient: parameters.recipient,
			time: parameters.time.map(|time| time.0),
		})
	}
}

/// How an access would be judged.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
	permitted: bool,
	breaches: Vec<&'static str>,
	notices: Vec<&'static str>,
	time: UnixMillis,
}

impl From<AccessJudgement> for Judgement {
	fn from(judgement: AccessJudgement) -> Self {
		Self {
			permitted: judgement.breaches.is_empty(),
			breaches: judgement.breaches.names().collect(),
			notices: judgement.notices.names().collect(),
			time: judgement.time,
		}
	}
}

/// The state of a dataset's log.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
	dataset: DatasetId,
	owner: MemberId,
	count: u64,
	root: H256,
	breaches: u64,
}

impl Log {
	/// The runtime's summary of a log.
	pub fn new(dataset: DatasetId, log: LogSummary) -> Self {
		Self {
			dataset,
			owner: log.owner,
			count: log.count,
			root: log.root,
			breaches: log.breaches,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::answer::golden::{answer, block, hash};
	use kexin_primitives::access::{Breaches, Notices};
	use serde_json::{from_value, json};

	#[test]
	fn access_log_and_check_are_pinned() {
		let log = LogSummary {
			owner: 1,
			count: 2,
			root: H256::repeat_byte(3),
			breaches: 1,
		};
		assert_eq!(
			answer(Log::new(H256::repeat_byte(8), log)),
			json!({
				"dataset": hash(8), "owner": 1, "count": 2, "root": hash(3), "breaches": 1, "block": block(),
			})
		);
		let judgement = AccessJudgement {
			time: 5,
			breaches: Breaches::PURPOSE | Breaches::RECIPIENT_CLASS,
			notices: Notices::empty(),
		};
		assert_eq!(
			answer(Judgement::from(judgement)),
			json!({
				"permitted": false, "breaches": ["purpose", "recipient-class"], "notices": [], "time": 5, "block": block(),
			})
		);
	}

	#[test]
	fn errors_name_what_is_malformed() {
		let error = |value| from_value::<CheckParameters>(value).unwrap_err().to_string();
		assert!(error(json!({ "dataset": "0x12", "operation": "read" })).contains("32"));
		assert!(error(json!({ "dataset": hash(1), "operation": "steal" })).contains("steal"));
		assert!(error(json!({ "dataset": hash(1), "operation": "read", "purpose": "treat" })).contains("TREAT"));
		assert!(error(json!({ "dataset": hash(1), "operation": "read", "extra": 1 })).contains("extra"));
	}

	#[test]
	fn a_region_is_a_code_from_1_to_999() {
		let query = |region: u16| {
			let value = json!({ "dataset": hash(1), "operation": "read", "region": region, "time": "0x5" });
			AccessQuery::try_from(from_value::<CheckParameters>(value).unwrap())
		};
		assert_eq!(query(276).map(|query| query.time), Ok(Some(5)));
		for region in [0, 1_000] {
			assert!(matches!(query(region), Err(RpcError::InvalidParameter(_))));
		}
	}
}
