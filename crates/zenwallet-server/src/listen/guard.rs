//! A connection that cannot be held open for nothing: silent clients, half heads and readers that do not read
//! are cut off. hyper's own timer sees only one of these.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// How long a connection may stay in each state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// From the first byte of a head to its last, and from connecting to the first byte.
    pub(super) head: Duration,
    /// Between two requests.
    pub(super) idle: Duration,
    /// A reader must take [`STALL_MIN_BYTES`] within this time.
    pub(super) stall: Duration,
}

/// What a reader must take within the stall time: less is not reading.
const STALL_MIN_BYTES: u64 = 4 * 1024;

/// Whether a request is being answered: then the handler's own deadlines hold, not the connection's.
#[derive(Clone, Debug)]
pub(super) struct Busy(Arc<Answering>);

#[derive(Debug)]
struct Answering {
    now: AtomicBool,
    /// Whether the connection has become a socket.
    is_socket: AtomicBool,
    opened: Instant,
    /// When the last answer was given away whole, counted from `opened`.
    ended_ms: AtomicU64,
}

impl Default for Busy {
    fn default() -> Self {
        Self(Arc::new(Answering {
            now: AtomicBool::new(false),
            is_socket: AtomicBool::new(false),
            opened: Instant::now(),
            ended_ms: AtomicU64::new(0),
        }))
    }
}

impl Busy {
    pub(super) fn set(&self, busy: bool) {
        if !busy {
            let ended_ms = u64::try_from(self.0.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.0.ended_ms.store(ended_ms, Ordering::Relaxed);
        }
        self.0.now.store(busy, Ordering::Relaxed);
    }

    /// From here on HTTP's graceful end knows nothing of it.
    pub(super) fn become_socket(&self) {
        self.0.is_socket.store(true, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.now.load(Ordering::Relaxed)
    }

    fn ended(&self) -> Instant {
        self.0.opened + Duration::from_millis(self.0.ended_ms.load(Ordering::Relaxed))
    }
}

/// A stream under guard, with what is given back when it ends.
pub(super) struct Guarded<S, H> {
    stream: S,
    _held: H,
    busy: Busy,
    was_busy: bool,
    patience: Patience,
    /// When reading gives up; `None` before the clock of the present state was started.
    read_deadline: Option<Instant>,
    in_head: bool,
    has_spoken: bool,
    timer: Pin<Box<Sleep>>,
    stalled: Option<Stall>,
    written: u64,
    /// Nothing is read or written any more: the client did not read.
    is_cut_off: bool,
    /// Who waits for bytes: with sockets another task than the one that writes.
    reader: Option<Waker>,
    /// When sockets end because the server does, and a socket's wait for that.
    end: CancellationToken,
    ending: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

struct Stall {
    until: Instant,
    written_before: u64,
    timer: Pin<Box<Sleep>>,
}

impl<S, H> Guarded<S, H> {
    pub(super) fn new(stream: S, patience: Patience, busy: Busy, end: CancellationToken, held: H) -> Self {
        let timer = Box::pin(tokio::time::sleep(patience.idle));
        Self {
            stream,
            _held: held,
            busy,
            was_busy: false,
            patience,
            read_deadline: None,
            in_head: false,
            has_spoken: false,
            timer,
            stalled: None,
            written: 0,
            is_cut_off: false,
            reader: None,
            end,
            ending: None,
        }
    }

    /// Whether waiting for bytes has lasted too long. The timer is moved only when it fires early or must fire
    /// earlier, so that a request in time costs no timer at all.
    fn poll_read_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.busy.get() {
            self.was_busy = true;
            self.look_again_later(context);
            return Poll::Pending;
        }
        if std::mem::take(&mut self.was_busy) {
            (self.read_deadline, self.in_head) = (Some(self.busy.ended() + self.patience.idle), false);
        }
        // A client that has connected has something to say.
        let wait = if self.in_head || !self.has_spoken { self.patience.head } else { self.patience.idle };
        let deadline = *self.read_deadline.get_or_insert_with(|| Instant::now() + wait);
        if self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    /// hyper does not read again once the answer is given: the timer, left running, is what comes back to see
    /// whether the connection rests.
    fn look_again_later(&mut self, context: &mut Context<'_>) {
        let latest = Instant::now() + self.patience.idle;
        if self.timer.deadline() > latest {
            self.timer.as_mut().reset(latest);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            self.timer.as_mut().reset(latest);
        }
    }

    /// Bytes came: outside of an answer they belong to a head, whose clock starts with its first byte.
    fn note_read(&mut self) {
        let busy = self.busy.get();
        if std::mem::replace(&mut self.was_busy, busy) {
            self.in_head = false;
        }
        self.has_spoken = true;
        if !busy && !self.in_head {
            self.in_head = true;
            self.read_deadline = None;
        }
    }

    /// Whether the other side has stopped reading.
    fn poll_stall(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let (patience, written) = (self.patience.stall, self.written);
        let stall = self.stalled.get_or_insert_with(|| Stall {
            until: Instant::now() + patience,
            written_before: written,
            timer: Box::pin(tokio::time::sleep(patience)),
        });
        while stall.timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= stall.until {
                if written - stall.written_before < STALL_MIN_BYTES {
                    return Poll::Ready(does_not_read());
                }
                (stall.until, stall.written_before) = (Instant::now() + patience, written);
            }
            stall.timer.as_mut().reset(stall.until);
        }
        Poll::Pending
    }

    fn finish_write<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let Poll::Pending = polled else { return polled };
        let error = ready!(self.poll_stall(context));
        // A socket's writer and reader are two: the one who only reads must learn that this is over.
        self.is_cut_off = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Err(error))
    }

    /// Whether a socket is to end with the server. It is cut: told that it is over, some clients would never come back.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.busy.0.is_socket.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        let end = &self.end;
        self.ending.get_or_insert_with(|| Box::pin(end.clone().cancelled_owned())).as_mut().poll(context)
    }

    fn remember_reader(&mut self, context: &Context<'_>) {
        if !self.reader.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            self.reader = Some(context.waker().clone());
        }
    }
}

fn does_not_read() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client does not read")
}

impl<S: AsyncRead + Unpin, H: Unpin> AsyncRead for Guarded<S, H> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_cut_off {
            return Poll::Ready(Err(does_not_read()));
        }
        let before = buffer.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_read(context, buffer) {
            if buffer.filled().len() > before {
                self.note_read();
            }
            return Poll::Ready(result);
        }
        self.remember_reader(context);
        if self.poll_end(context).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the server stops")));
        }
        ready!(self.poll_read_deadline(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request came in time")))
    }
}

impl<S: AsyncWrite + Unpin, H: Unpin> AsyncWrite for Guarded<S, H> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_cut_off {
            return Poll::Ready(Err(does_not_read()));
        }
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = polled {
            self.written += count as u64;
            if count == bytes.len() {
                self.stalled = None;
            }
        }
        self.finish_write(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_cut_off {
            return Poll::Ready(Err(does_not_read()));
        }
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        if let Poll::Ready(Ok(count)) = polled {
            self.written += count as u64;
            if count == bytes.iter().map(|slice| slice.len()).sum::<usize>() {
                self.stalled = None;
            }
        }
        self.finish_write(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.finish_write(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.finish_write(context, polled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What writes to a socket and what reads from it are two tasks, and only the one that reads ends it.
    #[tokio::test]
    async fn a_client_that_does_not_read_is_cut_off_on_both_sides() {
        let (stream, mut client) = tokio::io::duplex(16);
        let long = Duration::from_secs(60);
        let patience = Patience { head: long, idle: long, stall: Duration::from_millis(50) };
        let busy = Busy::default();
        busy.set(true);
        let (mut reading, mut writing) =
            tokio::io::split(Guarded::new(stream, patience, busy, CancellationToken::new(), ()));
        let reader = tokio::spawn(async move { reading.read_u8().await });
        let stalled = writing.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(stalled.kind(), io::ErrorKind::TimedOut);
        let read = tokio::time::timeout(Duration::from_secs(5), reader).await.expect("the reader is told").unwrap();
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
        // Nor does anything go out once it reads again: something may be missing.
        client.read_exact(&mut [0; 16]).await.unwrap();
        assert!(writing.write_all(&[0; 4]).await.is_err());
    }
}
