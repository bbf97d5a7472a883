//! What is taken, what is refused, and what is then said.

use super::super::key::{Fallback, Form, Kind};
use super::super::keys::KEYS;
use super::super::suggest::distance;
use super::super::{LogFormat, StatementMode, default_file};
use super::*;
use std::time::Duration;

#[test]
fn the_defaults_are_what_is_promised() {
    let config = load(None, &[], &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.data_dir, Path::new("./zenwallet-data"));
    assert_eq!(config.public_url, "http://127.0.0.1:8080");
    assert!(config.database_url.is_none() && config.secret_key.is_none() && config.secret_key_file.is_none());
    let http = &config.http;
    assert_eq!((http.max_connections, http.max_connections_per_address, http.metrics), (16_384, 4_096, true));
    let timeouts = [http.head_timeout, http.body_timeout, http.keep_alive_idle, http.write_stall_timeout];
    assert_eq!(timeouts.map(|t| t.as_millis()), [10_000, 10_000, 15_000, 10_000]);
    let database = &config.database;
    assert_eq!((database.read_connections, database.queue_max, database.batch_max), (8, 8_192, 256));
    assert_eq!(database.statements, StatementMode::Auto);
    let timeouts = [database.commit_timeout, database.acquire_timeout, database.connect_timeout];
    assert_eq!(timeouts.map(|t| t.as_millis()), [5_000, 3_000, 5_000]);
    assert_eq!((config.log.filter.as_str(), config.log.format), ("info", LogFormat::Auto));
    assert_eq!(config.shutdown.grace, Duration::from_secs(10));
    assert!(config.demo.app);
    assert_eq!(config.expiry.batch_max, 500);
    assert!(config.node_name.is_empty() && config.serve_worker);
    let webhooks = &config.webhooks;
    assert_eq!(webhooks.retry_delays_ms, [5_000, 30_000, 300_000]);
    let times = [webhooks.timeout, webhooks.lease_slack, webhooks.disable_after];
    assert_eq!(times.map(|t| t.as_secs()), [10, 20, 5 * 86_400]);
    assert_eq!((webhooks.max_in_flight, webhooks.max_in_flight_per_target), (1_024, 16));
    assert!(webhooks.allow_cidrs.is_none() && webhooks.log_retention_days == 30);
}

#[test]
fn lists_are_read_from_one_text() {
    let webhooks = |name: &str, value: &str| load_env(&[(name, value)]).unwrap().webhooks;
    let delays = |value: &str| webhooks("ZENWALLET_WEBHOOKS_RETRY_DELAYS_S", value).retry_delays_ms;
    assert_eq!(delays("1,2 , 86400"), [1_000, 2_000, 86_400_000]);
    let ranges = |value: &str| webhooks("ZENWALLET_WEBHOOKS_ALLOW_CIDRS", value).allow_cidrs.unwrap();
    assert_eq!(ranges("10.1.0.0/16, fd12::/16").len(), 2);
    assert!(ranges("none").is_empty());
}

#[test]
fn every_default_and_every_limit_reads_back_as_itself_from_every_source() {
    let plain = seen(&load(None, &[], &[]).unwrap());
    for key in KEYS {
        let mut texts = Vec::new();
        if let Fallback::Value(default) = key.fallback {
            texts.push(default.to_owned());
        }
        if let Kind::Count(range, _) | Kind::Millis(range, _) = &key.kind {
            texts.extend([range.start().to_string(), range.end().to_string()]);
        }
        if let Kind::Choice(choices) = &key.kind {
            texts.extend(choices.iter().map(|(word, _)| (*word).to_owned()));
        }
        for text in texts {
            let quoted = if key.form() == Form::String { format!("{text:?}") } else { text.clone() };
            let file = seen(&load_file(&format!("{} = {quoted}", key.name)).unwrap());
            assert_eq!(file, seen(&load_env(&[(key.env, &text)]).unwrap()), "{}", key.name);
            assert_eq!(file, seen(&load_flags(&[(key.name, &text)]).unwrap()), "{}", key.name);
            let is_default = matches!(key.fallback, Fallback::Value(default) if default == text);
            // Two fields with one default could be swapped unseen, were the name of the field not compared too.
            let changed: Vec<_> = file.lines().zip(plain.lines()).filter(|(is, was)| is != was).collect();
            let field = key.name.rsplit('.').next().unwrap().trim_end_matches("_ms");
            assert_eq!(changed.len(), usize::from(!is_default), "{} = {text}", key.name);
            assert!(changed.iter().all(|(is, _)| is.trim().starts_with(&format!("{field}: "))), "{changed:?}");
            let is_word = |line: &str| line.to_lowercase().contains(&text);
            assert!(!matches!(key.kind, Kind::Choice(_)) || changed.iter().all(|(is, _)| is_word(is)), "{changed:?}");
        }
    }
}

#[test]
fn the_default_file_uncommented_is_the_defaults() {
    let absent = KEYS.iter().filter(|key| matches!(key.fallback, Fallback::Absent { .. }));
    let absent: Vec<_> = absent.map(|key| format!("{} = ", key.name.rsplit('.').next().unwrap())).collect();
    let uncomment = |line: &str| match line.strip_prefix('#') {
        // What has no default is shown by an example, which would change something.
        Some(example) if absent.iter().any(|key| example.starts_with(key)) => None,
        Some(setting) if !setting.starts_with(' ') => Some(setting.to_owned()),
        _ => Some(line.to_owned()),
    };
    let text: Vec<_> = default_file().lines().filter_map(uncomment).collect();
    assert_eq!(
        text.iter().filter(|line| line.contains(" = ") && !line.starts_with('#')).count(),
        KEYS.len() - absent.len()
    );
    assert_eq!(seen(&load_file(&text.join("\n")).unwrap()), seen(&load(None, &[], &[]).unwrap()));
    assert_eq!(seen(&load_file(&default_file()).unwrap()), seen(&load(None, &[], &[]).unwrap()));
}

/// A bad file, and what its error must say.
const BAD_FILES: &[(&str, &[&str])] = &[
    (
        "\n\n[http]\nmax_connections = 0",
        &[
            "zenwallet.toml:4: http.max_connections = 0: is too small",
            "from 1 to 1000000",
            "max_connections = 1 under [http], or leave it out (default: 16384)",
        ],
    ),
    (
        "http.max_connections = \"100\"",
        &["text in quotes where a whole number", "fix: max_connections = 100 under [http]"],
    ),
    ("http.max_connections = 1.5", &["http.max_connections = 1.5: is a fraction where a whole number"]),
    ("http.max_connections = 99999999999999999999999999", &["99999999999999999999999999"]),
    ("http.metrics = \"yes\"", &["http.metrics = \"yes\"", "true or false", "metrics = true under [http]"]),
    ("log.format = true", &["log.format = true", "one of text, json, auto"]),
    ("data_dir = 3", &["data_dir = 3: is a number where text in quotes belongs", "data_dir = \"3\""]),
    ("data_dir = \"a\\u0000b\"", &["NUL"]),
    ("data_dir = \"\"", &["data_dir = \"\": is empty", "./zenwallet-data"]),
    ("listen = [\"127.0.0.1:80\"]", &["listen = […]: is a list", "listen = \"127.0.0.1:8080\""]),
    ("data_dir = [\"x\"]", &["data_dir = […]: is a list", "data_dir = \"./zenwallet-data\", or leave it out"]),
    ("listen = { port = 80 }", &["listen = {…}: is a table"]),
    ("http = 5", &["zenwallet.toml:1: http: is a section", "http.max_connections"]),
    ("[[http]]\nmetrics = true", &["http: is a section"]),
    ("[htp]\nmetrics = true", &["zenwallet.toml:2: htp.metrics", "did you mean http.metrics?"]),
    ("max_connections = 5", &["did you mean http.max_connections?"]),
    ("[http]\nlisten = \"127.0.0.1:80\"", &["http.listen: no key", "did you mean listen?"]),
    ("http.max-connections = 5", &["did you mean http.max_connections?"]),
    ("\"http.max_connections\" = 5", &["did you mean http.max_connections?"]),
    ("[http]\nspeed = 5", &["http.speed", "in this section there are http.max_connections,"]),
    ("zzz = 5", &["zenwallet.toml:1: zzz: no key has this name", "remove it"]),
    ("port = 80", &["did you mean listen?"]),
    ("listen = \"127.0.0.1:80", &["zenwallet.toml:1: not TOML", "correct the line"]),
    ("a = 1\nlisten = \"[::1]:1\"\nlisten = \"[::1]:2\"", &["zenwallet.toml:3: not TOML", "duplicate key"]),
];

#[test]
fn a_bad_file_is_refused_with_line_key_value_and_fix() {
    for (text, fragments) in BAD_FILES {
        let errors = load_file(text).expect_err(text).to_string();
        for fragment in *fragments {
            assert!(errors.contains(fragment), "{text}\n---\n{errors}\n--- lacks: {fragment}");
        }
        assert!(errors.contains("  accepted: ") && errors.contains("  fix: "), "{errors}");
    }
}

/// A bad environment, and what its error must say.
const BAD_ENVIRONMENTS: &[(&str, &str, &[&str])] = &[
    (
        "ZENWALLET_LISTEN",
        "localhost:80",
        &[
            "environment ZENWALLET_LISTEN: listen = \"localhost:80\"",
            "an IP address and a port",
            "fix: ZENWALLET_LISTEN=127.0.0.1:80, or leave it out (default: 127.0.0.1:8080)",
        ],
    ),
    ("ZENWALLET_LISTEN", ":80", &["ZENWALLET_LISTEN=0.0.0.0:80"]),
    ("ZENWALLET_LISTEN", "9000", &["ZENWALLET_LISTEN=127.0.0.1:9000"]),
    ("ZENWALLET_LISTEN", "here", &["ZENWALLET_LISTEN=127.0.0.1:8080, or leave it out"]),
    ("ZENWALLET_PUBLIC_URL", "pay.example.com:8443/x", &["does not begin", "=https://pay.example.com:8443/x,"]),
    ("ZENWALLET_PUBLIC_URL", "ftp://pay.example.com", &["does not begin with http:// or https://"]),
    ("ZENWALLET_PUBLIC_URL", "https://", &["is not a URL: empty host"]),
    ("ZENWALLET_PUBLIC_URL", "https://a b", &["holds a space"]),
    ("ZENWALLET_PUBLIC_URL", "https://a/?", &["has a query"]),
    ("ZENWALLET_PUBLIC_URL", "https://a/#x", &["has a query or a fragment"]),
    ("ZENWALLET_PUBLIC_URL", "https://@a/", &["holds a user"]),
    ("ZENWALLET_PUBLIC_URL", "https:///me@a/", &["holds a user"]),
    ("ZENWALLET_HTTP_HEAD_TIMEOUT_MS", "10s", &["has a unit", "ZENWALLET_HTTP_HEAD_TIMEOUT_MS=10000"]),
    ("ZENWALLET_HTTP_HEAD_TIMEOUT_MS", "250 ms", &["ZENWALLET_HTTP_HEAD_TIMEOUT_MS=250, or"]),
    ("ZENWALLET_HTTP_HEAD_TIMEOUT_MS", "9", &["is too small", "whole milliseconds from 10 to 600000"]),
    ("ZENWALLET_HTTP_MAX_CONNECTIONS", "16_000", &["not a whole number", "ZENWALLET_HTTP_MAX_CONNECTIONS=16000"]),
    ("ZENWALLET_HTTP_MAX_CONNECTIONS", "-5", &["\"-5\": is too small"]),
    (
        "ZENWALLET_DATABASE_READ_CONNECTIONS",
        "65",
        &["is too large", "from 1 to 64", "ZENWALLET_DATABASE_READ_CONNECTIONS=64"],
    ),
    ("ZENWALLET_DATABASE_STATEMENTS", "Prepared", &["one of auto, prepared, unnamed", "STATEMENTS=prepared"]),
    ("ZENWALLET_DEMO_APP", "off", &["true or false", "ZENWALLET_DEMO_APP=false"]),
    ("ZENWALLET_LOG_FILTER", " ", &["log.filter = \" \": is empty"]),
    ("ZENWALLET_LISTN", "x", &["environment ZENWALLET_LISTN", "did you mean ZENWALLET_LISTEN?"]),
    ("ZENWALLET_PORT", "80", &["did you mean ZENWALLET_LISTEN?"]),
    ("ZENWALLET_HTTP__METRICS", "true", &["did you mean ZENWALLET_HTTP_METRICS?"]),
    ("ZENWALLET_MAX_CONNECTIONS", "1", &["did you mean ZENWALLET_HTTP_MAX_CONNECTIONS?"]),
    ("ZENWALLET_CONFG", "x", &["did you mean ZENWALLET_CONFIG?"]),
    ("ZENWALLET_DEMO_THING", "x", &["in this section there are ZENWALLET_DEMO_APP"]),
    ("ZENWALLET_ZZZ\u{1b}[1m", "x", &["ZENWALLET_ZZZ\u{fffd}[1m", "unset it"]),
];

#[test]
fn a_bad_environment_is_refused_with_variable_key_value_and_fix() {
    for (name, value, fragments) in BAD_ENVIRONMENTS {
        let errors = load_env(&[(name, value)]).expect_err(name).to_string();
        for fragment in *fragments {
            assert!(errors.contains(fragment), "{name}={value}\n---\n{errors}\n--- lacks: {fragment}");
        }
    }
}

#[test]
fn a_bad_flag_is_refused_with_the_flag_that_fits() {
    let errors = load_flags(&[("log.format", "xml"), ("http.metrics", "1"), ("htp.metrics", "x")]).unwrap_err();
    let text = errors.to_string();
    assert_eq!((errors.as_slice().len(), text.split("\n\n").count()), (3, 3), "{text}");
    for fragment in [
        "flag --log-format: log.format = \"xml\"",
        "fix: --log-format auto",
        "flag --set http.metrics",
        "fix: --set http.metrics=true",
        "flag --set htp.metrics: ",
        "did you mean http.metrics?",
    ] {
        assert!(text.contains(fragment), "{text}\n--- lacks: {fragment}");
    }
}

#[test]
fn a_public_url_is_kept_in_normal_form_and_follows_the_listen_address() {
    let url = |env: &[(&str, &str)]| load_env(env).unwrap().public_url;
    assert_eq!(url(&[("ZENWALLET_PUBLIC_URL", "HTTPS://Pay.Example.com:443/shop//")]), "https://pay.example.com/shop");
    for (listen, expected) in [
        ("0.0.0.0:9000", "http://localhost:9000"),
        ("[::]:9000", "http://localhost:9000"),
        ("[::ffff:0.0.0.0]:9000", "http://localhost:9000"),
        ("[::1]:9000", "http://[::1]:9000"),
        ("[fe80::1%3]:9000", "http://[fe80::1]:9000"),
        ("10.0.0.7:80", "http://10.0.0.7"),
    ] {
        assert_eq!(url(&[("ZENWALLET_LISTEN", listen)]), expected);
    }
    let long = |length: usize| format!("https://a/{}", "x".repeat(length - "https://a/".len()));
    assert_eq!(url(&[("ZENWALLET_PUBLIC_URL", &long(1_500))]).len(), 1_500);
    assert!(load_env(&[("ZENWALLET_PUBLIC_URL", &long(1_501))]).unwrap_err().to_string().contains("longer than 1500"));
}

#[test]
fn numbers_may_be_written_as_toml_writes_them() {
    let config = load_file("\u{feff}[http]\r\nmax_connections = 0x10\r\nhead_timeout_ms = 1_000\r\n").unwrap();
    assert_eq!((config.http.max_connections, config.http.head_timeout), (16, Duration::from_secs(1)));
}

#[test]
fn distance_counts_slips_of_the_finger() {
    for (a, b, expected) in [("", "abc", 3), ("listen", "listen", 0), ("listne", "listen", 1), ("lisen", "listen", 1)] {
        assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
    }
}
