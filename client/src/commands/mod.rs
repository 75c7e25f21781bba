//! What each command does.

mod arguments;
mod council;
mod import;
mod report;
mod verify;

use arguments::{
	hash_or_content, purposes, time, Account, Activity, Artifact, EvidenceOf, Hash, Kind, PeerId, PowerSet, SessionKeys,
};
use clap::{Parser, Subcommand};
use council::Share;
use kexin::{
	call::{self, Call},
	config::{self, Config},
	ledger::{account_text, Done, Ledger, Until},
	pseudonym::Pseudonymiser,
};
use kexin_primitives::{
	lineage::{Evidence, Input, InputRole, Output},
	scope::{Dimension, Scope},
	vocabulary::Region,
	FOREVER, H256,
};
use serde_json::{json, Value};
use std::{path::PathBuf, process::ExitCode, str::FromStr};
use subxt_signer::{sr25519::Keypair, SecretUri};

/// The audit ledger's client: imports access events and consents, admits members, traces models, reports about them and verifies
/// reports.
///
/// Hashes are given as 0x-hex, as `file:PATH` for the hash of a file, or as `text:TEXT` for the hash of a text.
#[derive(Debug, Parser)]
#[command(
	version,
	after_help = "Exit codes: 0 done; 1 failed; 2 wrong usage; 3 imported, but some records are kept; those of verify and export: \
	see their help."
)]
pub struct Cli {
	/// The configuration; kexin.toml in the current directory when there is one.
	#[arg(long, global = true)]
	config: Option<PathBuf>,
	/// The node's WebSocket address.
	#[arg(long, global = true)]
	node: Option<String>,
	/// The secret URI of the signing key, or the path of a file that holds it.
	#[arg(long, global = true)]
	key: Option<String>,
	/// The file with the token that the node's operator gave, where the node takes one.
	#[arg(long, global = true, value_name = "FILE")]
	token: Option<PathBuf>,
	/// Print JSON.
	#[arg(long, global = true)]
	json: bool,
	#[command(subcommand)]
	command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// Make kexin.toml and the secret key of the pseudonyms in the current directory.
	Init {
		/// The hospital's number on the ledger.
		#[arg(long)]
		member: Option<u32>,
		/// The ISO 3166-1 numeric code of its country.
		#[arg(long)]
		region: Option<u16>,
	},
	/// Show the account of the signing key.
	Key,
	/// Bring FHIR AuditEvents and Consents to the ledger. Can be cut at any point and run again.
	Import(import::Arguments),
	/// Admit and remove members, by the council; add and revoke keys, by their administrators.
	#[command(subcommand)]
	Members(Members),
	/// Decide with the other hospitals: motions, upgrades of the runtime, a restart of finality.
	Council(council::CouncilArguments),
	/// Register session keys for the signing key's account, as `kexin-node session-keys` printed them.
	SessionKeys {
		/// The JSON.
		made: SessionKeys,
	},
	/// Declare data sets and enrol subjects.
	#[command(subcommand)]
	Dataset(Dataset),
	/// Grant, narrow and revoke consents one by one. Many come in by `import`.
	#[command(subcommand)]
	Consent(Consent),
	/// Register artifacts and attach evidence.
	#[command(subcommand)]
	Artifact(ArtifactCommand),
	/// Start activities, and end them with what they used and made.
	#[command(subcommand)]
	Activity(ActivityCommand),
	/// Fund, work on, review and close annotation campaigns.
	#[command(subcommand)]
	Campaign(Campaign),
	/// Where an artifact came from, or where it went.
	Trace {
		/// The artifact.
		artifact: Hash,
		/// Where it went.
		#[arg(long)]
		descendants: bool,
		/// How far, in activities.
		#[arg(long)]
		depth: Option<u32>,
	},
	/// Report about a model, with everything that proves it, in one file.
	Report(report::ReportArguments),
	/// Prove accesses in a data set's log, in one file.
	Proof(report::ProofArguments),
	/// Verify a report or a proof of accesses. Needs no node, no network and no settings.
	Verify(verify::VerifyArguments),
	/// Verify a report and write it in another format. Needs no node, no network and no settings.
	Export(verify::ExportArguments),
	/// Whether an access would be within scope.
	Check {
		/// The data set.
		dataset: Hash,
		/// Why, as an HL7 code.
		#[arg(long)]
		purpose: Option<String>,
		/// What would be done.
		#[arg(long)]
		operation: String,
		/// Where, as an ISO 3166-1 numeric code.
		#[arg(long)]
		region: Option<u16>,
		/// The member that would receive the data.
		#[arg(long)]
		recipient: Option<u32>,
		/// When; now when it is left out.
		#[arg(long)]
		time: Option<String>,
	},
	/// The state of a data set's log.
	Log {
		/// The data set.
		dataset: Hash,
	},
	/// What an account can claim; the signing key's when it is left out.
	Claimable {
		/// The account.
		account: Option<Account>,
	},
	/// Send tokens, in the smallest unit.
	Transfer {
		/// To whom.
		to: Account,
		/// How many.
		amount: u128,
	},
	/// The node, its chain and its finality.
	Status,
}

#[derive(Debug, Subcommand)]
enum Members {
	/// Admit a member.
	Admit {
		/// hospital, research-institute, auditor, company or person.
		#[arg(long)]
		kind: Kind,
		/// Its name.
		#[arg(long)]
		name: String,
		/// The ISO 3166-1 numeric code of its country.
		#[arg(long)]
		region: u16,
		/// Give it a seat on the council.
		#[arg(long)]
		seat: bool,
		/// The account of its administrator: an address, or a secret URI.
		#[arg(long)]
		account: Account,
	},
	/// Stop all keys of a member.
	Suspend {
		/// Which.
		member: u32,
	},
	/// Let a suspended member act again.
	Reinstate {
		/// Which.
		member: u32,
	},
	/// Remove a member for ever.
	Remove {
		/// Which.
		member: u32,
	},
	/// Make an account, which has registered session keys, the validator of its hospital.
	AdmitValidator {
		/// The account.
		account: Account,
	},
	/// Remove a hospital's validator; the hospital stays a member.
	RemoveValidator {
		/// The hospital.
		member: u32,
	},
	/// Let a hospital's validator that was suspended for an equivocation take part again.
	ReinstateValidator {
		/// The hospital.
		member: u32,
	},
	/// Name the nodes of the signing key's member, in place of those named before.
	NameNodes {
		/// Their peer ids, as `kexin-node` prints them.
		nodes: Vec<PeerId>,
	},
	/// Let none but the members' nodes connect.
	CloseNetwork,
	/// Let everybody connect.
	OpenNetwork,
	/// Add a key to the signing key's member.
	AddKey {
		/// Its account.
		account: Account,
		/// Its powers, with commas: council, administrator, steward, gateway, annotator, treasurer, auditor.
		#[arg(long)]
		powers: PowerSet,
	},
	/// Revoke a key of the signing key's member.
	RevokeKey {
		/// Its account.
		account: Account,
	},
}

#[derive(Debug, Subcommand)]
enum Dataset {
	/// Declare a version of a data set.
	Declare {
		/// The hash of its content.
		dataset: Hash,
		/// What it may be used for, as HL7 codes with commas; anything when it is left out.
		#[arg(long)]
		purposes: Option<String>,
		/// Where, as ISO 3166-1 numeric codes with commas; anywhere when it is left out.
		#[arg(long)]
		regions: Option<String>,
		/// Until when, in RFC 3339; for ever when it is left out.
		#[arg(long)]
		until: Option<String>,
		/// The version whose place it takes.
		#[arg(long)]
		supersedes: Option<Hash>,
	},
	/// Enrol subjects.
	Enrol {
		/// The data set.
		dataset: Hash,
		/// FHIR Patients as NDJSON, or one reference (Patient/1) a line.
		#[arg(long)]
		patients: PathBuf,
	},
	/// What it allows, by its own label and by the consents of those enrolled.
	Show {
		/// The data set.
		dataset: Hash,
	},
}

#[derive(Debug, Subcommand)]
enum Consent {
	/// Record a consent.
	Grant {
		/// The patient, as a reference (Patient/1).
		patient: String,
		/// The hash of the signed document.
		#[arg(long)]
		document: Hash,
		/// For what, as HL7 codes with commas.
		#[arg(long)]
		purposes: String,
		/// Until when, in RFC 3339; for ever when it is left out.
		#[arg(long)]
		until: Option<String>,
	},
	/// Keep only these purposes from now on.
	Narrow {
		/// The patient.
		patient: String,
		/// The document of the consent; all of them when it is left out.
		#[arg(long)]
		consent: Option<Hash>,
		/// The hash of the signed document.
		#[arg(long)]
		document: Hash,
		/// For what, as HL7 codes with commas.
		#[arg(long)]
		purposes: String,
	},
	/// Withdraw a consent, or all of them, from now on.
	Revoke {
		/// The patient.
		patient: String,
		/// The document of the consent; all of them when it is left out.
		#[arg(long)]
		consent: Option<Hash>,
		/// The hash of the signed document.
		#[arg(long)]
		document: Hash,
	},
	/// What a patient consented to.
	Show {
		/// The patient.
		patient: String,
	},
}

#[derive(Debug, Subcommand)]
enum ArtifactCommand {
	/// Register one that comes from outside.
	Register {
		/// The hash of its content.
		artifact: Hash,
		/// dataset, annotation-set, synthetic-set, model-update, model or report.
		#[arg(long)]
		kind: Artifact,
	},
	/// Attach evidence.
	Evidence {
		/// The artifact.
		artifact: Hash,
		/// fairness, similarity, tee-quote, privacy or performance.
		#[arg(long)]
		kind: EvidenceOf,
		/// The hash of the document.
		#[arg(long)]
		document: Hash,
		/// What was measured, in millionths.
		#[arg(long, allow_hyphen_values = true)]
		measure: i64,
		/// What was required, in millionths.
		#[arg(long, allow_hyphen_values = true)]
		threshold: i64,
	},
	/// Show one.
	Show {
		/// The artifact.
		artifact: Hash,
	},
}

#[derive(Debug, Subcommand)]
enum ActivityCommand {
	/// Start one.
	Start {
		/// The hash of its description.
		activity: Hash,
		/// training, federated-round, inference, annotation, synthesis or evaluation.
		#[arg(long)]
		kind: Activity,
	},
	/// End one with what it used and made.
	End {
		/// The activity.
		activity: Hash,
		/// An artifact that it used. Can be given several times.
		#[arg(long)]
		used: Vec<Hash>,
		/// An artifact that it only read. Can be given several times.
		#[arg(long)]
		read: Vec<Hash>,
		/// An artifact that it made, as KIND=HASH. Can be given several times.
		#[arg(long)]
		made: Vec<String>,
	},
}

#[derive(Debug, Subcommand)]
enum Campaign {
	/// Fund one.
	Create {
		/// What is labelled.
		dataset: Hash,
		/// The reward of a unit, in the token's smallest unit.
		#[arg(long)]
		reward: u128,
		/// How many units.
		#[arg(long)]
		units: u32,
		/// The member whose stewards judge.
		#[arg(long)]
		reviewer: u32,
	},
	/// Contribute labels.
	Contribute {
		/// The campaign.
		campaign: u32,
		/// The hash of the labels.
		content: Hash,
		/// How many units.
		#[arg(long, default_value_t = 1)]
		units: u32,
	},
	/// Judge contributions.
	Review {
		/// The campaign.
		campaign: u32,
		/// A contribution that is accepted. Can be given several times.
		#[arg(long)]
		accept: Vec<Hash>,
		/// A contribution that is rejected. Can be given several times.
		#[arg(long)]
		reject: Vec<Hash>,
	},
	/// Claim everything that the signing key has earned.
	Claim,
	/// Close one; what is left goes back.
	Close {
		/// The campaign.
		campaign: u32,
	},
}

/// Runs a command.
///
/// # Errors
/// What went wrong, and what to do about it.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
	let mut config = match cli.command {
		// Who checks a proof needs no settings, and is not kept from it by wrong ones.
		Command::Verify(_) | Command::Export(_) => Config::default(),
		_ => Config::load(cli.config.as_deref())?,
	};
	config.node = cli.node.unwrap_or(config.node);
	config.key = cli.key.or(config.key);
	config.token = cli.token.or(config.token);
	let session = Session { config, json: cli.json };
	match cli.command {
		Command::Init { member, region } => session.init(member, region)?,
		Command::Key => {
			let account = account_text(&session.signer()?.public_key().0);
			session.print(&json!({ "account": account }), |_| println!("{account}"));
		},
		Command::Import(arguments) => return import::run(&session, arguments).await,
		Command::Members(command) => session.members(command).await?,
		Command::Council(arguments) => council::run(&session, arguments).await?,
		Command::SessionKeys { made } => {
			let (keys, proof) = (made.keys.as_ref(), made.proof.as_ref());
			session.submit(call::set_session_keys(keys, proof)).await?;
		},
		Command::Dataset(command) => session.dataset(command).await?,
		Command::Consent(command) => session.consent(command).await?,
		Command::Artifact(command) => session.artifact(command).await?,
		Command::Activity(command) => session.activity(command).await?,
		Command::Campaign(command) => session.campaign(command).await?,
		Command::Trace {
			artifact,
			descendants,
			depth,
		} => session.trace(artifact.0, descendants, depth).await?,
		Command::Report(arguments) => report::report(&session, arguments).await?,
		Command::Proof(arguments) => report::proof(&session, arguments).await?,
		Command::Verify(arguments) => return verify::verify(&arguments, session.json),
		Command::Export(arguments) => return verify::export(&arguments, session.json),
		Command::Check {
			dataset,
			purpose,
			operation,
			region,
			recipient,
			time,
		} => {
			let time = time.as_deref().map(arguments::time).transpose()?;
			let query = json!({
				"dataset": dataset.0, "purpose": purpose, "operation": operation, "region": region,
				"recipient": recipient, "time": time,
			});
			session.ask("access_check", &[query]).await?;
		},
		Command::Log { dataset } => session.ask("access_log", &[json!(dataset.0)]).await?,
		Command::Claimable { account } => {
			let account = account.map_or_else(
				|| session.signer().map(|signer| signer.public_key().0),
				|account| Ok(account.0),
			)?;
			session
				.ask("annotation_claimable", &[json!(account_text(&account))])
				.await?;
		},
		Command::Transfer { to, amount } => session.submit(call::transfer(to.0, amount)).await?,
		Command::Status => session.status().await?,
	}
	Ok(ExitCode::SUCCESS)
}

/// What all commands share.
pub struct Session {
	/// The settings.
	pub config: Config,
	/// Whether to print JSON.
	pub json: bool,
}

impl Session {
	/// The signing key.
	///
	/// # Errors
	/// When none is set, or it is malformed.
	pub fn signer(&self) -> anyhow::Result<Keypair> {
		let key = self.config.key.as_deref();
		let key = key.ok_or_else(|| anyhow::anyhow!("no signing key: give --key, or set `key` in {}", config::FILE))?;
		let file = PathBuf::from(key);
		let uri = if file.is_file() {
			config::read_secret(&file)?.trim().to_owned()
		} else {
			key.to_owned()
		};
		keypair(&uri)
	}

	/// A connection to the node.
	///
	/// # Errors
	/// When it can't be reached, or the token can't be read or is not let in.
	pub async fn ledger(&self) -> anyhow::Result<Ledger> {
		let token = self.config.token.as_deref().map(config::read_secret).transpose()?;
		Ok(Ledger::connect(&self.config.node, token.as_deref().map(str::trim)).await?)
	}

	fn print(&self, value: &Value, readable: impl Fn(&Value)) {
		if self.json {
			println!("{value}");
		} else {
			readable(value);
		}
	}

	async fn send(&self, call: &Call) -> anyhow::Result<Done> {
		Ok(self.ledger().await?.submit(&self.signer()?, call).await?)
	}

	async fn submit(&self, call: Call) -> anyhow::Result<()> {
		let done = self.send(&call).await?;
		self.done(&done, &call);
		Ok(())
	}

	fn done(&self, done: &Done, call: &Call) {
		let events = done
			.events
			.iter()
			.map(|event| format!("{}.{}", event.pallet, event.name))
			.collect::<Vec<_>>();
		let value = json!({ "block": done.block, "transaction": done.transaction, "events": events });
		self.print(&value, |_| {
			println!("{}.{} is {} block {:?}", call.pallet, call.name, done.until, done.block)
		});
	}

	/// Asks a method and prints its answer.
	async fn ask(&self, method: &str, params: &[Value]) -> anyhow::Result<()> {
		let answer = self.ledger().await?.rpc(method, params).await?;
		self.print(&answer, |answer| println!("{answer:#}"));
		Ok(())
	}

	fn init(&self, member: Option<u32>, region: Option<u16>) -> anyhow::Result<()> {
		let region = region.map(config::parse_region).transpose()?;
		let mut text = format!("# The settings of this hospital.\nnode = \"{}\"\n", self.config.node);
		for (name, value) in [("member", member), ("region", region.map(|Region(code)| code.into()))] {
			text += &value.map_or(format!("# {name} =\n"), |value| format!("{name} = {value}\n"));
		}
		text += "pseudonym_key = \"pseudonym.key\"\nstate = \"kexin-state\"\n# key = \"gateway.key\"\n# dataset = \"0x…\"\n";
		text += "# timezone = \"+08:00\"\n\n# Members by the references of their organisations.\n[recipients]\n";
		let mut secret = [0u8; 32];
		std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut secret)?;
		config::write_secret("pseudonym.key".as_ref(), &format!("{:?}\n", H256(secret)))?;
		config::write_secret(config::FILE.as_ref(), &text)?;
		println!(
			"made {} and pseudonym.key; keep a copy of pseudonym.key in a safe place",
			config::FILE
		);
		Ok(())
	}

	async fn members(&self, command: Members) -> anyhow::Result<()> {
		let decide = |proposal, share| council::propose(self, Until::Final, proposal, share);
		match command {
			Members::Admit {
				kind,
				name,
				region,
				seat,
				account,
			} => {
				let region = config::parse_region(region)?;
				decide(call::admit(kind.0, &name, region, seat, account.0), Share::Majority).await
			},
			Members::Suspend { member } => decide(call::member("suspend", member), Share::TwoThirds).await,
			Members::Reinstate { member } => decide(call::member("reinstate", member), Share::TwoThirds).await,
			Members::Remove { member } => decide(call::member("remove", member), Share::TwoThirds).await,
			Members::AdmitValidator { account } => decide(call::admit_validator(account.0), Share::Majority).await,
			Members::RemoveValidator { member } => {
				decide(call::member("remove_validator", member), Share::TwoThirds).await
			},
			Members::ReinstateValidator { member } => {
				decide(call::member("reinstate_validator", member), Share::TwoThirds).await
			},
			Members::NameNodes { nodes } => {
				let nodes = nodes.iter().map(|node| node.0).collect::<Vec<_>>();
				self.submit(call::name_nodes(&nodes)).await
			},
			Members::CloseNetwork => decide(call::close_network(true), Share::TwoThirds).await,
			Members::OpenNetwork => decide(call::close_network(false), Share::TwoThirds).await,
			Members::AddKey { account, powers } => self.submit(call::add_key(account.0, powers.0)).await,
			Members::RevokeKey { account } => self.submit(call::revoke_key(account.0)).await,
		}
	}

	async fn dataset(&self, command: Dataset) -> anyhow::Result<()> {
		match command {
			Dataset::Declare {
				dataset,
				purposes,
				regions,
				until,
				supersedes,
			} => {
				let until = until.as_deref().map_or(Ok(FOREVER), time)?;
				let mut label = Scope::uniform(0, until);
				if let Some(codes) = purposes.as_deref() {
					label.purposes = only(arguments::purposes(codes)?, until)?;
				}
				if let Some(codes) = regions.as_deref() {
					label.regions = only(arguments::regions(codes)?, until)?;
				}
				self.submit(call::declare_dataset(
					dataset.0,
					&label,
					supersedes.map(|older| older.0),
				))
				.await
			},
			Dataset::Show { dataset } => self.ask("consent_scope", &[json!({ "dataset": dataset.0 })]).await,
			Dataset::Enrol { dataset, patients } => {
				let pseudonyms = self.config.pseudonymiser()?;
				let subjects = arguments::patients(&patients)?;
				let subjects = subjects.iter().map(|name| pseudonyms.subject(name)).collect::<Vec<_>>();
				let ledger = self.ledger().await?;
				let signer = self.signer()?;
				let mut enrolled = (0, 0);
				for subjects in subjects.chunks(1_000) {
					let done = ledger.submit(&signer, &call::enrol(dataset.0, subjects)).await?;
					let (_, joined, already): (H256, u32, u32) = done.event("Consent", "Enrolled").unwrap_or_default();
					enrolled = (enrolled.0 + joined, enrolled.1 + already);
				}
				let (joined, already) = enrolled;
				self.print(&json!({ "joined": joined, "already": already }), |_| {
					println!("{joined} subjects enrolled, {already} were before");
				});
				Ok(())
			},
		}
	}

	async fn consent(&self, command: Consent) -> anyhow::Result<()> {
		let pseudonyms: Pseudonymiser = self.config.pseudonymiser()?;
		match command {
			Consent::Grant {
				patient,
				document,
				purposes: codes,
				until,
			} => {
				let now = u64::try_from(chrono::Utc::now().timestamp_millis())?;
				let until = until.as_deref().map_or(Ok(FOREVER), time)?;
				let mut scope = Scope::uniform(now, until);
				scope.purposes = only(purposes(&codes)?, until)?;
				self.submit(call::grant(pseudonyms.subject(&patient), &scope, document.0))
					.await
			},
			Consent::Narrow {
				patient,
				consent,
				document,
				purposes: codes,
			} => {
				let consent = consent.map(|consent| consent.0);
				let mut limits = Scope::everything(0);
				limits.purposes = only(purposes(&codes)?, FOREVER)?;
				self.submit(call::narrow(pseudonyms.subject(&patient), consent, &limits, document.0))
					.await
			},
			Consent::Revoke {
				patient,
				consent,
				document,
			} => {
				let consent = consent.map(|consent| consent.0);
				self.submit(call::revoke(pseudonyms.subject(&patient), consent, document.0))
					.await
			},
			Consent::Show { patient } => {
				self.ask("consent_scope", &[json!({ "subject": pseudonyms.subject(&patient) })])
					.await
			},
		}
	}

	async fn artifact(&self, command: ArtifactCommand) -> anyhow::Result<()> {
		match command {
			ArtifactCommand::Register { artifact, kind } => self.submit(call::register(artifact.0, kind.0)).await,
			ArtifactCommand::Evidence {
				artifact,
				kind,
				document,
				measure,
				threshold,
			} => {
				let evidence = Evidence {
					kind: kind.0,
					document: document.0,
					measure,
					threshold,
				};
				self.submit(call::attach_evidence(artifact.0, evidence)).await
			},
			ArtifactCommand::Show { artifact } => self.ask("lineage_artifact", &[json!(artifact.0)]).await,
		}
	}

	async fn activity(&self, command: ActivityCommand) -> anyhow::Result<()> {
		match command {
			ActivityCommand::Start { activity, kind } => self.submit(call::start(activity.0, kind.0)).await,
			ActivityCommand::End {
				activity,
				used,
				read,
				made,
			} => {
				let as_input = |role| {
					move |artifact: Hash| Input {
						artifact: artifact.0,
						role,
					}
				};
				let used = used.into_iter().map(as_input(InputRole::Used));
				let inputs = used.chain(read.into_iter().map(as_input(InputRole::Read))).collect();
				let outputs = made.iter().map(|text| {
					let (kind, hash) = text
						.split_once('=')
						.ok_or_else(|| anyhow::anyhow!("{text:?} is not KIND=HASH"))?;
					Ok(Output {
						kind: Artifact::from_str(kind)?.0,
						artifact: hash_or_content(hash)?,
					})
				});
				let outputs = outputs.collect::<anyhow::Result<Vec<_>>>()?;
				self.submit(call::derive(activity.0, inputs, outputs)).await
			},
		}
	}

	async fn campaign(&self, command: Campaign) -> anyhow::Result<()> {
		match command {
			Campaign::Create {
				dataset,
				reward,
				units,
				reviewer,
			} => {
				let done = self
					.send(&call::create_campaign(dataset.0, reward, units, reviewer))
					.await?;
				let campaign: u32 = done.event("Annotation", "Created").unwrap_or_default();
				self.print(&json!({ "campaign": campaign, "block": done.block }), |_| {
					println!("campaign {campaign} is funded")
				});
				Ok(())
			},
			Campaign::Contribute {
				campaign,
				content,
				units,
			} => self.submit(call::contribute(campaign, content.0, units)).await,
			Campaign::Review {
				campaign,
				accept,
				reject,
			} => {
				let accepted = accept.into_iter().map(|content| (content.0, true));
				let decisions = accepted.chain(reject.into_iter().map(|content| (content.0, false)));
				self.submit(call::review(campaign, decisions.collect())).await
			},
			Campaign::Claim => self.submit(call::claim()).await,
			Campaign::Close { campaign } => self.submit(call::close_campaign(campaign)).await,
		}
	}

	/// The whole walk, page by page.
	async fn trace(&self, artifact: H256, descendants: bool, depth: Option<u32>) -> anyhow::Result<()> {
		let ledger = self.ledger().await?;
		let direction = if descendants { "descendants" } else { "ancestors" };
		let (mut nodes, mut edges, mut cursor) = (Vec::new(), Vec::new(), Value::Null);
		let block = loop {
			let query = json!({ "artifact": artifact, "direction": direction, "depth": depth, "cursor": cursor });
			let mut page = ledger.rpc("lineage_trace", &[query]).await?;
			let mut take = |name: &str| page.get_mut(name).map(Value::take).unwrap_or_default();
			nodes.extend(take("nodes").as_array_mut().map(std::mem::take).unwrap_or_default());
			edges.extend(take("edges").as_array_mut().map(std::mem::take).unwrap_or_default());
			cursor = take("next");
			if cursor.is_null() {
				break take("block");
			}
		};
		self.print(&json!({ "nodes": nodes, "edges": edges, "block": block }), |_| {
			for node in &nodes {
				let text = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default();
				let distance = node.get("distance").and_then(Value::as_u64).unwrap_or_default();
				let indent = "  ".repeat(usize::try_from(distance).unwrap_or_default());
				println!(
					"{indent}{} {} of member {}",
					text("kind"),
					text("artifact"),
					node["owner"]
				);
			}
		});
		Ok(())
	}

	/// How far the node's chain has come.
	async fn chain(&self) -> anyhow::Result<Progress> {
		let ledger = self.ledger().await?;
		let number = |header: &Value| {
			let number = header.get("number").and_then(Value::as_str).unwrap_or_default();
			u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap_or_default()
		};
		let final_hash = ledger.rpc("chain_getFinalizedHead", &[]).await?;
		let finalized = number(&ledger.rpc("chain_getHeader", std::slice::from_ref(&final_hash)).await?);
		let best = number(&ledger.rpc("chain_getHeader", &[]).await?);
		Ok(Progress {
			best,
			finalized,
			final_hash,
		})
	}

	async fn status(&self) -> anyhow::Result<()> {
		let ledger = self.ledger().await?;
		let progress = self.chain().await?;
		let value = json!({
			"chain": ledger.rpc("system_chain", &[]).await?,
			"version": ledger.rpc("system_version", &[]).await?,
			"best": progress.best,
			"finalized": progress.finalized,
			"finalizedHash": progress.final_hash,
			"peers": ledger.rpc("system_health", &[]).await?.get("peers"),
		});
		self.print(&value, |value| println!("{value:#}"));
		Ok(())
	}
}

/// How far a chain has come.
struct Progress {
	/// The number of the newest block.
	best: u64,
	/// The number of the newest final block.
	finalized: u64,
	/// Its hash.
	final_hash: Value,
}

/// The key of a secret URI such as `//Alice` or a phrase.
///
/// # Errors
/// When it is malformed.
pub fn keypair(uri: &str) -> anyhow::Result<Keypair> {
	let parsed =
		SecretUri::from_str(uri).map_err(|error| anyhow::anyhow!("the signing key is no secret URI: {error}"))?;
	Keypair::from_uri(&parsed).map_err(|error| anyhow::anyhow!("the signing key is no sr25519 key: {error}"))
}

fn only<V: Ord + Copy, const N: u32>(values: Vec<V>, until: u64) -> anyhow::Result<Dimension<V, N>> {
	Dimension::only(values, until).map_err(|_| anyhow::anyhow!("more than {N} values"))
}
