//! Accessors for the elements of a FHIR resource, which accept what real files have.

use serde_json::Value;

/// The items of a list. A single element counts as a list of one, and a missing one as an empty list.
pub fn list(value: Option<&Value>) -> &[Value] {
	match value {
		None | Some(Value::Null) => &[],
		Some(Value::Array(elements)) => elements,
		Some(single) => std::slice::from_ref(single),
	}
}

/// The text of an element, if it has one and it is not empty.
pub fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
	value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The text of an element, told apart from an element of another type.
///
/// # Errors
/// When the element is there and is not a text, or an empty one.
pub fn text_if_any<'a>(value: &'a Value, name: &str) -> Result<Option<&'a str>, NotText> {
	match value.get(name) {
		None | Some(Value::Null) => Ok(None),
		Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
		Some(_) => Err(NotText),
	}
}

/// The element is not a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotText;

/// The codings of an element that is a Coding, a CodeableConcept, or a list of either. A concept without codings is
/// taken as a coding itself.
pub fn codings(value: Option<&Value>) -> impl Iterator<Item = &Value> {
	list(value)
		.iter()
		.flat_map(|concept| match list(concept.get("coding")) {
			[] => std::slice::from_ref(concept),
			codings => codings,
		})
}

/// The codes of an element that is a code, a Coding, a CodeableConcept, or a list of either.
pub fn codes(value: Option<&Value>) -> impl Iterator<Item = &str> {
	codings(value).filter_map(|coding| coding.as_str().or_else(|| coding.get("code").and_then(Value::as_str)))
}

/// `system|value`, or the value alone if there is no system. A system with a bar is none, because a URI has no bar.
pub fn identifier(identifier: &Value) -> Option<String> {
	let value = text(identifier, "value")?;
	Some(match text(identifier, "system") {
		Some(system) if system.contains('|') => return None,
		Some(system) => format!("{system}|{value}"),
		None => value.to_owned(),
	})
}

/// The path of the first element that changes the meaning of others: a modifier extension, or rules that are defined
/// elsewhere.
pub fn modifier(value: &Value) -> Option<String> {
	match value {
		Value::Object(elements) => elements.iter().find_map(|(name, element)| {
			if matches!(&name[..], "modifierExtension" | "implicitRules") && !list(Some(element)).is_empty() {
				return Some(name.clone());
			}
			modifier(element).map(|inner| format!("{name}.{inner}"))
		}),
		Value::Array(elements) => elements.iter().find_map(modifier),
		_ => None,
	}
}

/// The path and the type of the first record that is inside of another resource.
pub fn record_within(value: &Value) -> Option<(String, &str)> {
	let (path, inner) = match value {
		Value::Object(elements) => elements
			.iter()
			.find_map(|(name, element)| Some((name.clone(), record_at(element)?)))?,
		Value::Array(elements) => (0..)
			.zip(elements)
			.find_map(|(number, element): (usize, _)| Some((number.to_string(), record_at(element)?)))?,
		_ => return None,
	};
	match inner {
		(path_within, kind) if path_within.is_empty() => Some((path, kind)),
		(path_within, kind) => Some((format!("{path}.{path_within}"), kind)),
	}
}

/// As [`record_within`], or the value itself, with an empty path.
fn record_at(value: &Value) -> Option<(String, &str)> {
	match text(value, "resourceType") {
		Some(kind) if matches!(kind, "AuditEvent" | "Consent") || is_misspelt(kind) => Some((String::new(), kind)),
		_ => record_within(value),
	}
}

/// Whether a type is one that is read, but for its capital letters or white space.
pub fn is_misspelt(kind: &str) -> bool {
	["AuditEvent", "Bundle", "Consent"]
		.into_iter()
		.any(|known| kind != known && kind.trim().eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn modifiers_are_found_at_any_depth() {
		let value = json!({ "a": [{ "b": { "modifierExtension": [{ "url": "x" }] } }] });
		assert_eq!(modifier(&value), Some("a.b.modifierExtension".into()));
		assert_eq!(modifier(&json!({ "implicitRules": "x" })), Some("implicitRules".into()));
		assert_eq!(modifier(&json!({ "a": [1, null], "modifierExtension": [] })), None);
	}

	#[test]
	fn records_inside_of_others_are_found() {
		let value = json!({ "parameter": [{ "name": "x" }, { "resource": { "resourceType": "Consent" } }] });
		assert_eq!(record_within(&value), Some(("parameter.1.resource".into(), "Consent")));
		assert_eq!(record_within(&json!({ "resourceType": "Consent" })), None);
		assert_eq!(record_within(&json!({ "type": "Consent", "code": "AuditEvent" })), None);
	}

	#[test]
	fn codes_are_found_in_every_shape() {
		for shape in [
			json!("R"),
			json!({ "code": "R" }),
			json!({ "coding": [{ "code": "R" }] }),
			json!([{ "coding": [{ "code": "R" }] }]),
			json!([{ "code": "R" }]),
		] {
			assert_eq!(codes(Some(&shape)).collect::<Vec<_>>(), ["R"], "{shape}");
		}
		assert_eq!(codes(Some(&json!([1, null, {}]))).count(), 0);
	}
}
