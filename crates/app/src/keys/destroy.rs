//! `ecom keys destroy`: the keys of a business, and with them whatever they sealed, for good.

use std::process::ExitCode;

use anyhow::{Context, bail};
use ecom_store::{TenantId, begin_shredding};
use ecom_work::{SystemClock, micros};

use super::Ended;
use crate::{config::Place, site::Site};

#[derive(clap::Args)]
#[command(after_help = "Example: ecom keys destroy --business 3 --name 'Kurta House'

Nobody can sign in to the business afterwards. Its archived files and secrets cannot be opened by
anybody, in no backup either, once the backups of keys made before are deleted. Figures stay in the
database. It cannot be undone.")]
pub(crate) struct Args {
    /// Number of the business
    #[arg(long, value_name = "NUMBER")]
    business: i64,
    /// Its name, exactly, to show that you mean it
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let site = Site::open(&args.place).await?;
    let tenant = TenantId(args.business);
    let name = site.db().read().await?.platform().business_name(tenant).await?;
    if name != args.name {
        bail!("business {tenant} has another name; nothing was destroyed");
    }
    let (worker, _working) = super::worker(&args.place, &site)?;
    begin_shredding(site.db(), tenant, micros(&SystemClock)).await.context("it cannot be destroyed")?;
    let job =
        || async { site.db().read().await?.platform().shredding(tenant).await?.context("the job is gone") };
    let ended = super::wait(&worker, job).await?;
    site.close().await;
    match ended {
        Ended::Well => {
            eprintln!(
                "business {tenant}: its keys are destroyed, and its archived files and secrets with them"
            );
            Ok(ExitCode::SUCCESS)
        }
        Ended::Ill(why) => {
            eprintln!(
                "business {tenant}: its keys are out of use, but not all is destroyed yet: {why}\n`ecom serve` tries again"
            );
            Ok(ExitCode::FAILURE)
        }
    }
}
