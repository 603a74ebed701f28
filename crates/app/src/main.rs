//! The binary `ecom`: command line, configuration, wiring. Business rules live in the other crates.

mod admin;
mod audit;
mod backup;
mod config;
mod demo;
mod doctor;
mod door;
mod generate;
mod import;
mod keys;
mod mail;
mod metrics;
mod migrate;
mod profit;
mod restore;
mod root;
mod serve;
mod site;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// True profit of each product on Amazon, to the paisa, from the files Amazon gives you.
#[derive(Parser)]
#[command(name = "ecom", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Profit from settlement files, without a database
    Profit(profit::Args),
    /// A made-up seller to look at: fills a folder, starts the server, prints the login
    Demo(demo::Args),
    /// Start the server and its worker
    Serve(serve::Args),
    /// Read settlement files into the books
    Import(import::Args),
    /// Look at everything the server stands on, and say what to do
    Doctor(doctor::Args),
    /// See whether mail works
    Mail(mail::Args),
    /// Help people who cannot get in
    Admin(admin::Args),
    /// Whether the record of who did what is whole
    Audit(audit::Args),
    /// Copy database, keys and archived files to a safe place
    Backup(backup::Args),
    /// Bring a backup back into a new data folder, and look whether it is whole
    Restore(restore::Args),
    /// See, replace and destroy the keys that seal files and secrets
    #[command(subcommand)]
    Keys(keys::Command),
    /// Bring the databases to this program's schema, as their owner
    Migrate(migrate::Args),
    /// Make files of an invented seller, for trying things out and for benchmarks
    Generate(generate::Args),
    /// Print a completion script for your shell
    ///
    /// Example: ecom completions bash > /`etc/bash_completion.d/ecom`
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ecom: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Profit(args) => profit::run(&args),
        Command::Demo(args) => block_on(demo::run(&args)),
        Command::Serve(args) => block_on(serve::run(&args)),
        Command::Import(args) => block_on(import::run(&args)),
        Command::Doctor(args) => block_on(doctor::run(&args)),
        Command::Mail(args) => block_on(mail::run(&args)),
        Command::Admin(args) => block_on(admin::run(&args)),
        Command::Audit(args) => block_on(audit::run(&args)),
        Command::Backup(args) => block_on(backup::run(&args)),
        Command::Restore(args) => block_on(restore::run(&args)),
        Command::Keys(command) => block_on(keys::run(&command)),
        Command::Migrate(args) => block_on(migrate::run(&args)),
        Command::Generate(args) => generate::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "ecom", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ECOM_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config::logs_json() {
        log.json().init();
    } else {
        log.init();
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
