//! `kexin campaign`.

use super::{arguments::Hash, Session};
use clap::Subcommand;
use kexin::call;
use kexin_primitives::{members::MemberId, DatasetId};
use serde_json::json;

/// What to do with annotation campaigns.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Fund a campaign.
	Create {
		/// The dataset that is annotated.
		dataset: Hash,
		/// The reward for one unit of work, in the token's smallest unit.
		#[arg(long)]
		reward: u128,
		/// How many units of work are wanted.
		#[arg(long)]
		units: u32,
		/// The number of the member whose stewards review the contributions.
		#[arg(long)]
		reviewer: MemberId,
	},
	/// Contribute annotations to a campaign.
	Contribute {
		/// The campaign's number.
		campaign: u32,
		/// The hash of the annotations.
		content: Hash,
		/// How many units of work they are.
		#[arg(long, default_value_t = 1)]
		units: u32,
	},
	/// Accept and reject contributions.
	Review {
		/// The campaign's number.
		campaign: u32,
		/// The hash of a contribution to accept. Can be given several times.
		#[arg(long)]
		accept: Vec<Hash>,
		/// The hash of a contribution to reject. Can be given several times.
		#[arg(long)]
		reject: Vec<Hash>,
	},
	/// Claim all rewards that the signing key has earned.
	Claim,
	/// Close a campaign. The rest of its budget goes back to your member.
	Close {
		/// The campaign's number.
		campaign: u32,
	},
}

/// Runs a command.
///
/// # Errors
/// When the node can't be reached, or the ledger refuses the call.
pub async fn run(session: &Session, command: Command) -> anyhow::Result<()> {
	match command {
		Command::Create {
			dataset,
			reward,
			units,
			reviewer,
		} => {
			let call = call::create_campaign(dataset.0, reward, units, reviewer);
			let done = session.send(&call).await?;
			let created: (u32, MemberId, DatasetId, u128) = done.event("Annotation", "Created")?;
			let campaign = created.0;
			session.print(&json!({ "campaign": campaign, "block": done.block }), |_| {
				kexin::say!("campaign {campaign} is funded")
			});
			Ok(())
		},
		Command::Contribute {
			campaign,
			content,
			units,
		} => session.submit(&call::contribute(campaign, content.0, units)).await,
		Command::Review {
			campaign,
			accept,
			reject,
		} => {
			let accepted = accept.into_iter().map(|content| (content.0, true));
			let decisions = accepted.chain(reject.into_iter().map(|content| (content.0, false)));
			session.submit(&call::review(campaign, decisions.collect())).await
		},
		Command::Claim => session.submit(&call::claim()).await,
		Command::Close { campaign } => session.submit(&call::close_campaign(campaign)).await,
	}
}
