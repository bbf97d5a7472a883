//! From text to values, one function for each kind of value. A reason never repeats the text: it may be a secret.

use super::{Config, SecretKey};
use crate::mail::{self, SmtpServer};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_PAD_INDIFFERENT, URL_SAFE_PAD_INDIFFERENT};
use secrecy::{ExposeSecret, SecretBox, SecretSlice, SecretString};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;
use zenwallet_core::egress::Cidr;

/// Why a value is not taken, and what to do instead when that is known better than the key's example.
pub(super) struct Refusal {
    pub(super) reason: String,
    /// A value that was probably meant.
    pub(super) instead: Option<String>,
    /// A fix that is more than writing another value.
    pub(super) fix: Option<String>,
}

impl Refusal {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), instead: None, fix: None }
    }

    pub(super) fn instead(mut self, value: Option<String>) -> Self {
        self.instead = value;
        self
    }

    pub(super) fn fix(mut self, fix: &str) -> Self {
        self.fix = Some(fix.to_owned());
        self
    }
}

type Read<T> = Result<T, Refusal>;

/// Longest public URL, so that a payment URL made from it stays within what is kept for a URL.
const PUBLIC_URL_MAX_CHARS: usize = 1_500;
/// Longest log filter.
const LOG_FILTER_MAX_CHARS: usize = 1_000;

fn whole_number(text: &str, range: &RangeInclusive<i128>) -> Read<i128> {
    let ungrouped = || text.replace(['_', ',', ' '], "");
    let number: i128 = text.parse().map_err(|_| {
        let meant = ungrouped().parse::<i128>().ok().filter(|number| range.contains(number));
        Refusal::new("is not a whole number in digits").instead(meant.map(|number| number.to_string()))
    })?;
    match number {
        n if n < *range.start() => Err(Refusal::new("is too small").instead(Some(range.start().to_string()))),
        n if n > *range.end() => Err(Refusal::new("is too large").instead(Some(range.end().to_string()))),
        n => Ok(n),
    }
}

pub(super) fn count(text: &str, range: &RangeInclusive<i128>) -> Read<usize> {
    let number = whole_number(text, range)?;
    usize::try_from(number).map_err(|_| Refusal::new("is too large for this machine"))
}

pub(super) fn millis(text: &str, range: &RangeInclusive<i128>) -> Read<Duration> {
    let number = whole_number(text, range).map_err(|refusal| match without_unit(text) {
        Some(ms) => Refusal::new("has a unit, which is in the key's name already").instead(Some(ms.to_string())),
        None => refusal,
    })?;
    u64::try_from(number).map(Duration::from_millis).map_err(|_| Refusal::new("is below 0"))
}

pub(super) fn seconds(text: &str, range: &RangeInclusive<i128>) -> Read<Duration> {
    let number = whole_number(text, range)?;
    u64::try_from(number).map(Duration::from_secs).map_err(|_| Refusal::new("is below 0"))
}

/// Longest name of a node.
const NODE_NAME_MAX_CHARS: usize = 100;

pub(super) fn node_name(config: &mut Config, text: &str) -> Read<()> {
    let visible = text.chars().all(|c| c.is_ascii_graphic());
    if text.is_empty() || text.len() > NODE_NAME_MAX_CHARS || !visible {
        return Err(Refusal::new("is empty, too long, or holds other characters"));
    }
    config.node_name = text.to_owned();
    Ok(())
}

/// Most retries of a delivery.
const RETRIES_MAX: usize = 20;
/// Longest wait before a retry, in seconds.
const RETRY_DELAY_MAX_S: f64 = 86_400.0;

pub(super) fn retry_delays(config: &mut Config, text: &str) -> Read<()> {
    let mut delays = Vec::new();
    for part in text.split(',') {
        let seconds: f64 = part.trim().parse().map_err(|_| Refusal::new("holds something that is no number"))?;
        if !(0.0..=RETRY_DELAY_MAX_S).contains(&seconds) {
            return Err(Refusal::new("holds a wait below 0 or above a day"));
        }
        // At most 86 400 000: exact.
        delays.push((seconds * 1_000.0).round() as i64);
    }
    if delays.len() > RETRIES_MAX {
        return Err(Refusal::new("holds too many waits"));
    }
    config.webhooks.retry_delays_ms = delays;
    Ok(())
}

pub(super) fn allow_cidrs(config: &mut Config, text: &str) -> Read<()> {
    config.webhooks.allow_cidrs = Some(ranges(text)?);
    Ok(())
}

pub(super) fn trusted_proxies(config: &mut Config, text: &str) -> Read<()> {
    config.http.trusted_proxies = ranges(text)?;
    Ok(())
}

fn ranges(text: &str) -> Read<Vec<Cidr>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "none");
    parts.map(|part| Cidr::parse(part).ok_or_else(|| Refusal::new("holds something that is no range"))).collect()
}

/// The milliseconds of `250ms` or `10s`.
fn without_unit(text: &str) -> Option<u64> {
    match text.strip_suffix("ms") {
        Some(ms) => ms.trim_end().parse().ok(),
        None => text.strip_suffix('s')?.trim_end().parse::<u64>().ok()?.checked_mul(1_000),
    }
}

pub(super) fn switch(text: &str) -> Read<bool> {
    text.parse().map_err(|_| {
        let meant = match text.to_ascii_lowercase().as_str() {
            "1" | "on" | "yes" | "true" => Some("true"),
            "0" | "off" | "no" | "false" => Some("false"),
            _ => None,
        };
        Refusal::new("is neither true nor false").instead(meant.map(str::to_owned))
    })
}

/// A word and what choosing it does.
pub(super) type Choice = (&'static str, fn(&mut Config));

pub(super) fn choice(text: &str, choices: &'static [Choice]) -> Read<fn(&mut Config)> {
    let lower = text.to_ascii_lowercase();
    let meant = choices.iter().find(|(word, _)| *word == lower).map(|(word, _)| (*word).to_owned());
    let chosen = choices.iter().find(|(word, _)| *word == text).map(|(_, choose)| *choose);
    chosen.ok_or_else(|| Refusal::new("is none of them").instead(meant))
}

pub(super) fn words_of(choices: &[Choice]) -> String {
    let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
    format!("one of {}", words.join(", "))
}

pub(super) fn allowed_origins(config: &mut Config, text: &str) -> Read<()> {
    config.live.allowed_origins = origins(text)?;
    Ok(())
}

pub(super) fn frame_ancestors(config: &mut Config, text: &str) -> Read<()> {
    config.pay_page.frame_ancestors = origins(text)?;
    Ok(())
}

fn origins(text: &str) -> Read<Vec<String>> {
    let origin = |part: &str| {
        let origin = Url::parse(part.trim()).ok().map(|url| url.origin());
        let spelled = origin.filter(url::Origin::is_tuple).map(|origin| origin.ascii_serialization());
        let spelled = spelled.filter(|origin| origin.starts_with("http://") || origin.starts_with("https://"));
        let is_same = |origin: &String| origin.eq_ignore_ascii_case(part.trim().trim_end_matches('/'));
        let meant = spelled.clone();
        spelled
            .filter(is_same)
            .ok_or_else(|| Refusal::new(format!("holds {:?}, which is no origin", part.trim())).instead(meant))
    };
    text.split(',').map(origin).collect()
}

pub(super) fn smtp_url(config: &mut Config, text: &str) -> Read<()> {
    config.email.smtp = Some(SmtpServer::parse(text).map_err(Refusal::new)?);
    Ok(())
}

pub(super) fn email_from(config: &mut Config, text: &str) -> Read<()> {
    if !mail::is_sender(text) {
        return Err(Refusal::new("is not an address"));
    }
    config.email.from = Some(text.to_owned());
    Ok(())
}

pub(super) fn listen(config: &mut Config, text: &str) -> Read<()> {
    config.listen = text.parse().map_err(|_| {
        let meant = match text.rsplit_once(':') {
            Some(("localhost", port)) => format!("127.0.0.1:{port}"),
            Some(("" | "*", port)) => format!("0.0.0.0:{port}"),
            _ => format!("127.0.0.1:{text}"),
        };
        let meant = Some(meant).filter(|meant| meant.parse::<SocketAddr>().is_ok());
        Refusal::new("is not an IP address with a port").instead(meant)
    })?;
    Ok(())
}

pub(super) fn data_dir(config: &mut Config, text: &str) -> Read<()> {
    config.data_dir = path(text)?;
    Ok(())
}

pub(super) fn secret_key_file(config: &mut Config, text: &str) -> Read<()> {
    config.secret_key_file = Some(path(text)?);
    Ok(())
}

fn path(text: &str) -> Read<PathBuf> {
    match text {
        "" => Err(Refusal::new("is empty")),
        _ if text.contains('\0') => Err(Refusal::new("holds a NUL byte, which no path can")),
        _ => Ok(PathBuf::from(text)),
    }
}

pub(super) fn public_url(config: &mut Config, text: &str) -> Read<()> {
    let lower = text.to_ascii_lowercase();
    // Checked on the text: the URL parser repairs `http:/host` and drops spaces, and a typo should not pass as that.
    if !(lower.starts_with("http://") || lower.starts_with("https://")) {
        let meant = Some(format!("https://{text}")).filter(|url| !text.contains("://") && is_plain_url(url));
        return Err(Refusal::new("does not begin with http:// or https://").instead(meant));
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(Refusal::new("holds a space, a control character or a backslash"));
    }
    let url = Url::parse(text).map_err(|error| Refusal::new(format!("is not a URL: {error}")))?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || text.split('/').nth(2).is_some_and(|authority| authority.contains('@')) {
        return Err(Refusal::new("holds a user or a password, and every payer would see it"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Refusal::new("has a query or a fragment, and the payment's path could not follow"));
    }
    let trimmed = url.as_str().trim_end_matches('/');
    if trimmed.chars().count() > PUBLIC_URL_MAX_CHARS {
        return Err(Refusal::new(format!("is longer than {PUBLIC_URL_MAX_CHARS} characters")));
    }
    trimmed.clone_into(&mut config.public_url);
    Ok(())
}

/// Whether a URL is likely enough to be proposed. One with an `@` may hold a password, so it is not repeated.
fn is_plain_url(text: &str) -> bool {
    !text.contains('@') && Url::parse(text).is_ok_and(|url| url.host_str().is_some_and(|host| host.contains('.')))
}

/// The rest is left to the database client: it takes several hosts in one URL, which a URL parser would not.
pub(super) fn database_url(config: &mut Config, text: &str) -> Read<()> {
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    match rest {
        None => Err(Refusal::new("does not begin with postgres:// or postgresql://")),
        Some("") => Err(Refusal::new("names no server")),
        Some(_) if text.contains(|c: char| c.is_control()) => Err(Refusal::new("holds a control character")),
        Some(_) => {
            config.database_url = Some(SecretString::from(text));
            Ok(())
        }
    }
}

pub(super) fn secret_key(config: &mut Config, text: &str) -> Read<()> {
    let refusal = |reason: String| Refusal::new(reason).fix(SECRET_KEY_FIX);
    let bytes = STANDARD_PAD_INDIFFERENT.decode(text).or_else(|_| URL_SAFE_PAD_INDIFFERENT.decode(text));
    // Wrapped at once, so that these bytes too are wiped.
    let bytes = SecretSlice::from(bytes.map_err(|_| refusal("is not base64".to_owned()))?);
    match <&[u8; 32]>::try_from(bytes.expose_secret()) {
        Ok(key) => {
            config.secret_key = Some(SecretKey(SecretBox::init_with_mut(|kept: &mut [u8; 32]| *kept = *key)));
            Ok(())
        }
        Err(_) => Err(refusal(format!("decodes to {} bytes, not to 32", bytes.expose_secret().len()))),
    }
}

/// A new key would make everything unreadable that an old one encrypted, so the fix does not begin with it.
pub(super) const SECRET_KEY_FIX: &str = "set ZENWALLET_SECRET_KEY (or secret_key_file) to the key this database was \
    first used with; for a new database make one: openssl rand -base64 32";

pub(super) fn log_filter(config: &mut Config, text: &str) -> Read<()> {
    if text.trim().is_empty() {
        return Err(Refusal::new("is empty"));
    }
    if text.contains(|c: char| c.is_control()) || text.chars().count() > LOG_FILTER_MAX_CHARS {
        return Err(Refusal::new(format!("holds a control character or more than {LOG_FILTER_MAX_CHARS} characters")));
    }
    text.clone_into(&mut config.log.filter);
    Ok(())
}
