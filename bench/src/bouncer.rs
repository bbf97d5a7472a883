//! PgBouncer in transaction mode, where named statements, sessions and locks do not survive from one transaction to the next.

use crate::owned::{Owned, WorkDir};
use crate::postgres::{self, PrivatePostgres, as_service, free_port};
use crate::process::run;
use anyhow::bail;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const START_DEADLINE: Duration = Duration::from_secs(10);

/// A running PgBouncer; dropping it ends it.
pub(crate) struct Bouncer {
    process: Owned,
    port: u16,
    _dir: WorkDir,
}

impl Bouncer {
    /// Starts one before this server.
    pub(crate) async fn start(server: &PrivatePostgres) -> anyhow::Result<Self> {
        let (dir, port) = (WorkDir::create("pgbouncer")?, free_port()?);
        let file = dir.path().join("pgbouncer.ini");
        std::fs::write(&file, settings(server.port(), port))?;
        if postgres::is_root()? {
            run(Command::new("chown").arg("-R").arg("postgres:").arg(dir.path()))?;
        }
        let mut command = as_service(Path::new("pgbouncer"), dir.path())?;
        let process = Owned::spawn(command.arg(&file), &dir.path().join("log"))?;
        let mut bouncer = Self { process, port, _dir: dir };
        let began = Instant::now();
        while postgres::execute(&bouncer.url("postgres"), "select 1").await.is_err() {
            if bouncer.process.ended()?.is_some() || began.elapsed() > START_DEADLINE {
                bail!("PgBouncer does not start");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(bouncer)
    }

    /// The connection string of a database behind it.
    pub(crate) fn url(&self, database: &str) -> String {
        postgres::url(self.port, database)
    }
}

fn settings(server_port: u16, port: u16) -> String {
    format!(
        "[databases]\n* = host=127.0.0.1 port={server_port} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n\
         max_client_conn = 2000\nignore_startup_parameters = extra_float_digits\nserver_login_retry = 1\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    #[tokio::test]
    async fn a_bouncer_passes_statements_on_and_is_gone() {
        let version = Command::new("pgbouncer").arg("--version").stdout(Stdio::null()).status();
        if version.is_err() || !postgres::is_installed() {
            return;
        }
        let server = PrivatePostgres::start(&["fsync=off"]).await.expect("started");
        let bouncer = Bouncer::start(&server).await.expect("started");
        let pid = bouncer.process.pid();
        postgres::execute(&bouncer.url("postgres"), "select 1").await.expect("passed on");
        drop(bouncer);
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}
