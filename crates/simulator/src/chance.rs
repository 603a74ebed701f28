//! Repeatable chance: `SplitMix64`, whose sequence for a seed will not change with a library's version.

/// A stream of pseudo-random numbers.
#[derive(Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below another.
    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    /// A part of a whole, from 0 to 1.
    pub fn share(&mut self) -> f64 {
        u32::try_from(self.below(1 << 20)).map_or(0.0, f64::from) / f64::from(1 << 20)
    }

    /// Chance of somebody else, who draws at the same time.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low).unwrap_or(0) + 1;
        low + i64::try_from(self.next() % span).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn percent(&mut self, percent: i64) -> bool {
        self.between(0, 99) < percent
    }

    /// A place in a list of `count`, small places more often: some products sell much, most little.
    pub(crate) fn popular(&mut self, count: usize) -> usize {
        let most = i64::try_from(count).unwrap_or(1).max(1);
        let (one, other) = (self.between(0, most - 1), self.between(0, most - 1));
        usize::try_from(one.min(other)).unwrap_or(0)
    }
}
