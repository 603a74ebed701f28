//! Explain: the ledger lines behind a figure, page by page, each with its file and line number.
//!
//! Pages follow the order of the one index they are read from (settlement, account, SKU, day, line), so a page costs
//! the same wherever it stands and however many lines there are.

use std::{fmt, fmt::Write as _, str::FromStr};

use ecom_ledger::{Account, Currency, taxonomy::Label};

use crate::{
    error::{Result, StoreError},
    figures::Filter,
    ids::{FileId, MarketplaceId, SettlementKey, SkuId},
    tx::{Scoped, fetch_all, fetch_optional},
};

/// Which lines to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineFilter {
    /// Days, settlement, marketplace and so on.
    pub filter: Filter,
    /// Only these accounts; none: all.
    pub accounts: Vec<Account>,
    /// Only this product; 0 is the lines without one.
    pub sku: Option<SkuId>,
    /// Only what Amazon printed: without derived pairs of GST inside amounts.
    pub printed: bool,
}

impl LineFilter {
    /// All lines of a filter, derived ones too.
    pub fn of(filter: Filter) -> Self {
        Self { filter, accounts: Vec::new(), sku: None, printed: false }
    }
}

/// A line's place in the order of pages; as text `settlement.account.sku.day.line.column.part`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LineCursor(pub(crate) [i64; 7]);

impl fmt::Display for LineCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [settlement, account, sku, day, line, column, part] = self.0;
        write!(f, "{settlement}.{account}.{sku}.{day}.{line}.{column}.{part}")
    }
}

impl FromStr for LineCursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let parts: std::result::Result<Vec<i64>, _> = text.split('.').map(str::parse).collect();
        let parts = parts.ok().and_then(|parts| parts.try_into().ok());
        parts
            .map(Self)
            .ok_or_else(|| StoreError::Conflict("that place in the list does not exist".to_owned()))
    }
}

/// A ledger line with everything that explains it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineView {
    /// Its place in the order of pages.
    pub cursor: LineCursor,
    /// The settlement.
    pub settlement: SettlementKey,
    /// Amazon's id of it.
    pub settlement_id: String,
    /// The file.
    pub file: FileId,
    /// Its name.
    pub file_name: String,
    /// Line of the decompressed file, from 1.
    pub line: i64,
    /// Which money column of that line; 0 where a line has one amount.
    pub column: i64,
    /// Posting instant, microseconds UTC.
    pub posted_at: i64,
    /// Posting day in the seller's zone.
    pub day: i32,
    /// Marketplace, or empty.
    pub marketplace: String,
    /// Order id, or empty.
    pub order_id: String,
    /// SKU, or empty.
    pub sku: String,
    /// Quantity as printed on the line.
    pub quantity: i64,
    /// Label as printed.
    pub label: Label,
    /// The account it is posted to.
    pub account: Account,
    /// Currency of the amount.
    pub currency: Currency,
    /// Amount in minor units; > 0 is a credit.
    pub amount: i64,
    /// Whether it is one of a derived pair of GST inside an amount: an estimate, not printed by Amazon.
    pub estimated: bool,
}

/// A settlement whose lines may be on a page.
pub(crate) type Source = (i64, String, i64, String, String);
pub(crate) type Row = (
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    String,
    Option<String>,
    Option<String>,
    i64,
    i64,
    String,
    String,
    String,
);

/// Lines `l` with the names of what they hold, as [`Row`]s.
pub(crate) const LINE_COLUMNS: &str =
    "select l.account, l.sku, l.day, l.line, l.col, l.part, l.posted_at, l.order_id, k.name, m.name, l.quantity,
        l.amount, b.transaction_type, b.amount_type, b.description
     from line l
     join label b on b.tenant_id = l.tenant_id and b.id = l.label
     left join sku k on k.tenant_id = l.tenant_id and k.id = l.sku
     left join marketplace m on m.tenant_id = l.tenant_id and m.id = l.marketplace";

impl Scoped<'_> {
    /// Up to `most` lines after a place.
    pub async fn lines(
        &mut self,
        filter: &LineFilter,
        after: Option<LineCursor>,
        most: usize,
    ) -> Result<Vec<LineView>> {
        let first = after.map_or(i64::MIN, |cursor| cursor.0[0]);
        let mut lines = Vec::new();
        for source in self.sources(filter).await?.into_iter().filter(|source| source.0 >= first) {
            let after = after.filter(|cursor| cursor.0[0] == source.0);
            let left = most - lines.len();
            lines.extend(self.lines_of(filter, &source, after, left).await?);
            if lines.len() >= most {
                break;
            }
        }
        Ok(lines)
    }

    /// The settlements that have lines of the filter by the rollups, in the order of their keys.
    async fn sources(&mut self, filter: &LineFilter) -> Result<Vec<Source>> {
        let days = &filter.filter;
        let mut wanted = days.active();
        if let Some(list) = accounts(filter) {
            let _ = write!(wanted, " and d.account in ({list})");
        }
        if let Some(SkuId(sku)) = filter.sku {
            let _ = write!(
                wanted,
                " and exists (select 1 from product_month p
                     where p.tenant_id = s.tenant_id and p.settlement = s.id and p.sku = {sku})"
            );
        }
        let text = format!(
            "select s.id, s.settlement_id, s.file, f.name, s.currency
             from settlement s join file f on f.tenant_id = s.tenant_id and f.id = s.file
             where s.tenant_id = $1 and s.last_day >= $2 and s.first_day <= $3
               and exists (select 1 from statement_day d
                   where d.tenant_id = s.tenant_id and d.settlement = s.id and d.day between $2 and $3 {wanted})
             order by s.id"
        );
        fetch_all!(
            Source,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(days.from),
            i64::from(days.to),
        )
    }

    async fn lines_of(
        &mut self,
        filter: &LineFilter,
        source: &Source,
        after: Option<LineCursor>,
        most: usize,
    ) -> Result<Vec<LineView>> {
        let mut wanted = String::new();
        if let Some(list) = accounts(filter) {
            let _ = write!(wanted, " and l.account in ({list})");
        }
        if let Some(SkuId(sku)) = filter.sku {
            let _ = write!(wanted, " and l.sku = {sku}");
        }
        if let Some(MarketplaceId(id)) = filter.filter.marketplace {
            let _ = write!(wanted, " and l.marketplace = {id}");
        }
        if filter.printed {
            wanted.push_str(" and l.part = 0");
        }
        if let Some(LineCursor([_, account, sku, day, line, column, part])) = after {
            let _ = write!(
                wanted,
                " and (l.account, l.sku, l.day, l.line, l.col, l.part) > ({account}, {sku}, {day}, {line}, {column}, {part})"
            );
        }
        let text = format!(
            "{LINE_COLUMNS}
             where l.tenant_id = $1 and l.settlement = $2 and l.day between $3 and $4 {wanted}
             order by l.account, l.sku, l.day, l.line, l.col, l.part limit $5"
        );
        let rows = fetch_all!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            source.0,
            i64::from(filter.filter.from),
            i64::from(filter.filter.to),
            i64::try_from(most).unwrap_or(i64::MAX),
        )?;
        rows.into_iter().map(|row| view(source, row)).collect()
    }

    /// The product with a SKU.
    pub async fn sku(&mut self, name: &str) -> Result<Option<SkuId>> {
        let row = fetch_optional!(
            (i64,),
            self.tx,
            "select id from sku where tenant_id = $1 and name = $2",
            self.tenant.0,
            name,
        )?;
        Ok(row.map(|(id,)| SkuId(id)))
    }

    /// The SKU of a product.
    pub async fn sku_name(&mut self, id: SkuId) -> Result<Option<String>> {
        let row = fetch_optional!(
            (String,),
            self.tx,
            "select name from sku where tenant_id = $1 and id = $2",
            self.tenant.0,
            id.0,
        )?;
        Ok(row.map(|(name,)| name))
    }
}

/// The accounts as a list; for a product all of them by name, so that the index leads straight to its lines.
pub(crate) fn accounts(filter: &LineFilter) -> Option<String> {
    let all =
        if filter.accounts.is_empty() && filter.sku.is_some() { Account::ALL } else { &filter.accounts };
    let mut codes: Vec<i64> = all.iter().map(|account| account.code()).collect();
    codes.sort_unstable();
    let codes: Vec<String> = codes.iter().map(i64::to_string).collect();
    (!codes.is_empty()).then(|| codes.join(", "))
}

pub(crate) fn view(source: &Source, row: Row) -> Result<LineView> {
    let (settlement, settlement_id, file, file_name, currency) = source;
    let (
        account,
        sku,
        day,
        line,
        column,
        part,
        posted_at,
        order_id,
        sku_name,
        marketplace,
        quantity,
        amount,
        a,
        b,
        c,
    ) = row;
    Ok(LineView {
        cursor: LineCursor([*settlement, account, sku, day, line, column, part]),
        settlement: SettlementKey(*settlement),
        settlement_id: settlement_id.clone(),
        file: FileId(*file),
        file_name: file_name.clone(),
        line,
        column,
        posted_at,
        day: i32::try_from(day).map_err(|_| StoreError::Corrupt("line"))?,
        marketplace: marketplace.unwrap_or_default(),
        order_id,
        sku: sku_name.unwrap_or_default(),
        quantity,
        label: Label { transaction_type: a, amount_type: b, description: c },
        account: Account::from_code(account).ok_or(StoreError::Corrupt("line"))?,
        currency: Currency::parse(currency).map_err(|_| StoreError::Corrupt("settlement"))?,
        amount,
        estimated: part != 0,
    })
}
