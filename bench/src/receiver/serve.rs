//! The receiver's thread: one runtime, a task for each address and each connection.

use super::behaviour::{Behaviour, Reaction};
use super::request::{Layout, layout};
use super::{Ledger, Shared};
use anyhow::Context;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

/// Connections that may wait to be accepted at each address.
const BACKLOG: u32 = 4_096;
/// Room for a request; bodies of webhooks stay below it.
const INBOX_BYTES: usize = 128 * 1024;
/// The room that a connection begins with.
const FIRST_BYTES: usize = 4 * 1024;
/// A dripping receiver sends a byte this often, of an answer that nobody can wait for.
const DRIP: Duration = Duration::from_secs(1);
const DRIPPED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\n";

/// Where it listens, and the thread's directory in `/proc`.
type Begun = anyhow::Result<(Vec<SocketAddr>, PathBuf)>;

/// Runs the thread until `stopped` resolves.
pub(super) fn run(addresses: &[SocketAddr], shared: Arc<Shared>, told: &Sender<Begun>, stopped: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        // The owner that asked waits for this answer; nobody else hears it.
        Err(error) => return drop(told.send(Err(error.into()))),
    };
    runtime.block_on(async {
        let listeners = match listen(addresses) {
            Ok(listeners) => listeners,
            Err(error) => return drop(told.send(Err(error))),
        };
        let found: Vec<SocketAddr> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
        let proc = std::fs::canonicalize("/proc/thread-self").map_err(Into::into);
        if told.send(proc.map(|proc| (found, proc))).is_ok() {
            for listener in listeners {
                tokio::spawn(accept(listener, Arc::clone(&shared)));
            }
            let _ = stopped.await;
        }
    });
}

/// An address whose port is 0 takes the port of the first.
fn listen(addresses: &[SocketAddr]) -> anyhow::Result<Vec<TcpListener>> {
    let mut listeners: Vec<TcpListener> = Vec::with_capacity(addresses.len());
    for address in addresses {
        let mut address = *address;
        if let (0, Some(first)) = (address.port(), listeners.first()) {
            address.set_port(first.local_addr()?.port());
        }
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address).with_context(|| format!("listen {address}"))?;
        listeners.push(socket.listen(BACKLOG)?);
    }
    Ok(listeners)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            // A connection that breaks is the sender's affair: what it had sent whole is in the ledger.
            Ok((stream, _)) => drop(tokio::spawn(converse(stream, Arc::clone(&shared)))),
            // Out of descriptors: some connection will end.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Serves one connection until either side ends it.
async fn converse(mut stream: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut inbox, mut filled) = (vec![0; FIRST_BYTES], 0);
    loop {
        let Some(layout) = read_request(&mut stream, &mut inbox, &mut filled).await? else { return Ok(()) };
        let goes_on = respond(&mut stream, &inbox[..layout.end], &layout, &shared).await?;
        if !goes_on || layout.closes {
            return Ok(());
        }
        inbox.copy_within(layout.end..filled, 0);
        filled -= layout.end;
    }
}

/// Reads on until `inbox` begins with a whole request. `None` when the sender has left or says what we do not understand.
async fn read_request(
    stream: &mut TcpStream,
    inbox: &mut Vec<u8>,
    filled: &mut usize,
) -> std::io::Result<Option<Layout>> {
    loop {
        match layout(&inbox[..*filled]) {
            Ok(Some(layout)) if layout.end <= *filled => return Ok(Some(layout)),
            Ok(_) if *filled < INBOX_BYTES => {}
            _ => return Ok(None),
        }
        if *filled == inbox.len() {
            inbox.resize((inbox.len() * 2).min(INBOX_BYTES), 0);
        }
        match stream.read(&mut inbox[*filled..]).await? {
            0 => return Ok(None),
            n => *filled += n,
        }
    }
}

/// Treats one request; answers whether the connection goes on.
async fn respond(stream: &mut TcpStream, bytes: &[u8], layout: &Layout, shared: &Shared) -> std::io::Result<bool> {
    let path = std::str::from_utf8(&bytes[layout.path.clone()]).unwrap_or_default();
    let behaviour = Behaviour::of_path(path).unwrap_or(shared.fallback);
    let entry = Ledger::enter(&mut shared.ledger(), bytes, layout);
    match behaviour.react(&entry.event, entry.nth) {
        Reaction::Answer(status, wait) => {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            shared.ledger().answer(&entry, status);
            stream.write_all(answer(status)).await?;
            Ok(true)
        }
        Reaction::Silence => {
            await_end(stream).await;
            Ok(false)
        }
        Reaction::Drip => {
            drip(stream).await?;
            Ok(false)
        }
    }
}

/// Answers that are ready; a status that is not among them is spelled out once and for all.
fn answer(status: u16) -> &'static [u8] {
    match status {
        200 => b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        204 => b"HTTP/1.1 204 No Content\r\n\r\n",
        301 => b"HTTP/1.1 301 Moved Permanently\r\nlocation: /ok\r\ncontent-length: 0\r\n\r\n",
        404 => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        410 => b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
        429 => b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n",
        503 => b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
        _ => b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 7\r\n\r\nnot now",
    }
}

/// Waits until the sender has had enough.
async fn await_end(stream: &mut TcpStream) {
    let mut rest = [0; 256];
    while matches!(stream.read(&mut rest).await, Ok(n) if n > 0) {}
}

async fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    let (mut reader, mut writer) = stream.split();
    let drips = async {
        for byte in DRIPPED.iter().chain(std::iter::repeat(&b'.')) {
            writer.write_all(std::slice::from_ref(byte)).await?;
            tokio::time::sleep(DRIP).await;
        }
        Ok(())
    };
    let mut rest = [0; 256];
    tokio::select! {
        ended = drips => ended,
        _ = reader.read(&mut rest) => Ok(()),
    }
}
