//! What a change of the rules does, as a page tells it: which lines go where, which months change and by how much,
//! and which of them are closed.

use std::collections::BTreeMap;

use ecom_ledger::{
    Currency,
    day::Month,
    settlement::Options,
    taxonomy::{Effect, MonthEffect},
};
use ecom_store::{LabelEffect, LargeEffect, MOST_READ, RuleChange, Scoped};

use crate::{fault::Page, money, params::Link, period::Period, words};

/// Months that are named one by one.
const MOST_MONTHS: usize = 36;

/// The effect in all currencies.
pub(super) struct EffectView {
    pub(super) currencies: Vec<CurrencyEffect>,
    /// Closed months that are touched, with where their differences will be listed.
    pub(super) closed: Vec<(String, String)>,
    /// Said where there are too many lines to look at each.
    pub(super) large: Option<String>,
}

/// The effect in one currency.
pub(super) struct CurrencyEffect {
    pub(super) sentence: String,
    pub(super) profit: String,
    pub(super) ways: Vec<Way>,
    pub(super) months: Vec<MonthRow>,
    /// Months that are not shown.
    pub(super) more: String,
}

/// Lines that go from one account to another.
pub(super) struct Way {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) lines: String,
    pub(super) amount: String,
}

/// What changes in a month.
pub(super) struct MonthRow {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) closed: bool,
    pub(super) lines: String,
    pub(super) amount: String,
    pub(super) profit: String,
}

impl EffectView {
    pub(super) async fn of(books: &mut Scoped<'_>, change: RuleChange, options: &Options) -> Page<Self> {
        let closed = books.closed_months().await?;
        Ok(match books.label_effect(change, options).await? {
            LabelEffect::Exact(effects) => Self::exact(&effects, &closed)?,
            LabelEffect::Large(effects) => Self::large(&effects, &closed),
        })
    }

    fn exact(effects: &BTreeMap<Currency, Effect>, closed: &[(Month, Currency)]) -> Page<Self> {
        let mut view = Self { currencies: Vec::new(), closed: Vec::new(), large: None };
        for (&currency, effect) in effects.iter().filter(|(_, effect)| !effect.months.is_empty()) {
            view.currencies.push(CurrencyEffect::of(currency, effect, closed)?);
            let touched = |month: &Month| effect.months.contains_key(month);
            view.closed.extend(named(closed, currency, touched));
        }
        Ok(view)
    }

    fn large(effects: &BTreeMap<Currency, LargeEffect>, closed: &[(Month, Currency)]) -> Self {
        let mut view = Self { currencies: Vec::new(), closed: Vec::new(), large: None };
        let mut told = Vec::new();
        for (&currency, effect) in effects {
            let lines = money::counted(effect.lines, "line", "lines");
            let months = effect.months.map(|(first, last)| {
                let title = |month| Period::Month(month).title();
                if first == last { title(first) } else { format!("{} to {}", title(first), title(last)) }
            });
            told.push(format!(
                "up to {lines} of {}, together {}",
                months.unwrap_or_default(),
                money::exact(currency, effect.amount)
            ));
            let touched =
                |month: &Month| effect.months.is_some_and(|(first, last)| (first..=last).contains(month));
            view.closed.extend(named(closed, currency, touched));
        }
        view.large = Some(format!(
            "This label has more than {} lines, so they are not counted one by one here: {} are posted anew.",
            money::count(MOST_READ),
            told.join(" and ")
        ));
        view
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.currencies.is_empty() && self.large.is_none()
    }
}

impl CurrencyEffect {
    fn of(currency: Currency, effect: &Effect, closed: &[(Month, Currency)]) -> Page<Self> {
        let exact = |amount| money::exact(currency, amount);
        let moved = effect.moved()?;
        let change = match moved.lines {
            1 => "1 line changes".to_owned(),
            lines => format!("{} change", money::counted(lines, "line", "lines")),
        };
        let mut sentence = format!("{change}, together {}.", exact(moved.amount));
        if effect.gst_inside != 0 {
            let words = format!(
                " {} of it is set apart as GST credit, by estimate.",
                exact(effect.gst_inside.saturating_neg())
            );
            sentence.push_str(&words);
        }
        let profit = match effect.profit()? {
            0 => "Profit stays as it is".to_owned(),
            profit if profit > 0 => format!("Profit rises by {}", exact(profit)),
            profit => format!("Profit falls by {}", exact(profit.saturating_neg())),
        };
        let way = |(&(from, to), moved): (&_, &ecom_ledger::taxonomy::Moved)| Way {
            from: words::account(from),
            to: words::account(to),
            lines: money::count(moved.lines),
            amount: exact(moved.amount),
        };
        let hidden = effect.months.len().saturating_sub(MOST_MONTHS);
        let rest = money::counted(i64::try_from(hidden).unwrap_or(i64::MAX), "month", "months");
        Ok(Self {
            sentence,
            profit,
            ways: effect.ways.iter().map(way).collect(),
            months: effect
                .months
                .iter()
                .rev()
                .take(MOST_MONTHS)
                .map(|one| row(currency, one, closed))
                .collect(),
            more: if hidden > 0 { format!("and {rest} before") } else { String::new() },
        })
    }
}

fn row(
    currency: Currency,
    (&month, effect): (&Month, &MonthEffect),
    closed: &[(Month, Currency)],
) -> MonthRow {
    let sign = if effect.profit > 0 { "+" } else { "" };
    MonthRow {
        title: Period::Month(month).title(),
        href: Link::to("/statement").with("month", &month.to_string()).text(),
        closed: closed.contains(&(month, currency)),
        lines: money::count(effect.moved.lines),
        amount: money::exact(currency, effect.moved.amount),
        profit: format!("{sign}{}", money::exact(currency, effect.profit)),
    }
}

/// Closed months that are touched: how they are called, and where their differences stand.
fn named(
    closed: &[(Month, Currency)],
    currency: Currency,
    touched: impl Fn(&Month) -> bool,
) -> impl Iterator<Item = (String, String)> {
    let of = closed.iter().filter(move |(month, of)| *of == currency && touched(month));
    of.map(move |(month, _)| (Period::Month(*month).title(), format!("/close/{month}/{currency}")))
}
