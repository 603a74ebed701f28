//! Figures from rollups: statements over any days, by month, per currency. No ledger line is read.

use std::fmt::Write as _;

use ecom_ledger::{Account, Currency, Group, day::Month, statement::Statement, taxonomy::Label};

use crate::{
    cut::{Cut, Statements, entry},
    error::{Result, StoreError},
    ids::{MarketplaceId, SellerAccountId, SettlementKey},
    tx::{Scoped, fetch_all, fetch_one},
};

/// The codes of a group's accounts, for a list in a statement of SQL.
pub(crate) fn account_codes(group: Group) -> String {
    let of_group = Account::ALL.iter().filter(|account| account.group() == group);
    of_group.map(|account| account.code().to_string()).collect::<Vec<_>>().join(", ")
}

/// Which lines a figure is made of. Only active settlements count, unless one settlement is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filter {
    /// Only this account at Amazon.
    pub seller_account: Option<SellerAccountId>,
    /// Only this currency.
    pub currency: Option<Currency>,
    /// Only this marketplace.
    pub marketplace: Option<MarketplaceId>,
    /// Only this settlement, whatever its state.
    pub settlement: Option<SettlementKey>,
    /// First day.
    pub from: i32,
    /// Last day.
    pub to: i32,
}

impl Filter {
    /// All lines of some days.
    pub fn days(from: i32, to: i32) -> Self {
        Self { seller_account: None, currency: None, marketplace: None, settlement: None, from, to }
    }

    /// All lines of one settlement.
    pub fn settlement(key: SettlementKey) -> Self {
        Self { settlement: Some(key), ..Self::days(i32::MIN, i32::MAX) }
    }

    /// Conditions on a settlement: numbers and a currency code only, so that the planner sees them.
    pub(crate) fn narrow(&self, settlement: &str) -> String {
        let mut text = String::new();
        if let Some(SellerAccountId(id)) = self.seller_account {
            let _ = write!(text, " and {settlement}.seller_account = {id}");
        }
        if let Some(currency) = self.currency {
            let _ = write!(text, " and {settlement}.currency = '{}'", currency.code());
        }
        if let Some(SettlementKey(id)) = self.settlement {
            let _ = write!(text, " and {settlement}.id = {id}");
        }
        text
    }

    /// Conditions on an active settlement `s` and a rollup row `d` of it.
    pub(crate) fn active(&self) -> String {
        let mut text = self.narrow("s");
        if self.settlement.is_none() {
            text.push_str(" and s.state = 'active'");
        }
        if let Some(MarketplaceId(id)) = self.marketplace {
            let _ = write!(text, " and d.marketplace = {id}");
        }
        text
    }

    fn from(&self) -> i64 {
        i64::from(self.from)
    }

    fn to(&self) -> i64 {
        i64::from(self.to)
    }

    /// The months, if the days are whole months: then the smaller rollup serves.
    fn months(&self) -> Option<(Month, Month)> {
        let (first, last) = (Month::of_day(self.from), Month::of_day(self.to));
        (first.first_day() == self.from && last.last_day() == self.to).then_some((first, last))
    }
}

/// A label that went to suspense.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnclassifiedLabel {
    /// Its number, for links.
    pub id: i64,
    /// As Amazon printed it.
    pub label: Label,
    /// Currency of the amount.
    pub currency: Currency,
    /// Lines in suspense.
    pub lines: i64,
    /// Their sum.
    pub amount: i64,
}

/// By which days or months rows are chosen, and what they are summed by.
struct Grain {
    /// `day` or `month`.
    column: &'static str,
    from: i64,
    to: i64,
    key: &'static str,
}

impl Grain {
    /// All in one: from the smaller rollup where the days are whole months.
    fn whole(filter: &Filter) -> Self {
        match filter.months() {
            Some((first, last)) => Self { key: "0", ..Self::months(first, last) },
            None => Self { key: "0", ..Self::days(filter) },
        }
    }

    fn months(first: Month, last: Month) -> Self {
        Self { column: "month", from: i64::from(first.0), to: i64::from(last.0), key: "d.month" }
    }

    fn days(filter: &Filter) -> Self {
        Self { column: "day", from: filter.from(), to: filter.to(), key: "d.day" }
    }

    fn cut(&self, filter: &Filter, table: &'static str) -> Cut {
        let Self { column, from, to, key } = self;
        let (first, last) = (filter.from, filter.to);
        let within =
            format!("s.last_day >= {first} and s.first_day <= {last} and d.{column} between {from} and {to}");
        Cut { spans: String::new(), key, table, within }
    }
}

impl Scoped<'_> {
    /// One statement per currency, in the order of their codes.
    pub async fn statements(&mut self, filter: &Filter) -> Result<Vec<Statement>> {
        let mut by = self.grouped(filter, &Grain::whole(filter)).await?;
        self.add_charges(filter, &mut by, |_| 0).await?;
        Ok(by.into_values().collect())
    }

    /// Statements by month and currency. Days are those of the filter, widened to whole months.
    pub async fn statements_by_month(&mut self, filter: &Filter) -> Result<Vec<(Month, Statement)>> {
        let grain = Grain::months(Month::of_day(filter.from), Month::of_day(filter.to));
        let mut by = self.grouped(filter, &grain).await?;
        self.add_charges(filter, &mut by, |day| i64::from(Month::of_day(day).0)).await?;
        let month =
            |value: i64| i32::try_from(value).map(Month).map_err(|_| StoreError::Corrupt("statement_month"));
        by.into_iter().map(|((key, _), statement)| Ok((month(key)?, statement))).collect()
    }

    /// Statements by posting day and currency.
    pub async fn statements_by_day(&mut self, filter: &Filter) -> Result<Vec<(i32, Statement)>> {
        let mut by = self.grouped(filter, &Grain::days(filter)).await?;
        self.add_charges(filter, &mut by, i64::from).await?;
        let day = |value: i64| i32::try_from(value).map_err(|_| StoreError::Corrupt("statement_day"));
        by.into_iter().map(|((key, _), statement)| Ok((day(key)?, statement))).collect()
    }

    /// Adds indirect expenses, which belong to the business as a whole: parts of it have none.
    async fn add_charges(
        &mut self,
        filter: &Filter,
        statements: &mut Statements,
        key: impl Fn(i32) -> i64,
    ) -> Result<()> {
        if filter.seller_account.is_some() || filter.marketplace.is_some() || filter.settlement.is_some() {
            return Ok(());
        }
        for charge in self.charges(filter.from, filter.to).await? {
            if filter.currency.is_none_or(|currency| currency == charge.currency) {
                let statement = statements
                    .entry((key(charge.day), charge.currency))
                    .or_insert_with(|| Statement::new(charge.currency));
                statement.add_indirect(charge.category.as_str(), charge.amount)?;
            }
        }
        Ok(())
    }

    async fn grouped(&mut self, filter: &Filter, grain: &Grain) -> Result<Statements> {
        let mut statements = Statements::new();
        let moved = if grain.column == "month" { "statement_month" } else { "statement_day" };
        self.add_movements(filter, &grain.cut(filter, moved), &mut statements).await?;
        self.add_sales(filter, &grain.cut(filter, "sales_day"), &mut statements).await?;
        let days = (grain.column, grain.from, grain.to);
        for (currency, key, value) in self.stock_sums(filter, days, grain.key).await? {
            entry(&mut statements, &currency, key)?.add_stock(&value)?;
        }
        Ok(statements)
    }

    /// First and last day with lines of active settlements.
    pub async fn span(&mut self) -> Result<Option<(i32, i32)>> {
        let (first, last) = fetch_one!(
            (Option<i64>, Option<i64>),
            self.tx,
            "select min(first_day), max(last_day) from settlement where tenant_id = $1 and state = 'active'",
            self.tenant.0,
        )?;
        let day = |value: i64| i32::try_from(value).map_err(|_| StoreError::Corrupt("settlement"));
        Ok(match (first, last) {
            (Some(first), Some(last)) => Some((day(first)?, day(last)?)),
            _ => None,
        })
    }

    /// Currencies of active settlements, the one with the most lines first.
    pub async fn currencies(&mut self) -> Result<Vec<Currency>> {
        let rows = fetch_all!(
            (String,),
            self.tx,
            "select currency from settlement where tenant_id = $1 and state = 'active'
             group by currency order by sum(lines) desc, currency",
            self.tenant.0,
        )?;
        let currency =
            |(code,): (String,)| Currency::parse(&code).map_err(|_| StoreError::Corrupt("settlement"));
        rows.into_iter().map(currency).collect()
    }

    /// Labels in suspense, of settlements that touch the filter's days; the largest sums first.
    pub async fn unclassified(&mut self, filter: &Filter) -> Result<Vec<UnclassifiedLabel>> {
        let filter = Filter { marketplace: None, ..*filter };
        let text = format!(
            "select b.id, b.transaction_type, b.amount_type, b.description, s.currency,
                    cast(sum(d.unclassified) as bigint), cast(sum(d.unclassified_amount) as bigint) as amount
             from settlement s
             join label_sum d on d.tenant_id = s.tenant_id and d.settlement = s.id
             join label b on b.tenant_id = s.tenant_id and b.id = d.label
             where s.tenant_id = $1 and s.last_day >= $2 and s.first_day <= $3 and d.unclassified > 0 {}
             group by b.id, b.transaction_type, b.amount_type, b.description, s.currency
             order by 7, b.id",
            filter.active()
        );
        let rows = fetch_all!(
            (i64, String, String, String, String, i64, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            filter.from(),
            filter.to(),
        )?;
        let label = |(id, transaction_type, amount_type, description, currency, lines, amount): (
            _,
            _,
            _,
            _,
            String,
            _,
            _,
        )| {
            let label = Label { transaction_type, amount_type, description };
            let currency = Currency::parse(&currency).map_err(|_| StoreError::Corrupt("settlement"))?;
            Ok(UnclassifiedLabel { id, label, currency, lines, amount })
        };
        rows.into_iter().map(label).collect()
    }
}
