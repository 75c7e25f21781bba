//! `kexin council`, and how other commands have the council decide.

use super::{
	arguments::{hash_or_content, Hash},
	Session,
};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use kexin::{
	call::{self, Account, Call},
	ledger::{account_text, Motion, Until},
};
use kexin_primitives::{
	members::{MemberId, MemberKind},
	H256,
};
use serde_json::{json, Value};
use std::path::PathBuf;

/// What to vote on or decide.
#[derive(Debug, Args)]
pub struct CouncilArguments {
	/// Don't wait for finality: return once the call is in a block. Use this while finality stands still.
	#[arg(long)]
	without_finality: bool,
	#[command(subcommand)]
	command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// List the open motions, and what each would do.
	Motions,
	/// Vote on a motion.
	Vote {
		/// The motion's hash.
		motion: Hash,
		/// The motion's number.
		index: u32,
		/// Vote against the motion.
		#[arg(long)]
		nay: bool,
	},
	/// Close a motion whose vote is decided: execute it when it is approved, drop it otherwise.
	Close {
		/// The motion's hash.
		motion: Hash,
		/// The motion's number.
		index: u32,
	},
	/// Propose to approve a runtime. Before you vote for its hash, build the runtime yourself or check who built it.
	ApproveUpgrade {
		/// The file of the runtime, or its hash as 0x-hex.
		runtime: Runtime,
	},
	/// Propose to cancel the approved upgrade.
	CancelUpgrade,
	/// Apply the approved upgrade after its waiting period. Every account with a seat can do this.
	ApplyUpgrade {
		/// The file of the runtime.
		runtime: PathBuf,
	},
	/// Propose to restart finality without the validators that author no blocks, when finality stands still because of
	/// them.
	RestartFinality {
		/// The number of the last block that is final on any node. Without this option, that of the node that you are
		/// connected to.
		#[arg(long)]
		last_final: Option<u32>,
	},
}

/// A runtime by its hash.
#[derive(Clone, Copy, Debug)]
struct Runtime(H256);

impl std::str::FromStr for Runtime {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		let is_hash = text.starts_with("0x");
		let text = if is_hash {
			text.to_owned()
		} else {
			format!("file:{text}")
		};
		hash_or_content(&text).map(Self)
	}
}

/// How much of the council has to approve.
#[derive(Clone, Copy, Debug)]
pub enum Share {
	/// More than half: to admit members without a seat, and to cancel an upgrade.
	Majority,
	/// Two thirds: to admit members with a seat, to suspend, reinstate and remove members, to decide about validators,
	/// to close and open the network, to approve a runtime, and to restart finality.
	TwoThirds,
}

impl Share {
	/// How many votes that is with this number of seats.
	fn of(self, seats: u32) -> u32 {
		match self {
			Self::Majority => seats / 2 + 1,
			Self::TwoThirds => (seats * 2).div_ceil(3),
		}
	}
}

/// Runs a command.
///
/// # Errors
/// When the node can't be reached, or the ledger refuses the call.
pub async fn run(session: &Session, arguments: CouncilArguments) -> anyhow::Result<()> {
	let until = if arguments.without_finality {
		Until::InBlock
	} else {
		Until::Final
	};
	let propose = |proposal, share| propose(session, until, proposal, share);
	match arguments.command {
		Command::Motions => motions(session).await,
		Command::Vote { motion, index, nay } => session.submit_until(until, &call::vote(motion.0, index, !nay)).await,
		Command::Close { motion, index } => {
			// Every call that the council decides on is far below these bounds.
			let call = call::close_motion(motion.0, index, 100_000_000_000, 10_000);
			session.submit_until(until, &call).await
		},
		Command::ApproveUpgrade { runtime } => propose(call::approve_upgrade(runtime.0), Share::TwoThirds).await,
		Command::CancelUpgrade => propose(call::cancel_upgrade(), Share::Majority).await,
		Command::ApplyUpgrade { runtime } => {
			let code = std::fs::read(&runtime).with_context(|| format!("can't read {}", runtime.display()))?;
			session.submit_until(until, &call::apply_upgrade(&code)).await
		},
		Command::RestartFinality { last_final } => {
			let last_final = match last_final {
				Some(number) => number,
				None => session.ledger().await?.heads().await?.finalized,
			};
			propose(call::restart_finality(last_final), Share::TwoThirds).await
		},
	}
}

/// Proposes a call to the council, and prints how to vote on it. A council of one seat executes the call at once.
///
/// # Errors
/// When the node can't be reached, or the ledger refuses the call.
pub async fn propose(session: &Session, until: Until, proposal: Call, share: Share) -> anyhow::Result<()> {
	let ledger = session.ledger().await?;
	let seats = u32::try_from(ledger.council().await?.len())?;
	let threshold = share.of(seats);
	let length = u32::try_from(ledger.encoded(&proposal).await?.len())?;
	let call = call::propose(threshold, proposal, length);
	let done = ledger.submit_until(until, &session.signer()?, &call).await?;
	if threshold > 1 {
		let proposed: (Account, u32, H256, u32) = done.event("Council", "Proposed")?;
		let (_, index, motion, _) = proposed;
		let value = json!({ "motion": motion, "index": index, "threshold": threshold });
		session.print(&value, |_| {
			kexin::say!("motion {index} needs {threshold} of {seats} votes: kexin council vote {motion:?} {index}");
		});
		return Ok(());
	}
	let admitted: Option<(MemberId, MemberKind, Account)> = done.optional_event("Members", "Admitted")?;
	match admitted {
		Some((member, ..)) => session.print(&json!({ "member": member, "block": done.block }), |_| {
			kexin::say!("admitted as member {member}")
		}),
		None => session.print_done(&done, &call),
	}
	Ok(())
}

/// Lists the open motions, and what each would do.
async fn motions(session: &Session) -> anyhow::Result<()> {
	let motions = session.ledger().await?.motions().await?;
	let names = |accounts: &[Account]| accounts.iter().map(account_text).collect::<Vec<_>>();
	let value = |motion: &Motion| {
		let votes = &motion.votes;
		json!({
			"motion": motion.hash, "index": votes.index, "call": motion.call, "threshold": votes.threshold,
			"ayes": names(&votes.ayes), "nays": names(&votes.nays), "end": votes.end,
		})
	};
	let values = motions.iter().map(value).collect::<Vec<_>>();
	session.print(&Value::Array(values), |_| {
		if motions.is_empty() {
			kexin::say!("there is no open motion");
		}
		for Motion { hash, votes, call } in &motions {
			let (index, threshold, end) = (votes.index, votes.threshold, votes.end);
			let (ayes, nays) = (votes.ayes.len(), votes.nays.len());
			kexin::say!("motion {index}, {hash:?}: {call}");
			kexin::say!("  {ayes} of the {threshold} votes that it needs, {nays} against, open until block {end}");
		}
	});
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::Share;

	#[test]
	fn shares_are_those_of_the_ledger() {
		for seats in 1..=100 {
			let (majority, two_thirds) = (Share::Majority.of(seats), Share::TwoThirds.of(seats));
			assert!(majority * 2 > seats && (majority - 1) * 2 <= seats, "{seats}");
			assert!(
				two_thirds * 3 >= seats * 2 && (two_thirds - 1) * 3 < seats * 2,
				"{seats}"
			);
		}
	}
}
