//! Statements that are put together. sqlx's own builder writes placeholders that PostgreSQL does not know when it does
//! not know the database.

use sqlx::{any::AnyArguments, query::Query, Any, AnyConnection, Arguments as _, Encode, Type};

/// Rows of one statement. Far below the parameters that the databases take.
const CHUNK: usize = 256;

/// A statement and its values, which are never a part of its text.
#[derive(Default)]
pub struct Statement<'a> {
	text: String,
	arguments: AnyArguments<'a>,
}

impl<'a> Statement<'a> {
	/// A statement that begins so.
	pub fn new(text: impl Into<String>) -> Self {
		Self {
			text: text.into(),
			arguments: AnyArguments::default(),
		}
	}

	/// Goes on with this.
	pub fn push(&mut self, text: &str) -> &mut Self {
		self.text.push_str(text);
		self
	}

	/// Goes on with a placeholder for this value.
	pub fn push_bind(&mut self, value: impl Encode<'a, Any> + Type<Any> + 'a) -> &mut Self {
		self.arguments
			.add(value)
			.expect("numbers, bytes and texts can always be encoded");
		self.text.push_str(&format!("${}", self.arguments.len()));
		self
	}

	/// To be executed.
	pub fn build<'q>(&'q mut self) -> Query<'q, Any, AnyArguments<'q>>
	where
		'a: 'q,
	{
		let arguments: AnyArguments<'q> = std::mem::take(&mut self.arguments);
		sqlx::query_with(&self.text, arguments)
	}
}

/// The values of one row that is inserted.
pub struct Values<'s, 'a> {
	statement: &'s mut Statement<'a>,
	separator: &'static str,
}

impl<'a> Values<'_, 'a> {
	/// The next value of the row.
	pub fn push_bind(&mut self, value: impl Encode<'a, Any> + Type<Any> + 'a) {
		self.statement.push(self.separator).push_bind(value);
		self.separator = ", ";
	}
}

/// Inserts rows, many with one statement.
///
/// # Errors
/// The database's.
pub async fn insert<'a, Row>(
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
