//! Indirect expenses of a business: entered once, charged on their days.

use ecom_ledger::{
    Currency,
    day::{of_date, to_date},
    expense::{Charge, Expense, MOST_DAYS, Repeat},
};

use jiff::civil::Date;

use crate::{
    error::{Result, StoreError, expect_one},
    ids::ExpenseId,
    tx::{Scoped, exec, fetch_all},
};

type Row = (i64, String, String, i64, i64, String, i64, Option<i64>, Option<String>);

impl Scoped<'_> {
    /// Adds an expense.
    pub async fn add_expense(&mut self, expense: &Expense, now: i64) -> Result<ExpenseId> {
        self.lock().await?;
        let id = self.next_id("expense").await?;
        let sku = match expense.sku() {
            Some(sku) => self.number_texts("sku", &[sku.to_owned()]).await?.first().copied(),
            None => None,
        };
        exec!(
            self.tx,
            "insert into expense (tenant_id, id, category, currency, amount, gst, every, from_day, to_day, sku, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            self.tenant.0,
            id,
            expense.category().as_str(),
            expense.currency().code(),
            expense.amount(),
            expense.gst(),
            expense.repeat().name(),
            i64::from(of_date(expense.first())),
            expense.last().map(|last| i64::from(of_date(last))),
            sku,
            now,
        )?;
        Ok(ExpenseId(id))
    }

    /// Removes an expense.
    pub async fn delete_expense(&mut self, id: ExpenseId) -> Result<()> {
        let deleted =
            exec!(self.tx, "delete from expense where tenant_id = $1 and id = $2", self.tenant.0, id.0)?;
        if deleted == 0 { Err(StoreError::Missing("expense")) } else { expect_one("expense", deleted) }
    }

    /// Lets an expense come for the last time on or before a day.
    pub async fn end_expense(&mut self, id: ExpenseId, last: Date) -> Result<()> {
        let ended = exec!(
            self.tx,
            "update expense set to_day = $3 where tenant_id = $1 and id = $2",
            self.tenant.0,
            id.0,
            i64::from(of_date(last)),
        )?;
        if ended == 0 { Err(StoreError::Missing("expense")) } else { expect_one("expense", ended) }
    }

    /// All expenses, the newest first.
    pub async fn expenses(&mut self) -> Result<Vec<(ExpenseId, Expense)>> {
        let rows = fetch_all!(
            Row,
            self.tx,
            "select e.id, e.category, e.currency, e.amount, e.gst, e.every, e.from_day, e.to_day, k.name
             from expense e left join sku k on k.tenant_id = e.tenant_id and k.id = e.sku
             where e.tenant_id = $1 order by e.id desc",
            self.tenant.0,
        )?;
        rows.into_iter().map(|row| Ok((ExpenseId(row.0), expense(row)?))).collect()
    }

    /// What the expenses charge on some days. Of a span beyond all reason only the days with books count.
    pub async fn charges(&mut self, from: i32, to: i32) -> Result<Vec<Charge>> {
        let (from, to) = match to.saturating_sub(from) {
            0..=MOST_DAYS => (from, to),
            _ => match self.span().await? {
                Some((first, last)) => (first.max(from), last.min(to)),
                None => return Ok(Vec::new()),
            },
        };
        let mut charges = Vec::new();
        for (_, expense) in self.expenses().await? {
            charges.extend(expense.charges(from, to)?);
        }
        Ok(charges)
    }
}

fn expense(row: Row) -> Result<Expense> {
    let (_, category, currency, amount, gst, every, from, to, sku) = row;
    let corrupt = || StoreError::Corrupt("expense");
    let date = |day: i64| i32::try_from(day).map(to_date).map_err(|_| corrupt());
    let category = category.parse().map_err(|_| corrupt())?;
    let currency = Currency::parse(&currency).map_err(|_| corrupt())?;
    let repeat = Repeat::from_name(&every).ok_or_else(corrupt)?;
    let once = Expense::once(category, currency, amount, date(from)?)?.with_gst(gst)?;
    let expense = once.repeated(repeat, to.map(date).transpose()?)?;
    Ok(match sku {
        Some(sku) => expense.for_sku(&sku),
        None => expense,
    })
}
