//! What a connection still has to read: who asks and does not read would have the node keep every answer.

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

/// The bytes of answers that were made for a connection, and are not written to it yet. What is written besides answers makes it less, never more.
#[derive(Clone, Debug, Default)]
pub struct Owed(Arc<AtomicUsize>);

impl Owed {
	/// An answer was made.
	pub fn more(&self, bytes: usize) {
		self.0.fetch_add(bytes, Ordering::Relaxed);
	}

	/// How many bytes there are.
	pub fn bytes(&self) -> usize {
		self.0.load(Ordering::Relaxed)
	}

	fn less(&self, bytes: usize) {
		let less = |owed: usize| Some(owed.saturating_sub(bytes));
		// It is never refused.
		let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
	}
}

/// A connection that counts what is written to it.
pub struct Counted<S> {
	stream: S,
	owed: Owed,
}

impl<S> Counted<S> {
	/// Counts what is written to this stream as owed no more.
	pub fn new(stream: S, owed: Owed) -> Self {
		Self { stream, owed }
	}

	fn written(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
		let written = ready!(written)?;
		self.owed.less(written);
		Poll::Ready(Ok(written))
	}
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
	fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.stream).poll_read(context, into)
	}
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
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
	fn what_is_not_read_stays_owed() {
		let runtime = tokio::runtime::Builder::new_current_thread()
			.enable_all()
			.build()
			.unwrap();
		runtime.block_on(async {
			let (near, mut far) = tokio::io::duplex(10);
			let owed = Owed::default();
			owed.more(25);
			let mut counted = Counted::new(near, owed.clone());
			let writer = tokio::spawn(async move { counted.write_all(&[0; 25]).await });
			tokio::task::yield_now().await;
			assert_eq!(owed.bytes(), 15);
			far.read_exact(&mut [0; 25]).await.unwrap();
			writer.await.unwrap().unwrap();
			assert_eq!(owed.bytes(), 0);
			owed.less(1);
			assert_eq!(owed.bytes(), 0);
		});
	}
}
