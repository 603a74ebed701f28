//! A tile: the figures of a period, and how they stand against the period before and the year before.
//!
//! Settlements come days later. Figures end with the last day that has lines, and are compared with just as many days;
//! a day that no settlement covers yet says so instead of showing zero.

use askama::Template;
use ecom_documents::{Sheet, Value};
use ecom_ledger::{Currency, Group, Minor, day, statement::Statement};
use ecom_store::Cover;
use jiff::civil::Date;

use super::span::{ALWAYS, Days, EARLY, Span, told, year_before};
use crate::{
    fault::{Fault, Page},
    figure::Figure,
    line::Measure,
    money,
    notice::Tone,
    period::Period,
    scope::Scope,
    words::{self, FEES},
};

/// Units of unknown cost that leave profits comparable, in basis points of the units sold.
const NEGLIGIBLE_BP: i64 = 500;
/// What the profit is made of.
const ROWS: [&str; 6] = ["Net sales", "Units", "Refunds", "Fees", "Ads", "Margin"];
/// Beyond this many times an amount says more than a share.
const MOST_TIMES_BP: i64 = 100_000;

/// What is known of the days before today.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) today: Date,
    /// First and last day with lines.
    pub(crate) lines: Option<Days>,
    /// The last day that every chain of settlements covers to its end.
    pub(crate) settled: Option<Date>,
}

impl Known {
    /// Whether there are no lines of these days or later ones.
    pub(crate) fn is_without(&self, span: Span) -> bool {
        self.lines.is_none_or(|(_, last)| span.days(self.today).0 > last)
    }

    /// Whether the business has no line of this month yet, but some of the month before last.
    pub(crate) fn is_early(&self) -> bool {
        let begun = |(first, _): Days| first <= EARLY.days(self.today).1;
        self.is_without(Span::MonthToDate) && self.lines.is_some_and(begun)
    }
}

/// The days of a tile: its own as far as there are lines, those before, those a year before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Compared {
    pub(crate) own: Days,
    pub(crate) before: Days,
    pub(crate) year: Days,
}

impl Compared {
    /// None if there are no lines of these days or later ones.
    pub(crate) fn of(span: Span, known: &Known) -> Option<Self> {
        let last = known.lines.filter(|_| !known.is_without(span))?.1;
        let (from, to) = span.days(known.today);
        let own = (from, to.min(last));
        Some(Self { own, before: span.before(own), year: year_before(own) })
    }

    /// In the order in which the store is asked.
    pub(crate) fn spans(&self) -> [(i32, i32); 3] {
        [self.own, self.before, self.year].map(|(from, to)| (day::of_date(from), day::of_date(to)))
    }
}

/// What a tile is about.
pub(crate) struct Shown {
    pub(crate) span: Span,
    /// Its days as far as there are lines.
    pub(crate) days: Days,
    /// How far settlements cover them.
    pub(crate) cover: Cover,
    /// None if there are no lines of these days or later ones.
    pub(crate) compared: Option<Compared>,
}

impl Shown {
    /// `cover` says how far settlements cover days.
    pub(crate) fn of(span: Span, known: &Known, cover: impl FnOnce(Days) -> Cover) -> Self {
        let compared = Compared::of(span, known);
        let days = compared.map_or_else(|| span.days(known.today), |compared| compared.own);
        Self { span, days, cover: cover(days), compared }
    }
}

/// A tile.
#[derive(Template)]
#[template(path = "home/tile.html")]
pub(crate) struct PeriodTile {
    pub(crate) span: Span,
    pub(crate) title: String,
    pub(crate) days: String,
    /// The page with the chart of these days.
    pub(crate) href: String,
    /// Whether it stands out.
    pub(crate) first: bool,
    pub(crate) figures: Option<Figures>,
    /// What is said instead of figures.
    pub(crate) words: String,
    /// The key by which it can be removed.
    pub(crate) removal: Option<String>,
}

/// What a tile says.
pub(crate) struct Figures {
    pub(crate) label: &'static str,
    pub(crate) profit: Figure,
    pub(crate) changes: Vec<Change>,
    pub(crate) rows: Vec<(&'static str, Figure)>,
    /// Up to when it is settled, where more may come.
    pub(crate) provisional: Option<String>,
}

/// How a figure stands against an earlier one, by sign and word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    pub(crate) sign: &'static str,
    pub(crate) tone: Tone,
    pub(crate) much: String,
    pub(crate) against: String,
    /// The statement of the earlier days; none without any.
    pub(crate) href: Option<String>,
}

/// The statements of a tile in one currency.
pub(crate) struct Found<'a> {
    pub(crate) own: Option<&'a Statement>,
    pub(crate) before: Option<&'a Statement>,
    pub(crate) year: Option<&'a Statement>,
}

impl askama::filters::HtmlSafe for PeriodTile {}

impl PeriodTile {
    fn is_provisional(&self) -> bool {
        self.figures.as_ref().is_some_and(|figures| figures.provisional.is_some())
    }

    /// A tile with its statements.
    pub(crate) fn of(
        shown: &Shown,
        scope: &Scope,
        currency: Currency,
        known: &Known,
        found: &Found<'_>,
    ) -> Page<Self> {
        let (span, days, cover) = (shown.span, shown.days, shown.cover);
        let period = Period::Days(days.0, days.1);
        let scope = scope.of_currency(currency).in_period(period);
        let figures = match (&shown.compared, found.own) {
            (Some(compared), Some(own)) if !awaited(cover, own)? => {
                Some(Figures::of(&scope, known, cover, compared, own, found)?)
            }
            _ => None,
        };
        Ok(Self {
            span,
            title: span.title(),
            days: told(days, known.today),
            href: scope.link("/").text(),
            first: false,
            words: if figures.is_some() { String::new() } else { nothing(days, cover, known) },
            figures,
            removal: (!ALWAYS.contains(&span) && span != EARLY).then(|| span.key()),
        })
    }
}

/// What tiles say, as a table.
pub(super) fn table<'t>(name: &str, tiles: impl Iterator<Item = (Currency, &'t PeriodTile)>) -> Sheet {
    let mut titles = vec!["Period", "Days", "Currency", "Profit"];
    titles.extend(ROWS);
    titles.push("Note");
    let row = |(currency, tile): (Currency, &PeriodTile)| {
        let mut row: Vec<Value> =
            vec![tile.title.as_str().into(), tile.days.as_str().into(), currency.code().into()];
        match &tile.figures {
            Some(figures) => {
                row.push(figures.profit.value());
                row.extend(figures.rows.iter().map(|(_, figure)| figure.value()));
                let open = figures.provisional.as_ref().map(|open| format!(", {open}"));
                row.push(format!("{}{}", figures.label, open.unwrap_or_default()).into());
            }
            None => {
                row.extend((0..=ROWS.len()).map(|_| Value::Empty));
                row.push(tile.words.as_str().into());
            }
        }
        row
    };
    Sheet {
        name: name.to_owned(),
        header: titles.into_iter().map(str::to_owned).collect(),
        rows: tiles.map(row).collect(),
    }
}

/// Whether nothing was sold on days that no settlement covers yet: that is no zero, but a gap.
fn awaited(cover: Cover, own: &Statement) -> Page<bool> {
    let open = matches!(cover, Cover::Open | Cover::Gap);
    Ok(open && own.units == 0 && own.group(Group::NetSales)? == 0)
}

/// Why there are no figures.
fn nothing(days: Days, cover: Cover, known: &Known) -> String {
    let told = |day| told((day, day), known.today);
    match (known.lines, known.settled) {
        (Some((first, _)), _) if days.1 < first => format!("The books begin on {}.", told(first)),
        (Some(_), _) if cover == Cover::Gap => "A settlement of these days is missing.".to_owned(),
        (Some(_), _) if cover == Cover::Whole => "No line was posted.".to_owned(),
        (Some(_), Some(settled)) => {
            format!("Amazon has not settled this yet. Settlements reach {}.", told(settled))
        }
        (Some((_, last)), None) => format!("Not settled yet. The newest lines are of {}.", told(last)),
        (None, _) => "No settlement has been imported yet.".to_owned(),
    }
}

impl Figures {
    fn of(
        scope: &Scope,
        known: &Known,
        cover: Cover,
        compared: &Compared,
        own: &Statement,
        found: &Found<'_>,
    ) -> Page<Self> {
        let against = |days: Days, other: Option<&Statement>| {
            let in_books = known.lines.is_some_and(|(first, _)| first <= days.0);
            let other = other.filter(|_| in_books);
            let earlier = scope.in_period(Period::Days(days.0, days.1)).link("/statement").text();
            let change = change(own, other, &told(days, known.today))?;
            Ok::<_, Fault>(Change { href: other.map(|_| earlier), ..change })
        };
        let mut changes = vec![against(compared.before, found.before)?];
        if compared.before != compared.year {
            changes.push(against(compared.year, found.year)?);
        }
        Ok(Self {
            label: if own.cost_known() { "net profit" } else { "profit before unknown costs" },
            profit: Figure::tile(
                own.currency,
                own.profit()?,
                scope.link("/lines").with("class", "profit").text(),
            )
            .estimated(own.moved().any(|(_, turnover)| turnover.estimated != 0)),
            changes,
            rows: rows(scope, own)?,
            provisional: words::uncovered(cover, |day| told((day, day), known.today)),
        })
    }
}

fn rows(scope: &Scope, statement: &Statement) -> Page<Vec<(&'static str, Figure)>> {
    let amount = |groups: &[Group]| -> Page<Figure> {
        let href = crate::statement::bridge::groups_link(scope, groups);
        Ok(Figure::tile(statement.currency, sum(statement, groups)?, href))
    };
    let measure = |measure: Measure| measure.figure(scope, statement);
    let figures = [
        amount(&[Group::NetSales])?,
        measure(Measure::Units)?,
        measure(Measure::Refunds)?,
        amount(&FEES)?,
        amount(&[Group::Advertising, Group::Deals])?,
        measure(Measure::Margin)?,
    ];
    Ok(ROWS.into_iter().zip(figures).collect())
}

fn sum(statement: &Statement, groups: &[Group]) -> Page<i64> {
    let moved = statement.moved().filter(|(account, _)| groups.contains(&account.group()));
    Ok(Minor::sum(moved.map(|(_, turnover)| Minor(turnover.net())))?.0)
}

/// Profits are compared where (nearly) all costs are known, else net sales.
fn change(now: &Statement, then: Option<&Statement>, against: &str) -> Page<Change> {
    let plain = |much: &str| Change {
        sign: "",
        tone: Tone::Plain,
        much: much.to_owned(),
        against: format!("for {against}"),
        href: None,
    };
    let Some(then) = then else { return Ok(plain("no figure")) };
    if costed(now) && costed(then) {
        return told_change("profit", now.currency, now.profit()?, then.profit()?, against);
    }
    let sales = |statement: &Statement| statement.group(Group::NetSales);
    told_change("sales", now.currency, sales(now)?, sales(then)?, against)
}

fn costed(statement: &Statement) -> bool {
    statement.units_without_cost().saturating_mul(10_000) <= statement.units.saturating_mul(NEGLIGIBLE_BP)
}

fn told_change(what: &str, currency: Currency, now: i64, then: i64, against: &str) -> Page<Change> {
    let difference = Minor(now).minus(Minor(then))?;
    let share = if then > 0 { difference.part(10_000, then).ok().map(|share| share.0) } else { None };
    let share = share.filter(|share| share.abs() <= MOST_TIMES_BP);
    let size = share.map_or_else(
        || money::tile(currency, difference.0.saturating_abs()),
        |share| money::percent(share.abs()),
    );
    let (sign, tone, word) = match difference.0 {
        0 => ("", Tone::Plain, "as before"),
        1.. => ("▲", Tone::Good, "up"),
        _ => ("▼", Tone::Bad, "down"),
    };
    let much = if difference.0 == 0 { format!("{what} {word}") } else { format!("{what} {size} {word}") };
    Ok(Change { sign, tone, much, against: format!("on {against}"), href: None })
}

#[cfg(test)]
mod tests {
    use ecom_ledger::Account;
    use jiff::civil::date;

    use super::*;

    fn statement(sales: i64, fees: i64, units: i64, uncosted: i64) -> Statement {
        let mut statement = Statement::new(Currency::INR);
        statement.add_amount(Account::SalesProduct, sales).unwrap();
        statement.add_amount(Account::FeeReferral, fees).unwrap();
        statement.add_units(units, 0, uncosted).unwrap();
        statement
    }

    fn words(now: &Statement, then: Option<&Statement>) -> String {
        let change = change(now, then, "1–21 Oct").unwrap();
        format!("{} {} {}", change.sign, change.much, change.against)
    }

    #[test]
    fn changes_are_told_by_sign_and_word() {
        let then = statement(100_000, -20_000, 10, 0);
        let up = statement(200_000, -40_000, 10, 0);
        assert_eq!(words(&up, Some(&then)), "▲ profit 100.0\u{2009}% up on 1–21 Oct");
        assert_eq!(words(&then, Some(&up)), "▼ profit 50.0\u{2009}% down on 1–21 Oct");
        assert_eq!(words(&then, Some(&then)), " profit as before on 1–21 Oct");
        assert_eq!(words(&then, None), " no figure for 1–21 Oct");
    }

    #[test]
    fn without_a_gain_to_compare_with_the_amount_is_told() {
        let loss = statement(100_000, -120_000, 10, 0);
        let gain = statement(100_000, -50_000, 10, 0);
        assert_eq!(words(&gain, Some(&loss)), "▲ profit ₹700 up on 1–21 Oct");
        assert_eq!(words(&gain, Some(&statement(1, 0, 1, 0))), "▲ profit ₹500 up on 1–21 Oct");
    }

    #[test]
    fn where_costs_are_unknown_sales_are_compared() {
        let then = statement(100_000, -20_000, 100, 6);
        let now = statement(90_000, -1_000, 100, 0);
        assert_eq!(words(&now, Some(&then)), "▼ sales 10.0\u{2009}% down on 1–21 Oct");
        assert!(words(&now, Some(&statement(100_000, -20_000, 100, 5))).contains("profit"));
    }

    #[test]
    fn days_end_with_the_lines_and_so_do_those_before() {
        let known = Known {
            today: date(2026, 11, 25),
            lines: Some((date(2025, 9, 1), date(2026, 11, 21))),
            settled: None,
        };
        let compared = Compared::of(Span::MonthToDate, &known).unwrap();
        assert_eq!(compared.own.1, date(2026, 11, 21));
        assert_eq!(compared.before, (date(2026, 10, 1), date(2026, 10, 21)));
        assert_eq!(Compared::of(Span::Today, &known), None);
        let today = (known.today, known.today);
        assert_eq!(nothing(today, Cover::Open, &known), "Not settled yet. The newest lines are of 21 Nov.");
        let known = Known { settled: Some(date(2026, 11, 14)), ..known };
        let told = |days, cover| nothing(days, cover, &known);
        assert_eq!(told(today, Cover::Open), "Amazon has not settled this yet. Settlements reach 14 Nov.");
        let earlier = (date(2026, 11, 3), date(2026, 11, 4));
        assert_eq!(told(earlier, Cover::Whole), "No line was posted.");
        assert_eq!(told(earlier, Cover::Gap), "A settlement of these days is missing.");
    }

    #[test]
    fn nothing_sold_is_no_zero_where_a_settlement_is_awaited() {
        let (nothing, sold) = (statement(0, -500, 0, 0), statement(100, -500, 1, 0));
        for (cover, awaited_then) in
            [(Cover::Open, true), (Cover::Gap, true), (Cover::UpTo(1), false), (Cover::Whole, false)]
        {
            assert_eq!(awaited(cover, &nothing).unwrap(), awaited_then, "{cover:?}");
            assert!(!awaited(cover, &sold).unwrap());
        }
    }
}
