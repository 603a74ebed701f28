//! Sealing anew what older generations of a key have sealed, so that they can be destroyed. Every step may be
//! repeated, and several processes may do it at the same time: a value is replaced only if it is still the old one.

use ecom_vault::{KeyRing, SystemEntropy};

use crate::{
    db::Db,
    error::{Result, StoreError},
    ids::{FileId, TenantId},
    job::{JobView, NewJob},
    keys::{Keys, PLATFORM},
    migrate::MIGRATIONS,
    sealed::{Owner, SEALED, SealedColumn, raise_gate},
    tx::{Platform, Scoped, Tx, exec, fetch_all, fetch_one},
};

/// Kind of the job that seals anew; its payload is the tenant's number.
pub const RESEAL_JOB: &str = "reseal";
/// After this many failures somebody must look.
const MOST_ATTEMPTS: i64 = 12;
/// Values sealed anew in one transaction.
const BATCH: i64 = 200;

/// A file whose original is sealed with an older generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StaleFile {
    /// The file.
    pub file: FileId,
    /// Size of the original in bytes.
    pub bytes: i64,
}

/// Replaces a tenant's key: the new generation seals from now on, and a job seals anew what the older ones have
/// sealed, then destroys them. Gives the new generation. [`PLATFORM`] has keys too.
pub async fn rotate_key(db: &Db, keys: &Keys, tenant: TenantId, now: i64) -> Result<i64> {
    let generation = keys.rotate(tenant, now).await?;
    // A death here is made up for by `resume_rotations`; until then both generations seal and open.
    begin(db, tenant, generation, now).await?;
    Ok(generation)
}

/// Sees to it that each rotation that has not ended has its job; gives how many needed one.
pub async fn resume_rotations(db: &Db, keys: &Keys, now: i64) -> Result<usize> {
    let mut begun = 0;
    for (tenant, generation) in keys.rotating().await? {
        begun += usize::from(begin(db, tenant, generation, now).await?);
    }
    Ok(begun)
}

/// Shuts the gate for older generations and enqueues the job, unless it waits or runs already.
async fn begin(db: &Db, tenant: TenantId, generation: i64, now: i64) -> Result<bool> {
    // One for each generation: a job that is about to end must not stand for the next rotation.
    let dedupe = job_key(tenant, generation);
    let payload = tenant.to_string();
    let job = NewJob {
        // The platform itself is no business.
        tenant: (tenant != PLATFORM).then_some(tenant),
        kind: RESEAL_JOB,
        payload: &payload,
        dedupe: Some(&dedupe),
        run_at: now,
        most_attempts: MOST_ATTEMPTS,
    };
    let mut tx = db.write().await?;
    raise_gate(&mut tx, tenant, generation).await?;
    let enqueued = tx.platform().enqueue(&job, now).await?;
    tx.commit().await?;
    Ok(enqueued.is_some())
}

fn job_key(tenant: TenantId, generation: i64) -> String {
    format!("{RESEAL_JOB}:{tenant}:{generation}")
}

/// Seals anew all values of a column that belong to the owner of the keys; gives how many.
pub async fn reseal_column(db: &Db, ring: &KeyRing, column: &SealedColumn) -> Result<u64> {
    let mut count = 0;
    loop {
        let mut tx = db.write().await?;
        let (found, changed) = reseal_batch(&mut tx, ring, column).await?;
        tx.commit().await?;
        count += changed;
        // What another process changed meanwhile is fresh: it is not found again.
        if found < BATCH {
            return Ok(count);
        }
    }
}

async fn reseal_batch(tx: &mut Tx, ring: &KeyRing, column: &SealedColumn) -> Result<(i64, u64)> {
    let tenant = TenantId(ring.tenant());
    let (SealedColumn { table, column: name, .. }, row) = (column, column.row());
    let mut rows = Vec::new();
    if owns(column, tenant) {
        let whose = scope(tx, column.owner, tenant).await?;
        let text = format!(
            "select {row}, {name} from {table} where {whose} and substr({name}, 1, 17) <> $2 order by 1 limit $3"
        );
        let fresh = ring.id().mark().to_vec();
        rows = fetch_all!(
            (String, Vec<u8>),
            &mut *tx,
            sqlx::AssertSqlSafe(text.as_str()),
            tenant.0,
            fresh,
            BATCH
        )?;
    }
    let found = i64::try_from(rows.len()).unwrap_or(BATCH);
    let (keys, mut changed) = (ring.secret(), 0);
    for (key, old) in rows {
        let at = column.at(tenant, &key);
        let value = keys
            .open(&at, &old)
            .map_err(|error| StoreError::Conflict(format!("a value of {table}.{name}: {error}")))?;
        let new = keys.seal(&mut SystemEntropy, &at, value.expose())?;
        let whose = scope(tx, column.owner, tenant).await?;
        let text = format!("update {table} set {name} = $2 where {whose} and {row} = $3 and {name} = $4");
        changed += exec!(&mut *tx, sqlx::AssertSqlSafe(text.as_str()), tenant.0, new, key.as_str(), old)?;
    }
    Ok((found, changed))
}

/// Columns that the keys of an owner seal.
pub fn sealed_columns(tenant: TenantId) -> impl Iterator<Item = &'static SealedColumn> {
    SEALED.iter().copied().filter(move |column| owns(column, tenant))
}

fn owns(column: &SealedColumn, tenant: TenantId) -> bool {
    (column.owner == Owner::Platform) == (tenant == PLATFORM)
}

/// The condition for an owner's rows, where `$1` is the owner's number. Row-level security needs the tenant set.
async fn scope(tx: &mut Tx, owner: Owner, tenant: TenantId) -> Result<&'static str> {
    match owner {
        Owner::Tenant => {
            tx.scoped(tenant).await?;
            Ok("tenant_id = $1")
        }
        // The platform's own rows are all; the number is mentioned so that both conditions take it.
        Owner::Platform => Ok("$1 = 0"),
    }
}

/// What still carries the mark of an older generation, in any column of bytes of the whole schema: `table.column` and
/// how many. A sealed column that nobody registered is found here, before its key is destroyed.
pub async fn left_behind(db: &Db, ring: &KeyRing) -> Result<Vec<(String, i64)>> {
    let tenant = TenantId(ring.tenant());
    let mut left = Vec::new();
    let mut tx = db.read().await?;
    for (_, id) in ring.generations().skip(1) {
        for (table, column, scoped) in byte_columns(MIGRATIONS) {
            if scoped && tenant == PLATFORM {
                continue;
            }
            let whose = scope(&mut tx, if scoped { Owner::Tenant } else { Owner::Platform }, tenant).await?;
            let whose = if scoped { whose } else { "$1 = $1" };
            let text = format!("select count(*) from {table} where {whose} and substr({column}, 1, 17) = $2");
            let (count,) = fetch_one!(
                (i64,),
                &mut tx,
                sqlx::AssertSqlSafe(text.as_str()),
                tenant.0,
                id.mark().to_vec()
            )?;
            if count > 0 {
                left.push((format!("{table}.{column}"), count));
            }
        }
    }
    if tenant != PLATFORM {
        let stale = tx.scoped(tenant).await?.stale_files(ring.generation()).await?.len();
        if stale > 0 {
            left.push(("file.archive_id".to_owned(), i64::try_from(stale).unwrap_or(i64::MAX)));
        }
    }
    Ok(left)
}

/// Table, column and whether the table belongs to tenants, of every column of bytes that migrations make.
fn byte_columns(migrations: &[&'static str]) -> Vec<(&'static str, &'static str, bool)> {
    let mut found = Vec::new();
    let mut scoped: Vec<&'static str> = Vec::new();
    for migration in migrations {
        let mut table = "";
        for line in migration.lines() {
            let mut words = line.split_whitespace();
            match (words.next(), words.next(), words.next()) {
                (Some("create" | "alter"), Some("table"), Some(name)) => table = name,
                (Some("tenant_id"), Some("integer"), _) if line.starts_with("    ") => scoped.push(table),
                (Some(column), Some(kind), _)
                    if line.starts_with("    ") && kind.trim_end_matches(',') == "blob" =>
                {
                    found.push((table, column, false));
                }
                _ => {}
            }
        }
    }
    for (table, _, is_scoped) in &mut found {
        *is_scoped = scoped.contains(table);
    }
    found
}

impl Platform<'_> {
    /// The job that brings a generation of a tenant's key into use everywhere.
    pub async fn rotation(&mut self, tenant: TenantId, generation: i64) -> Result<Option<JobView>> {
        self.job_with_key(&job_key(tenant, generation)).await
    }
}

impl Scoped<'_> {
    /// Files whose originals are sealed with a generation before one.
    pub async fn stale_files(&mut self, generation: i64) -> Result<Vec<StaleFile>> {
        let rows = fetch_all!(
            (i64, i64),
            self.tx,
            "select id, bytes from file where tenant_id = $1 and key_generation < $2 order by id",
            self.tenant.0,
            generation,
        )?;
        Ok(rows.into_iter().map(|(id, bytes)| StaleFile { file: FileId(id), bytes }).collect())
    }
}

impl Keys {
    /// Destroys the older generations of a ring, if nothing needs them any more; says what does.
    pub async fn retire_all(&self, db: &Db, ring: &KeyRing) -> Result<()> {
        let left = left_behind(db, ring).await?;
        if !left.is_empty() {
            let places: Vec<String> =
                left.iter().map(|(place, count)| format!("{place} ({count})")).collect();
            return Err(StoreError::Conflict(format!(
                "an older key is still needed by {}",
                places.join(", ")
            )));
        }
        self.retire(TenantId(ring.tenant()), ring.generation()).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Columns that migrations class as sealed.
    fn classed_sealed(migrations: &[&str]) -> BTreeSet<(String, String)> {
        let (mut found, mut table) = (BTreeSet::new(), "");
        for line in migrations.iter().flat_map(|migration| migration.lines()) {
            let mut words = line.split_whitespace();
            if let (Some("create" | "alter"), Some("table"), Some(name)) =
                (words.next(), words.next(), words.next())
            {
                table = name;
            }
            let class = line.split(" -- ").nth(1).unwrap_or_default();
            if class.split('/').nth(1) == Some("sealed") {
                let column = line.split_whitespace().next().unwrap();
                found.insert((table.to_owned(), column.to_owned()));
            }
        }
        found
    }

    fn registered() -> BTreeSet<(String, String)> {
        SEALED.iter().map(|column| (column.table.to_owned(), column.column.to_owned())).collect()
    }

    #[test]
    fn every_sealed_column_is_registered_and_every_registered_one_is_classed_as_sealed() {
        assert_eq!(classed_sealed(MIGRATIONS), registered());
        let forgotten = "create table t (\n    token blob not null -- customer/sealed/account\n) strict;\n";
        let mut more = MIGRATIONS.to_vec();
        more.push(forgotten);
        assert_ne!(classed_sealed(&more), registered(), "a forgotten column must be noticed");
    }

    #[test]
    fn a_sealed_column_holds_bytes_and_stands_in_a_table_of_its_owner() {
        for column in SEALED {
            let found = byte_columns(MIGRATIONS);
            let (_, _, scoped) =
                *found.iter().find(|it| (it.0, it.1) == (column.table, column.column)).unwrap();
            assert_eq!(scoped, column.owner == Owner::Tenant, "{}", column.table);
        }
    }

    #[test]
    fn columns_of_bytes_are_found_in_tables_made_and_changed() {
        let first = "create table a (\n    tenant_id integer not null, -- x/x/x\n    it blob not null, -- x/x/x\n    no text\n) strict;\n";
        let second = "create table b (\n    id blob primary key -- x/x/x\n) strict;\nalter table a add column\n    more blob; -- x/x/x\n";
        assert_eq!(
            byte_columns(&[first, second]),
            [("a", "it", true), ("b", "id", false), ("a", "more", true)]
        );
    }
}
