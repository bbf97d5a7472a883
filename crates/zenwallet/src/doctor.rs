//! `zenwallet doctor`: checks what must hold, and says what to mend.

use crate::{open, say};
use secrecy::ExposeSecret;
use std::process::ExitCode;
use zenwallet_server::config::Config;
use zenwallet_store::Store;

pub(crate) async fn examine(config: &Config) -> anyhow::Result<ExitCode> {
    let mut healthy = true;
    let mut report = |what: &str, found: Result<String, String>| {
        healthy &= found.is_ok();
        say(&match found {
            Ok(detail) => format!("ok    {what}: {detail}"),
            Err(fix) => format!("FAIL  {what}: {fix}"),
        });
    };
    let kind = config.database_url.as_ref().map_or_else(
        || format!("SQLite in {}", config.data_dir.display()),
        |url| format!("PostgreSQL at {}", open::host_of(url.expose_secret())),
    );
    report("configuration", Ok(format!("listen {}, public URL {}", config.listen, config.public_url)));
    match open::store(config, None).await {
        Err(error) => report(&kind, Err(format!("{error:#}"))),
        Ok(store) => {
            for (what, found) in examine_store(&store).await {
                report(what, found);
            }
            store.close().await;
            let gateway = open::gateway(config, None).await;
            let key = match &gateway {
                Ok(_) => Ok("it opens this database's secrets".to_owned()),
                Err(error) => Err(format!("{error:#}")),
            };
            report("secret key", key);
            if let Ok(gateway) = gateway {
                gateway.close().await;
            }
            report("database", Ok(kind));
        }
    }
    report("email", examine_email(config).await);
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Connects and logs in, without sending anything.
async fn examine_email(config: &Config) -> Result<String, String> {
    match open::mailer(config) {
        Err(error) => Err(format!("{error:#}")),
        Ok(None) => Ok("no SMTP server is configured: alerts are not sent by email".to_owned()),
        Ok(Some(mailer)) => mailer.check().await.map_err(|error| format!("{error}; check email.smtp_url")),
    }
}

async fn examine_store(store: &Store) -> Vec<(&'static str, Result<String, String>)> {
    let told = |error: zenwallet_store::StoreError| error.to_string();
    let schema = store.migrate().await.map(|applied| match applied.len() {
        0 => "up to date".to_owned(),
        count => format!("brought up to date ({count} steps)"),
    });
    let mut found = vec![
        ("reading", store.check_read().await.map(|()| "works".to_owned()).map_err(told)),
        ("schema", schema.map_err(told)),
    ];
    let probe = store.commit(zenwallet_store::Command::Probe).await;
    found.push(("writing", probe.map(|_| "a commit works".to_owned()).map_err(told)));
    found.push(("durability", store.check_durability().await.map_err(told)));
    found
}
