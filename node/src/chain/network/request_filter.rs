//! Passes requests on to their handler only when they come from admitted nodes.

use super::admission::AdmittedNodes;
use async_channel::Sender;
use sc_network::{
	request_responses::{IncomingRequest, OutgoingResponse},
	ReputationChange,
};
use std::future::Future;

/// The most requests that wait for the filter. The network stack refuses the newest of more.
const QUEUE: usize = 64;

/// A queue to put before a handler's own, and the task that passes requests on from it.
pub fn filter(
	handler: Sender<IncomingRequest>,
	admitted: AdmittedNodes,
) -> (Sender<IncomingRequest>, impl Future<Output = ()> + Send) {
	let (queue, requests) = async_channel::bounded::<IncomingRequest>(QUEUE);
	let filter = async move {
		while let Ok(request) = requests.recv().await {
			if !admitted.contains(&request.peer) {
				refuse(request);
			} else if handler.send(request).await.is_err() {
				break;
			}
		}
	};
	(queue, filter)
}

/// Sends no answer, and makes the network stack itself refuse the node's next requests for some time.
fn refuse(request: IncomingRequest) {
	log::debug!("refused a request of {}, which is not an admitted node", request.peer);
	// The node may have disconnected already.
	let _ = request.pending_response.send(OutgoingResponse {
		result: Err(()),
		reputation_changes: vec![ReputationChange::new_fatal("request of a node that is not admitted")],
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
	async fn only_admitted_nodes_get_answers() {
		let (handler, handled) = async_channel::bounded(4);
		let (friend, stranger) = (PeerId::random(), PeerId::random());
		let (queue, filter) = filter(handler, AdmittedNodes::of([friend]));
		let (refused, answer) = request(stranger);
		queue.send(refused).await.unwrap();
		let (passed, _answer) = request(friend);
		queue.send(passed).await.unwrap();
		drop(queue);
		filter.await;

		let answer = answer.await.unwrap();
		assert!(answer.result.is_err());
		assert_eq!(answer.reputation_changes.len(), 1);
		assert_eq!(handled.recv().await.unwrap().peer, friend);
		assert!(handled.recv().await.is_err(), "nothing else came through");
	}
}
