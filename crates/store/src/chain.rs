//! How the settlements of an account follow each other.

use std::collections::BTreeMap;

use ecom_ledger::{
    Account, Currency, Error,
    chain::{Chains, Link},
    day::DayCutter,
};

use crate::{
    error::{Result, StoreError},
    ids::SellerAccountId,
    tx::{Scoped, fetch_all},
};

type ChainedRow = (String, String, i64, i64, i64, i64, i64, i64);
type LooseRow = (String, String, Option<i64>, Option<i64>, Option<i64>, Option<i64>, i64);

impl Scoped<'_> {
    /// How the active settlements of an account follow each other, per currency. Those that name no period, as in
    /// date-range files, stand in no chain: they are paid on the day of their transfer.
    pub async fn chains(&mut self, account: SellerAccountId) -> Result<BTreeMap<Currency, Chains>> {
        let mut links: BTreeMap<Currency, (Vec<Link>, Vec<Link>)> = BTreeMap::new();
        for link in self.chained(account).await? {
            links.entry(link.currency).or_default().0.push(link);
        }
        for (currency, link) in self.loose(account).await? {
            links.entry(currency).or_default().1.extend(link);
        }
        let chains = |(links, loose)| Chains { loose, ..Chains::of(links) };
        Ok(links.into_iter().map(|(currency, links)| (currency, chains(links))).collect())
    }

    async fn chained(&mut self, account: SellerAccountId) -> Result<Vec<Link>> {
        let rows = fetch_all!(
            ChainedRow,
            self.tx,
            "select settlement_id, currency, start_at, end_at, sum, previous_reserve, current_reserve, payable
             from settlement where tenant_id = $1 and seller_account = $2 and state = 'active'
               and format <> 'date_range' and start_at is not null and end_at is not null",
            self.tenant.0,
            account.0,
        )?;
        let link =
            |(id, currency, start, end, total, previous_reserve, current_reserve, payable): ChainedRow| {
                let currency = known(&currency)?;
                Ok(Link { id, currency, start, end, total, previous_reserve, current_reserve, payable })
            };
        rows.into_iter().map(link).collect()
    }

    /// Settlements without a period; one without a total or lines has no link, and its currency is known all the same.
    async fn loose(&mut self, account: SellerAccountId) -> Result<Vec<(Currency, Option<Link>)>> {
        let rows = fetch_all!(
            LooseRow,
            self.tx,
            "select s.settlement_id, s.currency, s.total, s.first_day, s.last_day, s.deposit_at,
                    (select cast(coalesce(sum(d.credit + d.debit), 0) as bigint) from statement_month d
                     where d.tenant_id = s.tenant_id and d.settlement = s.id and d.account not in ($3, $4))
             from settlement s where s.tenant_id = $1 and s.seller_account = $2 and s.state = 'active'
               and (s.format = 'date_range' or s.start_at is null or s.end_at is null)
             order by s.id",
            self.tenant.0,
            account.0,
            Account::Reserve.code(),
            Account::TransferCarried.code(),
        )?;
        rows.into_iter().map(|row| Ok((known(&row.1)?, loose_link(row)?))).collect()
    }
}

/// Paid on the day of its deposit, or at the end of its last day. What is not paid out stays at Amazon.
fn loose_link((id, currency, total, first, last, deposit, posted): LooseRow) -> Result<Option<Link>> {
    let (Some(total), Some(first), Some(last)) = (total, first, last) else { return Ok(None) };
    let day = |day: i64| i32::try_from(day).map_err(|_| StoreError::Corrupt("settlement"));
    let currency = known(&currency)?;
    let mut days = DayCutter::for_currency(currency);
    let (start, after) = (days.start_of(day(first)?), days.start_of(day(last)? + 1));
    Ok(Some(Link {
        id,
        currency,
        start,
        end: deposit.unwrap_or(after),
        total,
        previous_reserve: 0,
        current_reserve: total.checked_sub(posted).ok_or(Error::Overflow)?,
        payable: 0,
    }))
}

fn known(currency: &str) -> Result<Currency> {
    Currency::parse(currency).map_err(|_| StoreError::Corrupt("settlement"))
}
