//! Every key, once. Order is the order of the default file and of the documentation.

use super::key::{Fallback, Key, Kind, key};
use super::read;
use super::{LogFormat, StatementMode};
use std::ops::RangeInclusive;
use zenwallet_core::user::TotpRule;

/// The key of this dotted name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Every key.
pub(super) static KEYS: &[Key] = &[
    key(
        "listen",
        "ZENWALLET_LISTEN",
        Fallback::Value("127.0.0.1:8080"),
        Kind::Text { accepted: "an IP address and a port, such as 127.0.0.1:8080 or [::]:8080", read: read::listen },
        "Where HTTP is served.",
    )
    .flag("--listen"),
    key(
        "data_dir",
        "ZENWALLET_DATA_DIR",
        Fallback::Value("./zenwallet-data"),
        Kind::Text { accepted: "the path of a directory; it is made when missing", read: read::data_dir },
        "Directory of the SQLite database and of the secret key made with it; relative to the working directory.",
    )
    .flag("--data-dir"),
    key(
        "public_url",
        "ZENWALLET_PUBLIC_URL",
        Fallback::Absent {
            then: "http:// and the listen address; localhost when that is 0.0.0.0 or [::]",
            example: "https://pay.example.com",
        },
        Kind::Text {
            accepted: "an absolute http or https URL without user, query and fragment, at most 1500 characters",
            read: read::public_url,
        },
        "What payment URLs start with.",
    )
    .flag("--public-url"),
    key(
        "database_url",
        "ZENWALLET_DATABASE_URL",
        Fallback::Absent {
            then: "SQLite in data_dir",
            example: "postgres://zenwallet:PASSWORD@127.0.0.1:5432/zenwallet",
        },
        Kind::Secret { accepted: "a URL that begins with postgres:// or postgresql://", read: read::database_url },
        "The PostgreSQL to keep everything in. A flag shows in the process list: prefer the environment.",
    )
    .env_alias("DATABASE_URL")
    .flag("--database-url"),
    key(
        "secret_key",
        "ZENWALLET_SECRET_KEY",
        Fallback::Absent {
            then: "with SQLite a key is made and kept in data_dir; with PostgreSQL it is required",
            example: "PASTE-THE-OUTPUT-OF: openssl rand -base64 32",
        },
        Kind::Secret { accepted: "32 bytes in base64, standard or URL-safe", read: read::secret_key },
        "The key that encrypts secrets at rest; every node of a cluster has the same one.",
    ),
    key(
        "secret_key_file",
        "ZENWALLET_SECRET_KEY_FILE",
        Fallback::Absent { then: "secret_key is taken", example: "/run/secrets/zenwallet_secret_key" },
        Kind::Text { accepted: "the path of a file that holds a secret_key", read: read::secret_key_file },
        "File to read secret_key from; relative to the working directory. Set one of the two.",
    ),
    key(
        "node_name",
        "ZENWALLET_NODE_NAME",
        Fallback::Absent { then: "the machine's name and the listen address", example: "node-a" },
        Kind::Text { accepted: "1 to 100 visible ASCII characters", read: read::node_name },
        "This node's name. Nodes that run at the same time on one database have different names.",
    ),
    key(
        "http.max_connections",
        "ZENWALLET_HTTP_MAX_CONNECTIONS",
        Fallback::Value("16384"),
        Kind::Count(1..=1_000_000, |c| &mut c.http.max_connections),
        "Most open connections.",
    ),
    key(
        "http.max_connections_per_address",
        "ZENWALLET_HTTP_MAX_CONNECTIONS_PER_ADDRESS",
        Fallback::Value("4096"),
        Kind::Count(1..=1_000_000, |c| &mut c.http.max_connections_per_address),
        "Most open connections of one client address; a proxy in front is one address.",
    ),
    key(
        "http.head_timeout_ms",
        "ZENWALLET_HTTP_HEAD_TIMEOUT_MS",
        Fallback::Value("10000"),
        Kind::Millis(TIMEOUT_MS, |c| &mut c.http.head_timeout),
        "Longest wait for a request's head, in milliseconds.",
    ),
    key(
        "http.body_timeout_ms",
        "ZENWALLET_HTTP_BODY_TIMEOUT_MS",
        Fallback::Value("10000"),
        Kind::Millis(TIMEOUT_MS, |c| &mut c.http.body_timeout),
        "Longest wait for a request's body, in milliseconds.",
    ),
    key(
        "http.keep_alive_idle_ms",
        "ZENWALLET_HTTP_KEEP_ALIVE_IDLE_MS",
        Fallback::Value("15000"),
        Kind::Millis(TIMEOUT_MS, |c| &mut c.http.keep_alive_idle),
        "Longest rest of a connection between two requests, in milliseconds.",
    ),
    key(
        "http.write_stall_timeout_ms",
        "ZENWALLET_HTTP_WRITE_STALL_TIMEOUT_MS",
        Fallback::Value("10000"),
        Kind::Millis(TIMEOUT_MS, |c| &mut c.http.write_stall_timeout),
        "Longest time a client may leave an answer unread, in milliseconds.",
    ),
    key(
        "http.trusted_proxies",
        "ZENWALLET_HTTP_TRUSTED_PROXIES",
        Fallback::Absent {
            then: "nobody's word counts: a client is whoever connects",
            example: "10.0.0.0/8, 127.0.0.1/32",
        },
        Kind::Text {
            accepted: "ranges of addresses with commas between, such as 10.1.0.0/16, fd12::/16; none for no range",
            read: read::trusted_proxies,
        },
        "Proxies whose X-Forwarded-For says where a request comes from: for throttled logins and the audit log.",
    ),
    key(
        "http.metrics",
        "ZENWALLET_HTTP_METRICS",
        Fallback::Value("true"),
        Kind::Switch(|c| &mut c.http.metrics),
        "Whether /metrics is served.",
    ),
    key(
        "database.read_connections",
        "ZENWALLET_DATABASE_READ_CONNECTIONS",
        Fallback::Value("8"),
        Kind::Count(1..=64, |c| &mut c.database.read_connections),
        "Connections that serve reads.",
    ),
    key(
        "database.statements",
        "ZENWALLET_DATABASE_STATEMENTS",
        Fallback::Value("auto"),
        Kind::Choice(&[
            ("auto", |c| c.database.statements = StatementMode::Auto),
            ("prepared", |c| c.database.statements = StatementMode::Prepared),
            ("unnamed", |c| c.database.statements = StatementMode::Unnamed),
        ]),
        "How SQL is sent to PostgreSQL; unnamed works behind any pooler.",
    ),
    key(
        "database.commit_timeout_ms",
        "ZENWALLET_DATABASE_COMMIT_TIMEOUT_MS",
        Fallback::Value("5000"),
        Kind::Millis(TIMEOUT_MS, |c| &mut c.database.commit_timeout),
        "Longest wait for a commit, in milliseconds; after it the request is answered 503.",
    ),
    key(
        "database.acquire_timeout_ms",
        "ZENWALLET_DATABASE_ACQUIRE_TIMEOUT_MS",
        Fallback::Value("3000"),
        Kind::Millis(TIMEOUT_MS, |c| &mut c.database.acquire_timeout),
        "Longest wait for a free connection, in milliseconds.",
    ),
    key(
        "database.queue_max",
        "ZENWALLET_DATABASE_QUEUE_MAX",
        Fallback::Value("8192"),
        Kind::Count(1..=1_000_000, |c| &mut c.database.queue_max),
        "Most commands that may wait for the writer.",
    ),
    key(
        "database.batch_max",
        "ZENWALLET_DATABASE_BATCH_MAX",
        Fallback::Value("256"),
        Kind::Count(1..=10_000, |c| &mut c.database.batch_max),
        "Most commands of one transaction.",
    ),
    key(
        "database.connect_timeout_ms",
        "ZENWALLET_DATABASE_CONNECT_TIMEOUT_MS",
        Fallback::Value("5000"),
        Kind::Millis(TIMEOUT_MS, |c| &mut c.database.connect_timeout),
        "Longest wait for a new connection, in milliseconds.",
    ),
    key(
        "log.filter",
        "ZENWALLET_LOG_FILTER",
        Fallback::Value("info"),
        Kind::Text { accepted: "a filter such as info or warn,zenwallet_server=debug", read: read::log_filter },
        "Which lines are logged, in the syntax of tracing's env-filter.",
    ),
    key(
        "log.format",
        "ZENWALLET_LOG_FORMAT",
        Fallback::Value("auto"),
        Kind::Choice(&[
            ("text", |c| c.log.format = LogFormat::Text),
            ("json", |c| c.log.format = LogFormat::Json),
            ("auto", |c| c.log.format = LogFormat::Auto),
        ]),
        "How a log line is written; auto is text on a terminal and json otherwise.",
    )
    .flag("--log-format"),
    key(
        "shutdown.grace_ms",
        "ZENWALLET_SHUTDOWN_GRACE_MS",
        Fallback::Value("10000"),
        Kind::Millis(0..=600_000, |c| &mut c.shutdown.grace),
        "How long open requests may finish when the server stops, in milliseconds.",
    ),
    key(
        "demo.app",
        "ZENWALLET_DEMO_APP",
        Fallback::Value("true"),
        Kind::Switch(|c| &mut c.demo.app),
        "Whether the first start of an empty SQLite database makes a demo test app and prints its key once.",
    ),
    key(
        "expiry.batch_max",
        "ZENWALLET_EXPIRY_BATCH_MAX",
        Fallback::Value("500"),
        Kind::Count(1..=10_000, |c| &mut c.expiry.batch_max),
        "Most payments expired in one step.",
    ),
    key(
        "serve.worker",
        "ZENWALLET_SERVE_WORKER",
        Fallback::Value("true"),
        Kind::Switch(|c| &mut c.serve_worker),
        "Whether serve also delivers webhooks and expires payments; with false, zenwallet worker must run for that.",
    ),
    key(
        "webhooks.timeout_ms",
        "ZENWALLET_WEBHOOKS_TIMEOUT_MS",
        Fallback::Value("10000"),
        Kind::Millis(100..=60_000, |c| &mut c.webhooks.timeout),
        "Longest time of one attempt, in milliseconds: DNS, connection, TLS, head and body together.",
    ),
    key(
        "webhooks.retry_delays_s",
        "ZENWALLET_WEBHOOKS_RETRY_DELAYS_S",
        Fallback::Value("5, 30, 300"),
        Kind::Text {
            accepted: "up to 20 waits in seconds with commas between, each up to 86400, such as 5, 30, 300",
            read: read::retry_delays,
        },
        "Waits after each failed attempt, in seconds; after the last one a delivery has failed.",
    ),
    key(
        "webhooks.lease_slack_ms",
        "ZENWALLET_WEBHOOKS_LEASE_SLACK_MS",
        Fallback::Value("20000"),
        Kind::Millis(3_000..=600_000, |c| &mut c.webhooks.lease_slack),
        "How much longer than one attempt a delivery stays with its node before others take it over, in milliseconds.",
    ),
    key(
        "webhooks.max_in_flight",
        "ZENWALLET_WEBHOOKS_MAX_IN_FLIGHT",
        Fallback::Value("1024"),
        Kind::Count(8..=16_384, |c| &mut c.webhooks.max_in_flight),
        "Most attempts at the same time; one app has at most an eighth of them.",
    ),
    key(
        "webhooks.max_in_flight_per_target",
        "ZENWALLET_WEBHOOKS_MAX_IN_FLIGHT_PER_TARGET",
        Fallback::Value("16"),
        Kind::Count(2..=1_024, |c| &mut c.webhooks.max_in_flight_per_target),
        "Most attempts at the same time of one app to one scheme, host and port.",
    ),
    key(
        "webhooks.allow_cidrs",
        "ZENWALLET_WEBHOOKS_ALLOW_CIDRS",
        Fallback::Absent {
            then: "loopback, for test apps, while the gateway itself listens on loopback; otherwise nothing",
            example: "10.1.0.0/16, fd12::/16",
        },
        Kind::Text {
            accepted: "ranges of addresses with commas between, such as 10.1.0.0/16, fd12::/16; none for no range",
            read: read::allow_cidrs,
        },
        "Private ranges that webhooks of all apps may go to. Metadata addresses stay closed in any case.",
    ),
    key(
        "webhooks.disable_after_s",
        "ZENWALLET_WEBHOOKS_DISABLE_AFTER_S",
        Fallback::Value("432000"),
        Kind::Seconds(60..=31_536_000, |c| &mut c.webhooks.disable_after),
        "How long an endpoint's deliveries may all fail before it is disabled, in seconds.",
    ),
    key(
        "webhooks.log_retention_days",
        "ZENWALLET_WEBHOOKS_LOG_RETENTION_DAYS",
        Fallback::Value("30"),
        Kind::Count(1..=3_650, |c| &mut c.webhooks.log_retention_days),
        "Days that finished deliveries and their attempts are kept.",
    ),
    key(
        "auth.require_totp",
        "ZENWALLET_AUTH_REQUIRE_TOTP",
        Fallback::Value("nobody"),
        Kind::Choice(&[
            ("nobody", |c| c.auth.require_totp = TotpRule::Nobody),
            ("admins", |c| c.auth.require_totp = TotpRule::Admins),
            ("everybody", |c| c.auth.require_totp = TotpRule::Everybody),
        ]),
        "Who must have a second factor: without one a user reaches nothing but setting it up.",
    ),
    key(
        "events.retention_days",
        "ZENWALLET_EVENTS_RETENTION_DAYS",
        Fallback::Value("90"),
        Kind::Count(1..=3_650, |c| &mut c.events.retention_days),
        "Days that events are kept in their app's log; one whose deliveries are still kept stays longer.",
    ),
    key(
        "live.max_connections_per_app",
        "ZENWALLET_LIVE_MAX_CONNECTIONS_PER_APP",
        Fallback::Value("2000"),
        Kind::Count(1..=1_000_000, |c| &mut c.live.max_connections_per_app),
        "Most open sockets and event streams of one app on this node.",
    ),
    key(
        "live.allowed_origins",
        "ZENWALLET_LIVE_ALLOWED_ORIGINS",
        Fallback::Absent {
            then: "pages of public_url and of the host they connect to",
            example: "https://shop.example.com, https://admin.example.com",
        },
        Kind::Text {
            accepted: "origins with commas between, each http:// or https://, a host and perhaps a port",
            read: read::allowed_origins,
        },
        "Origins whose pages may open sockets, beside the gateway's own.",
    ),
    key(
        "pay_page.frame_ancestors",
        "ZENWALLET_PAY_PAGE_FRAME_ANCESTORS",
        Fallback::Absent { then: "no page may", example: "https://shop.example.com, https://www.example.com" },
        Kind::Text {
            accepted: "origins with commas between, each http:// or https://, a host and perhaps a port",
            read: read::frame_ancestors,
        },
        "Origins whose pages may show payers' pages in a frame.",
    ),
    key(
        "email.smtp_url",
        "ZENWALLET_EMAIL_SMTP_URL",
        Fallback::Absent {
            then: "no emails are sent, and everything else works",
            example: "smtps://USER:PASSWORD@mail.example.com:465",
        },
        Kind::Secret {
            accepted: "smtps://USER:PASSWORD@HOST:PORT; smtp://…?tls=required for STARTTLS; smtp:// for this machine alone",
            read: read::smtp_url,
        },
        "The SMTP server that takes the gateway's emails; user and password are percent-encoded.",
    ),
    key(
        "email.from",
        "ZENWALLET_EMAIL_FROM",
        Fallback::Absent { then: "zenwallet at the host of public_url", example: "ZenWallet <zenwallet@example.com>" },
        Kind::Text { accepted: "an address, with or without a name before it", read: read::email_from },
        "Who the gateway's emails come from; the SMTP server must take it.",
    ),
];

/// What every timeout takes: below 10 ms nothing would work, above 10 minutes nothing would be freed.
const TIMEOUT_MS: RangeInclusive<i128> = 10..=600_000;
