//! What of a request's body nobody read. A refusal often comes before the body does: a connection that ended there would
//! fail the client's next request, or take back the refusal itself.

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::{Request, header};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long an answer waits for the rest of its request.
const DEADLINE: Duration = Duration::from_secs(1);
/// Most bytes of a rest that are read for nothing.
const MAX_BYTES: usize = 1024 * 1024;

/// The rest of a body, given back by its reader.
pub(super) struct Rest {
    taker: Option<oneshot::Receiver<Incoming>>,
    is_kept_back: bool,
}

impl Rest {
    /// A request whose body gives back what is not read of it.
    pub(super) fn of(request: Request<Incoming>) -> (Request<Body>, Self) {
        // Such a client sends its body when it is told to, which reading does.
        let is_kept_back = request.headers().contains_key(header::EXPECT);
        if request.body().is_end_stream() {
            return (request.map(|_| Body::empty()), Self { taker: None, is_kept_back });
        }
        let (giver, taker) = oneshot::channel();
        let request = request.map(|body| Body::new(GivenBack(Some((body, giver)))));
        (request, Self { taker: Some(taker), is_kept_back })
    }

    /// Reads the rest; false when it does not come to its end, so that no other request can follow.
    pub(super) async fn finish(self) -> bool {
        let Some(rest) = self.taker.and_then(|mut taker| taker.try_recv().ok()) else { return true };
        !self.is_kept_back && tokio::time::timeout(DEADLINE, is_short(rest)).await.unwrap_or(false)
    }
}

async fn is_short(mut rest: Incoming) -> bool {
    let mut bytes = 0;
    while let Some(Ok(frame)) = rest.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > MAX_BYTES {
            return false;
        }
    }
    true
}

/// A body that is given back when it is dropped before its end.
struct GivenBack(Option<(Incoming, oneshot::Sender<Incoming>)>);

impl hyper::body::Body for GivenBack {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Some((body, _)) = &mut self.0 else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.0 = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|(body, _)| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), |(body, _)| body.size_hint())
    }
}

impl Drop for GivenBack {
    fn drop(&mut self) {
        if let Some((body, giver)) = self.0.take() {
            // Nobody waits for it when the connection is gone.
            let _ = giver.send(body);
        }
    }
}
