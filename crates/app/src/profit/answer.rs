//! From reports to what is printed.

use ecom_ledger::{
    Account, Currency, Error, Group, Minor,
    books::{Books, By as Grouping, Source, Standing},
    cost::{CostProblem, CostSheet},
    settlement::{Report, Settlement},
    statement::Statement,
};
use jiff::Timestamp;

use super::{
    By, Read,
    view::{
        AccountView, BridgeView, GroupAccountView, GroupView, ProblemView, SettlementView, SummaryView,
        UnclassifiedView, View,
    },
};

/// What to print, and whether a file was refused or does not balance.
pub(crate) struct Answer {
    pub(crate) view: View,
    pub(crate) failed: bool,
}

/// A cost sheet that was given: its name and its rows.
pub(crate) struct Costs {
    pub(crate) name: String,
    pub(crate) rows: Vec<(u32, Vec<String>)>,
}

pub(crate) fn make(reads: &[Read], costs: Option<&Costs>, by: Option<By>) -> Result<Answer, Error> {
    let mut problems = refusals(reads);
    let sheet = costs
        .map_or_else(|| Ok(CostSheet::default()), |costs| CostSheet::read(&costs.rows))
        .unwrap_or_else(|found| {
            problems.extend(found.into_iter().map(|problem| cost_problem(costs, problem)));
            CostSheet::default()
        });
    let failed_costs = problems.len();
    let sources = reads
        .iter()
        .filter_map(|read| Some(Source { name: &read.name, report: read.outcome.as_ref().ok()? }));
    let books = Books::new(sources.collect());
    problems.extend(standing_problems(&books));
    problems.extend(notes(reads));
    let failed =
        failed_costs > 0 || books.settlements().any(|(_, _, standing)| standing == Standing::Quarantined);
    let statements = books.statements(&sheet)?;
    for chains in books.chains().values() {
        let told =
            |message: &String| ProblemView { file: String::new(), line: None, message: message.clone() };
        problems.extend(chains.findings.iter().map(|finding| told(&finding.message)));
    }
    let view = View {
        settlements: books
            .settlements()
            .map(|(source, settlement, _)| settlement_view(source, settlement))
            .collect(),
        statement: statements.values().flat_map(accounts).collect(),
        groups: by.map_or_else(|| Ok(Vec::new()), |by| groups(&books, &sheet, by))?,
        bridge: statements.values().map(bridge).collect::<Result<_, _>>()?,
        basis: "settlement",
        provisional: books.provisional(),
        unclassified: unclassified(&books),
        problems,
        summaries: statements.values().map(summary).collect::<Result<_, _>>()?,
    };
    Ok(Answer { view, failed })
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

fn cost_problem(costs: Option<&Costs>, problem: CostProblem) -> ProblemView {
    let column = problem.column.map(|column| format!("column {column}: ")).unwrap_or_default();
    ProblemView {
        file: costs.map(|costs| costs.name.clone()).unwrap_or_default(),
        line: Some(u64::from(problem.row)),
        message: format!("{column}{}", problem.message),
    }
}

fn standing_problems(books: &Books<'_>) -> Vec<ProblemView> {
    let told = |(source, settlement, standing): (&Source<'_>, &Settlement, Standing)| {
        let id = &settlement.id;
        let message = match standing {
            Standing::Active => return None,
            Standing::Quarantined => format!(
                "settlement {id} does not balance: its lines sum to {}, its total is {}; it is in no figure",
                decimal(settlement.tally.sum, source.report.currency),
                settlement
                    .head
                    .total
                    .map_or_else(|| "unknown".to_owned(), |total| decimal(total, source.report.currency)),
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
        total: settlement.head.total.map(|total| decimal(total, report.currency)),
        lines: settlement.tally.lines,
        sum: decimal(settlement.tally.sum, report.currency),
        balanced: settlement.balanced(),
    }
}

fn decimal(amount: i64, currency: Currency) -> String {
    Minor(amount).decimal(currency)
}

fn accounts(statement: &Statement) -> Vec<AccountView> {
    let row = |(account, turnover): (Account, &ecom_ledger::settlement::Turnover)| AccountView {
        currency: statement.currency.to_string(),
        account: account.name().to_owned(),
        amount: decimal(turnover.net(), statement.currency),
        estimated: decimal(turnover.estimated, statement.currency),
    };
    statement.moved().map(row).collect()
}

fn groups(books: &Books<'_>, costs: &CostSheet, by: By) -> Result<Vec<GroupView>, Error> {
    let (grouping, name) = match by {
        By::Day => (Grouping::Day, "day"),
        By::Week => (Grouping::Week, "week"),
        By::Month => (Grouping::Month, "month"),
        By::Year => (Grouping::FinancialYear, "year"),
        By::Sku => (Grouping::Sku, "sku"),
        By::Marketplace => (Grouping::Marketplace, "marketplace"),
        By::Settlement => (Grouping::Settlement, "settlement"),
        By::Account => return account_groups(books, costs),
    };
    let groups = books.by(grouping, costs)?;
    groups.iter().map(|((_, key), statement)| group(name, key, statement)).collect()
}

/// By ledger account: one group per account and currency.
fn account_groups(books: &Books<'_>, costs: &CostSheet) -> Result<Vec<GroupView>, Error> {
    let mut views = Vec::new();
    for statement in books.statements(costs)?.values() {
        for (account, turnover) in statement.moved() {
            let mut alone = Statement::new(statement.currency);
            alone.add(account, turnover)?;
            views.push(group("account", account.name(), &alone)?);
        }
    }
    Ok(views)
}

fn group(by: &'static str, key: &str, statement: &Statement) -> Result<GroupView, Error> {
    let account = |row: AccountView| GroupAccountView {
        account: row.account,
        amount: row.amount,
        estimated: row.estimated,
    };
    Ok(GroupView {
        by,
        key: key.to_owned(),
        currency: statement.currency.to_string(),
        units: statement.units,
        units_without_cost: statement.uncosted,
        net_sales: decimal(statement.group(Group::NetSales)?, statement.currency),
        profit: decimal(statement.profit()?, statement.currency),
        cost_known: statement.uncosted == 0,
        accounts: accounts(statement).into_iter().map(account).collect(),
    })
}

fn bridge(statement: &Statement) -> Result<BridgeView, Error> {
    let parts = statement.bridge()?.parts();
    let part = |(name, amount): (&str, i64)| (name.to_owned(), decimal(amount, statement.currency).into());
    Ok(BridgeView { currency: statement.currency.to_string(), parts: parts.into_iter().map(part).collect() })
}

fn summary(statement: &Statement) -> Result<SummaryView, Error> {
    let mut rows = Vec::new();
    for group in Group::ALL.into_iter().filter(|group| *group != Group::Balance) {
        let estimated =
            statement.moved().any(|(account, turnover)| account.group() == group && turnover.estimated != 0);
        let amount = statement.group(group)?;
        if amount != 0 || group == Group::NetSales {
            rows.push((group.title().to_owned(), decimal(amount, statement.currency), estimated));
        }
    }
    let percent = |ratio: Option<i64>| ratio.map(|bp| format!("{} %", Minor(bp).decimal(Currency::INR)));
    Ok(SummaryView {
        currency: statement.currency.to_string(),
        rows,
        profit: decimal(statement.profit()?, statement.currency),
        units: statement.units,
        units_without_cost: statement.uncosted,
        margin: percent(statement.margin_bp()?),
        roi: percent(statement.roi_bp()?.filter(|_| statement.uncosted == 0)),
    })
}

fn unclassified(books: &Books<'_>) -> Vec<UnclassifiedView> {
    let mut sums = std::collections::BTreeMap::new();
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
    let view =
        |((currency, label), (lines, amount)): ((Currency, ecom_ledger::taxonomy::Label), (i64, i64))| {
            UnclassifiedView {
                transaction_type: label.transaction_type,
                amount_type: label.amount_type,
                amount_description: label.description,
                lines,
                amount: decimal(amount, currency),
            }
        };
    sums.into_iter().map(view).collect()
}
