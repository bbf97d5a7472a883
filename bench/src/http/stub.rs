//! A server for tests: it answers each request of one connection at a time with the next prepared pieces, then closes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A listening server; it ends when dropped.
pub(crate) struct Stub {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Stub {
    /// Listens on a free port of the loopback address. Each answer is a list of pieces, written one after the other.
    pub(crate) async fn start(answers: Vec<Vec<&'static str>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(listener, answers, Arc::clone(&requests)));
        Self { address, requests, task }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was sent so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("the list").clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An empty answer stands for closing the connection and taking the next one.
async fn serve(listener: TcpListener, answers: Vec<Vec<&'static str>>, requests: Arc<Mutex<Vec<String>>>) {
    let mut stream = listener.accept().await.expect("a client").0;
    for pieces in answers {
        let mut buffer = vec![0; 64 * 1024];
        let n = stream.read(&mut buffer).await.unwrap_or(0);
        requests.lock().expect("the list").push(String::from_utf8_lossy(&buffer[..n]).into_owned());
        if pieces.is_empty() {
            drop(stream);
            stream = listener.accept().await.expect("a client").0;
        }
        for piece in pieces {
            stream.write_all(piece.as_bytes()).await.expect("written");
            tokio::task::yield_now().await;
        }
    }
}
