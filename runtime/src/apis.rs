//! The runtime APIs: those every Substrate node needs, and those of the ledger.

use crate::*;
use alloc::vec::Vec;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	traits::KeyOwnerProofSystem,
};
use kexin_primitives::{
	access::{AccessEvent, Outcome},
	events::BlockEvents,
	lineage::{ArtifactId, Trace, TraceError, TraceQuery},
	DatasetId, Pseudonym, H256,
};
use kexin_runtime_api::{AccessJudgement, AccessQuery, ArtifactReport, ConsentView, DatasetView, LogSummary};
use sp_api::impl_runtime_apis;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_runtime::{
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}

		fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(data: sp_inherents::InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_consensus_babe::BabeApi<Block> for Runtime {
		fn configuration() -> sp_consensus_babe::BabeConfiguration {
			let epoch = Babe::epoch_config().unwrap_or(configs::consensus::BABE_EPOCH_CONFIGURATION);
			sp_consensus_babe::BabeConfiguration {
				slot_duration: Babe::slot_duration(),
				epoch_length: configs::consensus::EpochSlots::get(),
				c: epoch.c,
				authorities: Babe::authorities().to_vec(),
				randomness: Babe::randomness(),
				allowed_slots: epoch.allowed_slots,
			}
		}

		fn current_epoch_start() -> sp_consensus_babe::Slot {
			Babe::current_epoch_start()
		}

		fn current_epoch() -> sp_consensus_babe::Epoch {
			Babe::current_epoch()
		}

		fn next_epoch() -> sp_consensus_babe::Epoch {
			Babe::next_epoch()
		}

		fn generate_key_ownership_proof(
			_slot: sp_consensus_babe::Slot,
			authority: sp_consensus_babe::AuthorityId,
		) -> Option<sp_consensus_babe::OpaqueKeyOwnershipProof> {
			crate::configs::consensus::KeyOwners::prove((sp_consensus_babe::KEY_TYPE, authority))
				.map(|proof| codec::Encode::encode(&proof))
				.map(sp_consensus_babe::OpaqueKeyOwnershipProof::new)
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_babe::EquivocationProof<<Block as BlockT>::Header>,
			key_owner_proof: sp_consensus_babe::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Babe::submit_unsigned_equivocation_report(equivocation_proof, key_owner_proof.decode()?)
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			pallet_grandpa::CurrentSetId::<Runtime>::get()
		}

		fn generate_key_ownership_proof(
			_set: sp_consensus_grandpa::SetId,
			authority: GrandpaId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			crate::configs::consensus::KeyOwners::prove((sp_consensus_grandpa::KEY_TYPE, authority))
				.map(|proof| codec::Encode::encode(&proof))
				.map(sp_consensus_grandpa::OpaqueKeyOwnershipProof::new)
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_grandpa::EquivocationProof<<Block as BlockT>::Hash, NumberFor<Block>>,
			key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Grandpa::submit_unsigned_equivocation_report(equivocation_proof, key_owner_proof.decode()?)
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, genesis_config_presets::get)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			genesis_config_presets::names()
		}
	}

	impl kexin_runtime_api::LineageApi<Block> for Runtime {
		fn artifact(artifact: ArtifactId) -> Option<ArtifactReport> {
			Some(ArtifactReport {
				artifact: Lineage::artifact(artifact)?,
				evidence: Lineage::evidence_of(artifact),
			})
		}

		fn trace(query: TraceQuery) -> Result<Trace, TraceError> {
			Lineage::trace(query)
		}
	}

	impl kexin_runtime_api::AccessApi<Block> for Runtime {
		fn log(dataset: DatasetId) -> Option<LogSummary> {
			let owner = Consent::dataset(dataset)?.owner;
			let log = Access::log(dataset);
			let (count, root) = (log.accumulator.count(), log.accumulator.root());
			Some(LogSummary { owner, count, root, breaches: log.breaches })
		}

		fn check(query: AccessQuery) -> Option<AccessJudgement> {
			let time = query.time.unwrap_or_else(Timestamp::get);
			let event = AccessEvent {
				source: H256::zero(),
				occurred: time,
				actor: H256::zero(),
				subject: query.subject,
				purpose: query.purpose,
				operation: query.operation,
				region: query.region,
				recipient: query.recipient,
				activity: None,
				outcome: Outcome::Permitted,
			};
			Access::judge(query.dataset, &event).map(|judgement| AccessJudgement {
				time,
				breaches: judgement.breaches,
				notices: judgement.notices,
			})
		}
	}

	impl kexin_runtime_api::ConsentApi<Block> for Runtime {
		fn subject(subject: Pseudonym) -> Vec<ConsentView> {
			Consent::consents_of(subject)
				.into_iter()
				.flat_map(|(hospital, subject)| {
					let pallet_consent::Subject { consents, datasets, .. } = subject;
					consents.into_iter().map(move |consent| ConsentView {
						hospital,
						document: consent.document,
						scope: consent.scope.into_latest(),
						recorded: consent.recorded,
						datasets: datasets
							.iter()
							.filter(|enrolled| enrolled.under == consent.document)
							.map(|enrolled| enrolled.dataset)
							.collect(),
					})
				})
				.collect()
		}

		fn dataset(dataset: DatasetId) -> Option<DatasetView> {
			Consent::dataset(dataset).map(|dataset| DatasetView {
				owner: dataset.owner,
				label: dataset.label.into_latest(),
				cohort: dataset.cohort.into_latest(),
				subjects: dataset.subjects,
				declared: dataset.declared,
				enrolled: dataset.enrolled,
				superseded: dataset.superseded,
				superseded_by: dataset.superseded_by,
				supersedes: dataset.supersedes,
			})
		}
	}

	impl kexin_runtime_api::NetworkApi<Block> for Runtime {
		fn admitted_nodes() -> Option<Vec<[u8; 32]>> {
			Members::admitted_nodes()
		}
	}

	impl kexin_runtime_api::LedgerEventsApi<Block> for Runtime {
		fn ledger_events(block: Block) -> BlockEvents {
			events::of(block)
		}
	}

	impl kexin_runtime_api::FinalityApi<Block> for Runtime {
		fn last_restart() -> Option<u32> {
			pallet_governance::LastRestart::<Runtime>::get().map(|restart| restart.block)
		}
	}

	impl kexin_runtime_api::ValidatorApi<Block, AccountId, BlockNumber> for Runtime {
		fn validators() -> Vec<(AccountId, Option<BlockNumber>)> {
			let last_authored = pallet_members::LastAuthored::<Runtime>::get;
			let validators = Session::validators().into_iter();
			validators.map(|account| (account.clone(), last_authored(account))).collect()
		}
	}

	impl kexin_runtime_api::AnnotationApi<Block, AccountId, Balance> for Runtime {
		fn claimable(account: AccountId) -> Balance {
			Annotation::claimable(&account)
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
			benchmarks::metadata(extra)
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			benchmarks::dispatch(config)
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (frame_support::weights::Weight, frame_support::weights::Weight) {
			let weight = Executive::try_runtime_upgrade(checks).expect("a failed check stops the dry run");
			(weight, configs::system::RuntimeBlockWeights::get().max_block)
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> frame_support::weights::Weight {
			Executive::try_execute_block(block, state_root_check, signature_check, select)
				.expect("a failed check stops the dry run")
		}
	}
}
