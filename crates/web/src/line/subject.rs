//! Which figure is explained: accounts, lines of the statement, parts of the bridge, or everything.

use ecom_ledger::{Account, Class, Group};

use super::measure::Measure;
use crate::{
    fault::{Fault, Page},
    params::Params,
    words::{self, CLASSES, FEES},
};

/// The lines of the roll-forward: all from files but reserve and balances carried over.
pub(crate) const POSTED: &str = "posted";

/// What all products earn together: net profit before own expenses, which are of no product.
pub(crate) const BEFORE_OWN: &str = "before_own";

/// Accounts and how they are called together.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) title: String,
    /// Empty: all.
    pub(crate) accounts: Vec<Account>,
    /// A figure that is no sum of them.
    pub(crate) measure: Option<Measure>,
    /// As it stands in an address.
    pub(crate) query: String,
}

impl Subject {
    /// Reads `measure=…`, else `account=…`, `group=…` and `class=…`, each as often as one likes.
    pub(crate) fn read(params: &Params) -> Page<Self> {
        let known = "`units`, `refunds`, `margin` or `roi`";
        if let Some(measure) = params.read("measure", known, Measure::from_name)? {
            return Ok(Self {
                title: measure.title().to_owned(),
                accounts: measure.accounts(),
                measure: Some(measure),
                query: measure.query(),
            });
        }
        let (mut titles, mut accounts, mut query) = (Vec::new(), Vec::new(), Vec::new());
        for name in params.all("account") {
            let account =
                Account::from_name(name).ok_or_else(|| unknown("account", "expense:fee:referral"))?;
            titles.push(words::account(account).to_owned());
            accounts.push(account);
            query.push(format!("account={name}"));
        }
        for slug in params.all("group") {
            let (title, groups) = groups(slug).ok_or_else(|| unknown("group", "referral-fees"))?;
            titles.push(title);
            accounts.extend(Account::ALL.iter().filter(|account| groups.contains(&account.group())));
            query.push(format!("group={slug}"));
        }
        for slug in params.all("class") {
            if slug == POSTED {
                titles.push("Lines that move the balance at Amazon".to_owned());
                accounts.extend(Account::ALL.iter().filter(|account| moves_balance(**account)));
                query.push(format!("class={slug}"));
                continue;
            }
            if slug == BEFORE_OWN {
                titles.push("Profit before own expenses".to_owned());
                let held =
                    |account: &&Account| account.class() == Class::Profit && **account != Account::Indirect;
                accounts.extend(Account::ALL.iter().filter(held));
                query.push(format!("class={slug}"));
                continue;
            }
            let class = class(slug).ok_or_else(|| unknown("class", "gst_input"))?;
            titles.push(if class == Class::Profit { "Net profit" } else { words::class(class).1 }.to_owned());
            accounts.extend(Account::ALL.iter().filter(|account| account.class() == class));
            query.push(format!("class={slug}"));
        }
        accounts.sort_unstable();
        accounts.dedup();
        let title = if titles.is_empty() { "All lines".to_owned() } else { titles.join(", ") };
        Ok(Self { title, accounts, measure: None, query: query.join("&") })
    }

    /// Whether an account belongs to the figure. Without any named, the figure is the total of the settlements.
    pub(crate) fn holds(&self, account: Account) -> bool {
        if self.accounts.is_empty() { from_files(account) } else { self.accounts.contains(&account) }
    }

    /// Whether settlement files hold any of it.
    pub(crate) fn in_files(&self) -> bool {
        self.accounts.is_empty() || self.accounts.iter().any(|account| from_files(*account))
    }

    /// What one should know about the rule.
    pub(crate) fn rule(&self) -> Option<&'static str> {
        let one = self.accounts.first().filter(|_| self.accounts.len() == 1);
        match one {
            Some(Account::Unclassified) => Some(
                "No rule of the taxonomy names these labels. They are in the total and in no profit until one does.",
            ),
            Some(Account::Reserve) => {
                Some("What Amazon holds back is a minus, what it releases from the settlement before a plus.")
            }
            Some(account) if account.is_asset() => {
                Some("Amounts keep Amazon’s sign: a minus is money kept back from you that you can claim.")
            }
            _ if self.accounts.contains(&Account::Cogs) && self.in_files() => Some(
                "Costs and own expenses come from what you entered, not from a file; the lines below are those of files.",
            ),
            _ => None,
        }
    }
}

/// Reserve and balances carried over stay at Amazon.
fn moves_balance(account: Account) -> bool {
    from_files(account) && !matches!(account, Account::Reserve | Account::TransferCarried)
}

pub(super) fn from_files(account: Account) -> bool {
    !matches!(account, Account::Cogs | Account::InventoryLoss | Account::Indirect)
}

fn groups(slug: &str) -> Option<(String, Vec<Group>)> {
    if slug == "fees" {
        return Some(("Amazon fees".to_owned(), FEES.to_vec()));
    }
    let group = Group::ALL.into_iter().find(|group| words::slug(*group) == slug)?;
    Some((group.title().to_owned(), vec![group]))
}

fn class(slug: &str) -> Option<Class> {
    let all = CLASSES.into_iter().chain([Class::Profit]);
    all.into_iter().find(|class| words::class(*class).0 == slug)
}

fn unknown(name: &str, example: &str) -> Fault {
    Fault::invalid(name, format!("There is none of this name. One is called {example}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Page<Subject> {
        let values = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Subject::read(&Params::new(values))
    }

    #[test]
    fn figures_are_named_by_account_group_or_class() {
        assert_eq!(read(&[("account", "expense:fee:referral")]).unwrap().accounts, [Account::FeeReferral]);
        let both = read(&[("group", "advertising"), ("group", "deals-and-coupons")]).unwrap();
        assert_eq!(both.title, "Advertising, Deals and coupons");
        assert_eq!(both.accounts, [Account::Advertising, Account::Deals]);
        let fees = read(&[("group", "fees")]).unwrap();
        assert!(fees.accounts.iter().all(|account| account.name().starts_with("expense:fee:")));
        let profit = read(&[("class", "profit")]).unwrap();
        assert!(profit.holds(Account::Cogs) && !profit.holds(Account::Tds) && profit.in_files());
        assert!(!read(&[("group", "cost-of-goods")]).unwrap().in_files());
        let posted = read(&[("class", "posted")]).unwrap();
        assert!(
            posted.holds(Account::Tds) && !posted.holds(Account::Reserve) && !posted.holds(Account::Cogs)
        );
        let products = read(&[("class", "before_own")]).unwrap();
        assert!(products.holds(Account::Cogs) && !products.holds(Account::Indirect));
        let margin = read(&[("measure", "margin")]).unwrap();
        assert!(margin.measure == Some(Measure::Margin) && margin.query == "measure=margin");
        assert!(read(&[("measure", "profit")]).is_err());
        assert!(!read(&[]).unwrap().holds(Account::Cogs));
        for query in [[("account", "expense:fee")], [("group", "fee")], [("class", "Profit")]] {
            assert!(read(&query).is_err());
        }
    }
}
