//! A small ledger with a model.
//!
//! ```text
//! scans ──────────────────────┐
//! records ── imitate ── twins ┴ train ── model
//!                        atlas ┄┘ (read)
//! ```
//!
//! Nobody has accessed the dataset `archive`.

use super::{chain::Chain, ledger::Ledger, named};
use kexin_primitives::{
	access::{AccessEvent, Breaches, LogEntry, Notices, Outcome, Rules},
	dataset::Dataset,
	lineage::{Activity, ActivityKind, Artifact, ArtifactKind, Evidence, EvidenceKind, Input, InputRole},
	members::{Member, MemberKind, Status},
	scope::{Dimension, Scope},
	storage_keys,
	vocabulary::{Operation, Purpose, Region},
	UnixMillis, Versioned, FOREVER, H256,
};
use kexin_verifier::{report::DatasetLog, Document, Error};

/// The time of the block of the reports.
pub const NOW: UnixMillis = 1_800_000_000_000;
pub const HOSPITAL: u32 = 0;
pub const COMPANY: u32 = 1;
pub const AUDITOR: u32 = 2;

#[derive(Clone)]
pub struct Sample {
	pub chain: Chain,
	pub ledger: Ledger,
	pub model: H256,
	/// The datasets in the order of a report.
	pub datasets: Vec<H256>,
}

/// A permitted access to a dataset for an activity, within the consents.
pub fn entry(dataset: &str, number: u8, operation: Operation, activity: Option<&str>) -> LogEntry {
	LogEntry {
		dataset: named(dataset),
		reporter: HOSPITAL,
		recorded: NOW - 1_000_000 + 1_000 * UnixMillis::from(number),
		rules: Rules {
			spec_version: 0,
			code: named("runtime"),
		},
		breaches: Breaches::empty(),
		notices: Notices::empty(),
		event: AccessEvent {
			source: named(&format!("{dataset} {number}")),
			occurred: NOW - 1_500_000 + 1_000 * UnixMillis::from(number),
			actor: named("scientist"),
			subject: (number % 2 == 1).then(|| named("patient")),
			purpose: Some(Purpose::ModelTraining),
			operation,
			region: Some(Region(276)),
			recipient: Some(COMPANY),
			activity: activity.map(named),
			outcome: Outcome::Permitted,
		},
	}
}

pub fn member(name: &str, kind: MemberKind, seat: bool) -> Member {
	Member {
		kind,
		name: name.as_bytes().to_vec().try_into().expect("the name is short"),
		region: Region(276),
		status: Status::Active,
		seat,
		keys: 2,
	}
}

pub fn dataset() -> Dataset {
	let mut label = Scope::everything(NOW - 3_000_000);
	label.regions = Dimension::only([Region(40), Region(276)], FOREVER).expect("two regions fit");
	let mut cohort = label.clone();
	cohort.purposes =
		Dimension::only([Purpose::ModelTraining, Purpose::Research], NOW + 1_000).expect("two purposes fit");
	Dataset {
		owner: HOSPITAL,
		label: Versioned::V1(label),
		cohort: Versioned::V1(cohort),
		subjects: 1_000_000,
		declared: NOW - 3_000_000,
		enrolled: Some(NOW - 3_000_000),
		superseded: None,
		superseded_by: None,
		supersedes: None,
	}
}

pub fn artifact(kind: ArtifactKind, generated_by: Option<&str>) -> Artifact {
	Artifact {
		kind,
		owner: if kind == ArtifactKind::Dataset {
			HOSPITAL
		} else {
			COMPANY
		},
		registered: NOW - 400_000,
		generated_by: generated_by.map(named),
		uses: 1,
	}
}

pub fn activity(kind: ActivityKind, inputs: &[(&str, InputRole)], outputs: &[&str]) -> Activity {
	let inputs = inputs.iter().map(|(word, role)| Input {
		artifact: named(word),
		role: *role,
	});
	let outputs = outputs.iter().map(|word| named(word));
	Activity {
		kind,
		agent: COMPANY,
		started: NOW - 2_000_000,
		ended: Some(NOW - 400_000),
		inputs: inputs.collect::<Vec<_>>().try_into().expect("there are few inputs"),
		outputs: outputs.collect::<Vec<_>>().try_into().expect("there are few outputs"),
	}
}

impl Sample {
	/// A model whose accesses were all permitted and within the consents.
	pub fn new() -> Self {
		Self::on(Chain::new(super::chain::voters(0..4)), Ledger::with_filler(100))
	}

	/// The same on this chain, with these values added.
	pub fn on(chain: Chain, mut ledger: Ledger) -> Self {
		use InputRole::{Read, Used};
		ledger.put_raw(storage_keys::now(), NOW.to_le_bytes().to_vec());
		ledger.put(
			storage_keys::member(HOSPITAL),
			member("Charité", MemberKind::Hospital, true),
		);
		ledger.put(
			storage_keys::member(COMPANY),
			member("Models AG", MemberKind::Company, false),
		);
		ledger.put(
			storage_keys::member(AUDITOR),
			member("Prüfer", MemberKind::Auditor, false),
		);
		for word in ["scans", "records", "archive"] {
			ledger.put(
				storage_keys::artifact(&named(word)),
				artifact(ArtifactKind::Dataset, None),
			);
			ledger.put(storage_keys::dataset(&named(word)), dataset());
		}
		ledger.put(
			storage_keys::artifact(&named("atlas")),
			artifact(ArtifactKind::Model, None),
		);
		ledger.put(
			storage_keys::artifact(&named("twins")),
			artifact(ArtifactKind::SyntheticSet, Some("imitate")),
		);
		ledger.put(
			storage_keys::artifact(&named("model")),
			artifact(ArtifactKind::Model, Some("train")),
		);
		ledger.put(
			storage_keys::activity(&named("imitate")),
			activity(ActivityKind::Synthesis, &[("records", Used)], &["twins"]),
		);
		let inputs = [("scans", Used), ("twins", Used), ("atlas", Read)];
		ledger.put(
			storage_keys::activity(&named("train")),
			activity(ActivityKind::Training, &inputs, &["model"]),
		);
		for (by, kinds) in [
			(AUDITOR, vec![EvidenceKind::Fairness, EvidenceKind::Privacy]),
			(COMPANY, vec![EvidenceKind::Performance]),
		] {
			let evidence = kinds.into_iter().map(|kind| {
				let evidence = Evidence {
					kind,
					document: named("document"),
					measure: -940_000,
					threshold: 900_000,
				};
				(evidence, NOW - 300_000)
			});
			let evidence: kexin_primitives::lineage::AttachedEvidence = evidence
				.collect::<Vec<_>>()
				.try_into()
				.expect("there is little evidence");
			ledger.put(storage_keys::evidence(&named("model"), by), evidence);
		}
		for number in 0..4 {
			ledger.record(entry("scans", number, Operation::Train, Some("train")));
		}
		ledger.record(entry("scans", 4, Operation::Read, None));
		ledger.record(entry("records", 0, Operation::Synthesise, Some("imitate")));
		Self {
			chain,
			ledger,
			model: named("model"),
			datasets: vec![named("scans"), named("records")],
		}
	}

	pub fn logs(&self) -> Vec<DatasetLog> {
		let log = |dataset: &H256| DatasetLog {
			dataset: *dataset,
			entries: self.ledger.log(dataset).entries,
		};
		self.datasets.iter().map(log).collect()
	}

	/// The report about the model at the next block.
	pub fn document(&mut self) -> Result<Document, Error> {
		let header = self.chain.grow(self.ledger.root());
		let finality = self.chain.prove(&header);
		Document::assemble(
			self.model,
			self.chain.hash(),
			finality,
			&self.ledger.nodes(),
			self.logs(),
		)
	}
}
