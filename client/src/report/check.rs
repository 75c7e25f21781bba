//! Verifies a file that an auditor was given, and answers the auditor's questions about it. It needs no node, no
//! network and no configuration.

use super::{summary, text};
use kexin_primitives::{
	access::{LogEntry, Outcome},
	members::MemberId,
	vocabulary::Purpose,
	UnixMillis, H256,
};
use kexin_verifier::{
	access::ProvedAccesses,
	report::{Code, Judgements},
	Document, Error, FinalBlock, Finality, Proof, Trust, TrustedBlock,
};
use serde::Serialize;
use serde_json::{json, Value};
use std::{collections::BTreeSet, path::Path};

/// A file that was read and is not verified yet.
#[derive(Clone, Debug)]
pub struct ProofFile {
	/// blake2-256 of its bytes.
	pub source: H256,
	/// Its content.
	pub proof: Proof,
}

/// Why a file is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
	/// It can't be read, or it is not a proof.
	#[error("{0}")]
	Unreadable(String),
	/// It does not prove what it states.
	#[error("refused: {0}")]
	Refused(Error),
	/// It is proved, but its block is older than the auditor asked for.
	#[error("proved, but too old: its block is of {}, which is before {}", text::time(*time), text::time(*not_before))]
	TooOld {
		/// The time of its block.
		time: UnixMillis,
		/// The earliest time that the auditor accepts.
		not_before: UnixMillis,
	},
	/// It is proved, but does not show that what the auditor asked about is absent.
	#[error("proved, but it does not show the absence asked for: {0}")]
	NotAbsent(String),
}

impl Refusal {
	/// The exit code of the command line.
	pub fn code(&self) -> u8 {
		match self {
			Self::Refused(_) => 1,
			Self::Unreadable(_) => 2,
			Self::TooOld { .. } => 4,
			Self::NotAbsent(_) => 5,
		}
	}

	/// The name of the refusal, for programs.
	pub fn name(&self) -> String {
		match self {
			Self::Unreadable(_) => "unreadable".into(),
			// The name of the verifier's variant, as the documents list it.
			Self::Refused(error) => format!("{error:?}")
				.chars()
				.take_while(char::is_ascii_alphanumeric)
				.collect(),
			Self::TooOld { .. } => "too-old".into(),
			Self::NotAbsent(_) => "not-absent".into(),
		}
	}
}

impl From<Error> for Refusal {
	fn from(error: Error) -> Self {
		match error {
			Error::Json(_) | Error::Format(_) => Self::Unreadable(error.to_string()),
			error => Self::Refused(error),
		}
	}
}

impl ProofFile {
	/// Reads a file.
	///
	/// # Errors
	/// [`Refusal::Unreadable`].
	pub fn read(path: &Path) -> Result<Self, Refusal> {
		let bytes = std::fs::read(path)
			.map_err(|error| Refusal::Unreadable(format!("can't read {}: {error}", path.display())))?;
		Self::from_bytes(&bytes)
	}

	/// Reads the bytes of a file.
	///
	/// # Errors
	/// [`Refusal::Unreadable`].
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
		Ok(Self {
			source: H256(sp_crypto_hashing::blake2_256(bytes)),
			// The hash is of the file as it is, with the byte order mark that it may begin with.
			proof: Proof::from_json(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes))?,
		})
	}

	/// The report in the file, if it is one and everything in it is proved.
	///
	/// # Errors
	/// [`Refusal`].
	pub fn report(&self, trust: &Trust) -> Result<&Document, Refusal> {
		match &self.proof {
			Proof::Report(document) => {
				document.verify(trust)?;
				Ok(document)
			},
			Proof::Access(_) => Err(Refusal::Unreadable(
				"the file is an access proof; a report is needed".into(),
			)),
		}
	}
}

/// What an auditor asks about a file.
#[derive(Clone, Debug, Default)]
pub struct Questions {
	/// The earliest time that its block may have.
	pub not_before: Option<UnixMillis>,
	/// Members that no access may name as recipient.
	pub absent_recipients: Vec<MemberId>,
	/// Purposes for which nothing must have been accessed. They include those that HL7 lists under them.
	pub absent_purposes: Vec<Purpose>,
}

/// How often a complete log has something that should be absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Absence {
	/// What should be absent.
	pub what: String,
	/// The field of an entry that would name it.
	#[serde(skip)]
	field: &'static str,
	/// How many entries name it, with any outcome.
	pub named: u64,
	/// How many of those the hospital permitted.
	pub permitted: u64,
	/// How many entries leave the field empty, so that they could be about it.
	pub unstated: u64,
}

impl Absence {
	fn count<'a>(
		what: String,
		field: &'static str,
		entries: impl Iterator<Item = &'a LogEntry>,
		is: impl Fn(&LogEntry) -> Option<bool>,
	) -> Self {
		let mut absence = Self {
			what,
			field,
			named: 0,
			permitted: 0,
			unstated: 0,
		};
		for entry in entries {
			let counted = match is(entry) {
				Some(false) => continue,
				Some(true) => &mut absence.named,
				None => &mut absence.unstated,
			};
			*counted = counted.saturating_add(1);
			if is(entry) == Some(true) && entry.event.outcome == Outcome::Permitted {
				absence.permitted = absence.permitted.saturating_add(1);
			}
		}
		absence
	}

	/// Whether the log shows that it is absent.
	pub fn holds(&self) -> bool {
		self.named == 0 && self.unstated == 0
	}

	fn text(&self) -> String {
		let Self {
			what,
			named,
			permitted,
			unstated,
			..
		} = self;
		let accesses = |number| text::count(number, "access", "accesses");
		if *named > 0 {
			return format!("{} {what} in the log, {permitted} of them permitted", accesses(*named));
		}
		let state = if *unstated == 1 { "states" } else { "state" };
		format!("none {what}, but {} {state} no {}", accesses(*unstated), self.field)
	}
}

impl Questions {
	fn about_time(&self, time: UnixMillis) -> Result<(), Refusal> {
		match self.not_before {
			Some(not_before) if time < not_before => Err(Refusal::TooOld { time, not_before }),
			_ => Ok(()),
		}
	}

	fn absences<'a>(&self, entries: impl Iterator<Item = &'a LogEntry> + Clone) -> Vec<Absence> {
		let recipients = self.absent_recipients.iter().map(|id| {
			// Without a recipient, the hospital states that it was not a member or that it does not know: it could be
			// any.
			let is = |entry: &LogEntry| entry.event.recipient.map(|recipient| recipient == *id);
			Absence::count(format!("with recipient {id}"), "recipient", entries.clone(), is)
		});
		let purposes = self.absent_purposes.iter().map(|purpose| {
			let is = |entry: &LogEntry| entry.event.purpose.map(|stated| stated.is_or_under(*purpose));
			Absence::count(format!("for {purpose}"), "purpose", entries.clone(), is)
		});
		recipients.chain(purposes).collect()
	}
}

/// How the line begins that says at which block later proofs can begin.
const LATER: &str = "later      ";

fn absent_lines(absences: &[Absence]) -> impl Iterator<Item = String> + '_ {
	let absent = absences.iter().filter(|absence| absence.holds());
	absent.map(|absence| format!("absent     {}", absence.what))
}

fn all_absent(absences: &[Absence]) -> Result<(), Refusal> {
	let present = absences.iter().filter(|absence| !absence.holds()).map(Absence::text);
	match present.collect::<Vec<_>>() {
		present if present.is_empty() => Ok(()),
		present => Err(Refusal::NotAbsent(present.join("; "))),
	}
}

/// What a file proves, for people and for programs.
#[derive(Clone, Debug, PartialEq)]
pub struct Proved {
	/// For people, line by line.
	pub lines: Vec<String>,
	/// For programs.
	pub json: Value,
	/// The block at which the proof begins, if that is not the chain's first.
	pub begins: Option<TrustedBlock>,
	/// The block that it is about, if later proofs can begin there.
	pub later: Option<TrustedBlock>,
}

impl Proved {
	fn new(mut lines: Vec<String>, mut json: Value, finality: &Finality, block: &FinalBlock) -> Self {
		let (begins, later) = (finality.begins_at(), block.as_trusted());
		lines.extend(begins.map(|start| {
			format!("begins     at a block that has to be trusted, not at the chain's first: --trusted {start}")
		}));
		lines.extend(later.map(|block| format!("{LATER}proofs can begin at this block: --trusted {block}")));
		json["begins"] = json!(begins.map(|start| start.to_string()));
		json["trusted"] = json!(later.map(|block| block.to_string()));
		Self {
			lines,
			json,
			begins,
			later,
		}
	}

	/// The same if the genesis hash is only what a node claims, so that nothing is proved yet.
	pub fn on_claim(mut self, genesis: H256) -> Self {
		let claim = format!(
			"every part follows from the genesis hash {genesis:?}, which is only the node's own claim: nothing is proved \
			 before you have compared it with that of your consortium"
		);
		if let Some(first) = self.lines.first_mut() {
			*first = format!("unproved   {claim}");
		}
		self.lines.retain(|line| !line.starts_with(LATER));
		self.later = None;
		self.json["trusted"] = Value::Null;
		self.json["accepted"] = false.into();
		self.json["message"] = claim.into();
		self
	}
}

/// Verifies a file for the chain that is trusted, and answers the questions. The second result is an error if an answer
/// is not the one wanted; what the file proves is returned all the same.
///
/// # Errors
/// [`Refusal`] when nothing is proved.
pub fn verify(
	file: &ProofFile,
	trust: &Trust,
	questions: &Questions,
) -> Result<(Proved, Result<(), Refusal>), Refusal> {
	match &file.proof {
		Proof::Report(document) => {
			let (block, judgements) = document.judge(trust)?;
			Ok(report(document, &block, &judgements, file.source, questions))
		},
		Proof::Access(proof) => {
			if questions.not_before.is_some() {
				let reason = "an access proof does not show the time of its block: --not-before needs a report";
				return Err(Refusal::Unreadable(reason.into()));
			}
			Ok(accesses(&proof.verify(trust)?, &proof.finality, file.source, questions))
		},
	}
}

fn report(
	document: &Document,
	block: &FinalBlock,
	judgements: &Judgements,
	source: H256,
	questions: &Questions,
) -> (Proved, Result<(), Refusal>) {
	let report = &document.report;
	let absences = questions.absences(document.logs.iter().flat_map(|log| &log.entries));
	let unseen = unseen(document);
	let mut lines = vec!["accepted   every part of the report is proved".into()];
	lines.extend(summary::summary(report));
	lines.extend(summary::judgements(judgements));
	if unseen.is_none() {
		lines.extend(absent_lines(&absences));
	}
	let json = json!({
		"accepted": true,
		"format": document.format,
		"source": source,
		"genesis": report.genesis,
		"block": report.block,
		"model": report.model,
		"verdict": report.verdict,
		"notices": report.notices,
		"accesses": summary::accesses(report),
		"judgements": judgements,
		"complete": unseen.is_none(),
		"absences": absences,
	});
	let absent = match unseen {
		Some(why) if !absences.is_empty() => Err(Refusal::NotAbsent(why)),
		_ => all_absent(&absences),
	};
	let answers = questions.about_time(report.block.time).and(absent);
	(Proved::new(lines, json, &document.finality, block), answers)
}

/// Why the file does not show every access to what the artifact was made from; none if it does.
fn unseen(document: &Document) -> Option<String> {
	if document.logs.is_empty() {
		let why = "no declared dataset is behind the artifact, so there is no log in which something could be absent";
		return Some(why.into());
	}
	let (verdict, notices) = (&document.report.verdict.reasons, &document.report.notices);
	let unlogged = verdict.iter().chain(notices).filter(|reason| match reason.code {
		Code::UnknownOrigin => reason.about != document.report.model,
		Code::NothingUsed => true,
		_ => false,
	});
	let unlogged = unlogged
		.map(|reason| format!("{:?}", reason.about))
		.collect::<BTreeSet<_>>();
	let unlogged = unlogged.into_iter().collect::<Vec<_>>();
	(!unlogged.is_empty()).then(|| {
		format!(
			"the ledger does not know what was behind {}, so accesses to it may be in no log",
			unlogged.join(", ")
		)
	})
}

fn accesses(
	proved: &ProvedAccesses<'_>,
	finality: &Finality,
	source: H256,
	questions: &Questions,
) -> (Proved, Result<(), Refusal>) {
	let number = u64::try_from(proved.entries.len()).unwrap_or(u64::MAX);
	let breached = proved.entries.iter().filter(|entry| !entry.breaches.is_empty()).count();
	let complete = if proved.complete {
		"this is its whole log at this block: no access is missing"
	} else {
		"this is a part of its log: it shows nothing about the other accesses"
	};
	let absences = questions.absences(proved.entries.iter());
	let mut lines = vec![
		"accepted   every part of the proof is valid".into(),
		format!("at         block {}, {:?}", proved.block.number, proved.block.hash),
		format!("dataset    {:?}", proved.dataset),
		format!(
			"accesses   {} of {} from index {} on, {breached} outside the consents",
			number, proved.count, proved.first
		),
		format!("           {complete}"),
	];
	if let Some(last) = proved.entries.last() {
		lines.push(format!(
			"           the last was recorded at {}",
			text::time(last.recorded)
		));
	}
	if proved.complete {
		lines.extend(absent_lines(&absences));
	}
	let json = json!({
		"accepted": true,
		"format": kexin_verifier::AccessProof::FORMAT,
		"source": source,
		"block": { "hash": proved.block.hash, "number": proved.block.number },
		"dataset": proved.dataset,
		"count": proved.count,
		"first": proved.first,
		"entries": number,
		"breaches": breached,
		"complete": proved.complete,
		"absences": absences,
	});
	let answers = if absences.is_empty() || proved.complete {
		all_absent(&absences)
	} else {
		let shown = format!("the file has {number} of {} accesses", proved.count);
		Err(Refusal::NotAbsent(format!(
			"{shown} and shows nothing about the others"
		)))
	};
	(Proved::new(lines, json, finality, &proved.block), answers)
}
