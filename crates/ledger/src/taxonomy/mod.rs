//! The taxonomy: which account a label goes to, as dated data (`data/taxonomy.tsv`).
//!
//! A label is the triple (transaction-type, amount-type, amount-description). What no rule names goes to
//! `suspense:unclassified`; nothing is guessed. Rules are tried in the order of the file.

mod effect;
mod label_rule;
mod pattern;
mod similar;

use std::{collections::HashMap, fmt};

use crate::{Error, account::Account};
pub use effect::{Effect, MonthEffect, Moved, Standing};
pub use label_rule::LabelRule;
use pattern::{Folded, Pattern};
pub use similar::{Similar, similar};

/// A label as Amazon printed it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Label {
    /// transaction-type
    pub transaction_type: String,
    /// amount-type
    pub amount_type: String,
    /// amount-description
    pub description: String,
}

impl fmt::Display for Label {
    /// Its parts that are not empty, in the order of Amazon's columns: `Order · ItemPrice · Principal`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.transaction_type, &self.amount_type, &self.description];
        for (index, part) in parts.into_iter().filter(|part| !part.is_empty()).enumerate() {
            if index > 0 {
                f.write_str(" · ")?;
            }
            f.write_str(part)?;
        }
        Ok(())
    }
}

impl Label {
    /// A label from its three parts.
    pub fn new(transaction_type: &str, amount_type: &str, description: &str) -> Self {
        Self {
            transaction_type: transaction_type.trim().to_owned(),
            amount_type: amount_type.trim().to_owned(),
            description: description.trim().to_owned(),
        }
    }
}

/// Where the GST of an amount stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gst {
    /// In a row of its own.
    Separate,
    /// Inside the amount, at 18 % (India).
    Included,
    /// There is none.
    None,
    /// Not known.
    Unknown,
}

impl Gst {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Separate, Self::Included, Self::None, Self::Unknown];

    /// As written in the taxonomy and stored: `separate`, `included`, `none`, `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Separate => "separate",
            Self::Included => "included",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gst| gst.name() == name)
    }
}

/// What the taxonomy says about a label, for a span of posting days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Account of amounts ≥ 0.
    pub credit: Account,
    /// Account of amounts < 0.
    pub debit: Account,
    /// Where the GST stands.
    pub gst: Gst,
    /// First day (days since 1970-01-01) for which this holds.
    pub from: i32,
    /// Last day for which this holds.
    pub to: i32,
}

impl Verdict {
    /// The account for an amount in minor units.
    pub fn account(&self, amount: i64) -> Account {
        if amount < 0 { self.debit } else { self.credit }
    }
}

#[derive(Clone)]
struct Rule {
    from: i32,
    parts: [Pattern; 3],
    /// Whole names that it matches, as people write them: of the description, or of the type where that tells more.
    names: Vec<String>,
    credit: Account,
    debit: Account,
    gst: Gst,
}

/// An ordered list of rules, and before them a tenant's own.
#[derive(Clone)]
pub struct Taxonomy {
    rules: Vec<Rule>,
    /// By label, in the order of their first day.
    own: HashMap<Label, Vec<LabelRule>>,
}

const BUILT_IN: &str = include_str!("../../data/taxonomy.tsv");

impl Taxonomy {
    /// The taxonomy that comes with the program.
    ///
    /// # Errors
    /// Only if the file in the repository is malformed, which the tests rule out.
    pub fn built_in() -> Result<Self, Error> {
        Self::parse(BUILT_IN)
    }

    /// Reads rules in the form of `data/taxonomy.tsv`. An error names the line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let rules = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
            .map(|(index, line)| {
                Rule::parse(line).map_err(|why| Error::Value(format!("taxonomy line {}: {why}", index + 1)))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { rules, own: HashMap::new() })
    }

    /// Puts decisions of the operator, in the same form, before the rules that stand.
    pub fn with_decisions(mut self, text: &str) -> Result<Self, Error> {
        let mut rules = Self::parse(text)?.rules;
        rules.append(&mut self.rules);
        self.rules = rules;
        Ok(self)
    }

    /// The verdict on a label for a posting day, and the days around it for which it stays the same.
    pub fn verdict(&self, label: &Label, day: i32) -> Verdict {
        let own = self.own.get(label).map_or(&[][..], Vec::as_slice);
        label_rule::verdict(own, day, || self.general(label, day))
    }

    /// What the rules for everybody say.
    fn general(&self, label: &Label, day: i32) -> Verdict {
        let folded =
            [&label.transaction_type, &label.amount_type, &label.description].map(|part| Folded::new(part));
        let matching = || {
            self.rules
                .iter()
                .filter(|rule| rule.parts.iter().zip(&folded).all(|(part, text)| part.matches(text)))
        };
        let from = matching().map(|rule| rule.from).filter(|&from| from <= day).max().unwrap_or(i32::MIN);
        let to = matching()
            .map(|rule| rule.from)
            .filter(|&from| from > day)
            .min()
            .map_or(i32::MAX, |next| next - 1);
        let unknown = (Account::Unclassified, Account::Unclassified, Gst::Unknown);
        let (credit, debit, gst) = matching()
            .find(|rule| rule.from <= day)
            .map_or(unknown, |rule| (rule.credit, rule.debit, rule.gst));
        Verdict { credit, debit, gst, from, to }
    }
}

impl Rule {
    fn parse(line: &str) -> Result<Self, String> {
        let cells: Vec<&str> = line.split('\t').collect();
        let [from, transaction, kind, description, account, gst] = cells.as_slice() else {
            return Err(format!("{} columns instead of 6", cells.len()));
        };
        let from = match *from {
            "-" => i32::MIN,
            date => date
                .parse::<jiff::civil::Date>()
                .map(crate::day::of_date)
                .map_err(|_| format!("`{date}` is no date in the form yyyy-mm-dd"))?,
        };
        let named = |name: &str| {
            Account::from_name(name.trim())
                .ok_or_else(|| format!("`{}` is no account of the chart", name.trim()))
        };
        let (credit, debit) = match account.split_once('>') {
            Some((credit, debit)) => (named(credit)?, named(debit)?),
            None => (named(account)?, named(account)?),
        };
        let gst = Gst::from_name(gst.trim())
            .ok_or_else(|| format!("`{gst}` is none of separate, included, none, unknown"))?;
        let parts = [Pattern::parse(transaction), Pattern::parse(kind), Pattern::parse(description)];
        let telling = [description, kind, transaction].into_iter().find(|text| similar::tells(text));
        let whole = telling.into_iter().flat_map(|text| text.split(" / ")).map(str::trim);
        let names = whole.filter(|name| !name.contains('*')).map(str::to_owned).collect();
        Ok(Self { from, parts, names, credit, debit, gst })
    }
}
