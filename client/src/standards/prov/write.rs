//! A report as W3C PROV-JSON (<https://www.w3.org/submissions/prov-json/>).
//!
//! | on the ledger | in PROV |
//! |---|---|
//! | artifact, evidence, the report itself | entity |
//! | activity, each access | activity |
//! | member, person behind an access | agent |
//! | used, generated, owner, agent | `used`, `wasGeneratedBy`, `wasAttributedTo`, `wasAssociatedWith` |
//! | made from | `wasDerivedFrom` |
//! | only read | `wasInfluencedBy`: PROV's `used` would make lineage of it |
//! | an access for an activity | the activity `wasInformedBy` the access |

use crate::{
	report::{summary::sentence, text},
	standards::writing::{self, hex, Pairs},
};
use kexin_primitives::{access::LogEntry, members::MemberKind, UnixMillis, H256};
use kexin_verifier::{Document, Report};
use serde::{ser::SerializeMap as _, Serialize, Serializer};
use serde_json::{json, Map, Value};
use std::{
	collections::{BTreeMap, BTreeSet},
	io::{self, Write},
};

/// Writes a report. `source` is the hash of the file that proves it.
///
/// # Errors
/// When the output can't be written to.
pub fn write(document: &Document, source: H256, out: &mut dyn Write) -> io::Result<()> {
	writing::json(out, &ProvDocument::new(document, source))
}

/// A report as a PROV document.
struct ProvDocument<'a> {
	document: &'a Document,
	report: &'a Report,
	source: H256,
	/// The activities of the report.
	known: BTreeSet<H256>,
}

type Pair = (String, Value);

/// The name of something on the ledger.
fn id(kind: &str, name: impl std::fmt::Display) -> String {
	format!("ledger:{kind}-{name}")
}

fn artifact(hash: H256) -> String {
	id("artifact", hex(hash))
}

fn activity(hash: H256) -> String {
	id("activity", hex(hash))
}

fn member(number: u32) -> String {
	id("member", number)
}

fn person(hash: H256) -> String {
	id("person", hex(hash))
}

fn access(dataset: H256, index: u64) -> String {
	id("access", format!("{}-{index}", hex(dataset)))
}

fn evidence(about: H256, number: usize) -> String {
	id("evidence", format!("{}-{number}", hex(about)))
}

fn typed(value: impl Into<Value>, kind: &str) -> Value {
	json!({ "$": value.into(), "type": kind })
}

fn qualified(name: &str) -> Value {
	typed(name, "prov:QUALIFIED_NAME")
}

fn time(time: UnixMillis) -> Value {
	text::instant(time).map_or(Value::Null, |time| typed(time, "xsd:dateTime"))
}

/// Attributes of which those that are not known are left out.
fn attributes(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
	let known = pairs.into_iter().filter(|(_, value)| !value.is_null());
	Value::Object(Map::from_iter(known.map(|(name, value)| (name.into(), value))))
}

/// Relations are numbered, since they have no names.
fn numbered(name: &'static str, relations: impl Iterator<Item = Value>) -> impl Iterator<Item = Pair> {
	(1u64..)
		.zip(relations)
		.map(move |(number, relation)| (format!("_:{name}{number}"), relation))
}

impl<'a> ProvDocument<'a> {
	fn new(document: &'a Document, source: H256) -> Self {
		let report = &document.report;
		Self {
			document,
			report,
			source,
			known: report.activities.iter().map(|activity| activity.id).collect(),
		}
	}

	fn entries(&self) -> impl Iterator<Item = (u64, &'a LogEntry)> {
		writing::entries(self.document)
	}

	fn entities(&self) -> impl Iterator<Item = Pair> + '_ {
		let datasets = self.report.datasets.iter().map(|dataset| (dataset.id, dataset));
		let datasets = datasets.collect::<BTreeMap<_, _>>();
		let artifacts = self.report.artifacts.iter().map(move |item| {
			let dataset = datasets.get(&item.id);
			let of_log = |value: fn(&kexin_verifier::report::LogSummary) -> Value| {
				dataset.map_or(Value::Null, |dataset| value(&dataset.log))
			};
			let pairs = attributes([
				("prov:type", qualified(&format!("kexin:{}", text::name(&item.kind)))),
				("kexin:registered", time(item.registered)),
				("kexin:distance", item.distance.into()),
				("kexin:logCount", of_log(|log| log.count.into())),
				("kexin:logRoot", of_log(|log| json!(log.root))),
				(
					"kexin:inForce",
					dataset.map_or(Value::Null, |dataset| dataset.in_force.into()),
				),
				(
					"kexin:subjects",
					dataset.map_or(Value::Null, |dataset| dataset.subjects.into()),
				),
			]);
			(artifact(item.id), pairs)
		});
		let evidence = self.report.artifacts.iter().flat_map(|item| {
			item.evidence.iter().enumerate().map(|(number, attached)| {
				let pairs = attributes([
					("prov:type", qualified("kexin:evidence")),
					("kexin:kind", text::name(&attached.kind).into()),
					("kexin:document", json!(attached.document)),
					(
						"kexin:measure",
						typed(text::millionths(attached.measure), "xsd:decimal"),
					),
					(
						"kexin:threshold",
						typed(text::millionths(attached.threshold), "xsd:decimal"),
					),
				]);
				(self::evidence(item.id, number), pairs)
			})
		});
		artifacts.chain(self.others()).chain(evidence).chain([self.itself()])
	}

	/// The artifacts that are only named: those that were only read, and what else the activities generated.
	fn others(&self) -> impl Iterator<Item = Pair> {
		let described = self
			.report
			.artifacts
			.iter()
			.map(|artifact| artifact.id)
			.collect::<BTreeSet<_>>();
		let activities = self.report.activities.iter();
		let named =
			activities.flat_map(|activity| activity.used.iter().chain(&activity.read).chain(&activity.generated));
		let others = named
			.copied()
			.filter(|id| !described.contains(id))
			.collect::<BTreeSet<_>>();
		others.into_iter().map(|id| (artifact(id), json!({})))
	}

	/// The report itself.
	fn itself(&self) -> Pair {
		let block = self.report.block;
		let codes = |reasons: &[kexin_verifier::report::Reason]| match reasons {
			[] => Value::Null,
			_ => reasons.iter().map(|reason| Value::from(sentence(reason))).collect(),
		};
		let pairs = attributes([
			("prov:type", qualified("kexin:audit-report")),
			("kexin:verdict", json!(self.report.verdict.status)),
			("kexin:reason", codes(&self.report.verdict.reasons)),
			("kexin:notice", codes(&self.report.notices)),
			("kexin:block", block.number.into()),
			("kexin:blockHash", json!(block.hash)),
			("kexin:blockTime", time(block.time)),
			("kexin:genesis", json!(self.report.genesis)),
			("kexin:proof", json!(self.source)),
		]);
		(id("report", hex(self.source)), pairs)
	}

	fn activities(&self) -> impl Iterator<Item = Pair> + '_ {
		let activities = self.report.activities.iter().map(|item| {
			let pairs = attributes([
				(
					"prov:startTime",
					text::instant(item.started).map_or(Value::Null, Value::from),
				),
				(
					"prov:endTime",
					item.ended.and_then(text::instant).map_or(Value::Null, Value::from),
				),
				("prov:type", qualified(&format!("kexin:{}", text::name(&item.kind)))),
			]);
			(activity(item.id), pairs)
		});
		let accesses = self.entries().map(|(index, entry)| {
			let event = entry.event;
			let breaches = match entry.breaches.is_empty() {
				true => Value::Null,
				false => entry.breaches.names().collect(),
			};
			let notices = match entry.notices.is_empty() {
				true => Value::Null,
				false => entry.notices.names().collect(),
			};
			let occurred = text::instant(event.occurred).map_or(Value::Null, Value::from);
			let pairs = attributes([
				("prov:startTime", occurred),
				("prov:type", qualified("kexin:access")),
				("kexin:operation", json!(event.operation)),
				("kexin:purpose", json!(event.purpose)),
				("kexin:region", json!(event.region)),
				("kexin:outcome", json!(event.outcome)),
				("kexin:breach", breaches),
				("kexin:notice", notices),
				("kexin:recorded", time(entry.recorded)),
				("kexin:source", json!(event.source)),
				("kexin:subject", json!(event.subject)),
				("kexin:specVersion", entry.rules.spec_version.into()),
			]);
			(access(entry.dataset, index), pairs)
		});
		activities.chain(accesses)
	}

	fn agents(&self) -> impl Iterator<Item = Pair> + '_ {
		let members = self.report.members.iter().map(|item| {
			let kind = match item.kind {
				MemberKind::Person => "prov:Person",
				_ => "prov:Organization",
			};
			let pairs = attributes([
				("prov:type", qualified(kind)),
				("prov:label", text::plain(&item.name).into()),
				("kexin:kind", text::name(&item.kind).into()),
				("kexin:region", json!(item.region)),
				("kexin:status", text::standing(item.status).into()),
			]);
			(member(item.id), pairs)
		});
		let people = self
			.entries()
			.map(|(_, entry)| entry.event.actor)
			.collect::<BTreeSet<_>>();
		let people = people
			.into_iter()
			.map(|hash| (person(hash), attributes([("prov:type", qualified("prov:Person"))])));
		members.chain(people)
	}

	fn used(&self) -> impl Iterator<Item = Pair> + '_ {
		let relation = |by: String, what: H256| json!({ "prov:activity": by, "prov:entity": artifact(what) });
		let activities = self.report.activities.iter();
		let used =
			activities.flat_map(move |item| item.used.iter().map(move |what| relation(activity(item.id), *what)));
		let accesses = self
			.entries()
			.map(move |(index, entry)| relation(access(entry.dataset, index), entry.dataset));
		numbered("used", used.chain(accesses))
	}

	fn generated(&self) -> impl Iterator<Item = Pair> + '_ {
		let all = self.report.activities.iter().flat_map(|item| {
			item.generated.iter().map(|what| {
				let at = item.ended.and_then(text::instant).map_or(Value::Null, Value::from);
				attributes([
					("prov:entity", artifact(*what).into()),
					("prov:activity", activity(item.id).into()),
					("prov:time", at),
				])
			})
		});
		numbered("generated", all)
	}

	fn derived(&self) -> impl Iterator<Item = Pair> + '_ {
		let all = self.report.activities.iter().flat_map(|item| {
			item.generated.iter().flat_map(move |made| {
				item.used.iter().map(move |from| {
					json!({
						"prov:generatedEntity": artifact(*made), "prov:usedEntity": artifact(*from),
						"prov:activity": activity(item.id),
					})
				})
			})
		});
		numbered("derived", all)
	}

	fn attributed(&self) -> impl Iterator<Item = Pair> + '_ {
		let relation = |what: String, to: u32| json!({ "prov:entity": what, "prov:agent": member(to) });
		let artifacts = self
			.report
			.artifacts
			.iter()
			.map(move |item| relation(artifact(item.id), item.owner));
		let evidence = self.report.artifacts.iter().flat_map(move |item| {
			let attached = item.evidence.iter().enumerate();
			attached.map(move |(number, attached)| relation(evidence(item.id, number), attached.by))
		});
		numbered("attributed", artifacts.chain(evidence))
	}

	fn associated(&self) -> impl Iterator<Item = Pair> + '_ {
		let relation = |what: String, with: String| json!({ "prov:activity": what, "prov:agent": with });
		let activities = self.report.activities.iter();
		let activities = activities.map(move |item| relation(activity(item.id), member(item.agent)));
		let accesses = self.entries().flat_map(move |(index, entry)| {
			let event = entry.event;
			let by = relation(access(entry.dataset, index), person(event.actor));
			let role = |what: &str, id: u32| {
				let mut relation = relation(access(entry.dataset, index), member(id));
				relation["prov:role"] = qualified(&format!("kexin:{what}"));
				relation
			};
			let recipient = event.recipient.map(|id| role("recipient", id));
			[Some(by), Some(role("reporter", entry.reporter)), recipient]
				.into_iter()
				.flatten()
		});
		numbered("associated", activities.chain(accesses))
	}

	fn informed(&self) -> impl Iterator<Item = Pair> + '_ {
		let all = self.entries().filter_map(|(index, entry)| {
			let by = entry.event.activity.filter(|id| self.known.contains(id))?;
			Some(json!({ "prov:informed": activity(by), "prov:informant": access(entry.dataset, index) }))
		});
		numbered("informed", all)
	}

	fn influenced(&self) -> impl Iterator<Item = Pair> + '_ {
		let relation = |what: String, by: String, kind: &str| {
			let kind = qualified(&format!("kexin:{kind}"));
			json!({ "prov:influencee": what, "prov:influencer": by, "prov:type": kind })
		};
		let read = self.report.activities.iter().flat_map(move |item| {
			item.read
				.iter()
				.map(move |what| relation(activity(item.id), artifact(*what), "read"))
		});
		let evidence = self.report.artifacts.iter().flat_map(move |item| {
			let numbers = 0..item.evidence.len();
			numbers.map(move |number| relation(evidence(item.id, number), artifact(item.id), "about"))
		});
		let itself = relation(id("report", hex(self.source)), artifact(self.report.model), "about");
		numbered("influenced", read.chain(evidence).chain([itself]))
	}
}

impl Serialize for ProvDocument<'_> {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		let mut map = serializer.serialize_map(None)?;
		let ledger = format!("urn:kexin:{}:", hex(self.report.genesis));
		map.serialize_entry("prefix", &json!({ "kexin": "urn:kexin:terms:", "ledger": ledger }))?;
		map.serialize_entry("entity", &Pairs(|| self.entities()))?;
		map.serialize_entry("activity", &Pairs(|| self.activities()))?;
		map.serialize_entry("agent", &Pairs(|| self.agents()))?;
		map.serialize_entry("used", &Pairs(|| self.used()))?;
		map.serialize_entry("wasGeneratedBy", &Pairs(|| self.generated()))?;
		map.serialize_entry("wasDerivedFrom", &Pairs(|| self.derived()))?;
		map.serialize_entry("wasAttributedTo", &Pairs(|| self.attributed()))?;
		map.serialize_entry("wasAssociatedWith", &Pairs(|| self.associated()))?;
		map.serialize_entry("wasInformedBy", &Pairs(|| self.informed()))?;
		map.serialize_entry("wasInfluencedBy", &Pairs(|| self.influenced()))?;
		map.end()
	}
}
