//! `ecom audit verify`: whether any entry of the audit log was changed, removed, added or put elsewhere.

use std::{io::Write, process::ExitCode, str::FromStr};

use ecom_store::{AuditFault, AuditProof, Db, StoreError, TenantId, Tx};

use crate::config::Place;

/// How the platform's own log is called.
const PLATFORM: &str = "platform";

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Follow the chain of the platform and of every business from its first entry to its last
    ///
    /// It changes nothing. Exit status: 0 if every log is whole, 1 if not. Keep what it prints somewhere else: whoever
    /// can write the database could make a whole new chain, but not one that passes through a link you noted.
    #[command(after_help = "Example: ecom audit verify --data /srv/ecom/data --noted 1/1204/5f3c…")]
    Verify(Verify),
}

#[derive(clap::Args)]
struct Verify {
    #[command(flatten)]
    place: Place,
    /// A link that an earlier run printed, as business/entry/link or platform/entry/link; may be given several times
    #[arg(long, value_name = "LINK")]
    noted: Vec<Noted>,
}

/// A link as it was printed.
#[derive(Clone, Debug)]
struct Noted {
    /// A number, or [`PLATFORM`].
    business: String,
    seq: i64,
    link: String,
}

impl FromStr for Noted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.trim().split('/').collect();
        let read = |parts: &[&str]| match parts {
            [business, seq, link] if link.len() == 64 => {
                Some(Self { business: known(business)?, seq: seq.parse().ok()?, link: link.to_lowercase() })
            }
            _ => None,
        };
        read(&parts).ok_or_else(|| {
            "write it as it was printed: business or platform/entry/link of 64 letters".to_owned()
        })
    }
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Verify(verify) = &args.command;
    let db = Db::open_existing(&verify.place.database()).await?;
    ecom_store::check_version(&db).await?;
    let mut tx = db.read().await?;
    let (mut whole, mut out) = (true, std::io::stdout().lock());
    let proof = tx.platform().verify_audit().await?;
    whole &= matches!(proof, AuditProof::Whole { .. });
    writeln!(out, "{}", told(PLATFORM, proof))?;
    for tenant in tx.platform().tenants().await? {
        let proof = tx.scoped(tenant).await?.verify_audit().await?;
        whole &= matches!(proof, AuditProof::Whole { .. });
        writeln!(out, "{}", told(&tenant.to_string(), proof))?;
    }
    for noted in &verify.noted {
        let same = stands(&mut tx, noted).await?;
        whole &= same;
        let words = if same { "is as you noted it" } else { "is NOT as you noted it: the log was made anew" };
        writeln!(out, "{}: entry {} {words}", whose(&noted.business), noted.seq)?;
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn known(business: &str) -> Option<String> {
    let fits = business == PLATFORM || business.parse::<TenantId>().is_ok();
    fits.then(|| business.to_owned())
}

/// `business 1`, or `platform`.
fn whose(log: &str) -> String {
    if log == PLATFORM { log.to_owned() } else { format!("business {log}") }
}

fn told(log: &str, proof: AuditProof) -> String {
    let whose = whose(log);
    match proof {
        AuditProof::Whole { entries: 0, .. } => format!("{whose}: no entries yet"),
        AuditProof::Whole { entries, head } => {
            format!("{whose}: {entries} entries, whole; note {log}/{entries}/{head}")
        }
        AuditProof::Broken { seq, fault } => {
            let what = match fault {
                AuditFault::Missing => "is missing",
                AuditFault::Changed => "or its place was changed",
                AuditFault::Added => "was added past the recorded end",
            };
            format!("{whose}: BROKEN, entry {seq} {what}")
        }
    }
}

/// Whether a link that was noted is still where it was.
async fn stands(tx: &mut Tx, noted: &Noted) -> Result<bool, StoreError> {
    let found = match noted.business.parse::<TenantId>() {
        Ok(tenant) => tx.scoped(tenant).await?.audit_link(noted.seq).await?,
        Err(_) => tx.platform().audit_link(noted.seq).await?,
    };
    Ok(found.is_some_and(|found| found.to_string() == noted.link))
}
