//! Every limit of the product's inputs, in one place, units last.

/// Smallest lifetime of a payment, in seconds.
pub const EXPIRES_IN_MIN_S: i64 = 30;
/// Largest lifetime of a payment, in seconds (30 days).
pub const EXPIRES_IN_MAX_S: i64 = 2_592_000;
/// Lifetime of a payment that names none, in seconds.
pub const EXPIRES_IN_DEFAULT_S: i64 = 1_800;

/// Largest amount, in minor units: 9 999 999 999 999.99.
pub const AMOUNT_MAX_MINOR: i64 = 999_999_999_999_999;

/// Longest `reference_id`, in characters.
pub const REFERENCE_ID_MAX_CHARS: usize = 255;
/// Longest `description`, in characters.
pub const DESCRIPTION_MAX_CHARS: usize = 1_000;
/// Longest `notes`, in characters.
pub const NOTES_MAX_CHARS: usize = 1_000;
/// Longest `failure_code`, in characters.
pub const FAILURE_CODE_MAX_CHARS: usize = 64;
/// Longest URL that we keep, in characters.
pub const URL_MAX_CHARS: usize = 2_048;
/// Longest name of an app, in characters.
pub const APP_NAME_MAX_CHARS: usize = 255;

/// Most keys of a payment's metadata.
pub const METADATA_MAX_KEYS: usize = 50;
/// Longest key of metadata, in characters.
pub const METADATA_KEY_MAX_CHARS: usize = 40;
/// Longest string value of metadata, in characters.
pub const METADATA_VALUE_MAX_CHARS: usize = 500;
/// Most bytes of metadata in canonical JSON.
pub const METADATA_MAX_BYTES: usize = 16 * 1024;

/// Longest `Idempotency-Key`, in bytes of visible ASCII.
pub const IDEMPOTENCY_KEY_MAX_BYTES: usize = 255;
/// How long an idempotency record answers for its key, in milliseconds (24 h).
pub const IDEMPOTENCY_KEPT_MS: i64 = 24 * 3_600 * 1_000;
/// How long work under an idempotency key may take before it counts as broken off, in milliseconds.
pub const IDEMPOTENCY_RESERVED_MS: i64 = 60 * 1_000;

/// Largest request body, in bytes.
pub const BODY_MAX_BYTES: usize = 64 * 1024;

/// Smallest, default and largest page of a list.
pub const LIST_LIMIT_DEFAULT: u32 = 50;
/// Largest page of a list.
pub const LIST_LIMIT_MAX: u32 = 100;
/// `total_count` is exact up to here and capped above.
pub const TOTAL_COUNT_MAX: u32 = 10_000;

/// Most apps that one request of a user can name.
pub const NAMED_APPS_MAX: usize = 100;
/// Most apps of an environment that one request of a user is about.
pub const SCOPE_APPS_MAX: u32 = 1_000;
/// Longest text that is searched for, in characters.
pub const SEARCH_MAX_CHARS: usize = 200;
/// Most hits of a search.
pub const SEARCH_HITS_MAX: u32 = 10;

/// Longest overlap of a rotated key with its successor, in seconds (7 days).
pub const KEY_OVERLAP_MAX_S: i64 = 7 * 24 * 3_600;
/// Overlap of a rotated key when none is named, in seconds (24 h).
pub const KEY_OVERLAP_DEFAULT_S: i64 = 24 * 3_600;

/// Requests per second of a production key that names no other rate.
pub const RATE_PRODUCTION_PER_S: u32 = 200;
/// Requests per second of a test key that names no other rate.
pub const RATE_TEST_PER_S: u32 = 1_000;
/// Requests per second of a user's session.
pub const USER_RATE_PER_S: u32 = 100;
/// Largest rate that an app can be given.
pub const RATE_MAX_PER_S: u32 = 1_000_000;

/// Most endpoints of an app, its default one among them.
pub const ENDPOINTS_MAX: usize = 20;
/// Most headers of an endpoint's own.
pub const ENDPOINT_HEADERS_MAX: usize = 10;
/// Longest name of such a header.
pub const ENDPOINT_HEADER_NAME_MAX_CHARS: usize = 100;
/// Longest value of such a header.
pub const ENDPOINT_HEADER_VALUE_MAX_CHARS: usize = 1_000;

/// Messages that an inbox keeps: the newest ones.
pub const INBOX_KEEPS: u32 = 100;
/// Most headers of a message that are kept.
pub const INBOX_HEADERS_MAX: usize = 50;
/// Longest value of a header that is kept, in characters.
pub const INBOX_HEADER_VALUE_MAX_CHARS: usize = 1_000;

/// Webhook secrets that sign at the same time, the newest among them.
pub const WEBHOOK_SECRETS_MAX: usize = 4;

/// Most buckets of one answer about volume.
pub const ANALYTICS_BUCKETS_MAX: usize = 1_000;
/// Longest stretch of time that statuses are counted over, in seconds (1000 days).
pub const ANALYTICS_RANGE_MAX_S: i64 = 1_000 * 24 * 3_600;
/// Most currencies that an overview tells apart.
pub const ANALYTICS_CURRENCIES_MAX: u32 = 100;

/// Longest email address, in characters (RFC 5321).
pub const EMAIL_MAX_CHARS: usize = 254;
/// Longest name of a user, in characters.
pub const USER_NAME_MAX_CHARS: usize = 100;
/// Shortest password, in characters.
pub const PASSWORD_MIN_CHARS: usize = 8;
/// Longest password, in characters.
pub const PASSWORD_MAX_CHARS: usize = 128;
/// How long an access token is good, in seconds.
pub const ACCESS_TOKEN_S: i64 = 15 * 60;
/// How long a session rests before it ends, in seconds (7 days).
pub const SESSION_IDLE_S: i64 = 7 * 24 * 3_600;
/// How long a session lasts at most, in seconds (30 days).
pub const SESSION_MAX_S: i64 = 30 * 24 * 3_600;
/// How long a proof of who one is lets dangerous acts pass, in seconds.
pub const CONFIRMED_S: i64 = 10 * 60;
/// How long an invitation is good, in seconds (72 hours).
pub const INVITATION_S: i64 = 72 * 3_600;
/// How long a link to a new password is good, in seconds.
pub const PASSWORD_RESET_S: i64 = 3_600;
/// Recovery codes of a user.
pub const RECOVERY_CODES: usize = 10;
/// Most sessions of a user; one more ends the one that rested longest.
pub const SESSIONS_MAX: usize = 50;
/// Longest `User-Agent` that is kept, in characters.
pub const USER_AGENT_MAX_CHARS: usize = 300;
/// Longest stretch that usage is shown for, in days.
pub const USAGE_DAYS_MAX: i64 = 366;
/// Most working keys of an app.
pub const KEYS_MAX: usize = 20;
/// Most apps of one user.
pub const APPS_PER_USER_MAX: usize = 100;
/// Longest name of a key, in characters.
pub const KEY_NAME_MAX_CHARS: usize = 100;
/// Longest lifetime that a key can be given, in seconds (10 years).
pub const KEY_LIFETIME_MAX_S: i64 = 10 * 366 * 24 * 3_600;
