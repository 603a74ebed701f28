//! A tenant's own rules: one exact label each, from a day on. They stand before the rules for everybody.

use crate::{Error, account::Account, account::Class};

use super::{Gst, Label, Taxonomy, Verdict};

/// A tenant's decision about one label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelRule {
    /// The label, letter by letter.
    pub label: Label,
    /// Account of amounts ≥ 0.
    pub credit: Account,
    /// Account of amounts < 0.
    pub debit: Account,
    /// Where the GST stands.
    pub gst: Gst,
    /// First posting day for which it holds; it lasts until the next rule of the label.
    pub from: i32,
}

impl LabelRule {
    /// Refuses accounts that no settlement line posts to, and GST inside an amount that is no income or expense.
    pub fn check(&self) -> Result<(), Error> {
        for account in [self.credit, self.debit] {
            if matches!(account, Account::Cogs | Account::InventoryLoss | Account::Indirect) {
                return Err(Error::Value(format!(
                    "`{account}` takes no lines of settlements; choose another account"
                )));
            }
            if self.gst == Gst::Included && account.class() != Class::Profit {
                return Err(Error::Value(format!(
                    "an amount in `{account}` holds no GST; choose another account, or GST `none`"
                )));
            }
        }
        Ok(())
    }
}

impl Taxonomy {
    /// This taxonomy with a tenant's own rules before it. Of rules with the same label and day the last one holds.
    #[must_use]
    pub fn with_rules(&self, rules: impl IntoIterator<Item = LabelRule>) -> Self {
        let mut taxonomy = self.clone();
        for rule in rules {
            let own = taxonomy.own.entry(rule.label.clone()).or_default();
            own.retain(|other| other.from != rule.from);
            own.push(rule);
            own.sort_by_key(|rule| rule.from);
        }
        taxonomy
    }
}

/// The verdict of own rules, in the order of their days; before the first of them that of all others.
pub(super) fn verdict(own: &[LabelRule], day: i32, general: impl FnOnce() -> Verdict) -> Verdict {
    let begun = own.partition_point(|rule| rule.from <= day);
    let until = own.get(begun).map_or(i32::MAX, |next| next.from - 1);
    match begun.checked_sub(1).and_then(|at| own.get(at)) {
        Some(rule) => {
            Verdict { credit: rule.credit, debit: rule.debit, gst: rule.gst, from: rule.from, to: until }
        }
        None => {
            let verdict = general();
            Verdict { to: verdict.to.min(until), ..verdict }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(from: i32, account: Account) -> LabelRule {
        let label = Label::new("other-transaction", "other-transaction", "A Fee Nobody Knows");
        LabelRule { label, credit: account, debit: account, gst: Gst::None, from }
    }

    #[test]
    fn own_rules_hold_from_their_days_on_and_the_built_in_ones_before() {
        let taxonomy = Taxonomy::built_in().unwrap();
        let label = rule(0, Account::Deals).label;
        let ours = taxonomy.with_rules([rule(200, Account::Deals), rule(100, Account::FeeService)]);
        let told = |day| {
            let verdict = ours.verdict(&label, day);
            (verdict.debit, verdict.from, verdict.to)
        };
        assert_eq!(told(99), (Account::Unclassified, i32::MIN, 99));
        assert_eq!(told(100), (Account::FeeService, 100, 199));
        assert_eq!(told(5000), (Account::Deals, 200, i32::MAX));
        let other = Label::new("other-transaction", "other-transaction", "a fee nobody knows");
        assert_eq!(ours.verdict(&other, 5000).debit, Account::Unclassified, "another label is untouched");
        assert_eq!(taxonomy.verdict(&label, 5000).debit, Account::Unclassified);
    }

    #[test]
    fn an_own_rule_stands_before_a_built_in_one() {
        let known = Label::new("Order", "ItemPrice", "Principal");
        let own = LabelRule { label: known.clone(), ..rule(i32::MIN, Account::SalesLiquidation) };
        let ours = Taxonomy::built_in().unwrap().with_rules([own]);
        assert_eq!(ours.verdict(&known, 0).credit, Account::SalesLiquidation);
    }

    #[test]
    fn of_two_rules_of_a_day_the_last_one_holds() {
        let rules = [rule(7, Account::Deals), rule(7, Account::FeeService)];
        let ours = Taxonomy::built_in().unwrap().with_rules(rules);
        assert_eq!(ours.verdict(&rule(7, Account::Deals).label, 7).debit, Account::FeeService);
    }

    #[test]
    fn accounts_that_settlements_do_not_feed_are_refused() {
        assert!(rule(0, Account::Cogs).check().unwrap_err().to_string().contains("takes no lines"));
        let inside = |account| LabelRule { gst: Gst::Included, ..rule(0, account) }.check();
        assert!(inside(Account::TcsIgst).unwrap_err().to_string().contains("holds no GST"));
        assert!(inside(Account::FeeService).is_ok() && rule(0, Account::TcsIgst).check().is_ok());
    }
}
