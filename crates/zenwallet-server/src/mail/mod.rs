//! Sends one email at once, and tells what the server said: TLS is verified, every wait has an end.
//!
//! Each email has a connection of its own. One from a pool would have to be proved alive first, and one that timed out in
//! the middle of a message could come back to it.

mod facts;
mod server;
mod text;

pub(crate) use facts::{Facts, KeyFacts};
pub use server::SmtpServer;
pub(crate) use text::{Letter, of_alerts, of_link, of_test};

use lettre::message::header::{ContentType, Date, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::ExposeSecret;
use server::Tls;
use std::error::Error as _;
use std::fmt;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::Email;

/// Longest wait for a connection: TCP, TLS, greeting and login.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time of one email.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait for the server's farewell, when it has taken the email already.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);
/// Most emails at the same time.
const SENDING_MAX: usize = 8;
/// Longest text that is kept of what a server says, in characters.
const REASON_MAX_CHARS: usize = 500;

/// Why an email was not sent.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{reason}")]
pub struct MailError {
    /// In the server's own words, where it had any.
    pub reason: String,
    /// Whether the server will never take this email.
    pub is_final: bool,
}

impl MailError {
    fn later(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_final: false }
    }

    fn never(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_final: true }
    }
}

/// The process's one way out to its SMTP server.
pub struct Mailer {
    server: SmtpServer,
    /// How TLS is spoken, where it is.
    tls: Option<TlsParameters>,
    from: Mailbox,
    public_url: String,
    places: Semaphore,
}

/// No password.
impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer({})", self.server)
    }
}

impl Mailer {
    /// A mailer that trusts the machine's certificate authorities. Without `from` the emails come from
    /// `zenwallet` at the host of `public_url`, which is also where their links lead.
    pub fn new(server: SmtpServer, from: Option<&str>, public_url: &str) -> Result<Self, MailError> {
        let tls = (server.tls() != Tls::None).then(|| TlsParameters::new(server.name())).transpose();
        let tls = tls.map_err(|error| MailError::later(explain(&error)))?;
        Self::with(server, tls, from, public_url)
    }

    fn with(
        server: SmtpServer,
        tls: Option<TlsParameters>,
        from: Option<&str>,
        public_url: &str,
    ) -> Result<Self, MailError> {
        let from = from.map_or_else(|| default_from(public_url), str::to_owned);
        let from = from.parse().map_err(|_| MailError::later("email.from is not an address"))?;
        let public_url = public_url.to_owned();
        Ok(Self { server, tls, from, public_url, places: Semaphore::new(SENDING_MAX) })
    }

    /// Whom emails come from.
    pub(crate) fn from(&self) -> String {
        self.from.to_string()
    }

    /// What links in emails start with.
    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Sends one email. It ends within 30 seconds, whatever the server does.
    pub(crate) async fn send(&self, to: &Email, letter: &Letter, now: Timestamp) -> Result<(), MailError> {
        let message = self.message(to, letter, now)?;
        let late = |_| MailError::later("the SMTP server did not take the email within 30 seconds");
        let deadline = Instant::now() + SEND_TIMEOUT;
        let place = timeout_at(deadline, self.places.acquire()).await.map_err(late)?;
        let mut connection = timeout_at(deadline, self.connect()).await.map_err(late)??;
        let sent = timeout_at(deadline, connection.send(message.envelope(), &message.formatted())).await;
        sent.map_err(late)?.map_err(|error| refusal(&error))?;
        let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        drop(place);
        Ok(())
    }

    /// Connects and logs in, and sends nothing.
    pub async fn check(&self) -> Result<String, MailError> {
        let mut connection = self.connect().await?;
        let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        Ok(format!("{} answers, emails come from {}", self.server, self.from))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, MailError> {
        match timeout(CONNECT_TIMEOUT, self.dial()).await {
            Ok(connected) => connected,
            Err(_) => Err(MailError::later("the SMTP server did not answer within 10 seconds")),
        }
    }

    async fn dial(&self) -> Result<AsyncSmtpConnection, MailError> {
        let failed = |error: Error| MailError::later(explain(&error));
        let unknown = |error: std::io::Error| MailError::later(format!("{} cannot be found: {error}", self.server));
        let (hello, addresses) = (ClientId::default(), self.server.addresses().await.map_err(unknown)?);
        let wrapped = self.tls.clone().filter(|_| self.server.tls() == Tls::Wrapped);
        // One address that is silent leaves time for the others.
        let each = CONNECT_TIMEOUT / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        let dialled = AsyncSmtpConnection::connect_tokio1(addresses.as_slice(), Some(each), &hello, wrapped, None);
        let mut connection = dialled.await.map_err(failed)?;
        if let Some(tls) = self.tls.clone().filter(|_| self.server.tls() == Tls::Started) {
            connection.starttls(tls, &hello).await.map_err(failed)?;
        }
        if let Some((user, password)) = self.server.credentials() {
            let credentials = Credentials::new(user.to_owned(), password.expose_secret().to_owned());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, &credentials).await.map_err(failed)?;
        }
        Ok(connection)
    }

    fn message(&self, to: &Email, letter: &Letter, now: Timestamp) -> Result<Message, MailError> {
        let unfit = |what: &str| MailError::never(format!("{what} cannot stand in an email"));
        let to = to.as_str().parse().map_err(|_| unfit("the recipient's address"))?;
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let built = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(text::one_line(&letter.subject))
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.email.domain())))
            .header(date(now).ok_or_else(|| unfit("the date"))?)
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body.clone());
        built.map_err(|error| MailError::never(error.to_string()))
    }
}

/// Whether this can stand in `From`.
pub(crate) fn is_sender(text: &str) -> bool {
    !text.contains(char::is_control) && text.parse::<Mailbox>().is_ok()
}

fn default_from(public_url: &str) -> String {
    let url = Url::parse(public_url).ok();
    let domain = url.as_ref().and_then(Url::domain).unwrap_or("localhost");
    format!("ZenWallet <zenwallet@{domain}>")
}

fn date(now: Timestamp) -> Option<Date> {
    let at = jiff::Timestamp::from_millisecond(now.as_ms()).ok()?;
    Date::parse(&at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

/// What a server's refusal of an email means. One that concerns the login is the operator's to mend, so the email waits.
fn refusal(error: &Error) -> MailError {
    let status = error.status().map(u16::from);
    let is_final = match status {
        Some(530 | 534 | 535 | 538) => false,
        Some(_) => error.is_permanent(),
        // It lacks what the address needs.
        None => error.is_client(),
    };
    MailError { reason: explain(error), is_final }
}

/// What went wrong, in one line.
fn explain(error: &Error) -> String {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    let said = match error.status() {
        Some(code) => format!("{code} {source}"),
        None if error.is_tls() => format!("TLS failed: {source}"),
        None if source.is_empty() => error.to_string(),
        None => source,
    };
    text::one_line(&said).chars().take(REASON_MAX_CHARS).collect()
}
