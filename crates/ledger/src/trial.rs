//! The trial balance: debit, credit and balance of every account that moved.
//!
//! A view of a statement's accounts. The balances of settlement accounts sum to the total of the settlements; costs
//! and expenses of the seller's own books stand beside them and are summed apart.

use crate::{
    Error, Minor,
    account::Account,
    statement::{OUTSIDE, Statement},
};

/// One account. Money in minor units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrialRow {
    /// Name of the account; indirect expenses with their category.
    pub account: String,
    /// Sum of debits (≤ 0).
    pub debit: i64,
    /// Sum of credits (≥ 0).
    pub credit: i64,
    /// Debit and credit together.
    pub balance: i64,
    /// Whether its lines come from settlements.
    pub from_settlements: bool,
}

/// What makes a trial balance sum to zero. Money in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counterparts {
    /// Against the accounts of settlements: < 0 is owed by Amazon.
    pub amazon: i64,
    /// Against cost of goods, inventory loss and indirect expenses.
    pub own: i64,
}

/// Debit, credit and balance of every account that moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrialBalance {
    /// In the order of the chart.
    pub rows: Vec<TrialRow>,
    /// Sum of all debits.
    pub debit: i64,
    /// Sum of all credits.
    pub credit: i64,
    /// Sum of the balances of accounts that settlements feed: Σ total-amount.
    pub settlements: i64,
    /// Sum of the balances of the seller's own books: cost of goods, inventory loss, indirect expenses.
    pub own: i64,
}

impl TrialBalance {
    /// What stands against the accounts: the party "Amazon" for those of settlements, and what was paid from elsewhere
    /// for the seller's own books.
    pub fn counterparts(&self) -> Result<Counterparts, Error> {
        let against = |sum: i64| Minor::ZERO.minus(Minor(sum)).map(|amount| amount.0);
        Ok(Counterparts { amazon: against(self.settlements)?, own: against(self.own)? })
    }

    /// Sum of every balance and of what stands against them: 0, or an account was lost.
    pub fn sum(&self) -> Result<i64, Error> {
        let Counterparts { amazon, own } = self.counterparts()?;
        let balances = self.rows.iter().map(|row| row.balance).chain([amazon, own]);
        Minor::sum(balances.map(Minor)).map(|sum| sum.0)
    }
}

impl Statement {
    /// The trial balance of these accounts.
    pub fn trial_balance(&self) -> Result<TrialBalance, Error> {
        let mut rows = Vec::new();
        for (account, turnover) in self.moved() {
            if account == Account::Indirect {
                rows.extend(self.indirect.iter().map(|(category, amount)| indirect_row(category, *amount)));
                continue;
            }
            rows.push(TrialRow {
                account: account.name().to_owned(),
                debit: turnover.debit,
                credit: turnover.credit,
                balance: turnover.net(),
                from_settlements: !OUTSIDE.contains(&account),
            });
        }
        let sum =
            |part: fn(&TrialRow) -> i64| Minor::sum(rows.iter().map(|row| Minor(part(row)))).map(|sum| sum.0);
        let (debit, credit) = (sum(|row| row.debit)?, sum(|row| row.credit)?);
        let settlements = sum(|row| if row.from_settlements { row.balance } else { 0 })?;
        let own = sum(|row| if row.from_settlements { 0 } else { row.balance })?;
        Ok(TrialBalance { rows, debit, credit, settlements, own })
    }
}

fn indirect_row(category: &str, amount: i64) -> TrialRow {
    TrialRow {
        account: format!("{}:{category}", Account::Indirect.name()),
        debit: amount.min(0),
        credit: amount.max(0),
        balance: amount,
        from_settlements: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    #[test]
    fn balances_sum_to_the_settlements_and_to_the_own_books() {
        let mut statement = Statement::new(Currency::INR);
        statement.add_amount(Account::SalesProduct, 1000).unwrap();
        statement.add_amount(Account::SalesProduct, -50).unwrap();
        statement.add_amount(Account::FeeReferral, -200).unwrap();
        statement.add_amount(Account::Cogs, -300).unwrap();
        statement.add_indirect("rent", -70).unwrap();
        statement.add_indirect("salaries", -30).unwrap();
        let trial = statement.trial_balance().unwrap();
        assert_eq!((trial.debit, trial.credit), (-650, 1000));
        assert_eq!((trial.settlements, trial.own), (750, -400));
        assert_eq!(trial.settlements, statement.bridge().unwrap().total);
        assert_eq!(trial.counterparts(), Ok(Counterparts { amazon: -750, own: 400 }));
        assert_eq!(trial.sum(), Ok(0));
        let short = TrialBalance { rows: trial.rows[1..].to_vec(), ..trial.clone() };
        assert_ne!(short.sum(), Ok(0), "a lost account shows");
        let names: Vec<&str> = trial.rows.iter().map(|row| row.account.as_str()).collect();
        assert_eq!(names[3..], ["expense:indirect:rent", "expense:indirect:salaries"]);
    }
}
