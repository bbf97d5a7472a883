//! A private PostgreSQL: its own cluster, on loopback only, at a free port, with `fsync` on.
//!
//! A test run shares one through `ZENWALLET_TEST_POSTGRES` (the program `with-postgres` starts it around a
//! command); without it each process makes its own. Either way it ends when its owner ends, however that
//! happens: a watcher waits for the owner's end of a pipe to close.

use crate::TempDir;
use std::fmt::Write;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A URL of a server in which a test may create databases, ending before the database's name.
pub const URL_VARIABLE: &str = "ZENWALLET_TEST_POSTGRES";
/// Longest wait for a server to start or stop.
const PATIENCE_S: u32 = 60;

/// A PostgreSQL server for tests.
#[derive(Debug)]
pub struct Server {
    base_url: String,
    cluster: Option<Cluster>,
}

/// A cluster that this process owns.
#[derive(Debug)]
struct Cluster {
    directory: TempDir,
    programs: PathBuf,
    /// Who it runs as, when this process is root: PostgreSQL refuses to be root.
    user: Option<(u32, u32)>,
    port: u16,
    watcher: Mutex<Child>,
}

impl Server {
    /// The server of this test run, or else one that this process owns.
    ///
    /// # Panics
    /// When there is none and none can be made: a test that cannot reach its database must fail.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| match named_url() {
            Some(url) => Self { base_url: url.trim_end_matches('/').to_owned(), cluster: None },
            None => match Self::start() {
                Ok(server) => server,
                Err(error) => panic!("{error}"),
            },
        })
    }

    /// Makes and starts a cluster of its own.
    pub fn start() -> io::Result<Self> {
        let programs = find_programs()?;
        let user = unprivileged_user()?;
        let directory = TempDir::new("postgres")?;
        if let Some((uid, gid)) = user {
            chown(directory.path(), Some(uid), Some(gid))?;
        }
        let watcher = watch(&programs, directory.path(), user)?;
        let port = free_port()?;
        let cluster = Cluster { directory, programs, user, port, watcher: Mutex::new(watcher) };
        cluster.init()?;
        cluster.start()?;
        let base_url = format!("postgres://postgres@127.0.0.1:{}", cluster.port);
        Ok(Self { base_url, cluster: Some(cluster) })
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        match self.base_url.split_once('?') {
            Some((base, options)) => format!("{base}/{database}?{options}"),
            None => format!("{}/{database}", self.base_url),
        }
    }

    /// What [`URL_VARIABLE`] has to be for others to use this server.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Makes an empty database, or a copy of `template`, which nobody may be using; its name.
    pub async fn create_database(&self, template: Option<&str>) -> Result<String, tokio_postgres::Error> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("zw_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let client = self.connect("postgres").await?;
        // Left behind by a process that had the same number.
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {}", template.unwrap_or("template1"))).await?;
        Ok(name)
    }

    /// Removes a database, whoever is using it.
    pub async fn drop_database(&self, name: &str) -> Result<(), tokio_postgres::Error> {
        self.connect("postgres").await?.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
    }

    /// A connection for what a test itself wants to see or do.
    pub async fn connect(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url(database), NoTls).await?;
        // It ends with its client, and an error shows itself in the client's next call.
        tokio::spawn(connection);
        Ok(client)
    }

    /// Every row of `sql`, each value as text beside its column's name.
    pub async fn query(&self, database: &str, sql: &str) -> Result<Vec<TextRow>, tokio_postgres::Error> {
        let messages = self.connect(database).await?.simple_query(sql).await?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let texts = rows.map(|row| {
            let names = row.columns().iter().map(|column| column.name().to_owned());
            names.enumerate().map(|(index, name)| (name, row.get(index).map(str::to_owned))).collect()
        });
        Ok(texts.collect())
    }

    /// Stops it in good order: what is connected is told so.
    pub fn stop(&self) -> io::Result<()> {
        self.cluster()?.control(&["stop", "-m", "fast"])
    }

    /// Ends it as a crash of the machine would: `kill -9`, to every process of it.
    pub fn kill(&self) -> io::Result<()> {
        self.cluster()?.kill()
    }

    /// Starts it again after [`Server::stop`] or [`Server::kill`], at the same address.
    pub fn start_again(&self) -> io::Result<()> {
        self.cluster()?.start()
    }

    fn cluster(&self) -> io::Result<&Cluster> {
        self.cluster.as_ref().ok_or_else(|| io::Error::other("the server is somebody else's: it is not stopped here"))
    }
}

/// A row as text: each column's name and value.
pub type TextRow = Vec<(String, Option<String>)>;

impl Cluster {
    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn init(&self) -> io::Result<()> {
        // A locale whose order is not the bytes' shows where the schema relies on one; not every build has it.
        let plain = ["--locale=C.UTF-8"].as_slice();
        let linguistic = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"].as_slice();
        let mut failure = io::Error::other("initdb was not run");
        for locale in [linguistic, plain] {
            let mut initdb = self.program("initdb");
            initdb.arg("--pgdata").arg(self.data()).args(["--username=postgres", "--auth=trust", "--encoding=UTF8"]);
            match run(initdb.arg("--no-sync").args(locale)) {
                Ok(()) => return Ok(()),
                Err(error) => failure = error,
            }
            // initdb removes what it began.
        }
        Err(failure)
    }

    fn start(&self) -> io::Result<()> {
        let mut options = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''", self.port);
        // What is tested here is also durability: nothing is switched off.
        let _ = write!(options, " -c fsync=on -c max_connections=300 -c log_min_messages=fatal -c timezone=UTC");
        let deadline = Instant::now() + Duration::from_secs(PATIENCE_S.into());
        loop {
            match self.control(&["start", "-o", &options]) {
                // Backends of a killed server hold its memory for a moment longer.
                Err(_) if Instant::now() < deadline && self.data().join("postmaster.pid").exists() => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                done => return done,
            }
        }
    }

    fn control(&self, arguments: &[&str]) -> io::Result<()> {
        let mut pg_ctl = self.program("pg_ctl");
        pg_ctl.arg("--pgdata").arg(self.data()).arg("--log").arg(self.directory.path().join("log"));
        run(pg_ctl.args(["--wait", "--silent", "--timeout", &PATIENCE_S.to_string()]).args(arguments))
    }

    fn kill(&self) -> io::Result<()> {
        let lock = std::fs::read_to_string(self.data().join("postmaster.pid"))?;
        let postmaster = lock.lines().next().unwrap_or_default().trim();
        // Its children notice and end by themselves; killing them too makes it immediate.
        let children = format!("kill -9 {postmaster} $(cat /proc/{postmaster}/task/{postmaster}/children 2>/dev/null)");
        run(Command::new("sh").args(["-c", &children]))?;
        let proc = Path::new("/proc").join(postmaster);
        while proc.join("exe").read_link().is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        as_user(&mut command, self.user, self.directory.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let watcher = self.watcher.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(watcher.stdin.take());
        // It has stopped the server and emptied the directory when it ends.
        let _ = watcher.wait();
    }
}

/// A process that stops the server and removes its data as soon as this process has gone, even killed.
fn watch(programs: &Path, directory: &Path, user: Option<(u32, u32)>) -> io::Result<Child> {
    let script = "cat >/dev/null; \"$0/pg_ctl\" --pgdata \"$1/data\" --mode immediate --wait stop; rm -rf \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(programs).arg(directory);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    as_user(&mut command, user, Path::new("/"));
    // A group of its own, so that what ends the test from a terminal does not end it.
    command.process_group(0).spawn()
}

fn as_user(command: &mut Command, user: Option<(u32, u32)>, directory: &Path) {
    command.current_dir(directory).env("LC_ALL", "C.UTF-8");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
}

/// Runs a command to its end; its words are the error's.
fn run(command: &mut Command) -> io::Result<()> {
    // The server that pg_ctl leaves behind must not hold a pipe of ours open.
    let words = TempDir::new("words")?;
    let file = words.path().join("words");
    let out = std::fs::File::create(&file)?;
    let status = command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).status()?;
    if status.success() {
        return Ok(());
    }
    let said = std::fs::read_to_string(&file).unwrap_or_default();
    Err(io::Error::other(format!("{:?} ended with {status}: {}", command.get_program(), said.trim())))
}

#[expect(clippy::disallowed_methods, reason = "a test's own setting, not the product's")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn named_url() -> Option<String> {
    variable(URL_VARIABLE).filter(|url| !url.is_empty())
}

/// The newest PostgreSQL of Debian's place for them, or the one on the path.
fn find_programs() -> io::Result<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file())
        .collect();
    versions.sort();
    if let Some((_, bin)) = versions.pop() {
        return Ok(bin);
    }
    let path = variable("PATH").unwrap_or_default();
    std::env::split_paths(&path).find(|bin| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file()).ok_or_else(
        || {
            io::Error::other(format!(
                "these tests run on PostgreSQL too, and its program initdb was not found: install Debian's package \
                 `postgresql` (apt-get install postgresql), or set {URL_VARIABLE} to the URL of a server where \
                 databases may be created, such as postgres://postgres@127.0.0.1:5432"
            ))
        },
    )
}

/// PostgreSQL's own user when this process is root.
fn unprivileged_user() -> io::Result<Option<(u32, u32)>> {
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|line| line[0] == "postgres");
    let ids = fields.and_then(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)));
    ids.map(Some).ok_or_else(|| io::Error::other("PostgreSQL does not run as root, and there is no user `postgres`"))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_keeps_its_rows_when_killed_and_leaves_nothing_behind() {
        let server = Server::start().unwrap();
        let directory = server.cluster().unwrap().directory.path().to_owned();
        let name = server.create_database(None).await.unwrap();
        server.query(&name, "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x')").await.unwrap();
        server.kill().unwrap();
        assert!(server.connect(&name).await.is_err());
        server.start_again().unwrap();
        let rows = server.query(&name, "SELECT a, NULL AS b FROM t").await.unwrap();
        assert_eq!(rows, [vec![("a".to_owned(), Some("x".to_owned())), ("b".to_owned(), None)]]);
        let copy = server.create_database(Some(&name)).await;
        assert_eq!(server.query(&copy.unwrap(), "SELECT a FROM t").await.unwrap().len(), 1);
        server.stop().unwrap();
        assert!(server.connect(&name).await.is_err());
        server.start_again().unwrap();
        server.connect(&name).await.unwrap();
        drop(server);
        assert!(!directory.exists());
    }
}
