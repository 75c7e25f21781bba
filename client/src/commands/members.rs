//! `kexin members`.

use super::{
	arguments::{account, at_most, peer_id, powers, Invited, Named},
	council::{self, Share},
	Session,
};
use clap::{Args, Subcommand};
use kexin::{
	call::{self, Account},
	config,
	ledger::{account_text, Acceptance, Ledger, Until},
};
use kexin_primitives::members::{MemberId, MemberKind, Place, Powers, MAX_NAME};
use serde_json::json;

/// What to do with members.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Propose to admit a member. Its administrator has agreed with accept-admission.
	Admit {
		#[command(flatten)]
		member: NewMember,
		/// The account of its administrator: an address, or a development key such as //Bob, which agrees by itself.
		#[arg(long)]
		account: Invited,
		/// What accept-admission printed for this account.
		#[arg(long, value_name = "HEX")]
		acceptance: Option<Acceptance>,
	},
	/// Agree, with your key, to become the administrator of a new member. Hand what this prints to the hospital that
	/// proposes to admit it.
	AcceptAdmission(NewMember),
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
	/// Add a key to your member. Its owner has agreed with accept-key.
	AddKey {
		/// The key's account: an address, or a development key such as //Bob, which agrees by itself.
		account: Invited,
		/// Its powers, separated by commas: council, administrator, steward, gateway, annotator, treasurer, auditor.
		#[arg(long, value_parser = powers)]
		powers: Powers,
		/// What accept-key printed for this account.
		#[arg(long, value_name = "HEX")]
		acceptance: Option<Acceptance>,
	},
	/// Agree, with your key, that it becomes a key of a member. Hand what this prints to the member's administrator.
	AcceptKey {
		/// The member's number.
		#[arg(long)]
		member: MemberId,
		/// The powers that your key is to have, separated by commas.
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

/// A member to admit.
#[derive(Debug, Args)]
pub struct NewMember {
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
}

impl NewMember {
	/// The place of its first key.
	fn place(&self) -> anyhow::Result<Place<'_>> {
		at_most(self.name.len(), MAX_NAME, "bytes of a name")?;
		Ok(Place::FirstKey {
			kind: self.kind.0,
			name: self.name.as_bytes(),
			region: config::parse_region(self.region)?,
			seat: self.seat,
		})
	}
}

/// Runs a command.
///
/// # Errors
/// When the node can't be reached, or the ledger refuses the call.
pub async fn run(session: &Session, command: Command) -> anyhow::Result<()> {
	let propose = |proposal, share| council::propose(session, Until::Final, proposal, share);
	match command {
		Command::Admit {
			member,
			account,
			acceptance,
		} => {
			let acceptance = accepted(&session.ledger().await?, &account, acceptance, &member.place()?).await?;
			let share = if member.seat { Share::TwoThirds } else { Share::Majority };
			let region = config::parse_region(member.region)?;
			let (kind, name, key) = (member.kind.0, &member.name, account.account);
			propose(call::admit(kind, name, region, member.seat, key, &acceptance), share).await
		},
		Command::AcceptAdmission(member) => accept(session, &member.place()?).await,
		Command::Suspend { member } => propose(call::suspend(member), Share::TwoThirds).await,
		Command::Reinstate { member } => propose(call::reinstate(member), Share::TwoThirds).await,
		Command::Remove { member } => propose(call::remove(member), Share::TwoThirds).await,
		Command::AdmitValidator { account } => propose(call::admit_validator(account), Share::TwoThirds).await,
		Command::RemoveValidator { member } => propose(call::remove_validator(member), Share::TwoThirds).await,
		Command::ReinstateValidator { member } => propose(call::reinstate_validator(member), Share::TwoThirds).await,
		Command::NameNodes { nodes } => session.submit(&call::name_nodes(&nodes)).await,
		Command::CloseNetwork => propose(call::close_network(true), Share::TwoThirds).await,
		Command::OpenNetwork => propose(call::close_network(false), Share::TwoThirds).await,
		Command::AddKey {
			account,
			powers,
			acceptance,
		} => {
			let ledger = session.ledger().await?;
			let member = ledger.home(&session.signer()?.public_key().0).await?.member;
			let acceptance = accepted(&ledger, &account, acceptance, &Place::Key { member, powers }).await?;
			session
				.submit(&call::add_key(account.account, powers, &acceptance))
				.await
		},
		Command::AcceptKey { member, powers } => accept(session, &Place::Key { member, powers }).await,
		Command::RevokeKey { account } => session.submit(&call::revoke_key(account)).await,
	}
}

/// Signs, with the session's key, that it takes a place, and prints the signature.
async fn accept(session: &Session, place: &Place<'_>) -> anyhow::Result<()> {
	let signer = session.signer()?;
	let account = signer.public_key().0;
	let statement = session.ledger().await?.statement(&account, place).await?;
	let acceptance = Acceptance::sign(&signer, &statement).to_string();
	let value = json!({ "account": account_text(&account), "acceptance": acceptance });
	session.print(&value, |_| kexin::say!("{acceptance}"));
	Ok(())
}

/// The signature with which an account takes a place: the given one if it is that, or that of a development key.
async fn accepted(
	ledger: &Ledger,
	invited: &Invited,
	given: Option<Acceptance>,
	place: &Place<'_>,
) -> anyhow::Result<Acceptance> {
	let statement = ledger.statement(&invited.account, place).await?;
	let shown = String::from_utf8_lossy(&statement);
	match (given, &invited.secret) {
		(Some(given), _) if given.is_of(&invited.account, &statement) => Ok(given),
		(Some(_), _) => anyhow::bail!("the acceptance is no signature of this account. Have its owner sign: {shown}"),
		(None, Some(secret)) => Ok(Acceptance::sign(secret, &statement)),
		(None, None) => {
			let command = match place {
				Place::Key { .. } => "accept-key",
				Place::FirstKey { .. } => "accept-admission",
			};
			anyhow::bail!(
				"the account's owner has to agree: have them run kexin members {command}, or sign {shown} in a wallet, and give \
				 the result with --acceptance"
			)
		},
	}
}
