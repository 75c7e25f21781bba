//! # Annotation
//!
//! # Overview
//!
//! A member funds a campaign, annotators contribute labels as content hashes, and a reviewer accepts or rejects them.
//! The reward for accepted work accrues to the annotator, who claims it:
#![doc = docify::embed!("src/tests.rs", an_annotator_without_tokens_is_paid)]
//!
//! # Design goals
//!
//! 1. **Money first.** The whole budget of a campaign is in the pot before work starts.
//! 2. **No work is paid twice.** The same content is contributed to a campaign once, and judged once.
//! 3. **Rewards are pulled.** Accepting records an amount, and the annotator claims it. This takes no tokens and no
//!    fee.
//! 4. **Tokens are conserved.** To the smallest unit, the pot holds what is funded and not yet claimed.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "invariants", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
		Get,
	},
	PalletId,
};
use kexin_primitives::{members::MemberId, DatasetId, H256};
use sp_runtime::{
	traits::{AccountIdConversion, CheckedMul, Saturating, Zero},
	ArithmeticError,
};

/// An amount of tokens, in the smallest unit.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::StorageVersion};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Rewards for annotations.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The tokens.
		type Currency: Mutate<Self::AccountId>;
		/// The id from which the account of the pot is made.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// The origin that funds and closes campaigns. Yields the member and the account with the tokens.
		type TreasurerOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = (MemberId, Self::AccountId)>;
		/// The origin that contributes. Yields the member and the account that earns the reward.
		type AnnotatorOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = (MemberId, Self::AccountId)>;
		/// The origin that reviews. Yields the member for which it acts.
		type ReviewerOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = MemberId>;
		/// The origin that claims. Yields the member and the account that earned the reward.
		type ClaimOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = (MemberId, Self::AccountId)>;
		/// The datasets.
		type Datasets: DatasetExists;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
		/// Sets up what the benchmarks need from other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper;
	}

	/// The campaigns.
	///
	/// Hasher: the ledger counts the ids, so an attacker can't choose them to collide.
	#[pallet::storage]
	pub type Campaigns<T: Config> = StorageMap<_, Twox64Concat, CampaignId, Campaign<BalanceOf<T>>>;

	/// The number of the next campaign.
	#[pallet::storage]
	pub type NextCampaignId<T> = StorageValue<_, CampaignId, ValueQuery>;

	/// The contributions to each campaign, by content. There are at most as many as the campaign has units, plus the
	/// rejected ones. A contribution costs some of the member's allowance, and those of a closed campaign are pruned.
	///
	/// Hashers: the ledger counts campaign ids; annotators choose contents, so a cryptographic hash keeps an attacker
	/// from choosing keys that collide.
	#[pallet::storage]
	pub type Contributions<T: Config> =
		StorageDoubleMap<_, Twox64Concat, CampaignId, Blake2_128Concat, H256, Contribution<T::AccountId>>;

	/// The tokens that each account has earned and not yet claimed.
	///
	/// Hasher: anybody can choose accounts, so a cryptographic hash keeps an attacker from choosing keys that collide.
	#[pallet::storage]
	pub type Claimable<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, BalanceOf<T>, ValueQuery>;

	/// The pallet's events.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A campaign was funded.
		Created {
			/// The campaign.
			campaign: CampaignId,
			/// The member that funded it.
			owner: MemberId,
			/// The dataset to label.
			dataset: DatasetId,
			/// The budget that went into the pot, in the token's smallest unit.
			budget: BalanceOf<T>,
		},
		/// A contribution was made. It waits for a review.
		Contributed {
			/// The campaign.
			campaign: CampaignId,
			/// The hash of the labels.
			content: H256,
			/// The account that made it.
			annotator: T::AccountId,
			/// The number of units in it.
			units: u32,
		},
		/// A contribution was accepted. Its reward accrued to the annotator.
		Accepted {
			/// The campaign.
			campaign: CampaignId,
			/// The hash of the labels.
			content: H256,
			/// The account that earned the reward.
			annotator: T::AccountId,
			/// The reward, in the token's smallest unit.
			reward: BalanceOf<T>,
		},
		/// A contribution was rejected.
		Rejected {
			/// The campaign.
			campaign: CampaignId,
			/// The hash of the labels.
			content: H256,
		},
		/// An annotator claimed rewards.
		Claimed {
			/// The account that claimed.
			annotator: T::AccountId,
			/// The amount, in the token's smallest unit.
			amount: BalanceOf<T>,
		},
		/// A campaign was closed.
		Closed {
			/// The campaign.
			campaign: CampaignId,
			/// The rest of the budget, which was refunded.
			refund: BalanceOf<T>,
			/// The treasurer's account, to which the refund went.
			to: T::AccountId,
		},
		/// Contributions of a closed campaign were dropped.
		Pruned {
			/// The campaign.
			campaign: CampaignId,
			/// The number of dropped contributions.
			contributions: u32,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such campaign or contribution. Check the id.
		NotFound,
		/// Another member funds or reviews the campaign. Only that member may do this.
		NotAuthorized,
		/// The content was contributed to this campaign before. Contribute other content.
		AlreadyExists,
		/// The dataset is not declared. Have its hospital declare it first.
		UnknownDataset,
		/// The reward or the number of units is zero, or there are more than `MAX_UNITS` units. Choose other numbers.
		OutOfRange,
		/// The campaign has fewer units left. Contribute fewer units, or wait for a review.
		CampaignFull,
		/// The campaign is closed, and takes no more contributions, reviews or refunds.
		Closed,
		/// The campaign is not closed yet. Close it first.
		NotClosed,
		/// The contribution was judged before. Leave it out.
		AlreadyJudged,
		/// The signing account holds fewer tokens than the budget. Transfer tokens to it first.
		InsufficientFunds,
		/// Contributions wait for a review. Accept or reject them first.
		ContributionsPending,
		/// The signing account has nothing to claim.
		NothingToClaim,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Funds a campaign that pays `reward` for each of `units`. Stewards of `reviewer` judge the contributions.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::TreasurerOrigin`]. The budget comes from the signing account.
		///
		/// ## Errors
		///
		/// `OutOfRange`, `UnknownDataset`, `InsufficientFunds`.
		///
		/// ## Events
		///
		/// [`Event::Created`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create())]
		pub fn create(
			origin: OriginFor<T>,
			dataset: DatasetId,
			reward: BalanceOf<T>,
			units: u32,
			reviewer: MemberId,
		) -> DispatchResult {
			let (owner, treasurer) = T::TreasurerOrigin::ensure_origin(origin)?;
			Self::do_create(owner, treasurer, dataset, reward, units, reviewer)
		}

		/// Contributes labels, named by the hash of their content.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::AnnotatorOrigin`]. The signing account earns the reward.
		///
		/// ## Errors
		///
		/// `NotFound`, `Closed`, `OutOfRange`, `CampaignFull`, `AlreadyExists`.
		///
		/// ## Events
		///
		/// [`Event::Contributed`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::contribute())]
		pub fn contribute(origin: OriginFor<T>, campaign: CampaignId, content: H256, units: u32) -> DispatchResult {
			let (_, annotator) = T::AnnotatorOrigin::ensure_origin(origin)?;
			Self::do_contribute(annotator, campaign, content, units)
		}

		/// Judges contributions. The reward of each accepted one accrues to its annotator.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ReviewerOrigin`], for the campaign's reviewer.
		///
		/// ## Errors
		///
		/// `NotFound`, `NotAuthorized`, `AlreadyJudged`. All or nothing.
		///
		/// ## Events
		///
		/// [`Event::Accepted`] or [`Event::Rejected`] for each.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::review(u32::try_from(contributions.len()).unwrap_or(MAX_DECISIONS)))]
		pub fn review(origin: OriginFor<T>, campaign: CampaignId, contributions: Decisions) -> DispatchResult {
			let reviewer = T::ReviewerOrigin::ensure_origin(origin)?;
			Self::do_review(reviewer, campaign, contributions)
		}

		/// Pays out everything that the signing account has earned.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ClaimOrigin`]. The account needs no tokens.
		///
		/// ## Errors
		///
		/// `NothingToClaim`.
		///
		/// ## Events
		///
		/// [`Event::Claimed`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::claim())]
		pub fn claim(origin: OriginFor<T>) -> DispatchResult {
			let (_, annotator) = T::ClaimOrigin::ensure_origin(origin)?;
			Self::do_claim(annotator)
		}

		/// Closes a campaign and refunds the rest of its budget.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::TreasurerOrigin`], for the member that funded the campaign. The refund goes to the signing
		/// account.
		///
		/// ## Errors
		///
		/// `NotFound`, `NotAuthorized`, `Closed`, `ContributionsPending`.
		///
		/// ## Events
		///
		/// [`Event::Closed`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::close())]
		pub fn close(origin: OriginFor<T>, campaign: CampaignId) -> DispatchResult {
			let (owner, treasurer) = T::TreasurerOrigin::ensure_origin(origin)?;
			Self::do_close(owner, treasurer, campaign)
		}

		/// Drops up to `limit` contributions of a closed campaign from the state, at most [`MAX_PRUNED`]. The campaign
		/// and the rewards stay.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ClaimOrigin`]: any active key.
		///
		/// ## Errors
		///
		/// `NotFound`, `NotClosed`.
		///
		/// ## Events
		///
		/// [`Event::Pruned`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::prune((*limit).min(MAX_PRUNED)))]
		pub fn prune(origin: OriginFor<T>, campaign: CampaignId, limit: u32) -> DispatchResult {
			T::ClaimOrigin::ensure_origin(origin)?;
			Self::do_prune(campaign, limit.min(MAX_PRUNED))
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The tokens that the account has earned and not yet claimed.
	pub fn claimable(account: &T::AccountId) -> BalanceOf<T> {
		Claimable::<T>::get(account)
	}

	/// The account that holds the tokens of all campaigns.
	pub fn pot() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	fn open(id: CampaignId) -> Result<Campaign<BalanceOf<T>>, Error<T>> {
		let campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(!campaign.closed, Error::<T>::Closed);
		Ok(campaign)
	}

	fn do_create(
		owner: MemberId,
		treasurer: T::AccountId,
		dataset: DatasetId,
		reward: BalanceOf<T>,
		units: u32,
		reviewer: MemberId,
	) -> DispatchResult {
		ensure!(
			!reward.is_zero() && (1..=MAX_UNITS).contains(&units),
			Error::<T>::OutOfRange
		);
		ensure!(T::Datasets::exists(dataset), Error::<T>::UnknownDataset);
		let budget = reward.checked_mul(&units.into()).ok_or(ArithmeticError::Overflow)?;
		let available = T::Currency::reducible_balance(&treasurer, Preservation::Expendable, Fortitude::Polite);
		ensure!(budget <= available, Error::<T>::InsufficientFunds);
		T::Currency::transfer(&treasurer, &Self::pot(), budget, Preservation::Expendable)?;
		let campaign = NextCampaignId::<T>::get();
		NextCampaignId::<T>::put(campaign.saturating_add(1));
		Campaigns::<T>::insert(
			campaign,
			Campaign {
				owner,
				reviewer,
				dataset,
				reward,
				units,
				accepted: 0,
				pending: 0,
				closed: false,
			},
		);
		Self::deposit_event(Event::Created {
			campaign,
			owner,
			dataset,
			budget,
		});
		Ok(())
	}

	fn do_contribute(annotator: T::AccountId, id: CampaignId, content: H256, units: u32) -> DispatchResult {
		let mut campaign = Self::open(id)?;
		ensure!(units > 0, Error::<T>::OutOfRange);
		let taken = campaign.accepted.saturating_add(campaign.pending).saturating_add(units);
		ensure!(taken <= campaign.units, Error::<T>::CampaignFull);
		ensure!(
			!Contributions::<T>::contains_key(id, content),
			Error::<T>::AlreadyExists
		);
		campaign.pending = campaign.pending.saturating_add(units);
		Campaigns::<T>::insert(id, campaign);
		let contribution = Contribution {
			annotator: annotator.clone(),
			units,
			status: ReviewStatus::Pending,
		};
		Contributions::<T>::insert(id, content, contribution);
		Self::deposit_event(Event::Contributed {
			campaign: id,
			content,
			annotator,
			units,
		});
		Ok(())
	}

	fn do_review(reviewer: MemberId, id: CampaignId, decisions: Decisions) -> DispatchResult {
		let mut campaign = Self::open(id)?;
		ensure!(campaign.reviewer == reviewer, Error::<T>::NotAuthorized);
		for (content, accepted) in decisions {
			let mut contribution = Contributions::<T>::get(id, content).ok_or(Error::<T>::NotFound)?;
			ensure!(contribution.status == ReviewStatus::Pending, Error::<T>::AlreadyJudged);
			campaign.pending = campaign.pending.saturating_sub(contribution.units);
			if accepted {
				campaign.accepted = campaign.accepted.saturating_add(contribution.units);
				contribution.status = ReviewStatus::Accepted;
				let reward = campaign.reward.saturating_mul(contribution.units.into());
				let annotator = contribution.annotator.clone();
				Claimable::<T>::mutate(&annotator, |earned| *earned = earned.saturating_add(reward));
				Self::deposit_event(Event::Accepted {
					campaign: id,
					content,
					annotator,
					reward,
				});
			} else {
				contribution.status = ReviewStatus::Rejected;
				Self::deposit_event(Event::Rejected { campaign: id, content });
			}
			Contributions::<T>::insert(id, content, contribution);
		}
		Campaigns::<T>::insert(id, campaign);
		Ok(())
	}

	fn do_claim(annotator: T::AccountId) -> DispatchResult {
		let amount = Claimable::<T>::take(&annotator);
		ensure!(!amount.is_zero(), Error::<T>::NothingToClaim);
		T::Currency::transfer(&Self::pot(), &annotator, amount, Preservation::Expendable)?;
		Self::deposit_event(Event::Claimed { annotator, amount });
		Ok(())
	}

	fn do_close(owner: MemberId, treasurer: T::AccountId, id: CampaignId) -> DispatchResult {
		let mut campaign = Self::open(id)?;
		ensure!(campaign.owner == owner, Error::<T>::NotAuthorized);
		ensure!(campaign.pending == 0, Error::<T>::ContributionsPending);
		let left = campaign.units.saturating_sub(campaign.accepted);
		let refund = campaign.reward.saturating_mul(left.into());
		if !refund.is_zero() {
			T::Currency::transfer(&Self::pot(), &treasurer, refund, Preservation::Expendable)?;
		}
		campaign.closed = true;
		Campaigns::<T>::insert(id, campaign);
		Self::deposit_event(Event::Closed {
			campaign: id,
			refund,
			to: treasurer,
		});
		Ok(())
	}

	fn do_prune(id: CampaignId, limit: u32) -> DispatchResult {
		let campaign = Campaigns::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(campaign.closed, Error::<T>::NotClosed);
		let limit = usize::try_from(limit).unwrap_or(usize::MAX);
		let contributions = Contributions::<T>::drain_prefix(id).take(limit).count();
		let contributions = u32::try_from(contributions).unwrap_or(MAX_PRUNED);
		Self::deposit_event(Event::Pruned {
			campaign: id,
			contributions,
		});
		Ok(())
	}
}
