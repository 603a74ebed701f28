//! Books for the accountant: the journal for Tally and others, the registers, and the names of ledgers.
//!
//! A page is about a financial year, a quarter or a month, since these lie within one year and so under one rule of
//! where turnover comes from.

mod download;
mod journal;
mod ledger;
mod payout;
mod register;
mod sheet;

use std::collections::BTreeSet;

use ecom_gst::FinancialYear;
use ecom_ledger::{
    Currency, Error,
    day::{self, Month},
    journal::{Book, Journal, Rules},
};
use ecom_store::{Filter, Scoped, SettlementState, SettlementView};
use jiff::civil::Date;

pub(crate) use journal::{keep, show};
pub(crate) use ledger::{list as ledgers, save as save_ledgers};
pub(crate) use payout::{list as payouts, save as save_payouts};
pub(crate) use register::{gst, held, tcs, tds};
pub(crate) use sheet::{MOST_FORM_BYTES, receive as receive_payouts};

use crate::{
    app::App,
    fault::{Fault, Page},
    params::{Link, Params},
    period::Period,
    scope::{Choices, Scope},
    scope_bar::ScopeBar,
    words,
};

/// Pages of the books: path and title.
const TABS: [(&str, &str); 7] = [
    ("/books", "Journal"),
    ("/books/payouts", "Pay-outs"),
    ("/books/held", "Held by Amazon"),
    ("/books/tcs", "TCS"),
    ("/books/tds", "TDS"),
    ("/books/gst", "GST on fees"),
    ("/books/ledgers", "Ledgers"),
];

/// What a page of the books is about.
struct BookScope {
    scope: Scope,
    currency: Currency,
    year: FinancialYear,
    currencies: Vec<Currency>,
    choices: Choices,
    span: Option<(i32, i32)>,
    /// Settlements that count, of all days.
    settlements: Vec<SettlementView>,
}

/// A link to a neighbouring page.
struct Tab {
    title: String,
    href: String,
    here: bool,
}

impl BookScope {
    /// What an address asks for; without days the financial year of the newest lines.
    async fn read(app: &App, books: &mut Scoped<'_>, params: &Params) -> Page<Self> {
        let mut choices = Choices::of(books).await?;
        // A marketplace has no books of its own: Amazon pays an account as a whole.
        choices.marketplaces.clear();
        let span = books.span().await?;
        let latest = span.map_or_else(|| app.today(), |(_, last)| day::to_date(last));
        let asked = Scope::read(params, Period::Year(FinancialYear::of(latest)))?;
        let scope = Scope { marketplace: None, settlement: None, ..asked };
        choices.expect(&scope)?;
        if matches!(scope.period, Period::Days(..) | Period::All) {
            let words = "Books go by financial year, quarter or month. Choose one of them.";
            return Err(Fault::invalid("from", words));
        }
        let mut settlements = books.settlements(&Filter::days(i32::MIN, i32::MAX)).await?;
        settlements.retain(|found| found.state == SettlementState::Active);
        let held: BTreeSet<Currency> = settlements.iter().map(|found| found.currency).collect();
        let usual = if held.contains(&Currency::INR) { None } else { held.first().copied() };
        let currency = scope.currency.or(usual).unwrap_or(Currency::INR);
        let year = FinancialYear::of(day::to_date(scope.period.days().0));
        let currencies = held.into_iter().collect();
        Ok(Self { scope, currency, year, currencies, choices, span, settlements })
    }

    /// First and last day.
    fn days(&self) -> (Date, Date) {
        let (from, to) = self.scope.period.days();
        (day::to_date(from), day::to_date(to))
    }

    fn title(&self) -> String {
        self.scope.period.title()
    }

    fn bar(&self, path: &'static str) -> ScopeBar {
        ScopeBar::new(path, &self.scope, &self.choices, self.span).whole()
    }

    fn link(&self, path: &str) -> Link {
        self.scope.link(path)
    }

    fn tabs(&self, here: &str) -> Vec<Tab> {
        let tab = |(path, title): (&str, &str)| Tab {
            title: title.to_owned(),
            href: self.link(path).text(),
            here: path == here,
        };
        TABS.into_iter().map(tab).collect()
    }

    /// Currencies to choose from, where there are several.
    fn monies(&self, path: &str) -> Vec<Tab> {
        let several = self.currencies.len() > 1;
        let tab = |currency: &Currency| Tab {
            title: currency.to_string(),
            href: self.scope.of_currency(*currency).link(path).text(),
            here: *currency == self.currency,
        };
        self.currencies.iter().filter(|_| several).map(tab).collect()
    }

    /// The scope of the lines behind a figure.
    fn lines(&self, month: Option<Month>) -> Scope {
        let scope = self.scope.of_currency(self.currency);
        month.map_or(scope, |month| scope.in_period(Period::Month(month)))
    }

    /// The page of a settlement, if it is there.
    fn settlement(&self, id: &str) -> Option<&SettlementView> {
        let own = |found: &&SettlementView| {
            found.settlement_id == id
                && self.scope.seller_account.is_none_or(|account| account == found.seller_account)
        };
        self.settlements.iter().find(own)
    }

    /// The books of these days, as day numbers.
    async fn book(&self, books: &mut Scoped<'_>, days: (i32, i32)) -> Page<Book> {
        Ok(books.book(self.currency, self.scope.seller_account, days).await?)
    }

    /// The vouchers of the period.
    async fn journal(&self, books: &mut Scoped<'_>, rules: &Rules) -> Page<Journal> {
        let book = self.book(books, self.scope.period.days()).await?;
        let (from, to) = self.days();
        Ok(book.journal(rules).map_err(told)?.between(from, to))
    }
}

/// What the person can mend is told, not logged.
fn told(error: Error) -> Fault {
    match error {
        Error::Value(words) => Fault::Conflict(words::sentence(&words)),
        Error::Overflow => error.into(),
    }
}
