//! The log as JSON, one object per line, for systems that collect the logs of many machines.
//!
//! Substrate's own logger only writes text, so this one replaces it with `--log-format json`. `--log` and `RUST_LOG`
//! select what is logged in both.

use chrono::{SecondsFormat, Utc};
use sc_cli::{build_runtime, CliConfiguration as _, RunCmd, Runner, Signals, SubstrateCli};
use serde_json::{json, Map, Value};
use std::{backtrace::Backtrace, fmt::Debug, io::Write as _, panic::PanicHookInfo};
use tracing::{
	field::{Field, Visit},
	Event, Subscriber,
};
use tracing_subscriber::{
	layer::{Context, SubscriberExt as _},
	util::SubscriberInitExt as _,
	EnvFilter, Layer,
};

/// The default filter, which is that of sc-tracing.
const DEFAULT: &str =
	"info,ws=off,yamux=off,regalloc=off,cranelift_codegen=off,cranelift_wasm=warn,hyper=warn,trust_dns_proto=off,\
	hickory_proto=off,libp2p_mdns::behaviour::iface=off,rustls::common_state=off,rustls::conn=off";

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
	/// Text for people.
	Text,
	/// One JSON object per line: time (RFC 3339, in UTC), level, target, message, and the fields of the message.
	Json,
}

/// The options of the log.
#[derive(Clone, Debug, clap::Args)]
pub struct LogParams {
	/// The format of the log.
	#[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
	pub log_format: LogFormat,
}

/// The runner of the node, with the log in the requested format.
///
/// # Errors
/// When the options contradict each other, or are not those of a node.
pub fn runner<C: SubstrateCli>(cli: &C, run: &RunCmd, format: LogFormat) -> sc_cli::Result<Runner<C>> {
	if format == LogFormat::Text {
		return cli.create_runner(run);
	}
	init(run)?;
	let runtime = build_runtime()?;
	let signals = runtime.block_on(async { Signals::capture() })?;
	let config = run.create_configuration(cli, runtime.handle().clone())?;
	Runner::new(config, runtime, signals)
}

fn init(run: &RunCmd) -> sc_cli::Result<()> {
	if run.enable_log_reloading()? || run.tracing_targets()?.is_some() {
		return Err(sc_cli::Error::Input(
			"--log-format json can't be combined with --enable-log-reloading or --tracing-targets".into(),
		));
	}
	let asked = std::env::var("RUST_LOG").unwrap_or_default();
	let directives = [DEFAULT.into(), asked, run.log_filters()?];
	let failed = |what: String| sc_cli::Error::Input(what);
	let mut filter = EnvFilter::default();
	for directive in directives
		.iter()
		.flat_map(|some| some.split(','))
		.filter(|directive| !directive.is_empty())
	{
		let parsed = directive.parse();
		filter = filter.add_directive(parsed.map_err(|error| failed(format!("--log {directive}: {error}")))?);
	}
	let subscriber = tracing_subscriber::registry().with(filter).with(JsonLines);
	subscriber.try_init().map_err(|error| failed(error.to_string()))?;
	std::panic::set_hook(Box::new(on_panic));
	if let Ok(fdlimit::Outcome::LimitRaised { to, .. }) = fdlimit::raise_fd_limit() {
		log::debug!("the node may open {to} files");
	}
	Ok(())
}

/// Ends the node when a part of it panics, as with Substrate's own logger. A panic in a runtime does not come here.
fn on_panic(panic: &PanicHookInfo<'_>) {
	let thread = std::thread::current();
	log::error!(target: "panic", "thread {}: {panic}\n{}", thread.name().unwrap_or("?"), Backtrace::force_capture());
	std::process::exit(1);
}

/// Writes each event as a line of JSON.
struct JsonLines;

impl<S: Subscriber> Layer<S> for JsonLines {
	fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
		let mut fields = Fields::default();
		event.record(&mut fields);
		let metadata = event.metadata();
		let mut line = json!({
			"time": Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
			"level": metadata.level().as_str(),
			"target": fields.target.as_deref().unwrap_or(metadata.target()),
			"message": fields.message,
		});
		if !fields.others.is_empty() {
			line["fields"] = fields.others.into();
		}
		// If the log can't be written, there is no way to report it.
		let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
	}
}

/// The fields of an event. Events that come through the crate `log` have their target in a field.
#[derive(Default)]
struct Fields {
	target: Option<String>,
	message: String,
	others: Map<String, Value>,
}

impl Fields {
	fn set(&mut self, field: &Field, value: Value) {
		match (field.name(), value) {
			("message", Value::String(text)) => self.message = plain(&text),
			("log.target", Value::String(target)) => self.target = Some(target),
			("log.file" | "log.line" | "log.module_path", _) => {},
			(name, value) => {
				self.others.insert(name.into(), value);
			},
		}
	}
}

impl Visit for Fields {
	fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
		self.set(field, format!("{value:?}").into());
	}

	fn record_str(&mut self, field: &Field, value: &str) {
		self.set(field, value.into());
	}

	fn record_i64(&mut self, field: &Field, value: i64) {
		self.set(field, value.into());
	}

	fn record_u64(&mut self, field: &Field, value: u64) {
		self.set(field, value.into());
	}

	fn record_bool(&mut self, field: &Field, value: bool) {
		self.set(field, value.into());
	}

	fn record_f64(&mut self, field: &Field, value: f64) {
		self.set(field, value.into());
	}
}

/// Removes the colours of terminals from a text.
fn plain(text: &str) -> String {
	let mut parts = text.split("\u{1b}[");
	let mut plain = parts.next().unwrap_or_default().to_owned();
	for part in parts {
		plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
	}
	plain
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn colours_are_removed() {
		assert_eq!(plain("\u{1b}[1;32mImported\u{1b}[0m #1"), "Imported #1");
		assert_eq!(plain("nothing"), "nothing");
	}

	#[test]
	fn the_default_filter_is_valid() {
		for directive in DEFAULT.split(',') {
			assert!(
				directive.parse::<tracing_subscriber::filter::Directive>().is_ok(),
				"{directive}"
			);
		}
	}
}
