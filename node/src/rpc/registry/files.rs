//! The files that follow from the registry. With `KEXIN_BLESS=1` in the environment, the tests rewrite them.

use super::{Method, Parameter, Type, METHODS};
use serde::Serialize;
use std::{collections::BTreeMap, env, fs, path::PathBuf};

/// The line with which the README's table of methods begins.
const TABLE: &str = "| method | answers |\n";

/// The definition of a method for polkadot.js.
#[derive(Serialize)]
struct Definition {
	description: String,
	#[serde(skip_serializing_if = "Option::is_none")]
	pubsub: Option<[&'static str; 3]>,
	params: Vec<ParameterDefinition>,
	r#type: &'static str,
}

/// The definition of a parameter for polkadot.js.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ParameterDefinition {
	name: &'static str,
	r#type: String,
	#[serde(skip_serializing_if = "std::ops::Not::not")]
	is_optional: bool,
}

/// The whole file for polkadot.js.
#[derive(Serialize)]
struct Definitions {
	rpc: BTreeMap<&'static str, BTreeMap<&'static str, Definition>>,
	types: BTreeMap<(), ()>,
}

/// The domain of a name, and the rest of it.
fn split(name: &'static str) -> (&'static str, &'static str) {
	name.split_once('_').expect("a method is named domain_name")
}

impl From<&'static Parameter> for ParameterDefinition {
	fn from(parameter: &'static Parameter) -> Self {
		let name = match parameter.kind {
			Type::Hash => "H256",
			Type::BlockHash => "BlockHash",
			Type::U64 => "u64",
			Type::Text => "Text",
			Type::Object(_) => "Json",
		};
		Self {
			name: parameter.name,
			// polkadot.js encodes null as a value of the type, unless the type is an option.
			r#type: if parameter.optional {
				format!("Option<{name}>")
			} else {
				name.into()
			},
			is_optional: parameter.optional,
		}
	}
}

impl From<&'static Method> for Definition {
	fn from(method: &'static Method) -> Self {
		let mut description = method.doc.to_owned();
		for parameter in method.parameters {
			if let Type::Object(forms) = parameter.kind {
				description += &format!(" {}: {forms}.", parameter.name);
			}
		}
		Self {
			description,
			pubsub: method.subscription.as_ref().map(|names| {
				let names = [names.notification, method.name, names.unsubscribe];
				names.map(|name| split(name).1)
			}),
			params: method.parameters.iter().map(ParameterDefinition::from).collect(),
			r#type: "Json",
		}
	}
}

fn polkadot_js() -> String {
	let mut definitions = Definitions {
		rpc: BTreeMap::new(),
		types: BTreeMap::new(),
	};
	for method in METHODS {
		let (domain, name) = split(method.name);
		definitions
			.rpc
			.entry(domain)
			.or_default()
			.insert(name, Definition::from(method));
	}
	serde_json::to_string_pretty(&definitions).expect("it has a JSON form") + "\n"
}

/// The README's table of methods.
fn table() -> String {
	let rows = METHODS.iter().map(|method| {
		let parameters = method.parameters.iter().map(|parameter| {
			let name = match parameter.kind {
				Type::Object(forms) => forms,
				_ => parameter.name,
			};
			format!("{name}{}", if parameter.optional { "?" } else { "" })
		});
		let parameters = parameters.collect::<Vec<_>>().join(", ");
		format!("| `{}({parameters})` | {} |\n", method.name, method.doc)
	});
	[TABLE.to_owned(), "|---|---|\n".to_owned()]
		.into_iter()
		.chain(rows)
		.collect()
}

/// The README with this table of methods.
fn with_table(readme: &str, table: &str) -> String {
	let (before, rest) = readme.split_once(TABLE).expect("the README has a table of methods");
	let (_, after) = rest
		.split_once("\n\n")
		.expect("a blank line follows the table of methods");
	format!("{before}{table}\n{after}")
}

/// Checks that a file of the repository is what `expected` makes of it, or rewrites it.
fn hold(path: &str, expected: impl FnOnce(&str) -> String) {
	let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
	let found = fs::read_to_string(&path).expect("the file is there");
	let expected = expected(&found);
	if env::var("KEXIN_BLESS").is_ok_and(|bless| bless == "1") {
		fs::write(&path, expected).expect("the file can be written");
	} else {
		assert!(
			found == expected,
			"{} does not follow from the registry: KEXIN_BLESS=1 cargo test --release --workspace registry",
			path.display()
		);
	}
}

#[test]
fn the_definitions_for_polkadot_js_follow_from_the_registry() {
	hold("web/polkadot-js.json", |_| polkadot_js());
}

#[test]
fn the_table_of_methods_in_the_readme_follows_from_the_registry() {
	hold("README.md", |readme| with_table(readme, &table()));
}

#[test]
fn only_the_table_is_replaced() {
	let readme = format!("before\n\n{TABLE}|---|---|\n| `old()` | old |\n\nafter\n\nmore\n");
	let replaced = with_table(&readme, "| new |\n");
	assert_eq!(replaced, "before\n\n| new |\n\nafter\n\nmore\n");
}
