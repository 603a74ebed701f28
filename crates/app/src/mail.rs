//! `ecom mail`: sends a mail to see whether mail works, past queue and database.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use ecom_work::{
    Clock, SystemClock,
    mail::{Address, Letter, Mail, Parcel, Post, PostFault},
};

use crate::config::MailArgs;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Send one mail now, and say what the mail server answers
    Test(TestArgs),
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  ECOM_SMTP_PASSWORD=… ecom mail test --to asha@example.in \\
      --smtp smtp://mail.example.in --smtp-user books --mail-from 'Books <books@example.in>'")]
struct TestArgs {
    /// Where it goes
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    #[command(flatten)]
    mail: MailArgs,
    /// Address of the site, as mails name it
    #[arg(long, env = "ECOM_PUBLIC_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    public_url: String,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Test(args) = &args.command;
    test(args).await
}

async fn test(args: &TestArgs) -> anyhow::Result<ExitCode> {
    let to = Address::read(&args.to).context("--to")?;
    let smtp =
        args.mail.smtp()?.context("there is no mail server to try: name one with --smtp (ECOM_SMTP)")?;
    let server = args.mail.server().unwrap_or_default();
    let at = SystemClock.now();
    let parcel = Parcel {
        to,
        content: Mail::off(&args.public_url).render(&Letter::Test {}, None)?,
        message_id: format!("<test.{}@{}>", at.as_microsecond(), smtp.domain()),
        at,
    };
    match smtp.send(&parcel).await {
        Ok(()) => {
            eprintln!(
                "The mail server {server} took it. If it does not arrive, look into the spam folder, then into the server's log for {}",
                parcel.message_id
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(PostFault::Later(why) | PostFault::Never(why)) => bail!("mail server {server}: {why}"),
    }
}
