//! What a page tells about a close: the statement in short, then and now; differences; who did what and when.

use ecom_ledger::{Account, Currency, Group, close::Difference, statement::Statement};
use ecom_store::MonthClose;

use crate::{
    fault::Page,
    figure::{Figure, Weight},
    moment,
    scope::Scope,
    words,
};

/// A line of the statement in short.
pub(super) struct ShortRow {
    pub(super) weight: Weight,
    pub(super) label: &'static str,
    /// At the close, if the month is closed.
    pub(super) was: Option<Figure>,
    pub(super) is: Figure,
    pub(super) differs: bool,
}

/// A figure that is not what it was.
pub(super) struct DifferenceRow {
    pub(super) name: String,
    pub(super) code: String,
    pub(super) was: Figure,
    pub(super) is: Figure,
    pub(super) difference: Figure,
}

/// A close of a month that was opened again.
pub(super) struct PastRow {
    pub(super) closed: String,
    pub(super) profit: Figure,
    pub(super) gaps: String,
    pub(super) reopened: String,
    pub(super) reason: String,
}

/// Shown even if nothing moved.
const ALWAYS: [Group; 4] = [Group::NetSales, Group::Advertising, Group::Cogs, Group::Indirect];
/// Lines of the statement in short; the fees stand as one between the two.
const BEFORE_FEES: [Group; 3] = [Group::NetSales, Group::Reimbursements, Group::OtherIncome];
const AFTER_FEES: [Group; 7] = [
    Group::Advertising,
    Group::Deals,
    Group::Adjustments,
    Group::Finance,
    Group::Cogs,
    Group::InventoryLoss,
    Group::Indirect,
];

/// The statement in short: as it is, beside what it was at the close.
pub(super) fn short(scope: &Scope, now: &Statement, was: Option<&Statement>) -> Page<Vec<ShortRow>> {
    let mut rows = Vec::new();
    for group in BEFORE_FEES {
        rows.extend(line(scope, now, was, group.title(), &[group], &words::slug(group))?);
    }
    rows.extend(line(scope, now, was, "Amazon fees", &words::FEES, "fees")?);
    for group in AFTER_FEES {
        rows.extend(line(scope, now, was, group.title(), &[group], &words::slug(group))?);
    }
    let profit = scope.link("/lines").with("class", "profit").text();
    let then = was.map(Statement::profit).transpose()?;
    let label =
        if now.gaps().units_without_cost > 0 { "Net profit before unknown costs" } else { "Net profit" };
    rows.push(row(now.currency, Weight::Total, label, then, now.profit()?, profit));
    let then = was.map(|was| was.bridge().map(|bridge| bridge.total)).transpose()?;
    let lines = scope.link("/lines").text();
    let total = now.bridge()?.total;
    rows.push(row(now.currency, Weight::Plain, "Total of the settlement lines", then, total, lines));
    Ok(rows)
}

fn line(
    scope: &Scope,
    now: &Statement,
    was: Option<&Statement>,
    label: &'static str,
    groups: &[Group],
    slug: &str,
) -> Page<Option<ShortRow>> {
    let (is, then) = (sum(now, groups)?, was.map(|was| sum(was, groups)).transpose()?);
    let shown =
        groups.iter().any(|group| ALWAYS.contains(group)) || is != 0 || then.is_some_and(|then| then != 0);
    let link = scope.link("/lines").with("group", slug).text();
    let mut row = row(now.currency, Weight::Plain, label, then, is, link);
    let unknown = |statement: &Statement, amount| {
        groups == [Group::Cogs] && amount == 0 && statement.gaps().units_without_cost > 0
    };
    if unknown(now, is) {
        row.is = Figure::unknown("unknown");
    }
    if was.zip(then).is_some_and(|(was, then)| unknown(was, then)) {
        row.was = Some(Figure::unknown("unknown"));
    }
    Ok(shown.then_some(row))
}

fn row(
    currency: Currency,
    weight: Weight,
    label: &'static str,
    was: Option<i64>,
    is: i64,
    link: String,
) -> ShortRow {
    ShortRow {
        weight,
        label,
        was: was.map(|was| Figure::unlinked(currency, was)),
        is: Figure::amount(currency, is, link),
        differs: was.is_some_and(|was| was != is),
    }
}

fn sum(statement: &Statement, groups: &[Group]) -> Page<i64> {
    let mut sum = ecom_ledger::Minor::ZERO;
    for group in groups {
        sum = sum.plus(ecom_ledger::Minor(statement.group(*group)?))?;
    }
    Ok(sum.0)
}

/// What has changed since a close.
pub(super) fn differences(was: &Statement, now: &Statement, found: &[Difference]) -> Vec<DifferenceRow> {
    let shown = |found: &Difference| {
        let mut row = difference(now.currency, found);
        // No cost at all while units have none is unknown, not nothing.
        if found.account == Account::Cogs.name() {
            for (statement, amount, figure) in [(was, found.was, &mut row.was), (now, found.is, &mut row.is)]
            {
                if amount == 0 && statement.gaps().units_without_cost > 0 {
                    *figure = Figure::unknown("unknown");
                }
            }
        }
        row
    };
    found.iter().map(shown).collect()
}

/// A difference as people read it; what Amazon owes the seller is turned round.
fn difference(currency: Currency, found: &Difference) -> DifferenceRow {
    let (code, side) = match found.account.rsplit_once(' ') {
        Some((code, side @ ("debit" | "credit"))) => (code, format!(", {side}")),
        _ => (found.account.as_str(), String::new()),
    };
    let indirect = code.strip_prefix("expense:indirect:");
    let account = Account::from_name(code);
    let name = match (account, indirect) {
        (Some(account), _) => words::account(account).to_owned(),
        (None, Some(category)) => format!("Indirect expense: {}", category.replace('_', " ")),
        (None, None) => count_name(code).to_owned(),
    };
    let turned = account.is_some_and(Account::is_asset);
    let turn = |value: i64| if turned { value.saturating_neg() } else { value };
    let (was, is) = (turn(found.was), turn(found.is));
    let counts = account.is_none() && indirect.is_none();
    let figure = |value: i64| if counts { Figure::count(value) } else { Figure::unlinked(currency, value) };
    DifferenceRow {
        name: name + &side,
        code: if counts { String::new() } else { code.to_owned() },
        was: figure(was),
        is: figure(is),
        difference: figure(is.saturating_sub(was)).signed(),
    }
}

fn count_name(name: &str) -> &str {
    match name {
        "units" => "Units sold",
        "units without cost" => "Units without a known cost",
        "refunds" => "Refunds",
        "units returned" => "Units come back",
        other => other,
    }
}

pub(super) fn past(close: &MonthClose) -> Page<Option<PastRow>> {
    let Some(reopening) = &close.reopened else { return Ok(None) };
    let statement = &close.close.statement;
    Ok(Some(PastRow {
        closed: format!("{} by {}", moment::told(close.close.at.as_microsecond()), close.closed_by),
        profit: Figure::unlinked(statement.currency, statement.profit()?),
        gaps: super::gaps(statement.currency, &close.close.gaps),
        reopened: format!("{} by {}", moment::told(reopening.at), reopening.by),
        reason: reopening.reason.clone(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_read_as_the_pages_do() {
        let told = |account: &str, was, is| {
            let row = difference(Currency::INR, &Difference { account: account.to_owned(), was, is });
            let text = |figure: &Figure| figure.text().to_owned();
            (row.name, text(&row.was), text(&row.is), text(&row.difference))
        };
        let text = |parts: [&str; 4]| parts.map(str::to_owned).into();
        assert_eq!(told("asset:tds", -40, -100), text(["TDS (194-O)", "₹0.40", "₹1.00", "+₹0.60"]));
        assert_eq!(
            told("income:refund debit", -40, -100),
            text(["Refunds, debit", "−₹0.40", "−₹1.00", "−₹0.60"])
        );
        assert_eq!(
            told("expense:indirect:packing_material", -100, 0),
            text(["Indirect expense: packing material", "−₹1.00", "₹0.00", "+₹1.00"])
        );
        assert_eq!(told("units without cost", 7, 0), text(["Units without a known cost", "7", "0", "−7"]));
    }
}
