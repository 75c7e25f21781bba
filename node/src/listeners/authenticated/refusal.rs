//! The refusals of the authenticated RPC listener. Each has one form for HTTP and one for JSON-RPC.
//!
//! | code | HTTP | meaning | what to do |
//! |---|---|---|---|
//! | 8101 | 401 | the token is missing, unknown, revoked or expired | present a token, or ask the operator for one |
//! | 8102 | 403 | the token does not give the right | ask the operator for a token with that right |
//! | 8103 | 429 | the token has used up its calls for this minute | wait as long as the message and `Retry-After` say |
//! | 8104 | 429 | too many connections, pending calls or unread answers | try again later; the message names which |
//! | 8105 | 408 | the request was not complete, or not answered, within a minute | ask for less |
//! | 8106 | 503 | the operator's file of tokens is damaged | inform the operator |
//!
//! A single call is refused with an error in its JSON-RPC answer, under HTTP status 200. The statuses above are for
//! requests that are refused before a call is read.

use super::token::Right;
use crate::listeners::http1;
use http::{header, HeaderValue, StatusCode};
use jsonrpsee::{
	server::HttpResponse,
	types::{ErrorObject, ErrorObjectOwned, Id, Response, ResponsePayload},
};
use std::time::Duration;

/// Why a connection or a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
	/// The request has no bearer token.
	NoToken,
	/// The token is not in the file.
	UnknownToken,
	/// The token has expired.
	ExpiredToken,
	/// The token does not give this right.
	MissingRight(Right),
	/// The token has used up its calls. The next one is available after this time.
	RateLimit(Duration),
	/// The token has as many connections as it may have.
	TokenConnections,
	/// The listener has as many connections as it may have.
	Connections,
	/// The token has as many pending calls as it may have.
	Busy,
	/// The client has too many unread answers.
	Unread,
	/// The request took too long.
	Timeout,
	/// The tokens can't be read.
	Closed,
}

impl Refusal {
	/// The label of this refusal in the metrics.
	pub fn reason(&self) -> &'static str {
		match self {
			Self::NoToken => "no-token",
			Self::UnknownToken => "unknown-token",
			Self::ExpiredToken => "expired-token",
			Self::MissingRight(_) => "missing-right",
			Self::RateLimit(_) => "rate-limit",
			Self::TokenConnections => "token-connections",
			Self::Connections => "connections",
			Self::Busy => "busy",
			Self::Unread => "unread",
			Self::Timeout => "timeout",
			Self::Closed => "closed",
		}
	}

	fn code(&self) -> i32 {
		match self {
			Self::NoToken | Self::UnknownToken | Self::ExpiredToken => 8101,
			Self::MissingRight(_) => 8102,
			Self::RateLimit(_) => 8103,
			Self::TokenConnections | Self::Connections | Self::Busy | Self::Unread => 8104,
			Self::Timeout => 8105,
			Self::Closed => 8106,
		}
	}

	fn status(&self) -> StatusCode {
		match self {
			Self::NoToken | Self::UnknownToken | Self::ExpiredToken => StatusCode::UNAUTHORIZED,
			Self::MissingRight(_) => StatusCode::FORBIDDEN,
			Self::RateLimit(_) | Self::TokenConnections | Self::Connections | Self::Busy | Self::Unread => {
				StatusCode::TOO_MANY_REQUESTS
			},
			Self::Timeout => StatusCode::REQUEST_TIMEOUT,
			Self::Closed => StatusCode::SERVICE_UNAVAILABLE,
		}
	}

	fn message(&self) -> String {
		match self {
			Self::NoToken => {
				"present a token in the header Authorization: Bearer TOKEN; the operator of this node makes tokens"
					.into()
			},
			Self::UnknownToken => {
				"the token is unknown: it is mistyped or was revoked; ask the operator for a new one".into()
			},
			Self::ExpiredToken => "the token has expired: ask the operator for a new one".into(),
			Self::MissingRight(right) => {
				format!("the token does not give the right {right}: ask the operator for one that does")
			},
			Self::RateLimit(wait) => format!(
				"the token has used up its calls for this minute: try again in {} s, or ask the operator for more",
				whole_seconds(*wait)
			),
			Self::TokenConnections => {
				"the token has as many connections as it may have: close one, or ask the operator for more".into()
			},
			Self::Connections => "the node has as many connections as it accepts: try again later".into(),
			Self::Busy => "the token has as many pending calls as it may have: wait for their answers".into(),
			Self::Unread => "read the answers that were sent before you ask for more".into(),
			Self::Timeout => "the request was not complete, or not answered, within a minute: ask for less".into(),
			Self::Closed => {
				"the listener is closed until the operator has repaired the file of tokens: inform the operator".into()
			},
		}
	}

	/// The answer over HTTP. It closes the connection.
	pub fn response(self) -> HttpResponse {
		let status = self.status();
		let wait = match &self {
			Self::RateLimit(wait) => Some(whole_seconds(*wait)),
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

/// The whole seconds after which `wait` has passed.
fn whole_seconds(wait: Duration) -> u64 {
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
			Refusal::UnknownToken,
			Refusal::ExpiredToken,
			Refusal::MissingRight(Right::Read),
			Refusal::RateLimit(Duration::ZERO),
			Refusal::TokenConnections,
			Refusal::Connections,
			Refusal::Busy,
			Refusal::Unread,
			Refusal::Timeout,
			Refusal::Closed,
		];
		for refusal in refusals {
			let row = format!("//! | {} | {} |", refusal.code(), refusal.status().as_u16());
			assert!(table.contains(&row), "{row}");
		}
	}

	#[test]
	fn a_refusal_says_how_long_to_wait() {
		let response = Refusal::RateLimit(Duration::from_millis(1_200)).response();
		assert_eq!(response.status(), 429);
		assert_eq!(response.headers()["retry-after"], "2");
		assert_eq!(Refusal::NoToken.response().headers()["www-authenticate"], "Bearer");
	}
}
