//! `zenwallet serve` and `zenwallet worker`

use crate::{logs, open, say};
use anyhow::Context;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zenwallet_core::app::Environment;
use zenwallet_server::config::Config;
use zenwallet_server::gateway::{Gateway, NewApp};
use zenwallet_server::worker::{self, Dispatch, Slots};
use zenwallet_server::{App, AppOptions, Limits, metrics};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4_096;
/// The exit code for a disk that can no longer be trusted (EX_IOERR).
const EXIT_IO_ERROR: u8 = 74;

/// New deliveries that may be on their way from the writer to the dispatcher.
const HANDOFF_MAX: usize = 4_096;
/// The part of all attempts that one app may have under way.
const APP_SHARE: usize = 8;

pub(crate) async fn serve(mut config: Config) -> anyhow::Result<ExitCode> {
    logs::start(&config.log)?;
    metrics::start();
    let listener = listen(&config)?;
    config.rebind(listener.local_addr()?);
    let (gateway, workers) = open_with_workers(&config, config.serve_worker).await?;
    show_demo(&config, &gateway).await?;
    show_setup(&config, &gateway).await?;

    let limits = Limits {
        max_connections: config.http.max_connections,
        max_connections_per_address: config.http.max_connections_per_address,
        head_timeout: config.http.head_timeout,
        idle_timeout: config.http.keep_alive_idle,
        write_stall_timeout: config.http.write_stall_timeout,
        grace: config.shutdown.grace,
    };
    let options = AppOptions {
        metrics: config.http.metrics,
        body_timeout: config.http.body_timeout,
        public_url: config.public_url.clone(),
        allowed_origins: config.live.allowed_origins.clone(),
        frame_ancestors: config.pay_page.frame_ancestors.clone(),
        trusted_proxies: config.http.trusted_proxies.clone(),
    };
    let app = App::new(Arc::clone(&gateway), options);
    let stop = CancellationToken::new();
    workers.tasks.spawn(worker::run_live(Arc::clone(&gateway), workers.stop.clone()));
    let server = tokio::spawn(zenwallet_server::serve(listener, app, limits, stop.clone()));
    tracing::info!(listen = %config.listen, public_url = config.public_url, "ready");
    let failure = told_to_stop(&gateway).await?;
    stop.cancel();
    let workers = tokio::spawn(workers.stop());
    server.await.context("the server's task ended badly")?;
    end(&gateway, workers.await?, failure).await
}

/// The same without HTTP.
pub(crate) async fn work(config: Config) -> anyhow::Result<ExitCode> {
    logs::start(&config.log)?;
    let (gateway, workers) = open_with_workers(&config, true).await?;
    tracing::info!(node = config.node_name, "working");
    let failure = told_to_stop(&gateway).await?;
    end(&gateway, workers.stop().await, failure).await
}

/// The tasks that nobody waits for.
struct Workers {
    stop: CancellationToken,
    tasks: TaskTracker,
    delivers: bool,
}

impl Workers {
    /// Lets each come to its end; tells whether this node delivered.
    async fn stop(self) -> bool {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.delivers
    }
}

async fn open_with_workers(config: &Config, delivers: bool) -> anyhow::Result<(Arc<Gateway>, Workers)> {
    let (handoff, inbox) = zenwallet_store::handoff(HANDOFF_MAX);
    let gateway = Arc::new(open::gateway(config, delivers.then(|| handoff.clone())).await?);
    let workers = Workers { stop: CancellationToken::new(), tasks: TaskTracker::new(), delivers };
    // What this node has noted about keys is its own to write down, whoever does the rest.
    workers.tasks.spawn(worker::run_upkeep(Arc::clone(&gateway), workers.stop.clone()));
    workers.tasks.spawn(worker::run_sharing(Arc::clone(&gateway), workers.stop.clone()));
    if delivers {
        // Before anything here takes a lease: what is leased to this name now was left by the process before.
        gateway.give_back_deliveries().await;
        if config.webhooks.allow_cidrs.is_none() && config.listen.ip().is_loopback() {
            tracing::info!(
                "webhooks of test apps may go to this machine's loopback; webhooks.allow_cidrs changes that"
            );
        }
        let batch_max = u32::try_from(config.expiry.batch_max).unwrap_or(u32::MAX);
        workers.tasks.spawn(worker::run_expiry(Arc::clone(&gateway), batch_max, workers.stop.clone()));
        let total = config.webhooks.max_in_flight;
        let slots =
            Slots { total, per_app: (total / APP_SHARE).max(1), per_lane: config.webhooks.max_in_flight_per_target };
        let grace = config.shutdown.grace;
        let dispatch = Dispatch { gateway: Arc::clone(&gateway), slots, handoff, inbox, grace };
        workers.tasks.spawn(worker::run_deliveries(dispatch, workers.stop.clone()));
        if gateway.sends_emails() {
            workers.tasks.spawn(worker::run_mail(Arc::clone(&gateway), workers.stop.clone()));
        } else {
            tracing::info!("no SMTP server is configured: alerts are not sent by email; email.smtp_url changes that");
        }
    }
    Ok((gateway, workers))
}

/// Resolves when a signal asks to stop, or with the reason why the process must.
async fn told_to_stop(gateway: &Gateway) -> anyhow::Result<Option<String>> {
    Ok(tokio::select! {
        name = asked_to_stop()? => {
            tracing::info!(signal = name, "stopping: no new connections, open requests are answered");
            None
        }
        reason = gateway.failed_for_good() => Some(reason),
    })
}

/// Gives back what is left and closes the store.
async fn end(gateway: &Gateway, delivered: bool, failure: Option<String>) -> anyhow::Result<ExitCode> {
    if delivered && failure.is_none() {
        // Requests that were answered last may have left deliveries behind that nobody took.
        gateway.give_back_deliveries().await;
    }
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

/// As long as there is no user, each start shows how to make the first one.
async fn show_setup(config: &Config, gateway: &Gateway) -> anyhow::Result<()> {
    let Some(token) = gateway.setup_token().await? else { return Ok(()) };
    let url = &config.public_url;
    say(&format!(
        "\nNobody can log in yet. Open this link to make the first user, an admin; it works once:\n\n\
         \x20 {url}/setup#token={token}\n\n\
         or make him on this machine:\n\n\
         \x20 zenwallet user create --email you@example.com --name You --role admin\n",
    ));
    Ok(())
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
         Documentation   {url}/docs\n",
        made.app.id, made.webhook_secret,
    ));
    Ok(())
}
