//! Settlements and the files they came in, and which one is in the figures.

use ecom_ledger::{
    Currency,
    settlement::Format,
    standing::{self, Candidate, Standing},
};

use crate::{
    error::{Result, StoreError, expect_one},
    figures::Filter,
    ids::{FileId, SellerAccountId, SettlementKey},
    tx::{Scoped, exec, fetch_all, fetch_one, fetch_optional},
};

/// What becomes of a settlement as one file gave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettlementState {
    /// It is in the figures.
    Active,
    /// Its lines do not sum to its total: in no figure.
    Quarantined,
    /// A better source, a newer report or a person's choice stands for it.
    Replaced,
    /// The same settlement in the same format, and nothing tells which is newer: a person must choose.
    Undecided,
    /// Its import was withdrawn.
    Withdrawn,
}

impl SettlementState {
    /// As stored: `active`, `quarantined`, `replaced`, `undecided`, `withdrawn`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Quarantined => "quarantined",
            Self::Replaced => "replaced",
            Self::Undecided => "undecided",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// All states, in the order of a list.
    pub const ALL: [Self; 5] =
        [Self::Active, Self::Undecided, Self::Quarantined, Self::Replaced, Self::Withdrawn];

    /// The state that is stored under a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl From<Standing> for SettlementState {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Active => Self::Active,
            Standing::Quarantined => Self::Quarantined,
            Standing::Replaced => Self::Replaced,
            Standing::Undecided => Self::Undecided,
        }
    }
}

/// A settlement as one file gave it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettlementView {
    /// Its key.
    pub key: SettlementKey,
    /// The account at Amazon.
    pub seller_account: SellerAccountId,
    /// Amazon's id.
    pub settlement_id: String,
    /// Kind of file.
    pub format: Format,
    /// Currency of its amounts.
    pub currency: Currency,
    /// Start of the period, microseconds UTC.
    pub start: Option<i64>,
    /// End of the period.
    pub end: Option<i64>,
    /// When Amazon says it deposits.
    pub deposit: Option<i64>,
    /// Total by the file's head.
    pub total: Option<i64>,
    /// Sum of its lines.
    pub sum: i64,
    /// Its lines.
    pub lines: i64,
    /// Deferred rows of a date-range file, in no account.
    pub deferred_rows: i64,
    /// Their total.
    pub deferred_amount: i64,
    /// What becomes of it.
    pub state: SettlementState,
    /// The file it came in.
    pub file: FileId,
    /// Its name.
    pub file_name: String,
}

pub(crate) type Row = (
    i64,
    i64,
    String,
    String,
    String,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    i64,
    i64,
    i64,
    i64,
    String,
    i64,
    String,
);

pub(crate) const SELECT: &str =
    "select s.id, s.seller_account, s.settlement_id, s.format, s.currency, s.start_at, s.end_at,
        s.deposit_at, s.total, s.sum, s.lines, s.deferred_rows, s.deferred_amount, s.state, s.file, f.name
    from settlement s join file f on f.tenant_id = s.tenant_id and f.id = s.file";

impl Scoped<'_> {
    /// Settlements in every state whose lines touch the filter's days, newest period first.
    pub async fn settlements(&mut self, filter: &Filter) -> Result<Vec<SettlementView>> {
        let text = format!(
            "{SELECT} where s.tenant_id = $1 and coalesce(s.last_day, $2) >= $2 and coalesce(s.first_day, $3) <= $3 {}
             order by s.end_at desc nulls last, s.id desc",
            filter.narrow("s")
        );
        let rows = fetch_all!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(filter.from),
            i64::from(filter.to)
        )?;
        rows.into_iter().map(view).collect()
    }

    /// One settlement.
    pub async fn settlement(&mut self, key: SettlementKey) -> Result<Option<SettlementView>> {
        let text = format!("{SELECT} where s.tenant_id = $1 and s.id = $2");
        let row = fetch_optional!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, key.0)?;
        row.map(view).transpose()
    }

    /// The other versions of a settlement: the same id of the same account, from other files.
    pub async fn versions(&mut self, key: SettlementKey) -> Result<Vec<SettlementView>> {
        let text = format!(
            "{SELECT} join settlement o on o.tenant_id = s.tenant_id and o.seller_account = s.seller_account
                 and o.settlement_id = s.settlement_id
             where s.tenant_id = $1 and o.id = $2 and s.id <> $2 order by s.id"
        );
        let rows = fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, key.0)?;
        rows.into_iter().map(view).collect()
    }

    pub(crate) async fn settlement_state(&mut self, key: SettlementKey) -> Result<SettlementState> {
        let (state,) = fetch_one!(
            (String,),
            self.tx,
            "select state from settlement where tenant_id = $1 and id = $2",
            self.tenant.0,
            key.0,
        )?;
        SettlementState::from_name(&state).ok_or(StoreError::Corrupt("settlement"))
    }

    /// A person's choice between versions of which nothing tells the newer one.
    pub async fn choose(&mut self, key: SettlementKey, now: i64) -> Result<()> {
        self.lock().await?;
        let settlement = self.settlement(key).await?.ok_or(StoreError::Missing("settlement"))?;
        if !matches!(
            settlement.state,
            SettlementState::Active | SettlementState::Undecided | SettlementState::Replaced
        ) {
            return Err(StoreError::Conflict("only a settlement that balances can be chosen".to_owned()));
        }
        let changed = exec!(
            self.tx,
            "update settlement set chosen_at = $3 where tenant_id = $1 and id = $2",
            self.tenant.0,
            key.0,
            now,
        )?;
        expect_one("settlement", changed)?;
        self.decide(settlement.seller_account, &settlement.settlement_id).await
    }

    /// Withdraws an import: its lines and rollups go, other versions of its settlements take their place again.
    /// The record that it was there stays, and so does its original.
    pub async fn withdraw(&mut self, file: FileId) -> Result<()> {
        self.lock().await?;
        let changed = exec!(
            self.tx,
            "update file set state = 'withdrawn' where tenant_id = $1 and id = $2 and state = 'imported'",
            self.tenant.0,
            file.0,
        )?;
        if changed == 0 {
            return Err(StoreError::Missing("import"));
        }
        let rows = fetch_all!(
            (i64, i64, String),
            self.tx,
            "select id, seller_account, settlement_id from settlement where tenant_id = $1 and file = $2",
            self.tenant.0,
            file.0,
        )?;
        for (key, account, id) in rows {
            self.delete_lines(SettlementKey(key)).await?;
            exec!(
                self.tx,
                "update settlement set state = 'withdrawn' where tenant_id = $1 and id = $2",
                self.tenant.0,
                key,
            )?;
            self.decide(SellerAccountId(account), &id).await?;
        }
        Ok(())
    }

    /// Decides anew which version of a settlement is in the figures.
    pub(crate) async fn decide(&mut self, account: SellerAccountId, settlement_id: &str) -> Result<()> {
        let rows = fetch_all!(
            CandidateRow,
            self.tx,
            "select s.id, s.format, s.total, s.sum, f.report_id, s.chosen_at, s.first_day, s.last_day
             from settlement s join file f on f.tenant_id = s.tenant_id and f.id = s.file
             where s.tenant_id = $1 and s.seller_account = $2 and s.settlement_id = $3 and s.state <> 'withdrawn'
             order by s.id",
            self.tenant.0,
            account.0,
            settlement_id,
        )?;
        let keys: Vec<i64> = rows.iter().map(|row| row.0).collect();
        let candidates = rows.into_iter().map(candidate).collect::<Result<Vec<Candidate>>>()?;
        for (key, standing) in keys.into_iter().zip(standing::decide(&candidates)) {
            exec!(
                self.tx,
                "update settlement set state = $3 where tenant_id = $1 and id = $2",
                self.tenant.0,
                key,
                SettlementState::from(standing).name(),
            )?;
        }
        Ok(())
    }
}

/// Key, format, total, sum, report id, chosen at, first and last day.
pub(crate) type CandidateRow =
    (i64, String, Option<i64>, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

pub(crate) fn candidate(row: CandidateRow) -> Result<Candidate> {
    let (_, format, total, sum, report_id, chosen_at, first_day, last_day) = row;
    let corrupt = || StoreError::Corrupt("settlement");
    let format = Format::from_name(&format).ok_or_else(corrupt)?;
    let day = |day: i64| i32::try_from(day).map_err(|_| corrupt());
    let days = match (first_day, last_day) {
        (Some(first), Some(last)) => Some((day(first)?, day(last)?)),
        _ => None,
    };
    // What a date-range file holds of a settlement is a part of it, and sums to no total.
    let balanced = format == Format::DateRange || total.is_none_or(|total| total == sum);
    Ok(Candidate { format, balanced, report_id, chosen_at, days })
}

pub(crate) fn view(row: Row) -> Result<SettlementView> {
    let corrupt = || StoreError::Corrupt("settlement");
    Ok(SettlementView {
        key: SettlementKey(row.0),
        seller_account: SellerAccountId(row.1),
        settlement_id: row.2,
        format: Format::from_name(&row.3).ok_or_else(corrupt)?,
        currency: Currency::parse(&row.4).map_err(|_| corrupt())?,
        start: row.5,
        end: row.6,
        deposit: row.7,
        total: row.8,
        sum: row.9,
        lines: row.10,
        deferred_rows: row.11,
        deferred_amount: row.12,
        state: SettlementState::from_name(&row.13).ok_or_else(corrupt)?,
        file: FileId(row.14),
        file_name: row.15,
    })
}
