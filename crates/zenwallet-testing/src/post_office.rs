//! An SMTP server (RFC 5321) on loopback, without TLS and logins: it keeps what it takes, and refuses what it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// From whom, as the envelope says.
    pub from: String,
    /// To whom, as the envelope says.
    pub to: Vec<String>,
    /// Its lines, headers first, without the dots that SMTP adds.
    pub lines: Vec<String>,
}

impl Taken {
    /// The value of a header that stands once.
    pub fn header(&self, name: &str) -> String {
        let lines = self.lines.iter().take_while(|line| !line.is_empty());
        let found: Vec<_> = lines.filter_map(|line| line.strip_prefix(&format!("{name}: "))).collect();
        assert_eq!(found.len(), 1, "{name} in {:?}", self.lines);
        found[0].to_owned()
    }

    /// What stands behind the headers.
    pub fn body(&self) -> String {
        self.lines.iter().skip_while(|line| !line.is_empty()).skip(1).map(|line| format!("{line}\n")).collect()
    }
}

#[derive(Debug, Default)]
struct Counter {
    taken: Vec<Taken>,
    calls: usize,
    refusal: Option<String>,
}

/// The server, until it is dropped.
#[derive(Debug)]
pub struct PostOffice {
    /// Where it listens.
    pub address: SocketAddr,
    counter: Arc<Mutex<Counter>>,
    serving: JoinHandle<()>,
}

impl PostOffice {
    /// Opens one on a free port.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let counter = Arc::<Mutex<Counter>>::default();
        let shared = Arc::clone(&counter);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counter = Arc::clone(&shared);
                // A client that goes away in the middle has said enough.
                tokio::spawn(async move { drop(talk(stream, &counter).await) });
            }
        });
        Self { address, counter, serving }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Answers every recipient with this line from now on; `None`: takes all.
    pub fn refuse(&self, line: Option<&str>) {
        self.lock().refusal = line.map(str::to_owned);
    }

    /// Everything taken.
    pub fn taken(&self) -> Vec<Taken> {
        self.lock().taken.clone()
    }

    /// How many recipients were named, refused or not.
    pub fn calls(&self) -> usize {
        self.lock().calls
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counter> {
        self.counter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn talk(stream: TcpStream, counter: &Mutex<Counter>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 post office\r\n").await?;
    let (mut line, mut letter) = (String::new(), new_letter());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let answer = match command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => "250-post office\r\n250 8BITMIME".to_owned(),
            "MAIL" => {
                letter = Taken { from: address(&command), ..new_letter() };
                "250 who".to_owned()
            }
            "RCPT" => {
                let refusal = {
                    let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
                    counter.calls += 1;
                    counter.refusal.clone()
                };
                letter.to.push(address(&command));
                refusal.unwrap_or_else(|| "250 known".to_owned())
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                letter.lines = read_lines(&mut stream).await?;
                counter.lock().unwrap_or_else(PoisonError::into_inner).taken.push(letter.clone());
                "250 taken".to_owned()
            }
            "QUIT" => return stream.write_all(b"221 farewell\r\n").await,
            _ => "500 what".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

const fn new_letter() -> Taken {
    Taken { from: String::new(), to: Vec::new(), lines: Vec::new() }
}

fn address(command: &str) -> String {
    command.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// The lines up to the one that is a single dot.
async fn read_lines(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let text = line.strip_suffix("\r\n").ok_or(std::io::ErrorKind::InvalidData)?;
        if text == "." {
            return Ok(lines);
        }
        lines.push(text.strip_prefix('.').unwrap_or(text).to_owned());
    }
}
