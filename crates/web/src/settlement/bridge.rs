//! From sales to the deposit of one settlement: the same steps as a waterfall and as a table that adds up.

use ecom_ledger::{Account, Class, Group, Minor, statement::Statement};

use crate::{
    chart::{Series, Step, WaterfallChart},
    fault::Page,
    figure::{Figure, Row, Weight},
    money,
    scope::Scope,
    words::{self, FEES},
};

/// What a step is the sum of.
#[derive(Clone, Copy)]
enum Of {
    Accounts(&'static [Account]),
    Groups(&'static [Group]),
    Classes(&'static [Class]),
}

/// A step: its name, its colour, what it is the sum of, what one should know.
struct Part {
    label: &'static str,
    series: Series,
    of: Of,
    note: &'static str,
}

const fn part(label: &'static str, series: Series, of: Of, note: &'static str) -> Part {
    Part { label, series, of, note }
}

/// Every account that settlement files hold belongs to exactly one of them.
const PARTS: [Part; 13] = [
    part(
        "Sales",
        Series::Profit,
        Of::Accounts(&[
            Account::SalesProduct,
            Account::SalesShipping,
            Account::SalesGiftwrap,
            Account::SalesLiquidation,
        ]),
        "without GST",
    ),
    part("Promotions", Series::Fees, Of::Accounts(&[Account::Promotion]), ""),
    part("Refunds", Series::Fees, Of::Accounts(&[Account::Refund, Account::Chargeback]), "with chargebacks"),
    part("Other income", Series::Profit, Of::Groups(&[Group::Reimbursements, Group::OtherIncome]), ""),
    part("Amazon fees", Series::Fees, Of::Groups(&FEES), ""),
    part("Ads and deals", Series::Ads, Of::Groups(&[Group::Advertising, Group::Deals]), ""),
    part("Adjustments", Series::Fees, Of::Groups(&[Group::Adjustments, Group::Finance]), ""),
    part(
        "GST collected",
        Series::Balance,
        Of::Classes(&[Class::TaxCollected]),
        "you owe it to the tax office",
    ),
    part("GST on fees", Series::Balance, Of::Classes(&[Class::GstInput]), "you can claim it"),
    part(
        "TCS and TDS",
        Series::Balance,
        Of::Classes(&[Class::Tcs, Class::Tds, Class::TdsOnFees]),
        "you can claim it",
    ),
    part("Reserve", Series::Balance, Of::Classes(&[Class::Reserve]), "− held back, + released"),
    part(
        "Moved",
        Series::Balance,
        Of::Classes(&[Class::Transfer, Class::Loan, Class::TaxWithheld]),
        "carried over, cards, loans",
    ),
    part("Unclear", Series::Attention, Of::Classes(&[Class::Suspense]), "no label rule yet"),
];

impl Of {
    fn holds(self, account: Account) -> bool {
        match self {
            Self::Accounts(accounts) => accounts.contains(&account),
            Self::Groups(groups) => groups.contains(&account.group()),
            Self::Classes(classes) => classes.contains(&account.class()),
        }
    }

    fn link(self, scope: &Scope) -> String {
        let link = scope.link("/lines");
        match self {
            Self::Accounts(accounts) => {
                accounts.iter().fold(link, |link, account| link.with("account", account.name())).text()
            }
            Self::Groups(groups) => crate::statement::bridge::groups_link(scope, groups),
            Self::Classes(classes) => {
                classes.iter().fold(link, |link, class| link.with("class", words::class(*class).0)).text()
            }
        }
    }

    fn sum(self, statement: &Statement) -> Page<i64> {
        let moved = statement.moved().filter(|(account, _)| self.holds(*account));
        Ok(Minor::sum(moved.map(|(_, turnover)| Minor(turnover.net())))?.0)
    }

    fn estimated(self, statement: &Statement) -> bool {
        statement.moved().any(|(account, turnover)| self.holds(account) && turnover.estimated != 0)
    }
}

/// The waterfall; steps of nothing are left out.
pub(super) fn chart(scope: &Scope, statement: &Statement) -> Page<WaterfallChart> {
    let currency = statement.currency;
    let step = |label: &str, amount: i64, series: Series, href: String, total: bool| Step {
        label: label.to_owned(),
        amount,
        short: money::short(currency, amount),
        full: money::exact(currency, amount),
        series,
        href,
        total,
    };
    let mut steps = Vec::new();
    for (at, part) in PARTS.iter().enumerate() {
        let amount = part.of.sum(statement)?;
        if at == 0 || amount != 0 {
            steps.push(step(part.label, amount, part.series, part.of.link(scope), at == 0));
        }
    }
    let total = statement.bridge()?.total;
    let all = scope.link("/lines").text();
    if total < 0 {
        steps.push(step("Not paid", total.saturating_neg(), Series::Balance, all.clone(), false));
    }
    steps.push(step("Deposit", total.max(0), Series::Total, all, true));
    Ok(WaterfallChart::new("From sales to the deposit", steps))
}

/// The table; every step is there, nothing as 0.
pub(super) fn rows(scope: &Scope, statement: &Statement) -> Page<Vec<Row>> {
    let currency = statement.currency;
    let mut rows = Vec::new();
    for part in &PARTS {
        let amount = part.of.sum(statement)?;
        let figure = Figure::amount(currency, amount, part.of.link(scope));
        let figure = figure.estimated(part.of.estimated(statement));
        rows.push(Row::new(Weight::Plain, part.label, figure).note(part.note));
    }
    let total = statement.bridge()?.total;
    let all = scope.link("/lines").text();
    rows.push(Row::new(Weight::Sum, "Total", Figure::amount(currency, total, all.clone())));
    if total < 0 {
        let figure = Figure::amount(currency, total.saturating_neg(), all.clone());
        let label = "Not paid: taken off the next settlement or charged";
        rows.push(Row::new(Weight::Plain, label, figure));
    }
    let deposit = Figure::amount(currency, total.max(0), all);
    rows.push(Row::new(Weight::Total, "Deposit", deposit));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use ecom_ledger::Currency;
    use ecom_store::SettlementKey;

    use super::*;

    #[test]
    fn every_account_of_settlement_files_is_in_exactly_one_step() {
        for account in Account::ALL {
            let steps = PARTS.iter().filter(|part| part.of.holds(*account)).count();
            let own = matches!(account, Account::Cogs | Account::InventoryLoss | Account::Indirect);
            assert_eq!(steps, usize::from(!own), "{account}");
        }
    }

    #[test]
    fn the_steps_lead_to_the_deposit_even_if_there_is_none() {
        let scope = Scope::settlement(SettlementKey(7));
        for (fee, deposit) in [(-30_000, 70_000), (-130_000, 0)] {
            let mut statement = Statement::new(Currency::INR);
            statement.add_amount(Account::SalesProduct, 100_000).unwrap();
            statement.add_amount(Account::FeeReferral, fee).unwrap();
            statement.add_amount(Account::Cogs, -5_000).unwrap();
            let chart = chart(&scope, &statement).unwrap();
            let steps = chart.steps();
            let (last, before) = steps.split_last().unwrap();
            assert_eq!(last.amount, deposit);
            assert_eq!(before.iter().map(|step| step.amount).sum::<i64>(), deposit);
            assert!(before[1].href.contains("settlement=7"), "{}", before[1].href);
        }
    }
}
