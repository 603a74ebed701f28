//! From statements to rows: accounts, groups, bridge, totals, the balance at Amazon.

use ecom_ledger::{
    Account, Currency, Error, Group, Minor,
    books::{Books, By as Grouping, OwnFigures},
    roll::Roll,
    settlement::{GstMode, Options, Turnover},
    statement::Statement,
};

use super::{
    By,
    view::{
        AccountView, Amount, BridgeView, GroupAccountView, GroupView, Parts, RollView, SummaryRow,
        SummaryView, TotalsView,
    },
};

pub(crate) fn accounts(statement: &Statement) -> Vec<AccountView> {
    let money = |amount| Amount(amount, statement.currency);
    let row = |(account, turnover): (Account, &Turnover)| AccountView {
        currency: statement.currency.to_string(),
        account: account.name().to_owned(),
        amount: money(turnover.net()),
        estimated: money(turnover.estimated),
        debit: money(turnover.debit),
        credit: money(turnover.credit),
    };
    statement.moved().map(row).collect()
}

pub(crate) fn groups(books: &Books<'_>, own: &OwnFigures, by: By) -> Result<Vec<GroupView>, Error> {
    let grouping = match by {
        By::Day => Grouping::Day,
        By::Week => Grouping::Week,
        By::Month => Grouping::Month,
        By::Year => Grouping::FinancialYear,
        By::Sku => Grouping::Sku,
        By::Marketplace => Grouping::Marketplace,
        By::Settlement => Grouping::Settlement,
        By::Account => return account_groups(books, own),
    };
    let groups = books.by(grouping, own)?;
    groups.iter().map(|((_, key), statement)| group(by, key, statement)).collect()
}

/// By ledger account: one group per account and currency.
fn account_groups(books: &Books<'_>, own: &OwnFigures) -> Result<Vec<GroupView>, Error> {
    let mut views = Vec::new();
    for statement in books.statements(own)?.values() {
        for (account, turnover) in statement.moved() {
            let mut alone = Statement::new(statement.currency);
            alone.add(account, turnover)?;
            views.push(group(By::Account, account.name(), &alone)?);
        }
    }
    Ok(views)
}

fn group(by: By, key: &str, statement: &Statement) -> Result<GroupView, Error> {
    let money = |amount| Amount(amount, statement.currency);
    let account = |(account, turnover): (Account, &Turnover)| GroupAccountView {
        account: account.name(),
        amount: money(turnover.net()),
        estimated: money(turnover.estimated),
    };
    Ok(GroupView {
        by: by.name(),
        key: key.to_owned(),
        currency: statement.currency.to_string(),
        units: statement.units,
        units_without_cost: statement.uncosted,
        net_sales: money(statement.group(Group::NetSales)?),
        profit: money(statement.profit()?),
        cost_known: statement.cost_known(),
        provisional: by.is_time().then_some(statement.provisional),
        accounts: statement.moved().map(account).collect(),
    })
}

pub(crate) fn bridge(statement: &Statement) -> Result<BridgeView, Error> {
    let parts = statement.bridge()?.parts();
    Ok(BridgeView { currency: statement.currency.to_string(), parts: amounts(&parts, statement.currency) })
}

pub(crate) fn roll(currency: Currency, roll: &Roll) -> RollView {
    let parts = [
        ("opening", roll.opening),
        ("posted", roll.posted),
        ("paid_out", roll.paid_out),
        ("unexplained", roll.unexplained),
        ("closing", roll.closing),
        ("reserve_held", roll.reserve_held),
        ("unsettled", roll.unsettled),
    ];
    RollView { currency: currency.to_string(), parts: amounts(&parts, currency) }
}

fn amounts(parts: &[(&'static str, i64)], currency: Currency) -> Parts {
    Parts(parts.iter().map(|(name, amount)| (*name, Amount(*amount, currency))).collect())
}

pub(crate) fn totals(statement: &Statement, options: &Options) -> Result<TotalsView, Error> {
    let percent = |ratio: Option<i64>| ratio.map(|bp| Minor(bp).decimal(Currency::INR));
    let gst = match options.mode(statement.currency) {
        GstMode::Credit => "credit",
        GstMode::CreditAsPrinted => "credit_as_printed",
        GstMode::Cost => "cost",
    };
    Ok(TotalsView {
        currency: statement.currency.to_string(),
        gst,
        units: statement.units,
        units_without_cost: statement.uncosted,
        refunds_not_credited: statement.refunds_of_unknown_condition().unwrap_or(0),
        net_sales: Amount(statement.group(Group::NetSales)?, statement.currency),
        profit: Amount(statement.profit()?, statement.currency),
        cost_known: statement.cost_known(),
        margin: percent(statement.margin_bp()?),
        roi: percent(statement.roi_bp()?),
    })
}

pub(crate) fn summary(statement: &Statement, options: &Options) -> Result<SummaryView, Error> {
    let money = |amount| Amount(amount, statement.currency);
    let mut rows = Vec::new();
    for group in Group::ALL.into_iter().filter(|group| *group != Group::Balance) {
        let turnover = statement.group_turnover(group)?;
        if turnover != Turnover::default() || group == Group::NetSales {
            rows.push(SummaryRow {
                title: group.title(),
                debit: money(turnover.debit),
                credit: money(turnover.credit),
                amount: money(turnover.net()),
                estimated: turnover.estimated != 0,
            });
        }
    }
    Ok(SummaryView { currency: statement.currency.to_string(), rows, totals: totals(statement, options)? })
}
