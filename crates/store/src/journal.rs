//! What the double-entry journal and the registers are made from: settlements by calendar month, and what the bank
//! says about their pay-outs.

use std::{collections::BTreeMap, fmt::Write as _};

use ecom_ledger::{
    Account, Currency, Error,
    day::{self, DayCutter, Month},
    journal::{Bank, Book, MonthCosts, MonthLines, Settled},
    settlement::{Accounts, NO_ACCOUNTS, Turnover},
    statement::Statement,
};
use jiff::civil::Date;

use crate::{
    error::{Result, StoreError},
    figures::Filter,
    ids::{PersonId, SellerAccountId, SettlementKey},
    tx::{Scoped, exec, fetch_all, fetch_optional},
};

/// Longest UTR; banks use 12 to 22 letters and digits.
pub const MOST_UTR_CHARS: usize = 40;

type Head =
    (i64, i64, String, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<i64>);
type Moved = (i64, i64, i64, i64, i64, i64, i64);
type Months = BTreeMap<Month, (i32, Box<Accounts>)>;

impl Scoped<'_> {
    /// The books of one currency: every active settlement with lines, a deposit or a bank date in these days, each in
    /// full, and the costs of the months. The GSTIN is left for the caller to fill in. Vouchers of the days alone are
    /// had by [`ecom_ledger::journal::Journal::between`].
    pub async fn book(
        &mut self,
        currency: Currency,
        account: Option<SellerAccountId>,
        (from, to): (i32, i32),
    ) -> Result<Book> {
        let mut moved = self.moved(currency, account, (from, to)).await?;
        let mut cutter = DayCutter::for_currency(currency);
        let mut book = Book::new(currency);
        let mut places: BTreeMap<(i64, String), usize> = BTreeMap::new();
        for head in self.heads(currency, account, (from, to)).await? {
            let months = moved.remove(&head.0).unwrap_or_default();
            let place = *places.entry((head.1, head.2.clone())).or_insert(book.settlements.len());
            let settled = settled(head, months, &mut cutter)?;
            match book.settlements.get_mut(place) {
                Some(whole) => join(whole, settled)?,
                None => book.settlements.push(settled),
            }
        }
        let filter = Filter { seller_account: account, currency: Some(currency), ..Filter::days(from, to) };
        for (month, statement) in self.statements_by_month(&filter).await? {
            book.costs.extend(costs(month, &statement));
        }
        Ok(book)
    }

    async fn heads(
        &mut self,
        currency: Currency,
        account: Option<SellerAccountId>,
        days: (i32, i32),
    ) -> Result<Vec<Head>> {
        let text = format!(
            "select s.id, s.seller_account, s.settlement_id, s.start_at, s.end_at, s.deposit_at, s.total, p.utr,
                    p.bank_day
             from {} order by s.id",
            touched(account)
        );
        let (from, to, instant) = bounds(currency, days);
        let code = currency.code();
        let text = sqlx::AssertSqlSafe(text.as_str());
        fetch_all!(Head, self.tx, text, self.tenant.0, code, from, to, instant)
    }

    /// Movement of every account by settlement and month, with the last day of each.
    async fn moved(
        &mut self,
        currency: Currency,
        account: Option<SellerAccountId>,
        days: (i32, i32),
    ) -> Result<BTreeMap<i64, Months>> {
        let text = format!(
            "select d.settlement, d.day, d.account, cast(sum(d.credit) as bigint), cast(sum(d.debit) as bigint),
                    cast(sum(d.estimated) as bigint), cast(sum(d.lines) as bigint)
             from statement_day d
             where d.tenant_id = $1 and d.settlement in (select s.id from {})
             group by d.settlement, d.day, d.account",
            touched(account)
        );
        let (from, to, instant) = bounds(currency, days);
        let code = currency.code();
        let text = sqlx::AssertSqlSafe(text.as_str());
        let rows = fetch_all!(Moved, self.tx, text, self.tenant.0, code, from, to, instant)?;
        let mut moved: BTreeMap<i64, Months> = BTreeMap::new();
        for (settlement, day, account, credit, debit, estimated, lines) in rows {
            let corrupt = || StoreError::Corrupt("statement_day");
            let day = i32::try_from(day).map_err(|_| corrupt())?;
            let account = Account::from_code(account).ok_or_else(corrupt)?;
            let (last, accounts) = moved
                .entry(settlement)
                .or_default()
                .entry(Month::of_day(day))
                .or_insert_with(|| (day, Box::new(NO_ACCOUNTS)));
            *last = day.max(*last);
            accounts[account.slot()].merge(&Turnover { credit, debit, estimated, lines })?;
        }
        Ok(moved)
    }

    /// What the bank says about the pay-out of a settlement; nothing if nobody entered it.
    pub async fn bank(&mut self, key: SettlementKey) -> Result<Bank> {
        let row = fetch_optional!(
            (Option<String>, Option<i64>),
            self.tx,
            "select p.utr, p.bank_day from settlement s
             join payout p on p.tenant_id = s.tenant_id and p.seller_account = s.seller_account
                 and p.settlement_id = s.settlement_id
             where s.tenant_id = $1 and s.id = $2",
            self.tenant.0,
            key.0,
        )?;
        row.map_or_else(|| Ok(Bank::default()), |(utr, day)| bank(utr, day))
    }

    /// Keeps what the bank says about a pay-out, for every version of the settlement; an empty one removes it.
    pub async fn set_bank(&mut self, key: SettlementKey, bank: &Bank, by: PersonId, now: i64) -> Result<()> {
        let settlement = self.settlement(key).await?.ok_or(StoreError::Missing("settlement"))?;
        let utr = bank.utr.as_deref().map(str::trim).filter(|utr| !utr.is_empty());
        if utr
            .is_some_and(|utr| utr.len() > MOST_UTR_CHARS || !utr.bytes().all(|b| b.is_ascii_alphanumeric()))
        {
            return Err(StoreError::Conflict(format!(
                "a UTR has letters and digits only, at most {MOST_UTR_CHARS}; copy it from the bank's statement"
            )));
        }
        let (account, id) = (settlement.seller_account.0, settlement.settlement_id.as_str());
        exec!(
            self.tx,
            "delete from payout where tenant_id = $1 and seller_account = $2 and settlement_id = $3",
            self.tenant.0,
            account,
            id,
        )?;
        if utr.is_none() && bank.date.is_none() {
            return Ok(());
        }
        exec!(
            self.tx,
            "insert into payout (tenant_id, seller_account, settlement_id, utr, bank_day, entered_at, entered_by)
             values ($1, $2, $3, $4, $5, $6, $7)",
            self.tenant.0,
            account,
            id,
            utr,
            bank.date.map(|date| i64::from(day::of_date(date))),
            now,
            by.0,
        )
        .map(drop)
    }
}

/// Active settlements `s` with what the bank says, `p`, that touch the days.
fn touched(account: Option<SellerAccountId>) -> String {
    let mut text = "settlement s left join payout p on p.tenant_id = s.tenant_id
             and p.seller_account = s.seller_account and p.settlement_id = s.settlement_id
         where s.tenant_id = $1 and s.state = 'active' and s.currency = $2 and s.first_day <= $4
           and (s.last_day >= $3 or s.deposit_at >= $5 or p.bank_day >= $3)"
        .to_owned();
    if let Some(SellerAccountId(id)) = account {
        let _ = write!(text, " and s.seller_account = {id}");
    }
    text
}

/// The first and last day, and the instant at which the first begins, within what a calendar holds.
fn bounds(currency: Currency, (from, to): (i32, i32)) -> (i64, i64, i64) {
    let day = from.clamp(day::of_date(Date::MIN), day::of_date(Date::MAX));
    (i64::from(from), i64::from(to), DayCutter::for_currency(currency).start_of(day))
}

fn bank(utr: Option<String>, bank_day: Option<i64>) -> Result<Bank> {
    let date = |day: i64| i32::try_from(day).map(day::to_date).map_err(|_| StoreError::Corrupt("payout"));
    Ok(Bank { utr, date: bank_day.map(date).transpose()? })
}

fn settled(head: Head, months: Months, cutter: &mut DayCutter) -> Result<Settled> {
    let (_, _, id, start, end, deposit, total, utr, bank_day) = head;
    let mut date = |micros: Option<i64>| micros.map(|micros| day::to_date(cutter.day(micros)));
    let part = |(last, accounts)| MonthLines { last_day: day::to_date(last), accounts };
    Ok(Settled {
        id,
        start: date(start),
        end: date(end),
        deposit: date(deposit),
        total,
        bank: bank(utr, bank_day)?,
        months: months.into_values().map(part).collect(),
    })
}

/// Adds a part: date-range files of different days may hold one settlement together.
fn join(whole: &mut Settled, part: Settled) -> Result<()> {
    whole.total = match (whole.total, part.total) {
        (Some(total), Some(more)) => Some(total.checked_add(more).ok_or(Error::Overflow)?),
        (total, more) => total.or(more),
    };
    whole.deposit = whole.deposit.max(part.deposit);
    whole.months.extend(part.months);
    Ok(())
}

/// The costs of a month, if it has any.
fn costs(month: Month, statement: &Statement) -> Option<MonthCosts> {
    let net = |account| statement.turnover(account).net();
    let (cogs, inventory_loss) = (net(Account::Cogs), net(Account::InventoryLoss));
    let none = cogs == 0 && inventory_loss == 0 && statement.indirect.is_empty();
    (!none).then(|| MonthCosts { month, cogs, inventory_loss, indirect: statement.indirect.clone() })
}
