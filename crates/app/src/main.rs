//! The binary `ecom`: command line, configuration, wiring. Business rules live in the other crates.

mod generate;
mod profit;

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
        Command::Generate(args) => generate::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "ecom", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}
