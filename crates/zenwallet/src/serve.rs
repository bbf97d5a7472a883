//! `zenwallet serve`

use crate::{logs, open, say};
use anyhow::Context;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use zenwallet_core::app::Environment;
use zenwallet_server::config::Config;
use zenwallet_server::gateway::{Gateway, NewApp};
use zenwallet_server::{App, Limits};
use zenwallet_server::{metrics, worker};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4_096;
/// The exit code for a disk that can no longer be trusted (EX_IOERR).
const EXIT_IO_ERROR: u8 = 74;

pub(crate) async fn serve(mut config: Config) -> anyhow::Result<ExitCode> {
    logs::start(&config.log)?;
    metrics::start();
    let listener = listen(&config)?;
    config.rebind(listener.local_addr()?);
    let gateway = Arc::new(open::gateway(&config).await?);
    show_demo(&config, &gateway).await?;

    let stop = CancellationToken::new();
    let batch_max = u32::try_from(config.expiry.batch_max).unwrap_or(u32::MAX);
    let expiry = tokio::spawn(worker::run_expiry(Arc::clone(&gateway), batch_max, stop.clone()));
    let upkeep = tokio::spawn(worker::run_upkeep(Arc::clone(&gateway), stop.clone()));
    let limits = Limits {
        max_connections: config.http.max_connections,
        max_connections_per_address: config.http.max_connections_per_address,
        head_timeout: config.http.head_timeout,
        idle_timeout: config.http.keep_alive_idle,
        write_stall_timeout: config.http.write_stall_timeout,
        grace: config.shutdown.grace,
    };
    let app = App::new(Arc::clone(&gateway), config.http.metrics, config.http.body_timeout);
    let server = tokio::spawn(zenwallet_server::serve(listener, app, limits, stop.clone()));
    tracing::info!(listen = %config.listen, public_url = config.public_url, "ready");

    let failure = tokio::select! {
        name = asked_to_stop()? => {
            tracing::info!(signal = name, "stopping: no new connections, open requests are answered");
            None
        }
        reason = gateway.failed_for_good() => Some(reason),
    };
    stop.cancel();
    server.await.context("the server's task ended badly")?;
    let _ = tokio::join!(expiry, upkeep);
    gateway.close().await;
    match failure {
        None => {
            tracing::info!("stopped");
            Ok(ExitCode::SUCCESS)
        }
        Some(reason) => {
            tracing::error!(reason, "stopped: the database can no longer be trusted to keep what it is given");
            Ok(ExitCode::from(EXIT_IO_ERROR))
        }
    }
}

fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = config.listen;
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    let cannot = || format!("listen {address}: it cannot be listened on; choose another with --listen");
    socket.bind(address).with_context(cannot)?;
    socket.listen(BACKLOG).with_context(cannot)
}

/// Resolves with the name of the signal that asks to stop.
fn asked_to_stop() -> anyhow::Result<impl Future<Output = &'static str>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// The first start of an empty SQLite database makes a test app, so that the first payment is one line away.
async fn show_demo(config: &Config, gateway: &Gateway) -> anyhow::Result<()> {
    if !config.demo.app || config.database_url.is_some() || gateway.has_apps().await? {
        return Ok(());
    }
    let new =
        NewApp { name: "Demo".to_owned(), environment: Environment::Test, webhook_url: None, rate_limit_per_s: None };
    let made = gateway.create_app(new).await?;
    let (url, key) = (&config.public_url, made.api_key.reveal());
    say(&format!(
        "\nWelcome to ZenWallet. This is the first start, so here is a test app to play with.\n\
         Its secrets are shown this once:\n\n\
         \x20 App             {}\n\
         \x20 API key         {key}\n\
         \x20 Webhook secret  {}\n\n\
         Create a payment, then open its payment_url in a browser:\n\n\
         \x20 curl {url}/api/payments/create -H 'Authorization: Bearer {key}' \\\n\
         \x20   -H 'Content-Type: application/json' -d '{{\"amount\":500,\"currency\":\"COINS\",\"description\":\"Event ticket\"}}'\n\n\
         API reference   {url}/docs/api/\n",
        made.app.id, made.webhook_secret,
    ));
    Ok(())
}
