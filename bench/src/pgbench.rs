//! PostgreSQL's own load generator on a table like ours: one row, one commit, as fast as the machine can.

use crate::owned::WorkDir;
use crate::postgres;
use crate::process::run;
use anyhow::Context;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A payments table as a straightforward gateway would have it.
const TABLE: &str = include_str!("../sql/pgbench-table.sql");
/// One insert.
const INSERT: &str = include_str!("../sql/pgbench-insert.sql");

/// A scratch database with the table in it.
pub(crate) struct Pgbench {
    port: u16,
    database: String,
    script: PathBuf,
    _dir: WorkDir,
}

/// What a run of pgbench found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    /// Transactions a second.
    pub(crate) per_second: f64,
    /// Average latency in milliseconds.
    pub(crate) latency_ms: f64,
}

impl Pgbench {
    /// Makes a scratch database on the server at 127.0.0.1:`port`.
    pub(crate) async fn prepare(port: u16) -> anyhow::Result<Self> {
        let database = format!("bench_{}", crate::clock::now_ms());
        postgres::execute(&postgres::url(port, "postgres"), &format!("create database {database}")).await?;
        postgres::execute(&postgres::url(port, &database), TABLE).await?;
        let dir = WorkDir::create("pgbench")?;
        let script = dir.path().join("insert.sql");
        std::fs::write(&script, INSERT)?;
        Ok(Self { port, database, script, _dir: dir })
    }

    /// Inserts single rows for so many seconds over so many connections.
    pub(crate) async fn run(&self, connections: usize, seconds: u64) -> anyhow::Result<Rate> {
        let mut command = tokio::process::Command::new("pgbench");
        command.args(["-h", "127.0.0.1", "-U", "postgres", "-n", "-M", "prepared", "-j", "1"]);
        command.arg("-p").arg(self.port.to_string()).arg("-c").arg(connections.to_string());
        command.arg("-T").arg(seconds.to_string()).arg("-f").arg(&self.script).arg(&self.database);
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.context("pgbench")?;
        let printed = String::from_utf8_lossy(&output.stdout);
        parse_rate(&printed).with_context(|| format!("pgbench: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

impl Drop for Pgbench {
    fn drop(&mut self) {
        let mut command = Command::new("dropdb");
        command.args(["--force", "-h", "127.0.0.1", "-U", "postgres", "-p"]).arg(self.port.to_string());
        // A server that is gone took the database with it.
        let _ = run(command.arg(&self.database));
    }
}

fn parse_rate(printed: &str) -> Option<Rate> {
    let after = |name: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some(Rate { per_second: after("tps = ")?, latency_ms: after("latency average = ")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_what_pgbench_prints() {
        let printed = "number of clients: 64\nlatency average = 12.345 ms\n\
                       initial connection time = 91.2 ms\ntps = 5432.100000 (without initial connection time)\n";
        assert_eq!(parse_rate(printed), Some(Rate { per_second: 5432.1, latency_ms: 12.345 }));
        assert_eq!(parse_rate("pgbench: error"), None);
    }
}
