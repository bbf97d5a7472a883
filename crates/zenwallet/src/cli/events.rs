//! `zenwallet events`.

use super::target::Target;
use super::{Outcome, show};
use clap::Subcommand;
use std::process::ExitCode;
use zenwallet_sdk::{Event, EventType, ListEvents};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Follow the log: prints each event as it happens, until Ctrl-C
    Tail {
        /// Begin behind this event instead of now; 0 is the log's beginning
        #[arg(long, value_name = "SEQ")]
        after_seq: Option<i64>,
        /// Only events of this type, such as payment.success
        #[arg(long = "type", value_name = "TYPE", value_parser = event_type)]
        of_type: Option<EventType>,
        /// Stop at the log's present end instead of waiting for more
        #[arg(long)]
        no_follow: bool,
    },
    /// Show an event
    Get {
        /// The event
        #[arg(value_name = "ID")]
        event_id: String,
    },
}

/// A type of event, spelled as the API spells it.
pub(super) fn event_type(text: &str) -> Result<EventType, String> {
    let names =
        ["payment.created", "payment.success", "payment.failed", "payment.expired", "webhook.test", "webhook.disabled"];
    if !names.contains(&text) {
        return Err(format!("it is one of {}", names.join(", ")));
    }
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

pub(super) async fn run(target: &Target, command: Command) -> Outcome {
    let client = target.client()?;
    match command {
        Command::Get { event_id } => tell(target, &client.events().get(&event_id).await?),
        Command::Tail { after_seq, of_type, no_follow: true } => {
            let wanted = ListEvents { after_seq, r#type: of_type, limit: Some(100), ..ListEvents::default() };
            let mut walk = client.events().list_all(wanted);
            while let Some(event) = walk.next().await? {
                tell(target, &event);
            }
        }
        Command::Tail { after_seq, of_type, no_follow: false } => {
            let lost = |error: &zenwallet_sdk::Error, _| crate::complain(&format!("{error}; connecting again"));
            let mut stream = client.events().stream(after_seq, of_type).on_lost(lost);
            stream.ready().await?;
            show::progress("Following the log; Ctrl-C ends it.");
            loop {
                tokio::select! {
                    event = stream.next() => tell(target, &event?),
                    _ = tokio::signal::ctrl_c() => break,
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(target: &Target, event: &Event) {
    show::object(target.json, event, || {
        let amount = event.amount.map(|amount| format!("{amount} {}", event.currency.as_deref().unwrap_or_default()));
        let reference = show::one_line(event.reference_id.as_deref().unwrap_or_default());
        let (seq, amount) = (event.seq.unwrap_or_default(), amount.unwrap_or_default());
        let (at, kind, id) = (&event.timestamp, &event.r#type, &event.payment_id);
        format!("{seq:>6}  {at}  {kind:<16}  {id}  {amount}  {reference}").trim_end().to_owned()
    });
}
