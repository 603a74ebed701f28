//! `ecom migrate`: brings the databases to this program's schema. On PostgreSQL it connects as their owner, which the
//! server must not be.

use std::process::ExitCode;

use anyhow::{Context, bail};
use ecom_store::Db;

use crate::{
    config::Place,
    site::{make_folder, open_db},
};

#[derive(clap::Args)]
#[command(after_help = "Example:
  ecom migrate --role ecom --database postgres://ecom_owner@localhost/ecom \\
    --keys-database postgres://ecom_owner@localhost/ecom_keys

Run it before the first start on PostgreSQL and after each upgrade. With SQLite, `ecom serve` does it at start.
It changes nothing if there is nothing to do. See docs/running.md, PostgreSQL.")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The role of `ecom serve` on PostgreSQL, which gets rights on the tables
    #[arg(long, env = "ECOM_ROLE", value_name = "ROLE")]
    role: Option<String>,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    make_folder(&args.place.data)?;
    let db = open_db(&args.place.database(), "the database").await?;
    let keys = open_db(&args.place.keys_database(), "the key database").await?;
    ecom_store::migrate(&db, role(args, &db)?).await.context("the database")?;
    ecom_store::migrate_keys(&keys, role(args, &keys)?).await.context("the key database")?;
    db.close().await;
    keys.close().await;
    eprintln!("both databases have this program's schema");
    Ok(ExitCode::SUCCESS)
}

/// Without rights for the server's role the server could not read a single row.
fn role<'a>(args: &'a Args, db: &Db) -> anyhow::Result<Option<&'a str>> {
    match &args.role {
        Some(role) => Ok(Some(role)),
        None if db.is_sqlite() => Ok(None),
        None => bail!("name the role as which `ecom serve` connects, with --role"),
    }
}
