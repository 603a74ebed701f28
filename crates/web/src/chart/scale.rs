//! From amounts to pixels, in integers.

/// Maps amounts between `low` and `high` to heights: `high` is at the top.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    low: i128,
    high: i128,
    top: i64,
    height: i64,
}

impl Scale {
    /// A scale that holds all amounts and zero.
    pub(crate) fn of(amounts: impl IntoIterator<Item = i64>, top: i64, height: i64) -> Self {
        let (mut low, mut high) = (0, 0);
        for amount in amounts {
            low = low.min(i128::from(amount));
            high = high.max(i128::from(amount));
        }
        // Nothing but zeros still needs a scale.
        Self { low, high: if low == high { low + 1 } else { high }, top, height }
    }

    /// Pixels from the top.
    pub(crate) fn y(&self, amount: i64) -> i64 {
        let down = (self.high - i128::from(amount)) * i128::from(self.height) / (self.high - self.low);
        self.top + i64::try_from(down).unwrap_or(self.height)
    }

    /// Top and height of a bar between two amounts; at least one pixel, so that nothing vanishes.
    pub(crate) fn bar(&self, one: i64, other: i64) -> (i64, i64) {
        let (top, bottom) = (self.y(one.max(other)), self.y(one.min(other)));
        (top, (bottom - top).max(1))
    }

    /// Round amounts for lines across the chart: at most five, zero among them.
    pub(crate) fn ticks(&self) -> Vec<i64> {
        let step = round_up((self.high - self.low) / 4);
        let first = self.low.div_euclid(step) + i128::from(self.low.rem_euclid(step) != 0);
        let ticks = (first..).map(|number| number * step).take_while(|tick| *tick <= self.high);
        ticks.take(8).filter_map(|tick| i64::try_from(tick).ok()).collect()
    }
}

/// The next of 1, 2, 5, 10, 20, 50 and so on.
fn round_up(amount: i128) -> i128 {
    let mut unit = 1;
    loop {
        for times in [1, 2, 5] {
            if times * unit >= amount {
                return times * unit;
            }
        }
        unit *= 10;
    }
}

/// The left edge and width of one of `count` columns, in hundredths of a per cent; `left` is kept free.
pub(crate) fn column(index: usize, count: usize, left: i64, share: i64) -> (String, String, String) {
    let (index, count) = (i64::try_from(index).unwrap_or(0), i64::try_from(count).unwrap_or(1).max(1));
    let room = 10_000 - left;
    let (start, pitch) = (left + room * index / count, room / count);
    let width = pitch * share / 100;
    (percent(start + (pitch - width) / 2), percent(width), percent(start + pitch / 2))
}

/// Hundredths of a per cent as an SVG length.
pub(crate) fn percent(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round_and_hold_zero() {
        assert_eq!(Scale::of([0, 97], 0, 100).ticks(), [0, 50]);
        assert_eq!(Scale::of([-30, 100], 0, 100).ticks(), [0, 50, 100]);
        assert_eq!(Scale::of([0, 400], 0, 100).ticks(), [0, 100, 200, 300, 400]);
    }

    proptest! {
        #[test]
        fn every_amount_stays_inside(amounts in proptest::collection::vec(any::<i64>(), 0..20), probe in 0_usize..20) {
            let scale = Scale::of(amounts.iter().copied(), 10, 200);
            let amount = amounts.get(probe).copied().unwrap_or(0);
            prop_assert!((10..=210).contains(&scale.y(amount)));
            let (top, height) = scale.bar(0, amount);
            prop_assert!(top >= 10 && height >= 1 && top + height <= 211);
            prop_assert!(scale.ticks().len() <= 8);
        }
    }
}
