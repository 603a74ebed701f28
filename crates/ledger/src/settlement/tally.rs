//! Sums of a settlement: by day and account, by product and month, by label. These are the rollups.
//!
//! Memory grows with distinct days, SKUs and labels, never with lines. All additions are checked.

use rustc_hash::FxHashMap;

use crate::{Error, account::Account, day::Month};

use super::line::{Line, Posting, Sink, Units};

/// Movement of one account.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Turnover {
    /// Sum of amounts > 0.
    pub credit: i64,
    /// Sum of amounts < 0.
    pub debit: i64,
    /// The part of credit + debit that comes from derived GST pairs.
    pub estimated: i64,
    /// Lines as printed by Amazon (derived pairs are none).
    pub lines: i64,
}

impl Turnover {
    /// Credit and debit together.
    pub fn net(&self) -> i64 {
        self.credit.saturating_add(self.debit)
    }

    fn add(&mut self, amount: i64, estimated: bool) -> Result<(), Error> {
        let side = if amount < 0 { &mut self.debit } else { &mut self.credit };
        *side = checked(*side, amount)?;
        if estimated {
            self.estimated = checked(self.estimated, amount)?;
        } else {
            self.lines += 1;
        }
        Ok(())
    }

    /// Takes the derived pairs out again, from the side that their sum stands on.
    pub(crate) fn leave_out_estimate(&mut self) -> Result<(), Error> {
        let side = if self.estimated < 0 { &mut self.debit } else { &mut self.credit };
        *side = side.checked_sub(self.estimated).ok_or(Error::Overflow)?;
        self.estimated = 0;
        Ok(())
    }

    /// Adds another movement of the same account.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        self.credit = checked(self.credit, other.credit)?;
        self.debit = checked(self.debit, other.debit)?;
        self.estimated = checked(self.estimated, other.estimated)?;
        self.lines = checked(self.lines, other.lines)?;
        Ok(())
    }
}

/// Movement of every account, indexed by [`Account::slot`].
pub type Accounts = [Turnover; Account::SLOTS];

/// Nothing moved.
pub const NO_ACCOUNTS: Accounts = [Turnover { credit: 0, debit: 0, estimated: 0, lines: 0 }; Account::SLOTS];

/// Net and estimated sums of one product in one month, indexed by [`Account::slot`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductSums {
    /// Sum of amounts.
    pub net: [i64; Account::SLOTS],
    /// The part from derived GST pairs.
    pub estimated: [i64; Account::SLOTS],
}

impl Default for ProductSums {
    fn default() -> Self {
        Self { net: [0; Account::SLOTS], estimated: [0; Account::SLOTS] }
    }
}

/// A day at a marketplace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DayKey {
    /// Posting day.
    pub day: i32,
    /// Place in the names' marketplaces.
    pub marketplace: u32,
}

/// A product in a month at a marketplace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProductKey {
    /// Month of posting.
    pub month: Month,
    /// Place in the names' SKUs; 0 holds the lines without one.
    pub sku: u32,
    /// Place in the names' marketplaces.
    pub marketplace: u32,
}

/// Units of a product on a day at a marketplace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnitKey {
    /// Posting day.
    pub day: i32,
    /// Place in the names' SKUs.
    pub sku: u32,
    /// Place in the names' marketplaces.
    pub marketplace: u32,
}

/// Count and sum of a label.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct LabelSum {
    /// Lines.
    pub lines: i64,
    /// Sum in minor units.
    pub amount: i64,
    /// Lines that went to suspense.
    pub unclassified: i64,
    /// Sum of those.
    pub unclassified_amount: i64,
}

/// The sums of one settlement.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    /// By day and marketplace.
    pub days: FxHashMap<DayKey, Box<Accounts>>,
    /// By product and month.
    pub products: FxHashMap<ProductKey, Box<ProductSums>>,
    /// Units sold.
    pub units: FxHashMap<UnitKey, i64>,
    /// By label.
    pub labels: FxHashMap<u32, LabelSum>,
    /// Sum of all lines as printed.
    pub sum: i64,
    /// How many lines.
    pub lines: i64,
}

/// Tallies while scanning: rows in vectors, the last row of each kind remembered, since neighbours repeat.
pub(crate) struct Tallier {
    settlements: Vec<Partial>,
}

#[derive(Default)]
struct Partial {
    days: Rows<DayKey, Accounts>,
    products: Rows<ProductKey, ProductSums>,
    units: FxHashMap<UnitKey, i64>,
    labels: Vec<LabelSum>,
    sum: i64,
    lines: i64,
}

struct Rows<K, V> {
    index: FxHashMap<K, usize>,
    list: Vec<(K, Box<V>)>,
    last: usize,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Self { index: FxHashMap::default(), list: Vec::new(), last: 0 }
    }
}

impl<K: Copy + Eq + std::hash::Hash, V> Rows<K, V> {
    fn row(&mut self, key: K, empty: impl FnOnce() -> V) -> &mut V {
        if self.list.get(self.last).is_none_or(|(last, _)| *last != key) {
            self.last = match self.index.get(&key) {
                Some(&at) => at,
                None => {
                    self.index.insert(key, self.list.len());
                    self.list.push((key, Box::new(empty())));
                    self.list.len() - 1
                }
            };
        }
        &mut self.list[self.last].1
    }
}

impl Tallier {
    pub(crate) fn new() -> Self {
        Self { settlements: Vec::new() }
    }

    fn at(&mut self, settlement: u32) -> &mut Partial {
        let at = settlement as usize;
        if self.settlements.len() <= at {
            self.settlements.resize_with(at + 1, Partial::default);
        }
        &mut self.settlements[at]
    }

    pub(crate) fn finish(self) -> Vec<Tally> {
        self.settlements.into_iter().map(Partial::finish).collect()
    }
}

impl Partial {
    fn line(&mut self, line: &Line<'_>, posting: Posting, month: Month) -> Result<(), Error> {
        let slot = posting.account.slot();
        let day = self.days.row(DayKey { day: line.day, marketplace: line.marketplace }, || NO_ACCOUNTS);
        day[slot].add(line.amount, false)?;
        let key = ProductKey { month, sku: line.sku, marketplace: line.marketplace };
        let product = self.products.row(key, ProductSums::default);
        product.net[slot] = checked(product.net[slot], line.amount)?;
        if let Some(inside) = posting.gst_inside {
            for (slot, amount) in [(slot, -inside), (Account::GstInputUnsplit.slot(), inside)] {
                day[slot].add(amount, true)?;
                product.net[slot] = checked(product.net[slot], amount)?;
                product.estimated[slot] = checked(product.estimated[slot], amount)?;
            }
        }
        self.sum = checked(self.sum, line.amount)?;
        self.lines += 1;
        self.label(line, posting.account == Account::Unclassified)
    }

    fn label(&mut self, line: &Line<'_>, unclassified: bool) -> Result<(), Error> {
        let at = line.label as usize;
        if self.labels.len() <= at {
            self.labels.resize(at + 1, LabelSum::default());
        }
        let label = &mut self.labels[at];
        label.lines += 1;
        label.amount = checked(label.amount, line.amount)?;
        if unclassified {
            label.unclassified += 1;
            label.unclassified_amount = checked(label.unclassified_amount, line.amount)?;
        }
        Ok(())
    }

    fn finish(self) -> Tally {
        let labels = self.labels.into_iter().enumerate().filter(|(_, label)| label.lines > 0);
        Tally {
            days: self.days.list.into_iter().collect(),
            products: self.products.list.into_iter().collect(),
            units: self.units,
            labels: labels.map(|(id, label)| (u32::try_from(id).unwrap_or(u32::MAX), label)).collect(),
            sum: self.sum,
            lines: self.lines,
        }
    }
}

impl Sink for Tallier {
    fn line(&mut self, line: &Line<'_>, posting: Posting) -> Result<(), Error> {
        let partial = self.at(line.settlement);
        let month = partial.month(line.day);
        partial.line(line, posting, month)
    }

    fn units(&mut self, units: Units) -> Result<(), Error> {
        let key = UnitKey { day: units.day, sku: units.sku, marketplace: units.marketplace };
        let count = self.at(units.settlement).units.entry(key).or_default();
        *count = checked(*count, units.count)?;
        Ok(())
    }
}

impl Partial {
    /// The month of a day; neighbouring lines mostly share it, and a calendar costs more than a comparison.
    fn month(&self, day: i32) -> Month {
        match (self.days.list.get(self.days.last), self.products.list.get(self.products.last)) {
            (Some((last_day, _)), Some((last_product, _))) if last_day.day == day => last_product.month,
            _ => Month::of_day(day),
        }
    }
}

/// Numbers of one scan in the numbers of the whole file.
pub(crate) struct Renumber<'a> {
    pub(crate) labels: &'a [u32],
    pub(crate) skus: &'a [u32],
    pub(crate) marketplaces: &'a [u32],
}

impl Tally {
    /// Adds a tally whose ids are translated by `to`.
    pub(crate) fn merge(&mut self, other: Self, to: &Renumber<'_>) -> Result<(), Error> {
        for (key, accounts) in other.days {
            let key = DayKey { marketplace: to.marketplaces[key.marketplace as usize], ..key };
            let mine = self.days.entry(key).or_insert_with(|| Box::new(NO_ACCOUNTS));
            for (mine, theirs) in mine.iter_mut().zip(accounts.iter()) {
                mine.merge(theirs)?;
            }
        }
        for (key, sums) in other.products {
            let (sku, marketplace) = (to.skus[key.sku as usize], to.marketplaces[key.marketplace as usize]);
            let mine = self.products.entry(ProductKey { sku, marketplace, ..key }).or_default();
            add_all(&mut mine.net, &sums.net)?;
            add_all(&mut mine.estimated, &sums.estimated)?;
        }
        for (key, count) in other.units {
            let (sku, marketplace) = (to.skus[key.sku as usize], to.marketplaces[key.marketplace as usize]);
            let mine = self.units.entry(UnitKey { sku, marketplace, ..key }).or_default();
            *mine = checked(*mine, count)?;
        }
        for (label, sums) in other.labels {
            self.labels.entry(to.labels[label as usize]).or_default().merge(&sums)?;
        }
        self.sum = checked(self.sum, other.sum)?;
        self.lines = checked(self.lines, other.lines)?;
        Ok(())
    }

    /// Movement of every account over the whole settlement.
    pub fn accounts(&self) -> Result<Accounts, Error> {
        let mut all = NO_ACCOUNTS;
        for day in self.days.values() {
            for (mine, theirs) in all.iter_mut().zip(day.iter()) {
                mine.merge(theirs)?;
            }
        }
        Ok(all)
    }
}

impl LabelSum {
    fn merge(&mut self, other: &Self) -> Result<(), Error> {
        self.lines = checked(self.lines, other.lines)?;
        self.amount = checked(self.amount, other.amount)?;
        self.unclassified = checked(self.unclassified, other.unclassified)?;
        self.unclassified_amount = checked(self.unclassified_amount, other.unclassified_amount)?;
        Ok(())
    }
}

fn add_all(mine: &mut [i64], theirs: &[i64]) -> Result<(), Error> {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine = checked(*mine, *theirs)?;
    }
    Ok(())
}

fn checked(a: i64, b: i64) -> Result<i64, Error> {
    a.checked_add(b).ok_or(Error::Overflow)
}
