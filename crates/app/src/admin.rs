//! `ecom admin`: what the operator does for people who cannot get in.

use std::{io::Write, process::ExitCode};

use anyhow::Context;
use ecom_store::{Action, Db, Doer, PasswordRule, PersonId, Purpose, Tx};
use ecom_work::{SystemClock, micros};
use zeroize::Zeroizing;

use crate::config::Place;

mod staff;

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
    /// Who is of the platform's staff
    #[command(subcommand)]
    Staff(staff::Command),
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
    match &args.command {
        Command::Password(args) => give(args).await,
        Command::Staff(command) => staff::run(command).await,
    }
}

/// A new random password, and its hash.
fn random() -> anyhow::Result<(Zeroizing<String>, String)> {
    let password = Zeroizing::new(ecom_web::random_password().map_err(|error| anyhow::anyhow!(error))?);
    let hash = ecom_web::hash_password(password.as_bytes()).map_err(|error| anyhow::anyhow!(error))?;
    Ok((password, hash))
}

async fn open(place: &Place) -> anyhow::Result<Db> {
    let db = Db::open_existing(&place.database()).await?;
    ecom_store::check_version(&db).await?;
    Ok(db)
}

async fn give(args: &Password) -> anyhow::Result<ExitCode> {
    let db = open(&args.place).await?;
    let (password, hash) = random()?;
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
    platform.set_password_under(person, hash, PasswordRule::Given, now).await?;
    for purpose in [Purpose::Reset, Purpose::LeaveEmail, Purpose::NewEmail] {
        platform.revoke_tokens(person, purpose).await?;
    }
    let ended = platform.close_sessions(person, &[]).await?;
    if platform.standing(person).await?.is_some() {
        platform.audit(&Doer::command(), Action::ResetPassword, "account", now).await?;
    }
    for own in platform.businesses_of(person).await? {
        let mut books = tx.scoped(own.tenant).await?;
        books.audit(&Doer::command(), Action::ResetPassword, "account", now).await?;
    }
    Ok(ended)
}
