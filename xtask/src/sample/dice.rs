//! Dice that fall the same way every time.

/// SplitMix64: small, and good enough for made-up names.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        let width = u64::from(high.saturating_sub(low)) + 1;
        // Less than `width`, which fits.
        low + u32::try_from(self.roll() % width).unwrap_or_default()
    }

    /// One of several; the default of none.
    pub(super) fn one_of<T: Copy + Default>(&mut self, of: &[T]) -> T {
        let last = u32::try_from(of.len().saturating_sub(1)).unwrap_or_default();
        of.get(self.between(0, last) as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut dice = Dice::new(1);
        let rolled: Vec<u32> = (0..1_000).map(|_| dice.between(3, 8)).collect();
        assert_eq!(rolled.iter().min(), Some(&3));
        assert_eq!(rolled.iter().max(), Some(&8));
        assert_eq!(dice.between(5, 5), 5);
        assert_eq!(dice.one_of::<u8>(&[]), 0);
    }
}
