//! `ecom keys`: lists, replaces and destroys the keys that seal files and secrets.

mod destroy;
mod list;
mod rotate;
mod rotate_root;

use std::{fs::File, process::ExitCode, time::Duration};

use anyhow::Context;
use ecom_store::JobView;
use ecom_work::{Worker, mail::Mail};
use tokio::sync::watch;

use crate::{
    config::Place,
    site::{self, Site},
};

/// How often a command looks whether a running server has done a job for it.
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// What keys there are: numbers, ids and dates, never keys
    List(list::Args),
    /// Replace the key of a business: the new one seals at once, what the old one sealed is sealed anew
    Rotate(rotate::Args),
    /// Replace the root key: every key is wrapped anew at once
    RotateRoot(rotate_root::Args),
    /// Destroy the keys of a business for good, with its archived files and secrets
    Destroy(destroy::Args),
}

pub(crate) async fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List(args) => list::run(args).await,
        Command::Rotate(args) => rotate::run(args).await,
        Command::RotateRoot(args) => rotate_root::run(args).await,
        Command::Destroy(args) => destroy::run(args).await,
    }
}

/// A worker of this command, with the lock that tells a server that starts so.
fn worker(place: &Place, site: &Site) -> anyhow::Result<(Worker, File)> {
    let working = site::work_lock(place)?;
    working.lock_shared().context("cannot lock the data folder")?;
    let worker = site.worker(place, Mail::default());
    Ok((worker, working))
}

/// What became of a job of keys.
enum Ended {
    Well,
    /// It failed; a server tries again later unless it was the last time.
    Ill(String),
}

/// Does due work itself, or waits for the server that has taken the job, until the job has ended or failed once.
async fn wait<F, J>(worker: &Worker, job: F) -> anyhow::Result<Ended>
where
    F: Fn() -> J,
    J: Future<Output = anyhow::Result<JobView>>,
{
    let (_keep, stop) = watch::channel(false);
    loop {
        worker.run_due_heavy(&stop).await?;
        let job = job().await?;
        match (job.state.as_str(), job.outcome) {
            ("done", _) => return Ok(Ended::Well),
            ("failed" | "cancelled", why) => return Ok(Ended::Ill(why.unwrap_or_default())),
            ("queued", Some(why)) => return Ok(Ended::Ill(why)),
            _ => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}
