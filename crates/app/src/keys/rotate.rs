//! `ecom keys rotate`: a new key for a business, and everything sealed anew with it.

use std::process::ExitCode;

use anyhow::Context;
use ecom_store::{PLATFORM, TenantId, rotate_key};
use ecom_work::{SystemClock, micros};

use super::Ended;
use crate::{config::Place, import, site::Site};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  ecom keys rotate --business 3
  ecom keys rotate --all --data /srv/ecom/data

It may run beside `ecom serve`, and needs room for the two largest archived files. If it is stopped,
the server goes on. Backups of the database and the archive made before then need the backup of keys
made before then.
Exit status: 0; 1 if something could not be sealed anew (its old key stays).")]
pub(crate) struct Args {
    /// Number of the business. Needed only where there are several
    #[arg(long, value_name = "NUMBER", conflicts_with = "all")]
    business: Option<i64>,
    /// All businesses, and the platform's own key
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let site = Site::open(&args.place).await?;
    let (worker, _working) = super::worker(&args.place, &site)?;
    let mut failed = false;
    for tenant in whose(args, &site).await? {
        let name = if tenant == PLATFORM { "platform".to_owned() } else { format!("business {tenant}") };
        let generation = rotate_key(site.db(), &site.keys, tenant, micros(&SystemClock)).await?;
        eprintln!("{name}: key {generation} is in use; sealing anew what older keys have sealed");
        let job = || async {
            let job = site.db().read().await?.platform().rotation(tenant, generation).await?;
            job.context("the job is gone")
        };
        match super::wait(&worker, job).await? {
            Ended::Well => eprintln!("{name}: the older keys are destroyed"),
            Ended::Ill(why) => {
                failed = true;
                eprintln!("{name}: not all could be sealed anew, and the older keys stay: {why}");
            }
        }
    }
    site.close().await;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Businesses whose keys there are: one that was erased has none.
async fn whose(args: &Args, site: &Site) -> anyhow::Result<Vec<TenantId>> {
    if !args.all {
        return Ok(vec![import::business(site, args.business).await?]);
    }
    let mut all: Vec<TenantId> = site.keys.generations().await?.iter().map(|key| key.tenant).collect();
    all.dedup();
    Ok(all)
}
