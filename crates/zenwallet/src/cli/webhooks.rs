//! `zenwallet webhooks`.

use super::failure::Failure;
use super::target::Target;
use super::{Outcome, show};
use clap::Subcommand;
use std::process::ExitCode;
use zenwallet_core::time::Clock;
use zenwallet_sdk::{Client, Delivery, DeliveryStatus, ListDeliveries, ReplayWebhooks};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List deliveries, the newest first
    List {
        /// Where they stand
        #[arg(long, value_parser = ["PENDING", "DELIVERED", "FAILED", "CANCELED"], ignore_case = true)]
        status: Option<String>,
        /// Of this payment
        #[arg(long, value_name = "ID")]
        payment: Option<String>,
        /// How many at most, up to 100
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
    },
    /// Show a delivery with every attempt
    Get {
        /// The delivery
        #[arg(value_name = "ID")]
        delivery_id: String,
    },
    /// Send a delivery now if it waits, and again if it is over
    Resend {
        /// The deliveries
        #[arg(value_name = "ID", required = true)]
        delivery_ids: Vec<String>,
    },
    /// Send again everything that has failed for good since a moment
    Replay {
        /// How long ago, such as 30m, 2h or 3d; or the moment, RFC 3339
        #[arg(long, value_name = "MOMENT", value_parser = since)]
        since: Since,
        /// To this endpoint alone
        #[arg(long, value_name = "ID")]
        endpoint: Option<String>,
        /// Count them only
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Clone)]
pub(crate) enum Since {
    Ago { ms: i64 },
    Moment(String),
}

fn since(text: &str) -> Result<Since, String> {
    let units = [("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let ago_ms =
        units.iter().find_map(|(unit, ms)| Some(i64::from(text.strip_suffix(unit)?.parse::<u32>().ok()?) * ms));
    match ago_ms {
        Some(ms) => Ok(Since::Ago { ms }),
        None if text.contains('T') => Ok(Since::Moment(text.to_owned())),
        None => Err("write it as 30m, 2h, 3d or 2026-01-26T10:35:00Z".to_owned()),
    }
}

pub(super) async fn run(target: &Target, command: Command) -> Outcome {
    let client = target.client()?;
    match command {
        Command::List { status, payment, limit } => list(target, &client, status, payment, limit).await?,
        Command::Get { delivery_id } => {
            let delivery = client.deliveries().get(&delivery_id).await?;
            show::object(target.json, &delivery, || {
                // People read the same names as programs do, and bodies whole.
                serde_json::to_string_pretty(&delivery).unwrap_or_default()
            });
        }
        Command::Resend { delivery_ids } => {
            for delivery_id in delivery_ids {
                let sent = client.deliveries().retry(&delivery_id).await?;
                show::object(target.json, &sent, || format!("{delivery_id} is sent again as {}", sent.delivery_id));
            }
        }
        Command::Replay { since, endpoint, dry_run } => replay(target, &client, since, endpoint, dry_run).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(
    target: &Target,
    client: &Client,
    status: Option<String>,
    payment_id: Option<String>,
    limit: u32,
) -> Result<(), Failure> {
    let status = status.map(|name| match name.to_ascii_uppercase().as_str() {
        "PENDING" => DeliveryStatus::Pending,
        "DELIVERED" => DeliveryStatus::Delivered,
        "FAILED" => DeliveryStatus::Failed,
        _ => DeliveryStatus::Canceled,
    });
    let wanted = ListDeliveries { status, payment_id, limit: Some(limit), ..ListDeliveries::default() };
    let row = |one: &Delivery| {
        let answer = one.response_status.map(|status| status.to_string()).or_else(|| one.error.clone());
        let (kind, status) = (one.r#type.to_string(), one.status.to_string());
        let answer = show::one_line(&answer.unwrap_or_default());
        vec![
            one.delivery_id.clone(),
            status,
            one.attempts.to_string(),
            answer,
            kind,
            one.created_at.clone(),
            show::one_line(&one.url),
        ]
    };
    let heads = ["Delivery", "Status", "Attempts", "Answer", "Event", "Created", "To"];
    show::rows(target.json, &client.deliveries().list(&wanted).await?.data, &heads, row);
    Ok(())
}

/// One replay takes so many; further ones follow until nothing is left.
async fn replay(
    target: &Target,
    client: &Client,
    since: Since,
    endpoint_id: Option<String>,
    dry_run: bool,
) -> Result<(), Failure> {
    let since = match since {
        Since::Ago { ms } => Clock::System.now().plus_ms(-ms).to_string(),
        Since::Moment(moment) => moment,
    };
    let wanted = ReplayWebhooks { endpoint_id, dry_run: Some(dry_run), ..ReplayWebhooks::new(since) };
    loop {
        let replay = client.webhooks().replay(&wanted).await?;
        show::object(target.json, &replay, || match dry_run {
            true => format!("{} would be sent again{}", replay.count, if replay.has_more { ", and more" } else { "" }),
            false => format!("{} are sent again", replay.count),
        });
        if dry_run || !replay.has_more {
            return Ok(());
        }
    }
}
