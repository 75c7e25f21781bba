//! How accesses get to the ledger once each.
//!
//! What is under way stands in the outbox, with its positions. It leaves the outbox when the ledger has recorded it, or
//! when it is quarantined. Only what the ledger can't take any more with the positions that it has gets other ones.

use super::{
	batch::{BatchItem as _, Pending, MAX_EVENTS, MAX_UNDER_WAY},
	journal::Outbound,
	stream, Held, Import, Submit, ATTEMPTS,
};
use crate::ledger::{account_text, LedgerError};
use kexin_primitives::{batch::Position, DatasetId, UnixMillis, H256};

/// How close to the limit an access counts as too late once the ledger has refused one, in milliseconds: by the time it
/// is tried again, it would be.
const MARGIN: UnixMillis = 60_000;

impl<S: Submit> Import<'_, S> {
	/// Ends an import with a key that can't report accesses.
	pub(super) async fn leave_accesses(&mut self) -> anyhow::Result<()> {
		if self.journal.holds_accesses().await? {
			anyhow::bail!(
				"the key lacks the power to report accesses, and none was sent: import with a key that has the power `gateway`"
			);
		}
		if let Some(access) = self.journal.outbound().await?.first() {
			crate::warn!(
				"accesses of an import that was cut off are still under way: import with the key {}, or with another gateway key once it is \
				 revoked, to bring them to the ledger",
				account_text(&access.item.gateway)
			);
		}
		Ok(())
	}

	/// Sends again what an import that was cut off had under way.
	pub(super) async fn resume(&mut self) -> anyhow::Result<()> {
		self.is_resuming = true;
		self.deliver().await?;
		self.is_resuming = false;
		let summary = &mut self.summary;
		summary.resumed = std::mem::take(&mut summary.recorded) + std::mem::take(&mut summary.replayed);
		// The files may have the same accesses.
		self.journal.drop_held_in(self.dataset).await?;
		while let Some(access) = self.journal.held_elsewhere().await? {
			let dataset = self.journal.dataset_of(&access.source).await?.unwrap_or_default();
			self.journal.drop_held(&access.source).await?;
			self.hold(&access, None, in_another_log(dataset)).await?;
		}
		Ok(())
	}

	/// Moves accesses that are held to the empty outbox. Returns whether there are any.
	pub(super) async fn number_accesses(&mut self) -> anyhow::Result<bool> {
		if !self.journal.holds_accesses().await? {
			return Ok(false);
		}
		let first = match self.next {
			Some(next) => next,
			None => self.begin_stream().await?,
		};
		let numbered = self
			.journal
			.number_accesses(&self.submit.signer(), first, self.dataset, MAX_UNDER_WAY)
			.await?;
		self.next = Some(first.plus(numbered));
		Ok(true)
	}

	/// The position at which a new stream of this key begins.
	async fn begin_stream(&mut self) -> anyhow::Result<Position> {
		let signer = self.submit.signer();
		let gateway = self.submit.gateway(&signer).await?;
		let known = self.journal.last_position(&signer).await?;
		Ok(stream::begin(gateway.next.max(known))?)
	}

	/// Sends what is in the outbox.
	pub(super) async fn deliver(&mut self) -> anyhow::Result<()> {
		loop {
			let accesses = self.journal.outbound().await?;
			let Some(gateway) = accesses.first().map(|first| first.item.gateway) else {
				return Ok(());
			};
			if gateway == self.submit.signer() {
				self.send_ahead(accesses).await?;
				continue;
			}
			// A key that can't report any more has recorded what it ever will.
			if self.submit.gateway(&gateway).await?.can_report {
				anyhow::bail!(
					"accesses are under way with the key {}, and the ledger may still take them: revoke that key, or import with it once more",
					account_text(&gateway)
				);
			}
			self.renumber(|_| None).await?;
		}
	}

	/// Sends accesses in batches without waiting in between. One that fails is sent again by itself, and those behind
	/// it stay in the outbox.
	async fn send_ahead(&mut self, mut accesses: Vec<Pending<Outbound>>) -> anyhow::Result<()> {
		let mut batches = Vec::new();
		while !accesses.is_empty() {
			let rest = accesses.split_off(accesses.len().min(MAX_EVENTS));
			batches.push(std::mem::replace(&mut accesses, rest));
		}
		let calls = batches.iter().map(|batch| Outbound::call(batch));
		let calls = calls.collect::<Result<Vec<_>, _>>()?;
		let results = self.submit.submit_all(&calls).await;
		for (batch, result) in batches.into_iter().zip(results) {
			match result {
				Ok(done) => self.settle(batch, &done).await?,
				Err(error) => return self.send_batches(vec![batch], Some(error)).await,
			}
		}
		Ok(())
	}

	/// Numbers what is in the outbox anew, in a stream in which nothing was sent. What the ledger has recorded is
	/// settled before, and the accesses for which there is a reason are quarantined.
	///
	/// Only what the ledger can't take any more with the positions that it has may be numbered anew: after it has
	/// refused the batch in front, for example.
	async fn renumber(&mut self, reason: impl Fn(&Pending<Outbound>) -> Option<String>) -> anyhow::Result<()> {
		let accesses = self.journal.outbound().await?;
		let Some(gateway) = accesses.first().map(|first| first.item.gateway) else {
			return Ok(());
		};
		let next = self.submit.gateway(&gateway).await?.next.unwrap_or_default();
		let is_recorded = |access: &Pending<Outbound>| {
			let Position { stream, event } = access.item.position;
			stream == next.stream && event < next.event
		};
		let (recorded, rest): (Vec<_>, Vec<_>) = accesses.into_iter().partition(is_recorded);
		let is_superseded = rest.iter().any(|access| access.item.position.stream < next.stream);
		self.note(&recorded, None).await?;
		for access in recorded {
			self.summary.replayed += 1;
			(self.watch)(access.outcome("replayed", None));
		}
		if is_superseded {
			crate::warn!(
				"another client has signed with the key {}, or the journal was restored from a copy: give each client its own key. What was \
				 under way is sent again, and may then be in the log twice, which reports would tell",
				account_text(&gateway)
			);
		}
		let first = self.begin_stream().await?;
		self.journal.begin().await?;
		for access in rest {
			if let Some(mut reason) = reason(&access) {
				self.journal.drop_outbound(&access.source).await?;
				let is_for_another = access.item.dataset != self.dataset;
				if is_for_another && self.journal.holds(&access.source).await? {
					// The files of this import have it, for its dataset.
					continue;
				}
				if is_superseded || access.item.is_doubtful {
					reason += "; it may be in the log all the same, from a stream that has ended";
				}
				let held = Held::Quarantined { element: None, reason };
				self.hold(&access, None, held).await?;
				self.journal.drop_held(&access.source).await?;
			}
		}
		let signer = self.submit.signer();
		let numbered = self.journal.renumber(&signer, first, is_superseded).await?;
		self.journal.commit().await?;
		self.next = Some(first.plus(numbered));
		Ok(())
	}

	/// Decides what to do when the ledger does not take a batch of `size` at the front of the outbox. Returns the error
	/// if it is to be halved, or if its only access is the cause.
	pub(super) async fn not_taken(&mut self, error: LedgerError, size: usize) -> anyhow::Result<Option<LedgerError>> {
		if error.is_out_of_order() {
			self.reordered += 1;
			if self.reordered >= ATTEMPTS {
				return Err(error.into());
			}
			crate::warn!("{error}");
			self.renumber(|_| None).await?;
			return Ok(None);
		}
		if matches!(error, LedgerError::Refused(_)) && size > 1 {
			return Ok(Some(error));
		}
		if !error.is_verdict() {
			return Err(error.into());
		}
		if error.concerns_every_record() {
			if !self.is_resuming {
				// Nothing of it was recorded, and the same files can be imported again.
				self.journal.empty_outbox().await?;
				return Err(error.into());
			}
			self.renumber(|_| Some(error.to_string())).await?;
			return Ok(None);
		}
		if error.is_untimely() {
			let mut window = self.submit.window().await?;
			// The next try is executed some seconds later.
			window.earliest = window.earliest.saturating_add(MARGIN);
			let refusal = |access: &Pending<Outbound>| window.refusal(access.item.event.occurred).map(Into::into);
			if self
				.journal
				.outbound()
				.await?
				.iter()
				.any(|access| refusal(access).is_some())
			{
				self.renumber(refusal).await?;
				return Ok(None);
			}
		}
		Ok(Some(error))
	}

	/// Quarantines an access that the ledger has refused by itself, and all that have what it was refused for.
	pub(super) async fn quarantine_like(&mut self, source: H256, error: &LedgerError) -> anyhow::Result<()> {
		let accesses = self.journal.outbound().await?;
		let cause = accesses.iter().find(|access| access.source == source);
		let cause = cause.map(|access| access.item.event);
		let is_alike = |access: &Pending<Outbound>| {
			let event = access.item.event;
			match error.of_access() {
				Some("UnknownActivity") => cause.is_some_and(|cause| cause.activity == event.activity),
				Some("UnknownRecipient") => cause.is_some_and(|cause| cause.recipient == event.recipient),
				Some("InFuture") => cause.is_some_and(|cause| cause.occurred <= event.occurred),
				_ => access.source == source,
			}
		};
		self.renumber(|access| is_alike(access).then(|| error.to_string()))
			.await
	}
}

/// What is said of an access that an earlier import brought to the log of another dataset.
pub(super) fn in_another_log(dataset: DatasetId) -> Held {
	let reason = format!(
		"is in the log of the dataset {dataset:?} by an earlier import: if it was to another dataset, tell your auditor"
	);
	Held::Quarantined { element: None, reason }
}
