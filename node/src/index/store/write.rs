//! What the worker writes: the rows of blocks and the mark of the last one, together or not at all.

use super::{statement::Statement, Error, Store};
use crate::index::{
	rows::{int, Rows},
	Block,
};
use codec::Encode;
use sqlx::{Any, AnyConnection, Type};

/// Rows of one statement. Far below the parameters that the databases take.
const CHUNK: usize = 256;

/// The values of one row.
struct Values<'s, 'a> {
	statement: &'s mut Statement<'a>,
	separator: &'static str,
}

impl<'a> Values<'_, 'a> {
	fn push_bind(&mut self, value: impl sqlx::Encode<'a, Any> + Type<Any> + 'a) {
		self.statement.push(self.separator).push_bind(value);
		self.separator = ", ";
	}
}

impl Store {
	/// Adds the rows of the blocks after `from` up to `to`.
	///
	/// # Errors
	/// [`Error::Moved`] when `from` is not the last block that is in the index; nothing was written then.
	pub async fn write(&self, rows: &Rows, from: Block, to: Block) -> Result<(), Error> {
		let mut transaction = self.pool.begin().await?;
		// First of all, since it keeps any other writer out until the end of the transaction.
		let moved = sqlx::query("UPDATE progress SET number = $1, hash = $2 WHERE number = $3 AND hash = $4")
			.bind(i64::from(to.number))
			.bind(to.hash.as_bytes())
			.bind(i64::from(from.number))
			.bind(from.hash.as_bytes())
			.execute(&mut *transaction)
			.await?;
		if moved.rows_affected() != 1 {
			return Err(Error::Moved);
		}
		logs(&mut transaction, rows).await?;
		lineage(&mut transaction, rows).await?;
		others(&mut transaction, rows).await?;
		transaction.commit().await?;
		Ok(())
	}
}

async fn logs(connection: &mut AnyConnection, rows: &Rows) -> sqlx::Result<()> {
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
	let entries = "entries (batch, position, occurred, breaches, subject, activity, event)";
	insert(connection, entries, &rows.entries, |values, row| {
		values.push_bind(row.batch);
		values.push_bind(int(row.position));
		values.push_bind(int(row.occurred));
		values.push_bind(i64::from(row.breaches.bits()));
		values.push_bind(row.subject.as_ref().map(|subject| subject.as_bytes()));
		values.push_bind(row.activity.as_ref().map(|activity| activity.as_bytes()));
		values.push_bind(&row.event[..]);
	})
	.await
}

async fn lineage(connection: &mut AnyConnection, rows: &Rows) -> sqlx::Result<()> {
	let artifacts = "artifacts (id, place, kind, owner, registered, generated_by)";
	insert(connection, artifacts, &rows.artifacts, |values, row| {
		values.push_bind(row.id.as_bytes());
		values.push_bind(row.place);
		values.push_bind(code(&row.kind));
		values.push_bind(i64::from(row.owner));
		values.push_bind(int(row.registered));
		values.push_bind(row.generated_by.as_ref().map(|activity| activity.as_bytes()));
	})
	.await?;
	let activities = "activities (id, place, time, kind, agent)";
	insert(connection, activities, &rows.activities, |values, row| {
		values.push_bind(row.id.as_bytes());
		values.push_bind(row.place);
		values.push_bind(int(row.time));
		values.push_bind(code(&row.kind));
		values.push_bind(i64::from(row.agent));
	})
	.await?;
	let derivations = "derivations (place, activity, kind, time)";
	insert(connection, derivations, &rows.derivations, |values, row| {
		values.push_bind(row.place);
		values.push_bind(row.activity.as_bytes());
		values.push_bind(code(&row.kind));
		values.push_bind(int(row.time));
	})
	.await?;
	let inputs = rows.derivations.iter().flat_map(|derivation| {
		let inputs = (0i64..).zip(&derivation.inputs);
		inputs.map(|(position, (artifact, role))| (derivation.place, position, artifact, role))
	});
	let inputs = inputs.collect::<Vec<_>>();
	insert(
		connection,
		"inputs (derivation, position, artifact, role)",
		&inputs,
		|values, (derivation, position, artifact, role)| {
			values.push_bind(*derivation);
			values.push_bind(*position);
			values.push_bind(artifact.as_bytes());
			values.push_bind(code(role));
		},
	)
	.await?;
	let outputs = rows.derivations.iter().flat_map(|derivation| {
		let outputs = (0i64..).zip(&derivation.outputs);
		outputs.map(|(position, artifact)| (derivation.place, position, artifact))
	});
	let outputs = outputs.collect::<Vec<_>>();
	insert(
		connection,
		"outputs (derivation, position, artifact)",
		&outputs,
		|values, (derivation, position, artifact)| {
			values.push_bind(*derivation);
			values.push_bind(*position);
			values.push_bind(artifact.as_bytes());
		},
	)
	.await?;
	let evidence = "evidence (place, time, artifact, member, kind, document, measure, threshold)";
	insert(connection, evidence, &rows.evidence, |values, row| {
		values.push_bind(row.place);
		values.push_bind(int(row.time));
		values.push_bind(row.artifact.as_bytes());
		values.push_bind(i64::from(row.by));
		values.push_bind(code(&row.evidence.kind));
		values.push_bind(row.evidence.document.as_bytes());
		values.push_bind(row.evidence.measure);
		values.push_bind(row.evidence.threshold);
	})
	.await
}

async fn others(connection: &mut AnyConnection, rows: &Rows) -> sqlx::Result<()> {
	let consents = "consents (place, time, subject, what, hospital, consent, document)";
	insert(connection, consents, &rows.consents, |values, row| {
		values.push_bind(row.place);
		values.push_bind(int(row.time));
		values.push_bind(row.subject.as_bytes());
		values.push_bind(row.what as i64);
		values.push_bind(i64::from(row.hospital));
		values.push_bind(row.consent.as_ref().map(|consent| consent.as_bytes()));
		values.push_bind(row.document.as_bytes());
	})
	.await?;
	let datasets = "datasets (id, place, time, owner, supersedes)";
	insert(connection, datasets, &rows.datasets, |values, row| {
		values.push_bind(row.id.as_bytes());
		values.push_bind(row.place);
		values.push_bind(int(row.time));
		values.push_bind(i64::from(row.owner));
		values.push_bind(row.supersedes.as_ref().map(|dataset| dataset.as_bytes()));
	})
	.await?;
	let rewards = "rewards (place, time, annotator, amount, campaign, content)";
	insert(connection, rewards, &rows.rewards, |values, row| {
		let contribution = row.contribution.as_ref();
		values.push_bind(row.place);
		values.push_bind(int(row.time));
		values.push_bind(&row.annotator[..]);
		values.push_bind(row.amount.to_string());
		values.push_bind(contribution.map(|(campaign, _)| i64::from(*campaign)));
		values.push_bind(contribution.map(|(_, content)| content.as_bytes()));
	})
	.await?;
	let members = "members (place, time, member, what, kind)";
	insert(connection, members, &rows.members, |values, row| {
		values.push_bind(row.place);
		values.push_bind(int(row.time));
		values.push_bind(i64::from(row.member));
		values.push_bind(row.what as i64);
		values.push_bind(row.kind.as_ref().map(code));
	})
	.await
}

/// The number of a variant that carries nothing: that of its encoding, which never changes.
fn code(variant: &impl Encode) -> i64 {
	variant.using_encoded(|bytes| bytes.first().copied().map_or(0, i64::from))
}

/// Inserts rows, many with one statement.
async fn insert<'a, Row>(
	connection: &mut AnyConnection,
	into: &str,
	rows: &'a [Row],
	bind: impl Fn(&mut Values<'_, 'a>, &'a Row),
) -> sqlx::Result<()> {
	for chunk in rows.chunks(CHUNK) {
		let mut statement = Statement::new(format!("INSERT INTO {into} VALUES "));
		let mut separator = "(";
		for row in chunk {
			let mut values = Values {
				statement: &mut statement,
				separator,
			};
			bind(&mut values, row);
			statement.push(")");
			separator = ", (";
		}
		// Statements of other lengths come once: to keep them would push out those that come again.
		let statement = statement.build().persistent(chunk.len() == CHUNK);
		statement.execute(&mut *connection).await?;
	}
	Ok(())
}
