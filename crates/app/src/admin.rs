//! `ecom admin`: what the operator does for people who cannot get in.

use std::{io::Write, process::ExitCode};

use anyhow::Context;
use ecom_store::{Action, Db, Doer, PersonId, Tx};
use ecom_work::{SystemClock, micros};
use zeroize::Zeroizing;

use crate::config::Place;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Give a person a new random password, and end their sessions
    ///
    /// It is printed once, to the standard output. Codes stay on: whoever has them needs their app, or a recovery
    /// code, as before. Links for a new password that were sent stop working.
    #[command(after_help = "Example: ecom admin password --data /srv/ecom/data --email asha@example.in")]
    Password(Password),
}

#[derive(clap::Args)]
struct Password {
    #[command(flatten)]
    place: Place,
    /// The address they sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Password(args) = &args.command;
    let db = Db::open_existing(&args.place.database()).await?;
    ecom_store::check_version(&db).await?;
    let password = Zeroizing::new(ecom_web::random_password().map_err(|error| anyhow::anyhow!(error))?);
    let hash = ecom_web::hash_password(password.as_bytes()).map_err(|error| anyhow::anyhow!(error))?;
    let mut tx = db.write().await?;
    let person = tx.platform().login(&args.email).await?.context("nobody signs in with this address")?.id;
    let ended = replace(&mut tx, person, &hash).await?;
    tx.commit().await?;
    eprintln!("{ended} sessions have ended. The new password, shown this once; have them change it:");
    writeln!(std::io::stdout(), "{}", *password)?;
    Ok(ExitCode::SUCCESS)
}

/// Gives the number of sessions that ended.
async fn replace(tx: &mut Tx, person: PersonId, hash: &str) -> anyhow::Result<u64> {
    let now = micros(&SystemClock);
    let mut platform = tx.platform();
    let ended = platform.replace_password(person, hash, None, now).await?;
    for own in platform.businesses_of(person).await? {
        let mut books = tx.scoped(own.tenant).await?;
        books.audit(&Doer::command(), Action::ResetPassword, "account", now).await?;
    }
    Ok(ended)
}
