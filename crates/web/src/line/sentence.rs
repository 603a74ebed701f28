//! Says in words how a figure is computed. The amounts come from the same rollups as the figure itself.

use ecom_ledger::{Account, Currency, Minor, settlement::Turnover, statement::Statement};

use super::subject::{Subject, from_files};
use crate::{
    fault::Page,
    money,
    params::Link,
    scope::Scope,
    words::{self, capital},
};

/// How a figure is computed, in one currency.
pub(crate) struct Sentence {
    pub(crate) amount: String,
    /// One per part of it.
    pub(crate) texts: Vec<String>,
    /// What it is made of, where each has its own lines, and where.
    pub(crate) parts: Vec<(String, String)>,
}

/// What sentences are told from.
pub(super) struct Telling<'a> {
    pub(super) subject: &'a Subject,
    pub(super) scope: &'a Scope,
    /// The only product that counts; empty: lines without one.
    pub(super) product: Option<&'a str>,
}

impl Telling<'_> {
    /// The sentence of a statement as the store has it.
    pub(super) fn of(&self, stored: &Statement) -> Page<Sentence> {
        let statement = &self.scope.shown(stored.clone())?;
        let currency = statement.currency;
        if let Some(measure) = self.subject.measure {
            let link = self.scope.of_currency(currency).link("/lines");
            return measure.sentence(statement, &of_product(link, self.product));
        }
        let held = statement.moved().filter(|(account, _)| self.subject.holds(*account));
        let sum = Minor::sum(held.map(|(_, turnover)| Minor(turnover.net())))?.0;
        let holds = |account| self.subject.accounts.contains(&account);
        let missing = holds(Account::Cogs) && statement.uncosted > 0
            || holds(Account::InventoryLoss) && statement.unvalued > 0;
        let unknown = !self.subject.in_files() && missing && sum == 0;
        let amount = if unknown { "unknown".to_owned() } else { money::exact(currency, sum) };
        let mut texts = Vec::new();
        if self.subject.in_files() {
            texts.push(self.files(stored, statement)?);
        }
        if holds(Account::Cogs) {
            texts.push(goods(statement));
        }
        let lost = statement.turnover(Account::InventoryLoss).net() != 0 || statement.unvalued > 0;
        if holds(Account::InventoryLoss) && (lost || texts.is_empty()) {
            texts.push(losses(statement));
        }
        if holds(Account::Indirect) {
            texts.push(self.expenses(statement));
        }
        // A figure of one part needs no sum of its own before its sentence.
        if let [only] = texts.as_mut_slice() {
            let own = format!("{}: ", money::exact(currency, sum));
            if let Some(rest) = only.strip_prefix(&own) {
                *only = rest.to_owned();
            }
        }
        let texts = texts.into_iter().map(|text| capital(&text)).collect();
        Ok(Sentence { amount, texts, parts: Vec::new() })
    }

    fn files(&self, stored: &Statement, statement: &Statement) -> Page<String> {
        let currency = statement.currency;
        let exact = |amount| money::exact(currency, amount);
        let (before, all) = (self.turnover(stored)?, self.turnover(statement)?);
        let lines = money::counted(all.lines, "amount", "amounts");
        let sum = exact(all.net());
        Ok(match (before.estimated, self.scope.printed) {
            (0, _) => format!(
                "{sum}: the sum of {lines} in the settlement files, {} credited, {} debited.",
                exact(all.credit),
                exact(all.debit)
            ),
            (estimated, false) => format!(
                "{sum}: the sum of {lines} in the settlement files and of the GST set apart from them, {} credited, {} debited. Of it {} is estimated: the 18\u{2009}% GST inside some amounts, set apart until a tax invoice replaces it.",
                exact(all.credit),
                exact(all.debit),
                exact(estimated)
            ),
            (estimated, true) => format!(
                "{sum}: the sum of {lines} in the settlement files, each as Amazon printed it. With the GST inside some of them set apart it would be {}, by {} of estimates.",
                exact(before.net()),
                exact(estimated)
            ),
        })
    }

    fn turnover(&self, statement: &Statement) -> Page<Turnover> {
        let mut all = Turnover::default();
        let held =
            statement.moved().filter(|(account, _)| self.subject.holds(*account) && from_files(*account));
        for (_, turnover) in held {
            all.merge(turnover)?;
        }
        Ok(all)
    }

    fn expenses(&self, statement: &Statement) -> String {
        let currency = statement.currency;
        if self.product.is_some() || self.scope.seller_account.is_some() || self.scope.marketplace.is_some() {
            return "own expenses belong to the business as a whole and are not counted in a part of it."
                .to_owned();
        }
        let sum = money::exact(currency, statement.turnover(Account::Indirect).net());
        if statement.indirect.is_empty() {
            return format!("{sum}: no own expenses fall on these days.");
        }
        let named = statement.indirect.iter().map(|(category, amount)| {
            format!("{} {}", words::category(category).to_lowercase(), money::exact(currency, *amount))
        });
        let named = named.collect::<Vec<_>>().join(", ");
        format!(
            "{sum}: own expenses as you entered them, without GST, on the days on which they fall: {named}."
        )
    }
}

/// A link to lines, to those of a product; of an empty name to those without one.
pub(super) fn of_product(link: Link, product: Option<&str>) -> Link {
    match product {
        None => link,
        Some("") => link.with("product", "none"),
        Some(name) => link.with("sku", name),
    }
}

fn goods(statement: &Statement) -> String {
    let sold = money::counted(statement.units, "unit", "units");
    let sum = amount(statement, Account::Cogs, statement.currency);
    let back = match statement.returned {
        0 => String::new(),
        units => format!(
            " {} shown to have come back, and the cost of these is given back.",
            if units == 1 { "1 unit is".to_owned() } else { format!("{} units are", money::count(units)) }
        ),
    };
    let missing = match statement.uncosted {
        0 if statement.units == 0 => String::new(),
        0 => " Each has a cost.".to_owned(),
        uncosted => {
            format!(" The cost of {} is unknown and not counted.", money::counted(uncosted, "unit", "units"))
        }
    };
    format!(
        "{sum}: {sold} sold, each at the cost you gave for its product on the day of sale.{missing}{back}"
    )
}

fn losses(statement: &Statement) -> String {
    let sum = amount(statement, Account::InventoryLoss, statement.currency);
    let missing = match statement.unvalued {
        0 => String::new(),
        units => {
            format!(" The cost of {} is unknown and not counted.", money::counted(units, "unit", "units"))
        }
    };
    format!(
        "{sum}: units you entered as lost, damaged, unsellable or given away, at the cost of their product.{missing}"
    )
}

fn amount(statement: &Statement, account: Account, currency: Currency) -> String {
    money::exact(currency, statement.turnover(account).net())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;

    fn texts(class: &str, scope: Scope, statement: &Statement) -> (String, Vec<String>) {
        let params = Params::new(vec![("class".into(), class.into())]);
        let subject = Subject::read(&params).unwrap();
        let told = Telling { subject: &subject, scope: &scope, product: None }.of(statement).unwrap();
        (told.amount, told.texts)
    }

    #[test]
    fn a_profit_names_each_part_and_the_parts_are_its_sum() {
        let mut statement = Statement::new(Currency::INR);
        statement.add_amount(Account::SalesProduct, 100_000).unwrap();
        statement.add_units(3, -40_000, 1).unwrap();
        statement.add_indirect("office_rent", -5_000).unwrap();
        let estimate = Turnover { credit: 1_800, debit: -11_800, estimated: 1_800, lines: 1 };
        statement.add(Account::Advertising, &estimate).unwrap();
        let (amount, told) = texts("profit", Scope::default(), &statement);
        assert_eq!(amount, "₹450.00");
        assert!(
            told[0].starts_with("₹900.00: the sum of 1 amount")
                && told[0].contains("Of it ₹18.00 is estimated")
        );
        assert!(
            told[1].starts_with("−₹400.00: 3 units sold")
                && told[1].contains("The cost of 1 unit is unknown")
        );
        assert!(told[2].contains("office rent −₹50.00"), "{told:?}");
        let printed = Scope { printed: true, ..Scope::default() };
        let (amount, told) = texts("profit", printed, &statement);
        assert_eq!(amount, "₹432.00");
        assert!(
            told[0].starts_with("₹882.00: ") && told[0].contains("it would be ₹900.00, by ₹18.00"),
            "{told:?}"
        );
        let (amount, told) = texts("posted", Scope::default(), &statement);
        assert!(
            amount == "₹900.00" && told.len() == 1 && told[0].starts_with("The sum of 1 amount"),
            "{told:?}"
        );
    }
}
