//! Other processes: runs them, and reads from `/proc` what they cost.

use anyhow::{Context, ensure};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Linux reports CPU time to user space in hundredths of a second, whatever the kernel's own tick.
const TICK_US: u64 = 10_000;

/// A process and its children, watched together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Its name and id, for people.
    pub(crate) label: String,
    /// The process whose children count with it.
    pub(crate) pid: u32,
}

/// The line of one process in the table of all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    name: String,
    parent: u32,
    /// Its own CPU time, in ticks.
    own_ticks: u64,
    /// The CPU time of the children it has buried, in ticks.
    buried_ticks: u64,
}

/// Parses `/proc/PID/stat`. The name stands in parentheses and may hold spaces and parentheses itself.
fn parse_stat(text: &str) -> Option<Stat> {
    let (open, close) = (text.find('(')?, text.rfind(')')?);
    let fields: Vec<&str> = text[close + 1..].split_whitespace().collect();
    let number = |i: usize| fields.get(i)?.parse::<u64>().ok();
    Some(Stat {
        pid: text[..open].trim().parse().ok()?,
        name: text[open + 1..close].to_owned(),
        parent: u32::try_from(number(1)?).ok()?,
        own_ticks: number(11)? + number(12)?,
        buried_ticks: number(13)? + number(14)?,
    })
}

fn all_stats() -> anyhow::Result<Vec<Stat>> {
    let entries = fs::read_dir("/proc").context("/proc")?;
    let stats = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        path.file_name()?.to_str()?.parse::<u32>().ok()?;
        // A process may end between the listing and the reading.
        parse_stat(&fs::read_to_string(path.join("stat")).ok()?)
    });
    Ok(stats.collect())
}

/// Finds what to watch: each word is a process id or a name; a name stands for its processes that are not each other's children.
pub(crate) fn watch(words: &[String]) -> anyhow::Result<Vec<Watched>> {
    let stats = all_stats()?;
    let mut watched = Vec::new();
    for word in words {
        let found: Vec<&Stat> = match word.parse::<u32>() {
            Ok(pid) => stats.iter().filter(|s| s.pid == pid).collect(),
            Err(_) => roots_named(&stats, word),
        };
        anyhow::ensure!(!found.is_empty(), "no process {word}");
        watched.extend(found.iter().map(|s| Watched { label: format!("{} {}", s.name, s.pid), pid: s.pid }));
    }
    Ok(watched)
}

fn roots_named<'a>(stats: &'a [Stat], name: &str) -> Vec<&'a Stat> {
    let is_child = |s: &Stat| stats.iter().any(|p| p.pid == s.parent && p.name == name);
    stats.iter().filter(|s| s.name == name && !is_child(s)).collect()
}

/// CPU time in microseconds that the process and its children have used, those that ended included.
pub(crate) fn cpu_us(watched: &Watched) -> anyhow::Result<u64> {
    let stats = all_stats()?;
    let family = stats.iter().filter(|s| s.pid == watched.pid || s.parent == watched.pid);
    Ok(family.map(|s| s.own_ticks + s.buried_ticks).sum::<u64>() * TICK_US)
}

/// CPU time in microseconds that this process has used, without its children.
pub(crate) fn own_cpu_us() -> anyhow::Result<u64> {
    let stat = parse_stat(&fs::read_to_string("/proc/self/stat")?).context("/proc/self/stat")?;
    Ok(stat.own_ticks * TICK_US)
}

/// The CPU time that each of these has used so far, this process last.
pub(crate) fn cpu_of(watched: &[Watched]) -> anyhow::Result<Vec<(String, u64)>> {
    let mut all = Vec::with_capacity(watched.len() + 1);
    for process in watched {
        all.push((process.label.clone(), cpu_us(process)?));
    }
    all.push(("client".to_owned(), own_cpu_us()?));
    Ok(all)
}

/// Runs a command to its end; its output is for the error only.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{:?}", command.get_program()))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {} {errors}", command.get_program(), output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The processes that work in this directory. A zombie works nowhere.
pub(crate) fn in_directory(dir: &Path) -> anyhow::Result<Vec<u32>> {
    let dir = dir.canonicalize().with_context(|| dir.display().to_string())?;
    let here = fs::read_dir("/proc").context("/proc")?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let pid = path.file_name()?.to_str()?.parse::<u32>().ok()?;
        // Those of other users cannot be asked, and are not ours.
        (fs::read_link(path.join("cwd")).ok()? == dir).then_some(pid)
    });
    Ok(here.collect())
}

/// Memory in KiB: what is resident now, and the most that ever was.
pub(crate) fn rss_kib(pid: u32) -> anyhow::Result<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok((field_kib(&status, "VmRSS:").unwrap_or(0), field_kib(&status, "VmHWM:").unwrap_or(0)))
}

/// Files that a process has open.
pub(crate) fn open_files(pid: u32) -> anyhow::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// Whether the side that listens on this port still holds its connection with the other port.
pub(crate) fn holds_connection(listening: u16, other: u16) -> anyhow::Result<bool> {
    Ok(is_established(&fs::read_to_string("/proc/net/tcp")?, listening, other))
}

/// Reads the table of connections: of each its number, both addresses in hexadecimal, and its state, of which 1 is open.
fn is_established(table: &str, listening: u16, other: u16) -> bool {
    let (local, remote) = (format!(":{listening:04X}"), format!(":{other:04X}"));
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        matches!(fields[..], [_, from, to, "01", ..] if from.ends_with(&local) && to.ends_with(&remote))
    })
}

/// Lets this process, and those that it starts, open as many files as the system allows it at most.
pub(crate) fn raise_open_files() -> anyhow::Result<u64> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("/proc/self/limits")?;
    let most: u64 = line.split_whitespace().nth(1).and_then(|hard| hard.parse().ok()).unwrap_or(1 << 20);
    let pid = std::process::id().to_string();
    run(Command::new("prlimit").args(["--pid", &pid, &format!("--nofile={most}:{most}")]))?;
    Ok(most)
}

fn field_kib(status: &str, field: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "42 (a b) c) S 7 42 42 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 100";

    #[test]
    fn a_name_may_hold_parentheses() {
        let stat = parse_stat(LINE);
        assert_eq!(stat, Some(Stat { pid: 42, name: "a b) c".into(), parent: 7, own_ticks: 30, buried_ticks: 70 }));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn a_name_stands_for_the_parents_among_its_processes() {
        let stat = |pid, parent| Stat { pid, name: "postgres".into(), parent, own_ticks: 0, buried_ticks: 0 };
        let stats = [stat(1, 0), stat(2, 1), stat(3, 1), stat(9, 5)];
        let pids: Vec<u32> = roots_named(&stats, "postgres").iter().map(|s| s.pid).collect();
        assert_eq!(pids, [1, 9]);
    }

    #[test]
    fn a_connection_is_held_until_it_is_closed() {
        let table = "  sl  local_address rem_address   st\n   0: 0100007F:1F90 0200007F:A001 01 0\n";
        assert!(is_established(table, 8080, 0xa001));
        assert!(!is_established(table, 0xa001, 8080) && !is_established(table, 8080, 0xa002));
        assert!(!is_established(&table.replace(" 01 ", " 04 "), 8080, 0xa001));
    }

    #[test]
    fn this_process_can_be_watched() {
        let me = watch(&[std::process::id().to_string()]).expect("found");
        assert!(cpu_us(&me[0]).expect("its time") >= own_cpu_us().expect("its own time") / 2);
        let (rss, most) = rss_kib(me[0].pid).expect("its memory");
        assert!(rss > 0 && most >= rss);
        assert!(open_files(me[0].pid).expect("its files") > 2);
        assert!(watch(&["no-such-process-name".into()]).is_err());
    }
}
