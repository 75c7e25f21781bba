//! `kexin import`.

use super::{arguments::Hash, Session};
use anyhow::Context as _;
use kexin::{
	config::TimeZone,
	import::{dry_run, files, journal::Journal, run as bring, RecordOutcome, Selection, Signing},
	standards::{
		fhir::read::{FhirReader, Origin},
		record::printable,
	},
};
use kexin_primitives::H256;
use std::{collections::BTreeSet, io::IsTerminal as _, path::PathBuf, process::ExitCode};

/// The records to import, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
	/// Files or directories of FHIR resources: single ones, arrays, Bundles, or NDJSON, also compressed with gzip.
	#[arg(required_unless_present = "retry")]
	files: Vec<PathBuf>,
	/// The dataset that was accessed. Without this option, `dataset` in the settings file.
	#[arg(long)]
	dataset: Option<Hash>,
	/// The activity that the accesses were for.
	#[arg(long)]
	activity: Option<Hash>,
	/// The time zone of times without one, such as Europe/Berlin or +08:00. Without this option, `timezone` in the
	/// settings file.
	#[arg(long, allow_hyphen_values = true)]
	timezone: Option<TimeZone>,
	/// All pages of the Bundles are among the files, also where a page states another address than the one before.
	/// Without this option, a page whose next one is not recognised counts as passed over.
	#[arg(long)]
	all_pages: bool,
	/// Also import what is in quarantine from earlier imports.
	#[arg(long)]
	retry: bool,
	/// Only show what each record would become: send nothing, write nothing.
	#[arg(long)]
	dry_run: bool,
}

/// Runs the import.
///
/// # Errors
/// When the import was not finished: run it again.
pub async fn run(session: &Session, arguments: Arguments) -> anyhow::Result<ExitCode> {
	let mut config = session.config.clone();
	config.timezone = arguments.timezone.or(config.timezone);
	let pseudonyms = config.pseudonymiser()?;
	let activity = arguments.activity.map(|activity| activity.0);
	let reader = FhirReader {
		config: &config,
		pseudonyms: &pseudonyms,
		activity,
	};
	let paths = arguments.files;
	let mut seen = 0u64;
	let mut watch = |report: RecordOutcome| {
		seen += 1;
		show(&report, session.json, seen);
	};

	let around = Around::of(&reader, &paths)?;
	config.meet(around.servers)?;
	let mut summary = if arguments.dry_run {
		dry_run(&reader, &paths, &mut watch)?
	} else {
		let dataset = arguments.dataset.map(|dataset| dataset.0).or(config.dataset);
		let dataset = dataset.context("no dataset: give --dataset, or set `dataset` in kexin.toml")?;
		let mut journal = Journal::open(&config.state).await?;
		// Whom a later import takes for the same person must not depend on whether this one is finished.
		config.remember()?;
		let selection = Selection {
			paths: &paths,
			quarantine: arguments.retry,
			member: config.member,
		};
		let ledger = session.ledger().await?;
		let signer = session.signer()?;
		let signing = Signing {
			ledger: &ledger,
			signer: &signer,
		};
		let done = bring(&signing, &reader, dataset, &mut journal, selection, &mut watch).await;
		done.context(
			"the import is not finished. Run it again once the cause is gone: it goes on where it was, and nothing is lost",
		)?
	};
	for page in around.unfinished.into_iter().filter(|_| !arguments.all_pages) {
		summary.passed_over += 1;
		watch(page);
	}
	if session.json {
		kexin::say!("{}", serde_json::json!({ "summary": summary }));
	} else {
		kexin::say!(
			"{} accesses recorded ({} breach consent), {} replayed, {} consents, {} done before, {} not applicable, {} quarantined, \
			 {} files passed over",
			summary.recorded,
			summary.breached,
			summary.replayed,
			summary.consents,
			summary.already,
			summary.not_applicable,
			summary.quarantined,
			summary.passed_over
		);
		if summary.resumed > 0 {
			kexin::say!(
				"{} accesses were under way from an import that was cut off, and are on the ledger now",
				summary.resumed
			);
		}
		if summary.quarantined > 0 && !arguments.dry_run {
			kexin::say!("`kexin quarantine` shows what is quarantined; `kexin import --retry` imports it again");
		}
	}
	Ok(if summary.is_whole() {
		ExitCode::SUCCESS
	} else {
		ExitCode::from(3)
	})
}

/// What files tell about what is around their records.
struct Around {
	/// The servers that the records are from.
	servers: BTreeSet<String>,
	/// What is said of each page of which the next one is not among the files.
	unfinished: Vec<RecordOutcome>,
}

impl Around {
	fn of(reader: &FhirReader<'_>, paths: &[PathBuf]) -> anyhow::Result<Self> {
		let (mut servers, mut addresses, mut following) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
		for file in files::find(paths)? {
			// The import reports those that it passes over.
			let Ok(bytes) = files::content(&file, reader) else {
				continue;
			};
			let origin = Origin::of(&file.path, &bytes);
			servers.extend(origin.servers);
			addresses.extend(origin.addresses);
			following.extend(
				origin
					.following
					.into_iter()
					.map(|(line, next)| (file.path.clone(), line, next)),
			);
		}
		let is_missing = |next: &Option<String>| next.as_ref().is_none_or(|next| !addresses.contains(next));
		following.retain(|(_, _, next)| is_missing(next));
		let unfinished = following
			.into_iter()
			.map(|(file, line, next)| unfinished(file, line, next));
		Ok(Self {
			unfinished: unfinished.collect(),
			servers,
		})
	}
}

/// What is said of a page of which the next one is not among the files.
fn unfinished(file: PathBuf, line: usize, next: Option<String>) -> RecordOutcome {
	let next = next.map(|next| format!(", {next}")).unwrap_or_default();
	let reason = format!(
		"the Bundle is one page of several, and none of the files is a Bundle with the address of the next page{next}: fetch \
		 all pages into one directory, and import that, with --all-pages if they are all there. Its own records were read"
	);
	RecordOutcome {
		file,
		line,
		source: H256::zero(),
		outcome: "passed-over",
		element: None,
		reason: Some(printable(&reason)),
		mapped: None,
	}
}

/// One line a record for programs; for people, only what they may want to act on, and a count.
fn show(report: &RecordOutcome, json: bool, seen: u64) {
	if json {
		kexin::say!("{}", serde_json::json!(report));
		return;
	}
	let place = format!("{}:{}", printable(&report.file.to_string_lossy()), report.line);
	if let Some(mapped) = &report.mapped {
		kexin::say!("{place}: {}: {mapped}", report.outcome);
	} else if let Some(reason) = report.reason.as_deref().filter(|_| report.outcome != "already") {
		let element = report
			.element
			.as_deref()
			.map(|element| format!("{element}: "))
			.unwrap_or_default();
		kexin::say!("{place}: {}: {element}{reason}", report.outcome);
	}
	if std::io::stderr().is_terminal() {
		kexin::output::print_error(format_args!("\r{seen} records\r"));
	}
}
