//! The answers that a client has not read yet. A client that calls and does not read would make the node hold every
//! answer in memory.

use std::{
	io,
	pin::Pin,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc,
	},
	task::{ready, Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The bytes of answers that were made for a connection and are not written to it yet. It is never too high: whatever
/// else is written to the connection also lowers it.
#[derive(Clone, Debug, Default)]
pub struct UnreadBytes(Arc<AtomicUsize>);

impl UnreadBytes {
	/// Adds the bytes of an answer that was made.
	pub fn add(&self, bytes: usize) {
		self.0.fetch_add(bytes, Ordering::Relaxed);
	}

	/// How many bytes are unread.
	pub fn count(&self) -> usize {
		self.0.load(Ordering::Relaxed)
	}

	fn subtract(&self, bytes: usize) {
		let subtract = |unread: usize| Some(unread.saturating_sub(bytes));
		// The update never fails, as the closure always returns a value.
		let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, subtract);
	}
}

/// A connection that counts the bytes that are written to it.
pub struct MeteredStream<S> {
	stream: S,
	unread: UnreadBytes,
}

impl<S> MeteredStream<S> {
	/// Subtracts what is written to `stream` from `unread`.
	pub fn new(stream: S, unread: UnreadBytes) -> Self {
		Self { stream, unread }
	}

	fn written(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
		let written = ready!(written)?;
		self.unread.subtract(written);
		Poll::Ready(Ok(written))
	}
}

impl<S: AsyncRead + Unpin> AsyncRead for MeteredStream<S> {
	fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.stream).poll_read(context, into)
	}
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MeteredStream<S> {
	fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
		let written = Pin::new(&mut self.stream).poll_write(context, bytes);
		self.written(written)
	}

	fn poll_write_vectored(
		mut self: Pin<&mut Self>,
		context: &mut Context<'_>,
		parts: &[io::IoSlice<'_>],
	) -> Poll<io::Result<usize>> {
		let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
		self.written(written)
	}

	fn is_write_vectored(&self) -> bool {
		self.stream.is_write_vectored()
	}

	fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.stream).poll_flush(context)
	}

	fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.stream).poll_shutdown(context)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

	#[test]
	fn bytes_that_are_not_read_are_counted() {
		let runtime = tokio::runtime::Builder::new_current_thread()
			.enable_all()
			.build()
			.unwrap();
		runtime.block_on(async {
			let (near, mut far) = tokio::io::duplex(10);
			let unread = UnreadBytes::default();
			unread.add(25);
			let mut metered = MeteredStream::new(near, unread.clone());
			let writer = tokio::spawn(async move { metered.write_all(&[0; 25]).await });
			tokio::task::yield_now().await;
			assert_eq!(unread.count(), 15);
			far.read_exact(&mut [0; 25]).await.unwrap();
			writer.await.unwrap().unwrap();
			assert_eq!(unread.count(), 0);
			unread.subtract(1);
			assert_eq!(unread.count(), 0);
		});
	}
}
