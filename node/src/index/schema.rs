//! The tables, which are the same in both databases, and their versions.
//!
//! A published version never changes. What comes later is a version of its own at the end of [`versions`].

use super::history;
use kexin_primitives::events::{
	annotation::AnnotationEvent, consent::ConsentEvent, governance::GovernanceEvent, lineage::LineageEvent,
	members::MemberEvent,
};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use std::borrow::Cow;

/// The first versions: what all domains share, then each domain. A later one goes to the end, whichever domain it
/// belongs to.
fn versions() -> [(i64, &'static str, Cow<'static, str>); 7] {
	[
		(1, "progress", include_str!("schema.sql").into()),
		(2, "access", include_str!("access/schema.sql").into()),
		(3, "consent", history::schema::<ConsentEvent>().into()),
		(4, "lineage", history::schema::<LineageEvent>().into()),
		(5, "members", history::schema::<MemberEvent>().into()),
		(6, "governance", history::schema::<GovernanceEvent>().into()),
		(7, "annotation", history::schema::<AnnotationEvent>().into()),
	]
}

/// Makes PostgreSQL understand the tables as they are written for SQLite, in a schema of their own, so that dropping
/// the index can touch nothing else in the database.
pub const POSTGRES_SCHEMA: &str = "
	CREATE SCHEMA IF NOT EXISTS kexin_index;
	DO $$ BEGIN
		IF NOT EXISTS (
			SELECT FROM pg_type WHERE typname = 'blob' AND typnamespace = 'kexin_index'::regnamespace
		) THEN
			CREATE DOMAIN kexin_index.blob AS bytea;
		END IF;
	END $$";

/// What every connection to PostgreSQL starts with.
pub const POSTGRES_CONNECTION: &str = "SET search_path TO kexin_index";

/// What each connection for queries starts with. PostgreSQL stops a query after 10,000 ms. SQLite has no
/// such limit; there each question looks at so few rows that it needs none.
pub const POSTGRES_QUESTIONS: &str = "SET search_path TO kexin_index; SET statement_timeout TO 10000";

/// Removes the index from PostgreSQL.
pub const POSTGRES_DROP: &str = "DROP SCHEMA IF EXISTS kexin_index CASCADE";

/// What every connection to SQLite starts with: readers don't wait for the writer, and after a crash of the machine the
/// file is as it was after one of the last transactions, from which the index goes on.
pub const SQLITE_CONNECTION: &str =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY";

/// Brings the tables to the newest version.
pub fn migrator() -> Migrator {
	let migrations = versions().map(|(version, name, statements)| {
		Migration::new(version, name.into(), MigrationType::Simple, statements, false)
	});
	Migrator {
		migrations: Cow::Owned(migrations.into()),
		..Migrator::DEFAULT
	}
}
