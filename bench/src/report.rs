//! What is said on the terminal, and the count that decides the exit code.

use std::fmt::Display;
use std::io::Write;

/// Says one line. A reader that has left (`| head`) does not end the work.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Says why a command could not be done.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "bench: {line}");
}

/// Checks passed and failed.
#[derive(Default, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Counts one check and says what it was.
    pub(crate) fn check(&mut self, ok: bool, what: impl Display) {
        if ok {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
        say(format!("{}  {what}", if ok { "ok  " } else { "FAIL" }));
    }

    /// Says the last line, `N passed, N failed`, and answers whether all passed.
    pub(crate) fn finish(&self) -> bool {
        say(format!("{} passed, {} failed", self.passed, self.failed));
        self.failed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_the_whole() {
        let mut tally = Tally::default();
        tally.check(true, "a");
        assert!(tally.finish());
        tally.check(false, "b");
        assert!(!tally.finish());
        assert_eq!(tally, Tally { passed: 1, failed: 1 });
    }
}
