//! The ack journal: every answer that a client was given, on disk and outside the product, before anybody judges it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// One sync for all that arrives in this time: the journal must not take the disk away from the product.
const BATCH_TIME: Duration = Duration::from_millis(50);

/// What a client wants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Create a payment.
    Create,
    /// Complete a payment.
    Complete,
    /// Cancel a payment.
    Cancel,
    /// Read a payment.
    Read,
}

/// A request, as it is sent again until it is answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    /// The caller's place in the list of apps.
    pub(crate) app: usize,
    /// What it wants.
    pub(crate) action: Action,
    /// Of which payment; none for a create.
    pub(crate) target: Option<String>,
    /// Whether the payment is another app's.
    pub(crate) foreign: bool,
    /// Its `Idempotency-Key`.
    pub(crate) key: Option<String>,
    /// Its JSON body.
    pub(crate) body: Option<String>,
}

/// A request and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Ack {
    /// The request.
    pub(crate) call: Call,
    /// The tick at which it was first sent.
    pub(crate) began: u64,
    /// The tick at which its answer was there.
    pub(crate) ended: u64,
    /// When it was first sent.
    pub(crate) sent_ms: i64,
    /// When its answer was there.
    pub(crate) acked_ms: i64,
    /// The HTTP status; 0 if it was never answered.
    pub(crate) status: u16,
    /// Whether the answer says that it is a repetition.
    pub(crate) replayed: bool,
    /// The digest of the whole body.
    pub(crate) digest: String,
    /// The body without the picture in it.
    pub(crate) body: String,
}

/// A digest that tells bodies apart.
pub(crate) fn digest(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The body without its QR code's base64, which would be most of the journal.
pub(crate) fn without_picture(body: &str) -> String {
    const START: &str = "\"qr_code\":\"data:image/png;base64,";
    let cut = body.find(START).and_then(|at| {
        let from = at + START.len();
        Some((from, from + body[from..].find('"')?))
    });
    match cut {
        Some((from, to)) => [&body[..from], &body[to..]].concat(),
        None => body.to_owned(),
    }
}

/// Appends to a journal from any number of clients.
#[derive(Debug)]
pub(crate) struct Journal {
    sender: Sender<Ack>,
    writer: JoinHandle<anyhow::Result<u64>>,
}

impl Journal {
    /// Begins a journal in a new file.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::options().append(true).create_new(true).open(path)?;
        let (sender, receiver) = channel();
        Ok(Self { sender, writer: std::thread::spawn(move || write_batches(file, &receiver)) })
    }

    /// Adds one entry.
    pub(crate) fn append(&self, ack: Ack) {
        // A writer that failed has hung up; closing the journal says why.
        let _ = self.sender.send(ack);
    }

    /// Waits until everything is on disk and answers how many entries there are.
    pub(crate) fn close(self) -> anyhow::Result<u64> {
        drop(self.sender);
        self.writer.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the journal's writer panicked")))
    }
}

fn write_batches(file: File, receiver: &Receiver<Ack>) -> anyhow::Result<u64> {
    let mut out = BufWriter::new(file);
    let mut entries = 0;
    while let Ok(first) = receiver.recv() {
        let batch_ends = Instant::now() + BATCH_TIME;
        let mut next = Some(first);
        while let Some(ack) = next {
            serde_json::to_writer(&mut out, &ack)?;
            out.write_all(b"\n")?;
            entries += 1;
            next = receiver.recv_timeout(batch_ends.saturating_duration_since(Instant::now())).ok();
        }
        out.flush()?;
        out.get_ref().sync_data()?;
    }
    Ok(entries)
}

/// Reads a whole journal.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Ack>> {
    let lines = BufReader::new(File::open(path)?).lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owned::WorkDir;

    fn ack(n: u64) -> Ack {
        let call = Call {
            app: 0,
            action: Action::Create,
            target: None,
            foreign: false,
            key: Some(format!("k{n}")),
            body: Some("{}".into()),
        };
        let (body, digest) = ("{\"a\":\"\\n\"}".to_owned(), digest(b"x"));
        Ack { call, began: n, ended: n + 1, sent_ms: 1, acked_ms: 2, status: 201, replayed: false, digest, body }
    }

    #[test]
    fn what_many_threads_append_is_read_back_whole() {
        let dir = WorkDir::create("journal").expect("a directory");
        let path = dir.path().join("journal");
        let journal = Journal::create(&path).expect("begun");
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let journal = &journal;
                scope.spawn(move || (0..100).for_each(|n| journal.append(ack(thread * 100 + n))));
            }
        });
        assert_eq!(journal.close().expect("closed"), 400);
        let mut read = read(&path).expect("read");
        read.sort_by_key(|a| a.began);
        assert_eq!(read, (0..400).map(ack).collect::<Vec<_>>());
        assert!(Journal::create(&path).is_err(), "a journal is never written over");
    }

    #[test]
    fn the_picture_is_cut_out_and_nothing_else() {
        let body = r#"{"a":1,"qr_code":"data:image/png;base64,iVBORw0KGgo=","b":"x"}"#;
        assert_eq!(without_picture(body), r#"{"a":1,"qr_code":"data:image/png;base64,","b":"x"}"#);
        assert_eq!(without_picture("{}"), "{}");
        assert_ne!(digest(b"a"), digest(b"b"));
    }
}
