//! `ecom import`: files into the books of a business, from the command line.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, bail};
use ecom_ledger::Minor;
use ecom_store::{
    ImportResult, NewUpload, Outcome, SellerAccountId, TenantId, UploadId, UploadState, UploadView,
};
use ecom_work::{SystemClock, Worker, mail::Mail, micros};
use tokio::sync::watch;

use crate::{
    config::Place,
    site::{self, Site},
};

/// How often the command looks whether a running server has finished an import for it.
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(clap::Args)]
#[command(after_help = "Examples:
  ecom import settlement.txt
  ecom import *.txt archive.zip --account \"Amazon.in\" --data /srv/ecom/data

It may run beside `ecom serve`. The same file twice changes nothing.
Exit status: 0; 1 if a file was refused or does not balance (the others are imported); 2 for wrong usage.")]
pub(crate) struct Args {
    /// Settlement files as Amazon made them; gzip and zip are unpacked
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Account at Amazon, by name; made if it is missing. Default: the one of the last import
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Number of the business. Needed only where there are several
    #[arg(long, value_name = "NUMBER")]
    business: Option<i64>,
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let site = Site::open(&args.place).await?;
    let working = site::work_lock(&args.place)?;
    working.lock_shared().context("cannot lock the data folder")?;
    let tenant = business(&site, args.business).await?;
    let account = account(&site, tenant, args.account.as_deref()).await?;
    let worker = site.worker(&args.place, Mail::default());
    let mut failed = false;
    for path in &args.files {
        let upload = import(&site, &worker, tenant, account, path).await?;
        failed |= upload.state == UploadState::Failed;
        for result in &upload.results {
            failed |= tell(result);
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

pub(crate) async fn business(site: &Site, wanted: Option<i64>) -> anyhow::Result<TenantId> {
    let mut tx = site.db().read().await?;
    let all = tx.platform().tenants().await?;
    match (wanted, all.as_slice()) {
        (Some(id), _) if all.contains(&TenantId(id)) => Ok(TenantId(id)),
        (Some(id), _) => bail!("there is no business {id}"),
        (None, [one]) => Ok(*one),
        (None, []) => bail!("there is no business yet; start `ecom serve` and register"),
        (None, _) => bail!("there are several businesses; name one with --business NUMBER"),
    }
}

/// The account by name, else that of the last import, else the only one, else a first one.
async fn account(site: &Site, tenant: TenantId, name: Option<&str>) -> anyhow::Result<SellerAccountId> {
    let mut tx = site.db().write().await?;
    let mut books = tx.scoped(tenant).await?;
    let all = books.seller_accounts().await?;
    let found = match name {
        Some(name) => all.iter().find(|account| account.name == name.trim()).map(|account| account.id),
        None => match books.last_seller_account().await? {
            Some(last) => Some(last),
            None if all.len() > 1 => bail!("there are several accounts at Amazon; name one with --account"),
            None => all.first().map(|account| account.id),
        },
    };
    let id = match found {
        Some(id) => id,
        None => books.add_seller_account(name.unwrap_or("Amazon.in"), micros(&SystemClock)).await?,
    };
    tx.commit().await?;
    Ok(id)
}

/// Puts the file into the spool folder like an upload, and works until its result is there.
async fn import(
    site: &Site,
    worker: &Worker,
    tenant: TenantId,
    account: SellerAccountId,
    path: &Path,
) -> anyhow::Result<UploadView> {
    let name = path.file_name().context("a file is needed")?.to_string_lossy().into_owned();
    let spool = format!("cli-{}-{}", std::process::id(), micros(&SystemClock));
    let bytes = tokio::fs::copy(path, worker.spool.join(&spool))
        .await
        .with_context(|| format!("cannot read {}", path.display()))?;
    let new = NewUpload {
        seller_account: account,
        name: &name,
        spool: &spool,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
    };
    let mut tx = site.db().write().await?;
    let id = tx.scoped(tenant).await?.add_upload(&new, micros(&SystemClock)).await?;
    tx.commit().await?;
    wait(site, worker, tenant, id).await
}

/// Does the work itself; where a server has taken the job already, waits for it.
async fn wait(site: &Site, worker: &Worker, tenant: TenantId, id: UploadId) -> anyhow::Result<UploadView> {
    let (_keep, stop) = watch::channel(false);
    loop {
        worker.run_due_heavy(&stop).await?;
        let mut tx = site.db().read().await?;
        let upload = tx.scoped(tenant).await?.upload(id).await?.context("the upload is gone")?;
        if matches!(upload.state, UploadState::Done | UploadState::Failed) {
            return Ok(upload);
        }
        drop(tx);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Says what came of a file; true if someone must act.
fn tell(result: &ImportResult) -> bool {
    let name = &result.name;
    let bad = match &result.outcome {
        Outcome::Refused { message } => {
            eprintln!("{name}: refused. {message}");
            true
        }
        Outcome::Same { .. } => {
            eprintln!("{name}: imported before; nothing changed");
            false
        }
        Outcome::Imported { lines, settlements, .. } => {
            eprintln!("{name}: {lines} lines");
            let mut bad = false;
            for settlement in settlements {
                let total = match (settlement.total, settlement.currency()) {
                    (Some(total), Some(currency)) => format!("{} {currency}", Minor(total).decimal(currency)),
                    _ => "unknown".to_owned(),
                };
                eprintln!("  settlement {}: total {total}, {}", settlement.settlement_id, settlement.state);
                bad |= settlement.state == "quarantined";
            }
            bad
        }
    };
    for note in &result.notes {
        eprintln!("  {note}");
    }
    bad
}
