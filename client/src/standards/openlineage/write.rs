//! A report as OpenLineage 2-0-2 events, one a line.
//!
//! Each activity is a run of a job. What an activity only read is not among its `inputs`, because OpenLineage makes
//! lineage of them. A facet of each dataset counts its accesses; the FHIR export has the accesses one by one.

use crate::{
	report::text::{self, Names},
	standards::writing::{hex, uuid},
};
use kexin_primitives::{lineage::ArtifactId, members::MemberId, UnixMillis, H256};
use kexin_verifier::{
	report::{ReportedActivity, ReportedArtifact, ReportedDataset},
	Document, Report,
};
use serde_json::{json, Map, Value};
use std::{
	collections::BTreeMap,
	io::{self, Write},
};

const PRODUCER: &str = concat!("urn:kexin:client:", env!("CARGO_PKG_VERSION"));
const SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/";
const FACETS: &str = "https://openlineage.io/spec/facets/";

/// The events of a report.
struct Events<'a> {
	report: &'a Report,
	source: H256,
	names: Names<'a>,
	artifacts: BTreeMap<ArtifactId, &'a ReportedArtifact>,
	datasets: BTreeMap<ArtifactId, &'a ReportedDataset>,
	namespace: String,
}

/// Writes a report. `source` is the hash of the file that proves it.
///
/// # Errors
/// When the output can't be written to.
pub fn write(document: &Document, source: H256, out: &mut dyn Write) -> io::Result<()> {
	let report = &document.report;
	let events = Events {
		report,
		source,
		names: Names::new(&report.members),
		artifacts: report
			.artifacts
			.iter()
			.map(|artifact| (artifact.id, artifact))
			.collect(),
		datasets: report.datasets.iter().map(|dataset| (dataset.id, dataset)).collect(),
		namespace: format!("kexin://{}", hex(report.genesis)),
	};
	let mut line = |event: Value| {
		serde_json::to_writer(&mut *out, &event)?;
		out.write_all(b"\n")
	};
	// What happened first comes first.
	for activity in report.activities.iter().rev() {
		line(events.start(activity))?;
		if let Some(ended) = activity.ended {
			line(events.complete(activity, ended))?;
		}
	}
	line(events.subject())
}

/// The fields that every facet has, and these.
fn facet(schema: &str, fields: Value) -> Value {
	let mut facet = Map::from_iter([
		("_producer".into(), PRODUCER.into()),
		("_schemaURL".into(), schema.into()),
	]);
	if let Value::Object(fields) = fields {
		facet.extend(fields);
	}
	Value::Object(facet)
}

/// A facet of the ledger's own.
fn own(name: &str, fields: Value) -> Value {
	facet(&format!("urn:kexin:openlineage:1:{name}"), fields)
}

/// A time in events. Times from the year 10000 on become the last one that can be written.
fn time(time: UnixMillis) -> String {
	text::instant(time).unwrap_or_else(|| "9999-12-31T23:59:59.999Z".into())
}

impl Events<'_> {
	fn event(&self, kind: &str, at: UnixMillis, activity: &ReportedActivity) -> Map<String, Value> {
		let read = activity
			.read
			.iter()
			.map(|id| json!({ "namespace": self.namespace, "name": format!("{id:?}") }));
		let mut run = json!({
			"kexin_activity": own("activity", json!({
				"id": activity.id, "kind": activity.kind, "agent": activity.agent, "read": read.collect::<Vec<_>>(),
			})),
		});
		let made_the_model = self
			.artifacts
			.get(&self.report.model)
			.and_then(|model| model.generated_by);
		if made_the_model == Some(activity.id) {
			run["kexin_verdict"] = self.verdict();
		}
		let job = json!({
			"namespace": self.namespace,
			"name": format!("{}/{:?}", text::name(&activity.kind), activity.id),
			"facets": {
				"jobType": facet(&format!("{FACETS}2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet"), json!({
					"processingType": "BATCH", "integration": "KEXIN", "jobType": text::name(&activity.kind).to_uppercase(),
				})),
				"ownership": self.owner(activity.agent, "Job"),
			},
		});
		Map::from_iter([
			("eventType".into(), kind.into()),
			("eventTime".into(), time(at).into()),
			("producer".into(), PRODUCER.into()),
			("schemaURL".into(), format!("{SCHEMA}RunEvent").into()),
			(
				"run".into(),
				json!({ "runId": uuid(&format!("{:?} activity {:?}", self.report.genesis, activity.id)), "facets": run }),
			),
			("job".into(), job),
			("inputs".into(), self.all(&activity.used, "inputFacets")),
		])
	}

	fn start(&self, activity: &ReportedActivity) -> Value {
		Value::Object(self.event("START", activity.started, activity))
	}

	fn complete(&self, activity: &ReportedActivity, ended: UnixMillis) -> Value {
		let mut event = self.event("COMPLETE", ended, activity);
		event.insert("outputs".into(), self.all(&activity.generated, "outputFacets"));
		Value::Object(event)
	}

	/// The artifact that the report is about, with the verdict.
	fn subject(&self) -> Value {
		let mut dataset = self.dataset(self.report.model);
		dataset["facets"]["kexin_verdict"] = self.verdict();
		json!({
			"eventTime": time(self.report.block.time),
			"producer": PRODUCER,
			"schemaURL": format!("{SCHEMA}DatasetEvent"),
			"dataset": dataset,
		})
	}

	fn all(&self, ids: &[ArtifactId], of_the_event: &str) -> Value {
		let datasets = ids.iter().map(|id| {
			let mut dataset = self.dataset(*id);
			dataset[of_the_event] = json!({});
			dataset
		});
		datasets.collect()
	}

	fn dataset(&self, id: ArtifactId) -> Value {
		let mut facets = Map::new();
		let version = json!({ "datasetVersion": id });
		let schema = format!("{FACETS}1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet");
		facets.insert("version".into(), facet(&schema, version));
		if let Some(artifact) = self.artifacts.get(&id) {
			facets.insert("ownership".into(), self.owner(artifact.owner, "Dataset"));
			facets.insert(
				"kexin_artifact".into(),
				own(
					"artifact",
					json!({
						"kind": artifact.kind, "owner": artifact.owner, "registered": artifact.registered,
						"generatedBy": artifact.generated_by, "distance": artifact.distance, "evidence": artifact.evidence,
					}),
				),
			);
		}
		if let Some(dataset) = self.datasets.get(&id) {
			facets.insert(
				"kexin_dataset".into(),
				own(
					"dataset",
					json!({
						"owner": dataset.owner, "label": dataset.label, "cohort": dataset.cohort, "subjects": dataset.subjects,
						"declared": dataset.declared, "superseded": dataset.superseded, "inForce": dataset.in_force,
						"log": dataset.log,
					}),
				),
			);
		}
		json!({ "namespace": self.namespace, "name": format!("{id:?}"), "facets": facets })
	}

	fn owner(&self, id: MemberId, of: &str) -> Value {
		let schema = format!("{FACETS}1-0-1/Ownership{of}Facet.json#/$defs/Ownership{of}Facet");
		let kind = self.names.get(id).map(|member| text::name(&member.kind));
		let mut owner = json!({ "name": format!("team:{}", self.names.full(id)) });
		if let Some(kind) = kind {
			owner["type"] = kind.into();
		}
		facet(&schema, json!({ "owners": [owner] }))
	}

	fn verdict(&self) -> Value {
		own(
			"verdict",
			json!({
				"status": self.report.verdict.status, "reasons": self.report.verdict.reasons, "notices": self.report.notices,
				"genesis": self.report.genesis, "block": self.report.block, "proof": self.source,
			}),
		)
	}
}
