//! Importing a file: read and checked before the writer is taken, archived, then one transaction for lines, rollups
//! and the file's row. Either all of it is there or nothing; the same bytes twice change nothing.

use std::{
    io::Read,
    sync::{Arc, atomic::AtomicU64},
};

use ecom_ledger::{
    Refusal, books,
    chain::Carried,
    settlement::{self, Options, Report, Settlement},
};
use ecom_vault::{Entropy, Fingerprint, Fingerprinter, KeyRing, SystemEntropy};

use crate::{
    archive::{Archive, ArchiveId, Placed},
    audit::Doer,
    audit_action::Action,
    counted::{Hashed, counted},
    db::Db,
    error::{Result, StoreError},
    feed,
    ids::{FileId, SellerAccountId, SettlementKey, TenantId, UploadId},
    label_rule::{self, LabelRuleView},
    sealed::admit,
    settlement::SettlementState,
    tx::{Scoped, Tx, exec, fetch_optional},
    upload::{ImportResult, ImportedSettlement, Outcome},
};

/// Opens the decompressed bytes of a file from their start; called three times: to read, to archive, to store.
pub type Opener = Arc<dyn Fn() -> std::result::Result<Box<dyn Read + Send>, Refusal> + Send + Sync>;

/// What imports need besides the file.
#[derive(Clone)]
pub struct Importer {
    /// The database.
    pub db: Db,
    /// Where originals are kept.
    pub archive: Archive,
    /// How files are read; each tenant's own rules come before its taxonomy, and its tax settings take their place.
    pub options: Options,
}

/// How the files of one tenant are read.
struct Reading {
    options: Options,
    /// The tenant's own rules, as they stood.
    rules: Vec<LabelRuleView>,
}

/// A file to import.
#[derive(Clone)]
pub struct Incoming {
    /// Whose it is.
    pub tenant: TenantId,
    /// The account at Amazon it belongs to.
    pub seller_account: SellerAccountId,
    /// The upload it came in, and its place in it from 0; gets the result.
    pub upload: Option<(UploadId, usize)>,
    /// File name: holds Amazon's report id.
    pub name: String,
    /// Its bytes.
    pub open: Opener,
    /// When it came.
    pub at: i64,
}

/// How far an import is: bytes read so far over its three passes.
pub type Progress = Arc<AtomicU64>;

impl Importer {
    /// Imports a file. A refused file is an outcome, not an error; an error means nothing was changed.
    pub async fn import(&self, key: &KeyRing, file: &Incoming, progress: &Progress) -> Result<ImportResult> {
        let reading = self.reading(file.tenant).await?;
        let (report, prints) = match Self::read(&reading, key, file, progress).await? {
            Ok(read) => read,
            Err(refusal) => return self.refused(file, &refusal).await,
        };
        if let Some(result) = self.known(file, &prints).await? {
            return Ok(result);
        }
        let mut id: ArchiveId = [0; 16];
        SystemEntropy.fill(&mut id).map_err(|error| StoreError::Setup(error.to_string()))?;
        let original = counted(&file.open, progress).map_err(|refusal| changed(&refusal))?;
        let frames = self.archive.put(file.tenant, id, key.archive(), original).await?;
        let original = Original { key, prints, id, frames };
        let result = match self.store(&reading, file, report, &original, progress).await {
            Ok((tx, result)) => {
                // Of a commit without an answer nobody knows whether it holds: the original stays, and is swept
                // a day later if nothing needs it.
                tx.commit().await?;
                result
            }
            Err(error) => {
                self.archive.delete(file.tenant, id).await?;
                return Err(error);
            }
        };
        if !matches!(result.outcome, Outcome::Imported { .. }) {
            self.archive.delete(file.tenant, id).await?;
        }
        Ok(result)
    }

    async fn reading(&self, tenant: TenantId) -> Result<Reading> {
        let mut tx = self.db.read().await?;
        let mut books = tx.scoped(tenant).await?;
        let rules = books.standing_rules().await?;
        let tax = Arc::new(books.tax_settings().await?);
        let taxonomy = label_rule::with_rules(&self.options.taxonomy, &rules);
        Ok(Reading { options: Options { taxonomy, tax, gst: self.options.gst }, rules })
    }

    async fn read(
        reading: &Reading,
        key: &KeyRing,
        file: &Incoming,
        progress: &Progress,
    ) -> Result<std::result::Result<(Report, Vec<Fingerprint>), Refusal>> {
        let (open, progress, options) =
            (Arc::clone(&file.open), Arc::clone(progress), reading.options.clone());
        let hashers = key.hashers().into_iter().map(|(_, hasher)| hasher).collect();
        let reading = tokio::task::spawn_blocking(move || {
            let mut hashed = Hashed { reader: counted(&open, &progress)?, hashers };
            let report = settlement::read(&mut hashed, &options, &|_| ())?;
            Ok((report, hashed.hashers.into_iter().map(Fingerprinter::finish).collect()))
        });
        reading.await.map_err(|_| StoreError::Setup("reading the file stopped unexpectedly".to_owned()))
    }

    async fn refused(&self, file: &Incoming, refusal: &Refusal) -> Result<ImportResult> {
        let outcome = Outcome::Refused { message: refusal.to_string() };
        let result = ImportResult { name: file.name.clone(), outcome, notes: Vec::new() };
        let mut tx = self.db.write().await?;
        note(&mut tx.scoped(file.tenant).await?, file, &result).await?;
        tx.commit().await?;
        Ok(result)
    }

    /// The result for bytes that are in the books already.
    async fn known(&self, file: &Incoming, prints: &[Fingerprint]) -> Result<Option<ImportResult>> {
        let mut tx = self.db.read().await?;
        let found = tx.scoped(file.tenant).await?.file_of(prints).await?;
        drop(tx);
        let Some(found) = found else { return Ok(None) };
        let result = same(file, found);
        let mut tx = self.db.write().await?;
        note(&mut tx.scoped(file.tenant).await?, file, &result).await?;
        tx.commit().await?;
        Ok(Some(result))
    }

    /// The one transaction, not committed yet.
    async fn store(
        &self,
        reading: &Reading,
        file: &Incoming,
        report: Report,
        original: &Original<'_>,
        progress: &Progress,
    ) -> Result<(Tx, ImportResult)> {
        let mut tx = self.db.write().await?;
        // Keys that were replaced while the file was read would know neither the new addresses of files nor the
        // rotation that must seal this one anew: it is imported again.
        admit(&mut tx, file.tenant, original.key).await?;
        let mut books = tx.scoped(file.tenant).await?;
        books.lock().await?;
        let result = match books.file_of(&original.prints).await? {
            Some(found) => same(file, found),
            None => {
                books.expect_seller_account(file.seller_account).await?;
                let id = books.insert_file(file, &report, original).await?;
                books.put_frames(id, &original.frames).await?;
                books.audit(&Doer::work(), Action::ImportFile, &format!("files/{id}"), file.at).await?;
                self.post(reading, &mut books, (file, id), report, progress).await?
            }
        };
        note(&mut books, file, &result).await?;
        Ok((tx, result))
    }

    async fn post(
        &self,
        reading: &Reading,
        books: &mut Scoped<'_>,
        (file, id): (&Incoming, FileId),
        report: Report,
        progress: &Progress,
    ) -> Result<ImportResult> {
        let names = Arc::new(books.number_names(&report.names).await?);
        let keys = books.insert_settlements(file, id, &report).await?;
        let original = counted(&file.open, progress).map_err(|refusal| changed(&refusal))?;
        let report = Arc::new(report);
        let refunds = feed::lines(books, original, &report, &reading.options, &keys, &names).await?;
        for (at, settlement) in report.settlements.iter().enumerate() {
            books.insert_rollups(keys[at], settlement, &names, &refunds[at]).await?;
        }
        books.recost(&keys).await?;
        self.follow_rules(reading, books, &keys).await?;
        for settlement in &report.settlements {
            books.decide(file.seller_account, &settlement.id).await?;
        }
        books.imported(file, id, &report, &keys).await
    }
}

impl Importer {
    /// Posts anew what a rule or a tax setting says that was made or undone while the file was read. They wait for
    /// the writer from here on, and their own job then finds these settlements.
    async fn follow_rules(
        &self,
        reading: &Reading,
        books: &mut Scoped<'_>,
        keys: &[SettlementKey],
    ) -> Result<()> {
        let rules = books.standing_rules().await?;
        for label in label_rule::changed_labels(&reading.rules, &rules) {
            for key in keys {
                books.repost(*key, label, &self.options).await?;
            }
        }
        if books.tax_settings().await? != *reading.options.tax {
            for key in keys {
                books.repost_gst(*key, &self.options).await?;
            }
        }
        Ok(())
    }
}

/// Adds the result to the upload, in the same transaction as what it tells.
async fn note(books: &mut Scoped<'_>, file: &Incoming, result: &ImportResult) -> Result<()> {
    match file.upload {
        Some((upload, place)) => books.add_result(upload, place, result).await,
        None => Ok(()),
    }
}

fn same(file: &Incoming, found: FileId) -> ImportResult {
    ImportResult { name: file.name.clone(), outcome: Outcome::Same { file: found.0 }, notes: Vec::new() }
}

/// The file was read a moment ago; that it cannot be read again is no fault of its content.
fn changed(refusal: &Refusal) -> StoreError {
    StoreError::Conflict(format!("the file changed while it was imported: {refusal}"))
}

/// An original in the archive that no row names yet.
struct Original<'a> {
    /// The newest of these keys sealed it.
    key: &'a KeyRing,
    /// Its addresses under each of these keys, newest first.
    prints: Vec<Fingerprint>,
    id: ArchiveId,
    frames: Vec<Placed>,
}

impl Scoped<'_> {
    /// The file with one of these addresses: while keys are replaced, a file has one of several.
    async fn file_of(&mut self, prints: &[Fingerprint]) -> Result<Option<FileId>> {
        for print in prints {
            let row = fetch_optional!(
                (i64,),
                self.tx,
                "select id from file where tenant_id = $1 and fingerprint = $2 and state = 'imported'",
                self.tenant.0,
                print.as_bytes().as_slice(),
            )?;
            if let Some((id,)) = row {
                return Ok(Some(FileId(id)));
            }
        }
        Ok(None)
    }

    async fn insert_file(
        &mut self,
        file: &Incoming,
        report: &Report,
        original: &Original<'_>,
    ) -> Result<FileId> {
        let id = self.next_id("file").await?;
        let print = original.prints.first().ok_or(StoreError::Corrupt("file"))?;
        exec!(
            self.tx,
            "insert into file (tenant_id, id, seller_account, name, format, fingerprint, archive_id, bytes, lines, encoding,
                               report_id, uploaded_at, key_generation, state)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'imported')",
            self.tenant.0,
            id,
            file.seller_account.0,
            file.name.as_str(),
            report.format.name(),
            print.as_bytes().as_slice(),
            original.id.as_slice(),
            i64::try_from(report.bytes).unwrap_or(i64::MAX),
            i64::try_from(report.file_lines).unwrap_or(i64::MAX),
            report.encoding,
            books::report_id(&file.name),
            file.at,
            original.key.generation(),
        )?;
        Ok(FileId(id))
    }

    async fn insert_settlements(
        &mut self,
        file: &Incoming,
        id: FileId,
        report: &Report,
    ) -> Result<Vec<SettlementKey>> {
        let mut keys = Vec::with_capacity(report.settlements.len());
        for settlement in &report.settlements {
            let key = SettlementKey(self.next_id("settlement").await?);
            self.insert_settlement(file, id, key, report, settlement).await?;
            keys.push(key);
        }
        Ok(keys)
    }

    async fn insert_settlement(
        &mut self,
        file: &Incoming,
        id: FileId,
        key: SettlementKey,
        report: &Report,
        settlement: &Settlement,
    ) -> Result<()> {
        let carried = Carried::of(settlement, &report.names);
        let days = || settlement.tally.days.keys().map(|key| i64::from(key.day));
        let state =
            if settlement.balanced() { SettlementState::Active } else { SettlementState::Quarantined };
        exec!(
            self.tx,
            "insert into settlement (tenant_id, id, seller_account, file, settlement_id, format, currency, start_at, end_at,
                 deposit_at, total, sum, lines, first_day, last_day, previous_reserve, current_reserve, payable,
                 deferred_rows, deferred_amount, state, chosen_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, null)",
            self.tenant.0,
            key.0,
            file.seller_account.0,
            id.0,
            settlement.id.as_str(),
            report.format.name(),
            report.currency.code(),
            settlement.head.start,
            settlement.head.end,
            settlement.head.deposit,
            settlement.head.total,
            settlement.tally.sum,
            settlement.tally.lines,
            days().min(),
            days().max(),
            carried.previous_reserve,
            carried.current_reserve,
            carried.payable,
            settlement.memo.deferred_rows,
            settlement.memo.deferred_amount,
            state.name(),
        )
        .map(drop)
    }

    async fn imported(
        &mut self,
        file: &Incoming,
        id: FileId,
        report: &Report,
        keys: &[SettlementKey],
    ) -> Result<ImportResult> {
        let mut settlements = Vec::with_capacity(keys.len());
        for (settlement, key) in report.settlements.iter().zip(keys) {
            settlements.push(ImportedSettlement {
                settlement: key.0,
                settlement_id: settlement.id.clone(),
                currency: report.currency.to_string(),
                total: settlement.head.total,
                sum: settlement.tally.sum,
                lines: settlement.tally.lines,
                state: self.settlement_state(*key).await?.name().to_owned(),
            });
        }
        let lines = report.settlements.iter().map(|settlement| settlement.tally.lines).sum();
        let noted = report.problems.iter().map(|problem| match problem.line {
            Some(line) => format!("line {line}: {}", problem.message),
            None => problem.message.clone(),
        });
        let outcome = Outcome::Imported { file: id.0, lines, settlements };
        Ok(ImportResult { name: file.name.clone(), outcome, notes: noted.collect() })
    }
}
