//! `ecom admin staff`: the platform's first administrator, and help when none can get in.

use std::{io::Write, process::ExitCode};

use anyhow::Context;
use ecom_store::{Action, Doer, NewPerson, PasswordRule, PersonId, StaffRole, StoreError, Tx, fold_email};
use ecom_work::{SystemClock, micros};
use jiff::{Timestamp, tz::TimeZone};
use zeroize::Zeroizing;

use super::{open, random};
use crate::config::Place;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a person staff, or give one of the staff another role
    ///
    /// Whoever has no account gets one: its password is printed once, to the standard output, and is changed at the
    /// first sign-in. Nobody of the staff gets in without codes from an app on their phone.
    #[command(
        after_help = "Example: ecom admin staff add --data /srv/ecom/data --email dev@example.in --role administrator"
    )]
    Add(Add),
    /// Print who is staff, in which role and since when
    List(List),
    /// End that a person is staff, with every assignment of theirs
    Remove(Remove),
}

#[derive(clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    place: Place,
    /// The address they sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// What they may do
    #[arg(long, value_enum)]
    role: Role,
    /// What they are called, if they have no account yet
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    place: Place,
    /// The address they sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
}

/// The roles as they are typed.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Role {
    /// Decides who is staff, and assigns anybody
    Administrator,
    /// Assigns account managers and support; sees the jobs
    SeniorOperations,
    /// Works in the books of businesses they are assigned to
    AccountManager,
    /// Looks at the books of businesses they are assigned to
    Support,
}

impl Role {
    fn staff(self) -> StaffRole {
        match self {
            Self::Administrator => StaffRole::Administrator,
            Self::SeniorOperations => StaffRole::SeniorOperations,
            Self::AccountManager => StaffRole::AccountManager,
            Self::Support => StaffRole::Support,
        }
    }
}

pub(crate) async fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add(args) => add(args).await?,
        Command::List(args) => list(args).await?,
        Command::Remove(args) => remove(args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(args: &Add) -> anyhow::Result<()> {
    let email = args.email.trim();
    anyhow::ensure!(looks_like_address(email), "an e-mail address looks like dev@example.in");
    let (db, now) = (open(&args.place).await?, micros(&SystemClock));
    let role = args.role.staff();
    let mut tx = db.write().await?;
    let login = tx.platform().login(email).await?;
    let (person, password) = match login {
        Some(login) => (login.id, None),
        None => {
            let (person, password) = make(&mut tx, args, now).await?;
            (person, Some(password))
        }
    };
    let known = tx.platform().standing(person).await?;
    let (action, done) = match known {
        None => {
            tx.platform().add_staff(person, role, None, now).await?;
            (Action::AddStaff, "is of the staff now")
        }
        Some(_) => {
            tx.platform().set_staff_role(person, role, None, now).await?;
            (Action::ChangeStaffRole, "was of the staff already and has this role now")
        }
    };
    tx.platform().audit(&Doer::command(), action, &format!("staff/people/{person}"), now).await?;
    tx.commit().await?;
    db.close().await;
    eprintln!("{email} {done}: {}.", words(role));
    match password {
        Some(password) => {
            eprintln!(
                "The password, shown this once; it is changed at the first sign-in, and codes are turned on then:"
            );
            writeln!(std::io::stdout(), "{}", *password)?;
        }
        None => eprintln!(
            "They sign in as before. Their password may have to be changed, and codes turned on, first."
        ),
    }
    Ok(())
}

/// A person with a password that nobody knows but whoever reads what is printed.
async fn make(tx: &mut Tx, args: &Add, now: i64) -> anyhow::Result<(PersonId, Zeroizing<String>)> {
    let email = args.email.trim();
    let name = args.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or(email));
    anyhow::ensure!(
        name.chars().count() <= 120 && !name.chars().any(char::is_control),
        "a name has at most 120 characters, in one line"
    );
    let (password, hash) = random()?;
    let new = NewPerson { name, email, phone: "", password_hash: &hash };
    let person = tx.platform().add_person(&new, now).await?;
    tx.platform().set_password_under(person, &hash, PasswordRule::Given, now).await?;
    Ok((person, password))
}

async fn list(args: &List) -> anyhow::Result<()> {
    let db = open(&args.place).await?;
    let staff = db.read().await?.platform().staff().await?;
    let mut out = std::io::stdout().lock();
    if staff.is_empty() {
        eprintln!("Nobody is staff yet: `ecom admin staff add` makes the first administrator.");
    }
    for one in staff {
        let since = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(one.since)?).date();
        let factor = if one.second_factor { "codes" } else { "no codes yet" };
        writeln!(out, "{}\t{}\t{}\tsince {since}\t{factor}", one.email, words(one.role), one.name)?;
    }
    db.close().await;
    Ok(())
}

async fn remove(args: &Remove) -> anyhow::Result<()> {
    let (db, now) = (open(&args.place).await?, micros(&SystemClock));
    let mut tx = db.write().await?;
    let login = tx.platform().login(&args.email).await?.context("nobody signs in with this address")?;
    let ended = ecom_work::staff::end_staff(&mut tx, login.id, None, &Doer::command(), now).await;
    match ended {
        Err(StoreError::Missing(_)) => anyhow::bail!("{} is not of the staff", fold_email(&args.email)),
        Err(StoreError::Conflict(_)) => {
            anyhow::bail!(
                "the platform keeps an administrator: add another one first, with `ecom admin staff add`"
            )
        }
        ended => ended?,
    }
    tx.commit().await?;
    db.close().await;
    eprintln!(
        "{} is of the staff no more. Their assignments have ended, and the businesses are told.",
        login.name
    );
    Ok(())
}

fn words(role: StaffRole) -> &'static str {
    match role {
        StaffRole::Administrator => "administrator",
        StaffRole::SeniorOperations => "senior operations",
        StaffRole::AccountManager => "account manager",
        StaffRole::Support => "support",
    }
}

/// Enough to catch slips.
fn looks_like_address(text: &str) -> bool {
    let plain =
        text.len() <= 254 && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    plain && text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}
