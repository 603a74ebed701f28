//! The three forms of the answer: JSON for programs, CSV for spreadsheets, a table for people.

use std::io::{self, Write};

use super::view::{AccountView, Parts, SettlementView, SummaryRow, SummaryView, View};

/// One JSON object on one line.
pub(crate) fn json(view: &View, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, view)?;
    writeln!(out)
}

/// One row per account, or per account of each group if groups were asked for.
pub(crate) fn csv(view: &View, out: &mut impl Write) -> io::Result<()> {
    if view.by.is_none() {
        writeln!(out, "currency,account,amount,estimated,debit,credit")?;
        for row in &view.statement {
            let AccountView { currency, account, amount, estimated, debit, credit } = row;
            writeln!(out, "{currency},{account},{amount},{estimated},{debit},{credit}")?;
        }
        return Ok(());
    }
    writeln!(out, "by,key,currency,account,amount,estimated")?;
    for group in &view.groups {
        let key = cell(&group.key);
        for row in &group.accounts {
            let (by, currency) = (group.by, &group.currency);
            writeln!(out, "{by},{key},{currency},{},{},{}", row.account, row.amount, row.estimated)?;
        }
    }
    Ok(())
}

/// A CSV cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

/// The statement, the bridge, and everything that needs attention.
pub(crate) fn table(view: &View, out: &mut impl Write) -> io::Result<()> {
    settlements(&view.settlements, out)?;
    for summary in &view.summaries {
        statement(summary, out)?;
    }
    for bridge in &view.bridge {
        writeln!(out, "\nBridge to the settlement totals, {}", bridge.currency)?;
        amounts(&bridge.parts, out)?;
    }
    for roll in &view.roll_forward {
        writeln!(out, "\nBalance at Amazon, {}", roll.currency)?;
        amounts(&roll.parts, out)?;
    }
    groups(view, out)?;
    checks(view, out)?;
    attention(view, out)
}

fn amounts(parts: &Parts, out: &mut impl Write) -> io::Result<()> {
    for (name, amount) in &parts.0 {
        writeln!(out, "  {:<26}{amount:>18}", name.replace('_', " "))?;
    }
    Ok(())
}

fn checks(view: &View, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\nChecks")?;
    for check in view.checks.iter().filter(|check| check.passed > 0 || !check.findings.is_empty()) {
        let found = match check.findings.len() {
            0 => String::new(),
            count => format!(", {count} not"),
        };
        writeln!(out, "  {:<26}{} fit{found}", check.check, check.passed)?;
        for finding in check.findings.iter().filter(|_| matches!(check.check, "again" | "released")) {
            writeln!(out, "    {finding}")?;
        }
    }
    Ok(())
}

fn settlements(settlements: &[SettlementView], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{:<14} {:<10} {:>3} {:>18} {:>9}  file", "settlement", "format", "", "total", "lines")?;
    for one in settlements {
        let total = one.total.map_or_else(|| "unknown".to_owned(), |total| total.to_string());
        writeln!(
            out,
            "{:<14} {:<10} {:>3} {total:>18} {:>9}  {}{}",
            one.settlement_id,
            one.format,
            one.currency,
            one.lines,
            one.file,
            if one.balanced {
                String::new()
            } else {
                format!("  DOES NOT BALANCE: lines sum to {}", one.sum)
            },
        )?;
    }
    Ok(())
}

fn statement(summary: &SummaryView, out: &mut impl Write) -> io::Result<()> {
    let totals = &summary.totals;
    let title = format!("Profit, {} ({} units)", summary.currency, totals.units);
    writeln!(out, "\n{title:<28}{:>18}{:>18}{:>18}", "debit", "credit", "net")?;
    for SummaryRow { title, debit, credit, amount, estimated } in &summary.rows {
        let note = if *estimated { "  ≈ partly estimated" } else { "" };
        writeln!(out, "  {title:<26}{debit:>18}{credit:>18}{amount:>18}{note}")?;
    }
    let title = if totals.cost_known { "Net profit" } else { "Before unknown costs" };
    writeln!(out, "  {title:<26}{:>54}", totals.profit)?;
    for (name, percent) in [("margin", &totals.margin), ("return on cost of goods", &totals.roi)] {
        if let Some(percent) = percent {
            writeln!(out, "  {name:<26}{:>54}", format!("{percent} %"))?;
        }
    }
    if !totals.cost_known {
        let (unknown, all) = (totals.units_without_cost, totals.units);
        writeln!(out, "  cost unknown for {unknown} of {all} units: give it with --costs")?;
    }
    if totals.refunds_not_credited > 0 {
        let count = totals.refunds_not_credited;
        writeln!(out, "  cost of {count} refunds of unknown condition not credited")?;
    }
    Ok(())
}

fn groups(view: &View, out: &mut impl Write) -> io::Result<()> {
    let Some(by) = view.by else {
        return Ok(());
    };
    writeln!(out, "\n{by:<32} {:>3} {:>9} {:>18} {:>18}", "", "units", "net sales", "profit")?;
    for group in &view.groups {
        let key = if group.key.is_empty() { "(none)" } else { &group.key };
        let cost = if group.cost_known { "" } else { "  cost unknown" };
        let open = if group.provisional == Some(true) { "  provisional" } else { "" };
        writeln!(
            out,
            "{key:<32} {:>3} {:>9} {:>18} {:>18}{cost}{open}",
            group.currency, group.units, group.net_sales, group.profit
        )?;
    }
    Ok(())
}

fn attention(view: &View, out: &mut impl Write) -> io::Result<()> {
    if view.provisional {
        writeln!(out, "\nProvisional: not every month is covered to its end by every chain of settlements.")?;
    }
    if !view.unclassified.is_empty() {
        writeln!(out, "\nNot understood (in no profit):")?;
        for one in &view.unclassified {
            let label = [&one.transaction_type, &one.amount_type, &one.amount_description]
                .map(String::as_str)
                .join(" | ");
            writeln!(out, "  {label}: {} lines, {}", one.lines, one.amount)?;
        }
    }
    if !view.problems.is_empty() {
        writeln!(out, "\nProblems:")?;
        problems(view, out)?;
    }
    Ok(())
}

/// One line per problem: file, line, what is wrong.
pub(crate) fn problems(view: &View, out: &mut impl Write) -> io::Result<()> {
    for one in &view.problems {
        let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
        let colon = if one.file.is_empty() { "" } else { ": " };
        writeln!(out, "  {}{line}{colon}{}", one.file, one.message)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell("KURTA-BLU"), "KURTA-BLU");
        assert_eq!(cell("a,b"), "\"a,b\"");
    }
}
