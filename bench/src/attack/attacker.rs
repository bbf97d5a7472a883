//! One attacker, from its connection to its end.

use super::Mode;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout, timeout_at};

/// An attacker gives a sign of life this often, which resets time-outs that only look at silence.
const DRIP_EVERY: Duration = Duration::from_secs(3);
/// How often a slow reader looks whether it is cut off: it cannot learn that from reading.
const PROBE_EVERY: Duration = Duration::from_millis(250);
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// Answers to so many requests for the largest public document fill every buffer between the two.
const PIPELINED: usize = 400;

/// An attacker to be.
pub(super) struct Attacker {
    /// Whom it attacks.
    pub(super) address: SocketAddr,
    /// Where it comes from, if it can choose.
    pub(super) source: Option<Ipv4Addr>,
    /// How.
    pub(super) mode: Mode,
    /// An API key, so that no attack fails at the door.
    pub(super) key: String,
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It was not let in.
    Refused,
    /// The server closed the connection after this time.
    Closed(Duration),
    /// It still held its connection at the deadline.
    Holds,
}

impl Attacker {
    /// Attacks until it is cut off, or the deadline.
    pub(super) async fn attack(&self, deadline: Duration) -> Fate {
        let Ok(Ok(mut stream)) = timeout(CONNECT_DEADLINE, self.connect()).await else { return Fate::Refused };
        let began = Instant::now();
        let held = timeout_at((began + deadline).into(), async {
            match self.mode {
                Mode::SlowRead => self.write_without_reading(&mut stream).await,
                _ => self.drip(&mut stream).await,
            }
        });
        match held.await {
            Ok(()) => Fate::Closed(began.elapsed()),
            Err(_) => Fate::Holds,
        }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let socket = if self.address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if self.mode == Mode::SlowRead {
            socket.set_recv_buffer_size(4_096)?;
        }
        if let Some(source) = self.source {
            socket.bind((IpAddr::V4(source), 0).into())?;
        }
        socket.connect(self.address).await
    }

    /// What it says first, and then again and again.
    fn words(&self) -> (String, &'static [u8]) {
        let (host, key) = (self.address, &self.key);
        match self.mode {
            Mode::Silent => (String::new(), b""),
            Mode::SlowHeader => (format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nX-Slow: "), b"a"),
            Mode::SlowBody => (
                format!(
                    "POST /api/payments/create HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\
                     Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
                ),
                b" ",
            ),
            Mode::SlowRead => {
                let one =
                    format!("GET /api/openapi.json HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\r\n");
                (one.repeat(PIPELINED), b"G")
            }
        }
    }

    /// Drips bytes and returns when the server has closed. An answer alone does not count: the connection is still held.
    async fn drip(&self, stream: &mut TcpStream) {
        let (opening, drop) = self.words();
        if stream.write_all(opening.as_bytes()).await.is_err() {
            return;
        }
        let mut drips = interval(DRIP_EVERY);
        drips.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut answer = [0; 1_024];
        loop {
            tokio::select! {
                read = stream.read(&mut answer) => {
                    if read.unwrap_or(0) == 0 {
                        return;
                    }
                }
                _ = drips.tick() => {
                    if !drop.is_empty() && stream.write_all(drop).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Writes and never reads; returns when a write says that the server has closed.
    async fn write_without_reading(&self, stream: &mut TcpStream) {
        let (opening, probe) = self.words();
        // The server may stop taking requests before it has taken all, which is as good.
        if let Ok(Err(_)) = timeout(Duration::from_secs(1), stream.write_all(opening.as_bytes())).await {
            return;
        }
        loop {
            sleep(PROBE_EVERY).await;
            match stream.try_write(probe) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    fn attacker(address: SocketAddr, mode: Mode) -> Attacker {
        Attacker { address, source: Some(Ipv4Addr::new(127, 0, 1, 1)), mode, key: "sk".into() }
    }

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        (listener, address)
    }

    #[tokio::test]
    async fn a_server_that_closes_is_noticed_in_every_mode() {
        for mode in [Mode::Silent, Mode::SlowHeader, Mode::SlowBody, Mode::SlowRead] {
            let (listener, address) = listener().await;
            let server = tokio::spawn(async move { drop(listener.accept().await) });
            let fate = attacker(address, mode).attack(Duration::from_secs(10)).await;
            assert!(matches!(fate, Fate::Closed(_)), "{mode:?}: {fate:?}");
            server.await.expect("ended");
        }
    }

    #[tokio::test]
    async fn a_server_that_holds_still_is_held() {
        for mode in [Mode::Silent, Mode::SlowHeader, Mode::SlowRead] {
            // Never accepted, yet connected: the kernel does that.
            let (_listener, address) = listener().await;
            assert_eq!(attacker(address, mode).attack(Duration::from_millis(400)).await, Fate::Holds, "{mode:?}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_refuses() {
        let (listener, address) = listener().await;
        drop(listener);
        assert_eq!(attacker(address, Mode::Silent).attack(Duration::from_secs(1)).await, Fate::Refused);
    }
}
