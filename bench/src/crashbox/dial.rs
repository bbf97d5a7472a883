//! The gateways' clock, set while they run: libfaketime reads a file at every reading of the clock. Clocks that only
//! count, which timers and timeouts go by, stay true.

use crate::clock::now_ms;
use crate::timeline::Timeline;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// What the clock is set wrong by, in turn, in seconds: an hour back and ahead, 30 days ahead, ten years back.
const OFFSETS_S: [i64; 4] = [-3_600, 3_600, 30 * 86_400, -10 * 365 * 86_400];

/// The file with the offset, and what it said when.
pub(super) struct Dial {
    file: PathBuf,
    timeline: Timeline,
}

impl Dial {
    /// A dial at the true time.
    pub(super) fn new(file: PathBuf) -> anyhow::Result<Self> {
        write(&file, 0)?;
        Ok(Self { file, timeline: Timeline::default() })
    }

    /// What a process must be started with to go by this dial.
    pub(super) fn environment(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
        let pairs = [
            ("LD_PRELOAD", library()?.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ];
        Ok(pairs.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }

    /// Sets the clock wrong, for the so-manieth time.
    pub(super) fn jump(&mut self, number: u32) -> anyhow::Result<()> {
        self.set(OFFSETS_S[number as usize % OFFSETS_S.len()])
    }

    /// Sets the clock right.
    pub(super) fn right(&mut self) -> anyhow::Result<()> {
        self.set(0)
    }

    fn set(&mut self, offset_s: i64) -> anyhow::Result<()> {
        let begun_ms = now_ms();
        write(&self.file, offset_s)?;
        self.timeline.set(begun_ms, now_ms(), offset_s * 1_000);
        Ok(())
    }

    /// What the clock showed when.
    pub(super) fn timeline(&self) -> &Timeline {
        &self.timeline
    }
}

/// Whole or not at all: the file is read all the time.
fn write(file: &Path, offset_s: i64) -> anyhow::Result<()> {
    let new = file.with_extension("new");
    std::fs::write(&new, format!("{offset_s:+}\n"))?;
    Ok(std::fs::rename(new, file)?)
}

/// Where Debian's package puts it, whatever the machine's architecture.
fn library() -> anyhow::Result<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib")?;
    let mut found = libraries.filter_map(|dir| Some(dir.ok()?.path().join("faketime/libfaketimeMT.so.1")));
    found.find(|path| path.exists()).context("--jump-clock needs libfaketime, which is not installed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owned::WorkDir;

    #[test]
    fn the_file_says_what_the_timeline_says() {
        let dir = WorkDir::create("dial").expect("a directory");
        let file = dir.path().join("clock");
        let mut dial = Dial::new(file.clone()).expect("a dial");
        let text = || std::fs::read_to_string(&file).expect("the file");
        assert_eq!(text(), "+0\n");
        dial.jump(3).expect("set");
        assert_eq!(text(), "-315360000\n");
        dial.right().expect("set");
        assert_eq!((text().as_str(), dial.timeline().jumps()), ("+0\n", 1));
    }
}
