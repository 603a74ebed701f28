//! Expenses as files: what was entered, and what it comes to by month.

use ecom_documents::{Sheet, Value};
use ecom_ledger::expense::Expense;
use ecom_store::ExpenseId;

use super::{months::Months, name, next};
use crate::{
    download::{amount, date, sheet},
    fault::Page,
};

pub(super) const TABLES: [&str; 2] = ["Expenses", "By month"];

pub(super) fn tables(expenses: &[(ExpenseId, Expense)], today: i32) -> Page<Vec<Sheet>> {
    let header = [
        "What for",
        "SKU",
        "Amount",
        "GST on it",
        "Currency",
        "How often",
        "First paid",
        "Last paid by",
        "Next",
    ];
    let rows = expenses.iter().map(|(_, expense)| row(expense, today)).collect::<Page<Vec<_>>>()?;
    let months = Months::of(expenses, today)?;
    let by_month = months.iter().flat_map(|months| &months.rows).map(|row| {
        let [payments, sum, gst] = [&row.payments, &row.amount, &row.gst].map(crate::figure::Figure::value);
        [row.title.as_str().into(), row.first.into(), payments, sum, gst, row.currency.code().into()]
    });
    let header_by_month = ["Month", "From", "Payments", "Amount", "GST on it", "Currency"];
    Ok(vec![sheet(TABLES[0], header, rows), sheet(TABLES[1], header_by_month, by_month)])
}

fn row(expense: &Expense, today: i32) -> Page<[Value; 9]> {
    let currency = expense.currency();
    Ok([
        name(expense).into(),
        expense.sku().into(),
        amount(currency, expense.amount()),
        amount(currency, expense.gst()),
        currency.code().into(),
        expense.repeat().name().into(),
        expense.first().into(),
        expense.last().into(),
        next(expense, today)?.map_or("over".into(), date),
    ])
}
