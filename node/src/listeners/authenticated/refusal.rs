//! How the door refuses, in one form for HTTP and JSON-RPC.
//!
//! | code | HTTP | meaning | what to do |
//! |---|---|---|---|
//! | 8101 | 401 | there is no token, or it is not known, revoked or expired | present `Authorization: Bearer TOKEN`; ask the operator for a new one |
//! | 8102 | 403 | the token does not give the right | ask the operator for one with the right that the message names |
//! | 8103 | 429 | the token's calls of this minute are used up | wait as long as the message (and `Retry-After`) says |
//! | 8104 | 429 | too many connections or calls at a time, or answers that are not read | the message says of what; come back later |
//! | 8105 | 408 | the request did not come, or was not answered, within a minute | ask for less |
//! | 8106 | 503 | the operator's file of tokens is damaged | tell the operator |
//!
//! A call is answered in the manner of JSON-RPC, with 200; the other numbers are those of what is refused before a call is looked at.

use super::token::Right;
use crate::listeners::http1;
use http::{header, HeaderValue, StatusCode};
use jsonrpsee::{
	server::HttpResponse,
	types::{ErrorObject, ErrorObjectOwned, Id, Response, ResponsePayload},
};
use std::time::Duration;

/// Why somebody is not let in, or a call is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
	/// No token was presented, or not in the one way.
	NoToken,
	/// The token is not in the file.
	Unknown,
	/// The token's time is over.
	Expired,
	/// The token does not give this right.
	Right(Right),
	/// The calls of this minute are used up, and there is one again after this time.
	Pace(Duration),
	/// The token has as many connections as it may have.
	TokenConnections,
	/// The door has as many connections as it may have.
	Connections,
	/// The token has as many calls on their way as it may have.
	Busy,
	/// The connection has not read what it asked for.
	Unread,
	/// The request took too long.
	Late,
	/// The tokens can't be read.
	Closed,
}

impl Refusal {
	/// The word for it in the metrics.
	pub fn reason(&self) -> &'static str {
		match self {
			Self::NoToken => "no-token",
			Self::Unknown => "unknown-token",
			Self::Expired => "expired-token",
			Self::Right(_) => "right",
			Self::Pace(_) => "pace",
			Self::TokenConnections => "token-connections",
			Self::Connections => "connections",
			Self::Busy => "busy",
			Self::Unread => "unread",
			Self::Late => "late",
			Self::Closed => "closed",
		}
	}

	fn code(&self) -> i32 {
		match self {
			Self::NoToken | Self::Unknown | Self::Expired => 8101,
			Self::Right(_) => 8102,
			Self::Pace(_) => 8103,
			Self::TokenConnections | Self::Connections | Self::Busy | Self::Unread => 8104,
			Self::Late => 8105,
			Self::Closed => 8106,
		}
	}

	fn status(&self) -> StatusCode {
		match self {
			Self::NoToken | Self::Unknown | Self::Expired => StatusCode::UNAUTHORIZED,
			Self::Right(_) => StatusCode::FORBIDDEN,
			Self::Pace(_) | Self::TokenConnections | Self::Connections | Self::Busy | Self::Unread => {
				StatusCode::TOO_MANY_REQUESTS
			},
			Self::Late => StatusCode::REQUEST_TIMEOUT,
			Self::Closed => StatusCode::SERVICE_UNAVAILABLE,
		}
	}

	fn message(&self) -> String {
		match self {
			Self::NoToken => {
				"present a token in the header Authorization: Bearer TOKEN; the operator of this node makes tokens"
					.into()
			},
			Self::Unknown => {
				"the token is not known: it is mistyped or was revoked; ask the operator for a new one".into()
			},
			Self::Expired => "the token has expired: ask the operator for a new one".into(),
			Self::Right(right) => {
				format!("the token does not give the right {right}: ask the operator for one that does")
			},
			Self::Pace(wait) => format!(
				"the token's calls of this minute are used up: go on in {} s, or ask the operator for more",
				seconds(*wait)
			),
			Self::TokenConnections => {
				"the token has as many connections as it may have: close one, or ask the operator for more".into()
			},
			Self::Connections => "the node has as many connections as it takes: come back later".into(),
			Self::Busy => "the token has as many calls on their way as it may have: wait for their answers".into(),
			Self::Unread => "read the answers that were sent before asking for more".into(),
			Self::Late => "the request did not come or was not answered within a minute: ask for less".into(),
			Self::Closed => {
				"the door is closed until the operator has repaired its file of tokens: tell the operator".into()
			},
		}
	}

	/// The answer over HTTP. What comes next on the connection is not looked at.
	pub fn response(self) -> HttpResponse {
		let status = self.status();
		let wait = match &self {
			Self::Pace(wait) => Some(seconds(*wait)),
			_ => None,
		};
		let body = Response::new(ResponsePayload::<()>::error(ErrorObjectOwned::from(self)), Id::Null);
		let body = serde_json::to_string(&body).unwrap_or_default();
		let mut response = http1::json(status, body);
		let headers = response.headers_mut();
		headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
		if status == StatusCode::UNAUTHORIZED {
			headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
		}
		if let Some(wait) = wait {
			headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
		}
		response
	}
}

/// Whole seconds after which it is over.
fn seconds(wait: Duration) -> u64 {
	wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl From<Refusal> for ErrorObjectOwned {
	fn from(refusal: Refusal) -> Self {
		ErrorObject::owned(refusal.code(), refusal.message(), None::<()>)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_refusal_is_in_the_table() {
		let table = include_str!("refusal.rs");
		let refusals = [
			Refusal::NoToken,
			Refusal::Unknown,
			Refusal::Expired,
			Refusal::Right(Right::Read),
			Refusal::Pace(Duration::ZERO),
			Refusal::TokenConnections,
			Refusal::Connections,
			Refusal::Busy,
			Refusal::Unread,
			Refusal::Late,
			Refusal::Closed,
		];
		for refusal in refusals {
			let row = format!("//! | {} | {} |", refusal.code(), refusal.status().as_u16());
			assert!(table.contains(&row), "{row}");
		}
	}

	#[test]
	fn who_has_to_wait_is_told_how_long() {
		let response = Refusal::Pace(Duration::from_millis(1_200)).response();
		assert_eq!(response.status(), 429);
		assert_eq!(response.headers()["retry-after"], "2");
		assert_eq!(Refusal::NoToken.response().headers()["www-authenticate"], "Bearer");
	}
}
