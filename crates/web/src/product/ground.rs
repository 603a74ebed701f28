//! What pages of products are about: whole months, since products are kept by month; one currency at a time, since
//! currencies are never added or compared; an account at Amazon and a marketplace.

use ecom_ledger::{
    Currency,
    day::{self, Month},
};
use ecom_store::{Filter, ProductFilter, Scoped};

use crate::{
    app::App,
    fault::Page,
    params::Params,
    period::{FIRST, LAST, Period},
    scope::{Choices, Scope},
    scope_bar::ScopeBar,
};

/// The scope of a page of products, and what it can be changed to.
pub(crate) struct Ground {
    /// As asked, in whole months.
    pub(crate) scope: Scope,
    pub(crate) choices: Choices,
    /// First and last day with lines.
    pub(crate) span: Option<(i32, i32)>,
    pub(crate) currencies: Vec<Currency>,
    /// The currency asked for, else the one with the most lines.
    pub(crate) currency: Currency,
    /// First and last month.
    pub(crate) months: (Month, Month),
    /// Whether the days that were asked for are no whole months.
    pub(crate) widened: bool,
}

impl Ground {
    /// `usual` gives the period of an address without one, from the newest month with lines.
    pub(crate) async fn of(
        app: &App,
        books: &mut Scoped<'_>,
        params: &Params,
        usual: impl Fn(Month) -> Period,
    ) -> Page<Self> {
        let choices = Choices::of(books).await?;
        let span = books.span().await?;
        let today = day::of_date(app.today());
        let newest = Month::of_day(span.map_or(today, |(_, last)| last));
        let asked = Scope::read(params, usual(newest))?;
        choices.expect(&asked)?;
        let period = whole(asked.period);
        let currencies = books.currencies().await?;
        Ok(Self {
            scope: Scope { settlement: None, ..asked.in_period(period) },
            choices,
            span,
            currency: asked.currency.or(currencies.first().copied()).unwrap_or(Currency::INR),
            currencies,
            months: months(period),
            widened: period.days() != asked.period.days(),
        })
    }

    /// The last so many months of it, where there are more with lines; and whether there are.
    pub(crate) fn last_months(self, most: i32) -> (Self, bool) {
        let Some((first, last)) = self.span else { return (self, false) };
        let to = self.months.1.min(Month::of_day(last));
        let from = self.months.0.max(Month::of_day(first));
        if to.0 - from.0 < most {
            return (self, false);
        }
        let from = Month(to.0 - most + 1);
        let days = Period::Days(from.first_date(), day::to_date(to.last_day()));
        (Self { scope: self.scope.in_period(days), months: (from, to), ..self }, true)
    }

    /// As the store asks for it, in the one currency.
    pub(crate) fn filter(&self) -> ProductFilter {
        let (from, to) = self.months;
        ProductFilter {
            seller_account: self.scope.seller_account,
            marketplace: self.scope.marketplace,
            currency: Some(self.currency),
            ..ProductFilter::months(from, to)
        }
    }

    /// The same for a statement of all products.
    pub(crate) fn statement_filter(&self) -> Filter {
        let (from, to) = self.months;
        Filter { from: from.first_day(), to: to.last_day(), ..self.figures().filter() }
    }

    /// Whether a month is one of those chosen.
    pub(crate) fn holds(&self, month: Month) -> bool {
        self.months.0 <= month && month <= self.months.1
    }

    /// The scope of figures in the one currency.
    pub(crate) fn figures(&self) -> Scope {
        self.scope.of_currency(self.currency)
    }

    /// The chips above the page.
    pub(crate) fn bar(&self, path: &str) -> ScopeBar {
        ScopeBar::new(path, &self.scope, &self.choices, self.span).by_posting_day(&self.scope).currencies(
            &self.scope,
            &self.currencies,
            self.currency,
        )
    }

    /// What one should know about the days.
    pub(crate) fn days_note(&self) -> &'static str {
        if self.widened {
            "Products are kept by month: the days you chose are widened to whole months."
        } else {
            "Whole months, by posting day."
        }
    }

    /// The scope as fields that a form keeps.
    pub(crate) fn kept(&self) -> Vec<(String, String)> {
        let link = self.scope.link("").text();
        let pairs = link.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// First and last month. All of them begin before and end after the lines: units come back later.
pub(super) fn months(period: Period) -> (Month, Month) {
    match period {
        Period::All => (Month::of(FIRST), Month::of(LAST)),
        _ => {
            let (from, to) = period.days();
            (Month::of_day(from), Month::of_day(to))
        }
    }
}

/// The whole months around some days.
pub(super) fn whole(period: Period) -> Period {
    let Period::Days(from, to) = period else { return period };
    let month = Month::of(from);
    if Month::of(to) == month {
        Period::Month(month)
    } else {
        Period::Days(from.first_of_month(), to.last_of_month())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_widened_to_whole_months() {
        let days = |from, to| whole(Period::Days(from, to)).query();
        assert_eq!(days(date(2026, 9, 7), date(2026, 9, 21)), "month=2026-09");
        assert_eq!(days(date(2026, 9, 30), date(2027, 2, 1)), "from=2026-09-01&to=2027-02-28");
        assert_eq!(whole(Period::All), Period::All);
    }
}
