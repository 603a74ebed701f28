//! Rates of tax by date: tax collected and deducted by a marketplace, GST on services.
//!
//! Rates are integer basis points (1 bp = 0.01 %). Each table is in order of date, without gaps; a day before
//! its first row has no rate. Rates change by notification, not by release: add a row, never edit one.

use jiff::civil::{Date, date};

/// A rate in basis points: 18 % is 1800.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Rate(u32);

/// A day before the tax existed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{tax} began on {began}; there is no rate for {asked}")]
pub struct RateMissing {
    /// The tax, in a person's words.
    pub tax: &'static str,
    /// Its first day.
    pub began: Date,
    /// The day asked for.
    pub asked: Date,
}

impl Rate {
    /// From basis points.
    pub const fn from_bp(bp: u32) -> Self {
        Self(bp)
    }

    /// In basis points.
    pub const fn bp(self) -> u32 {
        self.0
    }

    /// This part of an amount in minor units, rounded half away from zero; none if it does not fit.
    ///
    /// CGST and SGST are each computed from the base, never as halves of a total, so that they are equal.
    pub fn of(self, minor: i64) -> Option<i64> {
        let product = i128::from(minor) * i128::from(self.0);
        let half = 5_000 * product.signum();
        i64::try_from((product + half) / 10_000).ok()
    }
}

impl std::fmt::Display for Rate {
    /// `18 %`, `0.25 %`: as few decimals as needed, a thin space before the sign.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match rest {
            0 => write!(f, "{whole}\u{2009}%"),
            tens if tens % 10 == 0 => write!(f, "{whole}.{}\u{2009}%", tens / 10),
            _ => write!(f, "{whole}.{rest:02}\u{2009}%"),
        }
    }
}

/// A row of a table: holds from its date until the next row's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dated<T> {
    /// First day.
    pub from: Date,
    /// Last day; none if in force.
    pub to: Option<Date>,
    /// What holds.
    pub value: T,
    /// Where it is written.
    pub source: &'static str,
}

/// Rates on a supply between States and within one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heads {
    /// Integrated tax, on a supply between States.
    pub igst: Rate,
    /// Central tax, within one State.
    pub cgst: Rate,
    /// State or Union Territory tax, within one State.
    pub second: Rate,
}

/// Tax deducted from what a marketplace pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deduction {
    /// With PAN.
    pub rate: Rate,
    /// Without PAN (section 206AA of the 1961 Act).
    pub without_pan: Rate,
}

const fn heads(igst: u32, each: u32) -> Heads {
    Heads { igst: Rate(igst), cgst: Rate(each), second: Rate(each) }
}

const fn deduction(rate: u32) -> Deduction {
    Deduction { rate: Rate(rate), without_pan: Rate(500) }
}

/// TCS under CGST section 52, on net taxable supplies through an e-commerce operator.
pub const TCS: &[Dated<Heads>] = &[
    Dated {
        from: date(2018, 10, 1),
        to: Some(date(2024, 7, 9)),
        value: heads(100, 50),
        source: "CGST section 52; notifications 52/2018-CT, 02/2018-IT, 12/2018-UT",
    },
    Dated {
        from: date(2024, 7, 10),
        to: None,
        value: heads(50, 25),
        source: "notifications 15/2024-CT, 01/2024-IT, 01/2024-UT",
    },
];

/// TDS of e-commerce participants, on the gross amount paid or credited.
pub const TDS: &[Dated<Deduction>] = &[
    Dated {
        from: date(2020, 10, 1),
        to: Some(date(2021, 3, 31)),
        value: deduction(75),
        source: "Income-tax Act 1961 section 194-O, reduced by a quarter by section 197B until 31 March 2021",
    },
    Dated {
        from: date(2021, 4, 1),
        to: Some(date(2024, 9, 30)),
        value: deduction(100),
        source: "Income-tax Act 1961 section 194-O",
    },
    Dated {
        from: date(2024, 10, 1),
        to: Some(date(2026, 3, 31)),
        value: deduction(10),
        source: "Income-tax Act 1961 section 194-O as amended by the Finance (No. 2) Act 2024",
    },
    Dated {
        from: date(2026, 4, 1),
        to: None,
        value: deduction(10),
        source: "Income-tax Act 2025 section 393(1), table, serial number 8(v)",
    },
];

/// GST on services at the standard rate: a marketplace's fees, software, hosting (SAC 9973, 9983, 9985).
pub const SERVICES: &[Dated<Heads>] = &[Dated {
    from: date(2017, 7, 1),
    to: None,
    value: heads(1800, 900),
    source: "notifications 11/2017-CT(Rate), 08/2017-IT(Rate), 11/2017-UT(Rate)",
}];

/// TCS of a day (the day of supply).
pub fn tcs(day: Date) -> Result<&'static Dated<Heads>, RateMissing> {
    lookup(TCS, day, "TCS under CGST section 52")
}

/// TDS of a day (the day of payment or credit).
pub fn tds(day: Date) -> Result<&'static Dated<Deduction>, RateMissing> {
    lookup(TDS, day, "TDS of e-commerce participants")
}

/// GST on services of a day (the day of supply).
pub fn services(day: Date) -> Result<&'static Dated<Heads>, RateMissing> {
    lookup(SERVICES, day, "GST")
}

fn lookup<T>(
    table: &'static [Dated<T>],
    day: Date,
    tax: &'static str,
) -> Result<&'static Dated<T>, RateMissing> {
    let missing = || RateMissing { tax, began: table.first().map_or(day, |row| row.from), asked: day };
    table.iter().rev().find(|row| row.from <= day).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_without_gaps<T>(table: &[Dated<T>]) {
        for pair in table.windows(2) {
            assert_eq!(pair[0].to.unwrap().tomorrow().unwrap(), pair[1].from);
        }
        assert_eq!(table.last().unwrap().to, None);
        assert!(table.iter().all(|row| !row.source.is_empty()));
    }

    #[test]
    fn tables_have_no_gap_and_no_overlap() {
        assert_without_gaps(TCS);
        assert_without_gaps(TDS);
        assert_without_gaps(SERVICES);
    }

    #[test]
    fn tcs_was_halved_on_10_july_2024() {
        let rates =
            |day| tcs(day).map(|row| (row.value.igst.bp(), row.value.cgst.bp(), row.value.second.bp()));
        assert_eq!(rates(date(2024, 7, 9)), Ok((100, 50, 50)));
        assert_eq!(rates(date(2024, 7, 10)), Ok((50, 25, 25)));
        assert_eq!(rates(date(2018, 10, 1)), Ok((100, 50, 50)));
        let missing = tcs(date(2018, 9, 30)).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "TCS under CGST section 52 began on 2018-10-01; there is no rate for 2018-09-30"
        );
    }

    #[test]
    fn tds_fell_to_a_tenth_on_1_october_2024() {
        let rate = |day| tds(day).map(|row| row.value.rate.bp());
        assert_eq!(rate(date(2020, 10, 1)), Ok(75));
        assert_eq!(rate(date(2021, 4, 1)), Ok(100));
        assert_eq!(rate(date(2024, 9, 30)), Ok(100));
        assert_eq!(rate(date(2024, 10, 1)), Ok(10));
        assert_eq!(rate(date(2026, 11, 1)), Ok(10));
        assert!(rate(date(2020, 9, 30)).is_err());
        assert_eq!(tds(date(2025, 1, 1)).unwrap().value.without_pan.bp(), 500);
    }

    #[test]
    fn heads_of_one_supply_add_up_either_way() {
        for row in TCS.iter().chain(SERVICES) {
            let Heads { igst, cgst, second } = row.value;
            assert_eq!(cgst, second);
            assert_eq!(cgst.bp() + second.bp(), igst.bp());
        }
    }

    #[test]
    fn parts_round_half_away_from_zero() {
        let half_percent = Rate::from_bp(50);
        assert_eq!(half_percent.of(42_373), Some(212));
        assert_eq!(half_percent.of(100), Some(1));
        assert_eq!(half_percent.of(-100), Some(-1));
        assert_eq!(half_percent.of(99), Some(0));
        assert_eq!(Rate::from_bp(20_000).of(i64::MAX), None);
        assert_eq!(Rate::from_bp(10_000).of(i64::MIN), Some(i64::MIN));
    }

    #[test]
    fn rates_are_shown_with_the_decimals_they_need() {
        let shown: Vec<_> = [1800, 50, 25, 75, 10, 1250, 5]
            .map(|bp| Rate::from_bp(bp).to_string().replace('\u{2009}', " "))
            .into();
        assert_eq!(shown, ["18 %", "0.5 %", "0.25 %", "0.75 %", "0.1 %", "12.5 %", "0.05 %"]);
    }

    proptest! {
        #[test]
        fn a_part_is_off_by_at_most_half_a_unit(bp in 0_u32..=10_000, minor: i64) {
            let part = i128::from(Rate::from_bp(bp).of(minor).unwrap());
            let exact = i128::from(minor) * i128::from(bp);
            prop_assert!((part * 10_000 - exact).abs() <= 5_000);
        }
    }
}
