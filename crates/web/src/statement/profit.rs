//! The statement's own lines: net sales, fees, advertising, costs, net profit, margin.

use ecom_ledger::{Account, Group, statement::Statement};

use crate::{
    fault::Page,
    figure::{Figure, Row, Tile, Weight},
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
        None => "no sales".to_owned(),
    };
    let tile = |label, figure, note: String| Tile { label, figure, note, first: false };
    let profit = Figure::tile(currency, statement.profit()?, class_link(scope, "profit"));
    let fees_link = scope.link("/lines").with("group", "fees").text();
    let total = Figure::tile(currency, statement.bridge()?.total, scope.link("/lines").text());
    let ads = statement.group(Group::Advertising)?;
    Ok(vec![
        Tile { first: true, ..tile(profit_label(statement), profit, margin) },
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

/// The statement from net sales to net profit.
pub(crate) fn rows(scope: &Scope, statement: &Statement) -> Page<Vec<Row>> {
    let mut rows = Vec::new();
    detailed(scope, statement, Group::NetSales, &mut rows)?;
    for group in INCOME {
        detailed(scope, statement, group, &mut rows)?;
    }
    for group in FEES {
        detailed(scope, statement, group, &mut rows)?;
    }
    let fees = sum(statement, &FEES)?;
    let all = Figure::amount(statement.currency, fees, scope.link("/lines").with("group", "fees").text());
    rows.push(Row::new(Weight::Sum, "Amazon fees", all).share(share(statement, fees)?));
    for group in SPENT.into_iter().chain(OWN) {
        detailed(scope, statement, group, &mut rows)?;
    }
    let profit = statement.profit()?;
    let figure = Figure::amount(statement.currency, profit, class_link(scope, "profit"));
    rows.push(Row::new(Weight::Total, profit_label(statement), figure).share(share(statement, profit)?));
    rows.push(returned(statement)?);
    Ok(rows)
}

/// A line of the statement, and its accounts if several moved.
fn detailed(scope: &Scope, statement: &Statement, group: Group, rows: &mut Vec<Row>) -> Page<()> {
    let (amount, figure) = figure(scope, statement, group)?;
    let note = if group == Group::Cogs && statement.uncosted > 0 { costed(statement) } else { String::new() };
    let share = if figure.is_unknown() { Figure::nothing() } else { share(statement, amount)? };
    rows.push(Row::new(Weight::Plain, group.title(), figure).share(share).note(note));
    let moved: Vec<_> = statement.moved().filter(|(account, _)| account.group() == group).collect();
    if moved.len() > 1 {
        for (account, turnover) in moved {
            let figure = Figure::amount(statement.currency, turnover.net(), account_link(scope, account));
            rows.push(Row::new(
                Weight::Part,
                words::account(account),
                figure.estimated(turnover.estimated != 0),
            ));
        }
    }
    Ok(())
}

fn figure(scope: &Scope, statement: &Statement, group: Group) -> Page<(i64, Figure)> {
    let amount = statement.group(group)?;
    if group == Group::Cogs && statement.uncosted > 0 && amount == 0 {
        return Ok((amount, Figure::unknown("unknown")));
    }
    let estimated =
        statement.moved().any(|(account, turnover)| account.group() == group && turnover.estimated != 0);
    let link = scope.link("/lines").with("group", &words::slug(group)).text();
    Ok((amount, Figure::amount(statement.currency, amount, link).estimated(estimated)))
}

fn returned(statement: &Statement) -> Page<Row> {
    let figure = match statement.roi_bp()? {
        _ if statement.uncosted > 0 => Figure::unknown("unknown"),
        Some(returned) => Figure::share(returned),
        None => Figure::plain("no cost of goods"),
    };
    Ok(Row::new(Weight::Plain, "Return on cost of goods", figure))
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

fn profit_label(statement: &Statement) -> &'static str {
    if statement.uncosted > 0 { "Profit before unknown costs" } else { "Net profit" }
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
