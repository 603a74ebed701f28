//! The close of a month: a statement frozen with its gaps, and what has changed since.
//!
//! A close keeps turnover, not only nets, so that a change that cancels out is still seen. Its text form is JSON
//! with a version; amounts are whole minor units.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    account::Account,
    money::Currency,
    settlement::Turnover,
    statement::{Gaps, Statement},
};

/// Version of the text form.
const VERSION: u32 = 1;

/// A frozen statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Close {
    /// When it was frozen.
    pub at: Timestamp,
    /// What it said.
    pub statement: Statement,
    /// What was not known, and seen by whoever closed.
    pub gaps: Gaps,
}

/// Why a statement is not frozen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotReady {
    /// The gaps are others than the caller has seen.
    #[error(
        "the statement has gaps that were not confirmed: {} lines not understood, {} units without a known cost{}; look at them and close again",
        .0.unclassified_lines, .0.units_without_cost, if .0.provisional { ", and settlements may still follow" } else { "" }
    )]
    Unseen(Gaps),
}

/// A figure that is not what it was at the close. Money in minor units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The account; `<account> debit` or `<account> credit` where only the turnover changed; or `units`,
    /// `units without cost`, `refunds`, `units returned`.
    pub account: String,
    /// At the close.
    pub was: i64,
    /// Now.
    pub is: i64,
}

impl Statement {
    /// Freezes the statement. Gaps are frozen as gaps, and only if the caller has seen them.
    pub fn freeze(self, seen: &Gaps, at: Timestamp) -> Result<Close, NotReady> {
        let gaps = self.gaps();
        if gaps != *seen {
            return Err(NotReady::Unseen(gaps));
        }
        Ok(Close { at, statement: self, gaps })
    }

    /// Debit and credit of every account that moved, indirect expenses by category.
    fn sides(&self) -> BTreeMap<String, (i64, i64)> {
        let moved = self.moved().filter(|(account, _)| *account != Account::Indirect);
        let accounts =
            moved.map(|(account, turnover)| (account.name().to_owned(), (turnover.debit, turnover.credit)));
        let indirect = self.indirect.iter().map(|(category, amount)| {
            (format!("{}:{category}", Account::Indirect.name()), ((*amount).min(0), (*amount).max(0)))
        });
        accounts.chain(indirect).collect()
    }

    fn counts(&self) -> [(&'static str, i64); 4] {
        [
            ("units", self.units),
            ("units without cost", self.gaps().units_without_cost),
            ("refunds", self.refunds.unwrap_or(0)),
            ("units returned", self.returned),
        ]
    }
}

impl Close {
    /// What has changed since, in the order of the accounts' names, counts last. Nothing if nothing has.
    pub fn differences(&self, now: &Statement) -> Vec<Difference> {
        let (was, is) = (self.statement.sides(), now.sides());
        let mut names: Vec<&String> = was.keys().chain(is.keys()).collect();
        names.sort();
        names.dedup();
        let side =
            |sides: &BTreeMap<String, (i64, i64)>, name: &str| sides.get(name).copied().unwrap_or((0, 0));
        let mut found = Vec::new();
        for name in names {
            let ((was_debit, was_credit), (is_debit, is_credit)) = (side(&was, name), side(&is, name));
            let (was_net, is_net) =
                (was_debit.saturating_add(was_credit), is_debit.saturating_add(is_credit));
            if was_net != is_net {
                found.push(Difference { account: name.clone(), was: was_net, is: is_net });
            } else if was_debit != is_debit {
                found.push(Difference { account: format!("{name} debit"), was: was_debit, is: is_debit });
                found.push(Difference { account: format!("{name} credit"), was: was_credit, is: is_credit });
            }
        }
        let counts = self.statement.counts().into_iter().zip(now.counts());
        found.extend(
            counts.filter(|((_, was), (_, is))| was != is).map(|((name, was), (_, is))| Difference {
                account: name.to_owned(),
                was,
                is,
            }),
        );
        found
    }

    /// The stable text form.
    pub fn to_json(&self) -> Result<String, Error> {
        let statement = &self.statement;
        let row = |(account, turnover): (Account, &Turnover)| Row {
            account: account.name().to_owned(),
            credit: turnover.credit,
            debit: turnover.debit,
            estimated: turnover.estimated,
            lines: turnover.lines,
        };
        let frozen = Frozen {
            version: VERSION,
            at: self.at.to_string(),
            currency: statement.currency.to_string(),
            accounts: statement.moved().map(row).collect(),
            indirect: statement.indirect.clone(),
            units: statement.units,
            uncosted: statement.uncosted,
            refunds: statement.refunds,
            returned: statement.returned,
            unvalued: statement.unvalued,
            gaps: self.gaps,
        };
        serde_json::to_string(&frozen).map_err(|error| Error::Value(error.to_string()))
    }

    /// Reads the text form.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let frozen: Frozen = serde_json::from_str(text)
            .map_err(|error| Error::Value(format!("the close of a month cannot be read: {error}")))?;
        if frozen.version != VERSION {
            return Err(Error::Value(format!(
                "the close of a month has version {}, this program knows {VERSION}; update the program",
                frozen.version
            )));
        }
        let mut statement = Statement::new(Currency::parse(&frozen.currency)?);
        for row in frozen.accounts {
            let account = Account::from_name(&row.account).ok_or_else(|| {
                Error::Value(format!("the close of a month names no account: `{}`", row.account))
            })?;
            let (credit, debit, estimated, lines) = (row.credit, row.debit, row.estimated, row.lines);
            statement.add(account, &Turnover { credit, debit, estimated, lines })?;
        }
        statement.indirect = frozen.indirect;
        statement.units = frozen.units;
        statement.uncosted = frozen.uncosted;
        statement.refunds = frozen.refunds;
        statement.returned = frozen.returned;
        statement.unvalued = frozen.unvalued;
        statement.provisional = frozen.gaps.provisional;
        let at = frozen
            .at
            .parse()
            .map_err(|_| Error::Value(format!("`{}` is no instant of a close", frozen.at)))?;
        Ok(Self { at, statement, gaps: frozen.gaps })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frozen {
    version: u32,
    at: String,
    currency: String,
    accounts: Vec<Row>,
    indirect: BTreeMap<String, i64>,
    units: i64,
    uncosted: i64,
    refunds: Option<i64>,
    returned: i64,
    unvalued: i64,
    gaps: Gaps,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    account: String,
    credit: i64,
    debit: i64,
    estimated: i64,
    lines: i64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at() -> Timestamp {
        "2026-11-03T04:30:00Z".parse().unwrap()
    }

    fn statement() -> Statement {
        let mut statement = Statement::new(Currency::INR);
        statement.add_amount(Account::SalesProduct, 100_000).unwrap();
        statement.add_amount(Account::Refund, -4_000).unwrap();
        statement
            .add(Account::Unclassified, &Turnover { debit: -500, lines: 2, ..Turnover::default() })
            .unwrap();
        statement.add_indirect("rent", -9_000).unwrap();
        statement.add_units(7, -30_000, 2).unwrap();
        statement.refunds = Some(1);
        statement
    }

    #[test]
    fn gaps_are_frozen_only_if_they_were_seen() {
        let gaps = Gaps {
            unclassified_lines: 2,
            unclassified_amount: -500,
            units_without_cost: 2,
            provisional: false,
        };
        let refused = statement().freeze(&Gaps::default(), at()).unwrap_err();
        assert_eq!(refused, NotReady::Unseen(gaps));
        assert!(
            refused.to_string().contains("2 lines not understood, 2 units without a known cost;"),
            "{refused}"
        );
        assert_eq!(statement().freeze(&gaps, at()).unwrap().gaps, gaps);
    }

    #[test]
    fn what_changes_after_the_close_is_listed() {
        let close = statement().freeze(&statement().gaps(), at()).unwrap();
        assert_eq!(close.differences(&statement()), []);
        let mut now = statement();
        now.add_amount(Account::FeeReferral, -1_500).unwrap();
        now.add_indirect("rent", 1_000).unwrap();
        now.add_amount(Account::Refund, -600).unwrap();
        now.add_amount(Account::Refund, 600).unwrap();
        now.units += 1;
        let told: Vec<(String, i64, i64)> =
            close.differences(&now).into_iter().map(|one| (one.account, one.was, one.is)).collect();
        let expected = [
            ("expense:fee:referral", 0, -1_500),
            ("expense:indirect:rent", -9_000, -8_000),
            ("income:refund debit", -4_000, -4_600),
            ("income:refund credit", 0, 600),
            ("units", 7, 8),
        ];
        assert_eq!(told, expected.map(|(name, was, is)| (name.to_owned(), was, is)));
    }

    #[test]
    fn the_text_form_is_stable() {
        let close = statement().freeze(&statement().gaps(), at()).unwrap();
        let expected = r#"{"version":1,"at":"2026-11-03T04:30:00Z","currency":"INR","accounts":[{"account":"income:sales:product","credit":100000,"debit":0,"estimated":0,"lines":0},{"account":"income:refund","credit":0,"debit":-4000,"estimated":0,"lines":0},{"account":"expense:cogs","credit":0,"debit":-30000,"estimated":0,"lines":0},{"account":"expense:indirect","credit":0,"debit":-9000,"estimated":0,"lines":0},{"account":"suspense:unclassified","credit":0,"debit":-500,"estimated":0,"lines":2}],"indirect":{"rent":-9000},"units":7,"uncosted":2,"refunds":1,"returned":0,"unvalued":0,"gaps":{"unclassified_lines":2,"unclassified_amount":-500,"units_without_cost":2,"provisional":false}}"#;
        assert_eq!(close.to_json().unwrap(), expected);
        assert_eq!(Close::from_json(expected).unwrap(), close);
    }

    #[test]
    fn a_text_of_another_version_or_with_a_strange_account_is_refused() {
        let text = statement().freeze(&statement().gaps(), at()).unwrap().to_json().unwrap();
        let says = |text: &str| Close::from_json(text).unwrap_err().to_string();
        assert!(says(&text.replace("\"version\":1", "\"version\":2")).contains("update the program"));
        assert!(says(&text.replace("income:refund", "income:refunds")).contains("`income:refunds`"));
        assert!(says("{}").contains("cannot be read"));
    }

    proptest! {
        #[test]
        fn the_text_form_leads_back(moves in proptest::collection::vec((0_usize..50, -10_i64.pow(12)..10_i64.pow(12)), 0..40), units in 0_i64..1000) {
            let mut statement = Statement::new(Currency::INR);
            for (account, amount) in moves {
                statement.add_amount(Account::ALL[account], amount).unwrap();
            }
            statement.units = units;
            let gaps = statement.gaps();
            let close = statement.clone().freeze(&gaps, at()).unwrap();
            let back = Close::from_json(&close.to_json().unwrap()).unwrap();
            prop_assert_eq!(&back, &close);
            prop_assert_eq!(back.differences(&statement), vec![]);
        }
    }
}
