//! The roll-forward of the balance at Amazon over some days, from rollups and the heads of settlements.

use std::collections::BTreeMap;

use ecom_ledger::{
    Account, Currency, Error,
    day::DayCutter,
    roll::{AtAmazon, Roll},
};

use crate::{
    error::{Result, StoreError},
    ids::SellerAccountId,
    tx::{Scoped, fetch_all},
};

impl Scoped<'_> {
    /// The roll-forward per currency, of one account at Amazon or of all together. Settlements of date-range files
    /// name no period: one that names its transfer counts as paid on that day.
    pub async fn rolls(
        &mut self,
        account: Option<SellerAccountId>,
        from: i32,
        to: i32,
    ) -> Result<BTreeMap<Currency, Roll>> {
        let mut rolls: BTreeMap<Currency, Roll> = BTreeMap::new();
        for seller in self.seller_accounts().await? {
            if account.is_some_and(|account| account != seller.id) {
                continue;
            }
            let posted = self.posted(seller.id).await?;
            for (currency, chains) in self.chains(seller.id).await? {
                let none = BTreeMap::new();
                let at_amazon = AtAmazon { chains: &chains, posted: posted.get(&currency).unwrap_or(&none) };
                let roll = at_amazon.roll(from, to, &mut DayCutter::for_currency(currency))?;
                add(rolls.entry(currency).or_default(), &roll)?;
            }
        }
        Ok(rolls)
    }

    /// Lines of active settlements by day, without reserve and carried balances: what moves the balance.
    async fn posted(&mut self, account: SellerAccountId) -> Result<BTreeMap<Currency, BTreeMap<i32, i64>>> {
        let rows = fetch_all!(
            (String, i64, i64),
            self.tx,
            "select s.currency, d.day, cast(sum(d.credit + d.debit) as bigint)
             from settlement s join statement_day d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where s.tenant_id = $1 and s.seller_account = $2 and s.state = 'active' and d.account not in ($3, $4)
             group by s.currency, d.day",
            self.tenant.0,
            account.0,
            Account::Reserve.code(),
            Account::TransferCarried.code(),
        )?;
        let mut posted: BTreeMap<Currency, BTreeMap<i32, i64>> = BTreeMap::new();
        for (currency, day, amount) in rows {
            let day = i32::try_from(day).map_err(|_| StoreError::Corrupt("statement_day"))?;
            posted.entry(known(&currency)?).or_default().insert(day, amount);
        }
        Ok(posted)
    }
}

fn known(currency: &str) -> Result<Currency> {
    Currency::parse(currency).map_err(|_| StoreError::Corrupt("settlement"))
}

fn add(sum: &mut Roll, roll: &Roll) -> Result<()> {
    let parts = [
        (&mut sum.opening, roll.opening),
        (&mut sum.posted, roll.posted),
        (&mut sum.paid_out, roll.paid_out),
        (&mut sum.unexplained, roll.unexplained),
        (&mut sum.closing, roll.closing),
        (&mut sum.reserve_held, roll.reserve_held),
        (&mut sum.unsettled, roll.unsettled),
    ];
    for (held, part) in parts {
        *held = held.checked_add(part).ok_or(Error::Overflow)?;
    }
    Ok(())
}
