//! Jobs as pages see them: how far each is, and what came of it.

use crate::{
    error::Result,
    ids::{JobId, TenantId},
    tx::{Platform, fetch_all, fetch_optional},
};

/// A job as a page shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobView {
    /// The job.
    pub id: JobId,
    /// Which handler does it.
    pub kind: String,
    /// What the handler needs.
    pub payload: String,
    /// `queued`, `running`, `done` or `failed`.
    pub state: String,
    /// How much is done, of `total`.
    pub done: i64,
    /// 0 if unknown.
    pub total: i64,
    /// What came out, as the handler wrote it.
    pub outcome: Option<String>,
    /// When it was enqueued.
    pub created_at: i64,
}

impl Platform<'_> {
    /// The newest jobs of a tenant and kind, newest first.
    pub async fn jobs(&mut self, tenant: TenantId, kind: &str, most: i64) -> Result<Vec<JobView>> {
        let rows = fetch_all!(
            Row,
            self.tx,
            "select id, kind, payload, state, progress_done, progress_total, outcome, created_at from job
             where tenant = $1 and kind = $2 order by id desc limit $3",
            tenant.0,
            kind,
            most,
        )?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// The newest job of each payload of a kind, the newest first: how each thing's job stands.
    pub async fn newest_jobs(&mut self, tenant: TenantId, kind: &str) -> Result<Vec<JobView>> {
        let rows = fetch_all!(
            Row,
            self.tx,
            "select id, kind, payload, state, progress_done, progress_total, outcome, created_at from job
             where id in (select max(id) from job where tenant = $1 and kind = $2 group by payload)
             order by id desc",
            tenant.0,
            kind,
        )?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// The newest job with a key of its own, finished or not.
    pub(crate) async fn job_with_key(&mut self, dedupe: &str) -> Result<Option<JobView>> {
        let row = fetch_optional!(
            Row,
            self.tx,
            "select id, kind, payload, state, progress_done, progress_total, outcome, created_at from job
             where dedupe = $1 order by id desc limit 1",
            dedupe,
        )?;
        Ok(row.map(view))
    }

    /// One job of a tenant.
    pub async fn job(&mut self, tenant: TenantId, id: JobId) -> Result<Option<JobView>> {
        let row = fetch_optional!(
            Row,
            self.tx,
            "select id, kind, payload, state, progress_done, progress_total, outcome, created_at from job
             where tenant = $1 and id = $2",
            tenant.0,
            id.0,
        )?;
        Ok(row.map(view))
    }
}

type Row = (i64, String, String, String, i64, i64, Option<String>, i64);

fn view((id, kind, payload, state, done, total, outcome, created_at): Row) -> JobView {
    JobView { id: JobId(id), kind, payload, state, done, total, outcome, created_at }
}
