//! The profit statement of a period, and the bridge to what Amazon paid. Every figure leads to its lines.

pub(crate) mod bridge;
mod download;
mod months;
pub(crate) mod parts;
mod profit;
mod roll;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use ecom_ledger::{
    Account, Currency,
    day::{self, Month},
    roll::Roll,
    statement::Statement,
};
use ecom_store::{Filter, Scoped, SettlementState, SettlementView, UnclassifiedLabel};

use crate::{
    app::App,
    chart::WaterfallChart,
    download::{Download, Downloads},
    fault::Page,
    figure::{Figure, Row, Tile},
    frame::{Frame, Here},
    money,
    notice::{Notice, Tone},
    page,
    params::Params,
    period::{Period, shown},
    scope::{Choices, Scope},
    scope_bar::ScopeBar,
    seat::{Seat, Viewer},
    settlement, words,
};
use parts::PartsChart;

/// Labels shown before the list is cut.
const MOST_LABELS: usize = 5;
/// Settlements shown before the list is cut.
const MOST_SETTLEMENTS: usize = 10;

#[derive(Template)]
#[template(path = "statement/show.html")]
struct StatementPage {
    frame: Frame,
    bar: ScopeBar,
    downloads: Downloads,
    title: String,
    fresh: String,
    notices: Vec<Notice>,
    sheets: Vec<Sheet>,
    /// Settlements with lines in these days, and how many more there are.
    settlements: Vec<Paid>,
    more: Option<(String, String)>,
    /// No file was ever imported.
    bare: bool,
    /// Days with lines, where the chosen ones have none.
    elsewhere: Option<(String, String)>,
}

/// The statement of one currency.
struct Sheet {
    currency: Currency,
    tiles: Vec<Tile>,
    profit: Vec<Row>,
    estimated: bool,
    chart: WaterfallChart,
    bridge: Vec<Row>,
    /// The balance at Amazon; none where it cannot be told.
    roll: Vec<Row>,
    turnover: Vec<Turned>,
    months: Option<PartsChart>,
}

/// What a settlement pays.
struct Paid {
    id: String,
    href: String,
    about: String,
    amount: String,
}

/// A row of the turnover.
struct Turned {
    name: &'static str,
    code: &'static str,
    credit: Figure,
    debit: Figure,
    net: Figure,
    note: &'static str,
    lines: Figure,
}

/// The statement.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let choices = Choices::of(&mut books).await?;
    let span = books.span().await?;
    let today = day::of_date(app.today());
    let latest = Month::of_day(span.map_or(today, |(_, last)| last));
    let scope = Scope::read(&params, Period::Month(latest))?;
    choices.expect(&scope)?;
    let found = Found::of(&mut books, &scope, span).await?;
    if let Some(wanted) = Download::read(&params)? {
        return download::send(&seat, &scope, &found, wanted).await;
    }
    let title = scope.period.title();
    let page = StatementPage {
        frame: seat.frame(format!("Profit, {title}"), Here::Statement),
        bar: ScopeBar::new("/statement", &scope, &choices, span),
        downloads: Downloads::of(&scope.link("/statement"), &download::TABLES),
        fresh: fresh(span, found.settled()),
        notices: found.notices(&scope),
        sheets: found.sheets(&scope)?,
        settlements: found.settlements.iter().take(MOST_SETTLEMENTS).map(paid).collect(),
        more: (found.settlements.len() > MOST_SETTLEMENTS)
            .then(|| (format!("All {}", found.settlements.len()), scope.link("/settlements").text())),
        bare: span.is_none(),
        elsewhere: (found.statements.is_empty() && span.is_some()).then(|| {
            let month = Period::Month(latest);
            (month.title(), scope.in_period(month).link("/statement").text())
        }),
        title,
    };
    page::show(&page)
}

/// What the store knows about a scope.
struct Found {
    statements: Vec<Statement>,
    by_month: Vec<(Month, Statement)>,
    unclassified: Vec<UnclassifiedLabel>,
    settlements: Vec<SettlementView>,
    provisional: bool,
    rolls: BTreeMap<Currency, Roll>,
}

impl Found {
    async fn of(books: &mut Scoped<'_>, scope: &Scope, span: Option<(i32, i32)>) -> Page<Self> {
        let filter = scope.filter();
        let statements = books.statements(&filter).await?;
        let months = months::window(scope, span);
        let by_month = match months {
            Some((from, to)) => books.statements_by_month(&Filter { from, to, ..filter }).await?,
            None => Vec::new(),
        };
        let provisional = match scope.period.last_month() {
            Some(month) if !statements.is_empty() => books.provisional(month).await?,
            _ => false,
        };
        // A marketplace has no balance of its own: Amazon pays an account as a whole.
        let rolls = match filter.marketplace {
            None => books.rolls(filter.seller_account, filter.from, filter.to).await?,
            Some(_) => BTreeMap::new(),
        };
        let mut settlements = books.settlements(&filter).await?;
        settlements.retain(|found| found.state == SettlementState::Active);
        Ok(Self {
            settlements,
            unclassified: books.unclassified(&filter).await?,
            statements,
            by_month,
            provisional,
            rolls,
        })
    }

    /// Whether there are lines and no settlement is missing or still to come.
    fn settled(&self) -> bool {
        !self.provisional && !self.statements.is_empty()
    }

    fn notices(&self, scope: &Scope) -> Vec<Notice> {
        let mut notices = Vec::new();
        if self.provisional {
            let words = "Amazon has not settled all of these days yet, or a settlement is missing. What comes later is added.";
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

    fn sheet(&self, scope: &Scope, statement: &Statement) -> Page<Sheet> {
        let scope = scope.of_currency(statement.currency);
        Ok(Sheet {
            currency: statement.currency,
            tiles: profit::tiles(&scope, statement)?,
            profit: profit::rows(&scope, statement)?,
            estimated: statement.moved().any(|(_, turnover)| turnover.estimated != 0),
            chart: bridge::chart(&scope, statement)?,
            bridge: bridge::rows(&scope, statement)?,
            roll: self
                .rolls
                .get(&statement.currency)
                .map_or_else(Vec::new, |found| roll::rows(statement.currency, found)),
            turnover: turnover(&scope, statement),
            months: months::chart(&scope, statement.currency, &self.by_month)?,
        })
    }
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

/// Credit, debit and net of each account that moved; what Amazon owes the seller is turned round.
fn turnover(scope: &Scope, statement: &Statement) -> Vec<Turned> {
    let currency = statement.currency;
    let rows = statement.moved().map(|(account, turnover)| {
        let (net, note) = match (account.is_asset(), turnover.net()) {
            (true, net) => (net.saturating_neg(), if net < 0 { "owed to you" } else { "" }),
            (false, net) => (net, ""),
        };
        Turned {
            name: words::account(account),
            code: account.name(),
            credit: Figure::unlinked(currency, turnover.credit),
            debit: Figure::unlinked(currency, turnover.debit),
            net: Figure::amount(currency, net, scope.link("/lines").with("account", account.name()).text())
                .estimated(turnover.estimated != 0),
            note,
            lines: Figure::count(turnover.lines),
        }
    });
    rows.collect()
}

fn fresh(span: Option<(i32, i32)>, settled: bool) -> String {
    match span {
        Some((first, last)) => format!(
            "{}Settlement lines from {} to {}, by posting day in the seller’s time zone.",
            if settled { "Complete: every chain of settlements covers these days. " } else { "" },
            shown(day::to_date(first)),
            shown(day::to_date(last))
        ),
        None => "No settlement has been imported yet.".to_owned(),
    }
}
