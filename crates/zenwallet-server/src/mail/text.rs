//! The words of emails: plain, short, with the way to turn them off.

use super::{Facts, KeyFacts};
use std::fmt::Write;
use url::Url;
use zenwallet_core::id::AlertId;
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{AlertType, Link, Purpose, User};
use zenwallet_store::{Alert, AlertBatch};

/// Most things that one email tells; it says how many more there are.
const TOLD_MAX: usize = 50;
/// Longest name or address that is repeated, in characters.
const SHOWN_MAX_CHARS: usize = 100;
/// Longest subject, in characters.
const SUBJECT_MAX_CHARS: usize = 150;

/// An email without its addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Letter {
    /// What makes it one of a kind: an email that is sent again has the same one.
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// The email that tells these alerts.
pub(crate) fn of_alerts(batch: &AlertBatch, public_url: &str) -> Letter {
    let told: Vec<(String, String)> =
        batch.alerts.iter().take(TOLD_MAX).map(|alert| describe(alert, public_url)).collect();
    let subject = match told.as_slice() {
        [(subject, _)] => subject.clone(),
        _ => format!("{} alerts", batch.alerts.len()),
    };
    let mut body = String::new();
    for (subject, text) in &told {
        if told.len() > 1 {
            let _ = writeln!(body, "* {subject}");
        }
        let _ = writeln!(body, "{text}");
    }
    if let more @ 1.. = batch.alerts.len() - told.len() {
        let _ = writeln!(body, "And {more} more, which the dashboard shows: {public_url}/\n");
    }
    let id = batch.alerts.first().map(|alert| alert.id).unwrap_or(AlertId::from_bytes([0; 16]));
    finish(id.to_string(), &subject, &body, public_url)
}

/// The email that shows that emails arrive.
pub(crate) fn of_test(user: &User, id: AlertId, now: Timestamp, public_url: &str) -> Letter {
    let (name, at) = (shown(&user.name), moment(now));
    let body = format!("{name} asked for this test at {at}. Emails from this ZenWallet arrive.\n\n{public_url}/\n");
    finish(id.to_string(), "Test", &body, public_url)
}

/// The email with the link of an invitation, or to a new password. It names nothing that its reader has not typed or been
/// told, for it may come to the wrong one.
pub(crate) fn of_link(link: &Link, url: &str, public_url: &str) -> Letter {
    let (subject, what) = match link.purpose {
        Purpose::Invitation(_) => {
            ("You are invited", "Somebody invites you to this ZenWallet. Make your account here:")
        }
        Purpose::PasswordReset(_) => (
            "A new password",
            "Somebody asked for a new password for your account. If it was you, choose one here; if not, do nothing:",
        ),
    };
    let until = moment(link.expires_at);
    let body = format!("{what}\n\n{url}\n\nThe link is good once, until {until}.\n\n-- \n{public_url}/\n");
    Letter { id: link.id.to_string(), subject: format!("[ZenWallet] {subject}"), body }
}

fn finish(id: String, subject: &str, body: &str, public_url: &str) -> Letter {
    let subject: String = one_line(&format!("[ZenWallet] {subject}")).chars().take(SUBJECT_MAX_CHARS).collect();
    let body = format!(
        "{body}\n-- \nYou get this because your account at {public_url} asks for it.\n\
         What you are told by email: {public_url}/settings#notifications\n"
    );
    Letter { id, subject, body }
}

/// The subject of an alert, and its text.
fn describe(alert: &Alert, public_url: &str) -> (String, String) {
    let app = alert.app_name.as_deref().map_or_else(|| "an app".to_owned(), |name| format!("\"{}\"", shown(name)));
    let (subject, what) = match Facts::parse(&alert.facts) {
        Some(facts) => words(&facts, &app),
        None => (fallback(alert.kind).to_owned(), "The dashboard says more.".to_owned()),
    };
    let mut text = format!("{what}\n\nWhen: {}\n", moment(alert.at));
    if let Some(id) = alert.app_id {
        let _ = writeln!(text, "App:  {app} ({id})");
    }
    let _ = writeln!(text, "See:  {public_url}{}", page(alert));
    (subject, text)
}

fn words(facts: &Facts, app: &str) -> (String, String) {
    match facts {
        Facts::EndpointFailing { url, since_ms } => (
            format!("Webhooks of {app} fail"),
            format!(
                "Every webhook to {} has failed since {}. They are tried again by their schedule; an endpoint that goes on \
                 failing is disabled.",
                origin(url),
                moment(Timestamp::from_ms(*since_ms)),
            ),
        ),
        Facts::EndpointDisabled { url, reason } => (
            format!("A webhook endpoint of {app} was disabled"),
            format!(
                "The endpoint {} gets no more webhooks: {}. Enable it again when it is mended, then replay what failed.",
                origin(url),
                shown(reason),
            ),
        ),
        Facts::KeyCreated(key) => (format!("A key of {app} was created"), key_words("was created", key)),
        Facts::KeyRotated(key) => {
            (format!("A key of {app} was rotated"), key_words("took the place of the one before", key))
        }
        Facts::KeyRevoked(key) => (format!("A key of {app} was revoked"), key_words("works no longer", key)),
        Facts::SignedIn { address, user_agent } => (
            "New sign-in to your account".to_owned(),
            format!(
                "Somebody logged in as you, from {} with {}. If it was not you, end the session and change your password.",
                shown(address),
                if user_agent.is_empty() { "an unknown program".to_owned() } else { shown(user_agent) },
            ),
        ),
        Facts::LimitReached { percent, used, most } => (
            format!("{app} has used {percent} % of its monthly limit"),
            format!("{used} of {most} payments of this month were created. At the limit new ones are refused."),
        ),
    }
}

fn key_words(what: &str, key: &KeyFacts) -> String {
    let name = key.name.as_deref().map(|name| format!(" \"{}\"", shown(name))).unwrap_or_default();
    let from = key.address.as_deref().map(|address| format!(" from {}", shown(address))).unwrap_or_default();
    format!("The key{name} {} {what}, by {}{from}. If nobody of yours did this, revoke it.", key.hint, shown(&key.by))
}

const fn fallback(kind: AlertType) -> &'static str {
    match kind {
        AlertType::WebhookFailing => "Webhooks fail",
        AlertType::KeyChanged => "A key was changed",
        AlertType::SignIn => "New sign-in to your account",
        AlertType::UsageLimit => "An app nears its monthly limit",
    }
}

/// The page of the dashboard that shows more.
fn page(alert: &Alert) -> String {
    let tab = match alert.kind {
        AlertType::SignIn => return "/settings#sessions".to_owned(),
        AlertType::WebhookFailing => "webhooks",
        AlertType::KeyChanged => "keys",
        AlertType::UsageLimit => "usage",
    };
    match alert.app_id.zip(alert.app_environment) {
        Some((id, environment)) => format!("/{}/apps/{id}?tab={tab}", environment.as_str()),
        None => "/".to_owned(),
    }
}

/// Where an endpoint is, without its path and query, which may be as good as a password.
fn origin(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "an endpoint".to_owned(), |url| url.origin().ascii_serialization())
}

fn moment(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// What somebody else wrote, as it may stand in a text: in one line, and not longer than it need be.
fn shown(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(SHOWN_MAX_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The text without line breaks and other characters that do not show: a header ends where its line does.
pub(super) fn one_line(text: &str) -> String {
    let is_break = |c: char| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.split(is_break).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use zenwallet_core::app::Environment;
    use zenwallet_core::id::AppId;

    #[test]
    fn an_alert_leads_to_the_page_that_says_more() {
        let id = AppId::from_bytes([3; 16]);
        let led = |kind, app: Option<(AppId, Environment)>| {
            page(&Alert {
                id: AlertId::from_bytes([1; 16]),
                kind,
                app_id: app.map(|(id, _)| id),
                app_name: None,
                app_environment: app.map(|(_, environment)| environment),
                facts: String::new(),
                at: Timestamp::from_ms(0),
            })
        };
        let (test, live) = (Some((id, Environment::Test)), Some((id, Environment::Production)));
        assert_eq!(led(AlertType::WebhookFailing, test), format!("/test/apps/{id}?tab=webhooks"));
        assert_eq!(led(AlertType::KeyChanged, live), format!("/production/apps/{id}?tab=keys"));
        assert_eq!(led(AlertType::UsageLimit, live), format!("/production/apps/{id}?tab=usage"));
        assert_eq!(led(AlertType::SignIn, None), "/settings#sessions");
        assert_eq!(led(AlertType::UsageLimit, None), "/");
    }
}
