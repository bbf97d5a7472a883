//! A process that ends with its owner, also when the owner fails.

use anyhow::Context;
use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A child that is killed and waited for when dropped.
#[derive(Debug)]
pub(crate) struct Owned(Child);

impl Owned {
    /// Starts `command` with both outputs appended to `log`.
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(log).with_context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
        Ok(Self(child))
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        let _ = self.kill();
    }
}

/// A directory that is removed with its owner, unless somebody wants to look at it.
#[derive(Debug)]
pub(crate) struct WorkDir {
    path: std::path::PathBuf,
    kept: bool,
}

impl WorkDir {
    /// Makes an empty directory of its own in the system's place for temporary files.
    pub(crate) fn create(purpose: &str) -> anyhow::Result<Self> {
        let name = format!("zenwallet-{purpose}-{}-{}", std::process::id(), crate::clock::now_ms());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path, kept: false })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves it behind.
    pub(crate) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed is left to the system's own cleaning.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_ends_with_its_owner_and_so_does_its_directory() {
        let dir = WorkDir::create("owned").expect("a directory");
        let path = dir.path().to_owned();
        let mut child = Owned::spawn(Command::new("sleep").arg("600"), &path.join("log")).expect("sleep starts");
        assert!(child.ended().expect("its state").is_none());
        let proc = std::path::PathBuf::from(format!("/proc/{}", child.pid()));
        assert!(proc.exists());
        drop(child);
        assert!(!proc.exists());
        drop(dir);
        assert!(!path.exists());
    }

    #[test]
    fn a_kept_directory_stays() {
        let mut dir = WorkDir::create("kept").expect("a directory");
        dir.keep();
        let path = dir.path().to_owned();
        drop(dir);
        assert!(path.exists());
        std::fs::remove_dir_all(path).expect("removed");
    }
}
