//! Which gateway a command speaks to, and as whom.

use super::credentials::{Credentials, CredentialsFile};
use super::failure::Failure;
use clap::Args;
use std::path::PathBuf;
use zenwallet_sdk::{Client, Secret};

/// What these options stand under in a command's help.
const HEADING: &str = "Gateway";
const URL_DEFAULT: &str = "http://127.0.0.1:8080";

#[derive(Args)]
pub(crate) struct Target {
    /// The gateway [default: the one of the login, else http://127.0.0.1:8080]
    #[arg(long, global = true, help_heading = HEADING, value_name = "URL", env = "ZENWALLET_URL", hide_env_values = true)]
    url: Option<String>,
    /// The app, if it is not the one that was chosen at the login
    #[arg(long, global = true, help_heading = HEADING, value_name = "ID")]
    app: Option<String>,
    /// Print JSON, one object a line
    #[arg(long, global = true, help_heading = HEADING)]
    pub(super) json: bool,
    /// Where the login is kept [default: zenwallet/credentials.json in the configuration directory]
    #[arg(long, global = true, help_heading = HEADING, value_name = "FILE", env = "ZENWALLET_CREDENTIALS", hide_env_values = true)]
    credentials: Option<PathBuf>,
    /// An app's key instead of a login: only from the environment, so that no process list shows it.
    #[arg(long = "zenwallet-api-key", hide = true, env = "ZENWALLET_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    #[arg(long = "zenwallet-config-home", hide = true, env = "XDG_CONFIG_HOME")]
    config_home: Option<PathBuf>,
}

impl Target {
    /// The app that was named.
    pub(super) fn app(&self) -> Option<&str> {
        self.app.as_deref()
    }

    /// The gateway, as far as this command says it.
    pub(super) fn url_or<'a>(&'a self, kept: Option<&'a str>) -> &'a str {
        let given = self.url.as_deref().filter(|url| !url.is_empty());
        given.or(kept).unwrap_or(URL_DEFAULT)
    }

    /// Where the login is kept.
    pub(super) fn file(&self) -> Result<CredentialsFile, Failure> {
        let path = match (&self.credentials, &self.config_home) {
            (Some(path), _) => path.clone(),
            (None, Some(home)) if home.is_absolute() => home.join("zenwallet/credentials.json"),
            _ => {
                let homeless = || Failure::Local("there is no home directory: name a file with --credentials".into());
                std::env::home_dir().ok_or_else(homeless)?.join(".config/zenwallet/credentials.json")
            }
        };
        Ok(CredentialsFile::new(path))
    }

    /// A client of the app.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        if let Some(key) = self.api_key.as_deref().filter(|key| !key.is_empty()) {
            if self.app.is_some() {
                let why = "ZENWALLET_API_KEY is the key of one app: unset it to choose another with --app";
                return Err(Failure::Usage(why.to_owned()));
            }
            // The key may be of another gateway than the login: the login's URL is not for it.
            return Ok(Client::builder().api_key(key).base_url(self.url_or(None)).build()?);
        }
        let missing = || Failure::NotLoggedIn("not logged in: run `zenwallet login`, or set ZENWALLET_API_KEY".into());
        let kept = self.file()?.read()?.ok_or_else(missing)?;
        let key = self.kept_key(&kept)?;
        Ok(Client::builder().api_key(key.clone()).base_url(self.own_url(&kept)?).build()?)
    }

    fn kept_key<'a>(&self, kept: &'a Credentials) -> Result<&'a Secret, Failure> {
        let Some(app_id) = self.app.as_ref().or(kept.app_id.as_ref()) else {
            return Err(Failure::NotLoggedIn("no app is chosen: run `zenwallet apps use ID`".to_owned()));
        };
        let missing =
            || Failure::NotLoggedIn(format!("there is no key of {app_id} here: `zenwallet apps use {app_id}`"));
        Ok(&kept.keys.get(app_id).ok_or_else(missing)?.api_key)
    }

    /// The login's gateway: its tokens and keys go to no other.
    pub(super) fn own_url<'a>(&'a self, kept: &'a Credentials) -> Result<&'a str, Failure> {
        let url = self.url_or(Some(&kept.url));
        if url.trim_end_matches('/') == kept.url.trim_end_matches('/') {
            return Ok(url);
        }
        let why =
            format!("the login is for {}, not for {url}: log in there, or keep it apart with --credentials", kept.url);
        Err(Failure::NotLoggedIn(why))
    }
}
