//! The statement's own lines: net sales, fees, advertising, costs, net profit, margin.

use ecom_ledger::{Account, Class, Currency, Group, settlement::Turnover, statement::Statement};

use crate::{
    fault::Page,
    figure::{Figure, Row, Tile, Weight},
    line::Measure,
    money,
    scope::Scope,
    words::{self, FEES},
};

/// Between net sales and fees.
const INCOME: [Group; 2] = [Group::Reimbursements, Group::OtherIncome];
/// After the fees.
const SPENT: [Group; 4] = [Group::Advertising, Group::Deals, Group::Adjustments, Group::Finance];
/// What Amazon does not know.
const OWN: [Group; 3] = [Group::Cogs, Group::InventoryLoss, Group::Indirect];

/// The figures that matter most.
pub(crate) fn tiles(scope: &Scope, statement: &Statement) -> Page<Vec<Tile>> {
    let currency = statement.currency;
    let fees = sum(statement, &FEES)?;
    let margin = match statement.margin_bp()? {
        Some(margin) => format!("{} of net sales", money::percent(margin)),
        None if statement.cost_known() => "no sales".to_owned(),
        None => "margin unknown".to_owned(),
    };
    let tile = |label, figure, note: String| Tile { label, figure, note, first: false };
    let profit = Figure::tile(currency, statement.profit()?, class_link(scope, "profit"));
    let fees_link = scope.link("/lines").with("group", "fees").text();
    let total = Figure::tile(currency, statement.bridge()?.total, scope.link("/lines").text());
    let ads = statement.group(Group::Advertising)?;
    Ok(vec![
        Tile { first: true, ..tile(words::profit(statement), profit, margin) },
        tile(
            "Net sales",
            group_tile(scope, statement, Group::NetSales)?,
            money::counted(statement.units, "unit sold", "units sold"),
        ),
        tile("Amazon fees", Figure::tile(currency, fees, fees_link), of_sales(statement, fees)?),
        tile("Advertising", group_tile(scope, statement, Group::Advertising)?, of_sales(statement, ads)?),
        tile("Cost of goods", group_tile(scope, statement, Group::Cogs)?, costed(statement)),
        tile("Total from Amazon", total, "sum of all lines".to_owned()),
    ])
}

fn group_tile(scope: &Scope, statement: &Statement, group: Group) -> Page<Figure> {
    let (amount, figure) = figure(scope, statement, group)?;
    Ok(figure.shortened(statement.currency, amount))
}

fn of_sales(statement: &Statement, amount: i64) -> Page<String> {
    let share = share_bp(statement, amount)?.map(money::percent);
    Ok(share.map_or_else(String::new, |share| format!("{share} of net sales")))
}

/// A line of the statement, and its accounts if several moved.
pub(crate) struct Section {
    pub(crate) row: Row,
    pub(crate) parts: Vec<Row>,
}

/// The statement from net sales to net profit. `whole` says which accounts are shown and what profit is called: in a
/// table with several columns it is what they sum to, so that all of them have the same rows.
pub(crate) fn sections(scope: &Scope, statement: &Statement, whole: &Statement) -> Page<Vec<Section>> {
    let group = |group: Group| section(scope, statement, whole, group);
    let single = |row: Row| Section { row, parts: Vec::new() };
    let mut all = vec![group(Group::NetSales)?];
    for one in INCOME.into_iter().chain(FEES) {
        all.push(group(one)?);
    }
    let fees = sum(statement, &FEES)?;
    let link = scope.link("/lines").with("group", "fees").text();
    let figure = Figure::amount(statement.currency, fees, link).estimated(estimated(statement, &FEES));
    let row = Row::new(Weight::Sum, "Amazon fees", figure).share(share(statement, fees)?);
    all.push(single(row.turnover(turned(statement, |account| FEES.contains(&account.group()))?)));
    for one in SPENT.into_iter().chain(OWN) {
        all.push(group(one)?);
    }
    let profit = statement.profit()?;
    let estimated = statement
        .moved()
        .any(|(account, turnover)| account.class() == Class::Profit && turnover.estimated != 0);
    let figure = Figure::amount(statement.currency, profit, class_link(scope, "profit")).estimated(estimated);
    // Of profit the share is the margin, which an unknown cost leaves unknown.
    let margin = statement.margin_bp()?.map_or_else(Figure::nothing, Figure::share);
    let row = Row::new(Weight::Total, words::profit(whole), figure).share(margin);
    all.push(single(row.turnover(turned(statement, |account| account.class() == Class::Profit)?)));
    for measure in Measure::ALL {
        let figure = measure.figure(scope, statement)?;
        all.push(single(Row::new(Weight::Plain, measure.title(), figure)));
    }
    Ok(all)
}

fn section(scope: &Scope, statement: &Statement, whole: &Statement, group: Group) -> Page<Section> {
    let currency = statement.currency;
    let (amount, figure) = figure(scope, statement, group)?;
    let (note, brief) = match group {
        _ if words::uncosted(statement, group) == 0 => Default::default(),
        Group::Cogs => (costed(statement), without_cost(statement.uncosted)),
        _ => (without_cost(statement.unvalued), without_cost(statement.unvalued)),
    };
    let share = if figure.is_unknown() { Figure::nothing() } else { share(statement, amount)? };
    let turnover = turned(statement, |account| account.group() == group)?;
    let row = Row::new(Weight::Plain, group.title(), figure).share(share).note(note).brief(brief);
    let row = row.turnover(turnover);
    let part = |label: String, amount: i64, link: String| {
        Row::new(Weight::Part, label, Figure::amount(currency, amount, link))
    };
    if group == Group::Indirect {
        let link = scope.link("/lines").with("group", &words::slug(group)).text();
        let of = |category: &String| statement.indirect.get(category).copied().unwrap_or_default();
        let named = |category: &String| {
            let amount = of(category);
            part(words::category(category), amount, link.clone()).turnover(sides(
                currency,
                amount.min(0),
                amount.max(0),
            ))
        };
        return Ok(Section { row, parts: whole.indirect.keys().map(named).collect() });
    }
    let moved = whole.moved().filter(|(account, _)| account.group() == group);
    let mut parts = Vec::new();
    for (account, _) in moved {
        let turnover = statement.turnover(account);
        let mut row = part(words::account(account).to_owned(), turnover.net(), account_link(scope, account));
        row.figure = row.figure.estimated(turnover.estimated != 0);
        parts.push(row.turnover(sides(currency, turnover.debit, turnover.credit)));
    }
    Ok(Section { row, parts: if parts.len() > 1 { parts } else { Vec::new() } })
}

/// What was debited and credited in some accounts.
fn turned(statement: &Statement, held: impl Fn(Account) -> bool) -> Page<[Figure; 2]> {
    let mut all = Turnover::default();
    for (_, turnover) in statement.moved().filter(|(account, _)| held(*account)) {
        all.merge(turnover)?;
    }
    Ok(sides(statement.currency, all.debit, all.credit))
}

fn sides(currency: Currency, debit: i64, credit: i64) -> [Figure; 2] {
    [debit.saturating_neg(), credit].map(|amount| Figure::unlinked(currency, amount))
}

fn figure(scope: &Scope, statement: &Statement, group: Group) -> Page<(i64, Figure)> {
    let amount = statement.group(group)?;
    if words::uncosted(statement, group) > 0 && amount == 0 {
        return Ok((amount, Figure::unknown("unknown")));
    }
    let link = scope.link("/lines").with("group", &words::slug(group)).text();
    let figure = Figure::amount(statement.currency, amount, link);
    Ok((amount, figure.estimated(estimated(statement, &[group]))))
}

fn estimated(statement: &Statement, groups: &[Group]) -> bool {
    statement.moved().any(|(account, turnover)| groups.contains(&account.group()) && turnover.estimated != 0)
}

/// Says for how many units the cost is missing.
fn costed(statement: &Statement) -> String {
    match (statement.uncosted, statement.units) {
        (0, 0) => "nothing sold".to_owned(),
        (0, units) => format!("of {}", money::counted(units, "unit", "units")),
        (uncosted, units) if uncosted == units => {
            format!("unknown for all {}", money::counted(units, "unit", "units"))
        }
        (uncosted, units) => {
            format!("unknown for {} of {}", money::count(uncosted), money::counted(units, "unit", "units"))
        }
    }
}

fn without_cost(units: i64) -> String {
    format!("{} without cost", money::counted(units, "unit", "units"))
}

fn sum(statement: &Statement, groups: &[Group]) -> Page<i64> {
    let mut sum = ecom_ledger::Minor::ZERO;
    for group in groups {
        sum = sum.plus(ecom_ledger::Minor(statement.group(*group)?))?;
    }
    Ok(sum.0)
}

/// The share of net sales, or nothing without sales.
fn share(statement: &Statement, amount: i64) -> Page<Figure> {
    Ok(share_bp(statement, amount)?.map_or_else(Figure::nothing, Figure::share))
}

fn share_bp(statement: &Statement, amount: i64) -> Page<Option<i64>> {
    let sales = statement.group(Group::NetSales)?;
    if sales <= 0 {
        return Ok(None);
    }
    Ok(Some(ecom_ledger::Minor(amount).part(10_000, sales)?.0))
}

fn account_link(scope: &Scope, account: Account) -> String {
    scope.link("/lines").with("account", account.name()).text()
}

fn class_link(scope: &Scope, class: &str) -> String {
    scope.link("/lines").with("class", class).text()
}
