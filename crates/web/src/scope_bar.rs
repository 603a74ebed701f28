//! The chips above figures: account at Amazon, marketplace, period. Each opens a list of links, so that the address
//! always says what is shown and everything works without script.

use askama::Template;
use ecom_gst::{FinancialYear, Quarter};
use ecom_ledger::{
    Currency,
    day::{self, Month},
};

use crate::{
    params::Link,
    period::Period,
    scope::{Choices, PRINTED, Scope},
};

/// Months offered, newest first; older ones are reached by their year.
const MOST_MONTHS: i32 = 24;

/// One thing to choose.
pub(crate) struct Choice {
    label: String,
    href: String,
    here: bool,
}

/// A chip that opens a list.
pub(crate) struct Menu {
    name: &'static str,
    shown: String,
    choices: Vec<Choice>,
    /// Whether first and last day may be typed.
    days: bool,
}

/// The chips of a page.
#[derive(Template)]
#[template(path = "scope/bar.html")]
pub(crate) struct ScopeBar {
    path: String,
    menus: Vec<Menu>,
    before: Option<Choice>,
    after: Option<Choice>,
    from: String,
    to: String,
    /// By which days figures count is said, with links to the balance at Amazon and to the differences.
    basis: Option<[String; 2]>,
    /// Parts of the scope that the form for days keeps.
    kept: Vec<(&'static str, String)>,
}

impl askama::filters::HtmlSafe for ScopeBar {}

impl ScopeBar {
    /// `span` is the first and last day with lines.
    pub(crate) fn new(path: &str, scope: &Scope, choices: &Choices, span: Option<(i32, i32)>) -> Self {
        let mut menus = Vec::new();
        if choices.seller_accounts.len() > 1 {
            menus.push(accounts(path, scope, choices));
        }
        if choices.marketplaces.len() > 1 {
            menus.push(marketplaces(path, scope, choices));
        }
        menus.push(periods(path, scope, span));
        let (before, after) = scope.period.neighbours();
        let step = |period: Option<Period>| {
            period.map(|period| Choice {
                label: period.title(),
                href: scope.in_period(period).link(path).text(),
                here: false,
            })
        };
        let days = if scope.period == Period::All { span } else { Some(scope.period.days()) };
        let iso = |number: i32| day::to_date(number).to_string();
        let (from, to) = days.map(|(from, to)| (iso(from), iso(to))).unwrap_or_default();
        let path = path.to_owned();
        let kept = kept(scope);
        Self { path, menus, before: step(before), after: step(after), from, to, basis: None, kept }
    }

    /// Says that figures count on the day on which Amazon posts them: settlement files hold no other day.
    pub(crate) fn by_posting_day(mut self, scope: &Scope) -> Self {
        let balance = scope.link("/statement").with("view", "balance").text();
        self.basis = Some([balance, scope.link("/difference").text() + "#posting"]);
        self
    }

    /// Offers the currencies of the books, where there are several; `shown` is the one on the page.
    pub(crate) fn currencies(mut self, scope: &Scope, all: &[Currency], shown: Currency) -> Self {
        if all.len() > 1 {
            let choice = |currency: &Currency| Choice {
                label: currency.to_string(),
                href: scope.of_currency(*currency).link(&self.path).text(),
                here: *currency == shown,
            };
            let choices = all.iter().map(choice).collect();
            let menu = Menu { name: "Currency", shown: shown.to_string(), choices, days: false };
            self.menus.insert(self.menus.len().saturating_sub(1), menu);
        }
        self
    }

    /// Offers whole months, quarters and years only.
    pub(crate) fn whole(mut self) -> Self {
        self.menus.iter_mut().for_each(|menu| menu.days = false);
        self
    }

    /// Keeps another parameter of the page in every link of the chips.
    pub(crate) fn keeping(mut self, name: &'static str, value: Option<&str>) -> Self {
        let Some(value) = value else { return self };
        let choices = self.menus.iter_mut().flat_map(|menu| &mut menu.choices);
        for choice in choices.chain(&mut self.before).chain(&mut self.after) {
            choice.href = Link::to(&choice.href).with(name, value).text();
        }
        self.kept.push((name, value.to_owned()));
        self
    }
}

fn kept(scope: &Scope) -> Vec<(&'static str, String)> {
    let seller = scope.seller_account.map(|id| ("seller", id.to_string()));
    let place = scope.marketplace.map(|id| ("marketplace", id.to_string()));
    let currency = scope.currency.map(|currency| ("currency", currency.to_string()));
    let gst = scope.printed.then(|| ("gst", PRINTED.to_owned()));
    seller.into_iter().chain(place).chain(currency).chain(gst).collect()
}

fn accounts(path: &str, scope: &Scope, choices: &Choices) -> Menu {
    let link = |seller_account| Scope { seller_account, ..*scope }.link(path).text();
    let all = Choice { label: "All accounts".into(), href: link(None), here: scope.seller_account.is_none() };
    let each = choices.seller_accounts.iter().map(|known| Choice {
        label: known.name.clone(),
        href: link(Some(known.id)),
        here: scope.seller_account == Some(known.id),
    });
    let shown = choices.seller_account(scope).unwrap_or("All accounts").to_owned();
    Menu {
        name: "Account at Amazon",
        shown,
        choices: std::iter::once(all).chain(each).collect(),
        days: false,
    }
}

fn marketplaces(path: &str, scope: &Scope, choices: &Choices) -> Menu {
    let link = |marketplace| Scope { marketplace, ..*scope }.link(path).text();
    let all =
        Choice { label: "All marketplaces".into(), href: link(None), here: scope.marketplace.is_none() };
    let each = choices.marketplaces.iter().map(|(id, name)| Choice {
        label: name.clone(),
        href: link(Some(*id)),
        here: scope.marketplace == Some(*id),
    });
    let shown = choices.marketplace(scope).unwrap_or("All marketplaces").to_owned();
    Menu { name: "Marketplace", shown, choices: std::iter::once(all).chain(each).collect(), days: false }
}

fn periods(path: &str, scope: &Scope, span: Option<(i32, i32)>) -> Menu {
    let choice = |period: Period| Choice {
        label: period.title(),
        href: scope.in_period(period).link(path).text(),
        here: scope.period == period,
    };
    let offered = span.map(|(first, last)| offered(first, last)).unwrap_or_default();
    Menu {
        name: "Period",
        shown: scope.period.title(),
        choices: offered.into_iter().map(choice).collect(),
        days: true,
    }
}

/// Years, the quarters of the newest, and the newest months of a span.
fn offered(first: i32, last: i32) -> Vec<Period> {
    let (oldest, newest) = (Month::of_day(first), Month::of_day(last));
    let months =
        (oldest.0.max(newest.0 - MOST_MONTHS + 1)..=newest.0).rev().map(|month| Period::Month(Month(month)));
    let year = FinancialYear::of(day::to_date(last));
    let quarters = Quarter::ALL.into_iter().rev().map(|quarter| Period::Quarter(year, quarter));
    let quarters = quarters.filter(|period| period.days().0 <= last && period.days().1 >= first);
    let start = FinancialYear::of(day::to_date(first));
    let years = std::iter::successors(Some(year), |year| year.previous()).take_while(|year| *year >= start);
    years.map(Period::Year).chain(quarters).chain(months).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_lines_is_offered() {
        let day_of = |text: &str| day::of_date(text.parse().unwrap());
        let titles: Vec<String> =
            offered(day_of("2026-02-20"), day_of("2026-05-03")).into_iter().map(Period::title).collect();
        assert_eq!(
            titles,
            [
                "Financial year 2026-27",
                "Financial year 2025-26",
                "Q1 2026-27 (Apr–Jun 2026)",
                "May 2026",
                "April 2026",
                "March 2026",
                "February 2026"
            ]
        );
    }
}
