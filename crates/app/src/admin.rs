//! `ecom admin`: what the operator does for people who cannot get in.

use std::{io::Write, process::ExitCode};

use anyhow::Context;
use ecom_store::{Action, Db, Doer, PasswordRule, PersonId, Tx, taken_field};
use ecom_work::{
    SystemClock,
    mail::{Address, Draft, Help, Letter},
    micros,
};
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
    /// It is printed once, to the standard output; it opens nothing but the page that changes it, for a week. Codes stay
    /// on: whoever has them needs their app, or a recovery code, as before. Links for a new password that were sent stop
    /// working. They are told by mail, where the server sends any.
    #[command(after_help = "Example: ecom admin password --data /srv/ecom/data --email asha@example.in")]
    Password(Password),
    /// Take the second factor from a person who has lost it, and end their sessions
    ///
    /// Codes, passkeys and recovery codes: the password alone opens the account afterwards, and of the staff nothing
    /// before another factor is set up. Make sure who asks, by what you know of them and over another way than mail.
    /// They are told by mail, where the server sends any.
    #[command(after_help = "Example: ecom admin factor --data /srv/ecom/data --email asha@example.in")]
    Factor(Factor),
    /// Give a person another address to sign in with, and end their sessions
    ///
    /// For somebody who cannot read mail at the old one any more, or where no mail is sent: make sure who asks. The new
    /// one counts as not confirmed. Password and codes stay. The old address is told by mail, where the server sends any.
    #[command(
        after_help = "Example: ecom admin email --data /srv/ecom/data --email asha@old.example --to asha@new.example"
    )]
    Email(NewEmail),
    /// Who is of the platform's staff
    #[command(subcommand)]
    Staff(staff::Command),
}

#[derive(clap::Args)]
struct NewEmail {
    #[command(flatten)]
    place: Place,
    /// The address they sign in with until now
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// The new one
    #[arg(long, value_name = "ADDRESS")]
    to: String,
}

#[derive(clap::Args)]
struct Factor {
    #[command(flatten)]
    place: Place,
    /// The address they sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
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
        Command::Password(args) => password(args).await,
        Command::Factor(args) => factor(args).await,
        Command::Email(args) => email(args).await,
        Command::Staff(command) => staff::run(command).await,
    }
}

/// A new random password, and its hash.
fn random() -> anyhow::Result<(Zeroizing<String>, String)> {
    let password = Zeroizing::new(ecom_web::random_password().map_err(|error| anyhow::anyhow!(error))?);
    let hash = ecom_web::hash_password(password.as_bytes()).map_err(|error| anyhow::anyhow!(error))?;
    Ok((password, hash))
}

async fn password(args: &Password) -> anyhow::Result<ExitCode> {
    let db = open(&args.place).await?;
    let (password, hash) = random()?;
    let mut tx = db.write().await?;
    let person = person(&mut tx, &args.email).await?;
    let given = (hash.as_str(), PasswordRule::Given);
    let ended = tx.platform().replace_password(person, given, None, micros(&SystemClock)).await?;
    record(&mut tx, person, Action::ResetPassword).await?;
    tell(&mut tx, person, Help::Password).await?;
    tx.commit().await?;
    eprintln!("{ended} sessions have ended. The new password, shown this once; have them change it:");
    writeln!(std::io::stdout(), "{}", *password)?;
    Ok(ExitCode::SUCCESS)
}

async fn factor(args: &Factor) -> anyhow::Result<ExitCode> {
    let db = open(&args.place).await?;
    let mut tx = db.write().await?;
    let person = person(&mut tx, &args.email).await?;
    anyhow::ensure!(
        tx.platform().asks_for_second_factor(person).await?,
        "nothing but the password is asked of them; for a new one: ecom admin password"
    );
    let removed = tx.platform().remove_factors(person).await?;
    record(&mut tx, person, Action::ResetFactors).await?;
    tell(&mut tx, person, Help::Factors).await?;
    tx.commit().await?;
    let codes = if removed.codes { "codes from an app, " } else { "" };
    eprintln!(
        "taken off: {codes}{} passkeys, and all recovery codes; {} sessions have ended. They sign in with the password \
         alone now, and set up a second factor at /account.",
        removed.passkeys, removed.sessions
    );
    Ok(ExitCode::SUCCESS)
}

async fn email(args: &NewEmail) -> anyhow::Result<ExitCode> {
    let to = Address::new("", &args.to)?;
    let db = open(&args.place).await?;
    let mut tx = db.write().await?;
    let person = person(&mut tx, &args.email).await?;
    // To the old address: whoever asked may not be whose it is.
    tell(&mut tx, person, Help::Address).await?;
    tx.platform().replace_email(person, to.address(), None, None).await.map_err(
        |error| match taken_field(&error) {
            Some(_) => anyhow::anyhow!("there is an account with the new address already"),
            None => error.into(),
        },
    )?;
    record(&mut tx, person, Action::ChangeEmail).await?;
    tx.commit().await?;
    eprintln!("they sign in with the new address now; every session of theirs has ended");
    Ok(ExitCode::SUCCESS)
}

async fn open(place: &Place) -> anyhow::Result<Db> {
    let db = Db::open_existing(&place.database()).await?;
    ecom_store::check_version(&db).await?;
    Ok(db)
}

async fn person(tx: &mut Tx, email: &str) -> anyhow::Result<PersonId> {
    Ok(tx.platform().login(email).await?.context("nobody signs in with this address")?.id)
}

/// Tells the person by mail: whoever asked the operator may have been somebody else.
async fn tell(tx: &mut Tx, person: PersonId, by: Help) -> anyhow::Result<()> {
    let now = micros(&SystemClock);
    let profile = tx.platform().profile(person).await?.context("this person is gone")?;
    let to = Address::new(&profile.name, &profile.email).or_else(|_| Address::new("", &profile.email));
    let Ok(to) = to else {
        eprintln!("no mail can be sent to their address: tell them yourself");
        return Ok(());
    };
    let letter = Letter::Helped { name: profile.name, by, at: now, page: "/account".to_owned() };
    let cause = format!("helped:{person}:{now}");
    let draft =
        Draft { cause: &cause, tenant: None, person: Some(person), to: &to, letter: &letter, token: None };
    draft.write(&mut tx.platform(), now).await?;
    Ok(())
}

/// In each business of theirs, and of staff in the platform's log.
async fn record(tx: &mut Tx, person: PersonId, action: Action) -> anyhow::Result<()> {
    if tx.platform().standing(person).await?.is_some() {
        tx.platform().audit(&Doer::command(), action, "account", micros(&SystemClock)).await?;
    }
    for own in tx.platform().businesses_of(person).await? {
        let mut books = tx.scoped(own.tenant).await?;
        books.audit(&Doer::command(), action, "account", micros(&SystemClock)).await?;
    }
    Ok(())
}
