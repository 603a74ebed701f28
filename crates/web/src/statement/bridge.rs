//! The bridge from profit to what the settlements total, as a table and as a waterfall.

use ecom_ledger::{Class, Group, Minor, statement::Statement};

use crate::{
    chart::{Series, Step, WaterfallChart},
    fault::Page,
    figure::{Figure, Row, Weight},
    money,
    scope::Scope,
    words::{self, CLASSES, FEES},
};

/// Groups that no settlement holds.
const OWN: [Group; 3] = [Group::Cogs, Group::InventoryLoss, Group::Indirect];

/// From net profit to the total; the rows add up.
pub(crate) fn rows(scope: &Scope, statement: &Statement) -> Page<Vec<Row>> {
    let currency = statement.currency;
    let bridge = statement.bridge()?;
    let link = |class: &str| scope.link("/lines").with("class", class).text();
    let mut rows =
        vec![Row::new(Weight::Sum, "Net profit", Figure::amount(currency, bridge.profit, link("profit")))];
    let own = sum(statement, &OWN)?.checked_neg().ok_or(ecom_ledger::Error::Overflow)?;
    let figure = Figure::amount(currency, own, groups_link(scope, &OWN));
    let label = "Goods, losses and own expenses, taken back";
    rows.push(Row::new(Weight::Plain, label, figure).note("not in Amazon’s files"));
    for class in CLASSES {
        let (slug, name) = words::class(class);
        let amount = sum_classes(statement, &[class])?;
        let estimated =
            statement.moved().any(|(account, turnover)| account.class() == class && turnover.estimated != 0);
        let figure = Figure::amount(currency, amount, link(slug)).estimated(estimated);
        rows.push(Row::new(Weight::Plain, name, figure).note(meaning(class)));
    }
    let total = Figure::amount(currency, bridge.total, scope.link("/lines").text());
    rows.push(Row::new(Weight::Total, "Total of the settlement lines", total));
    Ok(rows)
}

/// From net sales to the total; steps of nothing are left out.
pub(crate) fn chart(scope: &Scope, statement: &Statement) -> Page<WaterfallChart> {
    let currency = statement.currency;
    let step = |label: &str, amount: i64, series: Series, href: String| Step {
        label: label.to_owned(),
        amount,
        short: money::short(currency, amount),
        full: money::exact(currency, amount),
        series,
        href,
        total: false,
    };
    let of_groups = |label: &str, groups: &[Group], series: Series| -> Page<Step> {
        Ok(step(label, sum(statement, groups)?, series, groups_link(scope, groups)))
    };
    let of_classes = |label: &str, classes: &[Class], series: Series| -> Page<Step> {
        Ok(step(label, sum_classes(statement, classes)?, series, classes_link(scope, classes)))
    };
    let mut steps = vec![
        of_groups("Other income", &[Group::Reimbursements, Group::OtherIncome], Series::Profit)?,
        of_groups("Amazon fees", &FEES, Series::Fees)?,
        of_groups("Ads and deals", &[Group::Advertising, Group::Deals], Series::Ads)?,
        of_groups("Adjustments", &[Group::Adjustments, Group::Finance], Series::Fees)?,
        of_classes("GST collected", &[Class::TaxCollected], Series::Balance)?,
        of_classes("GST on fees", &[Class::GstInput], Series::Balance)?,
        of_classes("TCS and TDS", &[Class::Tcs, Class::Tds, Class::TdsOnFees], Series::Balance)?,
        of_classes("Reserve", &[Class::Reserve], Series::Balance)?,
        of_classes("Moved", &[Class::Transfer, Class::Loan, Class::TaxWithheld], Series::Balance)?,
        of_classes("Unclear", &[Class::Suspense], Series::Attention)?,
    ];
    steps.retain(|step| step.amount != 0);
    let sales = of_groups("Net sales", &[Group::NetSales], Series::Profit)?;
    steps.insert(0, Step { total: true, ..sales });
    let total = step("Total", statement.bridge()?.total, Series::Total, scope.link("/lines").text());
    steps.push(Step { total: true, ..total });
    Ok(WaterfallChart::new("From net sales to the total from Amazon", steps))
}

fn meaning(class: Class) -> &'static str {
    match class {
        Class::TaxCollected => "you owe it to the tax office",
        Class::GstInput | Class::Tcs | Class::Tds => "you can claim it",
        Class::Reserve => "− held back, + released",
        _ => "",
    }
}

/// A link to the lines of some lines of the statement.
pub(crate) fn groups_link(scope: &Scope, groups: &[Group]) -> String {
    if groups == FEES {
        return scope.link("/lines").with("group", "fees").text();
    }
    let link = scope.link("/lines");
    groups.iter().fold(link, |link, group| link.with("group", &words::slug(*group))).text()
}

fn classes_link(scope: &Scope, classes: &[Class]) -> String {
    let link = scope.link("/lines");
    classes.iter().fold(link, |link, class| link.with("class", words::class(*class).0)).text()
}

fn sum_classes(statement: &Statement, classes: &[Class]) -> Page<i64> {
    let moved = statement.moved().filter(|(account, _)| classes.contains(&account.class()));
    Ok(Minor::sum(moved.map(|(_, turnover)| Minor(turnover.net())))?.0)
}

fn sum(statement: &Statement, groups: &[Group]) -> Page<i64> {
    let moved = statement.moved().filter(|(account, _)| groups.contains(&account.group()));
    Ok(Minor::sum(moved.map(|(_, turnover)| Minor(turnover.net())))?.0)
}

#[cfg(test)]
mod tests {
    use ecom_ledger::{Account, Currency};

    use super::*;

    #[test]
    fn the_steps_of_the_waterfall_add_up_to_the_total() {
        let mut statement = Statement::new(Currency::INR);
        let mut total = 0;
        for (index, account) in Account::ALL.iter().enumerate() {
            let amount = (i64::try_from(index).unwrap() - 20) * 1_111;
            statement.add_amount(*account, amount).unwrap();
            let own = matches!(account, Account::Cogs | Account::InventoryLoss | Account::Indirect);
            total += if own { 0 } else { amount };
        }
        let scope = Scope::default();
        let chart = chart(&scope, &statement).unwrap();
        let steps = chart.steps();
        let sum: i64 = steps[..steps.len() - 1].iter().map(|step| step.amount).sum();
        assert_eq!((sum, steps[steps.len() - 1].amount), (total, total));
        assert_eq!(rows(&scope, &statement).unwrap().len(), 13);
    }
}
