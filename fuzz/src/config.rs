//! The configuration: what is taken keeps its promises, what is refused says where, and no secret is ever repeated.

use crate::draw;
use arbitrary::Unstructured;
use secrecy::ExposeSecret;
use std::path::Path;
use zenwallet_server::config::{Config, load};

/// What every secret holds that is given here, and nothing else does.
const MARK: &str = "S3kReT";
/// Names that are drawn often; the last of each are none.
const NAMES: [&str; 12] = [
    "ZENWALLET_LISTEN",
    "ZENWALLET_PUBLIC_URL",
    "ZENWALLET_DATABASE_URL",
    "ZENWALLET_SECRET_KEY",
    "ZENWALLET_WEBHOOKS_ALLOW_CIDRS",
    "ZENWALLET_WEBHOOKS_RETRY_DELAYS_S",
    "ZENWALLET_EMAIL_SMTP_URL",
    "ZENWALLET_LIVE_ALLOWED_ORIGINS",
    "ZENWALLET_HTTP_TRUSTED_PROXIES",
    "ZENWALLET_LOG_FORMAT",
    "ZENWALLET_NODE_NAME",
    "ZENWALLET_LISTN",
];

/// The first byte says whether the rest is the file, or draws an environment and flags beside it.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((0, rest)) => {
            if let Ok(text) = std::str::from_utf8(rest) {
                judge(Some(text), &[], &[]);
            }
        }
        Some((_, rest)) => drawn(&mut Unstructured::new(rest)),
        None => {}
    }
}

fn drawn(u: &mut Unstructured<'_>) {
    let pairs = |u: &mut Unstructured<'_>, names: &[&str]| -> Vec<(String, String)> {
        let pair = |u: &mut Unstructured<'_>| ((*draw::one_of(u, names)).to_owned(), value(u));
        (0..draw::number::<u8>(u) % 4).map(|_| pair(u)).collect()
    };
    let env = pairs(u, &NAMES);
    let flags =
        pairs(u, &["listen", "public_url", "http.max_connections", "log.filter", "shutdown.grace_ms", "no.such"]);
    let secret = format!("{MARK}{}", draw::text(u, 30));
    let secrets = [
        format!("postgres://u:{secret}@h/d"),
        format!("smtps://u:{secret}@mail.example"),
        secret.clone(),
        format!("postgres:/u:{secret}@h"),
        format!("smtp://u:{secret}"),
    ];
    let mut all = env.clone();
    for name in ["ZENWALLET_DATABASE_URL", "ZENWALLET_SECRET_KEY", "ZENWALLET_EMAIL_SMTP_URL"] {
        if draw::number(u) {
            all.push((name.to_owned(), draw::one_of(u, &secrets).clone()));
        }
    }
    let file = draw::text(u, 400).to_owned();
    judge(None, &all, &flags);
    judge(Some(&file), &all, &flags);
    let quoted = secret.replace(['"', '\\', '\n', '\r'], "");
    judge(
        Some(&format!("{file}\ndatabase_url = \"postgres://u:{quoted}@h/d\"\nsecret_key = \"{quoted}\"")),
        &env,
        &flags,
    );
    judge(
        Some(&format!("secret_key = \"{quoted}\"\n[email]\nsmtp_url = \"smtp://u:{quoted}@h\"\n{file}")),
        &env,
        &flags,
    );
}

fn value(u: &mut Unstructured<'_>) -> String {
    const GOOD: [&str; 12] = [
        "127.0.0.1:0",
        "[::1]:80",
        "https://pay.example",
        "http://x/",
        "true",
        "10",
        "json",
        "none",
        "10.0.0.0/8,fd00::/8",
        "postgres://a:b@c/d",
        "5,30,300",
        "https://shop.example https://b.example",
    ];
    let text = *draw::one_of(u, &GOOD);
    match draw::number::<u8>(u) % 3 {
        0 => text.to_owned(),
        1 => String::from_utf8_lossy(&draw::edited(u, text.as_bytes())).into_owned(),
        _ => draw::text(u, 60).to_owned(),
    }
}

fn judge(file: Option<&str>, env: &[(String, String)], flags: &[(String, String)]) {
    let path = Path::new("zenwallet.toml");
    let visible = [file.unwrap_or_default()].into_iter().chain(flags.iter().map(|(_, value)| value.as_str()));
    let has_mark = visible.filter(|text| text.contains(MARK)).count() > 0 && file.is_none();
    let read = load(file.map(|text| (path, text)), env, flags);
    let shown = match &read {
        Ok(config) => format!("{config:?}"),
        Err(errors) => errors.to_string(),
    };
    assert!(has_mark || !shown.contains(MARK), "a secret is shown: {shown}");
    match read {
        Ok(config) => accepted(&config),
        Err(errors) => {
            assert!(!errors.as_slice().is_empty());
            let lines = file.unwrap_or_default().split('\n').count();
            for error in errors.as_slice().iter().map(ToString::to_string) {
                assert!(error.contains("accepted: ") && error.contains("fix: "), "{error}");
                let Some(rest) = error.strip_prefix("zenwallet.toml:") else { continue };
                let line: usize = rest.split(':').next().and_then(|n| n.parse().ok()).expect("a line's number");
                assert!((1..=lines).contains(&line), "line {line} of {lines}: {error}");
            }
        }
    }
}

fn accepted(config: &Config) {
    let url = &config.public_url;
    assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
    assert!(!url.ends_with('/') && url.chars().count() <= 1_500, "{url}");
    assert!(url::Url::parse(url).is_ok_and(|url| url.fragment().is_none() && url.query().is_none()), "{url}");
    let counts = [config.http.max_connections, config.database.queue_max, config.database.batch_max];
    assert!(counts.iter().all(|count| *count > 0) && config.webhooks.max_in_flight > 0);
    assert!(config.database_url.is_none() || config.secret_key.is_some() || config.secret_key_file.is_some());
    if let Some(database) = &config.database_url {
        assert!(database.expose_secret().starts_with("postgres"), "no PostgreSQL");
    }
    assert!(config.webhooks.retry_delays_ms.iter().all(|wait| *wait > 0));
    for origin in config.live.allowed_origins.iter().chain(&config.pay_page.frame_ancestors) {
        assert!(!origin.contains([' ', ';', ',', '\r', '\n']), "{origin:?}");
    }
}
