//! Turns the rows of a flat file into lines: what both formats share.

use crate::money::Currency;

use super::{
    columns::{Fields, MOST_COLUMNS},
    flat::{AS_MADE, Layout, Opening},
    instant::{self, Posted, SlashOrder},
    line::{Line, Sink},
    marks::Marks,
    merge,
    scan::{Head, Place, Scan, Stop},
};

/// Turns rows into lines. Neighbouring rows mostly share SKU, marketplace and time: the last of each is kept.
pub(crate) struct Rows<'t, 'o, S, L> {
    pub(crate) scan: Scan<'t, S>,
    pub(crate) layout: &'o L,
    slashes: SlashOrder,
    fallback: Option<i64>,
    pub(crate) first_line: u64,
    pub(crate) undated: u64,
    key: Vec<u8>,
    settlement: Last<u32>,
    sku: Last<u32>,
    marketplace: Last<u32>,
    posted: Last<(i64, i32)>,
    counts_units: Vec<bool>,
    counted: Vec<u8>,
}

/// The last text seen and what it meant.
struct Last<T> {
    text: Vec<u8>,
    value: Option<T>,
}

impl<T: Copy> Last<T> {
    fn new() -> Self {
        Self { text: Vec::new(), value: None }
    }

    fn get(&self, text: &[u8]) -> Option<T> {
        if self.text == text { self.value } else { None }
    }

    fn set(&mut self, text: &[u8], value: T) -> T {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.value = Some(value);
        value
    }
}

impl<'t, 'o, S: Sink, L: Layout> Rows<'t, 'o, S, L> {
    pub(crate) fn new(scan: Scan<'t, S>, opening: &'o Opening<L>) -> Self {
        Self {
            slashes: SlashOrder::of(scan.currency),
            scan,
            layout: &opening.layout,
            fallback: opening.end,
            first_line: 0,
            undated: 0,
            key: Vec::new(),
            settlement: Last::new(),
            sku: Last::new(),
            marketplace: Last::new(),
            posted: Last::new(),
            counts_units: Vec::new(),
            counted: Vec::new(),
        }
    }

    /// Reads the rows of a block and returns how many lines it has.
    pub(crate) fn block(&mut self, number: u32, bytes: &[u8], skip: u32) -> Result<u32, Box<Stop>> {
        self.scan.place = Place { block: number, line: 0 };
        if let Some(at) = memchr::memchr(0, bytes) {
            self.scan.place.line =
                u32::try_from(memchr::memchr_iter(b'\n', &bytes[..at]).count()).unwrap_or(u32::MAX);
            return Err(Box::new(Stop { place: self.scan.place, refusal: merge::refuse_nul(0) }));
        }
        let mut ends = [0_usize; MOST_COLUMNS];
        let (mut start, mut count) = (0, 0);
        for at in Marks::of(bytes) {
            if count < MOST_COLUMNS {
                ends[count] = at;
                count += 1;
            }
            if bytes[at] == b'\n' {
                if self.scan.place.line >= skip {
                    self.row(&Fields::new(bytes, start, &ends[..count]))?;
                }
                self.scan.place.line += 1;
                (start, count) = (at + 1, 0);
            }
        }
        if start < bytes.len() {
            if count < MOST_COLUMNS {
                ends[count] = bytes.len();
                count += 1;
            }
            if self.scan.place.line >= skip {
                self.row(&Fields::new(bytes, start, &ends[..count]))?;
            }
            self.scan.place.line += 1;
        }
        Ok(self.scan.place.line)
    }

    #[inline]
    fn row(&mut self, row: &Fields<'_>) -> Result<(), Box<Stop>> {
        let columns = self.layout.common();
        let total = row.get(columns.total);
        if !total.is_empty() {
            self.head(row, total)?;
            if row.get(columns.transaction_type).is_empty() {
                return Ok(());
            }
        }
        L::row(self, row)
    }

    /// What every line of a row shares; settlement, label and amount are for the layout to fill in.
    #[inline]
    pub(crate) fn line<'a>(&mut self, row: &Fields<'a>) -> Result<Line<'a>, Box<Stop>> {
        let columns = self.layout.common();
        let sku = self.sku(row.get(columns.sku));
        let marketplace = self.marketplace(row.get(columns.marketplace));
        let (posted, day) = self.posted(row)?;
        let quantity = self.quantity(row.get(columns.quantity))?;
        Ok(Line {
            number: self.first_line + u64::from(self.scan.place.line) + 1,
            column: 0,
            settlement: 0,
            label: 0,
            sku,
            marketplace,
            order: row.get(columns.order),
            posted,
            day,
            quantity,
            amount: 0,
        })
    }

    #[cold]
    fn head(&mut self, row: &Fields<'_>, total: &[u8]) -> Result<(), Box<Stop>> {
        let columns = self.layout.common();
        let settlement = self.settlement(row)?;
        let currency = String::from_utf8_lossy(row.get(columns.currency)).into_owned();
        if Currency::parse(&currency).ok() != Some(self.scan.currency) {
            let message =
                format!("currency `{currency}` after {}; a file has one currency", self.scan.currency);
            return Err(self.scan.stop("currency", message, AS_MADE));
        }
        let total = self.scan.amount(total, "total-amount")?;
        let instant = |at: usize, name: &str| match row.get(at) {
            [] => Ok(None),
            text => match instant::parse(text, self.slashes) {
                Some(posted) => Ok(Some(posted.micros)),
                None => Err(self.scan.stop(
                    name,
                    format!("`{}` is no date", String::from_utf8_lossy(text)),
                    AS_MADE,
                )),
            },
        };
        let head = Head {
            start: instant(columns.start, "settlement-start-date")?,
            end: instant(columns.end, "settlement-end-date")?,
            deposit: instant(columns.deposit, "deposit-date")?,
            total: Some(total),
        };
        self.fallback = head.end.or(self.fallback);
        self.scan.heads.entry(settlement).or_insert(head);
        Ok(())
    }

    #[cold]
    pub(crate) fn short(&self, row: &Fields<'_>) -> Box<Stop> {
        let message = format!(
            "the row has {} columns, the header {}: the file is cut off or was changed",
            row.count(),
            self.layout.common().count
        );
        self.scan.stop("", message, AS_MADE)
    }

    pub(crate) fn settlement(&mut self, row: &Fields<'_>) -> Result<u32, Box<Stop>> {
        let text = row.get(self.layout.common().settlement);
        if let Some(id) = self.settlement.get(text) {
            return Ok(id);
        }
        if text.is_empty() {
            return Err(self.scan.stop("settlement-id", "the settlement id is empty", AS_MADE));
        }
        let id = self.scan.names.settlements.id(text);
        Ok(self.settlement.set(text, id))
    }

    fn sku(&mut self, text: &[u8]) -> u32 {
        match self.sku.get(text) {
            Some(id) => id,
            None => self.sku.set(text, self.scan.names.skus.id(text)),
        }
    }

    fn marketplace(&mut self, text: &[u8]) -> u32 {
        match self.marketplace.get(text) {
            Some(id) => id,
            None => self.marketplace.set(text, self.scan.names.marketplaces.id(text)),
        }
    }

    /// The id of a label from its three parts.
    pub(crate) fn label(&mut self, [transaction, amount_type, description]: [&[u8]; 3]) -> u32 {
        self.key.clear();
        for part in [transaction, b"\t", amount_type, b"\t", description] {
            self.key.extend_from_slice(part);
        }
        let id = self.scan.names.labels.id(&self.key);
        while self.counts_units.len() < self.scan.names.labels.len() {
            let at = u32::try_from(self.counts_units.len()).unwrap_or(u32::MAX);
            let counts = self.scan.names.labels.get(at).eq_ignore_ascii_case(b"Order\tItemPrice\tPrincipal");
            self.counts_units.push(counts);
        }
        id
    }

    /// Whether lines of this label count units: those with the price of an item sold.
    #[inline]
    pub(crate) fn counts_units(&self, label: u32) -> bool {
        self.counts_units.get(label as usize).is_some_and(|&counts| counts)
    }

    /// Whether this item of this order was asked about just before: its quantity may stand on two rows.
    pub(crate) fn counted_already(&mut self, order: &[u8], item: &[u8]) -> bool {
        let key = [order, b"\t", item].concat();
        let same = !item.is_empty() && self.counted == key;
        self.counted = key;
        same
    }

    /// The posting instant and day. Rows without any date stand on the settlement's last day.
    fn posted(&mut self, row: &Fields<'_>) -> Result<(i64, i32), Box<Stop>> {
        let columns = self.layout.common();
        let precise = row.get(columns.posted_time);
        let text = if precise.is_empty() { row.get(columns.posted_date) } else { precise };
        if let Some(found) = self.posted.get(text) {
            return Ok(found);
        }
        let posted = match (text, self.fallback) {
            ([], Some(end)) => {
                self.undated += 1;
                return Ok((end, self.scan.cutter.day(end)));
            }
            _ => instant::parse(text, self.slashes),
        };
        let Some(Posted { micros, day }) = posted else {
            let message = format!("`{}` is no date", String::from_utf8_lossy(text));
            let name = if columns.posted_time < MOST_COLUMNS { "posted-date-time" } else { "posted-date" };
            return Err(self.scan.stop(name, message, AS_MADE));
        };
        let day = day.unwrap_or_else(|| self.scan.cutter.day(micros));
        Ok(self.posted.set(text, (micros, day)))
    }

    fn quantity(&self, text: &[u8]) -> Result<i64, Box<Stop>> {
        match text {
            [] => Ok(0),
            [digit @ b'0'..=b'9'] => Ok(i64::from(digit - b'0')),
            _ => merge::quantity(text).ok_or_else(|| {
                let message = format!("`{}` is no quantity", String::from_utf8_lossy(text));
                self.scan.stop("quantity-purchased", message, AS_MADE)
            }),
        }
    }
}
