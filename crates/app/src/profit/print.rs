//! The three forms of the answer: JSON for programs, CSV for spreadsheets, a table for people.

use std::io::{self, Write};

use super::view::{SettlementView, SummaryView, View};

/// One JSON object.
pub(crate) fn json(view: &View, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, view)?;
    writeln!(out)
}

/// One row per account, or per account of each group if groups were asked for.
pub(crate) fn csv(view: &View, out: &mut impl Write) -> io::Result<()> {
    if view.groups.is_empty() {
        writeln!(out, "currency,account,amount,estimated")?;
        for row in &view.statement {
            writeln!(out, "{},{},{},{}", row.currency, row.account, row.amount, row.estimated)?;
        }
        return Ok(());
    }
    writeln!(out, "by,key,currency,account,amount,estimated")?;
    for group in &view.groups {
        let key = cell(&group.key);
        for row in &group.accounts {
            writeln!(
                out,
                "{},{key},{},{},{},{}",
                group.by, group.currency, row.account, row.amount, row.estimated
            )?;
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
        for (name, amount) in &bridge.parts {
            writeln!(out, "  {:<36}{:>18}", name.replace('_', " "), amount.as_str().unwrap_or_default())?;
        }
    }
    groups(view, out)?;
    attention(view, out)
}

fn settlements(settlements: &[SettlementView], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{:<14} {:<10} {:>3} {:>18} {:>9}  file", "settlement", "format", "", "total", "lines")?;
    for one in settlements {
        let total = one.total.as_deref().unwrap_or("unknown");
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
    writeln!(out, "\nProfit, {} ({} units)", summary.currency, summary.units)?;
    for (title, amount, estimated) in &summary.rows {
        writeln!(out, "  {title:<36}{amount:>18}{}", if *estimated { "  ≈ partly estimated" } else { "" })?;
    }
    let title = if summary.units_without_cost > 0 { "Profit before unknown costs" } else { "Net profit" };
    writeln!(out, "  {title:<36}{:>18}", summary.profit)?;
    if summary.units_without_cost > 0 {
        writeln!(
            out,
            "  cost unknown for {} of {} units: give them with --costs",
            summary.units_without_cost, summary.units
        )?;
    }
    for (name, value) in [("margin", &summary.margin), ("return on cost of goods", &summary.roi)] {
        if let Some(value) = value {
            writeln!(out, "  {name:<36}{value:>18}")?;
        }
    }
    Ok(())
}

fn groups(view: &View, out: &mut impl Write) -> io::Result<()> {
    let Some(first) = view.groups.first() else {
        return Ok(());
    };
    writeln!(out, "\n{:<32} {:>3} {:>9} {:>18} {:>18}", first.by, "", "units", "net sales", "profit")?;
    for group in &view.groups {
        let key = if group.key.is_empty() { "(none)" } else { &group.key };
        let note = if group.cost_known { "" } else { "  cost unknown" };
        writeln!(
            out,
            "{key:<32} {:>3} {:>9} {:>18} {:>18}{note}",
            group.currency, group.units, group.net_sales, group.profit
        )?;
    }
    Ok(())
}

fn attention(view: &View, out: &mut impl Write) -> io::Result<()> {
    if view.provisional {
        writeln!(out, "\nProvisional: no settlement covers the last month to its end yet.")?;
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
        for one in &view.problems {
            let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
            writeln!(out, "  {}{line}: {}", one.file, one.message)?;
        }
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
