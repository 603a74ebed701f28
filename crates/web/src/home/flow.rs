//! Where each day's sales went: columns by day, for longer spans by week or month.

use ecom_ledger::{
    Currency,
    day::{self, Month},
    statement::Statement,
};

use crate::{
    fault::Page,
    period::Period,
    scope::Scope,
    statement::parts::{Parts, PartsChart, Slot},
};

/// Days shown unless others are asked for: six weeks.
pub(crate) const USUAL_DAYS: i32 = 42;
/// Up to so many days there is a column for each.
const MOST_DAYS: i32 = 62;
/// Up to so many days there is a column for each week.
const MOST_WEEK_DAYS: i32 = 190;
/// Months shown, the last ones of a longer span.
const MOST_MONTHS: i32 = 60;
/// Columns that are labelled.
const LABELS: usize = 8;

/// The columns of a chart: what each is, and its first and last day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Flow {
    unit: &'static str,
    pub(crate) spans: Vec<(i32, i32)>,
}

impl Flow {
    /// Cuts days into columns.
    pub(crate) fn of(from: i32, to: i32) -> Self {
        match to.saturating_sub(from) {
            ..0 => Self { unit: "Day", spans: Vec::new() },
            length if length < MOST_DAYS => {
                Self { unit: "Day", spans: (from..=to).map(|day| (day, day)).collect() }
            }
            length if length < MOST_WEEK_DAYS => Self { unit: "Week", spans: weeks(from, to) },
            _ => Self { unit: "Month", spans: months(from, to) },
        }
    }

    /// The chart in one currency, from the statements of every span.
    pub(crate) fn chart(
        &self,
        scope: &Scope,
        currency: Currency,
        found: &[Vec<Statement>],
    ) -> Page<Option<PartsChart>> {
        let nothing = Statement::new(currency);
        let every = self.spans.len().div_ceil(LABELS).max(1);
        let mut slots = Vec::new();
        let mut moved = false;
        for (at, ((from, to), statements)) in self.spans.iter().zip(found).enumerate() {
            let statement = statements.iter().find(|statement| statement.currency == currency);
            moved |= statement.is_some();
            let period = self.period(*from, *to);
            slots.push(Slot {
                title: period.title(),
                first: day::to_date(*from),
                label: if at % every == 0 { self.label(*from) } else { String::new() },
                href: scope.of_currency(currency).in_period(period).link("/statement").text(),
                here: false,
                parts: match self.unit {
                    "Month" => Parts::of(statement.unwrap_or(&nothing))?,
                    _ => Parts::before_own(statement.unwrap_or(&nothing))?,
                },
            });
        }
        Ok(moved.then(|| PartsChart::new(self.unit, currency, slots)))
    }

    fn period(&self, from: i32, to: i32) -> Period {
        match self.unit {
            "Month" => Period::Month(Month::of_day(from)),
            _ => Period::Days(day::to_date(from), day::to_date(to)),
        }
    }

    fn label(&self, from: i32) -> String {
        let form = if self.unit == "Month" { "%b %y" } else { "%-d %b" };
        day::to_date(from).strftime(form).to_string()
    }
}

/// Weeks begin on Monday; the first and the last may be cut short.
fn weeks(from: i32, to: i32) -> Vec<(i32, i32)> {
    let mut spans = Vec::new();
    let mut start = from;
    while start <= to {
        // Day 0 is a Thursday.
        let sunday = start + 6 - (start + 3).rem_euclid(7);
        spans.push((start, sunday.min(to)));
        start = sunday + 1;
    }
    spans
}

fn months(from: i32, to: i32) -> Vec<(i32, i32)> {
    let (first, last) = (Month::of_day(from).0, Month::of_day(to).0);
    (first.max(last - MOST_MONTHS + 1)..=last)
        .map(|month| (Month(month).first_day(), Month(month).last_day()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn longer_spans_have_wider_columns() {
        let unit = |days: i32| {
            let flow = Flow::of(20_000, 20_000 + days - 1);
            (flow.unit, flow.spans.len())
        };
        assert_eq!(unit(1), ("Day", 1));
        assert_eq!(unit(62), ("Day", 62));
        assert_eq!(unit(63).0, "Week");
        assert_eq!(unit(365).0, "Month");
        assert_eq!(unit(40_000), ("Month", 60));
        assert_eq!(unit(0), ("Day", 0));
    }

    proptest! {
        #[test]
        fn columns_follow_each_other_without_gap(from in 10_000_i32..30_000, length in 0_i32..500) {
            let flow = Flow::of(from, from + length);
            prop_assert!(flow.spans.len() <= 62);
            prop_assert!(flow.spans.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
            if flow.unit == "Week" {
                let monday = |day: i32| day::to_date(day).weekday() == jiff::civil::Weekday::Monday;
                prop_assert!(flow.spans.iter().skip(1).all(|(from, _)| monday(*from)));
            }
        }
    }
}
