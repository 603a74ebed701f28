//! Spans of days that figures are about: a month, a quarter or a whole financial year, or any first and last day.

use ecom_gst::{FinancialYear, Quarter};
use ecom_ledger::day::{self, Month};
use jiff::civil::{Date, date};

use crate::{
    fault::{Fault, Page},
    params::Params,
};

/// Days that an address may name. Amazon opened in 1994; nobody plans beyond this.
pub(crate) const FIRST: Date = date(1995, 1, 1);
pub(crate) const LAST: Date = date(2150, 12, 31);

/// A span of days.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Period {
    /// A calendar month.
    Month(Month),
    /// A quarter of a financial year.
    Quarter(FinancialYear, Quarter),
    /// A financial year.
    Year(FinancialYear),
    /// First and last day.
    Days(Date, Date),
    /// All days there are.
    #[default]
    All,
}

impl Period {
    /// What an address asks for, if anything. Of several the widest word wins: year, quarter, month, days.
    pub(crate) fn read(params: &Params) -> Page<Option<Self>> {
        if let Some(year) = params.read("year", "a financial year such as 2026-27", year)? {
            return Ok(Some(Self::Year(year)));
        }
        if let Some(period) = params.read("quarter", "a quarter such as 2026-27-Q1", quarter)? {
            return Ok(Some(period));
        }
        if let Some(month) = params.read("month", "a month such as 2026-09", month)? {
            return Ok(Some(Self::Month(month)));
        }
        let from = params.read("from", "a day such as 2026-09-01", civil)?;
        let to = params.read("to", "a day such as 2026-09-30", civil)?;
        match (from, to) {
            (Some(from), Some(to)) if from > to => {
                Err(Fault::invalid("to", format!("{to} lies before {from}. Turn the two days round.")))
            }
            (None, None) => Ok(None),
            (from, to) => Ok(Some(Self::Days(from.unwrap_or(FIRST), to.unwrap_or(LAST)))),
        }
    }

    /// A day as it stands in an address, if one may name it.
    pub(crate) fn day(text: &str) -> Option<Date> {
        civil(text)
    }

    /// First and last day, as day numbers.
    pub(crate) fn days(self) -> (i32, i32) {
        match self {
            Self::Month(month) => (month.first_day(), month.last_day()),
            Self::Quarter(year, quarter) => {
                let days = year.quarter(quarter);
                (day::of_date(*days.start()), day::of_date(*days.end()))
            }
            Self::Year(year) => (day::of_date(year.first_day()), day::of_date(year.last_day())),
            Self::Days(from, to) => (day::of_date(from), day::of_date(to)),
            Self::All => (i32::MIN, i32::MAX),
        }
    }

    /// As it stands in an address.
    pub(crate) fn query(self) -> String {
        match self {
            Self::Month(month) => format!("month={month}"),
            Self::Quarter(year, quarter) => format!("quarter={year}-{quarter}"),
            Self::Year(year) => format!("year={year}"),
            Self::Days(from, to) => format!("from={from}&to={to}"),
            Self::All => String::new(),
        }
    }

    /// As the name of a file says it.
    pub(crate) fn stem(self) -> String {
        match self {
            Self::Month(month) => month.to_string(),
            Self::Quarter(year, quarter) => format!("{year}-{quarter}"),
            Self::Year(year) => format!("fy-{year}"),
            Self::Days(from, to) if from == to => from.to_string(),
            Self::Days(from, to) => format!("{from}_{to}"),
            Self::All => "all-days".to_owned(),
        }
    }

    /// As a heading says it.
    pub(crate) fn title(self) -> String {
        match self {
            Self::Month(month) => month.first_date().strftime("%B %Y").to_string(),
            Self::Quarter(year, quarter) => {
                let days = year.quarter(quarter);
                let (from, to) = (days.start().strftime("%b"), days.end().strftime("%b %Y"));
                format!("{quarter} {year} ({from}–{to})")
            }
            Self::Year(year) => format!("Financial year {year}"),
            Self::Days(from, to) if from == to => shown(from),
            Self::Days(from, to) => format!("{} – {}", shown(from), shown(to)),
            Self::All => "All days".to_owned(),
        }
    }

    /// The span of the same kind before this one, and the one after.
    pub(crate) fn neighbours(self) -> (Option<Self>, Option<Self>) {
        let (before, after) = match self {
            Self::Month(Month(number)) => {
                (Some(Self::Month(Month(number - 1))), Some(Self::Month(Month(number + 1))))
            }
            Self::Quarter(year, quarter) => (quarter_before(year, quarter), quarter_after(year, quarter)),
            Self::Year(year) => (year.previous().map(Self::Year), year.next().map(Self::Year)),
            Self::Days(..) | Self::All => (None, None),
        };
        (before.filter(|period| period.named()), after.filter(|period| period.named()))
    }

    /// The last month in it.
    pub(crate) fn last_month(self) -> Option<Month> {
        (self != Self::All).then(|| Month::of_day(self.days().1))
    }

    fn named(self) -> bool {
        let (from, to) = self.days();
        day::to_date(from) >= FIRST && day::to_date(to) <= LAST
    }
}

/// `1 Sep 2026`
pub(crate) fn shown(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// A day in its ISO form, of the years that addresses may name.
pub(crate) fn civil(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|day| (FIRST..=LAST).contains(day) && day.to_string() == text)
}

/// A month such as `2026-09`, of the years that addresses may name.
pub(crate) fn month(text: &str) -> Option<Month> {
    let month: Month = text.parse().ok()?;
    (month.to_string() == text && Period::Month(month).named()).then_some(month)
}

fn year(text: &str) -> Option<FinancialYear> {
    text.parse().ok().filter(|year| Period::Year(*year).named())
}

fn quarter(text: &str) -> Option<Period> {
    let (start, name) = text.rsplit_once('-')?;
    let quarter = Quarter::ALL.into_iter().find(|quarter| quarter.to_string() == name)?;
    Some(Period::Quarter(year(start)?, quarter))
}

fn quarter_before(year: FinancialYear, quarter: Quarter) -> Option<Period> {
    match quarter {
        Quarter::Q1 => year.previous().map(|year| Period::Quarter(year, Quarter::Q4)),
        Quarter::Q2 => Some(Period::Quarter(year, Quarter::Q1)),
        Quarter::Q3 => Some(Period::Quarter(year, Quarter::Q2)),
        Quarter::Q4 => Some(Period::Quarter(year, Quarter::Q3)),
    }
}

fn quarter_after(year: FinancialYear, quarter: Quarter) -> Option<Period> {
    match quarter {
        Quarter::Q1 => Some(Period::Quarter(year, Quarter::Q2)),
        Quarter::Q2 => Some(Period::Quarter(year, Quarter::Q3)),
        Quarter::Q3 => Some(Period::Quarter(year, Quarter::Q4)),
        Quarter::Q4 => year.next().map(|year| Period::Quarter(year, Quarter::Q1)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(query: &[(&str, &str)]) -> Page<Option<Period>> {
        let values = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Period::read(&Params::new(values))
    }

    #[test]
    fn spans_are_read_named_and_stepped_through() {
        let quarter = read(&[("quarter", "2026-27-Q4")]).unwrap().unwrap();
        assert_eq!(quarter.title(), "Q4 2026-27 (Jan–Mar 2027)");
        assert_eq!(quarter.neighbours().1.unwrap().query(), "quarter=2027-28-Q1");
        let month = read(&[("month", "2026-01")]).unwrap().unwrap();
        assert_eq!(
            (month.title(), month.neighbours().0.unwrap().query()),
            ("January 2026".into(), "month=2025-12".into())
        );
        let days = read(&[("from", "2026-09-01"), ("to", "2026-09-15")]).unwrap().unwrap();
        assert_eq!(days.title(), "1 Sep 2026 – 15 Sep 2026");
        assert_eq!(read(&[]).unwrap(), None);
    }

    #[test]
    fn days_that_make_no_sense_are_refused() {
        for query in [
            [("month", "2026-13")],
            [("month", "-2026-1")],
            [("month", "99999-01")],
            [("month", "1066-10")],
            [("year", "2026-28")],
            [("year", "2199-00")],
            [("quarter", "2026-27-Q5")],
            [("quarter", "Q1")],
            [("from", "2026-02-30")],
            [("to", "-9999-01-01")],
        ] {
            assert!(read(&query).is_err(), "{query:?}");
        }
        assert!(read(&[("from", "2026-09-15"), ("to", "2026-09-01")]).is_err());
    }

    proptest! {
        #[test]
        fn every_span_in_an_address_leads_back_to_itself(number in 24_000_i32..25_000) {
            for period in [Period::Month(Month(number)), Period::Year(FinancialYear::of(Month(number).first_date()))] {
                let query = period.query();
                let (name, value) = query.split_once('=').unwrap();
                prop_assert_eq!(read(&[(name, value)]).unwrap(), Some(period));
            }
        }
    }
}
