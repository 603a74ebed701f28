//! The profit statement, and the bridge from profit to what the settlements total.
//!
//! A statement is the movement of every account over some set of lines, in one currency. Net profit is
//! Σ income + Σ expense. The bridge is exact for every set of lines.

use std::collections::BTreeMap;

use crate::{
    Error, Minor,
    account::{Account, Class, Group},
    money::Currency,
    settlement::{Accounts, NO_ACCOUNTS, Turnover},
    stock::StockValue,
};

/// Movements of one currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Of all amounts.
    pub currency: Currency,
    /// Movement of every account, by [`Account::slot`].
    pub accounts: Box<Accounts>,
    /// Indirect expenses by category; their sum stands in `expense:indirect` too.
    pub indirect: BTreeMap<String, i64>,
    /// Units sold.
    pub units: i64,
    /// Units sold whose cost is unknown.
    pub uncosted: i64,
    /// Refunds, one per `Refund | ItemPrice | Principal` line; none where they cannot be told apart, as by product.
    pub refunds: Option<i64>,
    /// Units shown to have come back, sellable or not.
    pub returned: i64,
    /// Units that came back or were lost, and whose cost is unknown.
    pub unvalued: i64,
    /// Whether some chain of settlements does not cover the days of this statement yet.
    pub provisional: bool,
}

/// What a statement does not know. Closing a month freezes it, once the caller has seen it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    /// Lines in suspense.
    pub unclassified_lines: i64,
    /// Their sum.
    pub unclassified_amount: i64,
    /// Units sold, come back or lost whose cost is unknown.
    pub units_without_cost: i64,
    /// Whether settlements may still follow.
    pub provisional: bool,
}

impl Gaps {
    /// Whether there are none.
    pub fn none(&self) -> bool {
        *self == Self::default()
    }
}

impl Statement {
    /// A statement of nothing.
    pub fn new(currency: Currency) -> Self {
        Self {
            currency,
            accounts: Box::new(NO_ACCOUNTS),
            indirect: BTreeMap::new(),
            units: 0,
            uncosted: 0,
            refunds: Some(0),
            returned: 0,
            unvalued: 0,
            provisional: false,
        }
    }

    /// Adds movements of accounts.
    pub fn add_accounts(&mut self, accounts: &Accounts) -> Result<(), Error> {
        self.accounts.iter_mut().zip(accounts).try_for_each(|(mine, theirs)| mine.merge(theirs))
    }

    /// Adds the movement of one account.
    pub fn add(&mut self, account: Account, turnover: &Turnover) -> Result<(), Error> {
        self.accounts[account.slot()].merge(turnover)
    }

    /// Adds an amount that is no settlement line, such as a cost.
    pub fn add_amount(&mut self, account: Account, amount: i64) -> Result<(), Error> {
        let (credit, debit) = if amount < 0 { (0, amount) } else { (amount, 0) };
        self.add(account, &Turnover { credit, debit, ..Turnover::default() })
    }

    /// Adds units sold: their cost (≤ 0), and how many of them have none.
    pub fn add_units(&mut self, units: i64, cogs: i64, uncosted: i64) -> Result<(), Error> {
        add(&mut self.units, units)?;
        add(&mut self.uncosted, uncosted)?;
        if cogs == 0 { Ok(()) } else { self.add_amount(Account::Cogs, cogs) }
    }

    /// Adds what units that came back or were lost are worth.
    pub fn add_stock(&mut self, value: &StockValue) -> Result<(), Error> {
        add(&mut self.returned, value.returned)?;
        add(&mut self.unvalued, value.unvalued)?;
        for (account, amount) in [(Account::Cogs, value.cogs), (Account::InventoryLoss, value.loss)] {
            if amount != 0 {
                self.add_amount(account, amount)?;
            }
        }
        Ok(())
    }

    /// Adds an indirect expense (< 0) under a category.
    pub fn add_indirect(&mut self, category: &str, amount: i64) -> Result<(), Error> {
        add(self.indirect.entry(category.to_owned()).or_default(), amount)?;
        self.add_amount(Account::Indirect, amount)
    }

    /// Adds another statement of the same currency.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if self.currency != other.currency {
            return Err(Error::Value(format!("{} and {} are never added", self.currency, other.currency)));
        }
        self.add_accounts(&other.accounts)?;
        for (category, amount) in &other.indirect {
            add(self.indirect.entry(category.clone()).or_default(), *amount)?;
        }
        add(&mut self.units, other.units)?;
        add(&mut self.uncosted, other.uncosted)?;
        add(&mut self.returned, other.returned)?;
        add(&mut self.unvalued, other.unvalued)?;
        self.refunds = match (self.refunds, other.refunds) {
            (Some(mine), Some(theirs)) => Some(mine.checked_add(theirs).ok_or(Error::Overflow)?),
            _ => None,
        };
        self.provisional |= other.provisional;
        Ok(())
    }

    /// The same as Amazon printed it: without the derived pairs of GST inside amounts. Pairs sum to zero, so totals
    /// stay. Nets are exact; where an account holds pairs of both signs, its credit and debit are each too large by
    /// what cancels out, so that a page shows nets only.
    pub fn as_printed(mut self) -> Result<Self, Error> {
        self.accounts.iter_mut().try_for_each(Turnover::leave_out_estimate)?;
        Ok(self)
    }

    /// Whether derived pairs of GST are in it.
    pub fn is_estimated(&self) -> bool {
        self.accounts.iter().any(|turnover| turnover.estimated != 0)
    }

    /// Refunds whose goods nobody has shown to be back: their cost is not credited. None where refunds are not
    /// counted.
    pub fn refunds_of_unknown_condition(&self) -> Option<i64> {
        self.refunds.map(|refunds| refunds.saturating_sub(self.returned).max(0))
    }

    /// Units sold, come back or lost whose cost is unknown.
    pub fn units_without_cost(&self) -> i64 {
        self.uncosted.saturating_add(self.unvalued)
    }

    /// Whether the cost of every unit is known: else the profit is one before unknown costs.
    pub fn cost_known(&self) -> bool {
        self.units_without_cost() == 0
    }

    /// What is not known.
    pub fn gaps(&self) -> Gaps {
        let suspense = self.turnover(Account::Unclassified);
        Gaps {
            unclassified_lines: suspense.lines,
            unclassified_amount: suspense.net(),
            units_without_cost: self.units_without_cost(),
            provisional: self.provisional,
        }
    }

    /// Lines posted without reserve and carried balances: what moves the balance at Amazon.
    pub fn posted(&self) -> Result<i64, Error> {
        let carried = [Account::Reserve, Account::TransferCarried];
        self.sum(|account| !OUTSIDE.contains(&account) && !carried.contains(&account))
    }

    /// Movement of an account.
    pub fn turnover(&self, account: Account) -> &Turnover {
        &self.accounts[account.slot()]
    }

    /// Accounts that moved, in the order of the chart.
    pub fn moved(&self) -> impl Iterator<Item = (Account, &Turnover)> {
        let all = Account::ALL.iter().map(|&account| (account, self.turnover(account)));
        all.filter(|(_, turnover)| turnover.lines > 0 || turnover.credit != 0 || turnover.debit != 0)
    }

    /// Credit and debit turnover of a line of the statement.
    pub fn group_turnover(&self, group: Group) -> Result<Turnover, Error> {
        let mut all = Turnover::default();
        for &account in Account::ALL.iter().filter(|account| account.group() == group) {
            all.merge(self.turnover(account))?;
        }
        Ok(all)
    }

    /// Net of a line of the statement.
    pub fn group(&self, group: Group) -> Result<i64, Error> {
        self.sum(|account| account.group() == group)
    }

    /// Net profit: Σ income + Σ expense. Unless [`Self::cost_known`] it is the profit before the unknown costs.
    pub fn profit(&self) -> Result<i64, Error> {
        self.sum(|account| account.class() == Class::Profit)
    }

    /// Net profit over net sales, in basis points. None while a cost is unknown, and of net sales that are not above
    /// 0: of negative ones a loss would look like a gain.
    pub fn margin_bp(&self) -> Result<Option<i64>, Error> {
        self.profit_over(self.group(Group::NetSales)?)
    }

    /// Net profit over cost of goods, in basis points. None while a cost is unknown, and without costs.
    pub fn roi_bp(&self) -> Result<Option<i64>, Error> {
        self.profit_over(self.group(Group::Cogs)?.checked_neg().ok_or(Error::Overflow)?)
    }

    fn profit_over(&self, whole: i64) -> Result<Option<i64>, Error> {
        if whole <= 0 || !self.cost_known() {
            return Ok(None);
        }
        Minor(self.profit()?).part(10_000, whole).map(|ratio| Some(ratio.0))
    }

    /// The bridge from profit to the total of the settlements.
    pub fn bridge(&self) -> Result<Bridge, Error> {
        let class = |class: Class| self.sum(|account| account.class() == class);
        let bridge = Bridge {
            profit: self.profit()?,
            cogs: self.turnover(Account::Cogs).net(),
            inventory_loss: self.turnover(Account::InventoryLoss).net(),
            indirect: self.turnover(Account::Indirect).net(),
            tax_collected: class(Class::TaxCollected)?,
            tax_withheld: class(Class::TaxWithheld)?,
            gst_input: class(Class::GstInput)?,
            tcs: class(Class::Tcs)?,
            tds: class(Class::Tds)?,
            tds_on_fees: class(Class::TdsOnFees)?,
            amazon_reserve: class(Class::Reserve)?,
            transfer: class(Class::Transfer)?,
            loan: class(Class::Loan)?,
            suspense: class(Class::Suspense)?,
            total: 0,
        };
        bridge.totalled()
    }

    fn sum(&self, wanted: impl Fn(Account) -> bool) -> Result<i64, Error> {
        let nets = Account::ALL.iter().filter(|&&account| wanted(account));
        Minor::sum(nets.map(|&account| Minor(self.turnover(account).net()))).map(|sum| sum.0)
    }
}

/// Accounts that no settlement line posts to.
pub(crate) const OUTSIDE: [Account; 3] = [Account::Cogs, Account::InventoryLoss, Account::Indirect];

fn add(sum: &mut i64, amount: i64) -> Result<(), Error> {
    *sum = sum.checked_add(amount).ok_or(Error::Overflow)?;
    Ok(())
}

/// From profit to Σ total-amount. All terms signed:
/// `total = profit − cogs − inventory_loss − indirect + tax_collected + … + suspense`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[allow(missing_docs, reason = "the names are those of the formula")]
pub struct Bridge {
    pub profit: i64,
    pub cogs: i64,
    pub inventory_loss: i64,
    pub indirect: i64,
    pub tax_collected: i64,
    pub tax_withheld: i64,
    pub gst_input: i64,
    pub tcs: i64,
    pub tds: i64,
    pub tds_on_fees: i64,
    pub amazon_reserve: i64,
    pub transfer: i64,
    pub loan: i64,
    pub suspense: i64,
    pub total: i64,
}

impl Bridge {
    /// Names and amounts in the order of the formula, `total` last.
    pub fn parts(&self) -> [(&'static str, i64); 15] {
        [
            ("profit", self.profit),
            ("cogs", self.cogs),
            ("inventory_loss", self.inventory_loss),
            ("indirect", self.indirect),
            ("tax_collected", self.tax_collected),
            ("tax_withheld", self.tax_withheld),
            ("gst_input", self.gst_input),
            ("tcs", self.tcs),
            ("tds", self.tds),
            ("tds_on_fees", self.tds_on_fees),
            ("amazon_reserve", self.amazon_reserve),
            ("transfer", self.transfer),
            ("loan", self.loan),
            ("suspense", self.suspense),
            ("total", self.total),
        ]
    }

    fn totalled(mut self) -> Result<Self, Error> {
        let total = self.parts()[..14].iter().try_fold(Minor::ZERO, |sum, (name, amount)| match *name {
            "cogs" | "inventory_loss" | "indirect" => sum.minus(Minor(*amount)),
            _ => sum.plus(Minor(*amount)),
        });
        self.total = total?.0;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_bridge_ends_at_the_sum_of_the_lines(lines in proptest::collection::vec((0_usize..50, -10_i64.pow(12)..10_i64.pow(12)), 0..60)) {
            let mut statement = Statement::new(Currency::INR);
            let mut total = 0;
            for (account, amount) in lines {
                let account = Account::ALL[account];
                statement.add_amount(account, amount).unwrap();
                total += if OUTSIDE.contains(&account) { 0 } else { amount };
            }
            prop_assert_eq!(statement.bridge().unwrap().total, total);
        }
    }

    #[test]
    fn margin_is_on_net_sales_and_roi_on_cost_of_goods() {
        let mut statement = Statement::new(Currency::INR);
        assert_eq!((statement.margin_bp(), statement.roi_bp()), (Ok(None), Ok(None)));
        statement.add_amount(Account::SalesProduct, 100_000).unwrap();
        statement.add_amount(Account::FeeReferral, -20_000).unwrap();
        statement.add_amount(Account::Cogs, -50_000).unwrap();
        statement.add_indirect("rent", -10_000).unwrap();
        assert_eq!(statement.profit(), Ok(20_000));
        assert_eq!((statement.margin_bp(), statement.roi_bp()), (Ok(Some(2000)), Ok(Some(4000))));
    }

    #[test]
    fn no_share_is_told_of_what_is_unknown_or_not_above_zero() {
        let with = |sales: i64, cogs: i64| {
            let mut statement = Statement::new(Currency::INR);
            statement.add_amount(Account::SalesProduct, sales).unwrap();
            statement.add_amount(Account::FeeReferral, -20_000).unwrap();
            statement.add_units(2, cogs, 0).unwrap();
            statement
        };
        let shares = |statement: &Statement| (statement.margin_bp().unwrap(), statement.roi_bp().unwrap());
        assert_eq!(shares(&with(100_000, -50_000)), (Some(3000), Some(6000)));
        // A loss on negative sales is no gain, and cost given back is no investment.
        assert_eq!(shares(&with(-100_000, -50_000)), (None, Some(-34_000)));
        assert_eq!(shares(&with(100_000, 50_000)), (Some(13_000), None));
        let mut sold = with(100_000, -50_000);
        sold.add_units(1, 0, 1).unwrap();
        let mut lost = with(100_000, -50_000);
        lost.add_stock(&StockValue { unvalued: 1, ..StockValue::default() }).unwrap();
        for unknown in [sold, lost] {
            assert!(!unknown.cost_known() && unknown.gaps().units_without_cost == 1);
            assert_eq!(shares(&unknown), (None, None));
        }
    }

    #[test]
    fn as_printed_leaves_out_pairs_and_keeps_the_total() {
        let mut statement = Statement::new(Currency::INR);
        let move_account = |statement: &mut Statement, account, amounts: [(i64, bool); 2]| {
            for (amount, derived) in amounts {
                let (credit, debit) = if amount < 0 { (0, amount) } else { (amount, 0) };
                let estimated = if derived { amount } else { 0 };
                let turnover = Turnover { credit, debit, estimated, lines: i64::from(!derived) };
                statement.add(account, &turnover).unwrap();
            }
        };
        move_account(&mut statement, Account::Advertising, [(-1180, false), (180, true)]);
        move_account(&mut statement, Account::GstInputUnsplit, [(-36, false), (-180, true)]);
        assert!(statement.is_estimated());
        let printed = statement.clone().as_printed().unwrap();
        assert!(!printed.is_estimated());
        assert_eq!((statement.profit(), printed.profit()), (Ok(-1000), Ok(-1180)));
        assert_eq!(printed.turnover(Account::GstInputUnsplit).net(), -36);
        assert_eq!(printed.turnover(Account::Advertising).credit, 0);
        assert_eq!(printed.bridge().unwrap().total, statement.bridge().unwrap().total);
    }

    #[test]
    fn currencies_are_never_added() {
        let mut statement = Statement::new(Currency::INR);
        let other = Statement::new(Currency::parse("USD").unwrap());
        assert!(statement.merge(&other).is_err());
    }
}
