//! What the oracle found about one invariant.

use std::fmt;

/// How many violations are told in words; the rest are counted.
const SAMPLES: usize = 5;

/// One invariant's verdict.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Its short name.
    pub(crate) id: &'static str,
    claim: &'static str,
    checked: u64,
    violated: u64,
    samples: Vec<String>,
}

impl Finding {
    /// Nothing checked yet.
    pub(super) fn new(id: &'static str, claim: &'static str) -> Self {
        Self { id, claim, checked: 0, violated: 0, samples: Vec::new() }
    }

    /// Checks once. `words` say what was found instead.
    pub(super) fn expect(&mut self, ok: bool, words: impl FnOnce() -> String) {
        self.checked += 1;
        if !ok {
            self.violated += 1;
            if self.samples.len() < SAMPLES {
                self.samples.push(words());
            }
        }
    }

    /// Whether the invariant held.
    pub(crate) fn holds(&self) -> bool {
        self.violated == 0
    }

    /// Violations in words.
    pub(crate) fn samples(&self) -> &[String] {
        &self.samples
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<4} {:<62} checked {:>9}  violated {:>6}", self.id, self.claim, self.checked, self.violated)
    }
}
