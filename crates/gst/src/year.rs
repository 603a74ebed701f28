//! The Indian financial year: 1 April to 31 March, named `2026-27`, in quarters from April.
//!
//! Income-tax Act 1961 section 3 (the "tax year" of the Income-tax Act 2025 has the same ends) and CGST Rule 46(b),
//! which makes invoice numbers unique per financial year.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil::{Date, date};

/// A financial year, by the calendar year it begins in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FinancialYear(i16);

/// A quarter of a financial year.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Quarter {
    /// April to June.
    Q1,
    /// July to September.
    Q2,
    /// October to December.
    Q3,
    /// January to March.
    Q4,
}

/// A text that names no financial year.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no financial year in the form 2026-27")]
pub struct FinancialYearError(String);

/// The years for which documents are made or read. GST began in 2017; older books may be imported.
const YEARS: RangeInclusive<i16> = 1900..=2199;

impl FinancialYear {
    /// The year a day lies in. Days before April 1900 or after March 2200 count to the nearest year.
    pub fn of(day: Date) -> Self {
        let start = if day.month() >= 4 { day.year() } else { day.year() - 1 };
        Self(start.clamp(*YEARS.start(), *YEARS.end()))
    }

    /// The year that begins on 1 April of this calendar year, if it is one of 1900 to 2199.
    pub fn starting(year: i16) -> Option<Self> {
        YEARS.contains(&year).then_some(Self(year))
    }

    /// The calendar year it begins in.
    pub fn start_year(self) -> i16 {
        self.0
    }

    /// 1 April.
    pub fn first_day(self) -> Date {
        date(self.0, 4, 1)
    }

    /// 31 March.
    pub fn last_day(self) -> Date {
        date(self.0 + 1, 3, 31)
    }

    /// First and last day.
    pub fn days(self) -> RangeInclusive<Date> {
        self.first_day()..=self.last_day()
    }

    /// First and last day of one quarter.
    pub fn quarter(self, quarter: Quarter) -> RangeInclusive<Date> {
        let next = self.0 + 1;
        match quarter {
            Quarter::Q1 => date(self.0, 4, 1)..=date(self.0, 6, 30),
            Quarter::Q2 => date(self.0, 7, 1)..=date(self.0, 9, 30),
            Quarter::Q3 => date(self.0, 10, 1)..=date(self.0, 12, 31),
            Quarter::Q4 => date(next, 1, 1)..=date(next, 3, 31),
        }
    }

    /// The year after, or none after 2199-00.
    pub fn next(self) -> Option<Self> {
        Self::starting(self.0 + 1)
    }

    /// The year before, or none before 1900-01.
    pub fn previous(self) -> Option<Self> {
        Self::starting(self.0 - 1)
    }

    /// `2026-27`
    pub fn label(self) -> String {
        format!("{:04}-{:02}", self.0, (self.0 + 1) % 100)
    }

    /// `26-27`, for invoice numbers.
    pub fn short_label(self) -> String {
        format!("{:02}-{:02}", self.0 % 100, (self.0 + 1) % 100)
    }
}

impl Quarter {
    /// All four, in order.
    pub const ALL: [Self; 4] = [Self::Q1, Self::Q2, Self::Q3, Self::Q4];

    /// The quarter of its financial year that a day lies in.
    pub fn of(day: Date) -> Self {
        match day.month() {
            4..=6 => Self::Q1,
            7..=9 => Self::Q2,
            10..=12 => Self::Q3,
            _ => Self::Q4,
        }
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Display for FinancialYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

impl FromStr for FinancialYear {
    type Err = FinancialYearError;

    /// `2026-27` or `FY 2026-27`; the second year must follow the first.
    fn from_str(text: &str) -> Result<Self, FinancialYearError> {
        let fault = || FinancialYearError(text.to_owned());
        let label = text.trim();
        let label = label.strip_prefix("FY").unwrap_or(label).trim_start();
        let start = label.get(..4).and_then(|year| year.parse().ok()).ok_or_else(fault)?;
        Self::starting(start).filter(|year| year.label() == label).ok_or_else(fault)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_year_turns_on_the_first_of_april() {
        assert_eq!(FinancialYear::of(date(2026, 3, 31)).label(), "2025-26");
        assert_eq!(FinancialYear::of(date(2026, 4, 1)).label(), "2026-27");
        assert_eq!(FinancialYear::of(date(1999, 12, 31)).label(), "1999-00");
        assert_eq!(FinancialYear::of(date(2026, 4, 1)).short_label(), "26-27");
    }

    #[test]
    fn labels_are_read_back_and_wrong_ones_refused() {
        assert_eq!("FY 2026-27".parse(), Ok(FinancialYear(2026)));
        assert_eq!("1999-00".parse(), Ok(FinancialYear(1999)));
        for wrong in ["2026-28", "2026", "2026-2027", "26-27", "", "१९९९-00", "-026-27"] {
            assert!(wrong.parse::<FinancialYear>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_day_lies_in_its_year_and_in_one_quarter(year in 1901_i16..2199, month in 1_i8..=12, day in 1_i8..=28) {
            let day = date(year, month, day);
            let of = FinancialYear::of(day);
            prop_assert!(of.days().contains(&day));
            prop_assert_eq!(of.label().parse(), Ok(of));
            let quarters: Vec<_> = Quarter::ALL.into_iter().filter(|&q| of.quarter(q).contains(&day)).collect();
            prop_assert_eq!(quarters, vec![Quarter::of(day)]);
        }

        #[test]
        fn quarters_follow_each_other_without_gap(start in 1900_i16..2199) {
            let year = FinancialYear(start);
            let mut next = year.first_day();
            for quarter in Quarter::ALL {
                let days = year.quarter(quarter);
                prop_assert_eq!(*days.start(), next);
                next = days.end().tomorrow().unwrap();
            }
            prop_assert_eq!(next, year.next().unwrap().first_day());
        }
    }
}
