//! What an address asks of the statement: which part of it, what stands in the columns, and how GST is shown.

use ecom_gst::{FinancialYear, Quarter};
use ecom_ledger::day::{self, Month};

use crate::{
    fault::Page,
    params::{Link, Params},
    period::Period,
    scope::Scope,
};

/// Columns beside each other; with more the next larger span is one.
pub(crate) const MOST_COLUMNS: usize = 36;

/// What stands in the columns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum By {
    /// One column for all days.
    Total,
    Month,
    Quarter,
    Year,
}

/// A part of the statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum View {
    Profit,
    Balance,
    Trial,
    Files,
}

/// All of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Asked {
    pub(crate) scope: Scope,
    pub(crate) by: By,
    pub(crate) view: View,
    /// Whether debits and credits stand beside each figure of the single column.
    pub(crate) turnover: bool,
}

/// How an address asks for debits and credits: `turnover=shown`.
pub(crate) const SHOWN: &str = "shown";

/// A link of a choice.
pub(crate) struct Tab {
    pub(crate) label: &'static str,
    pub(crate) href: String,
    pub(crate) here: bool,
}

impl By {
    const ALL: [Self; 4] = [Self::Total, Self::Month, Self::Quarter, Self::Year];

    /// As it stands in an address; the total is not named there.
    pub(crate) fn slug(self) -> Option<&'static str> {
        match self {
            Self::Total => None,
            Self::Month => Some("month"),
            Self::Quarter => Some("quarter"),
            Self::Year => Some("year"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Total => "Total",
            Self::Month => "Months",
            Self::Quarter => "Quarters",
            Self::Year => "Years",
        }
    }

    /// `months`, in a sentence.
    pub(crate) fn plural(self) -> String {
        self.label().to_lowercase()
    }

    /// `month`, in a sentence.
    pub(crate) fn singular(self) -> &'static str {
        self.slug().unwrap_or("total")
    }

    fn coarser(self) -> Self {
        match self {
            Self::Month => Self::Quarter,
            _ => Self::Year,
        }
    }

    /// The span that a day lies in.
    fn around(self, of: i32) -> Period {
        let date = day::to_date(of);
        match self {
            Self::Total => Period::All,
            Self::Month => Period::Month(Month::of_day(of)),
            Self::Quarter => Period::Quarter(FinancialYear::of(date), Quarter::of(date)),
            Self::Year => Period::Year(FinancialYear::of(date)),
        }
    }

    /// The columns of some days in their order: whole spans, and at the ends what of one lies in the days.
    fn columns(self, from: i32, to: i32) -> Vec<Period> {
        let mut columns = Vec::new();
        let mut at = from;
        while at <= to {
            let whole = self.around(at);
            let (first, last) = whole.days();
            let part = first < from || last > to;
            columns.push(if part {
                Period::Days(day::to_date(at), day::to_date(last.min(to)))
            } else {
                whole
            });
            at = last.saturating_add(1);
        }
        columns
    }

    /// The columns of some days, of the next larger spans where they would be too many; what they became, too.
    pub(crate) fn fitting(self, from: i32, to: i32) -> (Self, Vec<Period>) {
        let mut by = self;
        loop {
            let mut columns = by.columns(from, to);
            if columns.len() <= MOST_COLUMNS || by == Self::Year {
                let spare = columns.len().saturating_sub(MOST_COLUMNS);
                return (by, columns.split_off(spare));
            }
            by = by.coarser();
        }
    }

    /// Days for which these columns make sense, coming from others: the year of a month, all of a year.
    fn period(self, period: Period) -> Period {
        match (self, period) {
            (Self::Month, Period::Month(month)) => Self::Year.around(month.first_day()),
            (Self::Quarter, Period::Month(_) | Period::Quarter(..)) => Self::Year.around(period.days().0),
            (Self::Year, Period::Month(_) | Period::Quarter(..) | Period::Year(_)) => Period::All,
            _ => period,
        }
    }
}

impl View {
    const ALL: [Self; 4] = [Self::Profit, Self::Balance, Self::Trial, Self::Files];

    pub(crate) fn slug(self) -> Option<&'static str> {
        match self {
            Self::Profit => None,
            Self::Balance => Some("balance"),
            Self::Trial => Some("trial"),
            Self::Files => Some("files"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Profit => "Profit",
            Self::Balance => "Balance at Amazon",
            Self::Trial => "Trial balance",
            Self::Files => "Files",
        }
    }
}

impl Asked {
    /// Reads an address; `period` is meant where it names no days.
    pub(crate) fn read(params: &Params, period: Period) -> Page<Self> {
        let by = |text: &str| By::ALL.into_iter().find(|by| by.slug() == Some(text));
        let shown = |text: &str| (text == SHOWN).then_some(true);
        let view = |text: &str| View::ALL.into_iter().find(|view| view.slug() == Some(text));
        let by = params.read("by", "`month`, `quarter` or `year`", by)?.unwrap_or(By::Total);
        Ok(Self {
            scope: Scope::read(params, by.period(period))?.with_gst(params)?,
            by,
            view: params.read("view", "`balance`, `trial` or `files`", view)?.unwrap_or(View::Profit),
            turnover: params.read("turnover", "`shown`, or left out", shown)?.unwrap_or(false),
        })
    }

    fn link(self) -> String {
        self.address().text()
    }

    /// The address of what is shown.
    pub(crate) fn address(self) -> Link {
        let mut link: Link = self.scope.link("/statement");
        if let Some(by) = self.by.slug() {
            link = link.with("by", by);
        }
        if let Some(view) = self.view.slug() {
            link = link.with("view", view);
        }
        if self.turnover {
            link = link.with("turnover", SHOWN);
        }
        link
    }

    /// Whether debits and credits can be shown: they are kept of accounts over days, with GST set apart.
    fn has_turnover(self) -> bool {
        self.view == View::Profit && self.by == By::Total && !self.scope.printed
    }

    /// Whether they are.
    pub(crate) fn shows_turnover(self) -> bool {
        self.turnover && self.has_turnover()
    }

    /// Nets alone, or with what was debited and credited.
    pub(crate) fn turnovers(self) -> Vec<Tab> {
        let tab = |label, turnover: bool| Tab {
            label,
            href: Self { turnover, ..self }.link(),
            here: self.turnover == turnover,
        };
        if self.has_turnover() {
            vec![tab("Net", false), tab("With debits and credits", true)]
        } else {
            Vec::new()
        }
    }

    pub(crate) fn views(self) -> Vec<Tab> {
        let tab = |view: View| Tab {
            label: view.label(),
            href: Self { view, ..self }.link(),
            here: self.view == view,
        };
        View::ALL.into_iter().map(tab).collect()
    }

    /// What may stand in the columns. Choosing it from a span that would be a single column widens the days.
    pub(crate) fn columns(self) -> Vec<Tab> {
        let tab = |by: By| {
            let here = self.by == by;
            let period = if here { self.scope.period } else { by.period(self.scope.period) };
            Tab {
                label: by.label(),
                href: Self { by, scope: self.scope.in_period(period), ..self }.link(),
                here,
            }
        };
        By::ALL.into_iter().map(tab).collect()
    }

    /// How GST inside amounts is shown.
    pub(crate) fn gst(self) -> Vec<Tab> {
        let tab = |label, printed: bool| Tab {
            label,
            href: Self { scope: Scope { printed, ..self.scope }, ..self }.link(),
            here: self.scope.printed == printed,
        };
        vec![tab("GST set apart", false), tab("As printed by Amazon", true)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(query: &[(&str, &str)]) -> Page<Asked> {
        let values = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Asked::read(&Params::new(values), Period::All)
    }

    #[test]
    fn an_address_says_all_of_it_and_nothing_else_is_taken() {
        let all = [("month", "2026-09"), ("by", "quarter"), ("view", "trial"), ("gst", "printed")];
        let found = asked(&all).unwrap();
        assert_eq!(found.link(), "/statement?month=2026-09&gst=printed&by=quarter&view=trial");
        assert_eq!(asked(&[]).unwrap().link(), "/statement");
        for query in [[("by", "week")], [("by", "Total")], [("view", "profit")], [("gst", "apart")]] {
            assert!(asked(&query).is_err(), "{query:?}");
        }
    }

    #[test]
    fn columns_are_whole_spans_and_what_is_left_at_the_ends() {
        let number = |text: &str| day::of_date(text.parse().unwrap());
        let titles = |by: By, from, to| -> Vec<String> {
            by.fitting(number(from), number(to)).1.into_iter().map(Period::title).collect()
        };
        assert_eq!(
            titles(By::Month, "2026-08-15", "2026-10-31"),
            ["15 Aug 2026 – 31 Aug 2026", "September 2026", "October 2026"]
        );
        assert_eq!(titles(By::Quarter, "2026-04-01", "2026-06-30"), ["Q1 2026-27 (Apr–Jun 2026)"]);
        assert_eq!(titles(By::Year, "2026-04-01", "2026-04-02"), ["1 Apr 2026 – 2 Apr 2026"]);
        assert_eq!(titles(By::Month, "2024-04-01", "2027-03-31").len(), 36);
    }

    #[test]
    fn choosing_columns_widens_days_that_would_be_one() {
        let month = asked(&[("month", "2026-02")]).unwrap();
        let hrefs: Vec<String> = month.columns().into_iter().map(|tab| tab.href).collect();
        assert_eq!(
            hrefs,
            [
                "/statement?month=2026-02",
                "/statement?year=2025-26&by=month",
                "/statement?year=2025-26&by=quarter",
                "/statement?by=year"
            ]
        );
    }

    proptest! {
        #[test]
        fn columns_cover_every_day_once_and_are_never_too_many(from in 10_000_i32..24_000, length in 0_i32..12_000) {
            let to = from + length;
            for by in [By::Month, By::Quarter, By::Year] {
                let (became, columns) = by.fitting(from, to);
                prop_assert!(became >= by && columns.len() <= MOST_COLUMNS);
                let days: Vec<(i32, i32)> = columns.into_iter().map(Period::days).collect();
                prop_assert!(days[0].0 == from && days[days.len() - 1].1 == to);
                prop_assert!(days.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
            }
        }
    }
}
