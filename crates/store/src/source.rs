//! Files that figures rest on, with the fingerprint under which their originals are archived.

use ecom_ledger::settlement::Format;

use crate::{
    error::{Result, StoreError},
    figures::Filter,
    ids::FileId,
    tx::{Scoped, fetch_all},
};

/// A file as it was imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// Its id.
    pub id: FileId,
    /// Its name.
    pub name: String,
    /// Kind of file.
    pub format: Format,
    /// HMAC-SHA-256 of the decompressed original under a key of the business, in hexadecimal digits: the same file has
    /// the same, however it was packed or named.
    pub fingerprint: String,
    /// Size of the decompressed original.
    pub bytes: i64,
    /// Its lines, header included.
    pub lines: i64,
    /// When it came in, in microseconds since 1970-01-01 UTC.
    pub uploaded_at: i64,
}

type Row = (i64, String, String, Vec<u8>, i64, i64, i64);

impl Scoped<'_> {
    /// The files of active settlements with lines in the filter's days.
    pub async fn source_files(&mut self, filter: &Filter) -> Result<Vec<SourceFile>> {
        let text = format!(
            "select f.id, f.name, f.format, f.fingerprint, f.bytes, f.lines, f.uploaded_at from file f
             where f.tenant_id = $1 and f.id in (select s.file from settlement s
                 where s.tenant_id = $1 and s.state = 'active' and s.last_day >= $2 and s.first_day <= $3 {})
             order by f.id",
            filter.narrow("s")
        );
        let (from, to) = (i64::from(filter.from), i64::from(filter.to));
        let rows = fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, from, to)?;
        rows.into_iter().map(view).collect()
    }
}

fn view((id, name, format, fingerprint, bytes, lines, uploaded_at): Row) -> Result<SourceFile> {
    let fingerprint = ecom_vault::to_hex(&fingerprint);
    let format = Format::from_name(&format).ok_or(StoreError::Corrupt("file"))?;
    Ok(SourceFile { id: FileId(id), name, format, fingerprint, bytes, lines, uploaded_at })
}
