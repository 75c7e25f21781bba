//! The registry, held against the methods that the node really serves. They answer from a chain of one block without a
//! runtime, so that every question whose parameters are accepted is answered with another error than -32602.

use super::{ledger, Method, Parameter, Type, METHODS};
use crate::{
	chain::{
		damage::Damage,
		types::{Backend, Client, Executor},
	},
	rpc::{
		context::Context, ledger_methods, proof::finality::FinalityProver, verified::CheckedClient, workers::Workers,
	},
};
use codec::Decode as _;
use jsonrpsee::{types::error::INVALID_PARAMS_CODE, RpcModule};
use kexin_primitives::H256;
use kexin_runtime::{opaque::Block, RuntimeApi};
use sc_chain_spec::{construct_genesis_block, BuildGenesisBlock};
use sc_client_api::{execution_extensions::ExecutionExtensions, Backend as _, BlockImportOperation as _};
use sc_client_db::{BlocksPruning, DatabaseSettings, DatabaseSource};
use sc_consensus_grandpa::AuthoritySet;
use serde_json::{json, Map, Value};
use sp_core::{
	storage::{StateVersion, Storage},
	testing::TaskExecutor,
};
use std::{collections::BTreeSet, path::Path, sync::Arc};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A genesis block without any state.
struct EmptyGenesis(Arc<Backend>);

impl BuildGenesisBlock<Block> for EmptyGenesis {
	type BlockImportOperation = <Backend as sc_client_api::Backend<Block>>::BlockImportOperation;

	fn build_genesis_block(self) -> sp_blockchain::Result<(Block, Self::BlockImportOperation)> {
		let mut operation = self.0.begin_operation()?;
		let root = operation.set_genesis_state(Storage::default(), true, StateVersion::V1)?;
		Ok((construct_genesis_block(root, StateVersion::V1), operation))
	}
}

fn client(directory: &Path) -> sp_blockchain::Result<Client> {
	let backend = sc_service::new_db_backend(DatabaseSettings {
		trie_cache_maximum_size: None,
		state_pruning: None,
		source: DatabaseSource::ParityDb { path: directory.into() },
		blocks_pruning: BlocksPruning::KeepAll,
		pruning_filters: Vec::new(),
		metrics_registry: None,
	})?;
	let executor = Executor::builder().build();
	sc_service::new_client::<_, Block, RuntimeApi, _>(
		backend.clone(),
		executor.clone(),
		EmptyGenesis(backend),
		None,
		None,
		ExecutionExtensions::new(None, Arc::new(executor)),
		Box::new(TaskExecutor::new()),
		None,
		None,
		Default::default(),
	)
}

/// The ledger's methods of a node that keeps no index.
struct Node {
	methods: RpcModule<()>,
	runtime: Runtime,
	_directory: TempDir,
}

impl Node {
	fn start() -> Self {
		let directory = tempfile::tempdir().unwrap();
		let client = CheckedClient::new(Arc::new(client(directory.path()).unwrap()), Damage::default());
		// Its encoding is that of empty lists.
		let voters = AuthoritySet::decode(&mut &[0; 64][..]).unwrap();
		let context = Context {
			client: client.clone(),
			index: None,
			workers: Workers::default(),
			finality: FinalityProver {
				client,
				voters: voters.into(),
			},
			executor: Arc::new(TaskExecutor::new()),
		};
		Self {
			methods: ledger_methods(context).unwrap(),
			runtime: Runtime::new().unwrap(),
			_directory: directory,
		}
	}

	/// Why a method does not accept parameters; none when it does, whatever it then answers.
	fn refusal(&self, method: &str, parameters: &Value) -> Option<String> {
		let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters });
		let request = request.to_string();
		let answer = self.runtime.block_on(self.methods.raw_json_request(&request, 1));
		let (answer, _) = answer.unwrap();
		let answer: Value = serde_json::from_str(&answer).unwrap();
		let error = answer.get("error")?;
		let refused = error["code"] == INVALID_PARAMS_CODE;
		refused.then(|| format!("{}: {}", error["message"], error["data"]))
	}

	fn assert_accepts(&self, method: &str, parameters: Value) {
		let refusal = self.refusal(method, &parameters);
		assert_eq!(refusal, None, "{method} {parameters}");
	}

	fn assert_refuses(&self, method: &str, parameters: Value, why: &str) {
		let refusal = self.refusal(method, &parameters).unwrap_or_default();
		assert!(refusal.contains(why), "{method} {parameters}: {refusal:?}");
	}
}

/// A field of an object.
struct Field<'a> {
	name: &'a str,
	optional: bool,
}

/// The forms of an object, as `{field, optional?} or {other}`.
fn forms(text: &str) -> Vec<Vec<Field<'_>>> {
	let forms = text.split(" or ").map(|form| {
		let form = form.strip_prefix('{').and_then(|form| form.strip_suffix('}'));
		let fields = form.expect("a form in braces").split(", ").map(|field| Field {
			name: field.trim_end_matches('?'),
			optional: field.ends_with('?'),
		});
		fields.collect()
	});
	forms.collect()
}

fn hash() -> Value {
	json!(H256::repeat_byte(7))
}

/// A value that the field of an object accepts.
fn field_value(name: &str) -> Value {
	match name {
		"direction" => json!("ancestors"),
		"operation" => json!("read"),
		"index" | "from" => json!(0),
		_ => hash(),
	}
}

/// A value that a parameter accepts.
fn value(parameter: &Parameter) -> Value {
	match parameter.kind {
		Type::Hash | Type::BlockHash | Type::Text => hash(),
		Type::U64 => json!(5),
		Type::Object(text) => {
			let required = forms(text).swap_remove(0).into_iter().filter(|field| !field.optional);
			let object: Map<_, _> = required
				.map(|field| (field.name.to_owned(), field_value(field.name)))
				.collect();
			object.into()
		},
	}
}

/// Values for the parameters of a method, but for one of them another.
fn values(method: &Method, but: &str, other: &Value) -> Vec<Value> {
	let values = method.parameters.iter().map(|parameter| {
		if parameter.name == but {
			other.clone()
		} else {
			value(parameter)
		}
	});
	values.collect()
}

/// The same by name.
fn named(method: &Method, values: Vec<Value>) -> Map<String, Value> {
	let names = method.parameters.iter().map(|parameter| parameter.name.to_owned());
	names.zip(values).collect()
}

#[test]
fn exactly_the_methods_of_the_registry_are_served() {
	let node = Node::start();
	let served = node.methods.method_names().collect::<BTreeSet<_>>();
	assert_eq!(served, ledger().map(|(name, _)| name).collect());
}

#[test]
fn methods_have_the_parameters_of_the_registry() {
	let node = Node::start();
	for method in METHODS {
		let every = values(method, "", &Value::Null);
		node.assert_accepts(method.name, every.clone().into());
		node.assert_accepts(method.name, named(method, every.clone()).into());
		for parameter in method.parameters {
			// A value of a wrong type is only refused under the right name.
			node.assert_refuses(method.name, json!({ parameter.name: true }), "invalid type: boolean");
			let mut others = named(method, every.clone());
			others.remove(parameter.name);
			if parameter.optional {
				node.assert_accepts(method.name, others.into());
			} else {
				let why = format!("missing field `{}`", parameter.name);
				node.assert_refuses(method.name, others.into(), &why);
			}
		}
		// One more parameter would have another type.
		let one_more = every.into_iter().chain([json!(true)]).collect::<Vec<_>>();
		node.assert_accepts(method.name, one_more.into());
	}
}

#[test]
fn optional_parameters_may_be_null() {
	let node = Node::start();
	for method in METHODS {
		for parameter in method.parameters {
			let values = values(method, parameter.name, &Value::Null);
			if parameter.optional {
				node.assert_accepts(method.name, values.clone().into());
				node.assert_accepts(method.name, named(method, values).into());
			} else {
				node.assert_refuses(method.name, values.into(), "null");
			}
		}
	}
}

#[test]
fn objects_have_the_fields_of_the_registry() {
	let node = Node::start();
	for (method, parameter) in METHODS
		.iter()
		.flat_map(|method| method.parameters.iter().map(move |parameter| (method, parameter)))
	{
		let Type::Object(text) = parameter.kind else { continue };
		let with = |object: Value| Value::from(values(method, parameter.name, &object));
		let refusal = node.refusal(method.name, &with(json!({ "no such field": 1 }))).unwrap();
		let (_, expected) = refusal.split_once("expected").unwrap();
		let fields = expected.split('`').skip(1).step_by(2).collect::<BTreeSet<_>>();
		let forms = forms(text);
		let registered = forms.iter().flatten().map(|field| field.name).collect();
		assert_eq!(fields, registered, "{}", method.name);
		if forms.len() > 1 {
			// Which fields each form needs is not in the type.
			continue;
		}
		for field in forms.iter().flatten() {
			let mut object = value(parameter);
			object[field.name] = Value::Null;
			let refused = node.refusal(method.name, &with(object)).is_some();
			assert_eq!(refused, !field.optional, "{} {}", method.name, field.name);
		}
	}
}

#[test]
fn numbers_of_64_bits_may_be_0x_hex() {
	let node = Node::start();
	let in_objects = [
		("access_check", "request", "time"),
		("access_events", "filter", "from"),
		("access_events", "filter", "to"),
		("access_proof", "range", "index"),
		("access_proof", "range", "from"),
		("access_proof", "range", "to"),
	];
	let mut checked = 0;
	for method in METHODS {
		for parameter in method.parameters {
			let fields = in_objects
				.iter()
				.filter(|(name, of, _)| *name == method.name && *of == parameter.name);
			let fields = match parameter.kind {
				Type::U64 => vec![None],
				_ => fields.map(|(_, _, field)| Some(*field)).collect(),
			};
			for field in fields {
				let with = |number: Value| {
					let Some(field) = field else {
						return Value::from(values(method, parameter.name, &number));
					};
					let mut object = value(parameter);
					object[field] = number;
					Value::from(values(method, parameter.name, &object))
				};
				for number in [json!(5), json!("0x5"), json!(u64::MAX), json!("0xffffffffffffffff")] {
					node.assert_accepts(method.name, with(number));
				}
				for number in [
					json!(-1),
					json!(1.5),
					json!("5"),
					json!("0x10000000000000000"),
					json!(""),
				] {
					node.assert_refuses(method.name, with(number), "expected a whole number from 0 to");
				}
				checked += 1;
			}
		}
	}
	assert_eq!(checked, in_objects.len() + 1);
}
