//! From settlements and costs to vouchers.
//!
//! Reserve and carried balances never leave the party ledger: Amazon holds that money before and after. Card
//! charges, failed transfers and bank tests move money between the party and the bank, so they have vouchers of
//! their own; all other lines of a month are one Journal voucher.

use jiff::civil::Date;

use crate::{
    Error, Minor,
    account::{Account, Class, Group},
    day::{self, Month},
    settlement::{Accounts, Turnover},
};

use super::{Book, DatedBy, Entry, Form, Kind, Leg, MonthCosts, MonthLines, Rules, Sales, Settled, Voucher};

const BANK_MOVES: [(Account, Kind, &str); 3] = [
    (Account::TransferCard, Kind::Card, "charge to the card"),
    (Account::TransferFailed, Kind::Failed, "transfer that failed, reversed"),
    (Account::TransferMicro, Kind::Micro, "test of the bank account"),
];

pub(super) fn vouchers(book: &Book, rules: &Rules) -> Result<Vec<Voucher>, Error> {
    let mut vouchers = Vec::new();
    for settled in &book.settlements {
        for (month, lines) in settled.by_month()? {
            vouchers.extend(month_journal(settled, month, &lines, rules, book)?);
            for (account, kind, what) in BANK_MOVES {
                vouchers.extend(bank_move(settled, month, &lines, rules, (account, kind, what))?);
            }
        }
        vouchers.extend(payout(settled, rules)?);
    }
    for costs in &book.costs {
        vouchers.extend(goods(costs, rules)?);
        vouchers.extend(expenses(costs, rules)?);
    }
    vouchers.sort_by(|a, b| (a.date, a.form, &a.id).cmp(&(b.date, b.form, &b.id)));
    Ok(vouchers)
}

/// Net of a movement, checked.
pub(super) fn net(turnover: &Turnover) -> Result<i64, Error> {
    turnover.credit.checked_add(turnover.debit).ok_or(Error::Overflow)
}

/// The leg whose ledger takes an account in a month's Journal voucher; none if it is not posted there.
fn journal_leg(account: Account, sales: Sales) -> Option<Leg> {
    let turnover = account.group() == Group::NetSales || account.class() == Class::TaxCollected;
    match account {
        // They stay inside the party ledger,
        Account::Reserve
        | Account::TransferCarried
        // have a voucher of their own,
        | Account::TransferCard
        | Account::TransferFailed
        | Account::TransferMicro
        // or come from no settlement.
        | Account::Cogs
        | Account::InventoryLoss
        | Account::Indirect => None,
        _ if turnover && sales == Sales::FromTaxReports => Some(Leg::Clearing),
        _ => Some(Leg::Account(account)),
    }
}

/// Entries, and against them one entry that makes the sum zero. It comes first.
fn against(leg: Leg, entries: Vec<Entry>, rules: &Rules) -> Result<Vec<Entry>, Error> {
    let sum = Minor::sum(entries.iter().map(|entry| Minor(entry.amount)))?.0;
    let amount = sum.checked_neg().ok_or(Error::Overflow)?;
    let mut all = vec![Entry { ledger: rules.chart.ledger(&leg), leg, amount }];
    all.extend(entries);
    all.retain(|entry| entry.amount != 0);
    Ok(all)
}

fn month_journal(
    settled: &Settled,
    month: Month,
    lines: &MonthLines,
    rules: &Rules,
    book: &Book,
) -> Result<Option<Voucher>, Error> {
    let mut entries = Vec::new();
    for &account in Account::ALL {
        let amount = net(&lines.accounts[account.slot()])?;
        let Some(leg) = journal_leg(account, rules.sales).filter(|_| amount != 0) else { continue };
        entries.push(Entry { leg: Leg::Account(account), ledger: rules.chart.ledger(&leg), amount });
    }
    if entries.is_empty() {
        return Ok(None);
    }
    let kept = kept_by_amazon(&lines.accounts, book);
    Ok(Some(Voucher {
        id: Voucher::id_of(&settled.id, Some(month), Kind::Journal),
        kind: Kind::Journal,
        form: Form::Journal,
        date: lines.last_day,
        dated_by: DatedBy::LastLine,
        settlement: Some(settled.id.clone()),
        utr: None,
        narration: format!("{}, lines of {month}{kept}", title(settled)),
        entries: against(Leg::Party, entries, rules)?,
    }))
}

/// `Amazon settlement 12345 (2026-03-16 to 2026-03-30)`
fn title(settled: &Settled) -> String {
    let period = match (settled.start, settled.end) {
        (Some(start), Some(end)) => format!(" ({start} to {end})"),
        _ => String::new(),
    };
    format!("Amazon settlement {}{period}", settled.id)
}

/// What moved inside the party ledger, for the narration.
fn kept_by_amazon(accounts: &Accounts, book: &Book) -> String {
    let reserve = &accounts[Account::Reserve.slot()];
    let moved = [
        ("reserve released", reserve.credit),
        ("reserve held", reserve.debit.saturating_neg()),
        ("balance carried over", accounts[Account::TransferCarried.slot()].net()),
    ];
    let mut said = String::new();
    for (what, amount) in moved.into_iter().filter(|(_, amount)| *amount != 0) {
        for part in ["; ", what, " ", &Minor(amount).decimal(book.currency)] {
            said.push_str(part);
        }
    }
    said
}

/// Money between the party and the bank that a line of the settlement tells of. A credit (a card charge, a transfer
/// that came back) is money the seller gave: a Payment. A debit is money the seller got: a Receipt.
fn bank_move(
    settled: &Settled,
    month: Month,
    lines: &MonthLines,
    rules: &Rules,
    (account, kind, what): (Account, Kind, &str),
) -> Result<Option<Voucher>, Error> {
    let amount = net(&lines.accounts[account.slot()])?;
    if amount == 0 {
        return Ok(None);
    }
    let leg = Leg::Account(account);
    let entry = Entry { ledger: rules.chart.ledger(&leg), leg, amount };
    Ok(Some(Voucher {
        id: Voucher::id_of(&settled.id, Some(month), kind),
        kind,
        form: if amount > 0 { Form::Payment } else { Form::Receipt },
        date: lines.last_day,
        dated_by: DatedBy::LastLine,
        settlement: Some(settled.id.clone()),
        utr: None,
        narration: format!("{}, {what}", title(settled)),
        entries: against(Leg::Party, vec![entry], rules)?,
    }))
}

/// The pay-out. A negative total pays nothing: it stays in the party ledger until it is carried or charged.
fn payout(settled: &Settled, rules: &Rules) -> Result<Option<Voucher>, Error> {
    let Some(total) = settled.total.filter(|total| *total > 0) else {
        return Ok(None);
    };
    let Some((date, dated_by)) = payout_date(settled) else {
        return Err(Error::Value(format!(
            "settlement {} is paid but has no deposit date, bank date or line; give its bank date",
            settled.id
        )));
    };
    let utr = settled.bank.utr.as_ref().map(|utr| format!(", UTR {utr}")).unwrap_or_default();
    let dated = match dated_by {
        DatedBy::Bank => String::new(),
        other => format!(" (dated by {})", other.name()),
    };
    let entry = Entry { leg: Leg::Bank, ledger: rules.chart.ledger(&Leg::Bank), amount: -total };
    Ok(Some(Voucher {
        id: Voucher::id_of(&settled.id, None, Kind::Payout),
        kind: Kind::Payout,
        form: Form::Receipt,
        date,
        dated_by,
        settlement: Some(settled.id.clone()),
        utr: settled.bank.utr.clone(),
        narration: format!("{}, pay-out{utr}{dated}", title(settled)),
        entries: against(Leg::Party, vec![entry], rules)?,
    }))
}

fn payout_date(settled: &Settled) -> Option<(Date, DatedBy)> {
    let last_line = || settled.months.iter().map(|part| part.last_day).max();
    let bank = settled.bank.date.map(|date| (date, DatedBy::Bank));
    let deposit = || settled.deposit.map(|date| (date, DatedBy::Deposit));
    bank.or_else(deposit).or_else(|| last_line().map(|date| (date, DatedBy::LastLine)))
}

fn goods(costs: &MonthCosts, rules: &Rules) -> Result<Option<Voucher>, Error> {
    let parts = [(Account::Cogs, costs.cogs), (Account::InventoryLoss, costs.inventory_loss)];
    let parts = parts.map(|(account, amount)| (Leg::Account(account), amount));
    if !rules.cost_of_goods {
        return Ok(None);
    }
    cost_voucher(costs.month, (Kind::Goods, Leg::Goods, "Cost of goods"), parts, rules)
}

fn expenses(costs: &MonthCosts, rules: &Rules) -> Result<Option<Voucher>, Error> {
    let parts = costs.indirect.iter().map(|(category, amount)| (Leg::Indirect(category.clone()), *amount));
    if !rules.indirect {
        return Ok(None);
    }
    cost_voucher(costs.month, (Kind::Expenses, Leg::Expenses, "Indirect expenses"), parts, rules)
}

fn cost_voucher(
    month: Month,
    (kind, other_side, what): (Kind, Leg, &str),
    parts: impl IntoIterator<Item = (Leg, i64)>,
    rules: &Rules,
) -> Result<Option<Voucher>, Error> {
    let moved = parts.into_iter().filter(|(_, amount)| *amount != 0);
    let entries: Vec<Entry> =
        moved.map(|(leg, amount)| Entry { ledger: rules.chart.ledger(&leg), leg, amount }).collect();
    if entries.is_empty() {
        return Ok(None);
    }
    Ok(Some(Voucher {
        id: Voucher::id_of("costs", Some(month), kind),
        kind,
        form: Form::Journal,
        date: day::to_date(month.last_day()),
        dated_by: DatedBy::MonthEnd,
        settlement: None,
        utr: None,
        narration: format!("{what} of {month}"),
        entries: against(other_side, entries, rules)?,
    }))
}
