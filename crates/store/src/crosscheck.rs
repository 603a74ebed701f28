//! Check F6: what date-range files hold of a settlement, against the flat file or XML that is in the books.

use ecom_ledger::{
    Error,
    chain::Carried,
    settlement::{Format, remainder_of},
    standing::{self, Standing},
};

use crate::{
    error::{Result, StoreError},
    ids::SettlementKey,
    settlement::{CandidateRow, SettlementState, candidate},
    tx::{Scoped, fetch_all},
};

/// A settlement and what date-range files hold of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crosscheck {
    /// The settlement in a flat file or XML.
    pub full: SettlementKey,
    /// How many date-range files were compared with it: each holds a part, on days of its own.
    pub files: usize,
    /// What their rows sum to, in minor units.
    pub reported: i64,
    /// What that is beyond the settlement without its reserve and carried balance; 0 if they agree.
    pub remainder: i64,
}

/// A version of the settlement: key, state, reserve released, reserve held, carried, and what decides.
type Row = (i64, String, i64, i64, i64, CandidateRow);

impl Scoped<'_> {
    /// Compares a settlement with the other kind of file of the same id. None if only one kind is there, or if no
    /// flat file or XML of it balances.
    pub async fn crosscheck(&mut self, key: SettlementKey) -> Result<Option<Crosscheck>> {
        let rows = self.standing_versions(key).await?;
        let parts: Vec<&Row> = rows.iter().filter(|row| is_date_range(row)).collect();
        let Some(asked) = rows.iter().find(|row| row.0 == key.0) else { return Ok(None) };
        let full = if is_date_range(asked) {
            let active = |row: &&Row| !is_date_range(row) && row.1 == SettlementState::Active.name();
            rows.iter().find(active)
        } else {
            Some(asked)
        };
        let Some(full) = full.filter(|_| !parts.is_empty()) else { return Ok(None) };
        let parts = together(&parts, asked)?;
        let mut sums = parts.iter().map(|row| row.5.3);
        let reported = sums.try_fold(0_i64, i64::checked_add).ok_or(Error::Overflow)?;
        let carried = Carried { previous_reserve: full.2, current_reserve: full.3, payable: full.4 };
        let remainder = remainder_of(reported, full.5.2.unwrap_or(full.5.3), &carried)?;
        Ok(Some(Crosscheck { full: SettlementKey(full.0), files: parts.len(), reported, remainder }))
    }

    async fn standing_versions(&mut self, key: SettlementKey) -> Result<Vec<Row>> {
        type Flat = (
            i64,
            String,
            i64,
            i64,
            i64,
            String,
            Option<i64>,
            i64,
            Option<i64>,
            Option<i64>,
            Option<i64>,
            Option<i64>,
        );
        let rows = fetch_all!(
            Flat,
            self.tx,
            "select s.id, s.state, s.previous_reserve, s.current_reserve, s.payable, s.format, s.total, s.sum,
                    f.report_id, s.chosen_at, s.first_day, s.last_day
             from settlement o
             join settlement s on s.tenant_id = o.tenant_id and s.seller_account = o.seller_account
                 and s.settlement_id = o.settlement_id
             join file f on f.tenant_id = s.tenant_id and f.id = s.file
             where o.tenant_id = $1 and o.id = $2 and s.state <> 'withdrawn' order by s.id",
            self.tenant.0,
            key.0,
        )?;
        let row =
            |(id, state, released, held, carried, format, total, sum, report, chosen, first, last): Flat| {
                (id, state, released, held, carried, (id, format, total, sum, report, chosen, first, last))
            };
        Ok(rows.into_iter().map(row).collect())
    }
}

fn is_date_range(row: &Row) -> bool {
    row.5.1 == Format::DateRange.name()
}

/// Of date-range files those that would feed the settlement together; the asked one alone if it is another.
fn together<'a>(parts: &[&'a Row], asked: &'a Row) -> Result<Vec<&'a Row>> {
    let candidates = parts.iter().map(|row| candidate(row.5.clone())).collect::<Result<Vec<_>>>()?;
    let standings = standing::decide(&candidates);
    let chosen = parts.iter().zip(standings).filter(|(_, standing)| *standing == Standing::Active);
    let chosen: Vec<&Row> = chosen.map(|(row, _)| *row).collect();
    let others = is_date_range(asked) && !chosen.iter().any(|row| row.0 == asked.0);
    if chosen.is_empty() {
        return Err(StoreError::Corrupt("settlement"));
    }
    Ok(if others { vec![asked] } else { chosen })
}
