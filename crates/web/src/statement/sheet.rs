//! Profit: tiles, what needs attention, the statement in one column or several, the bridge to the total.

use std::collections::BTreeMap;

use askama::Template;
use ecom_ledger::{Account, Currency, day::Month, roll::Roll, statement::Statement};
use ecom_store::{Cover, Coverage, Filter, Scoped, SettlementState, SettlementView, UnclassifiedLabel};

use super::{
    Ground, Top,
    asked::{By, MOST_COLUMNS},
    bridge, check, download,
    grid::{Grid, Marks},
    months,
    parts::PartsChart,
    profit, roll,
};
use crate::{
    chart::WaterfallChart,
    fault::Page,
    figure::{Row, Tile},
    frame::Frame,
    frame::Here,
    money,
    notice::{Notice, Tone},
    page,
    period::{Period, shown},
    scope::Scope,
    seat::{Seat, Viewer},
    settlement, words,
};

/// Labels shown before the list is cut.
const MOST_LABELS: usize = 5;
/// Settlements shown before the list is cut.
const MOST_SETTLEMENTS: usize = 5;

#[derive(Template)]
#[template(path = "statement/show.html")]
struct StatementPage {
    frame: Frame,
    top: Top,
    notices: Vec<Notice>,
    sheets: Vec<Sheet>,
    /// Settlements with lines in these days, and how many more there are.
    settlements: Vec<Paid>,
    more: Option<(String, String)>,
    /// Days with lines, where the chosen ones have none.
    elsewhere: Option<(String, String)>,
}

/// The statement of one currency.
pub(super) struct Sheet {
    pub(super) currency: Currency,
    tiles: Vec<Tile>,
    /// How GST inside amounts is shown.
    gst: String,
    pub(super) grid: Grid,
    chart: WaterfallChart,
    /// What stands beside a single column; with several the table holds it.
    pub(super) beside: Option<Beside>,
}

/// Bridge and balance beside a single column.
pub(super) struct Beside {
    pub(super) bridge: Vec<Row>,
    /// The balance at Amazon; none where it cannot be told.
    pub(super) roll: Vec<Row>,
    pub(super) months: Option<PartsChart>,
}

/// What a settlement pays.
struct Paid {
    id: String,
    href: String,
    about: String,
    amount: String,
}

/// The page.
pub(super) async fn show(seat: &Seat<Viewer>, books: &mut Scoped<'_>, ground: &Ground) -> Page {
    let scope = ground.asked.scope;
    let found = match ground.asked.by {
        By::Total => Found::whole(books, ground).await?,
        by => Found::columns(books, ground, by).await?,
    };
    let sheets = found.sheets(&scope)?;
    if let Some(wanted) = ground.wanted.clone() {
        return download::send(seat, ground, wanted, "profit", download::profit(&found, &sheets)).await;
    }
    let tables: &[&str] = if found.is_several() { &download::SEVERAL } else { &download::SINGLE };
    let settlements = &found.settlements;
    let page = StatementPage {
        frame: seat.frame(format!("Profit, {}", scope.period.title()), Here::Statement),
        top: Top {
            checks: (!found.statements.is_empty()).then(|| found.checks.clone()),
            ..ground.top("Profit", found.settled(), tables)
        },
        notices: found.notices(&scope),
        sheets,
        settlements: settlements.iter().take(MOST_SETTLEMENTS).map(paid).collect(),
        more: (settlements.len() > MOST_SETTLEMENTS)
            .then(|| (format!("All {}", settlements.len()), scope.link("/settlements").text())),
        elsewhere: found.statements.is_empty().then(|| ground.elsewhere()).flatten(),
    };
    page::show(&page)
}

/// What the store knows about a scope.
pub(super) struct Found {
    /// One per currency, of all days.
    statements: Vec<Statement>,
    /// The columns with their statements, as the store has them.
    columns: Vec<(Period, Vec<Statement>)>,
    /// What was asked for, where it would have been too many columns, and what is shown instead.
    instead: Option<(By, By)>,
    by_month: Vec<(Month, Statement)>,
    unclassified: Vec<UnclassifiedLabel>,
    pub(super) settlements: Vec<SettlementView>,
    marks: Marks,
    /// How far settlements cover the days in each currency.
    covers: Vec<(Currency, Cover)>,
    rolls: BTreeMap<Currency, Roll>,
    /// What the checks found, and where.
    checks: Vec<(String, String)>,
    /// Whether debits and credits are shown.
    turnover: bool,
}

impl Sheet {
    fn months(&self) -> Option<&PartsChart> {
        self.beside.as_ref()?.months.as_ref()
    }
}

impl Found {
    /// All days in one column.
    async fn whole(books: &mut Scoped<'_>, ground: &Ground) -> Page<Self> {
        let scope = &ground.asked.scope;
        let filter = scope.filter();
        let statements = books.statements(&filter).await?;
        let by_month = match months::window(scope, ground.span) {
            Some((from, to)) => books.statements_by_month(&Filter { from, to, ..filter }).await?,
            None => Vec::new(),
        };
        let (from, to) = ground.days();
        let balances = books.balances(filter.seller_account, from, to).await?;
        let covers = covers(balances.coverage(), &statements, (from, to));
        // A marketplace has no balance of its own: Amazon pays an account as a whole.
        let rolls = if filter.marketplace.is_none() { balances.rolls()? } else { BTreeMap::new() };
        let mut settlements = books.settlements(&filter).await?;
        let checks = check::found(scope, &statements, &settlements, balances.coverage());
        settlements.retain(|found| found.state == SettlementState::Active);
        Ok(Self {
            unclassified: books.unclassified(&filter).await?,
            settlements,
            statements,
            columns: Vec::new(),
            instead: None,
            by_month,
            marks: Marks::default(),
            covers,
            rolls,
            checks,
            turnover: ground.asked.shows_turnover(),
        })
    }

    /// Days side by side; the total is their sum.
    async fn columns(books: &mut Scoped<'_>, ground: &Ground, by: By) -> Page<Self> {
        let filter = ground.asked.scope.filter();
        let (from, to) = readable(ground.days(), ground.span);
        let (became, periods) = by.fitting(from, to);
        let spans: Vec<(i32, i32)> = periods.iter().map(|period| period.days()).collect();
        let all = books.statements_of(&filter, &spans).await?;
        let mut totals: BTreeMap<Currency, Statement> = BTreeMap::new();
        for statement in all.iter().flatten() {
            let currency = statement.currency;
            totals.entry(currency).or_insert_with(|| Statement::new(currency)).merge(statement)?;
        }
        let coverage = books.coverage(filter.seller_account).await?;
        let columns: Vec<(Period, Vec<Statement>)> = periods.into_iter().zip(all).collect();
        let each = columns.iter().flat_map(|(period, found)| found.iter().map(|one| (*period, one.currency)));
        let open = |(period, currency): &(Period, Currency)| {
            let (from, to) = period.days();
            coverage.of(*currency, from, to) != Cover::Whole
        };
        let provisional = each.filter(open).collect();
        let statements: Vec<Statement> = totals.into_values().collect();
        let settlements = books.settlements(&filter).await?;
        let checks = check::found(&ground.asked.scope, &statements, &settlements, &coverage);
        Ok(Self {
            covers: covers(&coverage, &statements, (from, to)),
            statements,
            columns,
            instead: (became != by).then_some((by, became)),
            by_month: Vec::new(),
            unclassified: books.unclassified(&filter).await?,
            settlements: Vec::new(),
            marks: Marks { provisional, closed: books.closed_months().await? },
            rolls: BTreeMap::new(),
            checks,
            turnover: false,
        })
    }

    /// Whether days stand side by side.
    pub(super) fn is_several(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Whether there are lines and no settlement is missing or still to come.
    fn settled(&self) -> bool {
        !self.covers.is_empty() && self.covers.iter().all(|(_, cover)| *cover == Cover::Whole)
    }

    fn notices(&self, scope: &Scope) -> Vec<Notice> {
        let mut notices = Vec::new();
        if let Some((asked, became)) = self.instead {
            let words = format!(
                "At most {MOST_COLUMNS} columns stand side by side. For {} choose fewer days.",
                asked.plural()
            );
            let title = format!("By {}: too many {} for one page", became.singular(), asked.plural());
            notices.push(Notice::new(Tone::Plain, title, words));
        }
        let open: Vec<String> = self.covers.iter().filter_map(|one| self.uncovered(one)).collect();
        if !open.is_empty() {
            let words = format!("{}. What comes later is added.", words::capital(&open.join("; ")));
            let notice = Notice::new(Tone::Attention, "Provisional", words);
            notices.push(notice.link("See the settlements", scope.link("/settlements").text()));
        }
        for statement in &self.statements {
            let suspense = statement.turnover(Account::Unclassified);
            if suspense.lines > 0 {
                notices.push(self.unclassified(scope, statement));
            }
        }
        for statement in &self.statements {
            let refunds = statement.refunds_of_unknown_condition().unwrap_or(0);
            if refunds > 0 && statement.turnover(Account::Cogs).net() != 0 {
                let what = money::counted(refunds, "refund", "refunds");
                let words = "Whether the goods can be sold again is unknown, so their cost still counts.";
                notices.push(Notice::new(
                    Tone::Plain,
                    format!("Cost of {what} of unknown condition not credited"),
                    words,
                ));
            }
        }
        notices
    }

    /// What of a currency is missing or still to come, if anything.
    fn uncovered(&self, (currency, cover): &(Currency, Cover)) -> Option<String> {
        let open = words::uncovered(*cover, shown)?;
        Some(if self.covers.len() > 1 { format!("{currency} {open}") } else { open })
    }

    fn unclassified(&self, scope: &Scope, statement: &Statement) -> Notice {
        let currency = statement.currency;
        let suspense = statement.turnover(Account::Unclassified);
        let labels = self.unclassified.iter().filter(|label| label.currency == currency);
        let names: Vec<String> = labels.map(|found| format!("“{}”", label_name(found))).collect();
        let shown = names.iter().take(MOST_LABELS).cloned().collect::<Vec<_>>().join(", ");
        let rest = names.len().saturating_sub(MOST_LABELS);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let title = format!(
            "{} not understood: {}",
            money::counted(suspense.lines, "line", "lines"),
            money::exact(currency, suspense.net())
        );
        let words = format!("In no profit, but in the total. Labels: {shown}{more}.");
        let href =
            scope.of_currency(currency).link("/lines").with("account", Account::Unclassified.name()).text();
        Notice::new(Tone::Attention, title, words).link("See the lines", href)
    }

    fn sheets(&self, scope: &Scope) -> Page<Vec<Sheet>> {
        self.statements.iter().map(|statement| self.sheet(scope, statement)).collect()
    }

    fn sheet(&self, scope: &Scope, stored: &Statement) -> Page<Sheet> {
        let currency = stored.currency;
        let scope = scope.of_currency(currency);
        let statement = &scope.shown(stored.clone())?;
        let (grid, beside) = if self.columns.is_empty() {
            (Grid::single(&scope, statement, self.turnover)?, Some(self.beside(&scope, statement)?))
        } else {
            (Grid::columns(&scope, &self.columns_of(&scope, currency)?, statement, &self.marks)?, None)
        };
        Ok(Sheet {
            currency,
            tiles: profit::tiles(&scope, statement)?,
            gst: gst(&scope, stored)?,
            grid,
            chart: bridge::chart(&scope, statement)?,
            beside,
        })
    }

    fn beside(&self, scope: &Scope, statement: &Statement) -> Page<Beside> {
        let currency = statement.currency;
        let roll = self.rolls.get(&currency);
        Ok(Beside {
            bridge: bridge::rows(scope, statement)?,
            roll: roll.map(|found| roll::rows(scope, currency, found)).unwrap_or_default(),
            months: months::chart(scope, currency, &self.by_month)?,
        })
    }

    /// The columns of a currency: from the first in which it moved to the last.
    fn columns_of(&self, scope: &Scope, currency: Currency) -> Page<Vec<(Period, Statement)>> {
        let of = |statements: &[Statement]| statements.iter().find(|one| one.currency == currency).cloned();
        let moved = |(_, statements): &&(Period, Vec<Statement>)| of(statements).is_some();
        let first = self.columns.iter().position(|column| moved(&column)).unwrap_or(0);
        let last = self.columns.iter().rposition(|column| moved(&column)).unwrap_or(0);
        let shown = self.columns.get(first..=last).unwrap_or_default();
        let column = |(period, statements): &(Period, Vec<Statement>)| {
            let statement = of(statements).unwrap_or_else(|| Statement::new(currency));
            Ok((*period, scope.shown(statement)?))
        };
        shown.iter().map(column).collect()
    }
}

/// How far settlements cover days in each currency that has lines.
fn covers(coverage: &Coverage, statements: &[Statement], (from, to): (i32, i32)) -> Vec<(Currency, Cover)> {
    let posted = |one: &&Statement| one.moved().any(|(_, turnover)| turnover.lines > 0);
    statements.iter().filter(posted).map(|one| (one.currency, coverage.of(one.currency, from, to))).collect()
}

/// Days that columns can be made of: of a span beyond all reason those with lines.
fn readable((from, to): (i32, i32), span: Option<(i32, i32)>) -> (i32, i32) {
    let most = i32::try_from(MOST_COLUMNS).unwrap_or(i32::MAX).saturating_mul(365);
    match span {
        Some((first, last)) if to.saturating_sub(from) > most => {
            let from = from.clamp(first, last);
            (from, to.clamp(from, last))
        }
        _ => (from, to),
    }
}

/// Says how GST inside amounts is shown, and how much it is.
fn gst(scope: &Scope, stored: &Statement) -> Page<String> {
    let printed = stored.clone().as_printed()?;
    let apart = ecom_ledger::Minor(stored.profit()?).minus(ecom_ledger::Minor(printed.profit()?))?.0;
    let amount = money::exact(stored.currency, apart);
    Ok(match (stored.is_estimated(), scope.printed) {
        (false, _) => "all as printed by Amazon".to_owned(),
        (true, false) => format!("≈ {amount} of GST inside amounts is set apart by estimate"),
        (true, true) => format!("as printed by Amazon: {amount} of GST inside amounts is not set apart"),
    })
}

/// What reaches the bank; a negative total is carried over.
fn paid(found: &SettlementView) -> Paid {
    let total = found.total.unwrap_or(found.sum);
    let about = match found.deposit {
        Some(_) if total < 0 => "carried over".to_owned(),
        Some(at) => format!("deposit {}", settlement::day_of(found, at)),
        None => settlement::days(found),
    };
    Paid {
        id: found.settlement_id.clone(),
        href: format!("/settlements/{}", found.key),
        about,
        amount: money::exact(found.currency, total),
    }
}

fn label_name(found: &UnclassifiedLabel) -> String {
    let parts = [&found.label.description, &found.label.amount_type, &found.label.transaction_type];
    parts.into_iter().find(|part| !part.is_empty()).cloned().unwrap_or_default()
}
