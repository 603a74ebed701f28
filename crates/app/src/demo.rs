//! `ecom demo`: a made-up seller with 14 months of settlements, ready to look at.

mod mail;

use std::{
    fs,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};
use ecom_ledger::{
    Currency,
    cost::CostSheet,
    expense::{Expense, Repeat},
};
use ecom_simulator::{Demo, DemoFile, SmtpSink};
use ecom_store::{Incoming, Opener, Outcome, Progress, Registration, SellerAccountId, TenantId};
use ecom_work::{Clock, SystemClock, micros};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    config::{Listen, MailArgs, Place},
    door::TlsArgs,
    serve::{self, SiteArgs},
    site::Site,
};

const EMAIL: &str = "demo@example.org";
const PASSWORD: &str = "kurta-house-demo";
/// Of nobody, with a check character that is right.
const GSTIN: &str = "29AAGCK4321M1Z9";

#[derive(clap::Args)]
#[command(after_help = "Example: ecom demo --port 8090

Everything in it is invented. A second start uses the same folder; remove the folder to begin anew.")]
pub(crate) struct Args {
    /// Folder of the demo; its key file is put beside it
    #[arg(long, default_value = "demo-data", value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    tls: TlsArgs,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let front = serve::front(&args.listen, &args.tls, &SiteArgs::demo(), &args.folder).await?;
    if !args.folder.exists() {
        make(&args.folder).await?;
    }
    let place = Place::at(&args.folder);
    let site = Site::open(&place).await?;
    // Mail of the demo goes to a server in this process, which keeps it: none leaves the machine.
    let sink = SmtpSink::start().context("the demo's mail server")?;
    let mail = MailArgs::plain(sink.port()).mail(front.settings.public_url())?;
    serve::serve(&place, site, front, mail, |url| {
        eprintln!("\nEcom Assistance, demo: open {url}\n  e-mail    {EMAIL}\n  password  {PASSWORD}\n(stop with Ctrl-C)");
    })
    .await
}

/// Fills a folder beside the wanted one and renames it at the end: a killed start leaves no half-made demo.
async fn make(folder: &Path) -> anyhow::Result<()> {
    let place = Place::at(folder);
    let unfinished = folder.with_extension("demo-unfinished");
    let root_key = place.root_key_file();
    if root_key.exists() && !unfinished.exists() {
        bail!(
            "{} is the key of other data; give the demo another --folder, or move the key away",
            root_key.display()
        );
    }
    for leftover in [&unfinished, &root_key] {
        remove(leftover)?;
    }
    let filling = Place::at(&unfinished).with_root_key(&place.root_key_file());
    let site = Site::open(&filling).await?;
    fill(&site).await?;
    site.close().await;
    fs::rename(&unfinished, folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

async fn fill(site: &Site) -> anyhow::Result<()> {
    let demo = Arc::new(ecom_simulator::demo(SystemClock.now()));
    let (tenant, account) = register(site).await?;
    let key = site.keys.tenant(tenant).await?;
    let bar = bar(demo.files.len());
    for index in 0..demo.files.len() {
        let file = incoming(&demo, index, tenant, account);
        let result = site.importer.import(&key, &file, &Progress::default()).await?;
        if let Outcome::Refused { message } = result.outcome {
            bail!("a demo file was refused: {message}");
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let rows = ecom_documents::read_table(demo.costs_csv.as_bytes(), &ecom_documents::Limits::default())?;
    let sheet = CostSheet::read(&rows.numbered())
        .map_err(|problems| anyhow::anyhow!("the demo's cost sheet: {problems:?}"))?;
    let mut tx = site.db().write().await?;
    let mut books = tx.scoped(tenant).await?;
    books.save_costs(&sheet).await?.map_err(|problems| anyhow::anyhow!("the demo's costs: {problems:?}"))?;
    for (category, amount) in &demo.monthly_expenses {
        let expense = Expense::once(category.parse()?, Currency::INR, *amount, demo.from)?;
        books.add_expense(&expense.repeated(Repeat::Monthly, None)?, micros(&SystemClock)).await?;
    }
    tx.commit().await?;
    mail::fill(site, tenant).await
}

fn bar(files: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        eprintln!("making the demo: {files} settlement files");
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files as u64).with_message("making the demo: settlement files");
    match ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

async fn register(site: &Site) -> anyhow::Result<(TenantId, SellerAccountId)> {
    let password_hash = ecom_web::hash_password(PASSWORD.as_bytes())
        .map_err(|error| anyhow::anyhow!("the password: {error}"))?;
    let new = Registration {
        name: "Asha Rao",
        email: EMAIL,
        phone: "+91 98450 00000",
        password_hash: &password_hash,
        business: "Kurta House",
        billing_state: "29",
        gstin: Some(GSTIN),
    };
    let now = micros(&SystemClock);
    let mut tx = site.db().write().await?;
    let (owner, tenant) = tx.platform().register(&new, now).await?;
    tx.platform().verify_email(owner, EMAIL, now).await?;
    let account = tx.scoped(tenant).await?.add_seller_account("Amazon.in", now).await?;
    site.keys.create(tenant, now).await?;
    tx.commit().await?;
    Ok((tenant, account))
}

fn incoming(demo: &Arc<Demo>, index: usize, tenant: TenantId, seller_account: SellerAccountId) -> Incoming {
    let name = demo.files.get(index).map(|file: &DemoFile| file.name.clone()).unwrap_or_default();
    let mut bytes = Vec::new();
    let written = demo.files.get(index).map(|file| demo.write(file, &mut bytes));
    debug_assert!(matches!(written, Some(Ok(()))), "writing into memory");
    let bytes: Arc<[u8]> = bytes.into();
    let open: Opener =
        Arc::new(move || Ok(Box::new(io::Cursor::new(Arc::clone(&bytes))) as Box<dyn Read + Send>));
    Incoming { tenant, seller_account, upload: None, name, open, at: micros(&SystemClock) }
}
