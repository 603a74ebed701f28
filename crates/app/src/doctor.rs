//! `ecom doctor`: looks at everything the server stands on, and says what to do.

use std::{path::Path, process::ExitCode};

use ecom_ledger::day::DayCutter;
use ecom_store::{Db, Keys, MailStanding, StoreError};
use ecom_vault::RootSource;
use ecom_web::{Registration, Settings};
use ecom_work::{Clock, SystemClock, mail::PostFault, micros};

use crate::{
    config::{MailArgs, Place},
    door::{TlsArgs, certificate::Pair},
    root,
};

/// 7 days.
const WEEK_MICROS: i64 = 7 * 24 * 3_600_000_000;

#[derive(clap::Args)]
#[command(after_help = "Example: ecom doctor --data /srv/ecom/data

It changes nothing. Exit status: 0 if all is well, 1 if something needs you.")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    tls: TlsArgs,
    /// Address by which people reach the server: the certificate is to be for its name
    #[arg(long, env = "ECOM_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
}

/// What a check found.
enum Finding {
    Well(String),
    /// Well enough, and worth knowing.
    Note(String),
    Ill {
        what: String,
        remedy: String,
    },
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let place = &args.place;
    let mut findings = vec![folder(&place.data), time_zones(), clock(&place.data)];
    match Db::open_existing(&place.database()).await {
        Ok(db) => {
            findings.push(schema(&db).await);
            findings.push(role(&db).await);
            findings.push(jobs(&db).await);
            findings.push(messages(&db).await);
        }
        Err(error) => findings.push(ill("database", &error, "Check --database, or start `ecom serve` once")),
    }
    findings.push(keys(place).await);
    findings.push(mail(&args.mail).await);
    findings.extend(certificate(&args.tls, args.public_url.as_deref()));
    let mut ill = 0;
    for finding in findings {
        match finding {
            Finding::Well(what) => eprintln!("ok    {what}"),
            Finding::Note(what) => eprintln!("note  {what}"),
            Finding::Ill { what, remedy } => {
                ill += 1;
                eprintln!("LOOK  {what}\n      {remedy}");
            }
        }
    }
    eprintln!("{}", if ill == 0 { "all is well".to_owned() } else { format!("{ill} to look at") });
    Ok(if ill == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn ill(what: &str, error: &dyn std::fmt::Display, remedy: &str) -> Finding {
    Finding::Ill { what: format!("{what}: {error}"), remedy: remedy.to_owned() }
}

fn folder(data: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::metadata(data) {
        Err(error) => ill("data folder", &error, "Name it with --data, or start `ecom serve` once"),
        Ok(metadata) if metadata.permissions().mode() & 0o007 != 0 => Finding::Ill {
            what: format!("data folder: everybody on this machine may enter {}", data.display()),
            remedy: format!("Run `chmod 700 {}`", data.display()),
        },
        Ok(_) => Finding::Well(format!("data folder {}", data.display())),
    }
}

fn time_zones() -> Finding {
    let india = ecom_ledger::Currency::INR;
    let mut days = DayCutter::for_currency(india);
    // 2026-04-01 00:00 in India is 2026-03-31 18:30 UTC.
    if days.day(1_774_981_800_000_000) == 20_544 {
        Finding::Well("time zones: days begin at midnight in India".to_owned())
    } else {
        Finding::Ill {
            what: "time zones: India's offset is wrong".to_owned(),
            remedy: "This program is damaged; install it again".to_owned(),
        }
    }
}

/// The database was written in the past: a clock that stands before that is wrong.
fn clock(data: &Path) -> Finding {
    let written = std::fs::metadata(data.join("ecom.db")).and_then(|metadata| metadata.modified()).ok();
    let written = written.and_then(|at| jiff::Timestamp::try_from(at).ok());
    let now = SystemClock.now();
    match written {
        Some(at) if at > now => Finding::Ill {
            what: format!("clock: it is {now}, but the database was written at {at}"),
            remedy: "Set the clock, for example with `timedatectl set-ntp true`".to_owned(),
        },
        _ => Finding::Well(format!("clock {now}")),
    }
}

async fn schema(db: &Db) -> Finding {
    match ecom_store::check_version(db).await {
        Ok(()) => Finding::Well("database and its schema".to_owned()),
        Err(error) => ill("database", &error, "See docs/running.md, Upgrading"),
    }
}

async fn role(db: &Db) -> Finding {
    match ecom_store::check_role(db).await {
        Ok(()) => Finding::Well("database role".to_owned()),
        Err(error) => ill("database role", &error, "See docs/running.md, PostgreSQL"),
    }
}

async fn jobs(db: &Db) -> Finding {
    match failed_jobs(db).await {
        Ok(0) => Finding::Well("jobs".to_owned()),
        Ok(count) => Finding::Ill {
            what: format!("jobs: {count} were given up"),
            remedy: "Look at the imports page, and at the server's log for the reason".to_owned(),
        },
        Err(error) => ill("jobs", &error, "Check the database"),
    }
}

async fn failed_jobs(db: &Db) -> Result<i64, StoreError> {
    db.read().await?.platform().failed_jobs().await
}

/// Whether mail reaches the server that sends it on, which is asked but gets none.
async fn mail(args: &MailArgs) -> Finding {
    let server = args.server().unwrap_or_default();
    match args.smtp() {
        Ok(None) => {
            Finding::Note("mail: no server is set up, so mail waits; see --smtp and docs/mail.md".to_owned())
        }
        Ok(Some(smtp)) => match smtp.check().await {
            Ok(()) => Finding::Well(format!("mail server {server}")),
            Err(PostFault::Later(why) | PostFault::Never(why)) => ill(
                &format!("mail server {server}"),
                &why,
                "Look at --smtp, --smtp-user and the password; see docs/mail.md",
            ),
        },
        Err(error) => ill("mail", &format!("{error:#}"), "See docs/mail.md"),
    }
}

/// Whether browsers take the certificate, now and for the next two weeks; nothing, if TLS ends elsewhere.
fn certificate(args: &TlsArgs, public_url: Option<&str>) -> Option<Finding> {
    let pair = args.pair()?;
    Some(
        judged(&pair, public_url).unwrap_or_else(|error| {
            ill("TLS", &format!("{error:#}"), "See docs/running.md, TLS in the process")
        }),
    )
}

fn judged(pair: &Pair, public_url: Option<&str>) -> anyhow::Result<Finding> {
    let now = SystemClock.now();
    let certificate = pair.read()?;
    certificate.judge(now)?;
    let settings = public_url.map(|url| Settings::new(url, Registration::First)).transpose()?;
    let host = settings.as_ref().map(Settings::public_host);
    if let Some(warning) = certificate.warning(now, host).or_else(|| pair.exposed()) {
        anyhow::bail!(warning);
    }
    let days = certificate.days_left(now);
    Ok(match host.filter(|host| !certificate.is_publicly_signed(host, now)) {
        None => Finding::Well(format!("TLS certificate, good for {days} days")),
        Some(_) => Finding::Note(format!(
            "TLS certificate, good for {days} days; it leads to no public authority, so browsers warn unless they know \
             yours. If it should, its file lacks the certificates between (with certbot: fullchain.pem)"
        )),
    })
}

/// Messages that wait too long, or were given up within a week.
async fn messages(db: &Db) -> Finding {
    let now = micros(&SystemClock);
    let standing = async { db.read().await?.platform().mail_standing(now - WEEK_MICROS, now).await };
    match standing.await {
        Ok(MailStanding { late: 0, failed: 0 }) => Finding::Well("messages".to_owned()),
        Ok(MailStanding { late, failed }) => Finding::Ill {
            what: format!(
                "messages: {late} wait for more than an hour, {failed} were given up within a week"
            ),
            remedy: "The page Messages says why, for each; see docs/mail.md".to_owned(),
        },
        Err(error) => ill("messages", &error, "Check the database"),
    }
}

async fn keys(place: &Place) -> Finding {
    match root_key(place).await {
        Ok(well) => Finding::Well(well),
        Err(error) => Finding::Ill {
            what: format!("root key: {error:#}"),
            remedy: "Put back the root key that was in use before, or say where it is: --root-key, \
                     ECOM_ROOT_KEY_VALUE or --root-key-command"
                .to_owned(),
        },
    }
}

async fn root_key(place: &Place) -> anyhow::Result<String> {
    let source = place.root_source()?;
    let name = source.to_string();
    let root = root::load(source.clone()).await?;
    let keys = Db::open_existing(&place.keys_database()).await?;
    ecom_store::check_keys_version(&keys).await?;
    if let RootSource::File(path) = &source
        && root::successor(path, &keys).await?.is_some()
    {
        return Ok(format!("{name} is about to be replaced: that ends at the next start"));
    }
    Keys::check(&keys, &root).await?;
    Ok(format!("{name} opens the key database"))
}
