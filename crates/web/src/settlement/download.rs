//! Settlements as files: the list, and all tables of one.

use ecom_documents::{Sheet, Value};
use ecom_store::SettlementView;

use super::{detail::SettlementPage, state};
use crate::{
    download::{amount, amount_of, day_of, figures, filled, sheet},
    figure::Row,
    scope::Choices,
};

/// The one table of the list.
pub(super) const TABLE: &str = "Settlements";

/// Tables of one settlement, in the order of its page.
pub(super) const TABLES: [&str; 7] = [
    "Step by step",
    "What the file says",
    "Checks",
    "Balance at Amazon",
    "Movement by account",
    "Other files",
    "What the newer file changed",
];

/// Settlements of a filter, all of them.
pub(super) fn list(found: &[SettlementView], choices: &Choices) -> Sheet {
    let header = [
        "Settlement",
        "State",
        "From",
        "To",
        "Deposit",
        "Lines",
        "Total in the file",
        "Sum of the lines",
        "Currency",
        "Account at Amazon",
        "File",
    ];
    let row = |one: &SettlementView| {
        let account = choices.seller_accounts.iter().find(|known| known.id == one.seller_account);
        let day = |micros| day_of(one.currency, micros);
        [
            one.settlement_id.as_str().into(),
            state(one.state).0.into(),
            day(one.start),
            day(one.end),
            day(one.deposit),
            one.lines.into(),
            amount_of(one.currency, one.total),
            amount(one.currency, one.sum),
            one.currency.code().into(),
            account.map(|account| account.name.as_str()).into(),
            one.file_name.as_str().into(),
        ]
    };
    sheet(TABLE, header, found.iter().map(row))
}

/// What stands on the page of one settlement.
pub(super) fn tables(page: &SettlementPage) -> Vec<Sheet> {
    let [steps, facts, checks, balance, accounts, versions, changes] = TABLES;
    let rows = |rows: &[Row], name| figures(name, [(page.currency, rows)]);
    let moved = page.money.as_ref();
    vec![
        rows(moved.map(|money| money.bridge.as_slice()).unwrap_or_default(), steps),
        sheet(facts, ["What", "Value"], page.facts.iter().map(|(name, fact)| [(*name).into(), fact.value()])),
        sheet(
            checks,
            ["Check", "Number", "State", "Finding"],
            page.checks.iter().map(|check| {
                [check.title.into(), check.code.into(), check.state.into(), check.words.as_str().into()]
            }),
        ),
        rows(&page.roll, balance),
        sheet(
            accounts,
            ["Account", "Code", "Lines", "Net", "Currency"],
            moved.into_iter().flat_map(|money| &money.accounts).map(|row| {
                let code: Value = page.currency.code().into();
                [row.name.into(), row.code.into(), row.lines.value(), row.net.value(), code]
            }),
        ),
        sheet(
            versions,
            ["File", "Kind of file", "Total", "State"],
            page.versions.iter().map(|other| {
                [other.file.as_str().into(), other.format.into(), other.total.value(), other.state.0.into()]
            }),
        ),
        sheet(
            changes,
            ["Lines more or fewer", "Label", "Order", "SKU", "Amount", "Currency"],
            page.changes.iter().map(|change| {
                let label = change.label.as_str().into();
                let code = page.currency.code().into();
                let (order, sku) = (filled(&change.order), filled(&change.sku));
                [change.count.value(), label, order, sku, change.amount.value(), code]
            }),
        ),
    ]
}
