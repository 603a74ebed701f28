//! Periods that a person added to the first page: kept per person and business, as the page writes them.

use crate::{
    error::{Result, StoreError, expect_one},
    ids::PersonId,
    tx::{Scoped, exec, fetch_all},
};

impl Scoped<'_> {
    /// The periods a person added, the first added first.
    pub async fn tiles(&mut self, person: PersonId) -> Result<Vec<String>> {
        let rows = fetch_all!(
            (String,),
            self.tx,
            "select period from tile where tenant_id = $1 and person = $2 order by created_at, period",
            self.tenant.0,
            person.0,
        )?;
        Ok(rows.into_iter().map(|(period,)| period).collect())
    }

    /// Adds a period; one that is there already stays as it is. A person with `most` of them gets `Conflict`.
    pub async fn add_tile(&mut self, person: PersonId, period: &str, most: usize, now: i64) -> Result<()> {
        self.lock().await?;
        let known = self.tiles(person).await?;
        if known.iter().any(|one| one == period) {
            return Ok(());
        }
        if known.len() >= most {
            return Err(StoreError::Conflict(format!("There is room for {most} periods. Remove one first.")));
        }
        let added = exec!(
            self.tx,
            "insert into tile (tenant_id, person, period, created_at) values ($1, $2, $3, $4)",
            self.tenant.0,
            person.0,
            period,
            now,
        )?;
        expect_one("tile", added)
    }

    /// Removes a period; one that is gone already is no error.
    pub async fn remove_tile(&mut self, person: PersonId, period: &str) -> Result<()> {
        exec!(
            self.tx,
            "delete from tile where tenant_id = $1 and person = $2 and period = $3",
            self.tenant.0,
            person.0,
            period,
        )
        .map(drop)
    }
}
