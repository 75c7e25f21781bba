//! Statements that are put together. sqlx's own builder writes placeholders that PostgreSQL does not know when it does not know the database.

use sqlx::{any::AnyArguments, query::Query, Any, Arguments as _, Encode, Type};

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
			.expect("numbers, bytes and texts always have a form");
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
