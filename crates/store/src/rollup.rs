//! Rollups of a settlement, written with its lines from the sums that reading the file gave. Pages read these.

use std::collections::BTreeMap;

use ecom_ledger::{
    Account, Error, Group,
    day::Month,
    settlement::{Accounts, NO_ACCOUNTS, ProductSums, Settlement, UnitKey},
};

use crate::{
    bulk::{self, Column},
    error::{Result, StoreError},
    feed::Refunds,
    ids::SettlementKey,
    names::TenantNames,
    tx::{Scoped, exec},
};

/// Columns of `product_month` that hold a group of the statement. Costs are columns of their own.
pub(crate) const PRODUCT_GROUPS: [(Group, &str); 17] = [
    (Group::NetSales, "net_sales"),
    (Group::Reimbursements, "reimbursements"),
    (Group::OtherIncome, "other_income"),
    (Group::Referral, "referral"),
    (Group::Closing, "closing"),
    (Group::Fulfilment, "fulfilment"),
    (Group::Shipping, "shipping"),
    (Group::RefundFee, "refund_fee"),
    (Group::OtherFees, "other_fees"),
    (Group::Storage, "storage"),
    (Group::Services, "services"),
    (Group::GstCost, "gst_cost"),
    (Group::Advertising, "advertising"),
    (Group::Deals, "deals"),
    (Group::Adjustments, "adjustments"),
    (Group::Finance, "finance"),
    (Group::Balance, "balance"),
];

impl Scoped<'_> {
    pub(crate) async fn insert_rollups(
        &mut self,
        key: SettlementKey,
        settlement: &Settlement,
        names: &TenantNames,
        refunds: &Refunds,
    ) -> Result<()> {
        self.put_statement(key, settlement, names).await?;
        self.put_units(key, settlement, names, refunds).await?;
        self.put_products(key, settlement, names).await?;
        self.put_labels(key, settlement, names).await
    }

    async fn put_statement(
        &mut self,
        key: SettlementKey,
        settlement: &Settlement,
        names: &TenantNames,
    ) -> Result<()> {
        let mut days: BTreeMap<(i64, i64), Accounts> = BTreeMap::new();
        let mut months: BTreeMap<(i64, i64), Accounts> = BTreeMap::new();
        for (place, accounts) in &settlement.tally.days {
            let marketplace = names.marketplace(place.marketplace);
            add(days.entry((i64::from(place.day), marketplace)).or_insert(NO_ACCOUNTS), accounts)?;
            let month = i64::from(Month::of_day(place.day).0);
            add(months.entry((month, marketplace)).or_insert(NO_ACCOUNTS), accounts)?;
        }
        self.put_accounts("statement_day", "day", key, &days).await?;
        self.put_accounts("statement_month", "month", key, &months).await
    }

    async fn put_accounts(
        &mut self,
        table: &str,
        time: &'static str,
        key: SettlementKey,
        sums: &BTreeMap<(i64, i64), Accounts>,
    ) -> Result<()> {
        let mut columns: [Vec<i64>; 7] = Default::default();
        for ((when, marketplace), accounts) in sums {
            for &account in Account::ALL {
                let sum = accounts[account.slot()];
                if sum.lines == 0 && sum.credit == 0 && sum.debit == 0 {
                    continue;
                }
                let row =
                    [*when, account.code(), *marketplace, sum.credit, sum.debit, sum.estimated, sum.lines];
                columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
            }
        }
        let names = [time, "account", "marketplace", "credit", "debit", "estimated", "lines"];
        self.put_keyed(table, key, names, columns).await
    }

    async fn put_units(
        &mut self,
        key: SettlementKey,
        settlement: &Settlement,
        names: &TenantNames,
        refunds: &Refunds,
    ) -> Result<()> {
        let mut counts: BTreeMap<(i64, i32, i64), (i64, i64)> = BTreeMap::new();
        let place = |at: &UnitKey| (names.sku(at.sku), at.day, names.marketplace(at.marketplace));
        for (at, units) in &settlement.tally.units {
            counts.entry(place(at)).or_default().0 += units;
        }
        for (at, refunds) in refunds {
            counts.entry(place(at)).or_default().1 += refunds;
        }
        let mut columns: [Vec<i64>; 6] = Default::default();
        for ((sku, day, marketplace), (units, refunds)) in counts {
            let month = i64::from(Month::of_day(day).0);
            let row = [sku, i64::from(day), marketplace, month, units, refunds];
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        let names = ["sku", "day", "marketplace", "month", "units", "refunds"];
        self.put_keyed("unit_day", key, names, columns).await
    }

    async fn put_products(
        &mut self,
        key: SettlementKey,
        settlement: &Settlement,
        names: &TenantNames,
    ) -> Result<()> {
        let mut rows: BTreeMap<(i64, i64, i64), [i64; 18]> = BTreeMap::new();
        for (at, sums) in &settlement.tally.products {
            let place = (names.sku(at.sku), i64::from(at.month.0), names.marketplace(at.marketplace));
            let row = rows.entry(place).or_insert([0; 18]);
            for (held, value) in row.iter_mut().zip(groups(sums)?) {
                *held = held.checked_add(value).ok_or(Error::Overflow)?;
            }
        }
        let mut columns: [Vec<i64>; 25] = Default::default();
        for ((sku, month, marketplace), sums) in rows {
            let row = [sku, month, marketplace].into_iter().chain(sums).chain([0; 4]);
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        let mut heads = ["sku", "month", "marketplace"].to_vec();
        heads.extend(PRODUCT_GROUPS.iter().map(|(_, name)| *name));
        heads.extend(["estimated", "units", "refunds", "uncosted", "cogs"]);
        let heads: [&str; 25] = heads.try_into().map_err(|_| StoreError::Corrupt("product_month"))?;
        self.put_keyed("product_month", key, heads, columns).await
    }

    async fn put_labels(
        &mut self,
        key: SettlementKey,
        settlement: &Settlement,
        names: &TenantNames,
    ) -> Result<()> {
        let mut columns: [Vec<i64>; 5] = Default::default();
        let sorted: BTreeMap<_, _> =
            settlement.tally.labels.iter().map(|(at, sum)| (names.label(*at), sum)).collect();
        for (label, sum) in sorted {
            let row = [label, sum.lines, sum.amount, sum.unclassified, sum.unclassified_amount];
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        let names = ["label", "lines", "amount", "unclassified", "unclassified_amount"];
        self.put_keyed("label_sum", key, names, columns).await
    }

    async fn put_keyed<const N: usize>(
        &mut self,
        table: &str,
        key: SettlementKey,
        names: [&str; N],
        columns: [Vec<i64>; N],
    ) -> Result<()> {
        let rows = columns.first().map_or(0, Vec::len);
        let mut all = vec![
            ("tenant_id", Column::Int(vec![self.tenant.0; rows])),
            ("settlement", Column::Int(vec![key.0; rows])),
        ];
        all.extend(names.into_iter().zip(columns.into_iter().map(Column::Int)));
        bulk::insert(self.tx, table, &all).await
    }

    /// Deletes lines and rollups of a settlement.
    pub(crate) async fn delete_lines(&mut self, key: SettlementKey) -> Result<()> {
        for table in [
            "line",
            "order_run",
            "statement_day",
            "statement_month",
            "unit_day",
            "sales_day",
            "product_month",
            "label_sum",
        ] {
            let text = format!("delete from {table} where tenant_id = $1 and settlement = $2");
            exec!(self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, key.0)?;
        }
        Ok(())
    }
}

fn add(mine: &mut Accounts, theirs: &Accounts) -> Result<()> {
    mine.iter_mut().zip(theirs).try_for_each(|(mine, theirs)| mine.merge(theirs)).map_err(StoreError::from)
}

/// Sums of the groups in the order of [`PRODUCT_GROUPS`], then the estimated part of the profit.
fn groups(sums: &ProductSums) -> std::result::Result<[i64; 18], Error> {
    let mut row = [0_i64; 18];
    for &account in Account::ALL {
        let slot = account.slot();
        if let Some(at) = PRODUCT_GROUPS.iter().position(|(group, _)| *group == account.group()) {
            row[at] = row[at].checked_add(sums.net[slot]).ok_or(Error::Overflow)?;
        }
        if account.group() != Group::Balance {
            row[17] = row[17].checked_add(sums.estimated[slot]).ok_or(Error::Overflow)?;
        }
    }
    Ok(row)
}
