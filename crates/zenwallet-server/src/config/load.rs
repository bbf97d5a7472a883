//! From what was given to the one `Config`, or to everything that is wrong with it.

use super::error::{ConfigError, ConfigErrors};
use super::given::Given;
use super::key::{Fallback, Form, Key};
use super::keys::{self, KEYS};
use super::layer::{self, Layer};
use super::read::{Refusal, SECRET_KEY_FIX};
use super::{
    AuthConfig, Config, DatabaseConfig, DemoConfig, EmailConfig, EventsConfig, ExpiryConfig, HttpConfig, LiveConfig,
    LogConfig, LogFormat, PayPageConfig, ShutdownConfig, StatementMode, WebhooksConfig, default_public_url,
};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use zenwallet_core::user::TotpRule;

/// The configuration of a file (its path as errors show it, and its text), an environment and flags, each weighing
/// more than the one before it and all more than the defaults. Reads nothing else: of a `secret_key_file` only the
/// path is noted.
///
/// # Errors
/// All bad values that count, and all unknown names, at once.
pub fn load(
    file: Option<(&Path, &str)>,
    env: &[(String, String)],
    flags: &[(String, String)],
) -> Result<Config, ConfigErrors> {
    let file = file.map(|(path, text)| layer::read_file(&path.display().to_string(), text));
    Loading::new(file.unwrap_or_default(), env, flags).finish()
}

/// The built-in defaults.
pub(super) fn defaults() -> Config {
    Loading::new(Layer::default(), &[], &[]).config
}

/// A configuration in the making.
pub(super) struct Loading {
    pub(super) config: Config,
    /// For each key that was given: the value that weighs most. Those it outweighs are not looked at, so that an
    /// override also overrides a mistake.
    pub(super) winners: BTreeMap<&'static str, Given>,
    pub(super) errors: Vec<ConfigError>,
}

impl Loading {
    pub(super) fn new(file: Layer, env: &[(String, String)], flags: &[(String, String)]) -> Self {
        let mut loading = Self { config: blank(), winners: BTreeMap::new(), errors: Vec::new() };
        let file_is_broken = file.broken;
        for layer in [file, layer::read_env(env), layer::read_flags(flags)] {
            loading.errors.extend(layer.errors);
            loading.winners.extend(layer.given.into_iter().map(|given| (given.key.name, given)));
        }
        loading.choose_secret_key();
        loading.read_winners();
        if loading.config.public_url.is_empty() {
            loading.config.public_url = default_public_url(loading.config.listen);
        }
        if !file_is_broken {
            loading.require_secret_key();
        }
        loading
    }

    pub(super) fn finish(self) -> Result<Config, ConfigErrors> {
        if self.errors.is_empty() { Ok(self.config) } else { Err(ConfigErrors(self.errors)) }
    }

    /// The key itself and a file with it are two ways to say one thing: the heavier source wins, a tie is an error.
    fn choose_secret_key(&mut self) {
        let (Some(key), Some(file)) = (self.winners.get("secret_key"), self.winners.get("secret_key_file")) else {
            return;
        };
        match key.source.weight().cmp(&file.source.weight()) {
            std::cmp::Ordering::Less => drop(self.winners.remove("secret_key")),
            std::cmp::Ordering::Greater => drop(self.winners.remove("secret_key_file")),
            std::cmp::Ordering::Equal => {
                let reason = format!("secret_key is set as well ({})", key.source);
                let refusal = Refusal::new(reason).fix("remove one of the two");
                self.errors.push(ConfigError::refused(file, refusal));
            }
        }
    }

    fn read_winners(&mut self) {
        for key in KEYS {
            if let Fallback::Value(default) = key.fallback {
                let read = key.read(&mut self.config, default);
                debug_assert!(read.is_ok(), "{}: its default is refused", key.name);
            }
            let Some(given) = self.winners.get(key.name) else { continue };
            if let Err(refusal) = check_form(given).and_then(|()| key.read(&mut self.config, &given.text)) {
                self.errors.push(ConfigError::refused(given, refusal));
            }
        }
    }

    /// PostgreSQL is shared by nodes and outlives this machine's disk, so its key cannot be one made here.
    fn require_secret_key(&mut self) {
        let Some(database) = self.winners.get("database_url").filter(|_| self.config.database_url.is_some()) else {
            return;
        };
        if !self.winners.contains_key("secret_key") && !self.winners.contains_key("secret_key_file") {
            self.errors.push(ConfigError {
                place: database.source.to_string(),
                subject: "secret_key".to_owned(),
                reason: "is missing, and PostgreSQL needs it".to_owned(),
                accepted: keys::find("secret_key").map(Key::accepted).unwrap_or_default(),
                fix: SECRET_KEY_FIX.to_owned(),
            });
        }
    }
}

/// Refuses a value of the file that has the wrong TOML type.
fn check_form(given: &Given) -> Result<(), Refusal> {
    let Some(form) = given.form.filter(|form| *form != given.key.form()) else { return Ok(()) };
    let is = match form {
        Form::Integer => "a number",
        Form::Boolean => "true or false without quotes",
        Form::String => "text in quotes",
        Form::Other(what) => what,
    };
    let wants = match given.key.form() {
        Form::Integer => "a whole number without quotes",
        Form::Boolean => "true or false without quotes",
        _ => "text in quotes",
    };
    // The same text with or without its quotes, where that would be taken.
    let may_repeat = !given.key.is_secret() && !matches!(form, Form::Other(_));
    let meant = may_repeat.then(|| given.text.clone()).filter(|text| given.key.read(&mut blank(), text).is_ok());
    Err(Refusal::new(format!("is {is} where {wants} belongs")).instead(meant))
}

/// A place for every value. Nothing of it is seen: the table fills it, and a test holds that the table is complete.
fn blank() -> Config {
    Config {
        listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        data_dir: PathBuf::new(),
        public_url: String::new(),
        database_url: None,
        secret_key: None,
        secret_key_file: None,
        http: HttpConfig {
            max_connections: 0,
            max_connections_per_address: 0,
            head_timeout: Duration::ZERO,
            body_timeout: Duration::ZERO,
            keep_alive_idle: Duration::ZERO,
            write_stall_timeout: Duration::ZERO,
            metrics: false,
            trusted_proxies: Vec::new(),
        },
        database: DatabaseConfig {
            read_connections: 0,
            statements: StatementMode::Auto,
            commit_timeout: Duration::ZERO,
            acquire_timeout: Duration::ZERO,
            queue_max: 0,
            batch_max: 0,
            connect_timeout: Duration::ZERO,
        },
        log: LogConfig { filter: String::new(), format: LogFormat::Auto },
        shutdown: ShutdownConfig { grace: Duration::ZERO },
        demo: DemoConfig { app: false },
        expiry: ExpiryConfig { batch_max: 0 },
        node_name: String::new(),
        serve_worker: false,
        webhooks: WebhooksConfig {
            timeout: Duration::ZERO,
            retry_delays_ms: Vec::new(),
            lease_slack: Duration::ZERO,
            max_in_flight: 0,
            max_in_flight_per_target: 0,
            allow_cidrs: None,
            disable_after: Duration::ZERO,
            log_retention_days: 0,
        },
        auth: AuthConfig { require_totp: TotpRule::Nobody },
        events: EventsConfig { retention_days: 0 },
        live: LiveConfig { max_connections_per_app: 0, allowed_origins: Vec::new() },
        pay_page: PayPageConfig { frame_ancestors: Vec::new() },
        email: EmailConfig { smtp: None, from: None },
    }
}
