//! What the council decides, and how.

use super::{arguments::Hash, Session};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use kexin::{
	call::{self, Call},
	ledger::{account_text, Done, Motion, Until},
};
use kexin_primitives::H256;
use serde_json::{json, Value};
use std::path::PathBuf;

/// Decide with the other hospitals.
#[derive(Debug, Args)]
pub struct CouncilArguments {
	/// Take a call as done when it is in a block, though not final: while finality stands still, nothing more can be had.
	#[arg(long)]
	without_finality: bool,
	#[command(subcommand)]
	command: Council,
}

#[derive(Debug, Subcommand)]
enum Council {
	/// The open motions.
	Motions,
	/// Vote on a motion.
	Vote {
		/// The motion's hash.
		motion: Hash,
		/// Its number.
		index: u32,
		/// Against it.
		#[arg(long)]
		nay: bool,
	},
	/// Carry out or drop a motion whose vote is decided.
	Close {
		/// The motion's hash.
		motion: Hash,
		/// Its number.
		index: u32,
	},
	/// Propose to approve a runtime. Build it yourself, or check who built it, before you vote for its hash.
	ApproveUpgrade {
		/// The runtime, or its hash as 0x-hex.
		runtime: Runtime,
	},
	/// Propose to call the approved upgrade off.
	CancelUpgrade,
	/// Apply the approved upgrade, once it has waited. Each seat can.
	ApplyUpgrade {
		/// The runtime.
		runtime: PathBuf,
	},
	/// Propose to go on without the validators that are silent, where finality stands still because of them.
	RestartFinality {
		/// The last block that is final on any node; that of the asked node when it is left out.
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
		super::hash_or_content(&text).map(Self)
	}
}

/// How much of the council has to agree.
#[derive(Clone, Copy, Debug)]
pub enum Share {
	/// More than half: members and validators are admitted, an upgrade is called off.
	Majority,
	/// Two thirds: members and validators are suspended, reinstated and removed, a runtime is approved, finality starts anew.
	TwoThirds,
}

impl Share {
	/// How many of so many seats that is.
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
/// What went wrong, and what to do about it.
pub async fn run(session: &Session, arguments: CouncilArguments) -> anyhow::Result<()> {
	let until = if arguments.without_finality {
		Until::InBlock
	} else {
		Until::Final
	};
	let decide = |proposal, share| propose(session, until, proposal, share);
	match arguments.command {
		Council::Motions => motions(session).await,
		Council::Vote { motion, index, nay } => submit(session, until, call::vote(motion.0, index, !nay)).await,
		// What is decided is far below these bounds.
		Council::Close { motion, index } => {
			submit(
				session,
				until,
				call::close_motion(motion.0, index, 100_000_000_000, 10_000),
			)
			.await
		},
		Council::ApproveUpgrade { runtime } => decide(call::approve_upgrade(runtime.0), Share::TwoThirds).await,
		Council::CancelUpgrade => decide(call::cancel_upgrade(), Share::Majority).await,
		Council::ApplyUpgrade { runtime } => {
			let code = std::fs::read(&runtime).with_context(|| format!("can't read {}", runtime.display()))?;
			submit(session, until, call::apply_upgrade(&code)).await
		},
		Council::RestartFinality { last_final } => {
			let last_final = match last_final {
				Some(number) => number,
				None => u32::try_from(session.chain().await?.finalized)?,
			};
			decide(call::restart_finality(last_final), Share::TwoThirds).await
		},
	}
}

/// Has the council carry out a call: at once when it has one seat, else as a motion.
///
/// # Errors
/// When the node can't be reached, or the ledger refuses.
pub async fn propose(session: &Session, until: Until, proposal: Call, share: Share) -> anyhow::Result<()> {
	let ledger = session.ledger().await?;
	let seats = u32::try_from(ledger.council().await?.len())?;
	let threshold = share.of(seats);
	let encoded = ledger.encoded(&proposal).await?;
	let length = u32::try_from(encoded.len())?;
	let call = call::propose(threshold, proposal, length);
	let done = ledger.submit_until(until, &session.signer()?, &call).await?;
	if threshold > 1 {
		let proposed: Option<([u8; 32], u32, H256, u32)> = done.event("Council", "Proposed");
		let (_, index, motion, _) =
			proposed.ok_or_else(|| anyhow::anyhow!("the node does not tell the motion's number"))?;
		let value = json!({ "motion": motion, "index": index, "threshold": threshold });
		session.print(&value, |_| {
			println!("motion {index} needs {threshold} of {seats} votes: kexin council vote {motion:?} {index}");
		});
		return Ok(());
	}
	match done.event::<u32>("Members", "Admitted") {
		Some(member) => session.print(&json!({ "member": member, "block": done.block }), |_| {
			println!("admitted as member {member}")
		}),
		None => session.done(&done, &call),
	}
	Ok(())
}

async fn submit(session: &Session, until: Until, call: Call) -> anyhow::Result<()> {
	let done: Done = session
		.ledger()
		.await?
		.submit_until(until, &session.signer()?, &call)
		.await?;
	session.done(&done, &call);
	Ok(())
}

/// The open motions, and what each would do.
async fn motions(session: &Session) -> anyhow::Result<()> {
	let motions = session.ledger().await?.motions().await?;
	let names = |accounts: &[call::Account]| accounts.iter().map(account_text).collect::<Vec<_>>();
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
			println!("no motion is open");
		}
		for Motion { hash, votes, call } in &motions {
			let (index, threshold, end) = (votes.index, votes.threshold, votes.end);
			let (ayes, nays) = (votes.ayes.len(), votes.nays.len());
			println!("motion {index}, {hash:?}: {call}");
			println!("  {ayes} of the {threshold} votes it needs, {nays} against, open until block {end}");
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
