//! `ecom profit`: from files to a profit statement, without a database.

mod answer;
mod figures;
mod print;
mod view;

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::Context;
use clap::ValueEnum;
use ecom_ledger::{
    Refusal,
    settlement::{self, GstMode, Options, Report},
    unpack::{Member, Package},
};
use indicatif::{ProgressBar, ProgressStyle};

use answer::Costs;

/// Below this size nobody waits long enough for a progress bar.
const PROGRESS_FROM_BYTES: u64 = 64 << 20;

/// What is printed goes out in pieces of this size.
const OUTPUT_BYTES: usize = 64 << 10;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  ecom profit settlement.txt
  ecom profit *.txt --costs costs.csv --by sku
  ecom profit settlement.txt.gz --by month --format json | jq .statement

Exit status: 0; 1 if a file was refused or does not balance (the others are still reported); 2 for wrong usage.")]
pub(crate) struct Args {
    /// Settlement files: flat file V2, V1, XML, or date-range CSV; gzip and zip are unpacked
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Costs per SKU, CSV or XLSX: sku, from, goods, freight, duty, packing, other
    #[arg(long, value_name = "FILE")]
    costs: Option<PathBuf>,
    /// Also give the figures by this; year is the Indian financial year, account the ledger account
    #[arg(long, value_enum)]
    by: Option<By>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// Leave out the GST pairs derived from amounts that hold their GST inside
    #[arg(long)]
    as_printed: bool,
    /// GST on fees is a cost: the seller can take no input credit
    #[arg(long, conflicts_with = "as_printed")]
    no_input_credit: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum By {
    Month,
    Day,
    Sku,
    Account,
    Settlement,
    Week,
    Year,
    Marketplace,
}

impl By {
    /// As it is written on the command line and in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Day => "day",
            Self::Sku => "sku",
            Self::Account => "account",
            Self::Settlement => "settlement",
            Self::Week => "week",
            Self::Year => "year",
            Self::Marketplace => "marketplace",
        }
    }

    fn is_time(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month | Self::Year)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Table,
    Json,
    Csv,
}

/// A file and what reading it gave.
pub(crate) struct Read {
    pub(crate) name: String,
    pub(crate) outcome: Result<Report, Refusal>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let options = Options { gst: mode(args), ..Options::new()? };
    let reads: Vec<Read> = args.files.iter().flat_map(|path| read(path, &options)).collect();
    let costs = args.costs.as_deref().map(costs);
    let answer = answer::make(&reads, costs.as_ref(), args.by, &options)?;
    let mut out = BufWriter::with_capacity(OUTPUT_BYTES, io::stdout().lock());
    let printed = match args.format {
        Form::Json => print::json(&answer.view, &mut out),
        Form::Csv => print::csv(&answer.view, &mut out),
        Form::Table => print::table(&answer.view, &mut out),
    };
    match printed.and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.context("cannot print")?,
    }
    if args.format == Form::Csv {
        // A CSV file has no place for them, and a problem that nobody sees is none solved.
        print::problems(&answer.view, &mut io::stderr().lock()).context("cannot print")?;
    }
    Ok(if answer.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn mode(args: &Args) -> Option<GstMode> {
    match (args.as_printed, args.no_input_credit) {
        (true, _) => Some(GstMode::CreditAsPrinted),
        (_, true) => Some(GstMode::Cost),
        _ => None,
    }
}

/// Reads a file, or each file that is packed in it.
fn read(path: &Path, options: &Options) -> Vec<Read> {
    let package = match Package::open(path) {
        Ok(package) => package,
        Err(refusal) => return vec![Read { name: file_name(path), outcome: Err(refusal) }],
    };
    let read = |(index, member): (usize, &Member)| Read {
        name: member.name.clone(),
        outcome: package.read(index).and_then(|bytes| read_with_progress(bytes, member, options)),
    };
    package.members().iter().enumerate().map(read).collect()
}

fn read_with_progress(
    bytes: impl io::Read + Send,
    member: &Member,
    options: &Options,
) -> Result<Report, Refusal> {
    let size = member.bytes.unwrap_or(0);
    if size < PROGRESS_FROM_BYTES || !io::stderr().is_terminal() {
        return settlement::read(bytes, options, &|_| ());
    }
    let bar = ProgressBar::new(size).with_message(member.name.clone());
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    let last = AtomicU64::new(0);
    let report = settlement::read(bytes, options, &|bytes| {
        if last.fetch_max(bytes, Ordering::Relaxed) < bytes {
            bar.set_position(bytes);
        }
    });
    bar.finish_and_clear();
    report
}

fn costs(path: &Path) -> Costs {
    let rows = std::fs::read(path)
        .map_err(|error| format!("The file cannot be opened: {error}. Check its name and your rights"))
        .and_then(|bytes| {
            ecom_documents::read_table(&bytes, &ecom_documents::Limits::default())
                .map_err(|error| error.to_string())
        })
        .map(|table| table.numbered());
    Costs { name: file_name(path), rows }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
