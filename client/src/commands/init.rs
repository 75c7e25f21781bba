//! `kexin init`.

use super::Session;
use clap::Args;
use kexin::config;
use kexin_primitives::{vocabulary::Region, H256};

/// What is known of the hospital.
#[derive(Debug, Args)]
pub struct Arguments {
	/// The hospital's member number on the ledger.
	#[arg(long)]
	member: Option<u32>,
	/// The ISO 3166-1 numeric code of its country, such as 276.
	#[arg(long)]
	region: Option<u16>,
}

/// Creates the settings file and the pseudonym key.
///
/// # Errors
/// When the region is not valid, or a file exists already or can't be written.
pub fn run(session: &Session, arguments: &Arguments) -> anyhow::Result<()> {
	let region = arguments.region.map(config::parse_region).transpose()?;
	let region = region.map(|Region(code)| code.into());
	let mut text = format!("# The settings of this hospital.\nnode = \"{}\"\n", session.config.node);
	for (name, value) in [("member", arguments.member), ("region", region)] {
		text += &value.map_or(format!("# {name} =\n"), |value| format!("{name} = {value}\n"));
	}
	text +=
		"pseudonym_key = \"pseudonym.key\"\nstate = \"kexin-state\"\n# key = \"gateway.key\"\n# dataset = \"0x…\"\n";
	text += "# timezone = \"Europe/Berlin\"\n# servers = [\"https://hospital.example/fhir\"]\n\n# Member numbers by the FHIR references of the organisations.\n[recipients]\n";
	let mut secret = [0u8; 32];
	std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut secret)?;
	config::write_secret("pseudonym.key".as_ref(), &format!("{:?}\n", H256(secret)))?;
	config::write_secret(config::FILE.as_ref(), &text)?;
	kexin::say!(
		"created {} and pseudonym.key; keep a copy of pseudonym.key in a safe place",
		config::FILE
	);
	Ok(())
}
