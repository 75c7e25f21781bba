//! A PostgreSQL server of one's own: on loopback, in a temporary directory, as an unprivileged user, gone when it is
//! dropped.

use std::{
	fs,
	io::Read as _,
	net::TcpListener,
	os::unix::{
		fs::{chown, MetadataExt as _},
		process::CommandExt as _,
	},
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	time::{Duration, Instant},
};

/// The server.
pub struct Postgres {
	directory: tempfile::TempDir,
	binaries: PathBuf,
	user: Option<u32>,
	port: u16,
	server: Option<Child>,
}

impl Postgres {
	/// Starts one. It fails when none is installed: `scripts/setup` sees to that.
	pub fn start() -> Self {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let user = unprivileged(directory.path());
		if user.is_some() {
			chown(directory.path(), user, None).expect("root gives its directories away");
		}
		let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
		let mut postgres = Self {
			binaries: binaries(),
			user,
			port: port.expect("a free port").port(),
			server: None,
			directory,
		};
		let made = postgres
			.command("initdb")
			.args([
				"--username=kexin",
				"--auth=trust",
				"--encoding=UTF8",
				"--no-locale",
				"--no-sync",
				"-D",
			])
			.arg(postgres.data())
			.output()
			.expect("initdb runs");
		assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
		postgres.resume();
		postgres
	}

	/// The URL of a database of this name.
	pub fn url(&self, database: &str) -> String {
		format!("postgres://kexin@127.0.0.1:{}/{database}", self.port)
	}

	/// Makes a database, and returns its URL.
	pub fn database(&self, name: &str) -> String {
		let port = self.port.to_string();
		let made = self
			.command("createdb")
			.args(["-h", "127.0.0.1", "-U", "kexin", "-p", &port, name])
			.output()
			.expect("createdb runs");
		assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
		self.url(name)
	}

	/// Stops it as an operator would, at once.
	pub fn stop(&mut self) {
		if let Some(mut server) = self.server.take() {
			let _ = Command::new("kill").args(["-INT", &server.id().to_string()]).status();
			let _ = server.wait();
		}
	}

	/// Starts it again.
	pub fn resume(&mut self) {
		let log = fs::File::create(self.directory.path().join("log")).expect("a file for the log");
		let server = self
			.command("postgres")
			.arg("-D")
			.arg(self.data())
			.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
			.args(["-c", "unix_socket_directories="])
			.stdout(Stdio::null())
			.stderr(log)
			.spawn()
			.expect("the server runs");
		self.server = Some(server);
		let begun = Instant::now();
		while !self.answers() {
			assert!(begun.elapsed() < Duration::from_secs(60), "{}", self.log());
			std::thread::sleep(Duration::from_millis(50));
		}
	}

	/// Whether it takes questions: it listens some time before.
	fn answers(&self) -> bool {
		let asked = self
			.command("pg_isready")
			.args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
			.stdout(Stdio::null())
			.status();
		asked.is_ok_and(|status| status.success())
	}

	fn data(&self) -> PathBuf {
		self.directory.path().join("data")
	}

	fn log(&self) -> String {
		let mut text = String::new();
		let log = fs::File::open(self.directory.path().join("log"));
		let _ = log.and_then(|mut log| log.read_to_string(&mut text));
		text
	}

	fn command(&self, name: &str) -> Command {
		let mut command = Command::new(self.binaries.join(name));
		command.current_dir(self.directory.path()).env_remove("PGPASSWORD");
		if let Some(user) = self.user {
			command.uid(user);
		}
		command
	}
}

impl Drop for Postgres {
	fn drop(&mut self) {
		self.stop();
	}
}

/// Whom the server runs as: PostgreSQL refuses to run as root.
fn unprivileged(directory: &Path) -> Option<u32> {
	let owner = fs::metadata(directory).expect("the directory is there").uid();
	(owner == 0).then(|| {
		let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
		let number = |name: &str| {
			let user = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
			user.filter(|fields| fields.first() == Some(&name))
				.find_map(|fields| fields.get(2)?.parse().ok())
		};
		number("postgres")
			.or_else(|| number("nobody"))
			.expect("there is a user without rights")
	})
}

/// Where Debian keeps the newest server's binaries, or else the path.
fn binaries() -> PathBuf {
	let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
	let mut versions = versions.map(|version| version.path().join("bin")).collect::<Vec<_>>();
	versions.retain(|path| path.join("initdb").exists());
	versions.sort();
	let on_path = || {
		let path = std::env::var_os("PATH").unwrap_or_default();
		std::env::split_paths(&path).find(|directory| directory.join("initdb").exists())
	};
	versions
		.pop()
		.or_else(on_path)
		.expect("no PostgreSQL server is installed: run scripts/setup")
}
