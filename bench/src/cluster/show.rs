//! Two nodes for people to look at: a payment on the first, and what of it comes where, with the milliseconds.

use super::Args;
use super::nodes::Nodes;
use super::propagation::create;
use crate::http::careful::{Ask, Client};
use crate::live::{Heard, Socket, Stream, auth};
use crate::report::say;
use anyhow::{Context, ensure};
use hyper::Method;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// What has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the show.
pub(super) async fn run(args: &Args) -> anyhow::Result<bool> {
    say("PostgreSQL and two nodes start ...");
    let nodes = Nodes::start(args).await?;
    let app = nodes.create_app("cluster")?;
    let [a, b] = [nodes.addresses()[0], nodes.addresses()[1]];
    say(format!("node-a  http://{a}  pid {}", nodes.pid(0)));
    say(format!("node-b  http://{b}  pid {}", nodes.pid(1)));
    say(format!("an app  {}\n", app.api_key));

    let (told, mut lines) = mpsc::unbounded_channel();
    let mut stream = Stream::open(b, &app.api_key, 0).await?;
    let mut socket = Socket::connect(b, &auth(&app.api_key, Some(0))).await?;
    let also_told = told.clone();
    tokio::spawn(async move {
        while let Ok(event) = stream.next_event().await {
            let _ = told
                .send((Instant::now(), format!("node-b  the stream is told event {} {}", event.seq, event.event_id)));
        }
    });
    tokio::spawn(async move {
        while let Ok(heard) = socket.next().await {
            if let Heard::Event(json) = heard {
                let at = Instant::now();
                let event: Value = serde_json::from_str(&json).unwrap_or_default();
                let line = format!("node-b  the socket is told {} {}", event["event"], event["payment_id"]);
                let _ = also_told.send((at, line));
            }
        }
    });

    let mut client = Client::new(a);
    let began = Instant::now();
    let payment_id = create(&mut client, &app.api_key).await?;
    let mut happened = vec![(Instant::now(), format!("node-a  201 {payment_id} is created"))];
    happened.extend(hear(&mut lines, 2).await?);
    let path = format!("/api/payments/{payment_id}/complete");
    let (bearer, body) = (Some(app.api_key.as_str()), Some(r#"{"status":"SUCCESS"}"#));
    let asked = Instant::now();
    let answer = client.send(&Ask { method: Method::POST, path: &path, bearer, body, ..Ask::default() }).await?;
    ensure!(answer.status == 200, "the complete was answered {}", answer.status);
    happened.push((Instant::now(), "node-a  200 it is completed".to_owned()));
    happened.extend(hear(&mut lines, 2).await?);
    happened.push((began, "node-a  a payment is asked for".to_owned()));
    happened.push((asked, "node-a  and asked to be completed".to_owned()));
    happened.sort_by_key(|(at, _)| *at);
    for (at, line) in happened {
        say(format!("{:8.2} ms  {line}", (at - began).as_secs_f64() * 1_000.0));
    }
    if args.once {
        return Ok(true);
    }
    say(format!(
        "\nFollow it:  curl -N -H 'Authorization: Bearer {}' http://{b}/api/events/stream?after_seq=0",
        app.api_key
    ));
    say(format!("The payer:  http://{a}/pay/{payment_id}"));
    say("Both run until Ctrl-C; then everything is ended and removed.");
    std::future::pending().await
}

/// Waits for so many lines.
async fn hear(
    lines: &mut mpsc::UnboundedReceiver<(Instant, String)>,
    count: usize,
) -> anyhow::Result<Vec<(Instant, String)>> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let line = tokio::time::timeout(PATIENCE, lines.recv()).await.context("nothing came to node-b")?;
        heard.push(line.context("node-b has left")?);
    }
    Ok(heard)
}
