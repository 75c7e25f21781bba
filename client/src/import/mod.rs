//! Brings records to the ledger, each once, even if the import is cut off at any point.
//!
//! Each record ends final on the ledger or quarantined with a reason, and nothing in between can be lost. If an import
//! was cut off, run it again: it sends again what was under way, and the ledger tells by the positions of accesses
//! which of them it has recorded. It skips what is final.
//!
//! The import handles [records](crate::standards::record::Record) and knows no standard.
//!
//! | module | what it does |
//! |---|---|
//! | [`files`] | finds and reads the files |
//! | [`journal`] | remembers what became of each record and what each document says, and holds the quarantine |
//! | `plan` | decides what a document says, all its versions together |
//! | `batch` | makes calls of records, and reads what the ledger made of them |
//! | `deliver` | sends accesses, each with its position until it is known what became of it |
//! | `stream` | chooses the positions of accesses |

mod batch;
mod deliver;
pub mod files;
pub mod journal;
mod plan;
mod stream;

use crate::{
	call::{Account, Call},
	ledger::{Done, Gateway, Home, Ledger, LedgerError, Window},
	standards::record::{Mapped, Problem, Reader, Record, Version},
};
use batch::{BatchItem, Pending, PlannedChange, Step};
use deliver::in_another_log;
use journal::{Consent, Journal, JournalError, Known, Met, Says, Stage};
use kexin_primitives::{
	batch::Position,
	members::{MemberId, Powers},
	DatasetId, Pseudonym, UnixMillis, H256,
};
use serde::Serialize;
use serde_json::Value;
use std::{
	io,
	path::{Path, PathBuf},
	time::Duration,
};
use subxt_signer::sr25519::Keypair;

/// How often a call is tried that may succeed later, with twice the pause each time.
const ATTEMPTS: u32 = 6;

/// What the import needs of the ledger.
pub trait Submit {
	/// Sends a call and waits until it is final.
	fn submit(&self, call: &Call) -> impl std::future::Future<Output = Result<Done, LedgerError>>;
	/// Sends calls of which each needs the one before, without waiting in between, and then waits until they are final.
	/// Returns the results up to the first error.
	fn submit_all(&self, calls: &[Call]) -> impl std::future::Future<Output = Vec<Result<Done, LedgerError>>>;
	/// When accesses must have occurred for the ledger to accept them now.
	fn window(&self) -> impl std::future::Future<Output = Result<Window, LedgerError>>;
	/// The chain, and the member whose records go there.
	fn home(&self) -> impl std::future::Future<Output = Result<Home, LedgerError>>;
	/// The account that signs.
	fn signer(&self) -> Account;
	/// What the ledger knows of an account that reports accesses.
	fn gateway(&self, account: &Account) -> impl std::future::Future<Output = Result<Gateway, LedgerError>>;
	/// The pause before the first retry.
	const PAUSE: Duration;
}

/// A ledger and the key that signs.
pub struct Signing<'a> {
	/// The ledger.
	pub ledger: &'a Ledger,
	/// The key.
	pub signer: &'a Keypair,
}

impl Submit for Signing<'_> {
	async fn submit(&self, call: &Call) -> Result<Done, LedgerError> {
		self.ledger.submit(self.signer, call).await
	}

	async fn submit_all(&self, calls: &[Call]) -> Vec<Result<Done, LedgerError>> {
		self.ledger.submit_all(self.signer, calls).await
	}

	async fn window(&self) -> Result<Window, LedgerError> {
		self.ledger.window().await
	}

	async fn home(&self) -> Result<Home, LedgerError> {
		self.ledger.home(&self.signer.public_key().0).await
	}

	fn signer(&self) -> Account {
		self.signer.public_key().0
	}

	async fn gateway(&self, account: &Account) -> Result<Gateway, LedgerError> {
		self.ledger.gateway(account).await
	}

	const PAUSE: Duration = Duration::from_secs(2);
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
	/// Accesses that are new on the ledger.
	pub recorded: usize,
	/// Accesses that the ledger had recorded before.
	pub replayed: usize,
	/// Accesses that an import which was cut off had under way, and that are on the ledger now.
	pub resumed: usize,
	/// Accesses that this import recorded and that breach consent. Those that were replayed or resumed after a lost
	/// answer are not counted: the log tells.
	pub breached: usize,
	/// Changes of consent that were recorded.
	pub consents: usize,
	/// Records that were on the ledger before, or repeat an earlier record of the import.
	pub already: usize,
	/// Records that change nothing on the ledger. Refusals and ends among them are remembered.
	pub not_applicable: usize,
	/// Records in quarantine.
	pub quarantined: usize,
	/// Files that were passed over.
	pub passed_over: usize,
}

/// What became of one record.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordOutcome {
	/// The file.
	pub file: PathBuf,
	/// The line.
	pub line: usize,
	/// The record's hash.
	pub source: H256,
	/// What became of it or, in a dry run, what it maps to.
	pub outcome: &'static str,
	/// The element that can't be mapped.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub element: Option<String>,
	/// Why, or what the ledger found.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reason: Option<String>,
	/// In a dry run, what would go to the ledger.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub mapped: Option<Value>,
}

/// Receives the outcomes.
pub type Watch<'a> = &'a mut dyn FnMut(RecordOutcome);

/// The outcome of a record that is quarantined.
const QUARANTINED: &str = "quarantined";

impl<T> Pending<T> {
	fn outcome(&self, outcome: &'static str, reason: Option<String>) -> RecordOutcome {
		RecordOutcome {
			file: self.file.clone(),
			line: self.line,
			source: self.source,
			outcome,
			element: None,
			reason,
			mapped: None,
		}
	}
}

impl Summary {
	/// Whether every record and file was understood.
	pub fn is_whole(&self) -> bool {
		self.quarantined == 0 && self.passed_over == 0
	}

	/// Reports a file that was passed over.
	fn pass_over(&mut self, file: PathBuf, reason: String, watch: Watch<'_>) {
		self.passed_over += 1;
		watch(RecordOutcome {
			file,
			line: 1,
			source: H256::zero(),
			outcome: "passed-over",
			element: None,
			reason: Some(reason),
			mapped: None,
		});
	}
}

/// Why a record does not go to the ledger.
enum Held {
	/// There is nothing in it for the ledger.
	NotApplicable(String),
	/// The ledger has what it says.
	Already(String),
	/// It can't go there as it is.
	Quarantined {
		/// The element that is wrong.
		element: Option<String>,
		/// Why.
		reason: String,
	},
}

impl From<Problem> for Held {
	fn from(problem: Problem) -> Self {
		Self::Quarantined {
			element: Some(problem.element),
			reason: problem.reason,
		}
	}
}

/// A record of a file, and what it maps to.
fn pending(file: &Path, record: Record) -> (Pending<()>, Result<Mapped, Problem>) {
	let pending = Pending {
		file: file.to_owned(),
		line: record.line,
		source: record.source,
		bytes: record.alone().into_owned(),
		item: (),
	};
	(pending, record.mapped)
}

/// Maps every record of these files and reports the result. It sends and writes nothing.
///
/// # Errors
/// When a path can't be read.
pub fn dry_run(reader: &dyn Reader, paths: &[PathBuf], watch: Watch<'_>) -> io::Result<Summary> {
	let mut summary = Summary::default();
	for file in files::find(paths)? {
		let records = match files::read(&file, reader) {
			Ok(records) => records,
			Err(reason) => {
				summary.pass_over(file.path, reason, watch);
				continue;
			},
		};
		for record in records {
			let (pending, mapped) = pending(&file.path, record);
			watch(match mapped {
				Ok(mapped) => {
					match mapped {
						Mapped::Access(_) => summary.recorded += 1,
						Mapped::Consent(_) => summary.consents += 1,
						Mapped::NotApplicable(_) => summary.not_applicable += 1,
					}
					let (outcome, preview) = mapped.preview();
					RecordOutcome {
						mapped: Some(preview),
						..pending.outcome(outcome, None)
					}
				},
				Err(problem) => {
					summary.quarantined += 1;
					RecordOutcome {
						element: Some(problem.element),
						..pending.outcome(QUARANTINED, Some(problem.reason))
					}
				},
			});
		}
	}
	Ok(summary)
}

/// What to import.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
	/// Files, and directories of files.
	pub paths: &'a [PathBuf],
	/// Also what is in quarantine from earlier imports.
	pub quarantine: bool,
	/// The member whose records they are, if the settings say so.
	pub member: Option<MemberId>,
}

/// Brings every record that is selected to the ledger.
///
/// # Errors
/// When a path can't be read, the journal can't be written or is of another chain or member, the node stays
/// unreachable, or the ledger refuses the key or the dataset. Run it again after the cause is gone.
pub async fn run<S: Submit>(
	submit: &S,
	reader: &dyn Reader,
	dataset: DatasetId,
	journal: &mut Journal,
	selection: Selection<'_>,
	watch: Watch<'_>,
) -> anyhow::Result<Summary> {
	let home = submit.home().await?;
	if let Some(member) = selection.member.filter(|member| *member != home.member) {
		anyhow::bail!(
			"the settings are of member {member}, but the key acts for member {}: correct `member` in kexin.toml, or use a key of that \
			 member",
			home.member
		);
	}
	journal.bind(home, reader.naming()).await?;
	let window = submit.window().await?;
	let mut import = Import {
		submit,
		dataset,
		now: window.now,
		journal,
		watch,
		summary: Summary::default(),
		next: None,
		reordered: 0,
		is_resuming: false,
	};
	import.journal.begin().await?;
	if let Err(error) = import.read(reader, selection, &window).await {
		// Nothing was judged yet by records that are only a part of the import.
		import.journal.roll_back().await;
		return Err(error);
	}
	import.journal.commit().await?;
	import.withdraw().await?;
	import.permit().await?;
	// Consents first: the ledger judges accesses by what it knows when they arrive.
	if !home.powers.contains(Powers::GATEWAY) {
		import.leave_accesses().await?;
		return Ok(import.summary);
	}
	import.resume().await?;
	while import.number_accesses().await? {
		import.deliver().await?;
	}
	Ok(import.summary)
}

struct Import<'a, S> {
	submit: &'a S,
	dataset: DatasetId,
	/// The time of the import.
	now: UnixMillis,
	journal: &'a mut Journal,
	watch: Watch<'a>,
	summary: Summary,
	/// The position of the next access in the stream of this import, once it has begun one.
	next: Option<Position>,
	/// How many times in a row the ledger wanted other positions.
	reordered: u32,
	/// Whether it sends what an import that was cut off had under way.
	is_resuming: bool,
}

impl<S: Submit> Import<'_, S> {
	/// Reads every record. Accesses and versions of documents are held in the journal, and the others are settled.
	async fn read(&mut self, reader: &dyn Reader, selection: Selection<'_>, window: &Window) -> anyhow::Result<()> {
		for file in files::find(selection.paths)? {
			let records = match files::read(&file, reader) {
				Ok(records) => records,
				Err(reason) => {
					self.summary.pass_over(file.path, reason, self.watch);
					continue;
				},
			};
			for record in records {
				let version = record.version.clone();
				let (pending, mapped) = pending(&file.path, record);
				self.meet(pending, version, mapped, window).await?;
			}
		}
		if !selection.quarantine {
			return Ok(());
		}
		let mut last = None;
		loop {
			let page = self.journal.quarantined(last).await?;
			let Some(end) = page.last() else { return Ok(()) };
			last = Some(end.key());
			for quarantined in page {
				let name = format!("{:x}.json", quarantined.hash);
				let mut records = reader.read(Path::new(&name), &quarantined.bytes);
				let is_there = records.iter().any(|record| record.source == quarantined.source);
				// What comes with it tells who the persons in it are.
				records.retain(|record| !is_there || record.source == quarantined.source);
				for record in records {
					let kept = quarantined.version.clone().filter(|_| is_there);
					let version = match (record.version.clone(), kept) {
						(Some(read), Some(kept)) => Some(plan::completed(read, kept)),
						(read, kept) => read.or(kept),
					};
					let (mut pending, mapped) = pending(&quarantined.file, record);
					pending.line = quarantined.line;
					if !is_there && matches!(mapped, Ok(Mapped::Access(_))) {
						// It has another source now, under which it stays here until it is on the ledger.
						self.journal.quarantine(&pending, None, &quarantined.reason).await?;
					}
					self.meet(pending, version, mapped, window).await?;
				}
				if !is_there {
					self.journal.release(&quarantined.source).await?;
				}
			}
		}
	}

	/// Decides what can be decided about a record by itself.
	async fn meet(
		&mut self,
		pending: Pending<()>,
		version: Option<Version>,
		mapped: Result<Mapped, Problem>,
		window: &Window,
	) -> Result<(), JournalError> {
		let is_final = self.journal.is_final(&pending.source).await?;
		let version = match &mapped {
			Ok(Mapped::Consent(_)) => Some(version.unwrap_or_default()),
			_ => version,
		};
		if let Some(version) = version {
			return self.meet_version(pending, version, mapped, is_final).await;
		}
		if is_final {
			return match self.journal.dataset_of(&pending.source).await? {
				Some(dataset) if dataset != self.dataset => self.hold(&pending, None, in_another_log(dataset)).await,
				_ => {
					self.journal.release(&pending.source).await?;
					self.already(&pending, "is on the ledger from an earlier import");
					Ok(())
				},
			};
		}
		let is_under_way = self.journal.is_under_way(&pending.source).await?;
		match mapped {
			// What becomes of it is told when it is sent again.
			Err(_) | Ok(Mapped::NotApplicable(_)) if is_under_way => Ok(()),
			Ok(Mapped::Access(event)) => match window.refusal(event.occurred).filter(|_| !is_under_way) {
				None => {
					let pending = pending.with(event);
					if !self.journal.hold_access(&pending).await? {
						self.already(&pending, "repeats an earlier record of this import");
					}
					Ok(())
				},
				// The ledger would refuse it with its whole batch.
				Some(refusal) => {
					let reason = refusal.into();
					self.hold(&pending, None, Held::Quarantined { element: None, reason })
						.await
				},
			},
			Ok(Mapped::NotApplicable(reason)) => self.hold(&pending, None, Held::NotApplicable(reason)).await,
			Ok(Mapped::Consent(_)) => Ok(()),
			Err(problem) => self.hold(&pending, None, problem.into()).await,
		}
	}

	/// Remembers a version of a document. What becomes of it is decided when all of the import is read.
	async fn meet_version(
		&mut self,
		pending: Pending<()>,
		version: Version,
		mapped: Result<Mapped, Problem>,
		is_final: bool,
	) -> Result<(), JournalError> {
		let document = match version.document.as_deref() {
			Some(name) => H256(sp_crypto_hashing::blake2_256(name.as_bytes())),
			// It has no other version.
			None => pending.source,
		};
		let says = Says::from(mapped);
		for subject in version.subject.iter().chain(&says.subject()) {
			self.journal
				.recognise(&document, &pending.source, &version, subject)
				.await?;
		}
		let met = self
			.journal
			.remember(&document, &pending, &version, &says, is_final)
			.await?;
		match met {
			Met::New => (),
			Met::Repeated => self.already(&pending, "repeats an earlier record of this import"),
			Met::Decided => self.already(&pending, "is on the ledger from an earlier import"),
		}
		Ok(())
	}

	/// Sends what takes away: refusals, and the ends of what documents do not permit any more.
	async fn withdraw(&mut self) -> anyhow::Result<()> {
		self.journal.begin().await?;
		let mut last = None;
		while let Some(page) = self.changed(&mut last).await? {
			for document in page {
				let versions = self.journal.versions(&document).await?;
				let standing = plan::standing(&versions).map(|refusal| refusal.record.source);
				self.journal.stand(&document, &standing.collect::<Vec<_>>()).await?;
			}
		}
		self.journal.commit().await?;
		let mut last = None;
		while let Some(page) = self.changed(&mut last).await? {
			let mut changes = Vec::new();
			for document in page {
				changes.extend(self.ends(document).await?);
			}
			self.send(changes).await?;
		}
		Ok(())
	}

	/// A page of the documents that this import or one before it has changed.
	async fn changed(&mut self, last: &mut Option<H256>) -> Result<Option<Vec<H256>>, JournalError> {
		let page = self.journal.changed(*last).await?;
		*last = page.last().copied();
		Ok(last.map(|_| page))
	}

	/// What a document takes away.
	async fn ends(&mut self, document: H256) -> Result<Vec<Pending<PlannedChange>>, JournalError> {
		let versions = self.journal.versions(&document).await?;
		let consents = self.journal.consents(&document).await?;
		let newest = plan::newest(&versions, &consents);
		let permits = match newest {
			Some(Known {
				says: Says::Permission { subject, .. },
				..
			}) => {
				let newest = newest.filter(|newest| {
					let has_ended = plan::of(newest, &consents).any(|consent| consent.stage == Stage::Ended);
					// A permission that the ledger has refused permits nothing, nor does one that has ended.
					plan::is_granted(newest, &consents) || (newest.open && !has_ended)
				});
				match newest {
					Some(newest) if self.forbidden(newest, subject).await?.is_none() => Some(*subject),
					_ => None,
				}
			},
			_ => None,
		};
		let ends = consents
			.iter()
			.filter(|consent| consent.is_alive() && permits != Some(consent.subject))
			.map(plan::end)
			.collect::<Vec<_>>();
		let mut changes = Vec::new();
		let change = |version: &Known, steps, settles| {
			version.record.clone().with(PlannedChange {
				document,
				version: version.version.clone(),
				steps,
				settles,
			})
		};
		let is_end = |version: &Known| version.open && matches!(version.says, Says::End { .. } | Says::Nothing(_));
		let cause = newest.or_else(|| versions.iter().max_by_key(|version| (is_end(version), version.open)));
		if let (Some(cause), false) = (cause, ends.is_empty()) {
			let settles = is_end(cause);
			changes.push(change(cause, ends, settles));
		}
		for refusal in plan::standing(&versions).filter(|refusal| refusal.open) {
			if let Says::Refusal { subject } = refusal.says {
				let steps = self.refused_consents(refusal, subject).await?;
				if !steps.is_empty() {
					changes.push(change(refusal, steps, true));
				}
			}
		}
		Ok(changes)
	}

	/// What a refusal ends: everything, or all but what the person permitted later.
	async fn refused_consents(&mut self, refusal: &Known, subject: Pseudonym) -> Result<Vec<Step>, JournalError> {
		let (mut ends, mut later) = (Vec::new(), false);
		for consent in self.journal.consents_of(&subject).await? {
			let versions = self.journal.versions(&consent.document).await?;
			let permission = versions.iter().find(|version| plan::is_of(&consent, version));
			if permission.is_none_or(|permission| plan::forbids(refusal, permission)) {
				ends.push(plan::end(&consent));
			} else {
				later = true;
			}
		}
		Ok(if later { ends } else { vec![plan::end_all(subject)] })
	}

	/// The refusal that forbids a permission, if there is one.
	async fn forbidden(&mut self, permission: &Known, subject: &Pseudonym) -> Result<Option<Known>, JournalError> {
		let refusals = self.journal.refusals(subject).await?;
		Ok(refusals.into_iter().find(|refusal| plan::forbids(refusal, permission)))
	}

	/// Sends permissions, and settles the versions that do not go to the ledger.
	async fn permit(&mut self) -> anyhow::Result<()> {
		let mut last = None;
		while let Some(page) = self.changed(&mut last).await? {
			let mut grants = Vec::new();
			self.journal.begin().await?;
			for document in &page {
				let versions = self.journal.versions(document).await?;
				let consents = self.journal.consents(document).await?;
				let newest = plan::newest(&versions, &consents);
				// One that has become the newest without anything new about it narrows the others. What an earlier
				// release granted is not known, so nothing can be narrowed to it.
				let narrows = newest.filter(|newest| {
					let is_known = matches!(&newest.says, Says::Permission { scopes, .. } if !scopes.is_empty());
					is_known && plan::is_granted(newest, &consents)
				});
				let narrows = narrows.map(|newest| newest.record.source);
				let is_due = |version: &&Known| version.open || narrows == Some(version.record.source);
				for version in versions.iter().filter(is_due) {
					match self.becomes(*document, version, newest, &consents).await? {
						Ok(grant) => {
							self.journal.sent(&grant).await?;
							grants.push(version.record.clone().with(grant));
						},
						Err(held) if version.open => {
							self.hold(&version.record, Some(&version.version), held).await?;
							self.journal.settle(document, &version.record.source).await?;
						},
						Err(_) => (),
					}
				}
			}
			self.journal.commit().await?;
			self.send(grants).await?;
			self.journal.begin().await?;
			for document in &page {
				self.journal.carried_out_all(document).await?;
			}
			self.journal.commit().await?;
		}
		Ok(())
	}

	/// What becomes of a version of a document, with the newest version and the consents of the document.
	async fn becomes(
		&mut self,
		document: H256,
		version: &Known,
		newest: Option<&Known>,
		consents: &[Consent],
	) -> Result<Result<PlannedChange, Held>, JournalError> {
		let is_newest = newest.is_some_and(|newest| newest.record.source == version.record.source);
		Ok(Err(match (&version.says, newest) {
			(_, Some(newest)) if !is_newest && newest.says == version.says => {
				Held::Already("says the same as another record of this version".into())
			},
			(_, Some(newest)) if !is_newest && plan::is_newer(newest, version) => {
				Held::NotApplicable("an older version of a document, of which a newer version is known".into())
			},
			(Says::Unmapped(_), Some(newest)) if plan::is_cleared_by(version, newest) => {
				Held::Already("another record tells whom it is about".into())
			},
			(Says::Unmapped(problem), _) => with_ends(problem.clone(), consents),
			(Says::Nothing(_), _) if version.version.subject.is_none() && self.journal.has_former().await? => {
				let reason = "the journal of an earlier release does not show what this document granted: import an older \
				              version of it as well, or withdraw the consent with `kexin consent revoke`";
				Held::Quarantined {
					element: None,
					reason: reason.into(),
				}
			},
			(Says::Nothing(reason), _) => Held::NotApplicable(reason.clone()),
			(Says::End { .. }, _) => Held::NotApplicable(
				"the consent is not in force, and no version of it that this journal knows is: the end is remembered. If it \
				 was granted in another way, withdraw it with `kexin consent revoke`"
					.into(),
			),
			(Says::Refusal { .. }, _) => Held::NotApplicable(
				"the person permitted later what is in force: the refusal of what was before is remembered".into(),
			),
			(Says::Permission { .. }, _) if !is_newest => {
				let reason = "does not tell which version of the document is the newest, so that none is granted: give every \
				              version its versionId or lastUpdated, in the same order";
				with_ends(Problem::new("Consent.meta", reason), consents)
			},
			(Says::Permission { subject, .. }, _) => match self.forbidden(version, subject).await? {
				Some(refusal) => {
					let reason = format!("the person refuses everything in record {:?}", refusal.record.source);
					match refusal.version.decided.and(version.version.decided) {
						Some(_) => Held::NotApplicable(format!("{reason}, and has not decided otherwise since")),
						None => Problem::new(
							"Consent.dateTime",
							format!("{reason}: give both records the time of the decision"),
						)
						.into(),
					}
				},
				None => {
					let namesakes = self.journal.consents_named(&version.record.source).await?;
					let own = plan::of(version, consents);
					let elsewhere = namesakes.iter().filter(|consent| consent.document != document);
					if own.clone().chain(elsewhere.clone()).any(|consent| consent.stage == Stage::Ended) {
						Held::Quarantined {
							element: None,
							reason: "was granted and then ended on the ledger: it takes a new version of the document, with other \
							         content, to permit this again"
								.into(),
						}
					} else if elsewhere.count() > 0 {
						Held::Quarantined {
							element: None,
							reason: "is a permission under another name, too, with the same content: the ledger takes it once, so it \
							         could not be told which of the two ends"
								.into(),
						}
					} else {
						match plan::grant(document, version, consents, self.now) {
							Some(grant) if grant.steps.is_empty() && own.count() > 0 => Held::Already("is on the ledger".into()),
							Some(grant) => return Ok(Ok(grant)),
							None => Held::NotApplicable("permits nothing".into()),
						}
					}
				},
			},
		}))
	}

	/// Sends records in batches.
	async fn send<T: BatchItem>(&mut self, records: Vec<Pending<T>>) -> anyhow::Result<()> {
		let mut batches: Vec<Vec<Pending<T>>> = Vec::new();
		let mut room = 0;
		for record in records {
			let size = record.item.size();
			match batches.last_mut() {
				Some(batch) if size <= room => batch.push(record),
				_ => {
					batches.push(vec![record]);
					room = T::MAX;
				},
			}
			room = room.saturating_sub(size);
		}
		self.send_batches(batches, None).await
	}

	/// Sends batches, of which the first may have met an error already. A refused batch is halved until the record that
	/// is the cause is alone; it is quarantined. Accesses behind it get new positions and stay in the outbox.
	async fn send_batches<T: BatchItem>(
		&mut self,
		mut batches: Vec<Vec<Pending<T>>>,
		mut met: Option<LedgerError>,
	) -> anyhow::Result<()> {
		batches.reverse();
		while let Some(mut batch) = batches.pop() {
			let error = match attempt::<T, S>(self.submit, &T::call(&batch)?, met.take()).await {
				Ok(done) => {
					self.settle(batch, &done).await?;
					continue;
				},
				Err(error) if T::IS_NUMBERED => match self.not_taken(error, batch.len()).await? {
					Some(error) => error,
					None => return Ok(()),
				},
				Err(error) if error.is_transient() || error.concerns_every_record() => return Err(error.into()),
				Err(error) => error,
			};
			if batch.len() > 1 {
				crate::warn!("{error}; sending the {} records of this batch in halves", batch.len());
				let second = batch.split_off(batch.len() / 2);
				batches.push(second);
				batches.push(batch);
				continue;
			}
			for pending in batch {
				if T::IS_NUMBERED {
					self.quarantine_like(pending.source, &error).await?;
					return Ok(());
				}
				let rest = self.refused(pending, &error).await?;
				batches.extend(rest.into_iter().rev().map(|part| vec![part]));
			}
		}
		Ok(())
	}

	/// Settles the records of a batch that is final.
	async fn settle<T: BatchItem>(&mut self, batch: Vec<Pending<T>>, done: &Done) -> anyhow::Result<()> {
		self.reordered = 0;
		self.note(&batch, Some(done.block)).await?;
		let outcomes = T::outcomes(&batch, done, &mut self.summary)?;
		for (pending, (outcome, reason)) in batch.iter().zip(outcomes) {
			if settles(&pending.item) {
				(self.watch)(pending.outcome(outcome, reason));
			}
		}
		Ok(())
	}

	/// Settles a record that the ledger refused by itself, or returns what to send instead.
	async fn refused<T: BatchItem>(
		&mut self,
		pending: Pending<T>,
		error: &LedgerError,
	) -> anyhow::Result<Vec<Pending<T>>> {
		if let LedgerError::Dispatch { error, .. } = error {
			if pending.item.is_settled_by(error) {
				self.note(std::slice::from_ref(&pending), None).await?;
				if settles(&pending.item) && pending.item.is_refusal() {
					let reason = "the person has no consents that it could end: the refusal is remembered".into();
					self.hold(&pending, None, Held::NotApplicable(reason)).await?;
				} else if settles(&pending.item) {
					self.already(&pending, "the ledger already has this result");
				}
				return Ok(Vec::new());
			}
			let parts = pending.item.apart(error);
			if !parts.is_empty() {
				let parts = parts.into_iter().map(|part| pending.clone_with(part));
				return Ok(parts.collect());
			}
		}
		if pending.item.only_takes_away() {
			// It stays open, so the next import sends it again.
			anyhow::bail!("{error}; a consent that has to end is still in force");
		}
		let held = Held::Quarantined {
			element: None,
			reason: error.to_string(),
		};
		let mut rest = Vec::new();
		let change = pending.item.change();
		let (document, version) = (
			change.map(|change| change.document),
			change.map(|change| change.version.clone()),
		);
		if let Some(document) = document {
			let consents = self.journal.consents(&document).await?;
			rest.extend(
				pending
					.item
					.after_refusal(&consents)
					.map(|rest| pending.clone_with(rest)),
			);
		}
		self.journal.begin().await?;
		self.hold(&pending, version.as_ref(), held).await?;
		if let Some(document) = document {
			self.journal.settle(&document, &pending.source).await?;
		}
		self.journal.commit().await?;
		Ok(rest)
	}

	/// Notes that a batch is on the ledger.
	async fn note<T: BatchItem>(&mut self, batch: &[Pending<T>], block: Option<H256>) -> Result<(), JournalError> {
		let records = batch.iter().map(|pending| (&pending.source, pending.item.carried()));
		self.journal.note(records, block).await
	}

	fn already<T>(&mut self, pending: &Pending<T>, reason: &str) {
		self.summary.already += 1;
		(self.watch)(pending.outcome("already", Some(reason.into())));
	}

	/// Reports a record that does not go to the ledger, and quarantines it if a person has to see to it.
	async fn hold<T>(
		&mut self,
		pending: &Pending<T>,
		version: Option<&Version>,
		held: Held,
	) -> Result<(), JournalError> {
		match held {
			Held::NotApplicable(reason) => {
				self.journal.release(&pending.source).await?;
				self.summary.not_applicable += 1;
				(self.watch)(pending.outcome("not-applicable", Some(reason)));
			},
			Held::Already(reason) => {
				self.journal.release(&pending.source).await?;
				self.already(pending, &reason);
			},
			Held::Quarantined { element, reason } => {
				let why = match &element {
					Some(element) => format!("{element}: {reason}"),
					None => reason.clone(),
				};
				self.journal.quarantine(pending, version, &why).await?;
				self.summary.quarantined += 1;
				(self.watch)(RecordOutcome {
					element,
					..pending.outcome(QUARANTINED, Some(reason))
				});
			},
		}
		Ok(())
	}
}

/// A problem with a version of a document that had these consents.
fn with_ends(problem: Problem, consents: &[Consent]) -> Held {
	let ended = !consents.is_empty() && !consents.iter().any(Consent::is_alive);
	let more = if ended {
		". What the document permitted before has ended"
	} else {
		""
	};
	Held::Quarantined {
		element: Some(problem.element),
		reason: problem.reason + more,
	}
}

/// Whether a record is settled when the ledger has accepted it.
fn settles<T: BatchItem>(item: &T) -> bool {
	item.change().is_none_or(|change| change.settles)
}

/// Submits a call, unless it has met an error already, and again with growing pauses while the error may pass.
async fn attempt<T: BatchItem, S: Submit>(
	submit: &S,
	call: &Call,
	met: Option<LedgerError>,
) -> Result<Done, LedgerError> {
	let once = async || match T::IS_NUMBERED {
		// Whether an earlier copy is still on its way does not matter: the ledger records the positions once.
		true => {
			let result = submit.submit_all(std::slice::from_ref(call)).await.pop();
			result.unwrap_or_else(|| Err(LedgerError::Unreachable("nothing was sent".into())))
		},
		false => submit.submit(call).await,
	};
	let mut result = match met {
		Some(error) => Err(error),
		None => once().await,
	};
	let mut pause = S::PAUSE;
	for _ in 1..ATTEMPTS {
		match result {
			Err(error) if error.is_transient() => {
				crate::warn!("{error}; trying again in {} s", pause.as_secs());
				tokio::time::sleep(pause).await;
				pause = pause.saturating_mul(2);
				result = once().await;
			},
			other => return other,
		}
	}
	result
}
