//! What a consent scope is asked.

use crate::{
	dimensions::dimensions,
	members::MemberId,
	vocabulary::{Operation, Purpose, RecipientClass, Region},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

macro_rules! declare_request {
	($(
		$(#[$doc:meta])*
		$field:ident $json:literal [$value:ty; $most:literal], $requested:ident: $request:ty, $breach:ident = $bit:literal $name:literal;
	)+) => {
		/// An access that is planned or has happened, as far as it is stated. For what is not stated, see
		/// [`Dimension::until`](crate::scope::Dimension::until).
		#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
		pub struct Request {
			$( $(#[$doc])* pub $requested: $request, )+
		}
	};
}
dimensions!(declare_request);
