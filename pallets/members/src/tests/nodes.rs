//! Which nodes may connect.

use super::admit;
use crate::{mock::*, Error, Event, Nodes, NodesOf};
use frame_support::{assert_noop, assert_ok};
use kexin_primitives::members::{MemberKind, Powers};
use sp_runtime::DispatchError::BadOrigin;

fn nodes(bytes: &[u8]) -> Nodes {
	let keys = bytes.iter().map(|byte| [*byte; 32]).collect::<Vec<_>>();
	keys.try_into().unwrap()
}

fn name_nodes(account: u64, bytes: &[u8]) -> frame_support::pallet_prelude::DispatchResult {
	Members::name_nodes(RuntimeOrigin::signed(account), nodes(bytes))
}

#[test]
fn all_nodes_may_connect_until_the_council_closes_the_network() {
	ExtBuilder::build_and_execute(|| {
		for account in ADMINISTRATORS {
			assert_ok!(name_nodes(account, &[account as u8]));
		}
		assert_eq!(Members::admitted_nodes(), None);
		assert_noop!(Members::close_network(council(1), true), BadOrigin);
		assert_ok!(Members::close_network(council(2), true));
		System::assert_last_event(Event::NetworkClosed { closed: true }.into());
		let mut admitted = Members::admitted_nodes().unwrap();
		admitted.sort();
		assert_eq!(admitted, [[10; 32], [11; 32], [12; 32]]);
		assert_noop!(Members::close_network(council(2), true), Error::<Test>::AlreadySo);
		assert_ok!(Members::close_network(council(2), false));
		assert_eq!(Members::admitted_nodes(), None);
	});
}

#[test]
fn the_network_is_not_closed_while_a_validator_has_named_no_nodes() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(name_nodes(10, &[1]));
		assert_ok!(name_nodes(11, &[2]));
		assert_noop!(Members::close_network(council(2), true), Error::<Test>::NodesMissing);
		// Without a validator, the third hospital does not have to name nodes.
		assert_ok!(Members::remove_validator(council(2), 2));
		assert_ok!(Members::close_network(council(2), true));
	});
}

#[test]
fn the_nodes_of_suspended_or_removed_members_may_not_connect() {
	ExtBuilder::build_and_execute(|| {
		for account in ADMINISTRATORS {
			assert_ok!(name_nodes(account, &[account as u8]));
		}
		assert_ok!(Members::close_network(council(2), true));
		let has = |byte| Members::admitted_nodes().unwrap().contains(&[byte; 32]);
		assert_ok!(Members::suspend(council(2), 0));
		assert!(!has(10));
		assert_ok!(Members::reinstate(council(2), 0));
		assert!(has(10));
		assert_ok!(Members::remove(council(2), 0));
		assert!(!has(10));
		assert_eq!(NodesOf::<Test>::get(0), None);
	});
}

#[test]
fn an_administrator_names_the_nodes_of_its_organisation() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(name_nodes(10, &[1, 2, 3, 4]));
		assert_ok!(name_nodes(10, &[5]));
		System::assert_last_event(
			Event::NodesNamed {
				member: 0,
				nodes: nodes(&[5]),
			}
			.into(),
		);
		assert_ok!(name_nodes(10, &[]));
		assert_eq!(NodesOf::<Test>::get(0), None);
		assert_ok!(add_key(10, 20, Powers::GATEWAY));
		assert_noop!(name_nodes(20, &[6]), BadOrigin);
		assert_ok!(admit(MemberKind::Person, false, 21));
		assert_noop!(name_nodes(21, &[6]), Error::<Test>::NodesForOrganisationsOnly);
	});
}
