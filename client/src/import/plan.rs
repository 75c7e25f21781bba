//! Decides what documents say, all their versions together. Nothing here depends on the order in which they were read.

use super::{
	batch::{PlannedChange, Step},
	journal::{Consent, Known, Says, Stage},
};
use crate::standards::record::Version;
use kexin_primitives::{Pseudonym, UnixMillis, H256};
use std::cmp::Ordering;

/// The order of two versions of a document, if it can be told.
///
/// A numeric `versionId` and the time of the change decide, and must not contradict each other. Where neither does, the
/// place in a common history decides (FHIR, <https://hl7.org/fhir/http.html#history>: the newest version is the first).
pub(super) fn order(one: &Version, other: &Version) -> Option<Ordering> {
	let by_id = one.id.as_deref().zip(other.id.as_deref());
	let by_id = by_id.and_then(|(one, other)| match (digits(one), digits(other)) {
		(Some(one), Some(other)) => Some(one.len().cmp(&other.len()).then_with(|| one.cmp(other))),
		_ => (one == other).then_some(Ordering::Equal),
	});
	let by_time = one.changed.zip(other.changed).map(|(one, other)| one.cmp(&other));
	let by_place = || {
		let (one, other) = one.place.zip(other.place)?;
		(one.history == other.history).then(|| other.number.cmp(&one.number))
	};
	match (by_id, by_time) {
		(Some(Ordering::Equal), _) => Some(Ordering::Equal),
		(Some(by_id), None | Some(Ordering::Equal)) => Some(by_id),
		(Some(by_id), Some(by_time)) => (by_id == by_time).then_some(by_id),
		(None, Some(by_time @ (Ordering::Less | Ordering::Greater))) => Some(by_time),
		(None, None | Some(Ordering::Equal)) => by_place(),
	}
}

/// The facts about a record that was met in two places: those of the newer place, completed by the others.
pub(super) fn joined(one: Version, other: Version) -> Version {
	let (newer, older) = match order(&one, &other) {
		Some(Ordering::Less) => (other, one),
		_ => (one, other),
	};
	Version {
		document: newer.document.or(older.document),
		subject: newer.subject.or(older.subject),
		unresolved: newer.unresolved.or(older.unresolved),
		id: newer.id.or(older.id),
		changed: newer.changed.or(older.changed),
		place: newer.place.or(older.place),
		decided: newer.decided.or(older.decided),
	}
}

/// The facts about a record in quarantine: as the settings let it be read now, completed by what is kept with it. Its
/// document and its place in a history are those where it was met.
pub(super) fn completed(read: Version, kept: Version) -> Version {
	Version {
		document: kept.document.or(read.document),
		subject: read.subject.or(kept.subject),
		unresolved: read.unresolved.or(kept.unresolved),
		id: read.id.or(kept.id),
		changed: read.changed.or(kept.changed),
		place: kept.place.or(read.place),
		decided: read.decided.or(kept.decided),
	}
}

/// The digits of a number without leading zeros.
fn digits(text: &str) -> Option<&str> {
	let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
	is_number.then(|| text.trim_start_matches('0'))
}

/// Whether one version is certainly newer than another.
pub(super) fn is_newer(one: &Known, other: &Known) -> bool {
	order(&one.version, &other.version) == Some(Ordering::Greater)
}

/// Whether a record that is not understood is the same as another one, of which it is known whom it is about.
pub(super) fn is_cleared_by(unclear: &Known, clear: &Known) -> bool {
	matches!(unclear.says, Says::Unmapped(_)) && clear.version.unresolved == Some(unclear.record.source)
}

/// The version of a document that counts: it is newer than every other one, or says the same. None if that can't be
/// told; then the document permits nothing. The document has these consents.
pub(super) fn newest<'a>(versions: &'a [Known], consents: &[Consent]) -> Option<&'a Known> {
	let counts = |version: &&Known| {
		versions.iter().all(|other| {
			other.record.source == version.record.source
				|| is_newer(version, other)
				|| is_cleared_by(other, version)
				|| (other.says == version.says && !is_newer(other, version))
		})
	};
	let is_sent = |version: &Known| of(version, consents).next().is_some();
	// Of several that say the same, the one that was sent, else one that is still to be decided.
	versions
		.iter()
		.filter(counts)
		.min_by_key(|version| (!is_sent(version), !version.open))
}

/// The refusals among the versions of a document that no newer version takes back. A newer version that is not
/// understood, or was never in force, takes nothing back.
pub(super) fn standing(versions: &[Known]) -> impl Iterator<Item = &Known> {
	let takes_back = |says: &Says| matches!(says, Says::Permission { .. } | Says::Refusal { .. } | Says::End { .. });
	let refusals = versions
		.iter()
		.filter(|version| matches!(version.says, Says::Refusal { .. }));
	refusals.filter(move |refusal| {
		let newer = versions.iter().filter(|other| is_newer(other, refusal));
		!newer.into_iter().any(|newer| takes_back(&newer.says))
	})
}

/// Whether a refusal forbids what a document permits: it does, unless the person decided on the permission later.
pub(super) fn forbids(refusal: &Known, permission: &Known) -> bool {
	match (refusal.version.decided, permission.version.decided) {
		(Some((_, refused)), Some((permitted, _))) => refused >= permitted,
		_ => true,
	}
}

/// The hash that names an alternative of a consent on the ledger. That of the first alternative is the record's own.
pub(super) fn alternative(source: H256, number: usize) -> H256 {
	match u8::try_from(number) {
		Ok(0) => source,
		Ok(number) => H256(sp_crypto_hashing::blake2_256(&[source.as_bytes(), &[number]].concat())),
		Err(_) => H256(sp_crypto_hashing::blake2_256(
			&[source.as_bytes(), &number.to_le_bytes()].concat(),
		)),
	}
}

/// Whether a consent on the ledger is one of a version's alternatives.
pub(super) fn is_of(consent: &Consent, version: &Known) -> bool {
	consent.consent == alternative(version.record.source, consent.alternative)
}

/// Those of these consents that are a version's alternatives.
pub(super) fn of<'a>(version: &'a Known, consents: &'a [Consent]) -> impl Iterator<Item = &'a Consent> + Clone {
	consents.iter().filter(move |consent| is_of(consent, version))
}

/// Whether an alternative of a version is in force.
pub(super) fn is_granted(version: &Known, consents: &[Consent]) -> bool {
	of(version, consents).any(|consent| consent.stage == Stage::Granted)
}

/// What a permission does: the consents of the document's other versions are narrowed to it, and it is granted unless
/// the ledger has it.
///
/// An older consent ends where the newer one starts later than `now`. Narrowed to it, it would stay in force until
/// then, because the start of limits has no effect.
pub(super) fn grant(
	document: H256,
	permission: &Known,
	consents: &[Consent],
	now: UnixMillis,
) -> Option<PlannedChange> {
	let Says::Permission { subject, scopes } = &permission.says else {
		return None;
	};
	let older = consents
		.iter()
		.filter(|consent| consent.is_alive() && consent.subject == *subject && !is_of(consent, permission));
	let narrowed = older.map(|consent| match scopes.get(consent.alternative) {
		Some(scope) if scope.start <= now => Step::Narrow {
			subject: *subject,
			consent: consent.consent,
			scope: scope.clone(),
		},
		_ => end(consent),
	});
	let is_there = |number: usize| {
		let mut own = of(permission, consents);
		own.any(|consent| consent.alternative == number && consent.stage == Stage::Granted)
	};
	let granted = scopes.iter().enumerate().filter(|(number, _)| !is_there(*number));
	let granted = granted.map(|(number, scope)| Step::Grant {
		subject: *subject,
		consent: alternative(permission.record.source, number),
		scope: scope.clone(),
		alternative: number,
	});
	Some(PlannedChange {
		document,
		version: permission.version.clone(),
		steps: narrowed.chain(granted).collect(),
		settles: permission.open,
	})
}

/// The end of a consent.
pub(super) fn end(consent: &Consent) -> Step {
	Step::Revoke {
		subject: consent.subject,
		consent: Some(consent.consent),
	}
}

/// The end of every consent of a person.
pub(super) fn end_all(subject: Pseudonym) -> Step {
	Step::Revoke { subject, consent: None }
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::standards::record::Place;

	fn version(id: &str, changed: Option<u64>, place: Option<u32>) -> Version {
		Version {
			id: Some(id.to_owned()).filter(|id| !id.is_empty()),
			changed,
			place: place.map(|number| Place {
				history: H256::zero(),
				number,
			}),
			..Version::default()
		}
	}

	#[test]
	fn versions_are_ordered_by_what_they_state() {
		use Ordering::{Equal, Greater};
		for (one, other, expected) in [
			(version("10", None, None), version("9", None, None), Some(Greater)),
			(version("10", None, None), version("010", None, None), Some(Equal)),
			(version("2", Some(5), None), version("1", Some(5), None), Some(Greater)),
			(
				version("2", Some(5), Some(1)),
				version("1", Some(4), Some(0)),
				Some(Greater),
			),
			(version("2", Some(4), Some(0)), version("1", Some(5), Some(1)), None),
			(version("b", Some(5), None), version("a", Some(4), None), Some(Greater)),
			(version("b", Some(5), None), version("a", Some(5), None), None),
			(
				version("b", Some(5), Some(0)),
				version("a", Some(5), Some(1)),
				Some(Greater),
			),
			(version("", None, Some(0)), version("", None, Some(1)), Some(Greater)),
			(version("", None, None), version("1", Some(1), None), None),
		] {
			assert_eq!(order(&one, &other), expected, "{one:?} {other:?}");
			assert_eq!(
				order(&other, &one),
				expected.map(Ordering::reverse),
				"{one:?} {other:?}"
			);
		}
	}

	#[test]
	fn a_record_that_was_met_twice_is_as_new_as_its_newest_place() {
		let (old, new) = (version("", Some(1), Some(3)), version("7", Some(2), None));
		let expected = version("7", Some(2), Some(3));
		assert_eq!(joined(old.clone(), new.clone()), expected);
		assert_eq!(joined(new, old), expected);
	}

	#[test]
	fn places_in_different_histories_tell_nothing() {
		let mut other = version("", None, Some(1));
		other.place.as_mut().unwrap().history = H256::repeat_byte(1);
		assert_eq!(order(&version("", None, Some(0)), &other), None);
	}
}
