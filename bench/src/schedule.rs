//! `schedule`: how late each retry comes, measured from the failure before it as the receiver saw it.

use crate::batch::Pace;
use crate::receiver::{Ledger, Receipt, Receiver, loopback};
use crate::report::{Tally, say};
use crate::site::{Db, Plan, Site};
use crate::stats::{Latencies, ms};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

/// Completes a second: the failures are spread, so that the machine is idle when the retries are due.
const RATE: f64 = 50.0;
/// What an attempt may be late before it counts as missing.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);

/// Arguments of `schedule`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The databases, measured at the same time.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite,postgres")]
    db: Vec<Db>,
    /// The product's binary.
    #[arg(long, default_value = "target/release/zenwallet")]
    binary: PathBuf,
    /// Payments, each with a target of its own: at one target failures take each other's turns.
    #[arg(long, default_value_t = 200)]
    payments: usize,
    /// The waits to measure, in seconds; the gateway's own schedule unless said.
    #[arg(long, value_delimiter = ',', default_value = "5,30")]
    waits: Vec<f64>,
    /// How late the 99th of a hundred may be, in milliseconds.
    #[arg(long, default_value_t = 50)]
    late_max_ms: u64,
}

/// Runs `schedule`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let mut tally = Tally::default();
    let (first, second) = (args.db.first().copied(), args.db.get(1).copied());
    let measured = tokio::try_join!(measure(&args, first), measure(&args, second))?;
    for (db, steps) in [first, second].into_iter().zip([measured.0, measured.1]) {
        let Some(db) = db else { continue };
        for (step, wait_s) in steps.into_iter().zip(&args.waits) {
            step.tell(&format!("{db:?}, {wait_s} s after a failure"), &args, &mut tally);
        }
    }
    Ok(tally.finish())
}

/// What one wait of the schedule was like.
#[derive(Default, Debug)]
struct Step {
    late: Latencies,
    /// How early each attempt was that came too early.
    early: Vec<Duration>,
}

impl Step {
    fn tell(mut self, name: &str, args: &Args, tally: &mut Tally) {
        let came = self.late.len() + self.early.len();
        tally.check(came == args.payments, format!("{name}: {came} of {} attempts came", args.payments));
        let earliest = self.early.iter().max().copied().unwrap_or_default();
        tally.check(self.early.is_empty(), format!("{name}: {} came early, by up to {earliest:?}", self.early.len()));
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|q| self.late.quantile(q));
        let words = format!("{name}: late p50 {}  p99 {}  at most {}", ms(p50), ms(p99), ms(most));
        tally.check(p99 <= Duration::from_millis(args.late_max_ms), words);
    }
}

async fn measure(args: &Args, db: Option<Db>) -> anyhow::Result<Vec<Step>> {
    let Some(db) = db else { return Ok(Vec::new()) };
    // One wait more than is measured, so that the last attempt measured is not the delivery's last.
    let waits: Vec<String> = args.waits.iter().chain(&[300.0]).map(ToString::to_string).collect();
    let settings = [format!("webhooks.retry_delays_s={}", waits.join(","))];
    let site = Site::prepare(&Plan::new("schedule", &args.binary, db, &settings)).await?;
    let receiver = Receiver::start(&loopback(args.payments, 0))?;
    let app = site.setup().create_app("schedule", None)?;
    let _gateway = site.start().await?;
    let batch = site.caller(&app, 4).create(args.payments, |n| Some(receiver.url(n, "/status-500"))).await?;
    let completed = batch.complete(Pace::PerSecond(RATE)).await?;
    anyhow::ensure!(completed.refused == 0, "{} completes were refused", completed.refused);
    await_attempts(&receiver, args).await;
    let ledger = receiver.ledger();
    let (mut first, _) = completed.deliveries(&ledger);
    say(format!("{db:?}: complete to first attempt p50 {}  p99 {}", ms(first.quantile(0.5)), ms(first.quantile(0.99))));
    Ok(steps(&ledger, &args.waits))
}

/// Waits until every attempt has come, or the last one's time is long over.
async fn await_attempts(receiver: &Receiver, args: &Args) {
    let wanted = args.payments * (args.waits.len() + 1);
    let patience = PATIENCE + Duration::from_secs_f64(args.waits.iter().sum());
    let came = async {
        while receiver.ledger().counts().requests < wanted {
            tokio::time::sleep(LOOK).await;
        }
    };
    // Those that have not come by then are told as missing.
    let _ = tokio::time::timeout(patience, came).await;
}

fn steps(ledger: &Ledger, waits_s: &[f64]) -> Vec<Step> {
    let mut attempts: HashMap<&str, Vec<&Receipt>> = HashMap::new();
    for receipt in ledger.receipts() {
        attempts.entry(receipt.payment_id().unwrap_or_default()).or_default().push(receipt);
    }
    let mut steps: Vec<Step> = waits_s.iter().map(|_| Step::default()).collect();
    for attempts in attempts.values() {
        for ((pair, wait_s), step) in attempts.windows(2).zip(waits_s).zip(&mut steps) {
            // The gateway cannot know of the failure before its answer was begun: what comes before then is early.
            let Some(failed) = pair[0].answered else { continue };
            let (waited, wait) = (pair[1].at - failed, Duration::from_secs_f64(*wait_s));
            match waited.checked_sub(wait) {
                Some(late) => step.late.record(late),
                None => step.early.push(wait - waited),
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn lateness_is_counted_from_the_failure_and_early_ones_apart() {
        let receiver = Receiver::start(&loopback(1, 0)).expect("started");
        let address = receiver.url(0, "")["http://".len()..].to_owned();
        let mut stream = TcpStream::connect(&address).await.expect("connected");
        let request = b"POST /status-500 HTTP/1.1\r\nwebhook-id: a\r\ncontent-length: 2\r\n\r\n{}";
        for _ in 0..3 {
            stream.write_all(request).await.expect("written");
            assert!(stream.read(&mut [0; 256]).await.expect("answered") > 0);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        let mut found = steps(&receiver.ledger(), &[0.02, 60.0]);
        assert_eq!((found[0].late.len(), found[0].early.len()), (1, 0));
        assert!(found[0].late.quantile(1.0) >= Duration::from_millis(10));
        assert_eq!((found[1].late.len(), found[1].early.len()), (0, 1));
        assert!(found[1].early[0] > Duration::from_secs(50));
    }
}
