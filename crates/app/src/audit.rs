//! `ecom audit verify`: whether any entry of the audit log was changed, removed, added or put elsewhere.

use std::{io::Write, process::ExitCode, str::FromStr};

use ecom_store::{AuditFault, AuditProof, Db, StoreError, TenantId, Tx};

use crate::config::Place;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Follow the chain of every business from its first entry to its last
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
    /// A link that an earlier run printed, as business/entry/link; may be given several times
    #[arg(long, value_name = "LINK")]
    noted: Vec<Noted>,
}

/// A link as it was printed.
#[derive(Clone, Debug)]
struct Noted {
    business: TenantId,
    seq: i64,
    link: String,
}

impl FromStr for Noted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.trim().split('/').collect();
        let read = |parts: &[&str]| match parts {
            [business, seq, link] if link.len() == 64 => Some(Self {
                business: business.parse().ok()?,
                seq: seq.parse().ok()?,
                link: link.to_lowercase(),
            }),
            _ => None,
        };
        read(&parts).ok_or_else(|| "write it as it was printed: business/entry/link of 64 letters".to_owned())
    }
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Verify(verify) = &args.command;
    let db = Db::open_existing(&verify.place.database()).await?;
    ecom_store::check_version(&db).await?;
    let mut tx = db.read().await?;
    let (mut whole, mut out) = (true, std::io::stdout().lock());
    for tenant in tx.platform().tenants().await? {
        let proof = tx.scoped(tenant).await?.verify_audit().await?;
        whole &= matches!(proof, AuditProof::Whole { .. });
        writeln!(out, "{}", told(tenant, proof))?;
    }
    for noted in &verify.noted {
        let same = stands(&mut tx, noted).await?;
        whole &= same;
        let words = if same { "is as you noted it" } else { "is NOT as you noted it: the log was made anew" };
        writeln!(out, "business {}: entry {} {words}", noted.business, noted.seq)?;
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(tenant: TenantId, proof: AuditProof) -> String {
    match proof {
        AuditProof::Whole { entries: 0, .. } => format!("business {tenant}: no entries yet"),
        AuditProof::Whole { entries, head } => {
            format!("business {tenant}: {entries} entries, whole; note {tenant}/{entries}/{head}")
        }
        AuditProof::Broken { seq, fault } => {
            let what = match fault {
                AuditFault::Missing => "is missing",
                AuditFault::Changed => "or its place was changed",
                AuditFault::Added => "was added past the recorded end",
            };
            format!("business {tenant}: BROKEN, entry {seq} {what}")
        }
    }
}

/// Whether a link that was noted is still where it was.
async fn stands(tx: &mut Tx, noted: &Noted) -> Result<bool, StoreError> {
    let found = tx.scoped(noted.business).await?.audit_link(noted.seq).await?;
    Ok(found.is_some_and(|found| found.to_string() == noted.link))
}
