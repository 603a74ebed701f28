//! Sealed values in columns: bound to tenant, table, column and row, so that one copied elsewhere does not open.
//!
//! [`SEALED`] names every column that holds them, so that a rotation of keys seals each anew. Sealing goes through an
//! open transaction, which refuses keys that a rotation has overtaken: nothing is sealed behind its back.

use ecom_vault::{Aad, KeyRing, SecretBytes, SystemEntropy};

use crate::{
    error::{Result, StoreError},
    ids::TenantId,
    keys::PLATFORM,
    tx::{Platform, Scoped, Turn, Tx, exec, fetch_optional},
};

/// Whose keys seal a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// Those of the tenant whose row it is.
    Tenant,
    /// Those of the platform itself: the table belongs to no tenant.
    Platform,
}

/// A column of sealed values. Only those of [`SEALED`] exist.
#[derive(PartialEq, Eq, Debug)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The column, of type `blob`.
    pub column: &'static str,
    /// The row's key as a text, in SQL: what is given as `row` when a value is sealed. Different rows of a tenant
    /// have different texts.
    row: &'static str,
    /// Whose keys seal it.
    pub owner: Owner,
}

/// Secrets of a business that need no table of their own.
pub const SECRET: SealedColumn = SealedColumn {
    table: "secret",
    column: "value",
    row: "kind || '/' || cast(subject as text)",
    owner: Owner::Tenant,
};

/// Secrets of a person, such as a second factor.
pub const PERSON_SECRET: SealedColumn = SealedColumn {
    table: "person_secret",
    column: "value",
    row: "kind || '/' || cast(person as text)",
    owner: Owner::Platform,
};

/// Every column of sealed values. A column whose class in the migration says `sealed` and that is missing here, or the
/// other way round, fails a test; a value found elsewhere keeps its key from being destroyed.
pub const SEALED: &[&SealedColumn] = &[&SECRET, &PERSON_SECRET];

impl SealedColumn {
    /// SQL that gives the row's key as text.
    pub(crate) fn row(&self) -> &'static str {
        self.row
    }

    pub(crate) fn at<'a>(&self, tenant: TenantId, row: &'a str) -> Aad<'a> {
        Aad { tenant: tenant.0, table: self.table, column: self.column, row }
    }

    fn seal(&self, ring: &KeyRing, row: &str, value: &[u8]) -> Result<Vec<u8>> {
        let at = self.at(TenantId(ring.tenant()), row);
        Ok(ring.secret().seal(&mut SystemEntropy, &at, value)?)
    }

    fn open(&self, ring: &KeyRing, row: &str, sealed: &[u8]) -> Result<SecretBytes> {
        Ok(ring.secret().open(&self.at(TenantId(ring.tenant()), row), sealed)?)
    }
}

/// Waits for a rotation of a tenant's keys, or lets it wait for the end of this transaction. SQLite has one writer.
async fn lock(tx: &mut Tx, tenant: TenantId) -> Result<()> {
    let turn = if tenant == PLATFORM { Turn::PlatformKeys } else { Turn::Books(tenant) };
    turn.wait(tx).await
}

/// Refuses keys that are not the tenant's, and those that a rotation has overtaken since they were fetched.
pub(crate) async fn admit(tx: &mut Tx, tenant: TenantId, ring: &KeyRing) -> Result<()> {
    if ring.tenant() != tenant.0 {
        return Err(StoreError::Missing("key of the business"));
    }
    lock(tx, tenant).await?;
    let gate = fetch_optional!((i64,), tx, "select least from key_gate where tenant = $1", tenant.0)?;
    match gate {
        Some((least,)) if least > ring.generation() => {
            Err(StoreError::Conflict("the keys of this business were just replaced; try again".to_owned()))
        }
        _ => Ok(()),
    }
}

/// From the end of this transaction on, only a generation and newer ones may seal.
pub(crate) async fn raise_gate(tx: &mut Tx, tenant: TenantId, least: i64) -> Result<()> {
    lock(tx, tenant).await?;
    exec!(
        tx,
        "insert into key_gate (tenant, least) values ($1, $2)
         on conflict (tenant) do update set least = excluded.least where key_gate.least < excluded.least",
        tenant.0,
        least,
    )
    .map(drop)
}

impl Scoped<'_> {
    /// Seals a value for a row of a column of this tenant, to be stored in this transaction. `Conflict` if the keys
    /// were replaced since they were fetched.
    pub async fn seal(
        &mut self,
        ring: &KeyRing,
        column: &SealedColumn,
        row: &str,
        value: &[u8],
    ) -> Result<Vec<u8>> {
        expect_owner(column, Owner::Tenant)?;
        admit(self.tx, self.tenant, ring).await?;
        column.seal(ring, row, value)
    }

    /// Opens a value where it stands.
    pub fn open(
        &self,
        ring: &KeyRing,
        column: &SealedColumn,
        row: &str,
        sealed: &[u8],
    ) -> Result<SecretBytes> {
        expect_owner(column, Owner::Tenant)?;
        if ring.tenant() != self.tenant.0 {
            return Err(StoreError::Missing("key of the business"));
        }
        column.open(ring, row, sealed)
    }

    /// Keeps a secret of the business, in the place of one that was there. `kind` is a name of the program's own, such
    /// as `connection.refresh_token`, `subject` the number of what it belongs to.
    pub async fn put_secret(
        &mut self,
        ring: &KeyRing,
        kind: &'static str,
        subject: i64,
        value: &[u8],
        now: i64,
    ) -> Result<()> {
        let sealed = self.seal(ring, &SECRET, &row(kind, subject), value).await?;
        exec!(
            self.tx,
            "insert into secret (tenant_id, kind, subject, value, written_at) values ($1, $2, $3, $4, $5)
             on conflict (tenant_id, kind, subject) do update set value = excluded.value, written_at = excluded.written_at",
            self.tenant.0,
            kind,
            subject,
            sealed,
            now,
        )
        .map(drop)
    }

    /// A secret of the business, if it is there.
    pub async fn secret(
        &mut self,
        ring: &KeyRing,
        kind: &'static str,
        subject: i64,
    ) -> Result<Option<SecretBytes>> {
        let found = fetch_optional!(
            (Vec<u8>,),
            self.tx,
            "select value from secret where tenant_id = $1 and kind = $2 and subject = $3",
            self.tenant.0,
            kind,
            subject,
        )?;
        found.map(|(sealed,)| self.open(ring, &SECRET, &row(kind, subject), &sealed)).transpose()
    }

    /// Forgets a secret; false if there was none.
    pub async fn forget_secret(&mut self, kind: &'static str, subject: i64) -> Result<bool> {
        let gone = exec!(
            self.tx,
            "delete from secret where tenant_id = $1 and kind = $2 and subject = $3",
            self.tenant.0,
            kind,
            subject,
        )?;
        Ok(gone == 1)
    }
}

impl Platform<'_> {
    /// Seals a value for a row of a column of the platform, with the keys of [`PLATFORM`], to be stored in this
    /// transaction.
    pub async fn seal(
        &mut self,
        ring: &KeyRing,
        column: &SealedColumn,
        row: &str,
        value: &[u8],
    ) -> Result<Vec<u8>> {
        expect_owner(column, Owner::Platform)?;
        admit(self.tx, PLATFORM, ring).await?;
        column.seal(ring, row, value)
    }

    /// Opens a value where it stands.
    pub fn open(
        &self,
        ring: &KeyRing,
        column: &SealedColumn,
        row: &str,
        sealed: &[u8],
    ) -> Result<SecretBytes> {
        expect_owner(column, Owner::Platform)?;
        if ring.tenant() != PLATFORM.0 {
            return Err(StoreError::Missing("key of the platform"));
        }
        column.open(ring, row, sealed)
    }

    /// Keeps a secret of a person, in the place of one that was there.
    pub async fn put_person_secret(
        &mut self,
        ring: &KeyRing,
        person: crate::PersonId,
        kind: &'static str,
        value: &[u8],
        now: i64,
    ) -> Result<()> {
        let sealed = self.seal(ring, &PERSON_SECRET, &row(kind, person.0), value).await?;
        exec!(
            self.tx,
            "insert into person_secret (person, kind, value, written_at) values ($1, $2, $3, $4)
             on conflict (person, kind) do update set value = excluded.value, written_at = excluded.written_at",
            person.0,
            kind,
            sealed,
            now,
        )
        .map(drop)
    }

    /// A secret of a person, if it is there.
    pub async fn person_secret(
        &mut self,
        ring: &KeyRing,
        person: crate::PersonId,
        kind: &'static str,
    ) -> Result<Option<SecretBytes>> {
        let found = fetch_optional!(
            (Vec<u8>,),
            self.tx,
            "select value from person_secret where person = $1 and kind = $2",
            person.0,
            kind,
        )?;
        found.map(|(sealed,)| self.open(ring, &PERSON_SECRET, &row(kind, person.0), &sealed)).transpose()
    }

    /// Forgets a secret of a person; false if there was none.
    pub async fn forget_person_secret(
        &mut self,
        person: crate::PersonId,
        kind: &'static str,
    ) -> Result<bool> {
        let gone =
            exec!(self.tx, "delete from person_secret where person = $1 and kind = $2", person.0, kind,)?;
        Ok(gone == 1)
    }
}

/// As the columns' `row` says it in SQL.
fn row(kind: &str, number: i64) -> String {
    format!("{kind}/{number}")
}

fn expect_owner(column: &SealedColumn, owner: Owner) -> Result<()> {
    if column.owner == owner { Ok(()) } else { Err(StoreError::Corrupt(column.table)) }
}
