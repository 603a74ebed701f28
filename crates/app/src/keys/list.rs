//! `ecom keys list`: one line for each generation of each key.

use std::{
    collections::HashMap,
    io::{self, Write},
    process::ExitCode,
};

use ecom_store::{JobView, KeyGeneration, PLATFORM, TenantId};
use jiff::Timestamp;

use crate::{config::Place, site::Site};

#[derive(clap::Args)]
#[command(after_help = "Example: ecom keys list --data /srv/ecom/data")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let site = Site::open(&args.place).await?;
    let mut out = io::stdout().lock();
    let roots = site.keys.roots().await?;
    if let Some(root) = roots.last() {
        let since = root.created_at.map_or_else(|| "the first start".to_owned(), day);
        let (number, id) = (root.generation, site.keys.root());
        writeln!(out, "root key      {number:>3}  {id}  since {since}, {}", args.place.root_source()?)?;
    }
    let all = site.keys.generations().await?;
    let mut newest: HashMap<TenantId, i64> = HashMap::new();
    for key in &all {
        newest.entry(key.tenant).and_modify(|at| *at = key.generation.max(*at)).or_insert(key.generation);
    }
    for key in &all {
        let last = newest.get(&key.tenant).copied().unwrap_or_default();
        let state = if key.generation == last {
            "in use".to_owned()
        } else {
            replaced(&site, key.tenant, last).await?
        };
        writeln!(out, "{}", line(key, &state))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(key: &KeyGeneration, state: &str) -> String {
    let whose =
        if key.tenant == PLATFORM { "platform".to_owned() } else { format!("business {}", key.tenant) };
    format!("{whose:<13} {:>3}  {}  since {}, {state}", key.generation, key.id, day(key.created_at))
}

async fn replaced(site: &Site, tenant: TenantId, by: i64) -> anyhow::Result<String> {
    let job = site.db().read().await?.platform().rotation(tenant, by).await?;
    Ok(match job {
        None => format!("being replaced by {by}; `ecom serve` takes it up when it starts"),
        Some(job) => format!("being replaced by {by}: {}", state(&job)),
    })
}

fn state(job: &JobView) -> String {
    let share = if job.total > 0 { job.done.saturating_mul(100) / job.total } else { 0 };
    match (job.state.as_str(), &job.outcome) {
        ("running", _) => format!("{share} % sealed anew"),
        ("queued", Some(why)) => format!("will be tried again; last time: {why}"),
        ("queued", None) => "waits for a worker".to_owned(),
        (state, why) => format!("{state} {}", why.as_deref().unwrap_or_default()).trim_end().to_owned(),
    }
}

fn day(micros: i64) -> String {
    Timestamp::from_microsecond(micros)
        .map_or_else(|_| "?".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}
