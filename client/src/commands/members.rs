//! `kexin members`.

use super::{
	arguments::{account, at_most, peer_id, powers, Named},
	council::{self, Share},
	Session,
};
use clap::Subcommand;
use kexin::{
	call::{self, Account},
	config,
	ledger::Until,
};
use kexin_primitives::members::{MemberId, MemberKind, Powers, MAX_NAME};

/// What to do with members.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Propose to admit a member.
	Admit {
		/// hospital, research-institute, auditor, company or person.
		#[arg(long)]
		kind: Named<MemberKind>,
		/// Its name.
		#[arg(long)]
		name: String,
		/// The ISO 3166-1 numeric code of its country, such as 276.
		#[arg(long)]
		region: u16,
		/// Give it a seat on the council.
		#[arg(long)]
		seat: bool,
		/// The account of its administrator: an address, or a secret URI.
		#[arg(long, value_parser = account)]
		account: Account,
	},
	/// Propose to suspend a member: none of its keys can do anything until it is reinstated.
	Suspend {
		/// The member's number.
		member: MemberId,
	},
	/// Propose to reinstate a suspended member.
	Reinstate {
		/// The member's number.
		member: MemberId,
	},
	/// Propose to remove a member for ever.
	Remove {
		/// The member's number.
		member: MemberId,
	},
	/// Propose to make an account with registered session keys the validator of its hospital.
	AdmitValidator {
		/// The account.
		#[arg(value_parser = account)]
		account: Account,
	},
	/// Propose to remove a hospital's validator. The hospital stays a member.
	RemoveValidator {
		/// The hospital's number.
		member: MemberId,
	},
	/// Propose to reinstate a hospital's validator that was suspended for an equivocation or for its silence.
	ReinstateValidator {
		/// The hospital's number.
		member: MemberId,
	},
	/// Set the list of your member's nodes. It replaces the list before.
	NameNodes {
		/// Their peer ids, as `kexin-node` prints them.
		#[arg(value_parser = peer_id)]
		nodes: Vec<[u8; 32]>,
	},
	/// Propose that only the members' nodes can connect.
	CloseNetwork,
	/// Propose that every node can connect.
	OpenNetwork,
	/// Add a key to your member.
	AddKey {
		/// The key's account: an address, or a secret URI.
		#[arg(value_parser = account)]
		account: Account,
		/// Its powers, separated by commas: council, administrator, steward, gateway, annotator, treasurer, auditor.
		#[arg(long, value_parser = powers)]
		powers: Powers,
	},
	/// Revoke a key of your member.
	RevokeKey {
		/// The key's account.
		#[arg(value_parser = account)]
		account: Account,
	},
}

/// Runs a command.
///
/// # Errors
/// When the node can't be reached, or the ledger refuses the call.
pub async fn run(session: &Session, command: Command) -> anyhow::Result<()> {
	let propose = |proposal, share| council::propose(session, Until::Final, proposal, share);
	match command {
		Command::Admit {
			kind,
			name,
			region,
			seat,
			account,
		} => {
			let region = config::parse_region(region)?;
			at_most(name.len(), MAX_NAME, "bytes of a name")?;
			let share = if seat { Share::TwoThirds } else { Share::Majority };
			propose(call::admit(kind.0, &name, region, seat, account), share).await
		},
		Command::Suspend { member } => propose(call::suspend(member), Share::TwoThirds).await,
		Command::Reinstate { member } => propose(call::reinstate(member), Share::TwoThirds).await,
		Command::Remove { member } => propose(call::remove(member), Share::TwoThirds).await,
		Command::AdmitValidator { account } => propose(call::admit_validator(account), Share::TwoThirds).await,
		Command::RemoveValidator { member } => propose(call::remove_validator(member), Share::TwoThirds).await,
		Command::ReinstateValidator { member } => propose(call::reinstate_validator(member), Share::TwoThirds).await,
		Command::NameNodes { nodes } => session.submit(&call::name_nodes(&nodes)).await,
		Command::CloseNetwork => propose(call::close_network(true), Share::TwoThirds).await,
		Command::OpenNetwork => propose(call::close_network(false), Share::TwoThirds).await,
		Command::AddKey { account, powers } => session.submit(&call::add_key(account, powers)).await,
		Command::RevokeKey { account } => session.submit(&call::revoke_key(account)).await,
	}
}
