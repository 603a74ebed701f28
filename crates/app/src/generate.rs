//! `ecom generate`: files of an invented seller.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::Subcommand;
use ecom_simulator::{Catalogue, Plan, write_v2};

/// 21 September 2026, 14:13:20 UTC: a fixed start, so that a seed gives the same bytes on any day.
const START_S: i64 = 1_790_000_000;
const DAY_S: i64 = 86_400;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A settlement flat file V2 of amazon.in over 14 days
    ///
    /// The same seed gives the same bytes. Example:
    ///   ecom generate settlement --rows 1000000 --seed 1 --output big.txt
    #[command(verbatim_doc_comment)]
    Settlement {
        /// Ledger lines to write
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(10..=12_000_000))]
        rows: u64,
        /// Decides every number in the file
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Products to choose from
        #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        skus: u32,
        /// Write here instead of to standard output
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let What::Settlement { rows, seed, skus, output } = &args.what;
    let plan = Plan {
        seed: *seed,
        id: 26_000_000_000 + seed % 1_000_000_000,
        start: START_S,
        end: START_S + 14 * DAY_S,
        rows: *rows,
        previous_reserve: 4_567_800,
        current_reserve: 5_123_400,
        extra: Vec::new(),
    };
    let catalogue = Catalogue::new(*seed, *skus as usize);
    let written = match output {
        Some(path) => {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            write(&plan, &catalogue, file)
        }
        None => write(&plan, &catalogue, io::stdout().lock()),
    };
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => other.map(|()| ExitCode::SUCCESS).context("cannot write the file"),
    }
}

fn write(plan: &Plan, catalogue: &Catalogue, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, out);
    write_v2(plan, catalogue, &mut out)?;
    out.flush()
}
