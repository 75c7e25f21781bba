//! Lets requests through to who answers them only from nodes that may connect.

use super::admission::List;
use async_channel::Sender;
use sc_network::{
	request_responses::{IncomingRequest, OutgoingResponse},
	ReputationChange,
};
use std::future::Future;

/// Requests that wait at the gate at the most. Of more, the network stack refuses the newest.
const QUEUE: usize = 64;

/// A queue before a handler's own, and the task that lets requests through.
pub fn before(
	handler: Sender<IncomingRequest>,
	list: List,
) -> (Sender<IncomingRequest>, impl Future<Output = ()> + Send) {
	let (queue, requests) = async_channel::bounded::<IncomingRequest>(QUEUE);
	let gate = async move {
		while let Ok(request) = requests.recv().await {
			if !list.admits(&request.peer) {
				refuse(request);
			} else if handler.send(request).await.is_err() {
				break;
			}
		}
	};
	(queue, gate)
}

/// Answers nothing, and has the network stack refuse the stranger's next requests itself for some time.
fn refuse(request: IncomingRequest) {
	log::debug!("a request of {} is refused: it may not connect", request.peer);
	// Whoever asked may be gone.
	let _ = request.pending_response.send(OutgoingResponse {
		result: Err(()),
		reputation_changes: vec![ReputationChange::new_fatal("a stranger's request")],
		sent_feedback: None,
	});
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::channel::oneshot;
	use sc_network::PeerId;

	fn request(peer: PeerId) -> (IncomingRequest, oneshot::Receiver<OutgoingResponse>) {
		let (pending_response, answer) = oneshot::channel();
		let payload = b"blocks, please".to_vec();
		let request = IncomingRequest {
			peer,
			payload,
			pending_response,
		};
		(request, answer)
	}

	#[tokio::test]
	async fn a_stranger_gets_no_answer_and_a_friend_does() {
		let (handler, handled) = async_channel::bounded(4);
		let (friend, stranger) = (PeerId::random(), PeerId::random());
		let (queue, gate) = before(handler, List::of([friend]));
		let (refused, answer) = request(stranger);
		queue.send(refused).await.unwrap();
		let (passed, _answer) = request(friend);
		queue.send(passed).await.unwrap();
		drop(queue);
		gate.await;

		let answer = answer.await.unwrap();
		assert!(answer.result.is_err());
		assert_eq!(answer.reputation_changes.len(), 1);
		assert_eq!(handled.recv().await.unwrap().peer, friend);
		assert!(handled.recv().await.is_err(), "nothing else came through");
	}
}
