//! Indirect expenses: rent, salaries, packing, software; once or again and again, optionally for one product.
//!
//! Amounts are without GST. The GST on an expense is kept beside it for the books: it never enters the bridge,
//! since Amazon has no part in it.

use std::{fmt, str::FromStr};

use jiff::{Span, civil::Date};

use crate::{Error, day, money::Currency};

/// Longest name of a category.
pub const MOST_CATEGORY_CHARS: usize = 40;
/// Longest span of days that expenses are asked for: 100 years.
pub const MOST_DAYS: i32 = 36_525;

/// A category of indirect expenses: the last part of `expense:indirect:<category>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Category(String);

impl Category {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of its account.
    pub fn account_name(&self) -> String {
        format!("expense:indirect:{}", self.0)
    }
}

impl FromStr for Category {
    type Err = Error;

    /// Takes words of a to z and digits, in any case, parted by spaces, hyphens or underscores.
    ///
    /// ```
    /// use ecom_ledger::expense::Category;
    /// let category: Category = "Packing material".parse().unwrap();
    /// assert_eq!(category.account_name(), "expense:indirect:packing_material");
    /// assert!("rent:office".parse::<Category>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, Error> {
        let words: Vec<String> = text
            .split([' ', '-', '_'])
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let name = words.join("_");
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !plain
            || !name.starts_with(|first: char| first.is_ascii_lowercase())
            || name.len() > MOST_CATEGORY_CHARS
        {
            return Err(Error::Value(format!(
                "`{}` is no category; use short words of the letters a to z, such as packing material",
                text.trim()
            )));
        }
        Ok(Self(name))
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How often an expense comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// On its day only.
    Once,
    /// Every seven days.
    Weekly,
    /// On the same day of every month; in a month without that day, on its last.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every twelve months.
    Yearly,
}

impl Repeat {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Once, Self::Weekly, Self::Monthly, Self::Quarterly, Self::Yearly];

    /// The stable name, such as `monthly`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::Yearly => "yearly",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|repeat| repeat.name() == name)
    }

    fn months(self) -> Option<i32> {
        match self {
            Self::Once | Self::Weekly => None,
            Self::Monthly => Some(1),
            Self::Quarterly => Some(3),
            Self::Yearly => Some(12),
        }
    }
}

/// An expense as the user enters it. Money in minor units, > 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expense {
    category: Category,
    sku: Option<String>,
    currency: Currency,
    amount: i64,
    gst: i64,
    first: Date,
    repeat: Repeat,
    last: Option<Date>,
}

/// An expense on one day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge {
    /// Day on which it stands in the statement.
    pub day: i32,
    /// Category.
    pub category: Category,
    /// Product, if it is for one.
    pub sku: Option<String>,
    /// Currency.
    pub currency: Currency,
    /// What is posted (< 0), without GST.
    pub amount: i64,
    /// The GST on it (≥ 0): beside the books of this statement.
    pub gst: i64,
}

impl Expense {
    /// An expense that comes once. `amount` is without GST.
    pub fn once(category: Category, currency: Currency, amount: i64, day: Date) -> Result<Self, Error> {
        if amount <= 0 {
            return Err(Error::Value("the amount of an expense is above 0".to_owned()));
        }
        let (sku, gst, repeat, last) = (None, 0, Repeat::Once, None);
        Ok(Self { category, sku, currency, amount, gst, first: day, repeat, last })
    }

    /// With GST of so much on each charge.
    pub fn with_gst(self, gst: i64) -> Result<Self, Error> {
        if gst < 0 {
            return Err(Error::Value("the GST of an expense is not below 0".to_owned()));
        }
        Ok(Self { gst, ..self })
    }

    /// For one product.
    #[must_use]
    pub fn for_sku(self, sku: &str) -> Self {
        Self { sku: Some(sku.trim().to_owned()).filter(|sku| !sku.is_empty()), ..self }
    }

    /// Coming again and again until `last` (that day included), or without end.
    pub fn repeated(self, repeat: Repeat, last: Option<Date>) -> Result<Self, Error> {
        if last.is_some_and(|last| last < self.first) {
            return Err(Error::Value("the expense ends before it begins".to_owned()));
        }
        Ok(Self { repeat, last, ..self })
    }

    /// Category.
    pub fn category(&self) -> &Category {
        &self.category
    }

    /// Product, if it is for one.
    pub fn sku(&self) -> Option<&str> {
        self.sku.as_deref()
    }

    /// Currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Amount of each charge without GST.
    pub fn amount(&self) -> i64 {
        self.amount
    }

    /// GST of each charge.
    pub fn gst(&self) -> i64 {
        self.gst
    }

    /// Day of the first charge.
    pub fn first(&self) -> Date {
        self.first
    }

    /// How often it comes.
    pub fn repeat(&self) -> Repeat {
        self.repeat
    }

    /// Last day on which it may come, if it ends.
    pub fn last(&self) -> Option<Date> {
        self.last
    }

    /// What it charges on the days from `from` to `to`, both included.
    pub fn charges(&self, from: i32, to: i32) -> Result<Vec<Charge>, Error> {
        if to.saturating_sub(from) > MOST_DAYS {
            return Err(Error::Value("expenses are asked for at most 100 years at once".to_owned()));
        }
        let to = self.last.map_or(to, |last| to.min(day::of_date(last)));
        let mut charges = Vec::new();
        let mut nth = self.first_at_or_after(from);
        while let Some(day) = self.occurrence(nth)?.filter(|day| *day <= to) {
            if day >= from {
                charges.push(self.charge(day));
            }
            nth += 1;
        }
        Ok(charges)
    }

    fn charge(&self, day: i32) -> Charge {
        Charge {
            day,
            category: self.category.clone(),
            sku: self.sku.clone(),
            currency: self.currency,
            amount: -self.amount,
            gst: self.gst,
        }
    }

    /// The number, from 0, of an occurrence at or a little before the first one in the span.
    fn first_at_or_after(&self, from: i32) -> i32 {
        let start = day::of_date(self.first);
        if from <= start {
            return 0;
        }
        match self.repeat.months() {
            None => (from - start) / 7,
            Some(months) => {
                let passed = day::Month::of_day(from).0 - day::Month::of(self.first).0;
                (passed / months).max(0)
            }
        }
    }

    /// The day of the n-th occurrence, counted from the first: the 31st stays the 31st after a short month.
    fn occurrence(&self, nth: i32) -> Result<Option<i32>, Error> {
        let start = day::of_date(self.first);
        match (self.repeat, self.repeat.months()) {
            (Repeat::Once, _) => Ok((nth == 0).then_some(start)),
            (_, None) => Ok(nth.checked_mul(7).and_then(|days| start.checked_add(days))),
            (_, Some(months)) => {
                let span = Span::new().try_months(i64::from(nth) * i64::from(months));
                let date = span.and_then(|span| self.first.checked_add(span));
                date.map(|date| Some(day::of_date(date)))
                    .map_err(|_| Error::Value("the expense lies beyond the year 9999".to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn rent(first: &str, repeat: Repeat, last: Option<&str>) -> Expense {
        let rent = Expense::once("rent".parse().unwrap(), Currency::INR, 1_800_000, date(first)).unwrap();
        rent.repeated(repeat, last.map(date)).unwrap()
    }

    fn days(expense: &Expense, from: &str, to: &str) -> Vec<String> {
        let charges = expense.charges(day::of_date(date(from)), day::of_date(date(to))).unwrap();
        charges.iter().map(|charge| day::to_date(charge.day).to_string()).collect()
    }

    #[test]
    fn the_thirty_first_stands_on_the_last_day_of_a_short_month_and_comes_back() {
        let office = rent("2027-12-31", Repeat::Monthly, None);
        assert_eq!(
            days(&office, "2028-01-01", "2028-04-30"),
            ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]
        );
        let leap = rent("2028-02-29", Repeat::Yearly, None);
        assert_eq!(days(&leap, "2028-01-01", "2032-12-31").last().unwrap(), "2032-02-29");
        assert_eq!(days(&leap, "2029-01-01", "2029-12-31"), ["2029-02-28"]);
    }

    #[test]
    fn an_expense_ends_on_its_last_day() {
        let weekly = rent("2026-04-01", Repeat::Weekly, Some("2026-04-15"));
        assert_eq!(days(&weekly, "2026-01-01", "2027-01-01"), ["2026-04-01", "2026-04-08", "2026-04-15"]);
        let once = rent("2026-04-01", Repeat::Once, None);
        assert_eq!(days(&once, "2026-04-01", "2030-01-01"), ["2026-04-01"]);
        assert!(days(&once, "2026-04-02", "2030-01-01").is_empty());
        assert!(days(&once, "2026-01-01", "2026-03-31").is_empty());
    }

    #[test]
    fn a_charge_is_a_debit_and_keeps_its_gst_apart() {
        let expense = rent("2026-04-01", Repeat::Once, None).with_gst(324_000).unwrap().for_sku(" CUP ");
        let charges = expense.charges(0, 36_000).unwrap();
        assert_eq!((charges[0].amount, charges[0].gst), (-1_800_000, 324_000));
        assert_eq!(charges[0].sku.as_deref(), Some("CUP"));
    }

    #[test]
    fn what_is_no_expense_is_refused() {
        let once = |amount| Expense::once("rent".parse().unwrap(), Currency::INR, amount, date("2026-04-01"));
        assert!(once(0).is_err());
        assert!(once(1).unwrap().with_gst(-1).is_err());
        assert!(once(1).unwrap().repeated(Repeat::Monthly, Some(date("2026-03-31"))).is_err());
        assert!(once(1).unwrap().charges(0, MOST_DAYS + 1).is_err());
        for name in [
            "",
            "rent:office",
            "9to5",
            "ünïcode",
            "a very long name of a category that nobody will ever read",
        ] {
            assert!(name.parse::<Category>().is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn spans_that_touch_give_together_what_the_whole_span_gives(
            first in 10_000_i32..30_000, kind in 0_usize..5, from in 10_000_i32..30_000, length in 0_i32..3000, cut in 0_i32..3000,
        ) {
            let first = day::to_date(first).to_string();
            let expense = rent(&first, Repeat::ALL[kind], None);
            let (to, cut) = (from + length, from + cut.min(length));
            let whole = expense.charges(from, to).unwrap();
            let mut parts = expense.charges(from, cut).unwrap();
            parts.extend(expense.charges(cut + 1, to).unwrap());
            prop_assert_eq!(&whole, &parts);
            prop_assert!(whole.iter().all(|charge| (from..=to).contains(&charge.day)));
            prop_assert!(whole.windows(2).all(|pair| pair[0].day < pair[1].day));
        }

        #[test]
        fn a_monthly_expense_comes_once_in_every_full_month(first in 10_000_i32..20_000, months in 1_i32..60) {
            let first = day::to_date(first);
            let expense = rent(&first.to_string(), Repeat::Monthly, None);
            let month = day::Month(day::Month::of(first).0 + months);
            prop_assert_eq!(expense.charges(month.first_day(), month.last_day()).unwrap().len(), 1);
        }
    }
}
