//! The table of a consent scope's dimensions.
//!
//! Everything that exists once per dimension is made from it: the fields of a [`Scope`](crate::scope::Scope) and of a
//! [`Request`](crate::scope::Request), the meet, what a scope permits, the [`Breaches`](crate::access::Breaches) and
//! their names, JSON, the list that reports show, and the largest scope that benchmarks measure.
//!
//! To add a dimension, add a row at the end. If its values are of a new kind, add their type to
//! [`vocabulary`](crate::vocabulary) and implement [`Value`](crate::vocabulary::Value) for it. A row in use never
//! changes: scopes and requests are encoded in the order of the table, a breach keeps its bit, and JSON keeps its
//! names.

/// Calls the macro `$declare` with the table.
macro_rules! dimensions {
	($declare:ident) => {
		$declare! {
			// Field of a scope, its name in JSON, type and largest number of its named values; field of a request;
			// breach, its bit and its name.

			/// Why the data is used. Every code of the vocabulary fits, with room for as many again.
			purposes "purposes" [Purpose; 48], purpose: Option<Purpose>, PURPOSE = 2 "purpose";
			/// What is done with the data. Every code of the vocabulary fits, with room for as many again.
			operations "operations" [Operation; 32], operation: Operation, OPERATION = 4 "operation";
			/// Where the data is used. The 27 states of the European Union fit, and a few more.
			regions "regions" [Region; 32], region: Option<Region>, REGION = 8 "region";
			/// The member that receives the data; none in a request when the recipient is not a member. A consortium's
			/// projects name a handful of recipients.
			recipients "recipients" [MemberId; 32], recipient: Option<MemberId>, RECIPIENT = 16 "recipient";
			/// The class of the member that receives the data.
			recipient_classes "recipientClasses" [RecipientClass; 4], recipient_class: Option<RecipientClass>,
				RECIPIENT_CLASS = 32 "recipient-class";
		}
	};
}
pub(crate) use dimensions;
