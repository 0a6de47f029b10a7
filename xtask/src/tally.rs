//! Counts tests in what the test runners print.

use std::ops::AddAssign;

/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Passed.
    pub(crate) passed: u64,
    /// Failed, ignored ones included: a test that does not run shows nothing.
    pub(crate) failed: u64,
}

impl Tally {
    /// One check.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// Adds up every `test result:` line. A runner that ended badly without counting a failure
    /// (it did not compile, or was killed) counts as one failed check, and so does one that ended
    /// well without running anything.
    pub(crate) fn of(output: &str, success: bool) -> Self {
        let mut tally = Self::default();
        for line in output.lines() {
            if let Some((_, counts)) = line.split_once("test result:") {
                tally.passed += count(counts, "passed");
                tally.failed += count(counts, "failed") + count(counts, "ignored");
            }
        }
        if (!success && tally.failed == 0) || tally == Self::default() {
            tally.failed += 1;
        }
        tally
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The number before `what`, as in `3 passed; 0 failed`.
fn count(line: &str, what: &str) -> u64 {
    let words: Vec<&str> = line.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    let pair = words.windows(2).find(|pair| pair.last() == Some(&what));
    pair.and_then(|pair| pair.first()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "\
running 3 tests
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests engine_core
test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";

    #[test]
    fn results_add_up() {
        assert_eq!(Tally::of(TWO, false), Tally { passed: 4, failed: 2 });
    }

    #[test]
    fn what_did_not_compile_is_one_failure() {
        assert_eq!(Tally::of("error: could not compile", false), Tally { passed: 0, failed: 1 });
    }

    #[test]
    fn a_killed_runner_fails_even_if_all_it_printed_was_well() {
        let line = "test result: ok. 3 passed; 0 failed; 0 ignored";
        assert_eq!(Tally::of(line, false), Tally { passed: 3, failed: 1 });
    }

    #[test]
    fn running_nothing_and_ignoring_something_are_failures() {
        assert_eq!(Tally::of("", true), Tally { passed: 0, failed: 1 });
        let line = "test result: ok. 3 passed; 0 failed; 1 ignored";
        assert_eq!(Tally::of(line, true), Tally { passed: 3, failed: 1 });
    }
}
