//! How the rows of the logs are written.

use super::rows::Rows;
use crate::index::{place::int, store::insert};
use codec::Encode;
use sqlx::AnyConnection;

impl Rows {
	/// Writes the rows.
	///
	/// # Errors
	/// The database's.
	pub async fn write(&self, connection: &mut AnyConnection) -> sqlx::Result<()> {
		let rows = self;
		for (dataset, (id, accumulator)) in &rows.logs {
			sqlx::query(
				"INSERT INTO logs (id, dataset, accumulator) VALUES ($1, $2, $3)
			 ON CONFLICT (id) DO UPDATE SET accumulator = excluded.accumulator",
			)
			.bind(*id)
			.bind(dataset.as_bytes())
			.bind(accumulator.encode())
			.execute(&mut *connection)
			.await?;
		}
		insert(
			connection,
			"log_members (log, member, position)",
			&rows.log_members,
			|values, row| {
				values.push_bind(row.log);
				values.push_bind(i64::from(row.member));
				values.push_bind(int(row.position));
			},
		)
		.await?;
		insert(
			connection,
			"trees (log, height, position, hash)",
			&rows.trees,
			|values, row| {
				values.push_bind(row.log);
				values.push_bind(i64::from(row.tree.height));
				values.push_bind(int(row.tree.index));
				values.push_bind(row.hash.as_bytes());
			},
		)
		.await?;
		let batches = "batches (place, log, first, recorded, reporter, time, spec_version, code, earliest, latest)";
		insert(connection, batches, &rows.batches, |values, row| {
			values.push_bind(row.place);
			values.push_bind(row.log);
			values.push_bind(int(row.first));
			values.push_bind(i64::from(row.recorded));
			values.push_bind(i64::from(row.reporter));
			values.push_bind(int(row.time));
			values.push_bind(i64::from(row.rules.spec_version));
			values.push_bind(row.rules.code.as_bytes());
			values.push_bind(int(row.earliest));
			values.push_bind(int(row.latest));
		})
		.await?;
		let entries = "entries (batch, position, occurred, breaches, notices, subject, activity, event)";
		insert(connection, entries, &rows.entries, |values, row| {
			values.push_bind(row.batch);
			values.push_bind(int(row.position));
			values.push_bind(int(row.occurred));
			values.push_bind(i64::from(row.breaches.bits()));
			values.push_bind(i64::from(row.notices.bits()));
			values.push_bind(row.subject.as_ref().map(|subject| subject.as_bytes()));
			values.push_bind(row.activity.as_ref().map(|activity| activity.as_bytes()));
			values.push_bind(&row.event[..]);
		})
		.await
	}
}
