//! A ledger line, its posting, and what receives them.

use rustc_hash::FxHashMap;

use crate::{
    Error, Minor,
    account::{Account, Class},
    money::Currency,
    taxonomy::{Gst, Verdict},
};

use super::scan::{Options, Text};

/// One amount of one settlement, as a reader found it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Line of the decompressed file, from 1.
    pub number: u64,
    /// Which amount of that line, from 1; 0 where a line has one amount.
    pub column: u32,
    /// Place in the report's settlements.
    pub settlement: u32,
    /// Place in [`super::Names::labels`].
    pub label: u32,
    /// Place in [`super::Names::skus`]; 0 is none.
    pub sku: u32,
    /// Place in [`super::Names::marketplaces`]; 0 is none.
    pub marketplace: u32,
    /// Order id as printed; may be empty.
    pub order: &'a [u8],
    /// Posting instant, microseconds since 1970-01-01 UTC.
    pub posted: i64,
    /// Posting day in the seller's time zone, days since 1970-01-01.
    pub day: i32,
    /// Quantity as printed on the line; 0 if none. Repeated on several lines of an item.
    pub quantity: i64,
    /// Amount in minor units; > 0 is a credit.
    pub amount: i64,
}

/// Units of one order item that were sold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Units {
    /// Place in the report's settlements.
    pub settlement: u32,
    /// Place in [`super::Names::marketplaces`].
    pub marketplace: u32,
    /// Place in [`super::Names::skus`].
    pub sku: u32,
    /// Posting day.
    pub day: i32,
    /// How many.
    pub count: i64,
}

/// Where a line is posted, and the derived pair beside it if GST is inside the amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Posting {
    /// Account of the line as printed.
    pub account: Account,
    /// GST inside the amount, moved from `account` to `asset:gst_input:unsplit`: an estimate.
    pub gst_inside: Option<i64>,
}

/// Receives what a reader finds, in the order of the file within a block.
pub trait Sink {
    /// A ledger line.
    fn line(&mut self, line: &Line<'_>, posting: Posting) -> Result<(), Error>;
    /// Units sold.
    fn units(&mut self, units: Units) -> Result<(), Error>;
}

/// How tax inside and beside fees is treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GstMode {
    /// Input credit is due: GST on fees is an asset, and GST inside an amount is split off as an estimate.
    Credit,
    /// Input credit is due, but amounts stay as Amazon printed them.
    CreditAsPrinted,
    /// No credit is due: GST on fees is a cost in `expense:fee:gst`.
    Cost,
}

impl GstMode {
    /// The mode where input credit is due, or is not.
    pub fn of_credit(due: bool) -> Self {
        if due { Self::Credit } else { Self::Cost }
    }

    /// The account that takes an amount meant for `account`.
    pub fn placed(self, account: Account) -> Account {
        match account.class() {
            Class::GstInput if self == Self::Cost => Account::FeeGst,
            _ => account,
        }
    }

    /// Whether GST inside an amount is split off as an estimate.
    pub fn splits(self, gst: Gst) -> bool {
        self == Self::Credit && gst == Gst::Included
    }
}

/// A mode, and the days for which it stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModeSpan {
    /// The mode.
    pub mode: GstMode,
    /// First day.
    pub from: i32,
    /// Last day.
    pub to: i32,
}

/// Posts lines to accounts; remembers the verdict of each label, and the mode of each marketplace where it changes.
pub(crate) struct Poster<'t> {
    options: &'t Options,
    currency: Currency,
    /// Unless it depends on marketplace and day.
    mode: Option<GstMode>,
    verdicts: FxHashMap<u32, Verdict>,
    last: Option<(u32, Verdict)>,
    modes: FxHashMap<u32, ModeSpan>,
}

impl<'t> Poster<'t> {
    pub(crate) fn new(options: &'t Options, currency: Currency) -> Self {
        let mode = (!options.is_dated(currency)).then(|| options.mode(currency));
        let (verdicts, modes) = (FxHashMap::default(), FxHashMap::default());
        Self { options, currency, mode, verdicts, last: None, modes }
    }

    /// The posting of a line whose label and marketplace `text` knows.
    pub(crate) fn post(&mut self, line: &Line<'_>, text: &Text<'_>) -> Result<Posting, Error> {
        let verdict = self.verdict(line.label, text, line.day);
        let mode = match self.mode {
            Some(mode) => mode,
            None => self.mode_at(line.marketplace, text, line.day),
        };
        let account = mode.placed(verdict.account(line.amount));
        let splits = mode.splits(verdict.gst) && line.amount != 0;
        let gst_inside = if splits { Some(Minor(line.amount).part(18, 118)?.0) } else { None };
        Ok(Posting { account, gst_inside })
    }

    fn mode_at(&mut self, marketplace: u32, text: &Text<'_>, day: i32) -> GstMode {
        let holds = |span: &ModeSpan| (span.from..=span.to).contains(&day);
        if let Some(span) = self.modes.get(&marketplace).filter(|span| holds(span)) {
            return span.mode;
        }
        let span = self.options.mode_at(self.currency, &text.marketplace(marketplace), day);
        self.modes.insert(marketplace, span);
        span.mode
    }

    fn verdict(&mut self, label: u32, text: &Text<'_>, day: i32) -> Verdict {
        let holds = |verdict: &Verdict| (verdict.from..=verdict.to).contains(&day);
        if let Some((last, verdict)) = self.last
            && last == label
            && holds(&verdict)
        {
            return verdict;
        }
        let known = self.verdicts.get(&label).copied().filter(holds);
        let verdict = known.unwrap_or_else(|| {
            let verdict = self.options.taxonomy.verdict(&text.label(label), day);
            self.verdicts.insert(label, verdict);
            verdict
        });
        self.last = Some((label, verdict));
        verdict
    }
}
