//! How far settlements cover some days, in one currency: said the same on every page and in every mail.

use std::collections::{BTreeMap, BTreeSet};

use ecom_ledger::{
    Currency,
    chain::{Chains, Finding},
    day::DayCutter,
};

use crate::{
    error::Result,
    ids::SellerAccountId,
    roll::{FIRST_DAY, LAST_DAY},
    tx::Scoped,
};

/// How far settlements cover some days, from the least to the most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cover {
    /// Not even the first of them to its end.
    Open,
    /// A settlement is missing among them.
    Gap,
    /// To the end of this one of them; later ones may still follow.
    UpTo(i32),
    /// To their end: nothing is to come.
    Whole,
}

/// How the settlements of one account at Amazon, or of all, follow each other.
#[derive(Debug)]
pub struct Coverage {
    pub(crate) all: BTreeMap<(SellerAccountId, Currency), Chains>,
}

impl Coverage {
    /// How far every chain of a currency covers the days from one to another. A currency without any settlement awaits
    /// none; one that only date-range files tell of is never covered.
    pub fn of(&self, currency: Currency, from: i32, to: i32) -> Cover {
        let mut cutter = DayCutter::for_currency(currency);
        let (start, end) = (cutter.start_of(from.max(FIRST_DAY)), cutter.start_of(to.min(LAST_DAY) + 1));
        if !self.chains(currency).any(|chains| chains.provisional(start, end)) {
            return Cover::Whole;
        }
        if self.chains(currency).any(|chains| chains.has_gap(start, end)) {
            return Cover::Gap;
        }
        match self.until(currency) {
            Some(day) if day >= from => Cover::UpTo(day),
            _ => Cover::Open,
        }
    }

    /// The last day that every chain of a currency covers to its end, whatever is missing before.
    pub fn until(&self, currency: Currency) -> Option<i32> {
        let ends: Option<Vec<i64>> = self.chains(currency).map(Chains::covered_until).collect();
        let end = ends?.into_iter().min()?;
        Some(DayCutter::for_currency(currency).day(end) - 1)
    }

    /// The currencies of settlements.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.all.keys().map(|(_, currency)| *currency).collect::<BTreeSet<_>>().into_iter()
    }

    /// Places where settlements do not follow each other, the newest of each account and currency first.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.all.values().flat_map(|chains| chains.findings.iter().rev())
    }

    fn chains(&self, currency: Currency) -> impl Iterator<Item = &Chains> {
        self.all.iter().filter(move |((_, known), _)| *known == currency).map(|(_, chains)| chains)
    }
}

impl Scoped<'_> {
    /// How the active settlements of one account or of all follow each other.
    pub async fn coverage(&mut self, account: Option<SellerAccountId>) -> Result<Coverage> {
        let mut all = BTreeMap::new();
        for known in self.seller_accounts().await? {
            if account.is_none_or(|account| account == known.id) {
                let chains = self.chains(known.id).await?;
                all.extend(chains.into_iter().map(|(currency, chains)| ((known.id, currency), chains)));
            }
        }
        Ok(Coverage { all })
    }
}
