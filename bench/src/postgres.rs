//! A PostgreSQL of our own: made in a temporary directory, on a free loopback port, ended by its process id.

use crate::owned::{Owned, WorkDir};
use crate::process::{self, run};
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
    settings: Vec<String>,
    // After the server in this list: fields are dropped in order, and the directory must outlive the process.
    dir: WorkDir,
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
        let always = ["listen_addresses=127.0.0.1", "max_connections=200"];
        let settings: Vec<String> = always.iter().chain(settings).map(|setting| (*setting).to_owned()).collect();
        let port = free_port()?;
        let mut postgres = Self { server: spawn(dir.path(), port, &settings)?, port, settings, dir };
        postgres.wait_until_ready().await?;
        Ok(postgres)
    }

    /// `kill -9` of the postmaster. Its children find out by themselves and end, some after one more commit; only then
    /// does this return, for a server that starts beside them would refuse to.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.server.kill()?;
        let (data, began) = (self.dir.path().join("data"), Instant::now());
        while !process::in_directory(&data)?.is_empty() {
            ensure!(began.elapsed() < STOP_DEADLINE, "children of a dead PostgreSQL live on in {}", data.display());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Starts the server again after a kill, and waits until it has recovered and answers.
    pub(crate) async fn start_again(&mut self) -> anyhow::Result<()> {
        self.server = spawn(self.dir.path(), self.port, &self.settings)?;
        self.wait_until_ready().await
    }

    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The connection string of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        url(self.port, database)
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            if let Ok(()) = execute(&self.url(SERVICE_USER), "select 1").await {
                return Ok(());
            }
            let ended = self.server.ended()?;
            if ended.is_some() || began.elapsed() > START_DEADLINE {
                let log = std::fs::read_to_string(log_file(self.dir.path())).unwrap_or_default();
                bail!("PostgreSQL does not start: {log}");
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

fn log_file(dir: &Path) -> PathBuf {
    dir.join("log")
}

fn spawn(dir: &Path, port: u16, settings: &[String]) -> anyhow::Result<Owned> {
    let mut command = as_service(&bin_dir()?.join("postgres"), dir)?;
    command.arg("-D").arg(dir.join("data")).arg("-p").arg(port.to_string()).arg("-k").arg(dir);
    command.args(settings.iter().flat_map(|setting| ["-c", setting]));
    Owned::spawn(&mut command, &log_file(dir))
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
        let (pid, dir) = (postgres.server.pid(), postgres.dir.path().to_owned());
        drop(postgres);
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
        assert!(!dir.exists());
    }

    #[tokio::test]
    async fn a_killed_server_leaves_no_process_and_comes_back_with_what_it_had() {
        if !is_installed() {
            return;
        }
        let mut postgres = PrivatePostgres::start(&[]).await.expect("started");
        let (url, data) = (postgres.url("postgres"), postgres.dir.path().join("data"));
        execute(&url, "create table kept (n int)").await.expect("made");
        let idle = connect(&url).await.expect("connected");
        assert!(!process::in_directory(&data).expect("listed").is_empty());
        postgres.kill().await.expect("killed");
        assert!(process::in_directory(&data).expect("listed").is_empty());
        assert!(execute(&url, "select 1").await.is_err());
        postgres.start_again().await.expect("started again");
        execute(&url, "select n from kept").await.expect("it is there");
        assert!(idle.batch_execute("select 1").await.is_err(), "a connection of before is dead");
    }
}
