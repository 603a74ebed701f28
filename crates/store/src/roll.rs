//! Balances at Amazon over some days, from rollups and the heads of settlements: the roll-forward, the party ledger
//! entry by entry.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ecom_ledger::{
    Account, Currency, Error,
    day::{DayCutter, Month},
    roll::{AtAmazon, PartyLedger, Roll},
};

use crate::{
    coverage::Coverage,
    error::{Result, StoreError},
    ids::SellerAccountId,
    spans::split,
    tx::{Scoped, fetch_all},
};

/// Up to so many days lines are posted day by day; beyond, whole months are one entry each.
pub const MOST_SINGLE_DAYS: i32 = 62;

/// Days beyond these are no days of books: years 1700 and 2300, roughly.
pub(crate) const FIRST_DAY: i32 = -100_000;
pub(crate) const LAST_DAY: i32 = 120_000;

type Posted = BTreeMap<(SellerAccountId, Currency), BTreeMap<i32, i64>>;

/// Balances at Amazon over some days.
pub struct Balances {
    from: i32,
    to: i32,
    coverage: Coverage,
    /// Lines posted by day, without reserve and carried balances: what moves the balance. All before the first day
    /// stand on the day before it.
    posted: Posted,
}

impl Balances {
    /// The roll-forward per currency, of all accounts together. Settlements of date-range files name no period: one
    /// that names its transfer counts as paid on that day.
    pub fn rolls(&self) -> Result<BTreeMap<Currency, Roll>> {
        let mut rolls: BTreeMap<Currency, Roll> = BTreeMap::new();
        for ((_, currency), at_amazon) in self.each() {
            let roll = at_amazon.roll(self.from, self.to, &mut DayCutter::for_currency(currency))?;
            add(rolls.entry(currency).or_default(), &roll)?;
        }
        Ok(rolls)
    }

    /// The party ledger of each account and currency.
    pub fn parties(&self) -> Result<Vec<(SellerAccountId, Currency, PartyLedger)>> {
        let party = |((account, currency), at_amazon): ((SellerAccountId, Currency), AtAmazon<'_>)| {
            let mut cutter = DayCutter::for_currency(currency);
            Ok((account, currency, at_amazon.party(self.from, self.to, &mut cutter)?))
        };
        self.each().map(party).collect()
    }

    /// How far settlements cover days.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    fn each(&self) -> impl Iterator<Item = ((SellerAccountId, Currency), AtAmazon<'_>)> {
        static NOTHING: BTreeMap<i32, i64> = BTreeMap::new();
        self.coverage.all.iter().map(|(key, chains)| {
            (*key, AtAmazon { chains, posted: self.posted.get(key).unwrap_or(&NOTHING) })
        })
    }
}

impl Scoped<'_> {
    /// Balances at Amazon from the start of one day to the end of another, of one account or of all.
    pub async fn balances(
        &mut self,
        account: Option<SellerAccountId>,
        from: i32,
        to: i32,
    ) -> Result<Balances> {
        let (from, to) = (from.max(FIRST_DAY), to.min(LAST_DAY));
        let posted = self.posted(account, from, to).await?;
        Ok(Balances { from, to, coverage: self.coverage(account).await?, posted })
    }

    /// What moves balances, by account and currency: see [`Balances::posted`].
    async fn posted(&mut self, account: Option<SellerAccountId>, from: i32, to: i32) -> Result<Posted> {
        let first = Month::of_day(from);
        let (mut months, mut days) = (Vec::new(), Vec::new());
        if to.saturating_sub(from) < MOST_SINGLE_DAYS {
            days.push((0, from, to));
        } else {
            split(0, from, to, &mut months, &mut days);
        }
        if first.first_day() < from {
            days.push((0, first.first_day(), from - 1));
        }
        let mut months: Vec<_> =
            months.iter().map(|(_, from, to)| (Month::of_day(*from).0, Month::of_day(*to).0)).collect();
        months.push((i32::MIN, first.0.saturating_sub(1)));
        let days: Vec<_> = days.iter().map(|(_, from, to)| (*from, *to)).collect();
        let mut posted = Posted::new();
        for (key, currency, month, amount) in self.posted_in("month", account, &months).await? {
            // A month stands on its last day: what comes with it is posted by then.
            put(&mut posted, (key, currency), Month(month).last_day(), from, amount)?;
        }
        for (key, currency, day, amount) in self.posted_in("day", account, &days).await? {
            put(&mut posted, (key, currency), day, from, amount)?;
        }
        Ok(posted)
    }

    /// Sums of lines without reserve and carried balances, by month or day, within some spans of them.
    async fn posted_in(
        &mut self,
        column: &str,
        account: Option<SellerAccountId>,
        spans: &[(i32, i32)],
    ) -> Result<Vec<(SellerAccountId, Currency, i32, i64)>> {
        if spans.is_empty() {
            return Ok(Vec::new());
        }
        let within = spans.iter().fold(String::new(), |mut text, (from, to)| {
            let joint = if text.is_empty() { "" } else { " or " };
            let _ = write!(text, "{joint}d.{column} between {from} and {to}");
            text
        });
        let text = format!(
            "select s.seller_account, s.currency, d.{column}, cast(sum(d.credit + d.debit) as bigint)
             from settlement s join statement_{column} d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where s.tenant_id = $1 and s.state = 'active' {} and ({within}) and d.account not in ($2, $3)
             group by s.seller_account, s.currency, d.{column}",
            of_account(account)
        );
        let rows = fetch_all!(
            (i64, String, i64, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            Account::Reserve.code(),
            Account::TransferCarried.code(),
        )?;
        let row = |(account, currency, time, amount): (i64, String, i64, i64)| {
            let time = i32::try_from(time).map_err(|_| StoreError::Corrupt("statement_day"))?;
            Ok((SellerAccountId(account), known(&currency)?, time, amount))
        };
        rows.into_iter().map(row).collect()
    }
}

fn of_account(account: Option<SellerAccountId>) -> String {
    account.map(|SellerAccountId(id)| format!("and s.seller_account = {id}")).unwrap_or_default()
}

/// Adds an amount; everything before the first day stands on the day before it.
fn put(
    posted: &mut Posted,
    key: (SellerAccountId, Currency),
    day: i32,
    from: i32,
    amount: i64,
) -> Result<()> {
    let held = posted.entry(key).or_default().entry(day.max(from - 1)).or_default();
    *held = held.checked_add(amount).ok_or(Error::Overflow)?;
    Ok(())
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
