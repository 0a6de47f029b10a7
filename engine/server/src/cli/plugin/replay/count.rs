//! How many questions came out how.

use serde::Serialize;

/// How a question came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Same,
    /// The answer, or the work for it.
    Other,
    /// The version that answered is not there any more.
    Gone,
    /// What it was answered was not kept.
    TooLarge,
    /// Its time was over, which says nothing about another moment.
    OutOfTime,
    /// A script answered, and the other version is a component; or the other way round.
    LeftOut,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Count {
    same: u64,
    other: u64,
    gone: u64,
    too_large: u64,
    out_of_time: u64,
    left_out: u64,
}

impl Count {
    pub(super) fn add(&mut self, outcome: Outcome) {
        let counted = match outcome {
            Outcome::Same => &mut self.same,
            Outcome::Other => &mut self.other,
            Outcome::Gone => &mut self.gone,
            Outcome::TooLarge => &mut self.too_large,
            Outcome::OutOfTime => &mut self.out_of_time,
            Outcome::LeftOut => &mut self.left_out,
        };
        *counted += 1;
    }

    pub(super) fn all(&self) -> u64 {
        let Self { same, other, gone, too_large, out_of_time, left_out } = self;
        same + other + gone + too_large + out_of_time + left_out
    }

    /// Whether nothing differs, and nothing was left out that could have been asked.
    pub(super) fn is_good(&self) -> bool {
        self.other == 0 && self.gone == 0 && self.left_out == 0
    }

    /// In a line.
    pub(super) fn told(&self) -> String {
        let Self { same, other, gone, too_large, out_of_time, left_out } = self;
        let mut told = format!("{same} came out the same, {other} otherwise");
        for (number, what) in [
            (gone, "could not be asked again"),
            (too_large, "too large to be repeated"),
            (out_of_time, "cannot be repeated: the time ran out"),
            (left_out, "left out: of another kind than the file"),
        ] {
            if *number > 0 {
                told.push_str(&format!(", {number} {what}"));
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(outcomes: &[Outcome]) -> Count {
        let mut count = Count::default();
        outcomes.iter().for_each(|outcome| count.add(*outcome));
        count
    }

    #[test]
    fn what_cannot_be_repeated_is_no_difference() {
        let count = counted(&[Outcome::Same, Outcome::TooLarge, Outcome::OutOfTime]);
        assert!(count.is_good());
        assert_eq!(count.all(), 3);
        assert_eq!(
            count.told(),
            "1 came out the same, 0 otherwise, 1 too large to be repeated, \
             1 cannot be repeated: the time ran out"
        );
    }

    #[test]
    fn what_differs_or_was_not_asked_is_not_good() {
        for (outcome, says) in [
            (Outcome::Other, "0 came out the same, 1 otherwise"),
            (Outcome::Gone, "1 could not be asked again"),
            (Outcome::LeftOut, "1 left out: of another kind than the file"),
        ] {
            let count = counted(&[outcome]);
            assert!(!count.is_good(), "{outcome:?}");
            assert!(count.told().ends_with(says), "{}", count.told());
            assert_eq!(count.all(), 1);
        }
    }
}
