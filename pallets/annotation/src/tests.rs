//! Campaigns, from funding to closing.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;
use sp_runtime::DispatchError::BadOrigin;
use std::collections::BTreeMap;

fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn create(reward: u128, units: u32) -> DispatchResult {
	Annotation::create(signed(COMPANY), DATASET, reward, units, REVIEWER as MemberId)
}

fn review(content: u64, accepted: bool) -> DispatchResult {
	Annotation::review(signed(REVIEWER), 0, vec![(hash(content), accepted)].try_into().unwrap())
}

#[docify::export]
#[test]
fn an_annotator_without_tokens_is_paid() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(create(10, 5));
		System::assert_last_event(
			Event::Created {
				campaign: 0,
				owner: 1,
				dataset: DATASET,
				budget: 50,
			}
			.into(),
		);
		assert_eq!(Balances::total_balance(&Annotation::pot()), 50);

		let annotator = 30;
		assert_ok!(Annotation::contribute(signed(annotator), 0, hash(1), 2));
		System::assert_last_event(
			Event::Contributed {
				campaign: 0,
				content: hash(1),
				annotator,
				units: 2,
			}
			.into(),
		);
		assert_eq!(Annotation::claimable(&annotator), 0);
		assert_ok!(review(1, true));
		System::assert_last_event(
			Event::Accepted {
				campaign: 0,
				content: hash(1),
				annotator,
				reward: 20,
			}
			.into(),
		);
		assert_eq!(Annotation::claimable(&annotator), 20);

		assert_eq!(Balances::total_balance(&annotator), 0);
		assert_ok!(Annotation::claim(signed(annotator)));
		System::assert_last_event(Event::Claimed { annotator, amount: 20 }.into());
		assert_eq!(Balances::total_balance(&annotator), 20);
		assert_noop!(Annotation::claim(signed(annotator)), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn a_closed_campaign_refunds_the_rest() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(create(10, 5));
		assert_ok!(Annotation::contribute(signed(30), 0, hash(1), 2));
		assert_noop!(
			Annotation::close(signed(COMPANY), 0),
			Error::<Test>::ContributionsPending
		);
		assert_noop!(Annotation::close(signed(3), 0), Error::<Test>::NotAuthorized);
		assert_noop!(Annotation::prune(signed(30), 0, 1), Error::<Test>::NotClosed);
		assert_ok!(review(1, true));
		assert_ok!(Annotation::close(signed(COMPANY), 0));
		System::assert_last_event(
			Event::Closed {
				campaign: 0,
				refund: 30,
				to: COMPANY,
			}
			.into(),
		);
		assert_noop!(Annotation::close(signed(COMPANY), 0), Error::<Test>::Closed);
		assert_noop!(Annotation::contribute(signed(30), 0, hash(2), 1), Error::<Test>::Closed);

		assert_ok!(Annotation::prune(signed(30), 0, 1_000));
		System::assert_last_event(
			Event::Pruned {
				campaign: 0,
				contributions: 1,
			}
			.into(),
		);
		assert_ok!(Annotation::claim(signed(30)));
		assert_eq!(Balances::total_balance(&Annotation::pot()), 0);
		assert_eq!(Balances::total_balance(&COMPANY), WEALTH - 20);
	});
}

#[test]
fn no_work_is_paid_twice() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(create(10, 5));
		assert_ok!(Annotation::contribute(signed(30), 0, hash(1), 1));
		assert_noop!(
			Annotation::contribute(signed(31), 0, hash(1), 1),
			Error::<Test>::AlreadyExists
		);
		assert_ok!(review(1, false));
		System::assert_last_event(
			Event::Rejected {
				campaign: 0,
				content: hash(1),
			}
			.into(),
		);
		assert_noop!(review(1, true), Error::<Test>::AlreadyJudged);
		assert_noop!(
			Annotation::contribute(signed(30), 0, hash(1), 1),
			Error::<Test>::AlreadyExists
		);
		let twice = vec![(hash(2), true), (hash(2), true)].try_into().unwrap();
		assert_ok!(Annotation::contribute(signed(30), 0, hash(2), 1));
		assert_noop!(
			Annotation::review(signed(REVIEWER), 0, twice),
			Error::<Test>::AlreadyJudged
		);
	});
}

#[test]
fn calls_that_are_out_of_range_or_unauthorised_are_refused() {
	ExtBuilder::build_and_execute(|| {
		assert_noop!(create(0, 5), Error::<Test>::OutOfRange);
		assert_noop!(create(1, 0), Error::<Test>::OutOfRange);
		assert_noop!(create(1, MAX_UNITS + 1), Error::<Test>::OutOfRange);
		assert_noop!(create(u128::MAX, 2), ArithmeticError::Overflow);
		assert_noop!(create(WEALTH, 2), Error::<Test>::InsufficientFunds);
		assert_noop!(
			Annotation::create(signed(COMPANY), hash(1), 1, 1, 2),
			Error::<Test>::UnknownDataset
		);
		assert_noop!(
			Annotation::contribute(signed(30), 0, hash(1), 1),
			Error::<Test>::NotFound
		);
		assert_ok!(create(10, 5));
		assert_noop!(
			Annotation::contribute(signed(30), 0, hash(1), 0),
			Error::<Test>::OutOfRange
		);
		assert_noop!(
			Annotation::contribute(signed(30), 0, hash(1), 6),
			Error::<Test>::CampaignFull
		);
		assert_noop!(
			Annotation::contribute(signed(30), 0, hash(1), u32::MAX),
			Error::<Test>::CampaignFull
		);
		assert_noop!(Annotation::contribute(signed(100), 0, hash(1), 1), BadOrigin);
		assert_noop!(review(1, true), Error::<Test>::NotFound);
		assert_noop!(
			Annotation::review(signed(3), 0, vec![].try_into().unwrap()),
			Error::<Test>::NotAuthorized
		);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]
	/// Compared with a naive model: what each annotator earned and received, and what the company paid.
	#[test]
	fn tokens_are_conserved_in_any_history(
		steps in proptest::collection::vec((0..6u8, 0..3u32, 0..8u64, 1..4u32), 1..80),
	) {
		ExtBuilder::build_and_execute(|| {
			let mut earned = BTreeMap::<u64, u128>::new();
			for (what, campaign, content, units) in steps {
				let annotator = 30 + content % 3;
				match what {
					0 => {
						let _ = create(7, units * 2);
					},
					1 | 2 => {
						let _ = Annotation::contribute(signed(annotator), campaign, hash(content), units);
					},
					3 => {
						let accepted = content % 4 != 0;
						let decisions = vec![(hash(content), accepted)].try_into().unwrap();
						let contribution = Contributions::<Test>::get(campaign, hash(content));
						if Annotation::review(signed(REVIEWER), campaign, decisions).is_ok() && accepted {
							let contribution = contribution.unwrap();
							*earned.entry(contribution.annotator).or_default() += 7 * u128::from(contribution.units);
						}
					},
					4 => {
						let _ = Annotation::close(signed(COMPANY), campaign);
					},
					_ => {
						let _ = Annotation::claim(signed(annotator));
					},
				}
				Annotation::do_try_state().unwrap();
				for (annotator, earned) in &earned {
					let has = Balances::total_balance(annotator) + Annotation::claimable(annotator);
					assert_eq!(has, *earned);
				}
			}
		});
	}
}
