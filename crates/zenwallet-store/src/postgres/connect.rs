//! Reaching the server: the URL, TLS by `sslmode`, and who is at the other end.

use super::PostgresOptions;
use crate::error::{Result, StoreError};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::collections::HashSet;
use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_postgres::config::Host;
use tokio_postgres::{AsyncMessage, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A database server and how to speak to it.
#[derive(Clone)]
pub(super) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
}

/// A connection of the writer. `commit_in_doubt` turns true when the server says that a commit no longer waits
/// for its standby: such a commit is reported as done although a failover may lose it.
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) commit_in_doubt: Arc<AtomicBool>,
}

/// What other sessions have said.
pub(super) type Ear = mpsc::Receiver<String>;

/// Words that may wait to be heard.
const HEARD_MAX: usize = 1_024;

impl Target {
    /// Understands a URL as libpq does; `sslmode=verify-ca` is taken as the stricter `verify-full`.
    pub(super) fn parse(url: &str, connect_timeout: Duration) -> Result<Self> {
        let invalid = |what: String| StoreError::Schema(format!("DATABASE_URL: {what}"));
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut kept, mut verify, mut root_file) = (Vec::new(), false, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("sslmode", "verify-ca" | "verify-full") => {
                    verify = true;
                    kept.push("sslmode=require");
                }
                ("sslmode", "allow") => kept.push("sslmode=prefer"),
                ("sslrootcert", path) => root_file = Some(path.to_owned()),
                ("pgbouncer", _) => {}
                _ => kept.push(pair),
            }
        }
        // The parser's own message can repeat the URL, and the URL holds a password.
        let mut config: Config = format!("{base}?{}", kept.join("&"))
            .parse()
            .map_err(|_| invalid("not a valid postgres:// URL".to_owned()))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(connect_timeout);
        }
        if config.get_application_name().is_none() {
            config.application_name("zenwallet");
        }
        let tls = tls(verify, root_file.as_deref()).map_err(invalid)?;
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    /// Connections for reading. `direct`: the server itself is at the other end, and each connection is a
    /// session of its own that may be told how to plan.
    pub(super) fn pool(&self, options: &PostgresOptions, direct: bool) -> Result<Pool> {
        let mut config = self.config.clone();
        if direct {
            // Left to itself the server plans a list anew each time, which takes longer than running it. What
            // needs its values to be planned says so (`query_planned_anew`).
            let given = config.get_options().unwrap_or_default().to_owned();
            config.options(format!("{given} -c plan_cache_mode=force_generic_plan").trim());
        }
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, self.tls.clone(), recycling);
        Pool::builder(manager)
            .max_size(options.read_connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(options.acquire_timeout))
            .create_timeout(Some(options.connect_timeout))
            .recycle_timeout(Some(options.connect_timeout))
            .build()
            .map_err(|error| StoreError::Internal(error.to_string()))
    }

    /// Opens a connection and drives it.
    pub(super) async fn connect(&self) -> Result<Link> {
        let commit_in_doubt = Arc::new(AtomicBool::new(false));
        let doubt = Arc::clone(&commit_in_doubt);
        let client = self
            .open(move |message| {
                if let AsyncMessage::Notice(notice) = message {
                    if notice.message().contains("synchronous replication") {
                        doubt.store(true, Ordering::SeqCst);
                    }
                    tracing::debug!(notice = notice.message(), "the database says");
                }
            })
            .await?;
        Ok(Link { client, commit_in_doubt })
    }

    /// Opens a connection for listening; its end is the end of the ear.
    pub(super) async fn connect_to_listen(&self) -> Result<(Client, Ear)> {
        let (heard, ear) = mpsc::channel(HEARD_MAX);
        let client = self
            .open(move |message| {
                if let AsyncMessage::Notification(said) = message {
                    // A listener that is so far behind hears the next word, and polls.
                    let _ = heard.try_send(said.payload().to_owned());
                }
            })
            .await?;
        Ok((client, ear))
    }

    async fn open(&self, mut heed: impl FnMut(AsyncMessage) + Send + 'static) -> Result<Client> {
        let unavailable = |error: &dyn std::error::Error| StoreError::Unavailable(describe(error));
        let deadline = self.config.get_connect_timeout().copied().unwrap_or(Duration::from_secs(5));
        let (client, mut connection) = tokio::time::timeout(deadline, self.config.connect(self.tls.clone()))
            .await
            .map_err(|error| unavailable(&error))?
            .map_err(|error| unavailable(&error))?;
        tokio::spawn(async move {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                match message {
                    Ok(message) => heed(message),
                    Err(error) => {
                        tracing::warn!(error = describe(&error), "the connection to the database broke");
                        return;
                    }
                }
            }
        });
        Ok(client)
    }

    /// Whether the server that answers is the one that the URL names, and not behind a pooler: it then listens
    /// on an address and port of the URL. A wrong "no" costs some speed, never correctness.
    pub(super) async fn is_direct(&self) -> Result<bool> {
        let link = self.connect().await?;
        let sql = "SELECT host(inet_server_addr()), inet_server_port()";
        let row = link.client.query_typed(sql, &[]).await.map_err(|e| StoreError::Unavailable(describe(&e)))?;
        let Some(row) = row.first() else { return Ok(false) };
        let (address, port): (Option<String>, Option<i32>) = (row.get(0), row.get(1));
        let (Some(address), Some(port)) = (address, port) else {
            return Ok(self.config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_))));
        };
        let Ok(address) = address.parse::<IpAddr>() else { return Ok(false) };
        let mut named = HashSet::new();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let ports = self.config.get_ports();
            let named_port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            if let Host::Tcp(host) = host
                && let Ok(found) = tokio::net::lookup_host((host.as_str(), named_port)).await
            {
                named.extend(found.map(|socket| (socket.ip().to_canonical(), i32::from(socket.port()))));
            }
        }
        Ok(named.contains(&(address.to_canonical(), port)))
    }
}

/// An error with its causes, on one line.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

fn tls(verify: bool, root_file: Option<&str>) -> std::result::Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    if !verify && root_file.is_none() {
        let any = Arc::new(AnyCertificate(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(any).with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    match root_file {
        Some(path) => {
            let unreadable = |error: &dyn std::fmt::Display| format!("sslrootcert {path}: {error}");
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))? {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                roots.add(certificate).map_err(|error| unreadable(&error))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// `sslmode=prefer` and `require` encrypt without asking who is there, as libpq does. The handshake's
/// signatures are checked all the same.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
