//! `zenwallet listen`: the app's webhooks, posted to a receiver that the gateway cannot reach.

use super::events::event_type;
use super::failure::Failure;
use super::forward::{Forwarded, Forwarder};
use super::target::Target;
use super::{Outcome, show};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zenwallet_sdk::{EventType, Listened, Secret};

#[derive(Args)]
#[group(skip)]
pub(crate) struct Listen {
    /// Where the webhooks go, such as http://localhost:3000/webhook; without it they are only told of
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// Which events, with commas between [default: those that end a payment, and webhook.test]
    #[arg(long, value_name = "TYPES", value_delimiter = ',', value_parser = event_type, conflicts_with = "all_events")]
    events: Vec<EventType>,
    /// Every event
    #[arg(long)]
    all_events: bool,
    /// Begin behind this event of the log instead of now; 0 is the log's beginning
    #[arg(long, value_name = "SEQ")]
    after_seq: Option<i64>,
    /// A file that is made once the gateway is listened to, holding the webhook secret; removed at the end
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Print the webhook secret, and end
    #[arg(long, conflicts_with_all = ["forward_to", "ready_file"])]
    print_secret: bool,
}

/// Removes the file that says that somebody listens.
struct ReadyFile<'a>(&'a Path);

impl Drop for ReadyFile<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0);
    }
}

pub(super) async fn run(target: &Target, listen: Listen) -> Outcome {
    let client = target.client()?;
    let forwarder = listen.forward_to.as_deref().map(Forwarder::new).transpose()?;
    if let Some(path) = &listen.ready_file {
        // One from before would say too early that all is ready.
        let _ = fs::remove_file(path);
    }
    let lost = |error: &zenwallet_sdk::Error, wait: std::time::Duration| {
        crate::complain(&format!("{error}; listening again in {:.1} s", wait.as_secs_f64()));
    };
    let mut listener = client.webhooks().listen(listen.after_seq).on_lost(lost);
    let secret = tokio::select! {
        secret = listener.ready() => secret?,
        () = stopped() => return Ok(ExitCode::SUCCESS),
    };
    if listen.print_secret {
        crate::say(secret.reveal());
        return Ok(ExitCode::SUCCESS);
    }
    greet(target, &secret, forwarder.as_ref());
    let _ready = listen.ready_file.as_deref().map(|path| be_ready(path, &secret)).transpose()?;
    let forwarding = async {
        loop {
            let webhook = listener.next().await?;
            if !listen.wants(&webhook.r#type) {
                continue;
            }
            let Some(forwarder) = &forwarder else {
                tell(target, &webhook, None);
                continue;
            };
            let waiting = || show::progress(&format!("nothing answers at {}; waiting for it", forwarder.to()));
            match forwarder.forward(&webhook, waiting).await {
                Forwarded::Outdated => listener.sign_again(&webhook),
                outcome => tell(target, &webhook, Some(outcome)),
            }
        }
    };
    tokio::select! {
        failure = forwarding => failure,
        () = stopped() => Ok(ExitCode::SUCCESS),
    }
}

impl Listen {
    fn wants(&self, kind: &EventType) -> bool {
        match kind {
            _ if self.all_events => true,
            kind if !self.events.is_empty() => self.events.contains(kind),
            // What an endpoint is told unless it asks for more.
            kind => !matches!(kind, EventType::PaymentCreated | EventType::WebhookDisabled),
        }
    }
}

/// Ctrl-C, or the polite signal of whoever started this.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    let _ = interrupted.await;
}

fn greet(target: &Target, secret: &Secret, forwarder: Option<&Forwarder>) {
    let to = forwarder.map(|forwarder| forwarder.to().as_str());
    let ready = serde_json::json!({ "ready": true, "webhook_secret": secret.reveal(), "forward_to": to });
    show::object(target.json, &ready, || {
        let to = to.map_or_else(String::new, |to| format!("Forwarding to    {to}\n"));
        format!(
            "{to}Webhook secret   {}\nVerify with this secret, not with the app's own. Ctrl-C ends it.",
            secret.reveal()
        )
    });
}

/// Says that the gateway is listened to, to whoever waits for the file; whole or not at all.
fn be_ready<'a>(path: &'a Path, secret: &Secret) -> Result<ReadyFile<'a>, Failure> {
    let next = path.with_added_extension("next");
    let write = || {
        let _ = fs::remove_file(&next);
        super::credentials::write_private(&next, format!("{}\n", secret.reveal()).as_bytes())?;
        fs::rename(&next, path)
    };
    write().map_err(|error: std::io::Error| Failure::Local(format!("{}: {error}", path.display())))?;
    Ok(ReadyFile(path))
}

fn tell(target: &Target, webhook: &Listened, outcome: Option<Forwarded>) {
    let (status, took, error) = match outcome {
        Some(Forwarded::Answered { status, took }) => (Some(status), Some(took), None),
        Some(Forwarded::NoAnswer(why)) => (None, None, Some(why)),
        Some(Forwarded::Outdated) | None => (None, None, None),
    };
    let id = webhook.headers.get("webhook-id").map_or("", String::as_str);
    let took_ms = took.map(|took| took.as_millis());
    let line = serde_json::json!({
        "seq": webhook.seq, "type": webhook.r#type, "event_id": id, "status": status, "duration_ms": took_ms, "error": error,
    });
    show::object(target.json, &line, || {
        let answer = match (status, &error) {
            (Some(status), _) => format!("{status} in {} ms", took_ms.unwrap_or_default()),
            (None, Some(why)) => why.clone(),
            (None, None) => String::new(),
        };
        let again = match status {
            Some(200..300) => String::new(),
            None if error.is_none() => String::new(),
            _ => format!("  again: zenwallet listen --after-seq {}", webhook.seq - 1),
        };
        let (seq, kind) = (webhook.seq, &webhook.r#type);
        format!("{seq:>6}  {kind:<16}  {id}  {answer}{again}").trim_end().to_owned()
    });
}
