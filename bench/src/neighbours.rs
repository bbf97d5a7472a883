//! `neighbours`: what an app with a good receiver feels of apps whose receivers hang and drip.

use crate::batch::{Batch, Caller, Completed, Pace};
use crate::process::rss_kib;
use crate::receiver::{Receiver, loopback};
use crate::report::{Tally, say};
use crate::site::Options;
use crate::stats::{Latencies, ms};
use std::time::Duration;

/// Nothing new for this long, and what has not come never will.
const PATIENCE: Duration = Duration::from_secs(15);
const CONNECTIONS: usize = 16;

/// Arguments of `neighbours`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    site: Options,
    /// How long the good app is measured alone, and then again beside the sick ones.
    #[arg(long, default_value_t = 20)]
    seconds: usize,
    /// Payments of the good app completed a second.
    #[arg(long, default_value_t = 50)]
    rate: usize,
    /// Payments of each sick app completed a second.
    #[arg(long, default_value_t = 100)]
    sick_rate: usize,
    /// So many times as long may the good app's p99 be beside the sick ones.
    #[arg(long, default_value_t = 1.5)]
    ratio_max: f64,
    /// By so much may the gateway's memory grow meanwhile, in MiB.
    #[arg(long, default_value_t = 20.0)]
    growth_max_mib: f64,
}

/// Runs `neighbours`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let site = args.site.prepare("neighbours", &[]).await?;
    let receiver = Receiver::start(&loopback(3, 0))?;
    let app = |name: &str, place: usize, path: &str| {
        let app = site.setup().create_app(name, Some(&receiver.url(place, path)))?;
        anyhow::Ok(site.caller(&app, CONNECTIONS))
    };
    let (good, hanging, dripping) = (app("good", 0, "/ok")?, app("hanging", 1, "/hang")?, app("dripping", 2, "/drip")?);
    let gateway = site.start().await?;
    let batch = async |caller: &Caller, rate: usize| caller.create(rate * args.seconds, |_| None).await;
    let (alone, beside) = (batch(&good, args.rate).await?, batch(&good, args.rate).await?);
    let (hung, dripped) = (batch(&hanging, args.sick_rate).await?, batch(&dripping, args.sick_rate).await?);

    let (pace, sick_pace) = (Pace::PerSecond(args.rate as f64), Pace::PerSecond(args.sick_rate as f64));
    let completed = alone.complete(pace).await?;
    let mut quiet = arrivals(&receiver, &completed, alone.len()).await;
    let (before_kib, _) = rss_kib(gateway.pid())?;
    let completing = tokio::join!(beside.complete(pace), hung.complete(sick_pace), dripped.complete(sick_pace));
    let (completed, hung_completed, dripped_completed) = (completing.0?, completing.1?, completing.2?);
    let mut loud = arrivals(&receiver, &completed, alone.len() + beside.len()).await;
    let (after_kib, most_kib) = rss_kib(gateway.pid())?;

    let mut tally = Tally::default();
    tell("alone", &mut quiet, &alone, &mut tally);
    tell("beside sick neighbours", &mut loud, &beside, &mut tally);
    for (name, completed) in [("hangs", &hung_completed), ("drips", &dripped_completed)] {
        let tried = completed.deliveries(&receiver.ledger()).0.len();
        say(format!("the neighbour that {name}: {} completed, {tried} tried at least once", completed.sent.len()));
    }
    let refused = completed.refused + hung_completed.refused + dripped_completed.refused;
    tally.check(refused == 0, format!("completes refused: {refused}"));
    let ratio = loud.quantile(0.99).as_secs_f64() / quiet.quantile(0.99).as_secs_f64();
    tally.check(ratio <= args.ratio_max, format!("p99 beside / p99 alone: {ratio:.2}, at most {}", args.ratio_max));
    let [before, after, most] = [before_kib, after_kib, most_kib].map(|kib| kib as f64 / 1_024.0);
    let growth = format!("memory: {before:.1} MiB before, {after:.1} MiB after, {most:.1} MiB at most");
    tally.check(after - before <= args.growth_max_mib, growth);
    Ok(tally.finish())
}

/// Waits until so many events were accepted; answers how long these completes' events took.
async fn arrivals(receiver: &Receiver, completed: &Completed, accepted: usize) -> Latencies {
    receiver.wait_for(accepted, PATIENCE).await;
    completed.deliveries(&receiver.ledger()).0
}

fn tell(when: &str, latencies: &mut Latencies, batch: &Batch, tally: &mut Tally) {
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|q| ms(latencies.quantile(q)));
    let all = latencies.len() == batch.len();
    let words = format!("the good app {when}: {} of {} received", latencies.len(), batch.len());
    tally.check(all, format!("{words}, complete to receipt p50 {p50}  p99 {p99}  at most {most}"));
}
