//! From reports to what is printed.

use std::collections::BTreeMap;

use ecom_ledger::{
    Currency, Error,
    books::{Books, CheckState, OwnFigures, Source},
    cost::{CostProblem, CostSheet},
    settlement::{Options, Report, Settlement},
    standing::Standing,
    taxonomy::Label,
};
use jiff::Timestamp;

use super::{
    By, Read, figures,
    view::{Amount, CheckView, ProblemView, SettlementView, UnclassifiedView, View},
};

/// What to print, and whether a file was refused or does not balance.
pub(crate) struct Answer {
    pub(crate) view: View,
    pub(crate) failed: bool,
}

/// A cost sheet that was given: its name, and its rows unless it cannot be read.
pub(crate) struct Costs {
    pub(crate) name: String,
    pub(crate) rows: Result<Vec<(u32, Vec<String>)>, String>,
}

pub(crate) fn make(
    reads: &[Read],
    costs: Option<&Costs>,
    by: Option<By>,
    options: &Options,
) -> Result<Answer, Error> {
    let mut problems = refusals(reads);
    let sheet = costs.map_or_else(|| Ok(CostSheet::default()), sheet).unwrap_or_else(|found| {
        problems.extend(found);
        CostSheet::default()
    });
    let refused = !problems.is_empty();
    let own = OwnFigures { costs: sheet, ..OwnFigures::default() };
    let sources = reads
        .iter()
        .filter_map(|read| Some(Source { name: &read.name, report: read.outcome.as_ref().ok()? }));
    let books = Books::new(sources.collect());
    let unbalanced = books.settlements().any(|(_, _, standing)| standing == Standing::Quarantined);
    problems.extend(standing_problems(&books));
    problems.extend(notes(reads));
    problems.extend(chain_problems(&books)?);
    Ok(Answer { view: view(&books, &own, by, options, problems)?, failed: refused || unbalanced })
}

fn view(
    books: &Books<'_>,
    own: &OwnFigures,
    by: Option<By>,
    options: &Options,
    problems: Vec<ProblemView>,
) -> Result<View, Error> {
    let statements = books.statements(own)?;
    let each = || statements.values();
    let check = |state: CheckState| CheckView {
        check: state.rule.name(),
        passed: state.passed,
        findings: state.findings,
    };
    Ok(View {
        settlements: books.settlements().map(|(source, one, _)| settlement_view(source, one)).collect(),
        statement: each().flat_map(figures::accounts).collect(),
        groups: by.map_or_else(|| Ok(Vec::new()), |by| figures::groups(books, own, by))?,
        bridge: each().map(figures::bridge).collect::<Result<_, _>>()?,
        basis: "settlement",
        provisional: each().any(|statement| statement.provisional),
        unclassified: unclassified(books),
        problems,
        totals: each().map(|one| figures::totals(one, options)).collect::<Result<_, _>>()?,
        roll_forward: books.rolls()?.iter().map(|(currency, roll)| figures::roll(*currency, roll)).collect(),
        checks: books.checks()?.into_iter().map(check).collect(),
        summaries: each().map(|one| figures::summary(one, options)).collect::<Result<_, _>>()?,
        by: by.map(By::name),
    })
}

/// The costs of the sheet, or every row of it that is wrong.
fn sheet(costs: &Costs) -> Result<CostSheet, Vec<ProblemView>> {
    let problem =
        |line: Option<u64>, message: String| ProblemView { file: costs.name.clone(), line, message };
    let rows = costs.rows.as_ref().map_err(|message| vec![problem(None, message.clone())])?;
    let told = |found: CostProblem| {
        let column = found.column.map(|column| format!("column {column}: ")).unwrap_or_default();
        problem(Some(u64::from(found.row)), format!("{column}{}", found.message))
    };
    CostSheet::read(rows).map_err(|found| found.into_iter().map(told).collect())
}

fn chain_problems(books: &Books<'_>) -> Result<Vec<ProblemView>, Error> {
    let told = |message: String| ProblemView { file: String::new(), line: None, message };
    let chains = books.chains()?;
    let findings = chains.values().flat_map(|chains| &chains.findings);
    Ok(findings.map(|finding| told(finding.message())).collect())
}

fn refusals(reads: &[Read]) -> Vec<ProblemView> {
    let refused = reads.iter().filter_map(|read| read.outcome.as_ref().err().map(|refusal| (read, refusal)));
    refused
        .map(|(read, refusal)| ProblemView {
            file: read.name.clone(),
            line: refusal.line,
            message: refusal.unplaced(),
        })
        .collect()
}

fn standing_problems(books: &Books<'_>) -> Vec<ProblemView> {
    let told = |(source, settlement, standing): (&Source<'_>, &Settlement, Standing)| {
        let id = &settlement.id;
        let message = match standing {
            Standing::Active => return None,
            Standing::Quarantined => format!(
                "settlement {id} does not balance: its lines sum to {}, its total is {}; it is in no figure",
                Amount(settlement.tally.sum, source.report.currency),
                settlement.head.total.map_or_else(
                    || "unknown".to_owned(),
                    |total| Amount(total, source.report.currency).to_string()
                ),
            ),
            Standing::Replaced => {
                format!("settlement {id} is in a better or newer file too; this one is in no figure")
            }
            Standing::Undecided => {
                format!(
                    "settlement {id} was given before and nothing tells which file is newer; this one is in no figure"
                )
            }
        };
        Some(ProblemView { file: source.name.to_owned(), line: None, message })
    };
    books.settlements().filter_map(told).collect()
}

fn notes(reads: &[Read]) -> Vec<ProblemView> {
    let reports = reads.iter().filter_map(|read| Some((read, read.outcome.as_ref().ok()?)));
    reports
        .flat_map(|(read, report)| {
            let note = |problem: &ecom_ledger::settlement::Problem| ProblemView {
                file: read.name.clone(),
                line: problem.line,
                message: problem.message.clone(),
            };
            report.problems.iter().map(note)
        })
        .collect()
}

fn settlement_view(source: &Source<'_>, settlement: &Settlement) -> SettlementView {
    let report: &Report = source.report;
    let instant = |micros: Option<i64>| {
        micros.and_then(|at| Timestamp::from_microsecond(at).ok()).map(|at| at.to_string())
    };
    SettlementView {
        file: source.name.to_owned(),
        format: report.format.name(),
        settlement_id: settlement.id.clone(),
        currency: report.currency.to_string(),
        start: instant(settlement.head.start),
        end: instant(settlement.head.end),
        deposit_date: instant(settlement.head.deposit),
        total: settlement.head.total.map(|total| Amount(total, report.currency)),
        lines: settlement.tally.lines,
        sum: Amount(settlement.tally.sum, report.currency),
        balanced: settlement.balanced(),
    }
}

fn unclassified(books: &Books<'_>) -> Vec<UnclassifiedView> {
    let mut sums = BTreeMap::new();
    for (source, settlement, _) in
        books.settlements().filter(|(_, _, standing)| *standing == Standing::Active)
    {
        for (label, sum) in settlement.tally.labels.iter().filter(|(_, sum)| sum.unclassified > 0) {
            let Some(label) = source.report.names.labels.get(*label as usize) else {
                continue;
            };
            let held: &mut (i64, i64) = sums.entry((source.report.currency, label.clone())).or_default();
            *held = (held.0 + sum.unclassified, held.1.saturating_add(sum.unclassified_amount));
        }
    }
    let view = |((currency, label), (lines, amount)): ((Currency, Label), (i64, i64))| UnclassifiedView {
        transaction_type: label.transaction_type,
        amount_type: label.amount_type,
        amount_description: label.description,
        lines,
        amount: Amount(amount, currency),
    };
    sums.into_iter().map(view).collect()
}
