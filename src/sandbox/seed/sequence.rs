//! A fixed pseudo-random sequence, so that the sandbox's catalogue is the same on every machine.

/// The splitmix64 generator: one word of state, no dependency, and a sequence that no library update can change.
pub(super) struct Sequence(u64);

impl Sequence {
    /// Starts the sequence that belongs to `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Draws a whole number from `low` to `high`, both included; `low` when the range is empty.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u128::from(high.saturating_sub(low).max(0).unsigned_abs()) + 1;
        // The upper half of a 128-bit product spreads the draw evenly without a division.
        let offset = (u128::from(self.next()) * width) >> 64;
        low.saturating_add(i64::try_from(offset).unwrap_or(0))
    }

    /// Says yes in `percent` of a hundred draws.
    pub(super) fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// Draws one element of a list that is never empty.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let last = i64::try_from(from.len()).unwrap_or(1) - 1;
        &from[usize::try_from(self.between(0, last)).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::Sequence;

    #[test]
    fn the_sequence_is_the_published_one() {
        // Known outputs of splitmix64 for this seed.
        let mut sequence = Sequence::new(1_234_567);
        assert_eq!(
            [sequence.next(), sequence.next(), sequence.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn draws_stay_inside_their_bounds_and_reach_both_ends() {
        let mut sequence = Sequence::new(1);
        let draws: Vec<i64> = (0..1_000).map(|_| sequence.between(-2, 2)).collect();
        assert_eq!((draws.iter().min(), draws.iter().max()), (Some(&-2), Some(&2)));
        assert_eq!(sequence.between(7, 7), 7);
        assert_eq!(sequence.between(7, 3), 7);
        assert!((0..100).all(|_| !sequence.chance(0) && sequence.chance(100)));
    }
}
