//! A PostgreSQL of our own: made in a temporary directory, on a free loopback port, ended by its process id.

use crate::owned::{Owned, WorkDir};
use anyhow::{Context, bail, ensure};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// PostgreSQL refuses to run as root; Debian's package makes this user for it.
const SERVICE_USER: &str = "postgres";
const START_DEADLINE: Duration = Duration::from_secs(30);
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// A running private PostgreSQL; dropping it ends the server and removes its data.
pub(crate) struct PrivatePostgres {
    server: Owned,
    port: u16,
    // After the server in this list: fields are dropped in order, and the directory must outlive the process.
    _dir: WorkDir,
}

impl PrivatePostgres {
    /// Makes a database cluster and starts it. `settings` are `-c` options such as `shared_buffers=512MB`.
    pub(crate) async fn start(settings: &[&str]) -> anyhow::Result<Self> {
        let dir = WorkDir::create("postgres")?;
        let (bin, data) = (bin_dir()?, dir.path().join("data"));
        if is_root()? {
            run(Command::new("chown").arg(format!("{SERVICE_USER}:")).arg(dir.path()))?;
        }
        run(as_service(&bin.join("initdb"), dir.path())?
            .args(["-A", "trust", "-U", SERVICE_USER, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data))?;
        let port = free_port()?;
        let mut command = as_service(&bin.join("postgres"), dir.path())?;
        command.arg("-D").arg(&data).arg("-p").arg(port.to_string()).arg("-k").arg(dir.path());
        for setting in ["listen_addresses=127.0.0.1", "max_connections=200"].iter().chain(settings) {
            command.arg("-c").arg(setting);
        }
        let log = dir.path().join("log");
        let mut postgres = Self { server: Owned::spawn(&mut command, &log)?, port, _dir: dir };
        postgres.wait_until_ready(&log).await?;
        Ok(postgres)
    }

    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The connection string of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        url(self.port, database)
    }

    async fn wait_until_ready(&mut self, log: &Path) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            if let Ok(()) = execute(&self.url(SERVICE_USER), "select 1").await {
                return Ok(());
            }
            let ended = self.server.ended()?;
            if ended.is_some() || began.elapsed() > START_DEADLINE {
                bail!("PostgreSQL does not start: {}", std::fs::read_to_string(log).unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown. If it does not listen, dropping the process kills it.
        let pid = self.server.pid().to_string();
        if run(Command::new("kill").args(["-INT", &pid])).is_ok() {
            let began = Instant::now();
            while began.elapsed() < STOP_DEADLINE && matches!(self.server.ended(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// The connection string of a database on 127.0.0.1.
pub(crate) fn url(port: u16, database: &str) -> String {
    format!("postgres://{SERVICE_USER}@127.0.0.1:{port}/{database}")
}

/// Connects; the connection's own task ends with the client.
pub(crate) async fn connect(url: &str) -> anyhow::Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

/// Runs statements whose rows nobody wants.
pub(crate) async fn execute(url: &str, sql: &str) -> anyhow::Result<()> {
    Ok(connect(url).await?.batch_execute(sql).await?)
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Where the server's programs are: as `pg_config` says, or the newest of Debian's directories.
fn bin_dir() -> anyhow::Result<PathBuf> {
    if let Ok(output) = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output() {
        let dir = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        if dir.join("initdb").exists() {
            return Ok(dir);
        }
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let mut found: Vec<PathBuf> = versions.filter_map(|v| Some(v.ok()?.path().join("bin"))).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop().context("PostgreSQL's server is not installed")
}

/// Whether a private server can be made here.
#[cfg(test)]
pub(crate) fn is_installed() -> bool {
    bin_dir().is_ok()
}

/// Whether this process is root.
pub(crate) fn is_root() -> anyhow::Result<bool> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    Ok(status.lines().any(|line| line.split_whitespace().take(3).eq(["Uid:", "0", "0"])))
}

/// The command, run as the service user if we are root. `setpriv` executes in place, so the id that we know is the server's.
pub(crate) fn as_service(program: &Path, home: &Path) -> anyhow::Result<Command> {
    let mut command = if is_root()? {
        let mut command = Command::new("setpriv");
        let user = format!("--reuid={SERVICE_USER}");
        command.args([&user, &format!("--regid={SERVICE_USER}"), "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.env("HOME", home).current_dir(home);
    Ok(command)
}

/// Runs a command to its end; its output is for the error only.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{:?}", command.get_program()))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {} {errors}", command.get_program(), output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_private_server_starts_answers_and_is_gone() {
        if !is_installed() {
            return;
        }
        let postgres = PrivatePostgres::start(&["fsync=off"]).await.expect("started");
        execute(&postgres.url("postgres"), "create database scratch").await.expect("made");
        execute(&postgres.url("scratch"), "select 1").await.expect("connected");
        let (pid, dir) = (postgres.server.pid(), postgres._dir.path().to_owned());
        drop(postgres);
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
        assert!(!dir.exists());
    }
}
