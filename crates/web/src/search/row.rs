//! A ledger line in a list, with the way to where it is explained and shown as Amazon wrote it.

use ecom_ledger::day;
use ecom_store::LineView;

use crate::{money, params::Link, period::shown, words};

/// A line as a list shows it.
pub(crate) struct LineRow {
    pub(crate) day: String,
    /// The last part of its label, and those before it.
    pub(crate) what: String,
    pub(crate) label: String,
    pub(crate) account: &'static str,
    pub(crate) order: String,
    pub(crate) sku: String,
    pub(crate) quantity: i64,
    pub(crate) amount: String,
    pub(crate) estimated: bool,
    pub(crate) number: String,
    pub(crate) file: String,
    pub(crate) settlement: String,
    /// Explains it, with the original opened.
    pub(crate) href: String,
}

impl LineRow {
    pub(crate) fn of(line: LineView) -> Self {
        let (what, label) = parts(&line);
        Self {
            day: shown(day::to_date(line.day)),
            what,
            label,
            account: words::account(line.account),
            quantity: line.quantity,
            amount: money::exact(line.currency, line.amount),
            estimated: line.estimated,
            number: money::count(line.line),
            href: explained(&line),
            order: line.order_id,
            sku: line.sku,
            file: line.file_name,
            settlement: line.settlement_id,
        }
    }
}

/// Explain begins with the line itself, among those of its account in its settlement.
fn explained(line: &LineView) -> String {
    let link = Link::to("/lines")
        .with("settlement", &line.settlement.to_string())
        .with("account", line.account.name())
        .with("after", &line.cursor.before().to_string())
        .with("open", &line.cursor.to_string());
    format!("{}#l{}", link.text(), line.cursor)
}

/// What tells most, and the rest.
fn parts(line: &LineView) -> (String, String) {
    let label = &line.label;
    let all = [&label.transaction_type, &label.amount_type, &label.description];
    let named: Vec<&str> = all.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    match named.split_last() {
        Some((last, rest)) => ((*last).to_owned(), rest.join(" · ")),
        None => (words::account(line.account).to_owned(), String::new()),
    }
}
