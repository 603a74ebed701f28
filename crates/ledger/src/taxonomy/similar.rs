//! A known label that is so much like an unknown one that its account is worth a suggestion.
//!
//! Likeness is words in common. Where the labels that are most alike go to different accounts, nothing is suggested:
//! a wrong suggestion costs more than none.

use std::collections::BTreeSet;

use super::{Gst, Label, Taxonomy};
use crate::account::Account;

/// At least this share of the words of both must be in common, in per cent.
const LEAST_ALIKE: usize = 50;
/// Words that nearly every label has, or that say nothing about what it is for.
const COMMON: [&str; 20] = [
    "a",
    "adj",
    "adjustment",
    "amazon",
    "and",
    "base",
    "charge",
    "discount",
    "fba",
    "fee",
    "for",
    "item",
    "of",
    "on",
    "order",
    "other",
    "seller",
    "the",
    "total",
    "transaction",
];

/// A known name and where it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Similar {
    /// The name, as people write it.
    pub name: String,
    /// Account of amounts ≥ 0.
    pub credit: Account,
    /// Account of amounts < 0.
    pub debit: Account,
    /// Where the GST stands.
    pub gst: Gst,
}

/// What is most like a label, among the names that the taxonomy knows and labels that this business has rules for.
/// `day` is a day of its lines.
pub fn similar(taxonomy: &Taxonomy, label: &Label, day: i32) -> Option<Similar> {
    let telling = [&label.description, &label.amount_type, &label.transaction_type];
    let wanted = telling.into_iter().map(|text| words(text)).find(|words| !words.is_empty())?;
    let mut best: Vec<Similar> = Vec::new();
    let mut most = LEAST_ALIKE;
    for known in taxonomy.known(day).filter(|known| known.debit != Account::Unclassified) {
        let share = alike(&wanted, &words(&known.name));
        if share > most || best.is_empty() && share == most {
            best.clear();
            most = share;
        }
        if share == most {
            best.push(known);
        }
    }
    let first = best.first()?.clone();
    let agree = |other: &Similar| (other.credit, other.debit) == (first.credit, first.debit);
    // Names that agree on the account but not on the GST leave the GST open.
    let gst = if best.iter().all(|other| other.gst == first.gst) { first.gst } else { Gst::Unknown };
    best.iter().all(agree).then_some(Similar { gst, ..first })
}

impl Taxonomy {
    /// Names with their accounts on a day: own rules that hold then, and whole names in the rules for everybody.
    fn known(&self, day: i32) -> impl Iterator<Item = Similar> {
        let own = self.own.iter().filter_map(move |(label, rules)| {
            let rule = rules.iter().rfind(|rule| rule.from <= day)?;
            let name = [&label.description, &label.amount_type, &label.transaction_type];
            let name = name.into_iter().find(|part| tells(part))?.clone();
            Some(Similar { name, credit: rule.credit, debit: rule.debit, gst: rule.gst })
        });
        let general = self.rules.iter().filter(move |rule| rule.from <= day).flat_map(|rule| {
            let named = |name: &String| Similar {
                name: name.clone(),
                credit: rule.credit,
                debit: rule.debit,
                gst: rule.gst,
            };
            rule.names.iter().map(named)
        });
        own.chain(general)
    }
}

/// Whether a text has words that say what a label is for: `Base fee` has none.
pub(super) fn tells(text: &str) -> bool {
    !words(text).is_empty()
}

/// The share of words in common, in per cent.
fn alike(left: &BTreeSet<String>, right: &BTreeSet<String>) -> usize {
    let (both, either) = (left.intersection(right).count(), left.union(right).count());
    (both * 100).checked_div(either).unwrap_or(0)
}

/// The words that say what a label is for: in small letters, `StorageRenewalBilling` taken apart, a plural as one.
fn words(text: &str) -> BTreeSet<String> {
    let (mut words, mut word, mut small) = (BTreeSet::new(), String::new(), false);
    for letter in text.chars().chain([' ']) {
        let cut = !letter.is_alphanumeric() || (small && letter.is_uppercase());
        if cut && !word.is_empty() {
            let whole = std::mem::take(&mut word);
            let single = whole.strip_suffix('s').filter(|single| single.len() > 2 && !single.ends_with('s'));
            let single = single.unwrap_or(&whole).to_owned();
            if !COMMON.contains(&single.as_str()) {
                words.insert(single);
            }
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        small = letter.is_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::LabelRule;

    fn told(description: &str) -> Option<(String, Account)> {
        let label = Label::new("other-transaction", "other-transaction", description);
        let found = similar(&Taxonomy::built_in().unwrap(), &label, 20_000)?;
        Some((found.name, found.debit))
    }

    #[test]
    fn names_are_taken_apart_into_words_that_tell() {
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(words("FBA Removal Orders: Return Fees"), set(&["removal", "return"]));
        assert_eq!(words("StorageRenewalBilling"), set(&["storage", "renewal", "billing"]));
        assert_eq!(words("REMOVAL_ORDER_LOST"), set(&["removal", "lost"]));
        assert!(words("Amazon fee for the item").is_empty());
    }

    #[test]
    fn a_known_name_in_other_words_is_suggested_with_its_account() {
        assert_eq!(told("Storage renewal bill").unwrap().1, Account::FeeLongTermStorage);
        assert_eq!(told("Inbound Placement Service Adj").unwrap().1, Account::FeeInbound);
        assert_eq!(told("Subscription Adjustment").unwrap().1, Account::FeeSubscription);
    }

    #[test]
    fn nothing_is_suggested_where_nothing_is_alike_or_the_alike_disagree() {
        assert_eq!(told("FBA Return Processing Adj"), None);
        assert_eq!(told("A Fee Nobody Knows"), None);
        assert_eq!(told("Amazon fee"), None, "words that tell nothing");
        assert_eq!(told("Base fee"), None);
        // One name, two accounts.
        assert_eq!(told("TDS"), Some(("TDS".into(), Account::Tds)));
        assert_eq!(told("Shipping"), None, "sales, refunds and promotions all have it");
    }

    #[test]
    fn where_the_description_tells_nothing_the_type_does() {
        let levy = Label::new("FBAFees", "FBA Inventory Storage Levy", "Base fee");
        let found = similar(&Taxonomy::built_in().unwrap(), &levy, 20_000).unwrap();
        assert_eq!((&*found.name, found.debit), ("FBA Inventory Storage Fee", Account::FeeStorage));
    }

    #[test]
    fn own_rules_teach() {
        let label = Label::new("other-transaction", "other-transaction", "Pallet Wrapping Levy");
        let rule = LabelRule {
            label,
            credit: Account::FeeInbound,
            debit: Account::FeeInbound,
            gst: Gst::Included,
            from: 100,
        };
        let ours = Taxonomy::built_in().unwrap().with_rules([rule]);
        let like = Label::new("ServiceFee", "Wrapping", "Pallet wrapping charge");
        let found = similar(&ours, &like, 200).unwrap();
        assert_eq!((found.debit, found.gst), (Account::FeeInbound, Gst::Included));
        assert_eq!(similar(&ours, &like, 99), None, "before it held");
    }
}
