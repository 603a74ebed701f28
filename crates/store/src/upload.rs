//! Uploads: a file as it was sent, its import job, and what came of each file inside.

use ecom_ledger::Currency;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{FileId, JobId, SellerAccountId, SettlementKey, UploadId},
    job::NewJob,
    settlement::SettlementState,
    trouble::Trouble,
    tx::{Scoped, exec, fetch_all, fetch_optional},
};

/// The kind of the job that imports an upload; its payload is the upload's id.
pub const IMPORT_JOB: &str = "import";
/// An import that dies this often is given up.
const MOST_ATTEMPTS: i64 = 5;

/// What an upload is.
#[derive(Clone, Debug)]
pub struct NewUpload<'a> {
    /// The account at Amazon it belongs to.
    pub seller_account: SellerAccountId,
    /// File name as sent.
    pub name: &'a str,
    /// Its name in the spool folder.
    pub spool: &'a str,
    /// Its size.
    pub bytes: i64,
}

/// How far an upload is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UploadState {
    /// Waiting for the worker.
    Queued,
    /// Being read.
    Running,
    /// Every file in it has a result.
    Done,
    /// Given up; the results say what was done before.
    Failed,
}

/// An upload as a page shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadView {
    /// Id.
    pub id: UploadId,
    /// File name as sent.
    pub name: String,
    /// Its name in the spool folder; gone once imported.
    pub spool: String,
    /// Its size.
    pub bytes: i64,
    /// When it came.
    pub uploaded_at: i64,
    /// The account at Amazon it belongs to.
    pub seller_account: SellerAccountId,
    /// Its job.
    pub job: JobId,
    /// How far it is.
    pub state: UploadState,
    /// Steps done, of `total`.
    pub done: i64,
    /// 0 until it is known.
    pub total: i64,
    /// What was in the way the last time, if it waits for another try or was given up.
    pub trouble: Option<Trouble>,
    /// When it is tried next, if it waits.
    pub due: i64,
    /// One per file inside, in order.
    pub results: Vec<ImportResult>,
}

/// What came of one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportResult {
    /// File name.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What was noticed.
    pub notes: Vec<String>,
}

/// What came of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the books.
    Imported {
        /// The file.
        file: i64,
        /// Its ledger lines.
        lines: i64,
        /// Its settlements.
        settlements: Vec<ImportedSettlement>,
    },
    /// These bytes were imported before: nothing changed.
    Same {
        /// The file of then.
        file: i64,
    },
    /// It was refused: nothing changed.
    Refused {
        /// Line, column, what is wrong and what to do.
        message: String,
    },
}

/// A settlement as the import found it. Pages ask for its present state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportedSettlement {
    /// Its key; see [`Self::key`].
    pub settlement: i64,
    /// Amazon's id.
    pub settlement_id: String,
    /// Currency code.
    pub currency: String,
    /// Total by the file's head, in minor units.
    pub total: Option<i64>,
    /// Sum of its lines, in minor units.
    pub sum: i64,
    /// Its lines.
    pub lines: i64,
    /// Its state right after the import, as stored.
    pub state: String,
}

impl ImportedSettlement {
    /// Its key.
    pub fn key(&self) -> SettlementKey {
        SettlementKey(self.settlement)
    }

    /// Its state right after the import.
    pub fn state(&self) -> Option<SettlementState> {
        SettlementState::from_name(&self.state)
    }

    /// Its currency.
    pub fn currency(&self) -> Option<Currency> {
        Currency::parse(&self.currency).ok()
    }
}

impl Outcome {
    /// The file, if it is in the books.
    pub fn file(&self) -> Option<FileId> {
        match self {
            Self::Imported { file, .. } | Self::Same { file } => Some(FileId(*file)),
            Self::Refused { .. } => None,
        }
    }
}

type Row = (i64, String, String, i64, i64, i64, i64, String, String, i64, i64, Option<String>, i64);

const SELECT: &str =
    "select u.id, u.name, u.spool, u.bytes, u.uploaded_at, u.seller_account, u.job, u.results, j.state,
        j.progress_done, j.progress_total, j.outcome, j.run_at from upload u join job j on j.id = u.job";

impl Scoped<'_> {
    /// Notes an upload and enqueues its import.
    pub async fn add_upload(&mut self, new: &NewUpload<'_>, now: i64) -> Result<UploadId> {
        self.lock().await?;
        self.expect_seller_account(new.seller_account).await?;
        let id = self.next_id("upload").await?;
        let payload = id.to_string();
        let job = NewJob {
            tenant: Some(self.tenant),
            kind: IMPORT_JOB,
            payload: &payload,
            dedupe: None,
            run_at: now,
            most_attempts: MOST_ATTEMPTS,
        };
        let job = self.tx.platform().enqueue(&job, now).await?.ok_or(StoreError::Missing("job"))?;
        exec!(
            self.tx,
            "insert into upload (tenant_id, id, seller_account, name, spool, bytes, uploaded_at, job, results)
             values ($1, $2, $3, $4, $5, $6, $7, $8, '[]')",
            self.tenant.0,
            id,
            new.seller_account.0,
            new.name,
            new.spool,
            new.bytes,
            now,
            job.0,
        )?;
        Ok(UploadId(id))
    }

    /// The newest uploads, newest first.
    pub async fn uploads(&mut self, most: i64) -> Result<Vec<UploadView>> {
        let text = format!("{SELECT} where u.tenant_id = $1 order by u.id desc limit $2");
        let rows = fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, most)?;
        rows.into_iter().map(view).collect()
    }

    /// One upload.
    pub async fn upload(&mut self, id: UploadId) -> Result<Option<UploadView>> {
        let text = format!("{SELECT} where u.tenant_id = $1 and u.id = $2");
        let row = fetch_optional!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, id.0)?;
        row.map(view).transpose()
    }

    /// Adds the result of a file of an upload, by its place in it from 0. The files are done in their order: a
    /// conflict means that somebody else has done this one meanwhile, since the lease was lost.
    pub async fn add_result(&mut self, id: UploadId, place: usize, result: &ImportResult) -> Result<()> {
        self.lock().await?;
        let upload = self.upload(id).await?.ok_or(StoreError::Missing("upload"))?;
        let mut results = upload.results;
        if results.len() != place {
            return Err(StoreError::Conflict(format!("file {place} of upload {id} is not the next one")));
        }
        results.push(result.clone());
        let text = serde_json::to_string(&results).map_err(|_| StoreError::Corrupt("upload"))?;
        let changed = exec!(
            self.tx,
            "update upload set results = $3 where tenant_id = $1 and id = $2",
            self.tenant.0,
            id.0,
            text,
        )?;
        expect_one("upload", changed)
    }

    /// Spool names of uploads that are not imported yet: their files must stay.
    pub async fn spooled(&mut self) -> Result<Vec<String>> {
        let rows = fetch_all!(
            (String,),
            self.tx,
            "select u.spool from upload u join job j on j.id = u.job
             where u.tenant_id = $1 and j.state in ('queued', 'running')",
            self.tenant.0,
        )?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }
}

fn view(row: Row) -> Result<UploadView> {
    let (id, name, spool, bytes, uploaded_at, seller_account, job, results, state, done, total, outcome, due) =
        row;
    let state = match state.as_str() {
        "queued" => UploadState::Queued,
        "running" => UploadState::Running,
        "done" => UploadState::Done,
        _ => UploadState::Failed,
    };
    // A job that waits without an outcome was not tried yet, or was given back unharmed.
    let stopped = state == UploadState::Failed || (state == UploadState::Queued && outcome.is_some());
    Ok(UploadView {
        id: UploadId(id),
        name,
        spool,
        bytes,
        uploaded_at,
        seller_account: SellerAccountId(seller_account),
        job: JobId(job),
        state,
        done,
        total,
        trouble: stopped.then(|| Trouble::from_outcome(outcome.as_deref())),
        due,
        results: serde_json::from_str(&results).map_err(|_| StoreError::Corrupt("upload"))?,
    })
}
