//! The list of files page by page: what is in the books or was, with the settlements in each.

use std::collections::BTreeMap;

use ecom_ledger::{Currency, settlement::Format};
use sqlx::AssertSqlSafe;

use crate::{
    error::{Result, StoreError},
    ids::{FileId, SellerAccountId, SettlementKey},
    settlement::SettlementState,
    tx::{Scoped, fetch_all, fetch_one},
};

/// A file that was imported, by whatever way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileView {
    /// Id.
    pub id: FileId,
    /// The account at Amazon it belongs to.
    pub seller_account: SellerAccountId,
    /// Its name.
    pub name: String,
    /// Kind of file.
    pub format: Format,
    /// Its size, decompressed.
    pub bytes: i64,
    /// When it came.
    pub imported_at: i64,
    /// Whether its import was withdrawn.
    pub withdrawn: bool,
    /// Its settlements, in the order of the file.
    pub settlements: Vec<FileSettlement>,
}

/// A settlement of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileSettlement {
    /// Its key.
    pub key: SettlementKey,
    /// Amazon's id.
    pub settlement_id: String,
    /// Currency of its amounts.
    pub currency: Currency,
    /// What became of it.
    pub state: SettlementState,
    /// Its lines.
    pub lines: i64,
    /// Start and end of its period, microseconds UTC.
    pub period: Option<(i64, i64)>,
    /// First and last day of its lines.
    pub days: Option<(i32, i32)>,
}

/// Files of one page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilePage {
    /// The files, the newest first.
    pub rows: Vec<FileView>,
    /// How many there are in all.
    pub files: i64,
    /// Which page they are, from 1: the last one if a later was asked for.
    pub page: i64,
    /// How many pages there are, at least 1.
    pub pages: i64,
}

type FileRow = (i64, i64, String, String, i64, i64, String);
type PartRow = (i64, i64, String, String, String, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

impl Scoped<'_> {
    /// A page of all files, those withdrawn too.
    pub async fn file_page(&mut self, page: i64, size: i64) -> Result<FilePage> {
        let size = size.max(1);
        let (files,) =
            fetch_one!((i64,), self.tx, "select count(*) from file where tenant_id = $1", self.tenant.0)?;
        let pages = ((files + size - 1) / size).max(1);
        let page = page.clamp(1, pages);
        let rows = fetch_all!(
            FileRow,
            self.tx,
            "select id, seller_account, name, format, bytes, uploaded_at, state from file
             where tenant_id = $1 order by id desc limit $2 offset $3",
            self.tenant.0,
            size,
            (page - 1) * size,
        )?;
        let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
        let mut parts = self.parts(&ids).await?;
        let rows = rows.into_iter().map(|row| file(row, &mut parts)).collect::<Result<_>>()?;
        Ok(FilePage { rows, files, page, pages })
    }

    /// The settlements of some files.
    async fn parts(&mut self, files: &[i64]) -> Result<BTreeMap<i64, Vec<FileSettlement>>> {
        let mut parts: BTreeMap<i64, Vec<FileSettlement>> = BTreeMap::new();
        if files.is_empty() {
            return Ok(parts);
        }
        let ids = files.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let text = format!(
            "select file, id, settlement_id, currency, state, lines, start_at, end_at, first_day, last_day
             from settlement where tenant_id = $1 and file in ({ids}) order by id"
        );
        for row in fetch_all!(PartRow, self.tx, AssertSqlSafe(text.as_str()), self.tenant.0)? {
            parts.entry(row.0).or_default().push(part(row)?);
        }
        Ok(parts)
    }
}

fn file(row: FileRow, parts: &mut BTreeMap<i64, Vec<FileSettlement>>) -> Result<FileView> {
    let (id, seller_account, name, format, bytes, imported_at, state) = row;
    Ok(FileView {
        id: FileId(id),
        seller_account: SellerAccountId(seller_account),
        name,
        format: Format::from_name(&format).ok_or(StoreError::Corrupt("file"))?,
        bytes,
        imported_at,
        withdrawn: state == "withdrawn",
        settlements: parts.remove(&id).unwrap_or_default(),
    })
}

fn part(
    (_, key, settlement_id, currency, state, lines, start, end, first, last): PartRow,
) -> Result<FileSettlement> {
    let corrupt = || StoreError::Corrupt("settlement");
    let day = |day: i64| i32::try_from(day).map_err(|_| corrupt());
    let days = first.zip(last).map(|(first, last)| Ok::<_, StoreError>((day(first)?, day(last)?)));
    Ok(FileSettlement {
        key: SettlementKey(key),
        settlement_id,
        currency: Currency::parse(&currency).map_err(|_| corrupt())?,
        state: SettlementState::from_name(&state).ok_or_else(corrupt)?,
        lines,
        period: start.zip(end),
        days: days.transpose()?,
    })
}
